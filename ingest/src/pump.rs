//! Reading and checking a delivery on several threads.
//!
//! One thread reads and decompresses in order, several parse and check, and
//! the caller takes what they made in order again. The queues between them are
//! short, so that what is in memory is bounded whatever the delivery's size;
//! what comes out does not depend on which thread was first.

use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};

use peil_warehouse::{Error, Result};

use crate::check::{Checked, Checker};
use crate::read::{Block, Layout, ReadResult, Source, Unreadable};

/// Blocks that wait in a queue.
const QUEUE: usize = 2;
/// Threads that parse and check a delivery.
const PARSERS: usize = 2;

/// Why the pump stopped before the end.
#[derive(Debug)]
pub enum Stopped {
    /// The delivery cannot be read: why.
    Refused(String),
    /// The run fails.
    Failed(Error),
}

impl From<Unreadable> for Stopped {
    fn from(error: Unreadable) -> Self {
        match error {
            Unreadable::Refused(reason) => Self::Refused(reason),
            Unreadable::Storage(what) => Self::Failed(Error::Storage(what)),
        }
    }
}

impl From<Error> for Stopped {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

/// Reads, parses and checks all of `source`; `take` gets what came of it in
/// order. A small delivery stays on this thread.
///
/// # Errors
/// [`Stopped`], after what came before has been taken.
pub fn pump(
    source: &mut dyn Source,
    layout: &Layout,
    checker: &Checker,
    small: bool,
    mut take: impl FnMut(Checked) -> Result<()>,
) -> Result<(), Stopped> {
    if small {
        while let Some(block) = source.next_block()? {
            take(work(block, layout, checker)?)?;
        }
        return Ok(());
    }
    std::thread::scope(|scope| {
        let (blocks_to, blocks) = sync_channel(QUEUE);
        let (done_to, done) = sync_channel(QUEUE);
        let blocks = Arc::new(Mutex::new(Some(blocks)));
        scope.spawn(move || read(source, &blocks_to));
        for _ in 0..PARSERS {
            let (blocks, done_to) = (Arc::clone(&blocks), done_to.clone());
            scope.spawn(move || parse(&blocks, &done_to, layout, checker));
        }
        drop(done_to);
        let taken = in_order(&done, &mut take);
        // Threads that still have something to tell find no one, and end; so
        // must the one that reads.
        drop(done);
        taken
    })
}

type Numbered<T> = (usize, T);

fn read(source: &mut dyn Source, to: &SyncSender<Numbered<ReadResult<Block>>>) {
    for number in 0.. {
        let block = match source.next_block() {
            Ok(Some(block)) => Ok(block),
            Ok(None) => return,
            Err(error) => Err(error),
        };
        let last = block.is_err();
        if to.send((number, block)).is_err() || last {
            return;
        }
    }
}

fn parse(
    from: &Mutex<Option<Receiver<Numbered<ReadResult<Block>>>>>,
    to: &SyncSender<Numbered<Result<Checked, Stopped>>>,
    layout: &Layout,
    checker: &Checker,
) {
    loop {
        let received = match from.lock() {
            Ok(from) => from.as_ref().and_then(|from| from.recv().ok()),
            Err(_) => return,
        };
        let Some((number, block)) = received else { return };
        let made = block.map_err(Stopped::from).and_then(|block| work(block, layout, checker));
        if to.send((number, made)).is_err() {
            // No one listens any more: neither must the reader go on.
            if let Ok(mut from) = from.lock() {
                *from = None;
            }
            return;
        }
    }
}

fn work(block: Block, layout: &Layout, checker: &Checker) -> Result<Checked, Stopped> {
    Ok(checker.check(block.parse(layout)?)?)
}

fn in_order(
    done: &Receiver<Numbered<Result<Checked, Stopped>>>,
    take: &mut impl FnMut(Checked) -> Result<()>,
) -> Result<(), Stopped> {
    let mut waiting = BTreeMap::new();
    let mut next = 0;
    while let Ok((number, made)) = done.recv() {
        waiting.insert(number, made);
        while let Some(made) = waiting.remove(&next) {
            take(made?)?;
            next += 1;
        }
    }
    Ok(())
}
