//! The command line: every command and flag.

mod cluster;
mod operation;
mod queries;
mod releases;
mod reports;
mod upkeep;

use std::path::PathBuf;

use chrono::NaiveDate;
use clap::{Args, Parser, Subcommand, ValueEnum};

pub use cluster::{ClusterAction, ShareArgs, SharedStage};
pub use operation::{BackfillArgs, FetchArgs, RetryArgs, RunsArgs, StatusArgs};
pub use queries::{ExplainArgs, LineageArgs, ServeArgs, SqlArgs, SqlFormat};
pub use releases::{CloseArgs, ReleasesAction, RevisionsArgs};
pub use reports::{ExportArgs, ReportArgs};
pub use upkeep::{ForgetArgs, KeysAction, MaintainArgs};

/// Figures about the digital local authorities of Flanders, from the
/// deliveries of their sources to published indicators.
#[derive(Debug, Parser)]
#[command(name = "peil", version, about, max_term_width = 100, arg_required_else_help = true)]
#[command(after_help = "Exit codes: 0 done; 1 failed; 2 wrong usage or configuration; \
    3 done, but a delivery was refused or a quality check failed.\n\
    First steps: peil demo")]
pub struct Cli {
    /// Flags of every command.
    #[command(flatten)]
    pub global: Global,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// Flags that every command knows.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Global options")]
pub struct Global {
    /// The configuration [default: peil.toml, where it is there]
    #[arg(long, global = true, value_name = "FILE", env = "PEIL_CONFIG", hide_env_values = true)]
    pub config: Option<PathBuf>,
    /// Where deliveries arrive: a folder or a URL
    #[arg(long, global = true, value_name = "URL")]
    pub landing: Option<String>,
    /// Where the tables are kept: a folder or a URL
    #[arg(long, global = true, value_name = "URL")]
    pub warehouse: Option<String>,
    /// Output for machines
    #[arg(long, global = true)]
    pub json: bool,
    /// No talk and no progress
    #[arg(long, short, global = true)]
    pub quiet: bool,
    /// When to use colour
    #[arg(long, global = true, value_enum, default_value_t, value_name = "WHEN")]
    pub color: ColorChoice,
}

/// When to use colour.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum ColorChoice {
    /// On a terminal, unless `NO_COLOR` is set
    #[default]
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// The commands, in the order in which a newcomer meets them.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Shows the whole on a sample: deliveries, pipeline, indicators, report
    Demo(DemoArgs),
    /// Writes a commented peil.toml and an empty landing area
    Init(InitArgs),
    /// Writes sample deliveries for every dataset
    Sample(SampleArgs),
    /// Fetches what is new of the sources into the landing area
    Fetch(FetchArgs),
    /// Ingest, transform and marts; only what changed
    Run(RunArgs),
    /// The first stage: reads new deliveries into staged tables
    Ingest(IngestArgs),
    /// The second stage: current rows, authorities resolved
    Transform(TransformArgs),
    /// The third stage: the marts, checked and published
    Marts(MartsArgs),
    /// Writes the report of a semester, quarter or year
    Report(ReportArgs),
    /// Freezes the figures of a period as published, with its report
    Close(CloseArgs),
    /// What was published; proves that it follows from what was delivered
    Releases {
        /// Lists them where nothing is said
        #[command(subcommand)]
        action: Option<ReleasesAction>,
    },
    /// Each published figure that has changed since: by how much, and through what
    Revisions(RevisionsArgs),
    /// Writes the published marts in open formats, for other systems
    Export(ExportArgs),
    /// The workbook of targets and milestones: handed out, taken back
    #[command(subcommand)]
    Targets(TargetsAction),
    /// Explains a figure: definition, query, value, and the source rows behind it
    Explain(ExplainArgs),
    /// From which columns of which deliveries a column of a mart comes
    Lineage(LineageArgs),
    /// Runs a query on the marts; without one, opens a prompt
    Sql(SqlArgs),
    /// Answers SQL over the PostgreSQL protocol and Arrow Flight SQL
    Serve(ServeArgs),
    /// Those who may log in to `peil serve`
    #[command(subcommand)]
    Users(UsersCommand),
    /// The timetable: what is due when, and the daemon that keeps it
    Schedule {
        /// Lists it where nothing is said
        #[command(subcommand)]
        action: Option<ScheduleAction>,
    },
    /// What is well, what is not, and what to do
    Status(StatusArgs),
    /// The runs, the latest first
    Runs(RunsArgs),
    /// Makes the last due run again of each job that did not go through
    Retry(RetryArgs),
    /// Makes due runs of a job in a stretch of days that were not made; shows them first
    Backfill(BackfillArgs),
    /// Rejected rows and refused deliveries, and how to mend them
    Rejected(RejectedArgs),
    /// Does a share of what the next run is to do, on one of several machines
    Share(ShareArgs),
    /// A scheduler or an executor, where the data outgrow one machine
    #[command(subcommand)]
    Cluster(ClusterAction),
    /// Puts small files together, and clears away files that nothing published needs any more
    Maintain(MaintainArgs),
    /// Erases persons from everything that is kept; figures of the past stay
    Forget(ForgetArgs),
    /// The pseudonym key: goes over to a new one
    #[command(subcommand)]
    Keys(KeysAction),
    /// Checks configuration, key, storage, contracts and models
    Check,
}

/// Flags of `peil demo`.
#[derive(Debug, Args)]
pub struct DemoArgs {
    /// Where the sample, the warehouse and the reports go
    #[arg(default_value = "demo", value_name = "DIR")]
    pub folder: PathBuf,
    /// Size of the sample: 1 is that of the real sources
    #[arg(long, value_name = "F", default_value_t = crate::commands::demo::DEMO_SCALE, value_parser = scale)]
    pub scale: f64,
}

/// Flags of `peil init`.
#[derive(Debug, Args)]
pub struct InitArgs {
    /// Where peil.toml and the landing area go
    #[arg(default_value = ".", value_name = "DIR")]
    pub folder: PathBuf,
}

/// Flags of `peil sample`.
#[derive(Debug, Args)]
pub struct SampleArgs {
    /// The landing area to fill: an empty folder, or one with an older sample
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,
    /// Times the events and bus messages of the real sources
    #[arg(long, value_name = "F", default_value_t = 1.0, value_parser = scale)]
    pub scale: f64,
    /// Another number gives another sample; the same one the same bytes
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,
    /// The last day that the sample tells of
    #[arg(long, value_name = "DATE", default_value = "2022-07-31", value_parser = day)]
    pub until: NaiveDate,
    /// Adds the faults that real exports have, and lists them
    #[arg(long)]
    pub dirty: bool,
}

/// Flags of `peil run`.
#[derive(Debug, Default, Args)]
pub struct RunArgs {
    /// The last day whose facts count [default: today]
    #[arg(long, value_name = "DATE", value_parser = day)]
    pub as_of: Option<NaiveDate>,
    /// The last delivery date that is used [default: all deliveries]
    #[arg(long, value_name = "DATE", value_parser = day)]
    pub known_on: Option<NaiveDate>,
    /// Computes everything again, changed or not
    #[arg(long)]
    pub full: bool,
    /// The cluster that computes the marts, as df://scheduler:50050 [default: this process]
    #[arg(long, value_name = "URL")]
    pub engine: Option<String>,
}

/// Flags of `peil ingest`.
#[derive(Debug, Args)]
pub struct IngestArgs {
    /// Reads every delivery again, new or not
    #[arg(long)]
    pub full: bool,
}

/// Flags of `peil transform`.
#[derive(Debug, Args)]
pub struct TransformArgs {
    /// The last delivery date that is used [default: all deliveries]
    #[arg(long, value_name = "DATE", value_parser = day)]
    pub known_on: Option<NaiveDate>,
    /// Computes everything again, changed or not
    #[arg(long)]
    pub full: bool,
}

/// Flags of `peil marts`.
#[derive(Debug, Args)]
pub struct MartsArgs {
    /// The last day whose facts count [default: today]
    #[arg(long, value_name = "DATE", value_parser = day)]
    pub as_of: Option<NaiveDate>,
    /// Computes everything again, changed or not
    #[arg(long)]
    pub full: bool,
    /// The cluster that computes the marts, as df://scheduler:50050 [default: this process]
    #[arg(long, value_name = "URL")]
    pub engine: Option<String>,
}

/// What `peil targets` does.
#[derive(Debug, Subcommand)]
pub enum TargetsAction {
    /// Writes the workbook, with the targets and milestones of today
    Export(TargetsExportArgs),
    /// Checks a workbook, shows what differs, and delivers it
    Import(TargetsImportArgs),
}

/// Flags of `peil targets export`.
#[derive(Debug, Args)]
pub struct TargetsExportArgs {
    /// The workbook to write; one that is there is not written over
    #[arg(value_name = "FILE.xlsx")]
    pub file: PathBuf,
    /// The year to fill in [default: that of the last run's as-of day]
    #[arg(long, value_name = "YEAR", value_parser = clap::value_parser!(i32).range(1901..=9990))]
    pub year: Option<i32>,
}

/// Flags of `peil targets import`.
#[derive(Debug, Args)]
pub struct TargetsImportArgs {
    /// The workbook that was filled in
    #[arg(value_name = "FILE.xlsx")]
    pub file: PathBuf,
    /// Takes the differences over without asking
    #[arg(long, conflicts_with = "dry_run")]
    pub yes: bool,
    /// Shows the differences and writes nothing
    #[arg(long)]
    pub dry_run: bool,
}

/// What `peil users` does.
#[derive(Debug, Subcommand)]
pub enum UsersCommand {
    /// Adds a user, or gives one another password; it is asked for, or read from standard input
    Add {
        /// The name
        name: String,
    },
    /// Lists the users
    List,
    /// Removes a user
    Remove {
        /// The name
        name: String,
    },
}

/// What `peil schedule` does.
#[derive(Debug, Subcommand)]
pub enum ScheduleAction {
    /// Lists each job with its next runs and what came of the last
    List(ScheduleListArgs),
    /// Keeps the timetable until it is told to stop
    Run(ScheduleRunArgs),
}

/// Flags of `peil schedule list`.
#[derive(Debug, Args)]
pub struct ScheduleListArgs {
    /// So many next runs of each job
    #[arg(long, value_name = "N", default_value_t = 3)]
    pub next: usize,
    /// The runs of a year as an iCalendar file
    #[arg(long)]
    pub ics: bool,
    /// Only the days on which figures are published
    #[arg(long)]
    pub publications: bool,
}

impl Default for ScheduleListArgs {
    fn default() -> Self {
        Self { next: 3, ics: false, publications: false }
    }
}

/// Flags of `peil schedule run`.
#[derive(Debug, Args)]
pub struct ScheduleRunArgs {
    /// Does what is due now, and ends
    #[arg(long)]
    pub once: bool,
}

/// Flags of `peil rejected`.
#[derive(Debug, Args)]
pub struct RejectedArgs {
    /// Of this dataset only, as portal/events
    #[arg(long, value_name = "NAME")]
    pub dataset: Option<String>,
    /// For this reason only, as bad_date
    #[arg(long, value_name = "REASON")]
    pub reason: Option<String>,
    /// At most so many rows
    #[arg(long, value_name = "N", default_value_t = 50)]
    pub limit: usize,
}

fn day(text: &str) -> Result<NaiveDate, String> {
    NaiveDate::parse_from_str(text, "%Y-%m-%d").map_err(|_| "give a day of the calendar as 2022-07-31".to_owned())
}

fn scale(text: &str) -> Result<f64, String> {
    let number: Option<f64> = text.parse().ok();
    number.filter(|number| *number > 0.0 && number.is_finite()).ok_or_else(|| "give a number above 0".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    fn parse(line: &str) -> Result<Cli, clap::Error> {
        Cli::try_parse_from(line.split_whitespace())
    }

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_documented_command_parses() {
        for line in [
            "peil demo",
            "peil demo there",
            "peil init",
            "peil init there",
            "peil sample landing --scale 0.1 --seed 7 --until 2024-12-31 --dirty",
            "peil close 2022S1",
            "peil close 2022S1 --reason late --out there",
            "peil releases",
            "peil releases list",
            "peil releases verify",
            "peil releases verify 2022S1-r2",
            "peil releases report 2022S1 --out there",
            "peil revisions",
            "peil revisions 2022S1 --json",
            "peil run --as-of 2022-07-31 --known-on 2022-06-30 --full",
            "peil ingest --full",
            "peil transform --known-on 2022-06-30",
            "peil marts --as-of 2022-07-31",
            "peil report 2022S1 --format html,XLSX --out there",
            "peil report 2022-Q1",
            "peil targets export doelen.xlsx --year 2023",
            "peil targets import doelen.xlsx --landing there --yes",
            "peil targets import doelen.xlsx --dry-run --json",
            "peil explain LB-VB-04 2022Q2 --rows 5",
            "peil explain oc-02 2022-S1 --json",
            "peil sql select --format parquet",
            "peil sql",
            "peil export --format datapackage,SDMX --out there --url https://example.org/peil",
            "peil lineage portal_usage.users --json",
            "peil serve --postgres 127.0.0.1:5432",
            "peil serve --flight :31337",
            "peil users add an",
            "peil users list",
            "peil users remove an",
            "peil schedule",
            "peil schedule list --next 5 --ics --publications",
            "peil schedule run --once",
            "peil status --json --quiet --color never",
            "peil --config other.toml --landing a --warehouse b rejected --dataset portal/events --limit 3",
            "peil check --landing s3://bucket/landing",
        ] {
            assert!(parse(line).is_ok(), "{line}: {:?}", parse(line).err());
        }
    }

    #[test]
    fn wrong_usage_is_code_2() {
        for line in [
            "peil runn",
            "peil run --as-of 2022-02-30",
            "peil report 2022Q5",
            "peil explain LB-VB-04",
            "peil explain LB-VB-04 2022Q5",
            "peil sample d --scale 0",
            "peil report 2022S1 --format htm",
            "peil targets import doelen.xlsx --yes --dry-run",
            "peil status --format csv",
        ] {
            assert_eq!(parse(line).err().map(|error| error.exit_code()), Some(2), "{line}");
        }
        let wrong = parse("peil report 2022S1 --format htm").unwrap_err().to_string();
        assert!(wrong.contains("a similar value exists: 'html'"), "{wrong}");
        assert_eq!(parse("peil --help").err().map(|error| error.exit_code()), Some(0));
    }
}
