//! Indicatoren, Doelen, Mijlpalen: the indicators in long form, their targets
//! in the year of the report, and the marks of the milestones.

use std::collections::BTreeMap;

use peil_warehouse::period::PeriodType;

use super::grid::{Entry, Grid, GridColumn, NumberFormat};
use crate::document::Missing;
use crate::format::{period_mark, period_phrase};
use crate::frames::{Figure, Indicator, MilestoneRow, NumericRow, Report};

/// Name of the table of targets.
pub(super) const TARGETS: &str = "doelen";

/// A row for each numeric indicator and period: everything that the other
/// sheets show of it in a year.
pub(super) fn long(report: &Report) -> Grid {
    let columns = [
        ("indicator_id", "Indicator"),
        ("label", "Naam"),
        ("programme", "Programma"),
        ("section", "Onderdeel"),
        ("unit", "Eenheid"),
        ("year", "Jaar"),
        ("period", "Periode"),
        ("period_type", "Soort periode"),
        ("period_end", "Laatste dag"),
        ("value", "Waarde"),
        ("target", "Doel"),
        ("attainment", "Doelbereik"),
        ("status", "Status"),
        ("remark", "Opmerking"),
    ];
    let caption = "Elke indicator met cijfers in elk kwartaal, semester en jaar";
    let mut grid = Grid::new("Indicatoren", "indicatoren", caption, &columns);
    grid.mart = Some("indicator_values".to_owned());
    let known: BTreeMap<&str, &Indicator> =
        report.indicators.numeric().map(|row| (row.indicator.id.as_str(), &row.indicator)).collect();
    for history in &report.history {
        let Some(indicator) = known.get(history.indicator.as_str()) else { continue };
        for figure in &history.figures {
            let mut row = named(report, indicator);
            row.push(Entry::Number(f64::from(figure.period.calendar_year()), NumberFormat::Name));
            row.extend([
                Entry::text(figure.period.to_string()),
                Entry::text(kind(figure.period.kind())),
                Entry::Day(figure.period.last_day()),
            ]);
            row.extend(against_target(figure));
            grid.rows.push(row);
        }
    }
    grid
}

/// A row for each numeric indicator: where it stands in the period of the
/// report, and the targets of its year and the two after.
pub(super) fn targets(report: &Report) -> Grid {
    let period = report.colophon.period;
    let year = report.colophon.year();
    let caption = format!(
        "Doelen van elke indicator in {year} en de twee volgende jaren, naast het cijfer in {}",
        period_phrase(period)
    );
    let mut grid = Grid::new(
        "Doelen",
        TARGETS,
        caption,
        &[
            ("indicator_id", "Indicator"),
            ("label", "Naam"),
            ("programme", "Programma"),
            ("section", "Onderdeel"),
            ("unit", "Eenheid"),
        ],
    );
    grid.mart = Some("indicator_table".to_owned());
    let heading = |name: &str, heading: String| GridColumn::new(name, heading);
    grid.columns.push(heading("baseline", format!("Basis {}", year - 1)));
    for quarter in 1..=4 {
        grid.columns.push(heading(&format!("q{quarter}_target"), format!("Doel Q{quarter} {year}")));
    }
    for (name, of) in [("year_target", year), ("next_year_target", year + 1), ("second_next_year_target", year + 2)] {
        grid.columns.push(heading(name, format!("Doel {of}")));
    }
    let mark = period_mark(period);
    let mark = if period.kind() == PeriodType::Year { mark } else { format!("{mark} {year}") };
    for (name, what) in [
        ("value", "Waarde"),
        ("target", "Doel in de periode"),
        ("attainment", "Doelbereik"),
        ("status", "Status"),
        ("remark", "Opmerking"),
    ] {
        grid.columns.push(heading(name, if name == "value" { format!("{what} {mark}") } else { what.to_owned() }));
    }
    grid.rows = report.indicators.numeric().map(|row| target_row(report, row)).collect();
    grid
}

fn target_row(report: &Report, row: &NumericRow) -> Vec<Entry> {
    let mut entries = named(report, &row.indicator);
    entries.push(Entry::figure(row.baseline));
    entries.extend(row.quarters.iter().map(|quarter| Entry::figure(quarter.target)));
    entries.push(Entry::figure(row.year_target));
    entries.extend(row.following.iter().map(|year| Entry::figure(year.target)));
    entries.extend(against_target(&row.in_period));
    entries
}

/// A row for each milestone and period that the targets mark or the register
/// names, from the year before to two years after that of the report.
pub(super) fn milestones(report: &Report) -> Grid {
    let columns = [
        ("indicator_id", "Indicator"),
        ("label", "Naam"),
        ("programme", "Programma"),
        ("section", "Onderdeel"),
        ("period", "Periode"),
        ("period_end", "Laatste dag"),
        ("planned", "Gepland"),
        ("state", "Stand"),
        ("note", "Toelichting"),
    ];
    let year = report.colophon.year();
    let caption = format!("Mijlpalen van {} tot {}, met hun stand in het register", year - 1, year + 2);
    let mut grid = Grid::new("Mijlpalen", "mijlpalen", caption, &columns);
    grid.mart = Some("milestones".to_owned());
    for row in report.indicators.milestones() {
        grid.rows.extend(marks(report, row));
    }
    grid
}

fn marks<'a>(report: &'a Report, row: &'a MilestoneRow) -> impl Iterator<Item = Vec<Entry>> + 'a {
    let all = row.baseline.iter().chain(row.quarters.iter().flatten()).chain(row.following.iter().flatten());
    all.map(move |mark| {
        let mut entries = named(report, &row.indicator);
        // A milestone has no unit.
        entries.pop();
        entries.extend([
            Entry::text(mark.period.to_string()),
            Entry::Day(mark.period.last_day()),
            Entry::text(if mark.planned { "ja" } else { "nee" }),
            Entry::text(mark.state.map_or("", |state| state.word())),
            Entry::text(mark.note.as_deref().unwrap_or_default()),
        ]);
        entries
    })
}

/// Code, name, programme, section, unit.
fn named(report: &Report, indicator: &Indicator) -> Vec<Entry> {
    vec![
        Entry::text(&*indicator.id),
        Entry::text(&*indicator.label),
        Entry::text(report.indicators.programme_name(&indicator.programme)),
        Entry::text(&*indicator.section),
        Entry::text(&*indicator.unit),
    ]
}

/// Value, target, attainment, status, and why one is missing.
fn against_target(figure: &Figure) -> [Entry; 5] {
    let mut remarks = Vec::new();
    if figure.value.is_none() {
        remarks.push(if figure.begun { Missing::NoData } else { Missing::NotBegun }.reason());
    }
    if figure.target.is_none() {
        remarks.push(Missing::NoTarget.reason());
    }
    if figure.value.is_some() && figure.provisional {
        remarks.push("voorlopig (v)");
    }
    [
        Entry::figure(figure.value),
        Entry::figure(figure.target),
        Entry::share(figure.attainment()),
        Entry::Status(figure.status),
        Entry::text(remarks.join("; ")),
    ]
}

const fn kind(kind: PeriodType) -> &'static str {
    match kind {
        PeriodType::Quarter => "kwartaal",
        PeriodType::Semester => "semester",
        PeriodType::Year => "jaar",
    }
}
