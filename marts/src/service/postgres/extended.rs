//! Prepared statements: parse, bind, describe, execute.

use std::fmt::Debug;
use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use async_trait::async_trait;
use datafusion_postgres::pgwire::api::portal::{Format, Portal};
use datafusion_postgres::pgwire::api::query::ExtendedQueryHandler;
use datafusion_postgres::pgwire::api::results::{FieldInfo, Response, Tag};
use datafusion_postgres::pgwire::api::stmt::{QueryParser, StoredStatement};
use datafusion_postgres::pgwire::api::store::{Entry, PortalStore};
use datafusion_postgres::pgwire::api::{ClientInfo, ClientPortalStore, DEFAULT_NAME, Type};
use datafusion_postgres::pgwire::error::{PgWireError, PgWireResult};
use datafusion_postgres::pgwire::messages::PgWireBackendMessage;
use datafusion_postgres::pgwire::messages::data::{NoData, ParameterDescription};
use datafusion_postgres::pgwire::messages::extendedquery::{
    Bind, BindComplete, Close, CloseComplete, Describe, Execute, Parse, ParseComplete, PortalSuspended,
    Sync as SyncMessage, TARGET_TYPE_BYTE_STATEMENT,
};
use datafusion_postgres::pgwire::messages::response::{EmptyQueryResponse, ReadyForQuery, TransactionStatus};
use futures::{Sink, SinkExt};

use super::connection::{Connection, Outcome};
use super::parameters;
use super::wire::{self, Rows};
use crate::service::fault::{Fault, code};
use crate::service::request::{self, Request};
use crate::service::text::split;

/// A statement that was read.
#[derive(Debug)]
pub(super) struct Prepared {
    request: Request,
    text: String,
    offset: usize,
    schema: Option<SchemaRef>,
    parameters: Vec<Type>,
}

impl Prepared {
    /// The columns, also of a cursor that is open by now.
    async fn columns(&self, connection: &Connection) -> Option<SchemaRef> {
        match &self.request {
            Request::Fetch { name, moving: false, .. } => {
                connection.startup.cursors.lock().await.named(name).ok().map(|rows| Arc::clone(rows.schema()))
            }
            _ => self.schema.clone(),
        }
    }
}

fn text_column(name: &str) -> SchemaRef {
    Arc::new(Schema::new(vec![Field::new(name, DataType::Utf8, true)]))
}

fn protocol(message: String) -> PgWireError {
    wire::error(Fault::new("08P01", message), 0)
}

impl Connection {
    async fn prepare(&self, message: &Parse) -> PgWireResult<Option<Prepared>> {
        let session = self.session()?;
        let fail = |fault: Fault, offset: usize| {
            session.record(&message.query).fail(&fault);
            wire::error(fault, offset)
        };
        let pieces = split(&message.query).map_err(|fault| fail(fault, 0))?;
        let piece = match pieces.as_slice() {
            [] => return Ok(None),
            [piece] => piece,
            _ => {
                let text = "cannot insert multiple commands into a prepared statement";
                return Err(fail(Fault::new(code::SYNTAX, text), 0));
            }
        };
        let request = request::read(piece).map_err(|fault| fail(fault, 0))?;
        let mut types: Vec<Option<Type>> =
            message.type_oids.iter().map(|oid| Type::from_oid(*oid).filter(|known| *known != Type::UNKNOWN)).collect();
        let mut schema = None;
        match &request {
            Request::Query(query) | Request::Declare { query, .. } | Request::CopyOut { query, .. } => {
                let known: Vec<Option<DataType>> =
                    types.iter().map(|known| known.as_ref().and_then(parameters::data_type)).collect();
                let described = session.describe(query, &known).await;
                let described =
                    described.map_err(|fault| fail(session.placed(fault, query, &piece.text), piece.offset))?;
                types.resize(described.parameters.len(), None);
                for (place, found) in types.iter_mut().zip(&described.parameters) {
                    place.get_or_insert_with(|| parameters::wire_type(found));
                }
                schema = matches!(request, Request::Query(_)).then_some(described.schema);
            }
            Request::Explain { .. } => schema = Some(text_column("QUERY PLAN")),
            Request::Show(_) => {
                let shown = session.show_schema(&request).map_err(|fault| fail(fault, 0))?;
                schema = Some(shown);
            }
            _ => {}
        }
        let parameters = types.into_iter().map(|found| found.unwrap_or(Type::TEXT)).collect();
        Ok(Some(Prepared { request, text: piece.text.clone(), offset: piece.offset, schema, parameters }))
    }
}

/// Statements come from [`Connection::prepare`]; the protocol's own parser is
/// never asked.
pub(super) struct NoParser;

#[async_trait]
impl QueryParser for NoParser {
    type Statement = Arc<Prepared>;

    async fn parse_sql<C>(&self, _: &C, _: &str, _: &[Option<Type>]) -> PgWireResult<Option<Self::Statement>>
    where
        C: ClientInfo + Unpin + Send + Sync,
    {
        Ok(None)
    }

    fn get_parameter_types(&self, statement: &Self::Statement) -> PgWireResult<Vec<Type>> {
        Ok(statement.parameters.clone())
    }

    fn get_result_schema(&self, _: &Self::Statement, _: Option<&Format>) -> PgWireResult<Vec<FieldInfo>> {
        Ok(Vec::new())
    }
}

#[async_trait]
impl ExtendedQueryHandler for Connection {
    type Statement = Arc<Prepared>;
    type QueryParser = NoParser;

    fn query_parser(&self) -> Arc<NoParser> {
        Arc::new(NoParser)
    }

    async fn on_parse<C>(&self, client: &mut C, message: Parse) -> PgWireResult<()>
    where
        C: ClientInfo + ClientPortalStore + Sink<PgWireBackendMessage> + Unpin + Send + Sync,
        C::PortalStore: PortalStore<Statement = Self::Statement>,
        C::Error: Debug,
        PgWireError: From<<C as Sink<PgWireBackendMessage>>::Error>,
    {
        let name = message.name.clone().unwrap_or_else(|| DEFAULT_NAME.to_owned());
        match self.prepare(&message).await? {
            None => client.portal_store().put_empty_statement(&name),
            Some(prepared) => {
                let types = prepared.parameters.iter().cloned().map(Some).collect();
                client.portal_store().put_statement(Arc::new(StoredStatement::new(name, Arc::new(prepared), types)));
            }
        }
        client.feed(PgWireBackendMessage::ParseComplete(ParseComplete::new())).await?;
        Ok(())
    }

    async fn on_bind<C>(&self, client: &mut C, message: Bind) -> PgWireResult<()>
    where
        C: ClientInfo + ClientPortalStore + Sink<PgWireBackendMessage> + Unpin + Send + Sync,
        C::PortalStore: PortalStore<Statement = Self::Statement>,
        C::Error: Debug,
        PgWireError: From<<C as Sink<PgWireBackendMessage>>::Error>,
    {
        let statement = message.statement_name.as_deref().unwrap_or(DEFAULT_NAME);
        let portal = message.portal_name.as_deref().unwrap_or(DEFAULT_NAME);
        self.startup.cursors.lock().await.resume(portal);
        match client.portal_store().get_statement(statement) {
            Some(Entry::Value(found)) => {
                let (given, wanted) = (message.parameters.len(), found.statement.parameters.len());
                if given != wanted {
                    return Err(protocol(format!(
                        "bind message supplies {given} parameters, but prepared statement \"{statement}\" requires {wanted}"
                    )));
                }
                let columns = found.statement.columns(self).await.map_or(0, |schema| schema.fields().len());
                let formats = message.result_column_format_codes.len();
                if formats > 1 && formats != columns {
                    return Err(protocol(format!(
                        "bind message has {formats} result formats but query has {columns} columns"
                    )));
                }
                if message.parameter_format_codes.len() > 1 && message.parameter_format_codes.len() != given {
                    return Err(protocol("bind message has as many parameter formats as nobody asked for".to_owned()));
                }
                client.portal_store().put_portal(Arc::new(Portal::try_new(&message, found)?));
            }
            Some(Entry::Empty) => client.portal_store().put_empty_portal(portal),
            None => return Err(no_statement(statement)),
        }
        client.feed(PgWireBackendMessage::BindComplete(BindComplete::new())).await?;
        Ok(())
    }

    async fn on_describe<C>(&self, client: &mut C, message: Describe) -> PgWireResult<()>
    where
        C: ClientInfo + ClientPortalStore + Sink<PgWireBackendMessage> + Unpin + Send + Sync,
        C::PortalStore: PortalStore<Statement = Self::Statement>,
        C::Error: Debug,
        PgWireError: From<<C as Sink<PgWireBackendMessage>>::Error>,
    {
        let name = message.name.as_deref().unwrap_or(DEFAULT_NAME);
        let (prepared, format) = if message.target_type == TARGET_TYPE_BYTE_STATEMENT {
            let found = client.portal_store().get_statement(name).ok_or_else(|| no_statement(name))?;
            let found = found.value().map(|statement| Arc::clone(&statement.statement));
            let oids = found.iter().flat_map(|prepared| prepared.parameters.iter().map(Type::oid)).collect();
            let parameters = ParameterDescription::new(oids);
            client.feed(PgWireBackendMessage::ParameterDescription(parameters)).await?;
            (found, Format::UnifiedText)
        } else {
            let found = match client.portal_store().get_portal(name) {
                Some(found) => found,
                // A cursor is a portal by its name.
                None => return self.describe_cursor(client, name).await,
            };
            let format = found.value().map(|portal| portal.result_column_format.clone());
            (found.value().map(|portal| Arc::clone(&portal.statement.statement)), format.unwrap_or_default())
        };
        let columns = match &prepared {
            Some(prepared) => prepared.columns(self).await,
            None => None,
        };
        match columns {
            None => client.feed(PgWireBackendMessage::NoData(NoData::new())).await?,
            Some(schema) => {
                let fields = wire::fields(&schema, &format)?;
                client.feed(PgWireBackendMessage::RowDescription(wire::description(&fields))).await?;
            }
        }
        Ok(())
    }

    async fn on_execute<C>(&self, client: &mut C, message: Execute) -> PgWireResult<()>
    where
        C: ClientInfo + ClientPortalStore + Sink<PgWireBackendMessage> + Unpin + Send + Sync,
        C::PortalStore: PortalStore<Statement = Self::Statement>,
        C::Error: Debug,
        PgWireError: From<<C as Sink<PgWireBackendMessage>>::Error>,
    {
        let session = self.session()?;
        let name = message.name.as_deref().unwrap_or(DEFAULT_NAME);
        let most = usize::try_from(message.max_rows).ok().filter(|most| *most > 0).unwrap_or(usize::MAX);
        let portal = match client.portal_store().get_portal(name) {
            None => return Err(no_portal(name)),
            Some(Entry::Empty) => {
                client.feed(PgWireBackendMessage::EmptyQueryResponse(EmptyQueryResponse::new())).await?;
                return Ok(());
            }
            Some(Entry::Value(portal)) => portal,
        };
        let prepared = Arc::clone(&portal.statement.statement);
        let format = portal.result_column_format.clone();
        let resumed = self.startup.cursors.lock().await.resume(name);
        if let Some(rows) = resumed {
            session.begin().await.map_err(|fault| wire::error(fault, 0))?;
            return self.send_portal(client, name, rows, &format, most, "SELECT").await;
        }
        if let Request::Deallocate(Some(name)) = &prepared.request {
            client.portal_store().rm_statement(name);
        }
        let values = parameters::values(&portal, &prepared.parameters)?;
        let (request, text) = (&prepared.request, prepared.text.as_str());
        let outcome = self.execute(client, request, text, &values, prepared.schema.as_ref()).await?;
        match outcome.map_err(|fault| wire::error(fault, prepared.offset))? {
            Outcome::Rows(rows, tag) => self.send_portal(client, name, rows, &format, most, tag).await,
            other => self.send(client, other, &format, false).await,
        }
    }

    async fn on_sync<C>(&self, client: &mut C, _: SyncMessage) -> PgWireResult<()>
    where
        C: ClientInfo + ClientPortalStore + Sink<PgWireBackendMessage> + Unpin + Send + Sync,
        C::PortalStore: PortalStore<Statement = Self::Statement>,
        C::Error: Debug,
        PgWireError: From<<C as Sink<PgWireBackendMessage>>::Error>,
    {
        // Outside of a transaction a portal ends with its round.
        if client.transaction_status() == TransactionStatus::Idle {
            client.portal_store().clear_portals();
            let mut cursors = self.startup.cursors.lock().await;
            cursors.end_round();
        }
        let status = client.transaction_status();
        client.send(PgWireBackendMessage::ReadyForQuery(ReadyForQuery::new(status))).await?;
        Ok(())
    }

    async fn on_close<C>(&self, client: &mut C, message: Close) -> PgWireResult<()>
    where
        C: ClientInfo + ClientPortalStore + Sink<PgWireBackendMessage> + Unpin + Send + Sync,
        C::PortalStore: PortalStore<Statement = Self::Statement>,
        C::Error: Debug,
        PgWireError: From<<C as Sink<PgWireBackendMessage>>::Error>,
    {
        let name = message.name.as_deref().unwrap_or(DEFAULT_NAME);
        if message.target_type == TARGET_TYPE_BYTE_STATEMENT {
            client.portal_store().rm_statement(name);
        } else {
            client.portal_store().rm_portal(name);
            self.startup.cursors.lock().await.resume(name);
        }
        client.feed(PgWireBackendMessage::CloseComplete(CloseComplete::new())).await?;
        Ok(())
    }

    async fn do_query<C>(&self, _: &mut C, _: &Portal<Self::Statement>, _: usize) -> PgWireResult<Response>
    where
        C: ClientInfo + ClientPortalStore + Sink<PgWireBackendMessage> + Unpin + Send + Sync,
        C::PortalStore: PortalStore<Statement = Self::Statement>,
        C::Error: Debug,
        PgWireError: From<<C as Sink<PgWireBackendMessage>>::Error>,
    {
        // `on_execute` does it all.
        Ok(Response::EmptyQuery)
    }
}

impl Connection {
    async fn describe_cursor<C>(&self, client: &mut C, name: &str) -> PgWireResult<()>
    where
        C: ClientInfo + Sink<PgWireBackendMessage> + Unpin + Send + Sync,
        PgWireError: From<<C as Sink<PgWireBackendMessage>>::Error>,
    {
        let mut cursors = self.startup.cursors.lock().await;
        let rows = cursors.named(name).map_err(|_| no_portal(name))?;
        let fields = wire::fields(rows.schema(), &Format::UnifiedText)?;
        client.feed(PgWireBackendMessage::RowDescription(wire::description(&fields))).await?;
        Ok(())
    }

    async fn send_portal<C>(
        &self,
        client: &mut C,
        name: &str,
        mut rows: Rows,
        format: &Format,
        most: usize,
        tag: &str,
    ) -> PgWireResult<()>
    where
        C: ClientInfo + Sink<PgWireBackendMessage> + Unpin + Send + Sync,
        PgWireError: From<<C as Sink<PgWireBackendMessage>>::Error>,
    {
        let (sent, ended) = self.send_rows(client, &mut rows, format, most, false).await?;
        self.session()?.control().end();
        if ended {
            let tag = if tag == "SELECT" { Tag::new(tag).with_rows(sent) } else { Tag::new(tag) };
            client.feed(PgWireBackendMessage::CommandComplete(tag.into())).await?;
        } else {
            self.startup.cursors.lock().await.suspend(name, rows).map_err(|fault| wire::error(fault, 0))?;
            client.feed(PgWireBackendMessage::PortalSuspended(PortalSuspended::new())).await?;
        }
        Ok(())
    }
}

fn no_statement(name: &str) -> PgWireError {
    let name = if name == DEFAULT_NAME { "" } else { name };
    wire::error(Fault::new(code::UNDEFINED_STATEMENT, format!("prepared statement \"{name}\" does not exist")), 0)
}

fn no_portal(name: &str) -> PgWireError {
    let name = if name == DEFAULT_NAME { "" } else { name };
    wire::error(Fault::new(code::UNDEFINED_CURSOR, format!("portal \"{name}\" does not exist")), 0)
}
