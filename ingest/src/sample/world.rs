//! What the themes of the sample share: the plan, the authorities, and the
//! order in which these come to the tools.

use chrono::NaiveDate;

use super::dice::Dice;
use super::names;
use super::plan::Plan;
use super::reference::{self, Town};

/// The ground on which each theme builds.
pub(super) struct World {
    pub(super) seed: u64,
    pub(super) plan: Plan,
    /// The authorities of 2019 to 2024.
    pub(super) towns: Vec<Town>,
    /// Authorities in the order in which they come to the portal.
    pub(super) portal: Vec<usize>,
    /// Authorities in the order in which they join the trial: the 35 that were
    /// published, then others, the larger ones sooner.
    pub(super) trial: Vec<usize>,
}

impl World {
    /// The world of a seed; `None` where the data in the program are damaged.
    pub(super) fn new(seed: u64) -> Option<World> {
        let plan = Plan::read()?;
        let towns = reference::towns();
        let mut dice = Dice::new(seed, "world");
        let mut portal: Vec<usize> = (0..towns.len()).collect();
        dice.shuffle(&mut portal);
        let mut trial: Vec<usize> = reference::participants()
            .iter()
            .filter_map(|nis| towns.iter().position(|town| town.own.nis == *nis))
            .collect();
        // The province is one of the first; the last two municipalities of the
        // list are those that join in the third quarter of 2022.
        trial.rotate_right(1);
        let mut others: Vec<(u64, usize)> = (0..towns.len())
            .filter(|town| !trial.contains(town) && !towns[*town].province)
            .map(|town| {
                let size = u64::from(towns[town].inhabitants).max(1);
                (dice.number() % 1_000_000 * 20_000 / size, town)
            })
            .collect();
        others.sort_unstable();
        trial.extend(others.into_iter().map(|(_, town)| town));
        Some(World { seed, plan, towns, portal, trial })
    }

    /// The dice of a theme.
    pub(super) fn dice(&self, theme: &str) -> Dice {
        Dice::new(self.seed, theme)
    }

    /// A spelling of an authority on a day.
    pub(super) fn spell(&self, town: usize, on: NaiveDate, salt: usize, dice: &mut Dice) -> String {
        names::spell(&self.towns[town], on, salt, dice)
    }

    /// Authorities, all of them, in an order of this theme.
    pub(super) fn shuffled(&self, dice: &mut Dice) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.towns.len()).collect();
        dice.shuffle(&mut order);
        order
    }
}
