//! The ground that every stage of Peil stands on.
//!
//! Deliveries go in at one end and published figures come out at the other;
//! the stages between them hand over Parquet tables and never call each
//! other. What they share is here, and nothing of it knows a stage:
//!
//! | module | holds |
//! | --- | --- |
//! | [`period`] | quarters, semesters, years; the Brussels day |
//! | [`days`] | Brussels days and months of many moments |
//! | [`contract`] | what a dataset looks like, read from its ODCS file |
//! | [`storage`] | an object store whose writes reach the disk |
//! | [`compact`] | small files put together |
//! | [`sweep`] | files that nothing published names any more |
//! | [`table`] | the Delta tables: specification, files, commits |
//! | [`publish`] | the one pointer over table versions; a run's draft of the next |
//! | [`release`] | the figures of a period as published, kept for good |
//! | [`problem`] | a problem in the data, as a value |
//! | [`quality`] | the record of quality checks |
//! | [`share`] | work that several machines share |
//! | [`kept`] | what a stage keeps for its next run |
//! | [`memory`] | how much memory a run may take |
//! | [`settings`] | defaults, file, environment, flags |
//! | [`clock`] | the only place that reads time |
//! | [`progress`] | how long work is told |
//! | [`nearest`] | the nearest known names to a wrong one |

pub mod clock;
pub mod compact;
pub mod contract;
pub mod days;
pub mod error;
pub mod kept;
mod lease;
pub mod lock;
pub mod memory;
pub mod nearest;
pub mod period;
pub mod problem;
pub mod progress;
pub mod publish;
pub mod quality;
pub mod release;
mod scratch;
pub mod settings;
pub mod share;
pub mod storage;
pub mod sweep;
pub mod table;

pub use error::{Error, Result};
pub use period::Period;
