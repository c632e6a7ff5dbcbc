//! The annex: the report as a workbook.
//!
//! ```text
//! frames ──► indicators, score ─┐
//! document ──► tables ──────────┼──► grids ──► sheets, each one named table
//! colophon ──► pages ───────────┘       └────► charts that point at the sheets
//! ```
//!
//! Numbers are numbers and days are days, with the format that Excel shows
//! them in; what is missing is an empty cell, with the reason in the column
//! beside it. A sheet of data holds one table from A1, one header row, no
//! merged cells and no formulas, so that it can be sorted, filtered, pivoted
//! and read by a program.

mod charts;
mod grid;
mod indicators;
mod pages;
mod score;
mod sheet;
mod style;
mod tables;

use chrono::{DateTime, Utc};
use peil_warehouse::{Error, Result};
use rust_xlsxwriter::{DocProperties, Workbook, XlsxError};

use crate::document::Document;
use crate::format::period_phrase;
use crate::frames::{Colophon, Report};

use grid::Grid;

/// Who makes the report.
const AUTHOR: &str = "V-ICT-OR";

/// The workbook of a report, as the bytes of an XLSX file; the same bytes for
/// the same marts.
///
/// # Errors
/// [`Error::Internal`] where the workbook cannot be made.
pub fn workbook(report: &Report, document: &Document) -> Result<Vec<u8>> {
    let grids = grids(report, document);
    write(report, document, &grids).map_err(|error| Error::internal(format!("the workbook: {error}")))
}

/// Every sheet of data, in order.
fn grids(report: &Report, document: &Document) -> Vec<Grid> {
    let mut grids = vec![score::grid(report), indicators::long(report), indicators::targets(report)];
    grids.push(indicators::milestones(report));
    grids.extend(tables::grids(document));
    if !grids.iter().any(|grid| grid.table == tables::REVISIONS) {
        grids.push(tables::without_revisions(report));
    }
    grids.push(pages::provenance(report, &grids));
    grid::make_unique(&mut grids);
    grids
}

fn write(report: &Report, document: &Document, grids: &[Grid]) -> Result<Vec<u8>, XlsxError> {
    let mut workbook = Workbook::new();
    workbook.set_properties(&properties(report, document));
    let style = style::Style::new();
    pages::cover(workbook.add_worksheet(), report, document, &style)?;
    let charts = charts::planned(grids, report, document);
    let contents = pages::contents(grids, &charts);
    let explanation = pages::explanation(report, document);
    for grid in [&contents, &explanation].into_iter().chain(grids) {
        sheet::write(workbook.add_worksheet(), grid, &document.title, &style)?;
    }
    charts::write(workbook.add_worksheet(), &charts, &document.title, &style)?;
    workbook.save_to_buffer()
}

/// The workbook says that it was made when its figures were published: the
/// moment of writing is no part of it.
fn properties(report: &Report, document: &Document) -> DocProperties {
    DocProperties::new()
        .set_title(&document.title)
        .set_subject(format!("Cijfers over {}", period_phrase(report.colophon.period)))
        .set_author(AUTHOR)
        .set_company(AUTHOR)
        .set_keywords("Peil, indicatoren, lokale besturen, V-ICT-OR")
        .set_comment("Bijlage bij het rapport; dezelfde cijfers staan op de site en in de PDF.")
        .set_creation_datetime(&moment(&report.colophon))
        .set_custom_property("Taal", "nl-BE")
        .set_custom_property("Periode", report.colophon.period.to_string())
}

/// When the marts were published; where that is not known, the as-of day.
fn moment(colophon: &Colophon) -> DateTime<Utc> {
    colophon.published_at.unwrap_or_else(|| colophon.as_of.and_time(chrono::NaiveTime::MIN).and_utc())
}
