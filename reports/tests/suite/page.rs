//! The page, read back.

use peil_reports::format::{euro, figure, percent};
use peil_reports::frames::{Report, Row};
use peil_reports::{Templates, html, sentences};

use crate::marts::{Marts, published_table};

fn page(report: &Report) -> String {
    html::page(report, &Templates::built_in()).unwrap()
}

/// What stands between two marks, from the first of `from` on.
fn between<'a>(text: &'a str, from: &str, to: &str) -> &'a str {
    let start = text.find(from).unwrap_or_else(|| panic!("no {from}"));
    let rest = &text[start..];
    &rest[..rest.find(to).unwrap_or_else(|| panic!("no {to} after {from}"))]
}

/// The text of each cell of a table row, tags taken out.
fn cells(row: &str) -> Vec<String> {
    row.split("<td").skip(1).map(|cell| plain(&format!("<td{cell}"))).collect()
}

fn plain(markup: &str) -> String {
    let mut text = String::new();
    let mut inside = false;
    for letter in markup.chars() {
        match letter {
            '<' => inside = true,
            '>' => {
                inside = false;
                text.push(' ');
            }
            _ if !inside => text.push(letter),
            _ => {}
        }
    }
    text.split(' ').filter(|word| !word.trim().is_empty()).map(str::trim).collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn all_87_rows_stand_under_their_sections_in_the_published_order() {
    let page = page(&Marts::as_published().publish().await.report("2022S1").await);
    let mut last = 0;
    let mut section = String::new();
    for row in published_table() {
        if section != row.section {
            let heading = format!("<span>{}</span></th></tr>", row.section.replace('&', "&amp;"));
            last += page[last..].find(&heading).unwrap_or_else(|| panic!("no section {}", row.section));
            section.clone_from(&row.section);
        }
        let at = page[last..].find(&format!("<tr id=\"{}\"", row.id));
        last += at.unwrap_or_else(|| panic!("{} is not in its place", row.id));
    }
    assert_eq!(page.matches("<tr id=\"").count(), 87);
}

#[tokio::test]
async fn figures_read_back_from_the_page_are_those_of_the_frame() {
    let marts = Marts::as_published().realised("OC-02", 1_234.0, "achieved").realised("IV-TL-10", 54.26, "at_risk");
    let report = marts.publish().await.report("2022S1").await;
    let page = page(&report);
    let mut numeric = 0;
    for row in report.indicators.rows() {
        let cells = cells(between(&page, &format!("<tr id=\"{}\"", row.indicator().id), "</tr>"));
        assert_eq!(cells.len(), 8, "{}", row.indicator().id);
        let Row::Numeric(row) = row else { continue };
        numeric += 1;
        let columns = row.quarters.iter().chain(&row.following);
        for (cell, figures) in cells[1..].iter().zip(columns) {
            if let Some(value) = figures.value.filter(|_| figures.begun) {
                assert!(cell.split(' ').any(|word| word == figure(value)), "{}: {cell}", row.indicator.id);
                assert_eq!(cell.contains("(v)"), figures.provisional, "{}: {cell}", row.indicator.id);
            }
            match figures.target {
                Some(target) => {
                    assert!(cell.ends_with(&format!("doel {}", figure(target))), "{}: {cell}", row.indicator.id)
                }
                None => assert!(cell.ends_with("geen doel") || cell.ends_with("nog geen gegevens"), "{cell}"),
            }
        }
        let baseline = row.baseline.map_or_else(|| "– nog geen gegevens".to_owned(), figure);
        assert_eq!(cells[0], baseline, "{}", row.indicator.id);
        let state = &cells[7];
        assert!(state.starts_with(row.in_period.status.word()), "{}: {state}", row.indicator.id);
        if let (Some(value), Some(target)) = (row.in_period.value, row.in_period.target) {
            assert!(
                state.contains(&format!("{} van {}", figure(value), figure(target))),
                "{}: {state}",
                row.indicator.id
            );
        }
        if let Some(share) = row.in_period.attainment() {
            assert!(state.ends_with(&percent(share)), "{}: {state}", row.indicator.id);
        }
    }
    assert_eq!(numeric, 49);
}

#[tokio::test]
async fn marks_of_milestones_stand_as_published() {
    let page = page(&Marts::as_published().publish().await.report("2022S1").await);
    for row in published_table().into_iter().filter(|row| row.kind == "milestone") {
        let cells = cells(between(&page, &format!("<tr id=\"{}\"", row.id), "</tr>"));
        for (cell, mark) in cells.iter().zip(&row.cells) {
            let shown = cell.split(' ').next().unwrap();
            assert_eq!(shown, if mark.is_empty() { "–" } else { mark.as_str() }, "{}: {cell}", row.id);
        }
    }
    assert!(page.contains("Q2: Overleg met VLOCA gestart"));
}

#[tokio::test]
async fn amounts_add_up_as_they_are_shown() {
    let report = Marts::as_published().publish().await.report("2022S1").await;
    assert_eq!((report.costs.actual(), report.costs.forecast()), (Some(9_484_079), Some(16_258_416)));
    let page = page(&report);
    let total = cells(between(&page, "<tr class=\"total\">", "</tr>"));
    assert_eq!(total, [euro(9_484_079), euro(16_258_416)]);
    assert!(between(&page, "<tr class=\"share\">", "</tr>").contains("146,4\u{a0}%"));
    let names: Vec<&str> = report.costs.products.iter().map(|product| product.name.as_str()).collect();
    assert_eq!(names[0], "VlaVirGem tool");
    assert_eq!(report.costs.products[0].lines[0].cost_type, "Personeel Servicedesk");
}

#[tokio::test]
async fn the_summary_states_figures_by_rule() {
    let marts = Marts::as_published().realised("LB-LB-01", 30.0, "at_risk").realised("OC-05", 11.0, "missed");
    let mut marts = marts;
    marts.attention = vec![["2022S1", "missed", "warning", "OC-05", "Aantal koppelingen: 11 van 55."]];
    let report = marts.publish().await.report("2022S1").await;
    let messages: Vec<String> = sentences::summary(&report).into_iter().map(|message| message.text.plain()).collect();
    assert_eq!(messages.len(), 5);
    assert!(
        messages[0].starts_with("Van de 48 indicatoren met een doel voor het eerste semester\u{a0}2022"),
        "{}",
        messages[0]
    );
    assert!(
        messages[1].contains("Aantal koppelingen (Oplossingscatalogus: 11\u{a0}van\u{a0}55, 20,0\u{a0}%)"),
        "{}",
        messages[1]
    );
    assert!(messages[2].contains("146,4\u{a0}% van het budget van 111.018,00\u{a0}€"), "{}", messages[2]);
    let page = page(&report);
    assert!(page.contains("Aantal koppelingen: 11 van 55."));
    for message in messages {
        assert!(page.contains(&message.replace('\'', "&#x27;").replace('/', "&#x2f;")), "{message}");
    }
}

#[tokio::test]
async fn the_page_is_the_same_on_every_run_and_small() {
    let one = page(&Marts::as_published().publish().await.report("2022S1").await);
    let other = page(&Marts::as_published().publish().await.report("2022S1").await);
    assert!(one == other);
    assert!(one.len() < 500_000, "{} bytes", one.len());
}

#[tokio::test]
async fn the_page_stands_on_its_own_and_can_be_navigated() {
    let page = page(&Marts::as_published().publish().await.report("2022S1").await);
    assert!(page.contains("<html lang=\"nl-BE\">") && page.contains("class=\"skip\" href=\"#inhoud\""));
    assert!(!page.contains("<script") && !page.contains("src=\"http") && !page.contains("url(http"));
    let ids: Vec<&str> = page.split(" id=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    let mut unique = ids.clone();
    unique.sort_unstable();
    unique.dedup();
    assert_eq!(unique.len(), ids.len(), "an id occurs twice");
    for link in page.split("href=\"#").skip(1).filter_map(|rest| rest.split('"').next()) {
        assert!(ids.contains(&link), "#{link} leads nowhere");
    }
    let mut level = 0;
    for heading in page.split("<h").skip(1).filter_map(|rest| rest.chars().next()?.to_digit(10)) {
        assert!(heading <= level + 1, "a heading is skipped: h{level} to h{heading}");
        level = heading;
    }
    assert_eq!(page.matches("<table").count(), page.matches("<caption").count());
}
