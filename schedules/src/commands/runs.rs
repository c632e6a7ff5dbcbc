//! `peil runs`: the ledger of runs, the latest first.

use peil_warehouse::Result;

use crate::cli::{Global, RunsArgs};
use crate::context;
use crate::exit::Exit;
use crate::output::{Output, thousands};
use crate::run_ledger::{self, RunRow};
use crate::table::{Grid, Layout};

/// Lists them.
///
/// # Errors
/// [`peil_warehouse::Error::Usage`] where nothing was ever published.
pub async fn run(global: &Global, arguments: &RunsArgs, output: Output) -> Result<Exit> {
    let settings = context::settings(global)?;
    let (storage, published) = context::read_warehouse(&settings).await?;
    let mut runs = run_ledger::latest(&storage, &published, usize::MAX).await?;
    runs.retain(|run| !arguments.failed || needs_people(run));
    runs.truncate(arguments.limit);
    if output.is_json() {
        output.document(&serde_json::json!({ "runs": runs }))?;
    } else if runs.is_empty() {
        output.talk("there are none");
    } else {
        output.line(grid(&runs).render(output.width(), Layout::Columns));
    }
    Ok(Exit::Done)
}

/// Whether it did not end as it does every night.
fn needs_people(run: &RunRow) -> bool {
    !matches!(run.outcome.as_str(), "published" | "unchanged")
}

/// A line for each run; `-` where it did not have a stage, or used all
/// deliveries.
pub fn grid(runs: &[RunRow]) -> Grid {
    let day = |day: Option<chrono::NaiveDate>| day.map_or_else(|| "-".to_owned(), |day| day.to_string());
    let rows = |rows: Option<u64>| rows.map_or_else(|| "-".to_owned(), thousands);
    let mut grid = Grid::new(&[
        "run",
        "outcome",
        "as of",
        "known on",
        ">ingest rows",
        ">transform rows",
        ">marts rows",
        ">seconds",
    ]);
    for run in runs {
        let seconds = (run.finished_at - run.started_at).as_seconds_f64();
        grid.push([
            run.run_id.clone(),
            run.outcome.clone(),
            day(run.as_of),
            day(run.known_on),
            rows(run.ingest.rows),
            rows(run.transform.rows),
            rows(run.marts.rows),
            format!("{seconds:.2}"),
        ]);
    }
    grid
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run_ledger::StageRow;

    fn run(outcome: &str) -> RunRow {
        RunRow {
            run_id: "20220701T003000Z-000001".to_owned(),
            started_at: "2022-07-01T00:30:00Z".parse().unwrap(),
            finished_at: "2022-07-01T00:31:30Z".parse().unwrap(),
            outcome: outcome.to_owned(),
            as_of: None,
            known_on: None,
            ingest: StageRow { rows: Some(12_000), seconds: Some(1.0) },
            transform: StageRow::default(),
            marts: StageRow::default(),
        }
    }

    #[test]
    fn a_run_is_told_in_a_line_and_those_that_need_people_are_known() {
        let text = grid(&[run("published")]).render(None, Layout::Columns);
        assert!(text.contains("12,000") && text.contains("90.00"), "{text}");
        let outcomes = ["published", "unchanged", "refused", "check_failed", "failed"];
        assert_eq!(outcomes.map(|outcome| needs_people(&run(outcome))), [false, false, true, true, true]);
    }
}
