//! The published state in use: every statement sees one, whole.
//!
//! Between statements it is looked whether something else was published; what
//! runs keeps the state that it began with. Small tables are read once and
//! kept in memory for as long as they are published.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use datafusion::catalog::{MemorySchemaProvider, SchemaProvider, Session, TableProvider};
use datafusion::common::Statistics;
use datafusion::datasource::TableType;
use datafusion::error::DataFusionError;
use datafusion::execution::SessionState;
use datafusion::logical_expr::Expr;
use peil_warehouse::Result;
use peil_warehouse::clock::Stopwatch;
use peil_warehouse::publish::Published;
use peil_warehouse::release::{self, Release};
use peil_warehouse::storage::Storage;
use peil_warehouse::table::TableState;
use tokio::sync::OnceCell;

use super::catalogue::Catalogue;
use super::control::lock;
use crate::session::{self, HasSession, ParquetTable, SMALL_TABLE, Scanning, stored_table};

/// How often a store that is far away is asked whether something is new.
const FAR_AWAY: Duration = Duration::from_secs(1);
/// Bytes of answers that are kept for as long as their state.
const KEPT_BYTES: usize = 32 << 20;
/// Bytes of an answer that is kept.
const KEPT_ANSWER_BYTES: usize = 512 << 10;

/// A published state, ready to be queried.
pub struct State {
    /// What is published.
    pub published: Published,
    /// The releases, the first closed first.
    pub releases: Vec<Release>,
    /// What PostgreSQL's clients ask about the tables.
    pub catalogue: Catalogue,
    /// The engine over the tables.
    context: Box<dyn HasSession>,
    tables: BTreeMap<String, Arc<Table>>,
    answers: Mutex<Answers>,
}

/// Answers to queries whose answer follows from the state alone.
#[derive(Default)]
struct Answers {
    bytes: usize,
    by_text: HashMap<String, (SchemaRef, Vec<RecordBatch>)>,
}

impl State {
    /// Opens a state; tables that are as they were in `before` are not read
    /// again.
    ///
    /// # Errors
    /// Where the pointer holds no valid schema.
    pub fn open(
        storage: &Storage,
        published: Published,
        releases: Vec<Release>,
        before: Option<&Self>,
    ) -> Result<Self> {
        let context = session::session(storage)?;
        super::functions::register(&context);
        let mut tables = BTreeMap::new();
        let public = published.tables.iter().filter_map(|(name, state)| {
            let (schema, table) = name.split_once('/')?;
            let public = session::PUBLIC_SCHEMAS.contains(&schema);
            public.then(|| (format!("{schema}.{table}"), storage.clone(), name, state))
        });
        let released = releases.iter().flat_map(|release| {
            let (schema, folder) = (release.schema(), release.storage(storage));
            release.published.tables.iter().filter_map(move |(name, state)| {
                Some((format!("{schema}.{}", name.strip_prefix("marts/")?), folder.clone(), name, state))
            })
        });
        for (relation, storage, name, state) in public.chain(released) {
            let known = before.and_then(|before| before.tables.get(&relation));
            let table = match known.filter(|table| table.name == *name && table.state == *state) {
                Some(table) => Arc::clone(table),
                None => Arc::new(Table::new(&storage, name, state)?),
            };
            tables.insert(relation, table);
        }
        let catalog = context.catalog(session::CATALOG);
        let mut schemas: BTreeMap<&str, Arc<MemorySchemaProvider>> = BTreeMap::new();
        for (relation, table) in &tables {
            let Some((schema, name)) = relation.split_once('.') else { continue };
            let provider = schemas.entry(schema).or_default();
            provider
                .register_table(name.to_owned(), Arc::clone(table) as Arc<dyn TableProvider>)
                .map_err(peil_warehouse::Error::internal)?;
        }
        for (schema, provider) in schemas {
            if let Some(catalog) = &catalog {
                catalog.register_schema(schema, provider).map_err(peil_warehouse::Error::internal)?;
            }
        }
        let described: Vec<(&str, &TableState)> =
            tables.iter().map(|(relation, table)| (relation.as_str(), &table.state)).collect();
        let catalogue = Catalogue::of(&described)?;
        Ok(Self { published, releases, catalogue, context: Box::new(context), tables, answers: Mutex::default() })
    }

    /// The engine over the tables, with what it knows now.
    pub fn engine(&self) -> SessionState {
        self.context.session().state()
    }

    /// The tables, as `schema.table`.
    pub fn relations(&self) -> impl Iterator<Item = &str> {
        self.tables.keys().map(String::as_str)
    }

    /// Whether there is a table `schema.table`.
    pub fn has(&self, relation: &str) -> bool {
        self.tables.contains_key(relation)
    }

    /// What the pointer says of a table `schema.table`.
    pub fn table(&self, relation: &str) -> Option<&TableState> {
        self.tables.get(relation).map(|table| &table.state)
    }

    /// An answer that was given before.
    pub(super) fn answer(&self, text: &str) -> Option<(SchemaRef, Vec<RecordBatch>)> {
        lock(&self.answers).by_text.get(text).cloned()
    }

    /// Keeps an answer, where there is room.
    pub(super) fn keep(&self, text: &str, schema: &SchemaRef, batches: &[RecordBatch]) {
        let bytes = text.len() + batches.iter().map(RecordBatch::get_array_memory_size).sum::<usize>();
        let mut answers = lock(&self.answers);
        if bytes <= KEPT_ANSWER_BYTES && answers.bytes + bytes <= KEPT_BYTES {
            answers.bytes += bytes;
            answers.by_text.insert(text.to_owned(), (Arc::clone(schema), batches.to_vec()));
        }
    }

    /// Rows up to which an answer may be kept.
    pub(super) const KEPT_ROWS: usize = 8_192;
}

/// A table that is read into memory at its first use, where it is small.
#[derive(Debug)]
struct Table {
    storage: Storage,
    name: String,
    state: TableState,
    small: bool,
    parquet: Arc<dyn TableProvider>,
    memory: OnceCell<Arc<dyn TableProvider>>,
}

impl Table {
    fn new(storage: &Storage, name: &str, state: &TableState) -> Result<Self> {
        let small = state.files.iter().map(|file| file.size).sum::<u64>() <= SMALL_TABLE;
        let parquet = ParquetTable::of(storage, name, state)?;
        let (storage, name, state) = (storage.clone(), name.to_owned(), state.clone());
        Ok(Self { storage, name, state, small, parquet, memory: OnceCell::new() })
    }
}

impl TableProvider for Table {
    fn schema(&self) -> SchemaRef {
        self.parquet.schema()
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    // As `async_trait` writes it, but that the future does not hold the
    // filters: they stay above the scan, and see the scan of `ParquetTable`.
    fn scan<'a, 'b, 'c, 'd, 'e>(
        &'a self,
        state: &'b dyn Session,
        projection: Option<&'c Vec<usize>>,
        _: &'d [Expr],
        limit: Option<usize>,
    ) -> Scanning<'e>
    where
        'a: 'e,
        'b: 'e,
        'c: 'e,
        'd: 'e,
    {
        if !self.small {
            return self.parquet.scan(state, projection, &[], limit);
        }
        Box::pin(async move {
            let read = || async {
                let relation = self.name.replacen('/', ".", 1);
                stored_table(&self.storage, &relation, &self.state, SMALL_TABLE).await
            };
            let memory = self.memory.get_or_try_init(read).await;
            let memory = memory.map_err(|error| DataFusionError::External(Box::new(error)))?;
            let scanning = memory.scan(state, projection, &[], limit);
            scanning.await
        })
    }

    fn statistics(&self) -> Option<Statistics> {
        self.parquet.statistics()
    }
}

/// Follows what is published.
pub struct Watch {
    storage: Storage,
    current: tokio::sync::Mutex<Current>,
    latest: Mutex<Option<(Arc<State>, Mark)>>,
}

#[derive(Default)]
struct Current {
    asked: Option<Stopwatch>,
}

/// What tells one publication from the next without reading it.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Mark {
    File { changed: Option<std::time::SystemTime>, size: u64, file: u64 },
    Etag(Option<String>),
}

impl Watch {
    /// Follows what is published in a warehouse.
    pub fn new(storage: &Storage) -> Self {
        Self { storage: storage.clone(), current: tokio::sync::Mutex::default(), latest: Mutex::default() }
    }

    /// What is published now.
    ///
    /// # Errors
    /// Where the pointer cannot be read.
    pub async fn state(&self) -> Result<Arc<State>> {
        let file = self.file_mark();
        if let (Some((state, mark)), Some(file)) = (&*lock(&self.latest), &file)
            && mark == file
        {
            return Ok(Arc::clone(state));
        }
        let mut current = self.current.lock().await;
        let latest = lock(&self.latest).clone();
        let far = file.is_none();
        let just_asked = far && current.asked.is_some_and(|asked| asked.seconds() < FAR_AWAY.as_secs_f64());
        if let (Some((state, _)), true) = (&latest, just_asked) {
            return Ok(Arc::clone(state));
        }
        let mark = match file {
            Some(mark) => mark,
            None => Mark::Etag(self.storage.etag("published.json").await?),
        };
        current.asked = Some(Stopwatch::start());
        if let Some((state, known)) = &latest
            && *known == mark
            && mark != Mark::Etag(None)
        {
            return Ok(Arc::clone(state));
        }
        let published = Published::read(&self.storage).await?;
        let before = latest.as_ref().map(|(state, _)| state.as_ref());
        let releases = release::all(&self.storage).await?;
        let state = Arc::new(State::open(&self.storage, published, releases, before)?);
        *lock(&self.latest) = Some((Arc::clone(&state), mark));
        Ok(state)
    }

    #[cfg(unix)]
    fn file_mark(&self) -> Option<Mark> {
        use std::os::unix::fs::MetadataExt;
        let path = self.storage.local_path("published.json")?;
        let found = std::fs::metadata(path).ok();
        let (changed, size, file) =
            found.map_or((None, 0, 0), |found| (found.modified().ok(), found.len(), found.ino()));
        Some(Mark::File { changed, size, file })
    }

    #[cfg(not(unix))]
    fn file_mark(&self) -> Option<Mark> {
        let found = std::fs::metadata(self.storage.local_path("published.json")?).ok();
        let (changed, size) = found.map_or((None, 0), |found| (found.modified().ok(), found.len()));
        Some(Mark::File { changed, size, file: 0 })
    }
}
