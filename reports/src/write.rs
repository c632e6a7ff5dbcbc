//! Writing the report of a period to a folder.
//!
//! ```text
//! <out>/2022S1/index.html …          the site, with tabellen/*.csv
//! <out>/2022S1/peil-2022S1.pdf, .xlsx
//! <out>/2022S1/.peil-report.json     what was written, by form
//! <out>/2022S1-r2/…                  a further release of the period
//! <out>/concept/2022S1/…             a draft of a period whose folder holds a release
//! <out>/latest/index.html            leads to the newest period
//! ```
//!
//! The forms are made beside each other from one document, and nothing is
//! written until all of them are made. A reader of a file sees the former one
//! or the new one, never a half. Files of a former writing that the new one
//! does not have go once the new ones stand.

mod folder;
mod latest;
mod release;

use std::path::{Path, PathBuf};

use peil_warehouse::publish::Published;
use peil_warehouse::storage::Storage;
use peil_warehouse::{Error, Period, Result};
use serde::{Deserialize, Serialize};

use crate::document::Document;
use crate::frames::{Edition, Report};
use crate::html::{self, Templates};
use crate::{pdf, sections, xlsx};

/// A form of the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    /// A site for the browser, with the tables as CSV.
    Html,
    /// The report as a tagged document for paper.
    Pdf,
    /// The annex, a workbook.
    Xlsx,
}

impl Form {
    /// Every form.
    pub const ALL: [Self; 3] = [Self::Html, Self::Pdf, Self::Xlsx];

    /// Its name, as `html`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Html => "html",
            Self::Pdf => "pdf",
            Self::Xlsx => "xlsx",
        }
    }

    /// The file that a reader opens, in the folder of the period.
    pub fn entrance(self, period: Period) -> String {
        match self {
            Self::Html => "index.html".to_owned(),
            Self::Pdf => format!("peil-{period}.pdf"),
            Self::Xlsx => format!("peil-{period}.xlsx"),
        }
    }

    /// The files of the form: paths in the folder of the period, and contents.
    fn files(self, report: &Report, document: &Document, templates: &Templates, beside: &[Self]) -> Result<Vec<File>> {
        let period = report.colophon.period;
        match self {
            Self::Html => html::site(report, document, templates, beside),
            Self::Pdf => Ok(vec![(self.entrance(period), pdf::document(report, document)?)]),
            Self::Xlsx => Ok(vec![(self.entrance(period), xlsx::workbook(report, document)?)]),
        }
    }
}

/// A path in the folder of the period, with `/`, and what the file holds.
pub type File = (String, Vec<u8>);

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Written {
    /// The folder of the period.
    pub folder: PathBuf,
    /// What a reader opens, by form.
    pub entrances: Vec<PathBuf>,
    /// The number of files written, entrances too.
    pub files: usize,
    /// Forms that lie in the folder from an earlier published state: their
    /// figures may differ.
    pub older: Vec<Form>,
}

/// Writes the report of `period` in `forms` under `out`, in a folder of the
/// period's name (among the drafts where that holds a release), with the built-in templates.
///
/// # Errors
/// As [`write_report_with`].
pub async fn write_report(
    storage: &Storage,
    published: &Published,
    period: Period,
    out: &Path,
    forms: &[Form],
) -> Result<Written> {
    write_report_with(storage, published, period, out, forms, &Templates::built_in()).await
}

/// The same with `templates` of the user's own.
///
/// # Errors
/// [`Error::Usage`] where the period has no data (the message names the
/// nearest that has), a mart is missing or a template is wrong;
/// [`Error::Storage`] where the warehouse cannot be read or a file cannot be
/// written.
pub async fn write_report_with(
    storage: &Storage,
    published: &Published,
    period: Period,
    out: &Path,
    forms: &[Form],
    templates: &Templates,
) -> Result<Written> {
    let report = Report::read(storage, published, period).await?;
    let document = sections::document(&report)?;
    let mut forms = forms.to_vec();
    forms.sort_unstable();
    forms.dedup();
    let folder = release::draft_folder(out, period);
    let beside: Vec<Form> =
        Form::ALL.into_iter().filter(|form| forms.contains(form) || folder::holds(&folder, *form)).collect();
    let made = render(&report, &document, templates, &forms, &beside)?;
    let state = format!("{}-{}", published.sequence, published.run_id.as_deref().unwrap_or_default());
    let older = folder::write(&folder, &state, &made).map_err(cannot_write(&folder))?;
    latest::write(out).map_err(cannot_write(&out.join(latest::FOLDER)))?;
    Ok(Written {
        entrances: forms.iter().map(|form| folder.join(form.entrance(period))).collect(),
        files: made.iter().map(|(_, files)| files.len()).sum(),
        folder,
        older,
    })
}

/// The report of a release, in all forms, as it will go out: paths in its
/// folder, and contents.
///
/// # Errors
/// As [`write_report_with`].
pub async fn release_report(
    storage: &Storage,
    published: &Published,
    period: Period,
    edition: Edition,
) -> Result<Vec<File>> {
    let mut report = Report::read(storage, published, period).await?;
    report.colophon.edition = edition;
    let document = sections::document(&report)?;
    let made = render(&report, &document, &Templates::built_in(), &Form::ALL, &Form::ALL)?;
    Ok(made.into_iter().flat_map(|(_, files)| files).collect())
}

/// Puts the report of a release under `out`, in a folder of its name, which no
/// later report writes over.
///
/// # Errors
/// [`Error::Storage`] where a file cannot be written.
pub fn write_release(out: &Path, release: &str, period: Period, files: Vec<File>) -> Result<Written> {
    let count = files.len();
    let here: Vec<Form> =
        Form::ALL.into_iter().filter(|form| files.iter().any(|(path, _)| *path == form.entrance(period))).collect();
    let folder = release::write(out, release, period, files).map_err(cannot_write(&out.join(release)))?;
    latest::write(out).map_err(cannot_write(&out.join(latest::FOLDER)))?;
    let entrances = here.iter().map(|form| folder.join(form.entrance(period))).collect();
    Ok(Written { folder, entrances, files: count, older: Vec::new() })
}

/// The files of each form, made beside each other; the folder will hold the
/// forms `beside`.
fn render(
    report: &Report,
    document: &Document,
    templates: &Templates,
    forms: &[Form],
    beside: &[Form],
) -> Result<Vec<(Form, Vec<File>)>> {
    std::thread::scope(|scope| {
        let makers: Vec<_> = forms
            .iter()
            .map(|form| (*form, scope.spawn(move || form.files(report, document, templates, beside))))
            .collect();
        makers
            .into_iter()
            .map(|(form, maker)| {
                let files = maker.join().map_err(|_| Error::internal(format!("the {} broke off", form.name())))??;
                Ok((form, files))
            })
            .collect()
    })
}

fn cannot_write(what: &Path) -> impl Fn(std::io::Error) -> Error {
    move |error| {
        Error::storage(format!("{} cannot be written: {error}\nhint: --out names another folder", what.display()))
    }
}
