//! All contracts together.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{Contract, Reference};
use crate::contract::interpret::SUFFIX;
use crate::nearest::did_you_mean;
use crate::table::fingerprint;
use crate::{Error, Result};

/// The contracts of all datasets, by dataset.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ContractSet {
    contracts: BTreeMap<String, Arc<Contract>>,
    /// The text of each, by dataset.
    texts: BTreeMap<String, String>,
}

impl ContractSet {
    /// Reads contracts given as path within their folder
    /// (`portal/events.odcs.yaml`) and text; all of them, before it gives up
    /// on those that are wrong.
    ///
    /// # Errors
    /// [`Error::Usage`] that names each wrong file, line and key.
    pub fn parse<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Self> {
        let mut set = Self::default();
        set.add(files)?;
        set.check_references()?;
        Ok(set)
    }

    /// These contracts, with those of a folder over them: a file of the same
    /// dataset takes the place of the one here, another adds a dataset.
    ///
    /// # Errors
    /// [`Error::Usage`] where the folder or a file cannot be read, or a
    /// contract is wrong.
    pub fn with_folder(mut self, folder: &Path) -> Result<Self> {
        let mut files = Vec::new();
        collect(folder, "", &mut files)?;
        let texts = files
            .iter()
            .map(|(name, path)| {
                std::fs::read_to_string(path)
                    .map(|text| (name.as_str(), text))
                    .map_err(|error| unreadable(path, &error))
            })
            .collect::<Result<Vec<_>>>()?;
        self.add(texts.iter().map(|(name, text)| (*name, text.as_str())))?;
        self.check_references()?;
        Ok(self)
    }

    /// The contract of a dataset, as `portal/events`.
    pub fn get(&self, dataset: &str) -> Option<&Arc<Contract>> {
        self.contracts.get(dataset)
    }

    /// The contract of the dataset with this table, as `portal_events`.
    pub fn by_table(&self, table: &str) -> Option<&Arc<Contract>> {
        self.iter().find(|contract| contract.table_name() == table)
    }

    /// The contracts, sorted by dataset.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Contract>> {
        self.contracts.values()
    }

    /// How many datasets there are.
    pub fn len(&self) -> usize {
        self.contracts.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.contracts.is_empty()
    }

    /// The texts of the contracts, as [`ContractSet::parse`] takes them.
    pub fn files(&self) -> BTreeMap<String, String> {
        self.texts.iter().map(|(dataset, text)| (format!("{dataset}{SUFFIX}"), text.clone())).collect()
    }

    /// A hash over all contracts.
    pub fn fingerprint(&self) -> String {
        fingerprint(self.iter().flat_map(|contract| [contract.dataset.as_str(), contract.fingerprint()]))
    }

    fn add<'a>(&mut self, files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<()> {
        let mut wrong = Vec::new();
        for (file, text) in files {
            match Contract::parse(file, text) {
                Ok(contract) => {
                    self.texts.insert(contract.dataset.clone(), text.to_owned());
                    self.contracts.insert(contract.dataset.clone(), Arc::new(contract));
                }
                Err(error) => wrong.push(error.to_string()),
            }
        }
        if wrong.is_empty() { Ok(()) } else { Err(Error::Usage(wrong.join("\n"))) }
    }

    /// What a column refers to must be there.
    fn check_references(&self) -> Result<()> {
        for contract in self.iter() {
            for column in &contract.columns {
                let Some(Reference::Column { dataset, column: target }) = &column.reference else { continue };
                let place = format!("contract {}{SUFFIX}: `{}` refers to", contract.dataset, column.name);
                let Some(other) = self.get(dataset) else {
                    let near = did_you_mean(dataset, self.contracts.keys().map(String::as_str));
                    return Err(Error::usage(format!("{place} the unknown dataset `{dataset}`{near}")));
                };
                if other.column(target).is_none() {
                    let near = did_you_mean(target, other.columns.iter().map(|column| column.name.as_str()));
                    return Err(Error::usage(format!("{place} `{target}`, which {dataset} does not have{near}")));
                }
            }
        }
        Ok(())
    }
}

/// The contract files under a folder, sorted by path.
fn collect(folder: &Path, prefix: &str, found: &mut Vec<(String, PathBuf)>) -> Result<()> {
    let entries = std::fs::read_dir(folder).map_err(|error| unreadable(folder, &error))?;
    let mut entries = entries.collect::<std::io::Result<Vec<_>>>().map_err(|error| unreadable(folder, &error))?;
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.path().is_dir() {
            collect(&entry.path(), &format!("{name}/"), found)?;
        } else if name.ends_with(SUFFIX) {
            found.push((name, entry.path()));
        }
    }
    Ok(())
}

fn unreadable(path: &Path, error: &std::io::Error) -> Error {
    Error::usage(format!("the contracts in {} cannot be read: {error}", path.display()))
}
