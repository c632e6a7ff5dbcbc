//! What was fetched, and up to where: `sources/<source>/` in the warehouse.
//!
//! Each fetch has a number, which is claimed by making `<number>-claim.json`
//! where it is not there yet; `<number>-end.json` says what came of it, and
//! carries on how far the source is fetched. A fetch that was broken off has
//! no end: the next one begins where the last that ended did. So no two
//! fetches have one number, and what lands under it is never written twice.

use chrono::{DateTime, TimeDelta, Utc};
use peil_warehouse::storage::Storage;
use peil_warehouse::{Error, Result};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::timetable::ledger::{Claim, Holder};

/// Fetches whose records are kept.
const KEPT: u64 = 50;
/// Minutes beyond the limit of a fetch after which it is taken for lost.
const GRACE_MINUTES: i64 = 5;

/// How far a source is fetched.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The greatest value of what tells that a row is new.
    pub cursor: Option<String>,
    /// SHA-256 of the rows that had that very value, which come again.
    #[serde(default)]
    pub at_cursor: Vec<String>,
    /// What tells the other side that we have its last answer.
    pub etag: Option<String>,
    /// The same, of one that tells moments.
    pub last_modified: Option<String>,
    /// SHA-256 of the last delivery.
    pub content: Option<String>,
    /// Its path under the landing area.
    pub object: Option<String>,
    /// When a fetch last went well.
    pub fetched_at: Option<DateTime<Utc>>,
}

/// What came of a fetch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct End {
    /// `fetched`, `unchanged` or `failed`.
    pub outcome: String,
    /// When it ended.
    pub ended_at: DateTime<Utc>,
    /// Rows that landed.
    pub rows: u64,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub said: String,
    /// How far the source is fetched since.
    pub place: Place,
}

/// A source as its records tell.
#[derive(Debug, Clone, Default)]
pub struct Standing {
    /// The greatest number that was claimed; 0 where none was.
    pub number: u64,
    /// The last fetch that ended.
    pub last: Option<End>,
    /// Who is at it now.
    pub running: Option<Claim>,
}

/// The records of all sources.
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

    /// How a source stands.
    ///
    /// # Errors
    /// [`Error::Storage`] where the ledger cannot be read.
    pub async fn standing(&self, source: &str, now: DateTime<Utc>) -> Result<Standing> {
        let names = self.storage.names_in(&format!("sources/{source}")).await?;
        let greatest = |word: &str| names.iter().filter_map(|name| number_of(name, word)).max();
        let (claimed, ended) = (greatest("claim"), greatest("end"));
        let last = match ended {
            Some(number) => self.read(&path(source, number, "end")).await?,
            None => None,
        };
        let running = match claimed.filter(|claimed| Some(*claimed) > ended) {
            Some(number) => self.read::<Claim>(&path(source, number, "claim")).await?,
            None => None,
        };
        let running = running.filter(|claim| claim.expires_at > now && !self.holder.knows_gone(&claim.holder));
        Ok(Standing { number: claimed.max(ended).unwrap_or(0), last, running })
    }

    /// Claims a number; false where another was quicker.
    ///
    /// # Errors
    /// [`Error::Storage`] where it cannot be written.
    pub async fn claim(&self, source: &str, number: u64, now: DateTime<Utc>, limit_minutes: u32) -> Result<bool> {
        let expires_at = now + TimeDelta::minutes(i64::from(limit_minutes) + GRACE_MINUTES);
        let claim = Claim { holder: self.holder.clone(), claimed_at: now, expires_at };
        self.storage.create_durable(&path(source, number, "claim"), encode(&claim)?).await
    }

    /// Says what came of a fetch, and forgets those of long ago.
    ///
    /// # Errors
    /// [`Error::Storage`] where it cannot be written.
    pub async fn end(&self, source: &str, number: u64, end: &End) -> Result<()> {
        self.storage.create_durable(&path(source, number, "end"), encode(end)?).await?;
        for name in self.storage.names_in(&format!("sources/{source}")).await? {
            let of = number_of(&name, "claim").or_else(|| number_of(&name, "end"));
            if of.is_some_and(|of| of + KEPT <= number) {
                self.storage.delete(&format!("sources/{source}/{name}")).await?;
            }
        }
        Ok(())
    }

    async fn read<T: DeserializeOwned>(&self, path: &str) -> Result<Option<T>> {
        let Some(content) = self.storage.get_optional(path).await? else { return Ok(None) };
        let read = serde_json::from_slice(&content);
        read.map(Some)
            .map_err(|error| Error::storage(format!("{path} of {} cannot be read: {error}", self.storage.url())))
    }
}

fn path(source: &str, number: u64, word: &str) -> String {
    format!("sources/{source}/{number:08}-{word}.json")
}

fn number_of(name: &str, word: &str) -> Option<u64> {
    name.strip_suffix(".json")?.strip_suffix(word)?.strip_suffix('-')?.parse().ok()
}

fn encode(value: &impl Serialize) -> Result<bytes::Bytes> {
    serde_json::to_vec(value).map(Into::into).map_err(Error::internal)
}
