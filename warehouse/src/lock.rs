//! One run at a time writes to a warehouse.

use std::fs::File;
use std::io::{Read, Seek, Write};

use crate::progress::Progress;
use crate::storage::Storage;
use crate::{Error, Result, clock};

const LOCK: &str = "_lock";

/// Held by the run that writes. On a folder it is freed when the process ends,
/// however it ends.
#[derive(Debug)]
pub struct RunLock {
    /// Held open: the lock lives as long as the file handle.
    _file: Option<File>,
    /// The lease in an object store, which has to be given back.
    lease: Option<Storage>,
}

impl RunLock {
    /// Takes the lock. Where another run holds it: on a folder, says so and
    /// waits; in an object store, refuses.
    ///
    /// # Errors
    /// [`Error::Storage`] where the lock cannot be taken.
    pub async fn acquire(storage: &Storage, progress: &dyn Progress) -> Result<Self> {
        let holder = format!("process {} since {}", std::process::id(), clock::now().format("%Y-%m-%dT%H:%M:%SZ"));
        let Some(path) = storage.local_path(LOCK) else {
            return Self::lease(storage, holder).await;
        };
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

    async fn lease(storage: &Storage, holder: String) -> Result<Self> {
        if storage.create_durable(LOCK, holder.into()).await? {
            return Ok(Self { _file: None, lease: Some(storage.clone()) });
        }
        let other = storage.get_optional(LOCK).await?.unwrap_or_default();
        Err(Error::storage(format!(
            "another run is at work in {url} ({other}): wait for it to end; if it was killed, delete {url}/{LOCK}",
            url = storage.url(),
            other = String::from_utf8_lossy(&other)
        )))
    }

    /// Gives the lock back.
    ///
    /// # Errors
    /// [`Error::Storage`] where the lease cannot be removed.
    pub async fn release(self) -> Result<()> {
        match &self.lease {
            Some(storage) => storage.delete(LOCK).await,
            None => Ok(()),
        }
    }
}
