//! Runs the models that changed, each after those that it reads.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

use arrow::array::{Array, RecordBatch, StringArray};
use arrow::compute::concat_batches;
use arrow::datatypes::SchemaRef;
use datafusion::execution::context::SessionContext;
use datafusion::execution::runtime_env::RuntimeEnv;
use peil_warehouse::memory::Memory;
use peil_warehouse::publish::Draft;
use peil_warehouse::storage::Storage;
use peil_warehouse::table::{self, DataFile, TableSpec, TableState, fingerprint};
use peil_warehouse::{Error, Result};
use tokio::task::JoinSet;

use crate::check::Finding;
use crate::disclosure::HiddenBefore;
use crate::engine::Engine;
use crate::finish::{self, Finished};
use crate::model::{Model, Severity};
use crate::quality::{MARTS, UNIQUE_KEY};
use crate::relation::{plain, table_name};
use crate::session;

/// Models that run at the same time.
const CONCURRENCY: usize = 3;
/// Batches of months of a model that run at the same time.
const CONCURRENT_BATCHES: usize = 2;
/// Batches into which a large source is cut at least.
const LEAST_BATCHES: u64 = 4;
/// Rows of a batch: fewer are not worth a query of their own, more take up
/// too much memory.
const SMALL_BATCH: u64 = 250_000;
/// See [`SMALL_BATCH`].
const LARGE_BATCH: u64 = 2_000_000;
/// The part of a mart that is computed as a whole.
pub(crate) const WHOLE: &str = "";

/// What all models of a run are computed on and with.
#[derive(Debug, Clone)]
pub(crate) struct Ground {
    /// What computes their queries.
    pub engine: Engine,
    /// What queries hold in memory, and where they write what does not fit.
    pub runtime: Arc<RuntimeEnv>,
    /// How much memory the run may take.
    pub memory: Memory,
    /// Counts of fewer persons are not shown.
    pub threshold: u32,
    /// Cells that releases hide.
    pub hidden: Arc<HiddenBefore>,
}

/// What is to be done for a model.
#[derive(Debug, Clone)]
pub(crate) struct Task {
    pub model: Arc<Model>,
    /// What the whole is made from.
    pub fingerprint: String,
    /// For a model that is computed month by month: what each month is made
    /// from, and of which files of the source.
    pub months: Option<Months>,
}

/// The months of an incremental model.
#[derive(Debug, Clone)]
pub(crate) struct Months {
    /// The source, restricted to the months that changed.
    pub source: TableState,
    /// What each changed month is made from.
    pub changed: BTreeMap<String, String>,
    /// Every month of the source.
    pub all: BTreeSet<String>,
}

/// A part of a table that was computed.
#[derive(Debug)]
struct Part {
    name: String,
    fingerprint: String,
    files: Vec<DataFile>,
}

/// A model that has run.
#[derive(Debug)]
struct Done {
    name: String,
    schema: SchemaRef,
    rows: Vec<RecordBatch>,
    /// None for a table of this run only.
    stored: Option<Stored>,
}

/// What a model that has run left in the warehouse.
#[derive(Debug)]
struct Stored {
    spec: TableSpec,
    parts: Vec<Part>,
    /// The parts that the table has now, these and those left alone.
    all: BTreeSet<String>,
    /// What the check of its key found.
    key: Option<Finding>,
}

/// Runs tasks, which are in an order in which each comes after those that it
/// reads; sets what they made in the draft. Gives rows written and what the
/// check of each key found.
pub(crate) async fn build(
    session: &SessionContext,
    draft: &mut Draft,
    tasks: Vec<Task>,
    ground: &Ground,
    done: &(dyn Fn(&str) + Sync),
) -> Result<(u64, Vec<Finding>)> {
    let mut waiting: Vec<Task> = tasks;
    let mut unfinished: BTreeSet<String> = waiting.iter().map(|task| task.model.name.clone()).collect();
    let mut running = JoinSet::new();
    let (mut rows, mut findings) = (0, Vec::new());
    while !unfinished.is_empty() {
        while running.len() < ground.memory.at_once(CONCURRENCY) {
            let ready =
                waiting.iter().position(|task| task.model.reads.iter().all(|table| !unfinished.contains(table)));
            let Some(ready) = ready else { break };
            let task = waiting.remove(ready);
            let (session, storage, ground) = (session.clone(), draft.storage().clone(), ground.clone());
            running.spawn(async move { run(&session, &storage, task, &ground).await });
        }
        let Some(finished) = running.join_next().await else {
            return Err(Error::internal("models wait for each other"));
        };
        let finished = finished.map_err(Error::internal)??;
        unfinished.remove(&finished.name);
        done(&finished.name);
        rows += finished.rows.iter().map(|batch| batch.num_rows() as u64).sum::<u64>();
        let mut is_whole = true;
        if let Some(stored) = finished.stored {
            is_whole = stored.all.contains(WHOLE);
            findings.extend(stored.key);
            set(draft, &stored.spec, stored.parts, &stored.all)?;
        }
        let table = match draft.table(&table_name(&finished.name)) {
            Some(state) if !is_whole => ground.engine.stored(draft.storage(), &finished.name, state).await?,
            _ => ground.engine.rows(draft.storage(), &finished.schema, finished.rows).await?,
        };
        session::register(session, &finished.name, table)?;
    }
    findings.sort_by(|a, b| a.mart.cmp(&b.mart));
    Ok((rows, findings))
}

/// Sets the parts of a table in the draft, and removes those that it has no
/// longer.
fn set(draft: &mut Draft, spec: &TableSpec, parts: Vec<Part>, all: &BTreeSet<String>) -> Result<()> {
    draft.declare(spec)?;
    let before: Vec<String> =
        draft.table(&spec.name).into_iter().flat_map(|state| state.parts.keys().cloned()).collect();
    for part in before.iter().filter(|part| !all.contains(*part)) {
        draft.remove_part(&spec.name, part)?;
    }
    for part in parts {
        draft.set_part(&spec.name, &part.name, part.fingerprint, part.files)?;
    }
    Ok(())
}

async fn run(session: &SessionContext, storage: &Storage, task: Task, ground: &Ground) -> Result<Done> {
    let model = &task.model;
    let (returned, batches) = match (&task.months, &model.incremental) {
        (Some(months), Some(incremental)) => {
            by_batches(ground, session, storage, model, &incremental.source, months).await?
        }
        _ => query(&ground.engine, session, model).await?,
    };
    if !model.is_stored() {
        finish::check_columns(model, &returned)?;
        let schema = batches.first().map_or(returned, RecordBatch::schema);
        return Ok(Done { name: model.name.clone(), schema, rows: batches, stored: None });
    }
    let spec = finish::table_spec(model, &returned)?;
    let returned = batches.first().map_or(returned, RecordBatch::schema);
    let Finished { rows, wrong_keys, examples } =
        finish::finish(model, &spec, &returned, &batches, ground.threshold, &ground.hidden)?;
    let key = Finding {
        check: UNIQUE_KEY.into(),
        layer: MARTS,
        mart: model.table().trim_start_matches("marts/").to_owned(),
        severity: Severity::Error,
        rows: wrong_keys,
        examples,
        known: None,
        input: None,
    };
    // That of an intermediate table is told of where it is wrong.
    let key = Some(key).filter(|key| model.is_mart() || key.rows > 0);
    let (split, all) = match (&task.months, &model.incremental) {
        (Some(months), Some(incremental)) => (by_month(model, &rows, &incremental.column, months)?, months.all.clone()),
        _ => (vec![(WHOLE.to_owned(), task.fingerprint.clone(), rows.clone())], BTreeSet::from([WHOLE.to_owned()])),
    };
    let mut parts = Vec::new();
    for (name, fingerprint, rows) in split {
        let files = match rows.num_rows() {
            0 => Vec::new(),
            count => {
                let content = table::encode(&[rows], &spec.schema)?;
                vec![table::write_file(storage, &spec.name, &name, content, count as u64).await?]
            }
        };
        parts.push(Part { name, fingerprint, files });
    }
    let stored = Stored { spec, parts, all, key };
    Ok(Done { name: model.name.clone(), schema: rows.schema(), rows: vec![rows], stored: Some(stored) })
}

/// What the query of a model returns.
async fn query(engine: &Engine, session: &SessionContext, model: &Model) -> Result<(SchemaRef, Vec<RecordBatch>)> {
    let wrong = |error| Error::usage(format!("{}: {}", model.place, plain(&error)));
    let mut waits = engine.waits();
    loop {
        let frame = engine.over(session)?.sql(&model.sql).await.map_err(wrong)?;
        let returned: SchemaRef = Arc::new(frame.schema().as_arrow().clone());
        let lost = engine.lost().await?;
        let rows = frame.collect().await;
        let lost = engine.lost().await? != lost;
        match (rows, waits.next()) {
            (Ok(rows), _) if !lost => return Ok((returned, rows)),
            (_, Some(wait)) => tokio::time::sleep(*wait).await,
            (Err(error), None) => return Err(wrong(error)),
            (Ok(_), None) => {
                return Err(Error::storage("the cluster loses its executors again and again: run without --engine"));
            }
        }
    }
}

/// What the query of a model returns that is computed month by month: a few
/// months at a time, each batch on one core, so that rows need not be handed
/// from core to core and what is in memory is bounded.
async fn by_batches(
    ground: &Ground,
    session: &SessionContext,
    storage: &Storage,
    model: &Arc<Model>,
    source: &str,
    months: &Months,
) -> Result<(SchemaRef, Vec<RecordBatch>)> {
    let engine = &ground.engine;
    let cut = if engine.cuts_months() { batches(&months.source, ground.memory) } else { vec![months.source.clone()] };
    let mut left = cut.into_iter().enumerate();
    let mut running = JoinSet::new();
    let mut returned = BTreeMap::new();
    loop {
        while running.len() < ground.memory.at_once(CONCURRENT_BATCHES) {
            let Some((number, state)) = left.next() else { break };
            let own = restricted(ground, session, storage, model, source, &state).await?;
            let (engine, model) = (engine.clone(), Arc::clone(model));
            running.spawn(async move { (number, query(&engine, &own, &model).await) });
        }
        let Some(finished) = running.join_next().await else { break };
        let (number, rows) = finished.map_err(Error::internal)?;
        returned.insert(number, rows?);
    }
    let mut all = returned.into_values();
    let (schema, mut rows) = all.next().ok_or_else(|| Error::internal("a model without a batch"))?;
    all.for_each(|(_, more)| rows.extend(more));
    Ok((schema, rows))
}

/// The months of a source, some at a time; at least one batch.
fn batches(source: &TableState, memory: Memory) -> Vec<TableState> {
    let most = (source.rows() / LEAST_BATCHES).clamp(SMALL_BATCH, memory.rows(LARGE_BATCH));
    let mut batches: Vec<TableState> = Vec::new();
    for month in source.files.chunk_by(|one, other| one.part == other.part) {
        let rows: u64 = month.iter().map(|file| file.rows).sum();
        match batches.last_mut() {
            Some(batch) if batch.rows() + rows <= most => batch.files.extend_from_slice(month),
            _ => batches.push(TableState { files: month.to_vec(), ..source.clone() }),
        }
    }
    if batches.is_empty() {
        batches.push(source.clone());
    }
    batches
}

/// A session in which one source holds only the months that changed.
async fn restricted(
    ground: &Ground,
    session: &SessionContext,
    storage: &Storage,
    model: &Model,
    source: &str,
    state: &TableState,
) -> Result<SessionContext> {
    let own = session::session_in(&ground.runtime, 1);
    for table in model.reads.iter().filter(|table| *table != source) {
        let provider = session.table_provider(table.as_str()).await.map_err(Error::internal)?;
        session::register(&own, table, provider)?;
    }
    session::register(&own, source, ground.engine.large(storage, source, state)?)?;
    Ok(own)
}

/// Rows split by month, a part for each month that changed.
fn by_month(
    model: &Model,
    rows: &RecordBatch,
    column: &str,
    months: &Months,
) -> Result<Vec<(String, String, RecordBatch)>> {
    let values = rows.column_by_name(column).and_then(|values| values.as_any().downcast_ref::<StringArray>());
    let Some(values) = values else {
        return Err(Error::usage(format!(
            "{}: `incremental:` names `{column}`, which is no text column of the table",
            model.place
        )));
    };
    let mut stretches: BTreeMap<&str, Vec<Range<usize>>> = BTreeMap::new();
    let mut start = 0;
    while start < rows.num_rows() {
        let month = values.is_valid(start).then(|| values.value(start));
        let is_same = |row: &usize| values.is_valid(*row) == month.is_some() && Some(values.value(*row)) == month;
        let end = (start + 1..rows.num_rows()).find(|row| !is_same(row)).unwrap_or(rows.num_rows());
        match month.filter(|month| months.changed.contains_key(*month)) {
            Some(month) => stretches.entry(month).or_default().push(start..end),
            None => {
                return Err(Error::usage(format!(
                    "{}: computed month by month, the query returns rows of other months than those it was given: take `{column}` from the source",
                    model.place
                )));
            }
        }
        start = end;
    }
    let part = |month: &str| {
        let slices: Vec<RecordBatch> = stretches
            .get(month)
            .into_iter()
            .flatten()
            .map(|stretch| rows.slice(stretch.start, stretch.len()))
            .collect();
        concat_batches(&rows.schema(), &slices)
    };
    months.changed.iter().map(|(month, print)| Ok((month.clone(), print.clone(), part(month)?))).collect()
}

/// What each month of an incremental model is made from: its files in the
/// source, and what `others` says of the month.
pub(crate) fn month_fingerprints(source: &TableState, others: impl Fn(&str) -> String) -> BTreeMap<String, String> {
    let months: BTreeSet<&str> = source.files.iter().map(|file| file.part.as_str()).collect();
    let print = |month: &str| {
        let files = source.part_files(month).map(|file| file.path.clone());
        fingerprint(files.chain([others(month)]))
    };
    months.into_iter().map(|month| (month.to_owned(), print(month))).collect()
}
