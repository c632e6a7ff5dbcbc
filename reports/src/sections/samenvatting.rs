//! Section 1: the report on a page.

use peil_warehouse::Result;

use crate::document::Section;
use crate::frames::Report;

/// The section.
pub(super) fn section(_report: &Report) -> Result<Section> {
    Ok(Section { number: 1, name: "samenvatting", title: "Samenvatting".to_owned(), blocks: Vec::new() })
}
