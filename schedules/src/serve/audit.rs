//! The audit log: a line of JSON for each statement.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use peil_marts::service::{Entry, Journal};
use peil_warehouse::{Error, Result, clock};
use serde_json::json;

/// Characters of a statement that are kept.
const TEXT: usize = 10_000;

/// Writes to a file, or to standard error.
pub struct Audit {
    file: Option<Mutex<File>>,
}

impl Audit {
    /// Opens the log; what is in it stays.
    ///
    /// # Errors
    /// [`Error::Usage`] where it cannot be written.
    pub fn open(path: Option<&Path>) -> Result<Self> {
        let open = |path: &Path| {
            let mut options = OpenOptions::new();
            options.create(true).append(true);
            // Statements may name what is not for everyone.
            #[cfg(unix)]
            std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
            options
                .open(path)
                .map(Mutex::new)
                .map_err(|error| Error::usage(format!("the audit log {} cannot be written: {error}", path.display())))
        };
        Ok(Self { file: path.map(open).transpose()? })
    }

    fn write(&self, line: &serde_json::Value) {
        let line = format!("{line}\n");
        // A line is written in one step; one that fails stops nobody's query.
        let _ = match &self.file {
            Some(file) => file.lock().unwrap_or_else(PoisonError::into_inner).write_all(line.as_bytes()),
            None => std::io::stderr().lock().write_all(line.as_bytes()),
        };
    }
}

impl Journal for Audit {
    fn record(&self, entry: &Entry<'_>) {
        self.write(&json!({
            "at": entry.at.to_rfc3339(),
            "user": entry.who.user,
            "application": entry.who.application,
            "address": entry.who.address,
            "protocol": entry.who.protocol,
            "text": entry.text.chars().take(TEXT).collect::<String>(),
            "rows": entry.rows,
            "milliseconds": (entry.seconds * 1_000_000.0).round() / 1_000.0,
            "outcome": entry.outcome,
        }));
    }

    fn remark(&self, text: &str) {
        self.write(&json!({ "at": clock::now().to_rfc3339(), "remark": text.chars().take(TEXT).collect::<String>() }));
    }
}

#[cfg(test)]
mod tests {
    use peil_marts::service::Who;

    use super::*;

    #[test]
    fn a_statement_is_a_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("audit.jsonl");
        let audit = Audit::open(Some(&path)).unwrap();
        let who = Who { user: "an".to_owned(), ..Who::default() };
        let entry = Entry { at: clock::now(), who: &who, text: "select\n1", rows: 1, seconds: 0.0015, outcome: "ok" };
        audit.record(&entry);
        audit.remark("a word");
        let text = std::fs::read_to_string(&path).unwrap();
        let lines: Vec<serde_json::Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!((lines[0]["user"].as_str(), lines[0]["milliseconds"].as_f64()), (Some("an"), Some(1.5)));
        assert_eq!(lines[1]["remark"], "a word");
    }
}
