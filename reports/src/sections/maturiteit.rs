//! Section 9: the maturity measurement, and the benchmark on its figures.

use peil_warehouse::Result;

use super::comparing::{amount_of, filled, integer, nothing_before, words};
use super::parts::{heading, number_column, text_column};
use crate::charts;
use crate::document::{Block, Cell, Column, Missing, Origin, Row, Section, Span, Table, Text, Value};
use crate::format::{capital, long_day};
use crate::frames::{ALL, Chapter, PeerGroup, Report};

const MART: &str = "maturity_distribution";

/// The section.
pub(super) fn section(report: &Report) -> Result<Section> {
    let mut blocks = vec![Block::Paragraph(summary(report))];
    blocks.push(heading("maturiteit-hoofdstukken", "Scores per hoofdstuk"));
    blocks.extend(charts::named(report, "maturiteit")?.map(Block::Chart));
    blocks.push(Block::Table(chapters(report)));
    blocks.push(Block::Annex(series(report)));
    blocks.push(heading("maturiteit-verdeling", "Verdeling per grootteklasse en provincie"));
    blocks.extend(charts::named(report, "maturiteit_verdeling")?.map(Block::Chart));
    blocks.push(Block::Table(distribution(report)));
    blocks.push(heading("maturiteit-benchmark", "Benchmark"));
    blocks.push(Block::Paragraph(Text::words(
        "De benchmark rust op de cijfers die besturen zelf opgeven bij hun maturiteitsmeting. Een groep met te weinig besturen wordt niet getoond, en ook niet een groep waaruit zij afgeleid zou kunnen worden.",
    )));
    blocks.extend(charts::named(report, "benchmark")?.map(Block::Chart));
    blocks.push(Block::Table(benchmark_all(report)));
    blocks.push(Block::Annex(benchmark(report)));
    Ok(Section { number: 9, name: "maturiteit", title: "Maturiteit en benchmark".to_owned(), blocks })
}

fn score(value: f64) -> Span {
    Span::Figure(Value::Number(value, 2), Some(Origin::Mart(MART)))
}

fn summary(report: &Report) -> Text {
    let chapters: Vec<(f64, &Chapter)> =
        report.maturity.chapters.iter().filter_map(|chapter| Some((chapter.mean()?, chapter))).collect();
    let highest = chapters.iter().max_by(|one, other| one.0.total_cmp(&other.0));
    let lowest = chapters.iter().min_by(|one, other| one.0.total_cmp(&other.0));
    let (Some((high, best)), Some((low, worst))) = (highest, lowest) else {
        return Text::words("Op de peildatum zijn er te weinig metingen om scores te tonen.");
    };
    let mut spans = vec![
        words(format!("Op {} hebben ", long_day(report.moments.until))),
        integer(report.maturity.measured, MART),
        words(" besturen een maturiteitsmeting. Het hoogst scoort "),
        words(best.name.clone()),
        words(", gemiddeld "),
        score(*high),
        words(" op 5; het laagst "),
        words(worst.name.clone()),
        words(", gemiddeld "),
        score(*low),
        words(". "),
    ];
    let moved: Vec<f64> = chapters.iter().filter_map(|(mean, chapter)| Some(mean - chapter.before?)).collect();
    if moved.is_empty() {
        spans.push(words(nothing_before(&report.moments)));
    } else {
        // What is shown with two decimals decides whether it moved.
        let shown = |change: &&f64| change.abs() >= 0.005;
        let up = moved.iter().filter(shown).filter(|change| **change > 0.0).count();
        let down = moved.iter().filter(shown).filter(|change| **change < 0.0).count();
        let number = |value| Span::Figure(amount_of(value), Some(Origin::Mart(MART)));
        spans.extend([
            words(format!("Sinds {} steeg het gemiddelde van ", report.moments.before_words())),
            number(up),
            words(if up == 1 { " hoofdstuk" } else { " hoofdstukken" }),
            words(" en daalde dat van "),
            number(down),
            words("."),
        ]);
    }
    Text(spans)
}

fn quantile(value: Option<f64>) -> Cell {
    Cell::new(value.map_or(Value::Missing(Missing::FewAuthorities), |value| Value::Number(value, 2)))
}

fn chapters(report: &Report) -> Table {
    let columns = vec![
        text_column("chapter", "Hoofdstuk"),
        number_column("authorities", "Besturen"),
        number_column("mean", "Gemiddelde op 5"),
        number_column("mean_before", format!("Einde {}", report.moments.before_heading())),
        number_column("mean_change", "Verschil"),
        number_column("median", "Mediaan"),
    ];
    let rows = report.maturity.chapters.iter().map(|chapter| {
        let all = chapter.groups.iter().find(|group| group.name == ALL);
        let before = |value: Option<f64>| {
            Cell::new(value.map_or(Value::Missing(Missing::NoData), |value| Value::Number(value, 2)))
        };
        vec![
            Cell::text(capital(&chapter.name)),
            Cell::new(Value::integer_or(all.map(|group| group.authorities), Missing::NoData)),
            quantile(chapter.mean()),
            before(chapter.before),
            before(chapter.mean().zip(chapter.before).map(|(now, before)| now - before)),
            quantile(all.and_then(|group| group.quantiles).map(|quantiles| quantiles.median)),
        ]
    });
    Table {
        notes: vec![Text::words(
            "Van elk bestuur telt de laatste meting tot en met de peildatum. Het verschil kan ook komen doordat er besturen met een eerste meting bijkwamen.",
        )],
        when_empty: "Er zijn nog geen metingen.".to_owned(),
        ..filled("maturity_chapters", "Gemiddelde score per hoofdstuk".to_owned(), columns, rows, MART)
    }
}

fn series(report: &Report) -> Table {
    let columns = vec![
        text_column("chapter", "Hoofdstuk"),
        text_column("period", "Kwartaal"),
        number_column("authorities", "Besturen"),
        number_column("mean", "Gemiddelde op 5"),
    ];
    let rows = report.maturity.chapters.iter().flat_map(|chapter| {
        chapter.series.iter().map(|point| {
            vec![
                Cell::text(capital(&chapter.name)),
                Cell::new(Value::Period(point.quarter)),
                Cell::new(Value::Integer(point.authorities)),
                quantile(point.mean),
            ]
        })
    });
    filled("maturity_series", "Gemiddelde score per hoofdstuk en kwartaal".to_owned(), columns, rows, MART)
}

/// The name of a peer group, as readers see it.
pub(crate) fn group_name(group: &str) -> String {
    match group {
        ALL => "Alle besturen".to_owned(),
        "<10k" => "Minder dan 10.000 inwoners".to_owned(),
        "10k-20k" => "10.000 tot 20.000 inwoners".to_owned(),
        "20k-50k" => "20.000 tot 50.000 inwoners".to_owned(),
        ">=50k" => "50.000 inwoners en meer".to_owned(),
        province => province.to_owned(),
    }
}

fn group_columns(first: &str) -> Vec<Column> {
    vec![
        text_column("peer_group", first),
        number_column("authorities", "Besturen"),
        number_column("p10", "P10"),
        number_column("p25", "P25"),
        number_column("median", "Mediaan"),
        number_column("p75", "P75"),
        number_column("p90", "P90"),
    ]
}

fn group_cells(name: String, group: &PeerGroup) -> Vec<Cell> {
    let quantiles = group.quantiles;
    let of = |pick: fn(crate::frames::Quantiles) -> f64| quantile(quantiles.map(pick));
    vec![
        Cell::text(name),
        Cell::new(Value::Integer(group.authorities)),
        of(|found| found.p10),
        of(|found| found.p25),
        of(|found| found.median),
        of(|found| found.p75),
        of(|found| found.p90),
    ]
}

fn reading_note() -> Text {
    Text::words(
        "P10: een tiende van de besturen heeft deze waarde of minder; zo ook P25, P75 en P90. De helft ligt onder de mediaan.",
    )
}

/// Rows by chapter or figure, each under its name.
fn grouped<'a>(measured: impl Iterator<Item = (String, &'a [PeerGroup])>) -> Vec<Row> {
    measured
        .flat_map(|(name, groups)| {
            let rows = groups.iter().map(|group| Row::Cells(group_cells(group_name(&group.name), group)));
            std::iter::once(Row::Group(name)).chain(rows).collect::<Vec<Row>>()
        })
        .collect()
}

fn distribution(report: &Report) -> Table {
    let chapters = report.maturity.chapters.iter();
    Table {
        rows: grouped(chapters.map(|chapter| (capital(&chapter.name), chapter.groups.as_slice()))),
        notes: vec![reading_note()],
        when_empty: "Er zijn nog geen metingen.".to_owned(),
        ..filled(
            "maturity_distribution",
            "Verdeling van de scores per grootteklasse en provincie".to_owned(),
            group_columns("Groep"),
            [],
            MART,
        )
    }
}

/// The name of a figure of the benchmark, as readers see it.
pub(crate) fn figure_name(figure: &str) -> String {
    match figure {
        "ict_medewerkers" => "ICT-medewerkers".to_owned(),
        "budget_software" => "Budget software (euro)".to_owned(),
        "budget_hardware" => "Budget hardware (euro)".to_owned(),
        "budget_diensten" => "Budget diensten (euro)".to_owned(),
        "budget_investeringen" => "Budget investeringen (euro)".to_owned(),
        other => capital(&other.replace('_', " ")),
    }
}

fn benchmark_all(report: &Report) -> Table {
    let rows = report.maturity.figures.iter().filter_map(|figure| {
        let all = figure.groups.iter().find(|group| group.name == ALL)?;
        Some(group_cells(figure_name(&figure.name), all))
    });
    let mut columns = group_columns("Cijfer");
    columns[0] = text_column("figure", "Cijfer");
    Table {
        notes: vec![reading_note()],
        when_empty: "Er werden nog geen cijfers opgegeven.".to_owned(),
        ..filled("benchmark_all", "Cijfers van alle besturen samen".to_owned(), columns, rows, "benchmark")
    }
}

fn benchmark(report: &Report) -> Table {
    let figures = report.maturity.figures.iter();
    Table {
        rows: grouped(figures.map(|figure| (figure_name(&figure.name), figure.groups.as_slice()))),
        ..filled(
            "benchmark",
            "Cijfers van de benchmark per grootteklasse en provincie".to_owned(),
            group_columns("Groep"),
            [],
            "benchmark",
        )
    }
}
