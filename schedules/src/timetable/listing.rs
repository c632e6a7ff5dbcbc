//! The timetable for people and calendars.

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Europe::Brussels;
use icalendar::{Calendar, Component, Event, EventLike};
use peil_warehouse::Result;
use serde::Serialize;

use super::job::Job;
use super::ledger::{Ledger, Standing};

/// Minutes that a run takes in a calendar.
const SHOWN_MINUTES: i64 = 30;
/// Days of the past in which the last due run is looked for.
const LOOK_BACK_DAYS: i64 = 370;

/// A job as it stands.
#[derive(Debug, Clone, Serialize)]
pub struct Listed {
    /// Its name.
    pub job: String,
    /// What it is, in Dutch.
    pub title_nl: String,
    /// Its next due moments.
    pub next: Vec<Due>,
    /// The last due run, where one was looked at by a daemon.
    pub last: Option<Last>,
}

/// A due moment.
#[derive(Debug, Clone, Serialize)]
pub struct Due {
    /// In UTC.
    pub utc: DateTime<Utc>,
    /// In Brussels, with its offset.
    pub brussels: String,
}

impl Due {
    /// Of a moment.
    pub fn of(moment: DateTime<Utc>) -> Self {
        Self { utc: moment, brussels: moment.with_timezone(&Brussels).format("%Y-%m-%dT%H:%M:%S%:z").to_string() }
    }
}

/// The last due run of a job.
#[derive(Debug, Clone, Serialize)]
pub struct Last {
    /// When it was due.
    pub due: Due,
    /// `running`, `waiting`, or how it ended.
    pub state: String,
    /// Attempts so far.
    pub attempts: u32,
    /// What was said where it went wrong.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub said: String,
}

/// Lists jobs with their next `count` due moments; with what came of the last
/// one, where there is a ledger.
///
/// # Errors
/// [`peil_warehouse::Error::Storage`] where the ledger cannot be read.
pub async fn list(jobs: &[Job], ledger: Option<&Ledger>, now: DateTime<Utc>, count: usize) -> Result<Vec<Listed>> {
    let mut listed = Vec::new();
    for job in jobs {
        let last = match ledger {
            Some(ledger) => last(job, ledger, now).await?,
            None => None,
        };
        let next = std::iter::successors(job.when.next_after(now), |due| job.when.next_after(*due));
        let next = next.take(count).map(Due::of).collect();
        listed.push(Listed { job: job.name.clone(), title_nl: job.title_nl.clone(), next, last });
    }
    Ok(listed)
}

async fn last(job: &Job, ledger: &Ledger, now: DateTime<Utc>) -> Result<Option<Last>> {
    let Some(due) = job.when.between(now - TimeDelta::days(LOOK_BACK_DAYS), now).last() else { return Ok(None) };
    let (state, attempts, said) = match ledger.standing(job, due, now).await? {
        Standing::Handled(end) => (end.ending.as_str().to_owned(), end.attempts, end.said),
        Standing::Running(claim) => (format!("running since {}", Due::of(claim.claimed_at).brussels), 1, String::new()),
        Standing::Open { last: None, .. } => return Ok(None),
        Standing::Open { attempt, not_before, last } => (
            format!("again from {}", Due::of(not_before).brussels),
            attempt - 1,
            last.map(|end| end.said).unwrap_or_default(),
        ),
    };
    Ok(Some(Last { due: Due::of(due), state, attempts, said }))
}

/// The due moments up to `until` as an iCalendar file: of every job, or of
/// those that publish.
pub fn calendar(jobs: &[Job], now: DateTime<Utc>, until: DateTime<Utc>, publications_only: bool) -> String {
    let mut calendar = Calendar::new().name("Peil").done();
    for job in jobs.iter().filter(|job| job.publication || !publications_only) {
        for due in job.when.between(now, until) {
            let id = format!("{}-{}@peil", job.name, due.format("%Y%m%dT%H%M%SZ"));
            // The stamp is the due moment: the same timetable gives the same
            // bytes.
            let event = Event::new()
                .uid(&id)
                .timestamp(due)
                .summary(&job.title_nl)
                .starts(due)
                .ends(due + TimeDelta::minutes(SHOWN_MINUTES))
                .done();
            calendar.push(event);
        }
    }
    calendar.done().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::timetable::job;

    #[tokio::test]
    async fn due_moments_are_in_both_times() {
        let jobs = job::load(None).unwrap();
        let listed = list(&jobs, None, "2022-03-26T12:00:00Z".parse().unwrap(), 2).await.unwrap();
        let nightly = listed.iter().find(|listed| listed.job == "nightly_run").unwrap();
        assert_eq!(nightly.next[1].brussels, "2022-03-28T02:30:00+02:00");
        assert_eq!(nightly.next[1].utc.to_rfc3339(), "2022-03-28T00:30:00+00:00");
    }

    #[test]
    fn the_calendar_of_publications_holds_no_other_jobs() {
        let jobs = job::load(None).unwrap();
        let now = "2022-01-01T00:00:00Z".parse().unwrap();
        let text = calendar(&jobs, now, "2023-01-01T00:00:00Z".parse().unwrap(), true);
        assert!(text.starts_with("BEGIN:VCALENDAR") && text.contains("SUMMARY:Halfjaarverslag"), "{text}");
        assert_eq!(text.matches("BEGIN:VEVENT").count(), 2);
        assert_eq!(text, calendar(&jobs, now, "2023-01-01T00:00:00Z".parse().unwrap(), true));
    }
}
