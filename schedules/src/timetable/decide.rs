//! What is to be done now for a job.

use chrono::{DateTime, TimeDelta, Utc};
use peil_warehouse::Result;

use super::job::{CatchUp, Job};
use super::ledger::{End, Ending, Ledger, Standing};

/// Minutes after its due moment in which a run that is not caught up still
/// counts as on time.
const ON_TIME_MINUTES: i64 = 10;
/// Interruptions beyond the attempts of a job after which it is given up: it
/// may be the job that brings the machine down.
const MOST_INTERRUPTIONS: usize = 10;

/// An attempt that this daemon is to make: it is claimed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// When the run was due.
    pub due: DateTime<Utc>,
    /// Which attempt, from 1.
    pub number: u32,
}

/// Looks at every due run of a job up to `now`, settles those that are not
/// to be done, and claims the one that is to be done now, where there is one.
///
/// # Errors
/// [`peil_warehouse::Error::Storage`] where the ledger cannot be read or
/// written.
pub async fn decide(job: &Job, ledger: &Ledger, now: DateTime<Utc>) -> Result<Option<Attempt>> {
    let from = ledger.through(job, now).await?;
    let mut open = Vec::new();
    let mut through = from;
    for due in job.when.between(from, now) {
        match ledger.standing(job, due, now).await? {
            Standing::Handled(_) if open.is_empty() => through = due,
            Standing::Handled(_) => {}
            // One run of a job at a time.
            Standing::Running(_) => return advance(job, ledger, from, through).await.map(|()| None),
            Standing::Open { attempt, not_before, last } => open.push((due, attempt, not_before, last)),
        }
    }
    advance(job, ledger, from, through).await?;
    let newest = open.last().map(|(due, ..)| *due);
    for (due, attempt, not_before, last) in open {
        let given_up = last.filter(|end| !may_go_on(job, end.ending, attempt - 1));
        let settled = match given_up {
            Some(end) => Some(End { attempts: attempt - 1, ..end }),
            None => is_skipped(job, due, newest, now).then(|| skipped(attempt - 1, now)),
        };
        if let Some(end) = settled {
            ledger.handled(job, due, &end).await?;
        } else if not_before > now {
            return Ok(None);
        } else {
            let claimed = ledger.claim(job, due, attempt, now).await?;
            return Ok(claimed.then_some(Attempt { due, number: attempt }));
        }
    }
    Ok(None)
}

async fn advance(job: &Job, ledger: &Ledger, from: DateTime<Utc>, through: DateTime<Utc>) -> Result<()> {
    if through > from { ledger.set_through(job, through).await } else { Ok(()) }
}

fn is_skipped(job: &Job, due: DateTime<Utc>, newest: Option<DateTime<Utc>>, now: DateTime<Utc>) -> bool {
    match job.catch_up {
        CatchUp::All => false,
        CatchUp::Latest => newest.is_some_and(|newest| due < newest),
        CatchUp::None => newest.is_some_and(|newest| due < newest) || now - due > TimeDelta::minutes(ON_TIME_MINUTES),
    }
}

fn skipped(attempts: u32, now: DateTime<Utc>) -> End {
    End { ending: Ending::Skipped, ended_at: now, attempts, said: String::new() }
}

/// Writes down what came of an attempt; the due run is handled unless another
/// attempt is to follow. Gives whether it is.
///
/// # Errors
/// [`peil_warehouse::Error::Storage`] where it cannot be written.
pub async fn settle(
    job: &Job,
    ledger: &Ledger,
    attempt: &Attempt,
    ending: Ending,
    said: String,
    now: DateTime<Utc>,
) -> Result<bool> {
    let end = End { ending, ended_at: now, attempts: attempt.number, said };
    ledger.end(job, attempt.due, &end).await?;
    let handled = !may_go_on(job, ending, attempt.number);
    if handled {
        ledger.handled(job, attempt.due, &end).await?;
    }
    Ok(handled)
}

/// Whether another attempt follows the one that ended so. An interrupted one
/// says nothing of the job: it is made again beyond the job's own number.
fn may_go_on(job: &Job, ending: Ending, attempts: u32) -> bool {
    let more = if ending == Ending::Interrupted { MOST_INTERRUPTIONS } else { 0 };
    ending.may_help_again() && attempts as usize <= job.retry_minutes.len() + more
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
