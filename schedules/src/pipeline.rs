//! A run: the stages one after another under the lock, and its line in the
//! ledger.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use peil_warehouse::clock::{self, Stopwatch};
use peil_warehouse::lock::RunLock;
use peil_warehouse::memory::Memory;
use peil_warehouse::progress::Progress;
use peil_warehouse::publish::{Draft, Published};
use peil_warehouse::release;
use peil_warehouse::settings::Settings;
use peil_warehouse::storage::Storage;
use peil_warehouse::table::TableState;
use peil_warehouse::{Error, Result};
use serde::Serialize;

use crate::allocator;
use crate::exit::Exit;
use crate::key::Key;
use crate::open_lineage::Events;
use crate::releases::{records, revise};
use crate::run_ledger::{self, Outcome, RunRow, StageRow};
use crate::stages::{self, Declarations, Engine, FailedCheck, IngestReport, MartsReport, Stage, TransformReport};

/// What a run is to do.
#[derive(Debug, Clone, Default)]
pub struct Plan {
    /// Read deliveries: the landing area and the key.
    pub ingest: Option<(Storage, Key)>,
    /// Make the conformed tables as known on a day (none: all deliveries).
    pub transform: Option<Option<NaiveDate>>,
    /// Make the marts as of a day.
    pub marts: Option<NaiveDate>,
    /// What computes the queries of marts.
    pub engine: Engine,
    /// Compute everything again, changed or not.
    pub full: bool,
}

/// What came of a run.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RunReport {
    /// Moment and number.
    pub run_id: String,
    /// What came of it.
    pub outcome: Outcome,
    /// Last day whose facts count.
    pub as_of: Option<NaiveDate>,
    /// Last delivery date used; none: all.
    pub known_on: Option<NaiveDate>,
    /// Seconds of the whole.
    pub seconds: f64,
    /// Seconds of each stage that was run.
    pub stage_seconds: BTreeMap<&'static str, f64>,
    /// What ingest did.
    pub ingest: Option<IngestReport>,
    /// What transform did.
    pub transform: Option<TransformReport>,
    /// What marts did.
    pub marts: Option<MartsReport>,
}

impl RunReport {
    /// How the program ends after this run.
    pub const fn exit(&self) -> Exit {
        match self.outcome {
            Outcome::Published | Outcome::Unchanged => Exit::Done,
            Outcome::Refused | Outcome::CheckFailed => Exit::Incomplete,
            Outcome::Failed => Exit::Failed,
        }
    }

    fn row(&self, started_at: chrono::DateTime<chrono::Utc>, outcome: Outcome) -> RunRow {
        let stage = |name, rows: Option<u64>| StageRow { rows, seconds: self.stage_seconds.get(name).copied() };
        RunRow {
            run_id: self.run_id.clone(),
            started_at,
            finished_at: clock::now(),
            outcome: outcome.as_str().to_owned(),
            as_of: self.as_of,
            known_on: self.known_on,
            ingest: stage("ingest", self.ingest.as_ref().map(|report| report.rows)),
            transform: stage("transform", self.transform.as_ref().map(|report| report.rows)),
            marts: stage("marts", self.marts.as_ref().map(|report| report.rows)),
        }
    }
}

/// Runs the plan on a warehouse. The run is in the ledger however it ends,
/// as long as the warehouse can be written.
///
/// # Errors
/// That of the stage that failed; what it did not publish is not seen.
pub async fn run(plan: &Plan, warehouse: &Storage, settings: &Settings, progress: &dyn Progress) -> Result<RunReport> {
    allocator::keep_freed(Memory::of(settings.run_megabytes));
    let declarations = Declarations::load(settings)?;
    let lock = RunLock::acquire(warehouse, progress).await?;
    let started_at = clock::now();
    let watch = Stopwatch::start();
    let mut draft = Draft::begin(warehouse).await?;
    let known_on = match plan.transform {
        Some(known_on) => known_on,
        None => plan.marts.and(draft.published().known_on),
    };
    let mut report = RunReport {
        run_id: run_ledger::run_id(started_at, draft.published()),
        outcome: Outcome::Unchanged,
        as_of: plan.marts,
        known_on,
        seconds: 0.0,
        stage_seconds: BTreeMap::new(),
        ingest: None,
        transform: None,
        marts: None,
    };
    let before = Seen::of(draft.published());
    let run_id = report.run_id.clone();
    let releases = release::all(warehouse).await.unwrap_or_default();
    let engine = plan.engine.clone();
    let stage = Stage {
        run_id: &run_id,
        settings,
        declarations: &declarations,
        releases: &releases,
        engine: &engine,
        full: plan.full,
        progress: &Steps(progress),
    };
    let mut events = Events::open(settings, &declarations.contracts, warehouse, draft.published(), &run_id, progress);
    events.begin().await;
    if let Err(error) = run_stages(plan, &stage, &mut draft, &mut report, &mut events).await {
        events.fail(&error.to_string()).await;
        // The draft may hold half of a stage: the ledger's line goes into a
        // draft of its own. The stage's error says more than one of the ledger.
        // Where the lock is lost, another run is at work, and is not to be
        // disturbed.
        let row = report.row(started_at, Outcome::Failed);
        let recorded = if lock.is_lost() { Ok(()) } else { record_failure(warehouse, &row).await };
        if let Err(unrecorded) = recorded {
            progress.note(&format!("the failure is not in the ledger: {unrecorded}"));
        }
        if let Err(held) = lock.release().await {
            progress.note(&format!("the lock is not given back: {held}"));
        }
        return Err(error);
    }
    report.outcome = outcome(&report, before != Seen::of(draft.published()));
    run_ledger::record(&mut draft, &report.row(started_at, report.outcome)).await?;
    draft.publish().await?;
    events.end().await;
    lock.release().await?;
    report.seconds = watch.seconds();
    Ok(report)
}

async fn run_stages(
    plan: &Plan,
    stage: &Stage<'_>,
    draft: &mut Draft,
    report: &mut RunReport,
    events: &mut Events<'_>,
) -> Result<()> {
    if let Some((landing, key)) = &plan.ingest {
        events.begin_stage("ingest").await;
        let watch = Stopwatch::start();
        report.ingest = Some(stages::ingest(stage, landing, key, draft).await?);
        report.stage_seconds.insert("ingest", watch.seconds());
        events.end_stage(draft.published()).await;
    }
    if let Some(known_on) = plan.transform {
        events.begin_stage("transform").await;
        let watch = Stopwatch::start();
        report.transform = Some(stages::transform(stage, known_on, &BTreeSet::new(), draft).await?);
        report.stage_seconds.insert("transform", watch.seconds());
        events.end_stage(draft.published()).await;
    }
    if let Some(as_of) = plan.marts {
        events.begin_stage("marts").await;
        let watch = Stopwatch::start();
        report.marts = Some(stages::marts(stage, as_of, report.known_on, draft).await?);
        report.stage_seconds.insert("marts", watch.seconds());
        events.end_stage(draft.published()).await;
        if let Some(marts) = report.marts.as_mut().filter(|marts| marts.failed.is_empty())
            && let Err(error) = tell_revisions(stage, draft).await
        {
            // A release that cannot be read stops no run: the marts are
            // published, and `peil releases verify` tells what is wrong.
            let check = ("readable_releases".to_owned(), "ops/revisions".to_owned());
            marts.warnings.push(FailedCheck { check: check.0, dataset: check.1, rows: 1, detail: error.to_string() });
            *draft = Draft::begin(draft.storage()).await?;
        }
    }
    Ok(())
}

/// Says which published figures differ from those that stand now. Without a
/// release there is nothing to compare.
async fn tell_revisions(stage: &Stage<'_>, draft: &mut Draft) -> Result<()> {
    let releases = release::all(draft.storage()).await?;
    records::write(draft, &releases).await?;
    revise::write(draft, stage.settings, stage.declarations, &releases).await?;
    draft.publish().await
}

async fn record_failure(warehouse: &Storage, row: &RunRow) -> Result<(), Error> {
    let mut draft = Draft::begin(warehouse).await?;
    run_ledger::record(&mut draft, row).await?;
    draft.publish().await
}

/// What came of a run that went through: the worst counts.
fn outcome(report: &RunReport, changed: bool) -> Outcome {
    if report.marts.as_ref().is_some_and(|marts| !marts.failed.is_empty()) {
        Outcome::CheckFailed
    } else if report.ingest.as_ref().is_some_and(|ingest| !ingest.refused.is_empty()) {
        Outcome::Refused
    } else if changed {
        Outcome::Published
    } else {
        Outcome::Unchanged
    }
}

/// How far the stages are. What they note on the way is left out: their
/// reports hold it, and the summary of the run tells it once.
struct Steps<'a>(&'a dyn Progress);

impl Progress for Steps<'_> {
    fn begin(&self, stage: &str, total: u64) {
        self.0.begin(stage, total);
    }

    fn advance(&self, steps: u64, what: &str) {
        self.0.advance(steps, what);
    }

    fn end(&self, summary: &str) {
        self.0.end(summary);
    }

    fn note(&self, _: &str) {}
}

/// What readers can see, but for the ledger and the checks, which tell of
/// each run.
#[derive(Debug, PartialEq, Eq)]
struct Seen {
    tables: BTreeMap<String, String>,
    as_of: Option<NaiveDate>,
    known_on: Option<NaiveDate>,
}

impl Seen {
    fn of(published: &Published) -> Self {
        let counts = |name: &str| !name.starts_with("ops/") || name == "ops/deliveries";
        let tables = published.tables.iter().filter(|(name, _)| counts(name));
        Self {
            tables: tables.map(|(name, state)| (name.clone(), TableState::content_hash(state))).collect(),
            as_of: published.as_of,
            known_on: published.known_on,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stages::Refusal;

    fn report() -> RunReport {
        RunReport {
            run_id: "r".to_owned(),
            outcome: Outcome::Unchanged,
            as_of: None,
            known_on: None,
            seconds: 0.0,
            stage_seconds: BTreeMap::new(),
            ingest: Some(IngestReport::default()),
            transform: None,
            marts: Some(MartsReport::default()),
        }
    }

    #[test]
    fn the_worst_counts() {
        let mut run = report();
        assert_eq!((outcome(&run, false), outcome(&run, true)), (Outcome::Unchanged, Outcome::Published));
        let refusal = Refusal { object: "o".to_owned(), reason: "empty".to_owned() };
        run.ingest = Some(IngestReport { refused: vec![refusal], ..IngestReport::default() });
        assert_eq!(outcome(&run, false), Outcome::Refused);
        let failed = FailedCheck { check: "c".to_owned(), dataset: "m".to_owned(), rows: 1, detail: String::new() };
        run.marts = Some(MartsReport { failed: vec![failed], ..MartsReport::default() });
        assert_eq!(outcome(&run, true), Outcome::CheckFailed);
    }

    #[test]
    fn the_outcome_decides_the_exit_code() {
        let code = |outcome| RunReport { outcome, ..report() }.exit().code();
        let outcomes =
            [Outcome::Published, Outcome::Unchanged, Outcome::Refused, Outcome::CheckFailed, Outcome::Failed];
        assert_eq!(outcomes.map(code), [0, 0, 3, 3, 1]);
    }
}
