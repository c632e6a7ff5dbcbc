//! The one pointer over all tables.
//!
//! Delta makes each table safe; `published.json` makes the whole safe. It
//! names, for every table, the version that counts, its files, and what each
//! part was made from. It is written last, in one step, after the data and the
//! logs have reached the disk: readers see all of one run or all of the next,
//! and a run that is killed leaves what was published as it was.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow::array::RecordBatch;
use bytes::Bytes;
use chrono::{DateTime, NaiveDate, Utc};
use futures::{StreamExt, TryStreamExt};
use serde::{Deserialize, Serialize};

use crate::storage::{Storage, Version};
use crate::table::{self, Commit, DataFile, TableSpec, TableState};
use crate::{Error, Result, clock, compact};

/// The document itself.
pub(crate) const POINTER: &str = "published.json";
/// Form 2 knows bundles.
const FORMAT: u32 = 2;
/// There while a run on an object store writes logs, and after one that did
/// not come to its end: only then is it asked of every table whether its log
/// is ahead of what is published.
const UNDER_WAY: &str = "_publishing";
/// Logs that are written at the same time.
const CONCURRENT_COMMITS: usize = 16;

/// What is published: which version of which table, and what it rests on.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Published {
    /// Form of this document.
    pub format: u32,
    /// One more at each publication.
    pub sequence: u64,
    /// When it was published.
    pub published_at: Option<DateTime<Utc>>,
    /// The run that published the marts.
    pub run_id: Option<String>,
    /// Last day whose facts count in the marts.
    pub as_of: Option<NaiveDate>,
    /// Last delivery date that the conformed tables use; none: all.
    pub known_on: Option<NaiveDate>,
    /// Tells whether a pseudonym key is the one this warehouse was filled
    /// with, without telling the key.
    pub pseudonym_key_check: Option<String>,
    /// How often the pseudonym key was rotated: so many keys beyond the first
    /// make a pseudonym.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub pseudonym_key_rotations: u32,
    /// Persons that were erased: a mark of the pseudonym that each had, and
    /// what stands in its place.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub erased: BTreeMap<String, String>,
    /// What each stage was made from, by stage: equal, nothing to do.
    pub inputs: BTreeMap<String, String>,
    /// Every table, by layer and name.
    pub tables: BTreeMap<String, TableState>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

impl Published {
    /// Reads the pointer; of a new warehouse, an empty one.
    ///
    /// # Errors
    /// [`Error::Storage`] where it cannot be read, or was written by a newer
    /// Peil.
    pub async fn read(storage: &Storage) -> Result<Self> {
        match storage.get_optional(POINTER).await? {
            None => Ok(Self { format: FORMAT, ..Self::default() }),
            Some(content) => Self::decode(storage, &content),
        }
    }

    /// The same, with the version of the pointer.
    async fn read_versioned(storage: &Storage) -> Result<(Self, Option<Version>)> {
        match storage.get_versioned(POINTER).await? {
            None => Ok((Self { format: FORMAT, ..Self::default() }, None)),
            Some((content, version)) => Ok((Self::decode(storage, &content)?, Some(version))),
        }
    }

    fn decode(storage: &Storage, content: &[u8]) -> Result<Self> {
        let published: Self = serde_json::from_slice(content)
            .map_err(|error| Error::storage(format!("{POINTER} of {} cannot be read: {error}", storage.url())))?;
        if published.format == 0 || published.format > FORMAT {
            return Err(Error::storage(format!(
                "the warehouse {} has form {} and this program knows forms up to {FORMAT}: use the newer program",
                storage.url(),
                published.format
            )));
        }
        Ok(published)
    }

    /// The state of a table, as `marts/indicator_values`.
    pub fn table(&self, name: &str) -> Option<&TableState> {
        self.tables.get(name)
    }

    /// All rows of a table; none of a table that is not there.
    ///
    /// # Errors
    /// [`Error::Storage`] where a file cannot be read.
    pub async fn batches(&self, storage: &Storage, name: &str, columns: Option<&[&str]>) -> Result<Vec<RecordBatch>> {
        match self.table(name) {
            None => Ok(Vec::new()),
            Some(state) => table::read_batches(storage, name, state, columns).await,
        }
    }
}

/// A run's draft of the next published state.
///
/// Stages read through it (what an earlier stage wrote is seen), set the parts
/// of their tables, and publish.
#[derive(Debug)]
pub struct Draft {
    storage: Storage,
    /// What was published when the draft was begun.
    begun: Arc<Published>,
    base: Published,
    next: Published,
    /// The pointer on which this draft rests: on an object store, only that
    /// one is overwritten.
    seen: Option<Version>,
    /// Whether it is known that no log is ahead of what is published.
    logs_known: bool,
}

impl Draft {
    /// A draft that starts from what is published.
    ///
    /// # Errors
    /// As [`Published::read`].
    pub async fn begin(storage: &Storage) -> Result<Self> {
        let (base, seen) = Published::read_versioned(storage).await?;
        let begun = Arc::new(base.clone());
        Ok(Self { storage: storage.clone(), begun, next: base.clone(), base, seen, logs_known: false })
    }

    /// A draft that starts from a given state of the tables in `storage`.
    pub fn from(published: Published, storage: &Storage) -> Self {
        Self {
            storage: storage.clone(),
            begun: Arc::new(published.clone()),
            base: published.clone(),
            next: published,
            seen: None,
            logs_known: false,
        }
    }

    /// Where the tables are.
    pub fn storage(&self) -> &Storage {
        &self.storage
    }

    /// The state as this draft has it.
    pub fn published(&self) -> &Published {
        &self.next
    }

    /// A table as this draft has it.
    pub fn table(&self, name: &str) -> Option<&TableState> {
        self.next.table(name)
    }

    /// A table as it was when the draft was begun: before this run.
    pub fn table_before(&self, name: &str) -> Option<&TableState> {
        self.begun.table(name)
    }

    /// Makes sure that the table is there, with these columns and this
    /// documentation.
    ///
    /// # Errors
    /// [`Error::Internal`] where Delta has no type for a column.
    pub fn declare(&mut self, spec: &TableSpec) -> Result<()> {
        let empty = TableState::empty(spec)?;
        let state = self.next.tables.entry(spec.name.clone()).or_insert_with(|| empty.clone());
        state.schema = empty.schema;
        state.description = empty.description;
        Ok(())
    }

    /// What a part was made from; none where there is no such part.
    pub fn fingerprint(&self, name: &str, part: &str) -> Option<&str> {
        self.table(name)?.parts.get(part).map(String::as_str)
    }

    /// Replaces a part of a table by `files`.
    ///
    /// # Errors
    /// [`Error::Internal`] where the table was not declared.
    pub fn set_part(
        &mut self,
        name: &str,
        part: &str,
        fingerprint: impl Into<String>,
        files: Vec<DataFile>,
    ) -> Result<()> {
        let state = self.state(name)?;
        state.files.retain(|file| file.part != part);
        let at = state.files.partition_point(|file| file.part.as_str() < part);
        state.files.splice(at..at, files);
        state.parts.insert(part.to_owned(), fingerprint.into());
        Ok(())
    }

    /// Removes a part of a table.
    ///
    /// # Errors
    /// [`Error::Internal`] where the table was not declared.
    pub fn remove_part(&mut self, name: &str, part: &str) -> Result<()> {
        let state = self.state(name)?;
        state.files.retain(|file| file.part != part);
        state.parts.remove(part);
        Ok(())
    }

    /// Encodes and writes rows as one part of a table; a part without rows
    /// has no file.
    ///
    /// # Errors
    /// [`Error::Storage`] where it cannot be written; [`Error::Internal`]
    /// where the table was not declared.
    pub async fn write_part(
        &mut self,
        name: &str,
        part: &str,
        fingerprint: impl Into<String>,
        batches: &[RecordBatch],
    ) -> Result<()> {
        let rows: usize = batches.iter().map(RecordBatch::num_rows).sum();
        let files = if rows == 0 {
            Vec::new()
        } else {
            let schema = self.state(name)?.arrow_schema()?;
            let content = table::encode(batches, &schema)?;
            vec![table::write_file(&self.storage, name, part, content, rows as u64).await?]
        };
        self.set_part(name, part, fingerprint, files)
    }

    /// All rows of a table as this draft has it.
    ///
    /// # Errors
    /// [`Error::Storage`] where a file cannot be read.
    pub async fn batches(&self, name: &str, columns: Option<&[&str]>) -> Result<Vec<RecordBatch>> {
        self.next.batches(&self.storage, name, columns).await
    }

    /// A hash over what a table holds; a fixed text for one that is not there.
    pub fn content_hash(&self, name: &str) -> String {
        self.table(name).map_or_else(|| "none".to_owned(), TableState::content_hash)
    }

    /// Changes what the pointer says beside the tables.
    pub fn update(&mut self, change: impl FnOnce(&mut Published)) {
        change(&mut self.next);
    }

    /// Takes a layer back to what is published: nothing of the draft's changes
    /// to it will be seen.
    pub fn abandon(&mut self, layer: &str) {
        let prefix = format!("{layer}/");
        self.next.tables.retain(|name, _| !name.starts_with(&prefix));
        let kept = self.base.tables.iter().filter(|(name, _)| name.starts_with(&prefix));
        self.next.tables.extend(kept.map(|(name, state)| (name.clone(), state.clone())));
    }

    /// Publishes the draft: data to the disk, then the logs of the tables that
    /// changed, then the pointer. Without a change, does nothing. The draft
    /// goes on from what it published.
    ///
    /// # Errors
    /// [`Error::Storage`] where something cannot be written; what was
    /// published before stays.
    pub async fn publish(&mut self) -> Result<()> {
        if self.next == self.base {
            return Ok(());
        }
        if self.storage.is_scratch() {
            // Nobody else sees it: there is no log to keep.
            self.base = self.next.clone();
            return Ok(());
        }
        compact::mend(self).await?;
        let at = clock::now();
        let mut written = Vec::new();
        for (name, state) in &self.next.tables {
            let base = self.base.table(name);
            if base.is_some_and(|base| base.files == state.files) {
                continue;
            }
            let before = base.map(TableState::stored).unwrap_or_default();
            let before: BTreeSet<&str> = before.into_iter().map(|file| file.path).collect();
            let new = state.stored().into_iter().filter(|file| !before.contains(file.path));
            written.extend(new.map(|file| format!("{name}/{}", file.path)));
        }
        self.storage.sync(&written).await?;
        self.begin_logs().await?;
        let (storage, base, logs_known) = (&self.storage, &self.base, self.logs_known);
        let versions: Vec<(String, u64)> =
            futures::stream::iter(self.next.tables.iter().map(|(name, next)| async move {
                let before = base.table(name);
                let unchanged = before.is_some_and(|before| {
                    before.version.is_some()
                        && before.files == next.files
                        && before.schema == next.schema
                        && before.description == next.description
                });
                if unchanged && (logs_known || !table::latest_is_ahead(storage, name, next).await?) {
                    return Ok::<_, Error>(None);
                }
                let version = table::commit(storage, &Commit { table: name, base: before, next, at }).await?;
                Ok(Some((name.clone(), version)))
            }))
            .buffer_unordered(CONCURRENT_COMMITS)
            .try_filter_map(|version| async move { Ok(version) })
            .try_collect()
            .await?;
        for (name, version) in versions {
            self.state(&name)?.version = Some(version);
        }
        self.next.format = FORMAT;
        self.next.sequence = self.base.sequence + 1;
        self.next.published_at = Some(at);
        let pointer = serde_json::to_vec(&self.next).map_err(Error::internal)?;
        self.put_pointer(pointer.into()).await?;
        self.base = self.next.clone();
        self.logs_known = true;
        Ok(())
    }

    /// Before logs are written on an object store: that no other run has
    /// published since, and a mark for the next run in case this one is cut
    /// off.
    async fn begin_logs(&mut self) -> Result<()> {
        if self.storage.is_local() {
            return Ok(());
        }
        let (now, under_way) =
            futures::try_join!(self.storage.version(POINTER), async { self.storage.exists(UNDER_WAY).await })?;
        if now != self.seen {
            return Err(self.overtaken());
        }
        self.logs_known = self.logs_known || !under_way;
        self.storage.put_durable(UNDER_WAY, "a run writes the logs of the tables".into()).await
    }

    async fn put_pointer(&mut self, pointer: Bytes) -> Result<()> {
        if self.storage.is_local() {
            return self.storage.put_durable(POINTER, pointer).await;
        }
        match self.storage.replace(POINTER, pointer, self.seen.as_ref()).await? {
            Some(version) => self.seen = Some(version),
            None => return Err(self.overtaken()),
        }
        self.storage.delete(UNDER_WAY).await
    }

    fn overtaken(&self) -> Error {
        Error::storage(format!(
            "another run has published in {} since this one began, which was stopped or cut off for a while: nothing of this one is seen\nhint: run again: what is there is not done twice",
            self.storage.url()
        ))
    }

    pub(crate) fn state(&mut self, name: &str) -> Result<&mut TableState> {
        self.next.tables.get_mut(name).ok_or_else(|| Error::internal(format!("the table {name} was not declared")))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{Int64Array, RecordBatch};
    use arrow::datatypes::{DataType, Field};

    use super::*;
    use crate::table::documented;

    const TABLE: &str = "marts/numbers";

    fn spec() -> TableSpec {
        let column = documented(Field::new("number", DataType::Int64, true), "a number");
        TableSpec::new(TABLE, "a row for each number", vec![column])
    }

    fn batch(numbers: &[i64]) -> RecordBatch {
        RecordBatch::try_new(spec().schema, vec![Arc::new(Int64Array::from(numbers.to_vec()))]).unwrap()
    }

    async fn publish(storage: &Storage, part: &str, numbers: &[i64]) -> Draft {
        let mut draft = Draft::begin(storage).await.unwrap();
        draft.declare(&spec()).unwrap();
        draft.write_part(TABLE, part, format!("{numbers:?}"), &[batch(numbers)]).await.unwrap();
        draft.publish().await.unwrap();
        draft
    }

    async fn rows(storage: &Storage) -> Vec<i64> {
        let published = Published::read(storage).await.unwrap();
        let batches = published.batches(storage, TABLE, None).await.unwrap();
        let column =
            |batch: &RecordBatch| batch.column(0).as_any().downcast_ref::<Int64Array>().unwrap().values().to_vec();
        batches.iter().flat_map(column).collect()
    }

    async fn delta_files(storage: &Storage) -> Vec<String> {
        let url = storage.url().join(TABLE).unwrap();
        let table = deltalake_core::DeltaTableBuilder::from_url(url).unwrap().load().await.unwrap();
        let mut files: Vec<String> =
            table.snapshot().unwrap().log_data().iter().map(|file| file.path().to_string()).collect();
        files.sort();
        files
    }

    #[tokio::test]
    async fn parts_are_kept_in_order_and_replaced_alone() {
        let folder = tempfile::tempdir().unwrap();
        let storage = Storage::open(folder.path().to_str().unwrap()).unwrap();
        publish(&storage, "2022-02", &[3, 4]).await;
        publish(&storage, "2022-01", &[1]).await;
        assert_eq!(rows(&storage).await, [1, 3, 4]);
        publish(&storage, "2022-02", &[5]).await;
        assert_eq!(rows(&storage).await, [1, 5]);
        assert_eq!(delta_files(&storage).await.len(), 2);
    }

    #[tokio::test]
    async fn without_a_change_nothing_is_published() {
        let folder = tempfile::tempdir().unwrap();
        let storage = Storage::open(folder.path().to_str().unwrap()).unwrap();
        publish(&storage, "", &[1]).await;
        let before = Published::read(&storage).await.unwrap();
        publish(&storage, "", &[1]).await;
        assert_eq!(Published::read(&storage).await.unwrap(), before);
    }

    #[tokio::test]
    async fn what_a_killed_run_committed_is_never_seen_and_is_overtaken() {
        let folder = tempfile::tempdir().unwrap();
        let storage = Storage::open(folder.path().to_str().unwrap()).unwrap();
        publish(&storage, "", &[1]).await;
        let pointer = storage.get(POINTER).await.unwrap();
        publish(&storage, "", &[2]).await;
        // As if the power was cut after the logs and before the pointer.
        storage.put_durable(POINTER, pointer).await.unwrap();
        assert_eq!(rows(&storage).await, [1]);
        publish(&storage, "", &[3]).await;
        assert_eq!(rows(&storage).await, [3]);
        let state = Published::read(&storage).await.unwrap();
        let files: Vec<_> = state.table(TABLE).unwrap().files.iter().map(|file| file.path.clone()).collect();
        assert_eq!(delta_files(&storage).await, files);
    }

    #[tokio::test]
    async fn an_abandoned_layer_stays_as_published() {
        let folder = tempfile::tempdir().unwrap();
        let storage = Storage::open(folder.path().to_str().unwrap()).unwrap();
        let mut draft = publish(&storage, "", &[1]).await;
        draft.write_part(TABLE, "", "other", &[batch(&[9])]).await.unwrap();
        draft.abandon("marts");
        draft.publish().await.unwrap();
        assert_eq!(rows(&storage).await, [1]);
    }
}
