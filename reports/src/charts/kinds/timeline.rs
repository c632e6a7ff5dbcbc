//! A timeline: milestones by period.

use peil_warehouse::Result;

use super::{blank, both};
use crate::charts::canvas::Drawing;

use crate::frames::State;

/// Milestones by period.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Timeline {
    /// The milestones, from top to bottom.
    pub rows: Vec<TimelineRow>,
    /// The periods, in order, as `2022Q1`.
    pub periods: Vec<String>,
    /// The index of the period of the report: its column stands out.
    pub now: Option<usize>,
}

/// A milestone.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TimelineRow {
    /// What it is.
    pub label: String,
    /// Its marks: index of the period, whether it is planned there, its state.
    pub marks: Vec<(usize, bool, Option<State>)>,
}

impl Timeline {
    /// The drawings of both layouts.
    ///
    /// # Errors
    /// [`peil_warehouse::Error::Internal`] where it cannot be drawn.
    pub fn draw(&self) -> Result<Vec<Drawing>> {
        both(blank)
    }

    /// What the input holds, in Dutch, for the text alternative.
    pub fn describe(&self) -> String {
        String::new()
    }
}
