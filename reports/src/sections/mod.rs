//! The sections of the report, a function each, in their order.
//!
//! A section is made from frames only, and says what it says in every form of
//! the report. To add one: a file with a function, and a line in [`document`].

use peil_warehouse::Result;

use crate::document::Document;
use crate::format::period_name;
use crate::frames::Report;

/// The report as a document.
///
/// # Errors
/// [`peil_warehouse::Error::Internal`] where a chart cannot be drawn.
pub fn document(report: &Report) -> Result<Document> {
    Ok(Document { title: format!("Voortgangsrapport {}", period_name(report.colophon.period)), sections: Vec::new() })
}
