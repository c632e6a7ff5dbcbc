//! What the survey of one run leaves to that of the next: a delivery that is
//! as it was is not looked at again.

use std::collections::BTreeMap;

use peil_warehouse::kept;
use serde::{Deserialize, Serialize};

use super::look::Look;
use crate::current::Candidate;
use crate::job::Job;
use crate::stage::STAGE;
use peil_warehouse::Result;

/// More rows that share their key are not worth a note.
const MOST_RIVALS: usize = 200_000;

/// What is known of a set of deliveries: all their row groups, and every row
/// of them that shares its key with another of them.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Kept {
    /// What all of it rests on beside the deliveries.
    ground: String,
    /// By the fingerprint of the delivery.
    deliveries: BTreeMap<String, OfDelivery>,
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct OfDelivery {
    look: Look,
    rivals: Vec<Rival>,
}

/// A row that shares its key, as [`Candidate`] has it.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Rival {
    key: [u64; 2],
    content: u64,
    row: u32,
    position: u32,
}

impl Kept {
    /// What the last run left; nothing where it is of other code, another
    /// contract or other authorities, or everything is to be made again.
    pub async fn of(job: &Job) -> Result<Self> {
        if job.full {
            return Ok(Self::default());
        }
        let found: Option<Self> = kept::get(&job.storage, STAGE, &name(job)).await?;
        Ok(found.filter(|kept| kept.ground == job.ground()).unwrap_or_default())
    }

    /// The look at a delivery.
    pub fn look(&self, job: &Job, at: usize) -> Option<&Look> {
        self.deliveries.get(&job.deliveries[at].fingerprint()).map(|of_delivery| &of_delivery.look)
    }

    /// The rows of the deliveries of a job that share their key with another,
    /// of these or of others that are no more.
    pub fn rivals(&self, job: &Job) -> Vec<Candidate> {
        let of_job = job.deliveries.iter().enumerate();
        let known = of_job.filter_map(|(at, delivery)| {
            self.deliveries.get(&delivery.fingerprint()).map(|known| (at as u32, delivery.place, known))
        });
        known
            .flat_map(|(delivery, place, known)| {
                known.rivals.iter().map(move |rival| Candidate {
                    key: rival.key,
                    content: rival.content,
                    place,
                    row: rival.row,
                    delivery,
                    position: rival.position,
                })
            })
            .collect()
    }

    /// Keeps what is known of the deliveries of a job.
    pub async fn keep(job: &Job, looks: &[Look], rivals: &[Candidate]) -> Result<()> {
        if rivals.len() > MOST_RIVALS {
            return kept::remove(&job.storage, STAGE, &name(job)).await;
        }
        let mut of_each: Vec<OfDelivery> =
            looks.iter().map(|look| OfDelivery { look: look.clone(), rivals: Vec::new() }).collect();
        for &Candidate { key, content, row, position, delivery, .. } in rivals {
            of_each[delivery as usize].rivals.push(Rival { key, content, row, position });
        }
        let deliveries = job.deliveries.iter().map(|delivery| delivery.fingerprint()).zip(of_each).collect();
        kept::put(&job.storage, STAGE, &name(job), &Self { ground: job.ground(), deliveries }).await
    }
}

fn name(job: &Job) -> String {
    format!("survey_{}", job.dataset.contract.table_name())
}
