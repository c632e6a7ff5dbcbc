//! Section 4: which solutions are used.

use peil_warehouse::Result;

use crate::document::Section;
use crate::frames::Report;

/// The section.
pub(super) fn section(_report: &Report) -> Result<Section> {
    Ok(Section { number: 4, name: "gebruik", title: "Gebruik van oplossingen".to_owned(), blocks: Vec::new() })
}
