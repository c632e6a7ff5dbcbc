//! What `peil serve` offers, around the service that answers.

pub mod audit;
pub mod http;
pub mod metrics;

use std::net::SocketAddr;

use peil_marts::service::Limits;
use peil_warehouse::settings::ServeSettings;
use peil_warehouse::{Error, Result};

/// The bounds of the settings.
pub fn limits(settings: &ServeSettings) -> Limits {
    let megabytes = |number: u32| usize::try_from(number).unwrap_or(usize::MAX).saturating_mul(1 << 20);
    let count = |number: u32| usize::try_from(number).unwrap_or(usize::MAX);
    Limits {
        seconds: settings.seconds,
        rows: u64::from(settings.rows),
        statement_bytes: megabytes(settings.statement_megabytes),
        bytes: megabytes(settings.megabytes),
        statements: count(settings.statements),
        connections: count(settings.connections),
    }
}

/// The address to listen at.
///
/// # Errors
/// [`Error::Usage`] where it is none.
pub fn address(text: &str) -> Result<SocketAddr> {
    let full = text.replace("localhost:", "127.0.0.1:");
    let full = if full.starts_with(':') { format!("127.0.0.1{full}") } else { full };
    let full = if full.chars().all(|c| c.is_ascii_digit()) { format!("127.0.0.1:{full}") } else { full };
    full.parse().map_err(|_| {
        Error::usage(format!(
            "`{text}` is no address to listen at\nhint: write 127.0.0.1:5432, or 0.0.0.0:5432 for all networks"
        ))
    })
}

/// Whether clients at an address may do without TLS: on this machine, or where
/// the settings say so.
pub fn may_be_plain(settings: &ServeSettings, address: SocketAddr) -> bool {
    address.ip().is_loopback() || settings.allow_plain_text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read() {
        for text in ["127.0.0.1:5432", "localhost:5432", ":5432", "5432", "[::1]:5432"] {
            let address = address(text).unwrap();
            assert!(address.ip().is_loopback() && address.port() == 5432, "{text}");
        }
        assert!(matches!(address("here"), Err(Error::Usage(_))));
    }
}
