//! Which column of a contract a name in a delivery means.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use peil_warehouse::contract::{Contract, Privacy};

use super::{ReadResult, Unreadable};

/// The columns of a contract by their source names, white space and case
/// ignored.
#[derive(Debug)]
pub struct Layout {
    contract: Arc<Contract>,
    by_name: HashMap<String, usize>,
}

/// What a name in a delivery means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meaning {
    /// The column of this number.
    Column(usize),
    /// A column that is not to be stored: its values are not even read.
    Dropped,
    /// Nothing that the contract has.
    Unknown,
}

impl Layout {
    /// The layout of a contract.
    pub fn new(contract: &Arc<Contract>) -> Self {
        let by_name =
            contract.columns.iter().enumerate().map(|(index, column)| (Self::plain(&column.source), index)).collect();
        Self { contract: Arc::clone(contract), by_name }
    }

    /// The contract.
    pub fn contract(&self) -> &Arc<Contract> {
        &self.contract
    }

    /// The number of columns, dropped ones too.
    pub fn width(&self) -> usize {
        self.contract.columns.len()
    }

    /// A name without white space and case.
    pub fn plain(name: &str) -> String {
        name.chars().filter(|char| !char.is_whitespace()).flat_map(char::to_lowercase).collect()
    }

    /// What a name means.
    pub fn meaning(&self, name: &str) -> Meaning {
        match self.by_name.get(name).or_else(|| self.by_name.get(&Self::plain(name))) {
            None => Meaning::Unknown,
            Some(index) if self.contract.columns[*index].privacy == Privacy::Drop => Meaning::Dropped,
            Some(index) => Meaning::Column(*index),
        }
    }

    /// What each field of a header means, and the names that are unknown.
    ///
    /// # Errors
    /// [`Unreadable`] where a required column is missing, or stands twice.
    pub fn header<'a>(&self, names: impl IntoIterator<Item = &'a str>) -> ReadResult<(Vec<Meaning>, BTreeSet<String>)> {
        let mut unknown = BTreeSet::new();
        let mut meanings = Vec::new();
        for name in names {
            let meaning = self.meaning(name);
            match meaning {
                Meaning::Column(index) if meanings.contains(&meaning) => {
                    return Err(Unreadable::Refused(format!(
                        "duplicate_column: {}",
                        self.contract.columns[index].source
                    )));
                }
                Meaning::Unknown if !name.trim().is_empty() => {
                    unknown.insert(name.trim().to_owned());
                }
                _ => {}
            }
            meanings.push(meaning);
        }
        for (index, column) in self.contract.columns.iter().enumerate() {
            if column.required && column.privacy != Privacy::Drop && !meanings.contains(&Meaning::Column(index)) {
                return Err(Unreadable::missing_column(&column.source));
            }
        }
        Ok((meanings, unknown))
    }
}
