//! The most chosen solutions, the components, the parts of the portal.

use peil_warehouse::Result;

use super::title;
use crate::charts::kinds::{RankedBar, RankedBars};
use crate::charts::{Chart, ChartTable};
use crate::format::{EMPTY, capital, long_day, number, period_name};
use crate::frames::Report;

pub(super) const CHOSEN: &str = "oplossingen";
pub(super) const COMPONENTS: &str = "componenten";
pub(super) const PORTAL: &str = "portaal";

/// Bars of a chart.
const MOST: usize = 12;

/// A named figure with the one that it is set beside.
struct Line {
    label: String,
    value: i64,
    previous: Option<i64>,
}

/// What the three charts have in common.
struct Ranking {
    name: &'static str,
    title: String,
    measure: String,
    source: &'static str,
    unit: &'static str,
    previous_name: String,
    lines: Vec<Line>,
}

impl Ranking {
    fn chart(self) -> Result<Option<Chart>> {
        if self.lines.iter().all(|line| line.value == 0) {
            return Ok(None);
        }
        let shown = |value: i64| number(value as f64, 0);
        let bars = RankedBars {
            bars: self
                .lines
                .iter()
                .map(|line| RankedBar {
                    label: line.label.clone(),
                    value: line.value as f64,
                    shown: shown(line.value),
                    previous: line.previous.map(|previous| previous as f64),
                    target: None,
                })
                .collect(),
            unit: self.unit,
            previous_name: self.previous_name.clone(),
            ..RankedBars::default()
        };
        let rows = self.lines.iter().map(|line| {
            vec![line.label.clone(), shown(line.value), line.previous.map_or_else(|| EMPTY.to_owned(), shown)]
        });
        Ok(Some(Chart {
            name: self.name,
            alternative: format!("Staafdiagram. {} {}", self.measure, bars.describe()),
            table: ChartTable {
                caption: self.measure.clone(),
                header: vec!["Naam".to_owned(), capital(self.unit), capital(&self.previous_name)],
                rows: rows.collect(),
            },
            title: self.title,
            measure: self.measure,
            source: self.source.to_owned(),
            drawings: bars.draw()?,
        }))
    }
}

/// Draws the most chosen solutions.
pub(super) fn chosen(report: &Report) -> Result<Option<Chart>> {
    let moments = &report.moments;
    let solutions = report.solutions.solutions.iter().filter(|one| one.now.chosen > 0);
    let lines: Vec<Line> = solutions
        .take(MOST)
        .map(|one| Line {
            label: one.name.clone(),
            value: one.now.chosen,
            previous: one.before.map(|before| before.chosen),
        })
        .collect();
    let first = lines.first().map_or_else(String::new, |line| line.label.clone());
    Ranking {
        name: CHOSEN,
        title: title(format!("{first} wordt het vaakst gekozen"), "De meest gekozen oplossingen"),
        measure: format!(
            "Meest gekozen oplossingen, in aantal besturen, op {} en op het einde van {}.",
            long_day(moments.until),
            moments.before_words()
        ),
        source: "Bron: Peil, mart solution_usage.",
        unit: "besturen",
        previous_name: format!("einde {}", moments.before_heading()),
        lines,
    }
    .chart()
}

/// Draws the components by authorities with a solution for them.
pub(super) fn components(report: &Report) -> Result<Option<Chart>> {
    let moments = &report.moments;
    let lines: Vec<Line> = report
        .solutions
        .components
        .iter()
        .take(MOST)
        .map(|one| Line { label: one.name.clone(), value: one.authorities, previous: one.authorities_before })
        .collect();
    let first = lines.first().map_or_else(String::new, |line| line.label.clone());
    Ranking {
        name: COMPONENTS,
        title: title(format!("{first} is bij de meeste besturen ingevuld"), "De meest ingevulde referentiecomponenten"),
        measure: format!(
            "Referentiecomponenten met de meeste besturen die er een oplossing voor kozen, op {} en op het einde van {}.",
            long_day(moments.until),
            moments.before_words()
        ),
        source: "Bron: Peil, mart component_coverage.",
        unit: "besturen",
        previous_name: format!("einde {}", moments.before_heading()),
        lines,
    }
    .chart()
}

/// Draws the parts of the portal by users.
pub(super) fn portal(report: &Report) -> Result<Option<Chart>> {
    let (now, before) = (period_name(report.moments.quarter), period_name(report.moments.year_ago));
    let lines: Vec<Line> = report
        .portal
        .modules
        .iter()
        .map(|one| Line {
            label: capital(&one.module),
            value: one.now.users,
            previous: one.year_ago.map(|before| before.users),
        })
        .collect();
    let first = lines.first().map_or_else(String::new, |line| line.label.clone());
    Ranking {
        name: PORTAL,
        title: title(format!("{first} heeft de meeste gebruikers"), "Gebruikers per onderdeel van het portaal"),
        measure: format!("Verschillende gebruikers per onderdeel van het portaal, {now} en {before}."),
        source: "Bron: Peil, mart portal_usage.",
        unit: "gebruikers",
        previous_name: before,
        lines,
    }
    .chart()
}
