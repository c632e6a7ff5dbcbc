//! Over HTTP: reports, the catalogue, tables, health and metrics.
//!
//! | address | gives |
//! | --- | --- |
//! | `/` | the way to everything, in Dutch |
//! | `/reports/…` | the reports, as they were written: the latest and the released ones |
//! | `/catalogue`, `/catalogue.json` | each table with its columns, freshness and example queries |
//! | `/<schema>/<table>.csv`, `.json`, `.parquet` | the rows of a table, whole or filtered |
//! | `/healthz`, `/readyz` | whether the server lives; whether it has something to give |
//! | `/metrics` | counts, as Prometheus reads them |
//!
//! | module | does |
//! | --- | --- |
//! | `access` | who asks, by the same users as over every other protocol |
//! | `tables` | a table by its address, under the same guard and limits |
//! | `catalogue` | what there is |
//! | `reports` | files of the folder of reports, and no others |
//! | `page` | the frame of the pages |

mod access;
mod catalogue;
mod page;
mod reports;
mod tables;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use peil_marts::service::postgres::tls::TlsAcceptor;
use peil_marts::service::{Fault, Service, Users, socket};
use peil_warehouse::Result;
use peil_warehouse::storage::Storage;
use tokio::net::TcpListener;
use tokio::sync::watch;

use super::metrics::{self, Metrics};

/// How long a client may take to send the head of a request.
const HEAD: Duration = Duration::from_secs(15);
/// How long answers under way may take once the server is to stop.
const LAST_WORDS: Duration = Duration::from_secs(10);

/// How it is offered.
pub struct Offer {
    /// Where it listens.
    pub listener: TcpListener,
    /// Certificate and key; without them clients speak in plain text.
    pub tls: Option<TlsAcceptor>,
    /// What is given, and to whom.
    pub site: Site,
}

/// What is given, and to whom.
pub struct Site {
    /// The warehouse, for its own records.
    pub storage: Storage,
    /// The tables.
    pub service: Arc<Service>,
    /// Who may log in.
    pub users: Users,
    /// The folder of the reports.
    pub reports: PathBuf,
    /// Whether marts and releases are given without login.
    pub open_data: bool,
    /// The counts.
    pub metrics: Arc<Metrics>,
}

/// Where a request comes from.
#[derive(Debug, Clone, Copy)]
struct Peer(SocketAddr);

/// Serves until `stopping` says so.
///
/// # Errors
/// None of its own: what goes wrong with a client ends that connection.
pub async fn serve(offer: Offer, mut stopping: watch::Receiver<bool>) -> Result<()> {
    let connections = offer.site.service.limits().connections;
    let router = router(Arc::new(offer.site));
    let sockets = socket::accept(offer.listener, offer.tls, connections);
    let mut sockets = std::pin::pin!(sockets);
    let mut served = tokio::task::JoinSet::new();
    loop {
        let socket = tokio::select! {
            _ = stopping.wait_for(|stop| *stop) => break,
            // What has ended is cleared away as others come.
            Some(_) = served.join_next() => continue,
            socket = futures::StreamExt::next(&mut sockets) => socket,
        };
        let Some(socket) = socket else { break };
        let router = router.clone().layer(axum::Extension(Peer(socket.address())));
        let mut stopping = stopping.clone();
        served.spawn(async move {
            let mut builder = Builder::new(TokioExecutor::new());
            builder.http1().timer(TokioTimer::new()).header_read_timeout(HEAD);
            let connection = builder.serve_connection(TokioIo::new(socket), TowerToHyperService::new(router));
            let mut connection = std::pin::pin!(connection);
            tokio::select! {
                _ = connection.as_mut() => return,
                _ = stopping.wait_for(|stop| *stop) => {}
            }
            connection.as_mut().graceful_shutdown();
            let _ = tokio::time::timeout(LAST_WORDS, connection).await;
        });
    }
    while served.join_next().await.is_some() {}
    Ok(())
}

fn router(site: Arc<Site>) -> Router {
    Router::new()
        .route("/", get(catalogue::home))
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(ready))
        .route("/metrics", get(counts))
        .route("/catalogue", get(catalogue::html))
        .route("/catalogue.json", get(catalogue::json))
        .route("/reports", get(|| async { axum::response::Redirect::permanent("/reports/latest/") }))
        .route("/reports/", get(|| async { axum::response::Redirect::permanent("/reports/latest/") }))
        .route("/reports/{*path}", get(reports::file))
        .route("/{schema}/{file}", get(tables::rows))
        .fallback(|| async {
            said(StatusCode::NOT_FOUND, "there is nothing at this address\nhint: / leads to everything")
        })
        .layer(middleware::from_fn_with_state(Arc::clone(&site), counted))
        .with_state(site)
}

/// Counts a request, and gives the answer the headers of all answers.
async fn counted(State(site): State<Arc<Site>>, request: Request, next: Next) -> Response {
    let route = match request.uri().path().trim_start_matches('/').split('/').next().unwrap_or_default() {
        "" => "home",
        "healthz" => "healthz",
        "readyz" => "readyz",
        "metrics" => "metrics",
        "reports" => "report",
        path if path.starts_with("catalogue") => "catalogue",
        _ => "table",
    };
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.entry("referrer-policy").or_insert(HeaderValue::from_static("same-origin"));
    headers.entry("content-security-policy").or_insert(HeaderValue::from_static(
        "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'self'; base-uri 'none'; form-action 'self'",
    ));
    site.metrics.request(route, response.status().as_u16());
    response
}

/// Whether there is something to give.
async fn ready(State(site): State<Arc<Site>>) -> Response {
    let state = match site.service.state().await {
        Ok(state) => state,
        Err(fault) => return failed(&fault),
    };
    match (state.published.published_at, state.published.as_of) {
        (Some(at), Some(_)) => said(StatusCode::OK, &format!("ready: published at {}", at.to_rfc3339())),
        _ => said(StatusCode::SERVICE_UNAVAILABLE, "no marts are published yet\nhint: peil run"),
    }
}

async fn counts(State(site): State<Arc<Site>>) -> Response {
    let state = site.service.state().await.ok();
    match site.metrics.text(state.as_deref()) {
        Ok(text) => ([(CONTENT_TYPE, metrics::MEDIA_TYPE)], text).into_response(),
        Err(error) => said(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string()),
    }
}

/// A word for people and scripts, that no cache keeps.
fn said(status: StatusCode, text: &str) -> Response {
    let headers = [(CONTENT_TYPE, "text/plain; charset=utf-8"), (CACHE_CONTROL, "no-store")];
    (status, headers, format!("{text}\n")).into_response()
}

/// An error of a statement.
fn failed(fault: &Fault) -> Response {
    let status = match fault.code {
        "42P01" | "3F000" => StatusCode::NOT_FOUND,
        "53300" | "53200" | "58030" => StatusCode::SERVICE_UNAVAILABLE,
        "57014" => StatusCode::GATEWAY_TIMEOUT,
        "XX000" => StatusCode::INTERNAL_SERVER_ERROR,
        _ => StatusCode::BAD_REQUEST,
    };
    said(status, &format!("{fault} [SQLSTATE {}]", fault.code))
}
