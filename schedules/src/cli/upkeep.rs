//! Flags of what keeps a warehouse in order: `peil maintain`, `peil forget`
//! and `peil keys`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// Flags of `peil maintain`.
#[derive(Debug, Args)]
pub struct MaintainArgs {
    /// Hours for which files stay that nothing published names any more: statements that began before may read them
    #[arg(long, value_name = "N", default_value_t = 24)]
    pub keep_hours: u32,
    /// Days of the tables' logs that stay for readers of the tables themselves
    #[arg(long, value_name = "N", default_value_t = 30)]
    pub keep_days: u32,
    /// Changes nothing: tells what would be put together and what would go
    #[arg(long)]
    pub dry_run: bool,
}

/// Flags of `peil forget`.
#[derive(Debug, Args)]
pub struct ForgetArgs {
    /// A file with a person a line, as the sources name them [default: standard input]
    #[arg(value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// Erases; without it, tells how many rows would be touched
    #[arg(long)]
    pub yes: bool,
}

/// What `peil keys` does.
#[derive(Debug, Subcommand)]
pub enum KeysAction {
    /// Goes over to a new pseudonym key, given as a further line below the old one
    Rotate {
        /// Rotates; without it, tells how many rows would be touched
        #[arg(long)]
        yes: bool,
    },
}
