//! Checks of staged and conformed tables, made from the contracts: what may
//! not be empty, which values are allowed, what lies in its range, which day
//! is not before which, and that a key stands once.
//!
//! A check whose table is as it was at the last run is not made again: it
//! finds the same. The keys of tables of very many events are looked at only
//! where everything is computed again: such a table is made by key.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use arrow::array::{Array, AsArray};
use arrow::datatypes::{DataType, Int64Type, SchemaRef};
use datafusion::execution::context::SessionContext;
use peil_warehouse::contract::{Column, Constraint, Contract, ContractSet, Mode};
use peil_warehouse::publish::Draft;
use peil_warehouse::quality::Recorded;
use peil_warehouse::table::fingerprint;
use peil_warehouse::{Error, Result};

use super::{ALLOWED_VALUES, CONFORMED, IN_RANGE, NOT_NULL, ORDER_OF_DAYS, STAGED, UNIQUE_KEY, finding};
use crate::check::Finding;
use crate::finish::{EXAMPLES, row_text};
use crate::model::Severity;
use crate::relation::plain;
use crate::session::{self, ParquetTable};

/// Columns that tell which row offends.
const PLACE: [&str; 2] = ["_object", "_line"];

/// A kind of check of a table: the condition of an offending row, or the key.
struct Test {
    check: &'static str,
    condition: String,
}

/// Checks the staged and the conformed table of each contract; what the last
/// run found of a table that is still the same is taken from `before`.
pub(super) async fn check(
    draft: &Draft,
    contracts: &ContractSet,
    before: &[Recorded],
    full: bool,
) -> Result<Vec<Finding>> {
    let known: BTreeMap<(&str, &str, &str), &Recorded> = before
        .iter()
        .map(|row| ((row.row.check.as_str(), row.row.layer.as_str(), row.row.dataset.as_str()), row))
        .collect();
    let mut session = None;
    let mut findings = Vec::new();
    for contract in contracts.iter() {
        for (layer, table) in
            [(STAGED, contract.staged_table()), (CONFORMED, format!("conformed/{}", contract.table_name()))]
        {
            let Some(state) = draft.table(&table) else { continue };
            let schema = state.arrow_schema()?;
            let tests = tests(contract, layer, &schema, full);
            let content = state.content_hash();
            let mut left = Vec::new();
            for test in tests {
                let input = fingerprint([&content, &test.condition]);
                match known.get(&(test.check, layer, contract.dataset.as_str())) {
                    Some(found) if !full && found.row.input.as_ref() == Some(&input) => findings.push(Finding {
                        rows: found.row.rows,
                        examples: found.row.detail.iter().cloned().collect(),
                        input: Some(input),
                        ..finding(test.check, layer, &contract.dataset, Severity::Error, Vec::new())
                    }),
                    _ => left.push((test, input)),
                }
            }
            if left.is_empty() {
                continue;
            }
            let session = match &session {
                Some(session) => session,
                None => session.insert(session::session(draft.storage())?),
            };
            let provider = ParquetTable::of_views(draft.storage(), &table, state)?;
            let relation = table.replacen('/', ".", 1);
            session::register(session, &relation, provider)?;
            findings.extend(make(session, contract, layer, &relation, &schema, left).await?);
        }
    }
    Ok(findings)
}

/// Makes checks of one table: all counts in one pass, then examples of those
/// that found something.
async fn make(
    session: &SessionContext,
    contract: &Contract,
    layer: &'static str,
    relation: &str,
    schema: &SchemaRef,
    tests: Vec<(Test, String)>,
) -> Result<Vec<Finding>> {
    let (keys, conditions): (Vec<_>, Vec<_>) = tests.into_iter().partition(|(test, _)| test.check == UNIQUE_KEY);
    let mut findings = Vec::new();
    let mut counts = Vec::new();
    if !conditions.is_empty() {
        let columns: Vec<String> = conditions
            .iter()
            .enumerate()
            .map(|(at, (test, _))| format!("sum(case when {} then 1 else 0 end) as c{at}", test.condition))
            .collect();
        let batches = query(session, relation, &format!("select {} from {relation}", columns.join(", "))).await?;
        let batch = batches.first().ok_or_else(|| Error::internal(format!("{relation}: a count without a row")))?;
        for column in batch.columns() {
            let values = column.as_primitive_opt::<Int64Type>();
            counts.push(values.filter(|values| values.is_valid(0)).map_or(0, |values| values.value(0) as u64));
        }
    }
    let place: Vec<&str> = PLACE.into_iter().filter(|column| schema.index_of(column).is_ok()).collect();
    let place = if place.is_empty() { "1".to_owned() } else { place.join(", ") };
    for ((test, input), rows) in conditions.into_iter().zip(counts) {
        let sql = format!("select {place} from {relation} where {} order by {place} limit {EXAMPLES}", test.condition);
        let examples = if rows > 0 { examples(session, relation, &sql).await? } else { Vec::new() };
        findings.push(Finding {
            rows,
            examples,
            input: Some(input),
            ..finding(test.check, layer, &contract.dataset, Severity::Error, Vec::new())
        });
    }
    for (test, input) in keys {
        let sql = &test.condition;
        let counted = query(session, relation, &format!("select count(*) from ({sql})")).await?;
        let rows = counted.first().and_then(|batch| batch.column(0).as_primitive_opt::<Int64Type>());
        let rows = rows.map_or(0, |rows| rows.value(0) as u64);
        let examples =
            if rows > 0 { examples(session, relation, &format!("{sql} limit {EXAMPLES}")).await? } else { Vec::new() };
        findings.push(Finding {
            rows,
            examples,
            input: Some(input),
            ..finding(UNIQUE_KEY, layer, &contract.dataset, Severity::Error, Vec::new())
        });
    }
    Ok(findings)
}

async fn examples(session: &SessionContext, relation: &str, sql: &str) -> Result<Vec<String>> {
    let batches = query(session, relation, sql).await?;
    Ok(batches
        .iter()
        .flat_map(|batch| (0..batch.num_rows()).map(|row| without_persons(&row_text(batch, row, &[]))))
        .collect())
}

/// The record of checks outlives the rows that it tells of, and tells no
/// persons.
fn without_persons(text: &str) -> String {
    static PSEUDONYM: LazyLock<Option<regex::Regex>> = LazyLock::new(|| regex::Regex::new(r"\b[0-9a-f]{32}\b").ok());
    PSEUDONYM.as_ref().map_or_else(String::new, |found| found.replace_all(text, "(pseudonym)").into_owned())
}

async fn query(session: &SessionContext, relation: &str, sql: &str) -> Result<Vec<arrow::array::RecordBatch>> {
    let wrong = |error| Error::internal(format!("the checks of {relation}: {}", plain(&error)));
    session.sql(sql).await.map_err(wrong)?.collect().await.map_err(wrong)
}

/// What is checked of a table.
fn tests(contract: &Arc<Contract>, layer: &str, schema: &SchemaRef, full: bool) -> Vec<Test> {
    let mut nulls = Vec::new();
    let mut values = Vec::new();
    let mut ranges = Vec::new();
    let mut days = Vec::new();
    for column in contract.stored_columns() {
        let Ok(field) = schema.field_with_name(&column.name) else { continue };
        let name = quoted(&column.name);
        if column.required {
            nulls.push(format!("{name} is null"));
        }
        for constraint in &column.constraints {
            match constraint {
                Constraint::OneOf(listed) if field.data_type() == &DataType::Utf8 => {
                    let listed: Vec<String> = listed.iter().map(|value| literal(value)).collect();
                    values.push(format!("{name} not in ({})", listed.join(", ")));
                }
                Constraint::Range { minimum, maximum } if field.data_type().is_numeric() => {
                    ranges.extend(minimum.map(|least| format!("{name} < {}", millionths(least))));
                    ranges.extend(maximum.map(|most| format!("{name} > {}", millionths(most))));
                }
                Constraint::NotBefore { column: other, strictly } => {
                    ranges_of_days(schema, column, other, *strictly, &mut days);
                }
                _ => {}
            }
        }
    }
    let mut tests: Vec<Test> = [(NOT_NULL, nulls), (ALLOWED_VALUES, values), (IN_RANGE, ranges), (ORDER_OF_DAYS, days)]
        .into_iter()
        .filter(|(_, conditions)| !conditions.is_empty())
        .map(|(check, conditions)| Test { check, condition: conditions.join(" or ") })
        .collect();
    let is_keyed = layer == CONFORMED && contract.mode == Mode::Upsert && (full || !contract.large_fact);
    // An authority in the key is compared by its code, which an unresolved one has not.
    let is_authority = |key: &&String| contract.column(key).is_some_and(|column| column.column_type.is_authority());
    if is_keyed && !contract.key.is_empty() && !contract.key.iter().any(|key| is_authority(&key)) {
        let key: Vec<String> = contract.key.iter().map(|column| quoted(column)).collect();
        let (key, table) = (key.join(", "), contract.table_name());
        tests.push(Test {
            check: UNIQUE_KEY,
            condition: format!("select {key} from conformed.{table} group by {key} having count(*) > 1 order by {key}"),
        });
    }
    tests
}

/// Only days are compared with days, and moments with moments: a moment and a
/// day are so at ingest, on the Brussels day.
fn ranges_of_days(schema: &SchemaRef, column: &Column, other: &str, strictly: bool, days: &mut Vec<String>) {
    let kind = |name: &str| schema.field_with_name(name).ok().map(|field| field.data_type().clone());
    if kind(&column.name).is_some() && kind(&column.name) == kind(other) {
        let sign = if strictly { "<=" } else { "<" };
        days.push(format!("{} {sign} {}", quoted(&column.name), quoted(other)));
    }
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// Millionths as a decimal number.
fn millionths(value: i128) -> String {
    let sign = if value < 0 { "-" } else { "" };
    let value = value.unsigned_abs();
    format!("cast('{sign}{}.{:06}' as decimal(28, 6))", value / 1_000_000, value % 1_000_000)
}

#[cfg(test)]
mod unit {
    use super::*;

    #[test]
    fn literals_are_exact_and_safe() {
        assert_eq!(millionths(-1_500_000), "cast('-1.500000' as decimal(28, 6))");
        assert_eq!(literal("o'n"), "'o''n'");
        assert_eq!(quoted("a\"b"), "\"a\"\"b\"");
    }
}
