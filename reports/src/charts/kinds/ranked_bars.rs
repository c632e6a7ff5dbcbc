//! Ranked bars: figures of named things, one bar each, from zero.

use peil_warehouse::Result;

use super::{blank, both};
use crate::charts::canvas::Drawing;

/// Figures of named things, in the order in which they are drawn.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RankedBars {
    /// The bars, from top to bottom.
    pub bars: Vec<RankedBar>,
    /// What is counted, as `besturen`: read in the text alternative.
    pub unit: &'static str,
    /// Decimals of the axis.
    pub decimals: u32,
    /// What `previous` is, as `2021`: named in the key. Empty: the year before.
    pub previous_name: String,
    /// What `target` is, as `doel 2022`. Empty: `doel`.
    pub target_name: String,
}

/// A bar.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RankedBar {
    /// What it is of.
    pub label: String,
    /// Its length.
    pub value: f64,
    /// The figure as readers see it, with its unit where that is short.
    pub shown: String,
    /// The same a year before: a light bar behind it.
    pub previous: Option<f64>,
    /// Its target: a marker.
    pub target: Option<f64>,
}

impl RankedBars {
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
