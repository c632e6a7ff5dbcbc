//! What the file of a source says of a PostgreSQL database.

use std::path::PathBuf;

use serde::Deserialize;

use super::config::Mistake;
use super::secret::Secret;

/// A PostgreSQL database and the query that gives the rows.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Database {
    /// The machine, or the folder of a socket.
    pub host: String,
    /// Its port.
    #[serde(default = "port")]
    pub port: u16,
    /// The database.
    pub database: String,
    /// The user, who needs to read only.
    pub user: String,
    /// The password; without it, the server must not ask for one.
    pub password: Option<Secret>,
    /// Whether the connection is encrypted and the server's certificate
    /// verified.
    #[serde(default)]
    pub tls: Tls,
    /// The certificates that may sign the server's, taken from where the
    /// source's file stands; without it, those of this machine.
    pub ca_file: Option<PathBuf>,
    /// One `select`; its columns are the members of a row.
    pub query: String,
    /// The column of the query that tells that a row is newer than what was
    /// fetched before; without it, all rows are fetched each time.
    pub cursor: Option<String>,
    /// The value of the first fetch; without it, that takes all rows.
    pub first: Option<String>,
}

/// How a connection is kept from others.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tls {
    /// Encrypted, with a certificate that is verified, or not at all.
    #[default]
    Verify,
    /// In plain text: on this machine only.
    Off,
}

const fn port() -> u16 {
    5432
}

impl Database {
    /// Its address, for what is said.
    pub fn place(&self) -> String {
        format!("postgres://{}:{}/{}", self.host, self.port, self.database)
    }

    /// Whether its host is the folder of a socket.
    pub fn is_socket(&self) -> bool {
        self.host.starts_with('/')
    }

    /// The query, without what would end it.
    pub fn query(&self) -> &str {
        self.query.trim().trim_end_matches(';').trim_end()
    }

    /// What is wrong with it, by its key.
    ///
    /// # Errors
    /// The key, and what to do.
    pub fn check(&self, snapshot: bool) -> Result<(), Mistake> {
        let local = self.is_socket() || ["localhost", "127.0.0.1", "::1"].contains(&self.host.as_str());
        if self.host.contains("://") || self.host.contains('@') || self.host.trim().is_empty() {
            let what = "the host is the name of a machine, or the folder of a socket: no URL, and nothing of user or password in it";
            return Err(("host", what.to_owned()));
        }
        if self.tls == Tls::Off && !local {
            let what =
                "rows and password would travel in plain text: leave out `tls: off`, which is for this machine only";
            return Err(("tls", what.to_owned()));
        }
        if self.tls == Tls::Off && self.ca_file.is_some() {
            return Err(("ca_file", "without TLS nothing is verified: leave out `tls: off` or `ca_file`".to_owned()));
        }
        if let Some(password) = &self.password {
            password.check().map_err(|what| ("password", what))?;
        }
        let word = self.query().split(|letter: char| !letter.is_ascii_alphabetic()).find(|word| !word.is_empty());
        if !word.is_some_and(|word| ["select", "with", "values", "table"].contains(&word.to_ascii_lowercase().as_str()))
        {
            return Err(("query", "the query is one that reads: let it begin with `select` or `with`".to_owned()));
        }
        if snapshot && self.cursor.is_some() {
            return Err(("cursor", "the dataset is the whole state on a day: leave out `cursor`".to_owned()));
        }
        if self.cursor.is_none() && self.first.is_some() {
            return Err(("first", "`first` is where `cursor` begins: give that too, or leave it out".to_owned()));
        }
        Ok(())
    }
}
