//! A query on the marts: its plan, its result in a form, its errors.

use std::io::Write;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, SchemaRef};
use datafusion::common::SchemaError;
use datafusion::error::DataFusionError;
use datafusion::execution::context::SQLOptions;
use datafusion::prelude::{DataFrame, SessionContext};
use futures::StreamExt;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;
use peil_warehouse::nearest::did_you_mean;
use peil_warehouse::publish::Published;
use peil_warehouse::{Error, Result};

use crate::cli::SqlFormat;
use crate::output::{Output, Tone, counted, thousands};
use crate::table::{Grid, Layout};

/// Rows that a table on a terminal shows at most; elsewhere it shows all.
const TERMINAL_ROWS: usize = 1_000;

/// The schemas of queries.
pub const SCHEMAS: [&str; 2] = ["marts", "ops"];

/// Runs one query and writes its result. Gives the number of rows.
///
/// # Errors
/// [`Error::Usage`] where the query is wrong.
pub async fn run(
    session: &SessionContext,
    published: &Published,
    query: &str,
    format: SqlFormat,
    layout: Layout,
    output: Output,
) -> Result<u64> {
    let frame = plan(session, query).await.map_err(|error| explain(&error, published))?;
    let schema: SchemaRef = Arc::new(frame.schema().as_arrow().clone());
    let mut stream = frame.execute_stream().await.map_err(|error| explain(&error, published))?;
    let mut sink = Sink::new(format, &schema, layout, output)?;
    let mut rows = 0;
    while let Some(batch) = stream.next().await {
        let batch = batch.map_err(|error| explain(&error, published))?;
        rows += batch.num_rows() as u64;
        sink.write(batch)?;
    }
    sink.finish(rows)?;
    Ok(rows)
}

/// Plans a query that may only read.
async fn plan(session: &SessionContext, query: &str) -> Result<DataFrame, DataFusionError> {
    let read_only = SQLOptions::new().with_allow_ddl(false).with_allow_dml(false).with_allow_statements(false);
    session.sql_with_options(query, read_only).await
}

/// Where the rows of a result go.
enum Sink {
    Table { batches: Vec<RecordBatch>, kept: usize, header: Vec<(String, DataType)>, layout: Layout, output: Output },
    Csv(Box<arrow::csv::Writer<Box<dyn Write + Send>>>),
    Json(arrow::json::Writer<Box<dyn Write + Send>, arrow::json::writer::JsonArray>),
    Parquet(Box<ArrowWriter<Box<dyn Write + Send>>>),
}

impl Sink {
    fn new(format: SqlFormat, schema: &SchemaRef, layout: Layout, output: Output) -> Result<Self> {
        let writer = || -> Box<dyn Write + Send> { Box::new(std::io::BufWriter::new(output.writer())) };
        Ok(match format {
            SqlFormat::Table => {
                let header =
                    schema.fields().iter().map(|field| (field.name().clone(), field.data_type().clone())).collect();
                Self::Table { batches: Vec::new(), kept: 0, header, layout, output }
            }
            SqlFormat::Csv => {
                let mut csv = arrow::csv::WriterBuilder::new().with_header(true).build(writer());
                // The header is there also where no row is.
                csv.write(&RecordBatch::new_empty(Arc::clone(schema)))?;
                Self::Csv(Box::new(csv))
            }
            SqlFormat::Json => Self::Json(arrow::json::WriterBuilder::new().with_explicit_nulls(true).build(writer())),
            SqlFormat::Parquet => {
                let properties = WriterProperties::builder()
                    .set_compression(Compression::ZSTD(ZstdLevel::default()))
                    .set_created_by("peil".to_owned())
                    .build();
                Self::Parquet(Box::new(ArrowWriter::try_new(writer(), Arc::clone(schema), Some(properties))?))
            }
        })
    }

    fn write(&mut self, batch: RecordBatch) -> Result<()> {
        match self {
            Self::Table { batches, kept, output, .. } => {
                let room = output.width().map_or(batch.num_rows(), |_| TERMINAL_ROWS - *kept);
                let rows = batch.num_rows().min(room);
                *kept += rows;
                batches.push(batch.slice(0, rows));
            }
            Self::Csv(csv) => csv.write(&batch)?,
            Self::Json(json) => json.write(&batch)?,
            Self::Parquet(parquet) => parquet.write(&batch)?,
        }
        Ok(())
    }

    fn finish(self, rows: u64) -> Result<()> {
        match self {
            Self::Table { batches, kept, header, layout, output } => {
                let grid = Grid::from_batches(header, &batches)?;
                if grid.columns() > 0 && !(grid.is_empty() && layout == Layout::Expanded) {
                    output.line(grid.render(output.width(), layout));
                }
                output.talk(format!("({})", counted(rows, "row", "rows")));
                if (kept as u64) < rows {
                    let text = format!("the first {} are shown; --format csv gives all", thousands(kept as u64));
                    output.remark(Tone::Dim, "note", &text);
                }
                Ok(())
            }
            Self::Csv(csv) => Ok(csv.into_inner().flush()?),
            Self::Json(mut json) => {
                json.finish()?;
                let mut writer = json.into_inner();
                writer.write_all(b"\n")?;
                Ok(writer.flush()?)
            }
            Self::Parquet(parquet) => Ok(parquet.into_inner()?.flush()?),
        }
    }
}

/// An error of the engine in the words of someone who wrote a query.
fn explain(error: &DataFusionError, published: &Published) -> Error {
    let root = error.find_root();
    let text = first_line(&root.strip_backtrace());
    match root {
        DataFusionError::SchemaError(schema, _) => match schema.as_ref() {
            SchemaError::FieldNotFound { field, valid_fields } => {
                let names = valid_fields.iter().map(|column| column.name());
                let near = did_you_mean(field.name(), names.clone());
                let known: Vec<&str> = names.collect();
                let all = if near.is_empty() && !known.is_empty() {
                    format!("\nhint: there are {}", known.join(", "))
                } else {
                    near
                };
                Error::usage(format!("there is no column `{}`{all}", field.name()))
            }
            _ => Error::usage(text),
        },
        DataFusionError::SQL(parser, _) => {
            Error::usage(format!("the query cannot be read: {}", plain(&parser.to_string())))
        }
        DataFusionError::Plan(message) => explain_plan(&first_line(message), published),
        DataFusionError::NotImplemented(_)
        | DataFusionError::Execution(_)
        | DataFusionError::Configuration(_)
        | DataFusionError::ArrowError(..) => Error::usage(plain(&text)),
        DataFusionError::ResourcesExhausted(_) => {
            Error::usage(format!("the query needs more memory than there is: {text}"))
        }
        DataFusionError::ParquetError(_) | DataFusionError::ObjectStore(_) | DataFusionError::IoError(_) => {
            Error::storage(text)
        }
        _ => Error::internal(text),
    }
}

fn explain_plan(message: &str, published: &Published) -> Error {
    if let Some(named) = message.strip_prefix("table '").and_then(|rest| rest.split('\'').next()) {
        let names = tables(published);
        // The engine puts catalog and default schema in front.
        let wanted =
            if named.matches('.').count() == 2 { named.split_once('.').map_or(named, |(_, rest)| rest) } else { named };
        let wanted = wanted.strip_prefix("public.").unwrap_or(wanted);
        let name = wanted.rsplit('.').next().unwrap_or(wanted);
        let mut near = match names.iter().find(|known| known.rsplit('.').next() == Some(name)) {
            // Without a schema, or with a wrong one, the name alone tells.
            Some(known) => format!(" (did you mean `{known}`?)"),
            None => did_you_mean(wanted, names.iter().map(String::as_str)),
        };
        if !names.iter().any(|known| known.starts_with("marts.")) {
            near = "\nhint: no marts are published yet: `peil run` makes them".to_owned();
        } else if near.is_empty() {
            near = "\nhint: `\\d` in the prompt lists the tables of marts and ops".to_owned();
        }
        return Error::usage(format!("there is no table `{wanted}`{near}"));
    }
    if ["DDL not supported", "DML not supported", "Statement not supported"]
        .iter()
        .any(|text| message.starts_with(text))
    {
        return Error::usage("the marts are read-only\nhint: ask with select, with, values, show or explain");
    }
    Error::usage(plain(message))
}

/// The tables that a query can name, as `marts.indicator_values`.
pub fn tables(published: &Published) -> Vec<String> {
    let names = published.tables.keys().filter_map(|name| name.split_once('/'));
    names.filter(|(schema, _)| SCHEMAS.contains(schema)).map(|(schema, table)| format!("{schema}.{table}")).collect()
}

fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().to_owned()
}

/// A message without the engine's own words in front.
fn plain(message: &str) -> String {
    let prefixes = [
        "Error during planning: ",
        "sql parser error: ",
        "Execution error: ",
        "Arrow error: ",
        "Parser error: ",
        "This feature is not implemented: ",
    ];
    let mut text = message;
    while let Some(rest) = prefixes.iter().find_map(|prefix| text.strip_prefix(prefix)) {
        text = rest;
    }
    text.to_owned()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use peil_warehouse::table::{TableSpec, TableState};

    use super::*;

    fn published() -> Published {
        let state = |name: &str| TableState::empty(&TableSpec::new(name, "", Vec::new())).unwrap();
        let names = ["marts/indicator_values", "marts/portal_usage", "ops/runs", "staged/portal_events"];
        let tables: BTreeMap<_, _> = names.iter().map(|name| ((*name).to_owned(), state(name))).collect();
        Published { tables, ..Published::default() }
    }

    #[test]
    fn queries_see_marts_and_ops_only() {
        assert_eq!(tables(&published()), ["marts.indicator_values", "marts.portal_usage", "ops.runs"]);
    }

    #[test]
    fn an_unknown_table_names_the_nearest() {
        for named in
            ["datafusion.marts.indicator_value", "datafusion.public.indicator_values", "marts.indicator_valeus"]
        {
            let error = explain_plan(&format!("table '{named}' not found"), &published()).to_string();
            assert!(error.contains("did you mean `marts.indicator_values`"), "{error}");
        }
    }

    #[tokio::test]
    async fn what_is_wrong_with_a_query_is_usage() {
        let session = SessionContext::new();
        for (query, words) in [
            ("select", "Expected"),
            ("select a from (values (1)) as t(b)", "no column `a`"),
            ("selct 1", "the query cannot be read"),
            ("create table a as select 1", "read-only"),
            ("select * from marts.indicator_value", "marts.indicator_values"),
            ("select 1; select 2", "single"),
            ("select nosuch(1)", "nosuch"),
            ("set datafusion.execution.batch_size = 1", "read-only"),
            ("copy (select 1) to '/tmp/x.csv'", "read-only"),
        ] {
            let error = match plan(&session, query).await {
                Ok(_) => panic!("{query} is wrong"),
                Err(error) => explain(&error, &published()),
            };
            assert!(matches!(error, Error::Usage(_)), "{query}: {error:?}");
            assert!(error.to_string().to_lowercase().contains(&words.to_lowercase()), "{query}: {error}");
        }
    }
}
