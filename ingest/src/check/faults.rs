//! Which rows of a chunk have a fault: the first of each counts.

use std::collections::BTreeMap;

use peil_warehouse::problem::Reason;

/// The faults found so far.
#[derive(Debug)]
pub struct Faults {
    rows: usize,
    /// The column being checked.
    column: usize,
    first: BTreeMap<usize, (Option<usize>, Reason)>,
}

impl Faults {
    /// No fault but those of rows that are no rows.
    pub fn new(rows: usize, faults: &[(usize, Reason)]) -> Self {
        let first = faults.iter().map(|&(row, reason)| (row, (None, reason))).collect();
        Self { rows, column: 0, first }
    }

    /// From here on, faults are of this column.
    pub fn enter(&mut self, column: usize) {
        self.column = column;
    }

    /// A fault, unless the row has one already.
    #[cold]
    pub fn add(&mut self, row: usize, reason: Reason) {
        self.first.entry(row).or_insert((Some(self.column), reason));
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.first.is_empty()
    }

    /// The faults by row: column and reason.
    pub fn iter(&self) -> impl Iterator<Item = (usize, Option<usize>, Reason)> {
        self.first.iter().map(|(row, (column, reason))| (*row, *column, *reason))
    }

    /// Of each row, whether it has none.
    pub fn passed(&self) -> Vec<bool> {
        let mut passed = vec![true; self.rows];
        self.first.keys().for_each(|row| passed[*row] = false);
        passed
    }
}
