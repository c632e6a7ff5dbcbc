//! A matrix: counts of things by column.

use peil_warehouse::Result;

use super::{blank, both};
use crate::charts::canvas::Drawing;

/// Counts of things by column, each a figure in a shaded cell.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Matrix {
    /// The columns.
    pub columns: Vec<String>,
    /// The rows: name and a count for each column; none: blank.
    pub rows: Vec<(String, Vec<Option<i64>>)>,
}

impl Matrix {
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
