//! The trial LB365: participants, connections to building blocks, and modules.

use chrono::{NaiveDate, TimeDelta};

use super::calendar::{QUARTERS, Rhythm, day, quarter_first, quarter_last};
use super::plan::Spell;
use super::table::{Cell, Format, Table};
use super::world::World;

/// The participants with the interval of their membership, in the order in
/// which they join.
pub(super) fn joined(world: &World) -> Vec<(usize, Spell)> {
    let mut dice = world.dice("lb365/participants");
    let spells = world.plan.spells("LB-LB-01", &mut dice);
    let mut joined: Vec<(usize, Spell)> = world.trial.iter().copied().zip(spells).collect();
    for (_, spell) in &mut joined {
        // The two of the third quarter of 2022 come after its first month.
        if spell.from >= day(2022, 7, 1) && spell.from <= day(2022, 7, 31) {
            spell.from += TimeDelta::days(45);
        }
    }
    joined
}

/// `lb365/participants`.
pub(super) fn participants(world: &World, joined: &[(usize, Spell)]) -> Table {
    const COLUMNS: &[&str] = &["bestuur", "aangesloten_op", "uitgestapt_op"];
    let mut dice = world.dice("lb365/participants spelling");
    let mut table = Table::new("lb365/participants", COLUMNS, Format::CSV, Rhythm::Slow);
    for &(town, spell) in joined {
        let authority = world.spell(town, spell.from, 0, &mut dice);
        table.interval(spell, 0, |until| vec![Cell::text(&authority), Cell::Date(spell.from), Cell::date(until)]);
    }
    table
}

/// The building blocks with the indicator that counts them.
const BLOCKS: [(&str, &str); 9] = [
    ("OSLO", "LB-VB-01"),
    ("MAGDA", "LB-VB-02"),
    ("DOSIS", "LB-VB-03"),
    ("MBP", "LB-VB-04"),
    ("DAV", "LB-VB-05"),
    ("LBLOD", "LB-VB-06"),
    ("DTP", "LB-VB-07"),
    ("ELOKET", "LB-VB-08"),
    ("MAGDADOC", "LB-VB-09"),
];

/// `lb365/connections`: participants that are connected to a building block.
pub(super) fn connections(world: &World, joined: &[(usize, Spell)]) -> Table {
    const COLUMNS: &[&str] = &["bestuur", "bouwsteen", "aangesloten_op", "afgesloten_op"];
    let mut dice = world.dice("lb365/connections");
    let mut table = Table::new("lb365/connections", COLUMNS, Format::CSV, Rhythm::Register);
    for (block, indicator) in BLOCKS {
        // Who is connected now, as places among the participants.
        let mut open: Vec<usize> = Vec::new();
        let mut rows: Vec<(usize, Spell)> = Vec::new();
        for quarter in 0..QUARTERS {
            let (first, last) = (quarter_first(quarter), quarter_last(quarter));
            let wanted = world.plan.level(indicator, quarter);
            let usual = (open.len() as f64 * world.plan.churn(indicator)).round() as usize;
            let mut ended = Vec::new();
            for _ in 0..usual.max(open.len().saturating_sub(wanted)).min(open.len()) {
                let place = open.remove(dice.below(open.len()));
                let row = rows.iter_mut().rev().find(|(other, _)| *other == place);
                if let Some((_, spell)) = row {
                    spell.until = Some(dice.day(first, last));
                }
                ended.push(place);
            }
            let mut free: Vec<usize> = (0..joined.len())
                .filter(|place| joined[*place].1.from <= last && !open.contains(place) && !ended.contains(place))
                .collect();
            dice.shuffle(&mut free);
            while open.len() < wanted {
                let Some(place) = free.pop() else { break };
                let from = dice.day(first.max(joined[place].1.from), last);
                open.push(place);
                rows.push((place, Spell { from, until: None, quarter }));
            }
        }
        for (place, spell) in rows {
            let town = joined[place].0;
            table.interval(spell, 0, |until| {
                let authority = world.spell(town, spell.from, 0, &mut dice);
                vec![Cell::Text(authority), Cell::text(block), Cell::Date(spell.from), Cell::date(until)]
            });
        }
    }
    table
}

/// The modules, the eleven that are in use by mid-2022 first, then the ten with
/// a track only, then those that come later.
const MODULES: [&str; 31] = [
    "Postregistratie",
    "Mailregistratie",
    "Klachten",
    "Meldingen",
    "Beleidssignalen",
    "Vergaderingen",
    "Notulen",
    "Opleidingsaanvragen",
    "Reisonkosten",
    "Documentcreatie",
    "Inname openbaar domein",
    "Subsidieaanvragen",
    "Vergunningenloket",
    "Contractopvolging",
    "Functioneringsgesprekken",
    "Evenementenloket",
    "Archief",
    "Website met lokale kennisbank",
    "Afspraken",
    "Kassa",
    "Vrijwilligers",
    "Sociaal dossier",
    "Verenigingen",
    "Materiaaluitleen",
    "Patrimonium",
    "Werkaanvragen",
    "Parkeervergunningen",
    "Bezoekersbeheer",
    "Verzekeringsdossiers",
    "Juridische dossiers",
    "Kwaliteitsbeheer",
];
const IN_USE: usize = 11;
const TRACKS: usize = 21;

/// `lb365/modules`.
pub(super) fn modules(world: &World, joined: &[(usize, Spell)]) -> Table {
    const COLUMNS: &[&str] = &["Bestuur", "Module", "Traject gestart", "In gebruik", "Stopgezet"];
    let mut dice = world.dice("lb365/modules");
    let format = Format::Xlsx { sheet: "Modules", text_dates: false };
    let mut table = Table::new("lb365/modules", COLUMNS, format, Rhythm::Register).named("modules_");
    let (start, mid) = (day(2020, 1, 6), day(2022, 6, 24));
    let mut add = |town: usize, module: &str, dates: [Option<NaiveDate>; 3], dice: &mut super::dice::Dice| {
        let first = dates.iter().flatten().min().copied().unwrap_or(mid);
        let mut shown = [None; 3];
        let mut key = None;
        for (place, date) in dates.into_iter().enumerate() {
            let Some(date) = date else { continue };
            shown[place] = Some(date);
            let mut cells = vec![Cell::Text(world.spell(town, first, 0, dice)), Cell::text(module)];
            cells.extend(shown.map(Cell::date));
            match key {
                None => key = Some(table.add(date, cells)),
                Some(key) => table.change(key, date, cells),
            }
        }
    };
    for (number, module) in MODULES.into_iter().enumerate() {
        for (place, &(town, spell)) in joined.iter().enumerate() {
            // The first participants are in each module that has been started.
            let early = number < TRACKS && place < 33;
            let takes = if place < 2 { early } else { dice.chance(0.28) };
            if !takes {
                continue;
            }
            let (from, to) =
                if early { (start.max(spell.from), mid) } else { (day(2022, 9, 5).max(spell.from), day(2026, 9, 30)) };
            let started = dice.day(from.min(to), to);
            // The second keeps its track open, so that each started module has one.
            let live = match place {
                0 if number < IN_USE => Some((started + TimeDelta::days(90)).min(mid)),
                0 | 1 => None,
                _ => {
                    let day_live = started + TimeDelta::days(dice.between(60, 320));
                    // By mid-2022 only the first eleven are in use anywhere.
                    let later = if number < IN_USE { day_live } else { day_live.max(day(2022, 9, 5)) };
                    dice.chance(0.7).then_some(later)
                }
            };
            let stopped = match (place, live) {
                (2.., Some(live)) if dice.chance(0.06) => Some(live + TimeDelta::days(dice.between(100, 500))),
                _ => None,
            };
            add(town, module, [Some(started), live, stopped], &mut dice);
        }
    }
    table
}
