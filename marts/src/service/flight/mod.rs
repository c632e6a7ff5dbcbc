//! Arrow Flight SQL: the marts as Arrow columns, for ADBC and the JDBC driver.
//!
//! | module | does |
//! | --- | --- |
//! | `login` | users by password, then by a token |
//! | `prepared` | statements with parameters |
//! | `metadata` | what the server is, its schemas and tables |
//! | `answers` | rows, under the same guard and limits as every other protocol |

mod answers;
mod login;
mod metadata;
mod prepared;

use std::pin::Pin;
use std::sync::Arc;

use arrow_flight::flight_service_server::{FlightService, FlightServiceServer};
use arrow_flight::sql::server::{FlightSqlService, PeekableFlightDataStream};
use arrow_flight::sql::{
    ActionClosePreparedStatementRequest, ActionCreatePreparedStatementRequest, ActionCreatePreparedStatementResult,
    CommandGetCatalogs, CommandGetCrossReference, CommandGetDbSchemas, CommandGetExportedKeys, CommandGetImportedKeys,
    CommandGetPrimaryKeys, CommandGetSqlInfo, CommandGetTableTypes, CommandGetTables, CommandGetXdbcTypeInfo,
    CommandPreparedStatementQuery, CommandPreparedStatementUpdate, CommandStatementIngest, CommandStatementQuery,
    CommandStatementUpdate, DoPutPreparedStatementResult, ProstMessageExt, SqlInfo, TicketStatementQuery,
};
use arrow_flight::{Action, FlightDescriptor, FlightEndpoint, FlightInfo, HandshakeRequest, HandshakeResponse, Ticket};
use datafusion_postgres::pgwire::tokio::TlsAcceptor;
use futures::{Stream, StreamExt};
use peil_warehouse::{Error, Result};
use tokio::net::TcpListener;
use tonic::{Request, Response, Status, Streaming};

use super::users::Users;
use super::{Service, Session, socket};
use login::Tokens;
use prepared::Prepared;

/// How the protocol is offered.
pub struct Offer {
    /// Where it listens.
    pub listener: TcpListener,
    /// Certificate and key; without them clients speak in plain text.
    pub tls: Option<TlsAcceptor>,
    /// Who may log in.
    pub users: Users,
}

/// Serves until `stopped`.
///
/// # Errors
/// [`Error::Internal`] where the server breaks.
pub async fn serve(service: Arc<Service>, offer: Offer, stopped: impl Future<Output = ()>) -> Result<()> {
    let connections = service.limits().connections;
    let tokens = Tokens::new(offer.users, Arc::clone(service.journal()));
    let flight = Flight { tokens, prepared: Prepared::default(), service };
    let sockets = socket::accept(offer.listener, offer.tls, connections).map(Ok::<_, std::io::Error>);
    tonic::transport::Server::builder()
        .add_service(FlightServiceServer::new(flight))
        .serve_with_incoming_shutdown(sockets, stopped)
        .await
        .map_err(Error::internal)
}

/// The service, as Flight SQL asks it.
struct Flight {
    service: Arc<Service>,
    tokens: Tokens,
    prepared: Prepared,
}

/// A stream of rows to a client.
type Rows = <Flight as FlightService>::DoGetStream;
type Answer<T> = std::result::Result<T, Status>;

impl Flight {
    /// A session for who asks.
    fn session<T>(&self, request: &Request<T>) -> Answer<Session> {
        let who = self.tokens.who(request)?;
        Ok(self.service.open(who, super::Variables::starting([])))
    }

    /// What a client is to fetch, once it is clear who asks.
    fn info(&self, ticket: &impl ProstMessageExt, request: &Request<FlightDescriptor>) -> Answer<Response<FlightInfo>> {
        self.tokens.who(request)?;
        Ok(Response::new(info_of(ticket, request)))
    }
}

/// Where rows are to be fetched. It names what was asked: clients in C++ and
/// Java take no answer that does not.
fn info_of(ticket: &impl ProstMessageExt, asked: &Request<FlightDescriptor>) -> FlightInfo {
    let ticket = Ticket::new(prost_bytes(ticket));
    FlightInfo::new().with_descriptor(asked.get_ref().clone()).with_endpoint(FlightEndpoint::new().with_ticket(ticket))
}

fn prost_bytes(message: &impl ProstMessageExt) -> bytes::Bytes {
    answers::encoded(&message.as_any())
}

fn read_only() -> Status {
    Status::permission_denied("cannot execute this in a read-only transaction [SQLSTATE 25006]")
}

#[async_trait::async_trait]
impl FlightSqlService for Flight {
    type FlightService = Self;

    async fn do_handshake(
        &self,
        request: Request<Streaming<HandshakeRequest>>,
    ) -> Answer<Response<Pin<Box<dyn Stream<Item = Answer<HandshakeResponse>> + Send>>>> {
        self.tokens.handshake(&request)
    }

    async fn get_flight_info_statement(
        &self,
        query: CommandStatementQuery,
        request: Request<FlightDescriptor>,
    ) -> Answer<Response<FlightInfo>> {
        let session = self.session(&request)?;
        let schema = answers::schema(&session, &query.query).await?;
        let info = info_of(&TicketStatementQuery { statement_handle: query.query.into() }, &request);
        Ok(Response::new(info.try_with_schema(&schema).map_err(answers::broken)?))
    }

    async fn do_get_statement(&self, ticket: TicketStatementQuery, request: Request<Ticket>) -> Answer<Response<Rows>> {
        let session = self.session(&request)?;
        let text = String::from_utf8(ticket.statement_handle.to_vec())
            .map_err(|_| Status::invalid_argument("the ticket is none of this server"))?;
        Ok(Response::new(answers::rows(session.sql(&text).await.map_err(answers::status)?)))
    }

    async fn do_action_create_prepared_statement(
        &self,
        query: ActionCreatePreparedStatementRequest,
        request: Request<Action>,
    ) -> Answer<ActionCreatePreparedStatementResult> {
        let session = self.session(&request)?;
        self.prepared.create(&session, &query.query).await
    }

    async fn do_action_close_prepared_statement(
        &self,
        query: ActionClosePreparedStatementRequest,
        request: Request<Action>,
    ) -> Answer<()> {
        let session = self.session(&request)?;
        self.prepared.close(&session, &query.prepared_statement_handle);
        Ok(())
    }

    async fn do_put_prepared_statement_query(
        &self,
        query: CommandPreparedStatementQuery,
        request: Request<PeekableFlightDataStream>,
    ) -> Answer<DoPutPreparedStatementResult> {
        let session = self.session(&request)?;
        self.prepared.bind(&session, &query.prepared_statement_handle, request.into_inner()).await?;
        Ok(DoPutPreparedStatementResult { prepared_statement_handle: Some(query.prepared_statement_handle) })
    }

    async fn get_flight_info_prepared_statement(
        &self,
        query: CommandPreparedStatementQuery,
        request: Request<FlightDescriptor>,
    ) -> Answer<Response<FlightInfo>> {
        let session = self.session(&request)?;
        let schema = self.prepared.schema(&session, &query.prepared_statement_handle)?;
        Ok(Response::new(info_of(&query, &request).try_with_schema(&schema).map_err(answers::broken)?))
    }

    async fn do_get_prepared_statement(
        &self,
        query: CommandPreparedStatementQuery,
        request: Request<Ticket>,
    ) -> Answer<Response<Rows>> {
        let session = self.session(&request)?;
        let rows = self.prepared.run(&session, &query.prepared_statement_handle).await?;
        Ok(Response::new(answers::rows(rows)))
    }

    async fn get_flight_info_catalogs(
        &self,
        query: CommandGetCatalogs,
        request: Request<FlightDescriptor>,
    ) -> Answer<Response<FlightInfo>> {
        self.info(&query, &request)
    }

    async fn get_flight_info_schemas(
        &self,
        query: CommandGetDbSchemas,
        request: Request<FlightDescriptor>,
    ) -> Answer<Response<FlightInfo>> {
        self.info(&query, &request)
    }

    async fn get_flight_info_tables(
        &self,
        query: CommandGetTables,
        request: Request<FlightDescriptor>,
    ) -> Answer<Response<FlightInfo>> {
        self.info(&query, &request)
    }

    async fn get_flight_info_table_types(
        &self,
        query: CommandGetTableTypes,
        request: Request<FlightDescriptor>,
    ) -> Answer<Response<FlightInfo>> {
        self.info(&query, &request)
    }

    async fn get_flight_info_sql_info(
        &self,
        query: CommandGetSqlInfo,
        request: Request<FlightDescriptor>,
    ) -> Answer<Response<FlightInfo>> {
        self.info(&query, &request)
    }

    async fn get_flight_info_primary_keys(
        &self,
        query: CommandGetPrimaryKeys,
        request: Request<FlightDescriptor>,
    ) -> Answer<Response<FlightInfo>> {
        self.info(&query, &request)
    }

    async fn get_flight_info_exported_keys(
        &self,
        query: CommandGetExportedKeys,
        request: Request<FlightDescriptor>,
    ) -> Answer<Response<FlightInfo>> {
        self.info(&query, &request)
    }

    async fn get_flight_info_imported_keys(
        &self,
        query: CommandGetImportedKeys,
        request: Request<FlightDescriptor>,
    ) -> Answer<Response<FlightInfo>> {
        self.info(&query, &request)
    }

    async fn get_flight_info_cross_reference(
        &self,
        query: CommandGetCrossReference,
        request: Request<FlightDescriptor>,
    ) -> Answer<Response<FlightInfo>> {
        self.info(&query, &request)
    }

    async fn get_flight_info_xdbc_type_info(
        &self,
        query: CommandGetXdbcTypeInfo,
        request: Request<FlightDescriptor>,
    ) -> Answer<Response<FlightInfo>> {
        self.info(&query, &request)
    }

    async fn do_get_catalogs(&self, query: CommandGetCatalogs, request: Request<Ticket>) -> Answer<Response<Rows>> {
        self.tokens.who(&request)?;
        answers::table(metadata::catalogs(query))
    }

    async fn do_get_schemas(&self, query: CommandGetDbSchemas, request: Request<Ticket>) -> Answer<Response<Rows>> {
        self.tokens.who(&request)?;
        let state = self.service.state().await.map_err(answers::status)?;
        answers::table(metadata::schemas(query, &state))
    }

    async fn do_get_tables(&self, query: CommandGetTables, request: Request<Ticket>) -> Answer<Response<Rows>> {
        self.tokens.who(&request)?;
        let state = self.service.state().await.map_err(answers::status)?;
        answers::table(metadata::tables(query, &state))
    }

    async fn do_get_table_types(
        &self,
        query: CommandGetTableTypes,
        request: Request<Ticket>,
    ) -> Answer<Response<Rows>> {
        self.tokens.who(&request)?;
        answers::table(metadata::table_types(query))
    }

    async fn do_get_sql_info(&self, query: CommandGetSqlInfo, request: Request<Ticket>) -> Answer<Response<Rows>> {
        self.tokens.who(&request)?;
        answers::table(metadata::sql_info(query))
    }

    async fn do_get_primary_keys(&self, _: CommandGetPrimaryKeys, request: Request<Ticket>) -> Answer<Response<Rows>> {
        self.tokens.who(&request)?;
        answers::table(Ok(metadata::no_primary_keys()))
    }

    async fn do_get_exported_keys(
        &self,
        _: CommandGetExportedKeys,
        request: Request<Ticket>,
    ) -> Answer<Response<Rows>> {
        self.tokens.who(&request)?;
        answers::table(Ok(metadata::no_foreign_keys()))
    }

    async fn do_get_imported_keys(
        &self,
        _: CommandGetImportedKeys,
        request: Request<Ticket>,
    ) -> Answer<Response<Rows>> {
        self.tokens.who(&request)?;
        answers::table(Ok(metadata::no_foreign_keys()))
    }

    async fn do_get_cross_reference(
        &self,
        _: CommandGetCrossReference,
        request: Request<Ticket>,
    ) -> Answer<Response<Rows>> {
        self.tokens.who(&request)?;
        answers::table(Ok(metadata::no_foreign_keys()))
    }

    async fn do_get_xdbc_type_info(
        &self,
        query: CommandGetXdbcTypeInfo,
        request: Request<Ticket>,
    ) -> Answer<Response<Rows>> {
        self.tokens.who(&request)?;
        answers::table(metadata::types(query))
    }

    async fn do_put_statement_update(
        &self,
        _: CommandStatementUpdate,
        request: Request<PeekableFlightDataStream>,
    ) -> Answer<i64> {
        self.tokens.who(&request)?;
        Err(read_only())
    }

    async fn do_put_statement_ingest(
        &self,
        _: CommandStatementIngest,
        request: Request<PeekableFlightDataStream>,
    ) -> Answer<i64> {
        self.tokens.who(&request)?;
        Err(read_only())
    }

    async fn do_put_prepared_statement_update(
        &self,
        _: CommandPreparedStatementUpdate,
        request: Request<PeekableFlightDataStream>,
    ) -> Answer<i64> {
        self.tokens.who(&request)?;
        Err(read_only())
    }

    async fn register_sql_info(&self, _: i32, _: &SqlInfo) {}
}
