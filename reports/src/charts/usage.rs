//! The charts of sections 4 to 9: use of solutions and of the portal,
//! satisfaction, couplings, building blocks, LB365, maturity.

mod building_blocks;
mod bus;
mod couplings;
mod maturity;
mod satisfaction;
mod solutions;

use super::Entry;

/// In the order in which they stand.
pub(super) const USAGE: [Entry; 14] = [
    Entry { name: solutions::CHOSEN, draw: solutions::chosen },
    Entry { name: solutions::COMPONENTS, draw: solutions::components },
    Entry { name: solutions::PORTAL, draw: solutions::portal },
    Entry { name: satisfaction::NAME, draw: satisfaction::draw },
    Entry { name: couplings::NAME, draw: couplings::draw },
    Entry { name: building_blocks::MAP, draw: building_blocks::map },
    Entry { name: building_blocks::AUTHORITIES, draw: building_blocks::authorities },
    Entry { name: building_blocks::PROVINCES, draw: building_blocks::provinces },
    Entry { name: bus::MODULES, draw: bus::modules },
    Entry { name: bus::TRAFFIC, draw: bus::traffic },
    Entry { name: bus::ERRORS, draw: bus::errors },
    Entry { name: maturity::SCORES, draw: maturity::scores },
    Entry { name: maturity::DISTRIBUTION, draw: maturity::distribution },
    Entry { name: maturity::BENCHMARK, draw: maturity::benchmark },
];

/// A title of at most ten words: the longer one where it fits, else the other.
fn title(long: String, short: &str) -> String {
    if long.split_whitespace().count() <= 10 { long } else { short.to_owned() }
}
