//! From which columns the columns of a mart come, on its page.

use std::collections::BTreeSet;

use crate::document::{Cell, Column, ColumnKind, Missing, Row, Table, Value};
use crate::frames::{CatalogueTable, ColumnSource};

use super::super::markup::Place;
use super::super::table::{self, Sources};

/// A table of the columns: what the value is made of, what decides which rows
/// count, and which columns of the deliveries stand behind the value. Nothing
/// where no lineage is recorded.
pub(super) fn section(place: &Place<'_>, of: &CatalogueTable) -> String {
    if of.columns.iter().all(|column| column.sources.is_empty()) {
        return String::new();
    }
    let rows = of.columns.iter().map(|column| {
        let (values, others): (Vec<&ColumnSource>, Vec<&ColumnSource>) =
            column.sources.iter().partition(|source| source.is_value());
        let delivered = values.iter().flat_map(|source| &source.delivered);
        let delivered = delivered.filter_map(|one| Some(format!("{} {}", one.dataset, one.column.as_deref()?)));
        let cells = [names(values.iter().copied()), names(others), delivered.collect()].map(cell);
        Row::Cells([Cell::text(&column.name)].into_iter().chain(cells).collect())
    });
    let columns = Table {
        name: "lineage".to_owned(),
        caption: format!("Waar de kolommen van {} vandaan komen", of.name),
        columns: vec![
            Column::new("column", "Kolom", ColumnKind::Text),
            Column::new("values", "Gemaakt van", ColumnKind::Text),
            Column::new("rows", "Bepaalt welke rijen tellen", ColumnKind::Text),
            Column::new("delivered", "Geleverd als", ColumnKind::Text),
        ],
        rows: rows.collect(),
        notes: Vec::new(),
        mart: None,
        when_empty: String::new(),
    };
    format!(
        "<section aria-labelledby=\"kolomherkomst\">\n<h2 id=\"kolomherkomst\">Herkomst van de kolommen</h2>\n{}</section>\n",
        table::table(place, &columns, Sources::None)
    )
}

/// `portal_activity.user_id`: each column once.
fn names<'a>(sources: impl IntoIterator<Item = &'a ColumnSource>) -> BTreeSet<String> {
    let short = |source: &ColumnSource| {
        let table = source.table.strip_prefix("conformed.").unwrap_or(&source.table);
        if source.column == "*" { table.to_owned() } else { format!("{table}.{}", source.column) }
    };
    sources.into_iter().map(short).collect()
}

fn cell(names: BTreeSet<String>) -> Cell {
    if names.is_empty() {
        return Cell::new(Value::Missing(Missing::NotApplicable));
    }
    Cell::text(names.into_iter().collect::<Vec<_>>().join(", "))
}
