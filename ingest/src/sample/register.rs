//! The register that staff keep by hand: activities and milestones.

use std::collections::BTreeMap;

use chrono::{NaiveDate, TimeDelta};

use super::calendar::{QUARTERS, Rhythm, day, quarter_first, quarter_last};
use super::dice::Dice;
use super::reference::TARGETS;
use super::table::{Cell, Format, Table};
use super::text::parse_csv;
use super::world::World;

/// The flows of the plan: indicator, programme, kind.
const FLOWS: [(&str, &str, &str); 9] = [
    ("VVG-TK-02", "vlavirgem", "opleiding"),
    ("VVG-TK-03", "vlavirgem", "communicatie"),
    ("IV-KE-03", "informatieveiligheid", "communicatie"),
    ("IV-KE-04", "informatieveiligheid", "workshop"),
    ("IV-TL-11", "informatieveiligheid", "opleiding"),
    ("LB-LB-02", "lb365", "demonstratie"),
    ("LB-LB-03", "lb365", "opleiding"),
    ("LB-LB-04", "lb365", "werkgroep"),
    ("LB-LB-05", "lb365", "overlegmoment"),
];
/// What no indicator counts: programme, kind, chance in a month.
const OTHERS: [(&str, &str, f64); 6] = [
    ("oplossingscatalogus", "opleiding", 0.25),
    ("oplossingscatalogus", "communicatie", 0.5),
    ("vlavirgem", "werkgroep", 0.5),
    ("vlavirgem", "demonstratie", 0.4),
    ("informatieveiligheid", "overlegmoment", 0.3),
    ("lb365", "communicatie", 0.6),
];
const SUBJECTS: [&str; 10] = [
    "Stand van zaken",
    "Aan de slag met het portaal",
    "Nieuwe mogelijkheden",
    "Vragen van besturen",
    "Koppelingen in de praktijk",
    "Bouwstenen van de Vlaamse overheid",
    "Gegevensbeheer",
    "Veilig werken",
    "Werkplan voor het komende kwartaal",
    "Ervaringen van collega's",
];

/// `register/activities`.
pub(super) fn activities(world: &World) -> Table {
    const COLUMNS: &[&str] = &["Nr", "Datum", "Programma", "Soort", "Onderwerp", "Deelnemers"];
    let mut dice = world.dice("register/activities");
    let mut held: Vec<(NaiveDate, &str, &str)> = Vec::new();
    for (indicator, programme, kind) in FLOWS {
        held.extend(world.plan.days(indicator, &mut dice).into_iter().map(|on| (on, programme, kind)));
    }
    for quarter in 8..QUARTERS {
        for (programme, kind, chance) in OTHERS {
            if dice.chance(chance) {
                held.push((dice.day(quarter_first(quarter), quarter_last(quarter)), programme, kind));
            }
        }
    }
    held.sort_unstable();
    let format = Format::Xlsx { sheet: "Activiteiten", text_dates: false };
    let mut table = Table::new("register/activities", COLUMNS, format, Rhythm::Register).named("activiteitenregister_");
    for (number, (on, programme, kind)) in held.into_iter().enumerate() {
        let participants = match kind {
            "communicatie" => Cell::Empty,
            "overlegmoment" => Cell::Integer(dice.between(3, 14)),
            _ => Cell::Integer(dice.between(6, 65)),
        };
        let subject = if dice.chance(0.1) { Cell::Empty } else { Cell::text(dice.word(&SUBJECTS)) };
        let cells = |participants: Cell| {
            vec![
                Cell::Integer(number as i64 + 1),
                Cell::Date(on),
                Cell::text(programme),
                Cell::text(kind),
                subject.clone(),
                participants,
            ]
        };
        // Most are entered beforehand; the participants are filled in afterwards.
        if dice.chance(0.7) {
            let key = table.add(on - TimeDelta::days(dice.between(5, 40)), cells(Cell::Empty));
            table.change(key, on, cells(participants));
        } else {
            table.add(on + TimeDelta::days(dice.between(0, 12)), cells(participants));
        }
    }
    table
}

/// `register/milestones`: a state for each period that the targets mark.
pub(super) fn milestones(world: &World) -> Table {
    const COLUMNS: &[&str] = &["Indicator", "Periode", "Stand", "Toelichting"];
    let mut dice = world.dice("register/milestones");
    let format = Format::Xlsx { sheet: "Mijlpalen", text_dates: true };
    let mut table = Table::new("register/milestones", COLUMNS, format, Rhythm::Slow).named("mijlpalen_").whole();
    let mut marks: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for row in parse_csv(TARGETS, b';') {
        if row.len() == 5 && row[3].is_empty() {
            marks.entry(row[0].clone()).or_default().push(row[1].clone());
        }
    }
    for (indicator, periods) in marks {
        for period in periods {
            milestone(&mut table, &indicator, &period, &mut dice);
        }
    }
    table
}

fn milestone(table: &mut Table, indicator: &str, period: &str, dice: &mut Dice) {
    let (first, last) = bounds(period);
    let row = |state: &str, note: Option<&str>, spelled: &str| {
        vec![Cell::text(indicator), Cell::text(spelled), Cell::text(state), Cell::maybe(note.map(str::to_owned))]
    };
    // Staff write a quarter as they like.
    let spelled = match period.split_once('Q') {
        Some((year, quarter)) if dice.chance(0.3) => format!("{year}-Q{quarter}"),
        _ => period.to_owned(),
    };
    let planned = day(2021, 12, 20).min(first);
    let key = table.add(planned, row("gepland", None, &spelled));
    if first > planned {
        let note =
            dice.chance(0.3).then(|| dice.word(&["Gestart met de werkgroep.", "In uitvoering.", "Ontwerp ligt voor."]));
        table.change(key, first, row("lopend", note, &spelled));
    }
    let end = last - TimeDelta::days(3);
    let (state, notes): (&str, [&str; 3]) = match dice.below(14) {
        0 => (
            "lopend",
            [
                "Loopt door in de volgende periode.",
                "Wacht op afstemming met de Vlaamse overheid.",
                "Vertraagd door andere prioriteiten.",
            ],
        ),
        1 if last > day(2022, 12, 1) => (
            "geschrapt",
            ["Opgenomen in een ander project.", "Niet langer nodig.", "Geschrapt in overleg met de stuurgroep."],
        ),
        _ => (
            "gerealiseerd",
            ["Opgeleverd zoals gepland.", "In gebruik genomen door de eerste besturen.", "Afgerond en gecommuniceerd."],
        ),
    };
    let note = dice.chance(0.4).then(|| dice.word(&notes));
    table.change(key, end, row(state, note, &spelled));
}

/// First and last day of a period such as `2022Q1` or `2023`.
fn bounds(period: &str) -> (NaiveDate, NaiveDate) {
    let year: usize = period.get(..4).and_then(|text| text.parse().ok()).unwrap_or(2021);
    let first = (year - 2018) * 4;
    match period.get(5..).and_then(|text| text.parse::<usize>().ok()) {
        Some(quarter) => (quarter_first(first + quarter - 1), quarter_last(first + quarter - 1)),
        None => (quarter_first(first), quarter_last(first + 3)),
    }
}
