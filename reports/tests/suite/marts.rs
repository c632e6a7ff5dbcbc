//! Marts made by hand from the published tables: the year 2022, as of
//! 2022-07-31, each value equal to the published one unless changed.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray, Decimal128Array, Float64Array, Int64Array, RecordBatch, StringArray};
use arrow::datatypes::{Field, Schema};
use chrono::NaiveDate;
use peil_reports::frames::Report;
use peil_warehouse::Period;
use peil_warehouse::publish::{Draft, Published};
use peil_warehouse::storage::Storage;
use peil_warehouse::table::TableSpec;
use tempfile::TempDir;

use crate::usage;

const INDICATORS: &str = include_str!("../data/indicators.csv");
const COSTS: &str = include_str!("../data/costs_2022.csv");
/// Columns of the published table that hold a realised figure or a target.
const PERIODS: [&str; 6] = ["2022Q1", "2022Q2", "2022Q3", "2022Q4", "2023", "2024"];

/// An indicator of the published table.
pub struct Published87 {
    pub id: String,
    pub programme: String,
    pub section: String,
    pub label: String,
    pub kind: String,
    /// 2021, the four quarters of 2022, 2023, 2024: as published.
    pub cells: [String; 7],
}

/// The published table.
pub fn published_table() -> Vec<Published87> {
    let mut reader = csv::Reader::from_reader(INDICATORS.as_bytes());
    reader
        .records()
        .map(|record| {
            let record = record.unwrap();
            let text = |at: usize| record[at].to_owned();
            Published87 {
                id: text(0),
                programme: text(1),
                section: text(2),
                label: text(3),
                kind: text(4),
                cells: [5, 6, 7, 8, 9, 10, 11].map(text),
            }
        })
        .collect()
}

/// A row of `indicator_values`.
pub struct ValueRow {
    pub id: String,
    pub period: String,
    pub provisional: bool,
    pub value: Option<f64>,
    pub target: Option<f64>,
    pub status: &'static str,
}

/// Marts to be, open to change before they are written.
pub struct Marts {
    pub values: Vec<ValueRow>,
    pub attention: Vec<[&'static str; 5]>,
    pub with_costs: bool,
    pub without: Option<&'static str>,
    /// Rows of the marts of `usage`, by mart.
    pub usage: BTreeMap<&'static str, Vec<&'static str>>,
}

/// A warehouse with hand-made marts.
pub struct Warehouse {
    pub storage: Storage,
    pub published: Published,
    _folder: TempDir,
}

impl Marts {
    /// The marts as published: what was realised equals its target.
    pub fn as_published() -> Self {
        let mut values = Vec::new();
        for row in published_table().into_iter().filter(|row| row.kind != "milestone") {
            let number = |at: usize| row.cells[at].parse::<f64>().ok();
            let sum = |one: Option<f64>, other: Option<f64>| Some(one? + other?);
            let flow = row.kind == "flow";
            let mut add = |period: &str, value: Option<f64>, target: Option<f64>, provisional: bool| {
                let status = match (value, target) {
                    (None, _) => "no_value",
                    (_, None) => "no_target",
                    _ if provisional => "in_progress",
                    _ => "achieved",
                };
                values.push(ValueRow {
                    id: row.id.clone(),
                    period: period.to_owned(),
                    provisional,
                    value,
                    target,
                    status,
                });
            };
            let (second, third) = (number(2), number(3));
            let running = if flow { number(2).map(|_| 1.0) } else { second };
            add("2021", number(0), None, false);
            add("2022Q1", number(1), number(1), false);
            add("2022Q2", second, second, false);
            add("2022Q3", running, third, true);
            add("2022Q4", None, number(4), false);
            let semester = if flow { sum(number(1), second) } else { second };
            add("2022S1", semester, semester, false);
            add("2022S2", running, number(4), true);
            let year = if flow { sum(semester, running) } else { second };
            let year_target = if flow { sum(sum(number(1), second), sum(third, number(4))) } else { number(4) };
            add("2022", year, year_target, true);
            add("2023", None, number(5), false);
            add("2024", None, number(6), false);
        }
        Self { values, attention: Vec::new(), with_costs: true, without: None, usage: BTreeMap::new() }
    }

    /// Gives an indicator another value in 2022S1 and its second quarter.
    pub fn realised(mut self, id: &str, value: f64, status: &'static str) -> Self {
        for row in
            self.values.iter_mut().filter(|row| row.id == id && ["2022Q2", "2022S1"].contains(&row.period.as_str()))
        {
            (row.value, row.status) = (Some(value), status);
        }
        self
    }

    /// Gives a mart of `usage` its rows.
    pub fn with(mut self, mart: &'static str, rows: &[&'static str]) -> Self {
        self.usage.insert(mart, rows.to_vec());
        self
    }

    /// Writes and publishes them.
    pub async fn publish(self) -> Warehouse {
        let folder = tempfile::tempdir().unwrap();
        let storage = Storage::open(folder.path().to_str().unwrap()).unwrap();
        let mut draft = Draft::begin(&storage).await.unwrap();
        let table = published_table();
        let mut marts = vec![
            ("indicators", indicators(&table)),
            ("indicator_values", self.value_rows()),
            ("indicator_table", self.year_rows(&table)),
            ("milestones", milestones(&table)),
            ("costs", costs(self.with_costs)),
            ("budget", budget(self.with_costs)),
            ("attention_points", attention(&self.attention)),
        ];
        for (name, header) in usage::MARTS {
            let rows = self.usage.get(name).map_or(&[][..], Vec::as_slice);
            marts.push((name, usage::columns(header, rows)));
        }
        marts.retain(|(name, _)| Some(*name) != self.without);
        for (name, columns) in marts {
            write(&mut draft, name, columns).await;
        }
        draft.update(|published| {
            published.as_of = Some(NaiveDate::from_ymd_opt(2022, 7, 31).unwrap());
            published.run_id = Some("20220801T060000Z".to_owned());
        });
        draft.publish().await.unwrap();
        let mut published = draft.published().clone();
        published.published_at = None;
        Warehouse { storage, published, _folder: folder }
    }

    fn value_rows(&self) -> Vec<(&'static str, ArrayRef)> {
        let rows = &self.values;
        vec![
            ("indicator_id", text(rows.iter().map(|row| Some(row.id.clone())))),
            ("programme", text(rows.iter().map(|_| Some("x".to_owned())))),
            ("period", text(rows.iter().map(|row| Some(row.period.clone())))),
            ("provisional", flag(rows.iter().map(|row| row.provisional))),
            ("value", number(rows.iter().map(|row| row.value))),
            ("target", number(rows.iter().map(|row| row.target))),
            ("status", text(rows.iter().map(|row| Some(row.status.to_owned())))),
        ]
    }

    fn year_rows(&self, table: &[Published87]) -> Vec<(&'static str, ArrayRef)> {
        let rows: Vec<&Published87> = table.iter().filter(|row| row.kind != "milestone").collect();
        let find = |row: &Published87, period: &str| {
            self.values.iter().find(|value| value.id == row.id && value.period == period).unwrap()
        };
        let value = |period: &str| number(rows.iter().map(|row| find(row, period).value));
        let target = |period: &str| number(rows.iter().map(|row| find(row, period).target));
        vec![
            ("year", Arc::new(Int64Array::from(vec![2022; rows.len()])) as ArrayRef),
            ("indicator_id", text(rows.iter().map(|row| Some(row.id.clone())))),
            ("baseline", value("2021")),
            ("q1", value("2022Q1")),
            ("q2", value("2022Q2")),
            ("q3", value("2022Q3")),
            ("q4", value("2022Q4")),
            ("year_value", value("2022")),
            ("q1_target", target("2022Q1")),
            ("q2_target", target("2022Q2")),
            ("q3_target", target("2022Q3")),
            ("q4_target", target("2022Q4")),
            ("year_target", target("2022")),
            ("next_year_target", target("2023")),
            ("second_next_year_target", target("2024")),
        ]
    }
}

impl Warehouse {
    pub async fn report(&self, period: &str) -> Report {
        Report::read(&self.storage, &self.published, self.period(period)).await.unwrap()
    }

    pub fn period(&self, period: &str) -> Period {
        period.parse().unwrap()
    }
}

async fn write(draft: &mut Draft, name: &str, columns: Vec<(&'static str, ArrayRef)>) {
    let fields: Vec<Field> =
        columns.iter().map(|(name, column)| Field::new(*name, column.data_type().clone(), true)).collect();
    let spec = TableSpec::new(format!("marts/{name}"), "made by hand", fields.clone());
    draft.declare(&spec).unwrap();
    let arrays = columns.into_iter().map(|(_, column)| column).collect();
    let batch = RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays).unwrap();
    draft.write_part(&spec.name, "", "by hand", &[batch]).await.unwrap();
}

fn indicators(table: &[Published87]) -> Vec<(&'static str, ArrayRef)> {
    let column = |of: fn(&Published87) -> &str| text(table.iter().map(|row| Some(of(row).to_owned())));
    let numeric = |word: &str| {
        let word = word.to_owned();
        text(table.iter().map(move |row| (row.kind != "milestone").then(|| word.clone())))
    };
    let positions: Vec<i64> = (1..=table.len() as i64).collect();
    vec![
        ("indicator_id", column(|row| &row.id)),
        ("programme", column(|row| &row.programme)),
        ("section", column(|row| &row.section)),
        ("label_nl", column(|row| &row.label)),
        ("kind", column(|row| &row.kind)),
        ("unit_nl", numeric("besturen")),
        ("definition_nl", column(|row| &row.label)),
        ("position", Arc::new(Int64Array::from(positions)) as ArrayRef),
    ]
}

/// The marks of the published table; the first quarter's are done, the
/// second's under way with a note.
fn milestones(table: &[Published87]) -> Vec<(&'static str, ArrayRef)> {
    let mut rows: Vec<(String, String, Option<&str>, Option<&str>)> = Vec::new();
    for row in table.iter().filter(|row| row.kind == "milestone") {
        for (period, cell) in ["2021"].iter().chain(&PERIODS).zip(&row.cells) {
            let period = match cell.as_str() {
                "" => continue,
                "x" => (*period).to_owned(),
                quarter => format!("{period}{quarter}"),
            };
            let (state, note) = match period.as_str() {
                "2022Q1" => (Some("gerealiseerd"), None),
                "2022Q2" if row.id == "OC-11" => (Some("lopend"), Some("Overleg met VLOCA gestart")),
                "2022Q2" => (Some("lopend"), None),
                _ => (None, None),
            };
            rows.push((row.id.clone(), period, state, note));
        }
    }
    let owned = |value: Option<&str>| value.map(str::to_owned);
    vec![
        ("indicator_id", text(rows.iter().map(|row| Some(row.0.clone())))),
        ("period", text(rows.iter().map(|row| Some(row.1.clone())))),
        ("planned", flag(rows.iter().map(|_| true))),
        ("state", text(rows.iter().map(|row| owned(row.2)))),
        ("note", text(rows.iter().map(|row| owned(row.3)))),
    ]
}

fn costs(with_rows: bool) -> Vec<(&'static str, ArrayRef)> {
    let mut reader = csv::Reader::from_reader(COSTS.as_bytes());
    let mut rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).filter(|_| with_rows).collect();
    // A mart has an order of its own, which is not the published one.
    rows.sort_by(|one, other| (&one[0], &one[1]).cmp(&(&other[0], &other[1])));
    let cents =
        |at: usize| amount(rows.iter().map(|row| Some(row[at].replace('.', "").parse::<i128>().unwrap())).collect());
    vec![
        ("year", Arc::new(Int64Array::from(vec![2022; rows.len()])) as ArrayRef),
        ("product", text(rows.iter().map(|row| Some(row[0].to_owned())))),
        ("cost_type", text(rows.iter().map(|row| Some(row[1].to_owned())))),
        ("actual", cents(2)),
        ("forecast", cents(3)),
    ]
}

fn budget(with_rows: bool) -> Vec<(&'static str, ArrayRef)> {
    let rows = usize::from(with_rows);
    vec![
        ("year", Arc::new(Int64Array::from(vec![2022; rows])) as ArrayRef),
        ("budget", amount(vec![Some(11_101_800); rows])),
        ("actual", amount(vec![Some(9_484_079); rows])),
        ("forecast", amount(vec![Some(16_258_416); rows])),
        ("budget_share", number(vec![Some(162_584.16 / 111_018.0); rows].into_iter())),
    ]
}

fn attention(points: &[[&'static str; 5]]) -> Vec<(&'static str, ArrayRef)> {
    let column = |at: usize| text(points.iter().map(move |point| Some(point[at].to_owned())));
    vec![
        ("period", column(0)),
        ("code", column(1)),
        ("severity", column(2)),
        ("subject", column(3)),
        ("text_nl", column(4)),
    ]
}

fn text(values: impl Iterator<Item = Option<String>>) -> ArrayRef {
    Arc::new(values.collect::<StringArray>())
}

fn number(values: impl Iterator<Item = Option<f64>>) -> ArrayRef {
    Arc::new(values.collect::<Float64Array>())
}

fn flag(values: impl Iterator<Item = bool>) -> ArrayRef {
    Arc::new(values.map(Some).collect::<BooleanArray>())
}

fn amount(values: Vec<Option<i128>>) -> ArrayRef {
    Arc::new(Decimal128Array::from(values).with_precision_and_scale(18, 2).unwrap())
}
