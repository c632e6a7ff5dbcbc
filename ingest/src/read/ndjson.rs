//! A JSON object a line.

use std::collections::BTreeSet;

use peil_warehouse::problem::Reason;

use super::object::Objects;
use super::window::{STRETCH, Window};
use super::{Block, Chunk, Layout, ReadResult, Source, Unreadable};

/// Bytes of a usual line, to make room for rows.
const USUAL_LINE: usize = 128;

/// An NDJSON delivery being read.
#[derive(Debug)]
pub struct Ndjson {
    window: Window,
}

impl Ndjson {
    /// At the start; refused where there is nothing in it.
    pub fn new(mut window: Window) -> ReadResult<Self> {
        window.fill()?;
        // Blank lines may come first, but not alone.
        while window.text().trim_ascii_start().is_empty() {
            if window.at_end() {
                return Err(Unreadable::empty());
            }
            let length = window.text().len();
            window.take(length);
            window.fill()?;
        }
        Ok(Self { window })
    }
}

impl Source for Ndjson {
    fn next_block(&mut self) -> ReadResult<Option<Block>> {
        self.window.fill()?;
        let length = loop {
            if self.window.at_end() && self.window.text().len() <= STRETCH {
                break self.window.text().len();
            }
            let upto = self.window.text().len().min(STRETCH);
            if let Some(last) = memchr::memrchr(b'\n', &self.window.text()[..upto]) {
                break last + 1;
            }
            if let Some(next) = memchr::memchr(b'\n', &self.window.text()[upto..]) {
                break upto + next + 1;
            }
            if self.window.at_end() {
                break self.window.text().len();
            }
            self.window.widen_for_row()?;
        };
        if length == 0 {
            return Ok(None);
        }
        let first_line = self.window.line();
        Ok(Some(Block::Lines { text: self.window.take(length), first_line }))
    }
}

/// The rows of whole lines; blank ones are none.
pub fn parse(text: String, first_line: u64, layout: &Layout) -> Chunk {
    let usual = text.len() / USUAL_LINE + 1;
    let mut objects = Objects::new(layout, usual);
    let mut lines = Vec::with_capacity(usual);
    let mut faults = Vec::new();
    let bytes = text.as_bytes();
    let mut start = 0;
    let mut line = first_line as i64;
    while start < bytes.len() {
        let end = memchr::memchr(b'\n', &bytes[start..]).map_or(bytes.len(), |offset| start + offset);
        if !bytes[start..end].trim_ascii().is_empty() {
            if objects.push(&text, start, end).is_err() {
                faults.push((lines.len(), Reason::BadJson));
            }
            lines.push(line);
        }
        start = end + 1;
        line += 1;
    }
    let (columns, resolved, unknown): (_, String, BTreeSet<String>) = objects.finish();
    let mut text = text;
    text.push_str(&resolved);
    Chunk { text, rows: lines.len(), lines, columns, faults, unknown }
}
