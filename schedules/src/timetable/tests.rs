use std::collections::BTreeMap;

use peil_warehouse::storage::Storage;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::*;
use crate::timetable::ledger::Holder;

fn job(catch_up: &str, cron: &str) -> Job {
    let text = format!(
        "job: nightly\ntitle_nl: Nacht\nwhen: {{ cron: '{cron}' }}\nsteps: [[run]]\ncatch_up: {catch_up}\nretry_minutes: [5, 30]\nlimit_minutes: 60\n"
    );
    Job::read("jobs/nightly.yaml", &text).unwrap()
}

fn moment(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn ledger(storage: &Storage, host: &str) -> Ledger {
    Ledger::new(storage.clone(), Holder { host: host.to_owned(), boot: "1".to_owned(), process: 1 })
}

fn memory() -> Storage {
    Storage::open("memory:///").unwrap()
}

async fn ending(ledger: &Ledger, job: &Job, due: &str) -> Option<(Ending, u32)> {
    match ledger.standing(job, moment(due), moment("2030-01-01T00:00:00Z")).await.unwrap() {
        Standing::Handled(end) => Some((end.ending, end.attempts)),
        _ => None,
    }
}

#[tokio::test]
async fn what_was_due_before_the_job_was_there_is_not() {
    let (job, ledger) = (job("all", "0 3 * * *"), ledger(&memory(), "a"));
    assert_eq!(decide(&job, &ledger, moment("2022-01-10T12:00:00Z")).await.unwrap(), None);
    let attempt = decide(&job, &ledger, moment("2022-01-11T02:00:00Z")).await.unwrap();
    assert_eq!(attempt, Some(Attempt { due: moment("2022-01-11T02:00:00Z"), number: 1 }));
}

#[tokio::test]
async fn missed_runs_are_caught_up_as_the_job_says() {
    for (catch_up, first, skipped) in [("all", "2022-01-11", 0), ("latest", "2022-01-13", 2), ("none", "", 3)] {
        let (job, ledger) = (job(catch_up, "0 3 * * *"), ledger(&memory(), "a"));
        decide(&job, &ledger, moment("2022-01-10T12:00:00Z")).await.unwrap();
        let now = moment("2022-01-13T12:00:00Z");
        let attempt = decide(&job, &ledger, now).await.unwrap();
        assert_eq!(
            attempt.map(|attempt| attempt.due.date_naive().to_string()).unwrap_or_default(),
            first,
            "{catch_up}"
        );
        let mut left_out = 0;
        for day in 11..=13 {
            let found = ending(&ledger, &job, &format!("2022-01-{day}T02:00:00Z")).await;
            left_out += usize::from(found.is_some_and(|(ending, _)| ending == Ending::Skipped));
        }
        assert_eq!(left_out, skipped, "{catch_up}");
    }
}

#[tokio::test]
async fn what_failed_is_tried_again_after_the_minutes_of_the_job_and_then_given_up() {
    let (job, ledger) = (job("all", "0 3 * * *"), ledger(&memory(), "a"));
    decide(&job, &ledger, moment("2022-01-10T12:00:00Z")).await.unwrap();
    let mut starts = Vec::new();
    let mut now = moment("2022-01-11T02:00:00Z");
    while now < moment("2022-01-11T04:00:00Z") {
        if let Some(attempt) = decide(&job, &ledger, now).await.unwrap() {
            starts.push(now.format("%H:%M").to_string());
            settle(&job, &ledger, &attempt, Ending::Failed, "no disk".to_owned(), now).await.unwrap();
        }
        now += TimeDelta::minutes(1);
    }
    assert_eq!(starts, ["02:00", "02:05", "02:35"]);
    assert_eq!(ending(&ledger, &job, "2022-01-11T02:00:00Z").await, Some((Ending::Failed, 3)));
}

#[tokio::test]
async fn what_people_must_mend_is_not_tried_again() {
    for ending_of in [Ending::Incomplete, Ending::Refused] {
        let (job, ledger) = (job("all", "0 3 * * *"), ledger(&memory(), "a"));
        decide(&job, &ledger, moment("2022-01-10T12:00:00Z")).await.unwrap();
        let now = moment("2022-01-11T02:00:00Z");
        let attempt = decide(&job, &ledger, now).await.unwrap().unwrap();
        settle(&job, &ledger, &attempt, ending_of, String::new(), now).await.unwrap();
        assert_eq!(decide(&job, &ledger, now + TimeDelta::hours(3)).await.unwrap(), None);
        assert_eq!(ending(&ledger, &job, "2022-01-11T02:00:00Z").await, Some((ending_of, 1)));
    }
}

#[tokio::test]
async fn two_daemons_do_not_do_one_run_twice() {
    let storage = memory();
    let job = job("all", "0 3 * * *");
    let (one, other) = (ledger(&storage, "a"), ledger(&storage, "b"));
    decide(&job, &one, moment("2022-01-10T12:00:00Z")).await.unwrap();
    let now = moment("2022-01-11T02:00:00Z");
    let (first, second) = tokio::join!(decide(&job, &one, now), decide(&job, &other, now));
    assert_eq!(u8::from(first.unwrap().is_some()) + u8::from(second.unwrap().is_some()), 1);
    // While it runs nobody starts it; after its lease it is taken over once.
    assert_eq!(decide(&job, &other, now + TimeDelta::minutes(64)).await.unwrap(), None);
    let taken = decide(&job, &other, now + TimeDelta::minutes(65)).await.unwrap();
    assert_eq!(taken.map(|attempt| attempt.number), Some(2));
    assert_eq!(decide(&job, &one, now + TimeDelta::minutes(66)).await.unwrap(), None);
}

/// What a job says of missed runs, told again in the plainest way: of the runs
/// that became due between two looks the newest is done, with `none` only
/// where it is on time, and the others are skipped.
#[tokio::test]
async fn missed_runs_are_left_out_as_told_over_half_a_year_of_looks() {
    for (catch_up, late_minutes) in [("latest", i64::MAX), ("none", 10)] {
        let mut dice = ChaCha8Rng::seed_from_u64(11);
        let (job, ledger) = (job(catch_up, "15 */6 * * *"), ledger(&memory(), "a"));
        let mut now = moment("2022-01-01T12:00:00Z");
        decide(&job, &ledger, now).await.unwrap();
        let mut expected = BTreeMap::new();
        while now < moment("2022-07-01T00:00:00Z") {
            let before = now;
            now += TimeDelta::minutes(if dice.random_bool(0.05) { dice.random_range(60..9_000) } else { 5 });
            let due: Vec<_> = job.when.between(before, now).collect();
            for (at, moment) in due.iter().enumerate() {
                let is_done = at + 1 == due.len() && (now - *moment).num_minutes() <= late_minutes;
                expected.insert(*moment, if is_done { Ending::Done } else { Ending::Skipped });
            }
            while let Some(attempt) = decide(&job, &ledger, now).await.unwrap() {
                settle(&job, &ledger, &attempt, Ending::Done, String::new(), now).await.unwrap();
            }
        }
        let mut found = BTreeMap::new();
        for due in expected.keys() {
            if let Standing::Handled(end) = ledger.standing(&job, *due, now).await.unwrap() {
                found.insert(*due, end.ending);
            }
        }
        assert!(expected.len() > 500 && expected.values().any(|ending| *ending == Ending::Skipped));
        assert_eq!(found, expected, "{catch_up}");
    }
}

/// Ten years of a nightly job in the hour that the clock skips and repeats,
/// with daemons that come and go, attempts that fail or are cut off, and a
/// clock that is set forward and back: in the end each due run was handled,
/// done once, and none that was not due.
#[tokio::test]
async fn over_ten_years_each_due_run_happens_once() {
    let mut dice = ChaCha8Rng::seed_from_u64(7);
    let storage = memory();
    let job = job("all", "30 2 * * *");
    let daemons = [ledger(&storage, "a"), ledger(&storage, "b")];
    let start = moment("2020-01-01T12:00:00Z");
    let end = moment("2030-01-01T12:00:00Z");
    let mut done: BTreeMap<DateTime<Utc>, u32> = BTreeMap::new();
    for daemon in &daemons {
        decide(&job, daemon, start).await.unwrap();
    }
    let mut now = start;
    while now < end {
        // Mostly some hours, at times weeks in which nothing is up.
        let hours = if dice.random_bool(0.01) { dice.random_range(24..900) } else { dice.random_range(1..9) };
        now += TimeDelta::minutes(hours * 60 + dice.random_range(0..60));
        // The clock of one look may be wrong by hours, either way.
        let seen = if dice.random_bool(0.02) { now + TimeDelta::hours(dice.random_range(-48..48)) } else { now };
        let daemon = &daemons[dice.random_range(0..2)];
        while let Some(attempt) = decide(&job, daemon, seen).await.unwrap() {
            let ending = match dice.random_range(0..20) {
                0 => Ending::Failed,
                // Killed: nobody writes an end.
                1 => break,
                _ => Ending::Done,
            };
            if ending == Ending::Done {
                *done.entry(attempt.due).or_default() += 1;
            }
            settle(&job, daemon, &attempt, ending, String::new(), seen).await.unwrap();
        }
    }
    let settled = end + TimeDelta::days(3);
    for hour in 0..72 {
        while let Some(attempt) = decide(&job, &daemons[0], end + TimeDelta::hours(hour)).await.unwrap() {
            *done.entry(attempt.due).or_default() += 1;
            settle(&job, &daemons[0], &attempt, Ending::Done, String::new(), end + TimeDelta::hours(hour))
                .await
                .unwrap();
        }
    }
    assert!(done.values().all(|times| *times == 1), "done more than once");
    let due: Vec<_> = job.when.between(start, end).collect();
    assert_eq!(due.len(), 3653, "a run for each night of ten years, changes of the clock included");
    let mut failed = 0;
    for due in &due {
        match daemons[0].standing(&job, *due, settled).await.unwrap() {
            Standing::Handled(end) if end.ending == Ending::Done => assert!(done.contains_key(due)),
            Standing::Handled(end) if end.ending == Ending::Failed => failed += 1,
            other => panic!("{due}: {other:?}"),
        }
    }
    assert!(failed < 10, "three attempts in a row fail hardly ever");
    assert!(done.keys().all(|moment| *moment > end || due.contains(moment)));
}
