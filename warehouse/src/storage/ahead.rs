//! Files that go to the disk while a run goes on.
//!
//! Before something is published, all its files must have reached the disk.
//! Begun only then, that would be a time in which nothing else is done.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use tokio::sync::Semaphore;
use tokio::task::JoinHandle;

use crate::{Error, Result};

/// Files that go to the disk at the same time.
const CONCURRENCY: usize = 2;
/// How many more do while somebody waits for them.
const MORE_WHILE_WAITED_FOR: usize = 14;

/// The files under way.
#[derive(Debug, Clone)]
pub(super) struct Ahead {
    under_way: Arc<Mutex<HashMap<PathBuf, File>>>,
    turns: Arc<Semaphore>,
}

/// A file under way, or one that the disk refused: it would not say a second
/// time that something was lost, so that is kept for whoever asks again.
#[derive(Debug)]
enum File {
    UnderWay(JoinHandle<Result<()>>),
    Refused(String),
}

/// More files go to the disk at the same time while this is kept.
#[derive(Debug)]
pub(super) struct Hurry(Arc<Semaphore>);

impl Drop for Hurry {
    fn drop(&mut self) {
        self.0.forget_permits(MORE_WHILE_WAITED_FOR);
    }
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
            super::blocking(move || std::fs::File::open(&path)?.sync_all()).await
        });
        if let Ok(mut under_way) = self.under_way.lock() {
            under_way.insert(file, File::UnderWay(work));
        }
    }

    /// Lets more files go at the same time, for who has nothing else to do
    /// than to wait for them.
    pub fn hurry(&self) -> Hurry {
        self.turns.add_permits(MORE_WHILE_WAITED_FOR);
        Hurry(Arc::clone(&self.turns))
    }

    /// Waits until a file is on the disk; false where it was never begun.
    ///
    /// # Errors
    /// [`Error::Storage`] where the disk refuses.
    pub async fn end(&self, path: &Path) -> Result<bool> {
        let file = self.under_way.lock().ok().and_then(|mut under_way| under_way.remove(path));
        let told = match file {
            None => return Ok(false),
            Some(File::UnderWay(work)) => match work.await.map_err(Error::internal)? {
                Ok(()) => return Ok(true),
                Err(error) => error.to_string(),
            },
            Some(File::Refused(told)) => told,
        };
        if let Ok(mut under_way) = self.under_way.lock() {
            under_way.insert(path.to_owned(), File::Refused(told.clone()));
        }
        Err(Error::Storage(told))
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
        for _ in 0..2 {
            assert!(matches!(ahead.end(&missing).await, Err(Error::Storage(_))), "told to whoever asks");
        }
        std::fs::write(&missing, "written again").unwrap();
        ahead.begin(missing.clone());
        assert!(ahead.end(&missing).await.unwrap());
    }

    #[tokio::test]
    async fn after_a_hurry_there_are_as_many_turns_as_before() {
        let ahead = Ahead::default();
        let hurry = ahead.hurry();
        assert_eq!(ahead.turns.available_permits(), CONCURRENCY + MORE_WHILE_WAITED_FOR);
        drop(hurry);
        assert_eq!(ahead.turns.available_permits(), CONCURRENCY);
    }
}
