//! Section 5: how satisfied users are with the solutions.

use peil_warehouse::Result;

use super::comparing::{count, filled, integer, nothing_before, number_of, text_or, words};
use super::parts::{number_column, text_column};
use crate::charts;
use crate::document::{Block, Cell, Missing, Origin, Section, Span, Table, Text, Value};
use crate::frames::{Report, SolutionRating};

const MART: &str = "solution_satisfaction";

/// The section.
pub(super) fn section(report: &Report) -> Result<Section> {
    let mut blocks = vec![Block::Paragraph(summary(report))];
    blocks.extend(charts::named(report, "tevredenheid")?.map(Block::Chart));
    blocks.push(Block::Table(ratings(report, true)));
    blocks.push(Block::Table(ratings(report, false)));
    Ok(Section { number: 5, name: "tevredenheid", title: "Tevredenheid".to_owned(), blocks })
}

fn score(value: f64) -> Span {
    Span::Figure(Value::Number(value, 1), Some(Origin::Mart(MART)))
}

fn summary(report: &Report) -> Text {
    let satisfaction = &report.satisfaction;
    let shown: Vec<&SolutionRating> = satisfaction.shown().collect();
    let (Some(best), Some(worst)) = (shown.first(), shown.last()) else {
        return Text(vec![
            words("Op de peildatum telt de catalogus "),
            integer(satisfaction.ratings(), MART),
            words(" beoordelingen. Van geen enkele oplossing zijn er genoeg om een gemiddelde te tonen."),
        ]);
    };
    let mut spans = vec![
        words("Van de "),
        number_of(satisfaction.solutions.len(), MART),
        words(" oplossingen met een beoordeling "),
        words(if shown.len() == 1 { "heeft er " } else { "hebben er " }),
        number_of(shown.len(), MART),
        words(" genoeg om een gemiddelde te tonen. Het hoogst staat "),
        words(best.name.clone()),
        words(", met "),
        score(best.now.average.unwrap_or(0.0)),
        words(" op 5 ("),
        integer(best.now.ratings, MART),
        words(" beoordelingen)"),
    ];
    if shown.len() > 1 {
        spans.extend([
            words("; het laagst "),
            words(worst.name.clone()),
            words(", met "),
            score(worst.now.average.unwrap_or(0.0)),
            words(" ("),
            integer(worst.now.ratings, MART),
            words(" beoordelingen)"),
        ]);
    }
    spans.push(words(". "));
    if !satisfaction.known_before {
        spans.push(words(nothing_before(&report.moments)));
    } else {
        let up = shown.iter().filter(|one| one.moved_beyond_chance() && one.moved() > Some(0.0)).count();
        let down = shown.iter().filter(|one| one.moved_beyond_chance() && one.moved() < Some(0.0)).count();
        spans.extend([
            words(format!("Het gemiddelde op het einde van {} ligt bij ", report.moments.before_words())),
            number_of(up, MART),
            words(if up == 1 { " oplossing" } else { " oplossingen" }),
            words(" onder het huidige interval en bij "),
            number_of(down, MART),
            words(" erboven."),
        ]);
    }
    Text(spans)
}

/// The solutions whose average is shown, or those with too few ratings.
fn ratings(report: &Report, shown: bool) -> Table {
    let rows = report.satisfaction.solutions.iter().filter(|one| one.now.average.is_some() == shown).map(|one| {
        let mut cells = vec![Cell::text(&one.name), text_or(one.supplier.as_ref()), count(one.now.ratings)];
        let missing = |known: bool| if known { Missing::NotApplicable } else { Missing::FewRatings };
        let number = |value: Option<f64>, missing| {
            Cell::new(value.map_or(Value::Missing(missing), |value| Value::Number(value, 1)))
        };
        cells.push(number(one.now.average, Missing::FewRatings));
        if shown {
            let bound = |interval: Option<f64>| number(interval, missing(one.now.average.is_some()));
            cells.push(bound(one.now.interval.map(|(low, _)| low)));
            cells.push(bound(one.now.interval.map(|(_, high)| high)));
            let why = match one.before {
                None => Missing::NoData,
                Some(_) => Missing::FewRatings,
            };
            cells.push(number(one.before.and_then(|before| before.average), why));
            cells.push(number(one.moved(), why));
        } else {
            cells.push(count(one.chosen));
        }
        cells
    });
    let mut columns = vec![
        text_column("solution", "Oplossing"),
        text_column("supplier", "Leverancier"),
        number_column("ratings", "Beoordelingen"),
        number_column("average_score", "Gemiddelde op 5"),
    ];
    if shown {
        columns.extend([
            number_column("interval_low", "Interval van"),
            number_column("interval_high", "Interval tot"),
            number_column("average_before", format!("Einde {}", report.moments.before_heading())),
            number_column("average_change", "Verschil"),
        ]);
        Table {
            notes: vec![Text::words(
                "Het interval is het 95 %-betrouwbaarheidsinterval van het gemiddelde, afgeleid uit de spreiding van de beoordelingen. Zijn alle beoordelingen gelijk, dan zeggen ze niets over die spreiding en is er geen interval.",
            )],
            when_empty: "Van geen enkele oplossing zijn er genoeg beoordelingen om een gemiddelde te tonen.".to_owned(),
            ..filled(
                "satisfaction",
                "Tevredenheid per oplossing: gemiddelde, interval en verschil".to_owned(),
                columns,
                rows,
                MART,
            )
        }
    } else {
        columns.push(number_column("chosen", "Besturen die ze kozen"));
        Table {
            when_empty: "Alle beoordeelde oplossingen hebben genoeg beoordelingen.".to_owned(),
            ..filled(
                "satisfaction_suppressed",
                "Oplossingen met te weinig beoordelingen om een gemiddelde te tonen".to_owned(),
                columns,
                rows,
                MART,
            )
        }
    }
}
