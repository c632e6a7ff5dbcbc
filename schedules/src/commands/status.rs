//! `peil status`: what an operator reads in the morning.

use std::collections::BTreeMap;

use peil_warehouse::publish::Published;
use peil_warehouse::{Result, clock};
use serde::Serialize;

use crate::cli::Global;
use crate::exit::Exit;
use crate::output::{Output, Tone, counted, thousands};
use crate::records::{self, Record, number, text};
use crate::run_ledger::{self, RunRow};
use crate::sources::trouble::trouble;
use crate::table::{Grid, Layout};
use crate::{context, stages};

/// Runs that are shown.
const RUNS: usize = 5;

/// How fresh a dataset is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Freshness {
    /// The dataset.
    pub dataset: String,
    /// Date of the last accepted delivery; empty: none ever.
    pub last_delivery: String,
    /// Accepted deliveries.
    pub deliveries: u64,
    /// Rows accepted.
    pub rows: u64,
    /// Rows rejected.
    pub rejected: u64,
    /// Refused deliveries that did not come in good order since.
    pub refused: u64,
}

#[derive(Debug, Serialize)]
struct Status {
    warehouse: String,
    published_at: Option<chrono::DateTime<chrono::Utc>>,
    run_id: Option<String>,
    as_of: Option<chrono::NaiveDate>,
    known_on: Option<chrono::NaiveDate>,
    runs: Vec<RunRow>,
    datasets: Vec<Freshness>,
    failed_checks: u64,
    warnings: u64,
    unresolved: u64,
    /// Published figures that have changed since.
    revised: u64,
    to_do: Vec<String>,
}

/// Shows the state of the warehouse.
///
/// # Errors
/// [`peil_warehouse::Error::Usage`] where nothing is published.
pub async fn run(global: &Global, output: Output) -> Result<Exit> {
    let settings = context::settings(global)?;
    let (storage, published) = context::read_warehouse(&settings).await?;
    let contracts = stages::contracts(&settings)?;
    let names: Vec<&str> = contracts.iter().map(|contract| contract.dataset.as_str()).collect();
    let deliveries = records::read(&storage, &published, "ops/deliveries").await?;
    let checks = records::read(&storage, &published, "ops/quality_checks").await?;
    let unresolved = records::read(&storage, &published, "ops/unresolved_authorities").await?;
    let checks = last_checks(&checks);
    let with_outcome = |outcome: &str| checks.iter().filter(|check| text(check, "outcome") == outcome).count() as u64;
    let mut status = Status {
        warehouse: storage.url().to_string(),
        published_at: published.published_at,
        run_id: published.run_id.clone(),
        as_of: published.as_of,
        known_on: published.known_on,
        runs: run_ledger::latest(&storage, &published, RUNS).await?,
        datasets: freshness(&names, &deliveries),
        failed_checks: with_outcome("failed"),
        warnings: with_outcome("warning"),
        unresolved: unresolved.len() as u64,
        revised: records::read(&storage, &published, "ops/revisions").await?.len() as u64,
        to_do: Vec::new(),
    };
    status.to_do = to_do(&status, &published);
    status.to_do.extend(trouble(&settings, &contracts, &storage, clock::now()).await?);
    if output.is_json() {
        output.document(&status)?;
    } else {
        tell(&status, output);
    }
    Ok(Exit::Done)
}

/// The checks of the last run of each stage that made any.
fn last_checks(checks: &[Record]) -> Vec<&Record> {
    let mut last: BTreeMap<&str, &str> = BTreeMap::new();
    for check in checks {
        let run = last.entry(text(check, "stage")).or_default();
        *run = (*run).max(text(check, "run_id"));
    }
    checks.iter().filter(|check| last.get(text(check, "stage")) == Some(&text(check, "run_id"))).collect()
}

/// The freshness of each dataset, those never delivered too.
fn freshness(names: &[&str], deliveries: &[Record]) -> Vec<Freshness> {
    let fresh = |name: &str| Freshness { dataset: name.to_owned(), ..Freshness::default() };
    let mut all: BTreeMap<&str, Freshness> = names.iter().map(|name| (*name, fresh(name))).collect();
    for delivery in deliveries {
        let dataset = text(delivery, "dataset");
        let of = all.entry(dataset).or_insert_with(|| fresh(dataset));
        match text(delivery, "outcome") {
            "accepted" => {
                of.deliveries += 1;
                of.rows += number(delivery, "accepted");
                of.rejected += number(delivery, "rejected");
                of.last_delivery = of.last_delivery.clone().max(text(delivery, "delivery_date").to_owned());
            }
            "refused" if stands(delivery, deliveries) => of.refused += 1,
            _ => {}
        }
    }
    all.into_values().collect()
}

/// Whether a refused delivery still stands: none under its name was accepted
/// after it.
pub fn stands(refused: &Record, deliveries: &[Record]) -> bool {
    !deliveries.iter().any(|other| {
        text(other, "outcome") != "refused"
            && text(other, "object") == text(refused, "object")
            && number(other, "received_order") > number(refused, "received_order")
    })
}

fn to_do(status: &Status, published: &Published) -> Vec<String> {
    let mut to_do = Vec::new();
    let refused: u64 = status.datasets.iter().map(|dataset| dataset.refused).sum();
    let rejected: u64 = status.datasets.iter().map(|dataset| dataset.rejected).sum();
    if let Some(last) = status.runs.first() {
        match last.outcome.as_str() {
            "failed" => to_do.push("the last run failed: run it again and read what it says".to_owned()),
            "check_failed" => to_do.push(
                "a quality check failed, the marts are those of before: peil sql \"select * from ops.quality_checks where outcome = 'failed'\""
                    .to_owned(),
            ),
            _ => {}
        }
    }
    if refused > 0 {
        to_do.push(format!("{} refused: `peil rejected` says why", counted(refused, "delivery is", "deliveries are")));
    }
    if rejected > 0 {
        to_do.push(format!("{} rejected: `peil rejected` says why", counted(rejected, "row is", "rows are")));
    }
    if status.unresolved > 0 {
        to_do.push(format!(
            "{} no authority: peil sql \"select * from ops.unresolved_authorities\", then deliver reference/aliases",
            counted(status.unresolved, "reference names", "references name")
        ));
    }
    if status.revised > 0 {
        let figures = counted(status.revised, "published figure has", "published figures have");
        to_do.push(format!("{figures} changed since: `peil revisions` says through what"));
    }
    let never = status.datasets.iter().filter(|dataset| dataset.deliveries == 0).count();
    if never > 0 {
        to_do.push(format!("{} never delivered", counted(never as u64, "dataset was", "datasets were")));
    }
    if published.as_of.is_none() {
        to_do.push("no marts are published: peil run".to_owned());
    }
    to_do
}

fn tell(status: &Status, output: Output) {
    let day = |day: Option<chrono::NaiveDate>, none: &str| day.map_or_else(|| none.to_owned(), |day| day.to_string());
    output.line(format!(
        "{}  published {}, as of {}, known on {}",
        status.warehouse,
        status.published_at.map_or_else(|| "never".to_owned(), |at| at.format("%Y-%m-%d %H:%M UTC").to_string()),
        day(status.as_of, "-"),
        day(status.known_on, "all deliveries"),
    ));
    let mut runs = Grid::new(&["run", "outcome", "as of", ">ingest rows", ">marts rows", ">seconds"]);
    for run in &status.runs {
        let rows = |rows: Option<u64>| rows.map(thousands).unwrap_or_default();
        let seconds: f64 = [run.ingest, run.transform, run.marts].iter().filter_map(|stage| stage.seconds).sum();
        let outcome = run.outcome.clone();
        runs.push([
            run.run_id.clone(),
            outcome,
            day(run.as_of, ""),
            rows(run.ingest.rows),
            rows(run.marts.rows),
            format!("{seconds:.2}"),
        ]);
    }
    output.line("");
    output.line(runs.render(output.width(), Layout::Columns));
    output.line("");
    if status.to_do.is_empty() {
        output.line(output.paint(Tone::Good, "nothing to do"));
    }
    for line in &status.to_do {
        output.line(format!("{}  {line}", output.paint(Tone::Warning, "to do")));
    }
    let mut datasets = Grid::new(&["dataset", "last delivery", ">deliveries", ">rows", ">rejected", ">refused"]);
    for dataset in &status.datasets {
        let last = if dataset.last_delivery.is_empty() { "never" } else { &dataset.last_delivery };
        let numbers = [dataset.deliveries, dataset.rows, dataset.rejected, dataset.refused].map(thousands);
        datasets.push([dataset.dataset.clone(), last.to_owned()].into_iter().chain(numbers));
    }
    output.line("");
    output.line(datasets.render(output.width(), Layout::Columns));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn delivery(order: u64, object: &str, date: &str, outcome: &str) -> Record {
        let pairs = [
            ("dataset", "portal/events".to_owned()),
            ("object", object.to_owned()),
            ("delivery_date", date.to_owned()),
            ("outcome", outcome.to_owned()),
            ("accepted", "10".to_owned()),
            ("rejected", "1".to_owned()),
            ("received_order", order.to_string()),
        ];
        pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }

    #[test]
    fn freshness_counts_what_was_taken_in() {
        let deliveries = [
            delivery(1, "a", "2022-02-28", "accepted"),
            delivery(2, "b", "2022-01-31", "accepted"),
            delivery(3, "c", "2022-03-31", "refused"),
            delivery(4, "d", "2022-03-31", "refused"),
            delivery(5, "d", "2022-03-31", "accepted"),
            delivery(6, "e", "2022-03-31", "duplicate"),
        ];
        let all = freshness(&["portal/users", "portal/events"], &deliveries);
        let expected = Freshness {
            dataset: "portal/events".to_owned(),
            last_delivery: "2022-03-31".to_owned(),
            deliveries: 3,
            rows: 30,
            rejected: 3,
            refused: 1,
        };
        assert_eq!(all[0], expected);
        assert_eq!(
            (all[1].dataset.as_str(), all[1].deliveries, all[1].last_delivery.as_str()),
            ("portal/users", 0, "")
        );
    }
}
