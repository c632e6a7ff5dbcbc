//! Releases and vintages as tables that can be queried. They follow from the
//! documents of the releases: a row is added for each that is not there yet,
//! and none is ever changed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow::array::{
    ArrayRef, AsArray, BooleanArray, Date32Array, Float64Array, Int64Array, RecordBatch, StringArray,
    TimestampMicrosecondArray,
};
use chrono::{DateTime, NaiveDate, Utc};
use peil_warehouse::publish::Draft;
use peil_warehouse::release::{self, RELEASES_TABLE, Release, VINTAGES_TABLE};
use peil_warehouse::table::fingerprint;
use peil_warehouse::{Period, Result};

use super::figures::{self, Figure, Figures, Measure};

/// Brings the tables up to the releases that there are.
///
/// # Errors
/// [`peil_warehouse::Error::Storage`] where a release cannot be read or a
/// table not be written.
pub async fn write(draft: &mut Draft, releases: &[Release]) -> Result<()> {
    for spec in release::specs() {
        draft.declare(&spec)?;
    }
    for release in releases {
        if draft.fingerprint(RELEASES_TABLE, &release.id).is_none() {
            let document = release::document(draft.storage(), &release.id).await?;
            let row = row(draft, release, &release::sha256(&document))?;
            draft.write_part(RELEASES_TABLE, &release.id, fingerprint([&release.id]), &[row]).await?;
        }
        if draft.fingerprint(VINTAGES_TABLE, &release.id).is_none() {
            let figures = figures::read(&release.storage(draft.storage()), &release.published).await?;
            let rows = vintages(draft, release, &figures)?;
            draft.write_part(VINTAGES_TABLE, &release.id, fingerprint([&release.id]), &[rows]).await?;
        }
    }
    Ok(())
}

/// SHA-256 of the document of each release, as it was when it was closed.
///
/// # Errors
/// [`peil_warehouse::Error::Storage`] where the table cannot be read.
pub async fn document_hashes(draft: &Draft) -> Result<BTreeMap<String, String>> {
    let mut hashes = BTreeMap::new();
    for batch in draft.batches(RELEASES_TABLE, Some(&["release", "sha256"])).await? {
        let (ids, texts) = (batch.column(0).as_string::<i32>(), batch.column(1).as_string::<i32>());
        hashes.extend((0..batch.num_rows()).map(|row| (ids.value(row).to_owned(), texts.value(row).to_owned())));
    }
    Ok(hashes)
}

fn row(draft: &Draft, release: &Release, sha256: &str) -> Result<RecordBatch> {
    let published = &release.published;
    let columns = vec![
        text(&release.id),
        text(&release.period.to_string()),
        text(&release.schema()),
        moments(release.closed_at, 1),
        optional(release.reason.as_deref()),
        optional(published.run_id.as_deref()),
        day(published.as_of),
        day(published.known_on),
        text(&release.code_version),
        number(release.deliveries.len()),
        number(release.files.len()),
        text(sha256),
    ];
    of_table(draft, RELEASES_TABLE, columns)
}

fn vintages(draft: &Draft, release: &Release, figures: &Figures) -> Result<RecordBatch> {
    let as_of = release.published.as_of;
    let over = |period: Period| as_of.is_none_or(|as_of| period.last_day() <= as_of);
    let keys: BTreeSet<(Period, &str)> =
        figures.keys().map(|key| (key.period, key.indicator_id.as_str())).filter(|(period, _)| over(*period)).collect();
    let get = |key: &(Period, &str), measure: Measure| {
        let key = figures::Key { period: key.0, indicator_id: key.1.to_owned(), measure };
        figures.get(&key)
    };
    let numbers = |measure: Measure| -> ArrayRef {
        let numbers = keys.iter().map(|key| get(key, measure).and_then(Figure::number));
        Arc::new(numbers.collect::<Float64Array>())
    };
    let columns = vec![
        Arc::new(StringArray::from_iter_values(keys.iter().map(|_| &release.id))) as ArrayRef,
        moments(release.closed_at, keys.len()),
        Arc::new(StringArray::from_iter_values(keys.iter().map(|(period, _)| period.to_string()))),
        Arc::new(StringArray::from_iter_values(keys.iter().map(|(_, indicator)| *indicator))),
        numbers(Measure::Value),
        numbers(Measure::Target),
        Arc::new(keys.iter().map(|key| get(key, Measure::State).and_then(Figure::text)).collect::<StringArray>()),
        Arc::new(keys.iter().map(|(period, _)| Some(release.covers(*period))).collect::<BooleanArray>()),
    ];
    of_table(draft, VINTAGES_TABLE, columns)
}

/// A batch with the columns of a table of the draft.
///
/// # Errors
/// [`peil_warehouse::Error::Internal`] where they are not its columns.
pub fn of_table(draft: &Draft, table: &str, columns: Vec<ArrayRef>) -> Result<RecordBatch> {
    let state =
        draft.table(table).ok_or_else(|| peil_warehouse::Error::internal(format!("{table} is not declared")))?;
    Ok(RecordBatch::try_new(state.arrow_schema()?, columns)?)
}

fn text(text: &str) -> ArrayRef {
    Arc::new(StringArray::from(vec![text]))
}

fn optional(text: Option<&str>) -> ArrayRef {
    Arc::new(StringArray::from(vec![text]))
}

fn number(number: usize) -> ArrayRef {
    Arc::new(Int64Array::from(vec![i64::try_from(number).unwrap_or(i64::MAX)]))
}

fn moments(at: DateTime<Utc>, rows: usize) -> ArrayRef {
    Arc::new(TimestampMicrosecondArray::from(vec![at.timestamp_micros(); rows]).with_timezone("UTC"))
}

fn day(day: Option<NaiveDate>) -> ArrayRef {
    let days = day.map(|day| i32::try_from((day - NaiveDate::default()).num_days()).unwrap_or(i32::MAX));
    Arc::new(Date32Array::from(vec![days]))
}
