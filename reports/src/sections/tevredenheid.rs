//! Section 5: what authorities think of solutions.

use peil_warehouse::Result;

use crate::document::Section;
use crate::frames::Report;

/// The section.
pub(super) fn section(_report: &Report) -> Result<Section> {
    Ok(Section { number: 5, name: "tevredenheid", title: "Tevredenheid".to_owned(), blocks: Vec::new() })
}
