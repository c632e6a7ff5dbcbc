//! Problems in the data, as values: collected, counted, kept; never a panic.

use serde::{Deserialize, Serialize};

/// Why a row is rejected. The texts are part of what the outside relies on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// A value that may not be empty is.
    MissingValue,
    /// Not a day of the calendar in the form of the format.
    BadDate,
    /// Not an RFC 3339 moment, or a local time that does not exist.
    BadTimestamp,
    /// Not a number in the form of the format.
    BadNumber,
    /// Not a quarter, semester or year.
    BadPeriod,
    /// Not one of the listed values.
    NotAllowed,
    /// A number outside its range.
    OutOfRange,
    /// Not a JSON object of the expected shape.
    BadJson,
    /// A line with more or fewer fields than the header.
    WrongColumnCount,
    /// An end before its start.
    BadOrder,
    /// An enterprise number whose check digits are wrong.
    BadChecksum,
}

impl Reason {
    /// Every reason, in the order of the documentation.
    pub const ALL: [Self; 11] = [
        Self::MissingValue,
        Self::BadDate,
        Self::BadTimestamp,
        Self::BadNumber,
        Self::BadPeriod,
        Self::NotAllowed,
        Self::OutOfRange,
        Self::BadJson,
        Self::WrongColumnCount,
        Self::BadOrder,
        Self::BadChecksum,
    ];

    /// The text under which the reason is kept, as `bad_date`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::MissingValue => "missing_value",
            Self::BadDate => "bad_date",
            Self::BadTimestamp => "bad_timestamp",
            Self::BadNumber => "bad_number",
            Self::BadPeriod => "bad_period",
            Self::NotAllowed => "not_allowed",
            Self::OutOfRange => "out_of_range",
            Self::BadJson => "bad_json",
            Self::WrongColumnCount => "wrong_column_count",
            Self::BadOrder => "bad_order",
            Self::BadChecksum => "bad_checksum",
        }
    }

    /// What the one who delivers can do about it.
    pub const fn remedy(self) -> &'static str {
        match self {
            Self::MissingValue => "fill in the value; the column may not be empty",
            Self::BadDate => "give a day of the calendar in the dataset's date form",
            Self::BadTimestamp => "give an RFC 3339 moment with seconds, such as 2022-03-31T14:00:00+02:00",
            Self::BadNumber => "give a plain number, without thousands separator, with the dataset's decimal mark",
            Self::BadPeriod => "give a period such as 2022Q1, 2022S1 or 2022",
            Self::NotAllowed => "use one of the listed values",
            Self::OutOfRange => "give a number within the range",
            Self::BadJson => "give one well-formed JSON object",
            Self::WrongColumnCount => "give as many fields as the header has; quote a field that holds the separator",
            Self::BadOrder => "let the end not come before the start",
            Self::BadChecksum => {
                "check the enterprise number: ten digits, the last two are 97 minus the rest modulo 97"
            }
        }
    }
}

impl std::fmt::Display for Reason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One rejected row: where it stands, what was wrong, and what was there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Line of the file (sheet row, Parquet row) on which the row begins.
    pub line: Option<i64>,
    /// The source's name of the faulty column; none where no column is to
    /// blame.
    pub column: Option<String>,
    /// The value as delivered; none for columns that privacy protects.
    pub raw_value: Option<String>,
    /// Why.
    pub reason: Reason,
}
