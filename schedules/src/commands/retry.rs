//! `peil retry` and `peil backfill`: due runs of the timetable again, by hand.

use std::sync::Arc;

use chrono::{DateTime, Days, NaiveDate, NaiveTime, TimeDelta, Utc};
use peil_warehouse::nearest::did_you_mean;
use peil_warehouse::period::brussels_moment;
use peil_warehouse::{Error, Result, clock};

use crate::cli::{BackfillArgs, Global, RetryArgs};
use crate::commands::schedule::{exit, handed_on};
use crate::commands::serve;
use crate::context;
use crate::exit::Exit;
use crate::output::{Output, Tone, counted};
use crate::timetable::job::{self, Job};
use crate::timetable::ledger::{Ending, Holder, Ledger};
use crate::timetable::listing::Due;
use crate::timetable::redo::{Dueness, redo};

/// Days that are looked back for a run that failed.
const LOOK_BACK_DAYS: i64 = 400;

/// Makes the newest due run of each job again that did not go through; of one
/// job where it is named.
///
/// # Errors
/// [`Error::Usage`] where there is no such job, or somebody is at it.
pub async fn retry(global: &Global, arguments: &RetryArgs, output: Output) -> Result<Exit> {
    let (jobs, ledger) = timetable(global).await?;
    let now = clock::now();
    let mut found = Vec::new();
    for job in chosen(&jobs, arguments.job.as_deref())? {
        let newest = job.when.between(now - TimeDelta::days(LOOK_BACK_DAYS), now).last();
        let Some(due) = newest else { continue };
        let dueness = Dueness::of(job, &ledger, due).await?;
        if matches!(dueness.state.as_str(), "done" | "running" | "never" | "skipped") {
            continue;
        }
        found.push((job, dueness));
    }
    make(global, &found, &ledger, output, "every job's last run went through").await
}

/// Shows the due runs of a job in a stretch of days that did not go through,
/// and makes them, the oldest first, where it is said so.
///
/// # Errors
/// [`Error::Usage`] where there is no such job, the days are the wrong way
/// round, or somebody is at it.
pub async fn backfill(global: &Global, arguments: &BackfillArgs, output: Output) -> Result<Exit> {
    let (jobs, ledger) = timetable(global).await?;
    let until = arguments.until.unwrap_or_else(clock::today);
    if until < arguments.from {
        return Err(Error::usage(format!("--until {until} lies before --from {}", arguments.from)));
    }
    // Midnight is there on every day in Brussels: clocks change at two or three.
    let start = |day: NaiveDate| {
        brussels_moment(day.and_time(NaiveTime::MIN)).ok_or_else(|| Error::internal(format!("{day} has no midnight")))
    };
    let end: DateTime<Utc> = start(until + Days::new(1))?.min(clock::now());
    let mut found = Vec::new();
    for job in chosen(&jobs, Some(&arguments.job))? {
        for due in job.when.between(start(arguments.from)? - TimeDelta::seconds(1), end) {
            let dueness = Dueness::of(job, &ledger, due).await?;
            if dueness.is_open() {
                found.push((job, dueness));
            }
        }
    }
    if arguments.yes {
        return make(global, &found, &ledger, output, "nothing is to be made in these days").await;
    }
    if output.is_json() {
        let runs: Vec<&Dueness> = found.iter().map(|(_, dueness)| dueness).collect();
        output.document(&serde_json::json!({ "runs": runs, "made": false }))?;
        return Ok(Exit::Done);
    }
    for (_, dueness) in &found {
        output.line(format!("{}  {}  {}", Due::of(dueness.due).brussels, dueness.state, dueness.steps.join("; ")));
    }
    output.line(match found.len() {
        0 => "nothing is to be made in these days".to_owned(),
        count => format!("{} would be made: --yes does it", counted(count as u64, "due run", "due runs")),
    });
    Ok(Exit::Done)
}

async fn timetable(global: &Global) -> Result<(Vec<Job>, Ledger)> {
    let settings = context::settings(global)?;
    let jobs = job::load(settings.jobs.as_deref())?;
    Ok((jobs, Ledger::new(context::open_warehouse(&settings)?, Holder::this())))
}

fn chosen<'a>(jobs: &'a [Job], name: Option<&str>) -> Result<Vec<&'a Job>> {
    let Some(name) = name else { return Ok(jobs.iter().collect()) };
    let found: Vec<&Job> = jobs.iter().filter(|job| job.name == name).collect();
    if found.is_empty() {
        let near = did_you_mean(name, jobs.iter().map(|job| job.name.as_str()));
        return Err(Error::usage(format!("`{name}` is no job of the timetable{near}\nhint: peil schedule list")));
    }
    Ok(found)
}

/// Makes due runs one after another; the worst decides the exit code.
async fn make(
    global: &Global,
    found: &[(&Job, Dueness)],
    ledger: &Ledger,
    output: Output,
    nothing: &str,
) -> Result<Exit> {
    let mut made = Vec::new();
    let mut worst = Exit::Done;
    for (job, dueness) in found {
        let place = format!("{} due {}", job.name, Due::of(dueness.due).brussels);
        output.talk(format!("{place}: {}", dueness.steps.join("; ")));
        let hear = Arc::new(move |line: &str| output.talk(format!("  {line}")));
        let end = redo(job, ledger, dueness.due, handed_on(global), hear, serve::stopped()).await?;
        worst = worst.max(exit(end.ending));
        let (tone, said) = match exit(end.ending) {
            Exit::Done => (Tone::Good, String::new()),
            _ => (Tone::Bad, format!(": {}", end.said)),
        };
        if !output.is_json() {
            output.line(format!("{place}  {}{said}", output.paint(tone, end.ending.as_str())));
        }
        made.push(serde_json::json!({
            "job": job.name, "due": dueness.due, "ending": end.ending, "attempts": end.attempts, "said": end.said
        }));
        if end.ending == Ending::Interrupted {
            break;
        }
    }
    if output.is_json() {
        output.document(&serde_json::json!({ "runs": made, "made": true }))?;
    } else if found.is_empty() {
        output.line(nothing);
    }
    Ok(worst)
}
