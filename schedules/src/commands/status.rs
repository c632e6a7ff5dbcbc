//! `peil status`: what an operator reads in the morning.

use std::collections::BTreeMap;

use chrono::{NaiveDate, TimeDelta};
use peil_warehouse::publish::Published;
use peil_warehouse::settings::Settings;
use peil_warehouse::storage::Storage;
use peil_warehouse::{Error, Result, clock};
use serde::Serialize;

use crate::cli::{Global, StatusArgs};
use crate::exit::Exit;
use crate::freshness::{self, Freshness};
use crate::output::{Output, Tone, counted, thousands};
use crate::records::{self, Record, text};
use crate::run_ledger::{self, RunRow};
use crate::sources::trouble::trouble;
use crate::table::{Grid, Layout};
use crate::timetable::job;
use crate::timetable::ledger::{Ending, Holder, Ledger, Standing};
use crate::timetable::listing::Due;
use crate::{context, stages};

/// Less than this free on the disk is worth a word: bytes, and percents.
const LEAST_FREE_BYTES: u64 = 2_000_000_000;
const LEAST_FREE_PERCENT: u64 = 5;
/// Runs that are shown.
const RUNS: usize = 5;
/// Names of datasets in a line.
const NAMES: usize = 4;
/// Days that are looked back for the last due run of a job.
const LOOK_BACK_DAYS: i64 = 400;

#[derive(Debug, Serialize)]
struct Status {
    warehouse: String,
    published_at: Option<chrono::DateTime<chrono::Utc>>,
    run_id: Option<String>,
    as_of: Option<NaiveDate>,
    known_on: Option<NaiveDate>,
    runs: Vec<RunRow>,
    datasets: Vec<Freshness>,
    checks: u64,
    failed_checks: u64,
    warnings: u64,
    unresolved: u64,
    releases: u64,
    /// Published figures that have changed since.
    revised: u64,
    to_do: Vec<String>,
}

/// Shows the state of the warehouse.
///
/// # Errors
/// [`peil_warehouse::Error::Storage`] where it cannot be read.
pub async fn run(global: &Global, arguments: &StatusArgs, output: Output) -> Result<Exit> {
    let settings = context::settings(global)?;
    let (storage, published) = match context::read_warehouse(&settings).await {
        Ok(opened) => opened,
        Err(Error::Usage(said)) => return nothing_yet(&settings.warehouse, &said, output),
        Err(error) => return Err(error),
    };
    let contracts = stages::contracts(&settings)?;
    let checks = records::read(&storage, &published, "ops/quality_checks").await?;
    let unresolved = records::read(&storage, &published, "ops/unresolved_authorities").await?;
    let checks = last_checks(&checks);
    let with_outcome = |outcome: &str| checks.iter().filter(|check| text(check, "outcome") == outcome).count() as u64;
    let mut status = Status {
        warehouse: storage.url().to_string(),
        published_at: published.published_at,
        run_id: published.run_id.clone(),
        as_of: published.as_of,
        known_on: published.known_on,
        runs: run_ledger::latest(&storage, &published, RUNS).await?,
        datasets: freshness::read(&storage, &published, &contracts).await?,
        checks: checks.len() as u64,
        failed_checks: with_outcome("failed"),
        warnings: with_outcome("warning"),
        unresolved: unresolved.len() as u64,
        releases: records::read(&storage, &published, "ops/releases").await?.len() as u64,
        revised: records::read(&storage, &published, "ops/revisions").await?.len() as u64,
        to_do: Vec::new(),
    };
    status.to_do = to_do(&status, &published);
    status.to_do.extend(trouble(&settings, &contracts, &storage, clock::now()).await?);
    status.to_do.extend(timetable(&settings, &storage).await?);
    status.to_do.extend(disk(&storage));
    if output.is_json() {
        output.document(&status)?;
    } else {
        tell(&status, output);
        if arguments.all {
            tables(&status, output);
        }
    }
    Ok(Exit::Done)
}

/// A warehouse that waits for its first run is no mistake of who asks.
fn nothing_yet(warehouse: &str, said: &str, output: Output) -> Result<Exit> {
    let (what, remedy) = said.split_once("\nhint: ").unwrap_or((said, ""));
    if output.is_json() {
        let to_do = [format!("{what}: {remedy}")];
        output.document(&serde_json::json!({ "warehouse": warehouse, "published_at": null, "to_do": to_do }))?;
    } else {
        output.line(format!("{}  {what}", output.paint(Tone::Warning, "look")));
        output.line(format!("{}  {remedy}", output.paint(Tone::Warning, "to do")));
    }
    Ok(Exit::Done)
}

/// What the timetable needs: a job whose last due run did not go through, and
/// one that was due and was not made, where it was kept before.
async fn timetable(settings: &Settings, storage: &Storage) -> Result<Vec<String>> {
    let Ok(jobs) = job::load(settings.jobs.as_deref()) else {
        return Ok(vec!["the timetable is not as it should be: `peil check` says what to mend".to_owned()]);
    };
    let (ledger, now) = (Ledger::new(storage.clone(), Holder::this()), clock::now());
    let mut lines = Vec::new();
    for job in &jobs {
        if !storage.exists(&format!("schedule/{}/through.json", job.name)).await? {
            continue;
        }
        let Some(due) = job.when.between(now - TimeDelta::days(LOOK_BACK_DAYS), now).last() else { continue };
        let when = Due::of(due).brussels;
        match ledger.standing(job, due, now).await? {
            Standing::Handled(end) if matches!(end.ending, Ending::Done | Ending::Skipped | Ending::Incomplete) => {}
            Standing::Handled(end) => lines.push(format!(
                "{} due {when}: {}: mend it, then `peil retry {}`",
                job.name,
                end.said.lines().next().filter(|said| !said.is_empty()).unwrap_or(end.ending.as_str()),
                job.name
            )),
            Standing::Open { last: None, .. }
                if now - due > TimeDelta::hours(1) && ledger.through(job, now).await? < due =>
            {
                lines.push(format!("{} due {when} was not made: is `peil schedule run` at work?", job.name));
            }
            _ => {}
        }
    }
    Ok(lines)
}

/// A word where the disk of the warehouse will soon be full: a run writes new
/// files beside the old ones before it lets go of these.
fn disk(storage: &Storage) -> Option<String> {
    let space = rustix::fs::statvfs(&storage.local_path("")?).ok()?;
    let (free, all) = (space.f_bavail * space.f_frsize, (space.f_blocks * space.f_frsize).max(1));
    let is_scarce = free < LEAST_FREE_BYTES || free * 100 / all < LEAST_FREE_PERCENT;
    is_scarce.then(|| {
        format!(
            "the disk of the warehouse has {} MB free, {} %: `peil maintain` clears what nothing needs any more",
            thousands(free / 1_000_000),
            free * 100 / all
        )
    })
}

/// The checks of the last run of each stage that made any.
fn last_checks(checks: &[Record]) -> Vec<&Record> {
    let mut last: BTreeMap<&str, &str> = BTreeMap::new();
    for check in checks {
        let run = last.entry(text(check, "stage")).or_default();
        *run = (*run).max(text(check, "run_id"));
    }
    checks.iter().filter(|check| last.get(text(check, "stage")) == Some(&text(check, "run_id"))).collect()
}

fn to_do(status: &Status, published: &Published) -> Vec<String> {
    let mut to_do = Vec::new();
    let refused: u64 = status.datasets.iter().map(|dataset| dataset.refused).sum();
    let rejected: u64 = status.datasets.iter().map(|dataset| dataset.rejected).sum();
    if let Some(last) = status.runs.first() {
        match last.outcome.as_str() {
            "failed" => to_do.push("the last run failed: run it again and read what it says".to_owned()),
            "check_failed" => to_do.push(
                "a quality check failed, the marts are those of before: peil sql \"select * from ops.quality_checks where outcome = 'failed'\""
                    .to_owned(),
            ),
            _ => {}
        }
    }
    if refused > 0 {
        to_do.push(format!("{} refused: `peil rejected` says why", counted(refused, "delivery is", "deliveries are")));
    }
    if rejected > 0 {
        to_do.push(format!("{} rejected: `peil rejected` says why", counted(rejected, "row is", "rows are")));
    }
    if status.unresolved > 0 {
        to_do.push(format!(
            "{} no authority: peil sql \"select * from ops.unresolved_authorities\", then deliver reference/aliases",
            counted(status.unresolved, "reference names", "references name")
        ));
    }
    if status.revised > 0 {
        let figures = counted(status.revised, "published figure has", "published figures have");
        to_do.push(format!("{figures} changed since: `peil revisions` says through what"));
    }
    let never: Vec<&str> =
        status.datasets.iter().filter(|one| one.deliveries == 0).map(|one| one.dataset.as_str()).collect();
    if !never.is_empty() {
        to_do.push(format!("never delivered: {}", few(&never)));
    }
    let late: Vec<&str> =
        status.datasets.iter().filter(|one| one.days_late > 0).map(|one| one.dataset.as_str()).collect();
    if !late.is_empty() {
        to_do.push(format!("later than the schedule: {}; ask who delivers them", few(&late)));
    }
    if published.as_of.is_none() {
        to_do.push("no marts are published: peil run".to_owned());
    }
    to_do
}

/// Names that fit a line.
fn few(names: &[&str]) -> String {
    let shown = names.iter().take(NAMES).copied().collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(NAMES) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

fn day(day: Option<NaiveDate>, none: &str) -> String {
    day.map_or_else(|| none.to_owned(), |day| day.to_string())
}

/// A line for each thing that can be well or not, and one for each thing to
/// do.
fn tell(status: &Status, output: Output) {
    let datasets = &status.datasets;
    let sum = |of: fn(&Freshness) -> u64| datasets.iter().map(of).sum::<u64>();
    let last = status.runs.first();
    let ran = last.map_or_else(
        || "none yet".to_owned(),
        |run| format!("the last {} ({}), {}", run.outcome, run.run_id, run.finished_at.format("%Y-%m-%d %H:%M UTC")),
    );
    let bad_runs = status.runs.iter().filter(|run| matches!(run.outcome.as_str(), "failed" | "check_failed")).count();
    let of_runs =
        if bad_runs > 0 { format!("; {bad_runs} of the last {} went wrong", status.runs.len()) } else { String::new() };
    let fresh = datasets.iter().filter(|one| one.deliveries > 0 && one.days_late == 0).count();
    let (rows, rejected, refused) = (sum(|one| one.rows), sum(|one| one.rejected), sum(|one| one.refused));
    let lines: [(bool, &str, String); 7] = [
        (
            status.as_of.is_some(),
            "marts",
            format!(
                "published {}, as of {}, known on {}",
                status
                    .published_at
                    .map_or_else(|| "never".to_owned(), |at| at.format("%Y-%m-%d %H:%M UTC").to_string()),
                day(status.as_of, "-"),
                day(status.known_on, "all deliveries"),
            ),
        ),
        (last.is_none_or(|run| !matches!(run.outcome.as_str(), "failed" | "check_failed")), "runs", ran + &of_runs),
        (fresh == datasets.len(), "datasets", format!("{fresh} of {} came in time", datasets.len())),
        (
            refused == 0,
            "deliveries",
            format!(
                "{} accepted with {} rows, {} rejected; {refused} refused",
                thousands(sum(|one| one.deliveries)),
                thousands(rows),
                thousands(rejected)
            ),
        ),
        (
            status.failed_checks == 0,
            "checks",
            format!(
                "{} made, {} failed, {} with a warning",
                thousands(status.checks),
                status.failed_checks,
                status.warnings
            ),
        ),
        (status.unresolved == 0, "names", format!("{} of authorities not known", thousands(status.unresolved))),
        (
            status.revised == 0,
            "releases",
            format!("{}; {} changed since", status.releases, counted(status.revised, "figure has", "figures have")),
        ),
    ];
    for (well, name, text) in lines {
        let word = if well { output.paint(Tone::Good, "ok  ") } else { output.paint(Tone::Warning, "look") };
        output.line(format!("{word}  {name:<10}  {text}"));
    }
    if status.to_do.is_empty() {
        output.line(output.paint(Tone::Good, "nothing to do"));
    }
    for line in &status.to_do {
        output.line(format!("{}  {line}", output.paint(Tone::Warning, "to do")));
    }
}

/// The last runs and the freshness of each dataset.
fn tables(status: &Status, output: Output) {
    let mut runs = Grid::new(&["run", "outcome", "as of", ">ingest rows", ">marts rows", ">seconds"]);
    for run in &status.runs {
        let rows = |rows: Option<u64>| rows.map(thousands).unwrap_or_default();
        let seconds: f64 = [run.ingest, run.transform, run.marts].iter().filter_map(|stage| stage.seconds).sum();
        runs.push([
            run.run_id.clone(),
            run.outcome.clone(),
            day(run.as_of, ""),
            rows(run.ingest.rows),
            rows(run.marts.rows),
            format!("{seconds:.2}"),
        ]);
    }
    output.line("");
    output.line(runs.render(output.width(), Layout::Columns));
    let mut datasets =
        Grid::new(&["dataset", "last delivery", ">days late", ">deliveries", ">rows", ">rejected", ">refused"]);
    for dataset in &status.datasets {
        let last = if dataset.last_delivery.is_empty() { "never" } else { &dataset.last_delivery };
        let numbers =
            [dataset.days_late, dataset.deliveries, dataset.rows, dataset.rejected, dataset.refused].map(thousands);
        datasets.push([dataset.dataset.clone(), last.to_owned()].into_iter().chain(numbers));
    }
    output.line("");
    output.line(datasets.render(output.width(), Layout::Columns));
}
