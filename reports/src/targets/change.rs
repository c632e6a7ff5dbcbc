//! What a filled-in workbook would change.

use std::fmt;

use peil_warehouse::Period;
use serde::Serialize;

/// A difference between the workbook and the register.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Change {
    /// The indicator.
    pub indicator_id: String,
    /// Its name.
    pub label_nl: String,
    /// The period.
    pub period: Period,
    /// What of it.
    pub field: Field,
    /// What the register has.
    pub old: Option<Filled>,
    /// What the workbook has.
    pub new: Option<Filled>,
}

/// What of an indicator and period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    /// The baseline.
    Baseline,
    /// The target.
    Target,
    /// Whether a milestone is planned.
    Planned,
    /// The state of a milestone.
    State,
    /// What there is to say of it.
    Note,
}

impl Field {
    /// As staff know it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Baseline => "basis",
            Self::Target => "doel",
            Self::Planned => "gepland",
            Self::State => "stand",
            Self::Note => "toelichting",
        }
    }
}

/// What is filled in.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Filled {
    /// A number.
    Number(f64),
    /// A text.
    Text(String),
}

impl fmt::Display for Filled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(value) => f.write_str(&decimal(*value)),
            Self::Text(text) => f.write_str(text),
        }
    }
}

/// A number with a decimal comma and no more decimals than it has, as the
/// deliveries write it.
pub(super) fn decimal(value: f64) -> String {
    let text = format!("{value:.6}");
    text.trim_end_matches('0').trim_end_matches('.').replace('.', ",")
}

/// A number as the register keeps it: in millionths.
pub(super) fn millionths(value: f64) -> i128 {
    (value * 1e6).round() as i128
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_written_as_the_deliveries_write_it() {
        assert_eq!([0.0, 140.0, 12.5, 0.1 + 0.2].map(decimal), ["0", "140", "12,5", "0,3"]);
        assert_eq!(millionths(0.1 + 0.2), 300_000);
    }
}
