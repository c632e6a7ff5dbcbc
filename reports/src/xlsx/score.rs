//! Scorebord: how many indicators of each programme stand how.

use super::grid::{Entry, Grid};
use crate::format::period_phrase;
use crate::frames::{Programme, Report, Row, Status};

/// Name of its table.
pub(super) const TABLE: &str = "scorebord";

/// A row for each programme, and one for all.
pub(super) fn grid(report: &Report) -> Grid {
    let phrase = period_phrase(report.colophon.period);
    let caption = format!("Aantal indicatoren met cijfers per programma en status in {phrase}");
    let mut grid = Grid::new("Scorebord", TABLE, caption, &[("programme", "Programma")]);
    grid.mart = Some("indicator_values".to_owned());
    grid.columns.extend(Status::ALL.map(|status| super::grid::GridColumn::new(status.code(), capital(status))));
    grid.columns.push(super::grid::GridColumn::new("indicators", "Indicatoren"));
    let programmes = &report.indicators.programmes;
    for programme in programmes {
        grid.rows.push(row(&programme.name, std::slice::from_ref(programme)));
    }
    grid.totals.insert(grid.rows.len());
    grid.rows.push(row("Alle programma's", programmes));
    grid
}

fn row(name: &str, programmes: &[Programme]) -> Vec<Entry> {
    let statuses: Vec<Status> = programmes
        .iter()
        .flat_map(|programme| &programme.sections)
        .flat_map(|section| &section.rows)
        .filter_map(|row| match row {
            Row::Numeric(row) => Some(row.in_period.status),
            Row::Milestone(_) => None,
        })
        .collect();
    let count = |status: Status| statuses.iter().filter(|found| **found == status).count();
    let mut entries = vec![Entry::text(name)];
    entries.extend(Status::ALL.map(|status| Entry::count(count(status))));
    entries.push(Entry::count(statuses.len()));
    entries
}

fn capital(status: Status) -> String {
    crate::format::capital(status.word())
}
