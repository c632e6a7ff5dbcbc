//! Flags of `peil cluster` and `peil share`.

use std::net::SocketAddr;
use std::path::PathBuf;

use chrono::NaiveDate;
use clap::{Args, Subcommand, ValueEnum};
use peil_warehouse::share::Share;

/// The two sides of a cluster.
#[derive(Debug, Subcommand)]
pub enum ClusterAction {
    /// Takes queries of `peil run --engine` and shares them out; one of a cluster
    Scheduler(SchedulerArgs),
    /// Does a share of the work; as many as there are machines
    Executor(ExecutorArgs),
}

/// Flags of `peil cluster scheduler`.
#[derive(Debug, Args)]
pub struct SchedulerArgs {
    /// Where it answers. Whoever reaches it can read the warehouse: keep it in a network of its own
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:50050")]
    pub listen: SocketAddr,
    /// Seconds of silence after which an executor counts as lost, and others do its work
    #[arg(long, value_name = "N", default_value_t = 30, value_parser = clap::value_parser!(u64).range(2..))]
    pub lost_after: u64,
}

/// Flags of `peil cluster executor`.
#[derive(Debug, Args)]
pub struct ExecutorArgs {
    /// Its scheduler, as df://scheduler:50050
    #[arg(long, value_name = "URL", default_value = "df://127.0.0.1:50050")]
    pub scheduler: String,
    /// Where it hands on rows
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:50051")]
    pub listen: SocketAddr,
    /// The name under which the others reach it, where it is not that address
    #[arg(long, value_name = "NAME")]
    pub host: Option<String>,
    /// Tasks at the same time [default: the cores of the machine]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub cores: Option<u16>,
    /// MiB of memory for its tasks, which spill to the disk beyond it
    #[arg(long, value_name = "N", default_value_t = 2048, value_parser = clap::value_parser!(u64).range(64..))]
    pub memory: u64,
    /// Where it keeps what it hands on and what spills [default: a folder for temporary files]
    #[arg(long, value_name = "FOLDER")]
    pub work: Option<PathBuf>,
}

/// A stage whose work can be shared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SharedStage {
    /// Deliveries
    Ingest,
    /// Months of large facts
    Transform,
}

/// Flags of `peil share`.
#[derive(Debug, Args)]
pub struct ShareArgs {
    /// The stage
    #[arg(value_enum)]
    pub stage: SharedStage,
    /// Which share of how many, as 2/3
    #[arg(value_name = "K/N")]
    pub share: Share,
    /// The last delivery date that the run will use [default: all deliveries]
    #[arg(long, value_name = "DATE", value_parser = super::day)]
    pub known_on: Option<NaiveDate>,
}
