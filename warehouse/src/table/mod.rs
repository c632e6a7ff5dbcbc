//! The tables of the warehouse: Delta Lake tables of Parquet.
//!
//! A table is a set of Parquet data files. Each file belongs to a *part* of
//! the table: a delivery, a month, or the whole where a table is small. Files
//! are named by their content, so that what is made again from the same input
//! is the same file, and only what changed is written.

mod bundle;
mod chunk;
mod coded;
mod delta;
mod differences;
mod encode;
mod file;
mod files;
mod groups;
mod prefixed;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow::datatypes::{Field, Schema, SchemaRef};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

pub use bundle::{Bundle, StoredFile};
pub use delta::{LogTidied, delta_schema, schema_of, tidy_log};
pub use encode::{encode, encode_groups};
pub use file::{ChunkCopy, ColumnSource, FileBuilder};
pub use files::{read_batches, read_file, read_files, write_file};
pub use groups::RowGroups;

pub(crate) use bundle::write_bundle;
pub(crate) use delta::{Commit, commit, latest_is_ahead};

use crate::Result;

/// The key under which the documentation of a column stands in its field.
pub const COMMENT: &str = "comment";

/// What a table looks like: its name, columns and documentation.
#[derive(Debug, Clone)]
pub struct TableSpec {
    /// Layer and table, as `marts/indicator_values`.
    pub name: String,
    /// Columns in order; the documentation of each stands in its metadata
    /// under [`COMMENT`].
    pub schema: SchemaRef,
    /// What a row is.
    pub description: String,
}

impl TableSpec {
    /// A table of `columns`, each with its documentation.
    pub fn new(name: impl Into<String>, description: impl Into<String>, columns: Vec<Field>) -> Self {
        Self { name: name.into(), schema: Arc::new(Schema::new(columns)), description: description.into() }
    }
}

/// A field with its documentation.
pub fn documented(field: Field, comment: impl Into<String>) -> Field {
    let comment = comment.into();
    let mut metadata = field.metadata().clone();
    metadata.insert(COMMENT.to_owned(), comment);
    field.with_metadata(metadata)
}

/// A data file of a table.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct DataFile {
    /// The part to which it belongs.
    pub part: String,
    /// Path under the table, or the one that it had before it was put together
    /// with others: its name by its content.
    pub path: String,
    /// Bytes.
    pub size: u64,
    /// Rows.
    pub rows: u64,
    /// Where its row groups lie, where it was put together with others; none
    /// where it is an object of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bundle: Option<Bundle>,
}

/// The state of a table at one version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableState {
    /// Version in the Delta log; none for a table that is not written yet.
    pub version: Option<u64>,
    /// Columns, as the Delta log has them.
    pub schema: String,
    /// What a row is.
    pub description: String,
    /// Data files, sorted by part, in each part in order of writing.
    pub files: Vec<DataFile>,
    /// What each part was made from: equal fingerprints, equal content.
    pub parts: BTreeMap<String, String>,
}

impl TableState {
    /// The empty table of a specification, not written yet.
    ///
    /// # Errors
    /// [`crate::Error::Internal`] where Delta has no type for a column.
    pub fn empty(spec: &TableSpec) -> Result<Self> {
        Ok(Self {
            version: None,
            schema: delta_schema(&spec.schema)?,
            description: spec.description.clone(),
            files: Vec::new(),
            parts: BTreeMap::new(),
        })
    }

    /// The columns.
    ///
    /// # Errors
    /// [`crate::Error::Storage`] where the pointer holds no valid schema.
    pub fn arrow_schema(&self) -> Result<SchemaRef> {
        schema_of(&self.schema)
    }

    /// The number of rows.
    pub fn rows(&self) -> u64 {
        self.files.iter().map(|file| file.rows).sum()
    }

    /// The files of one part, in order.
    pub fn part_files<'a>(&'a self, part: &'a str) -> impl Iterator<Item = &'a DataFile> {
        self.files.iter().filter(move |file| file.part == part)
    }

    /// A hash over what the table holds: columns and files. Equal hashes,
    /// equal rows.
    pub fn content_hash(&self) -> String {
        let paths: BTreeSet<&str> = self.files.iter().map(|file| file.path.as_str()).collect();
        let mut hash = Sha256::new();
        hash.update(self.schema.as_bytes());
        for path in paths {
            hash.update(b"\n");
            hash.update(path.as_bytes());
        }
        hex(&hash.finalize()[..16])
    }
}

/// Lower-case hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// A hash over texts, for fingerprints of parts: 32 hexadecimal digits.
///
/// ```
/// use peil_warehouse::table::fingerprint;
/// assert_ne!(fingerprint(["ab", "c"]), fingerprint(["a", "bc"]));
/// ```
pub fn fingerprint<T: AsRef<str>>(texts: impl IntoIterator<Item = T>) -> String {
    let mut hash = Sha256::new();
    for text in texts {
        let text = text.as_ref().as_bytes();
        hash.update((text.len() as u64).to_le_bytes());
        hash.update(text);
    }
    hex(&hash.finalize()[..16])
}
