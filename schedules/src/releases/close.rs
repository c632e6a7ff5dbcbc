//! Closing a period: its figures as they are published, frozen.

use std::collections::BTreeMap;

use arrow::array::{Array, AsArray};
use arrow::datatypes::Int64Type;
use peil_reports::frames::Edition;
use peil_warehouse::lock::RunLock;
use peil_warehouse::progress::{Progress, Silent};
use peil_warehouse::publish::{Draft, Published};
use peil_warehouse::release::{self, Folder, REPORT, Release, ReleasedDefinition, ReleasedDelivery, ReleasedTarget};
use peil_warehouse::settings::Settings;
use peil_warehouse::storage::Storage;
use peil_warehouse::table::fingerprint;
use peil_warehouse::{Error, Period, Result, clock};

use super::figures::{self, Figures, Measure};
use super::rebuild::{DELIVERIES, lines};
use super::{records, revise};
use crate::run_ledger::{self, Outcome};
use crate::stages::{self, Declarations, Engine, Stage};

/// Tables of the warehouse's own records that a release does not keep:
/// rejected rows hold what sources wrote, and say nothing of a figure.
const LEFT_OUT: [&str; 1] = ["ops/rejected_rows"];
/// The definitions in the folder of a release: path and text of each file.
pub const CONTRACTS: &str = "definitions/contracts.json";
/// The models, indicators and rules, likewise.
pub const MODELS: &str = "definitions/models.json";

/// Closes a period: a new release, from the figures that are published.
///
/// # Errors
/// [`Error::Usage`] where the period cannot be closed, with the reason;
/// [`Error::Storage`] where something cannot be written: then there is no
/// release.
pub async fn close(
    warehouse: &Storage,
    settings: &Settings,
    period: Period,
    reason: Option<&str>,
    progress: &dyn Progress,
) -> Result<Release> {
    let declarations = Declarations::load(settings)?;
    let lock = RunLock::acquire(warehouse, progress).await?;
    let closed = close_alone(warehouse, settings, &declarations, period, reason).await;
    lock.release().await?;
    closed
}

/// The same, with the lock held.
async fn close_alone(
    warehouse: &Storage,
    settings: &Settings,
    declarations: &Declarations,
    period: Period,
    reason: Option<&str>,
) -> Result<Release> {
    let mut draft = Draft::begin(warehouse).await?;
    let releases = release::all(warehouse).await?;
    check_period(&draft, &releases, period, reason)?;
    check_last_run(warehouse, draft.published()).await?;
    let stage = Stage {
        run_id: "close",
        settings,
        declarations,
        releases: &[],
        engine: &Engine::Embedded,
        full: false,
        progress: &Silent,
    };
    if !stages::is_current(&stage, &draft) {
        return Err(Error::usage(format!(
            "the marts were not made from all that was delivered, or not in the way that is declared now\nhint: `peil run --as-of {}` first",
            draft.published().as_of.map_or_else(String::new, |day| day.to_string())
        )));
    }
    let current = figures::read(warehouse, draft.published()).await?;
    if !current.iter().any(|(key, _)| period.contains(key.period) && key.measure == Measure::Value) {
        return Err(Error::usage(format!("there are no figures of {period}: no indicator has a value in it")));
    }
    // What changed since an earlier release stands in the report of this one.
    records::write(&mut draft, &releases).await?;
    revise::write(&mut draft, settings, declarations, &releases).await?;
    let release =
        make(&draft, settings, declarations, &current, &Closing { releases: &releases, period, reason }).await?;
    release.create(warehouse).await?;
    let releases = release::all(warehouse).await?;
    records::write(&mut draft, &releases).await?;
    revise::write(&mut draft, settings, declarations, &releases).await?;
    draft.publish().await?;
    Ok(release)
}

/// What is closed.
struct Closing<'a> {
    releases: &'a [Release],
    period: Period,
    reason: Option<&'a str>,
}

fn check_period(draft: &Draft, releases: &[Release], period: Period, reason: Option<&str>) -> Result<()> {
    let Some(as_of) = draft.published().as_of else {
        return Err(Error::usage("no marts are published yet\nhint: `peil run` makes them"));
    };
    if period.last_day() > as_of {
        return Err(Error::usage(format!(
            "{period} is not over: it ends on {}, and the figures are those of {as_of}\nhint: close it once a run with a later --as-of is published",
            period.last_day()
        )));
    }
    let before = releases.iter().rev().find(|release| release.period == period);
    match (before, reason.map(str::trim)) {
        (_, Some("")) => Err(Error::usage("the reason is empty: say why the period is published again")),
        (Some(before), None) => Err(Error::usage(format!(
            "{period} was closed on {}, as release {}: what is published stays as it is\nhint: to publish it again beside that, give the reason: peil close {period} --reason \"…\"",
            peil_warehouse::period::brussels_day(before.closed_at),
            before.id
        ))),
        _ => Ok(()),
    }
}

async fn check_last_run(warehouse: &Storage, published: &Published) -> Result<()> {
    let last = run_ledger::latest(warehouse, published, 1).await?;
    let Some(run) = last.first() else { return Ok(()) };
    let stopped = [Outcome::CheckFailed, Outcome::Failed].iter().any(|outcome| outcome.as_str() == run.outcome);
    if !stopped {
        return Ok(());
    }
    Err(Error::usage(format!(
        "the last run ({}) ended with `{}`: its figures are not fit to be published\nhint: `peil status` tells what is wrong; close the period after a run that went well",
        run.run_id, run.outcome
    )))
}

async fn make(
    draft: &Draft,
    settings: &Settings,
    declarations: &Declarations,
    current: &Figures,
    closing: &Closing<'_>,
) -> Result<Release> {
    let (warehouse, period) = (draft.storage(), closing.period);
    let id = release::next_id(closing.releases, period);
    let closed_at = clock::now();
    let reason = closing.reason.map(|reason| reason.trim().to_owned());
    let edition = Edition::Release { id: id.clone(), closed_at, reason: reason.clone() };
    let report = peil_reports::release_report(warehouse, draft.published(), period, edition).await?;
    let mut published = draft.published().clone();
    published.tables.retain(|name, _| {
        name.starts_with("marts/") || (name.starts_with("ops/") && !LEFT_OUT.contains(&name.as_str()))
    });
    let mut folder = Folder::begin(warehouse, &id).await?;
    folder.copy(warehouse, &published).await?;
    let contracts: BTreeMap<String, String> = declarations.contracts.files();
    for (path, files) in [(CONTRACTS, &contracts), (MODELS, declarations.models.files())] {
        folder.put(path, serde_json::to_vec(files).map_err(Error::internal)?).await?;
    }
    for (path, content) in report {
        folder.put(&format!("{REPORT}/{path}"), content).await?;
    }
    let targets = current.iter().filter(|(key, _)| period.contains(key.period) && key.measure == Measure::Target);
    let targets = targets.filter_map(|(key, figure)| {
        let target = figure.number()?;
        Some(ReleasedTarget { indicator_id: key.indicator_id.clone(), period: key.period, target })
    });
    Ok(Release {
        format: release::format(),
        period,
        closed_at,
        reason,
        code_version: stages::code_version(),
        threshold: settings.threshold,
        definitions_fingerprint: definitions_fingerprint(declarations),
        deliveries: deliveries(draft, &published).await?,
        targets: targets.collect(),
        definitions: definitions(draft, period).await?,
        files: folder.finish(),
        published,
        id,
    })
}

/// A hash over contracts and models: equal, counted in the same way.
pub fn definitions_fingerprint(declarations: &Declarations) -> String {
    fingerprint([declarations.contracts.fingerprint(), declarations.models.fingerprint()])
}

async fn deliveries(draft: &Draft, published: &Published) -> Result<Vec<ReleasedDelivery>> {
    let mut deliveries = Vec::new();
    for batch in draft.batches(DELIVERIES, None).await? {
        for line in lines(&batch)?.into_iter().filter(super::rebuild::Line::counts) {
            let Some(delivery_date) = line.date else { continue };
            if published.known_on.is_none_or(|known_on| delivery_date <= known_on) {
                let (dataset, object, sha256, delivery_id) = (line.dataset, line.object, line.sha256, line.id);
                deliveries.push(ReleasedDelivery { dataset, delivery_date, object, sha256, delivery_id });
            }
        }
    }
    deliveries.sort();
    Ok(deliveries)
}

/// Of each indicator the definition at the end of the period: the last version
/// that began by then, else the first.
async fn definitions(draft: &Draft, period: Period) -> Result<Vec<ReleasedDefinition>> {
    let columns = ["indicator_id", "version", "definition_nl", "holds_from"];
    let mut found: BTreeMap<String, ReleasedDefinition> = BTreeMap::new();
    for batch in draft.batches("marts/indicator_definitions", Some(&columns)).await? {
        let text = |at: usize| batch.column(at).as_string::<i32>();
        let (ids, numbers, texts) = (text(0), batch.column(1).as_primitive::<Int64Type>(), text(2));
        let from = batch.column(3).as_primitive::<arrow::datatypes::Date32Type>();
        for row in 0..batch.num_rows() {
            let begun = from.is_null(row) || from.value_as_date(row).is_some_and(|day| day <= period.last_day());
            let version = u32::try_from(numbers.value(row)).unwrap_or(1);
            let id = ids.value(row);
            let known = found.get(id).map_or(0, |known| known.version);
            if known == 0 || (begun && version > known) {
                let definition_nl = texts.value(row).to_owned();
                found.insert(id.to_owned(), ReleasedDefinition { indicator_id: id.to_owned(), version, definition_nl });
            }
        }
    }
    Ok(found.into_values().collect())
}
