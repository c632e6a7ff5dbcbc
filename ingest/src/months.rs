//! The rows of a large dataset by Brussels month.
//!
//! Conformed tables of large datasets are kept by month. A row group whose
//! rows are all of one month goes there as it is encoded, so staged files of
//! such datasets are cut where the month changes.

use arrow::array::{Array, RecordBatch};
use peil_warehouse::contract::{Contract, FactDay};
use peil_warehouse::days::{Month, Months, days_of};

/// Row groups of a file beyond which its rows are not in the order of time:
/// cutting them would make crumbs.
const MOST_GROUPS: usize = 8;

/// The batches cut where the month changes; none where the dataset is not
/// large, or its rows not in the order of time.
pub(crate) fn by_month(batches: &[RecordBatch], contract: &Contract) -> Option<Vec<Vec<RecordBatch>>> {
    let Some(FactDay::Earliest(columns)) = contract.fact_day.as_ref().filter(|_| contract.large_fact) else {
        return None;
    };
    let mut groups: Vec<(Option<Month>, Vec<RecordBatch>)> = Vec::new();
    for batch in batches {
        let months = months_of(batch.column_by_name(columns.first()?)?.as_ref())?;
        let mut start = 0;
        for stretch in months.chunk_by(|one, other| one == other) {
            let rows = batch.slice(start, stretch.len());
            start += stretch.len();
            match groups.last_mut() {
                Some((month, group)) if *month == stretch[0] => group.push(rows),
                _ => groups.push((stretch[0], vec![rows])),
            }
            if groups.len() > MOST_GROUPS {
                return None;
            }
        }
    }
    Some(groups.into_iter().map(|(_, group)| group).collect())
}

/// The month of each row; none where the column holds neither moments nor
/// days.
fn months_of(column: &dyn Array) -> Option<Vec<Option<Month>>> {
    let mut months = Months::default();
    Some(days_of(column)?.into_iter().map(|day| months.of(day?)).collect())
}
