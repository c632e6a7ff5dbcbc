//! The listed rows, counted again.

use std::collections::{BTreeMap, BTreeSet};

use peil_warehouse::{Error, Result};
use serde::Serialize;

use super::Explanation;
use crate::indicator::Kind;

/// Decimals of a measurement.
const SCALE: u32 = 6;
/// By how much fractions may differ that are rounded otherwise.
const TOLERANCE: f64 = 1e-9;

/// What the rows give.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Recount {
    /// The value; empty where there is nothing to take a mean of.
    pub value: Option<f64>,
    /// Distinct things among the rows; of an average the measurements.
    pub things: u64,
    /// Rows that count, of which there can be more than one for a thing.
    pub rows: u64,
    /// The whole months that have ended, for a mean over months.
    pub months: Vec<MonthCount>,
}

/// Distinct things in a month.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MonthCount {
    /// As `2022-03`.
    pub month: String,
    /// Distinct things.
    pub things: u64,
}

/// A row as it is counted.
pub(super) struct Counted<'a> {
    /// The month, for a mean over months.
    pub month: &'a str,
    /// What it makes count.
    pub thing: &'a str,
    /// Rows of that thing.
    pub rows: u64,
    /// The measurement, as text.
    pub measure: Option<&'a str>,
}

/// Counts rows; `months` are those over which a mean is taken.
pub(super) fn count(kind: Kind, rows: &[Counted<'_>], months: &[String]) -> Result<Recount> {
    let things: BTreeSet<(&str, &str)> = rows.iter().map(|row| (row.month, row.thing)).collect();
    let mut by_month: BTreeMap<&str, u64> = months.iter().map(|month| (month.as_str(), 0)).collect();
    let mut recount = Recount {
        value: None,
        things: things.len() as u64,
        rows: rows.iter().map(|row| row.rows).sum(),
        months: vec![],
    };
    recount.value = match kind {
        Kind::Average => mean(rows)?,
        Kind::MonthlyActive => {
            for (month, _) in &things {
                *by_month.entry(month).or_default() += 1;
            }
            let month = |(month, things): (&str, u64)| MonthCount { month: month.to_owned(), things };
            recount.months = by_month.into_iter().map(month).collect();
            (!months.is_empty()).then(|| things.len() as f64 / months.len() as f64)
        }
        _ => Some(things.len() as f64),
    };
    Ok(recount)
}

/// The mean of the measurements, each exact to its decimals.
fn mean(rows: &[Counted<'_>]) -> Result<Option<f64>> {
    let mut sum = 0_i128;
    for row in rows {
        let text = row.measure.unwrap_or_default();
        sum += exact(text).ok_or_else(|| Error::internal(format!("the measurement `{text}` is no number")))?;
    }
    let number = 10_f64.powi(SCALE as i32);
    Ok((!rows.is_empty()).then(|| sum as f64 / number / rows.len() as f64))
}

/// A decimal as a whole number of its smallest unit.
fn exact(text: &str) -> Option<i128> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let padded = format!("{fraction:0<width$}", width = SCALE as usize);
    let digits = format!("{whole}{}", padded.get(..SCALE as usize)?);
    digits.parse().ok()
}

/// Whether the rows give what is published.
///
/// # Errors
/// [`Error::Internal`] where they do not.
pub(super) fn check(explanation: &Explanation) -> Result<()> {
    let published = explanation.figure.as_ref().and_then(|figure| figure.value);
    let counted = explanation.recount.as_ref();
    let agrees = match (published, counted.and_then(|recount| recount.value)) {
        (Some(published), Some(counted)) => (published - counted).abs() <= TOLERANCE * published.abs().max(1.0),
        // Without a value there is nothing that counts.
        (None, _) => counted.is_none_or(|recount| recount.things == 0),
        (Some(_), None) => false,
    };
    if agrees {
        return Ok(());
    }
    let text = |value: Option<f64>| value.map_or_else(|| "no value".to_owned(), |value| value.to_string());
    Err(Error::internal(format!(
        "{} {}: {} is published, and the source rows give {}\nhint: `peil run` makes the marts anew from the tables of facts; if the two still differ, the count is wrong",
        explanation.indicator_id,
        explanation.period,
        text(published),
        text(counted.and_then(|recount| recount.value)),
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row<'a>(month: &'a str, thing: &'a str, measure: Option<&'a str>) -> Counted<'a> {
        Counted { month, thing, rows: 2, measure }
    }

    #[test]
    fn a_thing_counts_once() {
        let rows = [row("", "a", None), row("", "b", None), row("", "a", None)];
        let recount = count(Kind::Rolling, &rows, &[]).unwrap();
        assert_eq!((recount.value, recount.things, recount.rows), (Some(2.0), 2, 6));
    }

    #[test]
    fn a_month_without_anything_counts_in_the_mean() {
        let months = ["2022-01", "2022-02"].map(str::to_owned);
        let recount = count(Kind::MonthlyActive, &[row("2022-02", "a", None)], &months).unwrap();
        assert_eq!(recount.value, Some(0.5));
        assert_eq!(recount.months.iter().map(|month| month.things).collect::<Vec<_>>(), [0, 1]);
        assert_eq!(count(Kind::MonthlyActive, &[], &[]).unwrap().value, None);
    }

    #[test]
    fn measurements_are_added_exactly() {
        let rows = [row("", "a", Some("60.500000")), row("", "b", Some("40"))];
        assert_eq!(count(Kind::Average, &rows, &[]).unwrap().value, Some(50.25));
        assert_eq!(exact("-1.25"), Some(-1_250_000));
        assert_eq!(exact("zestig"), None);
    }
}
