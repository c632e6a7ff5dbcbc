//! Which indicators are behind, and which moved forward.

use peil_warehouse::Period;
use peil_warehouse::period::PeriodType;

use crate::frames::{Figure, NumericRow, Report, Status};

/// A smaller figure of a year ago makes a growth in per cent that says little.
const SMALLEST_BASE: f64 = 5.0;

/// An indicator, with its figure in the period by which it is judged.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Standing<'a> {
    /// The indicator.
    pub row: &'a NumericRow,
    /// Its figure.
    pub figure: Figure,
}

/// An indicator that moved forward.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Improvement<'a> {
    /// The indicator.
    pub row: &'a NumericRow,
    /// Its value in the period compared with.
    pub before: f64,
    /// Its value in the period of the report.
    pub now: f64,
}

impl Improvement<'_> {
    /// Growth as a share of the value before.
    pub fn growth(&self) -> f64 {
        self.now / self.before - 1.0
    }
}

/// The period by whose targets the indicators are judged: that of the report,
/// or its year where the report's period has no targets and ends with it.
pub fn reference(report: &Report) -> Period {
    let period = report.colophon.period;
    let year = Period::year(period.calendar_year());
    let has_targets = |of: Period| {
        report.indicators.numeric().any(|row| {
            report.figure(&row.indicator.id, of).is_some_and(|figure| figure.target.is_some() && figure.value.is_some())
        })
    };
    if !has_targets(period) && period.last_day() == year.last_day() && has_targets(year) { year } else { period }
}

/// The indicators with numbers, in order, judged by [`reference()`].
pub fn standings(report: &Report) -> Vec<Standing<'_>> {
    let period = reference(report);
    report
        .indicators
        .numeric()
        .map(|row| Standing { row, figure: report.figure(&row.indicator.id, period).unwrap_or(row.in_period) })
        .collect()
}

/// How many indicators with numbers have each status, in the order of
/// [`Status::ALL`].
pub fn status_counts(report: &Report) -> Vec<(Status, usize)> {
    let standings = standings(report);
    let count = |status| standings.iter().filter(|standing| standing.figure.status == status).count();
    Status::ALL.into_iter().map(|status| (status, count(status))).collect()
}

/// The indicators below their target, the furthest behind first. While a
/// period runs, what is still adding up is left out.
pub fn furthest_behind(report: &Report) -> Vec<Standing<'_>> {
    let mut behind: Vec<(f64, Standing<'_>)> = standings(report)
        .into_iter()
        .filter(|standing| !standing.figure.provisional || measures_a_state(&standing.row.indicator.kind))
        .filter_map(|standing| Some((standing.figure.attainment()?, standing)))
        .filter(|(share, _)| *share < 1.0)
        .collect();
    behind.sort_by(|one, other| one.0.total_cmp(&other.0));
    behind.into_iter().map(|(_, standing)| standing).collect()
}

/// The same quarter, semester or year, a year earlier.
pub fn year_before(period: Period) -> Period {
    let year = period.calendar_year() - 1;
    match period.kind() {
        PeriodType::Quarter => Period::quarter(year, period.number()),
        PeriodType::Semester => Period::semester(year, period.number()),
        PeriodType::Year => Period::year(year),
    }
}

/// The indicators that grew, against the same period a year earlier or, where
/// that has no figures, against the period before; the most in per cent first.
pub fn most_improved(report: &Report) -> (Period, Vec<Improvement<'_>>) {
    let period = report.colophon.period;
    let a_year = year_before(period);
    let against = |before: Period| {
        let mut improved: Vec<Improvement<'_>> = report
            .indicators
            .numeric()
            .filter_map(|row| {
                let before = report.figure(&row.indicator.id, before)?.value.filter(|value| *value >= SMALLEST_BASE)?;
                Some(Improvement { row, before, now: row.in_period.value? })
            })
            .filter(|found| found.now > found.before)
            .collect();
        improved.sort_by(|one, other| other.growth().total_cmp(&one.growth()));
        improved
    };
    let improved = against(a_year);
    if improved.is_empty() { (period.previous(), against(period.previous())) } else { (a_year, improved) }
}

/// The indicators that measure a state on a day and have a value and a target
/// above zero for the year: with the share of that target, the lowest first.
pub fn on_the_way_to_the_year(report: &Report) -> Vec<(f64, &NumericRow)> {
    let mut rows: Vec<(f64, &NumericRow)> = report
        .indicators
        .numeric()
        .filter(|row| measures_a_state(&row.indicator.kind))
        .filter_map(|row| {
            let target = row.year_target.filter(|target| *target > 0.0)?;
            Some((row.in_period.value? / target, row))
        })
        .collect();
    rows.sort_by(|one, other| one.0.total_cmp(&other.0));
    rows
}

/// Not what happened within a period, which adds up while it runs.
fn measures_a_state(kind: &str) -> bool {
    matches!(kind, "stock" | "cumulative" | "rolling" | "average")
}
