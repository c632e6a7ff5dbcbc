//! The folder of a period: files written whole, and a record of them.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Result, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::{File, Form};

/// The record of what was written. It tells which files of a former writing
/// may go; anything else in the folder is not ours and stays.
const RECORD: &str = ".peil-report.json";

/// What lies in the folder, by form.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Record(BTreeMap<Form, OfForm>);

#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct OfForm {
    /// The published state that the files were made from.
    state: String,
    files: BTreeSet<String>,
}

/// Writes the files of each form, then removes what a former writing of these
/// forms left. Gives the other forms that lie there from another state.
pub(super) fn write(folder: &Path, state: &str, made: &[(Form, Vec<File>)]) -> Result<Vec<Form>> {
    std::fs::create_dir_all(folder)?;
    let mut record = read(folder);
    for (path, content) in made.iter().flat_map(|(_, files)| files) {
        write_whole(&folder.join(path), content)?;
    }
    let mut stale = BTreeSet::new();
    for (form, files) in made {
        let files: BTreeSet<String> = files.iter().map(|(path, _)| path.clone()).collect();
        let former = record.0.insert(*form, OfForm { state: state.to_owned(), files });
        stale.extend(former.into_iter().flat_map(|former| former.files));
    }
    let text = serde_json::to_vec_pretty(&record)?;
    write_whole(&folder.join(RECORD), &text)?;
    for path in stale.iter().filter(|path| !record.0.values().any(|form| form.files.contains(*path))) {
        remove(folder, path)?;
    }
    Ok(record.0.iter().filter(|(_, form)| form.state != state).map(|(form, _)| *form).collect())
}

/// Whether a form lies in the folder.
pub(super) fn holds(folder: &Path, form: Form) -> bool {
    read(folder).0.contains_key(&form)
}

/// The record; empty where there is none, or none that can be read: then
/// nothing is known to be stale.
fn read(folder: &Path) -> Record {
    let text = std::fs::read(folder.join(RECORD)).unwrap_or_default();
    serde_json::from_slice(&text).unwrap_or_default()
}

/// Writes a file beside its place and moves it there once it is whole.
pub(super) fn write_whole(file: &Path, content: &[u8]) -> Result<()> {
    let parent = file.parent().map_or_else(PathBuf::new, Path::to_path_buf);
    std::fs::create_dir_all(&parent)?;
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let staged = parent.join(format!(".{name}.{}.tmp", std::process::id()));
    let written = std::fs::File::create(&staged)
        .and_then(|mut open| open.write_all(content))
        .and_then(|()| std::fs::rename(&staged, file));
    if written.is_err() {
        // A half that nobody asked for; that it cannot go is not the news.
        let _ = std::fs::remove_file(&staged);
    }
    written
}

/// Removes a stale file, and the folders that it leaves empty.
fn remove(folder: &Path, path: &str) -> Result<()> {
    // The record is a file that anyone can edit: nothing outside goes.
    if Path::new(path).components().any(|part| !matches!(part, std::path::Component::Normal(_))) {
        return Ok(());
    }
    let file = folder.join(path);
    match std::fs::remove_file(&file) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let above = file.ancestors().skip(1).take_while(|parent| *parent != folder);
    for parent in above {
        if std::fs::remove_dir(parent).is_err() {
            break;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(paths: &[&str]) -> Vec<File> {
        paths.iter().map(|path| ((*path).to_owned(), b"text".to_vec())).collect()
    }

    fn names(folder: &Path) -> Vec<String> {
        let mut found = Vec::new();
        let mut open = vec![folder.to_path_buf()];
        while let Some(next) = open.pop() {
            for entry in std::fs::read_dir(next).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    open.push(path);
                } else {
                    found.push(path.strip_prefix(folder).unwrap().to_string_lossy().into_owned());
                }
            }
        }
        found.sort();
        found
    }

    #[test]
    fn what_a_former_writing_left_goes_and_what_is_not_ours_stays() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        write(folder, "1", &[(Form::Html, files(&["index.html", "tabellen/old.csv"]))]).unwrap();
        std::fs::write(folder.join("mine.txt"), "mine").unwrap();
        let older = write(folder, "2", &[(Form::Html, files(&["index.html", "indicatoren/new.html"]))]).unwrap();
        assert!(older.is_empty());
        assert_eq!(names(folder), [RECORD, "index.html", "indicatoren/new.html", "mine.txt"]);
        assert!(!folder.join("tabellen").exists());
        assert!(holds(folder, Form::Html));
    }

    #[test]
    fn a_record_that_was_tampered_with_removes_nothing_outside() {
        let outer = tempfile::tempdir().unwrap();
        let folder = outer.path().join("2022S1");
        std::fs::write(outer.path().join("other.txt"), "other").unwrap();
        write(&folder, "1", &[(Form::Html, files(&["index.html"]))]).unwrap();
        let record = std::fs::read_to_string(folder.join(RECORD)).unwrap();
        std::fs::write(folder.join(RECORD), record.replace("index.html", "../other.txt")).unwrap();
        write(&folder, "2", &[(Form::Html, files(&["index.html"]))]).unwrap();
        assert!(outer.path().join("other.txt").exists());
    }
}
