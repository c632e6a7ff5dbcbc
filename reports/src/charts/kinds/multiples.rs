//! Small multiples: many figures through time, a panel each.

use super::TimePoint;
use peil_warehouse::Result;

use super::{blank, both};
use crate::charts::canvas::Drawing;

/// Many figures through time, each on a scale of its own that starts at zero.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SmallMultiples {
    /// The panels, row by row.
    pub panels: Vec<Panel>,
}

/// A panel.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Panel {
    /// What it shows.
    pub title: String,
    /// The figures, oldest first.
    pub points: Vec<TimePoint>,
    /// The target of each point.
    pub targets: Vec<Option<f64>>,
    /// The last figure, as readers see it.
    pub shown_last: String,
}

impl SmallMultiples {
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
