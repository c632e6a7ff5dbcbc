//! A command is a file.

pub mod check;
pub mod close;
pub mod cluster;
pub mod demo;
pub mod explain;
pub mod export;
pub mod fetch;
pub mod forget;
pub mod ingest;
pub mod init;
pub mod keys;
pub mod lineage;
pub mod maintain;
pub mod marts;
pub mod rejected;
pub mod releases;
pub mod report;
pub mod retry;
pub mod revisions;
pub mod run;
pub mod runs;
pub mod sample;
pub mod schedule;
pub mod serve;
pub mod share;
pub mod sql;
pub mod status;
pub mod targets;
pub mod transform;
pub mod users;

use peil_warehouse::Result;

use crate::cli::{Cli, Command};
use crate::exit::Exit;
use crate::output::Output;

/// Does what the command line asks for.
///
/// # Errors
/// Of any kind; the kind decides the exit code.
pub async fn run(cli: Cli, output: Output) -> Result<Exit> {
    let global = &cli.global;
    match cli.command {
        Command::Demo(arguments) => demo::run(global, &arguments, output).await,
        Command::Init(arguments) => init::run(&arguments, output),
        Command::Sample(arguments) => sample::run(&arguments, output),
        Command::Fetch(arguments) => fetch::run(global, &arguments, output).await,
        Command::Run(arguments) => run::run(global, &arguments, output).await,
        Command::Ingest(arguments) => ingest::run(global, &arguments, output).await,
        Command::Transform(arguments) => transform::run(global, &arguments, output).await,
        Command::Marts(arguments) => marts::run(global, &arguments, output).await,
        Command::Report(arguments) => report::run(global, &arguments, output).await,
        Command::Share(arguments) => share::run(global, &arguments, output).await,
        Command::Cluster(action) => cluster::run(global, &action, output).await,
        Command::Close(arguments) => close::run(global, &arguments, output).await,
        Command::Releases { action } => releases::run(global, action.as_ref(), output).await,
        Command::Revisions(arguments) => revisions::run(global, &arguments, output).await,
        Command::Export(arguments) => export::run(global, &arguments, output).await,
        Command::Targets(action) => targets::run(global, &action, output).await,
        Command::Explain(arguments) => explain::run(global, &arguments, output).await,
        Command::Lineage(arguments) => lineage::run(global, &arguments, output).await,
        Command::Sql(arguments) => sql::run(global, arguments, output).await,
        Command::Serve(arguments) => serve::run(global, &arguments, output).await,
        Command::Users(command) => users::run(global, &command, output),
        Command::Schedule { action } => schedule::run(global, action.as_ref(), output).await,
        Command::Status(arguments) => status::run(global, &arguments, output).await,
        Command::Runs(arguments) => runs::run(global, &arguments, output).await,
        Command::Retry(arguments) => retry::retry(global, &arguments, output).await,
        Command::Backfill(arguments) => retry::backfill(global, &arguments, output).await,
        Command::Rejected(arguments) => rejected::run(global, &arguments, output).await,
        Command::Maintain(arguments) => maintain::run(global, &arguments, output).await,
        Command::Forget(arguments) => forget::run(global, &arguments, output).await,
        Command::Keys(action) => keys::run(global, &action, output).await,
        Command::Check => check::run(global, output).await,
    }
}
