//! Rows and errors in the form of the protocol.

use std::sync::Arc;

use arrow::array::{AsArray, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Float32Type, Float64Type, Schema, SchemaRef};
use datafusion_postgres::arrow_pg::datatypes::{encode_recordbatch, field_into_pg_type};
use datafusion_postgres::pgwire::api::Type;
use datafusion_postgres::pgwire::api::portal::Format;
use datafusion_postgres::pgwire::api::results::{FieldFormat, FieldInfo};
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
    let batch = with_shown_numbers(fields, batch);
    encode_recordbatch(Arc::clone(fields), batch)
}

/// Numbers with a point as PostgreSQL writes them, where they go as text.
fn with_shown_numbers(fields: &[FieldInfo], batch: RecordBatch) -> RecordBatch {
    let schema = batch.schema();
    let of_text = |at: usize| fields.get(at).is_some_and(|field| field.format() == FieldFormat::Text);
    let float =
        |at: usize| matches!(schema.field(at).data_type(), DataType::Float64 | DataType::Float32) && of_text(at);
    if !(0..batch.num_columns()).any(float) {
        return batch;
    }
    let mut columns = batch.columns().to_vec();
    let mut changed: Vec<Field> = schema.fields().iter().map(|field| field.as_ref().clone()).collect();
    for at in (0..batch.num_columns()).filter(|at| float(*at)) {
        let shown: Option<StringArray> = match schema.field(at).data_type() {
            DataType::Float64 => columns[at].as_primitive_opt::<Float64Type>().map(|numbers| {
                numbers
                    .iter()
                    .map(|number| number.map(|number| shown_number(number, &number.to_string(), 15)))
                    .collect()
            }),
            _ => columns[at].as_primitive_opt::<Float32Type>().map(|numbers| {
                numbers
                    .iter()
                    .map(|number| number.map(|number| shown_number(f64::from(number), &number.to_string(), 6)))
                    .collect()
            }),
        };
        if let Some(shown) = shown {
            columns[at] = Arc::new(shown);
            changed[at] = changed[at].clone().with_data_type(DataType::Utf8);
        }
    }
    RecordBatch::try_new(Arc::new(Schema::new(changed)), columns).unwrap_or(batch)
}

/// The shortest text that is this number; with an exponent from so many
/// digits on.
fn shown_number(number: f64, plain: &str, digits: i32) -> String {
    if number.is_nan() {
        return "NaN".to_owned();
    }
    if number.is_infinite() {
        return if number > 0.0 { "Infinity" } else { "-Infinity" }.to_owned();
    }
    let size = number.abs();
    if size != 0.0 && !(1e-4..10_f64.powi(digits)).contains(&size) {
        let text = format!("{number:e}");
        let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let (sign, exponent) = exponent.strip_prefix('-').map_or(('+', exponent), |rest| ('-', rest));
        return format!("{digits}e{sign}{exponent:0>2}");
    }
    plain.to_owned()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_postgresql_does() {
        for (number, wanted) in [
            (20.0, "20"),
            (0.1, "0.1"),
            (1e15, "1e+15"),
            (123_456.75, "123456.75"),
            (1e-5, "1e-05"),
            (0.0, "0"),
            (f64::NAN, "NaN"),
        ] {
            assert_eq!(shown_number(number, &number.to_string(), 15), wanted);
        }
    }
}
