//! From a figure back to what was delivered: how many facts of which delivery
//! count, and how many facts a dataset holds at all.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

use datafusion::sql::parser::{DFParser, Statement};
use datafusion::sql::sqlparser::ast::{Expr, visit_expressions};
use peil_warehouse::{Error, Result};

use super::{Facts, Shape, Version, condition, facts_of, start_key, union};
use crate::model::{Columns, Header, Model};

/// Tables made from others, a row for several facts of one delivery, and the
/// tables of which they are made.
const ROLLUPS: [(&str, &str); 1] = [("portal_activity", "portal_events")];
/// The column of a large table that holds its month.
const MONTH: &str = "month";
/// In a rollup, how many facts a row stands for.
const ROLLED_UP: &str = "events";
/// Tables that know of no delivery.
const UNTRACED: [&str; 3] =
    ["catalogue_coupling_authorities", "catalogue_solution_components", "catalogue_solution_standards"];

/// The conformed table in which the facts of a table stand one by one, with the
/// delivery that each came in; none where that is not known.
pub fn traced(fact: &str) -> Option<&str> {
    let rollup = ROLLUPS.iter().find(|(rollup, _)| *rollup == fact);
    rollup.map_or(Some(fact), |(_, table)| Some(table)).filter(|table| !UNTRACED.contains(table))
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
        let (table, rows) = match is_rollup(fact) {
            true => (format!("intermediate.{}", daily(fact, from)), "sum(facts.rows)"),
            false => (format!("conformed.{fact}"), "count(*)"),
        };
        format!(
            "select '{key}' as fact, {authorities} as has_authorities, {nis_code} as nis_code, days.slice, {rows} as rows\n\
             from {table} as facts\njoin run.days on days.day = facts.{from}\ngroup by {nis_code}, days.slice"
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

/// The name of the table of the facts of a rollup by day.
fn daily(fact: &str, from: &str) -> String {
    format!("daily_{fact}_{from}")
}

/// The facts of each rollup by day and authority, computed month by month.
///
/// # Errors
/// [`Error::Usage`] where a declaration gives no query.
pub fn daily_facts(versions: &[Version]) -> Result<Vec<Model>> {
    let rollups: BTreeSet<(&str, &str)> =
        facts_of(versions).filter(|facts| is_rollup(facts.fact)).map(|facts| (facts.fact, facts.from)).collect();
    let model = |(fact, from): (&str, &str)| {
        let columns =
            [(MONTH, "the month"), (from, "the day"), ("nis_code", "the authority that is named"), ("rows", "facts")];
        let header = Header {
            intermediate: Some(daily(fact, from)),
            grain: "a row for each day and authority".into(),
            description: "How many facts a day has.".into(),
            nullable: vec![from.to_owned(), "nis_code".to_owned()],
            ..by_month(fact, &columns, &[MONTH, from, "nis_code"])
        };
        let sql = format!(
            "select {MONTH}, {from}, nis_code, cast(sum({ROLLED_UP}) as bigint) as rows\nfrom conformed.{fact}\n\
             group by {MONTH}, {from}, nis_code"
        );
        Model::new("the indicators", header, &sql)
    };
    rollups.into_iter().map(model).collect()
}

/// The header of a table that is computed month by month of a conformed one.
fn by_month(source: &str, columns: &[(&str, &str)], order: &[&str]) -> Header {
    Header {
        columns: Columns(columns.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()),
        incremental: Some(format!("{MONTH} of conformed.{source}")),
        order: order.iter().map(|name| (*name).to_owned()).collect(),
        ..Header::default()
    }
}

/// The tables of the facts that count, by delivery: one for each rollup, read
/// once for all indicators, and one over all.
///
/// # Errors
/// [`Error::Usage`] where the condition of a declaration is no SQL.
pub fn models(versions: &[Version]) -> Result<Vec<Model>> {
    let mut shared: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    let mut branches = Vec::new();
    for facts in facts_of(versions).filter(|facts| facts.shape != Shape::Line) {
        if traced(facts.fact).is_none() {
            continue;
        }
        if is_rollup(facts.fact) {
            let columns = shared.entry(facts.fact).or_default();
            columns.insert(facts.from.to_owned());
            columns.extend(columns_of(&facts)?);
        }
        branches.push(branch(&facts));
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
        let asked: Vec<&str> = columns.iter().map(String::as_str).collect();
        let own = [(MONTH, "the month"), ("object", "the delivery"), ("delivery_date", "its date")];
        let own = own.into_iter().chain([("has_authority", "whether the authority resolves")]);
        let documented: Vec<(&str, &str)> =
            own.chain(asked.iter().map(|name| (*name, "as in the fact"))).chain([("rows", "facts")]).collect();
        let order: Vec<&str> = documented[..documented.len() - 1].iter().map(|(name, _)| *name).collect();
        let header = Header { nullable: columns.iter().cloned().collect(), ..by_month(table, &documented, &order) };
        let asked = asked.join(", ");
        let sql = format!(
            "select {MONTH}, _object as object, _delivery_date as delivery_date, nis_code is not null as has_authority,\n  \
             {asked}, cast(sum({ROLLED_UP}) as bigint) as rows\nfrom conformed.{table}\n\
             group by {MONTH}, _object, _delivery_date, nis_code is not null, {asked}"
        );
        let header = Header {
            intermediate: Some(format!("traced_{table}")),
            grain: "a row for each delivery, day and what indicators ask of a fact".into(),
            description: "How many facts of which delivery count.".into(),
            ..header
        };
        models.push(Model::new("the indicators", header, &sql)?);
    }
    Ok(models)
}

/// The facts that one version counts, by delivery.
fn branch(facts: &Facts<'_>) -> String {
    let Facts { indicator, fact, from, shape } = facts;
    let until = indicator.until.as_deref().filter(|_| *shape == Shape::Interval).unwrap_or("cast(null as date)");
    let (source, [object, delivery_date], rows, named) = if is_rollup(fact) {
        (format!("intermediate.traced_{fact}"), ["object", "delivery_date"], "sum(rows)", "has_authority")
    } else {
        (format!("conformed.{fact}"), ["_object", "_delivery_date"], "count(*)", "nis_code is not null")
    };
    // An authority that does not resolve is none that counts.
    let named = if indicator.counts_authorities() { named } else { "true" };
    format!(
        "select '{}' as rule, {object} as object, {delivery_date} as delivery_date, {from} as from_day, {until} as until_day,\n  \
         cast({rows} as bigint) as rows\nfrom {source}\nwhere {from} is not null and {named} and {}\n\
         group by {object}, {delivery_date}, {from}, {until}",
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
