//! Ingest: from the deliveries in the landing area to the staged tables.
//!
//! | module | does |
//! | --- | --- |
//! | [`contracts`] | the contracts that come with the program |
//! | [`delivery`] | which objects are deliveries, and of which day |
//! | [`ledger`] | what arrived, and what became of it |
//! | `marks` | what tells that an object was written anew |
//! | [`plan`] | what is new, what is the same again, what counts |
//! | [`read`] | a reader per format: from bytes to raw columns |
//! | [`check`] | from raw columns to typed ones; rejected rows |
//! | [`privacy`] | pseudonyms |
//! | [`pump`] | reading and checking on several threads |
//! | [`intake`] | one delivery: accepted and rejected rows to files |
//! | `months` | large datasets, cut by month |
//! | [`apply`] | what was found, to ledger and tables |
//! | [`share_in`] | a share of it, for a run elsewhere |
//! | [`run()`] | the stage |
//! | [`sample`] | sample deliveries of every dataset |
//!
//! A dataset is a contract and nothing else: no code here knows one by name.

pub mod apply;
pub mod check;
pub mod contracts;
pub mod delivery;
pub mod intake;
pub mod ledger;
mod marks;
mod months;
pub mod persons;
pub mod plan;
pub mod privacy;
pub mod pump;
pub mod read;
mod run;
pub mod sample;
mod share;
#[cfg(test)]
mod tests;

pub use privacy::PseudonymKey;
pub use run::{IngestContext, IngestSummary, run};
pub use share::{ShareSummary, share_in};
