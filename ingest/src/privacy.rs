//! Pseudonyms: the one thing of a person that passes the fence between the
//! landing area and the warehouse.

use std::collections::{BTreeMap, HashMap};

use hmac::{Hmac, KeyInit, Mac};
use peil_warehouse::table::hex;
use peil_warehouse::{Error, Result};
use sha2::Sha256;

/// The fewest bytes of a key.
const LEAST_BYTES: usize = 16;
/// Bytes of a pseudonym: the first 32 hexadecimal digits.
const PSEUDONYM_BYTES: usize = 16;
/// Signed with the key, it tells two keys apart without telling either.
const CHECK_TEXT: &str = "peil: is this the key that the warehouse was filled with?";

/// What the mark of an erased person is made over, before the pseudonym.
const ERASED_TEXT: &str = "peil: erased ";

/// The secret key under which pseudonyms are made, and what is kept of persons
/// that were erased. It is never shown, not even in debug output.
///
/// After a rotation there are several keys: a pseudonym of the first is signed
/// again with the second, and so on. So rows that were taken in before and
/// after it have the same pseudonym, and who holds an older key alone can make
/// none.
#[derive(Clone)]
pub struct PseudonymKey {
    keys: Vec<Hmac<Sha256>>,
    /// By the mark of a pseudonym, what stands in its place.
    erased: BTreeMap<String, String>,
}

impl std::fmt::Debug for PseudonymKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PseudonymKey(secret)")
    }
}

impl PseudonymKey {
    /// The key is the UTF-8 bytes of `text`.
    ///
    /// # Errors
    /// [`Error::Usage`] where it is shorter than 16 bytes.
    pub fn new(text: &str) -> Result<Self> {
        Self::rotated(text, 0)
    }

    /// The key after so many rotations: then `text` holds that many keys and
    /// one, a line each, the oldest first.
    ///
    /// # Errors
    /// [`Error::Usage`] where it holds another number of keys, or one is
    /// shorter than 16 bytes.
    pub fn rotated(text: &str, rotations: u32) -> Result<Self> {
        let texts: Vec<&str> = if rotations == 0 { vec![text] } else { text.lines().collect() };
        let wanted = rotations as usize + 1;
        if texts.len() != wanted {
            return Err(Error::usage(format!(
                "the pseudonym key was rotated {rotations} times, so {wanted} keys make a pseudonym, and {} are given\nhint: give them all, a line each, the oldest first",
                texts.len()
            )));
        }
        let key = |text: &&str| {
            if text.len() < LEAST_BYTES {
                return Err(Error::usage(format!(
                    "the pseudonym key has {} bytes: give at least {LEAST_BYTES}",
                    text.len()
                )));
            }
            Hmac::new_from_slice(text.as_bytes()).map_err(Error::internal)
        };
        Ok(Self { keys: texts.iter().map(key).collect::<Result<_>>()?, erased: BTreeMap::new() })
    }

    /// The same key, with the persons that were erased under it.
    #[must_use]
    pub fn with_erased(mut self, erased: &BTreeMap<String, String>) -> Self {
        self.erased.clone_from(erased);
        self
    }

    /// The pseudonym of a value: HMAC-SHA-256 of the trimmed value, in
    /// hexadecimal, first 32 digits. Of a person that was erased it is what
    /// stands in its place.
    ///
    /// ```
    /// use peil_ingest::privacy::PseudonymKey;
    /// let key = PseudonymKey::new("sixteen bytes ok").unwrap();
    /// assert_eq!(key.pseudonym(" a "), key.pseudonym("a"));
    /// assert_eq!(key.pseudonym("a").len(), 32);
    /// ```
    pub fn pseudonym(&self, value: &str) -> String {
        let mut pseudonym = value.trim().to_owned();
        for number in 0..self.keys.len() {
            pseudonym = self.signed(number, &pseudonym);
            if !self.erased.is_empty()
                && let Some(instead) = self.erased.get(&self.mark_after(number, &pseudonym))
            {
                pseudonym.clone_from(instead);
            }
        }
        pseudonym
    }

    /// What a pseudonym becomes by the last of the keys: for a rotation.
    pub fn rotate(&self, pseudonym: &str) -> String {
        self.signed(self.keys.len() - 1, pseudonym)
    }

    /// The mark by which a pseudonym is known that must not come back. Only
    /// who holds the key can make it.
    pub fn mark(&self, pseudonym: &str) -> String {
        self.mark_after(self.keys.len() - 1, pseudonym)
    }

    fn mark_after(&self, number: usize, pseudonym: &str) -> String {
        format!("{number}:{}", self.signed(number, &format!("{ERASED_TEXT}{pseudonym}")))
    }

    fn signed(&self, number: usize, value: &str) -> String {
        let mut mac = self.keys[number].clone();
        mac.update(value.as_bytes());
        hex(&mac.finalize().into_bytes()[..PSEUDONYM_BYTES])
    }

    /// Tells whether two keys are the same, without telling the key.
    pub fn check(&self) -> String {
        (0..self.keys.len()).fold(CHECK_TEXT.to_owned(), |text, number| self.signed(number, &text))
    }
}

/// The pseudonyms made so far of a run of values, by value: the same few
/// people act again and again.
#[derive(Debug)]
pub struct Pseudonyms<'a> {
    key: &'a PseudonymKey,
    made: HashMap<String, String>,
}

impl<'a> Pseudonyms<'a> {
    /// None made yet.
    pub fn new(key: &'a PseudonymKey) -> Self {
        Self { key, made: HashMap::new() }
    }

    /// The pseudonym of a trimmed value.
    pub fn of(&mut self, value: &str) -> &str {
        if !self.made.contains_key(value) {
            self.made.insert(value.to_owned(), self.key.pseudonym(value));
        }
        &self.made[value]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pseudonym_is_the_published_function() {
        // printf %s 'jan' | openssl dgst -sha256 -hmac '0123456789abcdef'
        let key = PseudonymKey::new("0123456789abcdef").unwrap();
        assert_eq!(key.pseudonym("jan"), "5ca28e8a4d478b365e12ea2cc455f42f");
        assert_eq!(key.pseudonym("\u{a0} jan\t"), key.pseudonym("jan"));
        assert_eq!(Pseudonyms::new(&key).of("jan"), key.pseudonym("jan"));
    }

    #[test]
    fn after_a_rotation_old_rows_and_new_have_one_pseudonym() {
        let old = PseudonymKey::new("0123456789abcdef").unwrap();
        let new = PseudonymKey::rotated("0123456789abcdef\nfedcba9876543210", 1).unwrap();
        assert_eq!(new.rotate(&old.pseudonym("jan")), new.pseudonym(" jan "));
        assert_ne!(old.pseudonym("jan"), new.pseudonym("jan"));
        assert_ne!(old.check(), new.check());
        assert!(PseudonymKey::rotated("0123456789abcdef", 1).is_err());
        assert!(PseudonymKey::rotated("0123456789abcdef\nshort", 1).is_err());
    }

    #[test]
    fn an_erased_person_stays_erased_also_after_a_rotation() {
        let key = PseudonymKey::new("0123456789abcdef").unwrap();
        let instead = "f".repeat(32);
        let erased = BTreeMap::from([(key.mark(&key.pseudonym("jan")), instead.clone())]);
        let key = key.with_erased(&erased);
        assert_eq!((key.pseudonym("jan"), key.pseudonym("piet").len()), (instead.clone(), 32));
        let rotated = PseudonymKey::rotated("0123456789abcdef\nfedcba9876543210", 1).unwrap().with_erased(&erased);
        assert_eq!(rotated.pseudonym("jan"), rotated.rotate(&instead));
        let other = PseudonymKey::new("0123456789abcdeg").unwrap().with_erased(&erased);
        assert_ne!(other.pseudonym("jan"), instead);
    }

    #[test]
    fn a_short_key_is_refused_and_a_key_is_never_shown() {
        assert!(PseudonymKey::new("0123456789abcde").is_err());
        assert!(PseudonymKey::new("éééééééé").is_ok());
        let key = PseudonymKey::new("0123456789abcdef").unwrap();
        assert_eq!(format!("{key:?}"), "PseudonymKey(secret)");
        assert_ne!(key.check(), PseudonymKey::new("0123456789abcdeg").unwrap().check());
    }
}
