//! `peil serve`: the marts for analysts, from the tools that they have.

use std::net::SocketAddr;
use std::sync::Arc;

use peil_marts::service::{Journal, Service, Users, flight, postgres};
use peil_warehouse::settings::ServeSettings;
use peil_warehouse::{Error, Result};
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::cli::{Global, ServeArgs};
use crate::context;
use crate::exit::Exit;
use crate::output::{Output, counted};
use crate::serve::audit::Audit;
use crate::serve::metrics::{Counting, Metrics};
use crate::serve::{address, http, limits, may_be_plain};

/// The name by which a client of Flight SQL chooses its protocol over TLS.
const HTTP_2: &[u8] = b"h2";
/// The name of the older protocol, which every browser speaks.
const HTTP_1: &[u8] = b"http/1.1";

/// Serves until it is told to stop.
///
/// # Errors
/// [`Error::Usage`] where an address, a certificate or a file of the settings
/// is wrong: then nothing is served.
pub async fn run(global: &Global, arguments: &ServeArgs, output: Output) -> Result<Exit> {
    let settings = context::settings(global)?;
    let serve = &settings.serve;
    let (for_postgres, for_flight) =
        (arguments.postgres.as_ref().or(serve.postgres.as_ref()), arguments.flight.as_ref().or(serve.flight.as_ref()));
    let for_http = arguments.http.as_ref().or(serve.http.as_ref());
    if for_postgres.is_none() && for_flight.is_none() && for_http.is_none() {
        return Err(Error::usage("there is nothing to serve\nhint: peil serve --postgres 127.0.0.1:5432"));
    }
    let (storage, _) = context::read_warehouse(&settings).await?;
    let metrics = Arc::new(Metrics::default());
    let journal: Arc<dyn Journal> = Arc::new(Audit::open(serve.audit_file.as_deref())?);
    let journal: Arc<dyn Journal> = Arc::new(Counting { journal, metrics: Arc::clone(&metrics) });
    let service = Service::new(&storage, limits(serve), journal)?;
    let users = Users::of(&serve.users_file);
    let nobody = users.all()?.is_empty();
    // All addresses are taken before the first client is answered.
    let for_postgres = match for_postgres {
        Some(wanted) => Some(postgres_offer(serve, wanted, &users).await?),
        None => None,
    };
    let for_flight = match for_flight {
        Some(wanted) => Some(flight_offer(serve, wanted, &users).await?),
        None => None,
    };
    let for_http = match for_http {
        Some(wanted) => {
            let site = http::Site {
                storage: storage.clone(),
                service: Arc::clone(&service),
                users: users.clone(),
                reports: serve.reports.clone(),
                open_data: serve.open_data,
                metrics,
            };
            Some(http_offer(serve, wanted, site).await?)
        }
        None => None,
    };
    // What is published is opened before the first client asks.
    service.state().await.map_err(|fault| Error::storage(fault.to_string()))?;
    if nobody {
        output.talk(format!("nobody can log in yet: `peil users add NAME` adds to {}", users.path().display()));
    }
    let (stop, stopping) = watch::channel(false);
    let end = |mut stopping: watch::Receiver<bool>| async move {
        let _ = stopping.wait_for(|stop| *stop).await;
    };
    let postgres = async {
        let Some(offer) = for_postgres else { return Ok(()) };
        let at = offer.listener.local_addr()?;
        output.talk(format!("PostgreSQL protocol at {at}, {}; database peil", secrecy(offer.tls.is_some())));
        output.talk(format!("try: psql \"host={} port={} dbname=peil user=NAME\"", at.ip(), at.port()));
        postgres::serve(Arc::clone(&service), offer, end(stopping.clone())).await
    };
    let flight = async {
        let Some(offer) = for_flight else { return Ok(()) };
        let at = offer.listener.local_addr()?;
        let scheme = if offer.tls.is_some() { "grpc+tls" } else { "grpc" };
        output.talk(format!("Arrow Flight SQL at {scheme}://{at}, {}", secrecy(offer.tls.is_some())));
        flight::serve(Arc::clone(&service), offer, end(stopping.clone())).await
    };
    let web = async {
        let Some(offer) = for_http else { return Ok(()) };
        let at = offer.listener.local_addr()?;
        let scheme = if offer.tls.is_some() { "https" } else { "http" };
        output.talk(format!("HTTP at {scheme}://{at}/, {}", secrecy(offer.tls.is_some())));
        http::serve(offer, stopping.clone()).await
    };
    let told = async {
        stopped().await;
        stop.send_replace(true);
        Ok(())
    };
    tokio::try_join!(postgres, flight, web, told)?;
    output.talk("stopped");
    Ok(Exit::Done)
}

/// What would be served by these settings, without serving it.
///
/// # Errors
/// [`Error::Usage`] where an address, a certificate or the file of users is
/// wrong.
pub fn examine(serve: &ServeSettings) -> Result<String> {
    if let Some((certificate, key)) = certificate(serve)? {
        postgres::tls::config(certificate, key, &[])?;
    }
    let users = Users::of(&serve.users_file).all()?.len() as u64;
    let mut offered = Vec::new();
    for (name, wanted) in [("PostgreSQL", &serve.postgres), ("Flight SQL", &serve.flight), ("HTTP", &serve.http)] {
        if let Some(wanted) = wanted {
            offered.push(format!("{name} at {}", place(serve, wanted)?.0));
        }
    }
    let offered = if offered.is_empty() { "nothing unless a flag says where".to_owned() } else { offered.join(", ") };
    Ok(format!("{offered}; {}", counted(users, "user", "users")))
}

const fn secrecy(tls: bool) -> &'static str {
    if tls { "with TLS" } else { "in plain text" }
}

/// What is offered at an address over the PostgreSQL protocol.
async fn postgres_offer(serve: &ServeSettings, wanted: &str, users: &Users) -> Result<postgres::Offer> {
    let (at, plain) = place(serve, wanted)?;
    let tls = match certificate(serve)? {
        Some((certificate, key)) => Some(postgres::tls::acceptor(certificate, key)?),
        None => None,
    };
    Ok(postgres::Offer { listener: listen(at).await?, tls, allow_plain_text: plain, users: users.clone() })
}

/// The same over Flight SQL.
async fn flight_offer(serve: &ServeSettings, wanted: &str, users: &Users) -> Result<flight::Offer> {
    let (at, _) = place(serve, wanted)?;
    let tls = match certificate(serve)? {
        Some((certificate, key)) => Some(postgres::tls::config(certificate, key, &[HTTP_2])?.into()),
        None => None,
    };
    Ok(flight::Offer { listener: listen(at).await?, tls, users: users.clone() })
}

/// The same over HTTP.
async fn http_offer(serve: &ServeSettings, wanted: &str, site: http::Site) -> Result<http::Offer> {
    let (at, _) = place(serve, wanted)?;
    let tls = match certificate(serve)? {
        Some((certificate, key)) => Some(postgres::tls::config(certificate, key, &[HTTP_2, HTTP_1])?.into()),
        None => None,
    };
    Ok(http::Offer { listener: listen(at).await?, tls, site })
}

/// An address, and whether its clients may do without TLS; fails where they
/// may not and there is none.
fn place(serve: &ServeSettings, wanted: &str) -> Result<(SocketAddr, bool)> {
    let at = address(wanted)?;
    let plain = may_be_plain(serve, at);
    if certificate(serve)?.is_none() && !plain {
        return Err(Error::usage(format!(
            "{at} is not on this machine alone, and there is no TLS\nhint: give serve.tls_certificate and serve.tls_key, listen at 127.0.0.1, or set serve.allow_plain_text = true"
        )));
    }
    Ok((at, plain))
}

fn certificate(serve: &ServeSettings) -> Result<Option<(&std::path::Path, &std::path::Path)>> {
    match (&serve.tls_certificate, &serve.tls_key) {
        (Some(certificate), Some(key)) => Ok(Some((certificate, key))),
        (None, None) => Ok(None),
        _ => Err(Error::usage("TLS needs both serve.tls_certificate and serve.tls_key")),
    }
}

/// Listens at an address.
///
/// # Errors
/// [`Error::Usage`] where it is taken.
pub async fn listen(at: SocketAddr) -> Result<TcpListener> {
    TcpListener::bind(at).await.map_err(|error| Error::usage(format!("{at} cannot be listened at: {error}")))
}

/// Waits for Ctrl-C or the word to end.
pub async fn stopped() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut end) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = end.recv() => {}
            }
            return;
        }
    }
    let _ = tokio::signal::ctrl_c().await;
}
