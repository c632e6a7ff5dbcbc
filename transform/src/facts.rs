//! Conformed large facts: events so many that they are kept by month.
//!
//! Only months whose rows in force changed are made again, a correction that
//! moves a row between months makes both. Deliveries are read a few at a time,
//! so that memory holds some months and not the whole.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use futures::{StreamExt, TryStreamExt};
use peil_warehouse::Result;
use polars::prelude::*;

use crate::conform::{add_origin, derive, staged_columns};
use crate::dataset::MONTH;
use crate::days::{Month, month_text};
use crate::frame::{Slices, failed};
use crate::job::{Encoded, Job, Outcome, Part};
use crate::rollup;
use crate::survey::{Survey, row_months};

/// Rows of months that are made together, more or less.
const WAVE_ROWS: u64 = 250_000;
/// Such groups of months that are in memory at the same time: while one is
/// encoded, the next is read.
const CONCURRENT_WAVES: usize = 2;
/// A delivery with more stretches of one month than this is not in the order
/// of time.
const STRETCHES: usize = 64;
/// Deliveries or months that are under way at the same time.
const CONCURRENCY: usize = 3;

/// Rows of one delivery that belong to one month.
type Piece = (usize, DataFrame);

/// Makes the months of a dataset that changed.
///
/// # Errors
/// [`peil_warehouse::Error::Storage`] where a file cannot be read or written.
pub(crate) async fn make(job: &Job) -> Result<Outcome> {
    let survey = Survey::of(job).await?;
    let ground = job.ground();
    let months = survey.months();
    let fingerprints: BTreeMap<Month, String> =
        months.keys().map(|month| (*month, survey.fingerprint(*month, &ground, &job.deliveries))).collect();
    let tables: Vec<String> = job.tables().into_iter().map(|spec| spec.name).collect();
    let changed = |month: &Month| tables.iter().any(|table| !job.has(table, &month_text(*month), &fingerprints[month]));
    let mut outcome = Outcome::default();
    let changed: Vec<(Month, u64)> = months.into_iter().filter(|(month, _)| changed(month)).collect();
    let mut made = futures::stream::iter(waves(&changed))
        .map(|wave| make_wave(job, &survey, &fingerprints, wave))
        .buffered(CONCURRENT_WAVES);
    while let Some(parts) = made.try_next().await? {
        outcome.made.extend(parts);
    }
    drop(made);
    let there: BTreeSet<String> = fingerprints.keys().map(|month| month_text(*month)).collect();
    for table in tables {
        let parts = job.present.get(&table).into_iter().flat_map(|parts| parts.keys());
        outcome.gone.extend(parts.filter(|part| !there.contains(*part)).map(|part| (table.clone(), part.clone())));
    }
    let ids = job.deliveries.iter().map(|delivery| delivery.id.clone());
    outcome.corrections = ids.zip(survey.decision.corrections).collect();
    Ok(outcome)
}

/// Makes some months.
async fn make_wave(
    job: &Job,
    survey: &Survey,
    fingerprints: &BTreeMap<Month, String>,
    wave: BTreeSet<Month>,
) -> Result<Vec<Part>> {
    let pieces = read(job, survey, &wave).await?;
    let parts: Vec<Vec<Part>> = futures::stream::iter(pieces)
        .map(|(month, pieces)| async move {
            let encoded = job.compute(move |job| encode(job, month, pieces)).await?;
            let writes = encoded.into_iter().map(|encoded| job.write(encoded, &fingerprints[&month]));
            futures::future::try_join_all(writes).await
        })
        .buffered(CONCURRENCY)
        .try_collect()
        .await?;
    Ok(parts.into_iter().flatten().collect())
}

/// Months after one another that together fit in memory.
fn waves(months: &[(Month, u64)]) -> Vec<BTreeSet<Month>> {
    let mut waves: Vec<BTreeSet<Month>> = Vec::new();
    let mut held = u64::MAX;
    for (month, rows) in months {
        held = held.saturating_add(*rows);
        match waves.last_mut() {
            Some(wave) if held <= WAVE_ROWS => {
                wave.insert(*month);
            }
            _ => {
                waves.push(BTreeSet::from([*month]));
                held = *rows;
            }
        }
    }
    waves
}

/// The rows in force of some months, by month and in the order of deliveries.
async fn read(job: &Job, survey: &Survey, wave: &BTreeSet<Month>) -> Result<BTreeMap<Month, Vec<DataFrame>>> {
    let deliveries: BTreeSet<usize> = wave.iter().flat_map(|month| survey.deliveries_of(*month)).collect();
    let split: Vec<Vec<(Month, Piece)>> = futures::stream::iter(deliveries)
        .map(|at| async move {
            let wanted = survey.files[at].iter().map(|months| !months.is_disjoint(wave)).collect();
            let files = job.staged_where(&job.deliveries[at], wanted).await?;
            let (wave, replaced) = (wave.clone(), survey.decision.replaced[at].clone());
            job.compute(move |job| split(job, at, files, &wave, &replaced)).await
        })
        .buffered(CONCURRENCY)
        .try_collect()
        .await?;
    let mut months: BTreeMap<Month, Vec<DataFrame>> = wave.iter().map(|month| (*month, Vec::new())).collect();
    for (month, (_, frame)) in split.into_iter().flatten() {
        months.entry(month).or_default().push(frame);
    }
    Ok(months)
}

/// The conformed rows of a delivery that are in force, by month.
fn split(
    job: &Job,
    at: usize,
    files: Vec<Option<Bytes>>,
    wave: &BTreeSet<Month>,
    replaced: &[u32],
) -> Result<Vec<(Month, Piece)>> {
    let (dataset, delivery) = (&*job.dataset, &job.deliveries[at]);
    let mut columns = dataset.conformed_columns();
    columns.retain(|column| column != MONTH);
    let mut pieces = Vec::new();
    let mut offset = 0u32;
    for (file, content) in delivery.files.iter().zip(files) {
        let Some(content) = content else {
            offset += file.rows as u32;
            continue;
        };
        for slice in Slices::open(content, staged_columns(dataset))? {
            let mut frame = slice?;
            let rows = frame.height() as u32;
            derive(&mut frame, dataset, delivery, &job.resolver)?;
            let mut months = row_months(&frame, dataset)?;
            let gone =
                &replaced[replaced.partition_point(|p| *p < offset)..replaced.partition_point(|p| *p < offset + rows)];
            gone.iter().for_each(|position| months[(*position - offset) as usize] = None);
            offset += rows;
            add_origin(&mut frame, delivery)?;
            let frame = frame.select(&columns).map_err(failed)?;
            pieces.extend(by_month(&frame, &months, wave)?.into_iter().map(|(month, frame)| (month, (at, frame))));
        }
    }
    Ok(pieces)
}

/// The rows of each month of the wave.
fn by_month(frame: &DataFrame, months: &[Option<Month>], wave: &BTreeSet<Month>) -> Result<Vec<(Month, DataFrame)>> {
    let stretches = || months.chunk_by(|one, other| one == other);
    if stretches().take(STRETCHES + 1).count() <= STRETCHES {
        let mut start = 0;
        let mut pieces = Vec::new();
        for stretch in stretches() {
            if let Some(month) = stretch[0].filter(|month| wave.contains(month)) {
                pieces.push((month, frame.slice(start as i64, stretch.len())));
            }
            start += stretch.len();
        }
        return Ok(pieces);
    }
    let mut rows: BTreeMap<Month, Vec<IdxSize>> = BTreeMap::new();
    for (row, month) in months.iter().enumerate() {
        if let Some(month) = month.filter(|month| wave.contains(month)) {
            rows.entry(month).or_default().push(row as IdxSize);
        }
    }
    let taken = rows.into_iter().map(|(month, rows)| {
        let rows = IdxCa::from_vec("row".into(), rows);
        Ok((month, frame.take(&rows).map_err(failed)?))
    });
    taken.collect()
}

/// The tables of one month.
fn encode(job: &Job, month: Month, pieces: Vec<DataFrame>) -> Result<Vec<Encoded>> {
    let part = month_text(month);
    let mut pieces = pieces.into_iter();
    let Some(mut rows) = pieces.next() else { return Ok(Vec::new()) };
    for piece in pieces {
        rows.vstack_mut_owned(piece).map_err(failed)?;
    }
    rows.rechunk_mut();
    let value = Scalar::new(DataType::String, AnyValue::StringOwned(part.as_str().into()));
    rows.with_column(Column::new_scalar(MONTH.into(), value, rows.height())).map_err(failed)?;
    let rows = rows.select(job.dataset.conformed_columns()).map_err(failed)?;
    let mut encoded = Vec::new();
    if let Some(spec) = rollup::spec(&job.dataset) {
        encoded.push(Encoded::new(spec.name, &part, rollup::rows(&rows)?)?);
    }
    encoded.push(Encoded::new(job.dataset.conformed_table(), &part, rows)?);
    Ok(encoded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waves_hold_months_that_fit_together() {
        let months = [(1, 10), (2, WAVE_ROWS - 10), (3, 1), (4, WAVE_ROWS * 3), (5, 5)];
        let found = waves(&months);
        assert_eq!(found, [BTreeSet::from([1, 2]), BTreeSet::from([3]), BTreeSet::from([4]), BTreeSet::from([5])]);
    }
}
