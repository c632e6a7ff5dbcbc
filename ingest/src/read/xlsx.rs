//! A sheet of an Excel workbook, with a header.
//!
//! The first row with anything in it is the header; rows without anything are
//! none. A workbook holds its cells as text, numbers, dates: each is read by
//! its text, a number without needless decimals, a date as the contract writes
//! days.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::BufReader;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use calamine::{DataRef, ExcelDateTime, Reader, Xlsx as Workbook, XlsxError};
use chrono::{NaiveDateTime, NaiveTime};
use peil_warehouse::contract::{ColumnType, DateForm};

use super::layout::Meaning;
use super::{Block, Chunk, Layout, Raw, ReadResult, Source, Span, Unreadable};

/// Rows of a chunk.
const CHUNK_ROWS: usize = 32_768;
/// Whole numbers up to here are exact in the way a workbook holds numbers.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// What the thread that reads a sheet tells.
enum Told {
    /// The header is read; it has these unknown names.
    Header(BTreeSet<String>),
    /// Rows are read.
    Rows(Chunk),
}

/// A sheet being read, by a thread of its own: the library lends out cells,
/// and cannot stop half-way.
pub struct Xlsx {
    unknown: BTreeSet<String>,
    told: Receiver<ReadResult<Told>>,
}

impl Xlsx {
    /// Reads the header.
    pub fn new(file: &File, layout: &Arc<Layout>) -> ReadResult<Self> {
        let file = file.try_clone().map_err(|error| Unreadable::Storage(error.to_string()))?;
        let (to, told) = sync_channel(1);
        let layout = Arc::clone(layout);
        std::thread::spawn(move || {
            if let Err(error) = read(file, &layout, &to) {
                let _ = to.send(Err(error));
            }
        });
        match told.recv() {
            Ok(Ok(Told::Header(unknown))) => Ok(Self { unknown, told }),
            Ok(Err(error)) => Err(error),
            Ok(Ok(Told::Rows(_))) | Err(_) => Err(Unreadable::because("the workbook cannot be read")),
        }
    }
}

impl Source for Xlsx {
    fn next_block(&mut self) -> ReadResult<Option<Block>> {
        match self.told.recv() {
            Err(_) => Ok(None),
            Ok(Ok(Told::Rows(chunk))) => Ok(Some(Block::Rows(chunk))),
            Ok(Ok(Told::Header(_))) => Err(Unreadable::because("the workbook has a second header")),
            Ok(Err(error)) => Err(error),
        }
    }

    fn unknown(&self) -> BTreeSet<String> {
        self.unknown.clone()
    }
}

fn broken(error: XlsxError) -> Unreadable {
    Unreadable::because(format!("the workbook: {error}"))
}

fn read(file: File, layout: &Layout, to: &SyncSender<ReadResult<Told>>) -> ReadResult<()> {
    let mut workbook: Workbook<_> = Workbook::new(BufReader::new(file)).map_err(broken)?;
    let wanted = layout.contract().format.sheet.clone().unwrap_or_default();
    let names = workbook.sheet_names();
    let Some(sheet) = names.iter().find(|name| Layout::plain(name) == Layout::plain(&wanted)) else {
        let there = names.join(", ");
        return Err(Unreadable::Refused(format!("missing_sheet: {wanted} (there are: {there})")));
    };
    let mut cells = workbook.worksheet_cells_reader(sheet).map_err(broken)?;
    let mut sheet = Sheet { layout, header: None, row: Vec::new(), number: 0, chunk: None };
    loop {
        let cell = cells.next_cell().map_err(broken)?;
        let at = cell.as_ref().map(calamine::Cell::get_position);
        if at.is_none_or(|(row, _)| row != sheet.number) {
            if let Some(unknown) = sheet.end_row()?
                && to.send(Ok(Told::Header(unknown))).is_err()
            {
                return Ok(());
            }
            let full = sheet.chunk.as_ref().is_some_and(|rows| rows.lines.len() >= CHUNK_ROWS);
            if (full || cell.is_none())
                && let Some(rows) = sheet.chunk.take()
                && to.send(Ok(Told::Rows(rows.finish()))).is_err()
            {
                return Ok(());
            }
        }
        let (Some((number, column)), Some(cell)) = (at, cell) else { break };
        sheet.number = number;
        sheet.push(column, cell.get_value());
    }
    if sheet.header.is_none() { Err(Unreadable::empty()) } else { Ok(()) }
}

/// A sheet, a row at a time.
struct Sheet<'a> {
    layout: &'a Layout,
    /// What each column of the sheet means, by its number.
    header: Option<Vec<(u32, Meaning)>>,
    /// Cells of the row by number of their column, none for what is not kept.
    row: Vec<(u32, Option<String>)>,
    number: u32,
    chunk: Option<Rows>,
}

impl Sheet<'_> {
    fn meaning(&self, column: u32) -> Option<Meaning> {
        let header = self.header.as_ref()?;
        header.iter().find(|(number, _)| *number == column).map(|(_, meaning)| *meaning)
    }

    /// Takes a cell of the row, unless there is nothing in it.
    fn push(&mut self, column: u32, value: &DataRef<'_>) {
        let column_type = match self.meaning(column) {
            Some(Meaning::Column(index)) => Some(&self.layout.contract().columns[index].column_type),
            _ => None,
        };
        let text = cell_text(value, column_type);
        if !text.trim().is_empty() {
            let kept = self.header.is_none() || column_type.is_some();
            self.row.push((column, kept.then_some(text)));
        }
    }

    /// Ends a row: the header where there is none yet (then the unknown names
    /// are given), else a row of data.
    fn end_row(&mut self) -> ReadResult<Option<BTreeSet<String>>> {
        let row = std::mem::take(&mut self.row);
        if row.is_empty() {
            return Ok(None);
        }
        if self.header.is_none() {
            let names = row.iter().map(|(_, value)| value.as_deref().unwrap_or_default());
            let (meanings, unknown) = self.layout.header(names)?;
            self.header = Some(row.iter().map(|(column, _)| *column).zip(meanings).collect());
            return Ok(Some(unknown));
        }
        let wanted: Vec<(usize, &str)> = row
            .iter()
            .filter_map(|(column, value)| match (self.meaning(*column), value) {
                (Some(Meaning::Column(index)), Some(value)) => Some((index, value.as_str())),
                _ => None,
            })
            .collect();
        let mut rows = self.chunk.take().unwrap_or_else(|| self.rows());
        if row.iter().any(|(column, _)| self.meaning(*column).is_some()) {
            rows.push(i64::from(self.number) + 1, &wanted);
        }
        self.chunk = Some(rows);
        Ok(None)
    }

    fn rows(&self) -> Rows {
        let present: BTreeSet<usize> = self
            .header
            .iter()
            .flatten()
            .filter_map(|(_, meaning)| match meaning {
                Meaning::Column(index) => Some(*index),
                _ => None,
            })
            .collect();
        Rows {
            text: String::new(),
            lines: Vec::new(),
            columns: (0..self.layout.width()).map(|index| present.contains(&index).then(Vec::new)).collect(),
        }
    }
}

/// Rows being gathered.
struct Rows {
    text: String,
    lines: Vec<i64>,
    columns: Vec<Option<Vec<Span>>>,
}

impl Rows {
    fn push(&mut self, line: i64, values: &[(usize, &str)]) {
        for spans in self.columns.iter_mut().flatten() {
            spans.push(Span::NULL);
        }
        for (index, value) in values {
            let start = self.text.len();
            self.text.push_str(value);
            if let Some(last) = self.columns[*index].as_mut().and_then(|spans| spans.last_mut()) {
                *last = Span::new(start, self.text.len());
            }
        }
        self.lines.push(line);
    }

    fn finish(self) -> Chunk {
        let columns = self.columns.into_iter().map(|spans| spans.map_or(Raw::Absent, Raw::Spans)).collect();
        Chunk {
            text: self.text,
            rows: self.lines.len(),
            lines: self.lines,
            columns,
            faults: Vec::new(),
            unknown: BTreeSet::new(),
        }
    }
}

/// The text of a cell; empty of an empty one.
fn cell_text(value: &DataRef<'_>, column_type: Option<&ColumnType>) -> String {
    match value {
        DataRef::Empty => String::new(),
        DataRef::Int(number) => number.to_string(),
        DataRef::Float(number) => number_text(*number),
        DataRef::String(text) => text.clone(),
        DataRef::SharedString(text) => (*text).to_owned(),
        DataRef::Bool(true) => "ja".to_owned(),
        DataRef::Bool(false) => "nee".to_owned(),
        DataRef::DateTime(moment) => date_text(moment, column_type),
        DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => match text.parse::<NaiveDateTime>() {
            Ok(moment) => moment_text(moment, column_type),
            Err(_) => text.clone(),
        },
        DataRef::Error(error) => error.to_string(),
    }
}

fn number_text(number: f64) -> String {
    if number.fract() == 0.0 && number.abs() < EXACT { format!("{}", number as i64) } else { number.to_string() }
}

fn date_text(moment: &ExcelDateTime, column_type: Option<&ColumnType>) -> String {
    match moment.as_datetime().filter(|_| moment.is_datetime()) {
        Some(moment) => moment_text(moment, column_type),
        None => number_text(moment.as_f64()),
    }
}

/// A day as the contract writes days; a moment that is not midnight as a
/// moment, which is no day.
fn moment_text(moment: NaiveDateTime, column_type: Option<&ColumnType>) -> String {
    let midnight = moment.time() == NaiveTime::MIN;
    match column_type {
        Some(ColumnType::Date(DateForm::DayMonthYear)) if midnight => moment.format("%d/%m/%Y").to_string(),
        Some(ColumnType::Timestamp) => moment.format("%Y-%m-%dT%H:%M:%S%.f").to_string(),
        _ if midnight => moment.format("%Y-%m-%d").to_string(),
        _ => moment.format("%Y-%m-%dT%H:%M:%S%.f").to_string(),
    }
}
