//! What more than one section is put together from.

use peil_warehouse::period::PeriodType;

use crate::document::{Block, Cell, Column, ColumnKind, Missing, Origin, Row, Table, Value};
use crate::format::period_mark;
use crate::frames::{AttentionPoint, Figure, Indicator, Mark, MilestoneRow, Report, Status};
use crate::sentences::state_in_period;
use crate::words;

/// A heading right under the title of the section.
pub(super) fn heading(name: impl Into<String>, text: impl Into<String>) -> Block {
    Block::Heading { level: 1, name: name.into(), text: text.into() }
}

/// A table without rows.
pub(super) fn table(name: impl Into<String>, caption: impl Into<String>, columns: Vec<Column>) -> Table {
    Table {
        name: name.into(),
        caption: caption.into(),
        columns,
        rows: Vec::new(),
        notes: Vec::new(),
        mart: None,
        when_empty: String::new(),
    }
}

/// A column of texts.
pub(super) fn text_column(name: &str, heading: impl Into<String>) -> Column {
    Column::new(name, heading, ColumnKind::Text)
}

/// A column of figures.
pub(super) fn number_column(name: &str, heading: impl Into<String>) -> Column {
    Column::new(name, heading, ColumnKind::Number)
}

/// What was realised beside its target, and how they compare. Before the
/// period begins there is a target only.
pub(super) fn figure_cell(report: &Report, indicator: &str, figure: &Figure) -> Cell {
    let target = Some(Value::figure_or(figure.target, Missing::NoTarget));
    let cell = match figure.value.filter(|_| figure.begun) {
        Some(value) => Cell {
            target,
            status: vec![Value::Status(figure.status)],
            provisional: figure.provisional,
            revised: report.quality.is_revised(indicator, figure.period),
            ..Cell::new(Value::Figure(value))
        },
        None => {
            let missing = if figure.begun { Missing::NoData } else { Missing::NotBegun };
            let revised = report.quality.is_revised(indicator, figure.period);
            Cell { target, revised, ..Cell::new(Value::Missing(missing)) }
        }
    };
    cell.from(Origin::Indicator(indicator.to_owned(), figure.period))
}

/// The marks of a milestone in a column: of a quarter, or of a year.
pub(super) fn mark_cell(indicator: &str, marks: &[Mark], column: PeriodType) -> Cell {
    let value = |mark: &Mark| {
        let planned = if mark.period.kind() == column { "x".to_owned() } else { period_mark(mark.period) };
        Value::Mark(if mark.planned { planned } else { String::new() }, mark.state)
    };
    let mut values = marks.iter().map(value);
    let first = values.next().unwrap_or(Value::Missing(Missing::NotPlanned));
    Cell { status: values.collect(), ..Cell::new(first) }.from(Origin::IndicatorPage(indicator.to_owned()))
}

/// How a milestone stands in the period of the report.
pub(super) fn milestone_cell(row: &MilestoneRow) -> Cell {
    let planned = row.in_period.iter().any(|mark| mark.planned);
    let value = match state_in_period(row) {
        Some(state) => Value::Mark(if planned { "x".to_owned() } else { String::new() }, Some(state)),
        None if planned => Value::Mark("x".to_owned(), None),
        None => Value::Missing(Missing::NotPlanned),
    };
    Cell::new(value).from(Origin::IndicatorPage(row.indicator.id.clone()))
}

/// Whether a status compares a value with a target.
pub(super) const fn compares(status: Status) -> bool {
    matches!(status, Status::Achieved | Status::AtRisk | Status::Missed)
}

/// The programme of an indicator, as readers know it.
pub(super) fn programme_of(report: &Report, indicator: &Indicator) -> String {
    report.indicators.programme_name(&indicator.programme).to_owned()
}

/// Attention points as a table.
pub(super) fn points_table<'a>(
    report: &Report,
    name: impl Into<String>,
    caption: impl Into<String>,
    points: impl Iterator<Item = &'a AttentionPoint>,
) -> Table {
    let columns = vec![
        text_column("point", "Wat"),
        text_column("evidence", "Vaststelling"),
        text_column("severity", "Ernst"),
        text_column("since", "Sinds"),
        text_column("before", "De vorige keer"),
    ];
    let rows = points
        .map(|point| {
            let evidence = Cell::text(evidence(point));
            let evidence = match subject(report, point) {
                Some(origin) => evidence.from(origin),
                None => evidence,
            };
            let before = if point.is_new() { "nieuw" } else { "stond er al" };
            Row::Cells(vec![
                Cell::text(words::rule(&point.code)),
                evidence,
                Cell::text(words::severity(&point.severity)),
                Cell::new(Value::Period(point.since)),
                Cell::text(before),
            ])
        })
        .collect();
    Table { rows, mart: Some("attention_points"), ..table(name, caption, columns) }
}

/// The sentence of a point, with the name of a dataset beside its code.
pub(super) fn evidence(point: &AttentionPoint) -> String {
    let name = words::dataset(&point.subject);
    if name == point.subject {
        point.text.clone()
    } else {
        point.text.replace(&point.subject, &format!("‘{name}’ ({})", point.subject))
    }
}

/// Where a reader can follow what a point is about.
pub(super) fn subject(report: &Report, point: &AttentionPoint) -> Option<Origin> {
    if report.indicators.numeric().any(|row| row.indicator.id == point.subject) {
        return Some(Origin::Indicator(point.subject.clone(), point.period));
    }
    let section = match point.code.as_str() {
        "forecast_above_budget" => "middelen",
        "low_satisfaction" => "tevredenheid",
        "only_coupling_ended" => "koppelingen",
        "stale_dataset" => "colofon",
        "rejected_rows" | "unresolved_authorities" => "methode",
        _ => return None,
    };
    Some(Origin::Section(section))
}
