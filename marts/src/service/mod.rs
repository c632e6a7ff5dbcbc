//! SQL for readers: sessions over the published state, for whatever protocol
//! asks.
//!
//! ```text
//! Service ── open ──► Session ── sql / query ──► Guarded: a stream of RecordBatch
//! ```
//!
//! | module | does |
//! | --- | --- |
//! | [`text`], [`request`] | statements of a text; which are allowed |
//! | [`guard`] | what a query names; that it only reads; PostgreSQL's words in the engine's |
//! | [`session`] | a client's settings; a query from its text to its rows |
//! | [`state`] | the published state in use, whole for each statement |
//! | [`control`] | limits on time, rows, memory and number, that hold while rows stream |
//! | [`catalogue`] | `pg_catalog` and `information_schema` as PostgreSQL's clients expect them |
//! | [`functions`] | functions with PostgreSQL's meaning |
//! | [`users`] | who may log in, and the proof of a password |
//! | [`journal`] | who asked what, and what came of it |
//! | [`postgres`] | the PostgreSQL protocol |
//! | [`flight`] | Arrow Flight SQL |
//! | [`socket`] | connections of clients, with TLS or on this machine alone |

pub mod catalogue;
pub mod control;
pub mod fault;
pub mod flight;
pub mod functions;
pub mod guard;
pub mod journal;
pub mod names;
pub mod postgres;
pub mod request;
pub mod session;
pub mod socket;
pub mod state;
pub mod text;
pub mod users;
pub mod variables;

use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};
use std::time::Duration;

use datafusion::execution::disk_manager::{DiskManager, DiskManagerBuilder, DiskManagerMode};
use datafusion::execution::memory_pool::{GreedyMemoryPool, MemoryPool};
use peil_warehouse::storage::Storage;
use tokio::sync::Semaphore;

pub use control::{Control, Guarded, Limits};
pub use fault::{Answered, Fault};
pub use journal::{Entry, Journal, Who};
pub use session::Session;
pub use state::State;
pub use users::Users;
pub use variables::Variables;

/// The name of the one database.
pub const DATABASE: &str = "peil";
/// The number of the first session.
const FIRST_NUMBER: i32 = 1_000;

/// What is published, for sessions of readers.
pub struct Service {
    watch: state::Watch,
    limits: Limits,
    journal: Arc<dyn Journal>,
    gate: Arc<Semaphore>,
    pool: Arc<dyn MemoryPool>,
    disk: Arc<DiskManager>,
    numbers: AtomicI32,
}

impl Service {
    /// A service over a warehouse.
    ///
    /// # Errors
    /// [`peil_warehouse::Error::Internal`] where the engine refuses.
    pub fn new(storage: &Storage, limits: Limits, journal: Arc<dyn Journal>) -> peil_warehouse::Result<Arc<Self>> {
        // What does not fit the memory is refused: rows of a statement never
        // reach a disk that nobody watches.
        let disk = DiskManagerBuilder::default()
            .with_mode(DiskManagerMode::Disabled)
            .build()
            .map_err(peil_warehouse::Error::internal)?;
        Ok(Arc::new(Self {
            watch: state::Watch::new(storage),
            gate: Arc::new(Semaphore::new(limits.statements)),
            pool: Arc::new(GreedyMemoryPool::new(limits.bytes)),
            disk: Arc::new(disk),
            limits,
            journal,
            numbers: AtomicI32::new(FIRST_NUMBER),
        }))
    }

    /// A session for a client.
    pub fn open(self: &Arc<Self>, who: Who, variables: Variables) -> Session {
        let number = self.numbers.fetch_add(1, Ordering::Relaxed);
        Session::new(Arc::clone(self), who, variables, number)
    }

    /// What is published now.
    ///
    /// # Errors
    /// Where it cannot be read.
    pub async fn state(&self) -> Answered<Arc<State>> {
        self.watch.state().await.map_err(|error| {
            self.journal.remark(&format!("what is published cannot be read: {error}"));
            Fault::new("58030", "what is published cannot be read")
        })
    }

    /// The bounds of statements.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Where it is kept what happens.
    pub fn journal(&self) -> &Arc<dyn Journal> {
        &self.journal
    }

    fn time(&self) -> Duration {
        Duration::from_secs(u64::from(self.limits.seconds))
    }

    fn control(&self) -> Arc<Control> {
        Control::new(Arc::clone(&self.gate))
    }
}
