//! The stages as this program calls them: the only place that knows how each
//! crate wants to be asked and how it answers.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use chrono::NaiveDate;
use peil_ingest::sample::{SampleError, SampleOptions};
use peil_ingest::{IngestContext, PseudonymKey};
use peil_marts::disclosure::{HiddenBefore, hidden_before};
use peil_marts::{Finding, KnownFaults, MartsContext, ModelSet, PublishedFigures, QualityRules};
use peil_reports::{Form, Written};
use peil_transform::{KnownIndicator, TransformContext};
use peil_warehouse::contract::ContractSet;
use peil_warehouse::memory::Memory;
use peil_warehouse::progress::Progress;
use peil_warehouse::publish::{Draft, Published};
use peil_warehouse::release::Release;
use peil_warehouse::settings::Settings;
use peil_warehouse::share::Share;
use peil_warehouse::storage::Storage;
use peil_warehouse::{Error, Period, Result};
use serde::Serialize;

use crate::key::{Key, SAMPLE_KEY_FILE};

pub use peil_ingest::sample::SAMPLE_PSEUDONYM_KEY;
pub use peil_marts::Engine;

/// Everything that is declared rather than programmed: what a run checks
/// before it begins.
pub struct Declarations {
    /// The contracts of all datasets.
    pub contracts: ContractSet,
    /// The models, the indicators and the rules.
    pub models: ModelSet,
    /// What the quality gate goes by.
    pub quality: QualityRules,
}

impl Declarations {
    /// The built-in ones, with the user's over them.
    ///
    /// # Errors
    /// [`Error::Usage`] where one is wrong.
    pub fn load(settings: &Settings) -> Result<Self> {
        let (contracts, models) = (contracts(settings)?, models(settings)?);
        let quality = quality(settings, &contracts, &models)?;
        Ok(Self { contracts, models, quality })
    }
}

/// A delivery that was refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Refusal {
    /// The object under the landing area; its first two folders are the
    /// dataset.
    pub object: String,
    /// Why.
    pub reason: String,
}

/// What ingest did.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct IngestReport {
    /// Deliveries that were new and accepted.
    pub accepted: u64,
    /// Deliveries that came before under another name.
    pub duplicates: u64,
    /// Deliveries that were refused.
    pub refused: Vec<Refusal>,
    /// Deliveries that an earlier run refused and that still lie there.
    pub still_refused: Vec<Refusal>,
    /// Rows accepted.
    pub rows: u64,
    /// Rows rejected.
    pub rejected: u64,
    /// Objects cleared from the landing area.
    pub cleared: u64,
    /// What is worth a line: unknown columns, folders left alone.
    pub warnings: Vec<String>,
}

/// What transform did.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct TransformReport {
    /// Tables that changed.
    pub tables: u64,
    /// Rows of these.
    pub rows: u64,
    /// Rows that replaced others with other content.
    pub corrections: u64,
    /// What is worth a line: references that do not resolve.
    pub warnings: Vec<String>,
}

/// A check that did not pass.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FailedCheck {
    /// The check.
    pub check: String,
    /// The dataset or mart.
    pub dataset: String,
    /// Rows that offend.
    pub rows: u64,
    /// The first of them, and what is wrong.
    pub detail: String,
}

/// What marts did.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct MartsReport {
    /// Models that were computed.
    pub models: u64,
    /// Rows computed.
    pub rows: u64,
    /// Checks that were made.
    pub checks: u64,
    /// Those that failed; with one, the marts stay as they were.
    pub failed: Vec<FailedCheck>,
    /// Those that warn.
    pub warnings: Vec<FailedCheck>,
}

/// What the sample wrote.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct SampleReport {
    /// Deliveries.
    pub deliveries: u64,
    /// Their size.
    pub bytes: u64,
    /// Rows in them.
    pub rows: u64,
    /// The faults planted.
    pub faults: Vec<Fault>,
}

/// A fault that the sample planted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// The object under the landing area.
    pub object: String,
    /// The line on which the row begins.
    pub line: Option<u64>,
    /// What Peil must say of it: a reason, `refused`, `duplicate` and so on.
    pub reason: String,
    /// What is wrong, in words.
    pub note: String,
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let line = self.line.map(|line| format!(" line {line}")).unwrap_or_default();
        write!(f, "{}{line}: {}: {}", self.object, self.reason, self.note)
    }
}

/// What a sample is asked to be.
#[derive(Debug, Clone, Copy)]
pub struct SampleRequest<'a> {
    /// The landing area.
    pub folder: &'a Path,
    /// Times the events and messages of the real sources.
    pub scale: f64,
    /// Another seed, another sample.
    pub seed: u64,
    /// Last day told of.
    pub until: NaiveDate,
    /// Whether to plant faults.
    pub dirty: bool,
}

/// What a run of the pipeline has in common for all stages.
#[derive(Clone, Copy)]
pub struct Stage<'a> {
    /// The run.
    pub run_id: &'a str,
    /// The settings.
    pub settings: &'a Settings,
    /// What is declared.
    pub declarations: &'a Declarations,
    /// The releases whose hidden cells stay hidden.
    pub releases: &'a [Release],
    /// What computes the queries of marts.
    pub engine: &'a Engine,
    /// Whether everything is computed again.
    pub full: bool,
    /// Hears how far it is.
    pub progress: &'a dyn Progress,
}

/// Writes sample deliveries; hears the name of each dataset as it begins.
///
/// # Errors
/// [`Error::Usage`] where such a sample cannot be; [`Error::Storage`] where a
/// delivery cannot be written.
pub fn write_sample(request: SampleRequest<'_>, told: &mut dyn FnMut(&str)) -> Result<SampleReport> {
    let SampleRequest { folder, scale, seed, until, dirty } = request;
    let options = SampleOptions { scale, seed, until, dirty };
    let summary = peil_ingest::sample::write_sample(folder, &options, told).map_err(|error| match error {
        SampleError::Options(text) => Error::Usage(text),
        SampleError::Write { .. } => Error::storage(error),
        _ => Error::internal(error),
    })?;
    let faults = summary.faults.into_iter();
    let faults =
        faults.map(|fault| Fault { object: fault.object, line: fault.line, reason: fault.reason, note: fault.note });
    Ok(SampleReport {
        deliveries: summary.files as u64,
        bytes: summary.bytes,
        rows: summary.rows,
        faults: faults.collect(),
    })
}

/// The contracts of all datasets: the built-in ones, with the user's over
/// them.
///
/// # Errors
/// [`Error::Usage`] where one is wrong.
pub fn contracts(settings: &Settings) -> Result<ContractSet> {
    peil_ingest::contracts::load(settings.contracts.as_deref())
}

/// The models and indicators: the built-in ones, with the user's over them.
///
/// # Errors
/// [`Error::Usage`] where one is wrong.
pub fn models(settings: &Settings) -> Result<ModelSet> {
    ModelSet::load(settings.models.as_deref())
}

/// The known faults and the published figures: the built-in ones, or those of
/// the settings.
///
/// # Errors
/// [`Error::Usage`] where one is wrong.
pub fn quality(settings: &Settings, contracts: &ContractSet, models: &ModelSet) -> Result<QualityRules> {
    Ok(QualityRules {
        contracts: contracts.clone(),
        known_faults: KnownFaults::load(settings.known_faults.as_deref(), models)?,
        published_figures: PublishedFigures::load(settings.published_figures.as_deref())?,
    })
}

/// The first stage.
///
/// # Errors
/// As [`peil_ingest::run`].
pub async fn ingest(stage: &Stage<'_>, landing: &Storage, key: &Key, draft: &mut Draft) -> Result<IngestReport> {
    let pseudonym_key = pseudonym_key(key, draft.published())?;
    let summary = peil_ingest::run(&ingest_context(stage, landing, &pseudonym_key), draft).await?;
    let refusals =
        |list: Vec<(String, String)>| list.into_iter().map(|(object, reason)| Refusal { object, reason }).collect();
    let count = |rows: i64| u64::try_from(rows).unwrap_or(0);
    Ok(IngestReport {
        accepted: summary.accepted as u64,
        duplicates: summary.duplicates as u64,
        refused: refusals(summary.refused),
        still_refused: refusals(summary.still_refused),
        rows: count(summary.accepted_rows),
        rejected: count(summary.rejected_rows),
        cleared: summary.cleared as u64,
        // That the landing area holds a sample is told when its key is taken.
        warnings: summary.notes.into_iter().filter(|note| !note.ends_with(SAMPLE_KEY_FILE)).collect(),
    })
}

fn pseudonym_key(key: &Key, published: &Published) -> Result<PseudonymKey> {
    Ok(PseudonymKey::rotated(key.text(), published.pseudonym_key_rotations)?.with_erased(&published.erased))
}

fn ingest_context<'a>(stage: &Stage<'a>, landing: &'a Storage, pseudonym_key: &'a PseudonymKey) -> IngestContext<'a> {
    IngestContext {
        landing,
        contracts: &stage.declarations.contracts,
        settings: stage.settings,
        pseudonym_key,
        progress: stage.progress,
        full: stage.full,
    }
}

/// What a share of a stage came to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct ShareReport {
    /// Pieces of work that the next run is to do: deliveries, or months of
    /// large facts.
    pub all: usize,
    /// Of these, done by this share.
    pub taken: usize,
    /// Of these, done by anyone, this share too.
    pub ready: usize,
}

/// A share of the first stage.
///
/// # Errors
/// As [`peil_ingest::share_in`].
pub async fn share_ingest(
    stage: &Stage<'_>,
    landing: &Storage,
    key: &Key,
    share: Share,
    draft: &mut Draft,
) -> Result<ShareReport> {
    let pseudonym_key = pseudonym_key(key, draft.published())?;
    let shared = peil_ingest::share_in(&ingest_context(stage, landing, &pseudonym_key), draft, share).await?;
    Ok(ShareReport { all: shared.all, taken: shared.taken, ready: shared.ready })
}

/// A share of the second stage.
///
/// # Errors
/// As [`peil_transform::share_in`].
pub async fn share_transform(
    stage: &Stage<'_>,
    known_on: Option<NaiveDate>,
    share: Share,
    draft: &mut Draft,
) -> Result<ShareReport> {
    let (indicators, nobody) = (known_indicators(stage), BTreeSet::new());
    let context = transform_context(stage, &indicators, known_on, &nobody);
    let shared = peil_transform::share_in(&context, draft, share).await?;
    Ok(ShareReport { all: shared.all, taken: shared.taken, ready: shared.ready })
}

/// Sees that a key is the one that the warehouse was filled with.
///
/// # Errors
/// [`Error::Usage`] where it is another, or nothing was taken in yet.
pub fn same_key(key: &PseudonymKey, published: &Published) -> Result<()> {
    match &published.pseudonym_key_check {
        Some(known) if *known == key.check() => Ok(()),
        Some(_) => Err(Error::usage("the pseudonym key is not the one that this warehouse was filled with")),
        None => Err(Error::usage("nothing was taken in yet, so there is no person to find\nhint: peil run")),
    }
}

/// The second stage. The rows of `yielding` deliveries give way to all others.
///
/// # Errors
/// As [`peil_transform::run`].
pub async fn transform(
    stage: &Stage<'_>,
    known_on: Option<NaiveDate>,
    yielding: &BTreeSet<String>,
    draft: &mut Draft,
) -> Result<TransformReport> {
    let indicators = known_indicators(stage);
    let context = transform_context(stage, &indicators, known_on, yielding);
    let summary = peil_transform::run(&context, draft).await?;
    let unresolved = summary.unresolved.iter().map(|one| {
        let nearest =
            if one.nearest.is_empty() { String::new() } else { format!("; nearest: {}", one.nearest.join(", ")) };
        format!("`{}` names no authority ({}; {}){nearest}", one.reference, one.datasets.join(", "), rows(one.rows))
    });
    // References to authorities are listed one by one above.
    let unknown = summary.checks.iter().filter(|check| check.rows > 0 && check.check != "unresolved_authority");
    let unknown = unknown.map(|check| {
        format!(
            "{} in {}: {}: {}",
            check.check,
            check.dataset,
            rows(check.rows),
            check.detail.as_deref().unwrap_or_default()
        )
    });
    Ok(TransformReport {
        tables: summary.changed.len() as u64,
        rows: summary.changed.iter().filter_map(|table| summary.rows.get(table)).sum(),
        corrections: summary.corrections,
        warnings: unresolved.chain(unknown).collect(),
    })
}

/// The third stage.
///
/// # Errors
/// As [`peil_marts::run`].
pub async fn marts(
    stage: &Stage<'_>,
    as_of: NaiveDate,
    known_on: Option<NaiveDate>,
    draft: &mut Draft,
) -> Result<MartsReport> {
    // What was known on a former day was published then as it was; it is made again as it was.
    let hidden = match known_on {
        None if !stage.releases.is_empty() => {
            hidden_before(draft.storage(), stage.releases, &stage.declarations.models).await?
        }
        _ => HiddenBefore::new(),
    };
    let summary = peil_marts::run(&marts_context(stage, as_of, known_on, Arc::new(hidden)), draft).await?;
    let checks = |findings: Vec<Finding>| {
        let check = |found: Finding| FailedCheck {
            detail: found.detail(),
            check: found.check,
            dataset: found.mart,
            rows: found.rows,
        };
        findings.into_iter().map(check).collect()
    };
    Ok(MartsReport {
        models: summary.computed as u64,
        rows: summary.rows,
        checks: summary.checks as u64,
        failed: checks(summary.failed),
        warnings: checks(summary.warnings),
    })
}

/// Whether what is published was made from all that was delivered, in the way
/// that is declared now.
pub fn is_current(stage: &Stage<'_>, draft: &Draft) -> bool {
    let published = draft.published();
    let (indicators, nobody) = (known_indicators(stage), BTreeSet::new());
    let transform = transform_context(stage, &indicators, published.known_on, &nobody);
    let Some(as_of) = published.as_of else { return false };
    peil_transform::is_current(&transform, draft)
        && peil_marts::is_current(&marts_context(stage, as_of, published.known_on, Arc::default()), draft)
}

/// The program that makes figures: where it is the same, the same deliveries
/// and definitions give the same bytes.
pub fn code_version() -> String {
    let (transform, marts) = (peil_transform::code_version(), peil_marts::code_version());
    format!("peil {}, transform {transform}, {marts}", env!("CARGO_PKG_VERSION"))
}

fn known_indicators(stage: &Stage<'_>) -> Vec<KnownIndicator> {
    let known = |indicator: &peil_marts::indicator::Declaration| KnownIndicator {
        indicator_id: indicator.id.clone(),
        milestone: !indicator.kind.is_numeric(),
    };
    stage.declarations.models.indicators().iter().map(known).collect()
}

fn transform_context<'a>(
    stage: &Stage<'a>,
    indicators: &'a [KnownIndicator],
    known_on: Option<NaiveDate>,
    yielding: &'a BTreeSet<String>,
) -> TransformContext<'a> {
    TransformContext {
        contracts: &stage.declarations.contracts,
        indicators,
        known_on,
        yielding,
        full: stage.full,
        memory: Memory::of(stage.settings.run_megabytes),
        run_id: stage.run_id,
        progress: stage.progress,
    }
}

fn marts_context<'a>(
    stage: &Stage<'a>,
    as_of: NaiveDate,
    known_on: Option<NaiveDate>,
    hidden_before: Arc<HiddenBefore>,
) -> MartsContext<'a> {
    MartsContext {
        run_id: stage.run_id,
        as_of,
        known_on,
        models: &stage.declarations.models,
        contracts: &stage.declarations.contracts,
        quality: &stage.declarations.quality,
        threshold: stage.settings.threshold,
        hidden_before,
        engine: stage.engine,
        memory: Memory::of(stage.settings.run_megabytes),
        full: stage.full,
        progress: stage.progress,
    }
}

/// Writes the report of a period in its forms.
///
/// # Errors
/// As [`peil_reports::write_report`].
pub async fn write_report(
    storage: &Storage,
    published: &Published,
    period: Period,
    folder: &Path,
    forms: &[Form],
) -> Result<Written> {
    peil_reports::write_report(storage, published, period, folder, forms).await
}

fn rows(number: u64) -> String {
    crate::output::counted(number, "row", "rows")
}
