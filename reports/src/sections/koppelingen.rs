//! Section 6: what is coupled to what.

use peil_warehouse::Result;

use crate::document::Section;
use crate::frames::Report;

/// The section.
pub(super) fn section(_report: &Report) -> Result<Section> {
    Ok(Section { number: 6, name: "koppelingen", title: "Koppelingen".to_owned(), blocks: Vec::new() })
}
