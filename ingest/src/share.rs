//! A share of the intake: deliveries that one of several machines takes in,
//! for the run that publishes them.

use std::collections::BTreeSet;

use peil_warehouse::publish::Draft;
use peil_warehouse::share::{self, Share};
use peil_warehouse::storage::Storage;
use peil_warehouse::table::fingerprint;
use peil_warehouse::{Error, Result};

use crate::intake::{Intake, Taken};
use crate::ledger::REJECTED_ROWS;
use crate::privacy::PseudonymKey;
use crate::run::{IngestContext, Work, find_work, take_all};

/// The stage, among the notes.
const STAGE: &str = "ingest";

/// What a share came to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ShareSummary {
    /// Deliveries that the next run is to read.
    pub all: usize,
    /// Of these, taken in by this share.
    pub taken: usize,
    /// Of these, taken in by anyone, this share too.
    pub ready: usize,
}

/// Takes in the deliveries of one share of what the next run is to read.
/// Nothing is published.
///
/// # Errors
/// As [`crate::run()`].
pub async fn share_in(context: &IngestContext<'_>, draft: &mut Draft, share: Share) -> Result<ShareSummary> {
    let Work { plan, ledger, shared, .. } = find_work(context, draft).await?;
    let storage = draft.storage().clone();
    let ready = share::pieces(&storage, STAGE).await?;
    let intakes = crate::run::intakes(context, &plan, &ledger);
    let mut done = ShareSummary { all: intakes.len(), ..ShareSummary::default() };
    let mut own = Vec::new();
    for intake in intakes {
        let piece = piece(&intake, &shared.key);
        if ready.contains(&piece) && prepared(&storage, &intake, &piece).await?.is_some() {
            done.ready += 1;
        } else if share.takes(&piece) {
            own.push((piece, intake));
        }
    }
    let (pieces, intakes): (Vec<String>, Vec<Intake>) = own.into_iter().unzip();
    let tables: Vec<String> = intakes.iter().map(|intake| intake.layout.contract().staged_table()).collect();
    for ((piece, table), taken) in pieces.iter().zip(&tables).zip(take_all(context.progress, intakes, &shared).await?) {
        let staged = taken.staged.iter().map(|file| format!("{table}/{}", file.path));
        let rejected = taken.rejected_files.iter().map(|file| format!("{REJECTED_ROWS}/{}", file.path));
        share::put(&storage, STAGE, piece, &taken, &staged.chain(rejected).collect::<Vec<_>>()).await?;
        done.taken += 1;
    }
    done.ready += done.taken;
    Ok(done)
}

/// What is taken in already of what a run is to read, in its order.
pub(crate) async fn ready(
    intakes: &[Intake],
    key: &PseudonymKey,
    storage: &Storage,
) -> Result<(Vec<Option<Taken>>, BTreeSet<String>)> {
    if intakes.is_empty() {
        return Ok((Vec::new(), BTreeSet::new()));
    }
    let there = share::pieces(storage, STAGE).await?;
    let mut found = Vec::with_capacity(intakes.len());
    for intake in intakes {
        let piece = piece(intake, key);
        found.push(if there.contains(&piece) { prepared(storage, intake, &piece).await? } else { None });
    }
    Ok((found, there))
}

/// Clears the notes, once what they tell of is published.
pub(crate) async fn clear(storage: &Storage, there: &BTreeSet<String>) -> Result<()> {
    share::clear(storage, STAGE, there).await
}

/// Changes with everything that what comes of a delivery is made from.
fn piece(intake: &Intake, key: &PseudonymKey) -> String {
    let Intake { entry, date, reading, .. } = intake;
    fingerprint([&entry.delivery_id, &entry.object, &entry.sha256, &date.to_string(), reading, &key.check()])
}

async fn prepared(storage: &Storage, intake: &Intake, piece: &str) -> Result<Option<Taken>> {
    let Some(taken) = share::get::<Taken>(storage, STAGE, piece).await? else { return Ok(None) };
    let staged = intake.layout.contract().staged_table();
    let there = share::are_there(storage, &staged, &taken.staged).await?
        && share::are_there(storage, REJECTED_ROWS, &taken.rejected_files).await?;
    Ok(there.then_some(taken))
}

/// The results of those that were prepared and those that were read now, in
/// the order of the plan.
pub(crate) fn merged(ready: Vec<Option<Taken>>, read: Vec<Taken>) -> Result<Vec<Taken>> {
    let mut read = read.into_iter();
    let missing = || Error::internal("a delivery was planned and not read");
    ready.into_iter().map(|taken| taken.or_else(|| read.next()).ok_or_else(missing)).collect()
}
