//! Section 9: maturity and benchmark.

use peil_warehouse::Result;

use crate::document::Section;
use crate::frames::Report;

/// The section.
pub(super) fn section(_report: &Report) -> Result<Section> {
    Ok(Section { number: 9, name: "maturiteit", title: "Maturiteit en benchmark".to_owned(), blocks: Vec::new() })
}
