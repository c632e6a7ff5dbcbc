//! Section 2: the published indicator tables.

use peil_warehouse::Result;
use peil_warehouse::period::PeriodType;

use super::parts::{figure_cell, heading, mark_cell, milestone_cell, number_column, table, text_column};
use crate::charts;
use crate::document::{Block, Cell, Column, ColumnKind, Missing, Origin, Row, Section, Table, Text, Value};
use crate::format::{capital, long_day, period_name};
use crate::frames::{self, MilestoneRow, NumericRow, Programme, Report};

/// Quarters that a trend shows at most.
const TREND: usize = 12;

/// The section.
pub(super) fn section(report: &Report) -> Result<Section> {
    let numeric = report.indicators.numeric().count() as i64;
    let milestones = report.indicators.milestones().count() as i64;
    let year = report.colophon.year();
    let intro = Text::words("De tabellen tonen alle ")
        .figure(Value::Integer(numeric + milestones), Some(Origin::Mart("indicators")))
        .and(" indicatoren van de vier programma's: ")
        .figure(Value::Integer(numeric), None)
        .and(" met cijfers en ")
        .figure(Value::Integer(milestones), None)
        .and(format!(
            " mijlpalen. Van elk kwartaal van {year} dat begonnen is, staat het cijfer naast het doel; van wat nog komt, alleen het doel. Een x betekent dat er werk gepland is, met de stand die het register daarvoor opgeeft."
        ));
    let mut blocks = vec![Block::Paragraph(intro)];
    blocks.extend(charts::named(report, "jaardoelen")?.map(Block::Chart));
    for programme in &report.indicators.programmes {
        blocks.push(heading(format!("indicatoren-{}", programme.code), programme.name.clone()));
        blocks.push(Block::Table(programme_table(report, programme)));
    }
    Ok(Section { number: 2, name: "indicatoren", title: "Indicatoren".to_owned(), blocks })
}

/// The published table of a programme.
fn programme_table(report: &Report, programme: &Programme) -> Table {
    let year = report.colophon.year();
    let mut columns = vec![text_column("indicator", "Indicator"), number_column("year_before", (year - 1).to_string())];
    for quarter in 1..=4 {
        columns.push(Column::new(format!("q{quarter}"), format!("Q{quarter} {year}"), ColumnKind::Target));
    }
    let by_year = has_targets_by_year_only(report);
    if by_year {
        columns.push(Column::new("year", year.to_string(), ColumnKind::Target));
    }
    for (name, following) in [("next_year", year + 1), ("second_next_year", year + 2)] {
        columns.push(Column::new(name, following.to_string(), ColumnKind::Target));
    }
    let period = capital(&period_name(report.colophon.period));
    columns.push(Column::new("period", period, ColumnKind::Target));
    columns.push(Column::new("trend", "Verloop per kwartaal", ColumnKind::Trend));
    let mut rows = Vec::new();
    for section in &programme.sections {
        rows.push(Row::Group(section.name.clone()));
        rows.extend(section.rows.iter().map(|row| match row {
            frames::Row::Numeric(row) => Row::Cells(numeric_cells(report, row, by_year)),
            frames::Row::Milestone(row) => Row::Cells(milestone_cells(row, by_year)),
        }));
    }
    let caption = format!(
        "{}: indicatoren in {year}, gerealiseerd en doel, stand op {}",
        programme.name,
        long_day(report.colophon.as_of)
    );
    Table {
        rows,
        mart: Some("indicator_table"),
        when_empty: "Dit programma heeft geen indicatoren.".to_owned(),
        ..table(format!("indicators_{}", programme.code), caption, columns)
    }
}

/// Whether the targets of the year stand in none of its quarters, so that the
/// published columns alone would not show them; not for the report of a year,
/// whose last column is the year.
fn has_targets_by_year_only(report: &Report) -> bool {
    let of_quarter = |row: &NumericRow| row.quarters.iter().any(|quarter| quarter.target.is_some());
    report.colophon.period.kind() != PeriodType::Year
        && report.indicators.numeric().any(|row| row.year.target.is_some())
        && !report.indicators.numeric().any(of_quarter)
}

fn numeric_cells(report: &Report, row: &NumericRow, by_year: bool) -> Vec<Cell> {
    let id = &row.indicator.id;
    let mut cells = vec![
        Cell::text(row.indicator.label.clone()).from(Origin::IndicatorPage(id.clone())),
        Cell::new(Value::figure_or(row.baseline, Missing::NoData)),
    ];
    let year = by_year.then_some(&row.year);
    cells.extend(row.quarters.iter().chain(year).chain(&row.following).map(|figure| figure_cell(report, id, figure)));
    cells.push(figure_cell(report, id, &row.in_period));
    let trend = report.quarters(id, report.colophon.period.last_day(), TREND);
    let values: Vec<Option<f64>> = trend.iter().map(|figure| figure.value).collect();
    let known = values.iter().flatten().count();
    cells.push(Cell::new(if known > 1 { Value::Trend(values) } else { Value::Missing(Missing::NoData) }));
    cells
}

fn milestone_cells(row: &MilestoneRow, by_year: bool) -> Vec<Cell> {
    let id = &row.indicator.id;
    let mut cells = vec![
        Cell::text(row.indicator.label.clone()).from(Origin::IndicatorPage(id.clone())),
        mark_cell(id, &row.baseline, PeriodType::Year),
    ];
    cells.extend(row.quarters.iter().map(|marks| mark_cell(id, marks, PeriodType::Quarter)));
    // The marks of a year stand in its last quarter, as they were published.
    cells.extend(by_year.then(|| Cell::new(Value::Missing(Missing::NotApplicable))));
    cells.extend(row.following.iter().map(|marks| mark_cell(id, marks, PeriodType::Year)));
    cells.push(milestone_cell(row));
    cells.push(Cell::new(Value::Missing(Missing::NotApplicable)));
    cells
}
