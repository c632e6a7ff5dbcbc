//! The stage: from staged tables to conformed ones.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::NaiveDate;
use futures::{StreamExt, TryStreamExt};
use peil_warehouse::Result;
use peil_warehouse::clock::Stopwatch;
use peil_warehouse::contract::ContractSet;
use peil_warehouse::memory::Memory;
use peil_warehouse::progress::Progress;
use peil_warehouse::publish::Draft;
use peil_warehouse::share::{self, Share};
use peil_warehouse::table::fingerprint;
use tokio::sync::Semaphore;

use crate::authority::Resolver;
use crate::check::{self, CheckRecord, KnownIndicator};
use crate::dataset::Dataset;
use crate::delivery::{self, DELIVERIES, Delivery};
use crate::job::{Job, Outcome};
use crate::reference::{self, REFERENCES};
use crate::unresolved::{self, UnresolvedAuthority};
use crate::{CODE_VERSION, corrections, dimensions, facts, lineage, receipts};

/// The name of the stage, among the inputs of what is published and in what
/// is told.
pub(crate) const STAGE: &str = "transform";
/// Datasets that are at work at the same time.
const CONCURRENT_DATASETS: usize = 6;

/// What a transform is run with.
pub struct TransformContext<'a> {
    /// The contracts of all datasets.
    pub contracts: &'a ContractSet,
    /// The indicators that targets and milestones may name; where it is
    /// empty, such references are not checked.
    pub indicators: &'a [KnownIndicator],
    /// The last delivery date that is used; none: all deliveries.
    pub known_on: Option<NaiveDate>,
    /// Deliveries, by their identity, whose rows count only where no other
    /// delivery has a row of the same key. Empty but where it is asked what
    /// deliveries add apart from what they replace.
    pub yielding: &'a BTreeSet<String>,
    /// Makes everything again, also what did not change.
    pub full: bool,
    /// How much memory it may take.
    pub memory: Memory,
    /// The run, as it stands in the records of checks.
    pub run_id: &'a str,
    /// Hears how far the work is.
    pub progress: &'a dyn Progress,
}

/// What came of a transform.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TransformSummary {
    /// Rows of each conformed table, by its name.
    pub rows: BTreeMap<String, u64>,
    /// The conformed tables of which a row changed.
    pub changed: Vec<String>,
    /// Rows that replaced one with other content, in the datasets that were
    /// made again.
    pub corrections: u64,
    /// References to authorities that do not resolve; empty where nothing was
    /// to be done.
    pub unresolved: Vec<UnresolvedAuthority>,
    /// The quality checks; empty where nothing was to be done.
    pub checks: Vec<CheckRecord>,
    /// Seconds that it took.
    pub seconds: f64,
}

impl TransformSummary {
    /// Rows of all conformed tables.
    pub fn total_rows(&self) -> u64 {
        self.rows.values().sum()
    }
}

/// Makes the conformed tables of the deliveries in force, and publishes them.
///
/// Where nothing changed since the last time, reads no data.
///
/// # Errors
/// [`peil_warehouse::Error::Usage`] where a contract asks what cannot be done;
/// [`peil_warehouse::Error::Storage`] where a table cannot be read or written.
pub async fn run(context: &TransformContext<'_>, draft: &mut Draft) -> Result<TransformSummary> {
    let watch = Stopwatch::start();
    let mut summary = TransformSummary::default();
    let before = hashes(draft);
    let datasets = context
        .contracts
        .iter()
        .map(|contract| Dataset::new(Arc::clone(contract)).map(Arc::new))
        .collect::<Result<Vec<_>>>()?;
    lineage::record(draft, &datasets).await?;
    let mut noted = Arc::default();
    if context.full || draft.published().inputs.get(STAGE) != Some(&inputs(context, draft)) {
        noted = transform(context, &datasets, draft, &mut summary).await?;
        let inputs = inputs(context, draft);
        draft.update(|published| {
            published.known_on = context.known_on;
            published.inputs.insert(STAGE.to_owned(), inputs);
        });
    }
    draft.publish().await?;
    share::clear(draft.storage(), STAGE, &noted).await?;
    let after = hashes(draft);
    summary.changed =
        after.into_iter().filter(|(table, hash)| before.get(table) != Some(hash)).map(|(table, _)| table).collect();
    summary.rows = conformed(draft).map(|(name, rows, _)| (name, rows)).collect();
    summary.seconds = watch.seconds();
    Ok(summary)
}

/// The code by which conformed tables are made: where it is the same, the same
/// deliveries give the same bytes.
pub const fn code_version() -> &'static str {
    CODE_VERSION
}

/// Whether the conformed tables of the draft are those of its deliveries,
/// under this context.
pub fn is_current(context: &TransformContext<'_>, draft: &Draft) -> bool {
    draft.published().inputs.get(STAGE) == Some(&inputs(context, draft))
}

/// Makes what changed; gives the notes of others that it took over.
async fn transform(
    context: &TransformContext<'_>,
    datasets: &[Arc<Dataset>],
    draft: &mut Draft,
    summary: &mut TransformSummary,
) -> Result<Arc<BTreeSet<String>>> {
    context.progress.begin(STAGE, datasets.len() as u64);
    let (mut work, rest, resolver) = begin(context, datasets, draft).await?;
    let noted = Arc::clone(&work.noted);
    work.make(draft, rest, &resolver).await?;

    corrections::write(draft, &work.made, &work.corrections).await?;
    let counts = unresolved::count(draft, datasets, context.memory).await?;
    summary.unresolved = unresolved::list(&counts, &resolver);
    unresolved::write(draft, &summary.unresolved).await?;
    summary.checks = check::unresolved_authorities(&counts, &summary.unresolved);
    summary.checks.extend(check::unknown_references(draft, datasets, context.indicators).await?);
    check::write(draft, context.run_id, &summary.checks).await?;
    summary.corrections = work.corrections.values().sum();
    context.progress.end(&format!(
        "{} of {} datasets made again, {} corrections, {} references that do not resolve",
        work.made.len(),
        datasets.len(),
        summary.corrections,
        summary.unresolved.len()
    ));
    Ok(noted)
}

/// Makes what all datasets rest on; gives the others, and what their
/// references resolve by.
async fn begin<'a>(
    context: &'a TransformContext<'a>,
    datasets: &[Arc<Dataset>],
    draft: &mut Draft,
) -> Result<(Work<'a>, Vec<Arc<Dataset>>, Arc<Resolver>)> {
    let deliveries = delivery::in_force(draft, context.contracts, context.known_on, context.yielding).await?;
    receipts::write(draft, &deliveries).await?;
    let noted = Arc::new(share::pieces(draft.storage(), STAGE).await?);
    let mut work =
        Work { context, deliveries, cores: cores(), made: BTreeSet::new(), corrections: BTreeMap::new(), noted };
    let (first, rest): (Vec<_>, Vec<_>) =
        datasets.iter().cloned().partition(|dataset| REFERENCES.contains(&dataset.name()));
    work.make(draft, first, &Arc::new(Resolver::default())).await?;
    let (authorities, resolver) = reference::resolver(draft).await?;
    let resolver = Arc::new(resolver);
    let ground = fingerprint([CODE_VERSION, resolver.fingerprint()]);
    reference::write_compositions(draft, &authorities, &ground, context.full).await?;
    Ok((work, rest, resolver))
}

/// What a share came to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ShareSummary {
    /// Months of large facts that the next run is to make.
    pub all: usize,
    /// Of these, made by this share.
    pub taken: usize,
    /// Of these, made by anyone, this share too.
    pub ready: usize,
}

/// Makes the months of one share of the large facts that the next run is to
/// make; what is small is left to that run. Nothing is published.
///
/// # Errors
/// As [`run`].
pub async fn share_in(context: &TransformContext<'_>, draft: &mut Draft, share: Share) -> Result<ShareSummary> {
    let datasets = context
        .contracts
        .iter()
        .map(|contract| Dataset::new(Arc::clone(contract)).map(Arc::new))
        .collect::<Result<Vec<_>>>()?;
    let (mut work, rest, resolver) = begin(context, &datasets, draft).await?;
    let mut summary = ShareSummary::default();
    for dataset in rest.into_iter().filter(|dataset| dataset.contract.large_fact) {
        let job = work.job(draft, dataset, &resolver);
        if context.full || draft.published().inputs.get(&input_key(&job)) != Some(&job.fingerprint()) {
            let of_dataset = facts::share_in(&job, share, context.progress).await?;
            summary.all += of_dataset.all;
            summary.taken += of_dataset.taken;
            summary.ready += of_dataset.ready;
        }
    }
    Ok(summary)
}

/// The datasets of one run, at work.
struct Work<'a> {
    context: &'a TransformContext<'a>,
    deliveries: BTreeMap<String, Vec<Delivery>>,
    cores: Arc<Semaphore>,
    /// The datasets that were made again.
    made: BTreeSet<String>,
    corrections: BTreeMap<String, u64>,
    /// What others made of it already.
    noted: Arc<BTreeSet<String>>,
}

impl Work<'_> {
    /// Makes the tables of the datasets that changed.
    async fn make(&mut self, draft: &mut Draft, datasets: Vec<Arc<Dataset>>, resolver: &Arc<Resolver>) -> Result<()> {
        let mut jobs = Vec::new();
        for dataset in datasets {
            let job = self.job(draft, dataset, resolver);
            for spec in job.tables() {
                draft.declare(&spec)?;
            }
            let fingerprint = job.fingerprint();
            if self.context.full || draft.published().inputs.get(&input_key(&job)) != Some(&fingerprint) {
                jobs.push((job, fingerprint));
            } else {
                self.context.progress.advance(1, job.dataset.name());
            }
        }
        // The large ones first: the small ones fill the gaps.
        jobs.sort_by_key(|(job, _)| !job.dataset.contract.large_fact);
        let mut done = futures::stream::iter(jobs)
            .map(|(job, fingerprint)| async move {
                let outcome = if job.dataset.contract.large_fact {
                    facts::make(&job).await
                } else {
                    dimensions::make(&job).await
                };
                outcome.map(|outcome| (job, fingerprint, outcome))
            })
            .buffer_unordered(self.context.memory.at_once(CONCURRENT_DATASETS));
        while let Some((job, fingerprint, outcome)) = done.try_next().await? {
            self.take(draft, &job, outcome)?;
            draft.update(|published| {
                published.inputs.insert(input_key(&job), fingerprint);
            });
            self.context.progress.advance(1, job.dataset.name());
        }
        Ok(())
    }

    fn job(&mut self, draft: &Draft, dataset: Arc<Dataset>, resolver: &Arc<Resolver>) -> Job {
        let deliveries = self.deliveries.remove(dataset.name()).unwrap_or_default();
        let mut job = Job {
            dataset,
            deliveries: Arc::new(deliveries),
            resolver: Arc::clone(resolver),
            storage: draft.storage().clone(),
            cores: Arc::clone(&self.cores),
            present: Arc::default(),
            noted: Arc::clone(&self.noted),
            full: self.context.full,
            memory: self.context.memory,
        };
        let parts = |name: &str| draft.table(name).map(|state| state.parts.clone()).unwrap_or_default();
        job.present = Arc::new(job.tables().into_iter().map(|spec| (spec.name.clone(), parts(&spec.name))).collect());
        job
    }

    fn take(&mut self, draft: &mut Draft, job: &Job, outcome: Outcome) -> Result<()> {
        for (table, part) in outcome.gone {
            draft.remove_part(&table, &part)?;
        }
        for made in outcome.made {
            draft.set_part(&made.table, &made.part, made.fingerprint, made.files)?;
        }
        self.corrections.extend(outcome.corrections);
        self.made.insert(job.dataset.name().to_owned());
        Ok(())
    }
}

/// Under which key the inputs of a dataset stand in what is published.
fn input_key(job: &Job) -> String {
    format!("{STAGE}/{}", job.dataset.name())
}

fn cores() -> Arc<Semaphore> {
    Arc::new(Semaphore::new(std::thread::available_parallelism().map_or(2, std::num::NonZero::get)))
}

/// Changes when anything does that the stage reads.
fn inputs(context: &TransformContext<'_>, draft: &Draft) -> String {
    let indicators = context.indicators.iter().map(|known| format!("{} {}", known.indicator_id, known.milestone));
    let known_on = context.known_on.map(|day| day.to_string()).unwrap_or_default();
    let staged = context.contracts.iter().map(|contract| draft.content_hash(&contract.staged_table()));
    fingerprint(
        [CODE_VERSION.to_owned(), context.contracts.fingerprint(), known_on, draft.content_hash(DELIVERIES)]
            .into_iter()
            .chain(staged)
            .chain(indicators)
            .chain(context.yielding.iter().cloned()),
    )
}

fn conformed(draft: &Draft) -> impl Iterator<Item = (String, u64, String)> {
    let tables = draft.published().tables.iter().filter(|(name, _)| name.starts_with("conformed/"));
    tables.map(|(name, state)| (name.clone(), state.rows(), state.content_hash()))
}

fn hashes(draft: &Draft) -> BTreeMap<String, String> {
    conformed(draft).map(|(name, _, hash)| (name, hash)).collect()
}
