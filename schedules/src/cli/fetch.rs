//! Flags of `peil fetch`.

use clap::Args;

/// Flags of `peil fetch`.
#[derive(Debug, Args)]
pub struct FetchArgs {
    /// The sources to fetch [default: all]
    #[arg(value_name = "SOURCE")]
    pub sources: Vec<String>,
    /// Fetches all that they have, not only what is new
    #[arg(long)]
    pub full: bool,
    /// Fetches nothing: tells how each source stands
    #[arg(long, conflicts_with = "full")]
    pub list: bool,
}
