//! The workbook, opened again.

use std::io::Cursor;

use calamine::{Data, Range, Reader, Xlsx, open_workbook_from_rs};
use peil_reports::document::{Cell, ColumnKind, Row, Table, Value};
use peil_reports::frames::Report;
use peil_reports::{sections, xlsx};

use crate::marts::Marts;

type Book = Xlsx<Cursor<Vec<u8>>>;

const PRESCRIBED: [&str; 16] = [
    "Omslag",
    "Inhoud",
    "Toelichting",
    "Scorebord",
    "Indicatoren",
    "Doelen",
    "Mijlpalen",
    "Gebruik",
    "Tevredenheid",
    "Koppelingen",
    "Bouwstenen",
    "Middelen",
    "Herzieningen",
    "Methode",
    "Herkomst",
    "Grafieken",
];

async fn report() -> Report {
    let marts = Marts::as_published().realised("OC-02", 1_234.0, "achieved").realised("IV-TL-10", 54.26, "at_risk");
    marts.publish().await.report("2022S1").await
}

fn bytes(report: &Report) -> Vec<u8> {
    xlsx::workbook(report, &sections::document(report).unwrap()).unwrap()
}

fn open(report: &Report) -> Book {
    open_workbook_from_rs(Cursor::new(bytes(report))).unwrap()
}

/// A column of a sheet, by heading.
fn column(range: &Range<Data>, heading: &str) -> usize {
    let header = range.rows().next().unwrap();
    header.iter().position(|cell| *cell == heading).unwrap_or_else(|| panic!("no {heading}: {header:?}"))
}

fn number(cell: &Data) -> Option<f64> {
    match cell {
        Data::Float(value) => Some(*value),
        Data::Int(value) => Some(*value as f64),
        _ => None,
    }
}

#[tokio::test]
async fn the_prescribed_sheets_are_there_and_nothing_is_merged() {
    let report = report().await;
    let mut book = open(&report);
    let names = book.sheet_names();
    for name in PRESCRIBED {
        assert!(names.iter().any(|found| found == name), "{name} is not there: {names:?}");
    }
    book.load_tables().unwrap();
    for name in &names {
        assert!(book.merge_cells_by_sheet_name(name).unwrap().is_empty(), "cells of {name} are merged");
    }
    for name in names.iter().filter(|name| !["Omslag", "Grafieken"].contains(&name.as_str())) {
        let tables = book.table_names_in_sheet(name);
        assert_eq!(tables.len(), 1, "{name} has the tables {tables:?}");
    }
}

#[tokio::test]
async fn figures_of_indicators_are_those_of_the_frame() {
    let report = report().await;
    let mut book = open(&report);
    let range = book.worksheet_range("Indicatoren").unwrap();
    let places = ["Indicator", "Periode", "Waarde", "Doel", "Doelbereik", "Status"].map(|name| column(&range, name));
    let mut rows = range.rows().skip(1);
    for history in &report.history {
        for figure in &history.figures {
            let row = rows.next().unwrap();
            let [id, period, value, target, attainment, status] = places.map(|place| &row[place]);
            assert_eq!((id.to_string(), period.to_string()), (history.indicator.clone(), figure.period.to_string()));
            assert_eq!(number(value), figure.value, "{id} {period}");
            assert_eq!(number(target), figure.target, "{id} {period}");
            assert_eq!(number(attainment), figure.attainment(), "{id} {period}");
            assert_eq!(status.to_string(), figure.status.word());
        }
    }
    assert!(rows.next().is_none());
}

#[tokio::test]
async fn every_table_of_the_document_is_a_sheet_with_its_figures() {
    let report = report().await;
    let document = sections::document(&report).unwrap();
    let mut book = open(&report);
    book.load_tables().unwrap();
    for table in document.tables() {
        let read = book.table_by_name(&table.name).unwrap_or_else(|_| panic!("{} is not there", table.name));
        compare(table, read.columns(), read.data());
    }
}

/// Every figure of a table, beside what was read.
fn compare(table: &Table, headings: &[String], read: &Range<Data>) {
    let rows: Vec<&Vec<Cell>> = table
        .rows
        .iter()
        .filter_map(|row| match row {
            Row::Group(_) => None,
            Row::Cells(cells) | Row::Total(cells) => Some(cells),
        })
        .collect();
    for (index, cells) in rows.into_iter().enumerate() {
        for (column, cell) in table.columns.iter().zip(cells).filter(|(column, _)| column.kind != ColumnKind::Trend) {
            let heading = column.heading.replace('\u{a0}', " ");
            let place = headings.iter().position(|found| *found == heading);
            let place = place.unwrap_or_else(|| panic!("{}: no column {heading}: {headings:?}", table.name));
            let found = &read.rows().nth(index).unwrap()[place];
            let expected = match &cell.value {
                Value::Integer(value) => Some(*value as f64),
                Value::Figure(value) | Value::Number(value, _) | Value::Share(value) => Some(*value),
                Value::Amount(cents) => Some(*cents as f64 / 100.0),
                _ => None,
            };
            if expected.is_some() {
                assert_eq!(number(found), expected, "{}, row {index}, {heading}", table.name);
            }
        }
    }
}

#[tokio::test]
async fn the_workbook_is_the_same_on_every_run() {
    assert!(bytes(&report().await) == bytes(&report().await));
}
