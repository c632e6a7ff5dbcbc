//! Makes an attempt: the steps of a job, one after another, each a process of
//! this program, so that a step that fails or hangs takes nothing with it.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use peil_warehouse::clock::Stopwatch;
use peil_warehouse::{Error, Result};

use super::ledger::Ending;

/// How often a step is looked at.
const LOOK: Duration = Duration::from_millis(50);
/// Last lines of a step that are kept where it fails.
const KEPT_LINES: usize = 8;

/// What an attempt is to do.
#[derive(Debug, Clone)]
pub struct Steps {
    /// Flags of every command, as the daemon was given them.
    pub global: Vec<String>,
    /// Command and arguments of each step.
    pub steps: Vec<Vec<String>>,
    /// Minutes that all steps together may take.
    pub limit_minutes: u32,
}

/// How an attempt ended, and the last words of the step that ended it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// How.
    pub ending: Ending,
    /// The last words; empty where all is done.
    pub said: String,
}

/// Makes an attempt; blocks until it ended. Each line that a step says is
/// heard; `stop` ends it.
///
/// # Errors
/// [`Error::Internal`] where this program cannot start itself.
pub fn execute(steps: &Steps, stop: &Arc<AtomicBool>, hear: &dyn Fn(&str)) -> Result<Outcome> {
    let program = std::env::current_exe()?;
    let watch = Stopwatch::start();
    let mut worst = Outcome { ending: Ending::Done, said: String::new() };
    for step in &steps.steps {
        let mut command = Command::new(&program);
        command.args(&steps.global).args(step).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command
            .spawn()
            .map_err(|error| Error::internal(format!("`peil {}` cannot be started: {error}", step.join(" "))))?;
        let outcome = follow(&mut child, step, f64::from(steps.limit_minutes) * 60.0, watch, stop, hear)?;
        match outcome.ending {
            Ending::Done => {}
            // The figures are there: the steps after it go on.
            Ending::Incomplete => worst = outcome,
            _ => return Ok(outcome),
        }
    }
    Ok(worst)
}

fn follow(
    child: &mut Child,
    step: &[String],
    limit: f64,
    watch: Stopwatch,
    stop: &AtomicBool,
    hear: &dyn Fn(&str),
) -> Result<Outcome> {
    let lines = listen(child);
    let mut last = Vec::new();
    let mut note = |line: String| {
        hear(&line);
        if last.len() == KEPT_LINES {
            last.remove(0);
        }
        last.push(line);
    };
    let ending = loop {
        lines.try_iter().for_each(&mut note);
        if let Some(status) = child.try_wait()? {
            break match status.code() {
                Some(0) => Ending::Done,
                Some(2) => Ending::Refused,
                Some(3) => Ending::Incomplete,
                None if was_stopped(status) => Ending::Interrupted,
                _ => Ending::Failed,
            };
        }
        if stop.load(Ordering::Relaxed) || watch.seconds() > limit {
            // What a run published stays whole wherever it is ended.
            child.kill()?;
            child.wait()?;
            break if stop.load(Ordering::Relaxed) { Ending::Interrupted } else { Ending::TimedOut };
        }
        std::thread::sleep(LOOK);
    };
    lines.iter().for_each(&mut note);
    let said = match ending {
        Ending::Done => String::new(),
        Ending::TimedOut => format!("`peil {}` took longer than the limit of the job", step.join(" ")),
        _ => format!("`peil {}`: {}", step.join(" "), last.join("\n")),
    };
    Ok(Outcome { ending, said })
}

/// Whether somebody stopped it: a terminal tells a step as well as us.
#[cfg(unix)]
fn was_stopped(status: ExitStatus) -> bool {
    use std::os::unix::process::ExitStatusExt;
    let (interrupted, ended) = (2, 15);
    status.signal().is_some_and(|signal| signal == interrupted || signal == ended)
}

#[cfg(not(unix))]
fn was_stopped(_: ExitStatus) -> bool {
    false
}

/// The lines of both streams, as they come.
fn listen(child: &mut Child) -> Receiver<String> {
    let (sender, lines) = channel();
    if let Some(stream) = child.stdout.take() {
        pass_on(stream, sender.clone());
    }
    if let Some(stream) = child.stderr.take() {
        pass_on(stream, sender);
    }
    lines
}

fn pass_on(stream: impl Read + Send + 'static, sender: Sender<String>) {
    std::thread::spawn(move || {
        for line in BufReader::new(stream).split(b'\n').map_while(std::result::Result::ok) {
            if sender.send(String::from_utf8_lossy(&line).trim_end().to_owned()).is_err() {
                return;
            }
        }
    });
}
