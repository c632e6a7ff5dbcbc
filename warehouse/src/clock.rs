//! The only place that reads time.
//!
//! Figures never depend on the moment at which they are computed: the as-of
//! day and the known-on day are inputs. What the clock gives is the default
//! as-of day and the moments in the warehouse's own records.

use chrono::{DateTime, NaiveDate, SubsecRound, Utc};

/// The moment now, in whole microseconds, or the fixed moment that
/// `PEIL_CLOCK` gives as an RFC 3339 time: for rehearsals and tests.
#[expect(clippy::disallowed_methods, reason = "this is the one clock")]
pub fn now() -> DateTime<Utc> {
    std::env::var("PEIL_CLOCK")
        .ok()
        .and_then(|text| DateTime::parse_from_rfc3339(&text).ok())
        .map_or_else(Utc::now, |moment| moment.with_timezone(&Utc))
        .trunc_subsecs(6)
}

/// Today in Brussels: the default as-of day.
pub fn today() -> NaiveDate {
    crate::period::brussels_day(now())
}

/// A stopwatch for the seconds of a stage in the warehouse's own records.
#[derive(Debug, Clone, Copy)]
pub struct Stopwatch(std::time::Instant);

impl Stopwatch {
    /// Starts now.
    #[expect(clippy::disallowed_methods, reason = "this is the one clock")]
    pub fn start() -> Self {
        Self(std::time::Instant::now())
    }

    /// Seconds since the start.
    pub fn seconds(&self) -> f64 {
        self.0.elapsed().as_secs_f64()
    }
}
