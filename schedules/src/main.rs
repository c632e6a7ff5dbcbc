//! `peil`: the program over all stages.

mod allocator;
mod cli;
mod commands;
mod context;
mod exit;
mod freshness;
mod key;
mod notices;
mod open_lineage;
mod output;
mod persons;
mod pipeline;
mod progress;
mod prompt;
mod published_figures;
mod query;
mod records;
mod releases;
mod rows;
mod run_ledger;
mod serve;
mod sources;
mod stages;
mod statements;
mod summary;
mod table;
mod timetable;

use std::process::ExitCode;

use clap::Parser;
use peil_warehouse::Error;

use crate::cli::Cli;
use crate::output::Output;

/// Bytes of the stack of a thread.
#[cfg(feature = "cluster")]
const STACK_BYTES: usize = 256 << 20;

fn main() -> ExitCode {
    // Wrong usage ends here with code 2, `--help` and `--version` with 0.
    let cli = Cli::parse();
    let output = Output::new(cli.global.json, cli.global.quiet, cli.global.color);
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    // A plan that goes from machine to machine is read by descent, and the
    // indicators are one deep plan. Pages of a stack that are not used cost nothing.
    #[cfg(feature = "cluster")]
    runtime.thread_stack_size(STACK_BYTES);
    let runtime = runtime.enable_all().build();
    let ended = match runtime {
        Ok(runtime) => runtime.block_on(commands::run(cli, output)),
        Err(error) => Err(Error::internal(error)),
    };
    ended.unwrap_or_else(|error| output.error(&error)).into()
}
