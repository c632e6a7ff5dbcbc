//! Commits to the Delta logs of the tables.
//!
//! Each table alone is made safe by its Delta log; all tables together are
//! made safe by the pointer over their versions ([`crate::publish`]). Log
//! entries are made of the Delta library's own actions and written through
//! our storage, because they must reach the disk.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use arrow::datatypes::{Schema, SchemaRef};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use deltalake_core::kernel::engine::arrow_conversion::{TryIntoArrow, TryIntoKernel};
use deltalake_core::kernel::{Action, Add, CommitInfo, Metadata, Protocol, Remove, StructType};
use deltalake_core::{DeltaTable, DeltaTableBuilder};
use sha2::{Digest, Sha256};
use url::Url;

use super::{StoredFile, TableState, hex};
use crate::storage::Storage;
use crate::{Error, Result};

/// After so many versions the log is summed up in a checkpoint.
const CHECKPOINT_EVERY: u64 = 50;
/// A log of fewer entries needs no tidying.
const TIDY_FROM: u64 = 20;

/// The columns as the Delta log has them.
///
/// # Errors
/// [`Error::Internal`] where Delta has no type for a column.
pub fn delta_schema(schema: &SchemaRef) -> Result<String> {
    let kernel: StructType = schema.as_ref().try_into_kernel().map_err(Error::internal)?;
    serde_json::to_string(&kernel).map_err(Error::internal)
}

/// The columns of a schema as the Delta log has it.
///
/// # Errors
/// [`Error::Storage`] where it is not valid.
pub fn schema_of(text: &str) -> Result<SchemaRef> {
    let kernel: StructType = serde_json::from_str(text).map_err(Error::storage)?;
    let schema: Schema = (&kernel).try_into_arrow().map_err(|error| Error::storage(error.to_string()))?;
    Ok(Arc::new(schema))
}

/// A change to one table: what it was in the published state, what it is to
/// be, and when.
pub(crate) struct Commit<'a> {
    pub table: &'a str,
    pub base: Option<&'a TableState>,
    pub next: &'a TableState,
    pub at: DateTime<Utc>,
}

/// Writes the change to the table's log; gives the version that holds it.
///
/// A version beyond the published one, left by a run that was killed before
/// it published, is overtaken: the new version removes what that one added.
pub(crate) async fn commit(storage: &Storage, commit: &Commit<'_>) -> Result<u64> {
    let base_files = commit.base.map_or_else(Vec::new, TableState::stored);
    let version = commit.base.and_then(|base| base.version).map_or(0, |version| version + 1);
    let describe = commit.base.is_none_or(|base| {
        base.version.is_none() || base.schema != commit.next.schema || base.description != commit.next.description
    });
    let entry = log_entry(commit, &base_files, version == 0, describe)?;
    if storage.create_durable(&log_path(commit.table, version), entry).await? {
        if version > 0 && version.is_multiple_of(CHECKPOINT_EVERY) {
            checkpoint(storage, commit.table).await?;
        }
        return Ok(version);
    }
    overtake(storage, commit).await
}

/// Whether the log of a table holds a version beyond the published one.
pub(crate) async fn latest_is_ahead(storage: &Storage, table: &str, state: &TableState) -> Result<bool> {
    storage.exists(&log_path(table, state.version.map_or(0, |version| version + 1))).await
}

async fn overtake(storage: &Storage, commit: &Commit<'_>) -> Result<u64> {
    let latest = open(storage, commit.table).await?;
    let snapshot = latest.snapshot().map_err(Error::storage)?;
    let there: Vec<(String, u64)> =
        snapshot.log_data().iter().map(|file| (file.path().to_string(), file.size() as u64)).collect();
    let present: Vec<StoredFile<'_>> =
        there.iter().map(|(path, size)| StoredFile { path, size: *size, rows: 0 }).collect();
    let version = snapshot.version() + 1;
    let entry = log_entry(commit, &present, false, true)?;
    if storage.create_durable(&log_path(commit.table, version), entry).await? {
        return Ok(version);
    }
    Err(Error::storage(format!(
        "the table {} is being written by someone else: let one run at a time write to {}",
        commit.table,
        storage.url()
    )))
}

fn log_entry(commit: &Commit<'_>, present: &[StoredFile<'_>], create: bool, describe: bool) -> Result<Bytes> {
    let at = commit.at.timestamp_millis();
    let mut actions = vec![Action::CommitInfo(CommitInfo {
        timestamp: Some(at),
        operation: Some(if create { "CREATE TABLE AS SELECT" } else { "WRITE" }.to_owned()),
        operation_parameters: Some(HashMap::from([("mode".to_owned(), "Overwrite".into())])),
        engine_info: Some(format!("peil {}", env!("CARGO_PKG_VERSION"))),
        ..CommitInfo::default()
    })];
    if create {
        actions.push(Action::Protocol(protocol()?));
    }
    if describe {
        actions.push(Action::Metadata(metadata(commit, at)?));
    }
    let next = commit.next.stored();
    let wanted: BTreeSet<&str> = next.iter().map(|file| file.path).collect();
    let there: BTreeSet<&str> = present.iter().map(|file| file.path).collect();
    let mut gone: Vec<&StoredFile<'_>> = present.iter().filter(|file| !wanted.contains(file.path)).collect();
    gone.sort_by_key(|file| file.path);
    actions.extend(gone.into_iter().map(|file| Action::Remove(remove(file, at))));
    let new = next.iter().filter(|file| !there.contains(file.path));
    actions.extend(new.map(|file| Action::Add(add(file, at))));
    let lines = actions.iter().map(serde_json::to_string).collect::<Result<Vec<_>, _>>().map_err(Error::internal)?;
    Ok(lines.join("\n").into())
}

fn add(file: &StoredFile<'_>, at: i64) -> Add {
    Add {
        path: file.path.to_owned(),
        size: file.size as i64,
        modification_time: at,
        data_change: true,
        stats: Some(format!("{{\"numRecords\":{}}}", file.rows)),
        ..Add::default()
    }
}

fn remove(file: &StoredFile<'_>, at: i64) -> Remove {
    Remove {
        path: file.path.to_owned(),
        data_change: true,
        deletion_timestamp: Some(at),
        extended_file_metadata: Some(true),
        partition_values: Some(HashMap::new()),
        size: Some(file.size as i64),
        ..Remove::default()
    }
}

fn protocol() -> Result<Protocol> {
    serde_json::from_value(serde_json::json!({ "minReaderVersion": 1, "minWriterVersion": 2 })).map_err(Error::internal)
}

fn metadata(commit: &Commit<'_>, at: i64) -> Result<Metadata> {
    // The identity of a table is its name: the same on every machine.
    let digest = hex(&Sha256::digest(commit.table.as_bytes())[..16]);
    let id = format!("{}-{}-{}-{}-{}", &digest[..8], &digest[8..12], &digest[12..16], &digest[16..20], &digest[20..]);
    serde_json::from_value(serde_json::json!({
        "id": id,
        "name": commit.table.replace('/', "."),
        "description": commit.next.description,
        "format": { "provider": "parquet", "options": {} },
        "schemaString": commit.next.schema,
        "partitionColumns": [],
        "configuration": {},
        "createdTime": at,
    }))
    .map_err(Error::internal)
}

fn log_path(table: &str, version: u64) -> String {
    format!("{table}/_delta_log/{version:020}.json")
}

async fn open(storage: &Storage, table: &str) -> Result<DeltaTable> {
    let builder = if storage.is_local() {
        let url = storage.url().join(table).map_err(Error::internal)?;
        DeltaTableBuilder::from_url(url).map_err(Error::storage)?
    } else {
        // The library finds a log by the kind of its URL, and has none for the
        // clouds: ours reads and writes through the store that we opened.
        let path = storage.object_path(table);
        let url = Url::parse(&format!("memory:///{path}")).map_err(Error::internal)?;
        let builder = DeltaTableBuilder::from_url(url.clone()).map_err(Error::storage)?;
        builder.with_storage_backend(storage.object_store(), url)
    };
    builder.load().await.map_err(Error::storage)
}

/// What was done to the log of a table.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LogTidied {
    /// Whether it was summed up in a checkpoint.
    pub summed_up: bool,
    /// Entries that were removed.
    pub removed: u64,
}

/// Sums up a log that has grown, and removes entries from before `oldest` that
/// a checkpoint stands for. A log beyond the published version is left alone:
/// the next run overtakes it.
///
/// # Errors
/// [`Error::Storage`] where the log cannot be read or written.
pub async fn tidy_log(storage: &Storage, table: &str, state: &TableState, oldest: DateTime<Utc>) -> Result<LogTidied> {
    let Some(version) = state.version else { return Ok(LogTidied::default()) };
    let entries = storage.list(&format!("{table}/_delta_log")).await?;
    let since = entries.iter().filter(|entry| entry.path.ends_with(".json")).count() as u64;
    if since < TIDY_FROM || latest_is_ahead(storage, table, state).await? {
        return Ok(LogTidied::default());
    }
    let latest = open(storage, table).await?;
    deltalake_core::checkpoints::create_checkpoint(&latest, None).await.map_err(Error::storage)?;
    let removed = deltalake_core::checkpoints::cleanup_expired_logs_for(
        version,
        latest.log_store().as_ref(),
        oldest.timestamp_millis(),
        None,
    )
    .await
    .map_err(Error::storage)?;
    Ok(LogTidied { summed_up: true, removed: removed as u64 })
}

async fn checkpoint(storage: &Storage, table: &str) -> Result<()> {
    let table = open(storage, table).await?;
    deltalake_core::checkpoints::create_checkpoint(&table, None).await.map_err(Error::storage)
}
