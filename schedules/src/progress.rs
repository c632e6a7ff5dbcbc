//! Progress on standard error: bars on a terminal, plain lines elsewhere.

use std::io::IsTerminal;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use peil_warehouse::clock::Stopwatch;
use peil_warehouse::progress::{Progress, Silent};

use crate::output::{Output, Tone};

/// How often a bar moves on its own, so that a long step does not look dead.
const TICK: Duration = Duration::from_millis(120);

/// Progress as the output asks for it.
pub fn progress(output: Output) -> Box<dyn Progress> {
    if output.is_quiet() {
        Box::new(Silent)
    } else if std::io::stderr().is_terminal() {
        Box::new(Bars { output, current: Mutex::default() })
    } else {
        Box::new(Lines { output, current: Mutex::default() })
    }
}

/// A bar that goes once its stage is done: on a terminal the command's own
/// summary says what came of it.
struct Bars {
    output: Output,
    current: Mutex<Option<ProgressBar>>,
}

impl Progress for Bars {
    fn begin(&self, stage: &str, total: u64) {
        let bar = if total == 0 { ProgressBar::new_spinner() } else { ProgressBar::new(total) };
        let template = if total == 0 {
            "{prefix:>10} {spinner} {pos} {wide_msg}"
        } else {
            "{prefix:>10} [{bar:28}] {pos}/{len} {wide_msg}"
        };
        // A template is a constant: where it does not parse, the default does.
        let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
        bar.set_style(style.progress_chars("=> "));
        bar.set_prefix(stage.to_owned());
        bar.enable_steady_tick(TICK);
        if let Some(old) = lock(&self.current).replace(bar) {
            old.finish_and_clear();
        }
    }

    fn advance(&self, steps: u64, what: &str) {
        if let Some(bar) = &*lock(&self.current) {
            bar.inc(steps);
            bar.set_message(what.to_owned());
        }
    }

    fn end(&self, _: &str) {
        if let Some(bar) = lock(&self.current).take() {
            bar.finish_and_clear();
        }
    }

    fn note(&self, line: &str) {
        match &*lock(&self.current) {
            Some(bar) => bar.suspend(|| self.output.remark(Tone::Warning, "note", line)),
            None => self.output.remark(Tone::Warning, "note", line),
        }
    }
}

/// A line when a stage begins and one when it is done.
struct Lines {
    output: Output,
    current: Mutex<Option<(String, Stopwatch)>>,
}

impl Progress for Lines {
    fn begin(&self, stage: &str, _: u64) {
        *lock(&self.current) = Some((stage.to_owned(), Stopwatch::start()));
    }

    fn advance(&self, _: u64, _: &str) {}

    fn end(&self, summary: &str) {
        if let Some((stage, watch)) = lock(&self.current).take() {
            self.output.talk(format!("{stage}: {summary} ({:.2} s)", watch.seconds()));
        }
    }

    fn note(&self, line: &str) {
        self.output.remark(Tone::Warning, "note", line);
    }
}

/// What the mutex holds, also where another thread died holding it: progress
/// is no reason to fail.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
