//! Flags of who asks: `peil explain`, `peil lineage`, `peil sql` and `peil
//! serve`.

use clap::{Args, ValueEnum};
use peil_warehouse::Period;

/// Flags of `peil explain`.
#[derive(Debug, Args)]
pub struct ExplainArgs {
    /// The indicator, as LB-VB-04
    #[arg(value_name = "INDICATOR")]
    pub indicator: String,
    /// A quarter (2022Q2), a semester (2022S1) or a year (2022)
    #[arg(value_name = "PERIOD")]
    pub period: Period,
    /// At most so many source rows; 0 for all
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub rows: usize,
}

/// Flags of `peil lineage`.
#[derive(Debug, Args)]
pub struct LineageArgs {
    /// A mart, or one of its columns
    #[arg(value_name = "MART[.COLUMN]")]
    pub column: String,
}

/// Flags of `peil sql`.
#[derive(Debug, Args)]
pub struct SqlArgs {
    /// The query; without one a prompt, or what standard input holds
    #[arg(value_name = "QUERY")]
    pub query: Option<String>,
    /// The form of the result [default: table, or json with --json]
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub format: Option<SqlFormat>,
    /// The marts as published in this release, as 2022S1 or 2022S1-r2
    #[arg(long, value_name = "RELEASE")]
    pub release: Option<String>,
}

/// The forms of a query's result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SqlFormat {
    /// Columns that fit the terminal
    Table,
    /// Comma-separated values with a header
    Csv,
    /// An array of objects
    Json,
    /// A Parquet file
    Parquet,
}

/// Flags of `peil serve`.
#[derive(Debug, Args)]
pub struct ServeArgs {
    /// Where to speak the PostgreSQL protocol, as 127.0.0.1:5432
    #[arg(long, value_name = "ADDR")]
    pub postgres: Option<String>,
    /// Where to speak Arrow Flight SQL, as 127.0.0.1:31337
    #[arg(long, value_name = "ADDR")]
    pub flight: Option<String>,
    /// Where to give reports, tables, health and metrics over HTTP, as 127.0.0.1:8080
    #[arg(long, value_name = "ADDR")]
    pub http: Option<String>,
}
