//! The rows of a PostgreSQL query: read in one state of the database, changed
//! by nothing that we do, and written on as they come.
//!
//! The server itself writes each row as JSON, so that a number, a moment or a
//! text arrives digit for digit as it holds them.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use futures::TryStreamExt;
use peil_warehouse::storage::{Storage, Upload};
use peil_warehouse::table::hex;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};
use tokio_postgres::config::SslMode;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Config, IsolationLevel, NoTls, Transaction};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::config::{Form, Source};
use super::database::{Database, Tls};
use super::ledger::Place;
use super::rows::{row, sha256};

/// Seconds that the other side may take to be reached.
const CONNECT_SECONDS: u32 = 15;
/// The most rows that may have one value of the cursor at the edge.
const MOST_TIES: usize = 100_000;
/// Types whose values can be a cursor: ordered, and the same when read back
/// from their text.
const CURSOR_TYPES: [&str; 11] =
    ["int2", "int4", "int8", "numeric", "date", "timestamp", "timestamptz", "text", "varchar", "uuid", "bpchar"];

/// What a fetch brought; not landed before [`Upload::finish`].
pub struct Gathered {
    /// The delivery that is being written.
    pub upload: Upload,
    /// Its SHA-256.
    pub hash: String,
    /// Rows in it.
    pub rows: u64,
}

/// Why an attempt failed, and whether another may help.
struct Failed {
    said: String,
    again: bool,
}

impl Failed {
    fn for_good(said: impl Into<String>) -> Self {
        Self { said: said.into(), again: false }
    }
}

/// Reads what is new since `place`, which goes on with it, into the delivery
/// `object`.
///
/// # Errors
/// A text that says what went wrong.
pub async fn gather(
    source: &Source,
    database: &Database,
    landing: &Storage,
    object: &str,
    place: &mut Place,
) -> Result<Gathered, String> {
    let mut waits = source.retry_seconds.iter();
    loop {
        let mut reached = place.clone();
        let mut written = Written::new(source, landing.upload(object));
        match attempt(source, database, &mut written, &mut reached).await {
            Ok(()) => {
                *place = reached;
                return written.gathered().await;
            }
            Err(failed) => {
                // What the store does not take back is no delivery all the same.
                let _ = written.upload.abort().await;
                let Some(wait) = waits.next().filter(|_| failed.again) else { return Err(failed.said) };
                tokio::time::sleep(Duration::from_secs(u64::from(*wait))).await;
            }
        }
    }
}

async fn attempt(
    source: &Source,
    database: &Database,
    written: &mut Written<'_>,
    place: &mut Place,
) -> Result<(), Failed> {
    let mut client = connect(source, database).await?;
    let transaction = client
        .build_transaction()
        .isolation_level(IsolationLevel::RepeatableRead)
        .read_only(true)
        .start()
        .await
        .map_err(|error| told(&error))?;
    let milliseconds = u64::from(source.request_seconds) * 1000;
    let settings = format!(
        "set local statement_timeout = {milliseconds}; set local lock_timeout = {milliseconds}; \
         set local timezone = 'UTC'; set local datestyle = 'ISO'; set local extra_float_digits = 1; \
         set local bytea_output = 'hex'; set local intervalstyle = 'iso_8601'"
    );
    transaction.batch_execute(&settings).await.map_err(|error| told(&error))?;
    let from = database.cursor.as_ref().and_then(|_| place.cursor.clone().or_else(|| database.first.clone()));
    let text = question(&transaction, database, from.is_some()).await?;
    let statement = transaction.prepare(&text).await.map_err(|error| told(&error))?;
    let parameters: Vec<&(dyn ToSql + Sync)> = from.iter().map(|from| from as &(dyn ToSql + Sync)).collect();
    let stream = transaction.query_raw(&statement, parameters).await.map_err(|error| told(&error))?;
    let mut stream = std::pin::pin!(stream);
    let mut edge = Edge::of(place);
    while let Some(found) = stream.try_next().await.map_err(|error| told(&error))? {
        let line: &str = found.try_get(0).map_err(|error| told(&error))?;
        let mark: Option<&str> = found.try_get(1).map_err(|error| told(&error))?;
        let line: &RawValue = serde_json::from_str(line).map_err(|error| Failed::for_good(error.to_string()))?;
        let line = row(source, line);
        if let Some(cursor) = &database.cursor {
            let Some(mark) = mark else {
                return Err(Failed::for_good(format!(
                    "the column {cursor} is empty in a row, which would never be seen again: fill it by `coalesce`, or leave such rows out in `query`"
                )));
            };
            if !edge.passes(mark, &line).map_err(Failed::for_good)? {
                continue;
            }
        }
        written.add(&line).await?;
    }
    if database.cursor.is_some() {
        (place.cursor, place.at_cursor) = (edge.cursor, edge.at_cursor);
    }
    Ok(())
}

/// The statement that gives each row as JSON and the text of its cursor, in an
/// order that is the same each time.
async fn question(transaction: &Transaction<'_>, database: &Database, from: bool) -> Result<String, Failed> {
    let query = database.query();
    let Some(cursor) = &database.cursor else {
        return Ok(format!(
            "select line, null::text from (select row_to_json(source)::text as line from (\n{query}\n) as source) as rows order by line collate \"C\""
        ));
    };
    let look = format!("select * from (\n{query}\n) as source limit 0");
    let columns = transaction.prepare(&look).await.map_err(|error| told(&error))?;
    let Some(column) = columns.columns().iter().find(|column| column.name() == cursor) else {
        let names: Vec<&str> = columns.columns().iter().map(|column| column.name()).collect();
        return Err(Failed::for_good(format!(
            "the query gives no column `{cursor}` for `cursor`, but {}",
            names.join(", ")
        )));
    };
    let kind = column.type_().name();
    if !CURSOR_TYPES.contains(&kind) {
        let known = CURSOR_TYPES.join(", ");
        return Err(Failed::for_good(format!("the cursor {cursor} is a {kind}: cast it in `query` to one of {known}")));
    }
    let name = format!("source.\"{}\"", cursor.replace('"', "\"\""));
    let condition = if from { format!("where {name} >= $1::text::{kind}") } else { String::new() };
    Ok(format!(
        "select line, mark::text from (select row_to_json(source)::text as line, {name} as mark from (\n{query}\n) as source {condition}) as rows order by mark nulls first, line collate \"C\""
    ))
}

/// Where the last fetch ended, and where this one is: rows at the very edge
/// come again, and are known by their content.
struct Edge {
    before: Option<String>,
    known: BTreeSet<String>,
    cursor: Option<String>,
    at_cursor: Vec<String>,
}

impl Edge {
    fn of(place: &Place) -> Self {
        Self {
            before: place.cursor.clone(),
            known: place.at_cursor.iter().cloned().collect(),
            cursor: place.cursor.clone(),
            at_cursor: place.at_cursor.clone(),
        }
    }

    /// Whether a row is new. Rows come in the order of the cursor.
    fn passes(&mut self, mark: &str, line: &str) -> Result<bool, String> {
        let hash = sha256(line.as_bytes());
        if self.before.as_deref() == Some(mark) && self.known.contains(&hash) {
            return Ok(false);
        }
        if self.cursor.as_deref() != Some(mark) {
            self.cursor = Some(mark.to_owned());
            self.at_cursor.clear();
        }
        self.at_cursor.push(hash);
        if self.at_cursor.len() > MOST_TIES {
            return Err(format!(
                "more than {MOST_TIES} rows have the cursor `{mark}`: take a column that tells rows apart, such as a moment"
            ));
        }
        Ok(true)
    }
}

/// The delivery as it is written.
struct Written<'a> {
    source: &'a Source,
    upload: Upload,
    hash: Sha256,
    rows: u64,
    bytes_left: u64,
}

impl<'a> Written<'a> {
    fn new(source: &'a Source, upload: Upload) -> Self {
        let bytes_left = u64::from(source.limit_megabytes) << 20;
        Self { source, upload, hash: Sha256::new(), rows: 0, bytes_left }
    }

    async fn add(&mut self, line: &str) -> Result<(), Failed> {
        let before = match (self.source.form, self.rows) {
            (Form::Json, 0) => "[\n",
            (Form::Json, _) => ",\n",
            (Form::Ndjson, 0) => "",
            (Form::Ndjson, _) => "\n",
        };
        let Some(left) = self.bytes_left.checked_sub((before.len() + line.len()) as u64) else {
            let megabytes = self.source.limit_megabytes;
            return Err(Failed::for_good(format!(
                "it brings more than {megabytes} MB: raise `limit_megabytes`, or fetch what is new by `cursor`"
            )));
        };
        (self.bytes_left, self.rows) = (left, self.rows + 1);
        self.put(before).await.map_err(Failed::for_good)?;
        self.put(line).await.map_err(Failed::for_good)
    }

    async fn put(&mut self, text: &str) -> Result<(), String> {
        self.hash.update(text.as_bytes());
        self.upload.write(text.as_bytes()).await.map_err(|error| format!("the landing area: {error}"))
    }

    async fn gathered(mut self) -> Result<Gathered, String> {
        match (self.source.form, self.rows) {
            (Form::Json, 0) => self.put("[\n\n]\n").await?,
            (Form::Json, _) => self.put("\n]\n").await?,
            (Form::Ndjson, _) => self.put("\n").await?,
        }
        Ok(Gathered { upload: self.upload, hash: hex(&self.hash.finalize()), rows: self.rows })
    }
}

async fn connect(source: &Source, database: &Database) -> Result<Client, Failed> {
    let mut config = Config::new();
    config
        .port(database.port)
        .dbname(&database.database)
        .user(&database.user)
        .application_name(concat!("peil ", env!("CARGO_PKG_VERSION")))
        .connect_timeout(Duration::from_secs(CONNECT_SECONDS.min(source.request_seconds).into()));
    if let Some(password) = &database.password {
        config.password(password.read(&source.folder).map_err(Failed::for_good)?);
    }
    if database.is_socket() {
        config.host_path(&database.host);
    } else {
        config.host(&database.host);
    }
    if database.is_socket() || database.tls == Tls::Off {
        config.ssl_mode(SslMode::Disable);
        let (client, connection) = config.connect(NoTls).await.map_err(|error| told(&error))?;
        // It ends with the client; what goes wrong is told there.
        tokio::spawn(async move { connection.await.ok() });
        return Ok(client);
    }
    config.ssl_mode(SslMode::Require);
    let tls = verified(source, database).map_err(Failed::for_good)?;
    let (client, connection) = config.connect(tls).await.map_err(|error| told(&error))?;
    tokio::spawn(async move { connection.await.ok() });
    Ok(client)
}

/// TLS that goes on only with a server whose certificate is verified.
fn verified(source: &Source, database: &Database) -> Result<MakeRustlsConnect, String> {
    let mut roots = rustls::RootCertStore::empty();
    match &database.ca_file {
        Some(file) => {
            let wrong = |error: &dyn std::fmt::Display| {
                format!("the certificates in {} cannot be read ({error}): look at `ca_file`", file.display())
            };
            let certificates =
                CertificateDer::pem_file_iter(source.folder.join(file)).map_err(|error| wrong(&error))?;
            for certificate in certificates {
                roots.add(certificate.map_err(|error| wrong(&error))?).map_err(|error| wrong(&error))?;
            }
        }
        None => {
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        }
    }
    if roots.is_empty() {
        return Err("no certificate is known that could vouch for the server: give `ca_file`".to_owned());
    }
    let config = rustls::ClientConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}

/// What the server or the network says. What stands in a row is not told: it
/// may be personal.
fn told(error: &tokio_postgres::Error) -> Failed {
    let Some(said) = error.as_db_error() else {
        let mut text = error.to_string();
        let mut cause = std::error::Error::source(error);
        while let Some(inner) = cause {
            if !text.contains(&inner.to_string()) {
                text += &format!(": {inner}");
            }
            cause = inner.source();
        }
        let certificate = text.contains("certificate") || text.contains("TLS");
        if certificate {
            text += ": look at `host` and `ca_file`; nothing was sent";
        }
        return Failed { said: text, again: !certificate };
    };
    let code = said.code().code();
    let again = ["08", "53", "57P"].iter().any(|class| code.starts_with(class))
        || [SqlState::T_R_SERIALIZATION_FAILURE, SqlState::T_R_DEADLOCK_DETECTED, SqlState::LOCK_NOT_AVAILABLE]
            .contains(said.code());
    let remedy = match code {
        "28P01" | "28000" => "look at `user`, `password` and what the server lets in (pg_hba.conf)",
        "3D000" => "look at `database`",
        "25006" => "the query would change data: it may only read",
        "42501" => "grant the user `select` on what the query reads",
        "57014" => "it took longer than `request_seconds`: raise that, or fetch what is new by `cursor`",
        _ if code.starts_with("42") => "look at `query`",
        _ if code.starts_with("22") => "a value of a row does not fit what `query` does with it",
        _ => "look at the server",
    };
    let message = if code.starts_with("22") || code.starts_with("23") { "" } else { said.message() };
    let message = if message.is_empty() { String::new() } else { format!(" ({message})") };
    Failed { said: format!("the database says {code}{message}: {remedy}"), again }
}
