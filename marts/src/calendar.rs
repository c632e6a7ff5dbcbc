//! What a run knows beside the data: the tables `run.*`.
//!
//! | table | a row for each |
//! | --- | --- |
//! | `run.context` | one row: as-of day, known-on day, disclosure threshold |
//! | `run.periods` | quarter, semester and year |
//! | `run.months` | month up to the as-of day |
//! | `run.peildata` | day for which a composition is needed |
//! | `run.days` | day up to the as-of day, with its slice |
//! | `run.windows` | window of a period and slice of which it consists |
//! | `run.indicators` | indicator, as it is defined on the as-of day |
//! | `run.indicator_versions` | version of a numeric indicator, with the first day of its facts |
//!
//! A *slice* is a stretch of days that no window begins or ends inside; every
//! window is a set of slices.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray, Date32Array, Int64Array, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Schema};
use chrono::{Datelike, Days, Months, NaiveDate};
use peil_warehouse::Result;
use peil_warehouse::period::{Period, PeriodType, year_before};

use crate::indicator::{self, Declaration, Shape, Version, Window, start_key};

/// The tables, sorted.
pub const TABLES: [&str; 8] = [
    "run.context",
    "run.days",
    "run.indicator_versions",
    "run.indicators",
    "run.months",
    "run.peildata",
    "run.periods",
    "run.windows",
];

/// What the calendar is made from.
#[derive(Debug, Clone, Default)]
pub struct Horizon {
    /// Last day whose facts count.
    pub as_of: NaiveDate,
    /// Last delivery date that is used; none: all.
    pub known_on: Option<NaiveDate>,
    /// Counts of fewer persons are not shown.
    pub threshold: u32,
    /// First day of the facts, by [`start_key`].
    pub starts: BTreeMap<String, NaiveDate>,
    /// First month of the large facts, where it is earlier.
    pub first_month: Option<NaiveDate>,
    /// The periods that have a target.
    pub targets: BTreeSet<Period>,
}

/// The tables of a run.
#[derive(Debug, Clone)]
pub struct Calendar {
    /// Each table, by name.
    pub tables: BTreeMap<&'static str, RecordBatch>,
    /// What `run.months` says of each month, as a text to compare.
    pub months: BTreeMap<String, String>,
}

/// Makes the tables of a run.
///
/// # Errors
/// [`peil_warehouse::Error::Internal`] where Arrow refuses, which it does not.
pub fn calendar(horizon: &Horizon, indicators: &[Declaration]) -> Result<Calendar> {
    let as_of = horizon.as_of;
    let periods = periods(horizon);
    let first_day = periods.first().map_or(as_of, |period| period.first_day());
    let months = months(horizon.first_month.map_or(first_day, |month| month.min(first_day)), as_of);
    let slices = Slices::cut(first_day, as_of, &periods);
    let last_days = months.iter().map(|(first, _)| last_of_month(*first).min(as_of));
    let peildata: BTreeSet<NaiveDate> =
        periods.iter().filter_map(|period| period.peildatum(as_of)).chain(last_days).chain([as_of]).collect();
    let tables = BTreeMap::from([
        ("run.context", context(horizon)?),
        ("run.periods", period_table(&periods, as_of)?),
        ("run.months", month_table(&months, as_of)?),
        ("run.peildata", batch(vec![("peildatum", dates(peildata.into_iter().map(Some)))])?),
        ("run.days", slices.day_table()?),
        ("run.windows", window_table(&periods, &slices, as_of)?),
        ("run.indicators", indicator_table(indicators, as_of)?),
        ("run.indicator_versions", version_table(indicators, &horizon.starts)?),
    ]);
    let months = months
        .into_iter()
        .map(|(first, name)| (name, format!("{} {}", last_of_month(first) <= as_of, last_of_month(first).min(as_of))))
        .collect();
    Ok(Calendar { tables, months })
}

/// Every period from the year of the first fact on that has begun, or ends no
/// later than the last period with a target; sorted by last day, then
/// quarters, semesters, years.
pub fn periods(horizon: &Horizon) -> Vec<Period> {
    let as_of = horizon.as_of;
    let last_target = horizon.targets.iter().map(|period| period.last_day()).max();
    let first_fact = horizon.starts.values().copied().filter(|day| *day <= as_of).min();
    // Without any fact there is still a table of targets to show.
    let first_target = horizon.targets.iter().map(|period| period.first_day()).min();
    let first = first_fact.or(first_target).unwrap_or(as_of).year();
    let last = last_target.map_or(as_of, |day| day.max(as_of)).year();
    let mut periods: Vec<Period> = (first..=last)
        .flat_map(|year| {
            let year = Period::year(year);
            let semesters = [1, 2].map(|number| Period::semester(year.calendar_year(), number));
            year.quarters().into_iter().chain(semesters).chain([year])
        })
        .filter(|period| period.first_day() <= as_of || last_target.is_some_and(|last| period.last_day() <= last))
        .collect();
    periods.sort_by_key(|period| (period.last_day(), period.kind()));
    periods
}

fn months(from: NaiveDate, as_of: NaiveDate) -> Vec<(NaiveDate, String)> {
    let mut months = Vec::new();
    let mut first = from.with_day(1).unwrap_or(from);
    while first <= as_of {
        months.push((first, month_name(first)));
        first = first + Months::new(1);
    }
    months
}

pub(crate) fn month_name(day: NaiveDate) -> String {
    day.format("%Y-%m").to_string()
}

pub(crate) fn last_of_month(first: NaiveDate) -> NaiveDate {
    first + Months::new(1) - Days::new(1)
}

/// The whole months of a period that have ended on or before the as-of day.
pub(crate) fn months_ended(period: Period, as_of: NaiveDate) -> Vec<NaiveDate> {
    months(period.first_day(), period.last_day())
        .into_iter()
        .map(|(first, _)| first)
        .filter(|first| last_of_month(*first) <= as_of)
        .collect()
}

/// First day of the twelve months that end on the peildatum.
pub(crate) fn window_start(peildatum: NaiveDate) -> NaiveDate {
    year_before(peildatum) + Days::new(1)
}

struct Slices {
    first: NaiveDate,
    as_of: NaiveDate,
    /// First day of each slice.
    starts: Vec<NaiveDate>,
}

impl Slices {
    fn cut(first: NaiveDate, as_of: NaiveDate, periods: &[Period]) -> Self {
        let mut starts: BTreeSet<NaiveDate> = months(first, as_of).into_iter().map(|(first, _)| first).collect();
        for peildatum in periods.iter().filter_map(|period| period.peildatum(as_of)) {
            starts.extend([window_start(peildatum), peildatum + Days::new(1)]);
        }
        starts.insert(first);
        let starts = starts.into_iter().filter(|day| (first..=as_of).contains(day)).collect();
        Self { first, as_of, starts }
    }

    /// The slices from one day up to and including another.
    fn between(&self, from: NaiveDate, until: NaiveDate) -> impl Iterator<Item = i64> {
        let begin = self.starts.partition_point(|start| *start < from);
        let end = self.starts.partition_point(|start| *start <= until);
        (begin..end).map(|slice| slice as i64)
    }

    fn day_table(&self) -> Result<RecordBatch> {
        let days: Vec<NaiveDate> = self.first.iter_days().take_while(|day| *day <= self.as_of).collect();
        let slices = days.iter().map(|day| self.starts.partition_point(|start| start <= day) as i64 - 1);
        batch(vec![
            ("slice", Arc::new(Int64Array::from_iter_values(slices))),
            ("day", dates(days.iter().copied().map(Some))),
        ])
    }
}

fn context(horizon: &Horizon) -> Result<RecordBatch> {
    batch(vec![
        ("as_of", dates([Some(horizon.as_of)])),
        ("known_on", dates([horizon.known_on])),
        ("threshold", Arc::new(Int64Array::from(vec![i64::from(horizon.threshold)]))),
    ])
}

fn period_table(periods: &[Period], as_of: NaiveDate) -> Result<RecordBatch> {
    let peildatum = |period: &Period| period.peildatum(as_of);
    batch(vec![
        ("period", texts(periods.iter().map(|period| Some(period.to_string())))),
        ("period_type", texts(periods.iter().map(|period| Some(period.kind().as_str().to_owned())))),
        (
            "year",
            Arc::new(Int64Array::from_iter_values(periods.iter().map(|period| i64::from(period.calendar_year())))),
        ),
        ("number", Arc::new(Int64Array::from_iter_values(periods.iter().map(|period| i64::from(period.number()))))),
        ("period_start", dates(periods.iter().map(|period| Some(period.first_day())))),
        ("period_end", dates(periods.iter().map(|period| Some(period.last_day())))),
        ("peildatum", dates(periods.iter().map(peildatum))),
        ("provisional", flags(periods.iter().map(|period| period.provisional(as_of)))),
        ("has_begun", flags(periods.iter().map(|period| peildatum(period).is_some()))),
        ("window_start", dates(periods.iter().map(|period| peildatum(period).map(window_start)))),
        (
            "months_ended",
            Arc::new(Int64Array::from_iter_values(
                periods.iter().map(|period| months_ended(*period, as_of).len() as i64),
            )),
        ),
    ])
}

fn month_table(months: &[(NaiveDate, String)], as_of: NaiveDate) -> Result<RecordBatch> {
    batch(vec![
        ("month", texts(months.iter().map(|(_, name)| Some(name.clone())))),
        ("month_start", dates(months.iter().map(|(first, _)| Some(*first)))),
        ("month_end", dates(months.iter().map(|(first, _)| Some(last_of_month(*first))))),
        ("has_ended", flags(months.iter().map(|(first, _)| last_of_month(*first) <= as_of))),
        ("last_day", dates(months.iter().map(|(first, _)| Some(last_of_month(*first).min(as_of))))),
        (
            "quarter",
            texts(months.iter().map(|(first, _)| Some(Period::containing(*first, PeriodType::Quarter).to_string()))),
        ),
    ])
}

fn window_table(periods: &[Period], slices: &Slices, as_of: NaiveDate) -> Result<RecordBatch> {
    let mut rows: Vec<(Window, Period, NaiveDate, String, i64)> = Vec::new();
    for period in periods {
        let Some(peildatum) = period.peildatum(as_of) else { continue };
        let mut window = |kind, prefix: &str, from, until| {
            rows.extend(slices.between(from, until).map(|slice| (kind, *period, peildatum, prefix.to_owned(), slice)));
        };
        window(Window::Period, "", period.first_day(), peildatum);
        window(Window::Rolling, "", window_start(peildatum), peildatum);
        for first in months_ended(*period, as_of) {
            window(Window::Month, &format!("{}/", month_name(first)), first, last_of_month(first));
        }
    }
    batch(vec![
        ("window_kind", texts(rows.iter().map(|row| Some(row.0.as_str().to_owned())))),
        ("period", texts(rows.iter().map(|row| Some(row.1.to_string())))),
        ("peildatum", dates(rows.iter().map(|row| Some(row.2)))),
        ("prefix", texts(rows.iter().map(|row| Some(row.3.clone())))),
        ("slice", Arc::new(Int64Array::from_iter_values(rows.iter().map(|row| row.4)))),
    ])
}

fn indicator_table(indicators: &[Declaration], as_of: NaiveDate) -> Result<RecordBatch> {
    let versions: Vec<Version> = indicators.iter().filter_map(|indicator| indicator.version_on(as_of)).collect();
    let indicators: Vec<&Declaration> = versions.iter().map(|version| &version.declaration).collect();
    let text = |of: fn(&Declaration) -> &str| texts(indicators.iter().map(|indicator| Some(of(indicator).to_owned())));
    batch(vec![
        (
            "position",
            Arc::new(Int64Array::from_iter_values(indicators.iter().map(|indicator| i64::from(indicator.position)))),
        ),
        ("indicator_id", text(|indicator| &indicator.id)),
        ("programme", text(|indicator| &indicator.programme)),
        ("section", text(|indicator| &indicator.section)),
        ("label_nl", text(|indicator| &indicator.label_nl)),
        ("kind", text(|indicator| indicator.kind.as_str())),
        ("unit_nl", texts(indicators.iter().map(|indicator| indicator.unit_nl.clone()))),
        ("definition_nl", text(|indicator| indicator.definition_nl.trim())),
        ("dataset", text(|indicator| &indicator.dataset)),
        ("is_numeric", flags(indicators.iter().map(|indicator| indicator.kind.is_numeric()))),
        ("by_authority", flags(indicators.iter().map(|indicator| indicator.by_authority))),
    ])
}

/// The versions of numeric indicators, each with the peildata that it counts.
fn version_table(indicators: &[Declaration], starts: &BTreeMap<String, NaiveDate>) -> Result<RecordBatch> {
    let versions = indicator::versions(indicators);
    let rows: Vec<_> = versions.iter().filter_map(|version| Some((version, version.declaration.facts()?))).collect();
    let declared = || rows.iter().map(|(version, _)| &version.declaration);
    let text = |of: fn(&Declaration) -> &str| texts(declared().map(|indicator| Some(of(indicator).to_owned())));
    let window = |shape: Shape| match shape {
        Shape::Event(window) => Some(window.as_str().to_owned()),
        _ => None,
    };
    let (always, never) = (NaiveDate::from_ymd_opt(1, 1, 1), NaiveDate::from_ymd_opt(9999, 12, 31));
    batch(vec![
        ("rule", text(|indicator| &indicator.rule)),
        ("indicator_id", text(|indicator| &indicator.id)),
        ("version", Arc::new(Int64Array::from_iter_values(rows.iter().map(|(version, _)| i64::from(version.number))))),
        ("holds_from", dates(rows.iter().map(|(version, _)| version.holds_from.or(always)))),
        ("holds_until", dates(rows.iter().map(|(version, _)| version.holds_until.or(never)))),
        ("definition_nl", text(|indicator| indicator.definition_nl.trim())),
        ("note_nl", texts(rows.iter().map(|(version, _)| version.note_nl.clone()))),
        ("dataset", text(|indicator| &indicator.dataset)),
        ("fact", texts(rows.iter().map(|(_, facts)| Some(start_key(facts))))),
        ("counts_authorities", flags(declared().map(Declaration::counts_authorities))),
        ("counts_persons", flags(declared().map(Declaration::counts_persons))),
        ("window_kind", texts(rows.iter().map(|(_, facts)| window(facts.shape)))),
        ("first_day", dates(rows.iter().map(|(_, facts)| starts.get(&start_key(facts)).copied()))),
    ])
}

fn texts(values: impl IntoIterator<Item = Option<String>>) -> ArrayRef {
    Arc::new(values.into_iter().collect::<StringArray>())
}

fn flags(values: impl IntoIterator<Item = bool>) -> ArrayRef {
    Arc::new(values.into_iter().map(Some).collect::<BooleanArray>())
}

/// Days as Arrow has them: since 1970-01-01.
pub(crate) fn dates(values: impl IntoIterator<Item = Option<NaiveDate>>) -> ArrayRef {
    let since_epoch = |day: NaiveDate| i32::try_from((day - NaiveDate::default()).num_days()).unwrap_or(i32::MAX);
    Arc::new(values.into_iter().map(|day| day.map(since_epoch)).collect::<Date32Array>())
}

fn batch(columns: Vec<(&str, ArrayRef)>) -> Result<RecordBatch> {
    let fields: Vec<Field> =
        columns.iter().map(|(name, values)| Field::new(*name, DataType::clone(values.data_type()), true)).collect();
    Ok(RecordBatch::try_new(Arc::new(Schema::new(fields)), columns.into_iter().map(|(_, values)| values).collect())?)
}
