//! What users do in the portal. First come the events that carry the distinct
//! counts of the plan, then as many more as the scale asks for.

use chrono::{NaiveDate, TimeDelta};

use super::calendar::{MONTHS, QUARTERS, month_first, month_last, month_of, split, utc};
use super::dice::Dice;
use super::names;
use super::people::{COUNTED, People, STAYS, account};
use super::text::{push_json, push_number, push_padded};
use super::world::World;

/// Portal events at scale 1 up to 2022-07-31.
const EVENTS: f64 = 400_000.0;
/// The month of July 2022.
const LAST_PUBLISHED: usize = 54;

/// The parts of the portal, as the events name them. The first four are those
/// of which the plan counts users.
pub(super) const MODULES: [&str; 8] = [
    COUNTED[0].0,
    COUNTED[1].0,
    COUNTED[2].0,
    COUNTED[3].0,
    "maturiteitsmeting",
    "dashboard",
    "masterplan",
    "benchmarking",
];
const MATURITY: u8 = 4;
const DASHBOARD: u8 = 5;
/// How often each part is used, out of a hundred.
const SHARES: [usize; 8] = [14, 17, 22, 2, 5, 28, 4, 8];
const ACTIONS: [&str; 4] = ["bekijken", "bewerken", "downloaden", "zoeken"];
/// Months since which the portal writes an offset, and since which UTC.
const OFFSET_SINCE: usize = 24;
const UTC_SINCE: usize = 36;
/// Quarters between two events of one who must stay counted.
const STRIDE: usize = 3;

/// One action of one user.
#[derive(Clone, Copy)]
pub(super) struct Event {
    /// Seconds since 1970 in UTC.
    pub(super) at: i64,
    pub(super) user: u32,
    /// Index in [`MODULES`].
    pub(super) module: u8,
    action: u8,
}

/// Makes the events of each month.
pub(super) struct Events<'a> {
    world: &'a World,
    people: &'a People,
    /// Events that have to be, by month.
    carriers: Vec<Vec<Event>>,
    /// How many events each month has.
    volumes: Vec<usize>,
    /// The authority of each user as written before 2019, up to 2024 and after.
    spellings: Vec<[Option<String>; 3]>,
}

impl<'a> Events<'a> {
    /// Prepares the events of a scale.
    pub(super) fn new(world: &'a World, people: &'a People, scale: f64) -> Events<'a> {
        let mut dice = world.dice("portal/events carriers");
        let mut events = Events {
            world,
            people,
            carriers: vec![Vec::new(); MONTHS],
            volumes: volumes(EVENTS * scale, 1, LAST_PUBLISHED),
            spellings: Vec::new(),
        };
        events.carry(&mut dice);
        for (number, user) in people.users.iter().enumerate() {
            let mut spelled = |year: i32| {
                let on = super::calendar::day(year, 6, 30);
                user.town.map(|town| names::spell(&world.towns[town], on, number, &mut dice))
            };
            events.spellings.push([spelled(2018), spelled(2022), spelled(2025)]);
        }
        events
    }

    fn carry(&mut self, dice: &mut Dice) {
        for &user in &self.people.anchors {
            let first = self.people.users[user].first;
            for quarter in (first..QUARTERS).step_by(STRIDE) {
                self.carrier(user, DASHBOARD, quarter, dice);
            }
        }
        for membership in &self.people.memberships {
            let last = membership.last.min(QUARTERS - 1);
            let mut quarter = membership.first;
            while quarter < last {
                self.carrier(membership.user, membership.part as u8, quarter, dice);
                quarter += STRIDE;
            }
            self.carrier(membership.user, membership.part as u8, last, dice);
        }
        for quarter in 0..QUARTERS {
            for place in self.measuring(quarter) {
                self.carrier(self.people.anchors[place], MATURITY, quarter, dice);
            }
        }
    }

    fn carrier(&mut self, user: usize, module: u8, quarter: usize, dice: &mut Dice) {
        let begins = self.people.users[user].first == quarter;
        let month = quarter * 3 + if begins { 1 + dice.below(2) } else { dice.below(3) };
        let event = self.event(user, module, month, dice);
        self.carriers[month].push(event);
    }

    /// The places in the order of the portal whose authorities use the maturity
    /// measurement in a quarter: stretches that together are as many in a year
    /// as the plan says.
    pub(super) fn measuring(&self, quarter: usize) -> std::ops::Range<usize> {
        measuring(self.world, quarter)
    }

    fn event(&self, user: usize, module: u8, month: usize, dice: &mut Dice) -> Event {
        let day = dice.day(month_first(month), month_last(month));
        // Office hours mostly, now and then around midnight; never the hour in
        // which the clock changes.
        let hour = match dice.below(100) {
            0 => 0,
            1 => 23,
            2..=9 => dice.between(18, 22),
            10..=12 => dice.between(5, 7),
            _ => dice.between(8, 17),
        };
        let second = hour * 3_600 + dice.between(0, 3_599);
        let action = [0, 0, 0, 0, 0, 1, 1, 2, 2, 3][dice.below(10)];
        Event { at: utc(day, second), user: user as u32, module, action }
    }

    /// The events of a month in the order of time.
    pub(super) fn month(&self, month: usize) -> Vec<Event> {
        let mut dice = self.world.dice(&format!("portal/events {month}"));
        let mut events = self.carriers[month].clone();
        let quarter = month / 3;
        let wanted = self.volumes[month];
        events.reserve(wanted.saturating_sub(events.len()));
        // Who may act in this month: not those who have yet to register.
        let begun = |first: usize| first < quarter || (first == quarter && !month.is_multiple_of(3));
        let mut pools: Vec<Vec<u32>> = vec![Vec::new(); MODULES.len()];
        for membership in &self.people.memberships {
            let new = self.people.users[membership.user].first;
            if membership.first <= quarter && membership.last >= quarter && begun(new) {
                pools[membership.part].push(membership.user as u32);
            }
        }
        for place in self.measuring(quarter) {
            let anchor = self.people.anchors[place];
            if begun(self.people.users[anchor].first) {
                pools[usize::from(MATURITY)].push(anchor as u32);
            }
        }
        for (number, user) in self.people.users.iter().enumerate() {
            if begun(user.first) && (user.last == STAYS || user.last >= quarter) {
                for pool in &mut pools[usize::from(DASHBOARD)..] {
                    pool.push(number as u32);
                }
            }
        }
        let modules: Vec<u8> = SHARES
            .iter()
            .enumerate()
            .filter(|(module, _)| !pools[*module].is_empty())
            .flat_map(|(module, &share)| std::iter::repeat_n(module as u8, share))
            .collect();
        while events.len() < wanted {
            let Some(&module) = dice.pick(&modules) else { break };
            let pool = &pools[usize::from(module)];
            let user = pool[dice.below_skewed(pool.len())];
            let event = self.event(user as usize, module, month, &mut dice);
            events.push(event);
        }
        events.sort_by_key(|event| (event.at, event.user, event.module, event.action));
        events
    }

    /// Writes an event as a line of JSON. `number` is its place in the month.
    pub(super) fn line(&self, out: &mut Vec<u8>, month: usize, number: usize, event: &Event, action: Option<u8>) {
        let user = &self.spellings[event.user as usize];
        out.extend_from_slice(b"{\"gebeurtenis_id\":\"G");
        push_number(out, 201_801 + (month / 12 * 100 + month % 12) as u64);
        out.push(b'-');
        push_padded(out, number as u64 + 1, 6);
        out.extend_from_slice(b"\",\"tijdstip\":\"");
        push_stamp(out, event.at, month);
        out.extend_from_slice(b"\",\"gebruiker_id\":\"");
        out.extend_from_slice(account(event.user as usize).as_bytes());
        out.extend_from_slice(b"\",\"bestuur\":");
        let era = usize::from(month >= 12) + usize::from(month >= 84);
        match &user[era] {
            Some(name) => push_json(out, name),
            None => out.extend_from_slice(b"null"),
        }
        out.extend_from_slice(b",\"onderdeel\":\"");
        out.extend_from_slice(MODULES[usize::from(event.module)].as_bytes());
        out.extend_from_slice(b"\",\"actie\":\"");
        out.extend_from_slice(ACTIONS[usize::from(action.unwrap_or(event.action))].as_bytes());
        out.extend_from_slice(b"\",\"ip\":\"10.");
        push_number(out, u64::from(event.user % 250));
        out.push(b'.');
        push_number(out, (event.at % 251) as u64);
        out.extend_from_slice(b".7\"}\n");
    }

    /// Writes the events of the days after `after` up to `until`, and some of
    /// the month before once more with another action. Returns the number of rows.
    pub(super) fn delivery(&self, after: NaiveDate, until: NaiveDate, out: &mut Vec<u8>) -> u64 {
        let mut rows = 0;
        let from = month_of(after + TimeDelta::days(1));
        if from > 0 && month_last(from - 1) == after {
            for (number, event) in self.month(from - 1).iter().enumerate().take(3) {
                self.line(out, from - 1, number, event, Some((event.action + 1) % 4));
                rows += 1;
            }
        }
        let (first, last) = (utc(after + TimeDelta::days(1), 0), utc(until + TimeDelta::days(1), 0));
        for month in from..=month_of(until) {
            for (number, event) in self.month(month).iter().enumerate() {
                if (first..last).contains(&event.at) {
                    self.line(out, month, number, event, None);
                    rows += 1;
                }
            }
        }
        rows
    }
}

/// See [`Events::measuring`].
pub(super) fn measuring(world: &World, quarter: usize) -> std::ops::Range<usize> {
    let count = |quarter: usize| world.plan.level("VVG-MM-03", quarter);
    let union = world.plan.level("VVG-MM-03 per jaar", quarter);
    let place = quarter % 4 + 1;
    let end = (union * place / 4).max(count(quarter));
    end - count(quarter)..end
}

/// Writes a moment as the portal did in that year: local time without an
/// offset, local time with one, then UTC.
fn push_stamp(out: &mut Vec<u8>, at: i64, month: usize) {
    let offset = if month < UTC_SINCE { hours_ahead(at) } else { 0 };
    let (day, second) = split(at + offset * 3_600);
    push_date(out, day);
    out.push(if (OFFSET_SINCE..UTC_SINCE).contains(&month) { b' ' } else { b'T' });
    push_time(out, second);
    if month >= UTC_SINCE {
        out.push(b'Z');
    } else if month >= OFFSET_SINCE {
        out.extend_from_slice(b"+0");
        push_number(out, offset as u64);
        out.extend_from_slice(b":00");
    }
}

/// Hours that Brussels is ahead of UTC at a moment.
fn hours_ahead(at: i64) -> i64 {
    let (day, second) = split(at + 7_200);
    if utc(day, second) == at { 2 } else { 1 }
}

/// Appends `2022-03-31`.
pub(super) fn push_date(out: &mut Vec<u8>, day: NaiveDate) {
    use chrono::Datelike;
    push_padded(out, day.year() as u64, 4);
    out.push(b'-');
    push_padded(out, u64::from(day.month()), 2);
    out.push(b'-');
    push_padded(out, u64::from(day.day()), 2);
}

/// Appends `13:45:00`.
pub(super) fn push_time(out: &mut Vec<u8>, second: i64) {
    push_padded(out, (second / 3_600) as u64, 2);
    out.push(b':');
    push_padded(out, (second / 60 % 60) as u64, 2);
    out.push(b':');
    push_padded(out, (second % 60) as u64, 2);
}

/// Numbers for each month that grow, fall in summer, and come to `total` from
/// month `first` up to and including month `last`.
pub(super) fn volumes(total: f64, first: usize, last: usize) -> Vec<usize> {
    const SEASON: [f64; 12] = [1.05, 1.0, 1.1, 0.95, 1.0, 1.0, 0.6, 0.55, 1.05, 1.15, 1.1, 0.85];
    let weights: Vec<f64> = (0..MONTHS)
        .map(|month| {
            let trend = match month {
                // From 2022 on use goes down a little, and comes back later.
                48.. if month <= LAST_PUBLISHED => 1.30 - 0.025 * (month - 47) as f64,
                55.. => (1.13 + 0.006 * (month - LAST_PUBLISHED) as f64).min(1.5),
                _ => 0.4 + 0.95 * (month.saturating_sub(first) as f64 / (47 - first) as f64),
            };
            if month < first { 0.0 } else { trend * SEASON[month % 12] }
        })
        .collect();
    let published: f64 = weights[..=last].iter().sum();
    // The parts of a whole number: what is rounded away comes back in the next.
    let mut sum = 0.0;
    weights
        .iter()
        .map(|weight| {
            let before = sum;
            sum += total * weight / published;
            (sum.round() - f64::round(before)) as usize
        })
        .collect()
}
