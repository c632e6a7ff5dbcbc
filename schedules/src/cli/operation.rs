//! Flags of what an operator asks: `peil fetch` and `peil runs`.

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

/// Flags of `peil runs`.
#[derive(Debug, Args)]
pub struct RunsArgs {
    /// How many, the latest first
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub limit: usize,
    /// Only those that failed or need people
    #[arg(long)]
    pub failed: bool,
}
