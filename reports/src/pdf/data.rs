//! The document as the design reads it: texts and places, no markup.

use std::collections::BTreeSet;

use peil_warehouse::{Error, Result};
use serde::Serialize;

use super::letters::printable;
use super::table::{TableData, table};
use super::widths::UPRIGHT;
use crate::charts::{Chart, Layout};
use crate::document::{Block, Document, Origin, Section, Span, Table, Text};
use crate::format::{capital, long_day, number, period_name};
use crate::frames::Report;

/// Height that a drawing may have on a page, in points: what its title, its
/// measure and its source leave.
const TALLEST: f64 = 590.0;

/// Up to this section each begins on a page of its own: the summary is one
/// page, to be read by itself. Those after it follow on one another where a
/// page has room.
const LAST_APART: u8 = 4;

#[derive(Debug, Serialize)]
struct Data {
    title: String,
    period: String,
    code: String,
    days: String,
    standing: String,
    edition: String,
    provisional: bool,
    /// Stretches of pages that are held the same way.
    runs: Vec<Run>,
}

#[derive(Debug, Default, Serialize)]
struct Run {
    sideways: bool,
    blocks: Vec<BlockData>,
}

#[derive(Debug, Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
enum BlockData {
    Section { number: u8, title: String, anchor: String, apart: bool },
    Heading { level: u8, text: String },
    Paragraph { words: Words },
    List { items: Vec<Words> },
    Terms { items: Vec<(String, Words)> },
    Table(TableData),
    Annex { text: String },
    Chart(ChartData),
}

#[derive(Debug, Serialize)]
struct ChartData {
    number: usize,
    title: String,
    measure: String,
    source: String,
    alternative: String,
    svg: String,
    width: f64,
}

/// A sentence: a text, or parts where some of them stand out.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(super) enum Words {
    Plain(String),
    Parts(Vec<Part>),
}

#[derive(Debug, Serialize)]
pub(super) struct Part {
    text: String,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    strong: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<String>,
}

/// What a text of the document can lead to.
pub(super) struct Destinations {
    known: BTreeSet<String>,
    reached: BTreeSet<String>,
}

/// The data of a report, as JSON.
pub(super) fn json(report: &Report, document: &Document) -> Result<Vec<u8>> {
    let colophon = &report.colophon;
    let (mut tables, mut charts) = (0, 0);
    let mut destinations = Destinations::of(document);
    let mut all = Vec::new();
    for section in &document.sections {
        all.push(BlockData::Section {
            number: section.number,
            title: printable(&section.title),
            anchor: format!("section-{}", section.name),
            apart: section.number <= LAST_APART,
        });
        all.extend(blocks(section, &mut tables, &mut charts, &mut destinations)?);
    }
    let data = Data {
        title: printable(&document.title),
        period: capital(&period_name(colophon.period)),
        code: colophon.period.to_string(),
        days: format!("{} tot en met {}", long_day(colophon.period.first_day()), long_day(colophon.period.last_day())),
        standing: long_day(colophon.as_of),
        edition: colophon.edition.mark(),
        provisional: colophon.provisional(),
        runs: runs(all),
    };
    serde_json::to_vec(&data).map_err(|error| Error::internal(format!("the data of the PDF: {error}")))
}

fn blocks(
    section: &Section,
    tables: &mut usize,
    charts: &mut usize,
    destinations: &mut Destinations,
) -> Result<Vec<BlockData>> {
    let mut level_above = 1;
    let mut blocks = Vec::with_capacity(section.blocks.len());
    for block in &section.blocks {
        blocks.push(match block {
            Block::Heading { level, text, .. } => {
                // Under the title of the section; a level is never skipped.
                let level = (level + 1).clamp(2, level_above + 1);
                level_above = level;
                BlockData::Heading { level, text: printable(text) }
            }
            Block::Paragraph(text) => BlockData::Paragraph { words: Words::new(text, destinations) },
            Block::List(items) => {
                BlockData::List { items: items.iter().map(|item| Words::new(item, destinations)).collect() }
            }
            Block::Terms(terms) => BlockData::Terms {
                items: terms.iter().map(|(term, text)| (printable(term), Words::new(text, destinations))).collect(),
            },
            Block::Table(one) => {
                *tables += 1;
                BlockData::Table(table(one, *tables, destinations)?)
            }
            Block::Annex(table) => BlockData::Annex { text: annex(table) },
            Block::Chart(chart) => {
                *charts += 1;
                match chart_data(chart, *charts) {
                    Some(chart) => BlockData::Chart(chart),
                    None => continue,
                }
            }
        });
    }
    turn_alike(&mut blocks);
    Ok(blocks)
}

/// Tables of the same columns are read as one: where one of them turns its
/// page, so do the others of the section.
fn turn_alike(blocks: &mut [BlockData]) {
    let is_turned = |blocks: &[BlockData], at: usize| match &blocks[at] {
        BlockData::Table(table) if !table.sideways => blocks
            .iter()
            .any(|other| matches!(other, BlockData::Table(other) if other.sideways && other.is_like(table))),
        _ => false,
    };
    for at in 0..blocks.len() {
        if is_turned(blocks, at)
            && let BlockData::Table(table) = &mut blocks[at]
        {
            table.turn();
        }
    }
}

/// Where a table is that is not printed.
fn annex(table: &Table) -> String {
    let rows = match table.body().count() {
        1 => "1 rij".to_owned(),
        rows => format!("{}\u{a0}rijen", number(rows as f64, 0)),
    };
    printable(&format!("Op de site en in het werkboek: {} ({rows}).", table.caption))
}

fn chart_data(chart: &Chart, number: usize) -> Option<ChartData> {
    let drawing = chart.drawings.iter().find(|drawing| drawing.layout == Layout::Wide)?;
    Some(ChartData {
        number,
        title: printable(&chart.title),
        measure: printable(&chart.measure),
        source: printable(&chart.source),
        alternative: printable(&chart.alternative),
        svg: printable(&drawing.svg(chart.name, &chart.title, &chart.alternative)),
        width: UPRIGHT.min(TALLEST * drawing.width / drawing.height),
    })
}

/// Blocks as stretches of pages held upright or on their side: a wide table
/// turns its page, and takes the heading above it along.
fn runs(blocks: Vec<BlockData>) -> Vec<Run> {
    let mut runs: Vec<Run> = vec![Run::default()];
    for block in blocks {
        if matches!(block, BlockData::Section { apart: true, .. }) {
            runs.push(Run { sideways: false, blocks: vec![block] });
            continue;
        }
        let sideways = match &block {
            BlockData::Table(table) => Some(table.sideways),
            // A chart is drawn for an upright page.
            BlockData::Chart(_) => Some(false),
            _ => None,
        };
        let Some(last) = runs.last_mut() else { continue };
        if sideways.is_none_or(|sideways| sideways == last.sideways) {
            last.blocks.push(block);
            continue;
        }
        // What leads to the block goes with it; a run of nothing else turns
        // as a whole.
        let substance =
            last.blocks.iter().rposition(|block| matches!(block, BlockData::Table(_) | BlockData::Chart(_)));
        let lead = match substance {
            None => 0,
            Some(at) => {
                let section = last.blocks.iter().rposition(|block| matches!(block, BlockData::Section { .. }));
                let text = last.blocks.iter().rposition(|block| !matches!(block, BlockData::Heading { .. }));
                section.filter(|section| *section > at).unwrap_or_else(|| text.map_or(at + 1, |at| at + 1))
            }
        };
        let mut taken = last.blocks.split_off(lead);
        taken.push(block);
        let run = Run { sideways: !last.sideways, blocks: taken };
        if last.blocks.is_empty() {
            *last = run;
        } else {
            runs.push(run);
        }
    }
    runs.retain(|run| !run.blocks.is_empty());
    runs
}

impl Words {
    /// A text of one piece.
    pub(super) fn plain(text: &str) -> Self {
        Self::Plain(printable(text))
    }

    /// A sentence with what stands out in it and what it leads to.
    pub(super) fn new(text: &Text, destinations: &Destinations) -> Self {
        let mut parts: Vec<Part> = Vec::new();
        for span in &text.0 {
            let (words, strong, origin) = match span {
                Span::Words(words) => (words.clone(), false, None),
                Span::Strong(words) => (words.clone(), true, None),
                Span::Figure(value, origin) => (value.shown(), false, origin.as_ref()),
                Span::Link(words, origin) => (words.clone(), false, Some(origin)),
            };
            let to = origin.and_then(|origin| destinations.leading_to(origin));
            let text = printable(&words);
            match parts.last_mut().filter(|last| last.strong == strong && last.to == to) {
                Some(last) => last.text.push_str(&text),
                None => parts.push(Part { text, strong, to }),
            }
        }
        match parts.as_slice() {
            [part] if !part.strong && part.to.is_none() => Self::Plain(part.text.clone()),
            _ => Self::Parts(parts),
        }
    }
}

impl Destinations {
    fn of(document: &Document) -> Self {
        let sections = document.sections.iter().map(|section| format!("section-{}", section.name));
        let first_cells = document.tables().flat_map(|table| {
            let printed = super::printed_rows(table);
            table.body().take(printed).filter_map(|(_, cells)| cells.first()?.origin.as_ref())
        });
        let rows = first_cells.filter_map(|origin| match origin {
            Origin::IndicatorPage(_) => name(origin),
            _ => None,
        });
        Self { known: sections.chain(rows).collect(), reached: BTreeSet::new() }
    }

    /// Where a text leads, where the document has the place.
    fn leading_to(&self, origin: &Origin) -> Option<String> {
        name(origin).filter(|name| self.known.contains(name))
    }

    /// The name of the place that a row is, the first time that it is reached.
    pub(super) fn arrive(&mut self, origin: &Origin) -> Option<String> {
        let name = match origin {
            Origin::IndicatorPage(_) => name(origin)?,
            _ => return None,
        };
        (self.known.contains(&name) && self.reached.insert(name.clone())).then_some(name)
    }
}

fn name(origin: &Origin) -> Option<String> {
    match origin {
        Origin::Indicator(id, _) | Origin::IndicatorPage(id) => Some(format!("indicator-{id}")),
        Origin::Section(name) => Some(format!("section-{name}")),
        Origin::Authority(_) | Origin::Mart(_) => None,
    }
}
