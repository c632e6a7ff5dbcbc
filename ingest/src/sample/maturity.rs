//! The maturity measurements, with the figures that authorities declare.

use super::calendar::{QUARTERS, Rhythm, quarter_first, quarter_last, utc};
use super::dice::Dice;
use super::events::measuring;
use super::people::{People, account};
use super::reference::Town;
use super::table::{Cell, Format, Packing, Table};
use super::text::decimal;
use super::world::World;

/// Chapters with their usual score in hundredths.
const CHAPTERS: [(&str, i64); 6] = [
    ("capaciteit", 240),
    ("informatie en cyberbescherming", 210),
    ("tech comp", 265),
    ("beleid en strategie", 225),
    ("digitale dienstverlening", 250),
    ("gegevens en integratie", 190),
];

/// `portal/maturity`.
pub(super) fn measurements(world: &World, people: &People) -> Table {
    const COLUMNS: &[&str] = &["meting_id", "bestuur", "gebruiker_id", "ingediend_op", "hoofdstukken", "indicatoren"];
    let mut dice = world.dice("portal/maturity");
    let format = Format::Ndjson { packing: Packing::Plain };
    let mut table = Table::new("portal/maturity", COLUMNS, format, Rhythm::Register).named("metingen_");
    // Those that came to the portal in the first half of 2022 had not been
    // measured before; they are the new ones of the second quarter.
    let (before, mid) = (world.plan.level("VVG-TK-01", 15), world.plan.level("VVG-TK-01", 17));
    let late = world.portal[before..mid].to_vec();
    let mut fresh: Vec<usize> = world.shuffled(&mut dice).into_iter().filter(|town| !late.contains(town)).collect();
    let earlier = world.plan.level("VVG-MM-04", 16).min(fresh.len());
    fresh.splice(earlier..earlier, late);
    let mut seen = 0;
    let mut number = 0;
    for quarter in 0..QUARTERS {
        let total = world.plan.level("VVG-MM-02", quarter);
        let known = world.plan.level("VVG-MM-04", quarter).min(fresh.len());
        let mut measured: Vec<usize> = fresh[seen..known].to_vec();
        // Those who measure again are those who use the measurement, if they
        // have been measured at all.
        let mut again: Vec<usize> = measuring(world, quarter)
            .map(|place| world.portal[place])
            .filter(|town| fresh[..seen].contains(town))
            .collect();
        dice.shuffle(&mut again);
        while number + measured.len() < total {
            let next = again.pop().or_else(|| dice.pick(&fresh[..seen.max(1)]).copied());
            measured.push(next.unwrap_or(0));
        }
        seen = known;
        for town in measured {
            number += 1;
            measurement(world, people, &mut table, number, town, quarter, &mut dice);
        }
    }
    table
}

fn measurement(
    world: &World,
    people: &People,
    table: &mut Table,
    number: usize,
    town: usize,
    quarter: usize,
    dice: &mut Dice,
) {
    let on = dice.day(quarter_first(quarter), quarter_last(quarter));
    let at = utc(on, dice.between(8 * 3_600, 18 * 3_600));
    let submitter = people.users.iter().position(|user| user.town == Some(town) && user.registered < on);
    let authority = world.spell(town, on, number, dice);
    let figures = figures(&world.towns[town], dice);
    let mut row = |shift: i64| {
        let chapters: Vec<String> = CHAPTERS
            .iter()
            .map(|(chapter, usual)| {
                let growth = 2 * quarter as i64;
                let score = (usual + growth + shift + (60.0 * dice.normal()) as i64).clamp(0, 500);
                format!("{{\"hoofdstuk\": \"{chapter}\", \"score\": {}}}", decimal(score, 2, false))
            })
            .collect();
        vec![
            Cell::Text(format!("MET-{number:05}")),
            Cell::text(&authority),
            submitter.map_or(Cell::Empty, |user| Cell::Text(account(user))),
            Cell::Moment(at),
            Cell::Json(format!("[{}]", chapters.join(", "))),
            figures.clone(),
        ]
    };
    let key = table.add(on, row(0));
    if number.is_multiple_of(41) {
        // The authority improves its answers some weeks later.
        let cells = row(15);
        table.change(key, on + chrono::TimeDelta::days(35), cells);
    }
}

/// What an authority of that size has and spends; not all of them say it all.
fn figures(town: &Town, dice: &mut Dice) -> Cell {
    if dice.chance(0.12) {
        return Cell::Empty;
    }
    let size = f64::from(town.inhabitants.clamp(1_000, 600_000));
    let mut about = |per_inhabitant: f64, places: usize| {
        if dice.chance(0.1) {
            return "null".to_owned();
        }
        let spread = 1.0 + 0.25 * dice.normal().clamp(-3.0, 3.0);
        let units = (size * per_inhabitant * spread * 10_f64.powi(places as i32)).max(1.0);
        decimal(units as i64, places, false)
    };
    let members = [
        ("medewerkers", about(0.011, 0)),
        ("ict_medewerkers", about(0.000_16, 1)),
        ("devices", about(0.009, 0)),
        ("servers", about(0.000_7, 0)),
        ("budget_software", about(6.2, 2)),
        ("budget_hardware", about(4.1, 2)),
        ("budget_diensten", about(5.0, 2)),
        ("budget_investeringen", about(7.5, 2)),
    ];
    let members: Vec<String> = members.iter().map(|(name, value)| format!("\"{name}\": {value}")).collect();
    Cell::Json(format!("{{{}}}", members.join(", ")))
}
