//! An attack on the published tables: whoever has all of them, knows the rules
//! by which cells are hidden and can add and subtract, learns no hidden cell.
//!
//! The attack is stronger than anyone outside: it is given the true sum over
//! all authorities of each figure. What the cells really are comes from the
//! same deliveries without disclosure control (a threshold of 0: a mean over
//! months can be less than 1), so that the attack itself is checked: no bound may exclude the truth.

use std::collections::BTreeMap;

use microlp::{ComparisonOp, OptimizationDirection, Problem};
use peil_tests::Site;

/// Figure and period: an indicator, or users or actions of a module.
type Group = (String, String);
/// Authority by NIS code.
type Cells = BTreeMap<Group, BTreeMap<String, Cell>>;

struct Cell {
    province: String,
    /// What is shown; none where it is hidden.
    shown: Option<i64>,
}

/// Counts of persons by authority, as whole numbers: a mean over months is
/// taken times their number.
const COUNTS: &str = "
    select b.indicator_id, b.period, b.nis_code, b.province,
      cast(round(b.value * case when b.indicator_id <> 'IV-PF-02' then 1 when b.period = '2022' then 7
        when b.period = '2022Q3' then 1 when b.period like '%Q%' then 3 else 12 end) as bigint) as value
    from marts.indicator_by_authority b
    where b.indicator_id in ('VVG-RA-02', 'VVG-BS-02', 'VVG-LN-03', 'VVG-AK-04',
      'IV-PF-02', 'IV-KE-01', 'IV-KE-02', 'IV-CO-02', 'IV-TL-07') and (b.suppressed or b.value is not null)
    union all select 'users ' || p.module, p.period, p.nis_code, coalesce(a.province, ''), p.users
    from marts.portal_usage_by_authority p
    left join (select distinct nis_code, province from marts.indicator_by_authority) a on a.nis_code = p.nis_code
    union all select 'events ' || p.module, p.period, p.nis_code, coalesce(a.province, ''), p.events
    from marts.portal_usage_by_authority p
    left join (select distinct nis_code, province from marts.indicator_by_authority) a on a.nis_code = p.nis_code
    order by 1, 2, 3";

/// Rolling counts of accounts, and the module whose accounts they count.
const ROLLING: [(&str, &str); 4] = [
    ("VVG-RA-02", "referentiearchitectuur"),
    ("VVG-BS-02", "bouwstenen"),
    ("VVG-LN-03", "leernetwerk"),
    ("VVG-AK-04", "bestekgenerator"),
];

fn cells(site: &Site) -> Cells {
    let mut cells = Cells::new();
    for row in site.sql(COUNTS) {
        let cell = Cell { province: row[3].clone(), shown: row[4].parse().ok() };
        cells.entry((row[0].clone(), row[1].clone())).or_default().insert(row[2].clone(), cell);
    }
    cells
}

/// Cells with their weights, whether their sum is exactly the number, and the
/// number.
type Bond = (Vec<(usize, f64)>, bool, f64);

/// What is known of each cell, and what binds cells together: a sum of some
/// that is at most, or exactly, a number.
struct Knowledge {
    bounds: Vec<(f64, f64)>,
    bonds: Vec<Bond>,
    truth: Vec<f64>,
    place: BTreeMap<(Group, String), usize>,
}

impl Knowledge {
    fn of(published: &Cells, truth: &Cells) -> Self {
        let mut known = Self { bounds: Vec::new(), bonds: Vec::new(), truth: Vec::new(), place: BTreeMap::new() };
        for (group, cells) in published {
            for (authority, cell) in cells {
                known.place.insert((group.clone(), authority.clone()), known.bounds.len());
                known.bounds.push(match cell.shown {
                    Some(value) => (value as f64, value as f64),
                    // Zero is shown.
                    None => (1.0, f64::INFINITY),
                });
                known.truth.push(truth[group][authority].shown.unwrap() as f64);
            }
            let places: Vec<usize> =
                cells.keys().map(|authority| known.place[&(group.clone(), authority.clone())]).collect();
            let sum: f64 = places.iter().map(|place| known.truth[*place]).sum();
            known.bind(places.into_iter().map(|place| (place, 1.0)).collect(), true, sum);
        }
        known
    }

    /// Takes what holds in truth: an authority that merged meanwhile binds
    /// nothing.
    fn bind(&mut self, terms: Vec<(usize, f64)>, exactly: bool, limit: f64) {
        let sum: f64 = terms.iter().map(|(place, factor)| factor * self.truth[*place]).sum();
        if sum <= limit && (!exactly || sum == limit) {
            self.bonds.push((terms, exactly, limit));
        }
    }

    fn at(&self, figure: &str, period: &str, authority: &str) -> Option<usize> {
        self.place.get(&((figure.to_owned(), period.to_owned()), authority.to_owned())).copied()
    }

    /// Narrows the bounds until nothing changes.
    fn narrow(&mut self) {
        loop {
            let mut changed = false;
            for (terms, exactly, limit) in &self.bonds {
                for sign in [1.0, -1.0].into_iter().take(if *exactly { 2 } else { 1 }) {
                    let least = |(place, factor): &(usize, f64)| {
                        let (low, high) = self.bounds[*place];
                        if factor * sign > 0.0 { factor * sign * low } else { factor * sign * high }
                    };
                    let unbounded = terms.iter().filter(|term| least(term).is_infinite()).count();
                    let sum: f64 = terms.iter().map(least).filter(|least| least.is_finite()).sum();
                    let room: Vec<(usize, f64, f64)> = terms
                        .iter()
                        .filter(|term| unbounded == 0 || (unbounded == 1 && least(term).is_infinite()))
                        .map(|term| {
                            let own = least(term);
                            (term.0, term.1 * sign, limit * sign - sum + if own.is_finite() { own } else { 0.0 })
                        })
                        .collect();
                    for (place, factor, room) in room {
                        let (low, high) = &mut self.bounds[place];
                        if factor > 0.0 && room / factor < *high {
                            *high = room / factor;
                            changed = true;
                        } else if factor < 0.0 && room / factor > *low {
                            *low = room / factor;
                            changed = true;
                        }
                    }
                }
            }
            if !changed {
                break;
            }
        }
        for (place, (low, high)) in self.bounds.iter().enumerate() {
            let truth = self.truth[place];
            assert!(*low <= truth && truth <= *high, "the attack is wrong: {truth} is not in {low}..{high}");
        }
    }

    /// Hidden cells of which one value alone is possible, though another cell
    /// of their figure and period that is not zero is shown.
    fn recovered(&self, published: &Cells) -> Vec<String> {
        let mut found = Vec::new();
        for (group, cells) in published {
            let place = |authority: &String| self.place[&(group.clone(), authority.clone())];
            let hidden: Vec<&String> =
                cells.iter().filter(|(_, cell)| cell.shown.is_none()).map(|(authority, _)| authority).collect();
            let more = cells.values().any(|cell| cell.shown.is_some_and(|value| value > 0));
            for authority in &hidden {
                let (low, high) = self.bounds[place(authority)];
                if more && low == high {
                    found.push(format!("{group:?} {authority}: {low}, of {} hidden", hidden.len()));
                }
            }
        }
        found
    }
}

fn without_control(site: &Site) -> Site {
    let open = Site::copy_of(site);
    let answer = open.peil_with(&["run", "--as-of", peil_tests::AS_OF], &[("PEIL_PRIVACY_THRESHOLD", "0")]);
    assert_eq!(answer.code, Some(0), "{}", answer.stderr);
    open
}

#[test]
fn an_attack_on_the_published_tables_recovers_no_hidden_cell() {
    let published = cells(Site::published());
    let truth = cells(&without_control(Site::published()));
    let hidden = published.values().flat_map(BTreeMap::values).filter(|cell| cell.shown.is_none()).count();
    assert!(hidden > 100, "only {hidden} cells are hidden");
    assert!(truth.values().flat_map(BTreeMap::values).all(|cell| cell.shown.is_some()));

    // Subtraction and bounds within a figure and period.
    let mut alone = Knowledge::of(&published, &truth);
    alone.narrow();
    assert_eq!(alone.recovered(&published), Vec::<String>::new());
    bounds_are_those_of_a_linear_program(&published, &alone);

    // The sum of a province, should anyone know it: no cell stands alone in it.
    for (group, cells) in &published {
        let mut provinces: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
        for cell in cells.values() {
            let (hidden, open) = provinces.entry(&cell.province).or_default();
            *hidden += usize::from(cell.shown.is_none());
            *open += usize::from(cell.shown.is_some_and(|value| value > 0));
        }
        let alone: Vec<_> = provinces.iter().filter(|(_, (hidden, open))| *hidden == 1 && *open > 0).collect();
        assert!(group.0.starts_with("events") || alone.is_empty(), "{group:?}: {alone:?}");
    }

    // Across breakdowns: who uses a module acts in it, once at least; who is counted in a quarter is counted in the
    // twelve months around it, and who is counted in those is counted in one of their quarters.
    let mut across = Knowledge::of(&published, &truth);
    let bonds = bonds_across(&published, &across);
    assert!(bonds.len() > 100, "only {} bonds", bonds.len());
    for (terms, exactly) in bonds {
        across.bind(terms, exactly, 0.0);
    }
    across.narrow();
    assert_eq!(across.recovered(&published), Vec::<String>::new());
}

/// What narrowing gives within one figure and period, a solver gives too.
fn bounds_are_those_of_a_linear_program(published: &Cells, known: &Knowledge) {
    let mut solved = 0;
    for (group, cells) in published {
        let place = |authority: &String| known.place[&(group.clone(), authority.clone())];
        let hidden: Vec<usize> =
            cells.iter().filter(|(_, cell)| cell.shown.is_none()).map(|(authority, _)| place(authority)).collect();
        if hidden.is_empty() || hidden.len() > 12 {
            continue;
        }
        let rest: f64 = hidden.iter().map(|place| known.truth[*place]).sum();
        for (direction, wanted) in [
            (OptimizationDirection::Minimize, known.bounds[hidden[0]].0),
            (OptimizationDirection::Maximize, known.bounds[hidden[0]].1),
        ] {
            let mut problem = Problem::new(direction);
            let terms: Vec<_> = hidden
                .iter()
                .enumerate()
                .map(|(at, _)| (problem.add_var(f64::from(u8::from(at == 0)), (1.0, f64::INFINITY)), 1.0))
                .collect();
            problem.add_constraint(terms.as_slice(), ComparisonOp::Eq, rest);
            let best = problem.solve().unwrap().into_solution().unwrap().objective();
            assert!((best - wanted).abs() < 1e-6, "{group:?}: {best}, and not {wanted}");
            solved += 1;
        }
    }
    assert!(solved > 10, "only {solved} programs were solved");
}

fn bonds_across(published: &Cells, known: &Knowledge) -> Vec<(Vec<(usize, f64)>, bool)> {
    let mut bonds = Vec::new();
    for ((figure, period), cells) in published {
        for authority in cells.keys() {
            let Some(own) = known.at(figure, period, authority) else { continue };
            if let Some(module) = figure.strip_prefix("users ")
                && let Some(events) = known.at(&format!("events {module}"), period, authority)
            {
                bonds.push((vec![(own, 1.0), (events, -1.0)], false));
            }
            // A stock and a rolling count of a year are those of its last day.
            if !period.contains('Q')
                && figure != "IV-PF-02"
                && let Some(last) = known.at(figure, &format!("{period}Q4"), authority)
            {
                bonds.push((vec![(own, 1.0), (last, -1.0)], true));
            }
            let module = ROLLING.iter().find(|(indicator, _)| indicator == figure).map(|(_, module)| module);
            let (Some(module), Some(quarters)) = (module, four_quarters(period)) else { continue };
            let users = format!("users {module}");
            // A quarter in which it is not named is one without users.
            let seen: Vec<usize> = quarters.iter().filter_map(|quarter| known.at(&users, quarter, authority)).collect();
            bonds.extend(seen.iter().map(|quarter| (vec![(*quarter, 1.0), (own, -1.0)], false)));
            let some = seen.iter().map(|quarter| (*quarter, -1.0));
            bonds.push((std::iter::once((own, 1.0)).chain(some).collect(), false));
        }
    }
    bonds
}

/// A quarter and the three before it.
fn four_quarters(period: &str) -> Option<Vec<String>> {
    let (year, quarter) = period.split_once('Q')?;
    let at = year.parse::<i32>().ok()? * 4 + quarter.parse::<i32>().ok()? - 1;
    Some((at - 3..=at).map(|at| format!("{}Q{}", at.div_euclid(4), at.rem_euclid(4) + 1)).collect())
}
