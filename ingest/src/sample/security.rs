//! The information security and GDPR tool, and the quick warnings.

use std::collections::BTreeSet;

use chrono::{NaiveDate, TimeDelta};

use super::calendar::{QUARTERS, Rhythm, month_first, month_last, quarter_first, quarter_last, utc};
use super::dice::Dice;
use super::people::{People, account};
use super::plan::Spell;
use super::table::{Cell, Format, Packing, Table};
use super::world::World;

/// Someone of the community, with what a member's rows need.
pub(super) struct Member {
    id: String,
    town: Option<usize>,
    spell: Spell,
}

/// The members with role `lid`.
pub(super) fn community(world: &World, people: &People) -> Vec<Member> {
    let mut dice = world.dice("security/members lid");
    let mut users: Vec<usize> = (0..people.users.len()).collect();
    dice.shuffle(&mut users);
    let spells = world.plan.spells("IV-CO-02", &mut dice);
    let mut number = 0;
    spells
        .into_iter()
        .map(|spell| {
            // Half of them have an account on the portal as well: the same person.
            let known = users
                .iter()
                .position(|&user| people.users[user].registered < spell.from && people.users[user].town.is_some());
            match known.filter(|_| dice.chance(0.5)) {
                Some(place) => {
                    let user = users.swap_remove(place);
                    Member { id: account(user), town: people.users[user].town, spell }
                }
                None => {
                    number += 1;
                    let town = world.portal[dice.below(world.towns.len() / 2)];
                    Member { id: format!("LID-{number:04}"), town: Some(town), spell }
                }
            }
        })
        .collect()
}

/// `security/members`: the four roles.
pub(super) fn members(world: &World, community: &[Member]) -> Table {
    const COLUMNS: &[&str] = &["lid_id", "email", "bestuur", "rol", "sinds", "tot"];
    let mut dice = world.dice("security/members");
    let mut table = Table::new("security/members", COLUMNS, Format::CSV, Rhythm::Register);
    let mut add = |id: &str, town: Option<usize>, role: &str, spell: Spell, dice: &mut Dice| {
        let (_, email) = super::names::person(dice);
        let lag = if dice.chance(0.1) { dice.between(1, 15) } else { 0 };
        let authority = town.map(|town| world.spell(town, spell.from, 0, dice));
        table.interval(spell, lag, |until| {
            vec![
                Cell::text(id),
                Cell::text(&email),
                Cell::maybe(authority.clone()),
                Cell::text(role),
                Cell::Date(spell.from),
                Cell::date(until),
            ]
        });
    };
    for member in community {
        add(&member.id, member.town, "lid", member.spell, &mut dice);
    }
    for (role, indicator) in [("expert", "IV-KE-01"), ("dienstverlener", "IV-KE-02")] {
        for (number, spell) in world.plan.spells(indicator, &mut dice).into_iter().enumerate() {
            add(&format!("{}-{:03}", &role[..3].to_uppercase(), number + 1), None, role, spell, &mut dice);
        }
    }
    let mut chosen = BTreeSet::new();
    for spell in world.plan.spells("IV-TL-07", &mut dice) {
        // The user group comes from the community.
        let member = (0..community.len())
            .find(|place| community[*place].spell.from < spell.from && !chosen.contains(place) && place % 3 == 0);
        if let Some(place) = member {
            chosen.insert(place);
            let member = &community[place];
            add(&member.id, member.town, "gebruikersgroep", spell, &mut dice);
        }
    }
    table
}

/// `security/activity`: each month the members that the plan says are active.
pub(super) fn activity(world: &World, community: &[Member]) -> Table {
    const COLUMNS: &[&str] = &["activiteit_id", "tijdstip", "lid_id", "bestuur", "actie"];
    const ACTIONS: [&str; 5] = ["aanmelden", "plan bijwerken", "artikel lezen", "vraag stellen", "document delen"];
    let mut dice = world.dice("security/activity");
    let format = Format::Ndjson { packing: Packing::Zstd };
    let mut table = Table::new("security/activity", COLUMNS, format, Rhythm::Monthly2022);
    for month in 48..QUARTERS * 3 {
        // Two fewer in the first month of a quarter, two more in the last.
        let mean = world.plan.level("IV-PF-02", month / 3);
        let wanted = (mean + 2 * (month % 3)).saturating_sub(2);
        let first = month_first(month);
        let mut there: Vec<&Member> = community
            .iter()
            .filter(|member| {
                member.spell.from < first && member.spell.until.is_none_or(|until| until > month_last(month))
            })
            .collect();
        dice.shuffle(&mut there);
        let mut rows: Vec<(i64, &Member)> = Vec::new();
        for member in there.into_iter().take(wanted) {
            for _ in 0..1 + dice.below_skewed(14) {
                let on = dice.day(first, month_last(month));
                rows.push((utc(on, dice.between(7 * 3_600, 22 * 3_600)), member));
            }
        }
        rows.sort_by(|left, right| (left.0, &left.1.id).cmp(&(right.0, &right.1.id)));
        for (number, (at, member)) in rows.into_iter().enumerate() {
            let on = super::calendar::split(at).0;
            let authority = member.town.map(|town| world.spell(town, on, 0, &mut dice));
            table.add(
                on,
                vec![
                    Cell::Text(format!("A{}-{:05}", first.format("%Y%m"), number + 1)),
                    Cell::Moment(at),
                    Cell::text(&member.id),
                    Cell::maybe(authority),
                    Cell::text(dice.word(&ACTIONS)),
                ],
            );
        }
    }
    table
}

/// `security/plans`, with the days on which they were made.
pub(super) fn plans(world: &World) -> (Table, Vec<NaiveDate>) {
    const COLUMNS: &[&str] = &["plan_id", "bestuur", "gemaakt_op"];
    let mut dice = world.dice("security/plans");
    let mut table = Table::new("security/plans", COLUMNS, Format::CSV, Rhythm::Register);
    let mut made = Vec::new();
    for (number, spell) in world.plan.spells("IV-TL-08", &mut dice).into_iter().enumerate() {
        let town = world.portal[number * 7 % world.towns.len()];
        let authority = world.spell(town, spell.from, number, &mut dice);
        table.add(spell.from, vec![Cell::Text(plan_id(number)), Cell::Text(authority), Cell::Date(spell.from)]);
        made.push(spell.from);
    }
    (table, made)
}

fn plan_id(number: usize) -> String {
    format!("VP-{:04}", number + 1)
}

/// `security/actions`: action points, of which some get a solution.
pub(super) fn actions(world: &World, plans: &[NaiveDate]) -> Table {
    const COLUMNS: &[&str] = &["actiepunt_id", "plan_id", "oplossing_aangereikt_op", "afgerond_op"];
    let mut dice = world.dice("security/actions");
    let mut table = Table::new("security/actions", COLUMNS, Format::CSV, Rhythm::Register);
    for (number, spell) in world.plan.spells("IV-TL-09", &mut dice).into_iter().enumerate() {
        let there = plans.iter().filter(|&&made| made < spell.from).count();
        let plan = (there > 0).then(|| plan_id(dice.below(there)));
        let id = Cell::Text(format!("AP-{:05}", 2 * number + 1));
        let row = |offered: Option<NaiveDate>, closed: Option<NaiveDate>| {
            vec![id.clone(), Cell::maybe(plan.clone()), Cell::date(offered), Cell::date(closed)]
        };
        let noted = spell.from - TimeDelta::days(dice.between(5, 60));
        let key = table.add(noted, row(None, None));
        table.change(key, spell.from, row(Some(spell.from), None));
        if dice.chance(0.5) {
            let closed = spell.from + TimeDelta::days(dice.between(10, 200));
            table.change(key, closed, row(Some(spell.from), Some(closed)));
        }
        if dice.chance(0.6) {
            // One that still waits, or was closed without a solution from others.
            let id = Cell::Text(format!("AP-{:05}", 2 * number + 2));
            let closed = dice.chance(0.3).then_some(spell.from);
            table.add(spell.from, vec![id, Cell::maybe(plan.clone()), Cell::Empty, Cell::date(closed)]);
        }
    }
    table
}

/// `security/gdpr_scores`: in half points, so that the means are exact.
pub(super) fn gdpr_scores(world: &World) -> Table {
    const COLUMNS: &[&str] = &["bestuur", "gemeten_op", "score"];
    let mut dice = world.dice("security/gdpr_scores");
    let format = Format::Csv { bom: false, crlf: false, comma: true, packing: Packing::Plain };
    let mut table = Table::new("security/gdpr_scores", COLUMNS, format, Rhythm::Register);
    let towns = world.shuffled(&mut dice);
    // Latest score of each authority, in halves.
    let mut latest: Vec<i64> = Vec::new();
    for quarter in 12..QUARTERS {
        let mean = (world.plan.exact("IV-TL-10", quarter) * 2.0) as i64;
        let new = if quarter == 12 { 20 } else { 10.min(towns.len() - latest.len()) };
        let mut again: Vec<usize> = (0..latest.len()).collect();
        dice.shuffle(&mut again);
        again.truncate(latest.len() * 2 / 3);
        again.extend(latest.len()..latest.len() + new);
        latest.resize(latest.len() + new, 0);
        for &place in &again {
            latest[place] = 0;
        }
        // What is measured now makes up for what stays as it was.
        let mut rest = mean * latest.len() as i64 - latest.iter().sum::<i64>();
        for (done, &place) in again.iter().enumerate() {
            let left = (again.len() - done) as i64;
            let even = rest / left;
            let score = if left == 1 { rest } else { even + dice.between(-16, 16) };
            // Near the end no deviation is left to make up for.
            let score = if left < 6 { even } else { score };
            let score = if left == 1 { rest } else { score.clamp(0, 200) };
            latest[place] = score;
            rest -= score;
            let on = dice.day(quarter_first(quarter), quarter_last(quarter));
            let authority = world.spell(towns[place], on, 0, &mut dice);
            table.add(on, vec![Cell::Text(authority), Cell::Date(on), Cell::Decimal(score * 5, 1)]);
        }
    }
    table
}

/// `security/qrc_subscribers`: by mail, and some by SMS as well.
pub(super) fn subscribers(world: &World, community: &[Member]) -> Table {
    const COLUMNS: &[&str] = &["abonnee_id", "kanaal", "sinds", "tot"];
    let mut dice = world.dice("security/qrc_subscribers");
    let format = Format::Csv { bom: false, crlf: true, comma: false, packing: Packing::Plain };
    let mut table = Table::new("security/qrc_subscribers", COLUMNS, format, Rhythm::Register);
    for (number, spell) in world.plan.spells("IV-QR-04", &mut dice).into_iter().enumerate() {
        let id = match community.get(number * 2) {
            Some(member) if dice.chance(0.6) => member.id.clone(),
            _ => format!("ABO-{:04}", number + 1),
        };
        let mut channels = vec![("mail", spell.from)];
        if dice.chance(0.35) {
            channels.push(("sms", spell.from + TimeDelta::days(dice.between(0, 60))));
        }
        for (channel, from) in channels {
            let until = spell.until.map(|until| until.max(from));
            table.interval(Spell { from, until, quarter: spell.quarter }, 0, |until| {
                vec![Cell::text(&id), Cell::text(channel), Cell::Date(from), Cell::date(until)]
            });
        }
    }
    table
}

/// `security/qrc_sources`.
pub(super) fn sources(world: &World) -> Table {
    const COLUMNS: &[&str] = &["bron", "sinds", "tot"];
    const SOURCES: [&str; 16] = [
        "Nationaal waarschuwingskanaal",
        "Lijst van kwetsbaarheden",
        "Bulletins van leveranciers",
        "Meldingen van besturen",
        "Europees waarschuwingskanaal",
        "Nieuwsbrief beveiliging",
        "Overzicht van valse berichten",
        "Netwerkmetingen",
        "Domeinnaamtoezicht",
        "Meldpunt gegevenslekken",
        "Werkgroep gemeenten",
        "Onderzoeksrapporten",
        "Meldingen hostingpartners",
        "Mailfilterstatistiek",
        "Oefeningen",
        "Archief van incidenten",
    ];
    let mut dice = world.dice("security/qrc_sources");
    let mut table = Table::new("security/qrc_sources", COLUMNS, Format::CSV, Rhythm::Slow);
    for (spell, source) in world.plan.spells("IV-QR-05", &mut dice).into_iter().zip(SOURCES) {
        table.interval(spell, 0, |until| vec![Cell::text(source), Cell::Date(spell.from), Cell::date(until)]);
    }
    table
}
