//! Where things stand in the workbook; writer and reader both go by it.

use peil_warehouse::Period;

use super::register::Kind;

/// The sheet that explains, with the year and the state of the register.
pub(super) const EXPLANATION: &str = "Toelichting";
/// The sheet of baselines and targets.
pub(super) const TARGETS: &str = "Doelen";
/// The sheet of milestones.
pub(super) const MILESTONES: &str = "Mijlpalen";
/// The sheet of what may be chosen.
pub(super) const LISTS: &str = "Lijsten";

/// Cells of the explanation that the reader goes by: row and column from 0.
pub(super) const YEAR: (u32, u16) = (2, 1);
pub(super) const VERSION: (u32, u16) = (3, 1);

/// Columns of the sheet of targets that name the row.
pub(super) const NAMING: [&str; 5] = ["Indicator", "Naam", "Programma", "Onderdeel", "Eenheid"];
/// Columns of the sheet of milestones.
pub(super) const MILESTONE_COLUMNS: [&str; 6] = ["Indicator", "Naam", "Periode", "Gepland", "Stand", "Toelichting"];
/// Empty rows for milestones that are new.
pub(super) const SPARE_ROWS: u32 = 60;
/// The mark of a planned milestone.
pub(super) const MARK: &str = "x";

/// A column of the sheet of targets that is filled in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TargetColumn {
    pub(super) heading: String,
    pub(super) kind: Kind,
    pub(super) period: Period,
}

/// The columns of a year: the baseline of the year before, the four quarters,
/// the year, and the two years after.
pub(super) fn target_columns(year: i32) -> Vec<TargetColumn> {
    let before = Period::year(year - 1);
    let mut columns = vec![TargetColumn { heading: format!("Basis {before}"), kind: Kind::Baseline, period: before }];
    let quarters = (1..=4).map(|number| Period::quarter(year, number));
    let years = (0..=2).map(|after| Period::year(year + after));
    columns.extend(quarters.chain(years).map(|period| TargetColumn {
        heading: format!("Doel {period}"),
        kind: Kind::Target,
        period,
    }));
    columns
}

/// The first day and the last of what the workbook of a year speaks of.
pub(super) fn covers(year: i32, period: Period) -> bool {
    (year - 1..=year + 2).contains(&period.calendar_year())
}

/// The periods that a milestone may bear.
pub(super) fn milestone_periods(year: i32) -> Vec<Period> {
    let of_year = (1..=4).map(|number| Period::quarter(year, number));
    let semesters = (1..=2).map(|number| Period::semester(year, number));
    let mut periods = vec![Period::year(year - 1)];
    periods.extend(of_year.chain(semesters));
    periods.push(Period::year(year));
    for later in [year + 1, year + 2] {
        periods.extend((1..=4).map(|number| Period::quarter(later, number)));
        periods.push(Period::year(later));
    }
    periods
}
