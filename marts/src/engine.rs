//! What computes the queries of models: this process, or a cluster.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use datafusion::catalog::TableProvider;
use datafusion::execution::context::SessionContext;
use peil_warehouse::storage::Storage;
use peil_warehouse::table::{self, TableState};
use peil_warehouse::{Error, Result};

#[cfg(feature = "cluster")]
use crate::cluster::Cluster;
use crate::relation::table_name;
use crate::session::{self, ParquetTable};

/// The folder of tables that only a run on a cluster needs.
const SCRATCH: &str = "_cluster";

/// Files of a table up to so many bytes are read once and kept in memory. Of a
/// larger one each query reads its own columns, which is less.
const SMALL_TABLE: u64 = 1 << 20;

/// Waits between the attempts of a query on a cluster.
const WAITS: [Duration; 4] =
    [Duration::from_secs(1), Duration::from_secs(5), Duration::from_secs(15), Duration::from_secs(30)];

/// What computes the queries of models.
#[derive(Debug, Clone, Default)]
pub enum Engine {
    /// The engine in this process.
    #[default]
    Embedded,
    /// A scheduler and its executors, over the store of the warehouse.
    #[cfg(feature = "cluster")]
    Cluster(Box<Cluster>),
}

impl Engine {
    /// The engine at an address, as `df://scheduler:50050`, whose executors
    /// read `warehouse`.
    ///
    /// # Errors
    /// [`Error::Usage`] where it is no such address, or this program was built
    /// without clusters; [`Error::Storage`] where nobody answers there.
    #[cfg(feature = "cluster")]
    pub async fn at(address: &str, warehouse: &Storage) -> Result<Self> {
        Cluster::at(address, warehouse).await.map(|cluster| Self::Cluster(Box::new(cluster)))
    }

    /// The engine at an address, as `df://scheduler:50050`, whose executors
    /// read `warehouse`.
    ///
    /// # Errors
    /// [`Error::Usage`]: this program was built without clusters.
    #[cfg(not(feature = "cluster"))]
    #[expect(clippy::unused_async, reason = "the other build connects")]
    pub async fn at(address: &str, warehouse: &Storage) -> Result<Self> {
        let _ = (address, warehouse);
        Err(without_clusters())
    }

    fn is_embedded(&self) -> bool {
        matches!(self, Self::Embedded)
    }

    /// The session in which queries over the tables of `session` are made.
    pub(crate) fn over(&self, session: &SessionContext) -> Result<SessionContext> {
        match self {
            Self::Embedded => Ok(session.clone()),
            #[cfg(feature = "cluster")]
            Self::Cluster(cluster) => cluster.over(session),
        }
    }

    /// The executors that were lost, as far as it is known: rows of a query in
    /// which one more is lost are not to be trusted.
    pub(crate) async fn lost(&self) -> Result<BTreeSet<String>> {
        match self {
            Self::Embedded => Ok(BTreeSet::new()),
            #[cfg(feature = "cluster")]
            Self::Cluster(cluster) => cluster.lost().await,
        }
    }

    /// How long to wait before a query that failed is made again, each time:
    /// an executor may be lost with rows that nobody has fetched yet.
    pub(crate) fn waits(&self) -> std::slice::Iter<'static, Duration> {
        match self.is_embedded() {
            true => [].iter(),
            false => WAITS.iter(),
        }
    }

    /// Whether a model is computed a few months at a time, each on one core;
    /// a cluster cuts the work itself.
    pub(crate) fn cuts_months(&self) -> bool {
        self.is_embedded()
    }

    /// A table of the warehouse, for queries: in memory where it is small and
    /// the queries are made here.
    pub(crate) async fn stored(
        &self,
        storage: &Storage,
        relation: &str,
        state: &TableState,
    ) -> Result<Arc<dyn TableProvider>> {
        match self.is_embedded() {
            true => session::stored_table(storage, relation, state, SMALL_TABLE).await,
            false => self.large(storage, relation, state),
        }
    }

    /// A large table of the warehouse, for queries that read it once.
    pub(crate) fn large(
        &self,
        storage: &Storage,
        relation: &str,
        state: &TableState,
    ) -> Result<Arc<dyn TableProvider>> {
        match self.is_embedded() {
            true => ParquetTable::of_views(storage, &table_name(relation), state),
            // Views do not go well from machine to machine.
            false => ParquetTable::of(storage, &table_name(relation), state),
        }
    }

    /// Rows that are at hand, for queries: in memory, or where a cluster can
    /// read them.
    pub(crate) async fn rows(
        &self,
        storage: &Storage,
        schema: &SchemaRef,
        batches: Vec<RecordBatch>,
    ) -> Result<Arc<dyn TableProvider>> {
        let count: usize = batches.iter().map(RecordBatch::num_rows).sum();
        if self.is_embedded() {
            return session::memory_table(schema, batches);
        }
        let mut files = Vec::new();
        if count > 0 {
            let content = table::encode(&batches, schema)?;
            files.push(table::write_file(storage, SCRATCH, "", content, count as u64).await?);
        }
        Ok(Arc::new(ParquetTable::of_files(storage, SCRATCH, schema, files.iter())?))
    }

    /// Clears away what [`Engine::rows`] wrote, in this run or in one that was
    /// cut off.
    pub(crate) async fn clear(&self, storage: &Storage) -> Result<()> {
        if self.is_embedded() {
            return Ok(());
        }
        for object in storage.list(SCRATCH).await? {
            storage.delete(&object.path).await?;
        }
        Ok(())
    }
}

/// What this program says of clusters where it was built without them.
pub fn without_clusters() -> Error {
    Error::usage(
        "this program was built without clusters\nhint: build it with `cargo build --release --features cluster`",
    )
}
