//! What section 12 explains: how is counted, the definition of each
//! indicator, and how the report can be read by everybody.

use super::parts::{table, text_column};
use crate::document::{Block, Cell, Origin, Row, Table, Text};
use crate::format::{NBSP, capital};
use crate::frames::Report;
use crate::words;

/// The kinds of indicators, in the order in which they are explained.
const KINDS: [(&str, &str); 8] = [
    ("stock", "hoeveel er op de peildatum zijn: begonnen op of voor die dag en nog niet beëindigd."),
    (
        "cumulative",
        "hoeveel er sinds de start bijgekomen zijn, tot en met de peildatum. Wat eindigt, blijft meetellen.",
    ),
    ("flow", "hoeveel er binnen de periode gebeurd zijn. Een semester of jaar is de som van zijn kwartalen."),
    (
        "distinct",
        "hoeveel verschillende er binnen de periode gezien werden. Een jaar wordt opnieuw geteld en niet opgeteld uit kwartalen.",
    ),
    ("rolling", "hoeveel verschillende er gezien werden in de twaalf maanden tot en met de peildatum."),
    (
        "monthly_active",
        "het gemiddelde, over de volledige maanden van de periode, van hoeveel verschillende er in die maand gezien werden.",
    ),
    ("average", "het gemiddelde van de laatste meting van elk bestuur, op of voor de peildatum."),
    ("milestone", "gepland werk, met de stand die het register voor die periode opgeeft. Er hoort geen getal bij."),
];

/// How is counted.
pub(super) fn method() -> Vec<Block> {
    let terms = KINDS.map(|(kind, text)| (capital(words::kind(kind)), Text::words(text))).to_vec();
    vec![
        Block::Terms(terms),
        Block::List(vec![
            Text::words(
                "De peildatum van een periode is haar laatste dag, of de laatste dag waarvan de feiten tellen als die eerder valt. Dan loopt de periode nog en is het cijfer voorlopig, (v).",
            ),
            Text::words(
                "Een bestuur is een gemeente (met haar OCMW) of een provincie, zoals die op de peildatum bestaat: wat voor een fusie gebeurde, telt bij het bestuur dat overblijft.",
            ),
            Text::words(
                "Het doel van een semester is dat van zijn laatste kwartaal, en voor wat binnen de periode geteld wordt de som van zijn kwartalen. Zonder doel is er geen oordeel.",
            ),
            Text::words(format!(
                "Een indicator heeft zijn doel bereikt bij 100{NBSP}% of meer, bijna bereikt vanaf 90{NBSP}%, en anders niet bereikt."
            )),
            Text::words(
                "Aantallen die zo klein zijn dat ze naar personen zouden kunnen leiden, worden niet getoond. Namen van personen, e-mailadressen en netwerkadressen komen niet in de gegevens voor.",
            ),
        ]),
    ]
}

/// The definition of every indicator.
pub(super) fn indicators(report: &Report) -> Table {
    let columns = vec![
        text_column("indicator", "Indicator"),
        text_column("code", "Code"),
        text_column("definition", "Definitie"),
        text_column("kind", "Telling"),
        text_column("unit", "Eenheid"),
    ];
    let mut rows = Vec::new();
    for programme in &report.indicators.programmes {
        rows.push(Row::Group(programme.name.clone()));
        for row in programme.sections.iter().flat_map(|section| &section.rows) {
            let indicator = row.indicator();
            let unit = if indicator.unit.is_empty() { "–" } else { &indicator.unit };
            rows.push(Row::Cells(vec![
                Cell::text(indicator.label.clone()).from(Origin::IndicatorPage(indicator.id.clone())),
                Cell::text(indicator.id.clone()),
                Cell::text(indicator.definition.clone()),
                Cell::text(words::kind(&indicator.kind)),
                Cell::text(unit),
            ]));
        }
    }
    Table {
        rows,
        mart: Some("indicators"),
        when_empty: "Er zijn geen indicatoren.".to_owned(),
        ..table("definitions", "Definitie van elke indicator", columns)
    }
}

/// How the report can be read by everybody.
pub(super) fn accessibility() -> Vec<Block> {
    vec![
        Block::Paragraph(Text::words(
            "Dit rapport streeft naar WCAG 2.1, niveau AA. De webpagina's zijn leesbaar zonder scripts, met een toetsenbord, met een schermlezer en vergroot tot 400 %. Het PDF-document is opgemaakt volgens PDF/UA-1. Elke grafiek heeft een beschrijving en een tabel met haar cijfers; kleur is nooit het enige teken.",
        )),
        Block::Paragraph(Text::words(
            "De toegankelijkheid wordt bij elke wijziging automatisch nagekeken; een toets door mensen met een beperking is nog niet gebeurd. Stoot u op een drempel, meld dat dan aan V-ICT-OR.",
        )),
    ]
}
