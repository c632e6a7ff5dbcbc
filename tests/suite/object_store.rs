//! A warehouse in an object store: the promises of one in a folder.

use std::collections::BTreeMap;
use std::time::Duration;

use peil_tests::servers::{Cloud, SECRET, second_landing};
use peil_tests::{AS_OF, Answer, Site};

use crate::compaction::{delivery, object};

const RUN: [&str; 3] = ["run", "--as-of", AS_OF];
const NEW: (&str, &str) =
    ("portal/plates/2022-07-15.csv", "plaat_id;bestuur;aangemaakt_op;verwijderd_op\nnieuwe-plaat;Gent;2022-06-20;\n");

/// What readers see: each mart, by a hash over its rows as text.
fn marts(peil: impl Fn(&[&str]) -> Answer) -> BTreeMap<&'static str, String> {
    ["indicator_values", "portal_usage", "bus_traffic", "attention_points"]
        .map(|mart| {
            let answer = peil(&["sql", &format!("select * from marts.{mart}"), "--format", "csv"]);
            assert_eq!(answer.code, Some(0), "{}", answer.stderr);
            (mart, answer.stdout)
        })
        .into()
}

fn done(answer: &Answer) {
    assert_eq!(answer.code, Some(0), "{}\n{}", answer.stdout, answer.stderr);
    assert!(!answer.stderr.contains(SECRET) && !answer.stdout.contains(SECRET));
}

/// Everything that a user does, on one kind of store.
fn works(cloud: &Cloud) {
    let site = Site::sample();
    let checked = cloud.peil(&site, &["check"]);
    done(&checked);
    // The landing area lies in the store too.
    cloud.upload(&site.landing());
    let landing = format!("{}/landing", cloud.url);
    done(&cloud.peil(&site, &[&["--landing", landing.as_str()], RUN.as_slice()].concat()));
    assert_eq!(marts(|arguments| cloud.peil(&site, arguments)), marts(|arguments| Site::published().peil(arguments)));
    done(&cloud.peil(&site, &["close", "2022S1"]));
    done(&cloud.peil(&site, &["releases", "verify"]));
    let out = site.folder().join("reports");
    done(&cloud.peil(&site, &["report", "2022S1", "--format", "html", "--out", out.to_str().unwrap()]));
    assert!(peil_tests::files_below(&out).len() > 10);
}

#[test]
fn azure_holds_a_warehouse() {
    if let Some(cloud) = Cloud::azure() {
        works(&cloud);
    }
}

#[test]
fn google_holds_a_warehouse() {
    let folder = tempfile::tempdir().unwrap();
    if let Some(cloud) = Cloud::google(folder.path()) {
        works(&cloud);
    }
}

#[test]
fn s3_holds_a_warehouse_and_a_run_without_news_asks_for_little() {
    let Some(cloud) = Cloud::s3() else { return };
    works(&cloud);
    let site = Site::sample();
    done(&cloud.peil(&site, &RUN));
    let before = cloud.server.lines().len();
    done(&cloud.peil(&site, &RUN));
    let asked = cloud.server.lines().split_off(before);
    assert!(asked.len() <= 40, "{} requests: {asked:#?}", asked.len());
}

#[test]
fn a_power_cut_in_a_store_leaves_all_of_one_run_and_its_lock_frees_itself() {
    let Some(cloud) = Cloud::s3() else { return };
    let site = Site::sample();
    done(&cloud.peil(&site, &RUN));
    let before = marts(|arguments| cloud.peil(&site, arguments));
    site.deliver(NEW.0, NEW.1);
    let whole = second_landing(&site);
    whole.run();
    let after = marts(|arguments| whole.peil(arguments));
    assert_ne!(before, after);
    // At the first write of a table, amid the logs, and before the last pointer.
    for write in ["2", "9", "30"] {
        let mut command = cloud.command(&site, &RUN);
        let cut = command.env("PEIL_POWER_CUT_BEFORE_WRITE", write).output().unwrap();
        assert_eq!(cut.status.code(), None, "{}", String::from_utf8_lossy(&cut.stderr));
        let now = marts(|arguments| cloud.peil(&site, arguments));
        assert!(now == before || now == after, "a mixture after a cut before write {write}");
    }
    let last = cloud.peil(&site, &RUN);
    done(&last);
    assert!(last.stderr.contains("takes over"), "{}", last.stderr);
    assert_eq!(marts(|arguments| cloud.peil(&site, arguments)), after);
}

#[test]
fn two_machines_that_run_at_once_do_no_harm() {
    let Some(cloud) = Cloud::s3() else { return };
    let site = Site::sample();
    done(&cloud.peil(&site, &RUN));
    site.deliver(NEW.0, NEW.1);
    let other = second_landing(&site);
    for _ in 0..2 {
        std::thread::scope(|scope| {
            let runs = [&site, &other].map(|site| scope.spawn(|| cloud.peil(site, &RUN)));
            for run in runs {
                done(&run.join().unwrap());
            }
        });
    }
    // One of two is killed in the middle of it; the other goes on.
    site.deliver("portal/plates/2022-07-20.csv", NEW.1.replace("nieuwe-plaat", "nog-een-plaat"));
    let other = second_landing(&site);
    std::thread::scope(|scope| {
        let mut first = cloud.command(&site, &RUN).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(1500));
        let second = scope.spawn(|| cloud.peil(&other, &RUN));
        std::thread::sleep(Duration::from_millis(500));
        let _ = first.kill();
        first.wait().unwrap();
        done(&second.join().unwrap());
    });
    let whole = second_landing(&site);
    whole.run();
    assert_eq!(marts(|arguments| cloud.peil(&site, arguments)), marts(|arguments| whole.peil(arguments)));
}

#[test]
fn machines_share_a_run_in_a_store_and_its_small_files_are_put_together() {
    let Some(cloud) = Cloud::s3() else { return };
    let site = Site::sample();
    for night in 0..70 {
        site.deliver(&object(night), delivery(night));
    }
    let other = second_landing(&site);
    let shared = |stage: &str| {
        // Each a half, at the same time.
        let halves = std::thread::scope(|scope| {
            let machines = [(&site, "1/2"), (&other, "2/2")];
            let halves =
                machines.map(|(site, half)| scope.spawn(|| cloud.peil(site, &["share", stage, half, "--json"])));
            halves.map(|half| half.join().unwrap())
        });
        let number = |half: &Answer, name: &str| {
            done(half);
            serde_json::from_str::<serde_json::Value>(&half.stdout).unwrap()[name].as_u64().unwrap()
        };
        let [first, second] = halves.each_ref().map(|half| number(half, "taken"));
        assert!(first > 0 && second > 0, "{stage}: {first} and {second}");
        assert_eq!(first + second, number(&halves[0], "all"), "{stage}");
    };
    shared("ingest");
    done(&cloud.peil(&site, &["ingest"]));
    shared("transform");
    done(&cloud.peil(&site, &RUN));
    let whole = second_landing(&site);
    whole.run();
    let expected = marts(|arguments| whole.peil(arguments));
    assert_eq!(marts(|arguments| cloud.peil(&site, arguments)), expected);

    let maintained = cloud.peil(&site, &["maintain", "--keep-hours", "0", "--json"]);
    done(&maintained);
    let maintained: serde_json::Value = serde_json::from_str(&maintained.stdout).unwrap();
    assert!(maintained["bundles"].as_u64().unwrap() >= 1, "{maintained}");
    done(&cloud.peil(&site, &[&RUN, ["--full"].as_slice()].concat()));
    assert_eq!(marts(|arguments| cloud.peil(&site, arguments)), expected, "computed anew from bundles");
}

#[test]
fn a_store_that_is_not_there_is_told_with_what_helps() {
    let Some(cloud) = Cloud::s3() else { return };
    let site = Site::sample();
    let ask = |name: &str, value: &str, warehouse: &str| {
        let mut command = cloud.command(&site, &[]);
        command.env(name, value).args(["--warehouse", warehouse, "check"]);
        let output = command.output().unwrap();
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
    };
    let missing = ask("X", "", "s3://no-such-bucket/x");
    assert!(missing.contains("make the bucket first"), "{missing}");
    let down = ask("AWS_ENDPOINT", "http://127.0.0.1:9", "s3://lake/x");
    assert!(down.contains("cannot be reached"), "{down}");
    let secret = ask("X", "", "s3://key:geheim@lake/x");
    assert!(secret.contains("AWS_ACCESS_KEY_ID") && !secret.contains("geheim"), "{secret}");
}
