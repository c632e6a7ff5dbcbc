//! Certificate and key: read right, or the server does not start.

use std::path::Path;
use std::sync::Arc;

pub use datafusion_postgres::pgwire::tokio::TlsAcceptor;
use datafusion_postgres::pgwire::tokio::tokio_rustls::rustls::ServerConfig;
use datafusion_postgres::pgwire::tokio::tokio_rustls::rustls::crypto::ring;
use datafusion_postgres::pgwire::tokio::tokio_rustls::rustls::pki_types::pem::PemObject;
use datafusion_postgres::pgwire::tokio::tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use peil_warehouse::{Error, Result};

/// What TLS is offered with: a chain of certificates in PEM, and a key in any
/// of PKCS#8, PKCS#1 and SEC1. `protocols` are the names by which a client may
/// choose one (ALPN).
///
/// # Errors
/// [`Error::Usage`] where a file cannot be read, holds something else, or the
/// key is not that of the certificate.
pub fn config(certificate: &Path, key: &Path, protocols: &[&[u8]]) -> Result<Arc<ServerConfig>> {
    let wrong = |path: &Path, what: &str, error: &dyn std::fmt::Display| {
        Error::usage(format!(
            "{} is no {what}: {error}\nhint: give PEM files in serve.tls_certificate and serve.tls_key",
            path.display()
        ))
    };
    let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_file_iter(certificate)
        .and_then(Iterator::collect)
        .map_err(|error| wrong(certificate, "certificate", &error))?;
    if chain.is_empty() {
        return Err(wrong(certificate, "certificate", &"there is none in it"));
    }
    let private = PrivateKeyDer::from_pem_file(key).map_err(|error| wrong(key, "private key", &error))?;
    let provider = Arc::new(ring::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(Error::internal)?
        .with_no_client_auth()
        .with_single_cert(chain, private)
        .map_err(|error| {
            Error::usage(format!("{} is not the key of {}: {error}", key.display(), certificate.display()))
        })?;
    config.alpn_protocols = protocols.iter().map(|name| name.to_vec()).collect();
    Ok(Arc::new(config))
}

/// The same, for the PostgreSQL protocol.
///
/// # Errors
/// As [`config`].
pub fn acceptor(certificate: &Path, key: &Path) -> Result<TlsAcceptor> {
    Ok(TlsAcceptor::from(config(certificate, key, &[b"postgresql"])?))
}
