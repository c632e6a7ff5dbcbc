//! Pseudonyms: the one thing of a person that passes the fence between the
//! landing area and the warehouse.

use std::collections::HashMap;

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

/// The secret key under which pseudonyms are made. It is never shown, not
/// even in debug output.
#[derive(Clone)]
pub struct PseudonymKey(Hmac<Sha256>);

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
        if text.len() < LEAST_BYTES {
            return Err(Error::usage(format!(
                "the pseudonym key has {} bytes: give at least {LEAST_BYTES}",
                text.len()
            )));
        }
        Hmac::new_from_slice(text.as_bytes()).map(Self).map_err(Error::internal)
    }

    /// The pseudonym of a value: HMAC-SHA-256 of the trimmed value, in
    /// hexadecimal, first 32 digits.
    ///
    /// ```
    /// use peil_ingest::privacy::PseudonymKey;
    /// let key = PseudonymKey::new("sixteen bytes ok").unwrap();
    /// assert_eq!(key.pseudonym(" a "), key.pseudonym("a"));
    /// assert_eq!(key.pseudonym("a").len(), 32);
    /// ```
    pub fn pseudonym(&self, value: &str) -> String {
        let mut mac = self.0.clone();
        mac.update(value.trim().as_bytes());
        hex(&mac.finalize().into_bytes()[..PSEUDONYM_BYTES])
    }

    /// Tells whether two keys are the same, without telling the key.
    pub fn check(&self) -> String {
        self.pseudonym(CHECK_TEXT)
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
    fn a_short_key_is_refused_and_a_key_is_never_shown() {
        assert!(PseudonymKey::new("0123456789abcde").is_err());
        assert!(PseudonymKey::new("éééééééé").is_ok());
        let key = PseudonymKey::new("0123456789abcdef").unwrap();
        assert_eq!(format!("{key:?}"), "PseudonymKey(secret)");
        assert_ne!(key.check(), PseudonymKey::new("0123456789abcdeg").unwrap().check());
    }
}
