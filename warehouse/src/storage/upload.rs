//! An object that is written piece by piece, with little memory, and is seen
//! whole or not at all.

use bytes::Bytes;
use object_store::{ObjectStoreExt, WriteMultipart};

use super::{Storage, rehearse_power_cut};
use crate::{Error, Result};

/// Up to so many bytes are kept and written in one step.
const SMALL: usize = 8 << 20;
/// Pieces that are under way at once.
const PIECES: usize = 2;

/// An object being written. Dropped before [`Upload::finish`], nothing of it
/// is seen.
pub struct Upload {
    storage: Storage,
    path: String,
    kept: Vec<u8>,
    pieces: Option<WriteMultipart>,
}

impl Storage {
    /// Begins to write an object.
    pub fn upload(&self, path: &str) -> Upload {
        Upload { storage: self.clone(), path: path.to_owned(), kept: Vec::new(), pieces: None }
    }
}

impl Upload {
    /// Adds bytes.
    ///
    /// # Errors
    /// [`Error::Storage`] where they cannot be written.
    pub async fn write(&mut self, bytes: &[u8]) -> Result<()> {
        if let Some(pieces) = &mut self.pieces {
            pieces.wait_for_capacity(PIECES).await?;
            pieces.write(bytes);
            return Ok(());
        }
        self.kept.extend_from_slice(bytes);
        if self.kept.len() > SMALL {
            let upload = self.storage.store.put_multipart(&self.storage.object_path(&self.path)).await?;
            let mut pieces = WriteMultipart::new_with_chunk_size(upload, SMALL);
            pieces.put(Bytes::from(std::mem::take(&mut self.kept)));
            self.pieces = Some(pieces);
        }
        Ok(())
    }

    /// Makes the object: durable when this returns.
    ///
    /// # Errors
    /// [`Error::Storage`] where it cannot be written; then it is not there.
    pub async fn finish(self) -> Result<()> {
        match self.pieces {
            None => self.storage.put_durable(&self.path, self.kept.into()).await,
            Some(pieces) => {
                rehearse_power_cut(&self.path);
                pieces.finish().await?;
                self.storage.sync(&[self.path]).await
            }
        }
    }

    /// Gives it up.
    ///
    /// # Errors
    /// [`Error::Storage`] where the store does not take back the pieces.
    pub async fn abort(self) -> Result<()> {
        match self.pieces {
            None => Ok(()),
            Some(pieces) => pieces.abort().await.map_err(Error::from),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn small_or_large_an_upload_is_there_when_it_is_finished() {
        let folder = tempfile::tempdir().unwrap();
        let storage = Storage::open(folder.path().to_str().unwrap()).unwrap();
        for (size, name) in [(10, "small"), (3 * SMALL + 5, "large")] {
            let content: Vec<u8> = (0..size).map(|at| (at % 251) as u8).collect();
            let mut upload = storage.upload(&format!("a/{name}"));
            for piece in content.chunks(1 << 20) {
                upload.write(piece).await.unwrap();
            }
            assert!(!storage.exists(&format!("a/{name}")).await.unwrap());
            upload.finish().await.unwrap();
            assert!(storage.get(&format!("a/{name}")).await.unwrap() == content, "{name}");
        }
        let mut given_up = storage.upload("a/none");
        given_up.write(&vec![1; 2 * SMALL]).await.unwrap();
        given_up.abort().await.unwrap();
        assert_eq!(storage.list("a").await.unwrap().len(), 2);
    }
}
