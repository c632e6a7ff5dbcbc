//! `peil sql`: a query on the marts, or a prompt.

use peil_warehouse::{Error, Result, release};

use crate::cli::{Global, SqlArgs, SqlFormat};
use crate::exit::Exit;
use crate::output::Output;
use crate::prompt::Prompt;
use crate::statements::{Entry, Statements};
use crate::table::Layout;
use crate::{context, query};

/// Runs the query of the command line, else asks for one.
///
/// # Errors
/// [`Error::Usage`] where a query is wrong.
pub async fn run(global: &Global, arguments: SqlArgs, output: Output) -> Result<Exit> {
    let settings = context::settings(global)?;
    let format = arguments.format.unwrap_or(if output.is_json() { SqlFormat::Json } else { SqlFormat::Table });
    let text = arguments.query.as_deref().map(single).transpose()?;
    let (storage, published) = context::read_warehouse(&settings).await?;
    let (storage, published) = match &arguments.release {
        None => (storage, published),
        // A release is a small warehouse of its own.
        Some(name) => {
            let releases = release::all(&storage).await?;
            let release = release::find(&releases, name)?;
            (release.storage(&storage), release.published.clone())
        }
    };
    let Some(text) = text else {
        return Prompt::open(storage, published, format, output).await?.run().await;
    };
    let session = query::session(&storage)?;
    query::run(&session, &text, format, Layout::Auto, output).await?;
    Ok(Exit::Done)
}

/// The one query that the text holds.
fn single(text: &str) -> Result<String> {
    let mut statements = Statements::default();
    let mut entries: Vec<Entry> = text.lines().flat_map(|line| statements.push(line)).collect();
    entries.extend(statements.finish());
    match entries.as_slice() {
        [Entry::Query(query)] => Ok(query.clone()),
        [] => Err(Error::usage("the query is empty\nhint: `peil sql` without a query opens a prompt")),
        [Entry::Command(command)] => Err(Error::usage(format!(
            "`{command}` is a command of the prompt\nhint: `peil sql` without a query opens it"
        ))),
        _ => Err(Error::usage(
            "there is more than one query\nhint: give one, or send them to standard input: peil sql < FILE",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_query_is_taken_with_or_without_semicolon() {
        assert_eq!(single("select 1;\n").unwrap(), "select 1");
        assert_eq!(single("select ';'").unwrap(), "select ';'");
        for text in ["", " ; ", "select 1; select 2", "\\d"] {
            assert!(matches!(single(text), Err(Error::Usage(_))), "{text}");
        }
    }
}
