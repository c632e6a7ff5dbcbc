//! The spread of a figure, by group: from p10 to p90, p25 to p75, and the median.

use peil_warehouse::Result;

use super::{blank, both};
use crate::charts::canvas::Drawing;

/// The spread of a figure, by group.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Distribution {
    /// The groups, from top to bottom.
    pub rows: Vec<DistributionRow>,
    /// Decimals of the figures.
    pub decimals: u32,
    /// After the figures, as ` %`. May be empty.
    pub suffix: String,
}

/// A group.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct DistributionRow {
    /// The group.
    pub label: String,
    /// A tenth lies below it.
    pub p10: f64,
    /// A quarter lies below it.
    pub p25: f64,
    /// Half lies below it.
    pub median: f64,
    /// A quarter lies above it.
    pub p75: f64,
    /// A tenth lies above it.
    pub p90: f64,
    /// How many it is of.
    pub n: i64,
    /// Not shown: too few.
    pub suppressed: bool,
}

impl Distribution {
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
