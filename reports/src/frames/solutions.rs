//! The solutions of the catalogue: chosen, rising, phased out; what is on
//! offer against who uses it; the components of the reference architecture.

use std::collections::BTreeMap;

use peil_warehouse::Result;
use peil_warehouse::publish::Published;
use peil_warehouse::storage::Storage;

use super::Moments;
use super::table::{Kind, Table};

/// Authorities by what they say of a solution.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Choices {
    /// That chose it.
    pub chosen: i64,
    /// That plan it.
    pub planned: i64,
    /// That phased it out.
    pub phased_out: i64,
}

/// The use of a solution.
#[derive(Debug, Clone, PartialEq)]
pub struct SolutionUse {
    /// Id in the catalogue.
    pub id: String,
    /// Name; the id where the catalogue does not know it.
    pub name: String,
    /// Name of the supplier.
    pub supplier: Option<String>,
    /// On the peildatum.
    pub now: Choices,
    /// At the end of the period before; none where nothing is known of it.
    pub before: Option<Choices>,
    /// Share of the authorities with a solution for the same components.
    pub market_share: Option<f64>,
}

impl SolutionUse {
    /// How many more authorities chose it than at the end of the period before.
    pub fn risen(&self) -> Option<i64> {
        Some(self.now.chosen - self.before?.chosen)
    }

    /// How many more authorities phased it out than at that time.
    pub fn phased_out_since(&self) -> Option<i64> {
        Some(self.now.phased_out - self.before?.phased_out)
    }
}

/// What a supplier offers, and who uses it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SupplierOffer {
    /// Name; the id where the catalogue does not know it.
    pub name: String,
    /// Open solutions.
    pub solutions: i64,
    /// Authorities that chose one of its solutions.
    pub authorities: i64,
    /// The same at the end of the period before.
    pub authorities_before: Option<i64>,
    /// Open couplings that touch one of its solutions.
    pub couplings: i64,
}

/// How well a component of the reference architecture is covered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Component {
    /// Name.
    pub name: String,
    /// Open solutions that fill it in.
    pub solutions: i64,
    /// Authorities that chose a solution that does.
    pub authorities: i64,
    /// The same at the end of the period before.
    pub authorities_before: Option<i64>,
}

/// The catalogue and its use.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Solutions {
    /// Every solution, the most chosen first.
    pub solutions: Vec<SolutionUse>,
    /// Every supplier, the most used first.
    pub suppliers: Vec<SupplierOffer>,
    /// Every component, the most used first.
    pub components: Vec<Component>,
}

impl Solutions {
    pub(super) async fn read(storage: &Storage, published: &Published, moments: &Moments) -> Result<Self> {
        let usage = Table::read(
            storage,
            published,
            "solution_usage",
            &[
                ("period", Kind::Text),
                ("solution_id", Kind::Text),
                ("solution", Kind::Text),
                ("supplier", Kind::Text),
                ("chosen", Kind::Integer),
                ("planned", Kind::Integer),
                ("phased_out", Kind::Integer),
                ("market_share", Kind::Number),
            ],
            &[],
        )
        .await?;
        let mut solutions = Vec::new();
        let mut before = Earlier::default();
        for row in usage.rows() {
            let period = usage.period("period", row)?;
            let id = usage.required("solution_id", row)?;
            let number = |column| usage.integer(column, row).unwrap_or(0);
            let choices =
                Choices { chosen: number("chosen"), planned: number("planned"), phased_out: number("phased_out") };
            if period == moments.before {
                before.add(&id, choices);
            }
            if period == moments.quarter {
                solutions.push(SolutionUse {
                    name: usage.text("solution", row).unwrap_or_else(|| id.clone()),
                    id,
                    supplier: usage.text("supplier", row),
                    now: choices,
                    before: None,
                    market_share: usage.number("market_share", row),
                });
            }
        }
        for solution in &mut solutions {
            solution.before = before.of(&solution.id);
        }
        solutions.sort_by(|one, other| {
            (other.now.chosen, &one.name, &one.id).cmp(&(one.now.chosen, &other.name, &other.id))
        });
        Ok(Self {
            solutions,
            suppliers: suppliers(storage, published, moments).await?,
            components: components(storage, published, moments).await?,
        })
    }

    /// The solutions that most more authorities chose since the period
    /// before, the largest rise first.
    pub fn rising(&self) -> Vec<&SolutionUse> {
        ranked(&self.solutions, SolutionUse::risen)
    }

    /// The solutions that most more authorities phased out since then.
    pub fn phasing_out(&self) -> Vec<&SolutionUse> {
        ranked(&self.solutions, SolutionUse::phased_out_since)
    }

    /// The name of a solution, by id: the id where it is not known.
    pub fn name_of<'a>(&'a self, id: &'a str) -> &'a str {
        self.solutions.iter().find(|solution| solution.id == id).map_or(id, |solution| solution.name.as_str())
    }
}

/// The solutions with a positive figure, the largest first; equal ones keep
/// the order of the most chosen.
fn ranked(solutions: &[SolutionUse], figure: impl Fn(&SolutionUse) -> Option<i64>) -> Vec<&SolutionUse> {
    let mut found: Vec<(i64, &SolutionUse)> = solutions
        .iter()
        .filter_map(|solution| Some((figure(solution)?, solution)))
        .filter(|(change, _)| *change > 0)
        .collect();
    found.sort_by_key(|(change, _)| std::cmp::Reverse(*change));
    found.into_iter().map(|(_, solution)| solution).collect()
}

async fn suppliers(storage: &Storage, published: &Published, moments: &Moments) -> Result<Vec<SupplierOffer>> {
    let columns = [
        ("period", Kind::Text),
        ("supplier_id", Kind::Text),
        ("supplier", Kind::Text),
        ("solutions", Kind::Integer),
        ("authorities", Kind::Integer),
        ("couplings", Kind::Integer),
    ];
    let table = Table::read(storage, published, "supplier_offer", &columns, &[]).await?;
    let mut offers: Vec<(String, SupplierOffer)> = Vec::new();
    let mut before = Earlier::default();
    for row in table.rows() {
        let period = table.period("period", row)?;
        let id = table.required("supplier_id", row)?;
        let number = |column| table.integer(column, row).unwrap_or(0);
        if period == moments.before {
            before.add(&id, number("authorities"));
        }
        if period == moments.quarter {
            let offer = SupplierOffer {
                name: table.text("supplier", row).unwrap_or_else(|| id.clone()),
                solutions: number("solutions"),
                authorities: number("authorities"),
                authorities_before: None,
                couplings: number("couplings"),
            };
            offers.push((id, offer));
        }
    }
    for (id, offer) in &mut offers {
        offer.authorities_before = before.of(id);
    }
    let mut offers: Vec<SupplierOffer> = offers.into_iter().map(|(_, offer)| offer).collect();
    offers.sort_by(|one, other| {
        (other.authorities, other.solutions, &one.name).cmp(&(one.authorities, one.solutions, &other.name))
    });
    Ok(offers)
}

async fn components(storage: &Storage, published: &Published, moments: &Moments) -> Result<Vec<Component>> {
    let columns = [
        ("period", Kind::Text),
        ("reference_component", Kind::Text),
        ("solutions", Kind::Integer),
        ("authorities", Kind::Integer),
    ];
    let table = Table::read(storage, published, "component_coverage", &columns, &[]).await?;
    let mut components = Vec::new();
    let mut before = Earlier::default();
    for row in table.rows() {
        let period = table.period("period", row)?;
        let name = table.required("reference_component", row)?;
        let number = |column| table.integer(column, row).unwrap_or(0);
        if period == moments.before {
            before.add(&name, number("authorities"));
        }
        if period == moments.quarter {
            components.push(Component {
                name,
                solutions: number("solutions"),
                authorities: number("authorities"),
                authorities_before: None,
            });
        }
    }
    for component in &mut components {
        component.authorities_before = before.of(&component.name);
    }
    components.sort_by(|one, other| (other.authorities, &one.name).cmp(&(one.authorities, &other.name)));
    Ok(components)
}

/// What was so at the end of the period before: nothing is known where the
/// mart has no row of that quarter; what it has no row of was nought.
#[derive(Debug)]
pub(super) struct Earlier<T>(BTreeMap<String, T>);

impl<T> Default for Earlier<T> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<T: Copy + Default> Earlier<T> {
    pub(super) fn add(&mut self, key: &str, value: T) {
        self.0.insert(key.to_owned(), value);
    }

    pub(super) fn of(&self, key: &str) -> Option<T> {
        (!self.0.is_empty()).then(|| self.0.get(key).copied().unwrap_or_default())
    }
}
