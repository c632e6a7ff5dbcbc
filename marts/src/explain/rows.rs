//! The source rows behind a figure: of each thing that counts the row that
//! made it count, with the delivery and the line in which it came.

use std::collections::BTreeMap;

use arrow::array::{Array, AsArray};
use arrow::compute::cast;
use arrow::datatypes::DataType;
use chrono::NaiveDate;
use datafusion::execution::context::SessionContext;
use peil_warehouse::table::TableState;
use peil_warehouse::{Error, Period, Result};
use serde::Serialize;

use super::recount::{Counted, count};
use super::{Explanation, Ground};
use crate::calendar::{last_of_month, month_name, months_ended, window_start};
use crate::indicator::{Facts, Kind, Shape, Window, authority, condition, thing, trace};
use crate::relation::{plain, table_name};
use crate::session::{self, ParquetTable};

/// The day by which large tables of facts are split into months.
const MONTHLY_BY: &str = "occurred_on";
/// Digits of a pseudonym that are shown.
const PSEUDONYM_DIGITS: usize = 8;
/// Where a row comes from.
const ORIGIN: &str = "_delivery, _object, _delivery_date, _row, _line";

/// A row of a query's result: each column that is not null, as text.
pub(super) type Record = BTreeMap<String, String>;

/// A source row.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct SourceRow {
    /// What it makes count: a NIS code, an id; of a person the begin of the
    /// pseudonym.
    pub thing: String,
    /// The month in which it counts, for a mean over months.
    pub month: Option<String>,
    /// The authority, in the composition of the peildatum; empty where persons
    /// are counted.
    pub authority: Option<String>,
    /// The authority as the source names it.
    pub delivered_as: Option<String>,
    /// The day by which it counts.
    pub from_day: Option<String>,
    /// The first day on which it counts no longer.
    pub until_day: Option<String>,
    /// The measurement.
    pub measure: Option<String>,
    /// Rows of the same thing that count, this one included.
    pub rows: u64,
    /// The delivery, as its path under the landing area.
    pub object: String,
    /// Its day.
    pub delivery_date: Option<String>,
    /// Hash of its bytes.
    pub sha256: Option<String>,
    /// The sheet of a workbook; filled in by who knows the contracts.
    pub sheet: Option<String>,
    /// Number of the row in the delivery, from 1.
    pub row: u64,
    /// The line on which it begins, as an editor shows it; of a workbook the
    /// row of the sheet.
    pub line: u64,
}

/// The part of a delivery in a figure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DeliveryShare {
    /// Its path under the landing area.
    pub object: String,
    /// Its day.
    pub delivery_date: Option<String>,
    /// Hash of its bytes.
    pub sha256: Option<String>,
    /// Rows of it that count.
    pub rows: u64,
    /// Things that count by a row of it first.
    pub things: u64,
}

/// Adds the rows behind the value, the deliveries that they came in, and what
/// they give when they are counted.
pub(super) async fn add(
    ground: &Ground<'_>,
    facts: &Facts<'_>,
    peildatum: NaiveDate,
    explanation: &mut Explanation,
) -> Result<()> {
    let indicator = facts.indicator;
    let Some(table) = trace::traced(facts.fact) else {
        return Err(Error::usage(format!(
            "{}: the rows of conformed.{} do not tell from which delivery they are\nhint: name another table as `fact:`",
            indicator.place, facts.fact
        )));
    };
    let days = Days::of(facts, explanation.period, peildatum, ground.as_of);
    let relation = format!("conformed.{table}");
    let session = open(ground, &relation, facts, &days).await?;
    let has_authority = {
        let state = ground.published.table(&table_name(&relation));
        state
            .map(TableState::arrow_schema)
            .transpose()?
            .is_some_and(|schema| schema.field_with_name("authority").is_ok())
    };
    let counted = counted(facts, table, &days, has_authority);
    let wrong = |error: Error| Error::usage(format!("{}: {error}", indicator.place));
    let firsts = format!(
        "{counted}\nselect month, thing, nis_code, delivered_as, from_day, until_day, measure, thing_rows, {ORIGIN}\n\
         from ranked where place = 1 order by month, from_day, thing, _object, _row"
    );
    let shares = format!(
        "{counted}\nselect _delivery, _object, _delivery_date, count(*) as rows,\n  \
         sum(case when place = 1 then 1 else 0 end) as things\nfrom ranked\n\
         group by _delivery, _object, _delivery_date order by _delivery_date, _object"
    );
    let firsts = records(&session, &firsts).await.map_err(wrong)?;
    let shares = records(&session, &shares).await.map_err(wrong)?;
    let listed: Vec<Counted<'_>> = firsts
        .iter()
        .map(|row| Counted {
            month: text(row, "month"),
            thing: text(row, "thing"),
            rows: number(row, "thing_rows"),
            measure: row.get("measure").map(String::as_str),
        })
        .collect();
    explanation.recount = Some(count(indicator.kind, &listed, &days.months)?);
    let shas = shas(ground).await?;
    let names = names(&session, peildatum).await?;
    explanation.rows = firsts
        .iter()
        .map(|record| {
            let mut row = SourceRow { rows: number(record, "thing_rows"), ..origin(record, &shas) };
            let given = |column: &str| record.get(column).filter(|text| !text.is_empty()).cloned();
            row.month = given("month");
            row.from_day = given("from_day");
            row.until_day = given("until_day");
            row.measure = given("measure");
            row.thing = text(record, "thing").to_owned();
            if indicator.counts_persons() {
                // With the authority one could count the persons of each.
                row.thing = format!("{}…", row.thing.chars().take(PSEUDONYM_DIGITS).collect::<String>());
            } else {
                let name = given("nis_code");
                row.authority = name.map(|nis| names.get(&nis).cloned().unwrap_or(nis));
                row.delivered_as = given("delivered_as");
            }
            row
        })
        .collect();
    explanation.deliveries = shares
        .iter()
        .map(|record| {
            let from = origin(record, &shas);
            DeliveryShare {
                object: from.object,
                delivery_date: from.delivery_date,
                sha256: from.sha256,
                rows: number(record, "rows"),
                things: number(record, "things"),
            }
        })
        .collect();
    Ok(())
}

/// The days that count for a period.
struct Days {
    /// The first; none: since the start.
    from: Option<NaiveDate>,
    /// The last.
    until: NaiveDate,
    /// The peildatum, whose composition counts.
    peildatum: NaiveDate,
    /// The months over which a mean is taken.
    months: Vec<String>,
}

impl Days {
    fn of(facts: &Facts<'_>, period: Period, peildatum: NaiveDate, as_of: NaiveDate) -> Self {
        let since = |from| Self { from, until: peildatum, peildatum, months: Vec::new() };
        match facts.shape {
            Shape::Line | Shape::Interval => since(None),
            Shape::Event(Window::Period) => since(Some(period.first_day())),
            Shape::Event(Window::Rolling) => since(Some(window_start(peildatum))),
            Shape::Event(Window::Month) => {
                let months = months_ended(period, as_of);
                // Without a month that has ended, no day counts.
                let none = || period.first_day() - chrono::Days::new(1);
                Self {
                    from: Some(period.first_day()),
                    until: months.last().map_or_else(none, |last| last_of_month(*last)),
                    peildatum,
                    months: months.into_iter().map(month_name).collect(),
                }
            }
        }
    }
}

/// A session with the facts, of which only the months that count, and what
/// else their rows need.
async fn open(ground: &Ground<'_>, relation: &str, facts: &Facts<'_>, days: &Days) -> Result<SessionContext> {
    let session = session::session(ground.storage)?;
    let tables = [
        relation,
        "conformed.authority_compositions",
        "conformed.reference_authorities",
        "conformed.delivery_receipts",
    ];
    for relation in tables {
        let name = table_name(relation);
        let mut state =
            ground.published.table(&name).cloned().ok_or_else(|| {
                Error::usage(format!("the table `{relation}` is not there\nhint: `peil run` makes it"))
            })?;
        if facts.from == MONTHLY_BY {
            let (from, until) = (days.from.map(month_name), month_name(days.until));
            let counts = |month: &str| from.as_deref().is_none_or(|from| from <= month) && month <= until.as_str();
            state.files.retain(|file| file.part.is_empty() || counts(&file.part));
        }
        session::register(&session, relation, ParquetTable::of(ground.storage, &name, &state)?)?;
    }
    Ok(session)
}

/// The rows that count, each with its place among those of its thing.
fn counted(facts: &Facts<'_>, table: &str, days: &Days, has_authority: bool) -> String {
    let source = source(facts, table, days, has_authority);
    let in_force = match facts.shape {
        Shape::Line => latest(),
        _ => "in_force as (\n  select * from composed\n)".to_owned(),
    };
    let counts_authorities = facts.indicator.counts_authorities();
    let counted = if counts_authorities { "nis_code" } else { "thing" };
    let day = days.peildatum;
    format!(
        "with facts as (\n{source}\n),\ncomposition as (\n  select nis_code as named_nis, composition_nis\n  \
         from conformed.authority_compositions\n  where coalesce(from_day, date '0001-01-01') <= date '{day}'\n    \
         and coalesce(until_day, date '9999-12-31') > date '{day}'\n),\n\
         composed as (\n  select facts.month, facts.thing, coalesce(composition.composition_nis, facts.named_nis) as nis_code,\n    \
         facts.delivered_as, facts.from_day, facts.until_day, facts.measure, facts.line, facts.counts, facts.received_order,\n    {ORIGIN}\n  \
         from facts\n  left join composition on composition.named_nis = facts.named_nis\n),\n{in_force},\n\
         counted as (\n  select month, {counted} as thing, nis_code, delivered_as, from_day, until_day, measure, {ORIGIN}\n  \
         from in_force where {counted} is not null\n),\n\
         ranked as (\n  select month, thing, nis_code, delivered_as, from_day, until_day, measure, {ORIGIN},\n    \
         row_number() over (\n      partition by month, thing order by from_day, _delivery_date, _object, _row, _delivery\n    ) as place,\n    \
         count(*) over (partition by month, thing) as thing_rows\n  from counted\n)"
    )
}

/// The facts of an indicator that can count.
fn source(facts: &Facts<'_>, table: &str, days: &Days, has_authority: bool) -> String {
    let Facts { indicator, from, shape, .. } = facts;
    let is_line = *shape == Shape::Line;
    let until = indicator.until.as_deref().filter(|_| *shape == Shape::Interval);
    let measure = indicator.measures.as_deref().unwrap_or("null");
    let columns: Vec<String> =
        indicator.line.iter().flatten().map(|column| format!("cast({column} as varchar)")).collect();
    let line = if columns.is_empty() { "''".to_owned() } else { format!("concat_ws(chr(31), {})", columns.join(", ")) };
    let month = match indicator.kind {
        Kind::MonthlyActive => format!("substr(cast({from} as varchar), 1, 7)"),
        _ => "''".to_owned(),
    };
    // Of a line the latest row decides, whether it counts or not.
    let (keep, counts) = match indicator.line {
        Some(_) => ("true".to_owned(), condition(indicator)),
        None => (condition(indicator), "true".to_owned()),
    };
    let mut conditions = vec![format!("{from} <= date '{}'", days.until), keep];
    conditions.extend(days.from.map(|first| format!("{from} >= date '{first}'")));
    conditions.extend(until.map(|until| format!("({until} is null or {until} > date '{}')", days.peildatum)));
    if is_line {
        conditions.push("nis_code is not null".to_owned());
    }
    format!(
        "  select {month} as month, {} as thing, {} as named_nis,\n    {} as delivered_as, {from} as from_day, \
         {} as until_day,\n    cast({measure} as decimal(18, 6)) as measure, {line} as line, coalesce({counts}, false) as counts,\n    \
         coalesce(received_order, 0) as received_order, {ORIGIN}\n  from conformed.{table}\n  \
         left join conformed.delivery_receipts on delivery_id = _delivery\n  where {}",
        if is_line { "nis_code".to_owned() } else { thing(indicator) },
        if is_line { "nis_code" } else { authority(indicator) },
        if has_authority { "authority" } else { "cast(null as varchar)" },
        until.unwrap_or("cast(null as date)"),
        conditions.join("\n    and ")
    )
}

/// Of each authority and line the latest row, where it counts.
fn latest() -> String {
    let columns = format!("month, thing, nis_code, delivered_as, from_day, until_day, measure, {ORIGIN}");
    format!(
        "lines as (\n  select {columns}, counts,\n    row_number() over (\n      partition by nis_code, line\n      \
         order by from_day desc, _delivery_date desc, _object desc, _row desc, received_order desc\n    ) as newest\n  \
         from composed\n),\nin_force as (\n  select {columns} from lines where newest = 1 and counts\n)"
    )
}

/// The names of the authorities, as they are on a day.
async fn names(session: &SessionContext, day: NaiveDate) -> Result<BTreeMap<String, String>> {
    // The last that is written for a code stays: the one valid on the day.
    let sql = format!(
        "select nis_code, name from conformed.reference_authorities\norder by nis_code,\n  \
         case when valid_from <= date '{day}' and coalesce(valid_until, date '9999-12-31') > date '{day}' then 1 else 0 end,\n  \
         valid_from"
    );
    let rows = records(session, &sql).await?;
    Ok(rows.iter().map(|row| (text(row, "nis_code").to_owned(), text(row, "name").to_owned())).collect())
}

/// The hash of the bytes of each delivery that was accepted.
pub(super) async fn shas(ground: &Ground<'_>) -> Result<BTreeMap<String, String>> {
    let columns = ["delivery_id", "sha256", "outcome"];
    let batches = ground.published.batches(ground.storage, "ops/deliveries", Some(&columns)).await?;
    let rows = batches.iter().map(of_batch).collect::<Result<Vec<_>>>()?.into_iter().flatten();
    let accepted = rows.filter(|row| text(row, "outcome") == "accepted");
    Ok(accepted.map(|row| (text(&row, "delivery_id").to_owned(), text(&row, "sha256").to_owned())).collect())
}

/// Where a row comes from.
pub(super) fn origin(record: &Record, shas: &BTreeMap<String, String>) -> SourceRow {
    SourceRow {
        rows: 1,
        object: text(record, "_object").to_owned(),
        delivery_date: record.get("_delivery_date").cloned(),
        sha256: shas.get(text(record, "_delivery")).cloned(),
        row: number(record, "_row"),
        line: number(record, "_line"),
        ..SourceRow::default()
    }
}

/// The rows of a query.
pub(super) async fn records(session: &SessionContext, sql: &str) -> Result<Vec<Record>> {
    let wrong = |error| Error::usage(plain(&error));
    let batches = session.sql(sql).await.map_err(wrong)?.collect().await.map_err(wrong)?;
    Ok(batches.iter().map(of_batch).collect::<Result<Vec<_>>>()?.into_iter().flatten().collect())
}

fn of_batch(batch: &arrow::array::RecordBatch) -> Result<Vec<Record>> {
    let schema = batch.schema();
    let texts = batch.columns().iter().map(|column| cast(column, &DataType::Utf8));
    let texts = texts.collect::<std::result::Result<Vec<_>, _>>()?;
    let columns: Vec<_> = schema.fields().iter().map(|field| field.name()).zip(&texts).collect();
    let record = |row: usize| {
        let valid = columns.iter().filter(|(_, column)| column.is_valid(row));
        valid.map(|(name, column)| ((*name).clone(), column.as_string::<i32>().value(row).to_owned())).collect()
    };
    Ok((0..batch.num_rows()).map(record).collect())
}

/// The text of a column, empty where it is null.
pub(super) fn text<'a>(record: &'a Record, column: &str) -> &'a str {
    record.get(column).map_or("", String::as_str)
}

fn number(record: &Record, column: &str) -> u64 {
    text(record, column).parse().unwrap_or(0)
}
