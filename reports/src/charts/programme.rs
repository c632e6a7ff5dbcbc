//! The charts of each programme: its indicators against their targets and
//! through time, and its milestones.

mod milestones;
mod targets;
mod through_time;

use super::Entry;
use crate::frames::{Programme, Report};

/// A programme, with the names of its charts.
struct Names {
    code: &'static str,
    targets: &'static str,
    through_time: &'static str,
    milestones: &'static str,
}

/// Every programme of the published tables.
const PROGRAMMES: [Names; 4] = [
    Names {
        code: "vlavirgem",
        targets: "doelen-vlavirgem",
        through_time: "verloop-vlavirgem",
        milestones: "mijlpalen-vlavirgem",
    },
    Names {
        code: "oplossingscatalogus",
        targets: "doelen-oplossingscatalogus",
        through_time: "verloop-oplossingscatalogus",
        milestones: "mijlpalen-oplossingscatalogus",
    },
    Names {
        code: "informatieveiligheid",
        targets: "doelen-informatieveiligheid",
        through_time: "verloop-informatieveiligheid",
        milestones: "mijlpalen-informatieveiligheid",
    },
    Names { code: "lb365", targets: "doelen-lb365", through_time: "verloop-lb365", milestones: "mijlpalen-lb365" },
];

/// The three charts of the programme at a place in the published order.
macro_rules! of_programme {
    ($place:literal) => {
        [
            Entry { name: PROGRAMMES[$place].targets, draw: |report| targets::draw(report, &PROGRAMMES[$place]) },
            Entry {
                name: PROGRAMMES[$place].through_time,
                draw: |report| through_time::draw(report, &PROGRAMMES[$place]),
            },
            Entry { name: PROGRAMMES[$place].milestones, draw: |report| milestones::draw(report, &PROGRAMMES[$place]) },
        ]
    };
}

pub(super) const VLAVIRGEM: [Entry; 3] = of_programme!(0);
pub(super) const CATALOGUE: [Entry; 3] = of_programme!(1);
pub(super) const SECURITY: [Entry; 3] = of_programme!(2);
pub(super) const LB365: [Entry; 3] = of_programme!(3);

/// The names of the charts of a programme, in the order in which they stand.
pub fn names(code: &str) -> Option<[&'static str; 3]> {
    let names = PROGRAMMES.iter().find(|names| names.code == code)?;
    Some([names.targets, names.through_time, names.milestones])
}

fn programme<'a>(report: &'a Report, names: &Names) -> Option<&'a Programme> {
    report.indicators.programmes.iter().find(|programme| programme.code == names.code)
}
