//! Which columns the columns of a stage's tables come from.

use std::collections::BTreeMap;

use peil_warehouse::Result;
use peil_warehouse::contract::{ContractSet, Privacy};
use peil_warehouse::publish::Published;
use peil_warehouse::storage::Storage;

use crate::records::{self, text};

/// A dataset of the landing area, or a table of the warehouse.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Place {
    /// As `portal/users`.
    Landing(String),
    /// As `staged/portal_users`.
    Table(String),
}

/// A column from which another comes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Edge {
    pub place: Place,
    /// None where the rows as such count.
    pub field: Option<String>,
    /// As in `ops.column_lineage` and `ops.conformed_lineage`.
    pub how: String,
}

/// The edges of a table, by its columns.
pub(super) type Edges = BTreeMap<String, Vec<Edge>>;
/// Those of several tables, as `marts/portal_usage`.
type Tables = BTreeMap<String, Edges>;

/// Of staged tables: the columns of the deliveries.
pub(super) fn of_contracts(contracts: &ContractSet) -> Tables {
    let mut tables = Tables::new();
    for contract in contracts.iter() {
        let table = tables.entry(format!("staged/{}", contract.table_name())).or_default();
        for column in contract.stored_columns() {
            let how = if column.privacy == Privacy::Pseudonymise { "pseudonym" } else { "direct" };
            table.entry(column.name.clone()).or_default().push(Edge {
                place: Place::Landing(contract.dataset.clone()),
                field: Some(column.source.clone()),
                how: how.to_owned(),
            });
        }
    }
    tables
}

/// Of conformed tables: staged columns.
pub(super) async fn of_conformed(storage: &Storage, published: &Published, contracts: &ContractSet) -> Result<Tables> {
    let mut tables = Tables::new();
    for line in records::read(storage, published, "ops/conformed_lineage").await? {
        let Some(contract) = contracts.get(text(&line, "dataset")) else { continue };
        // What is a pseudonym already is only passed on.
        let how = if text(&line, "how") == "pseudonym" { "direct" } else { text(&line, "how") };
        let table = tables.entry(format!("conformed/{}", text(&line, "table"))).or_default();
        table.entry(text(&line, "column").to_owned()).or_default().push(Edge {
            place: Place::Table(format!("staged/{}", contract.table_name())),
            field: line.get("staged_column").cloned(),
            how: how.to_owned(),
        });
    }
    Ok(tables)
}

/// Of marts: conformed columns, and the warehouse's own records.
pub(super) async fn of_marts(storage: &Storage, published: &Published) -> Result<Tables> {
    let mut tables = Tables::new();
    for line in records::read(storage, published, "ops/column_lineage").await? {
        let source = text(&line, "source_table");
        // The tables of the run itself are no datasets.
        if source.starts_with("run.") {
            continue;
        }
        let table = tables.entry(format!("marts/{}", text(&line, "mart"))).or_default();
        table.entry(text(&line, "column").to_owned()).or_default().push(Edge {
            place: Place::Table(source.replacen('.', "/", 1)),
            field: line.get("source_column").filter(|column| *column != "*").cloned(),
            how: text(&line, "how").to_owned(),
        });
    }
    Ok(tables)
}
