//! The first look at a large fact: which months a delivery touches, and which
//! of its rows a later one replaces. It reads keys and days only, and the rest
//! of the few rows whose key occurs twice.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use bytes::Bytes;
use futures::{StreamExt, TryStreamExt};
use peil_warehouse::contract::FactDay;
use peil_warehouse::table::fingerprint;
use peil_warehouse::{Error, Result};
use polars::prelude::DataFrame;

use crate::conform::{candidates, derive, key_columns, key_hashes, staged_columns};
use crate::current::{Decision, decide, repeated};
use crate::dataset::{Dataset, day_column};
use crate::days::{Month, months};
use crate::delivery::Delivery;
use crate::frame::{Slices, failed, series};
use crate::job::Job;

/// Deliveries that are looked at at the same time.
const CONCURRENT_DELIVERIES: usize = 3;

/// What is known of all deliveries of a large fact.
#[derive(Debug)]
pub(crate) struct Survey {
    /// Of each delivery, its rows in force by month.
    pub rows: Vec<BTreeMap<Month, u64>>,
    /// What is replaced and corrected.
    pub decision: Decision,
    /// Of each delivery, the months that occur in each of its files.
    pub files: Vec<Vec<BTreeSet<Month>>>,
    /// Of each delivery, a hash over its replaced rows by month.
    replaced: Vec<BTreeMap<Month, String>>,
}

impl Survey {
    /// Looks at all deliveries of a job.
    ///
    /// # Errors
    /// [`Error::Storage`] where a staged file cannot be read.
    pub async fn of(job: &Job) -> Result<Self> {
        let count = job.deliveries.len();
        let looks: Vec<Look> =
            futures::stream::iter(job.deliveries.iter().enumerate().map(|(at, delivery)| async move {
                let files = job.staged(delivery).await?;
                job.compute(move |job| look(job, at, files)).await
            }))
            .buffered(CONCURRENT_DELIVERIES)
            .try_collect()
            .await?;
        let (mut hashes, mut months, mut files) = (Vec::new(), Vec::new(), Vec::new());
        for look in looks {
            hashes.push(look.hashes);
            months.push(look.months);
            files.push(look.files);
        }
        let positions = job
            .compute(move |_| {
                let twice = repeated(hashes.iter().map(Vec::as_slice));
                Ok(hashes.iter().map(|hashes| positions_of(hashes, &twice)).collect::<Vec<_>>())
            })
            .await?;
        let rivals = futures::stream::iter(job.deliveries.iter().zip(positions).enumerate())
            .filter(|(_, (_, positions))| std::future::ready(!positions.is_empty()))
            .map(|(at, (delivery, positions))| async move {
                let files = job.staged(delivery).await?;
                job.compute(move |job| compare(job, at, files, &positions)).await
            })
            .buffered(CONCURRENT_DELIVERIES)
            .try_concat()
            .await?;
        let decision = job.compute(move |_| Ok(decide(rivals, count))).await?;
        let rows = months.iter().zip(&decision.replaced).map(|(runs, replaced)| in_force(runs, replaced)).collect();
        let replaced =
            months.iter().zip(&decision.replaced).map(|(runs, replaced)| replaced_by_month(runs, replaced)).collect();
        Ok(Self { rows, decision, files, replaced })
    }

    /// The months with rows in force, and how many.
    pub fn months(&self) -> BTreeMap<Month, u64> {
        let mut all = BTreeMap::new();
        for (month, rows) in self.rows.iter().flatten() {
            *all.entry(*month).or_default() += rows;
        }
        all
    }

    /// The deliveries that have rows in force in a month.
    pub fn deliveries_of(&self, month: Month) -> impl Iterator<Item = usize> {
        self.rows.iter().enumerate().filter(move |(_, rows)| rows.contains_key(&month)).map(|(at, _)| at)
    }

    /// Changes when the rows in force of a month do.
    pub fn fingerprint(&self, month: Month, ground: &str, deliveries: &[Delivery]) -> String {
        let parts = self.deliveries_of(month).flat_map(|at| {
            let replaced = self.replaced[at].get(&month).cloned().unwrap_or_default();
            [deliveries[at].fingerprint(), replaced]
        });
        fingerprint(std::iter::once(ground.to_owned()).chain(parts))
    }
}

/// So many rows after one another fall in one month.
#[derive(Debug, Clone, Copy)]
struct Run {
    month: Option<Month>,
    rows: u32,
}

#[derive(Debug)]
struct Look {
    hashes: Vec<u64>,
    months: Vec<Run>,
    files: Vec<BTreeSet<Month>>,
}

fn look(job: &Job, at: usize, files: Vec<Bytes>) -> Result<Look> {
    let mut seen = Look { hashes: Vec::new(), months: Vec::new(), files: Vec::new() };
    for content in files {
        let mut of_file = BTreeSet::new();
        for slice in Slices::open(content, key_columns(&job.dataset))? {
            let mut frame = slice?;
            derive(&mut frame, &job.dataset, &job.deliveries[at], &job.resolver)?;
            seen.hashes.extend(key_hashes(&frame, &job.dataset)?.into_iter().map(|hash| hash as u64));
            for month in row_months(&frame, &job.dataset)? {
                match seen.months.last_mut() {
                    Some(run) if run.month == month => run.rows += 1,
                    _ => seen.months.push(Run { month, rows: 1 }),
                }
                if of_file.last() != month.as_ref() {
                    of_file.extend(month);
                }
            }
        }
        seen.files.push(of_file);
    }
    if u32::try_from(seen.hashes.len()).is_err() {
        return Err(Error::source(format!(
            "the delivery {} has more rows than can be counted: split it",
            job.deliveries[at].object
        )));
    }
    Ok(seen)
}

/// The month of each row of a frame with its days derived.
pub(crate) fn row_months(frame: &DataFrame, dataset: &Dataset) -> Result<Vec<Option<Month>>> {
    let Some(FactDay::Earliest(columns)) = &dataset.contract.fact_day else {
        return Err(Error::internal(format!("{} has no day of the fact", dataset.name())));
    };
    let timestamp = day_column(&columns[0]);
    let name = if frame.get_column_index(&timestamp).is_some() { &timestamp } else { &columns[0] };
    Ok(months(series(frame, name)?.date().map_err(failed)?.physical()))
}

fn positions_of(hashes: &[u64], twice: &HashSet<u64>) -> Vec<u32> {
    if twice.is_empty() {
        return Vec::new();
    }
    hashes.iter().enumerate().filter(|(_, hash)| twice.contains(hash)).map(|(position, _)| position as u32).collect()
}

fn compare(job: &Job, at: usize, files: Vec<Bytes>, positions: &[u32]) -> Result<Vec<crate::current::Candidate>> {
    let delivery = &job.deliveries[at];
    let mut found = Vec::with_capacity(positions.len());
    let mut offset = 0u32;
    for content in files {
        for slice in Slices::open(content, staged_columns(&job.dataset))? {
            let mut frame = slice?;
            let end = offset + frame.height() as u32;
            let here = &positions[positions.partition_point(|p| *p < offset)..positions.partition_point(|p| *p < end)];
            if !here.is_empty() {
                derive(&mut frame, &job.dataset, delivery, &job.resolver)?;
                found.extend(candidates(
                    &frame,
                    &job.dataset,
                    &job.resolver,
                    delivery.place,
                    at as u32,
                    offset,
                    Some(here),
                )?);
            }
            offset = end;
        }
    }
    Ok(found)
}

/// The stretches of replaced rows within each run: what `each` is told.
fn walk(runs: &[Run], replaced: &[u32], mut each: impl FnMut(Run, &[u32])) {
    let (mut start, mut done) = (0u32, 0usize);
    for run in runs {
        start += run.rows;
        let upto = done + replaced[done..].partition_point(|position| *position < start);
        each(*run, &replaced[done..upto]);
        done = upto;
    }
}

fn in_force(runs: &[Run], replaced: &[u32]) -> BTreeMap<Month, u64> {
    let mut rows = BTreeMap::new();
    walk(runs, replaced, |run, gone| {
        let kept = u64::from(run.rows) - gone.len() as u64;
        if let (Some(month), true) = (run.month, kept > 0) {
            *rows.entry(month).or_default() += kept;
        }
    });
    rows
}

fn replaced_by_month(runs: &[Run], replaced: &[u32]) -> BTreeMap<Month, String> {
    let mut positions: BTreeMap<Month, Vec<String>> = BTreeMap::new();
    walk(runs, replaced, |run, gone| {
        if let (Some(month), false) = (run.month, gone.is_empty()) {
            positions.entry(month).or_default().extend(gone.iter().map(u32::to_string));
        }
    });
    positions.into_iter().map(|(month, positions)| (month, fingerprint(positions))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_in_force_are_counted_by_month() {
        let runs = [Run { month: Some(1), rows: 3 }, Run { month: Some(2), rows: 2 }, Run { month: Some(1), rows: 1 }];
        assert_eq!(in_force(&runs, &[]), BTreeMap::from([(1, 4), (2, 2)]));
        assert_eq!(in_force(&runs, &[0, 3, 4]), BTreeMap::from([(1, 3)]));
        assert_eq!(replaced_by_month(&runs, &[3]).keys().copied().collect::<Vec<_>>(), [2]);
        assert_ne!(replaced_by_month(&runs, &[3]), replaced_by_month(&runs, &[4]));
    }
}
