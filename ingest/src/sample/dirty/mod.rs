//! The faults that real exports have, beside the clean deliveries: rows that are
//! to be rejected among rows that are delivered once more unchanged, files that
//! are to be refused, and what is to be reported only. None of them changes an
//! indicator.

mod columns;
mod files;
mod lines;
mod rows;

use super::blocks::Blocks;
use super::calendar::day;
use super::events::Events;
use super::table::{Table, Version};
use super::{Landing, PlantedFault, SampleError};
use chrono::NaiveDate;

/// The delivery date of the faulty files. It is the last day of every sample's
/// beginning, so that rows delivered once more are as they were.
const ON: NaiveDate = day(2022, 7, 31);
/// What the files that hold bad rows are called.
const NAME: &str = "2022-07-31_nalevering";

/// Adds the faults, and a list of them as `faults.csv`.
pub(super) fn plant(
    tables: &[Table],
    blocks: &Blocks<'_>,
    events: &Events<'_>,
    landing: &mut Landing<'_>,
) -> Result<(), SampleError> {
    rows::plant(tables, landing)?;
    lines::plant(tables, events, landing)?;
    columns::plant(landing)?;
    files::plant(tables, blocks, events, landing)?;
    list(landing)
}

/// Writes the list.
fn list(landing: &mut Landing<'_>) -> Result<(), SampleError> {
    let mut out = String::from("dataset;object;line;reason;note\n");
    for fault in &landing.summary.faults {
        let line = fault.line.map(|line| line.to_string()).unwrap_or_default();
        let note = fault.note.replace('"', "\"\"");
        out.push_str(&format!("{};{};{line};{};\"{note}\"\n", fault.dataset, fault.object, fault.reason));
    }
    super::write::save(landing.dir, "faults.csv", out.as_bytes()).map(drop)
}

/// A file of text that grows line by line and knows where its faults are.
struct Text<'a> {
    dataset: &'a str,
    object: String,
    bytes: Vec<u8>,
    end: &'static str,
    rows: u64,
    faults: Vec<PlantedFault>,
}

impl<'a> Text<'a> {
    /// A file of a dataset; `bytes` are what it begins with, with `rows` data rows.
    fn new(dataset: &'a str, extension: &str, bytes: Vec<u8>, rows: usize, end: &'static str) -> Text<'a> {
        let object = format!("{dataset}/{NAME}.{extension}");
        Text { dataset, object, bytes, end, rows: rows as u64, faults: Vec::new() }
    }

    /// The line, as an editor shows it, on which what is added next begins.
    fn line(&self) -> u64 {
        1 + self.bytes.iter().filter(|&&byte| byte == b'\n').count() as u64
    }

    /// Adds a line that is no row.
    fn blank(&mut self) {
        self.bytes.extend_from_slice(self.end.as_bytes());
    }

    /// Adds a row with something to report.
    fn row(&mut self, reason: &str, note: &str, text: &str) {
        let line = Some(self.line());
        self.report(line, reason, note);
        self.plain(text);
    }

    /// Adds a row with nothing wrong.
    fn plain(&mut self, text: &str) {
        self.bytes.extend_from_slice(text.as_bytes());
        self.bytes.extend_from_slice(self.end.as_bytes());
        self.rows += 1;
    }

    /// Notes something about a line or about the whole file.
    fn report(&mut self, line: Option<u64>, reason: &str, note: &str) {
        self.faults.push(fault(self.dataset, &self.object, line, reason, note));
    }

    /// Writes the file, perhaps with other bytes than the text itself.
    fn save(self, landing: &mut Landing<'_>, change: impl Fn(Vec<u8>) -> Vec<u8>) -> Result<(), SampleError> {
        landing.save(self.dataset, &self.object, &change(self.bytes), self.rows)?;
        landing.summary.faults.extend(self.faults);
        Ok(())
    }
}

fn fault(dataset: &str, object: &str, line: Option<u64>, reason: &str, note: &str) -> PlantedFault {
    PlantedFault {
        dataset: dataset.to_owned(),
        object: object.to_owned(),
        line,
        reason: reason.to_owned(),
        note: note.to_owned(),
    }
}

/// The table of a dataset with its rows on the day of the faults.
fn state<'a>(tables: &'a [Table], dataset: &str) -> Option<(&'a Table, Vec<&'a Version>)> {
    let table = tables.iter().find(|table| table.dataset == dataset)?;
    Some((table, table.state(ON)))
}
