//! The plan of the figures: for each indicator its level at the end of each
//! quarter (a flow: its number in the quarter), from `sample/plan.csv`, and the
//! intervals that reach those levels.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::calendar::{QUARTERS, quarter_first, quarter_last};
use super::dice::Dice;

const PLAN: &str = include_str!("../../sample/plan.csv");

/// One thing that is open from a day, and perhaps until another.
#[derive(Clone, Copy, Debug)]
pub(super) struct Spell {
    /// First day.
    pub(super) from: NaiveDate,
    /// First day no longer.
    pub(super) until: Option<NaiveDate>,
    /// Quarter of the first day.
    pub(super) quarter: usize,
}

/// The planned level of each indicator.
pub(super) struct Plan(BTreeMap<&'static str, (f64, Vec<f64>)>);

impl Plan {
    /// Reads the plan that is part of the program; `None` where it is damaged.
    pub(super) fn read() -> Option<Plan> {
        let mut plan = BTreeMap::new();
        for line in PLAN.lines().skip(1) {
            let mut cells = line.split(';');
            let id = cells.next()?;
            let churn = cells.next()?.parse().ok()?;
            let levels: Vec<f64> = cells.map_while(|cell| cell.parse().ok()).collect();
            if levels.len() != QUARTERS {
                return None;
            }
            plan.insert(id, (churn, levels));
        }
        Some(Plan(plan))
    }

    /// The level of an indicator at the end of a quarter, or its flow in it.
    pub(super) fn level(&self, indicator: &str, quarter: usize) -> usize {
        self.exact(indicator, quarter) as usize
    }

    /// The same with its decimals.
    pub(super) fn exact(&self, indicator: &str, quarter: usize) -> f64 {
        let found = self.0.get(indicator).and_then(|(_, levels)| levels.get(quarter));
        found.copied().unwrap_or(0.0)
    }

    /// The share of what is open that ends in a quarter and is replaced.
    pub(super) fn churn(&self, indicator: &str) -> f64 {
        self.0.get(indicator).map_or(0.0, |(churn, _)| *churn)
    }

    /// Intervals of which as many are open at the end of each quarter as the
    /// plan says. They come in the order of their quarters.
    pub(super) fn spells(&self, indicator: &str, dice: &mut Dice) -> Vec<Spell> {
        reach(|quarter| self.level(indicator, quarter), self.churn(indicator), dice)
    }

    /// Days in each quarter, as many as the flow of the quarter.
    pub(super) fn days(&self, indicator: &str, dice: &mut Dice) -> Vec<NaiveDate> {
        let mut days: Vec<NaiveDate> = Vec::new();
        for quarter in 0..QUARTERS {
            for _ in 0..self.level(indicator, quarter) {
                days.push(dice.day(quarter_first(quarter), quarter_last(quarter)));
            }
        }
        days.sort_unstable();
        days
    }
}

/// Intervals of which as many are open at the end of each quarter as `level`
/// says, in the order of their quarters; of those that are open a share `churn`
/// ends in each quarter and is replaced.
pub(super) fn reach(level: impl Fn(usize) -> usize, churn: f64, dice: &mut Dice) -> Vec<Spell> {
    let mut spells: Vec<Spell> = Vec::new();
    let mut open: Vec<usize> = Vec::new();
    for quarter in 0..QUARTERS {
        let (first, last) = (quarter_first(quarter), quarter_last(quarter));
        let wanted = level(quarter);
        let usual = (open.len() as f64 * churn).round() as usize;
        let ending = usual.max(open.len().saturating_sub(wanted)).min(open.len());
        for _ in 0..ending {
            // The older ones end first, more often than not.
            let ended = open.remove(dice.below_skewed(open.len()));
            spells[ended].until = Some(dice.day(first, last));
        }
        let mut starts: Vec<NaiveDate> = (open.len()..wanted).map(|_| dice.day(first, last)).collect();
        starts.sort_unstable();
        for from in starts {
            open.push(spells.len());
            spells.push(Spell { from, until: None, quarter });
        }
    }
    spells
}
