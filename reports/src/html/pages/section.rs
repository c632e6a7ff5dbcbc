//! The pages that show sections of the document as they are.

use std::fmt::Write;

use crate::document::{Block, Section};

use super::super::blocks;
use super::super::links::SECTION_PAGES;
use super::super::markup::escape;
use super::super::page::Page;
use super::{Source, home_crumb, programme};

/// Of a page that shows more than one section: its title, and what it holds.
const TOGETHER: [(&str, &str, &str); 1] = [(
    "oplossingen.html",
    "Oplossingen",
    "Welke softwareoplossingen besturen kiezen, uitfaseren en plannen, en hoe tevreden ze ervan zijn.",
)];

/// The page of the indicator tables.
pub(super) fn indicators(source: &Source<'_>) -> Option<Page> {
    let path = "indicatoren.html";
    let mut page = page(source, path, &["indicatoren"])?;
    if let Some(section) = source.document.section("programmas") {
        // What is said of all programmes; of each, its own page tells.
        let place = source.place(path);
        let own = section.blocks.iter().position(|block| matches!(block, Block::Heading { .. }));
        let _ = writeln!(page.body, "<h2 id=\"{}\">{}</h2>", section.name, escape(&section.title));
        page.body.push_str(&blocks::blocks(&place, &section.blocks[..own.unwrap_or(section.blocks.len())], 3));
        page.body.push_str("<ul class=\"index\">\n");
        for programme in &source.report.indicators.programmes {
            let address = programme::path(&programme.code);
            let _ = writeln!(page.body, "<li><a href=\"{}\">{}</a></li>", escape(&address), escape(&programme.name));
        }
        page.body.push_str("</ul>\n");
    }
    Some(page)
}

/// The pages of the other sections, but the home page.
pub(super) fn pages(source: &Source<'_>) -> Vec<Page> {
    let others = SECTION_PAGES.iter().filter(|(path, _)| *path != "index.html" && *path != "indicatoren.html");
    others.filter_map(|(path, names)| page(source, path, names)).collect()
}

/// Their entries in the menu.
pub(super) fn menu(source: &Source<'_>) -> Vec<(String, String, bool)> {
    pages_of(source).map(|(path, title)| (path.to_owned(), title, false)).collect()
}

fn pages_of<'a>(source: &Source<'a>) -> impl Iterator<Item = (&'static str, String)> + use<'a> {
    let document = source.document;
    SECTION_PAGES.iter().skip(2).filter_map(move |(path, names)| {
        let first = names.iter().find_map(|name| document.section(name))?;
        Some((*path, title(path, first)))
    })
}

fn title(path: &str, first: &Section) -> String {
    let together = TOGETHER.iter().find(|(known, _, _)| *known == path);
    together.map_or_else(|| first.title.clone(), |(_, title, _)| (*title).to_owned())
}

fn page(source: &Source<'_>, path: &str, names: &[&str]) -> Option<Page> {
    let sections: Vec<&Section> = names.iter().filter_map(|name| source.document.section(name)).collect();
    let first = sections.first()?;
    let place = source.place(path);
    let title = title(path, first);
    let mut body = String::new();
    match sections.as_slice() {
        // The title of the page is that of the section.
        [one] => {
            body.push_str(&format!("<div id=\"{}\">\n{}</div>\n", one.name, blocks::blocks(&place, &one.blocks, 2)));
        }
        more => {
            for section in more {
                body.push_str(&blocks::section(&place, section, 2));
            }
        }
    }
    let description = TOGETHER.iter().find(|(known, _, _)| *known == path).map_or_else(
        || format!("{}: {}.", source.document.title, first.title.to_lowercase()),
        |(_, _, description)| (*description).to_owned(),
    );
    let words = sections.iter().map(|section| section.title.as_str()).collect::<Vec<_>>().join(" ");
    Some(Page {
        path: path.to_owned(),
        title,
        kicker: String::new(),
        description,
        crumbs: home_crumb(),
        body,
        words,
        ..Page::default()
    })
}
