//! Conformed tables that are made as a whole: all datasets but the large
//! facts.

use bytes::Bytes;
use peil_warehouse::Result;
use peil_warehouse::contract::Mode;
use polars::prelude::*;

use crate::conform::{add_origin, candidates, date_column, derive, staged_columns};
use crate::current::decide;
use crate::dataset::{VALID_FROM, VALID_UNTIL};
use crate::days::number_of;
use crate::explode;
use crate::frame::{empty, failed, read_all};
use crate::job::{Encoded, Job, Outcome};

/// The one part of a table that is made as a whole.
const WHOLE: &str = "";

/// Makes the tables of a dataset.
///
/// # Errors
/// [`peil_warehouse::Error::Storage`] where a file cannot be read or written.
pub(crate) async fn make(job: &Job) -> Result<Outcome> {
    let fingerprint = job.fingerprint();
    let staged = job.all_staged().await?;
    let (encoded, corrections) = job.compute(move |job| conformed(job, staged)).await?;
    let mut outcome = Outcome::default();
    for encoded in encoded {
        outcome.made.push(job.write(encoded, &fingerprint).await?);
    }
    let ids = job.deliveries.iter().map(|delivery| delivery.id.clone());
    outcome.corrections = ids.zip(corrections).collect();
    // A dataset that was a large fact before had other parts.
    for made in &outcome.made {
        let parts = job.present.get(&made.table).into_iter().flat_map(|parts| parts.keys());
        outcome.gone.extend(parts.filter(|part| *part != WHOLE).map(|part| (made.table.clone(), part.clone())));
    }
    Ok(outcome)
}

fn conformed(job: &Job, staged: Vec<Vec<Bytes>>) -> Result<(Vec<Encoded>, Vec<u64>)> {
    let (dataset, resolver) = (&*job.dataset, &*job.resolver);
    let wanted = staged_columns(dataset);
    let mut frames = Vec::with_capacity(staged.len());
    for (delivery, files) in job.deliveries.iter().zip(staged) {
        let mut frame = read_all(files, &wanted)?;
        derive(&mut frame, dataset, delivery, resolver)?;
        frames.push(frame);
    }
    let (mut current, corrections) = match dataset.contract.mode {
        Mode::Upsert => keep_upserted(job, frames)?,
        Mode::Snapshot => keep_snapshots(job, frames)?,
    };
    current = current.sort(dataset.sort_columns(), SortMultipleOptions::default()).map_err(failed)?;
    let mut encoded = Vec::new();
    for explosion in explode::of(dataset) {
        encoded.push(Encoded::new(explosion.table_name(), WHOLE, explosion.rows(&current, dataset, resolver)?)?);
    }
    let rows = current.select(dataset.conformed_columns()).map_err(failed)?;
    encoded.push(Encoded::new(dataset.conformed_table(), WHOLE, rows)?);
    Ok((encoded, corrections))
}

/// Of rows with one key the last, over all deliveries.
fn keep_upserted(job: &Job, frames: Vec<DataFrame>) -> Result<(DataFrame, Vec<u64>)> {
    let mut rows = Vec::new();
    for (at, (frame, delivery)) in frames.iter().zip(job.deliveries.iter()).enumerate() {
        rows.extend(candidates(frame, &job.dataset, &job.resolver, delivery.place, at as u32)?);
    }
    let decision = decide(rows, frames.len());
    let mut current = nothing(job)?;
    for ((mut frame, delivery), replaced) in frames.into_iter().zip(job.deliveries.iter()).zip(&decision.replaced) {
        add_origin(&mut frame, delivery)?;
        current.vstack_mut_owned(without(frame, replaced)?).map_err(failed)?;
    }
    current.rechunk_mut();
    Ok((current, decision.corrections))
}

/// The last snapshot of each day, until the next one; of rows with one key in
/// a snapshot the last.
fn keep_snapshots(job: &Job, frames: Vec<DataFrame>) -> Result<(DataFrame, Vec<u64>)> {
    let mut current = nothing(job)?;
    let mut corrections = vec![0; frames.len()];
    for (at, (mut frame, delivery)) in frames.into_iter().zip(job.deliveries.iter()).enumerate() {
        let next = job.deliveries.get(at + 1).map(|next| next.date);
        if next == Some(delivery.date) {
            // Another of the same day comes after it.
            continue;
        }
        let decision = decide(candidates(&frame, &job.dataset, &job.resolver, 0, 0)?, 1);
        corrections[at] = decision.corrections[0];
        let rows = frame.height();
        frame.with_column(date_column(VALID_FROM, Some(number_of(delivery.date)), rows)).map_err(failed)?;
        frame.with_column(date_column(VALID_UNTIL, next.map(number_of), rows)).map_err(failed)?;
        add_origin(&mut frame, delivery)?;
        current.vstack_mut_owned(without(frame, &decision.replaced[0])?).map_err(failed)?;
    }
    current.rechunk_mut();
    Ok((current, corrections))
}

/// The columns of the current rows, without rows.
fn nothing(job: &Job) -> Result<DataFrame> {
    let mut frame = empty(&staged_columns(&job.dataset))?;
    let never = crate::delivery::Delivery::none();
    derive(&mut frame, &job.dataset, &never, &job.resolver)?;
    if job.dataset.contract.mode == Mode::Snapshot {
        frame.with_column(date_column(VALID_FROM, None, 0)).map_err(failed)?;
        frame.with_column(date_column(VALID_UNTIL, None, 0)).map_err(failed)?;
    }
    add_origin(&mut frame, &never)?;
    Ok(frame)
}

/// The rows that are not at `replaced`.
pub(crate) fn without(frame: DataFrame, replaced: &[u32]) -> Result<DataFrame> {
    if replaced.is_empty() {
        return Ok(frame);
    }
    let mut kept = vec![true; frame.height()];
    replaced.iter().for_each(|position| kept[*position as usize] = false);
    frame.filter_seq(&BooleanChunked::from_slice("kept".into(), &kept)).map_err(failed)
}
