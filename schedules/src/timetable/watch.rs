//! What the daemon tells of itself: whether it lives, whether it can work, and
//! counts.
//!
//! | address | gives |
//! | --- | --- |
//! | `/healthz` | 200 as long as it looks what is due; 503 where it has not for two minutes |
//! | `/readyz` | 200 where it could read its ledger at the last look; else 503 |
//! | `/metrics` | counts, as Prometheus reads them |
//!
//! Names of jobs, moments and counts, and nothing else: it needs no login.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use chrono::{DateTime, Utc};
use peil_warehouse::{Error, Result, clock};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;
use tokio::net::TcpListener;

use super::daemon::Event;
use super::ledger::Ending;
use crate::serve::metrics::MEDIA_TYPE;

/// Seconds without a look after which it is taken for hung.
const HUNG_SECONDS: i64 = 120;

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Ended {
    job: String,
    ending: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Of {
    job: String,
}

/// What was seen of the daemon.
pub struct Watch {
    registry: Registry,
    attempts: Family<Ended, Counter>,
    running: Family<Of, Gauge>,
    went_well: Family<Of, Gauge>,
    troubles: Counter,
    unheard: Counter,
    look: Gauge,
    looked_at: AtomicI64,
    can_work: AtomicBool,
}

impl Default for Watch {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("peil");
        let attempts = Family::default();
        registry.register("job_attempts", "Attempts at due runs that ended, by job and ending", attempts.clone());
        let running = Family::default();
        registry.register("job_running", "Whether an attempt of the job is being made", running.clone());
        let went_well = Family::default();
        registry.register("job_done_timestamp_seconds", "When the job went through last", went_well.clone());
        let troubles = Counter::default();
        registry.register("ledger_errors", "Times that the ledger could not be read or written", troubles.clone());
        let unheard = Counter::default();
        registry.register("notices_lost", "Notices and signs of life that did not arrive", unheard.clone());
        let look = Gauge::default();
        registry.register("look_timestamp_seconds", "When the daemon looked last what is due", look.clone());
        let (looked_at, can_work) = (AtomicI64::new(clock::now().timestamp()), AtomicBool::new(false));
        Self { registry, attempts, running, went_well, troubles, unheard, look, looked_at, can_work }
    }
}

impl Watch {
    /// Hears what happens.
    pub fn hear(&self, event: &Event<'_>) {
        let of = || Of { job: event.job.to_owned() };
        match event.event {
            "started" => drop(self.running.get_or_create(&of()).set(1)),
            "said" => {}
            "ledger" => drop(self.troubles.inc()),
            "notice" => drop(self.unheard.inc()),
            ending => {
                self.running.get_or_create(&of()).set(0);
                self.attempts.get_or_create(&Ended { job: event.job.to_owned(), ending: ending.to_owned() }).inc();
                if [Ending::Done, Ending::Incomplete].iter().any(|well| well.as_str() == ending) {
                    self.went_well.get_or_create(&of()).set(event.at.timestamp());
                }
            }
        }
    }

    /// It looked what is due, and could read the ledger or not.
    pub fn looked(&self, at: DateTime<Utc>, can_work: bool) {
        self.looked_at.store(at.timestamp(), Ordering::Relaxed);
        self.can_work.store(can_work, Ordering::Relaxed);
        self.look.set(at.timestamp());
    }

    fn lives(&self, now: DateTime<Utc>) -> bool {
        now.timestamp() - self.looked_at.load(Ordering::Relaxed) < HUNG_SECONDS
    }

    fn text(&self) -> Result<String> {
        let mut text = String::new();
        encode(&mut text, &self.registry).map_err(Error::internal)?;
        Ok(text)
    }

    /// Answers at `listener` until the daemon ends.
    ///
    /// # Errors
    /// [`Error::Storage`] where it cannot listen any more.
    pub async fn serve(self: Arc<Self>, listener: TcpListener) -> Result<()> {
        let router = Router::new()
            .route("/healthz", get(health))
            .route("/readyz", get(ready))
            .route("/metrics", get(counts))
            .with_state(self);
        Ok(axum::serve(listener, router).await?)
    }
}

async fn health(State(watch): State<Arc<Watch>>) -> Response {
    match watch.lives(clock::now()) {
        true => "ok\n".into_response(),
        false => (StatusCode::SERVICE_UNAVAILABLE, "the daemon has not looked for two minutes\n").into_response(),
    }
}

async fn ready(State(watch): State<Arc<Watch>>) -> Response {
    match watch.can_work.load(Ordering::Relaxed) {
        true => "ready\n".into_response(),
        false => (StatusCode::SERVICE_UNAVAILABLE, "the ledger in the warehouse cannot be read\n").into_response(),
    }
}

async fn counts(State(watch): State<Arc<Watch>>) -> Response {
    match watch.text() {
        Ok(text) => ([(CONTENT_TYPE, MEDIA_TYPE)], text).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    #[test]
    fn what_ends_is_counted_and_a_daemon_that_hangs_is_ill() {
        let watch = Watch::default();
        let at: DateTime<Utc> = "2022-07-01T00:30:00Z".parse().unwrap();
        for event in ["started", "said", "failed", "started", "done", "notice"] {
            watch.hear(&Event { at, job: "nightly_run", due: at, attempt: 1, run_id: "", event, text: "" });
        }
        watch.looked(at, true);
        let text = watch.text().unwrap();
        for line in [
            "peil_job_attempts_total{job=\"nightly_run\",ending=\"failed\"} 1",
            "peil_job_attempts_total{job=\"nightly_run\",ending=\"done\"} 1",
            "peil_job_running{job=\"nightly_run\"} 0",
            "peil_job_done_timestamp_seconds{job=\"nightly_run\"} 1656635400",
            "peil_notices_lost_total 1",
            "# EOF",
        ] {
            assert!(text.contains(line), "{line}\n{text}");
        }
        assert!(watch.lives(at + TimeDelta::seconds(60)) && !watch.lives(at + TimeDelta::seconds(180)));
    }
}
