//! What a client sends: statements one by one, or several in one text.

use std::fmt::Debug;
use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use async_trait::async_trait;
use bytes::BytesMut;
use datafusion::sql::sqlparser::ast::Expr;
use datafusion_postgres::pgwire::api::portal::Format;
use datafusion_postgres::pgwire::api::query::{SimpleQueryHandler, send_ready_for_query};
use datafusion_postgres::pgwire::api::results::{Response, Tag};
use datafusion_postgres::pgwire::api::store::PortalStore;
use datafusion_postgres::pgwire::api::{ClientInfo, ClientPortalStore};
use datafusion_postgres::pgwire::error::{ErrorInfo, PgWireError, PgWireResult};
use datafusion_postgres::pgwire::messages::PgWireBackendMessage;
use datafusion_postgres::pgwire::messages::copy::{CopyData, CopyDone, CopyOutResponse};
use datafusion_postgres::pgwire::messages::response::{EmptyQueryResponse, TransactionStatus};
use datafusion_postgres::pgwire::messages::simplequery::Query as QueryMessage;
use datafusion_postgres::pgwire::messages::startup::ParameterStatus;
use futures::{Sink, SinkExt};

use super::copy;
use super::startup::Startup;
use super::wire::{self, Rows};
use crate::service::Session;
use crate::service::fault::{Answered, Fault, code};
use crate::service::request::{self, CopyForm, CopyKind, Request};
use crate::service::text::{Piece, split};
use crate::service::variables::REPORTED;

/// A connection after its login.
pub(super) struct Connection {
    pub(super) startup: Arc<Startup>,
}

/// What comes of a statement.
pub(super) enum Outcome {
    /// Rows, with a tag.
    Rows(Rows, &'static str),
    /// At most so many rows of a cursor.
    Some { cursor: String, count: usize, moving: bool },
    /// Rows as a copy.
    Copy(Rows, CopyForm),
    /// Nothing but a tag.
    Done(&'static str),
}

impl Connection {
    pub(super) fn new(startup: Arc<Startup>) -> Self {
        Self { startup }
    }

    /// The session; without one, nothing is answered.
    pub(super) fn session(&self) -> PgWireResult<&Arc<Session>> {
        self.startup.session().ok_or_else(|| {
            let text = "there was no login".to_owned();
            PgWireError::UserError(Box::new(ErrorInfo::new("FATAL".to_owned(), "28000".to_owned(), text)))
        })
    }

    /// Does what a statement asks for.
    pub(super) async fn execute<C>(
        &self,
        client: &mut C,
        request: &Request,
        text: &str,
        values: &[Expr],
        told: Option<&SchemaRef>,
    ) -> PgWireResult<Result<Outcome, Fault>>
    where
        C: ClientInfo + Sink<PgWireBackendMessage> + Unpin + Send + Sync,
        PgWireError: From<<C as Sink<PgWireBackendMessage>>::Error>,
    {
        let session = self.session()?;
        if client.transaction_status() == TransactionStatus::Error
            && !matches!(request, Request::Commit | Request::Rollback { .. })
        {
            return Ok(Err(Fault::new(
                code::FAILED_TRANSACTION,
                "current transaction is aborted, commands ignored until end of transaction block",
            )));
        }
        let done = |tag| Ok(Ok(Outcome::Done(tag)));
        match request {
            Request::Begin => {
                client.set_transaction_status(TransactionStatus::Transaction);
                done("BEGIN")
            }
            Request::Commit => {
                let failed = client.transaction_status() == TransactionStatus::Error;
                client.set_transaction_status(TransactionStatus::Idle);
                self.startup.cursors.lock().await.end_transaction();
                done(if failed { "ROLLBACK" } else { "COMMIT" })
            }
            Request::Rollback { to_savepoint } => {
                let open = client.transaction_status() != TransactionStatus::Idle;
                let status =
                    if *to_savepoint && open { TransactionStatus::Transaction } else { TransactionStatus::Idle };
                client.set_transaction_status(status);
                if !to_savepoint {
                    self.startup.cursors.lock().await.end_transaction();
                }
                done("ROLLBACK")
            }
            Request::Set { name, value } => {
                let changed = session.variables().set(name, value.as_deref());
                if let Err(fault) = changed {
                    return Ok(Err(fault));
                }
                self.tell(client, Some(name)).await?;
                done(if value.is_some() { "SET" } else { "RESET" })
            }
            Request::ResetAll => {
                session.variables().reset();
                self.tell(client, None).await?;
                done("RESET")
            }
            Request::Discard(tag) => {
                if *tag == "DISCARD ALL" {
                    session.variables().reset();
                    self.startup.cursors.lock().await.close_all();
                    self.tell(client, None).await?;
                }
                done(tag)
            }
            Request::Savepoint(tag) | Request::Nothing(tag) => done(tag),
            Request::Deallocate(name) => done(if name.is_some() { "DEALLOCATE" } else { "DEALLOCATE ALL" }),
            Request::Close(name) => {
                let mut cursors = self.startup.cursors.lock().await;
                match name {
                    None => cursors.close_all(),
                    Some(name) => {
                        if let Err(fault) = cursors.close(name) {
                            return Ok(Err(fault));
                        }
                    }
                }
                done(if name.is_some() { "CLOSE CURSOR" } else { "CLOSE CURSOR ALL" })
            }
            Request::Fetch { name, count, moving } => {
                if let Err(fault) = session.begin().await {
                    return Ok(Err(fault));
                }
                let count = count.and_then(|count| usize::try_from(count).ok()).unwrap_or(usize::MAX);
                Ok(Ok(Outcome::Some { cursor: name.clone(), count, moving: *moving }))
            }
            _ => Ok(self.rows(session, request, text, values, told).await),
        }
    }

    /// What gives rows.
    async fn rows(
        &self,
        session: &Session,
        request: &Request,
        text: &str,
        values: &[Expr],
        told: Option<&SchemaRef>,
    ) -> Answered<Outcome> {
        session.begin().await.map_err(|fault| session.refused(text, fault))?;
        let query = |query| async move {
            let running = session.control().under(session.query(query, text, values, told));
            running.await.map(Rows::new).map_err(|fault| session.placed(fault, query, text))
        };
        match request {
            Request::Query(wanted) => Ok(Outcome::Rows(query(wanted).await?, "SELECT")),
            Request::CopyOut { query: wanted, form } => Ok(Outcome::Copy(query(wanted).await?, form.clone())),
            Request::Declare { name, query: wanted, hold } => {
                let rows = query(wanted).await?;
                self.startup.cursors.lock().await.declare(name, rows, *hold)?;
                session.control().end();
                Ok(Outcome::Done("DECLARE CURSOR"))
            }
            Request::Explain { query, analyze } => {
                let lines = session.control().under(session.explain(query, text, *analyze)).await;
                Ok(Outcome::Rows(Rows::new(lines.map_err(|fault| session.placed(fault, query, text))?), "EXPLAIN"))
            }
            Request::Show(name) => Ok(Outcome::Rows(Rows::new(session.show(name.as_deref(), text)?), "SHOW")),
            _ => Ok(Outcome::Done("OK")),
        }
    }

    /// Tells the client the settings that it follows.
    async fn tell<C>(&self, client: &mut C, changed: Option<&str>) -> PgWireResult<()>
    where
        C: ClientInfo + Sink<PgWireBackendMessage> + Unpin + Send + Sync,
        PgWireError: From<<C as Sink<PgWireBackendMessage>>::Error>,
    {
        let session = self.session()?;
        for (name, shown) in REPORTED {
            if changed.is_none_or(|changed| changed == name)
                && let Ok(value) = session.setting(name)
            {
                if name == "application_name" {
                    session.rename_application(&value);
                }
                let status = ParameterStatus::new(shown.to_owned(), value);
                client.feed(PgWireBackendMessage::ParameterStatus(status)).await?;
            }
        }
        Ok(())
    }

    /// Sends rows, at most so many; the number sent, and whether they ended.
    pub(super) async fn send_rows<C>(
        &self,
        client: &mut C,
        rows: &mut Rows,
        format: &Format,
        most: usize,
        silent: bool,
    ) -> PgWireResult<(usize, bool)>
    where
        C: ClientInfo + Sink<PgWireBackendMessage> + Unpin + Send + Sync,
        PgWireError: From<<C as Sink<PgWireBackendMessage>>::Error>,
    {
        let fields = wire::fields(rows.schema(), format)?;
        let mut sent = 0;
        while sent < most {
            let Some(batch) = rows.next(most - sent).await.map_err(|fault| wire::error(fault, 0))? else {
                return Ok((sent, true));
            };
            sent += batch.num_rows();
            if silent {
                continue;
            }
            for row in wire::rows(&fields, batch) {
                client.feed(PgWireBackendMessage::DataRow(row?)).await?;
            }
        }
        Ok((sent, false))
    }

    /// Sends what came of a statement, tag included.
    pub(super) async fn send<C>(
        &self,
        client: &mut C,
        outcome: Outcome,
        format: &Format,
        describe: bool,
    ) -> PgWireResult<()>
    where
        C: ClientInfo + Sink<PgWireBackendMessage> + Unpin + Send + Sync,
        PgWireError: From<<C as Sink<PgWireBackendMessage>>::Error>,
    {
        let tag = match outcome {
            Outcome::Done(tag) => Tag::new(tag),
            Outcome::Rows(mut rows, tag) => {
                if describe {
                    let fields = wire::fields(rows.schema(), format)?;
                    client.feed(PgWireBackendMessage::RowDescription(wire::description(&fields))).await?;
                }
                let (sent, _) = self.send_rows(client, &mut rows, format, usize::MAX, false).await?;
                if tag == "SELECT" { Tag::new(tag).with_rows(sent) } else { Tag::new(tag) }
            }
            Outcome::Some { cursor, count, moving } => {
                let mut cursors = self.startup.cursors.lock().await;
                let rows = cursors.named(&cursor).map_err(|fault| wire::error(fault, 0))?;
                if describe && !moving {
                    let fields = wire::fields(rows.schema(), format)?;
                    client.feed(PgWireBackendMessage::RowDescription(wire::description(&fields))).await?;
                }
                let (sent, _) = self.send_rows(client, rows, format, count, moving).await?;
                Tag::new(if moving { "MOVE" } else { "FETCH" }).with_rows(sent)
            }
            Outcome::Copy(rows, form) => Tag::new("COPY").with_rows(self.send_copy(client, rows, &form).await?),
        };
        self.session()?.control().end();
        client.feed(PgWireBackendMessage::CommandComplete(tag.into())).await?;
        Ok(())
    }

    async fn send_copy<C>(&self, client: &mut C, mut rows: Rows, form: &CopyForm) -> PgWireResult<usize>
    where
        C: ClientInfo + Sink<PgWireBackendMessage> + Unpin + Send + Sync,
        PgWireError: From<<C as Sink<PgWireBackendMessage>>::Error>,
    {
        let binary = form.kind == CopyKind::Binary;
        let format = if binary { Format::UnifiedBinary } else { Format::UnifiedText };
        let fields = wire::fields(rows.schema(), &format)?;
        let columns = i16::try_from(fields.len()).unwrap_or(i16::MAX);
        let code = i16::from(binary);
        let start = CopyOutResponse::new(i8::from(binary), columns, vec![code; fields.len()]);
        client.feed(PgWireBackendMessage::CopyOutResponse(start)).await?;
        let mut out = BytesMut::new();
        if binary {
            out.extend_from_slice(copy::BINARY_START);
        } else if form.header {
            copy::header(fields.iter().map(|field| field.name()), form, &mut out);
            client.feed(PgWireBackendMessage::CopyData(CopyData::new(out.split().freeze()))).await?;
        }
        let mut sent = 0;
        while let Some(batch) = rows.next(usize::MAX).await.map_err(|fault| wire::error(fault, 0))? {
            for row in wire::rows(&fields, batch) {
                copy::row(&row?, form, &mut out);
                sent += 1;
                // A message for each row: clients count on it.
                client.feed(PgWireBackendMessage::CopyData(CopyData::new(out.split().freeze()))).await?;
            }
        }
        if binary {
            out.extend_from_slice(copy::BINARY_END);
        }
        if !out.is_empty() {
            client.feed(PgWireBackendMessage::CopyData(CopyData::new(out.freeze()))).await?;
        }
        client.feed(PgWireBackendMessage::CopyDone(CopyDone::new())).await?;
        Ok(sent)
    }

    async fn one<C>(&self, client: &mut C, piece: &Piece) -> PgWireResult<()>
    where
        C: ClientInfo + ClientPortalStore + Sink<PgWireBackendMessage> + Unpin + Send + Sync,
        C::PortalStore: PortalStore,
        PgWireError: From<<C as Sink<PgWireBackendMessage>>::Error>,
    {
        // A statement is read with the places of the whole text already.
        let request = match request::read(piece) {
            Ok(request) => request,
            Err(fault) => {
                let mut record = self.session()?.record(&piece.text);
                record.fail(&fault);
                return Err(wire::error(fault, 0));
            }
        };
        if let Request::Deallocate(Some(name)) = &request {
            client.portal_store().rm_statement(name);
        }
        let outcome = self.execute(client, &request, &piece.text, &[], None).await?;
        let outcome = outcome.map_err(|fault| wire::error(fault, piece.offset))?;
        self.send(client, outcome, &Format::UnifiedText, true).await
    }
}

#[async_trait]
impl SimpleQueryHandler for Connection {
    async fn on_query<C>(&self, client: &mut C, message: QueryMessage) -> PgWireResult<()>
    where
        C: ClientInfo + ClientPortalStore + Sink<PgWireBackendMessage> + Unpin + Send + Sync,
        C::PortalStore: PortalStore,
        C::Error: Debug,
        PgWireError: From<<C as Sink<PgWireBackendMessage>>::Error>,
    {
        self.session()?;
        let pieces = split(&message.query).map_err(|fault| wire::error(fault, 0))?;
        if pieces.is_empty() {
            client.feed(PgWireBackendMessage::EmptyQueryResponse(EmptyQueryResponse::new())).await?;
        }
        for piece in &pieces {
            self.one(client, piece).await?;
        }
        let status = client.transaction_status();
        send_ready_for_query(client, status).await
    }

    async fn do_query<C>(&self, _: &mut C, _: &str) -> PgWireResult<Vec<Response>>
    where
        C: ClientInfo + ClientPortalStore + Sink<PgWireBackendMessage> + Unpin + Send + Sync,
        C::PortalStore: PortalStore,
        C::Error: Debug,
        PgWireError: From<<C as Sink<PgWireBackendMessage>>::Error>,
    {
        // `on_query` does it all.
        Ok(Vec::new())
    }
}
