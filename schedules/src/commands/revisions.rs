//! `peil revisions`: each published figure that differs now, and why.

use peil_warehouse::release::{CAUSES, REVISIONS_TABLE};
use peil_warehouse::{Period, Result};
use serde_json::{Map, Value, json};

use crate::cli::{Global, RevisionsArgs};
use crate::context;
use crate::exit::Exit;
use crate::output::{Output, counted};
use crate::records::{self, Record, text};
use crate::table::{Grid, Layout, fraction};

/// Columns that hold numbers, beside those of the causes.
const NUMBERS: [&str; 3] = ["published_value", "current_value", "difference"];

/// Lists the revisions, of a period and those within it where one is named.
///
/// # Errors
/// [`peil_warehouse::Error::Usage`] where nothing is published yet.
pub async fn run(global: &Global, arguments: &RevisionsArgs, output: Output) -> Result<Exit> {
    let settings = context::settings(global)?;
    let (storage, published) = context::read_warehouse(&settings).await?;
    let mut found = records::read(&storage, &published, REVISIONS_TABLE).await?;
    if let Some(period) = arguments.period {
        found.retain(|record| text(record, "period").parse::<Period>().is_ok_and(|other| period.contains(other)));
    }
    if output.is_json() {
        output.document(&found.iter().map(document).collect::<Vec<_>>())?;
        return Ok(Exit::Done);
    }
    let released = records::read(&storage, &published, "ops/releases").await?;
    if released.is_empty() {
        output.line("nothing was released yet: `peil close PERIOD` freezes the figures of a period");
        return Ok(Exit::Done);
    }
    if found.is_empty() {
        output.line("no published figure has changed since");
        return Ok(Exit::Done);
    }
    tell(&found, output);
    Ok(Exit::Done)
}

fn tell(found: &[Record], output: Output) {
    let used: Vec<&str> = CAUSES
        .iter()
        .map(|(name, _)| *name)
        .filter(|name| found.iter().any(|one| !shown(one, name).is_empty()))
        .collect();
    let titles: Vec<String> = used.iter().map(|name| format!(">{}", name.replace('_', " "))).collect();
    let mut columns = vec!["release", "period", "indicator", "measure", ">published", ">now", ">difference"];
    columns.extend(titles.iter().map(String::as_str));
    columns.extend(["causes", "deliveries"]);
    let mut grid = Grid::new(&columns);
    for record in found {
        let figure = |number: &str, words: &str| {
            let words = text(record, words);
            if words.is_empty() {
                number_of(record, number).map(fraction).unwrap_or_default()
            } else {
                words.to_owned()
            }
        };
        let mut row: Vec<String> =
            ["release", "period", "indicator_id", "measure"].iter().map(|name| text(record, name).to_owned()).collect();
        row.push(figure("published_value", "published_text"));
        row.push(figure("current_value", "current_text"));
        row.push(number_of(record, "difference").map(fraction).unwrap_or_default());
        row.extend(used.iter().map(|name| shown(record, name)));
        row.push(text(record, "causes").replace('_', " "));
        row.push(text(record, "deliveries").to_owned());
        grid.push(row);
    }
    output.line(grid.render(output.width(), Layout::Columns));
    output.line(format!("{} since publication", counted(found.len() as u64, "figure changed", "figures changed")));
}

/// A part of a difference; nothing where it is 0.
fn shown(record: &Record, name: &str) -> String {
    number_of(record, name).filter(|part| *part != 0.0).map(fraction).unwrap_or_default()
}

fn number_of(record: &Record, name: &str) -> Option<f64> {
    text(record, name).parse().ok()
}

fn document(record: &Record) -> Value {
    let is_number = |name: &str| NUMBERS.contains(&name) || CAUSES.iter().any(|(cause, _)| *cause == name);
    let mut members = Map::new();
    for name in ["release", "period", "indicator_id", "measure"]
        .into_iter()
        .chain(NUMBERS)
        .chain(CAUSES.iter().map(|(name, _)| *name))
        .chain(["published_text", "current_text"])
    {
        let value = match record.get(name) {
            None => Value::Null,
            Some(_) if is_number(name) => json!(number_of(record, name)),
            Some(text) => json!(text),
        };
        members.insert(name.to_owned(), value);
    }
    for name in ["causes", "deliveries"] {
        let parts: Vec<&str> = text(record, name).split(", ").filter(|part| !part.is_empty()).collect();
        members.insert(name.to_owned(), json!(parts));
    }
    Value::Object(members)
}
