//! The marts as they are exported: what there is to say about each, and its
//! rows as CSV and as Parquet.

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{DataType, Date32Type, Float64Type, Int64Type};
use arrow::util::display::{ArrayFormatter, FormatOptions};
use chrono::NaiveDate;
use peil_warehouse::publish::Published;
use peil_warehouse::storage::Storage;
use peil_warehouse::table::{self, COMMENT};
use peil_warehouse::{Error, Period, Result};

use crate::frames::table::{Kind as ColumnKind, Table as Record};

/// The type of a column, as the formats tell them apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Integer,
    Number,
    /// A number with so many decimals, exactly.
    Decimal(i8),
    Flag,
    Day,
    Moment,
}

/// A column.
#[derive(Debug, Clone)]
pub(super) struct Column {
    pub name: String,
    pub kind: Kind,
    pub description: String,
}

/// A mart.
#[derive(Debug, Clone)]
pub(super) struct Table {
    pub name: String,
    pub description: String,
    pub columns: Vec<Column>,
    /// The columns that identify a row; empty where they are not known.
    pub key: Vec<String>,
    pub csv: Vec<u8>,
    pub parquet: Vec<u8>,
    /// First and last day of which it tells, where it has periods.
    pub days: Option<(NaiveDate, NaiveDate)>,
}

impl Table {
    pub fn csv_path(&self) -> String {
        format!("data/{}.csv", self.name)
    }

    pub fn parquet_path(&self) -> String {
        format!("data/{}.parquet", self.name)
    }
}

/// Everything that is exported.
#[derive(Debug, Clone)]
pub(super) struct Content {
    /// The marts by name.
    pub tables: Vec<Table>,
    /// Last day whose facts count.
    pub as_of: NaiveDate,
}

impl Content {
    /// Reads the published marts.
    pub async fn read(storage: &Storage, published: &Published) -> Result<Self> {
        let nothing = || Error::usage("no marts are published yet: run `peil run` first");
        let as_of = published.as_of.ok_or_else(nothing)?;
        let keys = keys(storage, published).await?;
        let mut tables = Vec::new();
        for (path, state) in &published.tables {
            let Some(name) = path.strip_prefix("marts/") else { continue };
            let schema = state.arrow_schema()?;
            let batches = published.batches(storage, path, None).await?;
            let columns = schema.fields().iter().map(|field| {
                let kind = kind(field.data_type()).ok_or_else(|| {
                    Error::internal(format!("{path}: {} is of type {}", field.name(), field.data_type()))
                })?;
                let description = field.metadata().get(COMMENT).cloned().unwrap_or_default();
                Ok(Column { name: field.name().clone(), kind, description })
            });
            let columns = columns.collect::<Result<Vec<_>>>()?;
            let key = keys.iter().find(|(mart, _)| mart == name).map(|(_, key)| key.clone()).unwrap_or_default();
            tables.push(Table {
                name: name.to_owned(),
                description: state.description.clone(),
                csv: csv(name, &columns, &batches)?,
                parquet: table::encode(&batches, &schema)?.to_vec(),
                days: days(&batches, as_of),
                columns,
                key,
            });
        }
        if tables.is_empty() { Err(nothing()) } else { Ok(Self { tables, as_of }) }
    }

    /// A mart by name.
    pub fn table(&self, name: &str) -> Option<&Table> {
        self.tables.iter().find(|table| table.name == name)
    }
}

/// The key of each mart.
async fn keys(storage: &Storage, published: &Published) -> Result<Vec<(String, Vec<String>)>> {
    let names = ["model", "layer"].map(|column| (column, ColumnKind::Text));
    let optional = [("key", ColumnKind::Text)];
    let Some(table) = Record::read_if_there(storage, published, "ops/models", &names, &optional).await? else {
        return Ok(Vec::new());
    };
    let rows = table.rows().filter(|row| table.is("layer", *row, "marts"));
    let key = |row| table.text("key", row).unwrap_or_default().split(", ").map(str::to_owned).collect::<Vec<_>>();
    rows.map(|row| Ok((table.required("model", row)?, key(row).into_iter().filter(|name| !name.is_empty()).collect())))
        .collect()
}

fn kind(kind: &DataType) -> Option<Kind> {
    Some(match kind {
        DataType::Utf8 => Kind::Text,
        DataType::Int64 => Kind::Integer,
        DataType::Float64 => Kind::Number,
        DataType::Decimal128(_, decimals) => Kind::Decimal(*decimals),
        DataType::Boolean => Kind::Flag,
        DataType::Date32 => Kind::Day,
        DataType::Timestamp(..) => Kind::Moment,
        _ => return None,
    })
}

/// Rows as CSV (RFC 4180) in UTF-8: a header, a point for decimals, days as
/// 2022-06-30, empty where there is no value.
fn csv(name: &str, columns: &[Column], batches: &[RecordBatch]) -> Result<Vec<u8>> {
    let failed = |error: csv::Error| Error::internal(format!("{name} as CSV: {error}"));
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    writer.write_record(columns.iter().map(|column| column.name.as_str())).map_err(failed)?;
    let options = FormatOptions::default().with_null("");
    for batch in batches {
        let formatters = batch.columns().iter().map(|column| Ok(ArrayFormatter::try_new(column, &options)?));
        let formatters = formatters.collect::<Result<Vec<_>>>()?;
        for row in 0..batch.num_rows() {
            for (column, formatter) in batch.columns().iter().zip(&formatters) {
                let text = match column.data_type() {
                    // The shortest text that reads back as the number.
                    DataType::Float64 if column.is_valid(row) => {
                        column.as_primitive::<Float64Type>().value(row).to_string()
                    }
                    _ => formatter.value(row).to_string(),
                };
                writer.write_field(text).map_err(failed)?;
            }
            writer.write_record(None::<&[u8]>).map_err(failed)?;
        }
    }
    writer.into_inner().map_err(|error| Error::internal(format!("{name} as CSV: {error}")))
}

/// From the first day of its first period to the as-of day, or the end of its
/// last period where that comes first.
fn days(batches: &[RecordBatch], as_of: NaiveDate) -> Option<(NaiveDate, NaiveDate)> {
    let mut all: Option<(NaiveDate, NaiveDate)> = None;
    let mut take = |(first, last): (NaiveDate, NaiveDate)| {
        let (from, until) = all.unwrap_or((first, last));
        all = Some((from.min(first), until.max(last)));
    };
    for batch in batches {
        for name in ["period", "month", "year", "submitted_on"] {
            let Some(column) = batch.column_by_name(name) else { continue };
            for row in (0..batch.num_rows()).filter(|row| column.is_valid(*row)) {
                let found = match column.data_type() {
                    DataType::Utf8 => range(column.as_string::<i32>().value(row)),
                    DataType::Int64 => range(&column.as_primitive::<Int64Type>().value(row).to_string()),
                    DataType::Date32 => column.as_primitive::<Date32Type>().value_as_date(row).map(|day| (day, day)),
                    _ => None,
                };
                found.into_iter().for_each(&mut take);
            }
        }
    }
    all.filter(|(from, _)| *from <= as_of).map(|(from, until)| (from, until.min(as_of)))
}

fn range(text: &str) -> Option<(NaiveDate, NaiveDate)> {
    if let Ok(period) = text.parse::<Period>() {
        return Some((period.first_day(), period.last_day()));
    }
    let first: NaiveDate = format!("{text}-01").parse().ok()?;
    Some((first, first.checked_add_months(chrono::Months::new(1))?.pred_opt()?))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, Decimal128Array, Float64Array, StringArray};

    use super::*;

    #[test]
    fn csv_tells_values_exactly_and_leaves_nothing_where_there_is_none() {
        let amounts = Decimal128Array::from(vec![Some(151_895), None]).with_precision_and_scale(18, 2).unwrap();
        let batch = RecordBatch::try_from_iter([
            ("name", Arc::new(StringArray::from(vec!["a \"b\", c", "d"])) as ArrayRef),
            ("share", Arc::new(Float64Array::from(vec![Some(0.1), None])) as ArrayRef),
            ("amount", Arc::new(amounts) as ArrayRef),
        ])
        .unwrap();
        let column = |name: &str, kind| Column { name: name.to_owned(), kind, description: String::new() };
        let columns = [column("name", Kind::Text), column("share", Kind::Number), column("amount", Kind::Decimal(2))];
        let text = String::from_utf8(csv("t", &columns, &[batch]).unwrap()).unwrap();
        assert_eq!(text, "name,share,amount\r\n\"a \"\"b\"\", c\",0.1,1518.95\r\nd,,\r\n");
    }

    #[test]
    fn a_table_tells_of_its_periods_up_to_the_as_of_day() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let column: ArrayRef = Arc::new(StringArray::from(vec!["2022Q2", "2021Q4", "2023"]));
        let batch = RecordBatch::try_from_iter([("period", column)]).unwrap();
        assert_eq!(days(&[batch], day("2022-07-31")), Some((day("2021-10-01"), day("2022-07-31"))));
        assert_eq!(range("2022-02"), Some((day("2022-02-01"), day("2022-02-28"))));
    }
}
