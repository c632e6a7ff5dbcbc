//! The executors of a scheduler, and a mark for each that is lost.
//!
//! A scheduler of Ballista makes the steps again that an executor had done
//! when it was lost, and what comes of it was seen to be wrong. So a mark is
//! left in the warehouse before it begins to: a run that finds a new mark
//! after a query throws its rows away and makes the query again.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use ballista_core::JobId;
use ballista_core::error::Result as BallistaResult;
use ballista_core::serde::protobuf::ExecutorHeartbeat;
use ballista_core::serde::scheduler::{ExecutorData, ExecutorMetadata};
use ballista_scheduler::cluster::memory::InMemoryClusterState;
use ballista_scheduler::cluster::{BoundTask, ClusterState, ClusterStateEventStream, ExecutorSlot};
use ballista_scheduler::config::TaskDistributionPolicy;
use ballista_scheduler::state::task_manager::JobInfoCache;
use peil_warehouse::storage::Storage;
use peil_warehouse::{Error, Result};

/// The folder of the marks.
const LOST: &str = "_cluster/lost";

/// The marks that there are.
///
/// # Errors
/// [`Error::Storage`] where the store does not answer.
pub(super) async fn marks(warehouse: &Storage) -> Result<BTreeSet<String>> {
    Ok(warehouse.names_in(LOST).await?.into_iter().collect())
}

/// The executors, known as ever.
pub(super) struct Watched {
    known: InMemoryClusterState,
    warehouse: Storage,
}

impl Watched {
    /// No executors yet; marks go to `warehouse`.
    pub fn over(warehouse: &Storage) -> Self {
        Self { known: InMemoryClusterState::default(), warehouse: warehouse.clone() }
    }
}

#[async_trait::async_trait]
impl ClusterState for Watched {
    async fn bind_schedulable_tasks(
        &self,
        distribution: TaskDistributionPolicy,
        active_jobs: Arc<HashMap<JobId, JobInfoCache>>,
        executors: Option<HashSet<String>>,
    ) -> BallistaResult<Vec<BoundTask>> {
        self.known.bind_schedulable_tasks(distribution, active_jobs, executors).await
    }

    async fn unbind_tasks(&self, executor_slots: Vec<ExecutorSlot>) -> BallistaResult<()> {
        self.known.unbind_tasks(executor_slots).await
    }

    async fn register_executor(&self, metadata: ExecutorMetadata, spec: ExecutorData) -> BallistaResult<()> {
        self.known.register_executor(metadata, spec).await
    }

    async fn save_executor_metadata(&self, metadata: ExecutorMetadata) -> BallistaResult<()> {
        self.known.save_executor_metadata(metadata).await
    }

    async fn get_executor_metadata(&self, executor_id: &str) -> BallistaResult<ExecutorMetadata> {
        self.known.get_executor_metadata(executor_id).await
    }

    async fn registered_executor_metadata(&self) -> Vec<ExecutorMetadata> {
        self.known.registered_executor_metadata().await
    }

    async fn save_executor_heartbeat(&self, heartbeat: ExecutorHeartbeat) -> BallistaResult<()> {
        self.known.save_executor_heartbeat(heartbeat).await
    }

    async fn remove_executor(&self, executor_id: &str) -> BallistaResult<()> {
        let mark = self.warehouse.put(&format!("{LOST}/{executor_id}"), executor_id.to_owned().into()).await;
        if let Err(Error::Storage(said) | Error::Internal(said)) = mark {
            // Without a mark nobody would throw away what is wrong.
            eprintln!("the loss of the executor {executor_id} cannot be marked, so this scheduler ends: {said}");
            std::process::abort();
        }
        self.known.remove_executor(executor_id).await
    }

    fn executor_heartbeats(&self) -> HashMap<String, ExecutorHeartbeat> {
        self.known.executor_heartbeats()
    }

    fn get_executor_heartbeat(&self, executor_id: &str) -> Option<ExecutorHeartbeat> {
        self.known.get_executor_heartbeat(executor_id)
    }

    async fn cluster_state_events(&self) -> BallistaResult<ClusterStateEventStream> {
        self.known.cluster_state_events().await
    }
}
