//! Flags of what an operator asks: `peil fetch`, `peil runs`, `peil status`,
//! `peil retry` and `peil backfill`.

use chrono::NaiveDate;
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

/// Flags of `peil status`.
#[derive(Debug, Args)]
pub struct StatusArgs {
    /// Also the last runs and each dataset
    #[arg(long)]
    pub all: bool,
}

/// Flags of `peil retry`.
#[derive(Debug, Args)]
pub struct RetryArgs {
    /// The job [default: all]
    #[arg(value_name = "JOB")]
    pub job: Option<String>,
}

/// Flags of `peil backfill`.
#[derive(Debug, Args)]
pub struct BackfillArgs {
    /// The job
    #[arg(value_name = "JOB")]
    pub job: String,
    /// The first day on which its runs were due
    #[arg(long, value_name = "DATE")]
    pub from: NaiveDate,
    /// The last day [default: today]
    #[arg(long, value_name = "DATE")]
    pub until: Option<NaiveDate>,
    /// Makes them; without it, shows what would be made
    #[arg(long)]
    pub yes: bool,
}
