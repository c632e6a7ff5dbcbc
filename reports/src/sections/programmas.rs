//! Section 3: each programme.

use peil_warehouse::Result;

use crate::document::Section;
use crate::frames::Report;

/// The section.
pub(super) fn section(_report: &Report) -> Result<Section> {
    Ok(Section { number: 3, name: "programmas", title: "Per programma".to_owned(), blocks: Vec::new() })
}
