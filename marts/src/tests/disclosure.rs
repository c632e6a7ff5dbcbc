//! What is hidden, and what with it.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, BooleanArray, Float64Array, Int64Array, RecordBatch, StringArray};

use crate::disclosure::control;
use crate::model::Disclosure;

/// Cells of one indicator and period: province and count.
fn hide(cells: &[(&str, i64)]) -> Vec<bool> {
    hide_again(cells, &[])
}

/// The same, where some were hidden when they were published.
fn hide_again(cells: &[(&str, i64)], before: &[bool]) -> Vec<bool> {
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("period", Arc::new(StringArray::from(vec!["2022Q1"; cells.len()]))),
        ("province", Arc::new(cells.iter().map(|cell| Some(cell.0)).collect::<StringArray>())),
        ("users", Arc::new(Int64Array::from_iter_values(cells.iter().map(|cell| cell.1)))),
        ("events", Arc::new(Int64Array::from_iter_values(cells.iter().map(|cell| cell.1 * 10)))),
        ("suppressed", Arc::new(BooleanArray::from(vec![false; cells.len()]))),
    ];
    let rows = RecordBatch::try_from_iter(columns).unwrap();
    let rules = Disclosure {
        value: "users".into(),
        with: vec!["events".into()],
        within: vec!["period".into()],
        over: Some("province".into()),
        threshold_on: None,
        applies: None,
    };
    let rows = control("a test", &rows, &rules, 5, before).unwrap();
    let hidden: BooleanArray = rows["suppressed"].as_any().downcast_ref::<BooleanArray>().unwrap().clone();
    for row in 0..hidden.len() {
        assert_eq!(rows["users"].is_null(row), hidden.value(row));
        assert_eq!(rows["events"].is_null(row), hidden.value(row));
    }
    hidden.values().iter().collect()
}

#[test]
fn few_persons_are_hidden_and_zero_is_shown() {
    assert_eq!(hide(&[("a", 0), ("a", 1), ("a", 4), ("a", 5)]), [false, true, true, false]);
}

#[test]
fn the_next_smallest_of_the_province_is_hidden_with_a_single_cell() {
    assert_eq!(hide(&[("a", 0), ("a", 9), ("a", 4), ("a", 7), ("b", 6)]), [false, false, true, true, false]);
}

#[test]
fn of_equal_cells_the_first_by_key_is_hidden() {
    assert_eq!(hide(&[("a", 7), ("a", 7), ("a", 3)]), [true, false, true]);
}

#[test]
fn a_cell_alone_in_its_province_takes_one_elsewhere_with_it() {
    // The only cell of a; over all the next smallest is 6 in b, which must not stand alone there either.
    assert_eq!(hide(&[("a", 0), ("a", 3), ("b", 8), ("b", 6), ("b", 9)]), [false, true, true, true, false]);
    assert_eq!(hide(&[("a", 3), ("b", 6)]), [true, true]);
    assert_eq!(hide(&[("a", 3), ("b", 0)]), [true, false]);
}

#[test]
fn what_was_published_hidden_stays_hidden() {
    // One more person and the total one more: else the difference would tell that it was 4.
    assert_eq!(hide_again(&[("a", 5), ("a", 3), ("b", 9)], &[true, true, false]), [true, true, false]);
    // Also where nobody is left, and with another where it would stand alone.
    assert_eq!(hide_again(&[("a", 0), ("a", 7), ("a", 8)], &[true, false, false]), [true, true, false]);
}

#[test]
fn nothing_is_hidden_without_need() {
    assert_eq!(hide(&[("a", 0), ("a", 5), ("b", 900)]), [false; 3]);
    assert_eq!(hide(&[]), [false; 0]);
}

#[test]
fn an_average_of_few_ratings_is_hidden_where_it_applies() {
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("ratings", Arc::new(Int64Array::from(vec![4, 5, 0, 2]))),
        ("score", Arc::new(Float64Array::from(vec![Some(3.5), Some(4.0), None, Some(1.0)]))),
        ("applies", Arc::new(BooleanArray::from(vec![true, true, true, false]))),
        ("suppressed", Arc::new(BooleanArray::from(vec![false; 4]))),
    ];
    let rules = Disclosure {
        value: "score".into(),
        with: Vec::new(),
        within: Vec::new(),
        over: None,
        threshold_on: Some("ratings".into()),
        applies: Some("applies".into()),
    };
    let rows = control("a test", &RecordBatch::try_from_iter(columns).unwrap(), &rules, 5, &[]).unwrap();
    assert_eq!((0..4).map(|row| rows["score"].is_null(row)).collect::<Vec<_>>(), [true, false, true, false]);
    assert!(control("a test", &rows, &Disclosure { value: "scoer".into(), ..rules }, 5, &[]).is_ok());
}
