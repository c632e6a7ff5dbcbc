//! The workbook in which staff fill in targets and milestones.
//!
//! ```text
//! warehouse ──► Register ──► export ──► doelen_2022.xlsx, handed out
//!                  │                          │ filled in
//!                  └──────► import ◄──────────┘
//!                             │ mistakes, by cell; or
//!                             └ changes ──► deliveries of reference/targets and register/milestones
//! ```
//!
//! The workbook is input: every cell of it is checked again, and nothing of it
//! is taken over while one is wrong. A delivery holds the changed rows only:
//! both datasets are upserts, so what is not in it stays as it is.

mod change;
mod delivery;
mod export;
mod import;
mod layout;
mod mistake;
mod register;

pub use change::{Change, Field, Filled};
pub use delivery::{Deliveries, deliveries};
pub use export::export;
pub use import::{Import, import};
pub use mistake::{Mistake, Rule};
pub use register::{Kind, Register, StateRow, TargetRow};
