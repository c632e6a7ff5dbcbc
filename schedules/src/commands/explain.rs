//! `peil explain`: how a figure is defined, what it is, and the source rows
//! behind it, counted again.

use peil_marts::explain::{Explanation, SourceRow};
use peil_warehouse::Result;
use peil_warehouse::contract::ContractSet;
use serde_json::json;

use crate::cli::{ExplainArgs, Global};
use crate::exit::Exit;
use crate::output::{Output, Tone, counted, thousands};
use crate::table::{Grid, Layout, fraction};
use crate::{context, stages};

/// Digits of a hash that are shown.
const SHA_DIGITS: usize = 12;
/// What stands where a value is hidden.
const HIDDEN: &str = "not shown: few persons";

/// Explains a figure.
///
/// # Errors
/// [`peil_warehouse::Error::Usage`] where there is no such indicator;
/// [`peil_warehouse::Error::Internal`] where the source rows do not give the
/// published value.
pub async fn run(global: &Global, arguments: &ExplainArgs, output: Output) -> Result<Exit> {
    let settings = context::settings(global)?;
    let (contracts, models) = (stages::contracts(&settings)?, stages::models(&settings)?);
    let (storage, published) = context::read_warehouse(&settings).await?;
    let mut explanation =
        peil_marts::explain::explain(&storage, &published, &models, &arguments.indicator, arguments.period).await?;
    name_sheets(&mut explanation.rows, &contracts);
    let total = explanation.rows.len();
    if arguments.rows > 0 {
        explanation.rows.truncate(arguments.rows);
    }
    if output.is_json() {
        let mut document = serde_json::to_value(&explanation).map_err(peil_warehouse::Error::internal)?;
        if let Some(members) = document.as_object_mut() {
            members.insert("rows_total".to_owned(), json!(total));
        }
        output.document(&document)?;
    } else {
        tell(&explanation, total, output);
    }
    Ok(Exit::Done)
}

/// The sheet of each row that came in a workbook, as the contract names it.
fn name_sheets(rows: &mut [SourceRow], contracts: &ContractSet) {
    for row in rows.iter_mut().filter(|row| row.object.to_lowercase().ends_with(".xlsx")) {
        let dataset = row.object.rsplit_once('/').map(|(dataset, _)| dataset);
        row.sheet =
            dataset.and_then(|dataset| contracts.get(dataset)).and_then(|contract| contract.format.sheet.clone());
    }
}

fn tell(explanation: &Explanation, total: usize, output: Output) {
    let kind = [Some(explanation.kind.as_str()), explanation.unit_nl.as_deref()];
    let kind: Vec<&str> = kind.into_iter().flatten().collect();
    output.line(output.paint(Tone::Strong, &format!("{}  {}", explanation.indicator_id, explanation.label_nl)));
    output.line(format!("{} · {} · {}", explanation.programme, explanation.section, kind.join(", ")));
    let part = |title: &str, text: &str| {
        output.line(format!("\n{}", output.paint(Tone::Strong, title)));
        output.line(wrapped(text, output.width().unwrap_or(100).min(100)));
    };
    part("Definition", &explanation.definition_nl);
    if let Some(note) = &explanation.note_nl {
        let since = explanation.holds_from.map(|day| format!(" since {day}")).unwrap_or_default();
        part(&format!("Version {}{since}", explanation.version), note);
    }
    part("Rule", &explanation.rule);
    part(&format!("Figure of {}", explanation.period), &figure(explanation));
    if let Some(recount) = explanation.recount.as_ref().filter(|recount| recount.value.is_some()) {
        let months: Vec<String> =
            recount.months.iter().map(|month| format!("{}: {}", month.month, thousands(month.things))).collect();
        let months = if months.is_empty() { String::new() } else { format!("; {}", months.join(", ")) };
        part(
            "Counted again from the source rows",
            &format!(
                "{}, the same: {} by {}{months}",
                recount.value.map(fraction).unwrap_or_default(),
                counted(recount.things, "thing", "things"),
                counted(recount.rows, "row", "rows"),
            ),
        );
    }
    if let Some(sql) = &explanation.sql {
        output.line(format!("\n{}", output.paint(Tone::Strong, "Query")));
        output.line(sql);
    }
    by_authority(explanation, output);
    deliveries(explanation, output);
    rows(explanation, total, output);
}

fn figure(explanation: &Explanation) -> String {
    if let Some(milestone) = &explanation.milestone {
        let planned = if milestone.planned { "planned" } else { "not planned" };
        let state = milestone.state.as_deref().unwrap_or("none");
        let note = milestone.note.as_ref().map(|note| format!(" ({note})")).unwrap_or_default();
        return format!("{planned}; state in the register: {state}{note}");
    }
    let mut parts = Vec::new();
    if let Some(figure) = &explanation.figure {
        parts.push(figure.value.map_or_else(|| "no value".to_owned(), fraction));
        parts.extend(figure.target.map(|target| format!("target {}", fraction(target))));
        parts
            .extend(figure.attainment.map(|share| format!("attained {} %", fraction((share * 1000.0).round() / 10.0))));
        parts.push(figure.status.clone());
        parts.extend(figure.provisional.then(|| format!("provisional, as of {}", explanation.as_of)));
        parts.extend(figure.break_before.then(|| "the series breaks before this period".to_owned()));
    }
    if let Some(missing) = &explanation.missing {
        parts.push(missing.reason.clone());
        parts.extend(missing.nearest.map(|period| format!("the nearest period that has one is {period}")));
    }
    parts.join("; ")
}

fn by_authority(explanation: &Explanation, output: Output) {
    let all = &explanation.by_authority;
    if all.is_empty() {
        return;
    }
    output.line(format!("\n{}", output.paint(Tone::Strong, "By authority")));
    let mut grid = Grid::new(&["nis code", "authority", "province", ">value"]);
    let shown: Vec<_> =
        all.iter().filter(|share| share.suppressed || share.value.is_some_and(|value| value != 0.0)).collect();
    for share in &shown {
        let value = if share.suppressed { HIDDEN.to_owned() } else { share.value.map(fraction).unwrap_or_default() };
        let name = |name: &Option<String>| name.clone().unwrap_or_default();
        grid.push([share.nis_code.clone(), name(&share.authority), name(&share.province), value]);
    }
    if !shown.is_empty() {
        output.line(grid.render(output.width(), Layout::Columns));
    }
    let others = (all.len() - shown.len()) as u64;
    output.line(format!("{} without anything that counts", counted(others, "authority", "authorities")));
}

fn deliveries(explanation: &Explanation, output: Output) {
    if explanation.deliveries.is_empty() {
        return;
    }
    output.line(format!("\n{}", output.paint(Tone::Strong, "Deliveries behind the value")));
    let mut grid = Grid::new(&["delivery", "date", ">rows", ">first to count", "sha-256"]);
    for share in &explanation.deliveries {
        grid.push([
            share.object.clone(),
            share.delivery_date.clone().unwrap_or_default(),
            thousands(share.rows),
            thousands(share.things),
            sha(share.sha256.as_ref()),
        ]);
    }
    output.line(grid.render(output.width(), Layout::Columns));
}

/// A column of the source rows: its heading, and what a row shows in it.
type Shown = (&'static str, fn(&SourceRow) -> String);

fn rows(explanation: &Explanation, total: usize, output: Output) {
    if explanation.rows.is_empty() {
        return;
    }
    let every = &explanation.rows;
    let title = match explanation.kind.as_str() {
        "milestone" => "Source rows",
        "average" => "Source rows: the latest measurement of each authority",
        _ => "Source rows: of each thing the first that makes it count",
    };
    output.line(format!("\n{}", output.paint(Tone::Strong, title)));
    // Only columns in which something stands.
    let columns: [Shown; 11] = [
        ("month", |row| row.month.clone().unwrap_or_default()),
        ("counts", |row| row.thing.clone()),
        ("authority", |row| row.authority.clone().unwrap_or_default()),
        ("delivered as", |row| row.delivered_as.clone().unwrap_or_default()),
        ("from", |row| row.from_day.clone().unwrap_or_default()),
        ("until", |row| row.until_day.clone().unwrap_or_default()),
        (">measurement", |row| row.measure.as_deref().map(short_number).unwrap_or_default()),
        (">more rows", |row| if row.rows > 1 { thousands(row.rows - 1) } else { String::new() }),
        ("delivery", |row| row.object.clone()),
        ("sheet", |row| row.sheet.clone().unwrap_or_default()),
        (">line", |row| row.line.to_string()),
    ];
    let used: Vec<_> = columns.into_iter().filter(|(_, of)| every.iter().any(|row| !of(row).is_empty())).collect();
    let mut grid = Grid::new(&used.iter().map(|(name, _)| *name).collect::<Vec<_>>());
    for row in every {
        grid.push(used.iter().map(|(_, of)| of(row)));
    }
    output.line(grid.render(output.width(), Layout::Columns));
    if every.len() < total {
        output.line(format!(
            "{} of {} rows are shown; --rows 0 shows all",
            thousands(every.len() as u64),
            thousands(total as u64)
        ));
    }
}

fn sha(text: Option<&String>) -> String {
    text.map(|text| text.chars().take(SHA_DIGITS).collect()).unwrap_or_default()
}

/// A decimal without zeros at its end.
fn short_number(text: &str) -> String {
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text.to_owned() }
}

/// A text in lines of at most `width` characters, cut between words.
fn wrapped(text: &str, width: usize) -> String {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let last = lines.last().map_or(0, |line| line.chars().count());
        if last > 0 && last + 1 + word.chars().count() > width {
            lines.push(String::new());
        }
        if let Some(line) = lines.last_mut() {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_wrap_between_words() {
        assert_eq!(wrapped("een twee drie vier", 9), "een twee\ndrie vier");
        assert_eq!(wrapped("aaaaaaaaaaaa b", 5), "aaaaaaaaaaaa\nb");
    }

    #[test]
    fn measurements_are_short() {
        assert_eq!(["60.500000", "40", "0.000000", "100"].map(short_number), ["60.5", "40", "0", "100"]);
    }
}
