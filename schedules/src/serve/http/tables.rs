//! A table by its address: `/<schema>/<table>.<csv|json|parquet>`, whole, or
//! the rows and columns that the query of the address names.

use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};

use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, SchemaRef};
use axum::body::{Body, Bytes};
use axum::extract::{Extension, Path, RawQuery, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use futures::stream::Fuse;
use futures::{Stream, StreamExt};
use peil_marts::service::{Fault, Guarded, Variables};
use peil_warehouse::table::fingerprint;

use super::{Peer, Site, access, failed, said};
use crate::rows::{Form, RowWriter};

/// The words of an address that are no column.
const COLUMNS: &str = "columns";
const LIMIT: &str = "limit";

/// The rows of a table.
pub(super) async fn rows(
    State(site): State<Arc<Site>>,
    Extension(peer): Extension<Peer>,
    Path((schema, file)): Path<(String, String)>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let form = file.rsplit_once('.').and_then(|(table, ending)| Some((table, Form::of_ending(ending)?)));
    let Some((table, form)) = form else {
        let text =
            "tables have an address as /marts/indicator_values.csv, .json or .parquet\nhint: /catalogue lists them";
        return said(StatusCode::NOT_FOUND, text);
    };
    let who = match site.open_data && schema != "ops" {
        true => access::nobody(&headers, peer.0),
        false => match access::user(&site, &headers, peer.0).await {
            Ok(who) => who,
            Err(answer) => return *answer,
        },
    };
    let state = match site.service.state().await {
        Ok(state) => state,
        Err(fault) => return failed(&fault),
    };
    let relation = format!("{schema}.{table}");
    let Some(found) = state.table(&relation) else {
        return failed(&Fault::no_relation(&relation, state.relations()));
    };
    let columns = match found.arrow_schema() {
        Ok(columns) => columns,
        Err(error) => return said(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string()),
    };
    let pairs = query.as_deref().map(pairs).unwrap_or_default();
    let text = match statement(&schema, table, &columns, &pairs) {
        Ok(text) => text,
        Err(fault) => return failed(&fault),
    };
    let content = found.content_hash();
    let etag = format!("\"{}\"", fingerprint([content.clone(), text.clone(), format!("{form:?}")]));
    let cached = [(ETAG, etag.clone()), (CACHE_CONTROL, "private, no-cache".to_owned())];
    if headers.get_all(IF_NONE_MATCH).iter().any(|known| known.to_str().is_ok_and(|known| known.contains(&etag))) {
        return (StatusCode::NOT_MODIFIED, cached).into_response();
    }
    let session = site.service.open(who, Variables::default());
    match session.sql(&text).await {
        Ok(stream) => {
            let schema = Arc::clone(stream.schema());
            let mut stream = stream.fuse();
            // What goes wrong before the first rows is said with a status.
            let first = match stream.next().await.transpose() {
                Ok(first) => first,
                Err(fault) => return failed(&fault),
            };
            match body(schema, first, stream, form) {
                Ok(body) => {
                    let named = [
                        (CONTENT_TYPE, form.media_type().to_owned()),
                        (CONTENT_DISPOSITION, format!("inline; filename=\"{file}\"")),
                    ];
                    let body = Body::from_stream(body);
                    // Rows of what was published since have a mark of their own, which the next answer tells.
                    let now = site.service.state().await.ok();
                    let is_same =
                        now.is_some_and(|now| now.table(&relation).is_some_and(|now| now.content_hash() == content));
                    match is_same {
                        true => (cached, named, body).into_response(),
                        false => ([(CACHE_CONTROL, "no-store")], named, body).into_response(),
                    }
                }
                Err(error) => said(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string()),
            }
        }
        Err(fault) => failed(&fault),
    }
}

/// The words of a query, decoded.
fn pairs(query: &str) -> Vec<(String, String)> {
    url::form_urlencoded::parse(query.as_bytes()).into_owned().collect()
}

/// The query of an address: `columns=a,b`, `limit=10`, and a value for each
/// column by which rows are chosen; of values of one column each will do.
fn statement(schema: &str, table: &str, columns: &SchemaRef, pairs: &[(String, String)]) -> Result<String, Fault> {
    let known = |name: &str| {
        let names = columns.fields().iter().map(|field| field.name().as_str());
        columns.field_with_name(name).map_err(|_| Fault::no_column(name, names.chain([COLUMNS, LIMIT])))
    };
    let shown = match pairs.iter().find(|(name, _)| name == COLUMNS) {
        None => columns.fields().iter().map(|field| quoted(field.name())).collect::<Vec<_>>(),
        Some((_, names)) => {
            names.split(',').map(|name| known(name).map(|field| quoted(field.name()))).collect::<Result<_, _>>()?
        }
    };
    let mut wanted: Vec<(&str, Vec<String>)> = Vec::new();
    for (name, value) in pairs.iter().filter(|(name, _)| name != COLUMNS && name != LIMIT) {
        let field = known(name)?;
        let literal = literal(field.data_type(), value).ok_or_else(|| {
            Fault::new("22P02", format!("`{value}` is no value of the column {name} ({})", field.data_type()))
        })?;
        match wanted.iter_mut().find(|(column, _)| column == name) {
            Some((_, values)) => values.push(literal),
            None => wanted.push((name, vec![literal])),
        }
    }
    let mut text = format!("select {} from {}.{}", shown.join(", "), quoted(schema), quoted(table));
    for (place, (column, values)) in wanted.iter().enumerate() {
        let word = if place == 0 { "where" } else { "and" };
        text.push_str(&format!(" {word} {} in ({})", quoted(column), values.join(", ")));
    }
    if let Some((_, limit)) = pairs.iter().find(|(name, _)| name == LIMIT) {
        let rows: u64 = limit.parse().map_err(|_| Fault::new("22P02", format!("`{limit}` is no number of rows")))?;
        text.push_str(&format!(" limit {rows}"));
    }
    Ok(text)
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A value as SQL writes it; none where it is none of the type.
fn literal(kind: &DataType, value: &str) -> Option<String> {
    match kind {
        DataType::Int64 => value.parse::<i64>().ok().map(|number| number.to_string()),
        DataType::Float64 => {
            value.parse::<f64>().ok().filter(|number| number.is_finite()).map(|number| format!("{number:?}"))
        }
        DataType::Decimal128(..) => {
            let plain = value.trim_start_matches('-').chars().all(|c| c.is_ascii_digit() || c == '.');
            (plain && value.parse::<f64>().is_ok()).then(|| value.to_owned())
        }
        DataType::Boolean => value.parse::<bool>().ok().map(|truth| truth.to_string()),
        DataType::Date32 => value.parse::<chrono::NaiveDate>().ok().map(|day| format!("date '{day}'")),
        DataType::Timestamp(..) => {
            chrono::DateTime::parse_from_rfc3339(value).ok().map(|at| format!("timestamp '{}'", at.naive_utc()))
        }
        _ => Some(format!("'{}'", value.replace('\'', "''"))),
    }
}

/// What was written since it was last taken.
#[derive(Clone, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl Written {
    fn take(&self) -> Bytes {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner)).into()
    }
}

impl Write for Written {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// The rows as bytes, made as the client takes them. An error on the way
/// breaks the answer off, so that no half of it passes for the whole.
fn body(
    schema: SchemaRef,
    first: Option<RecordBatch>,
    rows: Fuse<Guarded>,
    form: Form,
) -> peil_warehouse::Result<impl Stream<Item = Result<Bytes, Box<dyn std::error::Error + Send + Sync>>>> {
    let written = Written::default();
    let writer = RowWriter::new(form, &schema, written.clone())?;
    Ok(futures::stream::try_unfold(
        (first, rows, Some(writer), written),
        |(mut first, mut rows, mut writer, written)| async move {
            loop {
                let Some(mut open) = writer.take() else { return Ok(None) };
                let next = match first.take() {
                    Some(first) => Some(Ok(first)),
                    None => rows.next().await,
                };
                match next {
                    Some(batch) => {
                        open.write(&batch?)?;
                        writer = Some(open);
                    }
                    None => {
                        open.finish()?;
                    }
                }
                let bytes = written.take();
                if !bytes.is_empty() {
                    return Ok(Some((bytes, (first, rows, writer, written))));
                }
            }
        },
    ))
}

#[cfg(test)]
mod tests {
    use arrow::datatypes::{Field, Schema};

    use super::*;

    fn of(query: &str) -> Result<String, Fault> {
        let fields = [("period", DataType::Utf8), ("value", DataType::Float64), ("peildatum", DataType::Date32)];
        let fields: Vec<Field> = fields.into_iter().map(|(name, kind)| Field::new(name, kind, true)).collect();
        statement("marts", "indicator_values", &Arc::new(Schema::new(fields)), &pairs(query))
    }

    #[test]
    fn an_address_becomes_a_query() {
        let all = "select \"period\", \"value\", \"peildatum\" from \"marts\".\"indicator_values\"";
        assert_eq!(of("").unwrap(), all);
        assert_eq!(
            of("period=2022Q1&value=3&period=2022Q2&limit=5").unwrap(),
            format!("{all} where \"period\" in ('2022Q1', '2022Q2') and \"value\" in (3.0) limit 5")
        );
        assert_eq!(
            of("columns=value,period&peildatum=2022-06-30").unwrap(),
            "select \"value\", \"period\" from \"marts\".\"indicator_values\" where \"peildatum\" in (date '2022-06-30')"
        );
    }

    #[test]
    fn nothing_of_an_address_gets_into_the_query_unquoted() {
        assert!(of("period=x'%20or%201=1--").unwrap().ends_with("in ('x'' or 1=1--')"));
        for wrong in ["value=1)%20or%20(1=1", "peildatum=x", "limit=1;drop", "columns=value,nosuch", "nosuch=1"] {
            assert!(of(wrong).is_err(), "{wrong}");
        }
        assert!(of("perod=1").unwrap_err().hint.unwrap().contains("period"));
    }
}
