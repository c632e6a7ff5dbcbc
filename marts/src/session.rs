//! Sessions of the query engine over the tables of the warehouse.
//!
//! A table is read from exactly the files that the pointer names, with the
//! columns that it documents; nothing is listed and nothing is guessed from
//! file contents. Filters stay above the scan; only checks ask for what
//! statistics of row groups tell.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, FieldRef, Schema, SchemaRef};
use datafusion::catalog::{CatalogProvider, MemTable, MemorySchemaProvider, SchemaProvider, Session, TableProvider};
use datafusion::common::stats::Precision;
use datafusion::common::{ColumnStatistics, DFSchema, Statistics};
use datafusion::dataframe::DataFrame;
use datafusion::datasource::TableType;
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::physical_plan::parquet::{CachedParquetFileReaderFactory, ParquetAccessPlan};
use datafusion::datasource::physical_plan::{FileGroup, FileScanConfigBuilder, ParquetSource};
use datafusion::datasource::source::DataSourceExec;
use datafusion::error::Result as EngineResult;
use datafusion::execution::context::{SQLOptions, SessionConfig, SessionContext};
use datafusion::execution::memory_pool::{FairSpillPool, MemoryLimit};
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::execution::runtime_env::{RuntimeEnv, RuntimeEnvBuilder};
use datafusion::logical_expr::utils::conjunction;
use datafusion::logical_expr::{Expr, TableProviderFilterPushDown};
use datafusion::physical_plan::ExecutionPlan;
use futures::future::BoxFuture;
use object_store::ObjectMeta;
use peil_warehouse::memory::Memory;
use peil_warehouse::publish::Published;
use peil_warehouse::release::Release;
use peil_warehouse::storage::Storage;
use peil_warehouse::table::{self, Bundle, DataFile, TableState};
use peil_warehouse::{Error, Result};

use crate::relation::{plain, table_name};

/// Name of the catalog; readers need not write it.
pub(crate) const CATALOG: &str = "peil";
/// The name under which the engine knows the warehouse's store.
pub(crate) const STORE: &str = "peil://warehouse";
/// Cores that a reader's query uses.
pub(crate) const PARTITIONS: usize = 2;
/// Files of a table up to so many bytes are read once and kept in memory, for
/// readers who ask again and again.
pub(crate) const SMALL_TABLE: u64 = 16 << 20;
/// Bytes at the end of a file that are asked for at once: they hold the footer
/// of all but the largest files.
const FOOTER: usize = 16 << 10;
/// Schemas of the warehouse that readers see.
pub(crate) const PUBLIC_SCHEMAS: [&str; 2] = ["marts", "ops"];

/// A session in which a reader can query what is published: schemas `marts`
/// (the default) and `ops`, and one more for each of `releases`. Query it through [`query`], which changes nothing.
///
/// # Errors
/// [`Error::Storage`] where the pointer holds no valid schema.
pub async fn open_session(storage: &Storage, published: &Published, releases: &[Release]) -> Result<SessionContext> {
    let session = session(storage)?;
    for (name, state) in &published.tables {
        if let Some((schema, table)) = name.split_once('/').filter(|(schema, _)| PUBLIC_SCHEMAS.contains(schema)) {
            register(&session, &format!("{schema}.{table}"), ParquetTable::of(storage, name, state)?)?;
        }
    }
    for release in releases {
        let (schema, folder) = (release.schema(), release.storage(storage));
        for (name, state) in &release.published.tables {
            if let Some(table) = name.strip_prefix("marts/") {
                register(&session, &format!("{schema}.{table}"), ParquetTable::of(&folder, name, state)?)?;
            }
        }
    }
    Ok(session)
}

/// A query that can only read.
///
/// # Errors
/// [`Error::Usage`] where it is no query, or one that the engine cannot plan.
pub async fn query(session: &SessionContext, sql: &str) -> Result<DataFrame> {
    let options = SQLOptions::new().with_allow_ddl(false).with_allow_dml(false).with_allow_statements(false);
    session.sql_with_options(sql, options).await.map_err(|error| Error::usage(plain(&error)))
}

/// A session without tables.
pub(crate) fn session(storage: &Storage) -> Result<SessionContext> {
    Ok(session_in(&runtime(storage, Memory::default())?, PARTITIONS))
}

/// A session that plans and reads nothing.
pub(crate) fn empty() -> SessionContext {
    SessionContext::new_with_config(config(1))
}

/// What the queries of a run share: the warehouse's store, memory, and the
/// disk for what does not fit it.
pub(crate) fn runtime(storage: &Storage, memory: Memory) -> Result<Arc<RuntimeEnv>> {
    let mut builder = RuntimeEnvBuilder::new();
    if let Some(bytes) = memory.pool_bytes() {
        builder = builder.with_memory_pool(Arc::new(FairSpillPool::new(bytes)));
    }
    let runtime = builder.build_arc().map_err(Error::internal)?;
    let url = ObjectStoreUrl::parse(STORE).map_err(Error::internal)?;
    runtime.register_object_store(url.as_ref(), storage.object_store());
    Ok(runtime)
}

/// A session without tables, whose queries use so many cores.
pub(crate) fn session_in(runtime: &Arc<RuntimeEnv>, cores: usize) -> SessionContext {
    let mut config = config(cores);
    if let MemoryLimit::Finite(_) = runtime.memory_pool.memory_limit() {
        // What each sort sets aside for merging what it wrote to disk.
        config.options_mut().execution.sort_spill_reservation_bytes = 1 << 20;
    }
    SessionContext::new_with_config_rt(config, Arc::clone(runtime))
}

pub(crate) fn config(cores: usize) -> SessionConfig {
    let mut config = SessionConfig::new()
        .with_target_partitions(cores)
        .with_information_schema(true)
        .with_create_default_catalog_and_schema(true)
        .with_default_catalog_and_schema(CATALOG, "marts");
    let options = config.options_mut();
    // Text has one type everywhere, in memory as in the files.
    options.sql_parser.map_string_types_to_utf8view = false;
    config
}

/// Registers a table under `schema.table`, over what was there.
pub(crate) fn register(session: &SessionContext, relation: &str, provider: Arc<dyn TableProvider>) -> Result<()> {
    let (schema, table) =
        relation.split_once('.').ok_or_else(|| Error::internal(format!("`{relation}` has no schema")))?;
    let catalog: Arc<dyn CatalogProvider> =
        session.catalog(CATALOG).ok_or_else(|| Error::internal("there is no catalog"))?;
    let tables: Arc<dyn SchemaProvider> = match catalog.schema(schema) {
        Some(tables) => tables,
        None => {
            let tables: Arc<dyn SchemaProvider> = Arc::new(MemorySchemaProvider::new());
            catalog.register_schema(schema, Arc::clone(&tables)).map_err(Error::internal)?;
            tables
        }
    };
    tables.deregister_table(table).map_err(Error::internal)?;
    tables.register_table(table.to_owned(), provider).map_err(Error::internal)?;
    Ok(())
}

/// Whether there is a table `schema.table`.
pub(crate) fn is_registered(session: &SessionContext, relation: &str) -> bool {
    let (schema, table) = relation.split_once('.').unwrap_or(("marts", relation));
    session.catalog(CATALOG).and_then(|catalog| catalog.schema(schema)).is_some_and(|tables| tables.table_exist(table))
}

/// A table of rows in memory.
pub(crate) fn memory_table(schema: &SchemaRef, batches: Vec<RecordBatch>) -> Result<Arc<dyn TableProvider>> {
    let schema = without_metadata(schema);
    let batches = batches
        .into_iter()
        .map(|batch| RecordBatch::try_new(Arc::clone(&schema), batch.columns().to_vec()))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(Arc::new(MemTable::try_new(schema, vec![batches]).map_err(Error::internal)?))
}

/// A table of the warehouse: in memory where its files are up to `small` bytes.
pub(crate) async fn stored_table(
    storage: &Storage,
    relation: &str,
    state: &TableState,
    small: u64,
) -> Result<Arc<dyn TableProvider>> {
    let name = table_name(relation);
    if state.files.iter().map(|file| file.size).sum::<u64>() > small {
        return ParquetTable::of_views(storage, &name, state);
    }
    memory_table(&state.arrow_schema()?, table::read_batches(storage, &name, state, None).await?)
}

/// Documentation of columns is no part of their type.
fn without_metadata(schema: &SchemaRef) -> SchemaRef {
    let fields = schema.fields().iter().map(|field| field.as_ref().clone().with_metadata(Default::default()));
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
}

/// Columns whose texts are views: rows are grouped, compared and joined without
/// copying them.
fn views(schema: &SchemaRef) -> SchemaRef {
    let view = |field: &FieldRef| match field.data_type() {
        DataType::Utf8 => Arc::new(field.as_ref().clone().with_data_type(DataType::Utf8View)),
        _ => Arc::clone(field),
    };
    Arc::new(Schema::new(schema.fields().iter().map(view).collect::<Vec<_>>()))
}

/// A scan that is being planned.
pub(crate) type Scanning<'a> = BoxFuture<'a, EngineResult<Arc<dyn ExecutionPlan>>>;

/// What holds a session. That a session may go from thread to thread is proved
/// through every kind of plan and expression, for each future that holds one:
/// behind this trait it is proved once.
pub(crate) trait HasSession: Send + Sync {
    /// The session.
    fn session(&self) -> &SessionContext;
}

impl HasSession for SessionContext {
    fn session(&self) -> &SessionContext {
        self
    }
}

/// A table that is read from given Parquet files.
#[derive(Debug)]
pub(crate) struct ParquetTable {
    schema: SchemaRef,
    files: Vec<PartitionedFile>,
    rows: usize,
    bytes: usize,
    prunes: bool,
}

impl ParquetTable {
    /// The whole of a table.
    pub(crate) fn of(storage: &Storage, name: &str, state: &TableState) -> Result<Arc<dyn TableProvider>> {
        Ok(Arc::new(Self::of_files(storage, name, &state.arrow_schema()?, state.files.iter())?))
    }

    /// The whole of a large table, its texts as views.
    pub(crate) fn of_views(storage: &Storage, name: &str, state: &TableState) -> Result<Arc<dyn TableProvider>> {
        Ok(Arc::new(Self::of_files(storage, name, &views(&state.arrow_schema()?), state.files.iter())?))
    }

    /// Some files of a table, its texts as views, of which row groups are left
    /// out where their statistics tell that no row is asked for.
    pub(crate) fn pruned<'a>(
        storage: &Storage,
        name: &str,
        state: &TableState,
        files: impl Iterator<Item = &'a DataFile>,
    ) -> Result<Arc<dyn TableProvider>> {
        let table = Self::of_files(storage, name, &views(&state.arrow_schema()?), files)?;
        Ok(Arc::new(Self { prunes: true, ..table }))
    }

    /// Some files of a table.
    pub(crate) fn of_files<'a>(
        storage: &Storage,
        name: &str,
        schema: &SchemaRef,
        files: impl Iterator<Item = &'a DataFile>,
    ) -> Result<Self> {
        let (mut rows, mut bytes) = (0, 0);
        let mut objects: Vec<(&DataFile, Vec<usize>)> = Vec::new();
        let mut places: BTreeMap<&str, usize> = BTreeMap::new();
        for file in files {
            rows += file.rows as usize;
            bytes += file.size as usize;
            let place = *places.entry(file.stored_at().path).or_insert(objects.len());
            if place == objects.len() {
                objects.push((file, Vec::new()));
            }
            objects[place].1.extend(file.bundle.iter().flat_map(Bundle::numbers));
        }
        let files = objects.into_iter().map(|(file, groups)| partitioned(storage, name, file, &groups)).collect();
        Ok(Self { schema: without_metadata(schema), files, rows, bytes, prunes: false })
    }

    /// A table of objects of the store, by path and bytes.
    #[cfg(feature = "cluster")]
    pub(crate) fn of_objects(
        schema: SchemaRef,
        objects: impl Iterator<Item = (object_store::path::Path, u64)>,
        rows: usize,
        bytes: usize,
    ) -> Self {
        let files = objects.map(|(location, size)| {
            PartitionedFile::from(ObjectMeta {
                location,
                last_modified: Default::default(),
                size,
                e_tag: None,
                version: None,
            })
        });
        Self { schema, files: files.collect(), rows, bytes, prunes: false }
    }

    /// Path and bytes of each object that it is read from; none where not all
    /// of an object is the table's.
    #[cfg(feature = "cluster")]
    pub(crate) fn objects(&self) -> Option<impl Iterator<Item = (&object_store::path::Path, u64)>> {
        let whole = self.files.iter().all(|file| file.extension::<ParquetAccessPlan>().is_none());
        whole.then(|| self.files.iter().map(|file| (&file.object_meta.location, file.object_meta.size)))
    }

    /// Rows and bytes.
    #[cfg(feature = "cluster")]
    pub(crate) fn extent(&self) -> (usize, usize) {
        (self.rows, self.bytes)
    }

    fn scanned(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> EngineResult<Arc<dyn ExecutionPlan>> {
        let groups = state.config().target_partitions().clamp(1, self.files.len().max(1));
        let mut shared: Vec<Vec<PartitionedFile>> = vec![Vec::new(); groups];
        for (number, file) in self.files.iter().enumerate() {
            shared[number % groups].push(file.clone());
        }
        let url = ObjectStoreUrl::parse(STORE)?;
        // No file of a warehouse has an index of pages, or bloom filters.
        let mut source = ParquetSource::new(Arc::clone(&self.schema))
            .with_metadata_size_hint(FOOTER)
            .with_enable_page_index(false)
            .with_bloom_filter_on_read(false);
        // Footers that a query read are there for the next: files are named by
        // their content. A cluster's executors read them by themselves.
        let runtime = state.runtime_env();
        if let Ok(store) = runtime.object_store(&url) {
            let footers = runtime.cache_manager.get_file_metadata_cache();
            let factory = CachedParquetFileReaderFactory::new(store, footers);
            source = source.with_parquet_file_reader_factory(Arc::new(factory));
        }
        if let Some(asked) = conjunction(filters.iter().cloned()) {
            let columns = DFSchema::try_from(Arc::clone(&self.schema))?;
            source = source.with_predicate(state.create_physical_expr(asked, &columns)?);
        }
        let config = FileScanConfigBuilder::new(url, Arc::new(source))
            .with_file_groups(shared.into_iter().map(FileGroup::new).collect())
            .with_statistics(self.known())
            .with_projection_indices(projection.cloned())?
            .with_limit(limit)
            .build();
        Ok(DataSourceExec::from_data_source(config))
    }

    fn known(&self) -> Statistics {
        Statistics {
            num_rows: Precision::Exact(self.rows),
            total_byte_size: Precision::Inexact(self.bytes),
            column_statistics: vec![ColumnStatistics::new_unknown(); self.schema.fields().len()],
        }
    }
}

/// The object in which a file lies; of a bundle, those row groups.
fn partitioned(storage: &Storage, name: &str, file: &DataFile, groups: &[usize]) -> PartitionedFile {
    let stored = file.stored_at();
    let object = PartitionedFile::from(ObjectMeta {
        location: storage.object_path(&format!("{name}/{}", stored.path)),
        last_modified: Default::default(),
        size: stored.size,
        e_tag: None,
        version: None,
    });
    match &file.bundle {
        Some(bundle) if groups.len() < bundle.of as usize => {
            let mut plan = ParquetAccessPlan::new_none(bundle.of as usize);
            groups.iter().for_each(|group| plan.scan(*group));
            object.with_extension(plan)
        }
        _ => object,
    }
}

impl TableProvider for ParquetTable {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    // As `async_trait` writes it. There is nothing to wait for, and a future
    // that holds the filters would be proved sendable through every kind of
    // expression, which takes the compiler seconds.
    fn scan<'a, 'b, 'c, 'd, 'e>(
        &'a self,
        state: &'b dyn Session,
        projection: Option<&'c Vec<usize>>,
        filters: &'d [Expr],
        limit: Option<usize>,
    ) -> Scanning<'e>
    where
        'a: 'e,
        'b: 'e,
        'c: 'e,
        'd: 'e,
    {
        Box::pin(std::future::ready(self.scanned(state, projection, filters, limit)))
    }

    fn supports_filters_pushdown(&self, filters: &[&Expr]) -> EngineResult<Vec<TableProviderFilterPushDown>> {
        // The rows that are left are looked at above the scan in any case.
        let one =
            if self.prunes { TableProviderFilterPushDown::Inexact } else { TableProviderFilterPushDown::Unsupported };
        Ok(vec![one; filters.len()])
    }

    fn statistics(&self) -> Option<Statistics> {
        Some(self.known())
    }
}
