//! Many small data files put together in one.
//!
//! A delivery of a night is a file, and ten years of nights are many. A bundle
//! holds the row groups of several files one after the other, as they are
//! encoded. What a table holds stays named by the files that were written:
//! nothing that is made from them is made again, and each can be had from the
//! bundle byte for byte.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use parquet::file::metadata::{ParquetMetaData, ParquetMetaDataReader};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::TypePtr;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::encode::common_properties;
use super::file::as_it_is;
use super::{DataFile, TableState, hex};
use crate::storage::Storage;
use crate::{Error, Result};

/// Where the row groups of a file lie that was put together with others.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bundle {
    /// Path of the bundle under the table.
    pub path: String,
    /// Bytes of the bundle.
    pub size: u64,
    /// Number of the first row group of the file, from 0.
    pub first: u32,
    /// Row groups of the file.
    pub groups: u32,
    /// Row groups of the bundle.
    pub of: u32,
}

impl Bundle {
    /// The numbers of the file's row groups.
    pub fn numbers(&self) -> impl Iterator<Item = usize> + use<> {
        (self.first..self.first + self.groups).map(|number| number as usize)
    }
}

/// An object that holds rows of a table: a data file, or a bundle of several.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoredFile<'a> {
    /// Path under the table.
    pub path: &'a str,
    /// Bytes.
    pub size: u64,
    /// Rows of the table in it.
    pub rows: u64,
}

impl DataFile {
    /// The object that holds the rows.
    pub fn stored_at(&self) -> StoredFile<'_> {
        match &self.bundle {
            None => StoredFile { path: &self.path, size: self.size, rows: self.rows },
            Some(bundle) => StoredFile { path: &bundle.path, size: bundle.size, rows: self.rows },
        }
    }
}

impl TableState {
    /// The objects that hold the rows, each once, in the order of the files.
    pub fn stored(&self) -> Vec<StoredFile<'_>> {
        let mut places: BTreeMap<&str, usize> = BTreeMap::new();
        let mut stored: Vec<StoredFile<'_>> = Vec::new();
        for file in self.files.iter().map(DataFile::stored_at) {
            match places.get(file.path) {
                Some(place) => stored[*place].rows += file.rows,
                None => {
                    places.insert(file.path, stored.len());
                    stored.push(file);
                }
            }
        }
        stored
    }

    /// The files of bundles of which some files are no longer the table's.
    pub(crate) fn in_broken_bundles(&self) -> Vec<usize> {
        let mut there: BTreeMap<&str, u32> = BTreeMap::new();
        for bundle in self.files.iter().filter_map(|file| file.bundle.as_ref()) {
            *there.entry(&bundle.path).or_default() += bundle.groups;
        }
        let is_broken = |bundle: &Bundle| there.get(bundle.path.as_str()) != Some(&bundle.of);
        let files = self.files.iter().enumerate();
        files.filter(|(_, file)| file.bundle.as_ref().is_some_and(is_broken)).map(|(place, _)| place).collect()
    }
}

/// A bundle opened once for all of its files.
#[derive(Debug)]
pub(super) struct OpenBundle {
    content: Bytes,
    metadata: ParquetMetaData,
}

impl OpenBundle {
    /// Opens a bundle.
    pub fn open(content: Bytes) -> Result<Self> {
        let metadata = ParquetMetaDataReader::new().parse_and_finish(&content)?;
        Ok(Self { content, metadata })
    }

    /// A file of it, as it was written.
    pub fn file(&self, bundle: &Bundle) -> Result<Bytes> {
        if bundle.of as usize != self.metadata.num_row_groups() || bundle.first + bundle.groups > bundle.of {
            return Err(Error::storage(format!("{} is not the bundle that the warehouse knows", bundle.path)));
        }
        let groups = bundle.first as usize..(bundle.first + bundle.groups) as usize;
        joined(&[Piece { content: &self.content, metadata: &self.metadata, groups }])
    }
}

/// Some row groups of a file.
#[derive(Debug, Clone)]
struct Piece<'a> {
    content: &'a Bytes,
    metadata: &'a ParquetMetaData,
    groups: Range<usize>,
}

impl Piece<'_> {
    fn form(&self) -> TypePtr {
        self.metadata.file_metadata().schema_descr().root_schema_ptr()
    }
}

/// Row groups of files of one form as a file.
fn joined(pieces: &[Piece<'_>]) -> Result<Bytes> {
    let root = pieces.first().ok_or_else(|| Error::internal("a file of no files"))?.form();
    let properties: WriterProperties = common_properties()?.build();
    let mut writer = SerializedFileWriter::new(Vec::new(), root, Arc::new(properties))?;
    for piece in pieces {
        for group in &piece.metadata.row_groups()[piece.groups.clone()] {
            let mut into = writer.next_row_group()?;
            for column in group.columns() {
                into.append_column(piece.content, as_it_is(column.clone(), group.num_rows() as u64))?;
            }
            into.close()?;
        }
    }
    Ok(writer.into_inner()?.into())
}

/// Puts files together and writes the bundle; gives them with their new place.
/// A file that could not be had from it byte for byte, or is of another form
/// than the first, stays where it is.
///
/// # Errors
/// [`Error::Storage`] where a file cannot be read, or the bundle not be
/// written.
pub(crate) async fn write_bundle(storage: &Storage, table: &str, files: Vec<DataFile>) -> Result<Vec<DataFile>> {
    let contents = super::files::read_files(storage, table, &files).await?;
    let made = tokio::task::spawn_blocking(move || bundle(files, &contents)).await.map_err(Error::internal)??;
    let (files, content) = made;
    if let (Some(path), Some(content)) =
        (files.iter().find_map(|file| file.bundle.as_ref()).map(|bundle| bundle.path.clone()), content)
    {
        storage.put(&format!("{table}/{path}"), content).await?;
    }
    Ok(files)
}

fn bundle(mut files: Vec<DataFile>, contents: &[Bytes]) -> Result<(Vec<DataFile>, Option<Bytes>)> {
    let opened: Vec<ParquetMetaData> = contents
        .iter()
        .map(|content| ParquetMetaDataReader::new().parse_and_finish(content))
        .collect::<Result<_, _>>()?;
    let (mut places, mut pieces): (Vec<usize>, Vec<Piece<'_>>) = (Vec::new(), Vec::new());
    for (place, (content, metadata)) in contents.iter().zip(&opened).enumerate() {
        let piece = Piece { content, metadata, groups: 0..metadata.num_row_groups() };
        let fits = pieces.first().is_none_or(|first| first.form() == piece.form());
        if fits && !piece.groups.is_empty() && joined(std::slice::from_ref(&piece))? == *content {
            places.push(place);
            pieces.push(piece);
        }
    }
    if pieces.len() < 2 {
        return Ok((files, None));
    }
    let content = joined(&pieces)?;
    let path = format!("bundle-{}.parquet", hex(&Sha256::digest(&content)[..8]));
    let of = pieces.iter().map(|piece| piece.groups.len() as u32).sum();
    let open = OpenBundle::open(content.clone())?;
    let mut first = 0;
    for (place, piece) in places.into_iter().zip(pieces) {
        let groups = piece.groups.len() as u32;
        let bundle = Bundle { path: path.clone(), size: content.len() as u64, first, groups, of };
        if open.file(&bundle)? != *piece.content {
            return Err(Error::internal(format!("{} cannot be had from a bundle as it was", files[place].path)));
        }
        first += groups;
        files[place].bundle = Some(bundle);
    }
    Ok((files, Some(content)))
}
