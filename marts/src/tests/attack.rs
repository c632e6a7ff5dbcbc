//! Disclosure control against an adversary who knows its rules: bounds of each
//! hidden cell by linear programming, over many small tables.

use microlp::{ComparisonOp, OptimizationDirection, Problem};

use super::disclosure::hide;

/// Numbers that are the same at each run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

/// The least and the most that each of `cells` hidden cells can be, where they
/// are one at least, since zero is shown, and add up to `rest`.
fn bounds(cells: usize, rest: i64) -> Vec<(i64, i64)> {
    let solve = |direction: OptimizationDirection, wanted: usize| {
        let mut problem = Problem::new(direction);
        let most = i32::try_from(rest).unwrap();
        let variables: Vec<_> =
            (0..cells).map(|cell| problem.add_integer_var(f64::from(u8::from(cell == wanted)), (1, most))).collect();
        let sum: Vec<_> = variables.iter().map(|variable| (*variable, 1.0)).collect();
        problem.add_constraint(sum.as_slice(), ComparisonOp::Eq, f64::from(most));
        problem.solve().unwrap().into_solution().unwrap().objective().round() as i64
    };
    (0..cells)
        .map(|cell| (solve(OptimizationDirection::Minimize, cell), solve(OptimizationDirection::Maximize, cell)))
        .collect()
}

#[test]
fn the_bounds_of_the_attack_are_right() {
    assert_eq!(bounds(1, 4), [(4, 4)]);
    assert_eq!(bounds(2, 5), [(1, 4), (1, 4)]);
    assert_eq!(bounds(3, 3), [(1, 1); 3]);
}

#[test]
fn no_hidden_cell_is_worked_out_from_totals_while_another_could_be_hidden() {
    let mut dice = Dice(7);
    let (mut attacked, mut given_away_by_the_public_total) = (0, 0);
    for _ in 0..600 {
        let size = 1 + dice.below(9) as usize;
        let most = 2 + dice.below(9);
        let cells: Vec<(&str, i64)> =
            (0..size).map(|_| (["a", "b", "c"][dice.below(3) as usize], dice.below(most) as i64)).collect();
        let hidden = hide(&cells);
        let of = |province: Option<&str>, wanted: bool| -> Vec<i64> {
            let rows = cells.iter().zip(&hidden);
            rows.filter(|(cell, hidden)| **hidden == wanted && province.is_none_or(|name| name == cell.0))
                .map(|(cell, _)| cell.1)
                .collect()
        };
        for (cell, hidden) in cells.iter().zip(&hidden) {
            assert!(*hidden || cell.1 == 0 || cell.1 >= 5, "{cell:?} is shown in {cells:?}");
            assert!(!hidden || cell.1 > 0, "a zero is hidden in {cells:?}");
        }
        // The total over all is shown.
        let (closed, open) = (of(None, true), of(None, false));
        if !closed.is_empty() {
            let told = bounds(closed.len(), closed.iter().sum()).iter().any(|(least, most)| least == most);
            attacked += closed.len();
            if open.iter().all(|count| *count == 0) {
                given_away_by_the_public_total += usize::from(told);
            } else {
                assert!(!told, "{cells:?}, hidden {hidden:?}");
            }
        }
        // The total of a province, should anyone know it.
        for province in ["a", "b", "c"] {
            let alone = of(Some(province), true).len() == 1;
            assert!(!alone || of(Some(province), false).iter().all(|count| *count == 0), "{province} of {cells:?}");
        }
    }
    assert!(attacked > 1000, "only {attacked} cells were attacked");
    // Both happen, or the test would prove little.
    assert!(given_away_by_the_public_total > 0);
}
