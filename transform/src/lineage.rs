//! From which columns of the deliveries each conformed column comes: the table
//! `ops.conformed_lineage`. It follows from the contracts alone.

use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field};
use peil_warehouse::Result;
use peil_warehouse::contract::{ColumnType, DELIVERY, DELIVERY_DATE, FactDay, LINE, OBJECT, Privacy, ROW};
use peil_warehouse::publish::Draft;
use peil_warehouse::table::{TableSpec, documented, fingerprint};

use crate::dataset::{Dataset, MONTH, VALID_FROM, VALID_UNTIL, day_column, nis_column};
use crate::{explode, reference, rollup};

/// The table.
const TABLE: &str = "ops/conformed_lineage";
/// The datasets that a reference to an authority is looked up in, with the
/// columns.
const LOOKED_UP: [(&str, &str); 5] = [
    ("reference/authorities", "name"),
    ("reference/authorities", "nis_code"),
    ("reference/authorities", "valid_from"),
    ("reference/aliases", "alias"),
    ("reference/aliases", "nis_code"),
];

/// A line of the table: table, column, dataset, staged column, source column,
/// how.
type Line = [String; 6];

/// Writes the table, where a contract changed.
///
/// # Errors
/// [`peil_warehouse::Error::Storage`] where it cannot be written.
pub(crate) async fn record(draft: &mut Draft, datasets: &[Arc<Dataset>]) -> Result<()> {
    let spec = spec();
    draft.declare(&spec)?;
    let lines = lines(datasets);
    let print = fingerprint(lines.iter().map(|line| line.join("\t")));
    if draft.fingerprint(TABLE, "") == Some(print.as_str()) {
        return Ok(());
    }
    let column = |place: usize| -> ArrayRef {
        Arc::new(
            lines
                .iter()
                .map(|line| Some(line[place].as_str()).filter(|text| !text.is_empty()))
                .collect::<StringArray>(),
        )
    };
    let rows = RecordBatch::try_new(Arc::clone(&spec.schema), (0..6).map(column).collect())?;
    draft.write_part(TABLE, "", print, &[rows]).await
}

fn spec() -> TableSpec {
    let columns = [
        ("table", "the conformed table"),
        ("column", "its column"),
        ("dataset", "the dataset that it comes from, as portal/users"),
        ("staged_column", "the column as the warehouse calls it; empty for what is known of the delivery itself"),
        ("source_column", "the column as the source calls it"),
        (
            "how",
            "direct: the same value; expression: computed from it; pseudonym: a pseudonym of it; lookup: found by it; \
             aggregate: counted; delivery: known of the delivery",
        ),
    ];
    let columns = columns.map(|(name, text)| documented(Field::new(name, DataType::Utf8, true), text));
    TableSpec::new(
        TABLE,
        "From which columns of the deliveries each conformed column comes, and how.",
        columns.to_vec(),
    )
}

fn lines(datasets: &[Arc<Dataset>]) -> Vec<Line> {
    let mut lines = Vec::new();
    for dataset in datasets {
        let tables = [dataset.spec()].into_iter().chain(rollup::spec(dataset));
        for spec in tables {
            for field in spec.schema.fields() {
                add(&mut lines, datasets, dataset, &spec.name, field.name(), rollup::source(field.name()));
            }
        }
        for explosion in explode::of(dataset) {
            let (spec, parent) = (explosion.spec(dataset), dataset.spec());
            for field in spec.schema.fields() {
                // What is no column of the row is made of the nested one.
                let known = parent.schema.field_with_name(field.name()).is_ok();
                let from = if known { field.name().as_str() } else { explosion.column() };
                add(&mut lines, datasets, dataset, &spec.name, field.name(), from);
            }
        }
    }
    let compositions = reference::compositions_spec();
    let authorities = datasets.iter().filter(|dataset| dataset.name() == reference::REFERENCES[0]);
    for dataset in authorities {
        for field in compositions.schema.fields() {
            for from in ["nis_code", "valid_from", "valid_until", "successor_nis"] {
                if field.name() != "nis_code" || from == "nis_code" {
                    let how = if field.name() == from { "direct" } else { "expression" };
                    push(&mut lines, dataset, &compositions.name, field.name(), from, how);
                }
            }
        }
    }
    lines.sort();
    lines.dedup();
    lines
}

/// The lines of a column that is made of `from`, a column of the dataset's
/// conformed table or a nested one.
fn add(lines: &mut Vec<Line>, datasets: &[Arc<Dataset>], dataset: &Dataset, table: &str, column: &str, from: &str) {
    if let Some(contract) = dataset.contract.stored_columns().find(|contract| contract.name == from) {
        let how = match contract.privacy {
            Privacy::Pseudonymise => "pseudonym",
            _ if column == from => "direct",
            _ => "expression",
        };
        return push(lines, dataset, table, column, from, how);
    }
    if [DELIVERY, DELIVERY_DATE, LINE, OBJECT, ROW, VALID_FROM, VALID_UNTIL].contains(&from) {
        return lines.push([table, column, dataset.name(), "", "", "delivery"].map(short));
    }
    for contract in dataset.contract.stored_columns() {
        if contract.column_type == ColumnType::Timestamp && day_column(&contract.name) == from {
            push(lines, dataset, table, column, &contract.name, "expression");
        }
        if contract.column_type == ColumnType::Authority && nis_column(&contract.name) == from {
            push(lines, dataset, table, column, &contract.name, "lookup");
            for (name, looked_up) in LOOKED_UP {
                for other in datasets.iter().filter(|other| other.name() == name) {
                    push(lines, other, table, column, looked_up, "lookup");
                }
            }
        }
    }
    match &dataset.contract.fact_day {
        Some(FactDay::Earliest(days)) if from == MONTH => {
            days.iter().for_each(|day| push(lines, dataset, table, column, day, "expression"));
        }
        // A column that the dataset does not have counts its rows.
        _ if !lines.iter().any(|line| line[0] == short(table) && line[1] == column) => {
            lines.push([table, column, dataset.name(), "", "", "aggregate"].map(short));
        }
        _ => {}
    }
}

fn push(lines: &mut Vec<Line>, dataset: &Dataset, table: &str, column: &str, staged: &str, how: &str) {
    let source = dataset.contract.stored_columns().find(|contract| contract.name == staged);
    let source = source.map_or("", |contract| contract.source.as_str());
    lines.push([table, column, dataset.name(), staged, source, how].map(short));
}

/// `portal_users` of `conformed/portal_users`; other texts as they are.
fn short(text: &str) -> String {
    text.strip_prefix("conformed/").unwrap_or(text).to_owned()
}
