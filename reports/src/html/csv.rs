//! The tables of the document as CSV: the values themselves, not as they are
//! written for readers. Decimal points, days as 2022-06-30, empty where there
//! is no value.

use peil_warehouse::{Error, Result};

use crate::document::{Cell, ColumnKind, Table, Value};

/// A table as CSV, in UTF-8, with a line of names.
///
/// # Errors
/// [`Error::Internal`] where it cannot be written.
pub fn csv(table: &Table) -> Result<Vec<u8>> {
    let failed = |error: ::csv::Error| Error::internal(format!("the table {}: {error}", table.name));
    let grouped = table.body().any(|(group, _)| group.is_some());
    let mut writer = ::csv::Writer::from_writer(Vec::new());
    let mut header: Vec<String> = if grouped { vec!["group".to_owned()] } else { Vec::new() };
    for column in table.columns.iter().filter(|column| column.kind != ColumnKind::Trend) {
        header.push(column.name.clone());
        if column.kind == ColumnKind::Target {
            header.extend(["target", "status", "provisional"].map(|part| format!("{}_{part}", column.name)));
        }
    }
    writer.write_record(&header).map_err(failed)?;
    for (group, cells) in table.body() {
        let mut record: Vec<String> = if grouped { vec![group.unwrap_or_default().to_owned()] } else { Vec::new() };
        for (cell, column) in cells.iter().zip(&table.columns).filter(|(_, column)| column.kind != ColumnKind::Trend) {
            record.push(plain(&cell.value));
            if column.kind == ColumnKind::Target {
                record.push(cell.target.as_ref().map(plain).unwrap_or_default());
                record.push(status(cell));
                record.push(cell.provisional.to_string());
            }
        }
        writer.write_record(&record).map_err(failed)?;
    }
    writer.into_inner().map_err(|error| Error::internal(format!("the table {}: {error}", table.name)))
}

fn status(cell: &Cell) -> String {
    cell.status.iter().map(plain).filter(|text| !text.is_empty()).collect::<Vec<_>>().join("; ")
}

/// A value without marks for readers.
fn plain(value: &Value) -> String {
    match value {
        Value::Figure(value) | Value::Number(value, _) | Value::Share(value) => value.to_string(),
        Value::Integer(value) => value.to_string(),
        Value::Amount(cents) => {
            let sign = if *cents < 0 { "-" } else { "" };
            format!("{sign}{}.{:02}", cents.abs() / 100, cents.abs() % 100)
        }
        Value::Day(day) => day.to_string(),
        Value::Status(status) => status.code().to_owned(),
        Value::Missing(_) => String::new(),
        other => other.shown(),
    }
}
