//! The lock of a warehouse on an object store, where no system frees it when
//! its holder dies.
//!
//! The holder writes a new beat every few seconds. Who waits looks at the
//! object, not at a clock of another machine: where it has not changed for
//! 30 seconds by the waiting machine's own watch, the holder is taken
//! for dead and the lease for free. Every write is made only over what was
//! read, so that one of several takes it. A holder that comes back to life
//! finds that its beat is refused, and the pointer of the warehouse, which is
//! written likewise, is refused to it too: see [`crate::publish`].

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::clock::{self, Stopwatch};
use crate::progress::Progress;
use crate::storage::{Storage, Version};
use crate::{Error, Result};

/// Seconds without a sign of life after which a holder is taken for dead.
const LEASE_SECONDS: u32 = 30;
/// Beats in that time: several may be late.
const BEATS: u32 = 6;
/// The variable that shortens a lease for rehearsals. Only builds for
/// development know it.
pub const LEASE_VARIABLE: &str = "PEIL_LEASE_SECONDS";
/// Seconds between two looks at a lease that another holds.
const LOOK_SECONDS: u64 = 1;

/// What stands in the object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Sheet {
    /// Who holds it; nobody where it is free.
    holder: Option<String>,
    /// How often it was taken.
    turn: u64,
    /// Signs of life of this turn.
    beat: u64,
}

impl Sheet {
    fn bytes(&self) -> Result<Bytes> {
        serde_json::to_vec(self).map(Into::into).map_err(Error::internal)
    }
}

/// A lease that is held.
#[derive(Debug)]
pub(crate) struct Lease {
    beating: Option<JoinHandle<Result<()>>>,
    stop: Option<oneshot::Sender<()>>,
    lost: Arc<AtomicBool>,
}

impl Lease {
    /// Takes the lease of `path`; where another holds it, waits until it is
    /// given back or shows no life.
    ///
    /// # Errors
    /// [`Error::Storage`] where the store does not answer.
    pub async fn take(storage: &Storage, path: &str, progress: &dyn Progress) -> Result<Self> {
        let me = this_holder();
        let lease_seconds = lease_seconds();
        let mut watched: Option<(Version, Stopwatch)> = None;
        loop {
            let found = storage.get_versioned(path).await?;
            let (sheet, version) = match &found {
                None => (None, None),
                // What is no sheet was written by an older program.
                Some((content, version)) => (serde_json::from_slice::<Sheet>(content).ok(), Some(version)),
            };
            let free = found.is_none() || sheet.as_ref().is_some_and(|sheet| sheet.holder.is_none());
            let quiet = watched
                .as_ref()
                .filter(|(seen, _)| Some(seen) == version)
                .is_some_and(|(_, watch)| watch.seconds() >= f64::from(lease_seconds));
            if free || quiet {
                let turn = sheet.map_or(1, |sheet| sheet.turn + 1);
                let mine = Sheet { holder: Some(me.clone()), turn, beat: 0 };
                if let Some(version) = storage.replace(path, mine.bytes()?, version).await? {
                    if quiet {
                        progress.note("the other run shows no life: this one takes over");
                    }
                    return Ok(Self::beat(storage, path, mine, version));
                }
                continue;
            }
            if watched.is_none() {
                let other = sheet.and_then(|sheet| sheet.holder).unwrap_or_else(|| "an older program".to_owned());
                progress.note(&format!(
                    "another run is at work in {} ({other}): waiting for it to end, or for {lease_seconds} seconds without a sign of life",
                    storage.url()
                ));
            }
            if watched.as_ref().map(|(seen, _)| seen) != version {
                watched = version.cloned().map(|version| (version, Stopwatch::start()));
            }
            tokio::time::sleep(Duration::from_secs(LOOK_SECONDS)).await;
        }
    }

    fn beat(storage: &Storage, path: &str, mut sheet: Sheet, mut version: Version) -> Self {
        let (stop, mut stopped) = oneshot::channel();
        let lost = Arc::new(AtomicBool::new(false));
        let (storage, path, told) = (storage.clone(), path.to_owned(), Arc::clone(&lost));
        let beating = tokio::spawn(async move {
            let mut since = Stopwatch::start();
            let lease = f64::from(lease_seconds());
            loop {
                let ended = tokio::select! {
                    _ = &mut stopped => true,
                    () = tokio::time::sleep(Duration::from_secs_f64(lease / f64::from(BEATS))) => false,
                };
                sheet.beat += 1;
                if ended {
                    sheet.holder = None;
                }
                match storage.replace(&path, sheet.bytes()?, Some(&version)).await {
                    Ok(Some(next)) => (version, since) = (next, Stopwatch::start()),
                    Ok(None) => told.store(true, Ordering::SeqCst),
                    Err(error) if ended => return Err(error),
                    // It may still come through, until others may take over.
                    Err(_) if since.seconds() < lease => {}
                    Err(_) => told.store(true, Ordering::SeqCst),
                }
                if ended || told.load(Ordering::SeqCst) {
                    return Ok(());
                }
            }
        });
        Self { beating: Some(beating), stop: Some(stop), lost }
    }

    /// Whether another may hold it by now.
    pub fn is_lost(&self) -> bool {
        self.lost.load(Ordering::SeqCst)
    }

    /// Gives it back.
    ///
    /// # Errors
    /// [`Error::Storage`] where the store does not answer; then it is free
    /// some seconds later.
    pub async fn give_back(mut self) -> Result<()> {
        if let Some(stop) = self.stop.take() {
            // Where it is lost, nobody listens any more.
            let _ = stop.send(());
        }
        match self.beating.take() {
            Some(beating) => beating.await.map_err(Error::internal)?,
            None => Ok(()),
        }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if let Some(beating) = self.beating.take() {
            beating.abort();
        }
    }
}

fn lease_seconds() -> u32 {
    let rehearsed = std::env::var(LEASE_VARIABLE).ok().filter(|_| cfg!(debug_assertions));
    rehearsed.and_then(|text| text.parse().ok()).unwrap_or(LEASE_SECONDS)
}

/// This process, by a name that no other has.
fn this_holder() -> String {
    let read = |path: &str| std::fs::read_to_string(path).map(|text| text.trim().to_owned()).unwrap_or_default();
    format!(
        "process {} on {} since {}, {}",
        std::process::id(),
        read("/proc/sys/kernel/hostname"),
        clock::now().format("%Y-%m-%dT%H:%M:%SZ"),
        read("/proc/sys/kernel/random/uuid").chars().take(8).collect::<String>()
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::progress::Silent;

    const PATH: &str = "_lock";

    #[tokio::test]
    async fn one_at_a_time_holds_it() {
        let storage = Storage::open("memory:///").unwrap();
        let inside = Arc::new(AtomicBool::new(false));
        let mut tasks = Vec::new();
        for _ in 0..3 {
            let (storage, inside) = (storage.clone(), Arc::clone(&inside));
            tasks.push(tokio::spawn(async move {
                let lease = Lease::take(&storage, PATH, &Silent).await.unwrap();
                assert!(!inside.swap(true, Ordering::SeqCst), "two are inside");
                tokio::time::sleep(Duration::from_millis(50)).await;
                assert!(!lease.is_lost());
                inside.store(false, Ordering::SeqCst);
                lease.give_back().await.unwrap();
            }));
        }
        for task in tasks {
            task.await.unwrap();
        }
    }

    #[tokio::test]
    async fn a_holder_whose_lease_is_taken_knows_it() {
        let storage = Storage::open("memory:///").unwrap();
        let lease = Lease::take(&storage, PATH, &Silent).await.unwrap();
        let (_, version) = storage.get_versioned(PATH).await.unwrap().unwrap();
        let other = Sheet { holder: Some("other".to_owned()), turn: 2, beat: 0 };
        storage.replace(PATH, other.bytes().unwrap(), Some(&version)).await.unwrap().unwrap();
        let lost = Arc::clone(&lease.lost);
        // Giving back must leave the other's alone.
        lease.give_back().await.unwrap();
        assert!(lost.load(Ordering::SeqCst));
        assert_eq!(storage.get(PATH).await.unwrap(), other.bytes().unwrap());
    }
}
