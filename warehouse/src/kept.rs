//! What a stage keeps for its next run, to save it work that came to the same.
//!
//! A note says of itself what it was made from, by hashes. The next run uses
//! what is still true of it and does the rest anew: without a note it comes to
//! the same, only later. So a note is part of no state that is published, and
//! one that is lost, damaged or of another program does no harm.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::storage::Storage;
use crate::{Error, Result};

/// The folder of the notes.
const FOLDER: &str = "_kept";

/// Keeps a note under a name.
///
/// # Errors
/// [`Error::Storage`] where it cannot be written.
pub async fn put<T: Serialize>(storage: &Storage, stage: &str, name: &str, note: &T) -> Result<()> {
    let note = serde_json::to_vec(note).map_err(Error::internal)?;
    storage.put_durable(&path(stage, name), note.into()).await
}

/// The note of a name; none where there is none that can be read.
///
/// # Errors
/// [`Error::Storage`] where the store does not answer.
pub async fn get<T: DeserializeOwned>(storage: &Storage, stage: &str, name: &str) -> Result<Option<T>> {
    let note = storage.get_optional(&path(stage, name)).await?;
    Ok(note.and_then(|note| serde_json::from_slice(&note).ok()))
}

/// Clears a note away.
///
/// # Errors
/// [`Error::Storage`] where the store refuses.
pub async fn remove(storage: &Storage, stage: &str, name: &str) -> Result<()> {
    storage.delete(&path(stage, name)).await
}

fn path(stage: &str, name: &str) -> String {
    format!("{FOLDER}/{stage}/{name}.json")
}
