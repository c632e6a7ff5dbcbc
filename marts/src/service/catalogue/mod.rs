//! `pg_catalog` and `information_schema`, as PostgreSQL's clients expect them.
//!
//! The clients ask with correlated subqueries, casts to names and arrays of
//! queries, over tables that are small. So they are answered by a small
//! interpreter of their own, with PostgreSQL's meaning, and not by the engine
//! of the marts.
//!
//! | module | does |
//! | --- | --- |
//! | `relations` | the tables, filled from what is published |
//! | [`types`] | the types that clients know by name and number |
//! | `compile`, `express` | from the text of a query to what runs |
//! | `evaluate`, `functions` | runs it |

mod clauses;
mod compile;
mod convert;
mod evaluate;
mod express;
mod functions;
mod plan;
mod relations;
pub mod types;
mod value;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, Float32Array, Float64Array, Int16Array, Int32Array, Int64Array, ListBuilder, RecordBatch,
    RecordBatchOptions, StringArray, StringBuilder, TimestampMicrosecondArray,
};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use datafusion::sql::sqlparser::ast;
use peil_warehouse::Result;
use peil_warehouse::table::TableState;

use super::fault::{Answered, Fault, code};
use super::variables::{SERVER_VERSION, Variables};
use compile::Compiler;
use evaluate::{Env, Failed};
use relations::{Names, Relation};
use value::{Kind, Value};

/// Rows that one query may look at, over and over: it is not stopped in between.
const MOST_LOOKS: u64 = 20_000_000;
/// Where a column's number of PostgreSQL's type stands.
const WIRE_TYPE: &str = "pg.type";

/// PostgreSQL's own tables over a published state.
pub struct Catalogue {
    relations: BTreeMap<String, Arc<Relation>>,
    names: Names,
    tables: Vec<String>,
}

/// What functions of the session answer.
#[derive(Debug, Clone)]
pub struct Surroundings {
    /// Who asks.
    pub user: String,
    /// The database.
    pub database: String,
    /// The schemas in which a bare name is looked for.
    pub schemas: Vec<String>,
    /// The settings.
    pub variables: Variables,
    /// The number of the session.
    pub number: i32,
    /// The client's address.
    pub address: String,
}

/// What a query runs within.
pub struct Context<'a> {
    catalogue: &'a Catalogue,
    surroundings: &'a Surroundings,
    /// Rows that may still be looked at.
    left: std::cell::Cell<u64>,
}

/// A query on the catalogue, ready to run.
pub struct Plan {
    query: plan::Query,
    parameters: BTreeMap<usize, Kind>,
}

impl Surroundings {
    /// The value of a function of the session without arguments.
    fn value(&self, name: &str) -> Option<Value> {
        Some(match name {
            "version" => {
                Value::text(format!("PostgreSQL {SERVER_VERSION} (Peil {}, read-only)", env!("CARGO_PKG_VERSION")))
            }
            "current_database" | "current_catalog" => Value::text(&self.database),
            "current_user" | "session_user" | "user" | "current_role" => Value::text(&self.user),
            "current_schema" => self.schemas.first().map_or(Value::Null, Value::text),
            "current_schemas" => Value::list(
                std::iter::once("pg_catalog").chain(self.schemas.iter().map(String::as_str)).map(Value::text).collect(),
            ),
            "pg_backend_pid" => Value::Int(i64::from(self.number)),
            "pg_client_encoding" | "getdatabaseencoding" => Value::text("UTF8"),
            "inet_client_addr" => Value::text(self.address.rsplit_once(':').map_or("", |(host, _)| host)),
            "inet_server_addr" | "inet_server_port" | "pg_postmaster_start_time" | "pg_conf_load_time" => Value::Null,
            "pg_my_temp_schema" => Value::Int(0),
            "txid_current" => Value::Int(1),
            _ => return None,
        })
    }

    /// The same as a text, for queries on the marts.
    pub fn constant(&self, name: &str) -> Option<String> {
        match self.value(name)? {
            Value::Text(text) => Some(text.to_string()),
            Value::Int(number) => Some(number.to_string()),
            _ => None,
        }
    }

    fn setting(&self, name: &str) -> Answered<String> {
        if name.eq_ignore_ascii_case("session_authorization") {
            Ok(self.user.clone())
        } else {
            self.variables.get(name)
        }
    }
}

impl Catalogue {
    /// The catalogue of tables `schema.table`.
    ///
    /// # Errors
    /// Where the pointer holds no valid schema.
    pub fn of(tables: &[(&str, &TableState)]) -> Result<Self> {
        let (relations, names) = relations::fill(tables)?;
        Ok(Self { relations, names, tables: tables.iter().map(|(name, _)| (*name).to_owned()).collect() })
    }

    /// Whether there is such a table in it, by its full or bare name.
    pub fn has(&self, name: &str) -> bool {
        compile::find(&self.relations, name).is_some()
    }

    /// Whether there is such a schema.
    pub fn has_schema(&self, name: &str) -> bool {
        self.names.schemas.values().any(|schema| schema == name)
    }

    fn has_table(&self, schema: &str, table: &str) -> bool {
        let name = format!("{schema}.{table}");
        self.relations.contains_key(&name) || self.tables.contains(&name)
    }

    fn tables(&self) -> impl Iterator<Item = &str> {
        self.tables.iter().map(String::as_str)
    }

    /// Reads a query.
    ///
    /// # Errors
    /// [`code::UNSUPPORTED`] where it is not understood; others where it is
    /// wrong.
    pub fn plan(&self, query: &ast::Query, _: &Surroundings) -> Answered<Plan> {
        let mut compiler = Compiler {
            relations: &self.relations,
            with: Vec::new(),
            parameters: BTreeMap::new(),
            aggregates: None,
            windows: Vec::new(),
        };
        let query = compiler.query(query, None)?;
        Ok(Plan { query, parameters: compiler.parameters })
    }

    /// Runs a query that was read.
    ///
    /// # Errors
    /// Where a value of it is wrong.
    pub fn run(&self, plan: &Plan, surroundings: &Surroundings) -> Answered<RecordBatch> {
        let context = Context { catalogue: self, surroundings, left: std::cell::Cell::new(MOST_LOOKS) };
        let env = Env { row: &[], aggregates: &[], outer: None, context: &context };
        let rows = evaluate::run(&plan.query, &env).map_err(|Failed(fault)| fault)?;
        let schema = plan.schema();
        let columns = plan.query.columns.iter().enumerate().map(|(at, (_, kind))| {
            let values: Vec<Value> = rows.iter().map(|row| row.get(at).cloned().unwrap_or(Value::Null)).collect();
            array(&values, *kind, &context)
        });
        let options = RecordBatchOptions::new().with_row_count(Some(rows.len()));
        RecordBatch::try_new_with_options(schema, columns.collect(), &options)
            .map_err(|error| Fault::new(code::INTERNAL, error.to_string()))
    }
}

impl Plan {
    /// The columns.
    pub fn schema(&self) -> SchemaRef {
        Arc::new(Schema::new(self.query.columns.iter().map(|(name, kind)| field(name, *kind)).collect::<Vec<_>>()))
    }

    /// The types of the parameters; an unsigned number of 32 bits is an oid.
    pub fn parameters(&self) -> BTreeMap<usize, DataType> {
        let of = |kind: &Kind| match kind {
            Kind::Oid | Kind::Regclass | Kind::Regtype | Kind::Regproc | Kind::Xid => DataType::UInt32,
            Kind::Bool => DataType::Boolean,
            Kind::Int2 => DataType::Int16,
            Kind::Int4 => DataType::Int32,
            Kind::Int8 => DataType::Int64,
            Kind::Float4 | Kind::Float8 => DataType::Float64,
            Kind::Int2s | Kind::Int4s | Kind::Int8s | Kind::Oids => DataType::new_list(DataType::Int64, true),
            other if other.is_list() => DataType::new_list(DataType::Utf8, true),
            _ => DataType::Utf8,
        };
        self.parameters.iter().map(|(number, kind)| (*number, of(kind))).collect()
    }
}

fn data_type(kind: Kind) -> DataType {
    match kind {
        Kind::Bool => DataType::Boolean,
        Kind::Int2 => DataType::Int16,
        Kind::Int4 | Kind::Oid | Kind::Xid => DataType::Int32,
        Kind::Int8 => DataType::Int64,
        Kind::Float4 => DataType::Float32,
        Kind::Float8 => DataType::Float64,
        Kind::Timestamptz => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
        Kind::Int2s => DataType::new_list(DataType::Int16, true),
        Kind::Int4s | Kind::Oids => DataType::new_list(DataType::Int32, true),
        Kind::Int8s => DataType::new_list(DataType::Int64, true),
        kind if kind.is_list() => DataType::new_list(DataType::Utf8, true),
        _ => DataType::Utf8,
    }
}

fn field(name: &str, kind: Kind) -> Field {
    let mut metadata = HashMap::from([(WIRE_TYPE.to_owned(), kind.oid().to_string())]);
    match kind {
        Kind::Oid => {
            metadata.insert("pg.oid_alias".to_owned(), "oid".to_owned());
        }
        Kind::Char => {
            metadata.insert("pg.char".to_owned(), "char".to_owned());
        }
        _ => {}
    }
    Field::new(name, data_type(kind), true).with_metadata(metadata)
}

/// The number of PostgreSQL's type of a column, where it is another than that
/// of its values.
pub fn wire_type(field: &Field) -> Option<u32> {
    field.metadata().get(WIRE_TYPE)?.parse().ok()
}

fn array(values: &[Value], kind: Kind, context: &Context<'_>) -> ArrayRef {
    let ints = || values.iter().map(Value::int);
    let floats = || {
        values.iter().map(|value| match value {
            Value::Float(number) => Some(*number),
            other => other.int().map(|number| number as f64),
        })
    };
    match kind {
        Kind::Bool => Arc::new(values.iter().map(|value| value.int().map(|bit| bit != 0)).collect::<BooleanArray>()),
        Kind::Int2 => Arc::new(ints().map(|value| value.map(|number| number as i16)).collect::<Int16Array>()),
        Kind::Int4 | Kind::Oid | Kind::Xid => {
            Arc::new(ints().map(|value| value.map(|number| number as i32)).collect::<Int32Array>())
        }
        Kind::Int8 => Arc::new(ints().collect::<Int64Array>()),
        Kind::Float4 => Arc::new(floats().map(|value| value.map(|number| number as f32)).collect::<Float32Array>()),
        Kind::Float8 => Arc::new(floats().collect::<Float64Array>()),
        Kind::Timestamptz => {
            Arc::new(TimestampMicrosecondArray::from(vec![None::<i64>; values.len()]).with_timezone("UTC"))
        }
        kind if kind.is_list() => {
            let mut builder = ListBuilder::new(StringBuilder::new());
            for value in values {
                match value {
                    Value::List(list) => {
                        list.iter().for_each(|value| builder.values().append_option(value.shown()));
                        builder.append(true);
                    }
                    _ => builder.append(false),
                }
            }
            let texts: ArrayRef = Arc::new(builder.finish());
            arrow::compute::cast(&texts, &data_type(kind)).unwrap_or(texts)
        }
        kind if kind.is_reg() => {
            let name = |value: &Value| match value {
                Value::Int(oid) => Some(evaluate::shown(*oid, kind, context)),
                other => other.shown(),
            };
            Arc::new(values.iter().map(name).collect::<StringArray>())
        }
        _ => Arc::new(values.iter().map(Value::shown).collect::<StringArray>()),
    }
}
