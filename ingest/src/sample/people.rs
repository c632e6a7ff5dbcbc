//! Who uses the portal, which parts of it, and from when to when.

use std::collections::BTreeMap;

use chrono::{NaiveDate, TimeDelta};

use super::calendar::{QUARTERS, Rhythm, day, quarter_first, quarter_last};
use super::dice::Dice;
use super::names;
use super::plan::Spell;
use super::table::{Cell, Format, Packing, Table};
use super::world::World;

/// The last quarter of one who stays.
pub(super) const STAYS: usize = QUARTERS;

/// The parts of the portal of which the plan counts the users, with the
/// indicator that does.
pub(super) const COUNTED: [(&str, &str); 4] = [
    ("referentiearchitectuur", "VVG-RA-02"),
    ("bouwstenen", "VVG-BS-02"),
    ("leernetwerk", "VVG-LN-03"),
    ("bestekgenerator", "VVG-AK-04"),
];

/// An account.
pub(super) struct User {
    /// None for one who works for no authority.
    pub(super) town: Option<usize>,
    pub(super) registered: NaiveDate,
    /// Quarter of the first and of the last use.
    pub(super) first: usize,
    pub(super) last: usize,
    parts: u8,
}

/// The use of one counted part by one user.
pub(super) struct Membership {
    pub(super) user: usize,
    /// Index in [`COUNTED`].
    pub(super) part: usize,
    pub(super) first: usize,
    pub(super) last: usize,
}

/// All accounts and what they use.
pub(super) struct People {
    pub(super) users: Vec<User>,
    pub(super) memberships: Vec<Membership>,
    /// For each authority of [`World::portal`] the user who keeps it active.
    pub(super) anchors: Vec<usize>,
}

/// The account number as the sources write it.
pub(super) fn account(user: usize) -> String {
    format!("GEB-{:05}", user + 1)
}

impl People {
    /// The people of which the distinct numbers in each window of four quarters
    /// are those of the plan.
    pub(super) fn new(world: &World) -> People {
        let mut dice = world.dice("people");
        let mut people = People { users: Vec::new(), memberships: Vec::new(), anchors: Vec::new() };
        for quarter in 0..QUARTERS {
            for place in people.anchors.len()..world.plan.level("VVG-TK-01", quarter) {
                let anchor = people.register(Some(world.portal[place]), quarter, &mut dice);
                people.users[anchor].last = STAYS;
                people.anchors.push(anchor);
            }
            for (part, (_, indicator)) in COUNTED.into_iter().enumerate() {
                people.join(world, part, indicator, quarter, &mut dice);
                people.lapse(world, part, indicator, quarter, &mut dice);
            }
        }
        for membership in &people.memberships {
            let user = &mut people.users[membership.user];
            user.last = user.last.max(membership.last);
        }
        people
    }

    fn register(&mut self, town: Option<usize>, quarter: usize, dice: &mut Dice) -> usize {
        let first = quarter_first(quarter);
        // Before the second month, in which the use begins.
        let earliest = (first - TimeDelta::days(30)).max(day(2018, 1, 2));
        let registered = dice.day(earliest, first + TimeDelta::days(26));
        self.users.push(User { town, registered, first: quarter, last: quarter, parts: 0 });
        self.users.len() - 1
    }

    /// Members seen in the four quarters that end with this one.
    fn seen(&self, part: usize, quarter: usize) -> usize {
        // One who stays has a last quarter after all others.
        let in_window = |membership: &&Membership| membership.part == part && membership.last + 3 >= quarter;
        self.memberships.iter().filter(in_window).count()
    }

    fn join(&mut self, world: &World, part: usize, indicator: &str, quarter: usize, dice: &mut Dice) {
        let wanted = world.plan.level(indicator, quarter);
        for _ in self.seen(part, quarter)..wanted {
            let known = (0..8).map(|_| dice.below(self.users.len())).find(|&user| {
                let stays = self.users[user].last == STAYS;
                stays && self.users[user].parts >> part & 1 == 0
            });
            let user = match known {
                Some(user) if dice.chance(0.6) => user,
                _ => {
                    let towns = world.plan.level("VVG-TK-01", quarter);
                    let town = (!dice.chance(0.04)).then(|| world.portal[dice.below(towns)]);
                    self.register(town, quarter, dice)
                }
            };
            self.users[user].parts |= 1 << part;
            self.users[user].last = STAYS;
            self.memberships.push(Membership { user, part, first: quarter, last: STAYS });
        }
    }

    /// Lets some members use a part for the last time; a year later they are no
    /// longer counted, and others take their place.
    fn lapse(&mut self, world: &World, part: usize, indicator: &str, quarter: usize, dice: &mut Dice) {
        let later = (quarter + 4).min(QUARTERS - 1);
        let falls = world.plan.level(indicator, later - 1).saturating_sub(world.plan.level(indicator, later));
        let mut staying: Vec<usize> = (0..self.memberships.len())
            .filter(|&index| {
                let membership = &self.memberships[index];
                membership.part == part && membership.last == STAYS && membership.first < quarter
            })
            .collect();
        let usual = staying.len() as f64 * world.plan.churn(indicator);
        for _ in 0..falls.max(usual.round() as usize).min(staying.len()) {
            let leaver = staying.swap_remove(dice.below(staying.len()));
            self.memberships[leaver].last = quarter;
            let user = self.memberships[leaver].user;
            let elsewhere = self.memberships.iter().any(|other| other.user == user && other.last == STAYS);
            if !elsewhere && !self.anchors.contains(&user) {
                self.users[user].last = quarter;
            }
        }
    }

    /// `portal/users`.
    pub(super) fn table(&self, world: &World) -> Table {
        const COLUMNS: &[&str] =
            &["gebruiker_id", "naam", "email", "bestuur", "functie", "geregistreerd_op", "uitgeschreven_op"];
        const JOBS: [&str; 9] = [
            "ICT-verantwoordelijke",
            "informatieveiligheidsconsulent",
            "secretaris",
            "beleidsmedewerker",
            "algemeen directeur",
            "archivaris",
            "diensthoofd burgerzaken",
            "projectleider",
            "GIS-coördinator",
        ];
        let mut dice = world.dice("portal/users");
        let format = Format::Csv { bom: false, crlf: true, comma: false, packing: Packing::Gzip };
        let mut table = Table::new("portal/users", COLUMNS, format, Rhythm::Register);
        let mut changed: BTreeMap<usize, Vec<Cell>> = BTreeMap::new();
        for (number, user) in self.users.iter().enumerate() {
            let (name, email) = names::person(&mut dice);
            let authority = user.town.map(|town| world.spell(town, user.registered, number, &mut dice));
            let until = (user.last != STAYS && dice.chance(0.6)).then(|| {
                let last = quarter_last(user.last);
                dice.day(last + TimeDelta::days(20), last + TimeDelta::days(200))
            });
            let job = dice.word(&JOBS);
            let job = if dice.chance(0.1) { Cell::Empty } else { Cell::text(job) };
            let spell = Spell { from: user.registered, until, quarter: user.first };
            table.interval(spell, 0, |until| {
                vec![
                    Cell::Text(account(number)),
                    Cell::text(&name),
                    Cell::text(&email),
                    Cell::maybe(authority.clone()),
                    job.clone(),
                    Cell::Date(user.registered),
                    Cell::date(until),
                ]
            });
            if until.is_none() && dice.chance(0.06) {
                // Somebody gets another function: a correction that changes no figure.
                let version = table.versions.last().map(|version| version.cells.clone());
                let mut cells = version.unwrap_or_default();
                cells[4] = Cell::text(dice.word(&JOBS));
                changed.insert(number, cells);
            }
        }
        for (number, cells) in changed {
            let from = self.users[number].registered;
            let known = dice.day(from + TimeDelta::days(100), from + TimeDelta::days(900));
            table.change(number, known, cells);
        }
        table
    }
}
