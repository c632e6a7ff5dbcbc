//! The first look at a large fact: which months a delivery touches, and which
//! of its rows a later one replaces. It reads keys and days only, and the rest
//! of the few rows whose key occurs twice; of deliveries that were there at
//! the last run, only what may share a key with a new one.

mod kept;
mod look;
mod rivals;

use std::collections::BTreeMap;

use futures::{StreamExt, TryStreamExt};
use peil_warehouse::Result;
use peil_warehouse::table::fingerprint;

use crate::current::{Candidate, Decision, decide};
use crate::days::Month;
use crate::delivery::Delivery;
use crate::job::Job;
use kept::Kept;
use look::{Look, Run, look};

pub(crate) use look::Group;

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
    pub files: Vec<Look>,
    /// Of each delivery, a hash over its replaced rows by month.
    replaced: Vec<BTreeMap<Month, String>>,
}

impl Survey {
    /// Looks at all deliveries of a job, as far as the last run did not.
    ///
    /// # Errors
    /// [`peil_warehouse::Error::Storage`] where a staged file cannot be read.
    pub async fn of(job: &Job) -> Result<Self> {
        let kept = Kept::of(job).await?;
        let looks: Vec<(Look, bool)> = futures::stream::iter(0..job.deliveries.len())
            .map(|at| {
                let known = kept.look(job, at).cloned();
                async move {
                    if let Some(known) = known {
                        return Ok((known, false));
                    }
                    let files = job.staged(&job.deliveries[at]).await?;
                    job.compute(move |job| look(job, at, files)).await.map(|look| (look, true))
                }
            })
            .buffered(job.memory.at_once(CONCURRENT_DELIVERIES))
            .try_collect()
            .await?;
        let (files, fresh): (Vec<Look>, Vec<bool>) = looks.into_iter().unzip();
        let mut rivals = rivals::of(job, &files, &fresh).await?;
        rivals.extend(kept.rivals(job));
        let rivals = sharing(rivals);
        if fresh.contains(&true) {
            Kept::keep(job, &files, &rivals).await?;
        }
        let count = job.deliveries.len();
        let decision = job.compute(move |_| Ok(decide(rivals, count))).await?;
        let of_each = || files.iter().zip(&decision.replaced);
        let rows = of_each().map(|(look, replaced)| in_force(runs(look), replaced)).collect();
        let replaced = of_each().map(|(look, replaced)| replaced_by_month(runs(look), replaced)).collect();
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

/// The rows, each once, whose key another of them has.
fn sharing(mut rivals: Vec<Candidate>) -> Vec<Candidate> {
    rivals.sort_unstable_by_key(|row| (row.key, row.delivery, row.position));
    rivals.dedup_by_key(|row| (row.key, row.delivery, row.position));
    let of_one_key = rivals.chunk_by(|one, other| one.key == other.key);
    let mut sharing: Vec<Candidate> = of_one_key.filter(|rows| rows.len() > 1).flatten().copied().collect();
    sharing.sort_unstable_by_key(|row| (row.delivery, row.position));
    sharing
}

fn runs(look: &Look) -> impl Iterator<Item = Run> {
    look.iter().flatten().flat_map(|group| group.runs.iter().copied())
}

/// The stretches of replaced rows within each run: what `each` is told.
fn walk(runs: impl Iterator<Item = Run>, replaced: &[u32], mut each: impl FnMut(Run, &[u32])) {
    let (mut start, mut done) = (0u32, 0usize);
    for run in runs {
        start += run.rows;
        let upto = done + replaced[done..].partition_point(|position| *position < start);
        each(run, &replaced[done..upto]);
        done = upto;
    }
}

fn in_force(runs: impl Iterator<Item = Run>, replaced: &[u32]) -> BTreeMap<Month, u64> {
    let mut rows = BTreeMap::new();
    walk(runs, replaced, |run, gone| {
        let kept = u64::from(run.rows) - gone.len() as u64;
        if let (Some(month), true) = (run.month, kept > 0) {
            *rows.entry(month).or_default() += kept;
        }
    });
    rows
}

fn replaced_by_month(runs: impl Iterator<Item = Run>, replaced: &[u32]) -> BTreeMap<Month, String> {
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
        let runs = || runs.into_iter();
        assert_eq!(in_force(runs(), &[]), BTreeMap::from([(1, 4), (2, 2)]));
        assert_eq!(in_force(runs(), &[0, 3, 4]), BTreeMap::from([(1, 3)]));
        assert_eq!(replaced_by_month(runs(), &[3]).keys().copied().collect::<Vec<_>>(), [2]);
        assert_ne!(replaced_by_month(runs(), &[3]), replaced_by_month(runs(), &[4]));
    }

    #[test]
    fn rows_share_a_key_with_another_and_are_told_once() {
        let row = |key, delivery, position| Candidate {
            key: [0, key],
            content: 0,
            place: 0,
            row: position + 1,
            delivery,
            position,
        };
        let told = sharing(vec![row(7, 1, 4), row(7, 0, 9), row(7, 1, 4), row(8, 0, 1), row(8, 0, 1)]);
        assert_eq!(told, [row(7, 0, 9), row(7, 1, 4)]);
    }
}
