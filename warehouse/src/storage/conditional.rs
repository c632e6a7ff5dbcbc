//! Writes that count only where an object is still as it was read.
//!
//! On an object store this is what keeps two machines from writing over each
//! other: the store itself compares, in one step with the write.

use bytes::Bytes;
use object_store::{ObjectStoreExt, PutMode, PutOptions, UpdateVersion};

use super::{Storage, rehearse_power_cut};
use crate::Result;

/// Attempts at a write that met another which then failed.
const ATTEMPTS: usize = 5;

/// Which content of an object was read or written.
#[derive(Debug, Clone)]
pub struct Version(UpdateVersion);

impl PartialEq for Version {
    /// Where a store counts versions, these tell; elsewhere the tag does.
    fn eq(&self, other: &Self) -> bool {
        match (&self.0.version, &other.0.version) {
            (Some(left), Some(right)) => left == right,
            _ => self.0.e_tag == other.0.e_tag,
        }
    }
}

impl Eq for Version {}

impl Storage {
    /// The object and its version, or none where it is not there.
    ///
    /// # Errors
    /// [`crate::Error::Storage`] where it cannot be read.
    pub async fn get_versioned(&self, path: &str) -> Result<Option<(Bytes, Version)>> {
        match self.store.get(&self.object_path(path)).await {
            Ok(found) => {
                let version = UpdateVersion { e_tag: found.meta.e_tag.clone(), version: found.meta.version.clone() };
                Ok(Some((found.bytes().await?, Version(version))))
            }
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// The version of an object, or none where it is not there.
    ///
    /// # Errors
    /// [`crate::Error::Storage`] where the store does not answer.
    pub async fn version(&self, path: &str) -> Result<Option<Version>> {
        match self.store.head(&self.object_path(path)).await {
            Ok(meta) => Ok(Some(Version(UpdateVersion { e_tag: meta.e_tag, version: meta.version }))),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Writes an object of an object store where it still is of the version
    /// that was seen (none: not there). Gives its new version, or none where
    /// another was quicker. The content must be one that nobody else writes.
    ///
    /// # Errors
    /// [`crate::Error::Storage`] where it cannot be written.
    pub async fn replace(&self, path: &str, content: Bytes, seen: Option<&Version>) -> Result<Option<Version>> {
        rehearse_power_cut(path);
        let location = self.object_path(path);
        let mode = seen.map_or(PutMode::Create, |version| PutMode::Update(version.0.clone()));
        for _ in 0..ATTEMPTS {
            let options = PutOptions { mode: mode.clone(), ..PutOptions::default() };
            match self.store.put_opts(&location, content.clone().into(), options).await {
                Ok(put) => return Ok(Some(Version(put.into()))),
                Err(
                    object_store::Error::AlreadyExists { .. }
                    | object_store::Error::Precondition { .. }
                    | object_store::Error::NotFound { .. },
                ) => {}
                Err(error) => return Err(error.into()),
            }
            // An answer may be lost, and the request made again meet its own
            // first try; or meet another write, which then came to nothing.
            let now = self.get_versioned(path).await?;
            match now {
                Some((found, version)) if found == content => return Ok(Some(version)),
                now if now.as_ref().map(|(_, version)| version) == seen => {}
                _ => return Ok(None),
            }
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn of_two_that_saw_the_same_one_writes() {
        let storage = Storage::open("memory:///").unwrap();
        let first = storage.replace("x", "1".into(), None).await.unwrap().unwrap();
        assert_eq!(storage.replace("x", "2".into(), None).await.unwrap(), None);
        // Its own content is taken for a lost answer.
        assert!(storage.replace("x", "1".into(), None).await.unwrap().is_some());
        let second = storage.replace("x", "3".into(), Some(&first)).await.unwrap().unwrap();
        assert_eq!(storage.replace("x", "4".into(), Some(&first)).await.unwrap(), None);
        assert_eq!(storage.version("x").await.unwrap(), Some(second));
        assert_eq!(storage.get("x").await.unwrap(), "3");
    }
}
