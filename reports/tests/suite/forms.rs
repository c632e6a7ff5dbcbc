//! The forms of the report beside each other: each figure of each table is
//! read back from the page, the workbook and the PDF, and is the same.

use std::io::Cursor;

use calamine::{Data, Range, Xlsx, open_workbook_from_rs};
use peil_reports::document::{Block, Cell, Document, Table, Value};
use peil_reports::frames::Report;
use peil_reports::{Form, Templates, html, pdf, sections, xlsx};
use scraper::{Html, Selector};

use crate::marts::Marts;
use crate::pdf::text;
use crate::uses::with_uses;

async fn report() -> (Report, Document) {
    let marts = Marts::as_published().realised("OC-02", 1_234.0, "achieved").realised("IV-TL-10", 54.26, "at_risk");
    let report = with_uses(marts).publish().await.report("2022S1").await;
    let document = sections::document(&report).unwrap();
    (report, document)
}

/// A figure of a table: where it stands, and what it is.
struct Figure<'a> {
    row: usize,
    column: usize,
    target: bool,
    value: &'a Value,
}

/// The figures of a table, row by row, each target behind its figure.
fn figures(table: &Table) -> Vec<Figure<'_>> {
    let mut figures = Vec::new();
    for (row, (_, cells)) in table.body().enumerate() {
        for (column, Cell { value, target, .. }) in cells.iter().enumerate() {
            figures.push(Figure { row, column, target: false, value });
            figures.extend(target.iter().map(|value| Figure { row, column, target: true, value }));
        }
    }
    figures.retain(|figure| figure.value.is_numeric());
    figures
}

/// The number that a value is, and what it may differ by once it is written.
fn number(value: &Value) -> (f64, f64) {
    match value {
        Value::Integer(value) => (*value as f64, 0.0),
        Value::Figure(value) => (*value, 0.05),
        Value::Number(value, decimals) => (*value, 0.5 * 0.1_f64.powf(f64::from(*decimals))),
        Value::Share(value) => (*value, 0.0005),
        Value::Amount(cents) => (*cents as f64 / 100.0, 0.0),
        other => panic!("{other:?} is no number"),
    }
}

/// Whether the figure of a text, as `−1.518,95 €`, is a value.
fn is(shown: &str, value: &Value) -> bool {
    let plain = shown.replace(['.', '€', '%', ' ', '\u{a0}'], "").replace(',', ".").replace('−', "-");
    let Ok(read) = plain.parse::<f64>() else { return false };
    let read = if shown.ends_with('%') { read / 100.0 } else { read };
    let (number, rounding) = number(value);
    (read - number).abs() <= rounding + 1e-9
}

/// The figure with which a text begins.
fn first_figure(text: &str) -> &str {
    let digits = text.find(|letter: char| !letter.is_ascii_digit() && !"−.,".contains(letter)).unwrap_or(text.len());
    let unit = ["\u{a0}%", "\u{a0}€"].into_iter().find(|unit| text[digits..].starts_with(unit));
    &text[..digits + unit.map_or(0, str::len)]
}

fn is_annex(document: &Document, table: &Table) -> bool {
    let blocks = document.sections.iter().flat_map(|section| &section.blocks);
    blocks.into_iter().any(|block| matches!(block, Block::Annex(one) if one.name == table.name))
}

#[tokio::test]
async fn figures_of_the_pages_are_those_of_the_document() {
    let (report, document) = report().await;
    let files = html::site(&report, &document, &Templates::built_in(), &Form::ALL).unwrap();
    let select = |selector: &str| Selector::parse(selector).unwrap();
    let mut checked = 0;
    for table in document.tables().filter(|table| !is_annex(&document, table) && table.body().count() > 0) {
        let id = format!("tabel-{}", table.name.replace('_', "-"));
        let holds = |content: &[u8]| String::from_utf8_lossy(content).contains(&format!("id=\"{id}\""));
        let (own, other): (Vec<_>, Vec<_>) =
            files.iter().filter(|(path, _)| path.ends_with(".html")).partition(|(path, _)| !path.contains('/'));
        let found = own.into_iter().chain(other).find(|(_, content)| holds(content));
        let (path, content) = found.unwrap_or_else(|| panic!("no {id}"));
        let page = Html::parse_document(std::str::from_utf8(content).unwrap());
        let rows: Vec<Vec<String>> = page
            .select(&select(&format!("#{id} tbody tr:not(.group)")))
            .map(|row| row.select(&select("th, td")).map(|cell| cell.text().collect()).collect())
            .collect();
        assert_eq!(rows.len(), table.body().count(), "{path}: {}", table.name);
        for Figure { row, column, target, value } in figures(table) {
            let cell = rows[row][column].trim();
            let text = if target { cell.split_once("doel ").map_or("", |(_, target)| target) } else { cell };
            let read = first_figure(text);
            let place = format!("{path}: {}, row {row}, column {column}: {cell:?}", table.name);
            assert_eq!(read, value.shown(), "{place}");
            assert!(is(read, value), "{place} is not {value:?}");
            checked += 1;
        }
    }
    assert!(checked > 500, "{checked}");
}

#[tokio::test]
async fn figures_of_the_workbook_are_those_of_the_document() {
    let (report, document) = report().await;
    let bytes = xlsx::workbook(&report, &document).unwrap();
    let mut book: Xlsx<_> = open_workbook_from_rs(Cursor::new(bytes)).unwrap();
    book.load_tables().unwrap();
    let mut checked = 0;
    for table in document.tables() {
        let read = book.table_by_name(&table.name).unwrap_or_else(|_| panic!("{} is not there", table.name));
        let range: &Range<Data> = read.data();
        let spaced = |text: &str| text.replace('\u{a0}', " ");
        for Figure { row, column, target, value } in figures(table) {
            let heading = spaced(&heading(table, column, target));
            let place = read.columns().iter().position(|found| spaced(found) == heading);
            let place = place.unwrap_or_else(|| panic!("{}: no column {heading}", table.name));
            let found = match range.get((row, place)) {
                Some(Data::Float(found)) => *found,
                Some(Data::Int(found)) => *found as f64,
                other => panic!("{}, row {row}, {heading}: {other:?} instead of {value:?}", table.name),
            };
            let (number, _) = number(value);
            assert!((found - number).abs() < 1e-9, "{}, row {row}, {heading}: {found}, not {number}", table.name);
            checked += 1;
        }
    }
    assert!(checked > 500, "{checked}");
}

/// The heading of a figure in a sheet, where none stands twice.
fn heading(table: &Table, column: usize, target: bool) -> String {
    let heading = &table.columns[column].heading;
    let before = table.columns[..column].iter().filter(|one| one.heading == *heading).count();
    match (target, before) {
        (true, _) => format!("{heading}: doel"),
        (false, 0) => heading.clone(),
        (false, before) => format!("{heading} {}", before + 1),
    }
}

#[tokio::test]
async fn figures_of_the_pdf_are_those_of_the_document() {
    let (report, document) = report().await;
    let pages = text::pages(&pdf::document(&report, &document).unwrap()).join(" ");
    let printed: Vec<&str> = pages.split_whitespace().collect();
    let tables: Vec<&Table> =
        document.tables().filter(|table| !is_annex(&document, table) && table.body().count() > 0).collect();
    let mut captions = Vec::new();
    for table in &tables {
        captions.push(behind_caption(&printed, captions.last().copied().unwrap_or(0), &table.caption));
    }
    captions.push(printed.len());
    let mut checked = 0;
    for (table, ends) in tables.into_iter().zip(captions.windows(2)) {
        let mut left = &printed[ends[0]..ends[1]];
        let rows = pdf::printed_rows(table);
        for Figure { row, column, value, .. } in figures(table).into_iter().filter(|figure| figure.row < rows) {
            let shown = value.shown();
            let parts: Vec<&str> = shown.split_whitespace().collect();
            let found = left.windows(parts.len()).position(|window| window == parts);
            let found = found.unwrap_or_else(|| panic!("{}, row {row}, column {column}: no {shown}", table.name));
            left = &left[found + parts.len()..];
            checked += 1;
        }
    }
    assert!(checked > 500, "{checked}");
}

/// The place behind the caption of a table, from a place on. The words may be
/// broken over lines.
fn behind_caption(printed: &[&str], from: usize, caption: &str) -> usize {
    let caption = text::squeezed(caption);
    let begins = |at: usize| {
        let mut left = caption.as_str();
        let mut next = at;
        while !left.is_empty() {
            let word = text::squeezed(printed.get(next)?);
            left = left.strip_prefix(word.as_str())?;
            next += 1;
        }
        Some(next)
    };
    // A chart and the table under it may bear one name; a table has its number.
    let named = (from..printed.len()).filter(|at| at.checked_sub(2).is_some_and(|at| printed[at] == "Tabel"));
    named.into_iter().find_map(begins).unwrap_or_else(|| panic!("{caption} is not printed behind {from}"))
}
