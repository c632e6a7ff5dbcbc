//! A text seen through a window that moves over it.
//!
//! The text is UTF-8 as far as one can tell: what is in another encoding is
//! recoded here, what claims to be UTF-8 is proved where a stretch of it
//! becomes rows. All that readers look for (line feeds, quotes, brackets) is
//! ASCII, so they may look before.

use std::io::Read;

use encoding_rs::{Decoder, WINDOWS_1252};
use peil_warehouse::contract::Encoding;

use super::open::failed;
use super::{ReadResult, Unreadable};

/// Bytes of a stretch that becomes a block: it and what is made of it stay in
/// the cache of a core.
pub const STRETCH: usize = 1 << 20;
/// Bytes of the longest row that is still taken for one.
const LONGEST_ROW: usize = 256 << 20;
/// Bytes that are recoded at once.
const RECODED: usize = 256 << 10;
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// The window.
pub struct Window {
    bytes: Box<dyn Read + Send>,
    recoding: Option<Recoding>,
    text: Vec<u8>,
    at_start: bool,
    at_end: bool,
    line: u64,
}

/// From Windows-1252 to UTF-8.
struct Recoding {
    decoder: Decoder,
    /// Whether the bytes so far would be UTF-8 too, and not ASCII only: then
    /// they are UTF-8 rather than the declared encoding.
    is_utf8: bool,
    beyond_ascii: bool,
    /// The start of a UTF-8 sequence that the last bytes may have begun.
    pending: Vec<u8>,
}

impl Window {
    /// A window at the start of a text.
    pub fn new(bytes: Box<dyn Read + Send>, encoding: Encoding) -> Self {
        let recoding = (encoding == Encoding::Windows1252).then(|| Recoding {
            decoder: WINDOWS_1252.new_decoder_without_bom_handling(),
            is_utf8: true,
            beyond_ascii: false,
            pending: Vec::new(),
        });
        Self { bytes, recoding, text: Vec::new(), at_start: true, at_end: false, line: 1 }
    }

    /// What the window shows.
    pub fn text(&self) -> &[u8] {
        &self.text
    }

    /// Whether the text ends with what the window shows.
    pub fn at_end(&self) -> bool {
        self.at_end
    }

    /// The line on which the window begins, from 1.
    pub fn line(&self) -> u64 {
        self.line
    }

    /// Widens the window until it shows a stretch, or to the end.
    ///
    /// # Errors
    /// [`Unreadable`] where the text cannot be read.
    pub fn fill(&mut self) -> ReadResult<()> {
        self.widen(STRETCH)
    }

    /// Widens the window because a row does not fit in it.
    ///
    /// # Errors
    /// [`Unreadable`] where the text cannot be read, or the row is longer
    /// than any row.
    pub fn widen_for_row(&mut self) -> ReadResult<()> {
        if self.text.len() > LONGEST_ROW {
            let most = LONGEST_ROW >> 20;
            return Err(Unreadable::because(format!("the row on line {} is longer than {most} MiB", self.line)));
        }
        self.widen((self.text.len() * 2).max(STRETCH))
    }

    /// Moves the window on by `length` bytes; gives them.
    pub fn take(&mut self, length: usize) -> Vec<u8> {
        let rest = self.text[length..].to_vec();
        let mut taken = std::mem::replace(&mut self.text, rest);
        taken.truncate(length);
        self.line += memchr::memchr_iter(b'\n', &taken).count() as u64;
        taken
    }

    fn widen(&mut self, length: usize) -> ReadResult<()> {
        while self.text.len() < length && !self.at_end {
            match &mut self.recoding {
                None => {
                    let wanted = (length - self.text.len()) as u64;
                    self.text.reserve(wanted as usize);
                    let read =
                        self.bytes.by_ref().take(wanted).read_to_end(&mut self.text).map_err(|error| failed(&error))?;
                    self.at_end = (read as u64) < wanted;
                }
                Some(recoding) => {
                    let mut bytes = Vec::with_capacity(RECODED);
                    self.bytes.by_ref().take(RECODED as u64).read_to_end(&mut bytes).map_err(|error| failed(&error))?;
                    self.at_end = bytes.len() < RECODED;
                    recoding.recode(&bytes, self.at_end, &mut self.text)?;
                }
            }
            if self.at_start && (self.text.len() >= BYTE_ORDER_MARK.len() || self.at_end) {
                self.at_start = false;
                if self.recoding.is_none() && self.text.starts_with(BYTE_ORDER_MARK) {
                    self.text.drain(..BYTE_ORDER_MARK.len());
                }
            }
        }
        Ok(())
    }
}

impl Recoding {
    fn recode(&mut self, bytes: &[u8], last: bool, into: &mut Vec<u8>) -> ReadResult<()> {
        self.watch(bytes, last);
        if last && self.is_utf8 && self.beyond_ascii {
            return Err(Unreadable::wrong_encoding("the file is UTF-8, expected Windows-1252"));
        }
        // At most three bytes of UTF-8 for one of Windows-1252.
        let mut text = String::with_capacity(bytes.len() * 3 + 3);
        let _ = self.decoder.decode_to_string(bytes, &mut text, last);
        into.extend_from_slice(text.as_bytes());
        Ok(())
    }

    fn watch(&mut self, bytes: &[u8], last: bool) {
        if !self.is_utf8 {
            return;
        }
        self.beyond_ascii |= !bytes.is_ascii();
        let mut joined = std::mem::take(&mut self.pending);
        joined.extend_from_slice(bytes);
        if let Err(error) = std::str::from_utf8(&joined) {
            match error.error_len() {
                None if !last => self.pending = joined.split_off(error.valid_up_to()),
                _ => self.is_utf8 = false,
            }
        }
    }
}

impl std::fmt::Debug for Window {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Window(line {}, {} bytes)", self.line, self.text.len())
    }
}
