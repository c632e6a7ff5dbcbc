//! `peil fetch`: what is new of each source, to the landing area.

use futures::StreamExt;
use peil_warehouse::nearest::did_you_mean;
use peil_warehouse::{Error, Result, clock};
use serde_json::json;

use crate::cli::{FetchArgs, Global};
use crate::context;
use crate::exit::Exit;
use crate::output::{Output, Tone, counted};
use crate::sources::config::{self, Source};
use crate::sources::fetch::{Report, fetch};
use crate::sources::ledger::Ledger;
use crate::stages;
use crate::timetable::ledger::Holder;

/// Sources that are fetched at the same time: one that is slow holds up no
/// other.
const AT_ONCE: usize = 4;

/// Fetches the sources; one that fails stops no other, and ends the command
/// with exit code 3.
///
/// # Errors
/// [`Error::Usage`] where a source is wrong or unknown.
pub async fn run(global: &Global, arguments: &FetchArgs, output: Output) -> Result<Exit> {
    let settings = context::settings(global)?;
    let all = config::load(settings.sources.as_deref(), &stages::contracts(&settings)?)?;
    let chosen = choose(all, &arguments.sources)?;
    if chosen.is_empty() {
        if output.is_json() {
            output.document(&json!({ "sources": [] }))?;
        }
        output.talk("there are no sources: the setting `sources` names a folder with a file for each");
        return Ok(Exit::Done);
    }
    let ledger = Ledger::new(context::open_warehouse(&settings)?, Holder::this());
    if arguments.list {
        return list(&chosen, &ledger, output).await;
    }
    let landing = context::open_landing(&settings)?;
    let fetches = chosen.iter().map(|source| fetch(source, &landing, &ledger, arguments.full));
    let reports: Vec<Result<Report>> = futures::stream::iter(fetches).buffered(AT_ONCE).collect().await;
    let reports = reports.into_iter().collect::<Result<Vec<_>>>()?;
    if output.is_json() {
        output.document(&json!({ "sources": reports }))?;
    } else {
        reports.iter().for_each(|report| tell(report, output));
    }
    let failed = reports.iter().any(|report| report.outcome == "failed");
    Ok(if failed { Exit::Incomplete } else { Exit::Done })
}

fn choose(all: Vec<Source>, names: &[String]) -> Result<Vec<Source>> {
    for name in names {
        if !all.iter().any(|source| source.name == *name) {
            let near = did_you_mean(name, all.iter().map(|source| source.name.as_str()));
            return Err(Error::usage(format!("there is no source `{name}`{near}")));
        }
    }
    Ok(all.into_iter().filter(|source| names.is_empty() || names.contains(&source.name)).collect())
}

fn tell(report: &Report, output: Output) {
    let rows = counted(report.rows, "row", "rows");
    let (tone, said) = match (report.outcome, &report.object) {
        ("fetched", Some(object)) => (Tone::Good, format!("{rows} in {object}")),
        ("failed", _) => (Tone::Bad, report.said.clone()),
        ("busy", _) => (Tone::Dim, report.said.clone()),
        _ => (Tone::Dim, "nothing new".to_owned()),
    };
    let word = output.paint(tone, &format!("{:<9}", report.outcome));
    output.line(format!("{word}  {}  {said}", report.source));
}

async fn list(sources: &[Source], ledger: &Ledger, output: Output) -> Result<Exit> {
    let mut listed = Vec::new();
    for source in sources {
        let standing = ledger.standing(&source.name, clock::now()).await?;
        let last = standing.last.as_ref();
        listed.push(json!({
            "source": source.name,
            "dataset": source.dataset,
            "from": source.place(),
            "running": standing.running.is_some(),
            "outcome": last.map(|end| &end.outcome),
            "ended_at": last.map(|end| end.ended_at),
            "fetched_at": last.and_then(|end| end.place.fetched_at),
            "cursor": last.and_then(|end| end.place.cursor.as_ref()),
            "said": last.map(|end| &end.said).filter(|said| !said.is_empty()),
        }));
    }
    if output.is_json() {
        output.document(&json!({ "sources": listed }))?;
        return Ok(Exit::Done);
    }
    for source in &listed {
        let text = |key: &str| source[key].as_str().unwrap_or_default().to_owned();
        let name = output.paint(Tone::Strong, &text("source"));
        output.line(format!("{name}  {} from {}", text("dataset"), text("from")));
        let last = if source["outcome"].is_null() {
            "never fetched".to_owned()
        } else {
            format!("{} at {}  {}", text("outcome"), text("ended_at"), text("said"))
        };
        output.line(format!("  {}", last.trim_end()));
    }
    Ok(Exit::Done)
}
