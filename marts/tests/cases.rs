//! The models against rows computed by hand: every case of `cases/` gives the
//! tables that a mart is made from and the rows that it must hold.
//!
//! The calendar, the intermediate models and disclosure control are the real
//! ones; the checks and the examples of the mart run as well.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{Array, Float64Array, RecordBatch};
use arrow::compute::concat_batches;
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use arrow::util::display::array_value_to_string;
use chrono::NaiveDate;
use datafusion::catalog::MemorySchemaProvider;
use datafusion::datasource::MemTable;
use datafusion::prelude::{SessionConfig, SessionContext};
use peil_marts::calendar::{self, Horizon};
use peil_marts::{ModelSet, disclosure, relation};
use peil_warehouse::period::{Period, PeriodType};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;
type Rows = Vec<Map<String, Value>>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Fixtures {
    /// Of each table the columns and their types.
    tables: BTreeMap<String, BTreeMap<String, String>>,
    given: BTreeMap<String, Rows>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    mart: String,
    as_of: NaiveDate,
    #[serde(default)]
    quarters: Vec<String>,
    #[serde(default = "usual_threshold")]
    threshold: u32,
    given: BTreeMap<String, Rows>,
    expect: Rows,
}

fn usual_threshold() -> u32 {
    5
}

#[tokio::test]
async fn every_mart_holds_the_rows_computed_by_hand() -> Outcome<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases");
    let fixtures: Fixtures = read(&folder.join("fixtures.yaml"))?;
    let models = ModelSet::load(None)?;
    let mut files: Vec<PathBuf> = fs::read_dir(&folder)?.map(|entry| Ok(entry?.path())).collect::<Outcome<_>>()?;
    files.retain(|file| !file.ends_with("fixtures.yaml") && file.extension().is_some_and(|end| end == "yaml"));
    files.sort();
    let mut wrong = Vec::new();
    let mut count = 0;
    for file in files {
        let cases: Vec<Case> = read(&file)?;
        for case in cases {
            count += 1;
            if let Err(problem) = run(&case, &fixtures, &models).await {
                wrong.push(format!("{}: {}\n{problem}", case.mart, case.name));
            }
        }
    }
    assert!(count > 0, "there are no cases");
    assert!(wrong.is_empty(), "{} of {count} cases:\n\n{}", wrong.len(), wrong.join("\n\n"));
    Ok(())
}

fn read<T: DeserializeOwned>(file: &Path) -> Outcome<T> {
    Ok(serde_saphyr::from_str(&fs::read_to_string(file)?).map_err(|error| format!("{}: {error}", file.display()))?)
}

async fn run(case: &Case, fixtures: &Fixtures, models: &ModelSet) -> Outcome<()> {
    let session = SessionContext::new_with_config(SessionConfig::new().with_target_partitions(2));
    for schema in ["conformed", "intermediate", "marts", "ops", "run"] {
        let catalog = session.catalog("datafusion").ok_or("no catalog")?;
        catalog.register_schema(schema, Arc::new(MemorySchemaProvider::new()))?;
    }
    let mut rows_of = fixtures.given.clone();
    rows_of.extend(case.given.iter().map(|(name, rows)| (name.clone(), rows.clone())));
    let target = format!("marts.{}", case.mart);
    let mut known = BTreeSet::new();
    for (name, columns) in &fixtures.tables {
        let given = rows_of.remove(name);
        if *name != target {
            let rows = table(name, columns, given.unwrap_or_default())?;
            // A mart that no row is given of is computed where it can be.
            if !name.starts_with("marts.") || rows.num_rows() > 0 || needs_indicators(name) {
                register(&session, name, rows)?;
                known.insert(name.clone());
            }
        }
    }
    if let Some(name) = rows_of.keys().next() {
        return Err(format!("`{name}` has no columns in fixtures.yaml").into());
    }
    known.extend(register_calendar(case, models, &session).await?);
    let model = models.get(&target).ok_or("there is no such mart")?;
    let mut needed = BTreeSet::new();
    let mut ahead: Vec<String> =
        [target.clone()].into_iter().chain(model.check_reads.iter().flatten().cloned()).collect();
    for example in &model.header.examples {
        ahead.extend(relation::tables_of(&example.query)?);
    }
    while let Some(name) = ahead.pop() {
        if !known.contains(&name) && !needed.contains(&name) {
            let model =
                models.get(&name).ok_or_else(|| format!("`{name}` is no model, and no table of fixtures.yaml"))?;
            ahead.extend(model.reads.iter().cloned());
            needed.insert(name);
        }
    }
    let mut found = None;
    for model in models.in_order().filter(|model| needed.contains(&model.name)) {
        let mut sql = model.sql.clone();
        if !model.header.order.is_empty() {
            sql = format!("select * from ({sql}) as model order by {}", model.header.order.join(", "));
        }
        let mut rows = query(&session, &sql).await.map_err(|problem| format!("{}: {problem}", model.place))?;
        if let Some(rules) = &model.header.disclosure {
            rows = disclosure::control(&model.place, &rows, rules, case.threshold, &[])?;
        }
        if model.name == target {
            found = Some(rows.clone());
        }
        register(&session, &model.name, rows)?;
    }
    for check in &model.header.checks {
        let offending = query(&session, &check.query).await?;
        if offending.num_rows() > 0 {
            return Err(format!("the check {} fails:\n{}", check.name, texts(&offending)?.join("\n")).into());
        }
    }
    for example in &model.header.examples {
        query(&session, &example.query)
            .await
            .map_err(|problem| format!("the example `{}`: {problem}", example.question))?;
    }
    compare(&found.ok_or("the mart was not computed")?, &case.expect)
}

/// Values of indicators are given, never computed: they have tests of their
/// own.
fn needs_indicators(name: &str) -> bool {
    name.starts_with("marts.indicator")
}

/// The tables `run.*`, with the case's quarters and the periods around them.
async fn register_calendar(case: &Case, models: &ModelSet, session: &SessionContext) -> Outcome<BTreeSet<String>> {
    let mut shown = BTreeSet::new();
    let mut first = case.as_of;
    for text in &case.quarters {
        let quarter: Period = text.parse()?;
        first = first.min(quarter.first_day());
        shown.extend(PeriodType::ALL.map(|kind| Period::containing(quarter.first_day(), kind).to_string()));
    }
    let months = case.given.values().flatten().filter_map(|row| row.get("month")?.as_str());
    let first_month = months.filter_map(|month| format!("{month}-01").parse::<NaiveDate>().ok()).min();
    let horizon = Horizon {
        as_of: case.as_of,
        known_on: None,
        threshold: case.threshold,
        starts: BTreeMap::from([("the first fact".to_owned(), first)]),
        first_month,
        targets: case.quarters.iter().map(|text| text.parse()).collect::<Result<_, _>>()?,
    };
    let calendar = calendar::calendar(&horizon, models.indicators())?;
    for (name, rows) in &calendar.tables {
        register(session, name, rows.clone())?;
    }
    let listed: Vec<String> = shown.iter().map(|period| format!("'{period}'")).collect();
    let sql = format!(
        "select * from run.periods where period in ({})",
        if listed.is_empty() { "''".into() } else { listed.join(", ") }
    );
    let periods = query(session, &sql).await?;
    register(session, "run.periods", periods)?;
    Ok(calendar.tables.keys().map(|name| (*name).to_owned()).collect())
}

/// Rows as a table; a column that a row leaves out is null, but for where the
/// row was delivered.
fn table(name: &str, columns: &BTreeMap<String, String>, rows: Rows) -> Outcome<RecordBatch> {
    let fields = columns.iter().map(|(column, kind)| {
        let kind = match kind.as_str() {
            "text" => DataType::Utf8,
            "date" => DataType::Date32,
            "integer" => DataType::Int64,
            "double" => DataType::Float64,
            "boolean" => DataType::Boolean,
            "amount" => DataType::Decimal128(18, 2),
            "decimal" => DataType::Decimal128(18, 6),
            other => return Err(format!("{name}: `{other}` is no type of a column").into()),
        };
        Ok(Field::new(column, kind, true))
    });
    let schema: SchemaRef = Arc::new(Schema::new(fields.collect::<Outcome<Vec<_>>>()?));
    let mut lines = String::new();
    for (at, mut row) in rows.into_iter().enumerate() {
        if let Some(column) = row.keys().find(|column| !columns.contains_key(*column)) {
            return Err(format!("{name}: `{column}` is no column in fixtures.yaml").into());
        }
        let delivered = [
            ("_row", json!(at + 1)),
            ("_delivery", json!("one")),
            ("_delivery_date", json!("2022-01-01")),
            ("_object", json!("a")),
        ];
        for (column, value) in delivered.into_iter().filter(|(column, _)| columns.contains_key(*column)) {
            row.entry(column).or_insert(value);
        }
        lines.push_str(&Value::Object(row).to_string());
        lines.push('\n');
    }
    let reader = arrow::json::ReaderBuilder::new(Arc::clone(&schema)).build(Cursor::new(lines))?;
    let batches = reader.collect::<Result<Vec<_>, _>>()?;
    Ok(concat_batches(&schema, &batches)?)
}

fn register(session: &SessionContext, name: &str, rows: RecordBatch) -> Outcome<()> {
    let (schema, table) = name.split_once('.').ok_or("a table without a schema")?;
    let reference = datafusion::common::TableReference::partial(schema, table);
    session.deregister_table(reference.clone())?;
    session.register_table(reference, Arc::new(MemTable::try_new(rows.schema(), vec![vec![rows]])?))?;
    Ok(())
}

async fn query(session: &SessionContext, sql: &str) -> Outcome<RecordBatch> {
    let frame = session.sql(sql).await?;
    let schema: SchemaRef = Arc::new(frame.schema().as_arrow().clone());
    let batches = frame.collect().await?;
    let schema = batches.first().map_or(schema, RecordBatch::schema);
    // What may be null in a batch is not what the plan thought.
    let fields: Vec<Field> = schema.fields().iter().map(|field| field.as_ref().clone().with_nullable(true)).collect();
    let rows = concat_batches(&schema, &batches)?;
    Ok(RecordBatch::try_new(Arc::new(Schema::new(fields)), rows.columns().to_vec())?)
}

/// The rows as text: `period=2022Q1, users=5`, without the columns that only
/// disclosure control needs.
fn texts(rows: &RecordBatch) -> Outcome<Vec<String>> {
    let schema = rows.schema();
    let shown: Vec<(&String, &Arc<dyn Array>)> = schema
        .fields()
        .iter()
        .map(|field| field.name())
        .zip(rows.columns())
        .filter(|(name, _)| !name.starts_with('_'))
        .collect();
    (0..rows.num_rows())
        .map(|row| {
            let cells = shown.iter().map(|(name, values)| {
                let value = match values.as_any().downcast_ref::<Float64Array>() {
                    _ if values.is_null(row) => "null".to_owned(),
                    Some(numbers) => format!("{:.9}", numbers.value(row)),
                    None => array_value_to_string(values, row)?,
                };
                Ok(format!("{name}={value}"))
            });
            Ok(cells.collect::<Outcome<Vec<_>>>()?.join(", "))
        })
        .collect()
}

fn compare(found: &RecordBatch, expected: &Rows) -> Outcome<()> {
    let schema = found.schema();
    let mut wanted = Vec::new();
    for row in expected {
        let names = schema.fields().iter().filter(|field| !field.name().starts_with('_'));
        let cells = names.map(|field| {
            let text = match row.get(field.name()) {
                None => return Err(format!("an expected row says nothing of `{}`", field.name())),
                Some(Value::Null) => "null".to_owned(),
                Some(Value::Number(number)) if field.data_type() == &DataType::Float64 => {
                    format!("{:.9}", number.as_f64().unwrap_or(f64::NAN))
                }
                Some(Value::String(text)) => text.clone(),
                Some(other) => other.to_string(),
            };
            Ok(format!("{}={text}", field.name()))
        });
        wanted.push(cells.collect::<Result<Vec<_>, _>>()?.join(", "));
    }
    let mut held = texts(found)?;
    wanted.sort();
    held.sort();
    if held == wanted {
        return Ok(());
    }
    let missing = wanted.iter().filter(|row| !held.contains(row)).map(|row| format!("  missing: {row}"));
    let extra = held.iter().filter(|row| !wanted.contains(row)).map(|row| format!("  not expected: {row}"));
    Err(missing.chain(extra).collect::<Vec<_>>().join("\n").into())
}
