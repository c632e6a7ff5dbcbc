//! Rows and errors in the form of the protocol.

use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, SchemaRef};
use datafusion_postgres::arrow_pg::datatypes::{encode_recordbatch, field_into_pg_type};
use datafusion_postgres::pgwire::api::Type;
use datafusion_postgres::pgwire::api::portal::Format;
use datafusion_postgres::pgwire::api::results::FieldInfo;
use datafusion_postgres::pgwire::error::{ErrorInfo, PgWireError, PgWireResult};
use datafusion_postgres::pgwire::messages::data::{DataRow, RowDescription};
use futures::StreamExt;

use crate::service::catalogue::types;
use crate::service::fault::{Answered, Fault};
use crate::service::{Guarded, catalogue};

/// What is told of the columns of a result.
pub(super) fn fields(schema: &SchemaRef, format: &Format) -> PgWireResult<Arc<Vec<FieldInfo>>> {
    let one = |(number, field): (usize, &Arc<arrow::datatypes::Field>)| {
        let known = catalogue::wire_type(field).and_then(Type::from_oid);
        let of_type = known.map_or_else(|| field_into_pg_type(field), Ok)?;
        let size = types::size_of(of_type.oid());
        let modifier = match field.data_type() {
            DataType::Decimal128(digits, scale) if *digits < 38 => ((i32::from(*digits) << 16) | i32::from(*scale)) + 4,
            _ => -1,
        };
        let info = FieldInfo::new(field.name().clone(), None, None, of_type, format.format_for(number));
        Ok(info.with_type_size(size).with_type_modifier(modifier))
    };
    Ok(Arc::new(schema.fields().iter().enumerate().map(one).collect::<PgWireResult<Vec<_>>>()?))
}

/// The message that describes columns.
pub(super) fn description(fields: &[FieldInfo]) -> RowDescription {
    RowDescription::new(fields.iter().map(Into::into).collect())
}

/// The rows of a batch.
pub(super) fn rows(fields: &Arc<Vec<FieldInfo>>, batch: RecordBatch) -> impl Iterator<Item = PgWireResult<DataRow>> {
    encode_recordbatch(Arc::clone(fields), batch)
}

/// A result that is read a piece at a time.
pub(super) struct Rows {
    guarded: Guarded,
    rest: Option<RecordBatch>,
}

impl Rows {
    pub(super) fn new(guarded: Guarded) -> Self {
        Self { guarded, rest: None }
    }

    pub(super) fn schema(&self) -> &SchemaRef {
        self.guarded.schema()
    }

    /// The next rows, at most so many; none at the end.
    pub(super) async fn next(&mut self, most: usize) -> Answered<Option<RecordBatch>> {
        let batch = match self.rest.take() {
            Some(batch) => batch,
            None => loop {
                match self.guarded.next().await {
                    None => return Ok(None),
                    Some(batch) => {
                        let batch = batch?;
                        if batch.num_rows() > 0 {
                            break batch;
                        }
                    }
                }
            },
        };
        if batch.num_rows() > most {
            self.rest = Some(batch.slice(most, batch.num_rows() - most));
            return Ok(Some(batch.slice(0, most)));
        }
        Ok(Some(batch))
    }
}

/// An error as a client is told it; `offset` characters of the text came
/// before the statement.
pub(super) fn error(fault: Fault, offset: usize) -> PgWireError {
    let mut info = ErrorInfo::new("ERROR".to_owned(), fault.code.to_owned(), fault.message);
    info.severity_nonlocalized = Some("ERROR".to_owned());
    info.hint = fault.hint;
    info.position = fault.position.map(|position| (position + offset).to_string());
    PgWireError::UserError(Box::new(info))
}
