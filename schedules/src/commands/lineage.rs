//! `peil lineage`: from which columns of which deliveries a column comes.

use peil_reports::frames::{ColumnSource, DeliveredColumn, Lineage};
use peil_warehouse::nearest::did_you_mean;
use peil_warehouse::{Error, Result};

use crate::cli::{Global, LineageArgs};
use crate::context;
use crate::exit::Exit;
use crate::output::Output;
use crate::table::{Grid, Layout};

/// Lists the sources of a mart's columns, or of one of them.
///
/// # Errors
/// [`Error::Usage`] where there is no such mart or column.
pub async fn run(global: &Global, arguments: &LineageArgs, output: Output) -> Result<Exit> {
    let settings = context::settings(global)?;
    let (storage, published) = context::read_warehouse(&settings).await?;
    let lineage = Lineage::read(&storage, &published).await?;
    let asked = arguments.column.strip_prefix("marts.").unwrap_or(&arguments.column);
    let (mart, column) = asked.split_once('.').map_or((asked, None), |(mart, column)| (mart, Some(column)));
    let state = published.table(&format!("marts/{mart}")).ok_or_else(|| {
        let known = published.tables.keys().filter_map(|name| name.strip_prefix("marts/"));
        Error::usage(format!("there is no mart `{mart}`{}", did_you_mean(mart, known)))
    })?;
    if lineage.marts().next().is_none() {
        return Err(Error::usage("no lineage is recorded in this warehouse yet\nhint: `peil run` records it"));
    }
    let schema = state.arrow_schema()?;
    let mut columns: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
    if let Some(column) = column {
        if !columns.contains(&column) {
            let near = did_you_mean(column, columns);
            return Err(Error::usage(format!("the mart `{mart}` has no column `{column}`{near}")));
        }
        columns.retain(|name| *name == column);
    }
    if output.is_json() {
        let columns = columns.iter().map(|name| {
            let sources: Vec<_> = lineage.sources(mart, name).iter().map(document).collect();
            serde_json::json!({ "column": name, "sources": sources })
        });
        let columns: Vec<_> = columns.collect();
        output.document(&serde_json::json!({ "mart": mart, "columns": columns }))?;
        return Ok(Exit::Done);
    }
    // Of one column everything is told; of all of them what values are made of.
    let whole = column.is_some();
    let mut grid = Grid::new(&["column", "how", "comes from", "delivered as"]);
    for name in columns {
        let mut sources: Vec<&ColumnSource> = lineage.sources(mart, name).iter().collect();
        sources.retain(|source| whole || source.is_value());
        sources.sort_by_key(|source| !source.is_value());
        let mut first = name;
        for source in sources {
            let from = format!("{}.{}", source.table, source.column);
            grid.push([first.to_owned(), source.how.clone(), from, delivered(&source.delivered)]);
            first = "";
        }
        if first == name {
            grid.push([name.to_owned(), "constant".to_owned(), String::new(), String::new()]);
        }
    }
    output.line(grid.render(output.width(), Layout::Columns));
    Ok(Exit::Done)
}

/// `portal/users gebruiker (pseudonym)`; what is only looked up is left out.
fn delivered(columns: &[DeliveredColumn]) -> String {
    let told = columns.iter().filter_map(|column| {
        let name = column.column.as_deref()?;
        let how = if column.how == "direct" { String::new() } else { format!(" ({})", column.how) };
        let reference = column.how == "lookup" && column.dataset.starts_with("reference/");
        (!reference).then(|| format!("{} {name}{how}", column.dataset))
    });
    told.collect::<Vec<_>>().join(", ")
}

fn document(source: &ColumnSource) -> serde_json::Value {
    let delivered = source
        .delivered
        .iter()
        .map(|column| serde_json::json!({ "dataset": column.dataset, "column": column.column, "how": column.how }));
    let delivered: Vec<_> = delivered.collect();
    serde_json::json!({
        "table": source.table, "column": source.column, "how": source.how, "delivered": delivered,
    })
}
