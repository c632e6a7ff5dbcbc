//! `peil cluster`: a scheduler or an executor.

use peil_warehouse::Result;

use crate::cli::{ClusterAction, Global};
use crate::exit::Exit;
use crate::output::Output;

/// What is said where `RUST_LOG` says nothing: what went wrong.
#[cfg(feature = "cluster")]
const LOG: &str = "warn";

/// Serves until it is ended.
///
/// # Errors
/// [`peil_warehouse::Error::Usage`] where this program was built without
/// clusters, or it cannot serve there.
#[cfg(feature = "cluster")]
pub async fn run(global: &Global, action: &ClusterAction, output: Output) -> Result<Exit> {
    use peil_marts::cluster::{ExecutorOptions, SchedulerOptions, serve_executor, serve_scheduler};

    use crate::commands::serve::stopped;
    use crate::context;

    // What scheduler and executors say goes to standard error; `RUST_LOG` tells how much.
    let _ = env_logger::Builder::from_env(env_logger::Env::default().default_filter_or(LOG)).try_init();
    let settings = context::settings(global)?;
    let warehouse = context::open_warehouse(&settings)?;
    match action {
        ClusterAction::Scheduler(arguments) => {
            let options = SchedulerOptions { listen: arguments.listen, lost_after_seconds: arguments.lost_after };
            output.talk(format!("scheduler on df://{} for {}", arguments.listen, warehouse.url()));
            tokio::select! {
                served = serve_scheduler(&warehouse, &options) => served?,
                () = stopped() => {}
            }
        }
        ClusterAction::Executor(arguments) => {
            let cores = arguments
                .cores
                .map_or_else(|| std::thread::available_parallelism().map_or(2, std::num::NonZero::get), usize::from);
            let name = format!("peil-executor-{}", arguments.listen.port());
            let options = ExecutorOptions {
                scheduler: arguments.scheduler.clone(),
                listen: arguments.listen,
                host: arguments.host.clone(),
                cores,
                memory_bytes: arguments.memory << 20,
                work_folder: arguments.work.clone().unwrap_or_else(|| std::env::temp_dir().join(name)),
            };
            output.talk(format!("executor on {} of {}", arguments.listen, arguments.scheduler));
            // It ends by itself when it is told to: what it does, it ends first.
            serve_executor(&warehouse, &options).await?;
        }
    }
    output.talk("stopped");
    Ok(Exit::Done)
}

/// Says that this program knows no clusters.
///
/// # Errors
/// [`peil_warehouse::Error::Usage`].
#[cfg(not(feature = "cluster"))]
#[expect(clippy::unused_async, reason = "the other build serves")]
pub async fn run(_global: &Global, _action: &ClusterAction, _output: Output) -> Result<Exit> {
    Err(peil_marts::engine::without_clusters())
}
