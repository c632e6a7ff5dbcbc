//! The report as a PDF: tagged (PDF/UA-1), to be kept (PDF/A-2a), made with
//! Typst.
//!
//! ```text
//! document ──► data ──────► report.typ ──► pages ──► PDF
//!              JSON, laid   the design     Typst
//!              out in columns
//! ```
//!
//! The texts reach the design as data, so that none of them can be taken for
//! markup. Nothing is read from disk or network: the design, the fonts and the
//! data are in memory.

mod data;
mod letters;
mod table;
mod widths;
mod world;

use chrono::{DateTime, Datelike, NaiveTime, Timelike, Utc};
use peil_warehouse::{Error, Result};
use typst::diag::SourceDiagnostic;
use typst::foundations::{Datetime, Smart};
use typst_layout::PagedDocument;
use typst_pdf::{PdfOptions, PdfStandard, PdfStandards, Timestamp};

use crate::document::{Document, Table};
use crate::frames::{Colophon, Report};
use world::World;

/// A table of more rows than this is not printed whole.
pub const MOST_ROWS: usize = 100;
/// How many rows are printed of a table that is not printed whole.
pub const FIRST_ROWS: usize = 40;

/// How many of the rows of a table (those of cells) the PDF prints; the site
/// and the workbook hold all.
pub fn printed_rows(table: &Table) -> usize {
    let rows = table.body().count();
    if rows > MOST_ROWS { FIRST_ROWS } else { rows }
}

/// The report as a PDF; the same bytes for the same report.
///
/// # Errors
/// [`Error::Internal`] where Typst refuses the document, with what it says.
pub fn document(report: &Report, document: &Document) -> Result<Vec<u8>> {
    let options = options(&report.colophon)?;
    let world = World::new(data::json(report, document)?)?;
    let pages = typst::compile::<PagedDocument>(&world).output;
    let pdf = pages.and_then(|pages| typst_pdf::pdf(&pages, &options));
    // What Typst remembers of one document is of no use to the next.
    typst::comemo::evict(0);
    pdf.map_err(|problems| Error::internal(format!("the PDF cannot be made: {}", said(&problems))))
}

fn options(colophon: &Colophon) -> Result<PdfOptions> {
    let standards = PdfStandards::new(&[PdfStandard::Ua_1, PdfStandard::A_2a])
        .map_err(|error| Error::internal(format!("the standards of the PDF: {}", error.message())))?;
    Ok(PdfOptions {
        ident: Smart::Custom(format!("peil {} {}", colophon.period, colophon.run_id.as_deref().unwrap_or_default())),
        creator: Smart::Custom(Some("Peil".to_owned())),
        timestamp: moment(colophon).map(Timestamp::new_utc),
        standards,
        ..PdfOptions::default()
    })
}

/// When the figures were published: the moment at which a report is made says
/// nothing about it.
fn moment(colophon: &Colophon) -> Option<Datetime> {
    let moment: DateTime<Utc> =
        colophon.published_at.unwrap_or_else(|| colophon.as_of.and_time(NaiveTime::MIN).and_utc());
    let part = |number: u32| u8::try_from(number).ok();
    Datetime::from_ymd_hms(
        moment.year(),
        part(moment.month())?,
        part(moment.day())?,
        part(moment.hour())?,
        part(moment.minute())?,
        part(moment.second())?,
    )
}

fn said(problems: &[SourceDiagnostic]) -> String {
    problems.iter().map(|problem| problem.message.to_string()).collect::<Vec<_>>().join("; ")
}
