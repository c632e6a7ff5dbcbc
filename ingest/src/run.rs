//! The stage: everything that is new in the landing area into the staged
//! tables.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::{DateTime, Days, NaiveDate, Utc};
use peil_warehouse::contract::ContractSet;
use peil_warehouse::nearest::did_you_mean;
use peil_warehouse::progress::Progress;
use peil_warehouse::publish::Draft;
use peil_warehouse::settings::Settings;
use peil_warehouse::storage::Storage;
use peil_warehouse::{Error, Result, clock};
use tokio::runtime::Handle;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

use crate::apply::{Applied, apply, settle_undated};
use crate::delivery::{Arrival, Landing};
use crate::intake::{Intake, Shared, Taken, sha256, side_by_side, take_in};
use crate::ledger::{
    DELIVERIES, Entry, Outcome, deliveries_spec, from_batches, ledger_fingerprint, rejected_rows_spec, to_batch,
};
use crate::marks;
use crate::plan::{Plan, Seen, Task, is_new, plan, reading};
use crate::privacy::PseudonymKey;
use crate::read::Layout;
use crate::share;

/// What the stage works with.
pub struct IngestContext<'a> {
    /// Where deliveries arrive.
    pub landing: &'a Storage,
    /// The contracts of all datasets.
    pub contracts: &'a ContractSet,
    /// The settings in force.
    pub settings: &'a Settings,
    /// The key of pseudonyms.
    pub pseudonym_key: &'a PseudonymKey,
    /// Hears how far the work is.
    pub progress: &'a dyn Progress,
    /// Whether deliveries that are known are read again.
    pub full: bool,
}

/// What came of a run of the stage.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct IngestSummary {
    /// Deliveries that were new, or read anew.
    pub new: usize,
    /// Of these, accepted.
    pub accepted: usize,
    /// Of these, the same content again.
    pub duplicates: usize,
    /// Of these, refused: object and reason.
    pub refused: Vec<(String, String)>,
    /// Refused deliveries that still lie in the landing area as they were.
    pub still_refused: Vec<(String, String)>,
    /// Rows read.
    pub rows: i64,
    /// Rows of accepted deliveries that passed the checks.
    pub accepted_rows: i64,
    /// Rows that did not, of refused deliveries too.
    pub rejected_rows: i64,
    /// What was reported beside: left alone, unknown columns.
    pub notes: Vec<String>,
    /// Datasets whose staged rows changed.
    pub changed: BTreeSet<String>,
    /// Objects cleared from the landing area.
    pub cleared: usize,
}

/// Takes in what is new, and publishes it.
///
/// Nothing new, nothing done: a listing of the landing area and a look in the
/// ledger.
///
/// # Errors
/// [`Error::Usage`] where the pseudonym key is not the one that the warehouse
/// was filled with, or a setting names an unknown dataset; [`Error::Storage`]
/// where landing area or warehouse fail. A bad delivery is no error: it is
/// refused.
pub async fn run(context: &IngestContext<'_>, draft: &mut Draft) -> Result<IngestSummary> {
    let Work { landing, before, mut ledger, plan, shared } = find_work(context, draft).await?;
    let mut summary = IngestSummary { notes: landing.left_alone.clone(), ..IngestSummary::default() };
    landing.left_alone.iter().for_each(|line| context.progress.note(line));
    let intakes = intakes(context, &plan, &ledger);
    let (ready, noted) = share::ready(&intakes, &shared.key, draft.storage()).await?;
    let left = intakes.into_iter().zip(&ready).filter(|(_, ready)| ready.is_none()).map(|(intake, _)| intake);
    let read = take_all(context.progress, left.collect(), &shared).await?;
    let taken = share::merged(ready, read)?;

    settle_undated(&mut ledger, &plan, draft)?;
    let applied = apply(&mut ledger, &plan, taken, draft).await?;
    summarize(&mut summary, &ledger, &plan, &landing.arrivals, applied);
    let (was, is) = (ledger_fingerprint(&before), ledger_fingerprint(&ledger));
    if was != is {
        draft.write_part(DELIVERIES, "", is, &[to_batch(&ledger)?]).await?;
    }
    marks::write(draft, &ledger).await?;
    for (object, reason) in &summary.refused {
        context.progress.note(&format!("refused: {object}: {reason}"));
    }
    draft.publish().await?;
    share::clear(draft.storage(), &noted).await?;
    summary.cleared = clear(context, &landing.arrivals, &ledger, clock::now()).await?;
    if summary.new > 0 {
        context.progress.end(&summary.to_string());
    }
    Ok(summary)
}

/// What a run is to do, found without reading a delivery for its rows.
pub(crate) struct Work {
    pub landing: Landing,
    /// The ledger as it stands.
    pub before: Vec<Entry>,
    /// The ledger with what is new.
    pub ledger: Vec<Entry>,
    pub plan: Plan,
    pub shared: Shared,
}

/// Finds what is to be done.
///
/// # Errors
/// As [`run`].
pub(crate) async fn find_work(context: &IngestContext<'_>, draft: &mut Draft) -> Result<Work> {
    check_settings(context)?;
    keep_key(context.pseudonym_key, draft)?;
    declare(context.contracts, draft)?;
    let landing = Landing::sort_out(context.landing.list("").await?, context.contracts);
    let mut before = from_batches(&draft.batches(DELIVERIES, None).await?)?;
    marks::add(draft, &mut before).await?;
    let shared = Shared {
        landing: context.landing.clone(),
        warehouse: draft.storage().clone(),
        key: context.pseudonym_key.clone(),
        handle: Handle::current(),
    };
    let new = look(context, &landing.arrivals, &before);
    let seen = hash(new, &shared).await?;
    let mut ledger = before.clone();
    let plan = plan(&mut ledger, &seen, clock::now(), context.full);
    Ok(Work { landing, before, ledger, plan, shared })
}

impl std::fmt::Display for IngestSummary {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { new, accepted, duplicates, accepted_rows, rejected_rows, .. } = self;
        write!(f, "{new} deliveries: {accepted} accepted, {duplicates} duplicates, {} refused; ", self.refused.len())?;
        write!(f, "{accepted_rows} rows accepted, {rejected_rows} rejected")
    }
}

/// A threshold for a dataset that is not there is a threshold that is not
/// kept.
fn check_settings(context: &IngestContext<'_>) -> Result<()> {
    for dataset in context.settings.refuse_above_of.keys() {
        if context.contracts.get(dataset).is_none() {
            let near = did_you_mean(dataset, context.contracts.iter().map(|contract| contract.dataset.as_str()));
            return Err(Error::usage(format!(
                "the setting of refused deliveries names the unknown dataset `{dataset}`{near}"
            )));
        }
    }
    Ok(())
}

/// One warehouse, one key: else the same person would have two pseudonyms.
fn keep_key(key: &PseudonymKey, draft: &mut Draft) -> Result<()> {
    let check = key.check();
    match &draft.published().pseudonym_key_check {
        Some(known) if *known != check => Err(Error::usage(
            "the pseudonym key is not the one that this warehouse was filled with: give that key (a new one as a further line below it, and `peil keys rotate`), or fill a new warehouse",
        )),
        Some(_) => Ok(()),
        None => {
            draft.update(|published| published.pseudonym_key_check = Some(check));
            Ok(())
        }
    }
}

fn declare(contracts: &ContractSet, draft: &mut Draft) -> Result<()> {
    for contract in contracts.iter() {
        draft.declare(&contract.staged_spec())?;
    }
    draft.declare(&deliveries_spec())?;
    draft.declare(&marks::marks_spec())?;
    draft.declare(&rejected_rows_spec())
}

fn refuse_above(settings: &Settings, dataset: &str) -> f64 {
    settings.refuse_above_of.get(dataset).copied().unwrap_or(settings.refuse_above)
}

/// The arrivals that are not in the ledger as they are, each with what it is
/// to be read with.
fn look(context: &IngestContext<'_>, arrivals: &[Arrival], ledger: &[Entry]) -> Vec<(Arrival, String)> {
    let mut by_object: BTreeMap<&str, Vec<&Entry>> = BTreeMap::new();
    ledger.iter().for_each(|entry| by_object.entry(&entry.object).or_default().push(entry));
    let readings: BTreeMap<&str, String> = context
        .contracts
        .iter()
        .map(|contract| {
            (contract.dataset.as_str(), reading(contract, refuse_above(context.settings, &contract.dataset)))
        })
        .collect();
    let with_reading = arrivals.iter().map(|arrival| (arrival, &readings[arrival.contract.dataset.as_str()]));
    let new = with_reading.filter(|(arrival, reading)| is_new(&by_object, arrival, reading, context.full));
    new.map(|(arrival, reading)| (arrival.clone(), reading.clone())).collect()
}

async fn hash(new: Vec<(Arrival, String)>, shared: &Shared) -> Result<Vec<Seen>> {
    if new.is_empty() {
        return Ok(Vec::new());
    }
    let shared = shared.clone();
    blocking(move || {
        let hashes = side_by_side(
            &new,
            |(arrival, _)| arrival.object.size,
            |(arrival, _)| sha256(&shared, &arrival.object.path),
        )?;
        let seen = new.into_iter().zip(hashes).map(|((arrival, reading), sha256)| Seen { arrival, sha256, reading });
        Ok(seen.collect())
    })
    .await
}

/// What must be read.
pub(crate) fn intakes(context: &IngestContext<'_>, plan: &Plan, ledger: &[Entry]) -> Vec<Intake> {
    let mut layouts: BTreeMap<&str, Arc<Layout>> = BTreeMap::new();
    let mut intakes = Vec::new();
    for group in &plan.groups {
        let Task::Read { object, size } = &group.task else { continue };
        let entry = &ledger[group.members[0]];
        let layout = layouts.entry(&group.contract.dataset).or_insert_with(|| Arc::new(Layout::new(&group.contract)));
        intakes.push(Intake {
            layout: Arc::clone(layout),
            read_from: object.clone(),
            size: *size,
            reading: group.reading.clone(),
            entry: entry.clone(),
            date: entry.delivery_date.unwrap_or(NaiveDate::MIN),
            refuse_above: refuse_above(context.settings, &group.contract.dataset),
        });
    }
    intakes
}

pub(crate) async fn take_all(progress: &dyn Progress, intakes: Vec<Intake>, shared: &Shared) -> Result<Vec<Taken>> {
    if intakes.is_empty() {
        return Ok(Vec::new());
    }
    progress.begin("ingest", intakes.len() as u64);
    let shared = shared.clone();
    let (done_to, mut done) = unbounded_channel();
    let work = blocking(move || {
        let take = |intake: &Intake, done_to: &UnboundedSender<String>| {
            let taken = take_in(intake, &shared);
            let _ = done_to.send(intake.entry.object.clone());
            taken
        };
        side_by_side(&intakes, |intake| intake.size, |intake| take(intake, &done_to))
    });
    let tell = async {
        while let Some(object) = done.recv().await {
            progress.advance(1, &object);
        }
    };
    let (taken, ()) = futures::join!(work, tell);
    taken
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(Error::internal)?
}

fn summarize(summary: &mut IngestSummary, ledger: &[Entry], plan: &Plan, arrivals: &[Arrival], applied: Applied) {
    summary.new = plan.fresh.len();
    for place in &plan.fresh {
        let entry = &ledger[*place];
        match entry.outcome {
            Outcome::Accepted => summary.accepted += 1,
            Outcome::Duplicate => summary.duplicates += 1,
            Outcome::Refused => summary.refused.push((entry.object.clone(), entry.reason.clone().unwrap_or_default())),
        }
        if let Some(note) = &entry.note {
            summary.notes.push(format!("{}: {note}", entry.object));
        }
    }
    let lies_there = |entry: &Entry| arrivals.iter().any(|arrival| entry.is_of(&arrival.object));
    let old_refused = ledger
        .iter()
        .enumerate()
        .filter(|(place, entry)| entry.outcome == Outcome::Refused && !plan.fresh.contains(place));
    summary.still_refused = old_refused
        .filter(|(_, entry)| lies_there(entry))
        .map(|(_, entry)| (entry.object.clone(), entry.reason.clone().unwrap_or_default()))
        .collect();
    summary.rows = applied.rows;
    summary.accepted_rows = applied.accepted_rows;
    summary.rejected_rows = applied.rejected_rows;
    summary.changed = applied.changed;
}

/// Clears accepted deliveries that have lain in the landing area for as many
/// days as the setting says.
async fn clear(
    context: &IngestContext<'_>,
    arrivals: &[Arrival],
    ledger: &[Entry],
    now: DateTime<Utc>,
) -> Result<usize> {
    let Some(days) = context.settings.clear_after_days.filter(|days| *days > 0) else { return Ok(0) };
    let mut cleared = 0;
    for arrival in arrivals {
        let due = |entry: &Entry| {
            entry.is_of(&arrival.object)
                && entry.outcome != Outcome::Refused
                && entry.received_at + Days::new(days.into()) <= now
        };
        if ledger.iter().any(due) {
            context.landing.delete(&arrival.object.path).await?;
            cleared += 1;
        }
    }
    Ok(cleared)
}
