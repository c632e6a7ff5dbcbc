//! Tests of the stage on small hand-made staged tables.

mod authorities;
mod corrections;
mod facts;
mod snapshots;
mod steps;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, Date32Array, Int64Array, RecordBatch, StringArray};
use arrow::util::display::{ArrayFormatter, FormatOptions};
use chrono::NaiveDate;
use peil_warehouse::contract::ContractSet;
use peil_warehouse::progress::Silent;
use peil_warehouse::publish::Draft;
use peil_warehouse::storage::Storage;
use peil_warehouse::table::{TableSpec, fingerprint};

use crate::days::number_of;
use crate::{KnownIndicator, TransformContext, TransformSummary, run};

/// The contracts of the sources.
fn contracts() -> ContractSet {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../ingest/contracts");
    ContractSet::default().with_folder(&folder).unwrap()
}

/// A warehouse into which deliveries are laid by hand.
struct Site {
    _folder: tempfile::TempDir,
    contracts: ContractSet,
    draft: Draft,
    received: Vec<Received>,
}

#[derive(Clone)]
struct Received {
    dataset: String,
    object: String,
    sha256: String,
    date: NaiveDate,
    outcome: &'static str,
    id: String,
}

impl Site {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let storage = Storage::open(folder.path().to_str().unwrap()).unwrap();
        let draft = Draft::begin(&storage).await.unwrap();
        let mut site = Self { _folder: folder, contracts: contracts(), draft, received: Vec::new() };
        for contract in site.contracts.iter() {
            site.draft.declare(&contract.staged_spec()).unwrap();
        }
        site
    }

    /// A site that knows a corner of Flanders.
    async fn in_flanders() -> Self {
        let mut site = Self::new().await;
        let authorities: Vec<String> = crate::authority::tests::flanders()
            .iter()
            .map(|row| {
                let text = |text: Option<String>| text.map_or("null".to_owned(), |text| format!("\"{text}\""));
                format!(
                    r#"{{"nis_code":"{}","name":"{}","kind":"{}","province":"Oost-Vlaanderen","valid_from":"{}","valid_until":{},"successor_nis":{}}}"#,
                    row.nis_code,
                    row.name,
                    row.kind,
                    row.valid_from,
                    text(row.valid_until.map(|day| day.to_string())),
                    text(row.successor.clone()),
                )
            })
            .collect();
        let rows: Vec<&str> = authorities.iter().map(String::as_str).collect();
        site.deliver("reference/authorities", "2018-01-01.csv", &rows).await;
        site
    }

    /// Lays down a delivery of rows, each a JSON object by the names of the
    /// warehouse; gives its identity.
    async fn deliver(&mut self, dataset: &str, file: &str, rows: &[&str]) -> String {
        self.deliver_numbered(
            dataset,
            file,
            &rows.iter().enumerate().map(|(at, row)| (at as i64 + 1, *row)).collect::<Vec<_>>(),
        )
        .await
    }

    /// The same, with row numbers.
    async fn deliver_numbered(&mut self, dataset: &str, file: &str, rows: &[(i64, &str)]) -> String {
        let contract = Arc::clone(self.contracts.get(dataset).unwrap());
        let day = file.split(['_', '.']).find_map(|part| part.parse::<NaiveDate>().ok()).unwrap();
        let object = format!("{dataset}/{file}");
        let sha256 = fingerprint(rows.iter().map(|(_, row)| *row));
        let id = fingerprint([dataset, file, &sha256])[..16].to_owned();
        let schema = contract.staged_schema();
        let lines: Vec<String> = rows
            .iter()
            .map(|(number, row)| {
                let row = row.strip_suffix('}').unwrap();
                format!(
                    r#"{row},"_row":{number},"_line":{},"_delivery":"{id}","_object":"{object}","_delivery_date":"{day}"}}"#,
                    number + 1
                )
            })
            .collect();
        let reader = arrow::json::ReaderBuilder::new(schema).build(std::io::Cursor::new(lines.join("\n"))).unwrap();
        let batches: Vec<RecordBatch> = reader.map(Result::unwrap).collect();
        self.draft.write_part(&contract.staged_table(), &id, "made by hand", &batches).await.unwrap();
        self.received.push(Received {
            dataset: dataset.into(),
            object,
            sha256,
            date: day,
            outcome: "accepted",
            id: id.clone(),
        });
        self.record().await;
        id
    }

    /// Notes the same bytes under another name.
    async fn deliver_again(&mut self, id: &str, file: &str, outcome: &'static str) {
        let mut other = self.received.iter().find(|received| received.id == id).unwrap().clone();
        other.date = file.split(['_', '.']).find_map(|part| part.parse::<NaiveDate>().ok()).unwrap();
        other.object = format!("{}/{file}", other.dataset);
        other.outcome = outcome;
        other.id = fingerprint([&other.dataset, file, &other.sha256])[..16].to_owned();
        self.received.push(other);
        self.record().await;
    }

    /// Writes the record of deliveries; corrections stay as they are told.
    async fn record(&mut self) {
        let told = self.corrections().await;
        let text = |of: &dyn Fn(&Received) -> String| -> ArrayRef {
            Arc::new(self.received.iter().map(|one| Some(of(one))).collect::<StringArray>())
        };
        let columns: Vec<(&str, ArrayRef)> = vec![
            ("dataset", text(&|one| one.dataset.clone())),
            ("object", text(&|one| one.object.clone())),
            ("sha256", text(&|one| one.sha256.clone())),
            (
                "delivery_date",
                Arc::new(self.received.iter().map(|one| Some(number_of(one.date))).collect::<Date32Array>()),
            ),
            ("outcome", text(&|one| one.outcome.to_owned())),
            ("delivery_id", text(&|one| one.id.clone())),
            ("received_order", Arc::new((1..=self.received.len() as i64).collect::<Int64Array>())),
            (
                "corrections",
                Arc::new(
                    self.received
                        .iter()
                        .map(|one| Some(told.get(&one.id).copied().unwrap_or(0)))
                        .collect::<Int64Array>(),
                ),
            ),
        ];
        let batch =
            RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, array)| (name, array, true)))
                .unwrap();
        let fields = batch.schema().fields().iter().map(|field| field.as_ref().clone()).collect();
        self.draft.declare(&TableSpec::new("ops/deliveries", "Deliveries.", fields)).unwrap();
        self.draft.write_part("ops/deliveries", "", "made by hand", &[batch]).await.unwrap();
    }

    async fn run(&mut self) -> TransformSummary {
        self.run_with(None, false).await
    }

    async fn run_with(&mut self, known_on: Option<&str>, full: bool) -> TransformSummary {
        let indicators = [
            KnownIndicator { indicator_id: "VVG-TK-01".into(), milestone: false },
            KnownIndicator { indicator_id: "VVG-RA-01".into(), milestone: true },
        ];
        let context = TransformContext {
            memory: Default::default(),
            contracts: &self.contracts,
            indicators: &indicators,
            known_on: known_on.map(|day| day.parse().unwrap()),
            yielding: &BTreeSet::new(),
            full,
            run_id: "run",
            progress: &Silent,
        };
        run(&context, &mut self.draft).await.unwrap()
    }

    /// The columns of a table, a line for each row.
    async fn rows(&self, table: &str, columns: &[&str]) -> Vec<String> {
        let mut lines = Vec::new();
        for batch in self.draft.batches(table, Some(columns)).await.unwrap() {
            let options = FormatOptions::default().with_null("-");
            let formats: Vec<_> = batch
                .columns()
                .iter()
                .map(|column| ArrayFormatter::try_new(column.as_ref(), &options).unwrap())
                .collect();
            for row in 0..batch.num_rows() {
                lines.push(formats.iter().map(|format| format.value(row).to_string()).collect::<Vec<_>>().join(" "));
            }
        }
        lines
    }

    /// What each delivery corrected, where it did.
    async fn corrections(&self) -> BTreeMap<String, i64> {
        let mut told = BTreeMap::new();
        for batch in self.draft.batches("ops/deliveries", Some(&["delivery_id", "corrections"])).await.unwrap() {
            let ids = batch.column(0).as_string::<i32>();
            let counts = batch.column(1).as_primitive::<arrow::datatypes::Int64Type>();
            for row in 0..batch.num_rows() {
                if counts.value(row) > 0 {
                    told.insert(ids.value(row).to_owned(), counts.value(row));
                }
            }
        }
        told
    }

    /// What each conformed table holds.
    fn contents(&self) -> BTreeMap<String, String> {
        let tables = &self.draft.published().tables;
        let wanted = |name: &str| name.starts_with("conformed/") || name == "ops/unresolved_authorities";
        tables
            .iter()
            .filter(|(name, _)| wanted(name))
            .map(|(name, state)| (name.clone(), state.content_hash()))
            .collect()
    }

    /// Makes everything again, and checks that nothing changes.
    async fn full_is_the_same(&mut self, known_on: Option<&str>) {
        let before = self.contents();
        let corrections = self.corrections().await;
        let summary = self.run_with(known_on, true).await;
        assert_eq!(self.contents(), before);
        assert_eq!(self.corrections().await, corrections);
        assert_eq!(summary.changed, Vec::<String>::new());
    }
}
