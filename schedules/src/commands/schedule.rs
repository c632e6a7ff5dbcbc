//! `peil schedule`: the timetable, and the daemon that keeps it.

use std::sync::Arc;

use chrono::TimeDelta;
use peil_warehouse::{Result, clock};

use super::serve;
use crate::cli::{Global, ScheduleAction, ScheduleListArgs, ScheduleRunArgs};
use crate::context;
use crate::exit::Exit;
use crate::notices::Notices;
use crate::output::{Output, Tone};
use crate::timetable::daemon::{Daemon, Event, Listener, Telling};
use crate::timetable::job::{self, Job};
use crate::timetable::ledger::{Ending, Holder, Ledger};
use crate::timetable::listing;
use crate::timetable::watch::Watch;

/// Days that a calendar looks ahead.
const CALENDAR_DAYS: i64 = 366;

/// Lists the timetable, or keeps it.
///
/// # Errors
/// [`peil_warehouse::Error::Usage`] where a job is wrong.
pub async fn run(global: &Global, action: Option<&ScheduleAction>, output: Output) -> Result<Exit> {
    match action {
        None => list(global, &ScheduleListArgs::default(), output).await,
        Some(ScheduleAction::List(arguments)) => list(global, arguments, output).await,
        Some(ScheduleAction::Run(arguments)) => keep(global, arguments, output).await,
    }
}

async fn list(global: &Global, arguments: &ScheduleListArgs, output: Output) -> Result<Exit> {
    let settings = context::settings(global)?;
    let jobs = job::load(settings.jobs.as_deref())?;
    let now = clock::now();
    if arguments.ics {
        output.line(listing::calendar(&jobs, now, now + TimeDelta::days(CALENDAR_DAYS), arguments.publications));
        return Ok(Exit::Done);
    }
    let shown: Vec<Job> = jobs.into_iter().filter(|job| job.publication || !arguments.publications).collect();
    let ledger = context::read_warehouse(&settings).await.ok();
    let ledger = ledger.map(|(storage, _)| Ledger::new(storage, Holder::this()));
    let listed = listing::list(&shown, ledger.as_ref(), now, arguments.next).await?;
    if output.is_json() {
        output.document(&listed)?;
        return Ok(Exit::Done);
    }
    for job in &listed {
        output.line(format!("{}  {}", output.paint(Tone::Strong, &job.job), job.title_nl));
        for due in &job.next {
            let utc = due.utc.format("%Y-%m-%d %H:%MZ");
            output.line(format!("  next  {}  ({utc})", due.brussels.replacen('T', " ", 1)));
        }
        if let Some(last) = &job.last {
            let due = last.due.brussels.replacen('T', " ", 1);
            output.line(format!("  last  {due}  {}, attempts: {}", last.state, last.attempts));
            last.said.lines().for_each(|line| output.line(format!("        {line}")));
        }
    }
    Ok(Exit::Done)
}

async fn keep(global: &Global, arguments: &ScheduleRunArgs, output: Output) -> Result<Exit> {
    let settings = context::settings(global)?;
    let jobs = job::load(settings.jobs.as_deref())?.into_iter().map(Arc::new).collect();
    let warehouse = context::open_warehouse(&settings)?;
    let watch = Arc::new(Watch::default());
    let seen = Arc::clone(&watch);
    let listener: Listener = Arc::new(move |event: &Event<'_>| {
        seen.hear(event);
        tell(output, event);
    });
    let ledger = Ledger::new(warehouse.clone(), Holder::this());
    let telling = |notices| Arc::new(Telling { notices, warehouse: warehouse.clone(), settings: settings.clone() });
    let notices = Notices::of(&settings.notices)?.map(telling);
    let daemon = Daemon { jobs, ledger, global: handed_on(global), listener, notices, watch: Arc::clone(&watch) };
    if arguments.once {
        let ended = daemon.once().await?;
        let worst = ended.iter().map(|(_, ending)| exit(*ending)).max();
        return Ok(worst.unwrap_or(Exit::Done));
    }
    if let Some(at) = &settings.schedule_http {
        let listener = serve::listen(crate::serve::address(at)?).await?;
        output.talk(format!("health and metrics at http://{}/metrics", listener.local_addr()?));
        tokio::spawn(watch.serve(listener));
    }
    output.talk("the timetable is kept; stop with Ctrl-C or SIGTERM");
    daemon.run(serve::stopped()).await?;
    output.talk("stopped");
    Ok(Exit::Done)
}

/// How the program ends after such a run.
pub const fn exit(ending: Ending) -> Exit {
    match ending {
        Ending::Done | Ending::Skipped => Exit::Done,
        Ending::Incomplete => Exit::Incomplete,
        Ending::Refused => Exit::Usage,
        Ending::Failed | Ending::TimedOut | Ending::Interrupted => Exit::Failed,
    }
}

/// A line of the log: for machines an object, for people words.
fn tell(output: Output, event: &Event<'_>) {
    if output.is_json() {
        if let Ok(line) = serde_json::to_string(event) {
            output.talk(line);
        }
        return;
    }
    let at = listing::Due::of(event.at).brussels;
    let head = format!("{at} {} due {} attempt {}", event.job, event.due.format("%Y-%m-%dT%H:%MZ"), event.attempt);
    match event.event {
        "said" => output.talk(format!("{head} | {}", event.text)),
        word if event.text.is_empty() => output.talk(format!("{head} {word}")),
        word => output.talk(format!("{head} {word}: {}", event.text.replace('\n', " / "))),
    }
}

/// The flags that every step gets too.
pub fn handed_on(global: &Global) -> Vec<String> {
    let mut flags = vec!["--color".to_owned(), "never".to_owned()];
    let config = global.config.as_ref().map(|file| file.to_string_lossy().into_owned());
    for (flag, value) in
        [("--config", config), ("--landing", global.landing.clone()), ("--warehouse", global.warehouse.clone())]
    {
        if let Some(value) = value {
            flags.extend([flag.to_owned(), value]);
        }
    }
    flags
}
