//! What is hidden is attacked with all that is published: subtraction, the
//! bounds that linear programming gives, and the difference between releases.

use std::collections::BTreeMap;

use microlp::{ComparisonOp, OptimizationDirection, Problem, Variable};
use peil_tests::{AS_OF, Site};

/// What a reader finds: a value, or a hidden cell.
type Cell = Option<f64>;

/// Cells of one indicator or module and period, by authority, and the total
/// that is shown beside them.
#[derive(Debug, Default)]
struct Group {
    cells: BTreeMap<String, Cell>,
    total: Option<f64>,
}

/// Groups by name and period.
type Published = BTreeMap<(String, String), Group>;

/// The figures by authority with the totals of the programme.
fn indicators(site: &Site) -> Published {
    let mut found = Published::new();
    let rows = site.sql(
        "select a.indicator_id, a.period, a.nis_code, a.value, a.suppressed, v.value
         from marts.indicator_by_authority a
         join marts.indicator_values v on v.indicator_id = a.indicator_id and v.period = a.period
         join marts.indicators i on i.indicator_id = a.indicator_id
         where a.period >= '2021' and i.kind <> 'average'
         and a.indicator_id in (select indicator_id from marts.indicator_by_authority where suppressed)",
    );
    for row in rows {
        let group = found.entry((row[0].clone(), row[1].clone())).or_default();
        let cell = if row[4] == "true" { None } else { Some(row[3].parse().unwrap_or(0.0)) };
        group.cells.insert(row[2].clone(), cell);
        group.total = row[5].parse().ok();
    }
    found
}

/// The users of each part of the portal by authority, with those of the part.
fn portal(site: &Site) -> Published {
    let mut found = Published::new();
    let rows = site.sql(
        "select a.module, a.period, a.nis_code, a.users, a.suppressed, t.users
         from marts.portal_usage_by_authority a
         join marts.portal_usage t on t.module = a.module and t.period = a.period where a.period >= '2021'",
    );
    for row in rows {
        let group = found.entry((row[0].clone(), row[1].clone())).or_default();
        let cell = if row[4] == "true" { None } else { Some(row[3].parse().unwrap()) };
        group.cells.insert(row[2].clone(), cell);
        group.total = row[5].parse().ok();
    }
    found
}

/// The least and the most that a hidden cell can be, by the total of its group
/// and that it is not zero, which would be shown.
fn bounds(group: &Group, wanted: &str) -> Option<(f64, f64)> {
    let bound = |direction| {
        let mut problem = Problem::new(direction);
        let mut hidden: Vec<(Variable, f64)> = Vec::new();
        for (authority, _) in group.cells.iter().filter(|(_, cell)| cell.is_none()) {
            let weight = f64::from(u8::from(authority == wanted));
            hidden.push((problem.add_var(weight, (1.0, f64::INFINITY)), 1.0));
        }
        let shown: f64 = group.cells.values().flatten().sum();
        problem.add_constraint(&hidden, ComparisonOp::Eq, group.total? - shown);
        problem.solve().ok()?.into_solution().ok().map(|solved| solved.objective())
    };
    Some((bound(OptimizationDirection::Minimize)?, bound(OptimizationDirection::Maximize)?))
}

/// Hidden cells whose value is found, and found right.
fn recovered(published: &Published, truth: &Published) -> Vec<String> {
    let mut found = Vec::new();
    for (name, group) in published {
        for (authority, _) in group.cells.iter().filter(|(_, cell)| cell.is_none()) {
            let Some((least, most)) = bounds(group, authority) else { continue };
            let value = truth[name].cells[authority];
            if most - least < 0.5 && value.is_some_and(|value| (value - least).abs() < 0.5) {
                found.push(format!("{name:?} {authority}: {value:?}"));
            }
        }
    }
    found
}

#[test]
fn no_hidden_cell_can_be_worked_out_from_what_is_published() {
    let site = Site::published();
    let open = Site::copy_of(site);
    let answer = open.peil_with(&["run", "--as-of", AS_OF], &[("PEIL_PRIVACY_THRESHOLD", "1")]);
    assert_eq!(answer.code, Some(0), "{}", answer.stderr);
    for (published, truth) in [(indicators(site), indicators_of(&open)), (portal(site), portal(&open))] {
        let hidden = published.values().flat_map(|group| group.cells.values()).filter(|cell| cell.is_none()).count();
        assert!(hidden > 100, "only {hidden} cells are hidden: there is nothing to attack");
        let found = recovered(&published, &truth);
        // Where each hidden cell holds one person, their number is their total: the page on privacy says so.
        let unavoidable = |text: &String| text.ends_with("Some(1.0)");
        let found: Vec<String> = found.into_iter().filter(|text| !unavoidable(text)).collect();
        assert!(found.is_empty(), "{found:?}");
    }
}

/// All indicators by authority, where none is hidden.
fn indicators_of(site: &Site) -> Published {
    let mut found = Published::new();
    let rows = site
        .sql("select indicator_id, period, nis_code, value from marts.indicator_by_authority where period >= '2021'");
    for row in rows {
        let group = found.entry((row[0].clone(), row[1].clone())).or_default();
        group.cells.insert(row[2].clone(), Some(row[3].parse().unwrap_or(0.0)));
    }
    found
}

#[test]
fn the_same_figure_is_hidden_in_each_period_that_shows_it() {
    // A stock of the year is that of its last quarter: one shown would tell the other.
    let differing = Site::published().value(
        "select count(*) from marts.indicator_by_authority y
         join marts.indicator_by_authority q on q.indicator_id = y.indicator_id and q.nis_code = y.nis_code
         and q.period = concat(y.period, 'Q4')
         join marts.indicators i on i.indicator_id = y.indicator_id
         where i.kind in ('stock', 'cumulative', 'rolling') and length(y.period) = 4 and y.suppressed <> q.suppressed",
    );
    assert_eq!(differing, "0");
}

fn events(counts: &[(&str, u32)], month: u32) -> String {
    let mut lines = String::new();
    for (authority, persons) in counts {
        for person in 0..*persons {
            lines.push_str(&format!(
                "{{\"gebeurtenis_id\":\"e-{month}-{authority}-{person}\",\"tijdstip\":\"2022-{month:02}-02T10:00:00Z\",\"gebruiker_id\":\"{authority}-{person}\",\"bestuur\":\"{authority}\",\"onderdeel\":\"bouwstenen\",\"actie\":\"bekijken\",\"ip\":\"\"}}\n"
            ));
        }
    }
    lines
}

#[test]
fn the_difference_between_two_releases_tells_nobody() {
    let site = Site::empty();
    peil_tests::copy_tree(&peil_tests::sample_folder().join("reference"), &site.landing().join("reference"));
    let run = ["run", "--as-of", "2022-07-31"];
    site.deliver("portal/events/2022-04.ndjson", events(&[("Gent", 4), ("Aalst", 3), ("Brugge", 20)], 4));
    let first = site.peil(&run);
    assert_eq!(first.code, Some(0), "{}", first.stderr);
    let closed = site.peil(&["close", "2022Q2"]);
    assert_eq!(closed.code, Some(0), "{}", closed.stderr);
    let hidden = |schema: &str| {
        site.sql(&format!(
            "select authority, suppressed from {schema}.portal_usage_by_authority where period = '2022Q2' and module = 'bouwstenen' order by 1"
        ))
    };
    let before = hidden("marts");
    assert_eq!(before, [["Aalst", "true"], ["Brugge", "false"], ["Gent", "true"]]);
    // A fifth person in Gent, one more in all: shown, it would tell that there were four.
    site.deliver("portal/events/2022-05.ndjson", events(&[("Gent", 5)], 5));
    assert_eq!(site.peil(&run).code, Some(0));
    assert_eq!(hidden("marts"), before);
    assert_eq!(site.peil(&["close", "2022Q2", "--reason", "een late levering"]).code, Some(0));
    assert_eq!(hidden("release_2022q2_r2"), before);
    let proof = site.peil(&["releases", "verify"]);
    assert_eq!(proof.code, Some(0), "{}{}", proof.stdout, proof.stderr);
}
