//! The figures of the sample, counted again in a naive way from its own records.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use chrono::NaiveDate;

use super::calendar::{QUARTERS, day, quarter_first, quarter_last, split};
use super::events::{Events, MODULES};
use super::people::{People, account};
use super::reference::{TARGETS, building_blocks, participants, standards, towns};
use super::table::{Cell, Table};
use super::text::parse_csv;
use super::world::World;
use super::*;

/// The published column 2021 (baselines) and the first two quarters of 2022
/// (targets that were met), by indicator and period.
fn published() -> BTreeMap<(String, String), f64> {
    let mut figures = BTreeMap::new();
    for row in parse_csv(TARGETS, b';') {
        if let Ok(value) = row[3].replace(',', ".").parse() {
            figures.insert((row[0].clone(), row[1].clone()), value);
        }
    }
    figures
}

const PERIODS: [(&str, usize, usize); 3] = [("2021", 12, 15), ("2022Q1", 16, 16), ("2022Q2", 17, 17)];

fn all_tables(seed: u64) -> (World, People, Vec<Table>) {
    let world = World::new(seed).expect("the plan is whole");
    let people = People::new(&world);
    let joined = trial::joined(&world);
    let tables = tables(&world, &people, &joined);
    (world, people, tables)
}

/// Column values of the rows in force at the end of July 2022.
fn state(tables: &[Table], dataset: &str) -> Vec<BTreeMap<&'static str, Cell>> {
    let table = tables.iter().find(|table| table.dataset == dataset).expect("a table of the sample");
    let rows = table.state(UNTIL.0);
    rows.iter().map(|row| table.columns.iter().copied().zip(row.cells.iter().cloned()).collect()).collect()
}

fn date(cell: Option<&Cell>) -> Option<NaiveDate> {
    match cell {
        Some(Cell::Date(day)) => Some(*day),
        Some(Cell::Moment(at)) => Some(split(*at).0),
        _ => None,
    }
}

fn text(cell: Option<&Cell>) -> String {
    match cell {
        Some(Cell::Text(text)) => text.clone(),
        Some(Cell::Integer(number)) => number.to_string(),
        _ => String::new(),
    }
}

#[test]
fn reference_data_are_read_whole() {
    assert_eq!(towns().len(), 305);
    assert_eq!(participants().len(), 35);
    assert_eq!(standards().len(), 252);
    assert_eq!(building_blocks().len(), 39);
}

#[test]
fn the_plan_holds_the_published_figures() {
    let world = World::new(1).expect("the plan is whole");
    let flows =
        ["VVG-TK-02", "VVG-TK-03", "IV-KE-03", "IV-KE-04", "IV-TL-11", "LB-LB-02", "LB-LB-03", "LB-LB-04", "LB-LB-05"];
    let figures = published();
    for (period, first, last) in PERIODS {
        for ((indicator, _), value) in figures.iter().filter(|((_, of), _)| of == period) {
            let planned = if flows.contains(&indicator.as_str()) {
                (first..=last).map(|quarter| world.plan.exact(indicator, quarter)).sum()
            } else if indicator == "VVG-MM-03" && first != last {
                world.plan.exact("VVG-MM-03 per jaar", last)
            } else {
                world.plan.exact(indicator, last)
            };
            assert_eq!(planned, *value, "{indicator} {period}");
        }
    }
}

/// Indicator, dataset, what is counted, first day, day of the end, role or kind.
type Rule =
    (&'static str, &'static str, &'static str, &'static str, &'static str, &'static [(&'static str, &'static str)]);

const STOCKS: &[Rule] = &[
    ("VVG-RA-04", "portal/plates", "plaat_id", "aangemaakt_op", "verwijderd_op", &[]),
    ("VVG-LN-02", "portal/documents", "document_id", "gepubliceerd_op", "ingetrokken_op", &[]),
    ("VVG-MM-02", "portal/maturity", "meting_id", "ingediend_op", "", &[]),
    ("VVG-AK-01", "portal/tender_domains", "domein", "beschikbaar_sinds", "ingetrokken_op", &[]),
    ("OC-01", "catalogue/solutions", "oplossing_id", "gepubliceerd_op", "ingetrokken_op", &[]),
    ("OC-03", "catalogue/solutions", "leverancier_id", "gepubliceerd_op", "ingetrokken_op", &[]),
    ("OC-04", "catalogue/standards", "standaard_id", "opgenomen_op", "verwijderd_op", &[]),
    ("OC-05", "catalogue/couplings", "koppeling_id", "beschikbaar_sinds", "beeindigd_op", &[]),
    ("OC-06", "catalogue/ratings", "waardering_id", "gegeven_op", "ingetrokken_op", &[]),
    ("IV-KE-01", "security/members", "lid_id", "sinds", "tot", &[("rol", "expert")]),
    ("IV-KE-02", "security/members", "lid_id", "sinds", "tot", &[("rol", "dienstverlener")]),
    ("IV-CO-02", "security/members", "lid_id", "sinds", "tot", &[("rol", "lid")]),
    ("IV-TL-07", "security/members", "lid_id", "sinds", "tot", &[("rol", "gebruikersgroep")]),
    ("IV-TL-08", "security/plans", "plan_id", "gemaakt_op", "", &[]),
    ("IV-TL-09", "security/actions", "actiepunt_id", "oplossing_aangereikt_op", "", &[]),
    ("IV-QR-04", "security/qrc_subscribers", "abonnee_id", "sinds", "tot", &[]),
    ("IV-QR-05", "security/qrc_sources", "bron", "sinds", "tot", &[]),
    ("LB-VB-21", "lb365/third_party", "koppeling_id", "live_op", "gestopt_op", &[]),
];

#[test]
fn stocks_are_the_published_ones_for_each_seed() {
    let figures = published();
    for seed in [1, 2, 77] {
        let (_, _, tables) = all_tables(seed);
        for &(indicator, dataset, counted, from, until, conditions) in STOCKS {
            let rows = state(&tables, dataset);
            for (period, _, last) in PERIODS {
                let end = quarter_last(last);
                let seen: BTreeSet<String> = rows
                    .iter()
                    .filter(|row| conditions.iter().all(|(column, value)| text(row.get(column)) == *value))
                    .filter(|row| date(row.get(from)).is_some_and(|from| from <= end))
                    .filter(|row| date(row.get(until)).is_none_or(|until| until > end))
                    .map(|row| text(row.get(counted)))
                    .collect();
                let Some(&expected) = figures.get(&(indicator.to_owned(), period.to_owned())) else { continue };
                assert_eq!(seen.len() as f64, expected, "{indicator} {period} of seed {seed}");
            }
        }
    }
}

#[test]
fn flows_are_the_published_ones() {
    let (_, _, tables) = all_tables(1);
    let rows = state(&tables, "register/activities");
    let figures = published();
    let flows = [
        ("VVG-TK-03", "vlavirgem", "communicatie"),
        ("IV-KE-04", "informatieveiligheid", "workshop"),
        ("LB-LB-05", "lb365", "overlegmoment"),
    ];
    for (indicator, programme, kind) in flows {
        for (period, first, last) in PERIODS {
            let count = rows
                .iter()
                .filter(|row| text(row.get("Programma")) == programme && text(row.get("Soort")) == kind)
                .filter_map(|row| date(row.get("Datum")))
                .filter(|&on| quarter_first(first) <= on && on <= quarter_last(last))
                .count();
            let expected = figures.get(&(indicator.to_owned(), period.to_owned())).copied().unwrap_or(0.0);
            assert_eq!(count as f64, expected, "{indicator} {period}");
        }
    }
}

#[test]
fn users_and_authorities_of_the_portal_are_the_published_ones_at_any_scale() {
    let (world, people, _) = all_tables(1);
    let figures = published();
    for scale in [0.000_01, 0.02] {
        let events = Events::new(&world, &people, scale);
        let months: Vec<_> = (0..55).map(|month| events.month(month)).collect();
        for (period, _, last) in PERIODS {
            // Twelve months up to and including the last of the quarter.
            let window = &months[last * 3 - 9..=last * 3 + 2];
            let seen = |module: Option<&str>| -> BTreeSet<u32> {
                let of =
                    |event: &&events::Event| module.is_none_or(|module| MODULES[usize::from(event.module)] == module);
                window.iter().flatten().filter(of).map(|event| event.user).collect()
            };
            for (module, indicator) in
                [("referentiearchitectuur", "VVG-RA-02"), ("bouwstenen", "VVG-BS-02"), ("leernetwerk", "VVG-LN-03")]
            {
                let expected = figures[&(indicator.to_owned(), period.to_owned())];
                assert_eq!(seen(Some(module)).len() as f64, expected, "{indicator} {period} at {scale}");
            }
            let towns: BTreeSet<usize> =
                seen(None).iter().filter_map(|&user| people.users[user as usize].town).collect();
            assert_eq!(
                towns.len() as f64,
                figures[&("VVG-TK-01".to_owned(), period.to_owned())],
                "{period} at {scale}"
            );
        }
        let maturity = |months: &[Vec<events::Event>]| {
            let of = |event: &&events::Event| MODULES[usize::from(event.module)] == "maturiteitsmeting";
            months
                .iter()
                .flatten()
                .filter(of)
                .map(|event| people.users[event.user as usize].town)
                .collect::<BTreeSet<_>>()
                .len()
        };
        assert_eq!([&months[36..48], &months[48..51], &months[51..54]].map(maturity), [15, 35, 35]);
    }
}

#[test]
fn nobody_acts_outside_the_time_of_the_account() {
    let (world, people, tables) = all_tables(3);
    let accounts: BTreeMap<String, _> = state(&tables, "portal/users")
        .iter()
        .map(|row| {
            (text(row.get("gebruiker_id")), (date(row.get("geregistreerd_op")), date(row.get("uitgeschreven_op"))))
        })
        .collect();
    let events = Events::new(&world, &people, 0.01);
    for event in (0..55).flat_map(|month| events.month(month)) {
        let (from, until) = accounts[&account(event.user as usize)];
        let on = Some(split(event.at + 7_200).0);
        assert!(from <= on && (until.is_none() || on <= until));
    }
}

#[test]
fn scores_and_active_members_have_the_published_means() {
    let (_, _, tables) = all_tables(5);
    let activity = state(&tables, "security/activity");
    let active = |month: usize| {
        let of = |on: NaiveDate| calendar::month_first(month) <= on && on <= calendar::month_last(month);
        let rows = activity.iter().filter(|row| date(row.get("tijdstip")).is_some_and(of));
        rows.map(|row| text(row.get("lid_id"))).collect::<BTreeSet<_>>().len()
    };
    assert_eq!((48..51).map(active).sum::<usize>(), 3 * 20);
    assert_eq!((51..54).map(active).sum::<usize>(), 3 * 30);
}

#[test]
fn costs_are_the_published_ones_to_the_cent() {
    let (_, _, tables) = all_tables(9);
    let rows = state(&tables, "finance/bookings");
    let mut total = 0;
    for cost in finance::costs() {
        let booked: i64 = rows
            .iter()
            .filter(|row| text(row.get("analytische_code")) == "VRD2")
            .filter(|row| text(row.get("product")) == cost.product && text(row.get("kostensoort")) == cost.cost_type)
            .filter(|row| date(row.get("boekdatum")).is_some_and(|on| on >= day(2022, 1, 1) && on <= day(2022, 7, 31)))
            .map(|row| match row.get("bedrag") {
                Some(Cell::Decimal(cents, 2)) => *cents,
                _ => 0,
            })
            .sum();
        assert_eq!(booked, cost.actual, "{} {}", cost.product, cost.cost_type);
        // Half away from zero; costs are positive.
        assert_eq!((booked * 12 * 2 + 7) / 14, cost.forecast, "{} {}", cost.product, cost.cost_type);
        total += booked;
    }
    assert_eq!(total, 9_484_079);
}

#[test]
fn modules_are_in_track_and_in_use_as_published() {
    let (_, _, tables) = all_tables(4);
    let rows = state(&tables, "lb365/modules");
    let end = day(2022, 6, 30);
    let distinct = |column: &str| {
        let by_then = rows.iter().filter(|row| date(row.get(column)).is_some_and(|on| on <= end));
        by_then.map(|row| text(row.get("Module"))).collect::<BTreeSet<_>>().len()
    };
    assert_eq!((distinct("Traject gestart"), distinct("In gebruik")), (21, 11));
}

fn contents(dir: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![dir.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder").flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(dir).expect("below").display().to_string();
                found.insert(name, fs::read(&path).expect("a file"));
            }
        }
    }
    found
}

#[test]
fn the_same_options_give_the_same_bytes_and_a_longer_sample_begins_with_the_shorter() {
    let options = SampleOptions { scale: 0.002, dirty: true, ..SampleOptions::default() };
    let longer = SampleOptions { until: day(2022, 9, 30), ..options.clone() };
    let write = |options: &SampleOptions| {
        let dir = tempfile::tempdir().expect("a folder");
        let summary = write_sample(dir.path(), options, &mut |_| {}).expect("a sample");
        (contents(dir.path()), summary)
    };
    let (first, summary) = write(&options);
    let (again, _) = write(&options);
    assert_eq!(first, again);
    assert_eq!(summary.datasets.len(), 34);
    assert_eq!(summary.files + 1, first.len(), "every file but the list of faults");
    let (longer, _) = write(&longer);
    for (name, bytes) in &first {
        assert_eq!(longer.get(name), Some(bytes), "{name}");
    }
}

#[test]
fn every_reason_is_planted() {
    let dir = tempfile::tempdir().expect("a folder");
    let options = SampleOptions { scale: 0.002, dirty: true, ..SampleOptions::default() };
    let summary = write_sample(dir.path(), &options, &mut |_| {}).expect("a sample");
    let reasons: BTreeSet<&str> = summary.faults.iter().map(|fault| fault.reason.as_str()).collect();
    for reason in [
        "missing_value",
        "bad_date",
        "bad_timestamp",
        "bad_number",
        "bad_period",
        "not_allowed",
        "out_of_range",
        "bad_json",
        "wrong_column_count",
        "bad_order",
        "bad_checksum",
        "refused",
        "duplicate",
        "correction",
        "unknown_reference",
        "unresolved_authority",
        "unknown_column",
        "missing_column",
        "hidden_file",
        "unknown_folder",
        "repeated_hour",
        "other_type",
        "new_state",
        "odd_spelling",
    ] {
        assert!(reasons.contains(reason), "{reason}");
    }
}

#[test]
fn an_end_or_a_scale_that_cannot_be_is_refused_before_anything_is_written() {
    let dir = tempfile::tempdir().expect("a folder");
    for options in [
        SampleOptions { until: day(2022, 7, 30), ..SampleOptions::default() },
        SampleOptions { until: day(2027, 1, 1), ..SampleOptions::default() },
        SampleOptions { scale: 0.0, ..SampleOptions::default() },
        SampleOptions { scale: f64::NAN, ..SampleOptions::default() },
    ] {
        let refused = write_sample(dir.path(), &options, &mut |_| {});
        assert!(matches!(refused, Err(SampleError::Options(_))));
    }
    assert!(contents(dir.path()).is_empty());
    assert_eq!(QUARTERS, 36);
}
