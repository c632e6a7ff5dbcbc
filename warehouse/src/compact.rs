//! Compaction: small files of a table put together, so that years of nightly
//! deliveries stay a few files.
//!
//! A table's rows, their order and the names of its files stay as they are;
//! only where they lie changes. Of a bundle all row groups are the table's:
//! where a file of it is replaced or goes, the others are objects of their own
//! again, until they are put together anew.

use futures::{StreamExt, TryStreamExt};

use crate::Result;
use crate::publish::Draft;
use crate::table::{self, DataFile, TableState};

/// Layers whose tables grow by a file with each delivery.
const LAYERS: [&str; 2] = ["staged/", "ops/"];
/// A larger file is not worth putting together, in bytes.
const SMALL: u64 = 1 << 20;
/// Files of a bundle. Fewer than so many stay as they are.
const BUNDLE_FILES: usize = 64;
/// Bytes with which a bundle is full before it has so many files.
const BUNDLE_BYTES: u64 = 8 << 20;
/// Bundles that are written at the same time.
const CONCURRENT: usize = 4;

/// What was put together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Compacted {
    /// Small files that became part of a bundle.
    pub files: u64,
    /// Bundles that were made of them.
    pub bundles: u64,
}

/// The files of a table that would be put together, by their place: a bundle
/// each.
fn bundles(state: &TableState) -> Vec<Vec<usize>> {
    let (mut all, mut open, mut bytes) = (Vec::new(), Vec::new(), 0);
    for (place, file) in state.files.iter().enumerate() {
        if file.bundle.is_some() || file.size > SMALL {
            continue;
        }
        open.push(place);
        bytes += file.size;
        if open.len() == BUNDLE_FILES || bytes >= BUNDLE_BYTES {
            all.push(std::mem::take(&mut open));
            bytes = 0;
        }
    }
    all
}

/// What [`compact`] would do.
pub fn preview(draft: &Draft) -> Compacted {
    let found: Vec<Vec<usize>> = candidates(draft).flat_map(|(_, state)| bundles(state)).collect();
    Compacted { files: found.iter().map(Vec::len).sum::<usize>() as u64, bundles: found.len() as u64 }
}

/// Puts small files of the staged tables and of the records together. The
/// draft is to be published; the files themselves go with those that nothing
/// names any more.
///
/// # Errors
/// [`crate::Error::Storage`] where a file cannot be read, or a bundle not be
/// written.
pub async fn compact(draft: &mut Draft) -> Result<Compacted> {
    let storage = draft.storage().clone();
    let found: Vec<(String, Vec<DataFile>)> = candidates(draft)
        .flat_map(|(name, state)| {
            let files = |places: Vec<usize>| places.into_iter().map(|place| state.files[place].clone()).collect();
            bundles(state).into_iter().map(move |places| (name.to_owned(), files(places)))
        })
        .collect();
    let mut made = futures::stream::iter(found)
        .map(|(name, files)| {
            let storage = &storage;
            async move { table::write_bundle(storage, &name, files).await.map(|files| (name, files)) }
        })
        .buffered(CONCURRENT);
    let mut done = Compacted::default();
    while let Some((name, files)) = made.try_next().await? {
        let bundled = files.iter().filter(|file| file.bundle.is_some()).count() as u64;
        done.files += bundled;
        done.bundles += u64::from(bundled > 0);
        place(draft.state(&name)?, files);
    }
    Ok(done)
}

fn candidates(draft: &Draft) -> impl Iterator<Item = (&str, &TableState)> {
    let tables = draft.published().tables.iter().map(|(name, state)| (name.as_str(), state));
    tables.filter(|(name, _)| LAYERS.iter().any(|layer| name.starts_with(layer)))
}

/// Says where files lie that the table has already.
fn place(state: &mut TableState, files: Vec<DataFile>) {
    for file in files {
        let own = state.files.iter_mut().find(|own| own.path == file.path && own.part == file.part);
        if let Some(own) = own {
            own.bundle = file.bundle;
        }
    }
}

/// Makes objects of their own of the files of each bundle that is no longer
/// whole.
pub(crate) async fn mend(draft: &mut Draft) -> Result<()> {
    let storage = draft.storage().clone();
    let broken: Vec<(String, Vec<DataFile>)> = draft
        .published()
        .tables
        .iter()
        .map(|(name, state)| {
            let places = state.in_broken_bundles();
            (name.clone(), places.into_iter().map(|place| state.files[place].clone()).collect::<Vec<_>>())
        })
        .filter(|(_, files)| !files.is_empty())
        .collect();
    for (name, mut files) in broken {
        let contents = table::read_files(&storage, &name, &files).await?;
        for (file, content) in files.iter_mut().zip(contents) {
            storage.put(&format!("{name}/{}", file.path), content).await?;
            file.bundle = None;
        }
        place(draft.state(&name)?, files);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray};
    use arrow::datatypes::{DataType, Field};

    use super::*;
    use crate::publish::Published;
    use crate::storage::Storage;
    use crate::table::TableSpec;

    const TABLE: &str = "staged/numbers";

    fn spec() -> TableSpec {
        let columns = vec![Field::new("number", DataType::Int64, true), Field::new("text", DataType::Utf8, true)];
        TableSpec::new(TABLE, "a row for each number", columns)
    }

    fn rows(numbers: &[i64]) -> RecordBatch {
        let texts: ArrayRef =
            Arc::new(numbers.iter().map(|number| Some(format!("é {number}"))).collect::<StringArray>());
        RecordBatch::try_new(spec().schema, vec![Arc::new(Int64Array::from(numbers.to_vec())), texts]).unwrap()
    }

    async fn deliver(draft: &mut Draft, nights: std::ops::Range<i64>) {
        draft.declare(&spec()).unwrap();
        for night in nights {
            let numbers: Vec<i64> = (0..night % 5 + 1).map(|number| night * 10 + number).collect();
            draft.write_part(TABLE, &format!("{night:04}"), night.to_string(), &[rows(&numbers)]).await.unwrap();
        }
        draft.publish().await.unwrap();
    }

    async fn contents(storage: &Storage) -> (Vec<Vec<u8>>, Vec<RecordBatch>, String) {
        let published = Published::read(storage).await.unwrap();
        let state = published.table(TABLE).unwrap();
        let mut files = Vec::new();
        for file in &state.files {
            files.push(table::read_file(storage, TABLE, file).await.unwrap().to_vec());
        }
        let all: Vec<Vec<u8>> = table::read_files(storage, TABLE, &state.files)
            .await
            .unwrap()
            .into_iter()
            .map(|content| content.to_vec())
            .collect();
        assert_eq!(files, all);
        let batches = published.batches(storage, TABLE, None).await.unwrap();
        (files, vec![arrow::compute::concat_batches(&spec().schema, &batches).unwrap()], state.content_hash())
    }

    /// The rows of the table as a reader of its Delta log counts them.
    async fn delta_rows(storage: &Storage) -> (usize, i64) {
        let url = storage.url().join(TABLE).unwrap();
        let table = deltalake_core::DeltaTableBuilder::from_url(url).unwrap().load().await.unwrap();
        let snapshot = table.snapshot().unwrap();
        let rows = snapshot.log_data().iter().map(|file| file.num_records().unwrap() as i64).sum();
        (snapshot.log_data().iter().count(), rows)
    }

    #[tokio::test]
    async fn what_is_put_together_is_read_as_it_was_also_where_a_part_of_it_goes() {
        let folder = tempfile::tempdir().unwrap();
        let storage = Storage::open(folder.path().to_str().unwrap()).unwrap();
        let mut draft = Draft::begin(&storage).await.unwrap();
        deliver(&mut draft, 0..150).await;
        let before = contents(&storage).await;
        assert_eq!(preview(&draft), Compacted { files: 128, bundles: 2 });
        assert_eq!(compact(&mut draft).await.unwrap(), Compacted { files: 128, bundles: 2 });
        draft.publish().await.unwrap();
        assert_eq!(contents(&storage).await, before);
        assert_eq!(delta_rows(&storage).await, (24, 450));
        assert_eq!(preview(&draft), Compacted::default());

        // One delivery of the first bundle turns out otherwise, one goes.
        draft.write_part(TABLE, "0003", "other", &[rows(&[7])]).await.unwrap();
        draft.remove_part(TABLE, "0004").unwrap();
        draft.publish().await.unwrap();
        let after = contents(&storage).await;
        assert_eq!(after.0.len(), 149);
        assert_eq!(after.0[..3], before.0[..3]);
        assert_eq!(after.0[4..], before.0[5..]);
        assert_eq!(delta_rows(&storage).await, (1 + 63 + 22, 450 - 4 - 5 + 1));
    }
}
