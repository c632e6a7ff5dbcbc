//! Section 7: who uses which building block.

use peil_warehouse::Result;

use crate::document::Section;
use crate::frames::Report;

/// The section.
pub(super) fn section(_report: &Report) -> Result<Section> {
    Ok(Section { number: 7, name: "bouwstenen", title: "Bouwstenen".to_owned(), blocks: Vec::new() })
}
