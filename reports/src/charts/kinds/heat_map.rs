//! A heat map: levels of many things by column.

use peil_warehouse::Result;

use super::{blank, both};
use crate::charts::canvas::Drawing;

/// Levels of many things by column. Up to sixty rows stand with their names;
/// more are stripes under the names of their groups.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct HeatMap {
    /// The columns.
    pub columns: Vec<String>,
    /// The rows, those of a group together.
    pub rows: Vec<HeatRow>,
    /// What each level is called, lowest first, with its level, from 1.
    pub steps: Vec<(String, usize)>,
    /// What no level is called. Empty: `geen gegevens`.
    pub without: String,
    /// Under the heading of each column, as `41`. May be empty.
    pub totals: Vec<String>,
}

/// A row.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct HeatRow {
    /// What it is of.
    pub label: String,
    /// The group it stands in, as its province. May be empty.
    pub group: String,
    /// A level for each column; none or 0: blank.
    pub levels: Vec<Option<usize>>,
}

impl HeatMap {
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
