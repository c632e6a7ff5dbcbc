//! Ties to figures that were published before: the warehouse still has them,
//! within the tolerance that stands beside each.

use std::collections::BTreeMap;
use std::path::Path;

use arrow::array::{Array, AsArray, Float64Array};
use chrono::NaiveDate;
use datafusion::execution::context::SessionContext;
use peil_warehouse::table::fingerprint;
use peil_warehouse::{Error, Period, Result};

use super::{MARTS, PUBLISHED_FIGURES, finding};
use crate::check::Finding;
use crate::model::Severity;
use crate::relation::plain;

const BUILT_IN: &str = include_str!("../../quality/published_figures.csv");
const HEADER: &str = "indicator_id,period,value,tolerance,severity";
const MART: &str = "indicator_values";

/// Figures as published, by indicator and period.
#[derive(Debug, Clone, Default)]
pub struct PublishedFigures {
    text: String,
    ties: Vec<Tie>,
}

#[derive(Debug, Clone)]
struct Tie {
    indicator_id: String,
    period: Period,
    value: f64,
    tolerance: f64,
    severity: Severity,
}

impl PublishedFigures {
    /// The figures of the file, or the built-in ones of 2022.
    ///
    /// # Errors
    /// [`Error::Usage`] that names file and line.
    pub fn load(file: Option<&Path>) -> Result<Self> {
        let Some(path) = file else { return Self::read("published_figures.csv", BUILT_IN) };
        let text = std::fs::read_to_string(path).map_err(|error| {
            Error::usage(format!("the published figures {} cannot be read: {error}", path.display()))
        })?;
        Self::read(&path.display().to_string(), &text)
    }

    fn read(place: &str, text: &str) -> Result<Self> {
        let mut lines = text.trim_start_matches('\u{feff}').lines().enumerate();
        let header = lines.next().map_or("", |(_, line)| line.trim());
        if header != HEADER {
            return Err(Error::usage(format!("{place}:1: the columns are `{header}`: write `{HEADER}`")));
        }
        let mut ties = Vec::new();
        for (number, line) in lines.filter(|(_, line)| !line.trim().is_empty()) {
            ties.push(tie(line).map_err(|what| Error::usage(format!("{place}:{}: {what}", number + 1)))?);
        }
        Ok(Self { text: text.to_owned(), ties })
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.ties.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.ties.is_empty()
    }

    /// A hash over the figures.
    pub fn fingerprint(&self) -> String {
        fingerprint([&self.text])
    }

    /// Compares the figures of periods that are over on `day` with those of
    /// the mart, one finding for each severity.
    pub(super) async fn check(&self, session: &SessionContext, day: NaiveDate) -> Result<Vec<Finding>> {
        let sql = format!("select indicator_id, period, value from marts.{MART} where value is not null");
        let wrong = |error| Error::usage(format!("the ties to published figures: {}", plain(&error)));
        let mut values = BTreeMap::new();
        for batch in session.sql(&sql).await.map_err(wrong)?.collect().await.map_err(wrong)? {
            let text = |at: usize| arrow::compute::cast(batch.column(at), &arrow::datatypes::DataType::Utf8);
            let (ids, periods) = (text(0)?, text(1)?);
            let (ids, periods) = (ids.as_string::<i32>(), periods.as_string::<i32>());
            let Some(found) = batch.column(2).as_any().downcast_ref::<Float64Array>() else { continue };
            for row in 0..batch.num_rows() {
                values.insert((ids.value(row).to_owned(), periods.value(row).to_owned()), found.value(row));
            }
        }
        let of = |severity: Severity| {
            let due = self.ties.iter().filter(move |tie| tie.severity == severity && tie.period.last_day() <= day);
            let wrong = due.filter_map(|tie| {
                let value = *values.get(&(tie.indicator_id.clone(), tie.period.to_string()))?;
                let differs = (value - tie.value).abs() > tie.tolerance;
                differs.then(|| format!("{} {}: {value}, published {}", tie.indicator_id, tie.period, tie.value))
            });
            finding(PUBLISHED_FIGURES, MARTS, MART, severity, wrong.collect())
        };
        let severities = [Severity::Error, Severity::Warning];
        Ok(severities
            .into_iter()
            .filter(|severity| self.ties.iter().any(|tie| tie.severity == *severity))
            .map(of)
            .collect())
    }
}

fn tie(line: &str) -> Result<Tie, String> {
    let cells: Vec<&str> = line.split(',').map(str::trim).collect();
    let &[indicator_id, period, value, tolerance, severity] = cells.as_slice() else {
        return Err(format!("{} cells, where 5 are wanted: {HEADER}", cells.len()));
    };
    let number = |name: &str, text: &str| {
        text.parse().ok().filter(|number: &f64| number.is_finite()).ok_or(format!("`{name}` is no number: {text}"))
    };
    Ok(Tie {
        indicator_id: indicator_id.to_owned(),
        period: period.parse().map_err(|_| format!("`{period}` is no period: write 2022Q1, 2022S1 or 2022"))?,
        value: number("value", value)?,
        tolerance: number("tolerance", tolerance)?,
        severity: match severity {
            "error" => Severity::Error,
            "warning" => Severity::Warning,
            _ => return Err(format!("`{severity}` is no severity: write error or warning")),
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_figures_are_read_and_mistakes_are_named() {
        assert_eq!(PublishedFigures::load(None).unwrap().len(), 141);
        let message =
            |line: &str| PublishedFigures::read("f.csv", &format!("{HEADER}\n{line}\n")).unwrap_err().to_string();
        assert!(message("A,2022,1,0").contains("f.csv:2: 4 cells"));
        assert!(message("A,2022Q5,1,0,error").contains("no period"));
        assert!(message("A,2022,1,0,bad").contains("no severity"));
    }
}
