//! One run at a time writes to a warehouse.

use std::fs::File;
use std::io::{Read, Seek, Write};

use crate::lease::Lease;
use crate::progress::Progress;
use crate::storage::Storage;
use crate::{Error, Result, clock};

const LOCK: &str = "_lock";

/// Held by the run that writes. On a folder it is freed when the process ends,
/// however it ends; in an object store it is a lease, which is free some
/// seconds after its holder shows no life.
#[derive(Debug)]
pub struct RunLock {
    /// Held open: the lock lives as long as the file handle.
    _file: Option<File>,
    lease: Option<Lease>,
}

impl RunLock {
    /// Takes the lock. Where another run holds it, says so and waits.
    ///
    /// # Errors
    /// [`Error::Storage`] where the lock cannot be taken.
    pub async fn acquire(storage: &Storage, progress: &dyn Progress) -> Result<Self> {
        let Some(path) = storage.local_path(LOCK) else {
            return Ok(Self { _file: None, lease: Some(Lease::take(storage, LOCK, progress).await?) });
        };
        let holder = format!("process {} since {}", std::process::id(), clock::now().format("%Y-%m-%dT%H:%M:%SZ"));
        let mut file = File::options().read(true).write(true).create(true).truncate(false).open(path)?;
        if file.try_lock().is_err() {
            let mut other = String::new();
            file.read_to_string(&mut other)?;
            progress.note(&format!(
                "another run is at work in {} ({}): waiting for it to end",
                storage.url(),
                other.trim()
            ));
            file = tokio::task::spawn_blocking(move || file.lock().map(|()| file)).await.map_err(Error::internal)??;
        }
        file.set_len(0)?;
        file.rewind()?;
        file.write_all(holder.as_bytes())?;
        Ok(Self { _file: Some(file), lease: None })
    }

    /// Whether another may hold it by now: this process was stopped, or cut
    /// off from the store, for longer than the lease lasts.
    pub fn is_lost(&self) -> bool {
        self.lease.as_ref().is_some_and(Lease::is_lost)
    }

    /// Gives the lock back.
    ///
    /// # Errors
    /// [`Error::Storage`] where the lease cannot be given back.
    pub async fn release(self) -> Result<()> {
        match self.lease {
            Some(lease) => lease.give_back().await,
            None => Ok(()),
        }
    }
}
