//! The record of each due run, in the warehouse.
//!
//! `schedule/<job>/<due>/` holds `claim-<n>.json` for each attempt,
//! `end-<n>.json` for what came of it, and `result.json` once the due run is
//! handled. Each is made in one step and only where it is not there yet: that
//! alone keeps two daemons from doing one run twice, on a folder as on an
//! object store. `schedule/<job>/through.json` says up to which moment all is
//! handled, so that nobody looks further back.

use chrono::{DateTime, TimeDelta, Utc};
use peil_warehouse::storage::Storage;
use peil_warehouse::{Error, Result};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::job::Job;

/// Minutes beyond the limit of a job after which an attempt that was never
/// ended is taken for lost.
const GRACE_MINUTES: i64 = 5;

/// Who makes an attempt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// The machine.
    pub host: String,
    /// Which start of the machine: after another one no process of it lives.
    pub boot: String,
    /// The process.
    pub process: u32,
}

impl Holder {
    /// This process.
    pub fn this() -> Self {
        let read = |path: &str| std::fs::read_to_string(path).map(|text| text.trim().to_owned()).unwrap_or_default();
        Self {
            host: read("/proc/sys/kernel/hostname"),
            boot: read("/proc/sys/kernel/random/boot_id"),
            process: std::process::id(),
        }
    }

    /// Whether `other` is known not to be at work any more; of another
    /// machine, nothing is known.
    pub fn knows_gone(&self, other: &Self) -> bool {
        let same_machine = !self.host.is_empty() && self.host == other.host && !self.boot.is_empty();
        same_machine
            && self.process != other.process
            && (self.boot != other.boot || !std::path::Path::new(&format!("/proc/{}", other.process)).exists())
    }
}

/// How an attempt ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// All steps are done.
    Done,
    /// Done, but a delivery was refused or a check failed: people must act,
    /// trying again does not help.
    Incomplete,
    /// A step failed.
    Failed,
    /// The usage or the configuration is wrong: trying again does not help.
    Refused,
    /// It took longer than the job's limit.
    TimedOut,
    /// The daemon was told to stop, or was killed.
    Interrupted,
    /// Not done, since the job says so of runs that were missed.
    Skipped,
}

impl Ending {
    /// Whether trying again may help.
    pub const fn may_help_again(self) -> bool {
        matches!(self, Self::Failed | Self::TimedOut | Self::Interrupted)
    }

    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Incomplete => "incomplete",
            Self::Failed => "failed",
            Self::Refused => "refused",
            Self::TimedOut => "timed_out",
            Self::Interrupted => "interrupted",
            Self::Skipped => "skipped",
        }
    }
}

/// An attempt that was started.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// Who makes it.
    pub holder: Holder,
    /// Since when.
    pub claimed_at: DateTime<Utc>,
    /// When it is taken for lost.
    pub expires_at: DateTime<Utc>,
}

/// What came of an attempt, or of the due run as a whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct End {
    /// How it ended.
    pub ending: Ending,
    /// When.
    pub ended_at: DateTime<Utc>,
    /// Attempts so far.
    pub attempts: u32,
    /// The last words of the step that failed, where one did.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub said: String,
}

/// How far a due run is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// It is handled.
    Handled(End),
    /// Somebody is at it.
    Running(Claim),
    /// Attempt number `attempt` may start from `not_before` on.
    Open {
        /// From 1.
        attempt: u32,
        /// Not before.
        not_before: DateTime<Utc>,
        /// What came of the attempt before.
        last: Option<End>,
    },
}

/// The records of all due runs.
#[derive(Debug, Clone)]
pub struct Ledger {
    storage: Storage,
    holder: Holder,
}

impl Ledger {
    /// The ledger of a warehouse, as `holder` writes it.
    pub const fn new(storage: Storage, holder: Holder) -> Self {
        Self { storage, holder }
    }

    /// The moment up to which all due runs of a job are handled; at the first
    /// look, `now`: what was due before the job was there is not.
    ///
    /// # Errors
    /// [`Error::Storage`] where the warehouse cannot be read or written.
    pub async fn through(&self, job: &Job, now: DateTime<Utc>) -> Result<DateTime<Utc>> {
        let path = format!("schedule/{}/through.json", job.name);
        if let Some(through) = self.read(&path).await? {
            return Ok(through);
        }
        self.storage.create_durable(&path, encode(&now)?).await?;
        Ok(self.read(&path).await?.unwrap_or(now))
    }

    /// Says that all due runs up to a moment are handled.
    ///
    /// # Errors
    /// [`Error::Storage`] where it cannot be written.
    pub async fn set_through(&self, job: &Job, through: DateTime<Utc>) -> Result<()> {
        self.storage.put_durable(&format!("schedule/{}/through.json", job.name), encode(&through)?).await
    }

    /// How far the run that was due at `due` is.
    ///
    /// # Errors
    /// [`Error::Storage`] where the ledger cannot be read.
    pub async fn standing(&self, job: &Job, due: DateTime<Utc>, now: DateTime<Utc>) -> Result<Standing> {
        let folder = folder(job, due);
        if let Some(end) = self.read(&format!("{folder}/result.json")).await? {
            return Ok(Standing::Handled(end));
        }
        let mut last = None;
        for attempt in 1.. {
            let Some(claim) = self.read::<Claim>(&format!("{folder}/claim-{attempt}.json")).await? else {
                return Ok(open(job, attempt, due, last));
            };
            let lost = claim.expires_at <= now || self.holder.knows_gone(&claim.holder);
            last = match self.read::<End>(&format!("{folder}/end-{attempt}.json")).await? {
                Some(end) => Some(end),
                None if lost => Some(End {
                    ending: Ending::Interrupted,
                    ended_at: claim.expires_at.min(now),
                    attempts: attempt,
                    said: "the daemon ended in the middle of it".to_owned(),
                }),
                None => return Ok(Standing::Running(claim)),
            };
        }
        Err(Error::internal("the attempts of a due run have no end"))
    }

    /// Starts an attempt; false where another was quicker.
    ///
    /// # Errors
    /// [`Error::Storage`] where it cannot be written.
    pub async fn claim(&self, job: &Job, due: DateTime<Utc>, attempt: u32, now: DateTime<Utc>) -> Result<bool> {
        let minutes = i64::from(job.limit_minutes) + GRACE_MINUTES;
        let claim =
            Claim { holder: self.holder.clone(), claimed_at: now, expires_at: now + TimeDelta::minutes(minutes) };
        self.storage.create_durable(&format!("{}/claim-{attempt}.json", folder(job, due)), encode(&claim)?).await
    }

    /// What came of a handled due run that nobody was told of; none where
    /// somebody was, or where there is nothing yet.
    ///
    /// # Errors
    /// [`Error::Storage`] where the ledger cannot be read.
    pub async fn untold(&self, job: &Job, due: DateTime<Utc>, now: DateTime<Utc>) -> Result<Option<End>> {
        if self.storage.exists(&format!("{}/told.json", folder(job, due))).await? {
            return Ok(None);
        }
        match self.standing(job, due, now).await? {
            Standing::Handled(end) => Ok(Some(end)),
            _ => Ok(None),
        }
    }

    /// Says that people were told.
    ///
    /// # Errors
    /// [`Error::Storage`] where it cannot be written.
    pub async fn told(&self, job: &Job, due: DateTime<Utc>) -> Result<()> {
        let path = format!("{}/told.json", folder(job, due));
        self.storage.create_durable(&path, encode(&true)?).await.map(drop)
    }

    /// Says what came of an attempt.
    ///
    /// # Errors
    /// [`Error::Storage`] where it cannot be written.
    pub async fn end(&self, job: &Job, due: DateTime<Utc>, end: &End) -> Result<()> {
        let path = format!("{}/end-{}.json", folder(job, due), end.attempts);
        self.storage.create_durable(&path, encode(end)?).await.map(drop)
    }

    /// Says that a due run is handled; the first word counts.
    ///
    /// # Errors
    /// [`Error::Storage`] where it cannot be written.
    pub async fn handled(&self, job: &Job, due: DateTime<Utc>, end: &End) -> Result<()> {
        self.storage.create_durable(&format!("{}/result.json", folder(job, due)), encode(end)?).await.map(drop)
    }

    /// The number of a further attempt at a due run, whether it is handled or
    /// not; none where somebody is at one. An attempt whose holder is gone is
    /// lost, and holds up none after it.
    ///
    /// # Errors
    /// [`Error::Storage`] where the ledger cannot be read.
    pub async fn further(&self, job: &Job, due: DateTime<Utc>, now: DateTime<Utc>) -> Result<Option<u32>> {
        let folder = folder(job, due);
        for attempt in 1.. {
            let Some(claim) = self.read::<Claim>(&format!("{folder}/claim-{attempt}.json")).await? else {
                return Ok(Some(attempt));
            };
            let lost = claim.expires_at <= now || self.holder.knows_gone(&claim.holder);
            if !lost && self.read::<End>(&format!("{folder}/end-{attempt}.json")).await?.is_none() {
                return Ok(None);
            }
        }
        Err(Error::internal("the attempts of a due run have no end"))
    }

    /// Says what came of a due run that was made again by hand.
    ///
    /// # Errors
    /// [`Error::Storage`] where it cannot be written.
    pub async fn amend(&self, job: &Job, due: DateTime<Utc>, end: &End) -> Result<()> {
        self.storage.put_durable(&format!("{}/result.json", folder(job, due)), encode(end)?).await
    }

    async fn read<T: DeserializeOwned>(&self, path: &str) -> Result<Option<T>> {
        let Some(content) = self.storage.get_optional(path).await? else { return Ok(None) };
        let read = serde_json::from_slice(&content);
        read.map(Some)
            .map_err(|error| Error::storage(format!("{path} of {} cannot be read: {error}", self.storage.url())))
    }
}

fn open(job: &Job, attempt: u32, due: DateTime<Utc>, last: Option<End>) -> Standing {
    let wait = attempt.checked_sub(2).and_then(|failed| job.retry_minutes.get(failed as usize));
    let not_before = match (&last, wait) {
        // What was only interrupted goes on at once.
        (Some(end), _) if end.ending == Ending::Interrupted => end.ended_at,
        (Some(end), Some(minutes)) => end.ended_at + TimeDelta::minutes(i64::from(*minutes)),
        (Some(end), None) => end.ended_at,
        (None, _) => due,
    };
    Standing::Open { attempt, not_before, last }
}

fn folder(job: &Job, due: DateTime<Utc>) -> String {
    format!("schedule/{}/{}", job.name, due.format("%Y%m%dT%H%M%SZ"))
}

fn encode(value: &impl Serialize) -> Result<bytes::Bytes> {
    serde_json::to_vec(value).map(Into::into).map_err(Error::internal)
}
