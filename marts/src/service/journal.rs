//! Who asked what, when, and what came of it.

use chrono::{DateTime, Utc};

/// Who is at the other end.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Who {
    /// The user.
    pub user: String,
    /// The program, as it calls itself.
    pub application: String,
    /// The address.
    pub address: String,
    /// `postgres`, `flight`, `http` or `local`.
    pub protocol: &'static str,
}

/// A statement that ended.
#[derive(Debug, Clone, Copy)]
pub struct Entry<'a> {
    /// When it began.
    pub at: DateTime<Utc>,
    /// Who asked.
    pub who: &'a Who,
    /// What was asked.
    pub text: &'a str,
    /// Rows that were given.
    pub rows: u64,
    /// How long it took, streaming included.
    pub seconds: f64,
    /// `ok`, `abandoned`, or the SQLSTATE of the error.
    pub outcome: &'a str,
}

/// Keeps what happens.
pub trait Journal: Send + Sync + 'static {
    /// A statement ended.
    fn record(&self, entry: &Entry<'_>);

    /// Something worth the operator's attention.
    fn remark(&self, text: &str);
}

/// Keeps nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Journal for Silent {
    fn record(&self, _: &Entry<'_>) {}

    fn remark(&self, _: &str) {}
}
