//! The file of a source.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use peil_warehouse::contract::{ContractSet, FormatKind, Mode};
use peil_warehouse::nearest::did_you_mean;
use peil_warehouse::{Error, Result};
use reqwest::Url;
use serde::Deserialize;

use super::database::Database;
use super::field::Field;
use super::secret::Secret;

/// The most that a whole fetch may take, in minutes: a day.
const MOST_MINUTES: u32 = 24 * 60;
/// The most that the bodies of a fetch may hold together, in megabytes.
const MOST_MEGABYTES: u32 = 4096;
/// The most times that a request is tried again.
const MOST_RETRIES: usize = 20;

/// What is wrong in the file of a source: at which key, and what to do.
pub type Mistake = (&'static str, String);

/// A source: where it is, and of which dataset it tells.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// Its name, that of its file.
    #[serde(rename = "source")]
    pub name: String,
    /// The dataset that it fills, as `catalogue/standards`.
    pub dataset: String,
    /// A JSON API.
    pub http: Option<Http>,
    /// Or a PostgreSQL database.
    pub postgres: Option<Database>,
    /// For a source that names things its own way: the dataset's column, and
    /// where its value stands in a row, as a JSON pointer. Without it, rows
    /// are taken as they come.
    #[serde(default)]
    pub fields: BTreeMap<String, Field>,
    /// For a source with words of its own: the dataset's column, and the word
    /// that stands for each of the source's.
    #[serde(default)]
    pub values: BTreeMap<String, BTreeMap<String, String>>,
    /// What tells that a row is newer than what was fetched before.
    pub since: Option<Since>,
    /// Seconds to wait before each further attempt at a request.
    #[serde(default = "retry_seconds")]
    pub retry_seconds: Vec<u32>,
    /// Seconds that one request may take.
    #[serde(default = "request_seconds")]
    pub request_seconds: u32,
    /// Minutes that the whole fetch may take.
    #[serde(default = "limit_minutes")]
    pub limit_minutes: u32,
    /// Megabytes that it may bring.
    #[serde(default = "limit_megabytes")]
    pub limit_megabytes: u32,
    /// Where its file stands; files of secrets are taken from there.
    #[serde(skip)]
    pub folder: PathBuf,
    /// How its rows are written.
    #[serde(skip)]
    pub form: Form,
    /// Whether a fetch is the whole state, of which an old one is replaced.
    #[serde(skip)]
    pub snapshot: bool,
}

/// How the rows of a delivery are written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Form {
    /// One array.
    #[default]
    Json,
    /// An object a line.
    Ndjson,
}

/// A JSON API.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Http {
    /// Its address.
    pub url: String,
    /// Headers of each request.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// How it knows us.
    pub auth: Option<Auth>,
    /// Where the rows stand in a page, as a JSON pointer; without it, the page
    /// is an array, or holds them as `items`.
    pub items: Option<String>,
    /// How one page leads to the next; without it, there is one page, or a
    /// page names the next as `next`.
    pub paging: Option<Paging>,
}

/// How an API knows us.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Auth {
    /// A bearer token.
    Bearer(Secret),
    /// A user and a password.
    Basic {
        /// The user.
        user: String,
        /// The password.
        password: Secret,
    },
    /// A header with a secret.
    Header {
        /// Its name.
        name: String,
        /// What it holds.
        value: Secret,
    },
}

impl Auth {
    /// Its secret.
    pub const fn secret(&self) -> &Secret {
        match self {
            Self::Bearer(secret) | Self::Basic { password: secret, .. } | Self::Header { value: secret, .. } => secret,
        }
    }
}

/// How one page leads to the next.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Paging {
    /// A page names the address of the next, at this JSON pointer.
    Next(String),
    /// Pages have numbers; one without rows is past the last.
    Page {
        /// The parameter of the number.
        parameter: String,
        /// The number of the first.
        #[serde(default = "first_page")]
        first: u32,
    },
    /// A page gives a cursor, which asks for the next.
    Cursor {
        /// The parameter of the cursor.
        parameter: String,
        /// Where it stands in a page, as a JSON pointer.
        at: String,
    },
}

/// What tells that a row is newer than what was fetched before.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Since {
    /// The parameter that asks for rows from a value on.
    pub parameter: String,
    /// Where that value stands in a row, as a JSON pointer.
    pub at: String,
    /// The value of the first fetch; without it, that asks for all.
    pub first: Option<String>,
}

fn retry_seconds() -> Vec<u32> {
    vec![1, 5, 20, 60]
}

const fn request_seconds() -> u32 {
    60
}

const fn limit_minutes() -> u32 {
    60
}

const fn limit_megabytes() -> u32 {
    256
}

const fn first_page() -> u32 {
    1
}

/// The sources in a folder, by name.
///
/// # Errors
/// [`Error::Usage`] that names file and line, what is wrong and the remedy.
pub fn load(folder: Option<&Path>, contracts: &ContractSet) -> Result<Vec<Source>> {
    let Some(folder) = folder else { return Ok(Vec::new()) };
    let unreadable = |error| Error::usage(format!("the sources in {} cannot be read: {error}", folder.display()));
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if name.ends_with(".yaml") && !name.starts_with('.') {
            paths.push(path);
        }
    }
    paths.sort();
    paths
        .iter()
        .map(|path| Source::read(path, &std::fs::read_to_string(path).map_err(unreadable)?, contracts))
        .collect()
}

impl Source {
    /// Reads a source; `path` is its file.
    ///
    /// # Errors
    /// [`Error::Usage`] that names file and line, what is wrong and the
    /// remedy.
    pub fn read(path: &Path, text: &str, contracts: &ContractSet) -> Result<Self> {
        let place = path.display();
        let mut source: Self = serde_saphyr::from_str(text).map_err(|error| {
            let line = error.location().map(|location| format!(":{}", location.line())).unwrap_or_default();
            Error::usage(format!("{place}{line}: {}", error.without_snippet()))
        })?;
        let wrong = |(key, what): (&str, String)| Error::usage(format!("{place}:{}: {what}", line_of(text, key)));
        source.folder = path.parent().unwrap_or(Path::new("")).to_owned();
        source.check_name(path).map_err(wrong)?;
        source.check_dataset(contracts).map_err(wrong)?;
        source.check_place().map_err(wrong)?;
        source.check_limits().map_err(wrong)?;
        Ok(source)
    }

    /// The address without what may be a secret in it, for what is said.
    pub fn place(&self) -> String {
        match (&self.http, &self.postgres) {
            (Some(http), _) => without_query(&http.url),
            (None, Some(database)) => database.place(),
            (None, None) => String::new(),
        }
    }

    /// What it needs to be let in.
    pub fn secret(&self) -> Option<&Secret> {
        let of_http = self.http.as_ref().and_then(|http| http.auth.as_ref()).map(Auth::secret);
        of_http.or_else(|| self.postgres.as_ref()?.password.as_ref())
    }

    fn check_name(&self, path: &Path) -> Result<(), Mistake> {
        let stem = path.file_stem().and_then(|name| name.to_str()).unwrap_or_default();
        if self.name != stem {
            return Err(("source", format!("the source is called `{}`: call it `{stem}`, as its file", self.name)));
        }
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte == b'_' || byte.is_ascii_digit();
        if !self.name.bytes().all(plain) || !self.name.starts_with(|letter: char| letter.is_ascii_lowercase()) {
            return Err(("source", format!("`{stem}` is no name: use lower-case letters, digits and _")));
        }
        Ok(())
    }

    fn check_dataset(&mut self, contracts: &ContractSet) -> Result<(), Mistake> {
        let Some(contract) = contracts.get(&self.dataset) else {
            let known = contracts.iter().map(|contract| contract.dataset.as_str());
            return Err(("dataset", format!("`{}` is no dataset{}", self.dataset, did_you_mean(&self.dataset, known))));
        };
        self.snapshot = contract.mode == Mode::Snapshot;
        self.form = if contract.format.kinds.contains(&FormatKind::Json) {
            Form::Json
        } else if contract.format.kinds.contains(&FormatKind::Ndjson) {
            Form::Ndjson
        } else {
            let what = format!(
                "{} is not delivered as JSON: add `json` to the formats of its contract in a folder of your own (setting `contracts`)",
                self.dataset
            );
            return Err(("dataset", what));
        };
        if self.snapshot && self.since.is_some() {
            let what = format!("{} is the whole state on a day, not what is new: leave out `since`", self.dataset);
            return Err(("since", what));
        }
        for (key, columns) in
            [("fields", self.fields.keys().collect::<Vec<_>>()), ("values", self.values.keys().collect())]
        {
            for column in columns {
                if !contract.columns.iter().any(|known| known.source.eq_ignore_ascii_case(column)) {
                    let near = did_you_mean(column, contract.columns.iter().map(|known| known.source.as_str()));
                    return Err((key, format!("`{column}` is no column of {}{near}", self.dataset)));
                }
            }
        }
        self.fields.values().try_for_each(|field| field.check().map_err(|what| ("fields", what)))
    }

    fn check_place(&self) -> Result<(), Mistake> {
        match (&self.http, &self.postgres) {
            (Some(http), None) => self.check_http(http),
            (None, Some(_)) if self.since.is_some() => {
                Err(("since", "of a database, `postgres.cursor` tells what is new: leave out `since`".to_owned()))
            }
            (None, Some(database)) => database.check(self.snapshot),
            _ => Err(("source", "a source is in one place: give `http` or `postgres`".to_owned())),
        }
    }

    fn check_http(&self, http: &Http) -> Result<(), Mistake> {
        let url = Url::parse(&http.url)
            .map_err(|error| ("url", format!("the address is none: {error}; write it as https://host/path")))?;
        if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
            return Err(("url", "the address must begin with https:// or http://".to_owned()));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err((
                "url",
                "the address holds a password: take it out, and give it as `auth: { basic: … }`".to_owned(),
            ));
        }
        if let Some(auth) = &http.auth {
            auth.secret().check().map_err(|what| ("auth", what))?;
            let local = url.host_str().is_some_and(|host| matches!(host, "localhost" | "127.0.0.1" | "[::1]"));
            if url.scheme() == "http" && !local {
                return Err(("url", "a secret would travel in plain text: use https://".to_owned()));
            }
        }
        if let Some(name) = http.headers.keys().find(|name| is_secret_header(name)) {
            return Err((
                "headers",
                format!("the header {name} holds a secret: give it as `auth`, from a variable or a file"),
            ));
        }
        let pointers = [("items", http.items.as_ref()), ("since", self.since.as_ref().map(|since| &since.at))];
        for (key, pointer) in pointers.into_iter().filter_map(|(key, pointer)| Some((key, pointer?))) {
            check_pointer(key, pointer)?;
        }
        match &http.paging {
            Some(Paging::Next(at) | Paging::Cursor { at, .. }) => check_pointer("paging", at),
            _ => Ok(()),
        }
    }

    fn check_limits(&self) -> Result<(), Mistake> {
        let within = |key, number: u32, most: u32| {
            let what = || (key, format!("`{key}` is a number from 1 to {most}"));
            if (1..=most).contains(&number) { Ok(()) } else { Err(what()) }
        };
        within("request_seconds", self.request_seconds, 3600)?;
        within("limit_minutes", self.limit_minutes, MOST_MINUTES)?;
        within("limit_megabytes", self.limit_megabytes, MOST_MEGABYTES)?;
        if self.retry_seconds.len() > MOST_RETRIES {
            return Err(("retry_seconds", format!("`retry_seconds` has more than {MOST_RETRIES} attempts")));
        }
        Ok(())
    }
}

/// An address without its query, which may hold a secret.
pub fn without_query(url: &str) -> String {
    url.split(['?', '#']).next().unwrap_or_default().to_owned()
}

fn is_secret_header(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["authorization", "cookie", "token", "secret", "api-key", "apikey"].iter().any(|word| name.contains(word))
}

fn check_pointer(key: &'static str, pointer: &str) -> Result<(), Mistake> {
    is_pointer(pointer).map_err(|what| (key, what))
}

/// That a text is a JSON pointer.
///
/// # Errors
/// How it should be written.
pub fn is_pointer(pointer: &str) -> Result<(), String> {
    if pointer.is_empty() || pointer.starts_with('/') {
        return Ok(());
    }
    Err(format!("`{pointer}` is no JSON pointer: write it as /{}", pointer.replace('.', "/")))
}

/// The line on which a key stands, from 1; the first where it does not.
fn line_of(text: &str, key: &str) -> usize {
    let key = format!("{key}:");
    let is_key = |line: &str| {
        let before = line.find(&key).map(|at| line[..at].chars().next_back());
        before.is_some_and(|letter| !letter.is_some_and(|letter| letter.is_alphanumeric() || letter == '_'))
    };
    text.lines().position(is_key).map_or(1, |line| line + 1)
}
