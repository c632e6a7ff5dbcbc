//! Other pseudonyms in everything that is kept: a person is erased, or the key
//! is rotated. The figures stay as they are, which is seen before anything is
//! written.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray};
use arrow::datatypes::{DataType, Field, TimeUnit};
use chrono::{DateTime, Utc};
use peil_ingest::persons::{self, Replaced};
use peil_warehouse::lock::RunLock;
use peil_warehouse::progress::Progress;
use peil_warehouse::publish::{Draft, Published};
use peil_warehouse::settings::Settings;
use peil_warehouse::storage::Storage;
use peil_warehouse::table::{TableSpec, documented};
use peil_warehouse::{Error, Result, clock, release, sweep};

use crate::stages::{self, Declarations, Engine, Stage};

/// The record of what was done, without a word about whom.
const RECORD: &str = "ops/erasures";
/// The layers whose files hold persons, or may have.
const LAYERS: [&str; 4] = ["staged", "conformed", "intermediate", "ops"];

/// What is put in the place of a pseudonym; none where it stays.
pub type Other<'a> = &'a (dyn Fn(&str) -> Option<String> + Send + Sync);

/// What is done, for the record and for the pointer.
pub struct Change<'a> {
    /// `erasure` or `rotation`.
    pub kind: &'static str,
    /// Persons that are erased.
    pub persons: usize,
    /// What is put in the place of a pseudonym.
    pub other: Other<'a>,
    /// What the pointer says from then on.
    pub pointer: &'a (dyn Fn(&mut Published) + Send + Sync),
}

/// The rows that a change would touch, of each dataset. Nothing is written.
///
/// # Errors
/// As [`persons::replace`].
pub async fn preview(settings: &Settings, warehouse: &Storage, other: Other<'_>) -> Result<Vec<Replaced>> {
    let contracts = stages::contracts(settings)?;
    let published = Published::read(warehouse).await?;
    let mut draft = Draft::from(published, &warehouse.scratch());
    persons::replace(&contracts, &mut draft, other).await
}

/// Makes the change: rehearses it and compares every mart, then publishes it
/// and removes the files of before. Broken off at any point, what is published
/// is whole, and the same call goes on from there.
///
/// # Errors
/// [`Error::Storage`] where a figure would be another, or a file cannot be
/// written; then nothing has changed.
pub async fn change(
    settings: &Settings,
    warehouse: &Storage,
    change: &Change<'_>,
    progress: &dyn Progress,
) -> Result<Vec<Replaced>> {
    let declarations = Declarations::load(settings)?;
    let lock = RunLock::acquire(warehouse, progress).await?;
    let done = under_lock(settings, warehouse, &declarations, change, progress).await;
    lock.release().await?;
    done
}

async fn under_lock(
    settings: &Settings,
    warehouse: &Storage,
    declarations: &Declarations,
    change: &Change<'_>,
    progress: &dyn Progress,
) -> Result<Vec<Replaced>> {
    let mut draft = Draft::begin(warehouse).await?;
    let run_id = draft.published().run_id.clone().unwrap_or_default();
    let releases = release::all(warehouse).await.unwrap_or_default();
    let stage = Stage {
        run_id: &run_id,
        settings,
        declarations,
        releases: &releases,
        engine: &Engine::Embedded,
        full: true,
        progress,
    };
    let mut rehearsal = Draft::from(draft.published().clone(), &warehouse.scratch());
    let replaced = persons::replace(&declarations.contracts, &mut rehearsal, change.other).await?;
    let rows: u64 = replaced.iter().map(|one| one.rows).sum();
    if rows > 0 {
        make_again(&stage, &mut rehearsal).await?;
        same_figures(draft.published(), &rehearsal)?;
        drop(rehearsal);
        persons::replace(&declarations.contracts, &mut draft, change.other).await?;
        forget_intermediate(&mut draft)?;
        draft.update(change.pointer);
        record(&mut draft, change, rows).await?;
        make_again(&stage, &mut draft).await?;
    }
    // Also where nothing is found any more: a call before may have been broken
    // off before it came to this.
    let unused = sweep::unused(warehouse, draft.published(), &LAYERS, DateTime::<Utc>::MAX_UTC).await?;
    sweep::remove(warehouse, &unused).await?;
    Ok(replaced)
}

/// Empties the intermediate tables, which may hold persons. They are made again
/// with the marts, which come last: where that is cut off, nothing of them is
/// left all the same.
fn forget_intermediate(draft: &mut Draft) -> Result<()> {
    let tables = draft.published().tables.iter().filter(|(name, _)| name.starts_with("intermediate/"));
    let parts: Vec<(String, String)> =
        tables.flat_map(|(name, state)| state.parts.keys().map(move |part| (name.clone(), part.clone()))).collect();
    parts.iter().try_for_each(|(table, part)| draft.remove_part(table, part))
}

/// Everything after the staged tables, from them.
async fn make_again(stage: &Stage<'_>, draft: &mut Draft) -> Result<()> {
    let (known_on, as_of) = (draft.published().known_on, draft.published().as_of);
    if draft.published().tables.keys().any(|name| name.starts_with("conformed/")) {
        stages::transform(stage, known_on, &std::collections::BTreeSet::new(), draft).await?;
    }
    let Some(as_of) = as_of else { return Ok(()) };
    let report = stages::marts(stage, as_of, known_on, draft).await?;
    match report.failed.first() {
        None => Ok(()),
        Some(failed) => Err(Error::storage(format!(
            "the check {} of {} fails ({}): mend that first",
            failed.check, failed.dataset, failed.detail
        ))),
    }
}

/// Every mart must hold what it held.
fn same_figures(published: &Published, again: &Draft) -> Result<()> {
    let marts = published.tables.iter().filter(|(name, _)| name.starts_with("marts/"));
    for (name, state) in marts {
        if state.content_hash() != again.content_hash(name) {
            return Err(Error::storage(format!(
                "{name} would change, so nothing was done\nhint: `peil run` first, so that the marts are those of what was delivered and of this program"
            )));
        }
    }
    Ok(())
}

async fn record(draft: &mut Draft, change: &Change<'_>, rows: u64) -> Result<()> {
    let utc = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
    let fields = vec![
        documented(Field::new("done_at", utc, true), "when it was done"),
        documented(Field::new("kind", DataType::Utf8, true), "erasure of persons, or rotation of the key"),
        documented(Field::new("persons", DataType::Int64, true), "persons that were erased"),
        documented(Field::new("rows", DataType::Int64, true), "staged rows in which a pseudonym was replaced"),
    ];
    draft.declare(&TableSpec::new(RECORD, "Erased persons and rotations of the pseudonym key.", fields))?;
    let schema = draft.table(RECORD).map(|state| state.arrow_schema()).transpose()?;
    let Some(schema) = schema else { return Ok(()) };
    let at = clock::now();
    let columns: Vec<ArrayRef> = vec![
        Arc::new(TimestampMicrosecondArray::from(vec![at.timestamp_micros()]).with_timezone("UTC")),
        Arc::new(StringArray::from(vec![change.kind])),
        Arc::new(Int64Array::from(vec![change.persons as i64])),
        Arc::new(Int64Array::from(vec![i64::try_from(rows).unwrap_or(i64::MAX)])),
    ];
    let batch = RecordBatch::try_new(schema, columns)?;
    let part = at.format("%Y%m%dT%H%M%S%6fZ").to_string();
    draft.write_part(RECORD, &part, part.clone(), &[batch]).await
}

/// The rows by dataset, for `--json` and for people.
pub fn by_dataset(replaced: &[Replaced]) -> BTreeMap<&str, u64> {
    replaced.iter().filter(|one| one.rows > 0).map(|one| (one.dataset.as_str(), one.rows)).collect()
}
