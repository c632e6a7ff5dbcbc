//! What authorities do with the catalogue: couplings that they put to work, the
//! solutions that they choose, and their ratings.

use std::collections::BTreeSet;

use chrono::{NaiveDate, TimeDelta};

use super::calendar::{QUARTERS, Rhythm, day, quarter_last};
use super::catalogue::{Catalogue, solution_id};
use super::dice::Dice;
use super::people::{People, account};
use super::plan::Spell;
use super::table::{Cell, Format, Packing, Table};
use super::world::World;

/// Solutions that many authorities use and rate: places in the catalogue.
const POPULAR: usize = 18;

/// The solutions that were there early and stay, for the many.
fn popular(catalogue: &Catalogue) -> Vec<usize> {
    let stays = |number: &usize| {
        let solution = &catalogue.solutions[*number];
        solution.spell.until.is_none() && !solution.components.is_empty()
    };
    (0..catalogue.solutions.len()).filter(stays).take(POPULAR).collect()
}

/// A solution on offer on a day, a popular one more often than not.
fn choose(catalogue: &Catalogue, popular: &[usize], on: NaiveDate, dice: &mut Dice) -> usize {
    for _ in 0..12 {
        let number = match dice.chance(0.45) {
            true => dice.pick(popular).copied().unwrap_or(0),
            false => dice.below(catalogue.solutions.len()),
        };
        if catalogue.offered(number, on) {
            return number;
        }
    }
    // In the first days little is on offer: what will be soon.
    popular.first().copied().unwrap_or(0)
}

/// `catalogue/couplings`.
pub(super) fn couplings(world: &World, catalogue: &Catalogue) -> Table {
    const COLUMNS: &[&str] = &[
        "koppeling_id",
        "van_oplossing_id",
        "naar_oplossing_id",
        "techniek",
        "beschikbaar_sinds",
        "beeindigd_op",
        "besturen",
    ];
    const TECHNIQUES: [&str; 8] = ["API", "API", "API", "XML", "XML", "bestand", "bericht", "database"];
    let mut dice = world.dice("catalogue/couplings");
    let popular = popular(catalogue);
    let mut table = Table::new("catalogue/couplings", COLUMNS, Format::JsonPage, Rhythm::Register);
    for (number, spell) in world.plan.spells("OC-05", &mut dice).into_iter().enumerate() {
        let from = choose(catalogue, &popular, spell.from, &mut dice);
        let mut to = choose(catalogue, &popular, spell.from, &mut dice);
        if to == from {
            to = popular.iter().copied().find(|&other| other != from).unwrap_or(from);
        }
        let technique = dice.word(&TECHNIQUES);
        let reach = world.plan.level("OC-02", spell.quarter).max(1);
        let towns: BTreeSet<usize> = (0..dice.below(14)).map(|_| world.portal[dice.below(reach)]).collect();
        let mut authorities: Vec<String> =
            towns.iter().map(|&town| world.spell(town, spell.from, number, &mut dice)).collect();
        let row = |authorities: &[String], until| {
            vec![
                Cell::Text(format!("KOP-{:04}", number + 1)),
                Cell::Text(solution_id(from)),
                Cell::Text(solution_id(to)),
                Cell::text(technique),
                Cell::Date(spell.from),
                Cell::date(until),
                if authorities.is_empty() { Cell::Empty } else { Cell::List(authorities.to_vec()) },
            ]
        };
        let key = table.interval(spell, 0, |until| row(&authorities, until));
        if spell.until.is_none() && dice.chance(0.3) {
            // More authorities put it to work.
            let known = spell.from + TimeDelta::days(dice.between(60, 400));
            let other = world.portal[dice.below(reach)];
            if !towns.contains(&other) {
                authorities.push(world.spell(other, spell.from, number, &mut dice));
            }
            table.change(key, known, row(&authorities, None));
        }
    }
    table
}

/// `catalogue/portfolio`: what an authority has chosen, plans or phased out.
pub(super) fn portfolio(world: &World, catalogue: &Catalogue) -> Table {
    const COLUMNS: &[&str] = &["bestuur", "oplossing_id", "status", "sinds"];
    let mut dice = world.dice("catalogue/portfolio");
    let popular = popular(catalogue);
    let format = Format::Csv { bom: false, crlf: false, comma: false, packing: Packing::Zstd };
    let mut table = Table::new("catalogue/portfolio", COLUMNS, format, Rhythm::Register);
    let end = quarter_last(QUARTERS - 1);
    for (place, spell) in world.plan.spells("OC-02", &mut dice).into_iter().enumerate() {
        let town = world.portal[place];
        let mut line = |solution: usize, status: &str, since: NaiveDate, dice: &mut Dice| {
            let authority = world.spell(town, since, 0, dice);
            let cells =
                vec![Cell::Text(authority), Cell::Text(solution_id(solution)), Cell::text(status), Cell::Date(since)];
            table.add(since, cells);
        };
        let mut taken = BTreeSet::new();
        let first = choose(catalogue, &popular, spell.from, &mut dice);
        taken.insert(first);
        // The first is never phased out: it keeps the authority among the users.
        line(first, "gekozen", spell.from, &mut dice);
        for _ in 0..dice.between(4, 16) {
            let since = spell.from + TimeDelta::days(dice.between(0, 1_400));
            let solution = choose(catalogue, &popular, since, &mut dice);
            if since > end || !taken.insert(solution) {
                continue;
            }
            let planned = dice.chance(0.3);
            line(solution, if planned { "gepland" } else { "gekozen" }, since, &mut dice);
            let mut next = since;
            if planned && dice.chance(0.7) {
                next += TimeDelta::days(dice.between(60, 400));
                line(solution, "gekozen", next, &mut dice);
            }
            if dice.chance(0.15) {
                next += TimeDelta::days(dice.between(200, 900));
                line(solution, "uitgefaseerd", next, &mut dice);
            }
        }
    }
    table
}

/// `catalogue/ratings`. One much used solution is rated low.
pub(super) fn ratings(world: &World, catalogue: &Catalogue, people: &People) -> Table {
    const COLUMNS: &[&str] = &[
        "waardering_id",
        "bestuur",
        "gebruiker_id",
        "oplossing_id",
        "score",
        "opmerking",
        "gegeven_op",
        "ingetrokken_op",
    ];
    const REMARKS: [&str; 5] = [
        "Werkt goed; wel traag op maandag.",
        "Handleiding \"te lang\".",
        "",
        "Vlotte ondersteuning.",
        "Koppeling ontbreekt nog",
    ];
    let mut dice = world.dice("catalogue/ratings");
    let popular = popular(catalogue);
    let mut table = Table::new("catalogue/ratings", COLUMNS, Format::CSV, Rhythm::Register);
    for (number, spell) in world.plan.spells("OC-06", &mut dice).into_iter().enumerate() {
        let solution = match dice.below(10) {
            // Most ratings are of a few solutions; the others have one or two.
            0..=6 => popular.get(dice.below_skewed(popular.len())).copied().unwrap_or(0),
            _ => choose(catalogue, &popular, spell.from, &mut dice),
        };
        let usual: &[i64] = match popular.iter().position(|&other| other == solution) {
            Some(0) => &[1, 2, 2, 2, 3, 3],
            Some(place) if place % 3 == 0 => &[2, 3, 3, 4, 4, 5],
            _ => &[3, 4, 4, 4, 5, 5],
        };
        let score = dice.pick(usual).copied().unwrap_or(3);
        let user = dice.below(people.users.len());
        let user = if people.users[user].registered < spell.from { user } else { people.anchors[0] };
        let authority = match people.users[user].town {
            Some(town) if !dice.chance(0.05) => Some(world.spell(town, spell.from, number, &mut dice)),
            _ => None,
        };
        let named = dice.chance(0.9);
        let remark = dice.word(&REMARKS);
        table.interval(spell, 0, |until| {
            vec![
                Cell::Text(format!("W-{:05}", number + 1)),
                Cell::maybe(authority.clone()),
                if named { Cell::Text(account(user)) } else { Cell::Empty },
                Cell::Text(solution_id(solution)),
                Cell::Integer(score),
                Cell::text(remark),
                Cell::Date(spell.from),
                Cell::date(until),
            ]
        });
    }
    table
}

/// The third parties that are coupled to the bus: `lb365/third_party`.
pub(super) fn third_party(world: &World) -> Table {
    const COLUMNS: &[&str] = &["koppeling_id", "leverancier", "product", "live_op", "gestopt_op"];
    let mut dice = world.dice("lb365/third_party");
    let mut table = Table::new("lb365/third_party", COLUMNS, Format::CSV, Rhythm::Slow);
    for (number, spell) in world.plan.spells("LB-VB-21", &mut dice).into_iter().enumerate() {
        let supplier = number * 5 % 40;
        let row = Spell { from: spell.from.max(day(2020, 1, 1)), ..spell };
        table.interval(row, 0, |until| {
            vec![
                Cell::Text(format!("TP-{:03}", number + 1)),
                Cell::Text(super::names::supplier(supplier)),
                Cell::Text(format!("{} Koppelstuk", super::names::product_word(supplier))),
                Cell::Date(row.from),
                Cell::date(until),
            ]
        });
    }
    table
}
