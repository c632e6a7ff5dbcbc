//! The tables of the document as grids.

use std::collections::BTreeSet;

use super::grid::{Entry, Grid, GridColumn};
use crate::document::{Block, Cell, Column, ColumnKind, Document, Row, Section, Table, Value};
use crate::frames::Report;
use crate::sections::herzieningen::revisions;

/// The table of what was revised.
pub(super) const REVISIONS: &str = "revisions";
/// Tables with a sheet of a name of their own.
const NAMED: [(&str, &str); 1] = [(REVISIONS, "Herzieningen")];

/// Sections by name, with the name that their sheets bear.
const SHEETS: [(&str, &str); 13] = [
    ("colofon", "Colofon"),
    ("samenvatting", "Samenvatting"),
    ("indicatoren", "Indicatorentabel"),
    ("programmas", "Programma's"),
    ("gebruik", "Gebruik"),
    ("tevredenheid", "Tevredenheid"),
    ("koppelingen", "Koppelingen"),
    ("bouwstenen", "Bouwstenen"),
    ("lb365", "LB365"),
    ("maturiteit", "Maturiteit"),
    ("middelen", "Middelen"),
    ("aandachtspunten", "Aandachtspunten"),
    ("methode", "Methode"),
];

/// A grid for each table, in the order of the document.
pub(super) fn grids(document: &Document) -> Vec<Grid> {
    document.sections.iter().flat_map(of_section).collect()
}

/// The sheet of what was revised, where the document has nothing to show.
pub(super) fn without_revisions(report: &Report) -> Grid {
    let mut grid = grid(NAMED[0].1, &revisions(report));
    grid.when_empty = "Geen enkel gepubliceerd cijfer is gewijzigd.".to_owned();
    grid
}

fn of_section(section: &Section) -> Vec<Grid> {
    let sheet = SHEETS.iter().find(|(name, _)| *name == section.name).map_or(section.title.as_str(), |found| found.1);
    let tables = section.blocks.iter().filter_map(|block| match block {
        Block::Table(table) | Block::Annex(table) => Some(table),
        _ => None,
    });
    tables
        .map(|table| {
            let named = NAMED.iter().find(|(name, _)| *name == table.name).map(|(_, sheet)| *sheet);
            grid(named.unwrap_or(sheet), table)
        })
        .collect()
}

/// A table as a grid. A column of the table becomes one or more of the grid:
/// the value, its target, its status, and what there is to say of it.
pub(super) fn grid(sheet: &str, table: &Table) -> Grid {
    let parts = Parts::of(table);
    let mut grid = Grid::new(sheet, &table.name, table.caption.clone(), &[]);
    grid.mart = table.mart.map(str::to_owned);
    grid.when_empty.clone_from(&table.when_empty);
    if parts.groups {
        grid.columns.push(GridColumn::new("group", "Groep"));
    }
    if parts.totals {
        grid.columns.push(GridColumn::new("row_kind", "Soort rij"));
    }
    for (column, part) in table.columns.iter().zip(&parts.columns) {
        grid.columns.extend(part.columns(column));
    }
    let mut group = String::new();
    for row in &table.rows {
        let (cells, total) = match row {
            Row::Group(name) => {
                group.clone_from(name);
                continue;
            }
            Row::Cells(cells) => (cells, false),
            Row::Total(cells) => (cells, true),
        };
        let mut entries = Vec::with_capacity(grid.columns.len());
        if parts.groups {
            entries.push(Entry::text(group.as_str()));
        }
        if parts.totals {
            entries.push(Entry::text(if total { "totaal" } else { "rij" }));
        }
        for (cell, part) in cells.iter().zip(&parts.columns) {
            part.entries(cell, &mut entries);
        }
        if total {
            grid.totals.insert(grid.rows.len());
        }
        grid.rows.push(entries);
    }
    grid
}

/// What the columns of a table hold beside their values.
struct Parts {
    groups: bool,
    totals: bool,
    columns: Vec<Part>,
}

/// What a column holds beside its values.
#[derive(Debug, Clone, Copy, Default)]
struct Part {
    /// Not in the sheet: a drawing of what other sheets hold.
    left_out: bool,
    target: bool,
    status: bool,
    remark: bool,
}

impl Parts {
    fn of(table: &Table) -> Self {
        let mut parts = Self {
            groups: table.rows.iter().any(|row| matches!(row, Row::Group(_))),
            totals: table.rows.iter().any(|row| matches!(row, Row::Total(_))),
            columns: table
                .columns
                .iter()
                .map(|column| Part { left_out: column.kind == ColumnKind::Trend, ..Part::default() })
                .collect(),
        };
        for (_, cells) in table.body() {
            for (part, cell) in parts.columns.iter_mut().zip(cells) {
                part.target |= cell.target.is_some();
                part.status |= !cell.status.is_empty();
                part.remark |= !remarks(cell).is_empty();
            }
        }
        parts
    }
}

impl Part {
    fn columns(self, column: &Column) -> Vec<GridColumn> {
        let of = |part: &str, word: &str| {
            GridColumn::new(format!("{}_{part}", column.name), format!("{}: {word}", column.heading))
        };
        let mut columns = Vec::new();
        if self.left_out {
            return columns;
        }
        columns.push(GridColumn::new(column.name.clone(), column.heading.clone()));
        columns.extend(self.target.then(|| of("target", "doel")));
        columns.extend(self.status.then(|| of("status", "status")));
        columns.extend(self.remark.then(|| of("remark", "opmerking")));
        columns
    }

    fn entries(self, cell: &Cell, entries: &mut Vec<Entry>) {
        if self.left_out {
            return;
        }
        entries.push(Entry::from(&cell.value));
        if self.target {
            entries.push(cell.target.as_ref().map_or(Entry::Blank, Entry::from));
        }
        if self.status {
            entries.push(match cell.status.as_slice() {
                [only] => Entry::from(only),
                several => {
                    let words: Vec<String> = several.iter().map(Value::shown).collect();
                    Entry::text(words.join("; "))
                }
            });
        }
        if self.remark {
            entries.push(Entry::text(remarks(cell).join("; ")));
        }
    }
}

/// Why there is no value, and the marks that stand behind one elsewhere.
fn remarks(cell: &Cell) -> Vec<String> {
    let mut remarks = BTreeSet::new();
    if let Value::Missing(missing) = &cell.value {
        remarks.insert(missing.reason().to_owned());
    }
    if let Some(Value::Missing(missing)) = &cell.target {
        remarks.insert(missing.reason().to_owned());
    }
    let mut words: Vec<String> = remarks.into_iter().collect();
    if cell.provisional {
        words.push("voorlopig (v)".to_owned());
    }
    if cell.revised {
        words.push("herzien (h)".to_owned());
    }
    words
}
