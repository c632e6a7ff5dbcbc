//! A line through time, with the target as steps.

use peil_warehouse::Result;

use super::{blank, both};
use crate::charts::canvas::Drawing;

/// One figure through time.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct LineWithTarget {
    /// The figures, oldest first.
    pub points: Vec<TimePoint>,
    /// The target that each period has; periods after the last point are drawn too.
    pub target_step: Vec<(String, f64)>,
    /// What the line is, at its end, as `gerealiseerd`. May be empty.
    pub name: String,
    /// What the steps are, as `doel`. Empty: `doel`.
    pub target_name: String,
    /// After the figures, as ` %` or ` ms`. May be empty.
    pub suffix: String,
    /// Decimals of the figures.
    pub decimals: u32,
}

/// A figure of a period.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TimePoint {
    /// The period or month, as `2022Q1`, `2022S1`, `2022` or `2022-03`.
    pub period: String,
    /// None where there is no figure: the line breaks there.
    pub value: Option<f64>,
    /// The period goes on: a hollow point.
    pub provisional: bool,
}

impl LineWithTarget {
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
