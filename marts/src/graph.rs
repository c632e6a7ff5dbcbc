//! The order in which models run: each after the tables that it reads.

use std::collections::{BTreeMap, BTreeSet};

use peil_warehouse::nearest::did_you_mean;
use peil_warehouse::{Error, Result};

use crate::calendar;
use crate::model::Model;

/// Sorts models so that each comes after those it reads; of those that could
/// come next, the first by name.
///
/// # Errors
/// [`Error::Usage`] where a model or a check reads a table that is not there,
/// or where models read each other in a circle.
pub fn order(models: &BTreeMap<String, Model>) -> Result<Vec<String>> {
    let known: BTreeSet<&str> = models.keys().map(String::as_str).chain(calendar::TABLES).collect();
    let mut waits_for: BTreeMap<&str, usize> = BTreeMap::new();
    let mut readers: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (name, model) in models {
        for table in model.reads.iter().chain(model.check_reads.iter().flatten()) {
            if !is_source(table) && !known.contains(table.as_str()) {
                return Err(unknown(model, table, known.iter().copied()));
            }
        }
        let dependencies = model.reads.iter().filter(|table| models.contains_key(*table));
        waits_for.insert(name, dependencies.clone().count());
        for table in dependencies {
            readers.entry(table).or_default().push(name);
        }
    }
    let mut ready: BTreeSet<&str> = waits_for.iter().filter(|(_, count)| **count == 0).map(|(name, _)| *name).collect();
    let mut sorted = Vec::with_capacity(models.len());
    while let Some(name) = ready.pop_first() {
        sorted.push(name.to_owned());
        waits_for.remove(name);
        for reader in readers.get(name).into_iter().flatten() {
            if let Some(count) = waits_for.get_mut(reader) {
                *count -= 1;
                if *count == 0 {
                    ready.insert(reader);
                }
            }
        }
    }
    if waits_for.is_empty() { Ok(sorted) } else { Err(circle(models, &waits_for)) }
}

/// Whether a table comes from an earlier stage.
pub fn is_source(relation: &str) -> bool {
    relation.starts_with("conformed.") || relation.starts_with("ops.")
}

/// An error that names the table a model reads in vain, and the nearest ones.
pub(crate) fn unknown<'a>(model: &Model, table: &str, known: impl IntoIterator<Item = &'a str>) -> Error {
    let hint = did_you_mean(table, known);
    Error::usage(format!("{}: the table `{table}` is not known{hint}", model.place))
}

/// Follows what is left until a name comes back.
fn circle(models: &BTreeMap<String, Model>, left: &BTreeMap<&str, usize>) -> Error {
    let mut path: Vec<&str> = Vec::new();
    let mut at = left.keys().next().copied();
    while let Some(name) = at {
        if let Some(start) = path.iter().position(|seen| *seen == name) {
            let mut names = path.split_off(start);
            names.push(name);
            let places: Vec<&str> = names[1..].iter().map(|name| models[*name].place.as_str()).collect();
            return Error::usage(format!(
                "models read each other in a circle: {} ({}): let one of them read something else",
                names.join(" reads "),
                places.join(", ")
            ));
        }
        path.push(name);
        at = models[name].reads.iter().find_map(|table| left.get_key_value(table.as_str()).map(|(name, _)| *name));
    }
    Error::internal("a circle of models without a circle")
}
