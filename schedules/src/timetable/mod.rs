//! The timetable: which job is due when, and what came of it.
//!
//! A job is a file in `schedules/jobs/`. Its due moments follow from the file
//! and the calendar alone, in Brussels time; the [`ledger`] of the warehouse
//! keeps one record for each of them, made in one step by whoever starts it.
//! So it does not matter how often a daemon looks, whether its clock jumps,
//! whether it was down, or whether there are two: each due run happens once.

pub mod calendar;
pub mod daemon;
pub mod decide;
pub mod execute;
pub mod job;
pub mod ledger;
pub mod listing;
pub mod redo;
pub mod watch;
pub mod when;
