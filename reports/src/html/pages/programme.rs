//! The page of a programme: its indicators, its charts, its milestones.

use crate::document::{Block, Document};
use crate::frames::Programme;

use super::super::blocks;
use super::super::page::Page;
use super::{Source, chain, home_crumb};

/// The sections of the document of which each programme has a part.
const SECTIONS: [&str; 2] = ["indicatoren", "programmas"];

/// The path of a programme's page.
pub(super) fn path(code: &str) -> String {
    format!("programma/{code}.html")
}

pub(super) fn pages(source: &Source<'_>) -> Vec<Page> {
    let mut pages: Vec<Page> =
        source.report.indicators.programmes.iter().map(|programme| page(source, programme)).collect();
    chain(&mut pages);
    pages
}

fn page(source: &Source<'_>, programme: &Programme) -> Page {
    let path = path(&programme.code);
    let place = source.place(&path);
    let numbers: usize = programme.sections.iter().map(|section| section.rows.len()).sum();
    let mut body = String::new();
    for (section, title) in SECTIONS.into_iter().zip(["Indicatoren en mijlpalen", "Verloop"]) {
        let part = part(source.document, section, programme);
        if !part.is_empty() {
            // The part's own heading is the title of the page.
            let heading = format!("<h2 id=\"{section}\">{title}</h2>\n");
            body.push_str(&heading);
            body.push_str(&blocks::blocks(&place, part, 2));
        }
    }
    Page {
        title: programme.name.clone(),
        kicker: "Programma".to_owned(),
        description: format!("De {numbers} indicatoren van {}: gerealiseerd, doel en verloop.", programme.name),
        crumbs: home_crumb(),
        body,
        path,
        ..Page::default()
    }
}

/// The blocks of a section that stand under the heading of a programme.
fn part<'a>(document: &'a Document, section: &str, programme: &Programme) -> &'a [Block] {
    let blocks = document.section(section).map_or(&[][..], |section| &section.blocks);
    let is_own = |block: &Block| matches!(block, Block::Heading { level: 1, name, text } if *text == programme.name || name.ends_with(&programme.code));
    let Some(start) = blocks.iter().position(is_own) else { return &[] };
    let rest = &blocks[start + 1..];
    let end = rest.iter().position(|block| matches!(block, Block::Heading { level: 1, .. }));
    &rest[..end.unwrap_or(rest.len())]
}
