//! The PostgreSQL protocol: a connection is a session of its own.
//!
//! | module | does |
//! | --- | --- |
//! | `startup` | login by SCRAM-SHA-256, over TLS where it must be |
//! | `connection` | statements, prepared and not; transactions in name |
//! | `cursors` | DECLARE, FETCH, MOVE, CLOSE |
//! | `copy` | COPY … TO STDOUT |
//! | `parameters` | values that a client binds, as the query writes them |
//! | [`tls`] | certificate and key, read right or not at all |

mod connection;
mod copy;
mod cursors;
mod extended;
mod parameters;
mod startup;
pub mod tls;
mod wire;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, Weak};

use async_trait::async_trait;
use datafusion_postgres::pgwire::api::auth::StartupHandler;
use datafusion_postgres::pgwire::api::cancel::CancelHandler;
use datafusion_postgres::pgwire::api::query::{ExtendedQueryHandler, SimpleQueryHandler};
use datafusion_postgres::pgwire::api::{ClientInfo, ErrorHandler, PgWireServerHandlers};
use datafusion_postgres::pgwire::error::PgWireError;
use datafusion_postgres::pgwire::messages::cancel::CancelRequest;
use datafusion_postgres::pgwire::messages::startup::SecretKey;
use datafusion_postgres::pgwire::tokio::{TlsAcceptor, process_socket};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

use super::control::{Control, lock};
use super::users::Users;
use super::{Service, users};
use connection::Connection;
use startup::Startup;

/// How the protocol is offered.
pub struct Offer {
    /// Where it listens.
    pub listener: TcpListener,
    /// Certificate and key, where there are any.
    pub tls: Option<TlsAcceptor>,
    /// Whether a client may do without TLS.
    pub allow_plain_text: bool,
    /// Who may log in.
    pub users: Users,
}

/// Who can be stopped: number and secret of each connection.
#[derive(Default)]
pub(super) struct Stops {
    running: Mutex<HashMap<i32, (SecretKey, Weak<Control>)>>,
}

impl Stops {
    fn add(&self, number: i32, secret: SecretKey, control: &Arc<Control>) {
        let mut running = lock(&self.running);
        running.retain(|_, (_, control)| control.strong_count() > 0);
        running.insert(number, (secret, Arc::downgrade(control)));
    }
}

#[async_trait]
impl CancelHandler for Stops {
    async fn on_cancel_request(&self, request: CancelRequest) {
        let found = lock(&self.running).get(&request.pid).cloned();
        let Some((secret, control)) = found else { return };
        if bytes(&secret) == bytes(&request.secret_key)
            && let Some(control) = control.upgrade()
        {
            control.stop();
        }
    }
}

/// A client of protocol 3.0 sends as a number what it was given as bytes.
fn bytes(secret: &SecretKey) -> Vec<u8> {
    match secret {
        SecretKey::I32(number) => number.to_be_bytes().to_vec(),
        SecretKey::Bytes(bytes) => bytes.to_vec(),
    }
}

/// Answers connections until `ended` is.
///
/// # Errors
/// [`peil_warehouse::Error::Internal`] where the machine gives no random
/// bytes.
pub async fn serve(service: Arc<Service>, offer: Offer, ended: impl Future<Output = ()>) -> peil_warehouse::Result<()> {
    let stops = Arc::new(Stops::default());
    let places = Arc::new(Semaphore::new(service.limits().connections));
    let secret: Arc<[u8]> = users::random(32)?.into();
    let mut ended = std::pin::pin!(ended);
    loop {
        let accepted = tokio::select! {
            () = &mut ended => return Ok(()),
            accepted = offer.listener.accept() => accepted,
        };
        let (socket, address) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                service.journal().remark(&format!("a connection could not be accepted: {error}"));
                tokio::time::sleep(std::time::Duration::from_millis(50)).await;
                continue;
            }
        };
        let place = Arc::clone(&places).try_acquire_owned();
        let handlers = Handlers {
            startup: Arc::new(Startup::new(
                Arc::clone(&service),
                offer.users.clone(),
                Arc::clone(&stops),
                Arc::clone(&secret),
                place.is_err(),
                offer.allow_plain_text,
            )),
            stops: Arc::clone(&stops),
            address,
        };
        let tls = offer.tls.clone();
        tokio::spawn(async move {
            // A client that goes away in the middle is no news.
            let _ = process_socket(socket, tls, handlers).await;
            drop(place);
        });
    }
}

/// The handlers of one connection.
struct Handlers {
    startup: Arc<Startup>,
    stops: Arc<Stops>,
    address: SocketAddr,
}

impl PgWireServerHandlers for Handlers {
    fn simple_query_handler(&self) -> Arc<impl SimpleQueryHandler> {
        Arc::new(Connection::new(Arc::clone(&self.startup)))
    }

    fn extended_query_handler(&self) -> Arc<impl ExtendedQueryHandler> {
        Arc::new(Connection::new(Arc::clone(&self.startup)))
    }

    fn startup_handler(&self) -> Arc<impl StartupHandler> {
        Arc::clone(&self.startup)
    }

    fn error_handler(&self) -> Arc<impl ErrorHandler> {
        Arc::new(Ended { startup: Arc::clone(&self.startup), _address: self.address })
    }

    fn cancel_handler(&self) -> Arc<impl CancelHandler> {
        Arc::clone(&self.stops)
    }
}

/// A statement that failed gives its turn to others.
struct Ended {
    startup: Arc<Startup>,
    _address: SocketAddr,
}

impl ErrorHandler for Ended {
    fn on_error<C: ClientInfo>(&self, _: &C, _: &mut PgWireError) {
        if let Some(session) = self.startup.session() {
            session.control().end();
        }
    }
}
