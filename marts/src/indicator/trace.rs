//! From a figure back to what was delivered: how many facts of which delivery
//! count, and how many facts a dataset holds at all.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

use datafusion::sql::parser::{DFParser, Statement};
use datafusion::sql::sqlparser::ast::{Expr, visit_expressions};
use peil_warehouse::{Error, Result};

use super::{Facts, Shape, Version, condition, facts_of, start_key, union};
use crate::model::{Header, Model};

/// Tables made from others, which know of no delivery, and the tables of
/// which they are made.
const ROLLUPS: [(&str, &str); 1] = [("portal_activity", "portal_events")];
/// In a rollup, how many facts a row stands for.
const ROLLED_UP: &str = "events";
/// Tables that know of no delivery.
const UNTRACED: [&str; 3] =
    ["catalogue_coupling_authorities", "catalogue_solution_components", "catalogue_solution_standards"];

/// The conformed table in which the facts of a table stand with the delivery
/// that each came in; none where that is not known.
pub fn traced(fact: &str) -> Option<&str> {
    let rollup = ROLLUPS.iter().find(|(rollup, _)| *rollup == fact);
    rollup.map_or(Some(fact), |(_, table)| Some(table)).filter(|table| !UNTRACED.contains(table))
}

/// Whether a table, as `conformed.portal_events`, is one of which a rollup is
/// made: large, and read for its deliveries only.
pub(crate) fn is_rolled_up(relation: &str) -> bool {
    let table = relation.strip_prefix("conformed.");
    table.is_some_and(|table| ROLLUPS.iter().any(|(_, source)| *source == table))
}

fn is_rollup(fact: &str) -> bool {
    ROLLUPS.iter().any(|(rollup, _)| *rollup == fact)
}

/// The table of the facts of each dataset, whatever an indicator counts of
/// them, per slice of the calendar.
///
/// # Errors
/// [`Error::Usage`] where a declaration gives no query.
pub fn dataset_slices(versions: &[Version]) -> Result<Model> {
    // A table of which some indicator knows the authorities has them.
    let mut facts_by_key: BTreeMap<String, (&str, &str, bool)> = BTreeMap::new();
    for facts in facts_of(versions) {
        let entry = facts_by_key.entry(start_key(&facts)).or_insert((facts.fact, facts.from, false));
        entry.2 |= facts.indicator.by_authority || facts.indicator.counts_authorities();
    }
    let branches = facts_by_key.into_iter().map(|(key, (fact, from, authorities))| {
        let nis_code = if authorities { "facts.nis_code" } else { "cast(null as varchar)" };
        let rows = if is_rollup(fact) { format!("sum(facts.{ROLLED_UP})") } else { "count(*)".to_owned() };
        format!(
            "select '{key}' as fact, {authorities} as has_authorities, {nis_code} as nis_code, days.slice, {rows} as rows\n\
             from conformed.{fact} as facts\njoin run.days on days.day = facts.{from}\ngroup by {nis_code}, days.slice"
        )
    });
    let header = Header {
        intermediate: Some("dataset_slices".into()),
        grain: "a row for each table of facts, day by which they count, authority and slice of the calendar".into(),
        description: "How many facts there are, whatever an indicator counts of them.".into(),
        ..Header::default()
    };
    let empty = "select '' as fact, false as has_authorities, '' as nis_code, cast(0 as bigint) as slice, \
                 cast(0 as bigint) as rows where false";
    Model::new("the indicators", header, &union(branches.collect(), empty))
}

/// The tables of the facts that count, by delivery: one for each large table,
/// read once for all indicators, and one over all.
///
/// # Errors
/// [`Error::Usage`] where the condition of a declaration is no SQL.
pub fn models(versions: &[Version]) -> Result<Vec<Model>> {
    let mut shared: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    let mut branches = Vec::new();
    for facts in facts_of(versions).filter(|facts| facts.shape != Shape::Line) {
        let Some(table) = traced(facts.fact) else { continue };
        if is_rollup(facts.fact) {
            let columns = shared.entry(table).or_default();
            columns.insert(facts.from.to_owned());
            columns.extend(columns_of(&facts)?);
        }
        branches.push(branch(&facts, table));
    }
    let header = |name: &str, grain: &str| Header {
        intermediate: Some(name.to_owned()),
        grain: grain.to_owned(),
        description: "How many facts of which delivery count.".into(),
        ..Header::default()
    };
    let empty = "select '' as rule, '' as object, cast(null as date) as delivery_date, cast(null as date) as from_day, \
                 cast(null as date) as until_day, cast(0 as bigint) as rows where false";
    let all = header("traced_facts", "a row for each version of an indicator, delivery, first and last day");
    let mut models = vec![Model::new("the indicators", all, &union(branches, empty))?];
    for (table, columns) in shared {
        let columns: Vec<String> = columns.into_iter().collect();
        let columns = columns.join(", ");
        let sql = format!(
            "select _object, _delivery_date, nis_code is not null as has_authority, {columns}, count(*) as rows\n\
             from conformed.{table}\ngroup by _object, _delivery_date, nis_code is not null, {columns}"
        );
        let name = header(&format!("traced_{table}"), "a row for each delivery, day and what indicators ask of a fact");
        models.push(Model::new("the indicators", name, &sql)?);
    }
    Ok(models)
}

/// The facts that one version counts, by delivery.
fn branch(facts: &Facts<'_>, table: &str) -> String {
    let Facts { indicator, fact, from, shape } = facts;
    let until = indicator.until.as_deref().filter(|_| *shape == Shape::Interval).unwrap_or("cast(null as date)");
    let (source, rows, named) = if is_rollup(fact) {
        (format!("intermediate.traced_{table}"), "sum(rows)", "has_authority")
    } else {
        (format!("conformed.{table}"), "count(*)", "nis_code is not null")
    };
    // An authority that does not resolve is none that counts.
    let named = if indicator.counts_authorities() { named } else { "true" };
    format!(
        "select '{}' as rule, _object as object, _delivery_date as delivery_date, {from} as from_day, {until} as until_day,\n  \
         cast({rows} as bigint) as rows\nfrom {source}\nwhere {from} is not null and {named} and {}\n\
         group by _object, _delivery_date, {from}, {until}",
        indicator.rule,
        condition(indicator),
    )
}

/// The columns that a condition names.
fn columns_of(facts: &Facts<'_>) -> Result<BTreeSet<String>> {
    let wrong = |problem: String| {
        Error::usage(format!(
            "{}: the indicator {} gives no query ({problem}): check `where:`",
            facts.indicator.place, facts.indicator.id
        ))
    };
    let sql = format!("select 1 where {}", condition(facts.indicator));
    let mut statements = DFParser::parse_sql(&sql).map_err(|error| wrong(error.strip_backtrace()))?;
    let mut columns = BTreeSet::new();
    if let Some(Statement::Statement(query)) = statements.pop_front() {
        let _ = visit_expressions(query.as_ref(), |expression| {
            if let Expr::Identifier(name) = expression {
                columns.insert(name.value.clone());
            }
            ControlFlow::<()>::Continue(())
        });
    }
    Ok(columns)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::indicator::parse;

    #[test]
    fn the_columns_of_a_condition_are_found_in_it() {
        let text = "id: A\nposition: 1\nprogramme: p\nsection: s\nlabel_nl: l\nkind: rolling\ndefinition_nl: d\n\
                    dataset: portal/events\nfact: portal_activity\ncounts: user_id\nfrom: occurred_on\n\
                    where: module in ('a', 'action') and (nis_code is not null or lower(user_id) = 'x')\n";
        let declaration = parse("a.yaml", text).unwrap();
        let columns = columns_of(&declaration.facts().unwrap()).unwrap();
        assert_eq!(columns.into_iter().collect::<Vec<_>>(), ["module", "nis_code", "user_id"]);
    }

    #[test]
    fn a_rollup_is_traced_to_what_it_is_made_of() {
        assert_eq!(traced("portal_activity"), Some("portal_events"));
        assert_eq!(traced("portal_plates"), Some("portal_plates"));
        assert_eq!(traced("catalogue_solution_components"), None);
    }
}
