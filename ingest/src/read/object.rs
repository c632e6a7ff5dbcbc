//! One JSON object, by the columns of a contract.
//!
//! The object is checked to be well-formed in full (RFC 8259), also where its
//! members are not wanted; wanted values are noted by where they stand. Values
//! are not built, so that a row costs no allocation.

use std::collections::BTreeSet;

use super::layout::{Layout, Meaning};
use super::{Raw, Span};

/// Arrays and objects within each other, at most.
const DEEPEST: usize = 128;
/// Unknown names that are remembered: enough to tell what is wrong.
const MOST_UNKNOWN: usize = 100;

/// Not well-formed JSON, or no object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BadJson;

/// Reads objects into columns of spans.
pub struct Objects<'a> {
    layout: &'a Layout,
    /// What the members meant in the row before: they mostly come in the same
    /// order, and then need no look-up.
    members: Vec<(String, Meaning)>,
    columns: Vec<Vec<Span>>,
    rows: usize,
    /// Texts that stand with escapes in the delivery, resolved.
    resolved: String,
    unknown: BTreeSet<String>,
}

impl<'a> Objects<'a> {
    /// No row yet; there may be some `rows`.
    pub fn new(layout: &'a Layout, rows: usize) -> Self {
        let columns = (0..layout.width()).map(|_| Vec::with_capacity(rows)).collect();
        Self { layout, members: Vec::new(), columns, rows: 0, resolved: String::new(), unknown: BTreeSet::new() }
    }

    /// Reads the object that is `text[from..to]`, white space around it
    /// allowed, as the next row. Of a member that stands twice the last
    /// counts. The row is there also where the text is bad, without values.
    pub fn push(&mut self, text: &str, from: usize, to: usize) -> Result<(), BadJson> {
        for column in &mut self.columns {
            column.push(Span::NULL);
        }
        self.rows += 1;
        let read = self.object(text, from, to);
        if read.is_err() {
            for column in &mut self.columns {
                column[self.rows - 1] = Span::NULL;
            }
        }
        read
    }

    /// The columns, the texts resolved (which stand after `text`, whose
    /// length this must be), and the unknown members.
    pub fn finish(self) -> (Vec<Raw>, String, BTreeSet<String>) {
        let columns = self.columns.into_iter().map(Raw::Spans).collect();
        (columns, self.resolved, self.unknown)
    }

    fn object(&mut self, text: &str, from: usize, to: usize) -> Result<(), BadJson> {
        let scan = Scan { bytes: &text.as_bytes()[..to] };
        let mut at = scan.expect(scan.blank(from), b'{')?;
        at = scan.blank(at);
        if scan.at(at) == Some(b'}') {
            return scan.end(at + 1);
        }
        let mut position = 0;
        loop {
            let (name, escaped, after) = scan.string(at)?;
            let meaning = self.meaning(position, &text[name.0..name.1], escaped)?;
            position += 1;
            at = scan.blank(scan.expect(scan.blank(after), b':')?);
            let start = at;
            let (value, after) = scan.value(at)?;
            if let Meaning::Column(column) = meaning {
                self.columns[column][self.rows - 1] = match value {
                    Value::Null => Span::NULL,
                    Value::Text { escaped: false } => Span::new(start + 1, after - 1),
                    Value::Text { escaped: true } => self.resolve(text, start, after)?,
                    Value::Scalar => Span::new(start, after),
                    Value::Nested => Span::nested(start, after),
                };
            }
            at = scan.blank(after);
            match scan.at(at) {
                Some(b',') => at = scan.blank(at + 1),
                Some(b'}') => return scan.end(at + 1),
                _ => return Err(BadJson),
            }
        }
    }

    fn meaning(&mut self, position: usize, name: &str, escaped: bool) -> Result<Meaning, BadJson> {
        if let Some((known, meaning)) = self.members.get(position)
            && known == name
            && !escaped
        {
            return Ok(*meaning);
        }
        let plain = if escaped { unescape(&format!("\"{name}\""))? } else { name.to_owned() };
        let meaning = self.layout.meaning(&plain);
        if meaning == Meaning::Unknown && self.unknown.len() < MOST_UNKNOWN {
            self.unknown.insert(plain.clone());
        }
        if !escaped && position < MOST_UNKNOWN {
            let known = self.members.len();
            match self.members.get_mut(position) {
                Some(member) => *member = (plain, meaning),
                None if position == known => self.members.push((plain, meaning)),
                None => {}
            }
        }
        Ok(meaning)
    }

    fn resolve(&mut self, text: &str, start: usize, end: usize) -> Result<Span, BadJson> {
        let value = unescape(&text[start..end])?;
        let from = text.len() + self.resolved.len();
        self.resolved.push_str(&value);
        Ok(Span::new(from, from + value.len()))
    }
}

fn unescape(token: &str) -> Result<String, BadJson> {
    serde_json::from_str(token).map_err(|_| BadJson)
}

/// Bytes before the first that means something in a string: a quote, a
/// backslash, or a control character. Eight are looked at at once.
#[inline]
fn plain_length(bytes: &[u8]) -> usize {
    let mut at = 0;
    while let Some(eight) = bytes[at..].first_chunk::<8>() {
        let found = meaningful(u64::from_le_bytes(*eight));
        if found != 0 {
            return at + found.trailing_zeros() as usize / 8;
        }
        at += 8;
    }
    at + bytes[at..].iter().take_while(|byte| !matches!(byte, b'"' | b'\\' | 0..=0x1f)).count()
}

/// The high bit of the first byte that means something in a string, and
/// perhaps of some after it.
#[inline]
const fn meaningful(word: u64) -> u64 {
    const ONES: u64 = u64::MAX / 0xff;
    let quote = word ^ (ONES * b'"' as u64);
    let backslash = word ^ (ONES * b'\\' as u64);
    let zero = (quote.wrapping_sub(ONES) & !quote) | (backslash.wrapping_sub(ONES) & !backslash);
    let control = word.wrapping_sub(ONES * 0x20) & !word;
    (zero | control) & (ONES << 7)
}

/// What kind of value stands somewhere.
enum Value {
    Null,
    Text { escaped: bool },
    Scalar,
    Nested,
}

/// Looks through JSON without building it.
struct Scan<'a> {
    bytes: &'a [u8],
}

impl Scan<'_> {
    #[inline]
    fn at(&self, at: usize) -> Option<u8> {
        self.bytes.get(at).copied()
    }

    #[inline]
    fn blank(&self, mut at: usize) -> usize {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.at(at) {
            at += 1;
        }
        at
    }

    #[inline]
    fn expect(&self, at: usize, byte: u8) -> Result<usize, BadJson> {
        if self.at(at) == Some(byte) { Ok(at + 1) } else { Err(BadJson) }
    }

    /// Nothing but white space may follow.
    fn end(&self, at: usize) -> Result<(), BadJson> {
        if self.blank(at) == self.bytes.len() { Ok(()) } else { Err(BadJson) }
    }

    /// A string: where its content stands, whether it has escapes, and where
    /// it ends. Escapes are proved here, so that unwanted strings are checked
    /// too (but for lone surrogates, which only a wanted text can suffer from).
    #[inline]
    fn string(&self, at: usize) -> Result<((usize, usize), bool, usize), BadJson> {
        let start = self.expect(at, b'"')?;
        let mut at = start;
        let mut escaped = false;
        loop {
            match self.at(at) {
                Some(b'"') => return Ok(((start, at), escaped, at + 1)),
                Some(b'\\') => {
                    escaped = true;
                    at = self.escape(at + 1)?;
                }
                Some(0..=0x1f) | None => return Err(BadJson),
                Some(_) => at += 1 + plain_length(&self.bytes[at + 1..]),
            }
        }
    }

    fn escape(&self, at: usize) -> Result<usize, BadJson> {
        match self.at(at) {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => Ok(at + 1),
            Some(b'u') => {
                let digits = self.bytes.get(at + 1..at + 5).ok_or(BadJson)?;
                if digits.iter().all(u8::is_ascii_hexdigit) { Ok(at + 5) } else { Err(BadJson) }
            }
            _ => Err(BadJson),
        }
    }

    #[inline]
    fn value(&self, at: usize) -> Result<(Value, usize), BadJson> {
        match self.at(at) {
            Some(b'"') => self.string(at).map(|(_, escaped, end)| (Value::Text { escaped }, end)),
            Some(b'{' | b'[') => self.nested(at).map(|end| (Value::Nested, end)),
            Some(b'n') => self.word(at, b"null").map(|end| (Value::Null, end)),
            Some(b't') => self.word(at, b"true").map(|end| (Value::Scalar, end)),
            Some(b'f') => self.word(at, b"false").map(|end| (Value::Scalar, end)),
            _ => self.number(at).map(|end| (Value::Scalar, end)),
        }
    }

    fn word(&self, at: usize, word: &[u8]) -> Result<usize, BadJson> {
        if self.bytes[at..].starts_with(word) { Ok(at + word.len()) } else { Err(BadJson) }
    }

    fn digits(&self, at: usize) -> Result<usize, BadJson> {
        let mut end = at;
        while self.at(end).is_some_and(|byte| byte.is_ascii_digit()) {
            end += 1;
        }
        if end > at { Ok(end) } else { Err(BadJson) }
    }

    fn number(&self, at: usize) -> Result<usize, BadJson> {
        let start = if self.at(at) == Some(b'-') { at + 1 } else { at };
        let mut at = self.digits(start)?;
        if self.at(start) == Some(b'0') && at > start + 1 {
            return Err(BadJson);
        }
        if self.at(at) == Some(b'.') {
            at = self.digits(at + 1)?;
        }
        if let Some(b'e' | b'E') = self.at(at) {
            at += 1;
            if let Some(b'+' | b'-') = self.at(at) {
                at += 1;
            }
            at = self.digits(at)?;
        }
        Ok(at)
    }

    /// An array or object, to any reasonable depth, without recursion.
    fn nested(&self, at: usize) -> Result<usize, BadJson> {
        let mut open: Vec<u8> = Vec::new();
        let mut at = at;
        loop {
            // A value is expected.
            match self.at(at) {
                Some(bracket @ (b'{' | b'[')) => {
                    if open.len() == DEEPEST {
                        return Err(BadJson);
                    }
                    at = self.blank(at + 1);
                    let close = if bracket == b'{' { b'}' } else { b']' };
                    if self.at(at) != Some(close) {
                        open.push(close);
                        if close == b'}' {
                            at = self.member_name(at)?;
                        }
                        continue;
                    }
                    at += 1;
                }
                _ => at = self.value(at)?.1,
            }
            // A value has ended.
            loop {
                let Some(close) = open.last().copied() else { return Ok(at) };
                at = self.blank(at);
                match self.at(at) {
                    Some(b',') => {
                        at = self.blank(at + 1);
                        if close == b'}' {
                            at = self.member_name(at)?;
                        }
                        break;
                    }
                    Some(byte) if byte == close => {
                        open.pop();
                        at += 1;
                    }
                    _ => return Err(BadJson),
                }
            }
        }
    }

    /// The name of a member and its colon; gives where its value begins.
    fn member_name(&self, at: usize) -> Result<usize, BadJson> {
        let (_, _, after) = self.string(at)?;
        Ok(self.blank(self.expect(self.blank(after), b':')?))
    }
}

#[cfg(test)]
mod tests {
    use super::plain_length;

    #[test]
    fn every_byte_that_means_something_is_found_wherever_it_stands() {
        for length in 0..40 {
            let plain = vec![b'\xe9'; length];
            assert_eq!(plain_length(&plain), length);
            for at in 0..length {
                for byte in 0..=u8::MAX {
                    let mut text = plain.clone();
                    text[at] = byte;
                    let means = matches!(byte, b'"' | b'\\' | 0..=0x1f);
                    assert_eq!(plain_length(&text), if means { at } else { length }, "{byte} at {at} of {length}");
                }
            }
        }
    }
}
