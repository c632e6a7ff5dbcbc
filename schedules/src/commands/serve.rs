//! `peil serve`: the marts for analysts, from the tools that they have.

use std::sync::Arc;

use peil_marts::service::{Journal, Service, Users, postgres};
use peil_warehouse::settings::ServeSettings;
use peil_warehouse::{Error, Result};
use tokio::net::TcpListener;

use crate::cli::{Global, ServeArgs};
use crate::context;
use crate::exit::Exit;
use crate::output::Output;
use crate::serve::audit::Audit;
use crate::serve::{address, limits, may_be_plain};

/// Serves until it is told to stop.
///
/// # Errors
/// [`Error::Usage`] where an address, a certificate or a file of the settings
/// is wrong: then nothing is served.
pub async fn run(global: &Global, arguments: &ServeArgs, output: Output) -> Result<Exit> {
    let settings = context::settings(global)?;
    let serve = &settings.serve;
    let Some(wanted) = arguments.postgres.as_ref().or(serve.postgres.as_ref()) else {
        return Err(Error::usage("there is nothing to serve\nhint: peil serve --postgres 127.0.0.1:5432"));
    };
    let (storage, _) = context::read_warehouse(&settings).await?;
    let journal: Arc<dyn Journal> = Arc::new(Audit::open(serve.audit_file.as_deref())?);
    let service = Service::new(&storage, limits(serve), journal)?;
    let offer = offer(serve, wanted).await?;
    // What is published is opened before the first client asks.
    service.state().await.map_err(|fault| Error::storage(fault.to_string()))?;
    let at = offer.listener.local_addr()?;
    if offer.users.all()?.is_empty() {
        output.talk(format!("nobody can log in yet: `peil users add NAME` adds to {}", offer.users.path().display()));
    }
    let how = if offer.tls.is_some() { "with TLS" } else { "in plain text" };
    output.talk(format!("PostgreSQL protocol at {at}, {how}; database {}", peil_marts::service::DATABASE));
    output.talk(format!("try: psql \"host={} port={} dbname=peil user=NAME\"", at.ip(), at.port()));
    postgres::serve(service, offer, stopped()).await?;
    output.talk("stopped");
    Ok(Exit::Done)
}

/// What is offered at an address; fails where TLS must be and is not.
async fn offer(serve: &ServeSettings, wanted: &str) -> Result<postgres::Offer> {
    let at = address(wanted)?;
    let tls = match (&serve.tls_certificate, &serve.tls_key) {
        (Some(certificate), Some(key)) => Some(postgres::tls::acceptor(certificate, key)?),
        (None, None) => None,
        _ => return Err(Error::usage("TLS needs both serve.tls_certificate and serve.tls_key")),
    };
    let plain = may_be_plain(serve, at);
    if tls.is_none() && !plain {
        return Err(Error::usage(format!(
            "{at} is not on this machine alone, and there is no TLS\nhint: give serve.tls_certificate and serve.tls_key, listen at 127.0.0.1, or set serve.allow_plain_text = true"
        )));
    }
    let users = Users::of(&serve.users_file);
    users.all()?;
    let listener =
        TcpListener::bind(at).await.map_err(|error| Error::usage(format!("{at} cannot be listened at: {error}")))?;
    Ok(postgres::Offer { listener, tls, allow_plain_text: plain, users })
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
