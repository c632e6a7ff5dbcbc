//! What is published of a figure: value, target, breakdown; or why there is
//! no value.

use peil_warehouse::{Error, Period, Result};
use serde::Serialize;

use super::rows::{Record, records, text};
use super::{Explanation, Ground};
use crate::indicator::{Facts, Kind};
use crate::relation::table_name;
use crate::session::{self, ParquetTable};

/// A row of `marts.indicator_values`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Figure {
    /// The value; zero included.
    pub value: Option<f64>,
    /// The target.
    pub target: Option<f64>,
    /// Value divided by target.
    pub attainment: Option<f64>,
    /// As `in_progress`.
    pub status: String,
    /// Whether the period goes on after the as-of day.
    pub provisional: bool,
    /// Whether the period before is counted by another version.
    pub break_before: bool,
}

/// Why there is no value, and the nearest period that has one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Missing {
    /// The reason, in words.
    pub reason: String,
    /// The nearest period with a value, of the same length where there is one.
    pub nearest: Option<Period>,
}

/// A row of `marts.indicator_by_authority`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AuthorityShare {
    /// NIS code in the composition of the peildatum.
    pub nis_code: String,
    /// Official name.
    pub authority: Option<String>,
    /// Name of its province.
    pub province: Option<String>,
    /// The value; empty where there is none, or where it is not shown.
    pub value: Option<f64>,
    /// Whether it is not shown, since it would tell of few persons.
    pub suppressed: bool,
}

/// Adds what is published.
pub(super) async fn add(ground: &Ground<'_>, facts: &Facts<'_>, explanation: &mut Explanation) -> Result<()> {
    let session = session::session(ground.storage)?;
    let mut tables = vec!["marts.indicator_values", "marts.indicator_by_authority"];
    let fact = format!("conformed.{}", facts.fact);
    tables.push(&fact);
    for relation in tables {
        let state = ground
            .published
            .table(&table_name(relation))
            .ok_or_else(|| Error::usage(format!("the table `{relation}` is not there\nhint: `peil run` makes it")))?;
        session::register(&session, relation, ParquetTable::of(ground.storage, &table_name(relation), state)?)?;
    }
    let (id, period) = (&explanation.indicator_id, explanation.period);
    let own = format!("select * from marts.indicator_values where indicator_id = '{id}'");
    let values = records(&session, &own).await?;
    let figure = values.iter().find(|row| text(row, "period") == period.to_string()).map(figure);
    if facts.indicator.by_authority {
        let sql = format!(
            "select * from marts.indicator_by_authority where indicator_id = '{id}' and period = '{period}' order by nis_code"
        );
        explanation.by_authority = records(&session, &sql).await?.iter().map(share).collect();
    }
    if figure.as_ref().is_none_or(|figure| figure.value.is_none()) {
        let sql = format!("select min({}) as first_day from {fact}", facts.from);
        let first = records(&session, &sql).await?.first().map(|row| text(row, "first_day").to_owned());
        explanation.missing = Some(Missing {
            reason: reason(facts, explanation, first.filter(|day| !day.is_empty())),
            nearest: nearest(period, &values),
        });
    }
    explanation.figure = figure;
    Ok(())
}

fn number(row: &Record, column: &str) -> Option<f64> {
    text(row, column).parse().ok()
}

fn figure(row: &Record) -> Figure {
    Figure {
        value: number(row, "value"),
        target: number(row, "target"),
        attainment: number(row, "attainment"),
        status: text(row, "status").to_owned(),
        provisional: text(row, "provisional") == "true",
        break_before: text(row, "break_before") == "true",
    }
}

fn share(row: &Record) -> AuthorityShare {
    let given = |column: &str| Some(text(row, column).to_owned()).filter(|text| !text.is_empty());
    let suppressed = text(row, "suppressed") == "true";
    AuthorityShare {
        nis_code: text(row, "nis_code").to_owned(),
        authority: given("authority"),
        province: given("province"),
        value: number(row, "value").filter(|_| !suppressed),
        suppressed,
    }
}

fn reason(facts: &Facts<'_>, explanation: &Explanation, first: Option<String>) -> String {
    let (period, dataset) = (explanation.period, &explanation.dataset);
    match (explanation.peildatum, first) {
        (None, _) => format!("{period} has not begun on the as-of day, {}", explanation.as_of),
        (_, None) => format!("no fact of {dataset} was delivered yet"),
        (Some(peildatum), Some(first)) if first > peildatum.to_string() => {
            format!("the first fact of {dataset} is of {first}, after {peildatum}")
        }
        _ if facts.indicator.kind == Kind::MonthlyActive => {
            format!("no month of {period} has ended on the as-of day, {}", explanation.as_of)
        }
        _ if facts.indicator.kind == Kind::Average => "no authority has a measurement yet".to_owned(),
        _ => "the marts hold no such period".to_owned(),
    }
}

/// The nearest period with a value: of the same length first, then by its
/// last day, the earlier of two.
fn nearest(wanted: Period, values: &[Record]) -> Option<Period> {
    let with_value = values.iter().filter(|row| !text(row, "value").is_empty());
    with_value.filter_map(|row| text(row, "period").parse::<Period>().ok()).min_by_key(|period| {
        let days = (period.last_day() - wanted.last_day()).num_days().abs();
        (period.kind() != wanted.kind(), days, period.last_day())
    })
}
