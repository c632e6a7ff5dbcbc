//! What bounds a statement while it runs and while its rows stream: time,
//! rows, memory, the number of statements at once, and the client's wish to
//! stop.

use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use datafusion::error::{DataFusionError, Result as EngineResult};
use datafusion::execution::SendableRecordBatchStream;
use datafusion::execution::memory_pool::{MemoryConsumer, MemoryLimit, MemoryPool, MemoryReservation};
use futures::task::AtomicWaker;
use futures::{Stream, StreamExt};
use peil_warehouse::clock::{self, Stopwatch};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::AbortHandle;
use tokio::time::Sleep;

use super::fault::{Answered, Fault, code};
use super::journal::{Entry, Journal, Who};

/// How long a statement waits for others to end before it is refused.
const PATIENCE: Duration = Duration::from_secs(10);

/// The bounds of statements.
#[derive(Debug, Clone, PartialEq)]
pub struct Limits {
    /// Seconds that a statement may take, streaming included.
    pub seconds: u32,
    /// Rows that a statement may return.
    pub rows: u64,
    /// Bytes that a statement may hold in memory.
    pub statement_bytes: usize,
    /// Bytes that all statements together may hold in memory.
    pub bytes: usize,
    /// Statements that run at the same time.
    pub statements: usize,
    /// Connections at the same time.
    pub connections: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            seconds: 300,
            rows: 50_000_000,
            statement_bytes: 512 << 20,
            bytes: 1 << 30,
            statements: 32,
            connections: 250,
        }
    }
}

/// The reins of what one connection does now. A statement at a time holds
/// them; a cursor is under them while it is fetched from.
pub struct Control {
    gate: Arc<Semaphore>,
    turn: Mutex<Held>,
    stopped: AtomicBool,
    waker: AtomicWaker,
    deadline: Mutex<Option<Pin<Box<Sleep>>>>,
}

/// The turn of a statement, and what takes it back when its time is over: rows
/// that nobody fetches are not asked for, and so would never hear of it.
#[derive(Default)]
struct Held {
    number: u64,
    permit: Option<OwnedSemaphorePermit>,
    watch: Option<AbortHandle>,
}

impl Held {
    /// Goes on to the next statement, or to none.
    fn next(&mut self) -> u64 {
        if let Some(watch) = self.watch.take() {
            watch.abort();
        }
        self.number += 1;
        self.number
    }
}

impl Control {
    pub(super) fn new(gate: Arc<Semaphore>) -> Arc<Self> {
        Arc::new(Self {
            gate,
            turn: Mutex::default(),
            stopped: AtomicBool::new(false),
            waker: AtomicWaker::new(),
            deadline: Mutex::default(),
        })
    }

    /// Begins a statement, or goes on with one: waits for its turn and starts
    /// its time.
    ///
    /// # Errors
    /// [`code::BUSY`] where too many others run for too long.
    pub async fn begin(self: &Arc<Self>, time: Duration) -> Answered<()> {
        self.stopped.store(false, Ordering::Release);
        // What is left of the statement before does not end this one.
        lock(&self.turn).next();
        let waits = lock(&self.turn).permit.is_none();
        if waits {
            let turn = tokio::time::timeout(PATIENCE, Arc::clone(&self.gate).acquire_owned()).await;
            let permit = turn.ok().and_then(Result::ok).ok_or_else(|| {
                Fault::new(code::BUSY, "too many statements run at the same time").hint("Try again in a moment.")
            })?;
            lock(&self.turn).permit = Some(permit);
        }
        *lock(&self.deadline) = Some(Box::pin(tokio::time::sleep(time)));
        let mut turn = lock(&self.turn);
        let (number, control) = (turn.next(), Arc::downgrade(self));
        let watch = tokio::spawn(async move {
            tokio::time::sleep(time).await;
            if let Some(control) = control.upgrade() {
                let mut turn = lock(&control.turn);
                if turn.number == number {
                    turn.permit.take();
                }
            }
        });
        turn.watch = Some(watch.abort_handle());
        Ok(())
    }

    /// Ends the statement, or puts its cursor aside.
    pub fn end(&self) {
        let mut turn = lock(&self.turn);
        turn.next();
        turn.permit.take();
        drop(turn);
        lock(&self.deadline).take();
    }

    /// Stops what runs now.
    pub fn stop(&self) {
        self.stopped.store(true, Ordering::Release);
        self.waker.wake();
    }

    fn poll_stopped(&self, context: &mut Context<'_>) -> Option<Fault> {
        self.waker.register(context.waker());
        if self.stopped.load(Ordering::Acquire) {
            return Some(Fault::new(code::CANCELED, "canceling statement due to user request"));
        }
        let mut deadline = lock(&self.deadline);
        let over = deadline.as_mut().is_some_and(|sleep| sleep.as_mut().poll(context).is_ready());
        over.then(|| Fault::new(code::CANCELED, "canceling statement due to statement timeout"))
    }

    /// Whether it was stopped, or its time is over.
    fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Acquire) || lock(&self.deadline).as_ref().is_some_and(|sleep| sleep.is_elapsed())
    }

    /// Does some work, unless it is stopped before it is done.
    ///
    /// # Errors
    /// [`code::CANCELED`] where it is; else those of the work.
    pub async fn under<T>(&self, work: impl Future<Output = Answered<T>>) -> Answered<T> {
        let mut work = std::pin::pin!(work);
        std::future::poll_fn(|context| match self.poll_stopped(context) {
            Some(fault) => Poll::Ready(Err(fault)),
            None => work.as_mut().poll(context),
        })
        .await
    }
}

/// A statement's rows, under all limits. What came of it is told to the
/// journal when it ends, whichever way.
pub struct Guarded {
    inner: SendableRecordBatchStream,
    schema: SchemaRef,
    control: Arc<Control>,
    record: Record,
    left: u64,
    turn: Turn,
    /// The published state that the rows come from stays as long as they do.
    _state: Arc<dyn Send + Sync>,
}

impl Guarded {
    pub(super) fn new(
        inner: SendableRecordBatchStream,
        schema: SchemaRef,
        control: Arc<Control>,
        record: Record,
        rows: u64,
        state: Arc<dyn Send + Sync>,
    ) -> Self {
        Self { inner, schema, control, record, left: rows, turn: Turn(None), _state: state }
    }

    /// The same rows; when they go, so does the turn of their statement.
    pub(super) fn ending(mut self) -> Self {
        self.turn = Turn(Some(Arc::clone(&self.control)));
        self
    }

    /// The columns, as they are told to the client.
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }
}

/// Gives the turn back.
struct Turn(Option<Arc<Control>>);

impl Drop for Turn {
    fn drop(&mut self) {
        if let Some(control) = &self.0 {
            control.end();
        }
    }
}

impl Stream for Guarded {
    type Item = Answered<RecordBatch>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if let Some(fault) = self.control.poll_stopped(context) {
            self.record.fail(&fault);
            return Poll::Ready(Some(Err(fault)));
        }
        let batch = match std::task::ready!(self.inner.poll_next_unpin(context)) {
            None => {
                self.record.done();
                return Poll::Ready(None);
            }
            Some(batch) => batch,
        };
        let checked = batch.map_err(Fault::from).and_then(|batch| {
            let rows = batch.num_rows() as u64;
            self.left = self.left.checked_sub(rows).ok_or_else(|| {
                Fault::new(code::LIMIT, "the result has more rows than the server gives").hint("Ask for fewer rows.")
            })?;
            self.record.rows += rows;
            with_schema(batch, &self.schema)
        });
        if let Err(fault) = &checked {
            self.record.fail(fault);
        }
        Poll::Ready(Some(checked))
    }
}

/// The rows under the names and types that the client was told.
fn with_schema(batch: RecordBatch, schema: &SchemaRef) -> Answered<RecordBatch> {
    let columns = batch.columns().iter().zip(schema.fields()).map(|(column, field)| {
        if column.data_type() == field.data_type() {
            return Ok(Arc::clone(column));
        }
        arrow::compute::cast(column, field.data_type()).map_err(|error| Fault::from(DataFusionError::from(error)))
    });
    let columns = columns.collect::<Answered<Vec<_>>>()?;
    let options = arrow::array::RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    RecordBatch::try_new_with_options(Arc::clone(schema), columns, &options)
        .map_err(|error| Fault::from(DataFusionError::from(error)))
}

/// The outcome of a statement whose rows nobody took to the end.
const ABANDONED: &str = "abandoned";

/// One line of the journal in the making; written when it goes.
pub struct Record {
    control: Arc<Control>,
    journal: Arc<dyn Journal>,
    who: Arc<Who>,
    text: String,
    at: chrono::DateTime<chrono::Utc>,
    watch: Stopwatch,
    /// Rows so far.
    pub rows: u64,
    outcome: &'static str,
}

impl Record {
    pub(super) fn new(control: Arc<Control>, journal: Arc<dyn Journal>, who: Arc<Who>, text: &str) -> Self {
        let (at, watch) = (clock::now(), Stopwatch::start());
        Self { control, journal, who, text: text.to_owned(), at, watch, rows: 0, outcome: ABANDONED }
    }

    /// It came to its end.
    pub fn done(&mut self) {
        self.outcome = "ok";
    }

    /// It failed.
    pub fn fail(&mut self, fault: &Fault) {
        self.outcome = fault.code;
    }
}

impl Drop for Record {
    fn drop(&mut self) {
        // Who waits for a statement lets go of it where it is stopped.
        if self.outcome == ABANDONED && self.control.is_stopped() {
            self.outcome = code::CANCELED;
        }
        self.journal.record(&Entry {
            at: self.at,
            who: &self.who,
            text: &self.text,
            rows: self.rows,
            seconds: self.watch.seconds(),
            outcome: self.outcome,
        });
    }
}

/// The memory of one statement, out of the memory of all.
#[derive(Debug)]
pub(super) struct StatementPool {
    all: Arc<dyn MemoryPool>,
    used: AtomicUsize,
    limit: usize,
}

impl StatementPool {
    pub(super) fn new(all: Arc<dyn MemoryPool>, limit: usize) -> Self {
        Self { all, used: AtomicUsize::new(0), limit }
    }
}

impl std::fmt::Display for StatementPool {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

impl MemoryPool for StatementPool {
    fn name(&self) -> &str {
        "statement"
    }

    fn register(&self, consumer: &MemoryConsumer) {
        self.all.register(consumer);
    }

    fn unregister(&self, consumer: &MemoryConsumer) {
        self.all.unregister(consumer);
    }

    fn grow(&self, reservation: &MemoryReservation, additional: usize) {
        self.all.grow(reservation, additional);
        self.used.fetch_add(additional, Ordering::Relaxed);
    }

    fn shrink(&self, reservation: &MemoryReservation, shrink: usize) {
        self.all.shrink(reservation, shrink);
        self.used.fetch_sub(shrink, Ordering::Relaxed);
    }

    fn try_grow(&self, reservation: &MemoryReservation, additional: usize) -> EngineResult<()> {
        if self.used.load(Ordering::Relaxed) + additional > self.limit {
            return Err(DataFusionError::ResourcesExhausted("the statement's memory".to_owned()));
        }
        self.all.try_grow(reservation, additional)?;
        self.used.fetch_add(additional, Ordering::Relaxed);
        Ok(())
    }

    fn reserved(&self) -> usize {
        self.used.load(Ordering::Relaxed)
    }

    fn memory_limit(&self) -> MemoryLimit {
        MemoryLimit::Finite(self.limit)
    }
}

/// A lock that a panic elsewhere does not spoil: what it holds is plain data.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn rows_that_nobody_fetches_hold_no_turn_beyond_their_time() {
        let gate = Arc::new(Semaphore::new(1));
        let (idle, other) = (Control::new(Arc::clone(&gate)), Control::new(Arc::clone(&gate)));
        idle.begin(Duration::from_millis(20)).await.unwrap();
        other.begin(Duration::from_secs(60)).await.unwrap();
        let late = idle.under(async { Ok(()) }).await.unwrap_err();
        assert_eq!(late.code, code::CANCELED);
        // Its end takes nothing from the one that has the turn now.
        idle.end();
        assert_eq!(gate.available_permits(), 0);
        other.end();
        assert_eq!(gate.available_permits(), 1);
    }
}
