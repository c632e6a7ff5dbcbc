//! The charts: one function each, one theme, one ordered list.
//!
//! To add a chart: a file with a function that returns a [`Chart`], and a line
//! in [`CHARTS`]. The test that walks the list checks the new one too: its
//! title, its text alternative, its table, its labels.
//!
//! A chart's title states its finding in at most ten words; measure, unit,
//! period and source stand under it. Labels stand at what they name. Realised
//! is solid, the year before light, a target a marker, a forecast hatched.

mod bullet;
mod canvas;
mod costs;
pub mod kinds;
mod programme;
mod svg;
pub mod theme;
mod usage;

use peil_warehouse::{Error, Result};

use crate::frames::Report;

pub use programme::names as programme_charts;

pub use canvas::{Anchor, Canvas, Drawing, Label, LabelBox, Layout};

/// A chart of a report.
#[derive(Debug, Clone, PartialEq)]
pub struct Chart {
    /// Its name in the list, and in addresses.
    pub name: &'static str,
    /// The finding, in at most ten words.
    pub title: String,
    /// Measure, unit and period.
    pub measure: String,
    /// Where the figures come from.
    pub source: String,
    /// What the chart shows, for who does not see it.
    pub alternative: String,
    /// The figures of the chart.
    pub table: ChartTable,
    /// A drawing for each layout.
    pub drawings: Vec<Drawing>,
}

/// The figures of a chart, as readers see them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChartTable {
    /// What the table shows.
    pub caption: String,
    /// A heading for each column; the first names the rows.
    pub header: Vec<String>,
    /// A text for each column.
    pub rows: Vec<Vec<String>>,
}

/// A line in the list of charts.
#[derive(Clone, Copy)]
pub struct Entry {
    /// The chart's name.
    pub name: &'static str,
    /// Draws the chart; none where the report has no figures for it.
    pub draw: fn(&Report) -> Result<Option<Chart>>,
}

/// Every chart, in the order of the report.
pub const CHARTS: &[Entry] = &[
    Entry { name: bullet::NAME, draw: bullet::draw },
    programme::VLAVIRGEM[0],
    programme::VLAVIRGEM[1],
    programme::VLAVIRGEM[2],
    programme::CATALOGUE[0],
    programme::CATALOGUE[1],
    programme::CATALOGUE[2],
    programme::SECURITY[0],
    programme::SECURITY[1],
    programme::SECURITY[2],
    programme::LB365[0],
    programme::LB365[1],
    programme::LB365[2],
    usage::USAGE[0],
    usage::USAGE[1],
    usage::USAGE[2],
    usage::USAGE[3],
    usage::USAGE[4],
    usage::USAGE[5],
    usage::USAGE[6],
    usage::USAGE[7],
    usage::USAGE[8],
    usage::USAGE[9],
    usage::USAGE[10],
    usage::USAGE[11],
    usage::USAGE[12],
    usage::USAGE[13],
    Entry { name: costs::NAME, draw: costs::draw },
];

/// The charts that the report has figures for, in order.
///
/// # Errors
/// [`peil_warehouse::Error::Internal`] where one cannot be drawn.
pub fn draw_all(report: &Report) -> Result<Vec<Chart>> {
    CHARTS.iter().filter_map(|entry| (entry.draw)(report).transpose()).collect()
}

/// The chart of a name; none where the report has no figures for it.
///
/// # Errors
/// [`peil_warehouse::Error::Internal`] where there is no chart of that name,
/// or it cannot be drawn.
pub fn named(report: &Report, name: &str) -> Result<Option<Chart>> {
    match CHARTS.iter().find(|entry| entry.name == name) {
        Some(entry) => (entry.draw)(report),
        None => Err(Error::internal(format!("there is no chart `{name}`"))),
    }
}
