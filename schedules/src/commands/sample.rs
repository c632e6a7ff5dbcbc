//! `peil sample`: sample deliveries.

use std::path::Path;

use peil_warehouse::progress::Progress;
use peil_warehouse::{Error, Result};

use crate::cli::SampleArgs;
use crate::exit::Exit;
use crate::key::SAMPLE_KEY_FILE;
use crate::output::{Output, Tone, counted};
use crate::progress::progress;
use crate::stages::{self, SAMPLE_PSEUDONYM_KEY, SampleReport, SampleRequest};

/// Datasets of which there is a sample.
const DATASETS: u64 = 34;

/// Writes a sample and says what it holds.
///
/// # Errors
/// [`Error::Usage`] where the folder holds deliveries that are no sample.
pub fn run(arguments: &SampleArgs, output: Output) -> Result<Exit> {
    let request = SampleRequest {
        folder: &arguments.folder,
        scale: arguments.scale,
        seed: arguments.seed,
        until: arguments.until,
        dirty: arguments.dirty,
    };
    let report = write(request, output, progress(output).as_ref())?;
    if output.is_json() {
        output.document(&report)?;
        return Ok(Exit::Done);
    }
    output.line(told(&report, &arguments.folder));
    for fault in &report.faults {
        output.line(format!("  {fault}"));
    }
    let folder = arguments.folder.display();
    output.talk(format!("next: peil run --landing {folder} --as-of {}", arguments.until));
    Ok(Exit::Done)
}

/// What was written, in a line.
pub fn told(report: &SampleReport, folder: &Path) -> String {
    let size = report.bytes as f64 / 1e6;
    let faults = match report.faults.len() {
        0 => String::new(),
        number => format!(", with {} planted", counted(number as u64, "fault", "faults")),
    };
    let deliveries = counted(report.deliveries, "delivery", "deliveries");
    let rows = counted(report.rows, "row", "rows");
    format!("{deliveries}, {rows} ({size:.1} MB) in {}{faults}", folder.display())
}

/// Writes a sample into a folder that is empty or holds an older one, with the
/// key that it brings.
///
/// # Errors
/// [`Error::Usage`] where the folder holds deliveries that are no sample.
pub fn write(request: SampleRequest<'_>, output: Output, progress: &dyn Progress) -> Result<SampleReport> {
    let folder = request.folder;
    let failed = |error: std::io::Error| Error::storage(format!("{} cannot be written: {error}", folder.display()));
    let marker = folder.join(SAMPLE_KEY_FILE);
    if holds_files(folder)? {
        if !marker.is_file() {
            return Err(Error::usage(format!(
                "{} holds files that are no sample: invented deliveries must not mix with real ones\nhint: name an empty folder",
                folder.display()
            )));
        }
        let text = "the folder held a sample: deliveries of it that this one does not write are still there";
        output.remark(Tone::Warning, "note", text);
    }
    std::fs::create_dir_all(folder).map_err(failed)?;
    let is_new = !marker.exists();
    // The marker comes first: a sample that is cut off is still known as one.
    std::fs::write(&marker, format!("{SAMPLE_PSEUDONYM_KEY}\n")).map_err(failed)?;
    progress.begin("sample", DATASETS);
    match stages::write_sample(request, &mut |dataset| progress.advance(1, dataset)) {
        Ok(report) => {
            progress.end(&told(&report, folder));
            Ok(report)
        }
        Err(error) => {
            // A sample that cannot be writes nothing: not even its marker.
            if is_new && matches!(error, Error::Usage(_)) {
                std::fs::remove_file(&marker).map_err(failed)?;
            }
            Err(error)
        }
    }
}

/// Whether there is a file in a folder or below it, hidden ones left out but
/// for the sample's marker.
fn holds_files(folder: &Path) -> Result<bool> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(Error::usage(format!("{} cannot be read: {error}", folder.display()))),
    };
    for entry in entries {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let hidden = name.starts_with('.') && name != SAMPLE_KEY_FILE;
        if !hidden && (path.is_file() || path.is_dir() && holds_files(&path)?) {
            return Ok(true);
        }
    }
    Ok(false)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::ColorChoice;

    fn request(folder: &Path) -> SampleRequest<'_> {
        SampleRequest { folder, scale: 0.001, seed: 1, until: chrono::NaiveDate::MAX, dirty: false }
    }

    #[test]
    fn a_sample_never_mixes_with_real_deliveries() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("portal/events")).unwrap();
        assert!(!holds_files(folder.path()).unwrap());
        std::fs::write(folder.path().join("portal/events/2022-03.ndjson"), "{}").unwrap();
        let quiet = Output::new(false, true, ColorChoice::Never);
        let error = write(request(folder.path()), quiet, &peil_warehouse::progress::Silent).unwrap_err();
        assert!(matches!(error, Error::Usage(ref text) if text.contains("no sample")), "{error}");
        assert!(!folder.path().join(SAMPLE_KEY_FILE).exists());
    }

    #[test]
    fn a_sample_that_cannot_be_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let quiet = Output::new(false, true, ColorChoice::Never);
        let error = write(request(folder.path()), quiet, &peil_warehouse::progress::Silent).unwrap_err();
        assert!(matches!(error, Error::Usage(_)), "{error}");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
