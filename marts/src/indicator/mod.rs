//! The indicators: declarations, and the queries that follow from them.
//!
//! Each declaration gives one *row source*: the facts it counts, in one of
//! three shapes. The sources of a shape stand together in one table, so that
//! all indicators of all periods are counted by a few queries.
//!
//! | shape | kinds | counted |
//! | --- | --- | --- |
//! | [`interval`] | stock, cumulative | where it is open on the peildatum |
//! | [`event`] | flow, distinct, rolling, monthly_active | where its day lies in the window of the period |
//! | [`mod@line`] | average, stock with `line:` | where it is the latest of its line on the peildatum |
//!
//! What is counted in which period then stands in the model
//! `intermediate.indicator_hits`; value and breakdown by authority are counts
//! of the same rows. [`trace`] follows the facts back to their deliveries, and
//! [`mod@version`] is how a definition changes.

pub mod declaration;
pub mod event;
pub mod interval;
pub mod kind;
pub mod line;
pub mod query;
pub mod trace;
pub mod version;

use std::collections::{BTreeMap, BTreeSet};

use peil_warehouse::{Error, Result};

pub use declaration::{Declaration, Facts, parse};
pub use kind::{Kind, Shape, Window};
pub use version::{Version, versions};

use crate::model::{Header, Model};
use crate::relation;

/// The models that follow from the declarations: the row sources of each
/// shape, and the first days of the facts.
///
/// # Errors
/// [`Error::Usage`] where the condition of a declaration is no SQL.
pub fn models(indicators: &[Declaration]) -> Result<Vec<Model>> {
    let versions = versions(indicators);
    let mut models = vec![
        starts(&versions)?,
        interval::model(&versions)?,
        event::model(&versions)?,
        line::model(&versions)?,
        trace::dataset_slices(&versions)?,
    ];
    models.extend(trace::daily_facts(&versions)?);
    models.extend(trace::models(&versions)?);
    Ok(models)
}

/// The name of the table with the first day of each kind of fact.
pub const STARTS: &str = "intermediate.indicator_starts";

/// The key in [`STARTS`] of a fact.
pub fn start_key(facts: &Facts<'_>) -> String {
    format!("{}.{}", facts.fact, facts.from)
}

fn starts(versions: &[Version]) -> Result<Model> {
    let keys: BTreeMap<String, Facts<'_>> = facts_of(versions).map(|facts| (start_key(&facts), facts)).collect();
    let branches = keys.iter().map(|(key, facts)| {
        format!("select '{key}' as fact, min({}) as first_day from conformed.{}", facts.from, facts.fact)
    });
    let header = Header {
        intermediate: Some("indicator_starts".into()),
        grain: "a row for each table of facts and column by which they count".into(),
        description: "The first day of the facts, from which on an indicator has a value.".into(),
        ..Header::default()
    };
    let empty = "select '' as fact, cast(null as date) as first_day where false";
    Model::new("the indicators", header, &union(branches.collect(), empty))
}

/// The facts of every version that has numbers.
pub(crate) fn facts_of(versions: &[Version]) -> impl Iterator<Item = Facts<'_>> {
    versions.iter().filter_map(|version| version.declaration.facts())
}

/// The row source of an indicator: the facts that it counts.
pub(crate) fn sources<'a>(
    versions: &'a [Version],
    wanted: impl Fn(Shape) -> bool,
    source: impl Fn(&Facts<'a>) -> String,
    empty: &str,
) -> Result<String> {
    let mut branches = Vec::new();
    for facts in facts_of(versions).filter(|facts| wanted(facts.shape)) {
        let sql = source(&facts);
        let place = &facts.indicator.place;
        let tables = relation::tables_of(&sql).map_err(|problem| {
            Error::usage(format!(
                "{place}: the indicator {} gives no query ({problem}): check `where:`",
                facts.indicator.id
            ))
        })?;
        let expected: BTreeSet<String> = [format!("conformed.{}", facts.fact)].into();
        if tables.iter().any(|table| !expected.contains(table) && table != line::DELIVERY_ORDER) {
            return Err(Error::usage(format!("{place}: `where:` may use the columns of `fact:` only, no other table")));
        }
        branches.push(sql);
    }
    Ok(union(branches, empty))
}

pub(crate) fn union(branches: Vec<String>, empty: &str) -> String {
    if branches.is_empty() { empty.to_owned() } else { branches.join("\nunion all\n") }
}

/// What is counted, as a text.
pub(crate) fn thing(indicator: &Declaration) -> String {
    match &indicator.counts {
        Some(column) if !indicator.counts_authorities() => format!("cast({column} as varchar)"),
        _ => "nis_code".to_owned(),
    }
}

/// The authority of a fact; none where it does not matter, for then a table
/// need not have one.
pub(crate) fn authority(indicator: &Declaration) -> &'static str {
    if indicator.by_authority || indicator.counts_authorities() { "nis_code" } else { "cast(null as varchar)" }
}

/// The condition of a declaration, always in brackets.
pub(crate) fn condition(indicator: &Declaration) -> String {
    indicator.filter.as_ref().map_or_else(|| "true".to_owned(), |filter| format!("({filter})"))
}
