//! Rows as Flight sends them, and faults as gRPC tells them.

use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use arrow::error::ArrowError;
use arrow_flight::encode::FlightDataEncoderBuilder;
use arrow_flight::error::FlightError;
use arrow_flight::sql::Any;
use futures::{StreamExt, TryStreamExt};
use tonic::{Code, Response, Status};

use super::{Answer, Rows};
use crate::service::control::Guarded;
use crate::service::fault::{Answered, Fault, code};
use crate::service::request::{self, Request};
use crate::service::session::Session;
use crate::service::text::split;

/// A fault in gRPC's words; its SQLSTATE stands at the end.
pub(super) fn status(fault: Fault) -> Status {
    let kind = match fault.code {
        code::FORBIDDEN | code::READ_ONLY => Code::PermissionDenied,
        code::UNDEFINED_TABLE | code::UNDEFINED_SCHEMA => Code::NotFound,
        code::UNSUPPORTED => Code::Unimplemented,
        code::CANCELED => Code::Cancelled,
        code::MEMORY | code::LIMIT | code::BUSY => Code::ResourceExhausted,
        code::INTERNAL | "58030" => Code::Internal,
        _ => Code::InvalidArgument,
    };
    let position = fault.position.map(|at| format!(" (character {at})")).unwrap_or_default();
    Status::new(kind, format!("{fault}{position} [SQLSTATE {}]", fault.code))
}

/// What cannot be encoded.
pub(super) fn broken(error: ArrowError) -> Status {
    Status::internal(error.to_string())
}

/// The bytes of a message.
pub(super) fn encoded(message: &Any) -> bytes::Bytes {
    // The one field of bytes and the one of text of `google.protobuf.Any`.
    let mut bytes = Vec::with_capacity(message.value.len() + message.type_url.len() + 16);
    for (tag, content) in [(0x0a_u8, message.type_url.as_bytes()), (0x12, &message.value)] {
        bytes.push(tag);
        let mut length = content.len();
        while length >= 0x80 {
            bytes.push((length as u8 & 0x7f) | 0x80);
            length >>= 7;
        }
        bytes.push(length as u8);
        bytes.extend_from_slice(content);
    }
    bytes.into()
}

/// The columns that a statement gives.
pub(super) async fn schema(session: &Session, text: &str) -> Answer<SchemaRef> {
    described(session, text).await.map_err(|fault| status(session.refused(text, fault)))
}

async fn described(session: &Session, text: &str) -> Answered<SchemaRef> {
    let pieces = split(text)?;
    let [piece] = pieces.as_slice() else {
        return Err(Fault::new(code::SYNTAX, "give one statement at a time"));
    };
    match request::read(piece)? {
        Request::Query(query) | Request::CopyOut { query, .. } => {
            let described = session.describe(&query, &[]).await;
            described.map(|known| known.schema).map_err(|fault| session.placed(fault, &query, &piece.text))
        }
        Request::Explain { .. } => Ok(Arc::new(Schema::new(vec![Field::new("QUERY PLAN", DataType::Utf8, true)]))),
        show @ Request::Show(_) => session.show_schema(&show),
        _ => Err(Fault::new(code::FORBIDDEN, "only queries are answered here")),
    }
}

/// The rows of a statement.
pub(super) fn rows(rows: Guarded) -> Rows {
    let schema = Arc::clone(rows.schema());
    let batches = rows.map_err(|fault| FlightError::Tonic(Box::new(status(fault))));
    FlightDataEncoderBuilder::new().with_schema(schema).build(batches).map_err(Status::from).boxed()
}

/// A table that is at hand.
pub(super) fn table(batch: Result<RecordBatch, FlightError>) -> Answer<Response<Rows>> {
    let batch = batch.map_err(Status::from)?;
    let schema = batch.schema();
    let batches = futures::stream::iter([Ok(batch)]);
    let encoded = FlightDataEncoderBuilder::new().with_schema(schema).build(batches);
    Ok(Response::new(encoded.map_err(Status::from).boxed()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_keep_their_sqlstate() {
        let told = status(Fault::no_column("valu", ["value", "target"]).at(8));
        assert_eq!(told.code(), Code::InvalidArgument);
        assert!(
            told.message().contains("\"value\"") && told.message().ends_with("(character 8) [SQLSTATE 42703]"),
            "{}",
            told.message()
        );
        assert_eq!(status(Fault::new(code::READ_ONLY, "no")).code(), Code::PermissionDenied);
        assert_eq!(status(Fault::new(code::LIMIT, "no")).code(), Code::ResourceExhausted);
    }

    #[test]
    fn a_message_is_encoded_as_protobuf_does() {
        let message = Any { type_url: "t".to_owned(), value: vec![7; 200].into() };
        let bytes = encoded(&message);
        assert_eq!(&bytes[..6], [0x0a, 1, b't', 0x12, 0xc8, 0x01]);
        assert_eq!(bytes.len(), 206);
    }
}
