//! The small datasets of the portal: plates, data ownership, documents, master
//! plans and tender domains.

use chrono::TimeDelta;

use super::calendar::Rhythm;
use super::plan::Spell;
use super::table::{Cell, Format, Packing, Table};
use super::world::World;

/// `portal/plates`.
pub(super) fn plates(world: &World) -> Table {
    const COLUMNS: &[&str] = &["plaat_id", "bestuur", "aangemaakt_op", "verwijderd_op"];
    let mut dice = world.dice("portal/plates");
    let mut table = Table::new("portal/plates", COLUMNS, Format::CSV, Rhythm::Slow);
    for (number, spell) in world.plan.spells("VVG-RA-04", &mut dice).into_iter().enumerate() {
        let towns = world.plan.level("VVG-TK-01", spell.quarter);
        let town = world.portal[dice.below(towns)];
        let authority = world.spell(town, spell.from, number, &mut dice);
        table.interval(spell, 0, |until| {
            vec![
                Cell::Text(format!("PL-{:04}", number + 1)),
                Cell::text(&authority),
                Cell::Date(spell.from),
                Cell::date(until),
            ]
        });
    }
    table
}

/// `portal/data_ownership`: the services of an authority that own their data.
pub(super) fn data_ownership(world: &World) -> Table {
    const COLUMNS: &[&str] = &["bestuur", "dienst", "sinds", "tot"];
    const SERVICES: [&str; 7] =
        ["Burgerzaken", "Financiën", "Omgeving", "Personeel", "Secretariaat", "Vrije tijd", "Welzijn"];
    let mut dice = world.dice("portal/data_ownership");
    let mut table = Table::new("portal/data_ownership", COLUMNS, Format::CSV, Rhythm::Slow);
    for (number, spell) in world.plan.spells("VVG-RA-03", &mut dice).into_iter().enumerate() {
        let town = world.portal[number];
        for (place, service) in SERVICES.iter().enumerate().take(1 + dice.below(4)) {
            let from = spell.from + TimeDelta::days(place as i64 * 20);
            // The first stays, so that the authority does.
            let until = (place == 2).then(|| from + TimeDelta::days(250));
            let spell = Spell { from, until, quarter: spell.quarter };
            table.interval(spell, 0, |until| {
                let authority = world.spell(town, from, 0, &mut dice);
                vec![Cell::Text(authority), Cell::text(*service), Cell::Date(from), Cell::date(until)]
            });
        }
    }
    table
}

/// `portal/documents`: the library of the learning network.
pub(super) fn documents(world: &World) -> Table {
    const COLUMNS: &[&str] = &["document_id", "titel", "soort", "gepubliceerd_op", "ingetrokken_op"];
    const KINDS: [&str; 5] = ["opname", "presentatie", "handleiding", "bestek", "andere"];
    const SUBJECTS: [&str; 12] = [
        "referentiearchitectuur",
        "bouwstenen",
        "dossieropvolging",
        "informatieveiligheid",
        "gegevensbeheer",
        "gelinkt notuleren",
        "digitaal archief",
        "één loket",
        "aankoop van software",
        "thuiswerk",
        "processen; van aanvraag tot besluit",
        "\"only once\"",
    ];
    let mut dice = world.dice("portal/documents");
    let format = Format::Csv { bom: true, crlf: false, comma: false, packing: Packing::Plain };
    let mut table = Table::new("portal/documents", COLUMNS, format, Rhythm::Register).named("documenten_");
    for (number, spell) in world.plan.spells("VVG-LN-02", &mut dice).into_iter().enumerate() {
        let kind = dice.word(&KINDS);
        let title = format!("{} {} ({})", capital(kind), dice.word(&SUBJECTS), number + 1);
        let row = |title: &str, until| {
            vec![
                Cell::Text(format!("DOC-{:05}", number + 1)),
                Cell::text(title),
                Cell::text(kind),
                Cell::Date(spell.from),
                Cell::date(until),
            ]
        };
        let key = table.interval(spell, 0, |until| row(&title, until));
        if spell.until.is_none() && dice.chance(0.04) {
            let known = spell.from + TimeDelta::days(dice.between(40, 500));
            table.change(key, known, row(&format!("{title}, herwerkt"), None));
        }
    }
    table
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// `portal/masterplans`.
pub(super) fn masterplans(world: &World) -> Table {
    const COLUMNS: &[&str] = &["masterplan_id", "bestuur", "gestart_op", "vastgesteld_op"];
    let mut dice = world.dice("portal/masterplans");
    let mut table = Table::new("portal/masterplans", COLUMNS, Format::CSV, Rhythm::Slow);
    let spells = world.plan.spells("VVG-MP-02", &mut dice);
    let mut number = 0;
    for (place, spell) in spells.into_iter().enumerate() {
        // Some make a second plan years later.
        let again = spell.from + TimeDelta::days(1_250);
        for from in [Some(spell.from), dice.chance(0.2).then_some(again)].into_iter().flatten() {
            number += 1;
            let town = world.portal[place];
            let adopted = dice.chance(0.7).then(|| from + TimeDelta::days(dice.between(120, 420)));
            let authority = world.spell(town, from, place, &mut dice);
            let row = Spell { from, until: adopted, quarter: spell.quarter };
            table.interval(row, 0, |adopted| {
                vec![
                    Cell::Text(format!("MP-{number:03}")),
                    Cell::text(&authority),
                    Cell::Date(from),
                    Cell::date(adopted),
                ]
            });
        }
    }
    table
}

/// `portal/tender_domains`.
pub(super) fn tender_domains(world: &World) -> Table {
    const COLUMNS: &[&str] = &["domein", "beschikbaar_sinds", "ingetrokken_op"];
    const DOMAINS: [&str; 12] = [
        "Burgerzaken",
        "Boekhouding",
        "Dossierbeheer",
        "Omgevingsvergunningen",
        "Personeel en loon",
        "Kantoorautomatisering",
        "Netwerk en beveiliging",
        "Websites en loketten",
        "Telefonie",
        "Archief",
        "Sociale dienst",
        "Vrije tijd",
    ];
    let mut dice = world.dice("portal/tender_domains");
    let mut table = Table::new("portal/tender_domains", COLUMNS, Format::CSV, Rhythm::Slow);
    for (spell, domain) in world.plan.spells("VVG-AK-01", &mut dice).into_iter().zip(DOMAINS) {
        table.interval(spell, 0, |until| vec![Cell::text(domain), Cell::Date(spell.from), Cell::date(until)]);
    }
    table
}
