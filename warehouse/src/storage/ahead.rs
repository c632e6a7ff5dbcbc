//! Files that go to the disk while a run goes on.
//!
//! Before something is published, all its files must have reached the disk.
//! Begun only then, that would be a time in which nothing else is done.

use std::collections::HashMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use tokio::sync::Semaphore;
use tokio::task::JoinHandle;

use crate::{Error, Result};

/// Files that go to the disk at the same time.
const CONCURRENCY: usize = 2;

/// The files under way. What the disk answered is told to who asks for the
/// file, once: it would not say a second time that something was lost.
#[derive(Debug, Clone)]
pub(super) struct Ahead {
    under_way: Arc<Mutex<HashMap<PathBuf, JoinHandle<Result<()>>>>>,
    turns: Arc<Semaphore>,
}

impl Default for Ahead {
    fn default() -> Self {
        Self { under_way: Arc::default(), turns: Arc::new(Semaphore::new(CONCURRENCY)) }
    }
}

impl Ahead {
    /// Begins to bring a file that was written to the disk.
    pub fn begin(&self, file: PathBuf) {
        let (turns, path) = (Arc::clone(&self.turns), file.clone());
        let work = tokio::spawn(async move {
            let _turn = turns.acquire_owned().await.map_err(Error::internal)?;
            super::blocking(move || File::open(&path)?.sync_all()).await
        });
        if let Ok(mut under_way) = self.under_way.lock() {
            under_way.insert(file, work);
        }
    }

    /// Waits until a file is on the disk; false where it was never begun.
    ///
    /// # Errors
    /// [`Error::Storage`] where the disk refuses.
    pub async fn end(&self, file: &Path) -> Result<bool> {
        let work = self.under_way.lock().ok().and_then(|mut under_way| under_way.remove(file));
        match work {
            None => Ok(false),
            Some(work) => work.await.map_err(Error::internal)?.map(|()| true),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_the_disk_refuses_is_told_and_a_file_is_brought_there_once() {
        let folder = tempfile::tempdir().unwrap();
        let (there, missing) = (folder.path().join("there"), folder.path().join("missing"));
        std::fs::write(&there, "content").unwrap();
        let ahead = Ahead::default();
        ahead.begin(there.clone());
        ahead.begin(missing.clone());
        assert!(ahead.end(&there).await.unwrap());
        assert!(!ahead.end(&there).await.unwrap());
        assert!(matches!(ahead.end(&missing).await, Err(Error::Storage(_))));
    }
}
