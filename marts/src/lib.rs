//! Marts: what readers see, made from the conformed tables.
//!
//! A mart is a SQL model, an indicator a declaration from which SQL follows.
//! A run makes the calendar of its as-of day, finds which models changed, runs
//! those in order, then all checks; and only where none fails do the new marts
//! become the draft's.
//!
//! | module | does |
//! | --- | --- |
//! | [`model`], [`relation`] | read a model: header, query, the tables it reads |
//! | [`model_set`], [`graph`] | all models together, in the order in which they run |
//! | [`indicator`], [`rule`] | the models that follow from indicators and rules |
//! | [`calendar`] | the tables `run.*`: periods, months, windows |
//! | `plan`, `build`, `finish` | which models changed; run them; sort and type their rows |
//! | [`disclosure`] | hide what says too much about few persons |
//! | [`lineage`] | from which columns each column of a mart comes, found in its query |
//! | `catalogue` | the models as tables that readers can query |
//! | [`mod@explain`] | a figure down to the source rows behind it |
//! | [`check`] | queries that return what should not be there |
//! | [`quality`] | the gate: checks of every layer, known faults, ties to published figures |
//! | [`session`] | the query engine over the warehouse's tables |
//! | [`engine`] | what computes the queries: this process, or a cluster |
//! | [`service`] | SQL for readers: sessions, limits, the PostgreSQL protocol |

pub mod calendar;
pub mod check;
#[cfg(feature = "cluster")]
pub mod cluster;
pub mod disclosure;
pub mod engine;
pub mod explain;
pub mod graph;
pub mod indicator;
pub mod lineage;
pub mod model;
pub mod model_set;
pub mod quality;
pub mod relation;
pub mod rule;
pub mod service;
pub mod session;

mod build;
mod catalogue;
mod finish;
mod plan;
mod run;

#[cfg(test)]
mod tests;

pub use check::Finding;
pub use engine::Engine;
pub use model_set::ModelSet;
pub use quality::{KnownFaults, PublishedFigures, QualityRules};
pub use run::{MartsContext, MartsSummary, code_version, is_current, run};
pub use session::{open_session, query};
