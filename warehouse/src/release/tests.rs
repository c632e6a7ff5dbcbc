use std::sync::Arc;

use arrow::array::{Int64Array, RecordBatch};
use arrow::datatypes::{DataType, Field};

use super::*;
use crate::publish::Draft;
use crate::table::{TableSpec, documented};

const TABLE: &str = "marts/numbers";

async fn warehouse(folder: &std::path::Path) -> (Storage, Published) {
    let storage = Storage::open(folder.to_str().unwrap()).unwrap();
    publish(&storage, &[1, 2]).await;
    let published = Published::read(&storage).await.unwrap();
    (storage, published)
}

async fn publish(storage: &Storage, numbers: &[i64]) {
    let column = documented(Field::new("number", DataType::Int64, true), "a number");
    let spec = TableSpec::new(TABLE, "a row for each number", vec![column]);
    let rows = RecordBatch::try_new(spec.schema.clone(), vec![Arc::new(Int64Array::from(numbers.to_vec()))]).unwrap();
    let mut draft = Draft::begin(storage).await.unwrap();
    draft.declare(&spec).unwrap();
    draft.write_part(TABLE, "", format!("{numbers:?}"), &[rows]).await.unwrap();
    draft.publish().await.unwrap();
}

fn release(id: &str, published: &Published, files: BTreeMap<String, String>) -> Release {
    Release {
        format: FORMAT,
        id: id.to_owned(),
        period: "2022S1".parse().unwrap(),
        closed_at: "2022-08-31T10:00:00Z".parse().unwrap(),
        reason: None,
        code_version: "1".to_owned(),
        threshold: 5,
        definitions_fingerprint: String::new(),
        published: published.clone(),
        deliveries: Vec::new(),
        targets: Vec::new(),
        definitions: Vec::new(),
        files,
    }
}

async fn close(storage: &Storage, published: &Published, id: &str) -> Result<Release> {
    let mut folder = Folder::begin(storage, id).await.unwrap();
    folder.copy(storage, published).await.unwrap();
    let release = release(id, published, folder.finish());
    release.create(storage).await.map(|()| release)
}

#[tokio::test]
async fn a_release_stays_readable_when_the_tables_it_came_from_go() {
    let place = tempfile::tempdir().unwrap();
    let (storage, published) = warehouse(place.path()).await;
    let release = close(&storage, &published, "2022S1").await.unwrap();
    publish(&storage, &[7]).await;
    std::fs::remove_dir_all(place.path().join(TABLE)).unwrap();
    assert_eq!(all(&storage).await.unwrap(), std::slice::from_ref(&release));
    let kept = Published::read(&release.storage(&storage)).await.unwrap();
    let rows = kept.batches(&release.storage(&storage), TABLE, None).await.unwrap();
    assert_eq!(rows.iter().map(RecordBatch::num_rows).sum::<usize>(), 2);
    assert!(release.damaged(&storage).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_release_is_never_written_over_and_its_damage_is_found() {
    let place = tempfile::tempdir().unwrap();
    let (storage, published) = warehouse(place.path()).await;
    let release = close(&storage, &published, "2022S1").await.unwrap();
    assert!(matches!(release.create(&storage).await, Err(Error::Usage(_))));
    let file = release.files.keys().find(|path| path.ends_with(".parquet")).unwrap();
    release.storage(&storage).put(file, Bytes::from_static(b"other")).await.unwrap();
    assert_eq!(release.damaged(&storage).await.unwrap(), [format!("{file} has been changed")]);
}

#[tokio::test]
async fn names_count_the_releases_of_a_period() {
    let place = tempfile::tempdir().unwrap();
    let (storage, published) = warehouse(place.path()).await;
    assert_eq!(next_id(&all(&storage).await.unwrap(), "2022S1".parse().unwrap()), "2022S1");
    close(&storage, &published, "2022S1").await.unwrap();
    let releases = all(&storage).await.unwrap();
    assert_eq!(next_id(&releases, "2022S1".parse().unwrap()), "2022S1-r2");
    assert_eq!(next_id(&releases, "2022Q1".parse().unwrap()), "2022Q1");
    assert_eq!(release("2022S1-r2", &published, BTreeMap::new()).schema(), "release_2022s1_r2");
    assert!(find(&releases, "release_2022s1").is_ok());
    assert!(matches!(find(&releases, "2023"), Err(Error::Usage(text)) if text.contains("the releases are 2022S1")));
}

#[tokio::test]
async fn a_scratch_reads_what_is_below_and_leaves_it_alone() {
    let place = tempfile::tempdir().unwrap();
    let (storage, published) = warehouse(place.path()).await;
    let scratch = storage.scratch();
    publish(&scratch, &[9, 9, 9]).await;
    scratch.put("beside", Bytes::from_static(b"1")).await.unwrap();
    assert_eq!(scratch.get("beside").await.unwrap(), "1");
    assert!(storage.get_optional("beside").await.unwrap().is_none());
    assert_eq!(published.batches(&scratch, TABLE, None).await.unwrap()[0].num_rows(), 2);
    assert_eq!(Published::read(&storage).await.unwrap(), published);
}
