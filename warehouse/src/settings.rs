//! Settings: defaults, then `peil.toml`, then `PEIL_…` variables, then flags.
//!
//! They are resolved once, at the start. An unknown key is an error that names
//! the nearest known one; each key has a variable, `privacy.key_file` is
//! `PEIL_PRIVACY_KEY_FILE`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use toml::Value;

use crate::nearest::did_you_mean;
use crate::{Error, Result};

/// The variable that holds the pseudonym key.
pub const PSEUDONYM_KEY_VARIABLE: &str = "PEIL_PSEUDONYM_KEY";

/// What the variables of secrets of sources begin with; they are no setting.
pub const SECRET_PREFIX: &str = "PEIL_SECRET_";

/// Variables that are no setting.
const OTHER_VARIABLES: [&str; 5] = [
    PSEUDONYM_KEY_VARIABLE,
    "PEIL_CLOCK",
    "PEIL_CONFIG",
    crate::storage::POWER_CUT_VARIABLE,
    crate::lease::LEASE_VARIABLE,
];

/// Each key, what it means, and its default as TOML.
pub const KEYS: [(&str, &str, &str); 40] = [
    ("landing", "where deliveries arrive: a folder or a URL (file://, s3://, az://, gs://)", "\"landing\""),
    ("warehouse", "where the tables are kept: a folder or a URL", "\"warehouse\""),
    ("contracts", "a folder of contracts that add to the built-in ones or replace them", "\"\""),
    ("models", "a folder of mart models and indicators that add to the built-in ones or replace them", "\"\""),
    ("jobs", "a folder of jobs of the timetable that add to the built-in ones or replace them", "\"\""),
    ("sources", "a folder of sources that `peil fetch` asks for what is new, a file each", "\"\""),
    ("ingest.refuse_above", "the share of rejected rows above which a delivery is refused", "0.05"),
    (
        "ingest.clear_after_days",
        "days after which an accepted delivery is cleared from the landing area (0: never)",
        "0",
    ),
    (
        "run.megabytes",
        "how much memory a run may take, about; below 2048 it does one thing after another and queries go through the disk (0: what there is)",
        "0",
    ),
    ("privacy.key_file", "the file that holds the pseudonym key, at least 16 bytes", "\"\""),
    ("privacy.threshold", "counts of fewer persons, and averages of fewer ratings or authorities, are not shown", "5"),
    ("quality.known_faults", "the list of known faults of sources; it takes the place of the built-in one", "\"\""),
    (
        "quality.published_figures",
        "figures published before, which must still be there; they take the place of the built-in ones",
        "\"\"",
    ),
    ("lineage.file", "the file to which each run adds its OpenLineage events, a line each (empty: none)", "\"\""),
    ("lineage.url", "the address to which it posts them (empty: none)", "\"\""),
    (
        "notices.webhook",
        "the address told when a job of the timetable fails, needs people or publishes (empty: none)",
        "\"\"",
    ),
    ("notices.key_file", "the file with the key that signs these notices, at least 16 bytes", "\"\""),
    ("notices.mail_to", "who gets mail of the same, parted by commas (empty: nobody)", "\"\""),
    ("notices.mail_from", "from whom that mail is", "\"\""),
    ("notices.smtp", "the server that takes it: smtps://host:465, or smtp://host:587 with STARTTLS", "\"\""),
    ("notices.smtp_user", "the name with which Peil logs in there (empty: none)", "\"\""),
    (
        "notices.smtp_password_file",
        "the file with the password; without it, the variable PEIL_SECRET_SMTP_PASSWORD",
        "\"\"",
    ),
    ("notices.ping", "the address that gets a sign of life after each run of the timetable (empty: none)", "\"\""),
    (
        "schedule.http",
        "where `peil schedule run` gives its health and counts (/healthz, /readyz, /metrics), as 127.0.0.1:9182 (empty: nowhere)",
        "\"\"",
    ),
    ("serve.postgres", "where `peil serve` speaks the PostgreSQL protocol, as 127.0.0.1:5432 (empty: nowhere)", "\"\""),
    ("serve.flight", "where it speaks Arrow Flight SQL (empty: nowhere)", "\"\""),
    ("serve.http", "where it gives reports, tables, health and metrics over HTTP (empty: nowhere)", "\"\""),
    ("serve.reports", "the folder of the reports that it gives over HTTP", "\"reports\""),
    (
        "serve.open_data",
        "whether marts and releases are given over HTTP without login; the records in ops never are",
        "false",
    ),
    ("serve.users_file", "the file of those who may log in; `peil users add` writes it", "\"peil.users\""),
    ("serve.tls_certificate", "the certificates for TLS, in PEM", "\"\""),
    ("serve.tls_key", "their private key, in PEM", "\"\""),
    ("serve.allow_plain_text", "whether clients from elsewhere may do without TLS; on this machine they may", "false"),
    ("serve.audit_file", "where a line is kept of each statement (empty: standard error)", "\"\""),
    ("serve.seconds", "how long a statement may take, its rows included", "300"),
    ("serve.rows", "how many rows a statement may give", "50000000"),
    ("serve.statement_megabytes", "how much memory a statement may take", "512"),
    ("serve.megabytes", "how much memory all statements together may take", "1024"),
    ("serve.statements", "how many statements run at the same time; others wait", "32"),
    ("serve.connections", "how many clients may be connected at the same time", "250"),
];

/// The settings in force.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// Where deliveries arrive.
    pub landing: String,
    /// Where the tables are kept.
    pub warehouse: String,
    /// A folder of contracts beside the built-in ones.
    pub contracts: Option<PathBuf>,
    /// A folder of models and indicators beside the built-in ones.
    pub models: Option<PathBuf>,
    /// A folder of jobs beside the built-in ones.
    pub jobs: Option<PathBuf>,
    /// A folder of sources to fetch.
    pub sources: Option<PathBuf>,
    /// The share of rejected rows above which a delivery is refused.
    pub refuse_above: f64,
    /// The same, for datasets that have their own.
    pub refuse_above_of: BTreeMap<String, f64>,
    /// Days after which an accepted delivery is cleared from the landing area.
    pub clear_after_days: Option<u32>,
    /// How much memory a run may take, about; 0: what there is.
    pub run_megabytes: u32,
    /// The file that holds the pseudonym key.
    pub key_file: Option<PathBuf>,
    /// Counts of fewer persons are not shown.
    pub threshold: u32,
    /// The list of known faults of sources.
    pub known_faults: Option<PathBuf>,
    /// Figures published before, which must still be there.
    pub published_figures: Option<PathBuf>,
    /// Who is told what a run read and made.
    pub lineage: LineageSettings,
    /// Who is told how the jobs of the timetable end.
    pub notices: NoticeSettings,
    /// Where the daemon of the timetable gives its health and counts.
    pub schedule_http: Option<String>,
    /// What `peil serve` offers.
    pub serve: ServeSettings,
}

/// Who is told what a run read and made, as OpenLineage events.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LineageSettings {
    /// The file to which a line is added for each event.
    pub file: Option<PathBuf>,
    /// The address to which they are posted.
    pub url: Option<String>,
}

/// Who is told how the jobs of the timetable end.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NoticeSettings {
    /// The address that is told what needs people.
    pub webhook: Option<String>,
    /// The file with the key that signs what it is told.
    pub key_file: Option<PathBuf>,
    /// Who gets mail, parted by commas.
    pub mail_to: Option<String>,
    /// From whom it is.
    pub mail_from: Option<String>,
    /// The server that takes it.
    pub smtp: Option<String>,
    /// The name with which Peil logs in there.
    pub smtp_user: Option<String>,
    /// The file with the password.
    pub smtp_password_file: Option<PathBuf>,
    /// The address that gets a sign of life.
    pub ping: Option<String>,
}

/// What `peil serve` offers: where, to whom, within what bounds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServeSettings {
    /// Where it speaks the PostgreSQL protocol.
    pub postgres: Option<String>,
    /// Where it speaks Arrow Flight SQL.
    pub flight: Option<String>,
    /// Where it speaks HTTP.
    pub http: Option<String>,
    /// The folder of the reports that are given over HTTP.
    pub reports: PathBuf,
    /// Whether marts and releases are given over HTTP without login.
    pub open_data: bool,
    /// The file of those who may log in.
    pub users_file: PathBuf,
    /// Certificates in PEM.
    pub tls_certificate: Option<PathBuf>,
    /// Their key in PEM.
    pub tls_key: Option<PathBuf>,
    /// Whether clients from elsewhere may do without TLS.
    pub allow_plain_text: bool,
    /// Where a line is kept of each statement; none: standard error.
    pub audit_file: Option<PathBuf>,
    /// Seconds that a statement may take.
    pub seconds: u32,
    /// Rows that a statement may give.
    pub rows: u32,
    /// Megabytes that a statement may take.
    pub statement_megabytes: u32,
    /// Megabytes that all statements together may take.
    pub megabytes: u32,
    /// Statements at the same time.
    pub statements: u32,
    /// Connections at the same time.
    pub connections: u32,
}

impl Settings {
    /// Resolves the settings of `file` (where it is there), `variables` and
    /// `flags` (key and value), the later over the earlier. Relative folders
    /// in the file are taken from where the file stands.
    ///
    /// # Errors
    /// [`Error::Usage`] where a key is unknown or a value is wrong: it says
    /// where.
    pub fn resolve(
        file: Option<&Path>,
        variables: impl IntoIterator<Item = (String, String)>,
        flags: &[(&str, String)],
    ) -> Result<Self> {
        let mut values = Values::default();
        for (key, _, default) in KEYS {
            values.set(key, parse_toml_value(default), "default".to_owned());
        }
        if let Some(path) = file {
            values.read_file(path)?;
        }
        let mut variables: Vec<_> = variables.into_iter().filter(|(name, _)| name.starts_with("PEIL_")).collect();
        variables.sort();
        for (name, value) in variables {
            if OTHER_VARIABLES.contains(&name.as_str()) || name.starts_with(SECRET_PREFIX) {
                continue;
            }
            let known = KEYS.iter().find(|(key, ..)| variable(key) == name);
            let Some((key, ..)) = known else {
                let names: Vec<String> = KEYS.iter().map(|(key, ..)| variable(key)).collect();
                let hint = did_you_mean(&name, names.iter().map(String::as_str));
                return Err(Error::usage(format!("the variable {name} is no setting{hint}")));
            };
            values.set(key, parse_toml_value(&value), format!("the variable {name}"));
        }
        for (key, value) in flags {
            values.set(key, parse_toml_value(value), format!("the flag --{key}"));
        }
        values.settings()
    }

    /// The share of rejected rows above which a delivery of `dataset` is
    /// refused.
    pub fn refuse_above(&self, dataset: &str) -> f64 {
        self.refuse_above_of.get(dataset).copied().unwrap_or(self.refuse_above)
    }
}

/// The variable of a key.
pub fn variable(key: &str) -> String {
    format!("PEIL_{}", key.replace('.', "_").to_uppercase())
}

#[derive(Default)]
struct Values {
    values: BTreeMap<String, (Value, String)>,
    refuse_above_of: BTreeMap<String, f64>,
}

impl Values {
    fn set(&mut self, key: &str, value: Value, origin: String) {
        self.values.insert(key.to_owned(), (value, origin));
    }

    fn read_file(&mut self, path: &Path) -> Result<()> {
        let place = path.display();
        let text = std::fs::read_to_string(path)
            .map_err(|error| Error::usage(format!("the configuration {place} cannot be read: {error}")))?;
        let table: toml::Table = text.parse().map_err(|error| Error::usage(format!("{place}: {error}")))?;
        let folder = path.parent().unwrap_or(Path::new(""));
        let at = |key: &str| match line_of(&text, key) {
            Some(line) => format!("{place}:{line}"),
            None => place.to_string(),
        };
        for (key, value) in table {
            match value {
                Value::Table(section) if key == "datasets" => self.read_datasets(section, &place.to_string())?,
                Value::Table(section) => {
                    for (inner, value) in section {
                        let key = format!("{key}.{inner}");
                        self.set_known(&key, value, &at(&key), folder)?;
                    }
                }
                value => self.set_known(&key, value, &at(&key), folder)?,
            }
        }
        Ok(())
    }

    fn set_known(&mut self, key: &str, value: Value, place: &str, folder: &Path) -> Result<()> {
        if !KEYS.iter().any(|(known, ..)| *known == key) {
            let hint = did_you_mean(key, KEYS.iter().map(|(known, ..)| *known));
            return Err(Error::usage(format!("{place}: `{key}` is no setting{hint}")));
        }
        let value = match value {
            Value::String(text) if is_relative_path(key, &text) => {
                Value::String(folder.join(text).to_string_lossy().into_owned())
            }
            value => value,
        };
        self.set(key, value, place.to_owned());
        Ok(())
    }

    fn read_datasets(&mut self, datasets: toml::Table, place: &str) -> Result<()> {
        for (dataset, value) in datasets {
            let Value::Table(keys) = value else {
                return Err(Error::usage(format!("{place}: write [datasets.\"{dataset}\"] with keys below it")));
            };
            for (key, value) in keys {
                let share = (key == "refuse_above").then(|| number(&value)).flatten();
                let Some(share) = share.filter(|share| (0.0..=1.0).contains(share)) else {
                    return Err(Error::usage(format!(
                        "{place}: datasets.\"{dataset}\".{key} is wrong: the only key is refuse_above, a share from 0 to 1"
                    )));
                };
                self.refuse_above_of.insert(dataset.clone(), share);
            }
        }
        Ok(())
    }

    fn settings(self) -> Result<Settings> {
        let folder = |key: &str| self.text(key).map(|text| (!text.is_empty()).then(|| PathBuf::from(text)));
        let some = |key: &str| self.text(key).map(|text| (!text.is_empty()).then_some(text));
        let days = self.whole("ingest.clear_after_days")?;
        Ok(Settings {
            landing: self.text("landing")?,
            warehouse: self.text("warehouse")?,
            contracts: folder("contracts")?,
            models: folder("models")?,
            jobs: folder("jobs")?,
            sources: folder("sources")?,
            refuse_above: self.share("ingest.refuse_above")?,
            clear_after_days: (days > 0).then_some(days),
            run_megabytes: self.whole("run.megabytes")?,
            key_file: folder("privacy.key_file")?,
            threshold: self.whole("privacy.threshold")?,
            known_faults: folder("quality.known_faults")?,
            published_figures: folder("quality.published_figures")?,
            lineage: LineageSettings {
                file: folder("lineage.file")?,
                url: self.text("lineage.url").map(|text| (!text.is_empty()).then_some(text))?,
            },
            notices: NoticeSettings {
                webhook: some("notices.webhook")?,
                key_file: folder("notices.key_file")?,
                mail_to: some("notices.mail_to")?,
                mail_from: some("notices.mail_from")?,
                smtp: some("notices.smtp")?,
                smtp_user: some("notices.smtp_user")?,
                smtp_password_file: folder("notices.smtp_password_file")?,
                ping: some("notices.ping")?,
            },
            schedule_http: some("schedule.http")?,
            serve: self.serve()?,
            refuse_above_of: self.refuse_above_of,
        })
    }

    fn serve(&self) -> Result<ServeSettings> {
        let some = |key: &str| self.text(key).map(|text| (!text.is_empty()).then_some(text));
        let file = |key: &str| some(key).map(|text| text.map(PathBuf::from));
        let above_0 = |key: &str| match self.whole(key)? {
            0 => Err(self.wrong(key, "a whole number from 1")),
            number => Ok(number),
        };
        Ok(ServeSettings {
            postgres: some("serve.postgres")?,
            flight: some("serve.flight")?,
            http: some("serve.http")?,
            reports: PathBuf::from(self.text("serve.reports")?),
            open_data: self.truth("serve.open_data")?,
            users_file: PathBuf::from(self.text("serve.users_file")?),
            tls_certificate: file("serve.tls_certificate")?,
            tls_key: file("serve.tls_key")?,
            allow_plain_text: self.truth("serve.allow_plain_text")?,
            audit_file: file("serve.audit_file")?,
            seconds: above_0("serve.seconds")?,
            rows: above_0("serve.rows")?,
            statement_megabytes: above_0("serve.statement_megabytes")?,
            megabytes: above_0("serve.megabytes")?,
            statements: above_0("serve.statements")?,
            connections: above_0("serve.connections")?,
        })
    }

    fn truth(&self, key: &str) -> Result<bool> {
        match self.values.get(key) {
            Some((Value::Boolean(truth), _)) => Ok(*truth),
            _ => Err(self.wrong(key, "true or false")),
        }
    }

    fn text(&self, key: &str) -> Result<String> {
        match self.values.get(key) {
            Some((Value::String(text), _)) => Ok(text.clone()),
            Some((Value::Integer(number), _)) => Ok(number.to_string()),
            _ => Err(self.wrong(key, "a text")),
        }
    }

    fn whole(&self, key: &str) -> Result<u32> {
        match self.values.get(key) {
            Some((Value::Integer(number), _)) => {
                u32::try_from(*number).map_err(|_| self.wrong(key, "a whole number from 0"))
            }
            _ => Err(self.wrong(key, "a whole number from 0")),
        }
    }

    fn share(&self, key: &str) -> Result<f64> {
        let value = self.values.get(key).and_then(|(value, _)| number(value));
        value.filter(|share| (0.0..=1.0).contains(share)).ok_or_else(|| self.wrong(key, "a share from 0 to 1"))
    }

    fn wrong(&self, key: &str, wanted: &str) -> Error {
        let origin = self.values.get(key).map_or("default", |(_, origin)| origin.as_str());
        Error::usage(format!("{origin}: `{key}` must be {wanted}"))
    }
}

/// The line on which a key is set, from 1: TOML's own reader does not keep it.
fn line_of(text: &str, key: &str) -> Option<usize> {
    let mut section = String::new();
    text.lines()
        .position(|line| {
            let line = line.trim();
            if let Some(header) = line.strip_prefix('[').and_then(|line| line.split(']').next()) {
                section = format!("{}.", header.trim());
                return false;
            }
            let name = line.split('=').next().unwrap_or_default().trim();
            line.contains('=') && format!("{section}{name}") == key
        })
        .map(|index| index + 1)
}

fn is_relative_path(key: &str, text: &str) -> bool {
    let is_path =
        matches!(key, "landing" | "warehouse" | "contracts" | "models" | "jobs" | "privacy.key_file" | "lineage.file")
            || matches!(key, "sources" | "notices.key_file" | "notices.smtp_password_file")
            || matches!(key, "quality.known_faults" | "quality.published_figures")
            || matches!(
                key,
                "serve.reports" | "serve.users_file" | "serve.tls_certificate" | "serve.tls_key" | "serve.audit_file"
            );
    is_path && !text.is_empty() && !text.contains("://") && Path::new(text).is_relative()
}

fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Float(number) => Some(*number),
        Value::Integer(number) => Some(*number as f64),
        _ => None,
    }
}

/// A value as TOML reads it; a bare text where it does not.
fn parse_toml_value(text: &str) -> Value {
    format!("value = {text}")
        .parse::<toml::Table>()
        .ok()
        .and_then(|mut table| table.remove("value"))
        .filter(|value| matches!(value, Value::String(_) | Value::Integer(_) | Value::Float(_) | Value::Boolean(_)))
        .unwrap_or_else(|| Value::String(text.to_owned()))
}
