//! The daemon: looks what is due, makes the attempts, stops in good order.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use chrono::TimeDelta;
use peil_warehouse::settings::Settings;
use peil_warehouse::storage::Storage;
use peil_warehouse::{Error, Result, clock};
use serde::Serialize;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio_cron_scheduler::{Job as Tick, JobScheduler};

use super::decide::{Attempt, decide, settle};
use super::execute::{self, Outcome, Steps};
use super::job::Job;
use super::ledger::{Ending, Ledger};
use super::watch::Watch;
use crate::notices::{Notice, Notices, stale};
use crate::summary;

/// When the daemon looks: every twenty seconds, by tokio-cron-scheduler. Due
/// moments are not its business: they follow from the timetable.
const LOOKS: &str = "*/20 * * * * *";

/// Days after which nobody is told any more of what was left unsaid.
const UNSAID_DAYS: i64 = 1;

/// What the daemon says of an attempt.
#[derive(Debug, Clone, Serialize)]
pub struct Event<'a> {
    /// When.
    pub at: chrono::DateTime<chrono::Utc>,
    /// Which job.
    pub job: &'a str,
    /// When the run was due.
    pub due: chrono::DateTime<chrono::Utc>,
    /// Which attempt.
    pub attempt: u32,
    /// The run of the pipeline that it made, once that is known.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub run_id: &'a str,
    /// `started`, `said` or how it ended.
    pub event: &'a str,
    /// What was said.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub text: &'a str,
}

/// Hears what happens.
pub type Listener = Arc<dyn Fn(&Event<'_>) + Send + Sync>;

/// The daemon over a timetable.
pub struct Daemon {
    /// The jobs.
    pub jobs: Vec<Arc<Job>>,
    /// Their ledger.
    pub ledger: Ledger,
    /// Flags of every command, handed on to each step.
    pub global: Vec<String>,
    /// Hears what happens.
    pub listener: Listener,
    /// Who is told how due runs end.
    pub notices: Option<Arc<Telling>>,
    /// What it shows of itself.
    pub watch: Arc<Watch>,
}

/// Who is told, and what is looked at to know what to tell.
pub struct Telling {
    /// Who.
    pub notices: Notices,
    /// The warehouse.
    pub warehouse: Storage,
    /// The settings, for the contracts.
    pub settings: Settings,
}

impl Daemon {
    /// Keeps the timetable until `stopped` comes, then ends what is running
    /// and writes down that it was interrupted.
    ///
    /// # Errors
    /// [`Error::Internal`] where the clock cannot be started. A ledger that
    /// cannot be reached is said and tried again.
    pub async fn run(self, stopped: impl Future<Output = ()>) -> Result<()> {
        let look = Arc::new(Notify::new());
        let mut ticks = JobScheduler::new().await.map_err(Error::internal)?;
        let notify = Arc::clone(&look);
        let tick = Tick::new(LOOKS, move |_, _| notify.notify_one()).map_err(Error::internal)?;
        ticks.add(tick).await.map_err(Error::internal)?;
        ticks.start().await.map_err(Error::internal)?;
        let stop = Arc::new(AtomicBool::new(false));
        let mut running = Running::default();
        let mut stopped = std::pin::pin!(stopped);
        // A mail server that does not answer keeps nothing from being made.
        let mut telling = JoinSet::new();
        let unsaid = self.left_unsaid().await;
        let (notices, ledger, listener) = (self.notices.clone(), self.ledger.clone(), Arc::clone(&self.listener));
        telling.spawn(async move { tell_late(&unsaid, notices.as_deref(), &ledger, &listener).await });
        loop {
            let could = self.look(&mut running, &stop).await;
            self.watch.looked(clock::now(), could);
            tokio::select! {
                () = &mut stopped => break,
                () = look.notified() => {}
                Some(name) = running.next() => { running.names.remove(&name); }
            }
        }
        stop.store(true, Ordering::Relaxed);
        while running.next().await.is_some() {}
        ticks.shutdown().await.map_err(Error::internal)
    }

    /// Does what is due now, and ends: the number of attempts, and whether
    /// all went well.
    ///
    /// # Errors
    /// [`Error::Storage`] where the ledger cannot be reached.
    pub async fn once(self) -> Result<Vec<(String, Ending)>> {
        let stop = Arc::new(AtomicBool::new(false));
        let mut ended = Vec::new();
        let unsaid = self.left_unsaid().await;
        tell_late(&unsaid, self.notices.as_deref(), &self.ledger, &self.listener).await;
        for job in &self.jobs {
            while let Some(attempt) = decide(job, &self.ledger, clock::now()).await? {
                let tell = Tell { listener: Arc::clone(&self.listener), notices: self.notices.clone() };
                let ending = make(job, &self.ledger, &attempt, self.steps(job, &attempt)?, &stop, &tell).await?;
                ended.push((job.name.clone(), ending));
            }
        }
        Ok(ended)
    }

    /// Due runs that were handled when the daemon ended before it had told of
    /// them.
    async fn left_unsaid(&self) -> Vec<Unsaid> {
        let mut unsaid = Vec::new();
        if self.notices.is_none() {
            return unsaid;
        }
        let now = clock::now();
        for job in &self.jobs {
            for due in job.when.between(now - TimeDelta::days(UNSAID_DAYS), now) {
                let untold = match self.ledger.untold(job, due, now).await {
                    Ok(untold) => untold,
                    Err(error) => {
                        say(&self.listener, job, &Attempt { due, number: 0 }, "", "ledger", &error.to_string());
                        return unsaid;
                    }
                };
                let Some(end) = untold.filter(|end| now - end.ended_at < TimeDelta::days(UNSAID_DAYS)) else {
                    continue;
                };
                let attempt = Attempt { due, number: end.attempts };
                unsaid.push((Arc::clone(job), attempt, Outcome { ending: end.ending, said: end.said }));
            }
        }
        unsaid
    }

    /// Starts the attempts that are due of jobs that are not running; gives
    /// whether the ledger could be read.
    async fn look(&self, running: &mut Running, stop: &Arc<AtomicBool>) -> bool {
        let mut could = true;
        for job in &self.jobs {
            if running.names.contains(&job.name) {
                continue;
            }
            let now = clock::now();
            let started = match decide(job, &self.ledger, now).await {
                Ok(None) => continue,
                Ok(Some(attempt)) => self.steps(job, &attempt).map(|steps| (attempt, steps)),
                Err(error) => Err(error),
            };
            match started {
                Ok((attempt, steps)) => {
                    running.names.insert(job.name.clone());
                    let (job, ledger) = (Arc::clone(job), self.ledger.clone());
                    let stop = Arc::clone(stop);
                    let tell = Tell { listener: Arc::clone(&self.listener), notices: self.notices.clone() };
                    running.tasks.spawn(async move {
                        if let Err(error) = make(&job, &ledger, &attempt, steps, &stop, &tell).await {
                            say(&tell.listener, &job, &attempt, "", "ledger", &error.to_string());
                        }
                        job.name.clone()
                    });
                }
                Err(error) => {
                    could = false;
                    let attempt = Attempt { due: now, number: 0 };
                    say(&self.listener, job, &attempt, "", "ledger", &error.to_string());
                }
            }
        }
        could
    }

    fn steps(&self, job: &Job, attempt: &Attempt) -> Result<Steps> {
        Ok(Steps { global: self.global.clone(), steps: job.arguments(attempt.due)?, limit_minutes: job.limit_minutes })
    }
}

#[derive(Default)]
struct Running {
    names: BTreeSet<String>,
    tasks: JoinSet<String>,
}

impl Running {
    /// The next that ended; waits for ever where none is running, unless
    /// asked at the end.
    async fn next(&mut self) -> Option<String> {
        self.tasks.join_next().await.and_then(std::result::Result::ok)
    }
}

/// A due run of which nobody has been told.
type Unsaid = (Arc<Job>, Attempt, Outcome);

/// Tells of due runs after the time. A receiver knows by the name of a notice
/// what it has.
async fn tell_late(unsaid: &[Unsaid], notices: Option<&Telling>, ledger: &Ledger, listener: &Listener) {
    let Some(telling) = notices else { return };
    for (job, attempt, outcome) in unsaid {
        for problem in notify(telling, job, attempt, outcome, ledger).await {
            say(listener, job, attempt, "", "notice", &problem);
        }
    }
}

/// Who hears of an attempt.
struct Tell {
    listener: Listener,
    notices: Option<Arc<Telling>>,
}

async fn make(
    job: &Job,
    ledger: &Ledger,
    attempt: &Attempt,
    steps: Steps,
    stop: &Arc<AtomicBool>,
    tell: &Tell,
) -> Result<Ending> {
    let listener = &tell.listener;
    say(listener, job, attempt, "", "started", "");
    let made = Arc::new(Mutex::new(String::new()));
    let run = Arc::clone(&made);
    let (stop, heard) = (Arc::clone(stop), Arc::clone(listener));
    let (name, due, number) = (job.name.clone(), attempt.due, attempt.number);
    let executed = tokio::task::spawn_blocking(move || {
        execute::execute(&steps, &stop, &|line| {
            let mut run = run.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(id) = summary::run_of(line) {
                id.clone_into(&mut run);
            }
            heard(&Event {
                at: clock::now(),
                job: &name,
                due,
                attempt: number,
                run_id: &run,
                event: "said",
                text: line,
            });
        })
    });
    let outcome = executed
        .await
        .map_err(Error::internal)?
        .unwrap_or_else(|error| Outcome { ending: Ending::Failed, said: error.to_string() });
    let handled = settle(job, ledger, attempt, outcome.ending, outcome.said.clone(), clock::now()).await?;
    let run = made.lock().unwrap_or_else(PoisonError::into_inner).clone();
    say(listener, job, attempt, &run, outcome.ending.as_str(), &outcome.said);
    if let Some(telling) = tell.notices.as_deref().filter(|_| handled) {
        for problem in notify(telling, job, attempt, &outcome, ledger).await {
            say(listener, job, attempt, &run, "notice", &problem);
        }
    }
    Ok(outcome.ending)
}

/// Tells people of a due run that is handled; after one that ran the pipeline
/// it tells of datasets that have become late too, and gives a sign of life.
/// Gives what did not arrive.
async fn notify(telling: &Telling, job: &Job, attempt: &Attempt, outcome: &Outcome, ledger: &Ledger) -> Vec<String> {
    let Telling { notices, warehouse, settings } = telling;
    let mut problems = Vec::new();
    if let Some(notice) = Notice::of(job, attempt.due, outcome.ending, attempt.number, &outcome.said) {
        problems.extend(notices.tell(&notice).await);
    }
    let runs = job.steps.iter().any(|step| step.first().is_some_and(|command| command == "run"));
    if runs && matches!(outcome.ending, Ending::Done | Ending::Incomplete) {
        match stale::newly_late(settings, warehouse).await {
            Ok(late) => {
                if !late.new.is_empty() {
                    let notice = Notice::of_late(job, attempt.due, outcome.ending, &late.new);
                    problems.extend(notices.tell(&notice).await);
                }
                problems.extend(late.were_told(warehouse).await.err().map(|error| error.to_string()));
            }
            Err(error) => problems.push(error.to_string()),
        }
        problems.extend(notices.ping().await);
    }
    if let Err(error) = ledger.told(job, attempt.due).await {
        problems.push(error.to_string());
    }
    problems
}

fn say(listener: &Listener, job: &Job, attempt: &Attempt, run_id: &str, event: &str, text: &str) {
    let (at, due) = (clock::now(), attempt.due);
    listener(&Event { at, job: &job.name, due, attempt: attempt.number, run_id, event, text });
}
