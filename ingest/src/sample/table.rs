//! A small dataset as the source keeps it: every row with the versions that it
//! has had, from which each delivery takes what was known on its date.

use std::collections::BTreeMap;

use chrono::{NaiveDate, TimeDelta};

use super::calendar::Rhythm;
use super::plan::Spell;

/// A value as a source holds it.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Cell {
    Empty,
    Text(String),
    Date(NaiveDate),
    Integer(i64),
    /// A number of units and how many of its digits are decimals.
    Decimal(i64, usize),
    /// Seconds since 1970 in UTC.
    Moment(i64),
    List(Vec<String>),
    /// A ready piece of JSON.
    Json(String),
}

impl Cell {
    /// A text.
    pub(super) fn text(text: impl Into<String>) -> Cell {
        Cell::Text(text.into())
    }

    /// A text, or nothing.
    pub(super) fn maybe(text: Option<String>) -> Cell {
        text.map_or(Cell::Empty, Cell::Text)
    }

    /// A day, or nothing.
    pub(super) fn date(day: Option<NaiveDate>) -> Cell {
        day.map_or(Cell::Empty, Cell::Date)
    }
}

/// How a packed file is packed.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Packing {
    Plain,
    Gzip,
    Zstd,
}

/// How a source writes its files.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Format {
    Csv {
        bom: bool,
        crlf: bool,
        comma: bool,
        packing: Packing,
    },
    /// Windows-1252, decimal comma, dates as DD/MM/YYYY.
    Bookkeeping,
    Ndjson {
        packing: Packing,
    },
    JsonArray,
    JsonPage,
    Xlsx {
        sheet: &'static str,
        text_dates: bool,
    },
}

impl Format {
    /// UTF-8 without anything special.
    pub(super) const CSV: Format = Format::Csv { bom: false, crlf: false, comma: false, packing: Packing::Plain };

    /// How the name of a file ends.
    pub(super) fn extension(self) -> &'static str {
        match self {
            Format::Csv { packing: Packing::Plain, .. } | Format::Bookkeeping => "csv",
            Format::Csv { packing: Packing::Gzip, .. } => "csv.gz",
            Format::Csv { packing: Packing::Zstd, .. } => "csv.zst",
            Format::Ndjson { packing: Packing::Plain } => "ndjson",
            Format::Ndjson { packing: Packing::Gzip } => "ndjson.gz",
            Format::Ndjson { packing: Packing::Zstd } => "ndjson.zst",
            Format::JsonArray | Format::JsonPage => "json",
            Format::Xlsx { .. } => "xlsx",
        }
    }
}

/// What a row was from a day on.
#[derive(Clone, Debug)]
pub(super) struct Version {
    pub(super) known: NaiveDate,
    pub(super) key: usize,
    pub(super) cells: Vec<Cell>,
}

/// A dataset of which every row fits in memory.
pub(super) struct Table {
    /// `<system>/<dataset>`.
    pub(super) dataset: &'static str,
    pub(super) columns: &'static [&'static str],
    pub(super) format: Format,
    pub(super) rhythm: Rhythm,
    /// Whether each delivery is the whole list, as of an export by hand.
    pub(super) whole: bool,
    /// What stands before the date in a file name.
    pub(super) prefix: &'static str,
    pub(super) versions: Vec<Version>,
    rows: usize,
}

/// What one file holds.
pub(super) struct Delivery<'a> {
    pub(super) date: NaiveDate,
    pub(super) rows: Vec<&'a Version>,
}

impl Table {
    /// A table without rows.
    pub(super) fn new(
        dataset: &'static str,
        columns: &'static [&'static str],
        format: Format,
        rhythm: Rhythm,
    ) -> Table {
        Table { dataset, columns, format, rhythm, whole: false, prefix: "", versions: Vec::new(), rows: 0 }
    }

    /// The same with file names that begin so.
    pub(super) fn named(mut self, prefix: &'static str) -> Table {
        self.prefix = prefix;
        self
    }

    /// The same with the whole list in each delivery.
    pub(super) fn whole(mut self) -> Table {
        self.whole = true;
        self
    }

    /// Adds a row that is known from a day on; its number serves to change it.
    pub(super) fn add(&mut self, known: NaiveDate, cells: Vec<Cell>) -> usize {
        self.rows += 1;
        self.change(self.rows - 1, known, cells);
        self.rows - 1
    }

    /// Changes a row from a day on.
    pub(super) fn change(&mut self, key: usize, known: NaiveDate, cells: Vec<Cell>) {
        self.versions.push(Version { known, key, cells });
    }

    /// Adds a row that is open from a day on and perhaps closed later: its cells
    /// as a function of the day on which it ended.
    pub(super) fn interval(
        &mut self,
        spell: Spell,
        lag: i64,
        mut cells: impl FnMut(Option<NaiveDate>) -> Vec<Cell>,
    ) -> usize {
        let key = self.add(spell.from + TimeDelta::days(lag), cells(None));
        if let Some(until) = spell.until {
            let known = until.max(spell.from + TimeDelta::days(lag));
            self.change(key, known, cells(Some(until)));
        }
        key
    }

    /// The rows in force on a day, in the order in which they were added.
    pub(super) fn state(&self, on: NaiveDate) -> Vec<&Version> {
        self.between(NaiveDate::MIN, on)
    }

    fn between(&self, after: NaiveDate, on: NaiveDate) -> Vec<&Version> {
        let mut last: BTreeMap<usize, &Version> = BTreeMap::new();
        for version in self.versions.iter().filter(|version| after < version.known && version.known <= on) {
            let kept = last.entry(version.key).or_insert(version);
            if version.known >= kept.known {
                *kept = version;
            }
        }
        last.into_values().collect()
    }

    /// The deliveries up to `until`, without those that would hold nothing.
    pub(super) fn deliveries(&self, until: NaiveDate) -> Vec<Delivery<'_>> {
        let mut after = NaiveDate::MIN;
        let mut deliveries = Vec::new();
        for date in self.rhythm.dates(until) {
            let news = self.between(after, date);
            after = date;
            if !news.is_empty() {
                let rows = if self.whole { self.state(date) } else { news };
                deliveries.push(Delivery { date, rows });
            }
        }
        deliveries
    }

    /// The path of the file of a date, without the landing area.
    pub(super) fn object(&self, date: NaiveDate) -> String {
        // A month's file is named by its month, as the sources do, where its
        // last day is the delivery date.
        let stamp = if self.prefix.is_empty() || date != month_end(date) {
            date.to_string()
        } else {
            date.format("%Y-%m").to_string()
        };
        format!("{}/{}{stamp}.{}", self.dataset, self.prefix, self.format.extension())
    }
}

fn month_end(date: NaiveDate) -> NaiveDate {
    super::calendar::month_last(super::calendar::month_of(date))
}
