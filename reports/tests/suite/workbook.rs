//! The workbook, opened again.

use std::collections::BTreeMap;
use std::io::{Cursor, Read};

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

/// The parts of the workbook whose names begin so, as text.
fn parts(bytes: Vec<u8>, begin: &str) -> BTreeMap<String, String> {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    let mut parts = BTreeMap::new();
    for number in 0..archive.len() {
        let mut part = archive.by_index(number).unwrap();
        let name = part.name().unwrap().into_owned();
        if name.starts_with(begin) {
            let mut text = String::new();
            part.read_to_string(&mut text).unwrap();
            parts.insert(name, text);
        }
    }
    parts
}

/// What stands between each pair of marks.
fn between<'a>(text: &'a str, from: &str, to: &str) -> Vec<&'a str> {
    text.split(from).skip(1).filter_map(|rest| rest.split(to).next()).collect()
}

/// The cells of a reference of one column, as `'Doelen'!$B$2:$B$6`.
fn cells(book: &mut Book, reference: &str) -> Vec<Data> {
    let (sheet, range) = reference.rsplit_once('!').unwrap();
    let ends: Vec<(u32, u32)> = range
        .split(':')
        .map(|end| {
            let (letters, row) = end.trim_start_matches('$').split_once('$').unwrap();
            let column = letters.bytes().fold(0, |sum, letter| sum * 26 + u32::from(letter - b'A') + 1);
            (row.parse::<u32>().unwrap() - 1, column - 1)
        })
        .collect();
    let (first, last) = (ends[0], ends[ends.len() - 1]);
    assert_eq!(first.1, last.1, "{reference} is one column");
    let range = book.worksheet_range(sheet.trim_matches('\'')).unwrap();
    (first.0..=last.0).map(|row| range.get_value((row, first.1)).cloned().unwrap_or(Data::Empty)).collect()
}

#[tokio::test]
async fn charts_show_the_numbers_of_the_sheets_and_say_what_they_show() {
    let report = report().await;
    let written = bytes(&report);
    let mut book = open_workbook_from_rs::<Xlsx<_>, _>(Cursor::new(written.clone())).unwrap();
    let charts = parts(written.clone(), "xl/charts/chart");
    assert!(charts.len() >= 5, "{:?}", charts.keys());
    for (name, chart) in &charts {
        let kinds = ["<c:barChart>", "<c:lineChart>", "<c:scatterChart>"];
        assert!(kinds.iter().any(|kind| chart.contains(kind)), "{name} is a chart of Excel");
        assert!(!between(chart, "<a:t>", "</a:t>").is_empty(), "{name} has a title");
        let series = between(chart, "<c:ser>", "</c:ser>");
        assert!(!series.is_empty(), "{name} has series");
        for one in series {
            let of = |mark: &str| -> Vec<Data> {
                let part = between(one, &format!("<c:{mark}>"), &format!("</c:{mark}>"));
                let reference = between(part.first().unwrap_or_else(|| panic!("{name}: no {mark}")), "<c:f>", "</c:f>");
                cells(&mut book, reference[0])
            };
            let mut of = of;
            let (categories, values) = (of("cat"), of("val"));
            assert_eq!(categories.len(), values.len(), "{name}");
            assert!(categories.iter().all(|cell| *cell != Data::Empty), "{name}: {categories:?}");
            assert!(values.iter().any(|cell| number(cell).is_some()), "{name}: {values:?}");
            assert!(values.iter().all(|cell| number(cell).is_some() || *cell == Data::Empty), "{name}: {values:?}");
        }
    }
    let drawings = parts(written, "xl/drawings/drawing");
    let frames: Vec<&str> = drawings.values().flat_map(|text| between(text, "<xdr:cNvPr ", ">")).collect();
    assert_eq!(frames.len(), charts.len());
    for frame in frames {
        assert!(frame.contains("descr=\"") && !frame.contains("descr=\"\""), "{frame}");
    }
}
