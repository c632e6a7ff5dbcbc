//! The two sides of a cluster: a scheduler, and executors that do the work.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use ballista_core::config::TaskSchedulingPolicy;
use ballista_core::extension::SessionConfigExt;
use ballista_core::utils::{default_config_producer, default_session_builder};
use ballista_core::{ConfigProducer, RuntimeProducer};
use ballista_executor::executor_process::{ExecutorProcessConfig, start_executor_process};
use ballista_scheduler::cluster::BallistaCluster;
use ballista_scheduler::cluster::memory::InMemoryJobState;
use ballista_scheduler::config::SchedulerConfig;
use ballista_scheduler::scheduler_process::start_server;
use datafusion::error::Result as EngineResult;
use datafusion::execution::context::SessionConfig;
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::execution::session_state::{SessionState, SessionStateBuilder};
use peil_warehouse::storage::Storage;
use peil_warehouse::{Error, Result};

use super::codec::TableCodec;
use super::union::PartUnions;
use super::watched::Watched;
use super::{MESSAGE_BYTES, host_and_port};
use crate::session::STORE;

/// How often an executor gives a sign of life, in seconds.
const SIGN_SECONDS: u64 = 1;
/// How often a scheduler looks whether executors are alive, in seconds.
const LOOK_SECONDS: u64 = 2;
/// Failures of a task or a step with which its query fails: the run makes the
/// query again, which is surer than making a part of it again.
const MOST_FAILURES: usize = 1;

/// How a scheduler is started.
#[derive(Debug, Clone)]
pub struct SchedulerOptions {
    /// Where it answers.
    pub listen: SocketAddr,
    /// Seconds of silence after which an executor counts as lost, and its
    /// work goes to others.
    pub lost_after_seconds: u64,
}

/// How an executor is started.
#[derive(Debug, Clone)]
pub struct ExecutorOptions {
    /// Its scheduler, as `df://host:port`.
    pub scheduler: String,
    /// Where it hands on rows; the next port takes orders.
    pub listen: SocketAddr,
    /// The name under which others reach it, where it is not that address.
    pub host: Option<String>,
    /// Tasks at the same time.
    pub cores: usize,
    /// Bytes for all tasks together; beyond them they spill to the disk.
    pub memory_bytes: u64,
    /// Where it keeps what is handed on and what spills.
    pub work_folder: PathBuf,
}

/// Serves as the scheduler of clusters over a warehouse, until it is ended.
///
/// # Errors
/// [`Error::Usage`] where it cannot listen there.
pub async fn serve_scheduler(warehouse: &Storage, options: &SchedulerOptions) -> Result<()> {
    let SchedulerOptions { listen, lost_after_seconds } = *options;
    let codec = Arc::new(TableCodec::over(warehouse));
    let own = Arc::clone(&codec);
    let config: ConfigProducer = Arc::new(move || configured(&own));
    let scheduler = SchedulerConfig {
        bind_host: listen.ip().to_string(),
        bind_port: listen.port(),
        external_host: listen.ip().to_string(),
        scheduling_policy: TaskSchedulingPolicy::PullStaged,
        executor_timeout_seconds: lost_after_seconds,
        expire_dead_executor_interval_seconds: LOOK_SECONDS.min(lost_after_seconds),
        no_executors_grace_period_seconds: lost_after_seconds,
        task_max_failures: MOST_FAILURES,
        stage_max_failures: MOST_FAILURES,
        grpc_server_max_decoding_message_size: MESSAGE_BYTES as u32,
        grpc_server_max_encoding_message_size: MESSAGE_BYTES as u32,
        grpc_client_max_message_size: MESSAGE_BYTES as u32,
        override_config_producer: Some(Arc::clone(&config)),
        override_logical_codec: Some(codec),
        ..SchedulerConfig::default()
    };
    let jobs = InMemoryJobState::new(listen.to_string(), Arc::new(planning), config);
    let cluster = BallistaCluster::new(Arc::new(Watched::over(warehouse)), Arc::new(jobs));
    start_server(cluster, listen, Arc::new(scheduler))
        .await
        .map_err(|error| Error::usage(format!("the scheduler cannot listen on {listen}: {error}")))
}

/// A session that plans for a scheduler.
fn planning(config: SessionConfig) -> EngineResult<SessionState> {
    let state = default_session_builder(config)?;
    Ok(SessionStateBuilder::new_from_existing(state).with_physical_optimizer_rule(Arc::new(PartUnions)).build())
}

/// Serves as an executor over a warehouse, until it is ended.
///
/// # Errors
/// [`Error::Usage`] where the scheduler does not answer, or it cannot listen.
pub async fn serve_executor(warehouse: &Storage, options: &ExecutorOptions) -> Result<()> {
    let (scheduler_host, scheduler_port) = host_and_port(&options.scheduler)?;
    std::fs::create_dir_all(&options.work_folder)
        .map_err(|error| Error::usage(format!("{} cannot be made: {error}", options.work_folder.display())))?;
    let (store, work) = (warehouse.object_store(), options.work_folder.clone());
    let url = ObjectStoreUrl::parse(STORE).map_err(Error::internal)?;
    let runtime: RuntimeProducer = Arc::new(move |_: &SessionConfig| {
        let runtime = RuntimeEnvBuilder::new().with_temp_file_path(work.clone()).build_arc()?;
        runtime.register_object_store(url.as_ref(), Arc::clone(&store));
        Ok(runtime)
    });
    let codec = Arc::new(TableCodec::over(warehouse));
    let own = Arc::clone(&codec);
    let config = ExecutorProcessConfig {
        bind_host: options.listen.ip().to_string(),
        external_host: Some(options.host.clone().unwrap_or_else(|| options.listen.ip().to_string())),
        port: options.listen.port(),
        grpc_port: options.listen.port() + 1,
        scheduler_host,
        scheduler_port,
        vcores: options.cores,
        work_dir: Some(options.work_folder.to_string_lossy().into_owned()),
        // They ask for work: a scheduler that hands it out forgets jobs whose
        // steps are made again after an executor was lost.
        task_scheduling_policy: TaskSchedulingPolicy::PullStaged,
        executor_heartbeat_interval_seconds: SIGN_SECONDS,
        memory_pool_size: Some(options.memory_bytes),
        grpc_max_decoding_message_size: MESSAGE_BYTES as u32,
        grpc_max_encoding_message_size: MESSAGE_BYTES as u32,
        override_runtime_producer: Some(runtime),
        override_config_producer: Some(Arc::new(move || configured(&own))),
        override_logical_codec: Some(codec),
        ..ExecutorProcessConfig::default()
    };
    start_executor_process(Arc::new(config))
        .await
        .map_err(|error| Error::usage(format!("the executor at {} of {}: {error}", options.listen, options.scheduler)))
}

fn configured(codec: &Arc<TableCodec>) -> SessionConfig {
    default_config_producer()
        .with_ballista_grpc_client_max_message_size(MESSAGE_BYTES)
        .with_ballista_logical_extension_codec(Arc::clone(codec) as _)
}
