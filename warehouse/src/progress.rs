//! How long work is told: bars on a terminal, plain lines elsewhere.

/// Hears how far the work is. Implementations decide how to show it; all
/// talk goes to standard error, never to standard output.
pub trait Progress: Send + Sync {
    /// A stage begins that has `total` steps to go (0: unknown).
    fn begin(&self, stage: &str, total: u64);
    /// `steps` more are done; `what` names the one just finished.
    fn advance(&self, steps: u64, what: &str);
    /// The stage is done; `summary` says in a line what came of it.
    fn end(&self, summary: &str);
    /// Something worth a line of its own: a warning, a refused delivery.
    fn note(&self, line: &str);
}

/// Shows nothing.
#[derive(Debug, Default, Clone, Copy)]
pub struct Silent;

impl Progress for Silent {
    fn begin(&self, _: &str, _: u64) {}
    fn advance(&self, _: u64, _: &str) {}
    fn end(&self, _: &str) {}
    fn note(&self, _: &str) {}
}
