//! Tests of the report on marts made by hand.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod charts;
mod content;
mod forms;
mod kinds;
mod marts;
mod pdf;
mod periods;
mod site;
mod usage;
mod uses;
mod workbook;
