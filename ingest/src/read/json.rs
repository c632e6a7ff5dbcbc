//! One array of objects, or one page: `{"items": [ … ], "next": … }`.
//!
//! The array is cut into its elements by brackets and strings alone, a stretch
//! at a time; each element is then read as an object of its own. So a bad
//! element is a bad row, and a bad array a delivery that cannot be read.

use std::collections::BTreeSet;

use peil_warehouse::problem::Reason;

use super::object::Objects;
use super::window::{STRETCH, Window};
use super::{Block, Chunk, Layout, ReadResult, Source, Unreadable};

/// The member of a page that holds its elements.
const ITEMS: &str = "\"items\"";

/// A JSON delivery being read: what is expected next, and whether within a
/// page.
#[derive(Debug)]
pub struct Json {
    window: Window,
    /// Of the window, what has been looked through.
    at: usize,
    state: State,
    page: bool,
    found_items: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// A member of the page, or its end; `first`: no comma yet.
    Member { first: bool },
    /// An element of the array, or its end; `first`: no comma yet.
    Element { first: bool },
    /// Nothing but white space.
    End,
}

impl Json {
    /// At the first element; refused where there is neither array nor page.
    pub fn new(window: Window) -> ReadResult<Self> {
        let mut json = Self { window, at: 0, state: State::End, page: false, found_items: false };
        match json.peek()? {
            None => Err(Unreadable::empty()),
            Some(b'[') => {
                json.at += 1;
                json.state = State::Element { first: true };
                Ok(json)
            }
            Some(b'{') => {
                json.at += 1;
                json.page = true;
                json.state = State::Member { first: true };
                Ok(json)
            }
            Some(_) => Err(json.wrong("is neither an array nor a page")),
        }
    }

    fn wrong(&self, what: &str) -> Unreadable {
        let before = &self.window.text()[..self.at.min(self.window.text().len())];
        let line = self.window.line() + memchr::memchr_iter(b'\n', before).count() as u64;
        Unreadable::because(format!("the JSON on line {line} {what}"))
    }

    /// The next byte that is not white space; none at the end.
    fn peek(&mut self) -> ReadResult<Option<u8>> {
        loop {
            let rest = &self.window.text()[self.at..];
            let blank = rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r')).count();
            self.at += blank;
            if let Some(byte) = self.window.text().get(self.at) {
                return Ok(Some(*byte));
            }
            if self.window.at_end() {
                return Ok(None);
            }
            self.window.widen_for_row()?;
        }
    }

    /// Passes over the value that begins here; gives where it ends.
    fn value(&mut self) -> ReadResult<usize> {
        loop {
            match value_end(self.window.text(), self.at) {
                Some(end) if end < self.window.text().len() || self.window.at_end() => return Ok(end),
                None if self.window.at_end() => return Err(self.wrong("ends too early")),
                _ => self.window.widen_for_row()?,
            }
        }
    }

    /// Goes on to the array of the page, or to its end.
    fn member(&mut self, first: bool) -> ReadResult<()> {
        match self.peek()? {
            Some(b'}') => {
                self.at += 1;
                self.state = State::End;
                return if self.found_items { Ok(()) } else { Err(self.wrong("is a page without `items`")) };
            }
            Some(b',') if !first => self.at += 1,
            _ if !first => return Err(self.wrong("lacks a comma between two members")),
            _ => {}
        }
        if self.peek()? != Some(b'"') {
            return Err(self.wrong("lacks the name of a member"));
        }
        let end = self.value()?;
        let items = self.window.text().get(self.at..end) == Some(ITEMS.as_bytes());
        self.at = end;
        if self.peek()? != Some(b':') {
            return Err(self.wrong("lacks a colon after the name of a member"));
        }
        self.at += 1;
        let next = self.peek()?;
        if !items {
            self.at = self.value()?;
            self.state = State::Member { first: false };
            return Ok(());
        }
        if next != Some(b'[') || self.found_items {
            return Err(self.wrong("is a page whose `items` are not one array"));
        }
        self.at += 1;
        self.found_items = true;
        self.state = State::Element { first: true };
        Ok(())
    }
}

impl Source for Json {
    fn next_block(&mut self) -> ReadResult<Option<Block>> {
        self.window.fill()?;
        let first_line = self.window.line();
        let mut elements = Vec::new();
        let (mut line, mut counted) = (first_line, 0);
        while self.at < STRETCH || elements.is_empty() {
            match self.state {
                State::Member { first } => self.member(first)?,
                State::End => match self.peek()? {
                    None => break,
                    Some(_) => return Err(self.wrong("goes on after its end")),
                },
                State::Element { first } => match self.peek()? {
                    Some(b']') => {
                        self.at += 1;
                        self.state = if self.page { State::Member { first: false } } else { State::End };
                    }
                    Some(b',') if !first => {
                        self.at += 1;
                        self.state = State::Element { first: true };
                        if matches!(self.peek()?, Some(b']' | b',')) {
                            return Err(self.wrong("has a comma without an element"));
                        }
                    }
                    Some(_) if first => {
                        let end = self.value()?;
                        if end == self.at {
                            return Err(self.wrong("has something that is no value"));
                        }
                        line += memchr::memchr_iter(b'\n', &self.window.text()[counted..self.at]).count() as u64;
                        counted = self.at;
                        elements.push((self.at as u32, end as u32, line));
                        self.at = end;
                        self.state = State::Element { first: false };
                    }
                    Some(_) => return Err(self.wrong("lacks a comma between two elements")),
                    None => return Err(self.wrong("ends too early")),
                },
            }
        }
        if elements.is_empty() {
            return Ok(None);
        }
        let text = self.window.take(self.at);
        self.at = 0;
        Ok(Some(Block::Elements { text, first_line, elements }))
    }
}

/// Where the value that begins at `at` ends, by brackets and strings alone;
/// none where the text ends first.
fn value_end(text: &[u8], at: usize) -> Option<usize> {
    match text.get(at)? {
        b'"' => string_end(text, at),
        b'{' | b'[' => {
            let mut depth = 0_usize;
            let mut at = at;
            loop {
                match text.get(at)? {
                    b'"' => {
                        at = string_end(text, at)?;
                        continue;
                    }
                    b'{' | b'[' => depth += 1,
                    b'}' | b']' => {
                        depth -= 1;
                        if depth == 0 {
                            return Some(at + 1);
                        }
                    }
                    _ => {}
                }
                at += 1;
            }
        }
        _ => {
            let ends = |byte: &u8| matches!(byte, b',' | b']' | b'}' | b':' | b' ' | b'\t' | b'\n' | b'\r');
            Some(text[at..].iter().position(ends).map_or(text.len(), |offset| at + offset))
        }
    }
}

fn string_end(text: &[u8], at: usize) -> Option<usize> {
    let mut at = at + 1;
    loop {
        at += memchr::memchr2(b'"', b'\\', text.get(at..)?)?;
        if text[at] == b'"' {
            return Some(at + 1);
        }
        at += 2;
    }
}

/// The rows of elements.
pub fn parse(text: String, elements: &[(u32, u32, u64)], layout: &Layout) -> Chunk {
    let mut objects = Objects::new(layout, elements.len());
    let mut lines = Vec::with_capacity(elements.len());
    let mut faults = Vec::new();
    for &(from, to, line) in elements {
        if objects.push(&text, from as usize, to as usize).is_err() {
            faults.push((lines.len(), Reason::BadJson));
        }
        lines.push(line as i64);
    }
    let (columns, resolved, unknown): (_, String, BTreeSet<String>) = objects.finish();
    let mut text = text;
    text.push_str(&resolved);
    Chunk { text, rows: lines.len(), lines, columns, faults, unknown }
}
