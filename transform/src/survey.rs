//! The first look at a large fact: which months a delivery touches, and which
//! of its rows a later one replaces. It reads keys and days only, and the rest
//! of the few rows whose key occurs twice.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, Date32Array, RecordBatch, TimestampMicrosecondArray};
use arrow::datatypes::{DataType, Field, Schema};
use bytes::Bytes;
use futures::{StreamExt, TryStreamExt};
use peil_warehouse::contract::{ColumnType, LINE, ROW};
use peil_warehouse::table::{self, RowGroups, fingerprint};
use peil_warehouse::{Error, Result};
use xxhash_rust::xxh3::xxh3_64;

use crate::columns::{fact_column, months_of};
use crate::conform::{candidates, derive, key_columns, key_hashes, staged_columns};
use crate::current::{Candidate, Decision, decide, repeated};
use crate::days::Month;
use crate::delivery::Delivery;
use crate::frame::{Slices, read_all};
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
    /// Of each delivery, the row groups of each of its files.
    pub files: Vec<Vec<Vec<Group>>>,
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
    files: Vec<Vec<Group>>,
}

/// A row group of a staged file.
#[derive(Debug, Clone)]
pub(crate) struct Group {
    /// Its rows.
    pub rows: u32,
    /// The months that occur in it.
    pub months: BTreeSet<Month>,
    /// Whether all rows are of one month.
    pub whole: bool,
}

fn look(job: &Job, at: usize, files: Vec<Bytes>) -> Result<Look> {
    let mut seen = Look { hashes: Vec::new(), months: Vec::new(), files: Vec::new() };
    for content in files {
        let groups = RowGroups::open(content.clone())?;
        let mut of_file = Vec::new();
        for (number, rows) in groups.rows().enumerate() {
            let runs = runs_of(job, &groups, number, rows)?;
            of_file.push(Group {
                rows: rows as u32,
                months: runs.iter().filter_map(|run| run.month).collect(),
                whole: matches!(runs.as_slice(), [Run { month: Some(_), .. }]),
            });
            for run in runs {
                match seen.months.last_mut() {
                    Some(last) if last.month == run.month => last.rows += run.rows,
                    _ => seen.months.push(run),
                }
            }
        }
        hash_keys(job, at, content, &groups, &mut seen.hashes)?;
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

/// The stretches of one month of a row group: by its statistics where its
/// first and its last day tell, else row by row.
fn runs_of(job: &Job, groups: &RowGroups, number: usize, rows: usize) -> Result<Vec<Run>> {
    let fact = fact_column(&job.dataset);
    let Some(column) = job.dataset.contract.column(fact) else {
        return Err(Error::internal(format!("{} has no day of the fact", job.dataset.name())));
    };
    if let Some((first, last)) = groups.range(number, fact) {
        let bounds: ArrayRef = match column.column_type {
            ColumnType::Timestamp => Arc::new(TimestampMicrosecondArray::from(vec![first, last])),
            _ => Arc::new(Date32Array::from(vec![first as i32, last as i32])),
        };
        if let [Some(first), Some(last)] = months_of(&bounds)?[..]
            && first == last
        {
            return Ok(vec![Run { month: Some(first), rows: rows as u32 }]);
        }
    }
    let days = groups.read(number, &[column.field()], None)?;
    let months = months_of(days[0].as_ref())?;
    let stretches = months.chunk_by(|one, other| one == other);
    Ok(stretches.map(|stretch| Run { month: stretch[0], rows: stretch.len() as u32 }).collect())
}

/// Adds a hash of the key of each row of a file.
fn hash_keys(job: &Job, at: usize, content: Bytes, groups: &RowGroups, hashes: &mut Vec<u64>) -> Result<()> {
    let contract = &job.dataset.contract;
    let key = match contract.key.as_slice() {
        [key] => contract.column(key).filter(|column| column.column_type == ColumnType::Text),
        _ => None,
    };
    let Some(key) = key else {
        for slice in Slices::open(content, key_columns(&job.dataset))? {
            let mut frame = slice?;
            derive(&mut frame, &job.dataset, &job.deliveries[at], &job.resolver)?;
            hashes.extend(key_hashes(&frame, &job.dataset)?.into_iter().map(|hash| hash as u64));
        }
        return Ok(());
    };
    for (number, _) in groups.rows().enumerate() {
        let keys = groups.read(number, &[key.field()], None)?;
        hashes.extend(keys[0].as_string::<i32>().iter().map(|key| xxh3_64(key.unwrap_or_default().as_bytes())));
    }
    Ok(())
}

fn positions_of(hashes: &[u64], twice: &HashSet<u64>) -> Vec<u32> {
    if twice.is_empty() {
        return Vec::new();
    }
    hashes.iter().enumerate().filter(|(_, hash)| twice.contains(hash)).map(|(position, _)| position as u32).collect()
}

/// The rows of a delivery at `positions`, as candidates. They are few: they
/// are picked out, and then handled as those of any dataset.
fn compare(job: &Job, at: usize, files: Vec<Bytes>, positions: &[u32]) -> Result<Vec<Candidate>> {
    let delivery = &job.deliveries[at];
    let origin = [ROW, LINE].map(|name| Field::new(name, DataType::Int64, true));
    let fields: Vec<Field> = job.dataset.contract.stored_columns().map(|column| column.field()).chain(origin).collect();
    let schema = Arc::new(Schema::new(fields.clone()));
    let mut rivals = Vec::new();
    let mut offset = 0u32;
    for content in files {
        let groups = RowGroups::open(content)?;
        for (number, rows) in groups.rows().enumerate() {
            let end = offset + rows as u32;
            let here = &positions[positions.partition_point(|p| *p < offset)..positions.partition_point(|p| *p < end)];
            if !here.is_empty() {
                let ranges = here.iter().map(|position| (*position - offset) as usize).map(|row| row..row + 1);
                let columns = groups.read(number, &fields, Some(ranges.collect()))?;
                rivals.push(RecordBatch::try_new(Arc::clone(&schema), columns)?);
            }
            offset = end;
        }
    }
    let mut frame = read_all([table::encode(&rivals, &schema)?], &staged_columns(&job.dataset))?;
    derive(&mut frame, &job.dataset, delivery, &job.resolver)?;
    let mut found = candidates(&frame, &job.dataset, &job.resolver, delivery.place, at as u32)?;
    found.iter_mut().zip(positions).for_each(|(candidate, position)| candidate.position = *position);
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
