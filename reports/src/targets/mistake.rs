//! What is wrong with a cell, and how to mend it.

use serde::Serialize;

/// A mistake in the workbook.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Mistake {
    /// The sheet.
    pub sheet: String,
    /// The cell, as `F12`; none where the sheet as a whole is meant.
    pub cell: Option<String>,
    /// The rule that it breaks.
    pub rule: Rule,
    /// What stands there.
    pub found: String,
    /// How to mend it.
    pub remedy: String,
}

impl Mistake {
    /// The place as a reader looks it up: `Doelen!F12`.
    pub fn place(&self) -> String {
        match &self.cell {
            Some(cell) => format!("{}!{cell}", self.sheet),
            None => self.sheet.clone(),
        }
    }
}

/// The rules of the workbook.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// A sheet is not there.
    MissingSheet,
    /// The year of the workbook cannot be read.
    BadYear,
    /// A column is not there.
    MissingColumn,
    /// A column is there twice.
    DuplicateColumn,
    /// A column that the workbook does not have.
    UnknownColumn,
    /// A row is not there.
    MissingRow,
    /// Two rows speak of the same.
    DuplicateRow,
    /// A row without its indicator or period.
    MissingValue,
    /// There is no such indicator.
    UnknownIndicator,
    /// A milestone among the indicators with numbers.
    MilestoneWithNumber,
    /// An indicator with numbers among the milestones.
    NoMilestone,
    /// A period that does not parse, or that the workbook does not speak of.
    BadPeriod,
    /// Something that is no number.
    NotANumber,
    /// A number below 0.
    Negative,
    /// More decimals than are kept, or more digits.
    OutOfRange,
    /// A baseline where a target stands, or the other way round.
    Taken,
    /// A mark that is no `x`.
    BadMark,
    /// A state that is not listed.
    BadState,
    /// What was given cannot be taken away.
    CannotRemove,
}

impl Rule {
    /// Its name, as `not_a_number`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::MissingSheet => "missing_sheet",
            Self::BadYear => "bad_year",
            Self::MissingColumn => "missing_column",
            Self::DuplicateColumn => "duplicate_column",
            Self::UnknownColumn => "unknown_column",
            Self::MissingRow => "missing_row",
            Self::DuplicateRow => "duplicate_row",
            Self::MissingValue => "missing_value",
            Self::UnknownIndicator => "unknown_indicator",
            Self::MilestoneWithNumber => "milestone_with_number",
            Self::NoMilestone => "no_milestone",
            Self::BadPeriod => "bad_period",
            Self::NotANumber => "not_a_number",
            Self::Negative => "negative",
            Self::OutOfRange => "out_of_range",
            Self::Taken => "taken",
            Self::BadMark => "bad_mark",
            Self::BadState => "bad_state",
            Self::CannotRemove => "cannot_remove",
        }
    }
}
