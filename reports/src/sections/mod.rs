//! The sections of the report, a function each, in their order.
//!
//! A section is made from frames only, and says what it says in every form of
//! the report. To add one: a file with a function, and a line in `SECTIONS`.

mod aandachtspunten;
mod bouwstenen;
mod colofon;
mod comparing;
mod definitions;
mod gebruik;
pub(crate) mod herzieningen;
mod indicatoren;
mod koppelingen;
mod lb365;
pub(crate) mod maturiteit;
pub(crate) mod methode;
mod middelen;
mod parts;
mod programmas;
mod samenvatting;
mod tevredenheid;

use peil_warehouse::Result;

use crate::document::{Document, Section};
use crate::format::period_name;
use crate::frames::Report;

/// Makes a section.
type Make = fn(&Report) -> Result<Section>;

/// Every section, in the order of the report: 0, the colophon, to 12.
const SECTIONS: [Make; 13] = [
    colofon::section,
    samenvatting::section,
    indicatoren::section,
    programmas::section,
    gebruik::section,
    tevredenheid::section,
    koppelingen::section,
    bouwstenen::section,
    lb365::section,
    maturiteit::section,
    middelen::section,
    aandachtspunten::section,
    methode::section,
];

/// The report as a document.
///
/// # Errors
/// [`peil_warehouse::Error::Internal`] where a chart cannot be drawn.
pub fn document(report: &Report) -> Result<Document> {
    Ok(Document {
        title: format!("Voortgangsrapport {}", period_name(report.colophon.period)),
        sections: SECTIONS.iter().map(|make| make(report)).collect::<Result<_>>()?,
    })
}
