//! The report of a release: made once, kept with the release, and put in a
//! folder that no later report writes over.

use std::io::Result;
use std::path::{Path, PathBuf};

use peil_warehouse::Period;
use serde::{Deserialize, Serialize};

use super::folder::{self, write_whole};
use super::{File, Form};

/// Tells that the folder holds a release.
const MARK: &str = ".peil-release.json";
/// Where drafts go of a period whose folder holds a release.
pub(super) const DRAFTS: &str = "concept";

#[derive(Debug, Serialize, Deserialize)]
struct Mark {
    release: String,
}

/// The release that a folder holds; none where it holds a draft or nothing.
pub(super) fn of_folder(folder: &Path) -> Option<String> {
    let text = std::fs::read(folder.join(MARK)).ok()?;
    // A mark that cannot be read protects the folder too.
    Some(serde_json::from_slice::<Mark>(&text).map_or_else(|_| String::new(), |mark| mark.release))
}

/// The folder under `out` for a draft of a period: its own, or one among the
/// drafts where that holds a release.
pub(super) fn draft_folder(out: &Path, period: Period) -> PathBuf {
    let own = out.join(period.to_string());
    if of_folder(&own).is_some() { out.join(DRAFTS).join(period.to_string()) } else { own }
}

/// Puts the files of a release in the folder of its name, over a draft that
/// may lie there. What is there of the same release stays as it is, and what
/// is missing comes back.
pub(super) fn write(out: &Path, release: &str, period: Period, files: Vec<File>) -> Result<PathBuf> {
    let folder = out.join(release);
    if of_folder(&folder).as_deref() == Some(release) {
        for (path, content) in &files {
            let file = folder.join(path);
            if std::fs::read(&file).ok().as_deref() != Some(content.as_slice()) {
                write_whole(&file, content)?;
            }
        }
        return Ok(folder);
    }
    let mut forms: Vec<(Form, Vec<File>)> = Form::ALL.iter().map(|form| (*form, Vec::new())).collect();
    for file in files {
        let form = Form::ALL.into_iter().find(|form| file.0 == form.entrance(period)).unwrap_or(Form::Html);
        if let Some((_, of_form)) = forms.iter_mut().find(|(known, _)| *known == form) {
            of_form.push(file);
        }
    }
    forms.retain(|(_, files)| !files.is_empty());
    folder::write(&folder, &format!("release {release}"), &forms)?;
    let mark = serde_json::to_vec(&Mark { release: release.to_owned() })?;
    write_whole(&folder.join(MARK), &mark)?;
    Ok(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, content: &str) -> File {
        (path.to_owned(), content.as_bytes().to_vec())
    }

    #[test]
    fn a_released_folder_is_put_back_and_drafts_go_elsewhere() {
        let out = tempfile::tempdir().unwrap();
        let period: Period = "2022S1".parse().unwrap();
        let own = out.path().join("2022S1");
        assert_eq!(draft_folder(out.path(), period), own);
        folder::write(&own, "1", &[(Form::Html, vec![file("index.html", "draft"), file("old.html", "draft")])])
            .unwrap();
        let files = vec![file("index.html", "released"), file("peil-2022S1.pdf", "pdf")];
        write(out.path(), "2022S1", period, files.clone()).unwrap();
        assert!(!own.join("old.html").exists());
        assert_eq!(draft_folder(out.path(), period), out.path().join("concept/2022S1"));
        std::fs::write(own.join("index.html"), "changed").unwrap();
        std::fs::remove_file(own.join("peil-2022S1.pdf")).unwrap();
        write(out.path(), "2022S1", period, files).unwrap();
        assert_eq!(std::fs::read_to_string(own.join("index.html")).unwrap(), "released");
        assert!(own.join("peil-2022S1.pdf").exists());
    }
}
