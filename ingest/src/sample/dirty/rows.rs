//! Bad rows in CSV files and workbooks.

use super::super::table::{Cell, Format, Table};
use super::super::write::{csv, csv_text, workbook};
use super::super::{Landing, SampleError};
use super::{NAME, Text, fault, state};

/// The bad rows; a line each in a file.
const ROWS: &str = include_str!("rows.txt");

/// A row with something wrong.
struct Bad<'a> {
    dataset: &'a str,
    reason: &'a str,
    note: &'a str,
    /// The row as it is written.
    row: String,
}

/// The bad rows in the order of the file.
fn bad_rows() -> impl Iterator<Item = Bad<'static>> {
    ROWS.lines().filter(|line| !line.starts_with('#')).filter_map(|line| {
        let mut parts = line.splitn(4, " | ");
        let (dataset, reason, note) = (parts.next()?, parts.next()?, parts.next()?);
        Some(Bad { dataset, reason, note, row: parts.next()?.replace("\\n", "\n") })
    })
}

/// Puts the bad rows after the rows that each dataset has on that day.
pub(super) fn plant(tables: &[Table], landing: &mut Landing<'_>) -> Result<(), SampleError> {
    let mut datasets: Vec<&str> = bad_rows().map(|bad| bad.dataset).collect();
    datasets.dedup();
    for dataset in datasets {
        let Some((table, rows)) = state(tables, dataset) else { continue };
        let users = dataset == "portal/users";
        let documents = dataset == "portal/documents";
        let end = if users { "\r\n" } else { "\n" };
        let book = table.format == Format::Bookkeeping;
        let comma = matches!(table.format, Format::Csv { comma: true, .. }) || book;
        let mut bytes = Vec::new();
        csv(&mut bytes, table.columns, &rows, users, |cell| match cell {
            Cell::Date(day) if book => day.format("%d/%m/%Y").to_string(),
            cell => csv_text(cell, comma),
        });
        if users {
            // A header of other letters, with a column that nobody knows.
            let text = String::from_utf8_lossy(&bytes).replace("\r\n", ";\r\n");
            let header = " Gebruiker_ID ;NAAM;email;Bestuur;functie;geregistreerd_op;uitgeschreven_op;taal";
            let rest = text.split_once('\n').map_or("", |(_, rest)| rest);
            bytes = format!("\u{feff}{header}\r\n{rest}").into_bytes();
        }
        let mut text = Text::new(dataset, "csv", bytes, rows.len(), end);
        if users {
            text.report(Some(1), "unknown_column", "kolom taal");
            text.report(Some(1), "odd_spelling", "BOM, kop in andere letters, CRLF");
        }
        for (number, bad) in bad_rows().filter(|bad| bad.dataset == dataset).enumerate() {
            if users || (documents && number == 1) {
                text.blank();
            }
            text.row(bad.reason, bad.note, &bad.row);
        }
        if book {
            correct(&rows, &mut text);
        }
        text.save(landing, |bytes| match book {
            true => {
                let text = String::from_utf8_lossy(&bytes).into_owned();
                encoding_rs::WINDOWS_1252.encode(&text).0.into_owned()
            }
            false => bytes,
        })?;
    }
    activities(tables, landing)?;
    milestones(tables, landing)
}

/// A booking under another code whose amount was wrong.
fn correct(rows: &[&super::Version], text: &mut Text<'_>) {
    let other = rows.iter().rev().find(|row| row.cells.get(2) == Some(&Cell::text("ALG")));
    if let Some(row) = other {
        let field = |place: usize| row.cells.get(place).map(|cell| csv_text(cell, true)).unwrap_or_default();
        let on = match row.cells.get(1) {
            Some(Cell::Date(day)) => day.format("%d/%m/%Y").to_string(),
            _ => return,
        };
        let line = format!("{};{on};ALG;{};{};{};rechtzetting", field(0), field(3), field(4), "123,45");
        text.row("correction", "ander bedrag voor een gekend boekingsnummer", &line);
    }
}

/// The cells of a bad row of a workbook, as texts, with reason and note.
type BadRow<'a> = (&'a str, &'a str, &'a [&'a str]);

fn activities(tables: &[Table], landing: &mut Landing<'_>) -> Result<(), SampleError> {
    const BAD: &[BadRow<'_>] = &[
        ("bad_date", "datum in woorden", &["90001", "volgende week", "lb365", "werkgroep", "", ""]),
        ("not_allowed", "onbekende soort", &["90002", "2022-07-04", "lb365", "barbecue", "", ""]),
        ("not_allowed", "onbekend programma", &["90003", "2022-07-04", "ander", "werkgroep", "", ""]),
        ("out_of_range", "negatief aantal", &["90004", "2022-07-04", "lb365", "werkgroep", "", "-3"]),
        ("bad_number", "aantal in woorden", &["90005", "2022-07-04", "lb365", "werkgroep", "", "een twintigtal"]),
        ("missing_value", "geen datum", &["90006", "", "lb365", "werkgroep", "Zonder dag", ""]),
    ];
    book(tables, landing, "register/activities", "Activiteiten", BAD)
}

fn milestones(tables: &[Table], landing: &mut Landing<'_>) -> Result<(), SampleError> {
    const BAD: &[BadRow<'_>] = &[
        ("bad_period", "periode die niet bestaat", &["VVG-RA-01", "2022K1", "gepland", ""]),
        ("bad_period", "vijfde kwartaal", &["VVG-RA-01", "2022Q5", "gepland", ""]),
        ("not_allowed", "onbekende stand", &["VVG-RA-01", "2026Q1", "bijna", ""]),
        ("unknown_reference", "onbekende indicator", &["VVG-ZZ-99", "2022Q4", "gepland", ""]),
    ];
    book(tables, landing, "register/milestones", "Mijlpalen", BAD)
}

fn book(
    tables: &[Table],
    landing: &mut Landing<'_>,
    dataset: &str,
    sheet: &str,
    bad: &[BadRow<'_>],
) -> Result<(), SampleError> {
    let Some((table, rows)) = state(tables, dataset) else { return Ok(()) };
    let mut cells: Vec<Vec<Cell>> = rows.iter().map(|row| row.cells.clone()).collect();
    let object = format!("{dataset}/{NAME}.xlsx");
    for (reason, note, texts) in bad {
        let row = texts.iter().map(|text| if text.is_empty() { Cell::Empty } else { Cell::text(*text) });
        cells.push(row.collect());
        // The sheet's first row is the header.
        let line = cells.len() as u64 + 1;
        landing.summary.faults.push(fault(dataset, &object, Some(line), reason, note));
    }
    let slices: Vec<&[Cell]> = cells.iter().map(Vec::as_slice).collect();
    let bytes = workbook(sheet, table.columns, &slices, dataset.ends_with("milestones"))?;
    landing.save(dataset, &object, &bytes, cells.len() as u64)
}
