//! Couplings between solutions, the parties on the bus, and standards.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use peil_warehouse::Result;
use peil_warehouse::publish::Published;
use peil_warehouse::storage::Storage;

use super::Moments;
use super::solutions::{Earlier, Solutions};
use super::table::{Kind, Table};

/// A coupling between two solutions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Coupling {
    /// Id in the catalogue.
    pub id: String,
    /// Name of the solution that it leaves from.
    pub from: String,
    /// Name of the solution that it goes to.
    pub to: String,
    /// API, XML, bestand, bericht or database.
    pub technique: String,
    /// First day on which it is available.
    pub since: NaiveDate,
    /// First day on which it no longer is.
    pub ended: Option<NaiveDate>,
    /// Authorities that put it to work, in the composition of the as-of day.
    pub authorities: i64,
}

/// How widely a standard is supported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standard {
    /// Name.
    pub name: String,
    /// Status of today, as the register writes it.
    pub status: String,
    /// Open solutions that say they follow it.
    pub solutions: i64,
    /// The same at the end of the period before.
    pub before: Option<i64>,
}

/// Couplings as they are on the peildatum.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Couplings {
    /// Those available on the peildatum, the most used first.
    pub open: Vec<Coupling>,
    /// Those of them that became available in the period, the latest first.
    pub new: Vec<Coupling>,
    /// Those that ended in the period, the latest first.
    pub ended: Vec<Coupling>,
    /// How many were available at the end of the period before.
    pub open_before: usize,
    /// Techniques of those that are open, the most frequent first.
    pub techniques: Vec<String>,
    /// Standards in the catalogue, the most supported first.
    pub standards: Vec<Standard>,
}

/// A row of the coupling matrix: a solution, and its couplings by technique.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MatrixRow {
    /// Name of the solution.
    pub solution: String,
    /// Couplings of each technique that touch it, on either side.
    pub counts: Vec<i64>,
}

impl MatrixRow {
    /// Couplings that touch it, of whatever technique.
    pub fn total(&self) -> i64 {
        self.counts.iter().sum()
    }
}

impl Couplings {
    pub(super) async fn read(
        storage: &Storage,
        published: &Published,
        moments: &Moments,
        catalogue: &Solutions,
    ) -> Result<Self> {
        let columns = [
            ("coupling_id", Kind::Text),
            ("from_solution_id", Kind::Text),
            ("to_solution_id", Kind::Text),
            ("technique", Kind::Text),
            ("available_since", Kind::Day),
            ("ended_on", Kind::Day),
            ("authorities", Kind::Integer),
        ];
        let table = Table::read(storage, published, "couplings", &columns, &[]).await?;
        let mut all = Vec::new();
        for row in table.rows() {
            let name = |column| -> Result<String> { Ok(catalogue.name_of(&table.required(column, row)?).to_owned()) };
            let Some(since) = table.day("available_since", row) else { continue };
            all.push(Coupling {
                id: table.required("coupling_id", row)?,
                from: name("from_solution_id")?,
                to: name("to_solution_id")?,
                technique: table.required("technique", row)?,
                since,
                ended: table.day("ended_on", row),
                authorities: table.integer("authorities", row).unwrap_or(0),
            });
        }
        let open_on = |one: &Coupling, day| one.since <= day && one.ended.is_none_or(|ended| ended > day);
        let within = |day: NaiveDate| moments.from <= day && day <= moments.until;
        let chosen = |keep: &dyn Fn(&Coupling) -> bool| all.iter().filter(|one| keep(one)).cloned().collect();
        let day_before = moments.from.pred_opt().unwrap_or(moments.from);
        let mut open: Vec<Coupling> = chosen(&|one| open_on(one, moments.until));
        open.sort_by(|one, other| (other.authorities, &one.id).cmp(&(one.authorities, &other.id)));
        let mut new: Vec<Coupling> = chosen(&|one| open_on(one, moments.until) && within(one.since));
        new.sort_by(|one, other| (other.since, &one.id).cmp(&(one.since, &other.id)));
        let mut ended: Vec<Coupling> = chosen(&|one| one.ended.is_some_and(within));
        ended.sort_by(|one, other| (other.ended, &one.id).cmp(&(one.ended, &other.id)));
        let mut frequency: BTreeMap<&str, usize> = BTreeMap::new();
        for one in &open {
            *frequency.entry(&one.technique).or_default() += 1;
        }
        let mut techniques: Vec<(usize, String)> =
            frequency.into_iter().map(|(technique, count)| (count, technique.to_owned())).collect();
        techniques.sort_by(|one, other| (other.0, &one.1).cmp(&(one.0, &other.1)));
        Ok(Self {
            open_before: all.iter().filter(|one| open_on(one, day_before)).count(),
            open,
            new,
            ended,
            techniques: techniques.into_iter().map(|(_, technique)| technique).collect(),
            standards: standards(storage, published, moments).await?,
        })
    }

    /// The open couplings as a matrix of solutions and techniques, the most
    /// coupled solution first. A coupling counts with both of its solutions.
    pub fn matrix(&self) -> Vec<MatrixRow> {
        let mut counts: BTreeMap<&str, Vec<i64>> = BTreeMap::new();
        for one in &self.open {
            let Some(place) = self.techniques.iter().position(|technique| *technique == one.technique) else {
                continue;
            };
            for solution in BTreeSet::from([one.from.as_str(), one.to.as_str()]) {
                counts.entry(solution).or_insert_with(|| vec![0; self.techniques.len()])[place] += 1;
            }
        }
        let mut rows: Vec<MatrixRow> =
            counts.into_iter().map(|(solution, counts)| MatrixRow { solution: solution.to_owned(), counts }).collect();
        rows.sort_by_key(|row| std::cmp::Reverse(row.total()));
        rows
    }

    /// Open couplings of a technique, and those of them that an authority put
    /// to work.
    pub fn of_technique(&self, technique: &str) -> (usize, usize) {
        let of = || self.open.iter().filter(|one| one.technique == technique);
        (of().count(), of().filter(|one| one.authorities > 0).count())
    }
}

async fn standards(storage: &Storage, published: &Published, moments: &Moments) -> Result<Vec<Standard>> {
    let columns = [
        ("period", Kind::Text),
        ("standard_id", Kind::Text),
        ("standard", Kind::Text),
        ("status", Kind::Text),
        ("solutions", Kind::Integer),
    ];
    let table = Table::read(storage, published, "standards_support", &columns, &[]).await?;
    let mut standards: Vec<(String, Standard)> = Vec::new();
    let mut before = Earlier::default();
    for row in table.rows() {
        let period = table.period("period", row)?;
        let id = table.required("standard_id", row)?;
        let solutions = table.integer("solutions", row).unwrap_or(0);
        if period == moments.before {
            before.add(&id, solutions);
        }
        if period == moments.quarter {
            let name = table.text("standard", row).unwrap_or_else(|| id.clone());
            let status = table.text("status", row).unwrap_or_default();
            standards.push((id, Standard { name, status, solutions, before: None }));
        }
    }
    for (id, standard) in &mut standards {
        standard.before = before.of(id);
    }
    let mut standards: Vec<Standard> = standards.into_iter().map(|(_, standard)| standard).collect();
    standards.sort_by(|one, other| (other.solutions, &one.name).cmp(&(one.solutions, &other.name)));
    Ok(standards)
}
