//! The milestones of a programme: when they are planned, and their state.

use peil_warehouse::Result;

use super::{Names, programme};
use crate::charts::kinds::{Timeline, TimelineRow};
use crate::charts::{Chart, ChartTable};
use crate::format::{EMPTY, enumeration};
use crate::frames::{Mark, MilestoneRow, Report, State};
use crate::sentences::state_in_period;

/// Draws the chart; none where no milestone of the programme has a mark.
pub(super) fn draw(report: &Report, names: &Names) -> Result<Option<Chart>> {
    let Some(programme) = programme(report, names) else { return Ok(None) };
    let rows: Vec<&MilestoneRow> =
        report.indicators.milestones().filter(|row| row.indicator.programme == programme.code).collect();
    if rows.iter().all(|row| marks(row).is_empty()) {
        return Ok(None);
    }
    let year = report.colophon.year();
    let mut periods = vec![(year - 1).to_string()];
    periods.extend((1..=4).map(|quarter| format!("{year}Q{quarter}")));
    periods.extend([year + 1, year + 2].map(|year| year.to_string()));
    let last = report.colophon.peildatum();
    let now = (1..=4).rev().find(|quarter| peil_warehouse::Period::quarter(year, *quarter).first_day() <= last);
    let kind = Timeline {
        rows: rows.iter().map(|row| TimelineRow { label: row.indicator.label.clone(), marks: marks(row) }).collect(),
        periods: periods.clone(),
        now: now.map(|quarter| quarter as usize),
    };
    let planned: Vec<&&MilestoneRow> =
        rows.iter().filter(|row| row.in_period.iter().any(|mark| mark.planned)).collect();
    let done = planned.iter().filter(|row| state_in_period(row) == Some(State::Done)).count();
    let title = match planned.len() {
        0 => format!("Geen mijlpalen gepland voor {}", report.colophon.period),
        all => format!("{done} van {all} geplande mijlpalen gerealiseerd in {}", report.colophon.period),
    };
    let told: Vec<String> = rows
        .iter()
        .map(|row| {
            let marks: Vec<String> = columns(row).concat().iter().map(shown).collect();
            format!("{}: {}", row.indicator.label, enumeration(&marks))
        })
        .collect();
    Ok(Some(Chart {
        name: names.milestones,
        title,
        measure: format!(
            "{}: mijlpalen van {year}, het jaar ervoor en de twee erna, met hun stand in het register.",
            programme.name
        ),
        source: "Bron: Peil, mart milestones.".to_owned(),
        alternative: format!("Tijdlijn van de mijlpalen van {}. {}.", programme.name, told.join("; ")),
        table: table(&rows, &periods),
        drawings: kind.draw()?,
    }))
}

/// The marks of each column: the year before, four quarters, two years.
fn columns(row: &MilestoneRow) -> [Vec<Mark>; 7] {
    let [first, second, third, fourth] = row.quarters.clone();
    let [next, after] = row.following.clone();
    [row.baseline.clone(), first, second, third, fourth, next, after]
}

fn marks(row: &MilestoneRow) -> Vec<(usize, bool, Option<State>)> {
    let columns = columns(row);
    let of_column = |(place, marks): (usize, &Vec<Mark>)| {
        let last = marks.last()?;
        let state = marks.iter().rev().find_map(|mark| mark.state);
        Some((place, marks.iter().any(|mark| mark.planned) || last.planned, state))
    };
    columns.iter().enumerate().filter_map(of_column).collect()
}

fn shown(mark: &Mark) -> String {
    let state = mark.state.map_or(if mark.planned { "gepland" } else { EMPTY }, State::word);
    format!("{} {state}", mark.period)
}

fn table(rows: &[&MilestoneRow], periods: &[String]) -> ChartTable {
    let mut header = vec!["Mijlpaal".to_owned()];
    header.extend(periods.iter().cloned());
    let cell = |marks: &Vec<Mark>| {
        let words: Vec<String> = marks
            .iter()
            .map(|mark| match (mark.planned, mark.state) {
                (true, Some(state)) => format!("x {}", state.word()),
                (true, None) => "x".to_owned(),
                (false, Some(state)) => state.word().to_owned(),
                (false, None) => EMPTY.to_owned(),
            })
            .collect();
        if words.is_empty() { EMPTY.to_owned() } else { words.join(", ") }
    };
    let rows = rows
        .iter()
        .map(|row| {
            let mut cells = vec![row.indicator.label.clone()];
            cells.extend(columns(row).iter().map(cell));
            cells
        })
        .collect();
    ChartTable { caption: "Mijlpalen en hun stand".to_owned(), header, rows }
}
