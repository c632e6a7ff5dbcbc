//! The site, read back: links, headings, captions, sizes, figures.

use std::collections::{BTreeMap, BTreeSet};

use peil_reports::document::{Block, Document};
use peil_reports::frames::Report;
use peil_reports::{Form, Templates, html, sections};
use scraper::{Html, Selector};

use crate::marts::Marts;

/// Files that the site leads to and that other forms of the report make.
const OTHER_FORMS: [&str; 2] = [".pdf", ".xlsx"];
const LARGEST_PAGE: usize = 500_000;

type Files = BTreeMap<String, Vec<u8>>;

async fn site() -> (Report, Document, Files) {
    let marts = Marts::as_published().realised("OC-02", 1_234.0, "achieved").realised("IV-TL-10", 54.26, "at_risk");
    let report = marts.publish().await.report("2022S1").await;
    let document = sections::document(&report).unwrap();
    let files = html::site(&report, &document, &Templates::built_in(), &Form::ALL).unwrap().into_iter().collect();
    (report, document, files)
}

fn pages(files: &Files) -> impl Iterator<Item = (&str, Html)> {
    let own = files.iter().filter(|(path, _)| path.ends_with(".html"));
    own.map(|(path, content)| (path.as_str(), Html::parse_document(std::str::from_utf8(content).unwrap())))
}

fn select<'a>(page: &'a Html, selector: &str) -> Vec<scraper::ElementRef<'a>> {
    page.select(&Selector::parse(selector).unwrap()).collect()
}

/// The words of a page as a reader sees them, spaces made one.
fn words(page: &Html) -> String {
    let text: String = select(page, "body").iter().flat_map(|body| body.text()).collect::<Vec<_>>().join(" ");
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// `href` seen from `page`, without its anchor, and the anchor.
fn resolved(page: &str, href: &str) -> (String, Option<String>) {
    let (path, anchor) = href.split_once('#').map_or((href, None), |(path, anchor)| (path, Some(anchor.to_owned())));
    if path.is_empty() {
        return (page.to_owned(), anchor);
    }
    let folder = page.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
        match part {
            ".." => {
                parts.pop().unwrap_or_else(|| panic!("{page}: {href} leads out of the folder of the period"));
            }
            part => parts.push(part),
        }
    }
    (parts.join("/"), anchor)
}

#[tokio::test]
async fn the_downloads_lead_only_to_forms_that_lie_beside_the_site() {
    let report = Marts::as_published().publish().await.report("2022S1").await;
    let document = sections::document(&report).unwrap();
    for (forms, expected) in [
        (&[Form::Html][..], &[][..]),
        (&[Form::Html, Form::Xlsx], &["peil-2022S1.xlsx"]),
        (&Form::ALL, &["peil-2022S1.pdf", "peil-2022S1.xlsx"]),
    ] {
        let files: Files = html::site(&report, &document, &Templates::built_in(), forms).unwrap().into_iter().collect();
        let led_to: BTreeSet<String> = pages(&files)
            .flat_map(|(path, page)| {
                let links = select(&page, "[href]").into_iter().filter_map(|link| link.attr("href"));
                links.map(|href| resolved(path, href).0).collect::<Vec<_>>()
            })
            .filter(|target| OTHER_FORMS.iter().any(|end| target.ends_with(end)))
            .collect();
        assert_eq!(led_to.iter().map(String::as_str).collect::<Vec<_>>(), expected);
    }
}

#[tokio::test]
async fn every_link_and_anchor_leads_somewhere() {
    let (_, _, files) = site().await;
    let places: BTreeMap<String, BTreeSet<String>> = pages(&files)
        .map(|(path, page)| {
            let ids: Vec<String> =
                select(&page, "[id]").iter().filter_map(|one| one.attr("id")).map(str::to_owned).collect();
            let unique: BTreeSet<String> = ids.iter().cloned().collect();
            assert_eq!(unique.len(), ids.len(), "{path}: an id stands twice");
            (path.to_owned(), unique)
        })
        .collect();
    let mut checked = 0;
    for (path, page) in pages(&files) {
        for element in select(&page, "[href], [src]") {
            let href = element.attr("href").or(element.attr("src")).unwrap();
            assert!(!href.contains("://") && !href.starts_with('/'), "{path}: {href} needs a network or a server");
            let (target, anchor) = resolved(path, href);
            if OTHER_FORMS.iter().any(|end| target.ends_with(end)) {
                continue;
            }
            assert!(files.contains_key(&target), "{path}: {href} leads nowhere");
            if let Some(anchor) = anchor {
                assert!(places[&target].contains(&anchor), "{path}: there is no place {href}");
            }
            checked += 1;
        }
        for element in select(&page, "[aria-labelledby]") {
            for id in element.attr("aria-labelledby").unwrap().split(' ') {
                assert!(places[path].contains(id), "{path}: no label {id}");
            }
        }
    }
    assert!(checked > 2_000, "{checked}");
}

#[tokio::test]
async fn every_page_is_in_dutch_small_and_can_be_navigated() {
    let (_, _, files) = site().await;
    for (path, page) in pages(&files) {
        assert!(files[path].len() < LARGEST_PAGE, "{path}: {} bytes", files[path].len());
        assert_eq!(select(&page, "html[lang='nl-BE']").len(), 1, "{path}");
        for landmark in
            ["main", "header.masthead", "footer", "nav.side", "h1", "head > title", "a.skip[href='#inhoud']"]
        {
            assert_eq!(select(&page, landmark).len(), 1, "{path}: {landmark}");
        }
        let mut level = 0;
        for heading in select(&page, "h1, h2, h3, h4, h5, h6") {
            let own: u32 = heading.value().name()[1..].parse().unwrap();
            assert!(own <= level + 1, "{path}: a heading is skipped before {:?}", heading.text().collect::<String>());
            assert!(!heading.text().collect::<String>().trim().is_empty(), "{path}: an empty heading");
            level = own;
        }
        for table in select(&page, "table") {
            let caption = Selector::parse("caption").unwrap();
            assert_eq!(table.select(&caption).count(), 1, "{path}: a table without caption");
            let heads = Selector::parse("th:not([scope])").unwrap();
            assert_eq!(table.select(&heads).count(), 0, "{path}: a heading without scope");
        }
        for told in ["2022S1", "feiten tot en met 31 juli 2022", "niet vrijgegeven"] {
            assert!(words(&page).replace('\u{a0}', " ").contains(told), "{path} does not tell {told}");
        }
    }
}

#[tokio::test]
async fn every_figure_of_the_document_stands_in_the_site_without_scripts() {
    let (_, document, files) = site().await;
    let text: BTreeMap<&str, String> = pages(&files).map(|(path, page)| (path, words(&page))).collect();
    let all: String = text.values().cloned().collect::<Vec<_>>().join(" ");
    let spaced = |shown: &str| shown.split_whitespace().collect::<Vec<_>>().join(" ");
    for section in &document.sections {
        for block in &section.blocks {
            let shown: Vec<String> = match block {
                Block::Heading { text, .. } => vec![text.clone()],
                Block::Paragraph(text) => vec![text.plain()],
                Block::List(items) => items.iter().map(|item| item.plain()).collect(),
                Block::Terms(terms) => terms.iter().map(|(_, text)| text.plain()).collect(),
                Block::Chart(chart) => vec![chart.title.clone()],
                _ => Vec::new(),
            };
            // Tags break words where a figure is a link.
            let plain = all.replace(' ', "");
            for one in shown {
                assert!(plain.contains(&spaced(&one).replace(' ', "")), "{}: {one}", section.name);
            }
        }
    }
    for table in document.tables() {
        let name = table.name.replace('_', "-");
        let annex = document.sections.iter().flat_map(|section| &section.blocks);
        if annex.into_iter().any(|block| matches!(block, Block::Annex(one) if one.name == table.name)) {
            continue;
        }
        let selector = Selector::parse(&format!("#tabel-{name} tbody tr:not(.group)")).unwrap();
        let found: Vec<Vec<String>> = pages(&files)
            .filter(|(path, _)| !path.starts_with("programma/"))
            .chain(pages(&files))
            .find_map(|(_, page)| {
                let rows: Vec<Vec<String>> = page
                    .select(&selector)
                    .map(|row| {
                        let cells = Selector::parse("th, td").unwrap();
                        row.select(&cells).map(|cell| cell.text().collect::<String>()).collect()
                    })
                    .collect();
                (!rows.is_empty()).then_some(rows)
            })
            .unwrap_or_default();
        assert_eq!(found.len(), table.body().count(), "{}", table.name);
        for (row, (_, cells)) in found.iter().zip(table.body()) {
            for (shown, cell) in row.iter().zip(cells) {
                if cell.value.is_numeric() {
                    assert!(shown.starts_with(&cell.shown()), "{}: {shown} instead of {}", table.name, cell.shown());
                }
                if let Some(target) = cell.target.as_ref().filter(|target| target.is_numeric()) {
                    assert!(shown.contains(&format!("doel {}", target.shown())), "{}: {shown}", table.name);
                }
            }
        }
    }
}

#[tokio::test]
async fn there_is_a_page_for_each_indicator_and_a_file_for_each_table() {
    let (report, document, files) = site().await;
    for row in report.indicators.rows() {
        let indicator = row.indicator();
        let page = &files[&format!("indicator/{}.html", indicator.id)];
        assert!(std::str::from_utf8(page).unwrap().contains("id=\"definitie\""), "{}", indicator.id);
    }
    assert_eq!(files.keys().filter(|path| path.starts_with("indicator/")).count(), 87);
    for table in document.tables() {
        let text = std::str::from_utf8(&files[&format!("tabellen/{}.csv", table.name)]).unwrap();
        assert_eq!(text.lines().count(), table.body().count() + 1, "{}", table.name);
    }
}

#[tokio::test]
async fn the_site_is_the_same_on_every_run() {
    let (_, _, one) = site().await;
    let (_, _, other) = site().await;
    assert!(one == other);
}
