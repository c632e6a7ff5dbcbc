//! A landing area and a warehouse of a test.

use std::fs;

use arrow::array::RecordBatch;
use arrow::util::display::array_value_to_string;
use peil_warehouse::contract::ContractSet;
use peil_warehouse::progress::Silent;
use peil_warehouse::publish::{Draft, Published};
use peil_warehouse::settings::Settings;
use peil_warehouse::storage::Storage;
use peil_warehouse::{Error, Result};
use tempfile::TempDir;

use crate::marks::MARKS;
use crate::{IngestContext, IngestSummary, PseudonymKey, contracts, run};

/// The key of tests.
pub const KEY: &str = "a key for tests only";

/// A landing area and a warehouse.
pub struct World {
    folder: TempDir,
    pub contracts: ContractSet,
    pub settings: Settings,
    pub key: String,
    pub full: bool,
}

impl World {
    pub fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            contracts: contracts::embedded().unwrap(),
            settings: Settings::resolve(None, [], &[]).unwrap(),
            key: KEY.to_owned(),
            full: false,
        }
    }

    /// Delivers a file.
    pub fn put(&self, path: &str, content: impl AsRef<[u8]>) -> &Self {
        let path = self.folder.path().join("landing").join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
        self
    }

    pub fn remove(&self, path: &str) -> &Self {
        fs::remove_file(self.folder.path().join("landing").join(path)).unwrap();
        self
    }

    pub fn try_run(&self) -> Result<IngestSummary> {
        self.run_from(&self.storage("landing"))
    }

    /// Runs the stage with another landing area.
    pub fn run_from(&self, landing: &Storage) -> Result<IngestSummary> {
        let warehouse = self.storage("warehouse");
        let key = PseudonymKey::new(&self.key)?;
        let context = IngestContext {
            landing,
            contracts: &self.contracts,
            settings: &self.settings,
            pseudonym_key: &key,
            progress: &Silent,
            full: self.full,
        };
        runtime().block_on(async {
            let mut draft = Draft::begin(&warehouse).await?;
            run(&context, &mut draft).await
        })
    }

    /// Runs the stage.
    pub fn run(&self) -> IngestSummary {
        self.try_run().unwrap()
    }

    fn storage(&self, name: &str) -> Storage {
        Storage::open(self.folder.path().join(name).to_str().unwrap()).unwrap()
    }

    fn batches(&self, table: &str) -> Vec<RecordBatch> {
        let warehouse = self.storage("warehouse");
        runtime()
            .block_on(async {
                let published = Published::read(&warehouse).await?;
                published.batches(&warehouse, table, None).await
            })
            .unwrap()
    }

    /// Columns of a table, a line a row, values parted by `|`, null as `-`;
    /// sorted.
    pub fn rows(&self, table: &str, columns: &[&str]) -> Vec<String> {
        let mut rows = Vec::new();
        for batch in self.batches(table) {
            for row in 0..batch.num_rows() {
                let value = |name: &&str| {
                    let column = batch.column_by_name(name).unwrap_or_else(|| panic!("no column {name}"));
                    if column.is_null(row) { "-".to_owned() } else { array_value_to_string(column, row).unwrap() }
                };
                rows.push(columns.iter().map(value).collect::<Vec<_>>().join("|"));
            }
        }
        rows.sort();
        rows
    }

    /// The rejected rows: line, column, raw value, reason.
    pub fn rejected(&self) -> Vec<String> {
        self.rows("ops/rejected_rows", &["line", "column", "raw_value", "reason"])
    }

    /// The deliveries: object, date, rows, accepted, rejected, outcome.
    pub fn deliveries(&self) -> Vec<String> {
        self.rows("ops/deliveries", &["object", "delivery_date", "rows", "accepted", "rejected", "outcome"])
    }

    /// The reason of the only refused delivery.
    pub fn refusal(&self) -> String {
        let refused: Vec<String> = self
            .rows("ops/deliveries", &["outcome", "reason"])
            .into_iter()
            .filter_map(|row| row.strip_prefix("refused|").map(str::to_owned))
            .collect();
        assert_eq!(refused.len(), 1, "{refused:?}");
        refused.into_iter().next().unwrap()
    }

    /// Every file under the warehouse, with its bytes; the published document
    /// and logs, which hold moments, left out.
    pub fn data_files(&self) -> Vec<(String, Vec<u8>)> {
        let mut files = Vec::new();
        collect(&self.folder.path().join("warehouse"), &mut files);
        files.retain(|(name, _)| name.ends_with(".parquet"));
        files.sort();
        files
    }

    /// The names of the data files that are published, of the staged tables
    /// and the rejected rows.
    pub fn published_files(&self) -> Vec<String> {
        let warehouse = self.storage("warehouse");
        let published = runtime().block_on(Published::read(&warehouse)).unwrap();
        let tables = published.tables.iter().filter(|(name, _)| *name != "ops/deliveries" && *name != MARKS);
        tables.flat_map(|(name, state)| state.files.iter().map(move |file| format!("{name}/{}", file.path))).collect()
    }

    /// Tells whether a table changed.
    pub fn state(&self, table: &str) -> String {
        let published = runtime().block_on(Published::read(&self.storage("warehouse"))).unwrap();
        published.table(table).unwrap().content_hash()
    }

    pub fn sequence(&self) -> u64 {
        runtime().block_on(Published::read(&self.storage("warehouse"))).unwrap().sequence
    }
}

/// The message of a usage error.
pub fn usage(result: Result<IngestSummary>) -> String {
    match result {
        Err(Error::Usage(message)) => message,
        other => panic!("no usage error: {other:?}"),
    }
}

fn collect(folder: &std::path::Path, files: &mut Vec<(String, Vec<u8>)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, files);
        } else {
            files.push((path.display().to_string(), fs::read(&path).unwrap()));
        }
    }
}

pub fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

pub fn gzip(content: &[u8]) -> Vec<u8> {
    use std::io::Write;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

/// So many good lines of accounts, from `from` on, under a header.
pub fn users(from: usize, count: usize) -> String {
    let mut text = "gebruiker_id;naam;email;bestuur;functie;geregistreerd_op;uitgeschreven_op\n".to_owned();
    for number in from..from + count {
        text.push_str(&format!("u{number};Jan Peeters;jan{number}@voorbeeld.be;Aalst;archivaris;2021-05-01;\n"));
    }
    text
}
