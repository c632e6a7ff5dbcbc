//! Tables: named columns, typed cells.

use super::text::{Origin, Text};
use super::value::Value;

/// A table of the report. Its name is that of its CSV file, of its sheet's
/// table and of its place in the page.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// Name, unique within the document: `most_chosen_solutions`.
    pub name: String,
    /// What it shows: measure, unit, period.
    pub caption: String,
    /// The columns; the first names the rows.
    pub columns: Vec<Column>,
    /// The rows.
    pub rows: Vec<Row>,
    /// What stands under it.
    pub notes: Vec<Text>,
    /// The mart that it is made from, for its origin.
    pub mart: Option<&'static str>,
    /// Said in its place where it has no rows.
    pub when_empty: String,
}

/// A column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Name in CSV and sheets, as `market_share`.
    pub name: String,
    /// Heading, as readers see it.
    pub heading: String,
    /// What its cells hold.
    pub kind: ColumnKind,
}

/// What the cells of a column hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnKind {
    /// Texts, to the left.
    Text,
    /// Figures, to the right.
    Number,
    /// Days.
    Day,
    /// Amounts in euros.
    Amount,
    /// A realised figure with its target and status.
    Target,
    /// A sparkline.
    Trend,
}

/// A row: of cells, or the name of the group of rows that follows it.
#[derive(Debug, Clone, PartialEq)]
pub enum Row {
    /// A heading over the rows that follow, up to the next.
    Group(String),
    /// A cell for each column.
    Cells(Vec<Cell>),
    /// The same, where the row sums up the others.
    Total(Vec<Cell>),
}

/// A cell.
#[derive(Debug, Clone, PartialEq)]
pub struct Cell {
    /// Its value.
    pub value: Value,
    /// The target beside a realised value.
    pub target: Option<Value>,
    /// How they compare; more than one mark of a milestone stand here too.
    pub status: Vec<Value>,
    /// The period goes on after the as-of day: marked `(v)`.
    pub provisional: bool,
    /// It differs from what was published before: marked `(h)`.
    pub revised: bool,
    /// How it came about.
    pub origin: Option<Origin>,
}

impl Cell {
    /// A cell with a value and nothing else.
    pub const fn new(value: Value) -> Self {
        Self { value, target: None, status: Vec::new(), provisional: false, revised: false, origin: None }
    }

    /// A text.
    pub fn text(text: impl Into<String>) -> Self {
        Self::new(Value::Text(text.into()))
    }

    /// The same, with where it came from.
    #[must_use]
    pub fn from(mut self, origin: Origin) -> Self {
        self.origin = Some(origin);
        self
    }

    /// The value as it is written, with its marks.
    pub fn shown(&self) -> String {
        let mut shown = self.value.shown();
        if self.provisional {
            shown.push_str("\u{a0}(v)");
        }
        if self.revised {
            shown.push_str("\u{a0}(h)");
        }
        shown
    }
}

impl Column {
    /// A column.
    pub fn new(name: impl Into<String>, heading: impl Into<String>, kind: ColumnKind) -> Self {
        Self { name: name.into(), heading: heading.into(), kind }
    }
}

impl Table {
    /// The rows of cells, with the group they stand under.
    pub fn body(&self) -> impl Iterator<Item = (Option<&str>, &[Cell])> {
        let mut group = None;
        self.rows.iter().filter_map(move |row| match row {
            Row::Group(name) => {
                group = Some(name.as_str());
                None
            }
            Row::Cells(cells) | Row::Total(cells) => Some((group, cells.as_slice())),
        })
    }
}
