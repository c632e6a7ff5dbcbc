//! Releases: the figures of a period as they were published, kept for good.
//!
//! ```text
//! releases/2022S1.json          what the release answers for; makes it visible
//! releases/2022S1/published.json, marts/…, ops/…    its tables: a warehouse that is only read
//! releases/2022S1/definitions/…  the contracts and models that made them
//! releases/2022S1/report/…       its report, as it went out
//! ```
//!
//! Everything that a release needs is copied into its folder, so that no
//! retention of the warehouse's own tables can break it. The folder is written
//! whole before its document is created, in one step and never over another:
//! a release is there completely or not at all, and is never changed. To
//! publish a period again is a further release of it, `2022S1-r2`.

mod records;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use bytes::Bytes;
use chrono::{DateTime, NaiveDate, Utc};
use futures::{StreamExt, TryStreamExt};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

pub use records::{CAUSES, RELEASES_TABLE, REVISIONS_TABLE, VINTAGES_TABLE, specs};

use crate::publish::{POINTER, Published};
use crate::storage::Storage;
use crate::table::{self, hex};
use crate::{Error, Period, Result};

/// Where releases stand in a warehouse.
pub const RELEASES: &str = "releases";
/// Where the report stands in the folder of a release.
pub const REPORT: &str = "report";
const FORMAT: u32 = 1;
/// Files that are copied at the same time.
const CONCURRENT_COPIES: usize = 8;

/// A release: what was published of a period, and what it rests on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Release {
    /// Form of this document.
    pub format: u32,
    /// Its name: the period, with `-r2` and so on for a further release.
    pub id: String,
    /// The period that was closed.
    pub period: Period,
    /// When it was closed.
    pub closed_at: DateTime<Utc>,
    /// Why it was published again; none for the first release.
    pub reason: Option<String>,
    /// The program that made the figures.
    pub code_version: String,
    /// Counts of fewer persons are not shown.
    pub threshold: u32,
    /// A hash over contracts and models: equal, counted in the same way.
    pub definitions_fingerprint: String,
    /// Its tables, with as-of and known-on day and the run that made them.
    pub published: Published,
    /// The deliveries that the figures rest on.
    pub deliveries: Vec<ReleasedDelivery>,
    /// The targets of the figures of the period.
    pub targets: Vec<ReleasedTarget>,
    /// The definitions in force.
    pub definitions: Vec<ReleasedDefinition>,
    /// SHA-256 of each file of its folder, by its path there.
    pub files: BTreeMap<String, String>,
}

/// A delivery that a release rests on.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReleasedDelivery {
    /// System and dataset, as `portal/events`.
    pub dataset: String,
    /// The date under which it counts.
    pub delivery_date: NaiveDate,
    /// The object under which it came.
    pub object: String,
    /// SHA-256 of what came.
    pub sha256: String,
    /// Its identity in the staged tables.
    pub delivery_id: String,
}

/// A target as it was published.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReleasedTarget {
    /// The indicator.
    pub indicator_id: String,
    /// The period.
    pub period: Period,
    /// The target.
    pub target: f64,
}

/// The definition of an indicator as it was published.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReleasedDefinition {
    /// The indicator.
    pub indicator_id: String,
    /// The version in force at the end of the period, from 1.
    pub version: u32,
    /// What it counts, in Dutch.
    pub definition_nl: String,
}

impl Release {
    /// The name of its schema in SQL, as `release_2022s1_r2`.
    pub fn schema(&self) -> String {
        format!("release_{}", self.id.to_lowercase().replace('-', "_"))
    }

    /// Its folder as a warehouse of its own, only to be read.
    pub fn storage(&self, warehouse: &Storage) -> Storage {
        folder(warehouse, &self.id)
    }

    /// Whether it publishes the figures of `period`: its own, and those of
    /// the quarters and semesters within it.
    pub fn covers(&self, period: Period) -> bool {
        self.period.contains(period)
    }

    /// Makes the release visible. Its folder must be written: nothing of it
    /// changes any more.
    ///
    /// # Errors
    /// [`Error::Usage`] where there is a release of this name already;
    /// [`Error::Storage`] where it cannot be written.
    pub async fn create(&self, warehouse: &Storage) -> Result<()> {
        let files: Vec<String> = self.files.keys().cloned().collect();
        self.storage(warehouse).sync(&files).await?;
        let document = serde_json::to_vec_pretty(self).map_err(Error::internal)?;
        if warehouse.create_durable(&document_path(&self.id), document.into()).await? {
            return Ok(());
        }
        Err(Error::usage(format!("the release {} is there already: what is published is never overwritten", self.id)))
    }

    /// The files of its folder whose content is not what was published, with
    /// what is wrong; empty where all are as they were.
    ///
    /// # Errors
    /// [`Error::Storage`] where the store does not answer.
    pub async fn damaged(&self, warehouse: &Storage) -> Result<Vec<String>> {
        let storage = &self.storage(warehouse);
        let checks = self.files.iter().map(|(path, expected)| async move {
            Ok::<_, Error>(match storage.get_optional(path).await? {
                None => Some(format!("{path} is gone")),
                Some(content) if sha256(&content) != *expected => Some(format!("{path} has been changed")),
                Some(_) => None,
            })
        });
        let found: Vec<Option<String>> =
            futures::stream::iter(checks).buffered(CONCURRENT_COPIES).try_collect().await?;
        Ok(found.into_iter().flatten().collect())
    }
}

/// A folder of a release that is being written.
#[derive(Debug)]
pub struct Folder {
    storage: Storage,
    files: BTreeMap<String, String>,
}

impl Folder {
    /// The empty folder of a release to be; what a close that was killed left
    /// there goes.
    ///
    /// # Errors
    /// [`Error::Storage`] where the store does not answer.
    pub async fn begin(warehouse: &Storage, id: &str) -> Result<Self> {
        let storage = folder(warehouse, id);
        for left in storage.list("").await? {
            storage.delete(&left.path).await?;
        }
        Ok(Self { storage, files: BTreeMap::new() })
    }

    /// Writes a file.
    ///
    /// # Errors
    /// [`Error::Storage`] where it cannot be written.
    pub async fn put(&mut self, path: &str, content: impl Into<Bytes>) -> Result<()> {
        let content = content.into();
        self.files.insert(path.to_owned(), sha256(&content));
        self.storage.put(path, content).await
    }

    /// Copies the tables that `published` names, and the pointer over them.
    ///
    /// # Errors
    /// [`Error::Storage`] where a file cannot be read or written.
    pub async fn copy(&mut self, warehouse: &Storage, published: &Published) -> Result<()> {
        let target = &self.storage;
        let files = published.tables.iter().flat_map(|(name, state)| state.files.iter().map(move |file| (name, file)));
        let copies = files.map(|(name, file)| async move {
            let content = table::read_file(warehouse, name, file).await?;
            let path = format!("{name}/{}", file.path);
            let hash = sha256(&content);
            target.put(&path, content).await?;
            Ok::<_, Error>((path, hash))
        });
        let copied: Vec<(String, String)> =
            futures::stream::iter(copies).buffer_unordered(CONCURRENT_COPIES).try_collect().await?;
        self.files.extend(copied);
        // Each file stands for itself there.
        let mut published = published.clone();
        for state in published.tables.values_mut() {
            state.files.iter_mut().for_each(|file| file.bundle = None);
        }
        let pointer = serde_json::to_vec(&published).map_err(Error::internal)?;
        self.put(POINTER, pointer).await
    }

    /// SHA-256 of each file that was written.
    pub fn finish(self) -> BTreeMap<String, String> {
        self.files
    }
}

/// All releases, the first closed first.
///
/// # Errors
/// [`Error::Storage`] where one cannot be read: its document was changed, or
/// written by a newer Peil.
pub async fn all(warehouse: &Storage) -> Result<Vec<Release>> {
    let mut releases = Vec::new();
    for name in warehouse.names_in(RELEASES).await? {
        let Some(id) = name.strip_suffix(".json").filter(|id| !id.starts_with('.')) else { continue };
        releases.push(read(warehouse, id).await?);
    }
    releases.sort_by(|one, other| (one.closed_at, &one.id).cmp(&(other.closed_at, &other.id)));
    Ok(releases)
}

/// The document of a release as it stands, to be hashed.
///
/// # Errors
/// [`Error::Storage`] where it cannot be read.
pub async fn document(warehouse: &Storage, id: &str) -> Result<Bytes> {
    warehouse.get(&document_path(id)).await
}

/// The name of the next release of a period.
pub fn next_id(releases: &[Release], period: Period) -> String {
    match releases.iter().filter(|release| release.period == period).count() {
        0 => period.to_string(),
        before => format!("{period}-r{}", before + 1),
    }
}

/// A release by its name, in whatever case, or by that of its schema.
///
/// # Errors
/// [`Error::Usage`] that names the releases there are.
pub fn find<'a>(releases: &'a [Release], name: &str) -> Result<&'a Release> {
    let wanted = name.to_lowercase();
    let found = releases.iter().find(|release| release.id.to_lowercase() == wanted || release.schema() == wanted);
    found.ok_or_else(|| {
        let known: Vec<&str> = releases.iter().map(|release| release.id.as_str()).collect();
        let hint = match known.as_slice() {
            [] => "nothing was released yet: `peil close PERIOD` does that".to_owned(),
            known => format!("the releases are {}", known.join(", ")),
        };
        Error::usage(format!("there is no release `{name}`\nhint: {hint}"))
    })
}

/// The form of the document that this program writes.
pub const fn format() -> u32 {
    FORMAT
}

/// SHA-256 in hexadecimal.
pub fn sha256(content: &[u8]) -> String {
    hex(&Sha256::digest(content))
}

async fn read(warehouse: &Storage, id: &str) -> Result<Release> {
    let path = document_path(id);
    let content = warehouse.get(&path).await?;
    let wrong = |what: String| Error::storage(format!("{path} of {}: {what}", warehouse.url()));
    let release: Release = serde_json::from_slice(&content).map_err(|error| wrong(format!("no release: {error}")))?;
    if release.format != FORMAT {
        return Err(wrong(format!("it has form {} and this program knows form {FORMAT}", release.format)));
    }
    if release.id != id {
        return Err(wrong(format!("it is the release {}, under another name", release.id)));
    }
    Ok(release)
}

fn folder(warehouse: &Storage, id: &str) -> Storage {
    warehouse.within(&format!("{RELEASES}/{id}"))
}

fn document_path(id: &str) -> String {
    format!("{RELEASES}/{id}.json")
}
