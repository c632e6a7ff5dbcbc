//! The catalogue of solutions: suppliers, solutions and standards.

use chrono::{NaiveDate, TimeDelta};

use super::calendar::{Rhythm, day, quarter_last};
use super::dice::Dice;
use super::names;
use super::plan::{Spell, reach};
use super::reference;
use super::table::{Cell, Format, Table};
use super::world::World;

/// Generic parts of the reference architecture.
pub(super) const COMPONENTS: [&str; 24] = [
    "Burgerzaken",
    "Financieel beheer",
    "Personeelsbeheer",
    "Dossierbeheer",
    "Documentbeheer",
    "Postregistratie",
    "Vergaderbeheer",
    "Omgevingsloket",
    "Meldingenbeheer",
    "Afsprakenbeheer",
    "Websitebeheer",
    "Gegevensuitwisseling",
    "Archiefbeheer",
    "Geografische informatie",
    "Sociale dienst",
    "Kinderopvang",
    "Vrijetijdsreservatie",
    "Bibliotheekbeheer",
    "Begraafplaatsbeheer",
    "Toegangsbeheer",
    "Contractbeheer",
    "Subsidiebeheer",
    "Patrimoniumbeheer",
    "Rapportering",
];

/// A solution of the catalogue.
pub(super) struct Solution {
    pub(super) spell: Spell,
    pub(super) supplier: usize,
    /// Indices in [`COMPONENTS`].
    pub(super) components: Vec<usize>,
}

/// Suppliers and their solutions.
pub(super) struct Catalogue {
    suppliers: Vec<Spell>,
    pub(super) solutions: Vec<Solution>,
    /// Day on which each standard came into the catalogue.
    standards: Vec<(reference::Standard, Spell)>,
}

/// The number of a solution as the sources write it.
pub(super) fn solution_id(number: usize) -> String {
    format!("OPL-{:04}", number + 1)
}

fn supplier_id(number: usize) -> String {
    format!("LEV-{:03}", number + 1)
}

impl Catalogue {
    /// A catalogue with as many solutions, suppliers and standards as planned.
    pub(super) fn new(world: &World) -> Catalogue {
        let mut dice = world.dice("catalogue");
        let suppliers = world.plan.spells("OC-03", &mut dice);
        // A supplier counts while one of its solutions is on offer: the first of
        // each is there as long as the supplier is.
        let mut solutions: Vec<Solution> = suppliers
            .iter()
            .enumerate()
            .map(|(supplier, &spell)| Solution { spell, supplier, components: components(supplier, &mut dice) })
            .collect();
        for spell in further(world, &suppliers, &mut dice) {
            let staying: Vec<usize> = (0..suppliers.len())
                .filter(|&supplier| suppliers[supplier].from <= spell.from && suppliers[supplier].until.is_none())
                .collect();
            // In the first days there may be none yet: then one that comes soon and stays.
            let soon = suppliers.iter().position(|supplier| supplier.until.is_none());
            let supplier = dice.pick(&staying).copied().or(soon).unwrap_or(0);
            solutions.push(Solution { spell, supplier, components: components(supplier, &mut dice) });
        }
        solutions.sort_by_key(|solution| (solution.spell.from, solution.supplier));
        let spells = world.plan.spells("OC-04", &mut dice);
        let standards = reference::standards().into_iter().zip(spells).collect();
        Catalogue { suppliers, solutions, standards }
    }

    /// Whether a solution is on offer on a day.
    pub(super) fn offered(&self, number: usize, on: NaiveDate) -> bool {
        let spell = self.solutions[number].spell;
        spell.from <= on && spell.until.is_none_or(|until| until > on)
    }

    /// `catalogue/suppliers`.
    pub(super) fn suppliers_table(&self, world: &World) -> Table {
        const COLUMNS: &[&str] = &["leverancier_id", "naam", "kbo_nummer", "aangemeld_op", "afgemeld_op"];
        let mut dice = world.dice("catalogue/suppliers");
        let mut table = Table::new("catalogue/suppliers", COLUMNS, Format::JsonArray, Rhythm::Register);
        for (number, &spell) in self.suppliers.iter().enumerate() {
            let from = (spell.from - TimeDelta::days(dice.between(0, 25))).max(day(2018, 1, 1));
            let enterprise = match dice.chance(0.08) {
                true => Cell::Empty,
                false => Cell::Text(names::enterprise_number(number, &mut dice)),
            };
            table.interval(Spell { from, ..spell }, 0, |until| {
                vec![
                    Cell::Text(supplier_id(number)),
                    Cell::Text(names::supplier(number)),
                    enterprise.clone(),
                    Cell::Date(from),
                    Cell::date(until),
                ]
            });
        }
        table
    }

    /// `catalogue/solutions`.
    pub(super) fn solutions_table(&self, world: &World) -> Table {
        const COLUMNS: &[&str] = &[
            "oplossing_id",
            "leverancier_id",
            "naam",
            "referentiecomponenten",
            "standaarden",
            "gepubliceerd_op",
            "ingetrokken_op",
        ];
        let mut dice = world.dice("catalogue/solutions");
        let mut table = Table::new("catalogue/solutions", COLUMNS, Format::JsonPage, Rhythm::Register);
        for (number, solution) in self.solutions.iter().enumerate() {
            let spell = solution.spell;
            let parts: Vec<String> = solution.components.iter().map(|&part| COMPONENTS[part].to_owned()).collect();
            let subject = parts.first().map_or("Algemeen", String::as_str);
            let name = format!("{} {subject} {}", names::product_word(solution.supplier), number % 9 + 1);
            let row = |standards: Vec<String>, until| {
                vec![
                    Cell::Text(solution_id(number)),
                    Cell::Text(supplier_id(solution.supplier)),
                    Cell::text(&name),
                    if parts.is_empty() { Cell::Empty } else { Cell::List(parts.clone()) },
                    Cell::List(standards),
                    Cell::Date(spell.from),
                    Cell::date(until),
                ]
            };
            let early = self.standards_on(spell.from, 2, &mut dice);
            let key = table.interval(spell, 0, |until| row(early.clone(), until));
            // In the spring of 2022 the standards were read in anew.
            let review = day(2022, 4, 4) + TimeDelta::days(dice.between(0, 80));
            if spell.from < review && spell.until.is_none() && dice.chance(0.5) {
                let standards = self.standards_on(review, 5, &mut dice);
                table.change(key, review, row(standards, None));
            }
        }
        table
    }

    /// Up to so many of the standards that were there on a day.
    fn standards_on(&self, on: NaiveDate, most: usize, dice: &mut Dice) -> Vec<String> {
        let there = self.standards.iter().filter(|(_, spell)| spell.from <= on).count();
        if there == 0 {
            return Vec::new();
        }
        let mut chosen: Vec<String> =
            (0..dice.below(most + 1)).map(|_| self.standards[dice.below(there)].0.slug.clone()).collect();
        chosen.sort();
        chosen.dedup();
        chosen
    }

    /// `catalogue/standards`.
    pub(super) fn standards_table(&self, world: &World) -> Table {
        const COLUMNS: &[&str] = &["standaard_id", "naam", "soort", "status", "opgenomen_op", "verwijderd_op"];
        let mut dice = world.dice("catalogue/standards");
        let mut table = Table::new("catalogue/standards", COLUMNS, Format::JsonArray, Rhythm::Register);
        for (standard, spell) in &self.standards {
            let row = |status: &str, until| {
                vec![
                    Cell::text(&standard.slug),
                    Cell::text(&standard.title),
                    Cell::text(standard.kind),
                    Cell::text(status),
                    Cell::Date(spell.from),
                    Cell::date(until),
                ]
            };
            // Some were a candidate when they came in.
            let candidate = standard.status == "erkende-standaard" && dice.chance(0.2);
            let first = if candidate { "kandidaat-standaard" } else { standard.status };
            let key = table.interval(*spell, 0, |until| row(first, until));
            if candidate {
                table.change(key, spell.from + TimeDelta::days(120), row(standard.status, spell.until));
            }
        }
        table
    }
}

/// The intervals of the solutions that are not the first of their supplier.
fn further(world: &World, suppliers: &[Spell], dice: &mut Dice) -> Vec<Spell> {
    let level = |quarter| {
        let last = quarter_last(quarter);
        let open = |spell: &&Spell| spell.from <= last && spell.until.is_none_or(|until| until > last);
        world.plan.level("OC-01", quarter).saturating_sub(suppliers.iter().filter(open).count())
    };
    reach(level, world.plan.churn("OC-01"), dice)
}

/// One to three components, near each other in the list for one supplier.
fn components(supplier: usize, dice: &mut Dice) -> Vec<usize> {
    if dice.chance(0.04) {
        return Vec::new();
    }
    let base = supplier * 7 % COMPONENTS.len();
    let mut parts: Vec<usize> =
        (0..1 + dice.below(3)).map(|_| (base + dice.below_skewed(COMPONENTS.len())) % COMPONENTS.len()).collect();
    parts.sort_unstable();
    parts.dedup();
    parts
}
