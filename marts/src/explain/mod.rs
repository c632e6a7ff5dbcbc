//! A figure explained: how it is defined, what it is, and the source rows
//! behind it, counted again.
//!
//! The explanation follows from the same declaration as the value, but goes
//! another way: it reads the conformed facts themselves, each with its
//! delivery and line, for one period, and counts the rows that it lists. Where
//! that is not the published value, the explanation fails.
//!
//! What disclosure control hides stays hidden: a breakdown is shown as it is
//! published, and where persons are counted a row tells neither of which
//! authority it is nor the whole pseudonym.

mod figure;
mod milestone;
mod recount;
mod rows;
mod words;

use chrono::NaiveDate;
use peil_warehouse::nearest::did_you_mean;
use peil_warehouse::publish::Published;
use peil_warehouse::storage::Storage;
use peil_warehouse::{Error, Period, Result};
use serde::Serialize;

pub use figure::{AuthorityShare, Figure, Missing};
pub use milestone::Milestone;
pub use recount::{MonthCount, Recount};
pub use rows::{DeliveryShare, SourceRow};

use crate::indicator::{Declaration, Version, query};
use crate::model_set::ModelSet;

/// Everything that there is to say of a figure.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Explanation {
    /// The indicator, as `LB-VB-04`.
    pub indicator_id: String,
    /// Its name.
    pub label_nl: String,
    /// Its programme.
    pub programme: String,
    /// Its section in the published table.
    pub section: String,
    /// How it is counted, as `rolling`.
    pub kind: String,
    /// What is counted; empty for a milestone.
    pub unit_nl: Option<String>,
    /// Exactly what is counted and how, by the version in force.
    pub definition_nl: String,
    /// The dataset from which it comes.
    pub dataset: String,
    /// The version of the definition that counts the period, from 1.
    pub version: u32,
    /// The first peildatum that it counts; empty where it holds from the start.
    pub holds_from: Option<NaiveDate>,
    /// What changed with it.
    pub note_nl: Option<String>,
    /// The period.
    pub period: Period,
    /// The last day of it that counts; empty where it has not begun.
    pub peildatum: Option<NaiveDate>,
    /// The last day whose facts count.
    pub as_of: NaiveDate,
    /// The last delivery date that is used; empty: all.
    pub known_on: Option<NaiveDate>,
    /// The rule in words, for this period.
    pub rule: String,
    /// The query that gives the value in every period.
    pub sql: Option<String>,
    /// What is published.
    pub figure: Option<Figure>,
    /// Why there is no value.
    pub missing: Option<Missing>,
    /// The listed rows, counted.
    pub recount: Option<Recount>,
    /// The value within each authority, as published.
    pub by_authority: Vec<AuthorityShare>,
    /// The deliveries of the rows behind the value.
    pub deliveries: Vec<DeliveryShare>,
    /// The rows that make things count: the first of each thing.
    pub rows: Vec<SourceRow>,
    /// The planning and state of a milestone.
    pub milestone: Option<Milestone>,
}

/// What an explanation is made from.
#[derive(Clone, Copy)]
struct Ground<'a> {
    storage: &'a Storage,
    published: &'a Published,
    as_of: NaiveDate,
}

/// Explains the figure of an indicator in a period.
///
/// # Errors
/// [`Error::Usage`] where there is no such indicator, or nothing is published;
/// [`Error::Internal`] where the rows do not give the published value.
pub async fn explain(
    storage: &Storage,
    published: &Published,
    models: &ModelSet,
    indicator: &str,
    period: Period,
) -> Result<Explanation> {
    let declaration = find(models, indicator)?;
    let as_of =
        published.as_of.ok_or_else(|| Error::usage("no marts are published yet\nhint: `peil run` makes them"))?;
    let ground = Ground { storage, published, as_of };
    let peildatum = period.peildatum(as_of);
    let version = declaration
        .version_on(peildatum.unwrap_or(period.last_day()))
        .ok_or_else(|| Error::internal(format!("{} has no version for {period}", declaration.id)))?;
    let mut explanation = begin(&version, period, &ground);
    match version.declaration.facts() {
        None => milestone::add(&ground, &mut explanation).await?,
        Some(facts) => {
            explanation.sql = Some(query::query(&version, &facts));
            figure::add(&ground, &facts, &mut explanation).await?;
            if let Some(peildatum) = peildatum {
                rows::add(&ground, &facts, peildatum, &mut explanation).await?;
                recount::check(&explanation)?;
            }
        }
    }
    Ok(explanation)
}

/// An indicator by its id, whatever its case.
fn find<'a>(models: &'a ModelSet, indicator: &str) -> Result<&'a Declaration> {
    let declared = models.indicators();
    declared.iter().find(|one| one.id.eq_ignore_ascii_case(indicator)).ok_or_else(|| {
        let near = did_you_mean(indicator, declared.iter().map(|one| one.id.as_str()));
        Error::usage(format!(
            "there is no indicator `{indicator}`{near}\nhint: peil sql \"select indicator_id, label_nl from indicators order by position\" lists them"
        ))
    })
}

fn begin(version: &Version, period: Period, ground: &Ground<'_>) -> Explanation {
    let declared = &version.declaration;
    Explanation {
        indicator_id: declared.id.clone(),
        label_nl: declared.label_nl.clone(),
        programme: declared.programme.clone(),
        section: declared.section.clone(),
        kind: declared.kind.as_str().to_owned(),
        unit_nl: declared.unit_nl.clone(),
        definition_nl: declared.definition_nl.trim().to_owned(),
        dataset: declared.dataset.clone(),
        version: version.number,
        holds_from: version.holds_from,
        note_nl: version.note_nl.clone(),
        period,
        peildatum: period.peildatum(ground.as_of),
        as_of: ground.as_of,
        known_on: ground.published.known_on,
        rule: words::rule(declared, period, ground.as_of),
        sql: None,
        figure: None,
        missing: None,
        recount: None,
        by_authority: Vec::new(),
        deliveries: Vec::new(),
        rows: Vec::new(),
        milestone: None,
    }
}
