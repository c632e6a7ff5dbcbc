//! The cells of the indicator tables: what stands in each.

use serde::Serialize;

use crate::format::{figure, percent, period_mark};
use crate::frames::{Figure, Mark, MilestoneRow, NumericRow, State, Status};
use crate::sentences::state_in_period;

/// A state as word and shape.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Sign {
    /// Name of the shape.
    pub(super) shape: &'static str,
    /// The word.
    pub(super) word: &'static str,
}

impl From<Status> for Sign {
    fn from(status: Status) -> Self {
        Self { shape: status.code(), word: status.word() }
    }
}

impl From<State> for Sign {
    fn from(state: State) -> Self {
        let shape = match state {
            State::Done => "achieved",
            State::Underway => "in_progress",
            State::Planned => "planned",
            State::Dropped => "missed",
        };
        Self { shape, word: state.word() }
    }
}

/// A cell: each part is shown where it is there.
#[derive(Debug, Default, Serialize)]
pub(super) struct Cell {
    /// `realised`, `goal`, `marks` or `none`.
    class: &'static str,
    /// The realised value.
    value: Option<String>,
    /// Whether the value is provisional.
    provisional: bool,
    /// The target.
    target: Option<String>,
    /// How they compare.
    sign: Option<Sign>,
    /// Why there is no value or no target.
    reason: Option<&'static str>,
    /// The marks of a milestone.
    marks: Vec<MarkView>,
}

/// A milestone in a period.
#[derive(Debug, Serialize)]
struct MarkView {
    /// `x`, or the part of the period where it is planned; empty where it is
    /// not planned.
    mark: String,
    sign: Option<Sign>,
}

/// The cell of the period of the report.
#[derive(Debug, Serialize)]
pub(super) struct PeriodCell {
    sign: Sign,
    figures: Option<String>,
    share: Option<String>,
    provisional: bool,
}

const NO_DATA: &str = "nog geen gegevens";
const NO_TARGET: &str = "geen doel";
const NOT_PLANNED: &str = "niet gepland";

/// The year before.
pub(super) fn baseline(value: Option<f64>) -> Cell {
    match value {
        Some(value) => Cell { class: "realised", value: Some(figure(value)), ..Cell::default() },
        None => Cell { class: "none", reason: Some(NO_DATA), ..Cell::default() },
    }
}

/// A quarter or a following year: realised where the period has begun, else
/// the target.
pub(super) fn numeric(figures: &Figure) -> Cell {
    let target = figures.target.map(figure);
    if !figures.begun {
        let reason = target.is_none().then_some(NO_TARGET);
        return Cell { class: if target.is_some() { "goal" } else { "none" }, target, reason, ..Cell::default() };
    }
    let Some(value) = figures.value else {
        return Cell {
            class: if target.is_some() { "goal" } else { "none" },
            target,
            reason: Some(NO_DATA),
            ..Cell::default()
        };
    };
    Cell {
        class: "realised",
        value: Some(figure(value)),
        provisional: figures.provisional,
        sign: target.is_some().then(|| figures.status.into()),
        reason: target.is_none().then_some(NO_TARGET),
        target,
        marks: Vec::new(),
    }
}

/// The period of the report, of an indicator with numbers.
pub(super) fn period(row: &NumericRow) -> PeriodCell {
    let Figure { value, target, provisional, status, .. } = row.in_period;
    let figures = match (value, target) {
        (Some(value), Some(target)) => Some(format!("{} van {}", figure(value), figure(target))),
        (Some(value), None) => Some(figure(value)),
        _ => None,
    };
    PeriodCell { sign: status.into(), figures, share: row.in_period.attainment().map(percent), provisional }
}

/// The marks of a milestone in a column.
pub(super) fn marks(marks: &[Mark], column_is_year: bool) -> Cell {
    if marks.is_empty() {
        return Cell { class: "none", reason: Some(NOT_PLANNED), ..Cell::default() };
    }
    let view = |mark: &Mark| {
        let is_column = (mark.period.kind() == peil_warehouse::period::PeriodType::Year) == column_is_year
            && mark.period.kind() != peil_warehouse::period::PeriodType::Semester;
        let planned = if is_column { "x".to_owned() } else { period_mark(mark.period) };
        MarkView { mark: if mark.planned { planned } else { String::new() }, sign: mark.state.map(Sign::from) }
    };
    Cell { class: "marks", marks: marks.iter().map(view).collect(), ..Cell::default() }
}

/// The period of the report, of a milestone.
pub(super) fn milestone_period(row: &MilestoneRow) -> PeriodCell {
    let planned = row.in_period.iter().any(|mark| mark.planned);
    let sign = match state_in_period(row) {
        Some(state) => state.into(),
        None if planned => Sign { shape: "no_value", word: "stand niet opgegeven" },
        None => Sign { shape: "no_target", word: NOT_PLANNED },
    };
    PeriodCell { sign, figures: None, share: None, provisional: false }
}
