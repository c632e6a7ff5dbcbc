//! Section 0: what the report rests on, and how it is read.

use peil_warehouse::Result;
use peil_warehouse::period::brussels_day;

use super::parts::{heading, number_column, table, text_column};
use crate::document::{Block, Cell, Column, ColumnKind, Missing, Origin, Row, Section, Table, Text, Value};
use crate::format::{EMPTY, capital, long_day, period_name};
use crate::frames::{Coverage, Dataset, Indicator, Report, State, Status};
use crate::words;

/// The section.
pub(super) fn section(report: &Report) -> Result<Section> {
    let mut blocks = vec![
        Block::Paragraph(Text::words(
            "Dit rapport volgt vier programma's van V-ICT-OR voor de Vlaamse lokale besturen: de VlaVirGem-tool, de Oplossingscatalogus, de Informatieveiligheids- en GDPR-tool en de Proeftuin LB365. Het legt wat gerealiseerd is naast wat gepland was.",
        )),
        Block::Terms(rests_on(report)),
        heading("volledigheid", "Volledigheid van de gegevens"),
        Block::Paragraph(completeness(report)),
        Block::Table(datasets(report)),
        Block::Paragraph(coverage(report)),
        Block::Table(uncovered(report)),
        heading("leeswijzer", "Leeswijzer"),
        Block::Terms(reading_guide()),
        heading("contact", "Contact en bronnen"),
    ];
    blocks.push(Block::Paragraph(Text::words(
        "Vragen over dit rapport en zijn cijfers: V-ICT-OR, de vereniging van ICT-mensen in Vlaamse lokale besturen, www.v-ict-or.be.",
    )));
    blocks.push(Block::Paragraph(Text::words(
        "Bronnen: de toepassingen en registers van V-ICT-OR. Namen, provincies en inwoners van gemeenten: Statbel, CC BY 4.0, met ondernemingsnummers van het Agentschap Binnenlands Bestuur. Gemeentegrenzen: © Statbel; BNOSAC BelgiumMaps.StatBel, CC BY 2.0, vereenvoudigd en samengevoegd per fusie. Standaarden: het Vlaamse OSLO-standaardenregister. Lettertype: Inter, SIL Open Font License.",
    )));
    Ok(Section { number: 0, name: "colofon", title: "Colofon".to_owned(), blocks })
}

fn rests_on(report: &Report) -> Vec<(String, Text)> {
    let colophon = &report.colophon;
    let edition = colophon.edition.words();
    let term = |name: &str, text: String| (name.to_owned(), Text::words(text));
    let period = colophon.period;
    let mut terms = vec![
        term(
            "Periode",
            format!(
                "{} ({} tot en met {})",
                capital(&period_name(period)),
                long_day(period.first_day()),
                long_day(period.last_day())
            ),
        ),
        term(
            "Peildatum",
            format!(
                "{}{}",
                long_day(colophon.peildatum()),
                if colophon.provisional() { "; de periode loopt nog, de cijfers zijn voorlopig" } else { "" }
            ),
        ),
        term("Feiten tot en met", long_day(colophon.as_of)),
        term(
            "Leveringen",
            colophon.known_on.map_or_else(
                || "alle ontvangen leveringen".to_owned(),
                |day| format!("gedateerd tot en met {}", long_day(day)),
            ),
        ),
        term("Uitgave", edition),
    ];
    if let Some(moment) = colophon.published_at {
        let run = colophon.run_id.as_deref().unwrap_or(EMPTY);
        terms.push(term("Berekend op", format!("{} (run {run})", long_day(brussels_day(moment)))));
    }
    terms
}

fn completeness(report: &Report) -> Text {
    let datasets = &report.deliveries.datasets;
    let rows: i64 = datasets.iter().map(|dataset| dataset.rows).sum();
    let rejected: i64 = datasets.iter().map(|dataset| dataset.rejected).sum();
    let late = datasets.iter().filter(|dataset| late(report, dataset)).count() as i64;
    let origin = || Some(Origin::Section("methode"));
    let text = Text::words("Het rapport steunt op ")
        .figure(Value::Integer(datasets.len() as i64), None)
        .and(" gegevenssets met samen ")
        .figure(Value::Integer(rows), None)
        .and(" rijen, waarvan er ")
        .figure(Value::Integer(rejected), origin())
        .and(" afgekeurd werden.");
    match late {
        0 => text.and(" Geen enkele gegevensset is te laat."),
        1 => text.and(" ").figure(Value::Integer(1), None).and(" gegevensset is te laat."),
        more => text.and(" ").figure(Value::Integer(more), None).and(" gegevenssets zijn te laat."),
    }
}

/// The indicators of which not all days of the period are told.
fn lacking(report: &Report) -> Vec<(&Indicator, &Coverage)> {
    let rows = report.indicators.numeric().map(|row| &row.indicator);
    rows.filter_map(|indicator| Some((indicator, report.sources.coverage.get(&indicator.id)?)))
        .filter(|(_, coverage)| coverage.complete < 1.0)
        .collect()
}

/// For how many figures the sources are complete.
fn coverage(report: &Report) -> Text {
    let all = report.sources.coverage.len() as i64;
    let complete = all - lacking(report).len() as i64;
    Text::words("Van ")
        .figure(Value::Integer(complete), None)
        .and(" van de ")
        .figure(Value::Integer(all), None)
        .and(" indicatoren met een cijfer dekken de leveringen alle dagen die meetellen. Een levering vertelt over de dagen tot en met haar eigen datum.")
}

fn uncovered(report: &Report) -> Table {
    let columns = vec![
        text_column("indicator", "Indicator"),
        text_column("dataset", "Gegevensset"),
        Column::new("last_delivery", "Laatste levering", ColumnKind::Day),
        number_column("complete", "Gedekte dagen"),
    ];
    let rows = lacking(report).into_iter().map(|(indicator, coverage)| {
        let day = coverage.last_delivery.map_or(Value::Missing(Missing::NoData), Value::Day);
        Row::Cells(vec![
            Cell::text(format!("{} {}", indicator.id, indicator.label))
                .from(Origin::IndicatorPage(indicator.id.clone())),
            Cell::text(words::dataset(&coverage.dataset)),
            Cell::new(day),
            Cell::new(Value::Share(coverage.complete)),
        ])
    });
    Table {
        rows: rows.collect(),
        when_empty: "Alle indicatoren zijn gedekt.".to_owned(),
        mart: Some("indicator_coverage"),
        ..table("coverage", "Indicatoren waarvan de bronnen nog niet alle dagen vertellen", columns)
    }
}

/// Whether a rule found the dataset staler than its schedule.
fn late(report: &Report, dataset: &Dataset) -> bool {
    report.attention.iter().any(|point| point.code == "stale_dataset" && point.subject == dataset.name)
}

fn datasets(report: &Report) -> Table {
    let columns = vec![
        text_column("name", "Gegevensset"),
        text_column("dataset", "Code"),
        Column::new("last_delivery", "Laatste levering", ColumnKind::Day),
        number_column("deliveries", "Leveringen"),
        number_column("rows", "Rijen"),
        number_column("rejected", "Afgekeurd"),
        number_column("share_rejected", "Aandeel afgekeurd"),
        text_column("state", "Tegenover het schema"),
    ];
    let rows = report
        .deliveries
        .datasets
        .iter()
        .map(|dataset| {
            let state = match &dataset.schedule {
                Some(schedule) if late(report, dataset) => format!("te laat ({schedule})"),
                Some(schedule) => format!("op tijd ({schedule})"),
                None => "zonder schema".to_owned(),
            };
            let day = dataset.last_delivery.map_or(Value::Missing(Missing::NoData), Value::Day);
            Row::Cells(vec![
                Cell::text(words::dataset(&dataset.name)),
                Cell::text(dataset.name.clone()),
                Cell::new(day),
                Cell::new(Value::Integer(dataset.accepted + dataset.refused)),
                Cell::new(Value::Integer(dataset.rows)),
                Cell::new(Value::Integer(dataset.rejected)),
                Cell::new(Value::share_or(dataset.share_rejected(), Missing::NoData)),
                Cell::text(state),
            ])
        })
        .collect();
    Table {
        rows,
        when_empty: "Er is nog niets geleverd.".to_owned(),
        notes: vec![Text::words(
            "Te laat: op de peildatum is de laatste levering ouder dan het schema toelaat, met een derde speling. Referentiegegevens en budgetten komen wanneer ze wijzigen en hebben geen schema.",
        )],
        ..table("dataset_completeness", "Wat de bronnen leverden, per gegevensset", columns)
    }
}

fn reading_guide() -> Vec<(String, Text)> {
    let term = |name: &str, text: &str| (name.to_owned(), Text::words(text));
    vec![
        term(Status::Achieved.word(), "het cijfer is gelijk aan het doel of hoger"),
        term(Status::AtRisk.word(), "het cijfer is 90 % van het doel of meer, maar haalt het niet"),
        term(Status::Missed.word(), "het cijfer is minder dan 90 % van het doel"),
        term(Status::InProgress.word(), "de periode loopt nog: er is nog geen oordeel"),
        term(Status::NoTarget.word(), "er is een cijfer, maar voor die periode geen doel"),
        term(Status::NoValue.word(), "er zijn nog geen gegevens"),
        term("x", "voor die periode is werk gepland"),
        term(State::ALL.map(State::word).join(", ").as_str(), "de stand van een mijlpaal in het register"),
        term("(v)", "voorlopig: de periode loopt nog na de laatste dag waarvan de feiten tellen"),
        term("(h)", "herzien: het cijfer verschilt van wat eerder gepubliceerd werd"),
        term(EMPTY, "geen cijfer; de reden staat erbij of onder de tabel"),
        term("niet getoond", "het aantal is zo klein dat het naar personen zou kunnen leiden"),
        term("Q1, S1", "eerste kwartaal, eerste semester"),
    ]
}
