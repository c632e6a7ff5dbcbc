//! Flags of what closes periods, and of what tells what changed since.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use peil_warehouse::Period;

/// Flags of `peil close`.
#[derive(Debug, Args)]
pub struct CloseArgs {
    /// A semester (2022S1), a quarter (2022Q1) or a year (2022) that is over
    #[arg(value_name = "PERIOD")]
    pub period: Period,
    /// Why a period that was closed before is published again
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
    /// The folder of the reports
    #[arg(long, default_value = "reports", value_name = "DIR")]
    pub out: PathBuf,
}

/// What `peil releases` does.
#[derive(Debug, Subcommand)]
pub enum ReleasesAction {
    /// Lists the releases
    List,
    /// Makes a release again from the stored deliveries and compares: values, and bytes
    Verify(ReleasesVerifyArgs),
    /// Puts the report of a release in its folder, as it went out
    Report(ReleasesReportArgs),
}

/// Flags of `peil releases verify`.
#[derive(Debug, Args)]
pub struct ReleasesVerifyArgs {
    /// The release, as 2022S1 or 2022S1-r2 [default: all]
    #[arg(value_name = "RELEASE")]
    pub release: Option<String>,
}

/// Flags of `peil releases report`.
#[derive(Debug, Args)]
pub struct ReleasesReportArgs {
    /// The release, as 2022S1 or 2022S1-r2
    #[arg(value_name = "RELEASE")]
    pub release: String,
    /// The folder of the reports
    #[arg(long, default_value = "reports", value_name = "DIR")]
    pub out: PathBuf,
}

/// Flags of `peil revisions`.
#[derive(Debug, Args)]
pub struct RevisionsArgs {
    /// Of this period and those within it [default: all]
    #[arg(value_name = "PERIOD")]
    pub period: Option<Period>,
}
