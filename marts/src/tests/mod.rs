//! Tests of the stage on small warehouses, with figures computed by hand.

mod attack;
mod disclosure;
mod explain;
mod graph;
mod indicators;
mod many;
mod runs;
mod targets;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, RecordBatch, StringArray, new_null_array};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, Schema, TimeUnit};
use arrow::util::display::array_value_to_string;
use peil_warehouse::progress::Silent;
use peil_warehouse::publish::Draft;
use peil_warehouse::storage::Storage;
use peil_warehouse::table::{TableSpec, fingerprint};
use tempfile::TempDir;

use crate::{MartsContext, MartsSummary, ModelSet, open_session, query, run};

/// The tables of the earlier stages: `layer/table: column type, …`.
const TABLES: &str = include_str!("tables.txt");

/// A warehouse in a folder of its own.
pub struct House {
    _folder: TempDir,
    pub draft: Draft,
    pub models: ModelSet,
    pub runs: usize,
}

impl House {
    /// Empty tables, some authorities with the mergers of 2019 and 2025, and
    /// the models of the indicators.
    pub async fn new() -> Self {
        Self::with(indicator_models(&[])).await
    }

    pub async fn with(models: ModelSet) -> Self {
        let folder = TempDir::new().unwrap();
        let storage = Storage::open(folder.path().to_str().unwrap()).unwrap();
        let mut draft = Draft::begin(&storage).await.unwrap();
        for (name, fields) in tables() {
            draft.declare(&TableSpec::new(name, "a table", fields)).unwrap();
        }
        let mut house = Self { _folder: folder, draft, models, runs: 0 };
        house
            .give(
                "reference_authorities",
                "nis_code | name | kind | province | valid_from | valid_until | successor_nis",
                &[
                    "11001 | Aartselaar | gemeente | Antwerpen | 1977-01-01 | - | -",
                    "11002 | Antwerpen | gemeente | Antwerpen | 1977-01-01 | - | -",
                    "10000 | Antwerpen | provincie | Antwerpen | 1977-01-01 | - | -",
                    "44036 | Lovendegem | gemeente | Oost-Vlaanderen | 1977-01-01 | 2019-01-01 | 44085",
                    "44085 | Lievegem | gemeente | Oost-Vlaanderen | 2019-01-01 | - | -",
                    "71057 | Tessenderlo | gemeente | Limburg | 1977-01-01 | 2025-01-01 | 71071",
                    "71069 | Ham | gemeente | Limburg | 1977-01-01 | 2025-01-01 | 71071",
                    "71071 | Tessenderlo-Ham | gemeente | Limburg | 2025-01-01 | - | -",
                ],
            )
            .await;
        house
            .give(
                "authority_compositions",
                "nis_code | from_day | until_day | composition_nis",
                &[
                    "10000 | - | - | 10000",
                    "11001 | - | - | 11001",
                    "11002 | - | - | 11002",
                    "44036 | - | 2019-01-01 | 44036",
                    "44036 | 2019-01-01 | - | 44085",
                    "44085 | - | - | 44085",
                    "71057 | - | 2025-01-01 | 71057",
                    "71057 | 2025-01-01 | - | 71071",
                    "71069 | - | 2025-01-01 | 71069",
                    "71069 | 2025-01-01 | - | 71071",
                    "71071 | - | - | 71071",
                ],
            )
            .await;
        house
    }

    /// Replaces the rows of a conformed table (or, with its layer, another):
    /// names of columns and cells are parted by `|`, `-` is null. Tables with
    /// a month get a part for each.
    pub async fn give(&mut self, table: &str, columns: &str, rows: &[&str]) {
        let name = if table.contains('/') { table.to_owned() } else { format!("conformed/{table}") };
        let fields = tables().remove(&name).unwrap_or_else(|| panic!("no table {name}"));
        let split = |text: &str| text.split('|').map(|cell| cell.trim().to_owned()).collect::<Vec<_>>();
        let given = split(columns);
        let mut parts: BTreeMap<String, Vec<BTreeMap<String, String>>> = BTreeMap::new();
        for (number, row) in rows.iter().enumerate() {
            let mut cells: BTreeMap<String, String> = given.iter().cloned().zip(split(row)).collect();
            for (column, value) in
                [("_delivery", "d1"), ("_delivery_date", "2022-01-31"), ("_object", "a/b/2022-01-31.csv")]
            {
                cells.entry(column.to_owned()).or_insert_with(|| value.to_owned());
            }
            cells.entry("_row".to_owned()).or_insert_with(|| (number + 1).to_string());
            let month =
                fields.iter().any(|field| field.name() == "month").then(|| cells["occurred_on"][..7].to_owned());
            if let Some(month) = &month {
                cells.insert("month".to_owned(), month.clone());
            }
            parts.entry(month.unwrap_or_default()).or_default().push(cells);
        }
        let before: Vec<String> = self.draft.table(&name).unwrap().parts.keys().cloned().collect();
        for part in before.iter().filter(|part| !parts.contains_key(*part)) {
            self.draft.remove_part(&name, part).unwrap();
        }
        for (part, rows) in parts {
            let columns: Vec<ArrayRef> = fields.iter().map(|field| column(field, &rows)).collect();
            let batch = RecordBatch::try_new(Arc::new(Schema::new(fields.clone())), columns).unwrap();
            let print = fingerprint([format!("{batch:?}")]);
            self.draft.write_part(&name, &part, print, &[batch]).await.unwrap();
        }
    }

    pub async fn run(&mut self, as_of: &str) -> MartsSummary {
        self.run_as(as_of, false).await
    }

    pub async fn run_as(&mut self, as_of: &str, full: bool) -> MartsSummary {
        self.runs += 1;
        let run_id = format!("run-{}", self.runs);
        let context = MartsContext {
            memory: Default::default(),
            run_id: &run_id,
            as_of: as_of.parse().unwrap(),
            known_on: None,
            models: &self.models,
            contracts: &peil_warehouse::contract::ContractSet::default(),
            quality: &crate::QualityRules::default(),
            threshold: 5,
            hidden_before: std::sync::Arc::default(),
            engine: &crate::Engine::Embedded,
            full,
            progress: &Silent,
        };
        run(&context, &mut self.draft).await.unwrap_or_else(|error| panic!("{error}"))
    }

    /// The rows of a query on what is published, cells parted by ` | `.
    pub async fn rows(&self, sql: &str) -> Vec<String> {
        let session = open_session(self.draft.storage(), self.draft.published(), &[]).await.unwrap();
        let batches = query(&session, sql).await.unwrap_or_else(|error| panic!("{error}")).collect().await.unwrap();
        batches.iter().flat_map(|batch| (0..batch.num_rows()).map(move |row| row_text(batch, row))).collect()
    }

    /// The values of an indicator in some periods, `-` where there is none.
    pub async fn values(&self, indicator: &str, periods: &[&str]) -> String {
        let mut values = Vec::new();
        for period in periods {
            let sql = format!(
                "select value from indicator_values where indicator_id = '{indicator}' and period = '{period}'"
            );
            values.push(self.rows(&sql).await.join(","));
        }
        values.join(" ")
    }

    /// Every file of every mart.
    pub fn files(&self) -> Vec<String> {
        let tables = self.draft.published().tables.iter().filter(|(name, _)| name.starts_with("marts/"));
        tables.flat_map(|(name, state)| state.files.iter().map(move |file| format!("{name}/{}", file.path))).collect()
    }
}

fn row_text(batch: &RecordBatch, row: usize) -> String {
    let cells = batch
        .columns()
        .iter()
        .map(|column| if column.is_null(row) { "-".to_owned() } else { array_value_to_string(column, row).unwrap() });
    cells.collect::<Vec<_>>().join(" | ")
}

fn tables() -> BTreeMap<String, Vec<Field>> {
    let lines = TABLES.lines().filter_map(|line| line.split_once(": "));
    let field = |text: &str| {
        let (name, kind) = text.split_once(' ').unwrap();
        let kind = match kind {
            "text" => DataType::Utf8,
            "date" => DataType::Date32,
            "timestamp" => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
            "integer" => DataType::Int64,
            "boolean" => DataType::Boolean,
            "amount" => DataType::Decimal128(18, 2),
            _ => DataType::Decimal128(18, 6),
        };
        Field::new(name, kind, true)
    };
    lines.map(|(name, columns)| (name.to_owned(), columns.split(", ").map(field).collect())).collect()
}

fn column(field: &Field, rows: &[BTreeMap<String, String>]) -> ArrayRef {
    let cells: StringArray =
        rows.iter().map(|row| row.get(field.name()).filter(|cell| *cell != "-").cloned()).collect();
    if cells.null_count() == rows.len() {
        return new_null_array(field.data_type(), rows.len());
    }
    cast(&cells, field.data_type()).unwrap()
}

/// The shared models and those of the indicators, with more files of a
/// test's own.
pub fn indicator_models(more: &[(&str, &str)]) -> ModelSet {
    let mut files = Vec::new();
    for folder in ["models/shared", "models/indicators", "indicators"] {
        read(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder), &mut files);
    }
    files.extend(more.iter().map(|(place, text)| ((*place).to_owned(), (*text).to_owned())));
    ModelSet::from_files(&files).unwrap_or_else(|error| panic!("{error}"))
}

fn read(folder: &Path, files: &mut Vec<(String, String)>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            read(&path, files);
        } else if path.extension().is_some_and(|end| end == "sql" || end == "yaml") {
            files.push((path.display().to_string(), std::fs::read_to_string(&path).unwrap()));
        }
    }
}
