//! A due run again, because people ask for it: one that failed, or those of a
//! stretch of days that were never made.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use chrono::{DateTime, Utc};
use peil_warehouse::{Error, Result, clock};
use serde::Serialize;

use super::execute::{self, Steps};
use super::job::Job;
use super::ledger::{End, Ending, Ledger, Standing};

/// A due run and how it stands.
#[derive(Debug, Clone, Serialize)]
pub struct Dueness {
    /// The job.
    pub job: String,
    /// When it was due.
    pub due: DateTime<Utc>,
    /// `done`, `failed`, `skipped` and so on; `running`, `waiting` or `never`.
    pub state: String,
    /// What it does, a command each.
    pub steps: Vec<String>,
}

impl Dueness {
    /// How a due run stands.
    ///
    /// # Errors
    /// [`Error::Storage`] where the ledger cannot be read.
    pub async fn of(job: &Job, ledger: &Ledger, due: DateTime<Utc>) -> Result<Self> {
        let state = match ledger.standing(job, due, clock::now()).await? {
            Standing::Handled(end) => end.ending.as_str().to_owned(),
            Standing::Running(_) => "running".to_owned(),
            Standing::Open { last: Some(_), .. } => "waiting".to_owned(),
            Standing::Open { .. } => "never".to_owned(),
        };
        let steps = job.arguments(due)?.iter().map(|step| format!("peil {}", step.join(" "))).collect();
        Ok(Self { job: job.name.clone(), due, state, steps })
    }

    /// Whether it is to be made: it did not go through and is not at work.
    pub fn is_open(&self) -> bool {
        !matches!(self.state.as_str(), "done" | "running")
    }
}

/// Makes a due run now, as a further attempt that the ledger keeps; what it
/// says is heard. Where `stopped` comes first it is ended, and the ledger says
/// that it was interrupted.
///
/// # Errors
/// [`Error::Usage`] where somebody is at it; [`Error::Storage`] where the
/// ledger cannot be written.
pub async fn redo(
    job: &Job,
    ledger: &Ledger,
    due: DateTime<Utc>,
    global: Vec<String>,
    hear: Arc<dyn Fn(&str) + Send + Sync>,
    stopped: impl Future<Output = ()>,
) -> Result<End> {
    let busy = || Error::usage(format!("{} due {} is being made now: wait for it", job.name, due.to_rfc3339()));
    let attempt = ledger.further(job, due, clock::now()).await?.ok_or_else(busy)?;
    if !ledger.claim(job, due, attempt, clock::now()).await? {
        return Err(busy());
    }
    let steps = Steps { global, steps: job.arguments(due)?, limit_minutes: job.limit_minutes };
    let stop = Arc::new(AtomicBool::new(false));
    let heard = Arc::clone(&stop);
    let mut executed = tokio::task::spawn_blocking(move || execute::execute(&steps, &heard, &|line| hear(line)));
    let executed = tokio::select! {
        executed = &mut executed => executed,
        () = stopped => {
            stop.store(true, Ordering::Relaxed);
            executed.await
        }
    };
    let (ending, said) = match executed.map_err(Error::internal)? {
        Ok(outcome) => (outcome.ending, outcome.said),
        Err(error) => (Ending::Failed, error.to_string()),
    };
    let end = End { ending, ended_at: clock::now(), attempts: attempt, said };
    ledger.end(job, due, &end).await?;
    ledger.amend(job, due, &end).await?;
    Ok(end)
}
