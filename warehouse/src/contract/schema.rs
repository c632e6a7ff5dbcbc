//! The staged table of a dataset: its accepted rows as delivered.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Fields, SchemaRef, TimeUnit};

use super::{Column, ColumnType, Contract, Privacy};
use crate::table::{TableSpec, documented};

/// Column of staged rows: which delivery brought the row.
pub const DELIVERY: &str = "_delivery";
/// Column of staged rows: the object in the landing area.
pub const OBJECT: &str = "_object";
/// Column of staged rows: number of the row in its delivery, from 1, rejected
/// rows counted too.
pub const ROW: &str = "_row";
/// Column of staged rows: line (sheet row, Parquet row) on which it begins.
pub const LINE: &str = "_line";
/// Column of staged rows: delivery date of its delivery.
pub const DELIVERY_DATE: &str = "_delivery_date";

/// Digits that a decimal holds.
const PRECISION: u8 = 18;

impl Contract {
    /// The table of accepted rows, `staged/<system>_<dataset>`.
    pub fn staged_table(&self) -> String {
        format!("staged/{}", self.table_name())
    }

    /// What the table of accepted rows looks like: the stored columns, and
    /// where each row came from.
    pub fn staged_spec(&self) -> TableSpec {
        let origin = [
            (DELIVERY, DataType::Utf8, "delivery that brought the row"),
            (OBJECT, DataType::Utf8, "object of the delivery in the landing area"),
            (ROW, DataType::Int64, "number of the row in its delivery, from 1"),
            (LINE, DataType::Int64, "line, sheet row or Parquet row on which the row begins"),
            (DELIVERY_DATE, DataType::Date32, "delivery date of the delivery"),
        ];
        let columns = self.stored_columns().map(Column::field);
        let origin =
            origin.into_iter().map(|(name, data_type, comment)| documented(Field::new(name, data_type, true), comment));
        TableSpec::new(self.staged_table(), self.description.clone(), columns.chain(origin).collect())
    }

    /// The columns of the table of accepted rows.
    pub fn staged_schema(&self) -> SchemaRef {
        self.staged_spec().schema
    }
}

impl Column {
    /// The column of the staged table, with its documentation.
    pub fn field(&self) -> Field {
        let comment = match self.privacy {
            Privacy::Pseudonymise => format!("{} (a pseudonym)", self.description),
            _ => self.description.clone(),
        };
        documented(self.bare_field(), comment)
    }

    /// The column without its documentation.
    fn bare_field(&self) -> Field {
        Field::new(&self.name, self.column_type.data_type(), true)
    }
}

impl ColumnType {
    /// The type in which the staged table keeps a value.
    pub fn data_type(&self) -> DataType {
        let members = |columns: &[Column]| -> Fields { columns.iter().map(Column::bare_field).collect() };
        match self {
            Self::Text | Self::Authority | Self::EnterpriseNumber | Self::Period => DataType::Utf8,
            Self::Date(_) => DataType::Date32,
            Self::Timestamp => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
            Self::Integer => DataType::Int64,
            Self::Amount => DataType::Decimal128(PRECISION, 2),
            Self::Decimal => DataType::Decimal128(PRECISION, 6),
            Self::List(element) => list_of(element.data_type()),
            Self::Records(columns) => list_of(DataType::Struct(members(columns))),
            Self::Record(columns) => DataType::Struct(members(columns)),
        }
    }
}

/// A list as Delta names its elements.
fn list_of(element: DataType) -> DataType {
    DataType::List(Arc::new(Field::new("element", element, true)))
}
