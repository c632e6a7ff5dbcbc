//! Cursors and portals: results that are read a piece at a time.

use std::collections::HashMap;

use super::wire::Rows;
use crate::service::fault::{Answered, Fault, code};

/// Cursors and portals that a session may keep open.
const MOST: usize = 100;

/// What a session reads a piece at a time.
#[derive(Default)]
pub(super) struct Cursors {
    named: HashMap<String, (Rows, bool)>,
    portals: HashMap<String, Rows>,
}

impl Cursors {
    /// Opens a cursor; one that holds outlives its transaction.
    pub(super) fn declare(&mut self, name: &str, rows: Rows, hold: bool) -> Answered<()> {
        if self.named.contains_key(name) {
            return Err(Fault::new("42P03", format!("cursor \"{name}\" already exists")));
        }
        self.room()?;
        self.named.insert(name.to_owned(), (rows, hold));
        Ok(())
    }

    /// A cursor.
    pub(super) fn named(&mut self, name: &str) -> Answered<&mut Rows> {
        let found = self.named.get_mut(name).map(|(rows, _)| rows);
        found.ok_or_else(|| Fault::new(code::UNDEFINED_CURSOR, format!("cursor \"{name}\" does not exist")))
    }

    /// Closes a cursor.
    pub(super) fn close(&mut self, name: &str) -> Answered<()> {
        let missing = || Fault::new(code::UNDEFINED_CURSOR, format!("cursor \"{name}\" does not exist"));
        self.named.remove(name).map(|_| ()).ok_or_else(missing)
    }

    /// Closes all cursors.
    pub(super) fn close_all(&mut self) {
        self.named.clear();
    }

    /// Closes what does not outlive a transaction.
    pub(super) fn end_transaction(&mut self) {
        self.named.retain(|_, (_, hold)| *hold);
        self.portals.clear();
    }

    /// Closes the portals of a round of messages.
    pub(super) fn end_round(&mut self) {
        self.portals.clear();
    }

    /// Keeps the rest of a portal.
    pub(super) fn suspend(&mut self, portal: &str, rows: Rows) -> Answered<()> {
        self.room()?;
        self.portals.insert(portal.to_owned(), rows);
        Ok(())
    }

    /// The rest of a portal.
    pub(super) fn resume(&mut self, portal: &str) -> Option<Rows> {
        self.portals.remove(portal)
    }

    fn room(&self) -> Answered<()> {
        if self.named.len() + self.portals.len() < MOST {
            return Ok(());
        }
        Err(Fault::new(code::LIMIT, "too many cursors are open").hint("Close those that are read."))
    }
}
