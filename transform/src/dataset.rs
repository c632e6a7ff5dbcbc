//! What a contract makes of its conformed table.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field};
use peil_warehouse::contract::{
    Column, ColumnType, Contract, DELIVERY, DELIVERY_DATE, FactDay, LINE, Mode, OBJECT, ROW,
};
use peil_warehouse::table::{TableSpec, documented};
use peil_warehouse::{Error, Result};

/// First day of a row of a snapshot.
pub(crate) const VALID_FROM: &str = "valid_from";
/// First day no longer of a row of a snapshot.
pub(crate) const VALID_UNTIL: &str = "valid_until";
/// Brussels month of an event.
pub(crate) const MONTH: &str = "month";

/// A dataset, as its contract describes it.
#[derive(Debug)]
pub(crate) struct Dataset {
    /// What the source promises.
    pub contract: Arc<Contract>,
}

impl Dataset {
    /// The dataset of a contract.
    ///
    /// # Errors
    /// [`Error::Usage`] where a large fact has no single day by which it
    /// falls in a month.
    pub fn new(contract: Arc<Contract>) -> Result<Self> {
        let single = matches!(&contract.fact_day, Some(FactDay::Earliest(columns)) if columns.len() == 1);
        let nested = contract.stored_columns().any(|column| !column.column_type.is_scalar());
        if contract.large_fact && (!single || nested || contract.mode == Mode::Snapshot) {
            return Err(Error::usage(format!(
                "contract {}: a largeFact is an upsert without lists, with one column as its factDay",
                contract.dataset
            )));
        }
        Ok(Self { contract })
    }

    /// System and dataset, as `portal/events`.
    pub fn name(&self) -> &str {
        &self.contract.dataset
    }

    /// The table of the current rows.
    pub fn conformed_table(&self) -> String {
        format!("conformed/{}", self.contract.table_name())
    }

    /// The scalar columns that hold a reference to an authority.
    pub fn authority_columns(&self) -> impl Iterator<Item = &Column> {
        self.contract.stored_columns().filter(|column| column.column_type == ColumnType::Authority)
    }

    /// Whether a row refers to authorities at all.
    pub fn refers_to_authorities(&self) -> bool {
        self.contract.stored_columns().any(|column| column.column_type.is_authority())
    }

    /// The columns of the conformed table, in order, by name.
    pub fn conformed_columns(&self) -> Vec<String> {
        self.spec().schema.fields().iter().map(|field| field.name().clone()).collect()
    }

    /// The columns by which the conformed rows are sorted: the key, an
    /// authority by its code and then its text, a snapshot by its day first.
    pub fn sort_columns(&self) -> Vec<String> {
        let day = (self.contract.mode == Mode::Snapshot).then(|| VALID_FROM.to_owned());
        let keys = self.contract.key.iter().flat_map(|key| {
            let authority = self.authority_columns().any(|column| column.name == *key);
            authority.then(|| nis_column(key)).into_iter().chain([key.clone()])
        });
        day.into_iter().chain(keys).collect()
    }

    /// What the conformed table looks like.
    pub fn spec(&self) -> TableSpec {
        let contract = &self.contract;
        let mut columns = Vec::new();
        for column in contract.stored_columns().filter(|column| column.column_type.is_scalar()) {
            columns.push(column.field());
            match column.column_type {
                ColumnType::Authority => columns.push(documented(
                    Field::new(nis_column(&column.name), DataType::Utf8, true),
                    format!(
                        "NIS code of {} on the day of the fact, before successors; empty where it does not resolve",
                        column.name
                    ),
                )),
                ColumnType::Timestamp => columns.push(documented(
                    Field::new(day_column(&column.name), DataType::Date32, true),
                    format!("Brussels day of {}", column.name),
                )),
                _ => {}
            }
        }
        if contract.mode == Mode::Snapshot {
            columns.push(documented(Field::new(VALID_FROM, DataType::Date32, true), "delivery date of the snapshot"));
            columns.push(documented(
                Field::new(VALID_UNTIL, DataType::Date32, true),
                "delivery date of the next snapshot; empty while there is none",
            ));
        }
        if contract.large_fact {
            columns.push(documented(Field::new(MONTH, DataType::Utf8, true), "Brussels month, as 2022-03"));
        }
        columns.extend(origin_fields());
        TableSpec::new(self.conformed_table(), contract.description.clone(), columns)
    }
}

/// The columns that say where a row came from, with their documentation.
pub(crate) fn origin_fields() -> Vec<Field> {
    [
        (DELIVERY, DataType::Utf8, "delivery that brought the row"),
        (ROW, DataType::Int64, "number of the row in its delivery, from 1"),
        (LINE, DataType::Int64, "line, sheet row or Parquet row on which the row begins"),
        (DELIVERY_DATE, DataType::Date32, "delivery date under which the delivery counts"),
        (OBJECT, DataType::Utf8, "object in the landing area under which the delivery counts"),
    ]
    .map(|(name, data_type, comment)| documented(Field::new(name, data_type, true), comment))
    .to_vec()
}

/// The column of the NIS code of an authority: `nis_code` for `authority`.
pub(crate) fn nis_column(authority: &str) -> String {
    if authority == "authority" { "nis_code".to_owned() } else { format!("{authority}_nis_code") }
}

/// The column of the Brussels day of a moment: `occurred_on` for
/// `occurred_at`.
pub(crate) fn day_column(timestamp: &str) -> String {
    format!("{}_on", timestamp.strip_suffix("_at").unwrap_or(timestamp))
}
