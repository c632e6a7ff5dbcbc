//! Files of the warehouse that nothing published names any more.
//!
//! A run replaces files and leaves the old ones where they are: a statement
//! that began before it still reads them. They go here, when their time has
//! come.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use crate::Result;
use crate::publish::Published;
use crate::storage::{Object, Storage};
use crate::table;

/// The layers of tables.
pub const LAYERS: [&str; 5] = ["staged", "conformed", "intermediate", "marts", "ops"];
/// The folder of a table's log.
const LOG: &str = "_delta_log";

/// Data files of `layers` that were last written and last published before
/// `before`, and that neither the pointer names nor a version of a log beyond
/// it; and what a killed process left half written. Releases keep files of their own, and are
/// not looked at. Sorted by path.
///
/// # Errors
/// [`crate::Error::Storage`] where the store does not answer.
pub async fn unused(
    storage: &Storage,
    published: &Published,
    layers: &[&str],
    before: DateTime<Utc>,
) -> Result<Vec<Object>> {
    let mut named = BTreeSet::new();
    let mut ahead = BTreeSet::new();
    for (name, state) in &published.tables {
        named.extend(state.stored().into_iter().map(|file| format!("{name}/{}", file.path)));
        // A log that a killed run carried further is overtaken by the next
        // one; until then readers of the log alone rest on its files.
        if table::latest_is_ahead(storage, name, state).await? {
            ahead.insert(format!("{name}/"));
        }
    }
    let mut unused = Vec::new();
    for layer in layers {
        let objects = storage.list(layer).await?;
        for log in objects.iter().filter(|object| is_log(&object.path) && object.modified >= before) {
            named.extend(removed_since(storage, &log.path, before).await?);
        }
        unused.extend(objects.into_iter().filter(|object| {
            let half_written = object.path.rsplit('/').next().is_some_and(|name| name.ends_with(".tmp"));
            let is_data = object.path.ends_with(".parquet") && !object.path.contains(LOG);
            object.modified < before
                && (half_written
                    || (is_data
                        && !named.contains(&object.path)
                        && !ahead.iter().any(|table| object.path.starts_with(table.as_str()))))
        }));
    }
    Ok(unused)
}

fn is_log(path: &str) -> bool {
    path.contains(LOG) && path.ends_with(".json")
}

/// The files that an entry of a log takes out of its table, where it does so
/// at `before` or after: until then they were published.
async fn removed_since(storage: &Storage, path: &str, before: DateTime<Utc>) -> Result<Vec<String>> {
    let Some((table, _)) = path.split_once(&format!("/{LOG}/")) else { return Ok(Vec::new()) };
    let content = storage.get(path).await?;
    let lines = content.split(|byte| *byte == b'\n');
    let removed = lines.filter_map(|line| {
        let action: serde_json::Value = serde_json::from_slice(line).ok()?;
        let remove = action.get("remove")?;
        let recent = remove.get("deletionTimestamp")?.as_i64()? >= before.timestamp_millis();
        recent.then(|| remove.get("path")?.as_str().map(|file| format!("{table}/{file}")))?
    });
    Ok(removed.collect())
}

/// Removes objects.
///
/// # Errors
/// [`crate::Error::Storage`] where the store refuses; those before are gone.
pub async fn remove(storage: &Storage, objects: &[Object]) -> Result<()> {
    for object in objects {
        storage.delete(&object.path).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{Int64Array, RecordBatch};
    use arrow::datatypes::{DataType, Field};
    use chrono::TimeDelta;

    use super::*;
    use crate::clock;
    use crate::publish::Draft;
    use crate::table::TableSpec;

    #[tokio::test]
    async fn what_is_published_stays_and_what_was_goes_when_its_time_has_come() {
        let folder = tempfile::tempdir().unwrap();
        let storage = Storage::open(folder.path().to_str().unwrap()).unwrap();
        let spec = TableSpec::new("marts/numbers", "", vec![Field::new("number", DataType::Int64, true)]);
        for number in [1, 2] {
            let mut draft = Draft::begin(&storage).await.unwrap();
            draft.declare(&spec).unwrap();
            let rows = RecordBatch::try_new(Arc::clone(&spec.schema), vec![Arc::new(Int64Array::from(vec![number]))]);
            draft.write_part("marts/numbers", "", number.to_string(), &[rows.unwrap()]).await.unwrap();
            draft.publish().await.unwrap();
        }
        storage.put("marts/numbers/.x.parquet.1.0.tmp", "half".into()).await.unwrap();
        let published = Published::read(&storage).await.unwrap();
        // The first was written long ago, and was published until just now.
        let first = storage.list("marts/numbers").await.unwrap().into_iter().map(|object| object.path);
        let first = first.filter(|path| {
            path.ends_with(".parquet") && !path.contains(&published.tables["marts/numbers"].files[0].path)
        });
        for path in first {
            let old = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000_000);
            std::fs::File::options().write(true).open(folder.path().join(path)).unwrap().set_modified(old).unwrap();
        }
        let later = clock::now() + TimeDelta::hours(1);
        assert!(unused(&storage, &published, &LAYERS, later - TimeDelta::hours(2)).await.unwrap().is_empty());
        let gone = unused(&storage, &published, &LAYERS, later).await.unwrap();
        assert_eq!(gone.len(), 2, "{gone:?}");
        remove(&storage, &gone).await.unwrap();
        assert_eq!(published.batches(&storage, "marts/numbers", None).await.unwrap()[0].num_rows(), 1);
        assert!(unused(&storage, &published, &LAYERS, later).await.unwrap().is_empty());
    }
}
