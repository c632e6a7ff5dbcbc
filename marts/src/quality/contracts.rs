//! Checks of staged and conformed tables, made from the contracts: what may
//! not be empty, which values are allowed, what lies in its range, which day
//! is not before which, and that a key stands once.
//!
//! A check whose table is as it was at the last run is not made again: it
//! finds the same. The keys of tables of very many events are looked at only
//! where everything is computed again: such a table is made by key.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, LazyLock};

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::{DataType, Int64Type, SchemaRef};
use datafusion::execution::context::SessionContext;
use datafusion::execution::runtime_env::RuntimeEnv;
use peil_warehouse::contract::{Column, Constraint, Contract, ContractSet, Mode};
use peil_warehouse::memory::Memory;
use peil_warehouse::publish::Draft;
use peil_warehouse::quality::Recorded;
use peil_warehouse::table::{DataFile, TableState, fingerprint};
use peil_warehouse::{Error, Result};
use tokio::task::JoinSet;

use super::{ALLOWED_VALUES, CONFORMED, IN_RANGE, NOT_NULL, ORDER_OF_DAYS, STAGED, UNIQUE_KEY, finding};
use crate::check::Finding;
use crate::finish::{EXAMPLES, row_text};
use crate::model::Severity;
use crate::relation::plain;
use crate::session::{self, ParquetTable};

/// Tables of more rows are read on several cores.
const LARGE: u64 = 1 << 20;
/// See [`LARGE`].
const LARGE_CORES: usize = 2;
/// Tables of fewer rows are read in one pass for all that is checked of them;
/// of others statistics are asked first.
const SMALL: u64 = 1 << 16;
/// Checks that the statistics of row groups can answer.
const TOLD: [&str; 2] = [NOT_NULL, IN_RANGE];
/// Columns that tell which row offends.
const PLACE: [&str; 2] = ["_object", "_line"];

/// Tables that are checked at the same time.
const CONCURRENT_TABLES: usize = 4;

/// A kind of check of a table: the condition of an offending row, or the key.
#[derive(Debug)]
struct Test {
    check: &'static str,
    condition: String,
}

/// The checks of one table that must be made.
struct Due {
    contract: Arc<Contract>,
    layer: &'static str,
    /// The name under which queries read it, `layer.table`.
    relation: String,
    schema: SchemaRef,
    rows: u64,
    /// Each with the hash of what it looks at.
    tests: Vec<(Test, String)>,
    session: SessionContext,
}

/// Checks the staged and the conformed table of each contract; what the last
/// run found of a table that is still the same is taken from `before`. Of a
/// table that only grew, and of which it found nothing, the new files are
/// looked at.
pub(super) async fn check(
    draft: &Draft,
    contracts: &ContractSet,
    before: &[Recorded],
    full: bool,
    runtime: &Arc<RuntimeEnv>,
    memory: Memory,
) -> Result<Vec<Finding>> {
    let known: BTreeMap<(&str, &str, &str), &Recorded> = before
        .iter()
        .map(|row| ((row.row.check.as_str(), row.row.layer.as_str(), row.row.dataset.as_str()), row))
        .collect();
    let mut findings = Vec::new();
    let mut due = Vec::new();
    for contract in contracts.iter() {
        for (layer, table) in
            [(STAGED, contract.staged_table()), (CONFORMED, format!("conformed/{}", contract.table_name()))]
        {
            let Some(state) = draft.table(&table) else { continue };
            let content = state.content_hash();
            let (mut whole, mut added) = (Vec::new(), Vec::new());
            for test in tests(contract, layer, &state.arrow_schema()?, full) {
                let input = fingerprint([&content, &test.condition]);
                let found = known.get(&(test.check, layer, contract.dataset.as_str())).filter(|_| !full);
                match found {
                    Some(found) if found.row.input.as_ref() == Some(&input) => findings.push(Finding {
                        rows: found.row.rows,
                        examples: found.row.detail.iter().cloned().collect(),
                        input: Some(input),
                        ..finding(test.check, layer, &contract.dataset, Severity::Error, Vec::new())
                    }),
                    Some(found) if has_passed(found, &test, draft.table_before(&table)) => added.push((test, input)),
                    _ => whole.push((test, input)),
                }
            }
            let before = draft.table_before(&table);
            let old: BTreeSet<&str> =
                before.iter().flat_map(|before| &before.files).map(|file| file.path.as_str()).collect();
            let new: Vec<&DataFile> = state.files.iter().filter(|file| !old.contains(file.path.as_str())).collect();
            for (tests, files) in [(whole, state.files.iter().collect()), (added, new)] {
                if tests.is_empty() {
                    continue;
                }
                let rows = files.iter().map(|file| file.rows).sum();
                let session = session::session_in(runtime, if rows > LARGE { LARGE_CORES } else { 1 });
                let relation = table.replacen('/', ".", 1);
                let provider = ParquetTable::pruned(draft.storage(), &table, state, files.into_iter())?;
                session::register(&session, &relation, provider)?;
                let (contract, schema) = (Arc::clone(contract), state.arrow_schema()?);
                due.push(Due { contract, layer, relation, schema, rows, tests, session });
            }
        }
    }
    findings.extend(all(due, memory.at_once(CONCURRENT_TABLES)).await?);
    findings.sort_by(|a, b| (&a.mart, b.layer, &a.check).cmp(&(&b.mart, a.layer, &b.check)));
    Ok(findings)
}

/// Whether a check of rows, one by one, found nothing in the table as it was
/// before the run.
fn has_passed(found: &Recorded, test: &Test, before: Option<&TableState>) -> bool {
    let input = before.map(|before| fingerprint([&before.content_hash(), &test.condition]));
    test.check != UNIQUE_KEY && found.row.rows == 0 && input.is_some() && found.row.input == input
}

/// Makes checks, of a few tables at a time, and gives what they found in their
/// order.
async fn all(due: Vec<Due>, at_once: usize) -> Result<Vec<Finding>> {
    let mut left = due.into_iter().enumerate();
    let mut running = JoinSet::new();
    let mut found = BTreeMap::new();
    loop {
        while running.len() < at_once {
            let Some((number, due)) = left.next() else { break };
            running.spawn(async move { (number, due.make().await) });
        }
        let Some(made) = running.join_next().await else { break };
        let (number, findings) = made.map_err(Error::internal)?;
        found.insert(number, findings?);
    }
    Ok(found.into_values().flatten().collect())
}

impl Due {
    /// Makes them. What statistics can tell of a large table is asked by
    /// itself, so that rows are read only where they do not; the rest is
    /// counted in one pass.
    async fn make(self) -> Result<Vec<Finding>> {
        let Self { contract, layer, relation, schema, rows: all, tests, session } = self;
        let is_told = |test: &Test| all >= SMALL && TOLD.contains(&test.check);
        let place: Vec<&str> = PLACE.into_iter().filter(|column| schema.index_of(column).is_ok()).collect();
        let place = if place.is_empty() { "1".to_owned() } else { place.join(", ") };
        let (told, read): (Vec<_>, Vec<_>) =
            tests.iter().filter(|(test, _)| test.check != UNIQUE_KEY).partition(|(test, _)| is_told(test));
        let mut rows: BTreeMap<&str, u64> = BTreeMap::new();
        for (test, _) in told {
            let sql = format!("select count(*) from {relation} where {}", test.condition);
            rows.extend(counts(&session, &relation, &sql, &[test.check]).await?);
        }
        if !read.is_empty() {
            let columns: Vec<String> = read
                .iter()
                .enumerate()
                .map(|(at, (test, _))| format!("sum(case when {} then 1 else 0 end) as c{at}", test.condition))
                .collect();
            let sql = format!("select {} from {relation}", columns.join(", "));
            let checks: Vec<&str> = read.iter().map(|(test, _)| test.check).collect();
            rows.extend(counts(&session, &relation, &sql, &checks).await?);
        }
        let mut findings = Vec::new();
        for (test, input) in &tests {
            let (rows, sql) = match test.check {
                UNIQUE_KEY => {
                    let sql = format!("select count(*) from ({})", test.condition);
                    let counted = counts(&session, &relation, &sql, &[UNIQUE_KEY]).await?;
                    (counted.into_values().sum(), test.condition.clone())
                }
                check => (
                    rows.get(check).copied().unwrap_or_default(),
                    format!("select {place} from {relation} where {} order by {place}", test.condition),
                ),
            };
            let sql = format!("{sql} limit {EXAMPLES}");
            let examples = if rows > 0 { examples(&session, &relation, &sql).await? } else { Vec::new() };
            findings.push(Finding {
                rows,
                examples,
                input: Some(input.clone()),
                ..finding(test.check, layer, &contract.dataset, Severity::Error, Vec::new())
            });
        }
        Ok(findings)
    }
}

/// The numbers in the only row of a query, by the names of `checks`.
async fn counts<'a>(
    session: &SessionContext,
    relation: &str,
    sql: &str,
    checks: &[&'a str],
) -> Result<BTreeMap<&'a str, u64>> {
    let batches = query(session, relation, sql).await?;
    let batch = batches.first().ok_or_else(|| Error::internal(format!("{relation}: a count without a row")))?;
    let count = |column: &ArrayRef| {
        let values = column.as_primitive_opt::<Int64Type>();
        values.filter(|values| values.is_valid(0)).map_or(0, |values| values.value(0) as u64)
    };
    Ok(checks.iter().copied().zip(batch.columns().iter().map(count)).collect())
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
    use arrow::array::{Date32Array, Int64Array, RecordBatch, StringArray, new_null_array};
    use peil_warehouse::quality::CheckRow;
    use peil_warehouse::storage::Storage;
    use peil_warehouse::{publish::Published, quality};

    use super::*;

    #[test]
    fn literals_are_exact_and_safe() {
        assert_eq!(millionths(-1_500_000), "cast('-1.500000' as decimal(28, 6))");
        assert_eq!(literal("o'n"), "'o''n'");
        assert_eq!(quoted("a\"b"), "\"a\"\"b\"");
    }

    /// Plates as staged: the id, and the days of making and of the end.
    async fn deliver(draft: &mut Draft, contract: &Contract, part: &str, plates: &[(Option<&str>, i32, Option<i32>)]) {
        let schema = contract.staged_schema();
        let rows = plates.len();
        let column = |name: &str| -> Option<ArrayRef> {
            Some(match name {
                "plate_id" => Arc::new(StringArray::from_iter(plates.iter().map(|plate| plate.0))),
                "authority" => Arc::new(StringArray::from_iter_values(vec!["Gent"; rows])),
                "created_on" => Arc::new(Date32Array::from_iter_values(plates.iter().map(|plate| plate.1))),
                "deleted_on" => Arc::new(Date32Array::from_iter(plates.iter().map(|plate| plate.2))),
                "_object" => Arc::new(StringArray::from_iter_values(vec![part; rows])),
                "_line" => Arc::new(Int64Array::from_iter_values(2..2 + rows as i64)),
                _ => return None,
            })
        };
        let columns =
            schema.fields().iter().map(|f| column(f.name()).unwrap_or_else(|| new_null_array(f.data_type(), rows)));
        let batch = RecordBatch::try_new(Arc::clone(&schema), columns.collect()).unwrap();
        draft.write_part(&contract.staged_table(), part, part, &[batch]).await.unwrap();
    }

    async fn found(
        draft: &Draft,
        contracts: &ContractSet,
        before: &[Recorded],
    ) -> BTreeMap<String, (u64, Vec<String>)> {
        let runtime = session::runtime(draft.storage(), Memory::default()).unwrap();
        let findings = check(draft, contracts, before, false, &runtime, Memory::default()).await.unwrap();
        findings.into_iter().map(|finding| (finding.check, (finding.rows, finding.examples))).collect()
    }

    #[tokio::test]
    async fn of_a_table_that_grew_the_new_files_are_looked_at() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../ingest/contracts");
        let contracts = ContractSet::default().with_folder(&folder).unwrap();
        let contract = Arc::clone(contracts.get("portal/plates").unwrap());
        let warehouse = tempfile::tempdir().unwrap();
        let storage = Storage::open(warehouse.path().to_str().unwrap()).unwrap();
        let mut draft = Draft::begin(&storage).await.unwrap();
        draft.declare(&contract.staged_spec()).unwrap();
        deliver(&mut draft, &contract, "a", &[(Some("p1"), 10, None), (Some("p2"), 11, Some(12))]).await;
        let runtime = session::runtime(draft.storage(), Memory::default()).unwrap();
        let findings = check(&draft, &contracts, &[], false, &runtime, Memory::default()).await.unwrap();
        assert!(!findings.is_empty() && findings.iter().all(|finding| finding.rows == 0));
        let row = |finding: &Finding| CheckRow {
            check: finding.check.clone(),
            layer: finding.layer.to_owned(),
            dataset: finding.mart.clone(),
            outcome: "passed".to_owned(),
            input: finding.input.clone(),
            ..CheckRow::default()
        };
        let rows: Vec<CheckRow> = findings.iter().map(row).collect();
        quality::record(&mut draft, "marts", "1", &rows).await.unwrap();
        draft.publish().await.unwrap();
        let first =
            Published::read(&storage).await.unwrap().table("staged/portal_plates").unwrap().files[0].path.clone();

        let mut draft = Draft::begin(&storage).await.unwrap();
        deliver(&mut draft, &contract, "b", &[(None, 20, Some(19)), (Some("p4"), 20, None)]).await;
        let before = quality::history(&draft, "marts").await.unwrap();
        // What was looked at before is not even read.
        storage.delete(&format!("staged/portal_plates/{first}")).await.unwrap();
        let findings = found(&draft, &contracts, &before).await;
        assert_eq!(findings["not_null"], (1, vec!["_object=b, _line=2".to_owned()]));
        assert_eq!(findings["order_of_days"].0, 1);
        // Without what the last run found, all of it is.
        let runtime = session::runtime(draft.storage(), Memory::default()).unwrap();
        assert!(check(&draft, &contracts, &[], false, &runtime, Memory::default()).await.is_err());
    }

    #[tokio::test]
    async fn of_a_large_table_statistics_tell_the_same() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../ingest/contracts");
        let contracts = ContractSet::default().with_folder(&folder).unwrap();
        let contract = Arc::clone(contracts.get("portal/plates").unwrap());
        let warehouse = tempfile::tempdir().unwrap();
        let storage = Storage::open(warehouse.path().to_str().unwrap()).unwrap();
        let mut draft = Draft::begin(&storage).await.unwrap();
        draft.declare(&contract.staged_spec()).unwrap();
        let mut plates = vec![(Some("p"), 10, None); SMALL as usize];
        plates[SMALL as usize - 1] = (None, 10, Some(9));
        deliver(&mut draft, &contract, "a", &plates).await;
        let place = vec![format!("_object=a, _line={}", SMALL + 1)];
        let findings = found(&draft, &contracts, &[]).await;
        assert_eq!(findings["not_null"], (1, place.clone()));
        assert_eq!(findings["order_of_days"], (1, place));
        plates[SMALL as usize - 1] = (Some("p"), 10, None);
        deliver(&mut draft, &contract, "a", &plates).await;
        let findings = found(&draft, &contracts, &[]).await;
        assert_eq!((findings["not_null"].0, findings["order_of_days"].0), (0, 0));
    }
}
