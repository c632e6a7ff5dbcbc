//! A value in the report, typed, with the one way in which it is written.

use chrono::NaiveDate;
use peil_warehouse::Period;

use crate::format::{self, EMPTY, euro, number, percent, short_day};
use crate::frames::{State, Status};

/// A value.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// A text.
    Text(String),
    /// A whole number.
    Integer(i64),
    /// A figure of an indicator: whole as it is, else with one decimal.
    Figure(f64),
    /// A number with a fixed number of decimals.
    Number(f64, u32),
    /// A share, 1 being the whole, written as a percentage with one decimal.
    Share(f64),
    /// An amount in cents.
    Amount(i128),
    /// A day.
    Day(NaiveDate),
    /// A period, written as `2022Q1`.
    Period(Period),
    /// How a figure stands against its target.
    Status(Status),
    /// How a milestone stands; planned (`x`) or not, with the state that the
    /// register gives. The text is its mark in the table: `x`, or the part of
    /// the period where it is planned, empty where it is not planned.
    Mark(String, Option<State>),
    /// Yes or no.
    Flag(bool),
    /// Figures through time, oldest first: drawn as a sparkline.
    Trend(Vec<Option<f64>>),
    /// No value, and why.
    Missing(Missing),
}

/// Why there is no value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Missing {
    /// There is no target.
    NoTarget,
    /// There are no data yet.
    NoData,
    /// The count is so small that it could lead to a person.
    Suppressed,
    /// There are too few ratings for their average to be shown.
    FewRatings,
    /// There are too few authorities for their average or quantiles to be shown.
    FewAuthorities,
    /// The period has not begun.
    NotBegun,
    /// Nothing is planned.
    NotPlanned,
    /// It has no meaning here.
    NotApplicable,
}

impl Missing {
    /// The reason, as readers see it.
    pub const fn reason(self) -> &'static str {
        match self {
            Self::NoTarget => "geen doel",
            Self::NoData => "nog geen gegevens",
            Self::Suppressed => "niet getoond: te weinig personen",
            Self::FewRatings => "niet getoond: te weinig beoordelingen",
            Self::FewAuthorities => "niet getoond: te weinig besturen",
            Self::NotBegun => "nog niet begonnen",
            Self::NotPlanned => "niet gepland",
            Self::NotApplicable => "niet van toepassing",
        }
    }
}

impl Value {
    /// A figure, or why there is none.
    pub fn figure_or(value: Option<f64>, missing: Missing) -> Self {
        value.map_or(Self::Missing(missing), Self::Figure)
    }

    /// A whole number, or why there is none.
    pub fn integer_or(value: Option<i64>, missing: Missing) -> Self {
        value.map_or(Self::Missing(missing), Self::Integer)
    }

    /// A share, or why there is none.
    pub fn share_or(value: Option<f64>, missing: Missing) -> Self {
        value.map_or(Self::Missing(missing), Self::Share)
    }

    /// An amount in cents, or why there is none.
    pub fn amount_or(value: Option<i128>, missing: Missing) -> Self {
        value.map_or(Self::Missing(missing), Self::Amount)
    }

    /// As it is written in every form of the report. A missing value is
    /// [`EMPTY`]: its reason stands beside it or under the table.
    pub fn shown(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Integer(value) => number(*value as f64, 0),
            Self::Figure(value) => format::figure(*value),
            Self::Number(value, decimals) => number(*value, *decimals),
            Self::Share(value) => percent(*value),
            Self::Amount(cents) => euro(*cents),
            Self::Day(day) => short_day(*day),
            Self::Period(period) => period.to_string(),
            Self::Status(status) => status.word().to_owned(),
            Self::Mark(mark, state) => match (mark.is_empty(), state) {
                (false, Some(state)) => format!("{mark} {}", state.word()),
                (true, Some(state)) => state.word().to_owned(),
                (_, None) => mark.clone(),
            },
            Self::Flag(true) => "ja".to_owned(),
            Self::Flag(false) => "nee".to_owned(),
            Self::Trend(values) => {
                values.iter().map(|value| value.map_or(EMPTY.to_owned(), format::figure)).collect::<Vec<_>>().join(" ")
            }
            Self::Missing(_) => EMPTY.to_owned(),
        }
    }

    /// Whether it is set to the right, under figures of its column.
    pub const fn is_numeric(&self) -> bool {
        matches!(self, Self::Integer(_) | Self::Figure(_) | Self::Number(..) | Self::Share(_) | Self::Amount(_))
    }
}
