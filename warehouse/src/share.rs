//! Work that several machines share.
//!
//! A machine does its share of what the next run would do, writes the files,
//! and notes what came of each piece under a hash of what it was made from.
//! The run takes over what it finds and does the rest itself: what it
//! publishes is the same, whoever did the work, and also where a machine that
//! was to share in it was lost.

use std::collections::BTreeSet;
use std::str::FromStr;

use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

use crate::storage::Storage;
use crate::table::DataFile;
use crate::{Error, Result};

/// The folder of the notes.
const FOLDER: &str = "_share";

/// One of several shares of the work, as `2/3`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Share {
    number: u32,
    of: u32,
}

impl Share {
    /// Whether a piece of work belongs to it: every piece to one of all.
    ///
    /// ```
    /// use peil_warehouse::share::Share;
    /// let shares: Vec<Share> = ["1/2", "2/2"].iter().map(|text| text.parse().unwrap()).collect();
    /// assert_eq!(shares.iter().filter(|share| share.takes("a piece")).count(), 1);
    /// ```
    pub fn takes(self, piece: &str) -> bool {
        let hash = Sha256::digest(piece.as_bytes());
        let number = u64::from_be_bytes([hash[0], hash[1], hash[2], hash[3], hash[4], hash[5], hash[6], hash[7]]);
        number % u64::from(self.of) == u64::from(self.number - 1)
    }
}

impl FromStr for Share {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let numbers = text.split_once('/').and_then(|(number, of)| Some((number.parse().ok()?, of.parse().ok()?)));
        match numbers {
            Some((number, of)) if (1..=of).contains(&number) => Ok(Self { number, of }),
            _ => Err(format!("`{text}` is no share: write 1/3, 2/3 or 3/3 for each of three machines")),
        }
    }
}

impl std::fmt::Display for Share {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.number, self.of)
    }
}

/// The pieces of a stage of which there is a note.
///
/// # Errors
/// [`Error::Storage`] where the store does not answer.
pub async fn pieces(storage: &Storage, stage: &str) -> Result<BTreeSet<String>> {
    let names = storage.names_in(&format!("{FOLDER}/{stage}")).await?;
    Ok(names.iter().filter_map(|name| name.strip_suffix(".json")).map(str::to_owned).collect())
}

/// Notes what came of a piece of work, after its files have reached the disk.
///
/// # Errors
/// [`Error::Storage`] where it cannot be written.
pub async fn put<T: Serialize>(storage: &Storage, stage: &str, piece: &str, made: &T, files: &[String]) -> Result<()> {
    storage.sync(files).await?;
    let note = serde_json::to_vec(made).map_err(Error::internal)?;
    storage.put_durable(&path(stage, piece), note.into()).await
}

/// What came of a piece of work; none where the note is of another program,
/// or is gone.
///
/// # Errors
/// [`Error::Storage`] where the store does not answer.
pub async fn get<T: DeserializeOwned>(storage: &Storage, stage: &str, piece: &str) -> Result<Option<T>> {
    let note = storage.get_optional(&path(stage, piece)).await?;
    Ok(note.and_then(|note| serde_json::from_slice(&note).ok()))
}

/// Whether all files of a piece are still there.
///
/// # Errors
/// [`Error::Storage`] where the store does not answer.
pub async fn are_there(storage: &Storage, table: &str, files: &[DataFile]) -> Result<bool> {
    for file in files {
        if !storage.exists(&format!("{table}/{}", file.stored_at().path)).await? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Clears the notes of a stage, once what they tell of is published.
///
/// # Errors
/// [`Error::Storage`] where the store refuses.
pub async fn clear(storage: &Storage, stage: &str, pieces: &BTreeSet<String>) -> Result<()> {
    for piece in pieces {
        storage.delete(&path(stage, piece)).await?;
    }
    Ok(())
}

fn path(stage: &str, piece: &str) -> String {
    format!("{FOLDER}/{stage}/{piece}.json")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_one_of_several() {
        for wrong in ["", "1", "0/2", "3/2", "a/b", "1/0"] {
            assert!(wrong.parse::<Share>().unwrap_err().contains("1/3"), "{wrong}");
        }
        let shares: Vec<Share> = (1..=3).map(|number| format!("{number}/3").parse().unwrap()).collect();
        for piece in 0..100 {
            assert_eq!(shares.iter().filter(|share| share.takes(&piece.to_string())).count(), 1);
        }
        assert!(shares.iter().all(|share| (0..100).any(|piece| share.takes(&piece.to_string()))));
    }
}
