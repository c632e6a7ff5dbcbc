//! The same deliveries give the same bytes: in whatever order, in however
//! many runs, known then or known now.

use peil_tests::{AS_OF, Site, copy_tree, files_below, sample_folder};

/// Delivers the objects of the sample in `count` lots and runs after each.
fn in_lots(count: usize, reverse: bool) -> Site {
    let site = Site::empty();
    let mut files = files_below(sample_folder());
    if reverse {
        files.reverse();
    }
    for lot in files.chunks(files.len().div_ceil(count)) {
        for file in lot {
            let object = file.strip_prefix(sample_folder()).unwrap();
            site.deliver(object.to_str().unwrap(), std::fs::read(file).unwrap());
        }
        let key = std::fs::read(sample_folder().join(".sample-pseudonym-key")).unwrap();
        site.deliver(".sample-pseudonym-key", key);
        site.run();
    }
    site
}

/// The layers whose bytes depend on nothing but the deliveries.
const LAYERS: [&str; 4] = ["staged", "conformed", "intermediate", "marts"];

fn assert_same(one: &Site, other: &Site) {
    for layer in LAYERS {
        assert_eq!(one.files(layer), other.files(layer), "the layer {layer} differs");
    }
}

#[test]
fn neither_order_nor_splitting_of_deliveries_changes_a_byte() {
    assert_same(Site::published(), &in_lots(3, true));
}

#[test]
fn what_is_delivered_twice_under_another_name_changes_nothing() {
    let site = Site::copy_of(Site::published());
    let before = site.files("marts");
    let events = site.landing().join("portal/plates");
    for file in files_below(&events) {
        let name = file.file_name().unwrap().to_str().unwrap();
        std::fs::copy(&file, file.with_file_name(format!("2023-01-01-kopie-{name}"))).unwrap();
    }
    site.run();
    assert_eq!(site.files("marts"), before);
    assert_ne!(site.value("select count(*) from ops.deliveries where outcome = 'duplicate'"), "0");
}

#[test]
fn a_run_with_nothing_new_writes_nothing_and_a_full_run_writes_the_same() {
    let site = Site::copy_of(Site::published());
    let layers = LAYERS.map(|layer| site.files(layer));
    site.run();
    assert_eq!(LAYERS.map(|layer| site.files(layer)), layers);
    site.run_expecting(&["--as-of", AS_OF, "--full"], 0);
    assert_eq!(LAYERS.map(|layer| site.files(layer)), layers);
}

#[test]
fn a_run_with_little_memory_comes_to_the_same() {
    let site = Site::sample();
    let answer = site.peil_with(&["run", "--as-of", AS_OF], &[("PEIL_RUN_MEGABYTES", "256")]);
    assert_eq!(answer.code, Some(0), "{}", answer.stderr);
    assert_same(Site::published(), &site);
}

#[test]
fn known_on_a_day_is_what_a_run_without_the_later_deliveries_gives() {
    const DAY: &str = "2022-04-30";
    let date_of = |object: &str| {
        let name = object.rsplit('/').next().unwrap();
        let digits = name.char_indices().find(|(at, _)| {
            let text = &name[*at..];
            text.len() >= 7 && text[..4].bytes().all(|b| b.is_ascii_digit()) && text.as_bytes()[4] == b'-'
        });
        digits.map(|(at, _)| {
            let day = name
                .get(at..at + 10)
                .filter(|text| text[8..].bytes().all(|b| b.is_ascii_digit()) && text.as_bytes()[7] == b'-');
            day.map_or_else(|| format!("{}-31", &name[at..at + 7]), str::to_owned)
        })
    };
    let known = ["run", "--as-of", DAY, "--known-on", DAY];
    let clock = [("PEIL_CLOCK", "2022-05-02T08:00:00Z")];
    let run = |site: &Site, arguments: &[&str]| {
        let answer = site.peil_with(arguments, &clock);
        assert_eq!(answer.code, Some(0), "{}", answer.stderr);
    };
    let all = Site::sample();
    run(&all, &known);
    let then = Site::empty();
    copy_tree(sample_folder(), &then.landing());
    for file in files_below(&then.landing()) {
        let object = file.strip_prefix(then.landing()).unwrap().to_str().unwrap().to_owned();
        // A month stands for its last day, so 2022-04 counts and 2022-05 does not.
        if object.contains('/')
            && date_of(&object).is_some_and(|date| date.as_str() > DAY && !date.starts_with("2022-04-31"))
        {
            std::fs::remove_file(file).unwrap();
        }
    }
    then.run_expecting(&["--as-of", DAY], 0);
    for layer in ["conformed", "marts"] {
        assert_eq!(all.files(layer), then.files(layer), "the layer {layer} differs");
    }
    // And so is the report, which says which deliveries it knows of, in which run.
    let also = Site::empty();
    copy_tree(&then.landing(), &also.landing());
    run(&also, &known);
    let reports = [all, also].map(|site| {
        run(&site, &["report", "2022Q1", "--out", "reports"]);
        let folder = site.folder().join("reports");
        let named = |file: &std::path::Path| file.strip_prefix(&folder).unwrap().to_owned();
        let files = files_below(&folder).into_iter().map(|file| (named(&file), std::fs::read(file).unwrap()));
        files.collect::<std::collections::BTreeMap<_, _>>()
    });
    assert!(reports[0].len() > 100);
    for (name, content) in &reports[0] {
        assert!(reports[1].get(name) == Some(content), "{} differs", name.display());
    }
    assert_eq!(reports[0].len(), reports[1].len());
}

#[test]
fn an_alias_that_staff_add_counts_in_the_next_run() {
    let site = Site::copy_of(Site::published());
    site.deliver(
        "portal/data_ownership/2022-06-15.csv",
        "bestuur;dienst;sinds;tot\nZottegempje;burgerzaken;2022-06-01;\n",
    );
    let answer = site.run();
    let owners = "select value from marts.indicator_values where indicator_id = 'VVG-RA-03' and period = '2022Q2'";
    let before: f64 = site.value(owners).parse().unwrap();
    assert!(answer.stderr.contains("Zottegempje") || answer.stdout.contains("Zottegempje"), "the run tells of it");
    let listed = site.sql("select rows, nearest from ops.unresolved_authorities where reference = 'Zottegempje'");
    assert_eq!(listed[0][0], "1");
    assert!(listed[0][1].contains("Zottegem"), "{listed:?}");
    site.deliver("reference/aliases/2022-07-01.csv", "alias;nis_code\nZottegempje;41081\n");
    site.run();
    assert_eq!(site.value(owners).parse::<f64>().unwrap(), before + 1.0);
    assert_eq!(site.value("select count(*) from ops.unresolved_authorities"), "0");
}
