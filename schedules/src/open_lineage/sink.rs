//! Where events go: a file, a line each, and an address, by POST.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

use peil_warehouse::settings::LineageSettings;
use serde_json::Value;

/// How long the other side may take over an event.
const PATIENCE: Duration = Duration::from_secs(5);

/// Who is told. One that fails is not tried again in the same run, so that it
/// costs the run no more than one time-out.
pub(super) struct Sink {
    file: Option<PathBuf>,
    address: Option<(reqwest::Client, String)>,
}

impl Sink {
    /// Who the settings name; none where they name nobody.
    pub fn of(settings: &LineageSettings) -> Option<Self> {
        let client = || reqwest::Client::builder().timeout(PATIENCE).build().ok();
        let address = settings.url.as_ref().and_then(|url| Some((client()?, url.clone())));
        let sink = Self { file: settings.file.clone(), address };
        (sink.file.is_some() || sink.address.is_some()).then_some(sink)
    }

    /// Tells of an event; gives what went wrong.
    pub async fn send(&mut self, event: &Value) -> Vec<String> {
        let line = event.to_string();
        let mut problems = Vec::new();
        if let Some(file) = self.file.take() {
            match append(&file, &line) {
                Ok(()) => self.file = Some(file),
                Err(error) => problems.push(format!("{}: {error}", file.display())),
            }
        }
        if let Some((client, url)) = self.address.take() {
            let sent = client.post(&url).header("content-type", "application/json").body(line).send().await;
            match sent.and_then(reqwest::Response::error_for_status) {
                Ok(_) => self.address = Some((client, url)),
                // An address may hold a password: the error names it without.
                Err(error) => problems.push(error.without_url().to_string()),
            }
        }
        problems
    }
}

fn append(file: &PathBuf, line: &str) -> std::io::Result<()> {
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let mut file = OpenOptions::new().create(true).append(true).open(file)?;
    file.write_all(format!("{line}\n").as_bytes())
}
