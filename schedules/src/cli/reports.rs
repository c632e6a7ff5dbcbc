//! Flags of what leaves the warehouse: `peil report` and `peil export`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use peil_reports::Form;
use peil_warehouse::Period;

/// Flags of `peil report`.
#[derive(Debug, Args)]
pub struct ReportArgs {
    /// A semester (2022S1), a quarter (2022Q1) or a year (2022)
    #[arg(value_name = "PERIOD")]
    pub period: Period,
    /// The forms to write
    #[arg(long, value_enum, value_delimiter = ',', ignore_case = true, value_name = "FORMAT")]
    #[arg(default_values_t = ReportFormat::ALL)]
    pub format: Vec<ReportFormat>,
    /// The folder to write to
    #[arg(long, default_value = "reports", value_name = "DIR")]
    pub out: PathBuf,
}

/// The forms of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ReportFormat {
    /// A site for the browser, with each table as CSV
    Html,
    /// A tagged PDF, for paper
    Pdf,
    /// A workbook with every figure
    Xlsx,
}

impl ReportFormat {
    /// Every form: what is written where none is named.
    pub const ALL: [Self; 3] = [Self::Html, Self::Pdf, Self::Xlsx];

    /// The form as the reports know it.
    pub const fn form(self) -> Form {
        match self {
            Self::Html => Form::Html,
            Self::Pdf => Form::Pdf,
            Self::Xlsx => Form::Xlsx,
        }
    }
}

impl std::fmt::Display for ReportFormat {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.form().name())
    }
}

/// Flags of `peil export`.
#[derive(Debug, Args)]
pub struct ExportArgs {
    /// The formats to write
    #[arg(long, value_enum, value_delimiter = ',', ignore_case = true, value_name = "FORMAT")]
    #[arg(default_values_t = ExportFormat::ALL)]
    pub format: Vec<ExportFormat>,
    /// The folder to write to
    #[arg(long, default_value = "export", value_name = "DIR")]
    pub out: PathBuf,
    /// Where the folder will stand on the web [default: addresses relative to the description]
    #[arg(long, value_name = "URL")]
    pub url: Option<String>,
    /// The licence of the data [default: Modellicentie gratis hergebruik]
    #[arg(long, value_name = "URI")]
    pub licence: Option<String>,
    /// The marts as published in this release, as 2022S1 or 2022S1-r2
    #[arg(long, value_name = "RELEASE")]
    pub release: Option<String>,
}

/// The formats of an export.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ExportFormat {
    /// A Data Package with Table Schema
    Datapackage,
    /// CSV on the Web
    Csvw,
    /// A catalogue in DCAT-AP Vlaanderen
    Dcat,
    /// The indicators in SDMX
    Sdmx,
}

impl ExportFormat {
    /// Every format: what is written where none is named.
    pub const ALL: [Self; 4] = [Self::Datapackage, Self::Csvw, Self::Dcat, Self::Sdmx];

    /// The format as the reports know it.
    pub const fn format(self) -> peil_reports::export::Format {
        use peil_reports::export::Format;
        match self {
            Self::Datapackage => Format::Datapackage,
            Self::Csvw => Format::Csvw,
            Self::Dcat => Format::Dcat,
            Self::Sdmx => Format::Sdmx,
        }
    }
}

impl std::fmt::Display for ExportFormat {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.format().name())
    }
}
