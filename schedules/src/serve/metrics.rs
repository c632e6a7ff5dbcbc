//! What is counted of the statements of all protocols, as Prometheus reads it.

use std::sync::Arc;

use peil_marts::service::{Entry, Journal, State};
use peil_warehouse::{Error, Result};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

/// The media type of [`Metrics::text`].
pub const MEDIA_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
/// Bounds of the histograms, in seconds.
const SECONDS: [f64; 10] = [0.001, 0.005, 0.02, 0.1, 0.5, 1.0, 5.0, 30.0, 120.0, 600.0];

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Ended {
    protocol: String,
    outcome: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Protocol {
    protocol: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Request {
    route: String,
    status: String,
}

type Histograms = Family<Protocol, Histogram, fn() -> Histogram>;

/// The counts.
pub struct Metrics {
    registry: Registry,
    statements: Family<Ended, Counter>,
    seconds: Histograms,
    rows: Family<Protocol, Counter>,
    requests: Family<Request, Counter>,
    remarks: Counter,
    published_at: Gauge,
    tables: Gauge,
    releases: Gauge,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("peil");
        let statements = Family::default();
        registry.register("statements", "Statements that ended, by protocol and outcome", statements.clone());
        let seconds: Histograms = Family::new_with_constructor(|| Histogram::new(SECONDS));
        registry.register("statement_seconds", "How long statements took, streaming included", seconds.clone());
        let rows = Family::default();
        registry.register("statement_rows", "Rows that statements gave", rows.clone());
        let requests = Family::default();
        registry.register("http_requests", "Requests over HTTP, by what was asked and how it ended", requests.clone());
        let remarks = Counter::default();
        registry.register(
            "remarks",
            "Remarks in the audit log that are worth the operator's attention",
            remarks.clone(),
        );
        let published_at = Gauge::default();
        registry.register("published_timestamp_seconds", "When what is published was published", published_at.clone());
        let tables = Gauge::default();
        registry.register("published_tables", "Tables that can be queried", tables.clone());
        let releases = Gauge::default();
        registry.register("releases", "Releases of closed periods", releases.clone());
        let version: Family<Vec<(String, String)>, Gauge> = Family::default();
        version.get_or_create(&vec![("version".to_owned(), env!("CARGO_PKG_VERSION").to_owned())]).set(1);
        registry.register("build_info", "The program", version);
        Self { registry, statements, seconds, rows, requests, remarks, published_at, tables, releases }
    }
}

impl Metrics {
    /// Counts a request over HTTP; `route` is what was asked, not the path.
    pub fn request(&self, route: &str, status: u16) {
        let request = Request { route: route.to_owned(), status: status.to_string() };
        self.requests.get_or_create(&request).inc();
    }

    /// Everything, with what is published now where that could be read.
    ///
    /// # Errors
    /// [`Error::Internal`] where it cannot be written, which does not happen.
    pub fn text(&self, state: Option<&State>) -> Result<String> {
        if let Some(state) = state {
            self.published_at.set(state.published.published_at.map_or(0, |at| at.timestamp()));
            self.tables.set(state.relations().count() as i64);
            self.releases.set(state.releases.len() as i64);
        }
        let mut text = String::new();
        encode(&mut text, &self.registry).map_err(Error::internal)?;
        Ok(text)
    }
}

/// A journal that counts what it hands on.
pub struct Counting {
    /// Where it is kept.
    pub journal: Arc<dyn Journal>,
    /// Where it is counted.
    pub metrics: Arc<Metrics>,
}

impl Journal for Counting {
    fn record(&self, entry: &Entry<'_>) {
        let protocol = entry.who.protocol.to_owned();
        let ended = Ended { protocol: protocol.clone(), outcome: entry.outcome.to_owned() };
        self.metrics.statements.get_or_create(&ended).inc();
        let of = Protocol { protocol };
        self.metrics.seconds.get_or_create(&of).observe(entry.seconds);
        self.metrics.rows.get_or_create(&of).inc_by(entry.rows);
        self.journal.record(entry);
    }

    fn remark(&self, text: &str) {
        self.metrics.remarks.inc();
        self.journal.remark(text);
    }
}

#[cfg(test)]
mod tests {
    use peil_marts::service::Who;
    use peil_marts::service::journal::Silent;
    use peil_warehouse::clock;

    use super::*;

    #[test]
    fn statements_and_requests_are_counted() {
        let metrics = Arc::new(Metrics::default());
        let journal = Counting { journal: Arc::new(Silent), metrics: Arc::clone(&metrics) };
        let who = Who { protocol: "postgres", ..Who::default() };
        for outcome in ["ok", "ok", "42P01"] {
            journal.record(&Entry { at: clock::now(), who: &who, text: "select 1", rows: 2, seconds: 0.003, outcome });
        }
        metrics.request("table", 200);
        let text = metrics.text(None).unwrap();
        for line in [
            "peil_statements_total{protocol=\"postgres\",outcome=\"ok\"} 2",
            "peil_statements_total{protocol=\"postgres\",outcome=\"42P01\"} 1",
            "peil_statement_rows_total{protocol=\"postgres\"} 6",
            "peil_statement_seconds_bucket{le=\"0.005\",protocol=\"postgres\"} 3",
            "peil_http_requests_total{route=\"table\",status=\"200\"} 1",
            "# EOF",
        ] {
            assert!(text.contains(line), "{line}\n{text}");
        }
    }
}
