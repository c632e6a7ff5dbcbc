//! The report as one HTML page: readable without a network and without
//! scripts.

mod cells;
mod font;
mod templates;
mod view;

use minijinja::value::{Serde, Value};
use peil_warehouse::Result;

use crate::charts;
use crate::frames::Report;

pub use templates::Templates;

/// The page of a report.
///
/// # Errors
/// [`peil_warehouse::Error::Usage`] where a template is missing or wrong;
/// [`peil_warehouse::Error::Internal`] where a chart cannot be drawn.
pub fn page(report: &Report, templates: &Templates) -> Result<String> {
    let charts = charts::draw_all(report)?;
    let page = view::Page::new(report, &charts);
    templates.render("report.html", Value::from(Serde(page)))
}
