//! One dataset at work: what it is made from, and what comes of it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use bytes::Bytes;
use futures::{StreamExt, TryStreamExt};
use peil_warehouse::memory::Memory;
use peil_warehouse::storage::Storage;
use peil_warehouse::table::{self, DataFile, TableSpec, fingerprint};
use peil_warehouse::{Error, Result};
use polars::prelude::DataFrame;
use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;

use crate::authority::Resolver;
use crate::dataset::Dataset;
use crate::delivery::Delivery;
use crate::{CODE_VERSION, explode, frame, rollup};

/// Files that are fetched at the same time.
const CONCURRENT_READS: usize = 8;

/// Everything that the tables of a dataset are made from.
#[derive(Debug, Clone)]
pub(crate) struct Job {
    /// The dataset.
    pub dataset: Arc<Dataset>,
    /// Its deliveries in force, in order.
    pub deliveries: Arc<Vec<Delivery>>,
    /// What references resolve by.
    pub resolver: Arc<Resolver>,
    /// Where staged files are read and conformed files are written.
    pub storage: Storage,
    /// As many tasks compute at once as there are cores.
    pub cores: Arc<Semaphore>,
    /// The fingerprints of the parts that are there, by table and part.
    pub present: Arc<BTreeMap<String, BTreeMap<String, String>>>,
    /// The pieces of work that others noted as done: see
    /// [`peil_warehouse::share`].
    pub noted: Arc<BTreeSet<String>>,
    /// Whether everything is made again, also what did not change.
    pub full: bool,
    /// How much memory it may take.
    pub memory: Memory,
}

/// A part of a table that was made.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Part {
    pub table: String,
    pub part: String,
    pub fingerprint: String,
    pub files: Vec<DataFile>,
}

/// What came of a job.
#[derive(Debug, Clone, Default)]
pub(crate) struct Outcome {
    /// Parts that were made.
    pub made: Vec<Part>,
    /// Parts (table and part) that are no more.
    pub gone: Vec<(String, String)>,
    /// Corrections by delivery.
    pub corrections: BTreeMap<String, u64>,
}

impl Job {
    /// What all parts rest on beside the deliveries: code, contract, and the
    /// resolver where the dataset needs it.
    pub fn ground(&self) -> String {
        let resolver = if self.dataset.refers_to_authorities() { self.resolver.fingerprint() } else { "" };
        fingerprint([CODE_VERSION, self.dataset.contract.fingerprint(), resolver])
    }

    /// Changes when anything does that the dataset's tables are made from.
    pub fn fingerprint(&self) -> String {
        let deliveries =
            self.deliveries.iter().flat_map(|delivery| [delivery.place.to_string(), delivery.fingerprint()]);
        fingerprint([self.ground()].into_iter().chain(deliveries))
    }

    /// The tables that are made of the dataset, its own first.
    pub fn tables(&self) -> Vec<TableSpec> {
        let exploded = explode::of(&self.dataset).map(|explosion| explosion.spec(&self.dataset));
        std::iter::once(self.dataset.spec()).chain(exploded).chain(rollup::spec(&self.dataset)).collect()
    }

    /// Whether a part is there, was made from the same, and may stay.
    pub fn has(&self, table: &str, part: &str, fingerprint: &str) -> bool {
        !self.full
            && self.present.get(table).and_then(|parts| parts.get(part)).is_some_and(|present| present == fingerprint)
    }

    /// The staged files of a delivery.
    pub async fn staged(&self, delivery: &Delivery) -> Result<Vec<Bytes>> {
        table::read_files(&self.storage, &self.dataset.contract.staged_table(), &delivery.files).await
    }

    /// Those staged files of a delivery, by their numbers.
    pub async fn staged_files(&self, delivery: &Delivery, numbers: Vec<usize>) -> Result<Vec<(usize, Bytes)>> {
        let table = &self.dataset.contract.staged_table();
        let read = numbers.into_iter().map(|number| async move {
            table::read_file(&self.storage, table, &delivery.files[number]).await.map(|content| (number, content))
        });
        futures::stream::iter(read).buffered(CONCURRENT_READS).try_collect().await
    }

    /// The staged files of all deliveries, in order.
    pub async fn all_staged(&self) -> Result<Vec<Vec<Bytes>>> {
        let files: Vec<DataFile> = self.deliveries.iter().flat_map(|delivery| delivery.files.iter().cloned()).collect();
        let contents = table::read_files(&self.storage, &self.dataset.contract.staged_table(), &files).await?;
        let mut contents = contents.into_iter();
        Ok(self.deliveries.iter().map(|delivery| contents.by_ref().take(delivery.files.len()).collect()).collect())
    }

    /// Computes beside the tasks that wait.
    pub async fn compute<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Self) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let permit = Arc::clone(&self.cores).acquire_owned().await.map_err(Error::internal)?;
        let job = self.clone();
        tokio::task::spawn_blocking(move || {
            let done = work(&job);
            drop(permit);
            done
        })
        .await
        .map_err(Error::internal)?
    }

    /// Writes an encoded part; one without rows has no file.
    pub async fn write(&self, encoded: Encoded, fingerprint: &str) -> Result<Part> {
        let Encoded { table, part, content, rows } = encoded;
        let files = match content {
            None => Vec::new(),
            Some(content) => vec![table::write_file(&self.storage, &table, &part, content, rows).await?],
        };
        Ok(Part { table, part, fingerprint: fingerprint.to_owned(), files })
    }
}

/// A part as Parquet, not written yet.
#[derive(Debug)]
pub(crate) struct Encoded {
    table: String,
    part: String,
    content: Option<Bytes>,
    rows: u64,
}

impl Encoded {
    /// Encodes a frame as a part of a table.
    pub fn new(table: impl Into<String>, part: impl Into<String>, frame: DataFrame) -> Result<Self> {
        let rows = frame.height() as u64;
        let content = if rows == 0 { None } else { Some(frame::encode(frame)?) };
        Ok(Self { table: table.into(), part: part.into(), content, rows })
    }

    /// A part that is encoded already.
    pub fn of(table: impl Into<String>, part: impl Into<String>, content: Bytes, rows: u64) -> Self {
        Self { table: table.into(), part: part.into(), content: (rows > 0).then_some(content), rows }
    }
}
