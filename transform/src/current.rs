//! The row in force per key.
//!
//! Of two rows with one key the later is in force: by delivery date, then
//! file name, then row number, then moment of receipt. So the outcome depends
//! on neither the order in which deliveries arrive nor the number of runs. A
//! row that replaces another with other content is a correction of its
//! delivery.

use std::collections::HashSet;
use std::sync::Arc;

use peil_warehouse::Result;

/// A row that may share its key with another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Candidate {
    /// Hash of the key, in two halves.
    pub key: [u64; 2],
    /// Hash of the business columns.
    pub content: u64,
    /// Place of the delivery's date and name among those of the dataset.
    pub place: u32,
    /// Row number in the delivery.
    pub row: u32,
    /// Which delivery, in order: of one place the later received is higher.
    pub delivery: u32,
    /// Position among the accepted rows of the delivery.
    pub position: u32,
}

/// What is no longer in force, and what was corrected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Decision {
    /// Of each delivery, the positions of the rows that a later one replaced,
    /// sorted.
    pub replaced: Vec<Vec<u32>>,
    /// Of each delivery, how many of its rows replaced one with other content.
    pub corrections: Vec<u64>,
}

/// Splits a 128-bit hash as [`Candidate::key`] has it.
pub(crate) fn halves(hash: u128) -> [u64; 2] {
    [(hash >> 64) as u64, hash as u64]
}

/// Decides between candidates of a dataset with so many deliveries.
pub(crate) fn decide(mut candidates: Vec<Candidate>, deliveries: usize) -> Decision {
    candidates.sort_unstable_by_key(|row| (row.key, row.place, row.row, row.delivery, row.position));
    let mut decision = Decision { replaced: vec![Vec::new(); deliveries], corrections: vec![0; deliveries] };
    for pair in candidates.windows(2) {
        let (earlier, later) = (pair[0], pair[1]);
        if earlier.key == later.key {
            decision.replaced[earlier.delivery as usize].push(earlier.position);
            decision.corrections[later.delivery as usize] += u64::from(earlier.content != later.content);
        }
    }
    decision.replaced.iter_mut().for_each(|positions| positions.sort_unstable());
    decision
}

/// Parts of the range of hashes that are looked at one by one, so that what
/// is sorted is little.
const PARTS: u64 = 16;
/// Fewer hashes are looked at all at once.
const FEW: usize = 1 << 18;

/// The hashes that occur more than once over all lists: a filter that lets few
/// rows through, for datasets of many rows. `beside` computes a part beside
/// what waits.
///
/// # Errors
/// Those of `beside`.
pub(crate) async fn repeated<F>(lists: &Arc<Vec<Vec<u64>>>, beside: impl Fn(Task) -> F) -> Result<HashSet<u64>>
where
    F: Future<Output = Result<Vec<u64>>>,
{
    let all: usize = lists.iter().map(Vec::len).sum();
    let parts = if all > FEW { PARTS } else { 1 };
    let tasks = (0..parts).map(|part| {
        let lists = Arc::clone(lists);
        beside(Box::new(move || repeated_in(&lists, part, parts)))
    });
    let found: Vec<Vec<u64>> = futures::future::try_join_all(tasks).await?;
    Ok(found.into_iter().flatten().collect())
}

/// Finds the repeated hashes of one part.
pub(crate) type Task = Box<dyn FnOnce() -> Vec<u64> + Send>;

/// The repeated hashes in one of `parts` equal parts of their range.
fn repeated_in(lists: &[Vec<u64>], part: u64, parts: u64) -> Vec<u64> {
    let is_in = |hash: u64| ((u128::from(hash) * u128::from(parts)) >> 64) as u64 == part;
    let mut hashes: Vec<u64> = lists.iter().flatten().copied().filter(|hash| is_in(*hash)).collect();
    hashes.sort_unstable();
    let mut twice: Vec<u64> = hashes.windows(2).filter(|pair| pair[0] == pair[1]).map(|pair| pair[0]).collect();
    twice.dedup();
    twice
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(key: u64, content: u64, place: u32, row: u32, delivery: u32) -> Candidate {
        Candidate { key: [0, key], content, place, row, delivery, position: row - 1 }
    }

    #[test]
    fn the_later_wins_by_place_then_row_then_receipt() {
        let rows = vec![
            row(1, 10, 1, 1, 2),
            row(1, 20, 0, 9, 0),
            // Of one date and name the row number comes before the receipt.
            row(2, 10, 0, 8, 0),
            row(2, 20, 0, 3, 1),
            row(3, 10, 0, 5, 0),
            row(3, 20, 0, 5, 1),
        ];
        let expected = Decision { replaced: vec![vec![4, 8], vec![2], vec![]], corrections: vec![1, 1, 1] };
        assert_eq!(decide(rows.clone(), 3), expected);
        let turned: Vec<_> = rows.into_iter().rev().collect();
        assert_eq!(decide(turned, 3), expected);
    }

    #[test]
    fn a_correction_has_other_content_than_what_it_directly_replaces() {
        let rows = vec![row(1, 10, 0, 1, 0), row(1, 10, 1, 1, 1), row(1, 20, 2, 1, 2), row(1, 10, 3, 1, 3)];
        let decision = decide(rows, 4);
        assert_eq!(decision.corrections, [0, 0, 1, 1]);
        assert_eq!(decision.replaced, [vec![0], vec![0], vec![0], vec![]]);
    }

    #[test]
    fn a_delivery_can_correct_itself() {
        let decision = decide(vec![row(1, 10, 0, 1, 0), row(1, 20, 0, 2, 0), row(2, 5, 0, 3, 0)], 1);
        assert_eq!(decision, Decision { replaced: vec![vec![0]], corrections: vec![1] });
    }

    #[test]
    fn repeated_hashes_are_found_across_deliveries_in_any_part() {
        let high = u64::MAX - 1;
        let deliveries = [vec![1, 2, 3, high], vec![4, 2], vec![5, 5, 1, high]];
        let found = |parts| (0..parts).flat_map(|part| repeated_in(&deliveries, part, parts)).collect::<Vec<_>>();
        assert_eq!(found(1), [1, 2, 5, high]);
        assert_eq!(found(16), [1, 2, 5, high]);
    }
}
