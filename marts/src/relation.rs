//! Which tables a query reads, found in the query itself.

use std::collections::BTreeSet;

use datafusion::common::TableReference;
use datafusion::sql::parser::{DFParser, Statement};
use datafusion::sql::resolve::resolve_table_references;
use datafusion::sql::sqlparser::ast;

/// Schemas that a model may read.
pub const SCHEMAS: [&str; 5] = ["conformed", "intermediate", "marts", "ops", "run"];
/// Functions that stand where a table stands.
const TABLE_FUNCTIONS: [&str; 2] = ["generate_series", "range"];

/// The tables that a query reads, as `schema.table`; or what is wrong with
/// the query, and how to mend it.
///
/// ```
/// use peil_marts::relation::tables_of;
/// let tables = tables_of("with a as (select 1) select * from a join marts.costs c on true").unwrap();
/// assert_eq!(tables.into_iter().collect::<Vec<_>>(), ["marts.costs"]);
/// assert!(tables_of("drop table marts.costs").is_err());
/// ```
pub fn tables_of(sql: &str) -> Result<BTreeSet<String>, String> {
    let mut statements = DFParser::parse_sql(sql).map_err(|error| plain(&error))?;
    let statement = statements.pop_front().ok_or("there is no query: write one `select`")?;
    if !statements.is_empty() {
        return Err("there is more than one statement: write one `select`".to_owned());
    }
    match &statement {
        Statement::Statement(inner) if matches!(inner.as_ref(), ast::Statement::Query(_)) => {}
        _ => return Err("only a query is possible here: write one `select`".to_owned()),
    }
    let (references, _) = resolve_table_references(&statement, true).map_err(|error| plain(&error))?;
    let mut tables = BTreeSet::new();
    for reference in references {
        match &reference {
            TableReference::Partial { schema, table } if SCHEMAS.contains(&schema.as_ref()) => {
                tables.insert(format!("{schema}.{table}"));
            }
            TableReference::Bare { table } if TABLE_FUNCTIONS.contains(&table.as_ref()) => {}
            other => {
                return Err(format!(
                    "the table `{other}` is written without a known schema: use one of {}",
                    SCHEMAS.join(", ")
                ));
            }
        }
    }
    Ok(tables)
}

/// The message of an engine's error without its class.
pub(crate) fn plain(error: &datafusion::error::DataFusionError) -> String {
    error.strip_backtrace()
}

/// The name in the warehouse of a table in SQL: `marts/costs` of
/// `marts.costs`.
pub fn table_name(relation: &str) -> String {
    relation.replacen('.', "/", 1)
}

/// Whether a text can be the name of a table or a column without quotes.
pub fn is_name(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_lowercase())
        && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}
