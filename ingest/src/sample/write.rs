//! Writers of the sources' formats. The same rows give the same bytes.

use std::fs;
use std::io::Write;
use std::path::Path;

use chrono::{Datelike, NaiveDate};
use flate2::{Compression, GzBuilder};
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format as Style, Workbook, XlsxError};

use super::SampleError;
use super::calendar::split;
use super::events::{push_date, push_time};
use super::table::{Cell, Format, Packing, Table, Version};
use super::text::{decimal, push_json};

/// Writes a file, with the folders above it. Returns its size.
pub(super) fn save(landing: &Path, object: &str, bytes: &[u8]) -> Result<u64, SampleError> {
    let path = landing.join(object);
    let problem = |source| SampleError::Write { path: path.display().to_string(), source };
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(problem)?;
    }
    fs::write(&path, bytes).map_err(problem)?;
    Ok(bytes.len() as u64)
}

/// Packs bytes. A gzip header holds no time and no name.
pub(super) fn pack(bytes: Vec<u8>, packing: Packing) -> Result<Vec<u8>, SampleError> {
    match packing {
        Packing::Plain => Ok(bytes),
        Packing::Gzip => {
            let mut encoder = GzBuilder::new().mtime(0).write(Vec::new(), Compression::new(4));
            encoder.write_all(&bytes).map_err(SampleError::Pack)?;
            encoder.finish().map_err(SampleError::Pack)
        }
        Packing::Zstd => zstd::bulk::compress(&bytes, 3).map_err(SampleError::Pack),
    }
}

/// The bytes of a file of a table in its format.
pub(super) fn render(table: &Table, rows: &[&Version]) -> Result<Vec<u8>, SampleError> {
    match table.format {
        Format::Csv { bom, crlf, comma, packing } => {
            let mut out = if bom { b"\xef\xbb\xbf".to_vec() } else { Vec::new() };
            csv(&mut out, table.columns, rows, crlf, |cell| csv_text(cell, comma));
            pack(out, packing)
        }
        Format::Bookkeeping => {
            let mut out = Vec::new();
            csv(&mut out, table.columns, rows, true, |cell| match cell {
                Cell::Date(day) => format!("{:02}/{:02}/{}", day.day(), day.month(), day.year()),
                cell => csv_text(cell, true),
            });
            let text = String::from_utf8_lossy(&out).into_owned();
            Ok(encoding_rs::WINDOWS_1252.encode(&text).0.into_owned())
        }
        Format::Ndjson { packing } => {
            let mut out = Vec::new();
            for row in rows {
                object(&mut out, table.columns, row);
                out.push(b'\n');
            }
            pack(out, packing)
        }
        Format::JsonArray | Format::JsonPage => {
            let page = table.format == Format::JsonPage;
            let mut out = if page { b"{\"items\": [\n".to_vec() } else { b"[\n".to_vec() };
            for (number, row) in rows.iter().enumerate() {
                out.extend_from_slice(if number > 0 { b",\n  " } else { b"  " });
                object(&mut out, table.columns, row);
            }
            out.extend_from_slice(if page { b"\n], \"next\": null}\n" } else { b"\n]\n" });
            Ok(out)
        }
        Format::Xlsx { sheet, text_dates } => {
            let cells: Vec<&[Cell]> = rows.iter().map(|row| row.cells.as_slice()).collect();
            workbook(sheet, table.columns, &cells, text_dates)
        }
    }
}

/// Appends a header and rows as CSV.
pub(super) fn csv(out: &mut Vec<u8>, columns: &[&str], rows: &[&Version], crlf: bool, text: impl Fn(&Cell) -> String) {
    let end: &[u8] = if crlf { b"\r\n" } else { b"\n" };
    out.extend_from_slice(columns.join(";").as_bytes());
    out.extend_from_slice(end);
    for row in rows {
        for (number, cell) in row.cells.iter().enumerate() {
            if number > 0 {
                out.push(b';');
            }
            let field = text(cell);
            if field.contains([';', '"', '\n', '\r']) {
                out.push(b'"');
                out.extend_from_slice(field.replace('"', "\"\"").as_bytes());
                out.push(b'"');
            } else {
                out.extend_from_slice(field.as_bytes());
            }
        }
        out.extend_from_slice(end);
    }
}

/// A cell as a CSV file has it, before quoting.
pub(super) fn csv_text(cell: &Cell, comma: bool) -> String {
    match cell {
        Cell::Empty => String::new(),
        Cell::Text(text) | Cell::Json(text) => text.clone(),
        Cell::Date(day) => day.to_string(),
        Cell::Integer(number) => number.to_string(),
        Cell::Decimal(units, places) => decimal(*units, *places, comma),
        Cell::Moment(at) => moment(*at),
        Cell::List(items) => items.join(","),
    }
}

/// A moment in UTC, as `2022-03-31T13:45:00Z`.
pub(super) fn moment(at: i64) -> String {
    let (day, second) = split(at);
    let mut out = Vec::with_capacity(20);
    push_date(&mut out, day);
    out.push(b'T');
    push_time(&mut out, second);
    out.push(b'Z');
    String::from_utf8(out).unwrap_or_default()
}

/// Appends a row as a JSON object.
pub(super) fn object(out: &mut Vec<u8>, columns: &[&str], row: &Version) {
    out.push(b'{');
    for (number, (column, cell)) in columns.iter().zip(&row.cells).enumerate() {
        if number > 0 {
            out.extend_from_slice(b", ");
        }
        push_json(out, column);
        out.extend_from_slice(b": ");
        match cell {
            Cell::Empty => out.extend_from_slice(b"null"),
            Cell::List(items) => {
                out.push(b'[');
                for (place, item) in items.iter().enumerate() {
                    if place > 0 {
                        out.extend_from_slice(b", ");
                    }
                    push_json(out, item);
                }
                out.push(b']');
            }
            Cell::Json(_) | Cell::Integer(_) | Cell::Decimal(..) => {
                out.extend_from_slice(csv_text(cell, false).as_bytes());
            }
            Cell::Text(_) | Cell::Date(_) | Cell::Moment(_) => push_json(out, &csv_text(cell, false)),
        }
    }
    out.push(b'}');
}

/// A workbook of one sheet with a header, and with a fixed date of creation.
pub(super) fn workbook(
    sheet: &str,
    columns: &[&str],
    rows: &[&[Cell]],
    text_dates: bool,
) -> Result<Vec<u8>, SampleError> {
    let build = || -> Result<Vec<u8>, XlsxError> {
        let mut workbook = Workbook::new();
        let created = ExcelDateTime::from_ymd(2022, 1, 1)?;
        workbook.set_properties(&DocProperties::new().set_creation_datetime(&created));
        let page = workbook.add_worksheet();
        page.set_name(sheet)?;
        let dated = Style::new().set_num_format("yyyy-mm-dd");
        for (column, name) in columns.iter().enumerate() {
            page.write_string(0, column as u16, *name)?;
        }
        for (number, cells) in rows.iter().enumerate() {
            let line = number as u32 + 1;
            for (column, cell) in cells.iter().enumerate() {
                let column = column as u16;
                match cell {
                    Cell::Empty => {}
                    Cell::Date(day) if !text_dates => {
                        page.write_with_format(line, column, &excel_day(*day)?, &dated)?;
                    }
                    Cell::Integer(value) => {
                        page.write_number(line, column, *value as f64)?;
                    }
                    cell => {
                        page.write_string(line, column, csv_text(cell, false))?;
                    }
                }
            }
        }
        workbook.save_to_buffer()
    };
    build().map_err(|source| SampleError::Workbook(source.to_string()))
}

fn excel_day(day: NaiveDate) -> Result<ExcelDateTime, XlsxError> {
    ExcelDateTime::from_ymd(day.year() as u16, day.month() as u8, day.day() as u8)
}
