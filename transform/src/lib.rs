//! Transform: from accepted rows as delivered to the rows in force, with
//! authorities resolved.
//!
//! Staged tables are never overwritten and hold every accepted row with its
//! delivery. What is *current* is a view of them for a known-on day, and that
//! view is made here, driven by the contracts: there is no code per dataset
//! but for what is nested in a row (`explode`) and the daily activity on the
//! portal (`rollup`).
//!
//! | module | does |
//! | --- | --- |
//! | [`stage`] | the stage as a whole: what changed, in which order |
//! | `delivery` | which deliveries are in force, in which order |
//! | `conform` | derives days, NIS codes and origin; compares rows |
//! | `current` | the row in force per key, and corrections |
//! | `columns` | the same for large facts, by codes |
//! | `dimensions`, `facts`, `survey` | tables made whole; large facts by month |
//! | `normalise`, `authority`, `composition` | references to authorities; their successors |
//! | `explode`, `rollup` | tables of nested columns; daily activity |
//! | `receipts` | which of two deliveries of one name came in later |
//! | `lineage` | from which delivered columns each conformed column comes |
//! | `unresolved`, `check`, `corrections` | what is told of all this in `ops` |
//!
//! Everything is made again only where its inputs changed, and files are named
//! by their content, so a run on what changed ends in the same bytes as a run
//! on everything.

mod authority;
mod check;
mod columns;
mod composition;
mod conform;
mod corrections;
mod current;
mod dataset;
mod days;
mod delivery;
mod dimensions;
mod explode;
mod facts;
mod frame;
mod hash;
mod job;
mod lineage;
mod normalise;
mod receipts;
mod reference;
mod rollup;
pub mod stage;
mod survey;
#[cfg(test)]
mod tests;
mod unresolved;

pub use check::{CheckRecord, KnownIndicator};
pub use stage::{ShareSummary, TransformContext, TransformSummary, code_version, is_current, run, share_in};
pub use unresolved::UnresolvedAuthority;

/// Part of every fingerprint: one more when this code makes other rows of the
/// same input.
const CODE_VERSION: &str = "4";
