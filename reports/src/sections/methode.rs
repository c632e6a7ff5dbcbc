//! Section 12: what changed, how is counted, what the words mean.

use peil_warehouse::Result;

use crate::document::Section;
use crate::frames::Report;

/// The section.
pub(super) fn section(_report: &Report) -> Result<Section> {
    Ok(Section {
        number: 12,
        name: "methode",
        title: "Herzieningen, methode en definities".to_owned(),
        blocks: Vec::new(),
    })
}
