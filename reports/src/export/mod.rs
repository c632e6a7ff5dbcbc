//! The published marts for other systems: open formats, each with a validator
//! of its own.
//!
//! | format | files |
//! | --- | --- |
//! | Data Package 2.0 with Table Schema | `datapackage.json` |
//! | CSV on the Web | `csv-metadata.json` |
//! | DCAT-AP Vlaanderen, as JSON-LD | `dcat.jsonld` |
//! | SDMX 3.0: structure and SDMX-CSV 2.0 | `sdmx/structure.xml`, `sdmx/indicators.csv` |
//!
//! All of them describe the same `data/<mart>.csv` and `data/<mart>.parquet`,
//! but for SDMX, which has the indicators only. A suppressed cell is empty and
//! flagged. The bytes depend on the published state alone, not on the moment
//! of writing.

mod content;
mod csvw;
mod dcat;
mod package;
mod sdmx;
mod themes;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use peil_warehouse::publish::Published;
use peil_warehouse::storage::Storage;
use peil_warehouse::{Error, Result};

use content::Content;

/// The licence that the exported data carry where no other is named: free
/// reuse, as the Flemish government words it.
pub const LICENCE: &str = "http://data.vlaanderen.be/id/licentie/modellicentie-gratis-hergebruik/v1.0";
/// Who publishes.
const PUBLISHER: &str = "V-ICT-OR";
/// Where the publisher is found.
const HOMEPAGE: &str = "https://www.v-ict-or.be/";

/// A format of exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Format {
    /// Data Package with Table Schema.
    Datapackage,
    /// CSV on the Web.
    Csvw,
    /// DCAT-AP Vlaanderen.
    Dcat,
    /// SDMX, of the indicators.
    Sdmx,
}

impl Format {
    /// Every format.
    pub const ALL: [Self; 4] = [Self::Datapackage, Self::Csvw, Self::Dcat, Self::Sdmx];

    /// Its name, as `datapackage`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Datapackage => "datapackage",
            Self::Csvw => "csvw",
            Self::Dcat => "dcat",
            Self::Sdmx => "sdmx",
        }
    }

    /// The file with which a reader of the format begins.
    pub const fn entrance(self) -> &'static str {
        match self {
            Self::Datapackage => "datapackage.json",
            Self::Csvw => "csv-metadata.json",
            Self::Dcat => "dcat.jsonld",
            Self::Sdmx => "sdmx/structure.xml",
        }
    }
}

/// What is said of an export beside the data.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The release that is exported; none: the marts of now.
    pub release: Option<String>,
    /// Where the folder will stand on the web, for DCAT; without it, addresses
    /// are relative to the description.
    pub url: Option<String>,
    /// The licence, by its URI; none: [`LICENCE`].
    pub licence: Option<String>,
}

impl Options {
    fn licence(&self) -> &str {
        self.licence.as_deref().unwrap_or(LICENCE)
    }
}

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exported {
    /// The folder.
    pub folder: PathBuf,
    /// With what a reader begins, by format.
    pub entrances: Vec<PathBuf>,
    /// The number of files.
    pub files: usize,
    /// The number of tables.
    pub tables: usize,
}

/// Writes the published marts to a folder in some formats.
///
/// # Errors
/// [`Error::Usage`] where no mart is published; [`Error::Storage`] where the
/// warehouse cannot be read or a file cannot be written.
pub async fn write_export(
    storage: &Storage,
    published: &Published,
    folder: &Path,
    formats: &[Format],
    options: &Options,
) -> Result<Exported> {
    let content = Content::read(storage, published).await?;
    let mut files: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    if formats.iter().any(|format| *format != Format::Sdmx) {
        for table in &content.tables {
            files.insert(table.csv_path(), table.csv.clone());
            files.insert(table.parquet_path(), table.parquet.clone());
        }
    }
    for format in formats {
        match format {
            Format::Datapackage => {
                files.insert(format.entrance().to_owned(), package::describe(&content, options)?);
            }
            Format::Csvw => {
                files.insert(format.entrance().to_owned(), csvw::describe(&content, options)?);
            }
            Format::Dcat => {
                files.insert(format.entrance().to_owned(), dcat::describe(&content, options)?);
            }
            Format::Sdmx => {
                files.extend(sdmx::files(storage, published, &content).await?);
            }
        }
    }
    for (path, bytes) in &files {
        write(&folder.join(path), bytes)?;
    }
    Ok(Exported {
        entrances: formats.iter().map(|format| folder.join(format.entrance())).collect(),
        files: files.len(),
        tables: content.tables.len(),
        folder: folder.to_owned(),
    })
}

fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder)
        .and_then(|()| std::fs::write(path, bytes))
        .map_err(|error| Error::storage(format!("{} cannot be written: {error}", path.display())))
}

/// A document as JSON, for readers too.
fn json(document: &serde_json::Value) -> Result<Vec<u8>> {
    let mut bytes = serde_json::to_vec_pretty(document).map_err(Error::internal)?;
    bytes.push(b'\n');
    Ok(bytes)
}
