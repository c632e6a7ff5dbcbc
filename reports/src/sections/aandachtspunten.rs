//! Section 11: what the rules point out.

use peil_warehouse::Result;

use crate::document::Section;
use crate::frames::Report;

/// The section.
pub(super) fn section(_report: &Report) -> Result<Section> {
    Ok(Section { number: 11, name: "aandachtspunten", title: "Aandachtspunten".to_owned(), blocks: Vec::new() })
}
