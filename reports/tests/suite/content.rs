//! What the sections say, computed by hand.

use std::collections::BTreeSet;

use peil_reports::document::{Block, Cell, Document, Origin, Row, Section, Span, Table, Value};
use peil_reports::format::{euro, percent};
use peil_reports::frames::Report;
use peil_reports::{sections, sentences};

use crate::marts::Marts;

async fn made(marts: Marts, period: &str) -> (Report, Document) {
    let report = marts.publish().await.report(period).await;
    let document = sections::document(&report).unwrap();
    (report, document)
}

fn table<'a>(document: &'a Document, name: &str) -> &'a Table {
    document.tables().find(|table| table.name == name).unwrap_or_else(|| panic!("no table {name}"))
}

/// The rows of a table as readers see them.
fn shown(table: &Table) -> Vec<Vec<String>> {
    table.body().map(|(_, cells)| cells.iter().map(Cell::shown).collect()).collect()
}

fn behind() -> Marts {
    Marts::as_published()
        .realised("LB-LB-01", 30.0, "at_risk")
        .realised("OC-05", 11.0, "missed")
        .realised("VVG-MM-02", 310.0, "missed")
        .realised("OC-01", 69.0, "missed")
        .realised("LB-VB-01", 32.0, "at_risk")
        .realised("IV-TL-08", 15.0, "missed")
}

#[tokio::test]
async fn thirteen_sections_stand_in_order_and_their_tables_are_whole() {
    for period in ["2022Q1", "2022S1", "2022S2", "2022"] {
        let (_, document) = made(behind(), period).await;
        let numbers: Vec<u8> = document.sections.iter().map(|section| section.number).collect();
        assert_eq!(numbers, (0..=12).collect::<Vec<u8>>(), "{period}");
        let mut names = BTreeSet::new();
        for table in document.tables() {
            assert!(names.insert(&table.name), "{period}: two tables are called {}", table.name);
            assert!(!table.rows.is_empty() || !table.when_empty.is_empty(), "{period}: {} says nothing", table.name);
            for (_, cells) in table.body() {
                assert_eq!(cells.len(), table.columns.len(), "{period}: {}", table.name);
            }
        }
    }
}

#[tokio::test]
async fn the_five_furthest_behind_are_told_with_their_share() {
    let (_, document) = made(behind(), "2022S1").await;
    let rows = shown(table(&document, "furthest_behind"));
    let shares: Vec<[&str; 3]> = rows.iter().map(|row| [row[2].as_str(), &row[3], &row[4]]).collect();
    // 69 of 690, 11 of 55, 15 of 30, 310 of 620, 30 of 33; 32 of 33 is the sixth.
    assert_eq!(
        shares,
        [
            ["69", "690", "10,0\u{a0}%"],
            ["11", "55", "20,0\u{a0}%"],
            ["310", "620", "50,0\u{a0}%"],
            ["15", "30", "50,0\u{a0}%"],
            ["30", "33", "90,9\u{a0}%"],
        ]
    );
}

#[tokio::test]
async fn the_number_of_indicators_of_each_status_adds_up() {
    let (report, document) = made(behind(), "2022S1").await;
    let rows = shown(table(&document, "indicators_by_status"));
    let words: Vec<[&str; 2]> = rows.iter().map(|row| [row[0].as_str(), &row[1]]).collect();
    assert_eq!(words[..3], [["bereikt", "42"], ["bijna bereikt", "2"], ["niet bereikt", "4"]], "{words:?}");
    let sum: i64 = rows.iter().map(|row| row[1].parse::<i64>().unwrap()).sum();
    assert_eq!(sum as usize, report.indicators.numeric().count());
}

#[tokio::test]
async fn the_most_improved_grew_against_a_year_earlier() {
    let mut marts = Marts::as_published();
    let template = |period: &str, value: f64| crate::marts::ValueRow {
        id: "OC-02".to_owned(),
        period: period.to_owned(),
        provisional: false,
        value: Some(value),
        target: None,
        status: "no_target",
    };
    // 120 in 2022S1 against 80 a year earlier, not against 100 half a year earlier.
    marts.values.push(template("2021S1", 80.0));
    marts.values.push(template("2021S2", 100.0));
    let (_, document) = made(marts, "2022S1").await;
    let improved = table(&document, "most_improved");
    assert!(improved.caption.contains("eerste semester\u{a0}2021"), "{}", improved.caption);
    let rows = shown(improved);
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0][2..], ["80", "120", "50,0\u{a0}%"]);
}

#[tokio::test]
async fn a_point_tells_since_when_it_stands_without_a_break() {
    let mut marts = Marts::as_published();
    marts.attention = vec![
        ["2020S1", "low_satisfaction", "medium", "OPL-1", "Toen al."],
        ["2021S1", "low_satisfaction", "medium", "OPL-1", "Weer."],
        ["2021S2", "low_satisfaction", "medium", "OPL-1", "Nog."],
        ["2022S1", "low_satisfaction", "medium", "OPL-1", "Gemiddeld 2,22 op 5."],
        ["2021S2", "indicator_at_risk", "medium", "OC-05", "Bijna."],
        ["2022S1", "indicator_missed", "high", "OC-05", "Niet."],
        ["2022S1", "forecast_above_budget", "high", "2022", "146,4 % van het budget."],
        ["2021S2", "stale_dataset", "low", "portal/plates", "De laatste levering van portal/plates is oud."],
    ];
    let (report, document) = made(marts, "2022S1").await;
    let since: Vec<(&str, String, bool)> =
        report.attention.iter().map(|point| (point.code.as_str(), point.since.to_string(), point.is_new())).collect();
    assert_eq!(
        since,
        [
            ("forecast_above_budget", "2022S1".to_owned(), true),
            ("indicator_missed", "2021S2".to_owned(), false),
            ("low_satisfaction", "2021S1".to_owned(), false),
        ]
    );
    let rows = shown(table(&document, "attention_points"));
    assert_eq!(rows[0], ["Prognose boven het budget", "146,4\u{a0}% van het budget.", "hoog", "2022S1", "nieuw"]);
    assert_eq!(rows[1][3..], ["2021S2", "stond er al"]);
    let resolved = shown(table(&document, "resolved_points"));
    assert_eq!(resolved.len(), 1);
    assert!(resolved[0][1].contains("‘Gepersonaliseerde platen’ (portal/plates)"), "{}", resolved[0][1]);
}

#[tokio::test]
async fn while_a_period_runs_nothing_that_needs_its_end_is_called_solved() {
    let mut marts = Marts::as_published();
    marts.attention = vec![
        ["2022S1", "indicator_missed", "high", "OC-05", "Niet."],
        ["2022S1", "low_satisfaction", "medium", "OPL-1", "Laag."],
    ];
    let (report, _) = made(marts, "2022S2").await;
    let codes: Vec<&str> = report.resolved.iter().map(|point| point.code.as_str()).collect();
    assert_eq!(codes, ["low_satisfaction"]);
}

#[tokio::test]
async fn a_stock_of_a_semester_is_that_of_its_peildatum_and_a_flow_its_sum() {
    let (report, document) = made(Marts::as_published(), "2022S1").await;
    for row in report.indicators.numeric() {
        let (first, second) = (row.quarters[0].value, row.quarters[1].value);
        let expected = match row.indicator.kind.as_str() {
            "flow" => first.zip(second).map(|(first, second)| first + second),
            _ => second,
        };
        assert_eq!(row.in_period.value, expected, "{}", row.indicator.id);
        let table = table(&document, &format!("indicators_{}", row.indicator.programme));
        let cells = table
            .body()
            .map(|(_, cells)| cells)
            .find(|cells| cells[0].origin == Some(Origin::IndicatorPage(row.indicator.id.clone())));
        let Some(expected) = expected else { continue };
        assert_eq!(cells.unwrap()[8].value, Value::Figure(expected), "{}", row.indicator.id);
    }
}

#[tokio::test]
async fn figures_in_sentences_are_those_of_the_frames() {
    let (report, _) = made(behind(), "2022S1").await;
    let messages = sentences::summary(&report);
    let figures = |subject: &str| -> Vec<String> {
        let message = messages.iter().find(|message| message.subject == subject).unwrap();
        let figure = |span: &Span| match span {
            Span::Figure(value, _) => Some(value.shown()),
            _ => None,
        };
        message.text.0.iter().filter_map(figure).collect()
    };
    assert_eq!(figures("Doelen"), ["48", "42", "2", "4"]);
    let costs = &report.costs;
    let (actual, forecast, budget) = (costs.actual().unwrap(), costs.forecast().unwrap(), costs.budget.unwrap());
    assert_eq!(
        figures("Middelen"),
        [euro(actual), euro(forecast), percent(costs.budget_share.unwrap()), euro(budget), euro(forecast - budget)]
    );
}

#[tokio::test]
async fn amounts_of_a_product_add_up_to_its_total() {
    let (_, document) = made(Marts::as_published(), "2022S1").await;
    let (mut sum, mut totals) = (0, Vec::new());
    for row in &table(&document, "costs").rows {
        let amount = |cells: &[Cell]| match cells[1].value {
            Value::Amount(cents) => cents,
            _ => 0,
        };
        match row {
            Row::Group(_) => sum = 0,
            Row::Cells(cells) => sum += amount(cells),
            Row::Total(cells) if totals.len() < 4 => {
                assert_eq!(sum, amount(cells));
                totals.push(sum);
            }
            Row::Total(cells) => assert_eq!(totals.iter().sum::<i128>(), amount(cells)),
        }
    }
    assert_eq!(totals.len(), 4);
}

#[tokio::test]
async fn every_programme_has_its_charts_its_milestones_and_its_points() {
    let mut marts = behind();
    marts.attention = vec![
        ["2022S1", "indicator_missed", "high", "OC-05", "Niet."],
        ["2022S1", "stale_dataset", "low", "lb365/participants", "De laatste levering van lb365/participants."],
    ];
    let (_, document) = made(marts, "2022S1").await;
    let section: &Section = document.section("programmas").unwrap();
    let charts = section.blocks.iter().filter(|block| matches!(block, Block::Chart(_))).count();
    assert_eq!(charts, 12);
    assert_eq!(table(&document, "attention_points_oplossingscatalogus").rows.len(), 1);
    assert_eq!(table(&document, "attention_points_lb365").rows.len(), 1);
    assert!(table(&document, "attention_points_vlavirgem").rows.is_empty());
    let notes = shown(table(&document, "milestones_oplossingscatalogus"));
    assert!(notes.iter().any(|row| row[3] == "Overleg met VLOCA gestart"), "{notes:?}");
}
