//! What a dataset looks like: a contract, read from its file in the Open Data
//! Contract Standard (v3.1).
//!
//! A dataset is one file, `<system>/<dataset>.odcs.yaml`, and nothing else:
//! readers, checks, tables and the generic transforms are driven by it.
//!
//! | module | holds |
//! | --- | --- |
//! | `document` | the file as the standard has it, parsed strictly |
//! | `frequency` | how often a dataset is delivered |
//! | `interpret` | from the file to a [`Contract`], with what Peil asks of it |
//! | `schema` | the staged table of a dataset |
//! | `set` | all contracts together |

mod document;
mod frequency;
mod interpret;
mod schema;
mod set;
#[cfg(test)]
mod tests;

pub use frequency::{Frequency, FrequencyUnit};
pub use schema::{DELIVERY, DELIVERY_DATE, LINE, OBJECT, ROW};
pub use set::ContractSet;

use crate::Result;

/// Milestones among the indicators: the name by which a reference names them.
const MILESTONE_INDICATORS: &str = "milestone_indicators";
/// All indicators: the name by which a reference names them.
const INDICATORS: &str = "indicators";

/// What the source promises about a dataset, and how it is taken in.
#[derive(Debug, Clone, PartialEq)]
pub struct Contract {
    /// System and dataset, as `portal/events`: also its folder in the landing
    /// area.
    pub dataset: String,
    /// What the dataset holds.
    pub description: String,
    /// How a delivery relates to those before it.
    pub mode: Mode,
    /// The form of a delivery.
    pub format: Format,
    /// Columns in the contract's order, dropped ones too.
    pub columns: Vec<Column>,
    /// The columns that identify a row, in order, by their names here.
    pub key: Vec<String>,
    /// The day on which references to authorities are resolved; none where
    /// the dataset has no such reference.
    pub fact_day: Option<FactDay>,
    /// Whether the rows are events so many that they are kept by month.
    pub large_fact: bool,
    /// How often the source promises to deliver; none where it comes when it
    /// changes.
    pub frequency: Option<Frequency>,
    /// Changes when anything does that decides how a delivery is read.
    fingerprint: String,
}

/// How a delivery relates to those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Rows are keyed; the later of two with one key is in force.
    Upsert,
    /// A delivery is the whole state on its delivery date.
    Snapshot,
}

/// The form of a delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Format {
    /// The file formats in which the dataset comes, the usual one first.
    pub kinds: Vec<FormatKind>,
    /// Between the fields of a line (CSV).
    pub separator: char,
    /// How characters are written (CSV).
    pub encoding: Encoding,
    /// Whether decimals have a comma rather than a point.
    pub decimal_comma: bool,
    /// The sheet that is read (XLSX).
    pub sheet: Option<String>,
}

/// A file format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FormatKind {
    /// Separated values with a header.
    Csv,
    /// A JSON object a line.
    Ndjson,
    /// One array of objects, or one page that holds it as `items`.
    Json,
    /// A sheet of an Excel workbook, with a header.
    Xlsx,
    /// Apache Parquet.
    Parquet,
}

/// How the characters of a text are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8, with or without byte order mark.
    Utf8,
    /// Windows-1252, as the WHATWG encoding standard maps it.
    Windows1252,
}

/// A column of a dataset.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    /// What the warehouse calls it; for a dropped column, what the source
    /// calls it.
    pub name: String,
    /// What the source calls it.
    pub source: String,
    /// Its type.
    pub column_type: ColumnType,
    /// Whether it may not be empty.
    pub required: bool,
    /// What else must hold of a value.
    pub constraints: Vec<Constraint>,
    /// What a value refers to. An unknown one rejects no row: it is reported
    /// once all deliveries are in.
    pub reference: Option<Reference>,
    /// What privacy does to it.
    pub privacy: Privacy,
    /// What it means.
    pub description: String,
}

/// The type of a column.
#[derive(Debug, Clone, PartialEq)]
pub enum ColumnType {
    /// Text, trimmed; empty is null.
    Text,
    /// A reference to an authority, kept as it was delivered.
    Authority,
    /// An enterprise number: without dots and spaces, leading zero restored.
    EnterpriseNumber,
    /// A quarter, semester or year, kept as `2022Q1`.
    Period,
    /// A day.
    Date(DateForm),
    /// A moment, kept in UTC to the microsecond.
    Timestamp,
    /// A whole number of 64 bits.
    Integer,
    /// An amount in euro, exact to the cent.
    Amount,
    /// Another decimal number, kept to six decimals.
    Decimal,
    /// A list of texts ([`ColumnType::Text`] or [`ColumnType::Authority`]).
    List(Box<ColumnType>),
    /// A list of objects with these members.
    Records(Vec<Column>),
    /// An object with these members.
    Record(Vec<Column>),
}

/// How a day is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DateForm {
    /// `YYYY-MM-DD`.
    Iso,
    /// `DD/MM/YYYY`.
    DayMonthYear,
}

/// What must hold of a value.
#[derive(Debug, Clone, PartialEq)]
pub enum Constraint {
    /// One of the listed values, whatever the case; kept as listed.
    OneOf(Vec<String>),
    /// Not below the minimum and not above the maximum, in millionths (the
    /// unit of all decimals but amounts), where given.
    Range {
        /// The least value.
        minimum: Option<i128>,
        /// The greatest value.
        maximum: Option<i128>,
    },
    /// Not before the day of another column of the row, or strictly after it.
    NotBefore {
        /// The other column.
        column: String,
        /// Whether the same day is refused too.
        strictly: bool,
    },
    /// Ten digits, of which the last two check the others.
    CheckDigits,
}

/// What a value refers to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reference {
    /// A column of another dataset.
    Column {
        /// The other dataset, as `catalogue/suppliers`.
        dataset: String,
        /// Its column, as `supplier_id`.
        column: String,
    },
    /// One of the indicators.
    Indicator,
    /// One of the indicators that are milestones.
    MilestoneIndicator,
}

/// What privacy does to a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Privacy {
    /// Nothing: it is kept.
    Keep,
    /// A pseudonym is kept in its place.
    Pseudonymise,
    /// It is not stored anywhere.
    Drop,
}

/// The day on which references to authorities are resolved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FactDay {
    /// The delivery date.
    Delivery,
    /// The earliest day in these columns (a timestamp by its Brussels day).
    Earliest(Vec<String>),
}

impl Contract {
    /// Reads a contract. `file` is its path within the folder of contracts,
    /// as `portal/events.odcs.yaml`, which must agree with the dataset that
    /// it describes.
    ///
    /// # Errors
    /// [`crate::Error::Usage`] that names file, line, key and the nearest
    /// known key.
    pub fn parse(file: &str, text: &str) -> Result<Self> {
        interpret::contract(file, text)
    }

    /// The system that delivers, as `portal`.
    pub fn system(&self) -> &str {
        self.dataset.split_once('/').map_or(&self.dataset, |(system, _)| system)
    }

    /// What its tables are called, as `portal_events`.
    pub fn table_name(&self) -> String {
        self.dataset.replace('/', "_")
    }

    /// A hash over the whole contract: equal, and deliveries are read alike.
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// The column called `name` here.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// The columns that are stored, in order.
    pub fn stored_columns(&self) -> impl Iterator<Item = &Column> {
        self.columns.iter().filter(|column| column.privacy != Privacy::Drop)
    }
}

impl Mode {
    /// The modes and what a contract calls them.
    pub const KNOWN: [(&'static str, Self); 2] = [("upsert", Self::Upsert), ("snapshot", Self::Snapshot)];
}

impl FormatKind {
    const KNOWN: [(&'static str, Self); 5] = [
        ("csv", Self::Csv),
        ("ndjson", Self::Ndjson),
        ("json", Self::Json),
        ("xlsx", Self::Xlsx),
        ("parquet", Self::Parquet),
    ];

    /// `csv`, `ndjson`, `json`, `xlsx` or `parquet`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Ndjson => "ndjson",
            Self::Json => "json",
            Self::Xlsx => "xlsx",
            Self::Parquet => "parquet",
        }
    }
}

impl Encoding {
    const KNOWN: [(&'static str, Self); 2] = [("utf-8", Self::Utf8), ("windows-1252", Self::Windows1252)];
}

impl Privacy {
    const KNOWN: [(&'static str, Self); 2] = [("pseudonymise", Self::Pseudonymise), ("drop", Self::Drop)];
}

impl DateForm {
    const KNOWN: [(&'static str, Self); 2] = [("yyyy-MM-dd", Self::Iso), ("dd/MM/yyyy", Self::DayMonthYear)];
}

impl ColumnType {
    /// Whether a value is a reference to an authority, or a list of them.
    pub fn is_authority(&self) -> bool {
        match self {
            Self::Authority => true,
            Self::List(element) => element.is_authority(),
            _ => false,
        }
    }

    /// Whether a value is a single one: no list and no object.
    pub const fn is_scalar(&self) -> bool {
        !matches!(self, Self::List(_) | Self::Records(_) | Self::Record(_))
    }
}
