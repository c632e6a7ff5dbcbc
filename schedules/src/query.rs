//! A query on the marts: its plan, its result in a form, its errors.

use std::io::Write;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, SchemaRef};
use futures::StreamExt;
use peil_marts::service::journal::Silent;
use peil_marts::service::{Fault, Limits, Service, Session, Variables, Who};
use peil_warehouse::publish::Published;
use peil_warehouse::storage::Storage;
use peil_warehouse::{Error, Result};

use crate::cli::SqlFormat;
use crate::output::{Output, Tone, counted, thousands};
use crate::rows::{Form, RowWriter};
use crate::table::{Grid, Layout};

/// Rows that a table on a terminal shows at most; elsewhere it shows all.
const TERMINAL_ROWS: usize = 1_000;

/// The schemas of queries.
pub const SCHEMAS: [&str; 2] = ["marts", "ops"];

/// Runs one query and writes its result. Gives the number of rows.
///
/// # Errors
/// [`Error::Usage`] where the query is wrong.
pub async fn run(session: &Session, query: &str, format: SqlFormat, layout: Layout, output: Output) -> Result<u64> {
    let mut stream = session.sql(query).await.map_err(|fault| explain(&fault))?;
    let schema: SchemaRef = Arc::clone(stream.schema());
    let mut sink = Sink::new(format, &schema, layout, output)?;
    let mut rows = 0;
    while let Some(batch) = stream.next().await {
        let batch = batch.map_err(|fault| explain(&fault))?;
        rows += batch.num_rows() as u64;
        sink.write(batch)?;
    }
    sink.finish(rows)?;
    Ok(rows)
}

/// A session with all rights of who is at this machine: everything that is
/// published, and no bounds but the machine's.
///
/// # Errors
/// [`Error::Internal`] where the engine refuses.
pub fn session(storage: &Storage) -> Result<Session> {
    let limits = Limits {
        seconds: u32::MAX,
        rows: u64::MAX,
        statement_bytes: usize::MAX,
        bytes: usize::MAX,
        ..Limits::default()
    };
    let service = Service::new(storage, limits, Arc::new(Silent))?;
    let user = std::env::var("USER").unwrap_or_else(|_| "local".to_owned());
    let who = Who { user, application: "peil sql".to_owned(), protocol: "local", ..Who::default() };
    Ok(service.open(who, Variables::default()))
}

/// Where the rows of a result go.
enum Sink {
    Table { batches: Vec<RecordBatch>, kept: usize, header: Vec<(String, DataType)>, layout: Layout, output: Output },
    Rows(RowWriter<Box<dyn Write + Send>>),
}

impl Sink {
    fn new(format: SqlFormat, schema: &SchemaRef, layout: Layout, output: Output) -> Result<Self> {
        let rows = |form| {
            let writer: Box<dyn Write + Send> = Box::new(std::io::BufWriter::new(output.writer()));
            RowWriter::new(form, schema, writer).map(Self::Rows)
        };
        Ok(match format {
            SqlFormat::Table => {
                let header =
                    schema.fields().iter().map(|field| (field.name().clone(), field.data_type().clone())).collect();
                Self::Table { batches: Vec::new(), kept: 0, header, layout, output }
            }
            SqlFormat::Csv => rows(Form::Csv)?,
            SqlFormat::Json => rows(Form::Json)?,
            SqlFormat::Parquet => rows(Form::Parquet)?,
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
            Self::Rows(rows) => rows.write(&batch)?,
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
            Self::Rows(rows) => Ok(rows.finish()?.flush()?),
        }
    }
}

/// An error of a query in the words of the program.
fn explain(fault: &Fault) -> Error {
    let hint = fault.hint.as_ref().map(|hint| format!("\nhint: {hint}")).unwrap_or_default();
    let place = fault.position.map(|position| format!(" (at character {position})")).unwrap_or_default();
    let text = format!("{}{place}{hint}", fault.message);
    match fault.code {
        "58030" => Error::storage(text),
        "XX000" => Error::internal(text),
        _ => Error::usage(text),
    }
}

/// The tables that a query can name, as `marts.indicator_values`.
pub fn tables(published: &Published) -> Vec<String> {
    let names = published.tables.keys().filter_map(|name| name.split_once('/'));
    names.filter(|(schema, _)| SCHEMAS.contains(schema)).map(|(schema, table)| format!("{schema}.{table}")).collect()
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

    #[tokio::test]
    async fn what_is_wrong_with_a_query_is_usage() {
        let folder = tempfile::tempdir().unwrap();
        let storage = Storage::open(folder.path().to_str().unwrap()).unwrap();
        let session = session(&storage).unwrap();
        for (query, words) in [
            ("select a from (values (1)) as t(b)", "\"a\" does not exist"),
            ("selct 1", "syntax error at or near \"selct\" (at character 1)"),
            ("create table a as select 1", "read-only"),
            ("select * from marts.indicator_value", "\"marts.indicator_value\" does not exist"),
            ("select 1; select 2", "multiple"),
            ("select nosuch(1)", "nosuch"),
            ("copy (select 1) to '/tmp/x.csv'", "permission denied"),
        ] {
            let error = match session.sql(query).await {
                Ok(_) => panic!("{query} is wrong"),
                Err(fault) => explain(&fault),
            };
            assert!(matches!(error, Error::Usage(_)), "{query}: {error:?}");
            assert!(error.to_string().contains(words), "{query}: {error}");
        }
    }
}
