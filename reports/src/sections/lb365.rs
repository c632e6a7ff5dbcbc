//! Section 8: the trial, its modules and its bus.

use peil_warehouse::Result;

use crate::document::Section;
use crate::frames::Report;

/// The section.
pub(super) fn section(_report: &Report) -> Result<Section> {
    Ok(Section { number: 8, name: "lb365", title: "LB365".to_owned(), blocks: Vec::new() })
}
