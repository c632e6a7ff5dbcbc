//! What the server is, and what it holds.

use std::sync::{Arc, LazyLock};

use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, Field, Schema};
use arrow_flight::error::FlightError;
use arrow_flight::sql::metadata::{
    SqlInfoData, SqlInfoDataBuilder, XdbcTypeInfo, XdbcTypeInfoData, XdbcTypeInfoDataBuilder,
};
use arrow_flight::sql::{
    CommandGetCatalogs, CommandGetDbSchemas, CommandGetSqlInfo, CommandGetTableTypes, CommandGetTables,
    CommandGetXdbcTypeInfo, Nullable, Searchable, SqlInfo, XdbcDataType,
};
use peil_warehouse::table::COMMENT;

use crate::service::DATABASE;
use crate::service::state::State;

type Answer = Result<RecordBatch, FlightError>;

/// The kind of every table: they are only read.
const TABLE_TYPE: &str = "TABLE";

static SERVER: LazyLock<Result<SqlInfoData, String>> = LazyLock::new(|| {
    let mut known = SqlInfoDataBuilder::new();
    known.append(SqlInfo::FlightSqlServerName, "Peil");
    known.append(SqlInfo::FlightSqlServerVersion, env!("CARGO_PKG_VERSION"));
    known.append(SqlInfo::FlightSqlServerArrowVersion, "1.3");
    known.append(SqlInfo::FlightSqlServerReadOnly, true);
    known.append(SqlInfo::FlightSqlServerSql, true);
    known.append(SqlInfo::FlightSqlServerSubstrait, false);
    known.append(SqlInfo::FlightSqlServerTransaction, 0_i32);
    known.append(SqlInfo::FlightSqlServerCancel, false);
    known.append(SqlInfo::SqlIdentifierQuoteChar, "\"");
    known.build().map_err(|error| error.to_string())
});

/// The types of columns: their names, JDBC codes and sizes.
const TYPES: [(&str, XdbcDataType, Option<i32>, Option<&str>); 9] = [
    ("boolean", XdbcDataType::XdbcBit, Some(1), None),
    ("integer", XdbcDataType::XdbcInteger, Some(32), None),
    ("bigint", XdbcDataType::XdbcBigint, Some(64), None),
    ("double precision", XdbcDataType::XdbcDouble, Some(53), None),
    ("numeric", XdbcDataType::XdbcDecimal, Some(38), None),
    ("text", XdbcDataType::XdbcVarchar, None, Some("'")),
    ("date", XdbcDataType::XdbcDate, Some(10), Some("'")),
    ("timestamp", XdbcDataType::XdbcTimestamp, Some(26), Some("'")),
    ("bytea", XdbcDataType::XdbcVarbinary, None, Some("'")),
];

static KNOWN_TYPES: LazyLock<Result<XdbcTypeInfoData, String>> = LazyLock::new(|| {
    let mut known = XdbcTypeInfoDataBuilder::new();
    for (name, code, size, quote) in TYPES {
        known.append(XdbcTypeInfo {
            type_name: name.to_owned(),
            data_type: code,
            column_size: size,
            literal_prefix: quote.map(str::to_owned),
            literal_suffix: quote.map(str::to_owned),
            create_params: None,
            nullable: Nullable::NullabilityNullable,
            case_sensitive: name == "text",
            searchable: Searchable::Full,
            unsigned_attribute: None,
            fixed_prec_scale: false,
            auto_increment: None,
            local_type_name: Some(name.to_owned()),
            minimum_scale: None,
            maximum_scale: None,
            sql_data_type: code,
            datetime_subcode: None,
            num_prec_radix: Some(10),
            interval_precision: None,
        });
    }
    known.build().map_err(|error| error.to_string())
});

/// The one database.
pub(super) fn catalogs(query: CommandGetCatalogs) -> Answer {
    let mut found = query.into_builder();
    found.append(DATABASE);
    found.build()
}

/// The schemas of tables.
pub(super) fn schemas(query: CommandGetDbSchemas, state: &State) -> Answer {
    let mut found = query.into_builder();
    let mut names: Vec<&str> =
        state.relations().filter_map(|name| name.split_once('.').map(|(schema, _)| schema)).collect();
    names.dedup();
    for name in names {
        found.append(DATABASE, name);
    }
    found.build()
}

/// The tables, with their columns where they are asked for.
pub(super) fn tables(query: CommandGetTables, state: &State) -> Answer {
    let mut found = query.into_builder();
    for relation in state.relations() {
        let (Some((schema, table)), Some(known)) = (relation.split_once('.'), state.table(relation)) else { continue };
        let columns = known.arrow_schema().map_err(|error| FlightError::ExternalError(Box::new(error)))?;
        found.append(DATABASE, schema, table, TABLE_TYPE, &told(&columns, schema, table))?;
    }
    found.build()
}

/// The columns with what Flight SQL has clients read of each in its metadata.
fn told(columns: &Schema, schema: &str, table: &str) -> Schema {
    let fields = columns.fields().iter().map(|field| {
        let comment = field.metadata().get(COMMENT).cloned().unwrap_or_default();
        let told = [
            ("CATALOG_NAME", DATABASE.to_owned()),
            ("SCHEMA_NAME", schema.to_owned()),
            ("TABLE_NAME", table.to_owned()),
            ("IS_READ_ONLY", "1".to_owned()),
            ("REMARKS", comment),
        ];
        let mut metadata = field.metadata().clone();
        metadata.extend(told.map(|(key, value)| (format!("ARROW:FLIGHT:SQL:{key}"), value)));
        field.as_ref().clone().with_metadata(metadata)
    });
    Schema::new(fields.collect::<Vec<_>>())
}

/// The kinds of tables.
pub(super) fn table_types(query: CommandGetTableTypes) -> Answer {
    let mut found = query.into_builder();
    found.append(TABLE_TYPE);
    found.build()
}

/// What the server is.
pub(super) fn sql_info(query: CommandGetSqlInfo) -> Answer {
    let known = SERVER.as_ref().map_err(|error| FlightError::protocol(error.clone()))?;
    query.into_builder(known).build()
}

/// The types of columns.
pub(super) fn types(query: CommandGetXdbcTypeInfo) -> Answer {
    let known = KNOWN_TYPES.as_ref().map_err(|error| FlightError::protocol(error.clone()))?;
    query.into_builder(known).build()
}

/// Keys are no part of what is published; the columns are those of the
/// protocol.
pub(super) fn no_primary_keys() -> RecordBatch {
    nothing(&[
        ("catalog_name", DataType::Utf8),
        ("db_schema_name", DataType::Utf8),
        ("table_name", DataType::Utf8),
        ("column_name", DataType::Utf8),
        ("key_name", DataType::Utf8),
        ("key_sequence", DataType::Int32),
    ])
}

/// See [`no_primary_keys`].
pub(super) fn no_foreign_keys() -> RecordBatch {
    nothing(&[
        ("pk_catalog_name", DataType::Utf8),
        ("pk_db_schema_name", DataType::Utf8),
        ("pk_table_name", DataType::Utf8),
        ("pk_column_name", DataType::Utf8),
        ("fk_catalog_name", DataType::Utf8),
        ("fk_db_schema_name", DataType::Utf8),
        ("fk_table_name", DataType::Utf8),
        ("fk_column_name", DataType::Utf8),
        ("key_sequence", DataType::Int32),
        ("fk_key_name", DataType::Utf8),
        ("pk_key_name", DataType::Utf8),
        ("update_rule", DataType::UInt8),
        ("delete_rule", DataType::UInt8),
    ])
}

fn nothing(columns: &[(&str, DataType)]) -> RecordBatch {
    let fields: Vec<Field> = columns.iter().map(|(name, of)| Field::new(*name, of.clone(), true)).collect();
    RecordBatch::new_empty(Arc::new(Schema::new(fields)))
}
