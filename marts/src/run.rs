//! The stage: from conformed tables to published marts.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow::array::{Array, Date32Array, Decimal128Array, RecordBatch, StringArray};
use chrono::NaiveDate;
use datafusion::execution::context::SessionContext;
use futures::TryStreamExt;
use peil_warehouse::clock::Stopwatch;
use peil_warehouse::contract::ContractSet;
use peil_warehouse::memory::Memory;
use peil_warehouse::period::Period;
use peil_warehouse::progress::Progress;
use peil_warehouse::publish::Draft;
use peil_warehouse::release;
use peil_warehouse::table::fingerprint;
use peil_warehouse::{Error, Result};
use tokio::task::JoinSet;

use crate::calendar::{self, Calendar, Horizon};
use crate::check::{self, Finding, Planned};
use crate::disclosure::HiddenBefore;
use crate::engine::Engine;
use crate::indicator::STARTS;
use crate::model::Severity;
use crate::model_set::ModelSet;
use crate::quality::{self, Day, QualityRules};
use crate::relation::{plain, table_name};
use crate::{build, catalogue, graph, lineage, plan, session};

/// The stage's name among the inputs of the pointer.
const STAGE: &str = "marts";
/// Tables that are read at the same time.
const CONCURRENT_READS: usize = 4;
/// Checks that run at the same time.
const CONCURRENT_CHECKS: usize = 4;
/// Cores that a query of a model uses: models run beside each other, so that
/// rows need not go from core to core and are summed in one order.
const CORES_OF_A_QUERY: usize = 1;
/// The targets, which say how far the periods go.
const TARGETS: &str = "conformed/reference_targets";
/// The mart whose figures are tied to those published before.
const FIGURES: &str = "marts.indicator_values";

/// What a run of the stage rests on, beside the data.
pub struct MartsContext<'a> {
    /// The run, for the records.
    pub run_id: &'a str,
    /// Last day whose facts count.
    pub as_of: NaiveDate,
    /// Last delivery date that the conformed tables use; none: all.
    pub known_on: Option<NaiveDate>,
    /// The models, indicators and rules.
    pub models: &'a ModelSet,
    /// The contracts of all datasets, which tell how often each is expected.
    pub contracts: &'a ContractSet,
    /// What the quality gate goes by.
    pub quality: &'a QualityRules,
    /// Counts of fewer persons, and averages of fewer ratings or authorities,
    /// are not shown.
    pub threshold: u32,
    /// Cells that releases hide, and that stay hidden.
    pub hidden_before: Arc<HiddenBefore>,
    /// What computes the queries of models.
    pub engine: &'a Engine,
    /// How much memory it may take.
    pub memory: Memory,
    /// Compute everything, also what did not change.
    pub full: bool,
    /// Hears how far the work is.
    pub progress: &'a dyn Progress,
}

/// What came of a run of the stage.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct MartsSummary {
    /// Models that ran, intermediate ones too.
    pub computed: usize,
    /// Marts that were left as they were, since nothing that they rest on
    /// changed.
    pub unchanged: usize,
    /// Rows that were computed, intermediate ones too.
    pub rows: u64,
    /// Checks that stand: made, or carried over from a run that saw the same.
    pub checks: usize,
    /// Checks that only warn and found rows.
    pub warnings: Vec<Finding>,
    /// Checks that failed: the marts are as they were before the run, and the
    /// program exits with code 3.
    pub failed: Vec<Finding>,
    /// Seconds that it took.
    pub seconds: f64,
}

impl MartsSummary {
    /// What the checks found, without what was computed.
    fn of(findings: &[Finding]) -> Self {
        let with =
            |outcome: &str| findings.iter().filter(|finding| finding.outcome() == outcome).cloned().collect::<Vec<_>>();
        Self { checks: findings.len(), warnings: with("warning"), failed: with("failed"), ..Self::default() }
    }
}

/// Computes the marts that changed, checks all of them, and publishes; where
/// a check fails, the former marts stay and the findings are published.
///
/// # Errors
/// [`Error::Usage`] where a model is wrong; [`Error::Storage`] where the
/// warehouse cannot be read or written.
pub async fn run(context: &MartsContext<'_>, draft: &mut Draft) -> Result<MartsSummary> {
    let watch = Stopwatch::start();
    catalogue::record_datasets(draft, context.contracts).await?;
    check_sources(context.models, draft)?;
    declare_records(draft)?;
    let inputs = inputs(context, draft);
    let before = quality::before(draft).await?;
    let day = Day { as_of: context.as_of, known_on: context.known_on };
    let runtime = session::runtime(draft.storage(), context.memory)?;
    let mut findings =
        quality::check_sources(context.quality, draft, day, &before, context.full, &runtime, context.memory).await?;
    let due = lineage::due(draft, context.models)?;
    let is_same = !context.full && draft.published().inputs.get(STAGE) == Some(&inputs);
    if let Some(carried) = quality::carried(&before, &inputs).filter(|_| is_same) {
        findings.extend(carried);
        quality::settle(context.quality, &mut findings, day);
        let followed = lineage::follow(due, context.models).await?;
        catalogue::record(draft, context.models, followed).await?;
        quality::record(draft, context.run_id, &findings).await?;
        draft.publish().await?;
        let unchanged = context.models.marts().count();
        return Ok(MartsSummary { unchanged, seconds: watch.seconds(), ..MartsSummary::of(&findings) });
    }
    let session = session::session_in(&runtime, CORES_OF_A_QUERY);
    context.engine.clear(draft.storage()).await?;
    let calendar = open_calendar(context, draft, &session).await?;
    let plan = plan::plan(context.models, draft, &calendar, context.threshold, context.full)?;
    load(context.engine, &session, draft, plan.stored.iter().map(String::as_str)).await?;
    context.progress.begin(STAGE, plan.tasks.len() as u64);
    let (computed, unchanged) = (plan.tasks.len(), plan.unchanged);
    let advance = |name: &str| context.progress.advance(1, name);
    let ground = build::Ground {
        engine: context.engine.clone(),
        runtime,
        memory: context.memory,
        threshold: context.threshold,
        hidden: Arc::clone(&context.hidden_before),
    };
    let building = build::build(&session, draft, plan.tasks, &ground, &advance);
    let ((rows, keys), followed) = futures::try_join!(building, lineage::follow(due, context.models))?;
    let gone = remove_old(context.models, draft);
    let mut of_marts = all_keys(context.models, keys);
    let before = if context.full { Vec::new() } else { before };
    let read = context.models.in_order().flat_map(|model| model.check_reads.iter().flatten());
    let tables: BTreeSet<&str> = read.map(String::as_str).collect();
    let seen = tables.into_iter().map(|table| (table, seen_by_checks(draft, &plan.prints, table))).collect();
    let checks = check::planned(context.models, &seen);
    let (made, carried) = check::part(checks, &before);
    let reads = made.iter().flat_map(|check| check.reads.iter().map(String::as_str)).chain([FIGURES]);
    load(context.engine, &session, draft, reads).await?;
    of_marts.extend(carried);
    of_marts.extend(run_checks(made, &session, context.memory).await?);
    of_marts.sort_by(|a, b| (&a.mart, &a.check).cmp(&(&b.mart, &b.check)));
    if session::is_registered(&session, FIGURES) {
        of_marts.extend(quality::check_ties(context.quality, &session, day).await?);
    }
    context.engine.clear(draft.storage()).await?;
    of_marts.iter_mut().for_each(|finding| check::note_inputs(finding, &inputs));
    findings.extend(of_marts);
    quality::settle(context.quality, &mut findings, day);
    let failed: Vec<Finding> = findings.iter().filter(|finding| finding.has_failed()).cloned().collect();
    if failed.is_empty() {
        catalogue::record(draft, context.models, followed).await?;
        draft.update(|published| {
            published.run_id = Some(context.run_id.to_owned());
            published.as_of = Some(context.as_of);
            published.known_on = context.known_on;
            published.inputs.insert(STAGE.to_owned(), inputs);
        });
    } else {
        draft.abandon(STAGE);
    }
    quality::record(draft, context.run_id, &findings).await?;
    draft.publish().await?;
    let summary = MartsSummary { computed, unchanged, rows, seconds: watch.seconds(), ..MartsSummary::of(&findings) };
    context.progress.end(&told(&summary, gone));
    Ok(summary)
}

/// The code by which marts are made: where it is the same, the same inputs
/// give the same bytes.
pub const fn code_version() -> &'static str {
    plan::ENGINE
}

/// Whether the marts of the draft are those of its conformed tables, under
/// this context.
pub fn is_current(context: &MartsContext<'_>, draft: &Draft) -> bool {
    draft.published().inputs.get(STAGE) == Some(&inputs(context, draft))
}

fn told(summary: &MartsSummary, gone: usize) -> String {
    let gone = if gone > 0 { format!(", {gone} removed") } else { String::new() };
    match summary.failed.len() {
        0 => format!(
            "{} models computed, {} marts unchanged{gone}, {} checks passed",
            summary.computed,
            summary.unchanged,
            summary.checks - summary.warnings.len()
        ),
        failed => format!("{failed} of {} checks failed: the former marts stay", summary.checks),
    }
}

/// Every table of an earlier stage that a model reads must be there.
fn check_sources(models: &ModelSet, draft: &Draft) -> Result<()> {
    let known: BTreeSet<String> = draft.published().tables.keys().map(|name| name.replacen('/', ".", 1)).collect();
    for model in models.in_order() {
        let missing = model
            .reads
            .iter()
            .chain(model.check_reads.iter().flatten())
            .find(|table| graph::is_source(table) && !known.contains(*table));
        if let Some(table) = missing {
            return Err(graph::unknown(model, table, known.iter().map(String::as_str)));
        }
    }
    Ok(())
}

/// Releases and revisions have a place before there is one.
fn declare_records(draft: &mut Draft) -> Result<()> {
    release::specs().iter().try_for_each(|spec| draft.declare(spec))
}

/// A hash over everything that the stage rests on: equal, nothing to do.
fn inputs(context: &MartsContext<'_>, draft: &Draft) -> String {
    let days = format!("{} {:?} {}", context.as_of, context.known_on, context.threshold);
    let sources = context.models.sources();
    let large = large_facts(draft).into_iter().map(|(name, month)| format!("{name} {month}"));
    let tables = sources.into_iter().map(|table| draft.content_hash(&table_name(table)));
    fingerprint(
        [days, context.models.fingerprint(), context.quality.fingerprint()].into_iter().chain(tables).chain(large),
    )
}

/// The first month of each table that is split by month.
fn large_facts(draft: &Draft) -> BTreeMap<&str, &str> {
    let tables = draft.published().tables.iter().filter(|(name, _)| name.starts_with("conformed/"));
    tables
        .filter_map(|(name, state)| {
            Some((name.as_str(), state.files.iter().map(|file| file.part.as_str()).find(|part| !part.is_empty())?))
        })
        .collect()
}

/// Makes the tables of the run and registers them.
async fn open_calendar(context: &MartsContext<'_>, draft: &Draft, session: &SessionContext) -> Result<Calendar> {
    let mut starts = BTreeMap::new();
    if let Some(model) = context.models.get(STARTS) {
        load(context.engine, session, draft, model.reads.iter().map(String::as_str)).await?;
        let wrong = |error| Error::usage(format!("{}: {}", model.place, plain(&error)));
        let batches = session.sql(&model.sql).await.map_err(wrong)?.collect().await.map_err(wrong)?;
        for batch in &batches {
            starts.extend(first_days(batch)?);
        }
    }
    let first_month = large_facts(draft).into_values().filter_map(|month| format!("{month}-01").parse().ok()).min();
    let horizon = Horizon {
        as_of: context.as_of,
        known_on: context.known_on,
        threshold: context.threshold,
        starts,
        first_month,
        targets: targets(context.models, draft).await?,
    };
    let calendar = calendar::calendar(&horizon, context.models.indicators())?;
    for (name, rows) in &calendar.tables {
        let table = context.engine.rows(draft.storage(), &rows.schema(), vec![rows.clone()]).await?;
        session::register(session, name, table)?;
    }
    Ok(calendar)
}

fn first_days(batch: &RecordBatch) -> Result<Vec<(String, NaiveDate)>> {
    let facts = batch.column_by_name("fact").and_then(|values| values.as_any().downcast_ref::<StringArray>());
    let days = batch.column_by_name("first_day").and_then(|values| values.as_any().downcast_ref::<Date32Array>());
    let (Some(facts), Some(days)) = (facts, days) else {
        return Err(Error::usage("the indicators: `from:` must name a column of days"));
    };
    let rows = (0..batch.num_rows()).filter(|row| days.is_valid(*row));
    Ok(rows.filter_map(|row| Some((facts.value(row).to_owned(), days.value_as_date(row)?))).collect())
}

/// The periods for which a numeric indicator has a target.
async fn targets(models: &ModelSet, draft: &Draft) -> Result<BTreeSet<Period>> {
    let numeric: BTreeSet<&str> = models
        .indicators()
        .iter()
        .filter(|indicator| indicator.kind.is_numeric())
        .map(|indicator| indicator.id.as_str())
        .collect();
    let mut periods = BTreeSet::new();
    for batch in draft.batches(TARGETS, Some(&["indicator_id", "period", "kind", "value"])).await? {
        let text = |at: usize| batch.column(at).as_any().downcast_ref::<StringArray>();
        let values = batch.column(3).as_any().downcast_ref::<Decimal128Array>();
        let (Some(ids), Some(names), Some(kinds), Some(values)) = (text(0), text(1), text(2), values) else {
            return Err(Error::internal(format!("{TARGETS} has other types than expected")));
        };
        let rows = (0..batch.num_rows()).filter(|row| kinds.value(*row) == "streef" && values.is_valid(*row));
        periods.extend(
            rows.filter(|row| numeric.contains(ids.value(*row)))
                .filter_map(|row| names.value(row).parse::<Period>().ok()),
        );
    }
    Ok(periods)
}

/// Registers tables of the warehouse that are not there yet.
async fn load<'a>(
    engine: &Engine,
    session: &SessionContext,
    draft: &Draft,
    tables: impl Iterator<Item = &'a str>,
) -> Result<()> {
    let missing = tables.filter(|table| !session::is_registered(session, table));
    let reads = missing.filter_map(|table| Some((table, draft.table(&table_name(table))?)));
    let reads = futures::stream::iter(reads.map(|(table, state)| async move {
        Ok::<_, Error>((table, engine.stored(draft.storage(), table, state).await?))
    }));
    let loaded: Vec<_> = futures::StreamExt::buffered(reads, CONCURRENT_READS).try_collect().await?;
    loaded.into_iter().try_for_each(|(table, provider)| session::register(session, table, provider))
}

/// Tables of which there is no model any more go; the number of marts.
fn remove_old(models: &ModelSet, draft: &mut Draft) -> usize {
    let known: BTreeSet<String> =
        models.in_order().filter(|model| model.is_stored()).map(|model| model.table()).collect();
    let is_mart = |name: &str| name.starts_with("marts/");
    let is_old = |name: &str| (is_mart(name) || name.starts_with("intermediate/")) && !known.contains(name);
    let gone = draft.published().tables.keys().filter(|name| is_mart(name) && is_old(name)).count();
    draft.update(|published| published.tables.retain(|name, _| !is_old(name)));
    gone
}

/// The checks of keys: of the marts that were built, and of the others, which
/// passed when they were.
fn all_keys(models: &ModelSet, mut built: Vec<Finding>) -> Vec<Finding> {
    let left: Vec<Finding> = models
        .marts()
        .map(|model| model.name.trim_start_matches("marts."))
        .filter(|mart| built.iter().all(|finding| finding.mart != *mart))
        .map(|mart| Finding {
            check: quality::UNIQUE_KEY.to_owned(),
            layer: quality::MARTS,
            mart: mart.to_owned(),
            severity: Severity::Error,
            rows: 0,
            examples: Vec::new(),
            known: None,
            input: None,
        })
        .collect();
    built.extend(left);
    built.sort_by(|a, b| a.mart.cmp(&b.mart));
    built
}

/// What a check sees of a table: equal, equal rows.
fn seen_by_checks(draft: &Draft, prints: &BTreeMap<String, String>, table: &str) -> String {
    if table.starts_with("intermediate.") || table.starts_with("run.") {
        return prints.get(table).cloned().unwrap_or_default();
    }
    draft.content_hash(&table_name(table))
}

/// Runs checks, some at a time; what they found, in their order.
async fn run_checks(checks: Vec<Planned>, session: &SessionContext, memory: Memory) -> Result<Vec<Finding>> {
    let mut left = checks.into_iter().enumerate();
    let mut running = JoinSet::new();
    let mut findings = BTreeMap::new();
    loop {
        while running.len() < memory.at_once(CONCURRENT_CHECKS) {
            let Some((number, planned)) = left.next() else { break };
            let session = session.clone();
            running.spawn(async move { (number, check::run(&session, &planned).await) });
        }
        let Some(finished) = running.join_next().await else { break };
        let (number, finding) = finished.map_err(Error::internal)?;
        findings.insert(number, finding?);
    }
    Ok(findings.into_values().collect())
}
