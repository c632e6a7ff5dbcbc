//! The models as tables that readers can query: what each holds, from what
//! it is made, and the query of each indicator. They change only where a
//! model does.

use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field};
use peil_warehouse::Result;
use peil_warehouse::contract::{Contract, ContractSet, Frequency, Mode};
use peil_warehouse::publish::Draft;
use peil_warehouse::table::{TableSpec, documented, fingerprint};

use crate::indicator;
use crate::lineage::{self, Followed};
use crate::model::Model;
use crate::model_set::ModelSet;

/// The one part of each table.
const WHOLE: &str = "";

/// A column of a catalogue table.
enum Cells {
    Texts(Vec<Option<String>>),
    Numbers(Vec<i64>),
}

/// Name, what it holds, cells.
type Column = (&'static str, &'static str, Cells);

/// Writes the tables of the catalogue into the draft, where they changed, and
/// the lineage that was followed for them.
///
/// # Errors
/// [`peil_warehouse::Error::Storage`] where they cannot be written.
pub(crate) async fn record(draft: &mut Draft, models: &ModelSet, followed: Option<Followed>) -> Result<()> {
    let shown: Vec<&Model> = models.in_order().collect();
    let tables = [
        ("ops/models", "The tables that the marts stage makes, and from what.", model_rows(&shown)),
        ("ops/model_columns", "The columns of those tables.", column_rows(&shown, draft)?),
        ("ops/model_examples", "Questions that they answer, with the query that does.", example_rows(&shown)),
        ("ops/indicator_queries", "The query that gives the value of an indicator.", query_rows(models)),
    ];
    for (name, description, columns) in tables {
        write(draft, name, description, columns).await?;
    }
    lineage::record(draft, followed).await
}

/// Writes what the sources promise of each dataset, which rules read.
///
/// # Errors
/// [`peil_warehouse::Error::Storage`] where it cannot be written.
pub(crate) async fn record_datasets(draft: &mut Draft, contracts: &ContractSet) -> Result<()> {
    let all: Vec<&Contract> = contracts.iter().map(AsRef::as_ref).collect();
    let text = |of: &dyn Fn(&Contract) -> Option<String>| Cells::Texts(all.iter().map(|one| of(one)).collect());
    let columns = vec![
        ("dataset", "system and name, as portal/events", text(&|one| Some(one.dataset.clone()))),
        ("description", "what it holds", text(&|one| Some(one.description.clone()))),
        (
            "mode",
            "upsert (rows by key) or snapshot (the whole state)",
            text(&|one| Mode::KNOWN.iter().find(|(_, mode)| *mode == one.mode).map(|(name, _)| (*name).to_owned())),
        ),
        (
            "schedule_nl",
            "how often a delivery is expected, in Dutch; empty where it comes when it changes",
            text(&|one| one.frequency.map(Frequency::words_nl)),
        ),
        (
            "late_after_days",
            "age in days of the last delivery above which it is staler than its schedule; 0 without a schedule",
            Cells::Numbers(
                all.iter().map(|one| one.frequency.map_or(0, |often| i64::from(often.late_after_days()))).collect(),
            ),
        ),
    ];
    write(draft, "ops/datasets", "The datasets, and how often each is expected.", columns).await
}

/// `marts` and `costs` of `marts.costs`.
fn layer_and_table(model: &Model) -> (String, String) {
    let (layer, table) = model.name.split_once('.').unwrap_or(("marts", &model.name));
    (layer.to_owned(), table.to_owned())
}

fn model_rows(models: &[&Model]) -> Vec<Column> {
    let text = |of: &dyn Fn(&Model) -> String| {
        Cells::Texts(
            models.iter().map(|model| Some(of(model).trim().to_owned()).filter(|text| !text.is_empty())).collect(),
        )
    };
    vec![
        ("model", "name of the table", text(&|model| layer_and_table(model).1)),
        ("layer", "marts, or intermediate for a table that only models read", text(&|model| layer_and_table(model).0)),
        ("grain", "what a row stands for", text(&|model| model.header.grain.clone())),
        ("owner", "who answers for it", text(&|model| model.header.owner.clone())),
        ("description", "what it shows", text(&|model| model.header.description.clone())),
        (
            "depends_on",
            "the tables that it is made from, as conformed.costs, parted by commas",
            text(&|model| model.reads.iter().map(String::as_str).collect::<Vec<_>>().join(", ")),
        ),
        (
            "key",
            "the columns that identify a row, parted by commas",
            text(&|model| {
                let header = &model.header;
                if header.nullable.is_empty() { header.order.join(", ") } else { String::new() }
            }),
        ),
        ("query", "the query that makes it", text(&|model| model.sql.clone())),
    ]
}

fn column_rows(models: &[&Model], draft: &Draft) -> Result<Vec<Column>> {
    let (mut names, mut positions, mut columns, mut types, mut texts) = (vec![], vec![], vec![], vec![], vec![]);
    for model in models {
        let schema = match draft.table(&model.table()) {
            Some(state) if model.is_mart() => Some(state.arrow_schema()?),
            _ => None,
        };
        let shown = model.header.columns.0.iter().filter(|(name, _)| !name.starts_with('_'));
        for (position, (column, text)) in (1..).zip(shown) {
            let field = schema.as_ref().and_then(|schema| schema.field_with_name(column).ok());
            names.push(Some(layer_and_table(model).1));
            positions.push(position);
            columns.push(Some(column.clone()));
            types.push(field.map(|field| type_name(field.data_type())));
            texts.push(Some(text.clone()));
        }
    }
    Ok(vec![
        ("model", "name of the table", Cells::Texts(names)),
        ("position", "place of the column, from 1", Cells::Numbers(positions)),
        ("column", "name of the column", Cells::Texts(columns)),
        ("type", "its type in SQL; empty for an intermediate table", Cells::Texts(types)),
        ("description", "what it holds", Cells::Texts(texts)),
    ])
}

fn example_rows(models: &[&Model]) -> Vec<Column> {
    let (mut names, mut positions, mut questions, mut queries) = (vec![], vec![], vec![], vec![]);
    for model in models {
        for (position, example) in (1..).zip(&model.header.examples) {
            names.push(Some(layer_and_table(model).1));
            positions.push(position);
            questions.push(Some(example.question.trim().to_owned()));
            queries.push(Some(example.query.trim().to_owned()));
        }
    }
    vec![
        ("model", "name of the table", Cells::Texts(names)),
        ("position", "place of the example, from 1", Cells::Numbers(positions)),
        ("question", "the question", Cells::Texts(questions)),
        ("query", "the query that answers it", Cells::Texts(queries)),
    ]
}

fn query_rows(models: &ModelSet) -> Vec<Column> {
    let versions = indicator::versions(models.indicators());
    let (mut ids, mut numbers, mut texts) = (vec![], vec![], vec![]);
    for version in &versions {
        let Some(facts) = version.declaration.facts() else { continue };
        ids.push(Some(version.declaration.id.clone()));
        numbers.push(i64::from(version.number));
        texts.push(Some(indicator::query::query(version, &facts)));
    }
    vec![
        ("indicator_id", "the indicator", Cells::Texts(ids)),
        (
            "query",
            "its value in each period, from the conformed tables and the periods of the run",
            Cells::Texts(texts),
        ),
        ("version", "version of its definition, from 1", Cells::Numbers(numbers)),
    ]
}

/// The name of a type in SQL.
fn type_name(kind: &DataType) -> String {
    match kind {
        DataType::Utf8 => "varchar".to_owned(),
        DataType::Int64 => "bigint".to_owned(),
        DataType::Float64 => "double".to_owned(),
        DataType::Boolean => "boolean".to_owned(),
        DataType::Date32 => "date".to_owned(),
        DataType::Timestamp(..) => "timestamp".to_owned(),
        DataType::Decimal128(digits, decimals) => format!("decimal({digits}, {decimals})"),
        other => other.to_string().to_lowercase(),
    }
}

async fn write(draft: &mut Draft, name: &str, description: &str, columns: Vec<Column>) -> Result<()> {
    let kind = |cells: &Cells| match cells {
        Cells::Texts(_) => DataType::Utf8,
        Cells::Numbers(_) => DataType::Int64,
    };
    let fields =
        columns.iter().map(|(name, text, cells)| documented(Field::new(*name, kind(cells), true), *text)).collect();
    draft.declare(&TableSpec::new(name, description, fields))?;
    let schema = draft.table(name).map(|state| state.arrow_schema()).transpose()?;
    let Some(schema) = schema else { return Ok(()) };
    let arrays = columns.into_iter().map(|(_, _, cells)| match cells {
        Cells::Texts(texts) => Arc::new(texts.into_iter().collect::<StringArray>()) as ArrayRef,
        Cells::Numbers(numbers) => Arc::new(Int64Array::from(numbers)) as ArrayRef,
    });
    let rows = RecordBatch::try_new(schema, arrays.collect())?;
    let print = fingerprint([format!("{rows:?}")]);
    if draft.fingerprint(name, WHOLE) == Some(print.as_str()) {
        return Ok(());
    }
    draft.write_part(name, WHOLE, print, &[rows]).await
}
