//! Separated values with a header.
//!
//! A field may stand in double quotes, in which a quote is doubled and
//! separators and line breaks mean nothing. The number of a row's line is that
//! of the line on which it begins.

use std::collections::BTreeSet;
use std::sync::Arc;

use peil_warehouse::problem::Reason;

use super::chunk::utf8;
use super::layout::Meaning;
use super::window::{STRETCH, Window};
use super::{Block, Chunk, Layout, Raw, ReadResult, Source, Span, Unreadable};

const QUOTE: u8 = b'"';

/// A CSV delivery being read.
pub struct Csv {
    window: Window,
    separator: u8,
    header: Vec<Meaning>,
    unknown: BTreeSet<String>,
    width: usize,
}

/// What stands at the start of a text.
enum Record {
    /// A record up to this byte, whose first is not a blank.
    Upto(usize),
    /// A blank line up to this byte.
    Blank(usize),
    /// The text ends within the record.
    Unfinished {
        /// Whether it ends within quotes.
        in_quotes: bool,
    },
}

/// The fields of a record: from, up to, and whether quotes are to be resolved.
type Fields = Vec<(usize, usize, bool)>;

impl Csv {
    /// Reads the header.
    pub fn new(mut window: Window, layout: &Arc<Layout>) -> ReadResult<Self> {
        let separator = layout.contract().format.separator as u8;
        let mut fields = Fields::new();
        window.fill()?;
        let mut start = 0;
        let length = loop {
            match record(window.text(), start, window.at_end(), separator, &mut fields) {
                Record::Upto(end) => break end,
                Record::Blank(end) => start = end,
                Record::Unfinished { in_quotes } => unfinished(&mut window, start, in_quotes)?,
            }
            if start == window.text().len() && window.at_end() {
                return Err(Unreadable::empty());
            }
        };
        let line = window.line();
        let text = utf8(window.take(length), line)?;
        let names: Vec<String> = fields.iter().map(|&(from, to, quoted)| resolve(&text[from..to], quoted)).collect();
        let (header, unknown) = layout.header(names.iter().map(String::as_str))?;
        Ok(Self { window, separator, header, unknown, width: layout.width() })
    }
}

/// A record does not end in the window: widens it, or gives up.
fn unfinished(window: &mut Window, start: usize, in_quotes: bool) -> ReadResult<()> {
    if window.at_end() && in_quotes {
        let line = window.line() + memchr::memchr_iter(b'\n', &window.text()[..start]).count() as u64;
        return Err(Unreadable::because(format!("the quote in the row on line {line} is not closed")));
    }
    window.widen_for_row()
}

impl Source for Csv {
    fn next_block(&mut self) -> ReadResult<Option<Block>> {
        self.window.fill()?;
        let mut rows = Rows::new(&self.header, self.width, self.window.line());
        let mut fields = Fields::new();
        let mut at = 0;
        loop {
            let text = self.window.text();
            if at == text.len() && self.window.at_end() {
                break;
            }
            match record(text, at, self.window.at_end(), self.separator, &mut fields) {
                Record::Blank(end) => rows.blank(text, at, end, &mut at),
                Record::Upto(end) => {
                    rows.push(text, at, end, &fields);
                    at = end;
                }
                // What does not end in the stretch is for the next block.
                Record::Unfinished { in_quotes } => {
                    if rows.chunk.rows > 0 {
                        break;
                    }
                    unfinished(&mut self.window, at, in_quotes)?;
                }
            }
            if at >= STRETCH {
                break;
            }
        }
        if at == 0 {
            return Ok(None);
        }
        let line = self.window.line();
        let text = utf8(self.window.take(at), line)?;
        Ok(Some(Block::Rows(rows.finish(text)?)))
    }

    fn unknown(&self) -> BTreeSet<String> {
        self.unknown.clone()
    }
}

/// Rows being gathered. Fields whose quotes must be resolved are noted, and
/// resolved once the text is known to be UTF-8.
struct Rows<'a> {
    header: &'a [Meaning],
    chunk: Chunk,
    columns: Vec<Vec<Span>>,
    quoted: Vec<(usize, usize, usize, usize)>,
    line: u64,
}

impl<'a> Rows<'a> {
    fn new(header: &'a [Meaning], width: usize, line: u64) -> Self {
        let chunk = Chunk {
            text: String::new(),
            rows: 0,
            lines: Vec::new(),
            columns: Vec::new(),
            faults: Vec::new(),
            unknown: BTreeSet::new(),
        };
        Self { header, chunk, columns: vec![Vec::new(); width], quoted: Vec::new(), line }
    }

    fn blank(&mut self, text: &[u8], from: usize, to: usize, at: &mut usize) {
        self.count_lines(text, from, to);
        *at = to;
    }

    fn count_lines(&mut self, text: &[u8], from: usize, to: usize) {
        self.line += memchr::memchr_iter(b'\n', &text[from..to]).count() as u64;
    }

    fn push(&mut self, text: &[u8], from: usize, to: usize, fields: &Fields) {
        let row = self.chunk.rows;
        self.chunk.lines.push(self.line as i64);
        self.count_lines(text, from, to);
        self.chunk.rows += 1;
        if fields.len() == self.header.len() {
            for (meaning, &(from, to, quoted)) in self.header.iter().zip(fields) {
                let Meaning::Column(column) = *meaning else { continue };
                self.columns[column].push(Span::new(from, to));
                if quoted {
                    self.quoted.push((column, row, from, to));
                }
            }
        } else {
            for meaning in self.header {
                if let Meaning::Column(column) = *meaning {
                    self.columns[column].push(Span::NULL);
                }
            }
            self.chunk.faults.push((row, Reason::WrongColumnCount));
        }
    }

    fn finish(mut self, mut text: String) -> ReadResult<Chunk> {
        for &(column, row, from, to) in &self.quoted {
            let value = resolve(&text[from..to], true);
            let start = text.len();
            text.push_str(&value);
            self.columns[column][row] = Span::new(start, text.len());
        }
        let present: BTreeSet<usize> = self
            .header
            .iter()
            .filter_map(|meaning| match meaning {
                Meaning::Column(column) => Some(*column),
                _ => None,
            })
            .collect();
        self.chunk.columns = self
            .columns
            .into_iter()
            .enumerate()
            .map(|(column, spans)| if present.contains(&column) { Raw::Spans(spans) } else { Raw::Absent })
            .collect();
        self.chunk.text = text;
        Ok(self.chunk)
    }
}

/// Finds the record that begins at `start` and its fields.
fn record(text: &[u8], start: usize, at_end: bool, separator: u8, fields: &mut Fields) -> Record {
    fields.clear();
    let mut at = start;
    loop {
        if text.get(at) == Some(&QUOTE) {
            let Some(close) = closing_quote(text, at + 1) else { return Record::Unfinished { in_quotes: true } };
            // A quote at the very end may be the first of a doubled one.
            if close + 1 == text.len() && !at_end {
                return Record::Unfinished { in_quotes: false };
            }
            let from = at;
            let (to, next) = match field_end(text, close + 1, at_end, separator) {
                Some(found) => found,
                None => return Record::Unfinished { in_quotes: false },
            };
            let doubled = memchr::memchr(QUOTE, &text[from + 1..close]).is_some();
            if doubled || to != close + 1 {
                fields.push((from, to, true));
            } else {
                fields.push((from + 1, close, false));
            }
            match next {
                Next::Field(next) => at = next,
                Next::Record(end) => return Record::Upto(end),
            }
            continue;
        }
        let Some((to, next)) = field_end(text, at, at_end, separator) else {
            return Record::Unfinished { in_quotes: false };
        };
        fields.push((at, to, false));
        match next {
            Next::Field(next) => at = next,
            Next::Record(end) => {
                let blank = fields.len() == 1 && text[start..to].trim_ascii().is_empty();
                return if blank { Record::Blank(end) } else { Record::Upto(end) };
            }
        }
    }
}

/// What follows a field.
enum Next {
    Field(usize),
    Record(usize),
}

/// Where an unquoted stretch ends, and what follows; none where the text ends
/// before it does.
fn field_end(text: &[u8], from: usize, at_end: bool, separator: u8) -> Option<(usize, Next)> {
    match memchr::memchr2(separator, b'\n', &text[from..]) {
        Some(offset) if text[from + offset] == b'\n' => {
            let end = from + offset;
            let to = if end > from && text[end - 1] == b'\r' { end - 1 } else { end };
            Some((to, Next::Record(end + 1)))
        }
        Some(offset) => Some((from + offset, Next::Field(from + offset + 1))),
        None if at_end => {
            let to = if text.ends_with(b"\r") && text.len() > from { text.len() - 1 } else { text.len() };
            Some((to, Next::Record(text.len())))
        }
        None => None,
    }
}

/// The quote that closes a quoted stretch that begins at `from`.
fn closing_quote(text: &[u8], mut from: usize) -> Option<usize> {
    loop {
        let quote = from + memchr::memchr(QUOTE, &text[from..])?;
        if text.get(quote + 1) != Some(&QUOTE) {
            return Some(quote);
        }
        from = quote + 2;
    }
}

/// The value of a field that begins with a quote: what stands within the
/// quotes, doubled ones once, and what follows them as it is.
fn resolve(field: &str, quoted: bool) -> String {
    if !quoted {
        return field.to_owned();
    }
    let Some(close) = closing_quote(field.as_bytes(), 1) else { return field.to_owned() };
    format!("{}{}", field[1..close].replace("\"\"", "\""), &field[close + 1..])
}
