//! The report as a site: a folder of pages that needs no server, no network
//! and no scripts.
//!
//! | module | does |
//! | --- | --- |
//! | `pages` | a file for each kind of page |
//! | `page` | the frame that stands around every page |
//! | `blocks`, `table`, `trend` | the blocks of the document as markup |
//! | `history` | the chart of an indicator through time |
//! | `links` | where an origin leads |
//! | `csv` | the tables for download |
//! | `assets` | style, script and fonts, which all pages share |
//!
//! A page never says a figure in its own way: it comes from the document, or
//! is written by [`crate::document::Value::shown`].

mod assets;
mod blocks;
mod csv;
mod history;
mod links;
mod markup;
mod page;
mod pages;
mod table;
mod templates;
mod trend;

use peil_warehouse::Result;

use crate::document::Document;
use crate::frames::Report;
use crate::write::Form;

pub use csv::csv;
pub use templates::Templates;

/// The files of the site of a period, by path in the period's folder, which
/// holds the report in `forms` too: the site leads to no other.
///
/// # Errors
/// [`peil_warehouse::Error::Usage`] where a template is missing or wrong;
/// [`peil_warehouse::Error::Internal`] where a table cannot be written.
pub fn site(
    report: &Report,
    document: &Document,
    templates: &Templates,
    forms: &[Form],
) -> Result<Vec<(String, Vec<u8>)>> {
    let links = links::Links::new(report, document);
    let source = pages::Source { report, document, links: &links, forms };
    let frame = page::Frame::new(report, document, pages::menu(&source));
    let pages = pages::all(&source)?;
    let mut files = Vec::with_capacity(pages.len() + 40);
    for page in &pages {
        files.push((page.path.clone(), frame.render(page, templates)?.into_bytes()));
    }
    files.push(("assets/zoeken.js".to_owned(), pages::index(&pages)));
    files.extend(assets::files(templates)?);
    for table in document.tables() {
        files.push((format!("tabellen/{}.csv", table.name), csv(table)?));
    }
    Ok(files)
}

/// How an indicator counts, for readers.
fn kind_name(kind: &str) -> &'static str {
    match kind {
        "stock" => "stand op de peildatum",
        "cumulative" => "totaal sinds de start",
        "flow" => "aantal binnen de periode",
        "distinct" => "unieke binnen de periode",
        "rolling" => "unieke in de laatste twaalf maanden",
        "monthly_active" => "gemiddelde van de maanden",
        "average" => "gemiddelde van de laatste metingen",
        "milestone" => "mijlpaal",
        _ => "andere telling",
    }
}
