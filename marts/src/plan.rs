//! What is to be done: which marts changed, and what they need.
//!
//! A mart is made from its query and from what it reads; where a hash over
//! these is the one that it was made from last, it is left alone.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow::array::RecordBatch;
use peil_warehouse::publish::Draft;
use peil_warehouse::table::{self, TableState, fingerprint};
use peil_warehouse::{Error, Result};
use sha2::{Digest, Sha256};

use crate::build::{Months, Task, WHOLE, month_fingerprints};
use crate::calendar::Calendar;
use crate::graph::is_source;
use crate::model::Model;
use crate::model_set::ModelSet;
use crate::relation::table_name;

/// Goes up where the same models give other rows or other bytes.
pub(crate) const ENGINE: &str = "marts engine 4";

/// What is to be done.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    /// Models to run, in order.
    pub tasks: Vec<Task>,
    /// Tables to be read as they are: sources, and marts left alone.
    pub stored: BTreeSet<String>,
    /// Marts that are left alone.
    pub unchanged: usize,
    /// What each table of the run and each model is made from, as a hash.
    pub prints: BTreeMap<String, String>,
}

/// Hashes of everything that models read.
struct Prints<'a> {
    draft: &'a Draft,
    runs: BTreeMap<&'static str, String>,
    /// Of each model.
    full: BTreeMap<String, String>,
    /// Of each model, without the tables of the run.
    lasting: BTreeMap<String, String>,
    threshold: u32,
}

/// Plans a run; `full` takes everything for changed.
///
/// # Errors
/// [`Error::Usage`] where a model reads a table that is not there.
pub(crate) fn plan(models: &ModelSet, draft: &Draft, calendar: &Calendar, threshold: u32, full: bool) -> Result<Plan> {
    let runs = calendar.tables.iter().map(|(name, rows)| Ok((*name, content_hash(rows)?))).collect::<Result<_>>()?;
    let mut prints = Prints { draft, runs, full: BTreeMap::new(), lasting: BTreeMap::new(), threshold };
    let mut changed: BTreeMap<String, Task> = BTreeMap::new();
    let mut plan = Plan::default();
    for model in models.in_order() {
        let (all, lasting) = (prints.of(model, false), prints.of(model, true));
        let task = task(model, draft, calendar, &prints, &all, full)?;
        prints.full.insert(model.name.clone(), all);
        prints.lasting.insert(model.name.clone(), lasting);
        match task {
            Some(task) => {
                changed.insert(model.name.clone(), task);
            }
            None => plan.unchanged += usize::from(model.is_mart()),
        }
    }
    let intermediate = |name: &str| models.get(name).is_some_and(|model| !model.is_mart());
    // A mart that changed needs its intermediate tables, and a check those
    // that it reads.
    let marts = models.marts().map(|model| model.name.as_str());
    let mut needed: BTreeSet<&str> = marts.filter(|name| changed.contains_key(*name)).collect();
    let mut ahead: Vec<&str> = needed.iter().copied().collect();
    ahead.extend(
        models
            .in_order()
            .flat_map(|model| model.check_reads.iter().flatten())
            .map(String::as_str)
            .filter(|name| intermediate(name)),
    );
    while let Some(name) = ahead.pop() {
        needed.insert(name);
        // One that is there already needs nothing.
        let made = models.get(name).filter(|_| changed.contains_key(name));
        let reads = made.into_iter().flat_map(|model| &model.reads).map(String::as_str);
        ahead.extend(reads.filter(|table| intermediate(table) && !needed.contains(table)));
    }
    for model in models.in_order().filter(|model| needed.contains(model.name.as_str())) {
        plan.tasks.extend(changed.remove(&model.name));
    }
    let made: BTreeSet<&str> = plan.tasks.iter().map(|task| task.model.name.as_str()).collect();
    let read = plan.tasks.iter().flat_map(|task| task.model.reads.iter());
    let is_there = |table: &str| is_source(table) || models.get(table).is_some_and(Model::is_stored);
    let stored = read.filter(|table| is_there(table) && !made.contains(table.as_str()));
    plan.stored = stored.cloned().collect();
    plan.prints = prints.runs.into_iter().map(|(name, print)| (name.to_owned(), print)).chain(prints.full).collect();
    Ok(plan)
}

/// A hash of rows: of the one file that they would be.
fn content_hash(rows: &RecordBatch) -> Result<String> {
    let content = table::encode(std::slice::from_ref(rows), &rows.schema())?;
    Ok(table::hex(&Sha256::digest(content)))
}

/// What is to be done for a model; none for a mart that is left alone.
fn task(
    model: &Model,
    draft: &Draft,
    calendar: &Calendar,
    prints: &Prints<'_>,
    all: &str,
    full: bool,
) -> Result<Option<Task>> {
    let task = |months| Some(Task { model: Arc::new(model.clone()), fingerprint: all.to_owned(), months });
    if !model.is_stored() {
        return Ok(task(None));
    }
    let table = model.table();
    let Some(incremental) = &model.incremental else {
        let same = draft.fingerprint(&table, WHOLE) == Some(all);
        return Ok(if same && !full { None } else { task(None) });
    };
    let source = draft.table(&table_name(&incremental.source)).ok_or_else(|| Error::internal("a source is gone"))?;
    let lasting = prints.of(model, true);
    let now = month_fingerprints(source, |month| {
        format!("{lasting} {}", calendar.months.get(month).map_or("after the as-of day", String::as_str))
    });
    let every: BTreeSet<String> = now.keys().cloned().collect();
    let is_same = |month: &str, print: &str| !full && draft.fingerprint(&table, month) == Some(print);
    let changed: BTreeMap<String, String> = now.into_iter().filter(|(month, print)| !is_same(month, print)).collect();
    let before: BTreeSet<&str> =
        draft.table(&table).into_iter().flat_map(|state| state.parts.keys().map(String::as_str)).collect();
    let gone = before.iter().any(|month| !every.contains(*month));
    if changed.is_empty() && !gone && draft.table(&table).is_some() {
        return Ok(None);
    }
    let files = source.files.iter().filter(|file| changed.contains_key(&file.part)).cloned().collect();
    let source = TableState { files, ..source.clone() };
    Ok(task(Some(Months { source, changed, all: every })))
}

impl Prints<'_> {
    /// What a model is made from. `lasting` leaves out what is true of this
    /// run only: a model that is computed month by month rests on that of its
    /// month instead, and on the months of its source one by one.
    fn of(&self, model: &Model, lasting: bool) -> String {
        let own = model.incremental.as_ref().filter(|_| lasting).map(|incremental| incremental.source.as_str());
        let reads = model.reads.iter().filter(|table| own != Some(table.as_str())).map(|table| match table.as_str() {
            // The months of the run stand in the fingerprint of each month.
            "run.months" if lasting => String::new(),
            run if run.starts_with("run.") => {
                if lasting && !model.is_stored() {
                    String::new()
                } else {
                    self.runs.get(run).cloned().unwrap_or_default()
                }
            }
            source if is_source(source) => self.draft.content_hash(&table_name(source)),
            other => {
                let prints = if lasting { &self.lasting } else { &self.full };
                prints.get(other).cloned().unwrap_or_default()
            }
        });
        let threshold = model.header.disclosure.as_ref().map(|_| self.threshold.to_string()).unwrap_or_default();
        fingerprint([ENGINE.to_owned(), model.text.clone(), threshold].into_iter().chain(reads))
    }
}
