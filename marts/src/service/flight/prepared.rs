//! Statements that are prepared, and the values of their parameters.

use std::collections::BTreeMap;
use std::sync::Mutex;

use arrow::array::{Array, RecordBatch};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use arrow::ipc::writer::IpcWriteOptions;
use arrow::util::display::{ArrayFormatter, FormatOptions};
use arrow_flight::decode::FlightRecordBatchStream;
use arrow_flight::error::FlightError;
use arrow_flight::sql::ActionCreatePreparedStatementResult;
use arrow_flight::sql::server::PeekableFlightDataStream;
use arrow_flight::{IpcMessage, SchemaAsIpc};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use datafusion::sql::sqlparser::ast::{Expr, Query};
use datafusion::sql::sqlparser::dialect::PostgreSqlDialect;
use datafusion::sql::sqlparser::parser::Parser;
use futures::TryStreamExt;
use tonic::Status;

use super::{Answer, answers};
use crate::service::control::{Guarded, lock};
use crate::service::fault::{Fault, code};
use crate::service::request::{self, Request};
use crate::service::session::Session;
use crate::service::text::split;
use crate::service::users;

/// Statements that are kept at most; beyond them the oldest goes.
const MOST: usize = 1_000;
/// Bytes of a handle.
const BYTES: usize = 16;

/// The statements of all clients; each is known to its user alone.
#[derive(Default)]
pub(super) struct Prepared {
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    number: u64,
    by_handle: BTreeMap<Bytes, Statement>,
}

#[derive(Clone)]
struct Statement {
    user: String,
    number: u64,
    text: String,
    schema: SchemaRef,
    values: Vec<Expr>,
}

impl Prepared {
    /// Prepares a statement: a query, or one that shows something.
    pub(super) async fn create(&self, session: &Session, text: &str) -> Answer<ActionCreatePreparedStatementResult> {
        let (schema, parameters) = match query_of(text) {
            Some(query) => {
                let described = session.describe(&query, &[]).await;
                let described = described.map_err(|fault| answers::status(session.placed(fault, &query, text)))?;
                (described.schema, described.parameters)
            }
            None => (answers::schema(session, text).await?, Vec::new()),
        };
        let random = users::random(BYTES).map_err(|error| Status::internal(error.to_string()))?;
        let handle = Bytes::from(URL_SAFE_NO_PAD.encode(random));
        let fields: Vec<Field> = parameters
            .into_iter()
            .enumerate()
            .map(|(at, of)| {
                Field::new(format!("${}", at + 1), if of == DataType::UInt32 { DataType::Int64 } else { of }, true)
            })
            .collect();
        let (dataset_schema, parameter_schema) = (ipc(&schema)?, ipc(&Schema::new(fields))?);
        let mut kept = lock(&self.kept);
        if kept.by_handle.len() >= MOST {
            let oldest = kept.by_handle.iter().min_by_key(|(_, statement)| statement.number);
            let oldest = oldest.map(|(handle, _)| handle.clone());
            oldest.and_then(|handle| kept.by_handle.remove(&handle));
        }
        kept.number += 1;
        let statement = Statement {
            user: session.who().user.clone(),
            number: kept.number,
            text: text.to_owned(),
            schema,
            values: Vec::new(),
        };
        kept.by_handle.insert(handle.clone(), statement);
        Ok(ActionCreatePreparedStatementResult { prepared_statement_handle: handle, dataset_schema, parameter_schema })
    }

    /// Lets a statement go.
    pub(super) fn close(&self, session: &Session, handle: &Bytes) {
        let mut kept = lock(&self.kept);
        if kept.by_handle.get(handle).is_some_and(|statement| statement.user == session.who().user) {
            kept.by_handle.remove(handle);
        }
    }

    /// The columns of a statement.
    pub(super) fn schema(&self, session: &Session, handle: &Bytes) -> Answer<SchemaRef> {
        self.of(session, handle).map(|statement| statement.schema)
    }

    /// Takes the values of the parameters: one row.
    pub(super) async fn bind(&self, session: &Session, handle: &Bytes, data: PeekableFlightDataStream) -> Answer<()> {
        self.of(session, handle)?;
        let data = data.map_err(|status| FlightError::Tonic(Box::new(status)));
        let batches: Vec<RecordBatch> = FlightRecordBatchStream::new_from_flight_data(data).try_collect().await?;
        let mut rows = batches.iter().filter(|batch| batch.num_rows() > 0);
        let values = match (rows.next(), rows.next()) {
            (Some(batch), None) if batch.num_rows() == 1 => values_of(batch)?,
            (None, None) => Vec::new(),
            _ => {
                return Err(Status::invalid_argument(
                    "give one row of parameters: a query is answered for one set of them",
                ));
            }
        };
        match lock(&self.kept).by_handle.get_mut(handle) {
            Some(statement) => statement.values = values,
            None => return Err(unknown()),
        }
        Ok(())
    }

    /// Runs a statement with its values.
    pub(super) async fn run(&self, session: &Session, handle: &Bytes) -> Answer<Guarded> {
        let statement = self.of(session, handle)?;
        let Some(query) = query_of(&statement.text) else {
            return session.sql(&statement.text).await.map_err(answers::status);
        };
        session.begin().await.map_err(answers::status)?;
        let work = session.query(&query, &statement.text, &statement.values, Some(&statement.schema));
        match session.control().under(work).await {
            Ok(rows) => Ok(rows.ending()),
            Err(fault) => {
                session.control().end();
                Err(answers::status(session.placed(fault, &query, &statement.text)))
            }
        }
    }

    fn of(&self, session: &Session, handle: &Bytes) -> Answer<Statement> {
        let kept = lock(&self.kept);
        let statement = kept.by_handle.get(handle).filter(|statement| statement.user == session.who().user);
        statement.cloned().ok_or_else(unknown)
    }
}

fn unknown() -> Status {
    answers::status(Fault::new(code::UNDEFINED_STATEMENT, "the prepared statement is not there: prepare it again"))
}

/// The query of a text that is one.
fn query_of(text: &str) -> Option<Box<Query>> {
    let pieces = split(text).ok()?;
    let [piece] = pieces.as_slice() else { return None };
    match request::read(piece).ok()? {
        Request::Query(query) => Some(query),
        _ => None,
    }
}

fn ipc(schema: &Schema) -> Answer<Bytes> {
    let options = IpcWriteOptions::default();
    let message: IpcMessage = SchemaAsIpc::new(schema, &options).try_into().map_err(answers::broken)?;
    Ok(message.0)
}

/// The values of the first row, as a query writes them.
fn values_of(batch: &RecordBatch) -> Answer<Vec<Expr>> {
    batch.columns().iter().map(|column| value_of(column.as_ref())).collect()
}

fn value_of(column: &dyn Array) -> Answer<Expr> {
    let text = || -> Answer<String> {
        let formatter = ArrayFormatter::try_new(column, &FormatOptions::default()).map_err(answers::broken)?;
        Ok(formatter.value(0).to_string())
    };
    let quoted = |to: &str| -> Answer<String> { Ok(format!("cast('{}' as {to})", text()?.replace('\'', "''"))) };
    let sql = match column.data_type() {
        _ if column.is_null(0) || column.data_type() == &DataType::Null => "null".to_owned(),
        DataType::Boolean | DataType::Int8 | DataType::Int16 | DataType::Int32 | DataType::Int64 => text()?,
        DataType::UInt8 | DataType::UInt16 | DataType::UInt32 | DataType::UInt64 => text()?,
        DataType::Decimal128(..) => text()?,
        DataType::Float16 | DataType::Float32 | DataType::Float64 => quoted("double precision")?,
        DataType::Date32 | DataType::Date64 => quoted("date")?,
        DataType::Timestamp(..) => quoted("timestamp")?,
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => format!("'{}'", text()?.replace('\'', "''")),
        other => return Err(Status::invalid_argument(format!("a parameter of type {other} is not taken"))),
    };
    let parsed = Parser::new(&PostgreSqlDialect {}).try_with_sql(&sql).and_then(|mut parser| parser.parse_expr());
    parsed.map_err(|error| Status::invalid_argument(format!("a parameter cannot be read: {error}")))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc as Shared;

    use arrow::array::{ArrayRef, Date32Array, Float64Array, Int64Array, NullArray, StringArray};

    use super::*;

    #[test]
    fn values_are_written_so_that_no_text_is_taken_for_sql() {
        let of = |column: ArrayRef| value_of(column.as_ref()).unwrap().to_string();
        assert_eq!(of(Shared::new(StringArray::from(vec!["x' or '1'='1"]))), "'x'' or ''1''=''1'");
        assert_eq!(of(Shared::new(Int64Array::from(vec![-7]))), "-7");
        assert_eq!(of(Shared::new(Date32Array::from(vec![18_992]))), "CAST('2021-12-31' AS DATE)");
        assert_eq!(of(Shared::new(Float64Array::from(vec![0.5]))), "CAST('0.5' AS DOUBLE PRECISION)");
        assert_eq!(of(Shared::new(NullArray::new(1))), "NULL");
        assert_eq!(of(Shared::new(StringArray::from(vec![None::<&str>]))), "NULL");
    }
}
