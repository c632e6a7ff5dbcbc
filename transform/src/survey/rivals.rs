//! Which rows share their key with another.
//!
//! Row groups whose keys lie apart have no key in common: only those that
//! overlap are compared with each other, and of one that overlaps with none
//! and whose keys ascend, nothing is read at all. Where keys ascend, only those
//! count that lie where another group has keys too. Where they come in no
//! order, every key is compared with every other by its hash.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{DataType, Field, Schema};
use bytes::Bytes;
use futures::{StreamExt, TryStreamExt};
use peil_warehouse::Result;
use peil_warehouse::contract::{LINE, ROW};
use peil_warehouse::table::{self, RowGroups};
use xxhash_rust::xxh3::xxh3_64;

use super::look::{Look, key_text};
use crate::conform::{candidates, derive, key_columns, key_hashes, staged_columns};
use crate::current::{Candidate, repeated};
use crate::frame::{Slices, read_all};
use crate::job::Job;

/// In a region of more groups, keys are not asked whether they meet another's:
/// that would take as long as it saves.
const MOST_MEETING: usize = 64;
/// Pieces of the work that are under way at the same time.
const CONCURRENT: usize = 3;

/// A row group among all of a dataset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    delivery: usize,
    file: usize,
    group: usize,
}

/// The rows of a dataset that share their key with another, where one of both
/// is of a delivery that is `fresh`.
///
/// # Errors
/// [`peil_warehouse::Error::Storage`] where a staged file cannot be read.
pub(super) async fn of(job: &Job, looks: &[Look], fresh: &[bool]) -> Result<Vec<Candidate>> {
    let regions = regions(looks).into_iter().filter(|region| is_due(looks, fresh, region));
    futures::stream::iter(regions)
        .map(|region| in_region(job, looks, region))
        .buffered(job.memory.at_once(CONCURRENT))
        .try_concat()
        .await
}

/// The row groups whose keys may meet, together.
fn regions(looks: &[Look]) -> Vec<Vec<Place>> {
    let mut all: Vec<(Option<&(String, String)>, Place)> = Vec::new();
    for (delivery, look) in looks.iter().enumerate() {
        for (file, groups) in look.iter().enumerate() {
            let place = |group| Place { delivery, file, group };
            all.extend(groups.iter().enumerate().map(|(group, seen)| (seen.keys.as_ref(), place(group))));
        }
    }
    if all.iter().any(|(keys, _)| keys.is_none()) {
        return vec![all.into_iter().map(|(_, place)| place).collect()];
    }
    all.sort_unstable();
    let mut regions: Vec<Vec<Place>> = Vec::new();
    let mut reach: Option<&str> = None;
    for (keys, place) in all {
        let Some((least, greatest)) = keys else { continue };
        match regions.last_mut() {
            Some(region) if reach.is_some_and(|reach| least.as_str() <= reach) => region.push(place),
            _ => regions.push(vec![place]),
        }
        reach = reach.max(Some(greatest));
    }
    regions.iter_mut().for_each(|region| region.sort_unstable());
    regions
}

fn is_due(looks: &[Look], fresh: &[bool], region: &[Place]) -> bool {
    let alone = matches!(region, [one] if looks[one.delivery][one.file][one.group].ascends);
    !alone && region.iter().any(|place| fresh[place.delivery])
}

/// The row groups of one staged file.
#[derive(Debug, Clone)]
struct Piece {
    delivery: usize,
    file: usize,
    groups: Vec<usize>,
}

/// The rows of a region that share their key with another of it.
async fn in_region(job: &Job, looks: &[Look], region: Vec<Place>) -> Result<Vec<Candidate>> {
    let pieces: Vec<Piece> = region
        .chunk_by(|one, other| (one.delivery, one.file) == (other.delivery, other.file))
        .map(|places| Piece {
            delivery: places[0].delivery,
            file: places[0].file,
            groups: places.iter().map(|place| place.group).collect(),
        })
        .collect();
    let meeting = Arc::new(meeting(looks, &region));
    let hashed: Vec<Hashed> = futures::stream::iter(pieces.iter().cloned())
        .map(|piece| {
            let meeting = Arc::clone(&meeting);
            async move {
                let content = content(job, &piece).await?;
                job.compute(move |job| hashed(job, &piece, content, &meeting)).await
            }
        })
        .buffered(job.memory.at_once(CONCURRENT))
        .try_collect()
        .await?;
    let (rows, hashes): (Vec<Option<Vec<u32>>>, Vec<Vec<u64>>) =
        hashed.into_iter().map(|hashed| (hashed.rows, hashed.hashes)).unzip();
    let hashes = Arc::new(hashes);
    let twice = repeated(&hashes, |task| job.compute(move |_| Ok(task()))).await?;
    if twice.is_empty() {
        return Ok(Vec::new());
    }
    let of_each =
        move || hashes.iter().zip(rows).map(|(hashes, rows)| rows_of(hashes, rows, &twice)).collect::<Vec<_>>();
    let rows = job.compute(move |_| Ok(of_each())).await?;
    let rivals = pieces.into_iter().zip(rows).filter(|(_, rows)| !rows.is_empty());
    futures::stream::iter(rivals)
        .map(|(piece, rows)| async move {
            let start: u32 = looks[piece.delivery][..piece.file].iter().flatten().map(|group| group.rows()).sum();
            let content = content(job, &piece).await?;
            job.compute(move |job| compare(job, &piece, content, &rows, start)).await
        })
        .buffered(job.memory.at_once(CONCURRENT))
        .try_concat()
        .await
}

async fn content(job: &Job, piece: &Piece) -> Result<Vec<(usize, Bytes)>> {
    job.staged_files(&job.deliveries[piece.delivery], vec![piece.file]).await
}

/// Between which keys a group of ascending keys meets others of its region, by
/// its place; of one that is not there every key may meet another.
type Meeting = BTreeMap<Place, Vec<(String, String)>>;

fn meeting(looks: &[Look], region: &[Place]) -> Meeting {
    let group = |place: &Place| &looks[place.delivery][place.file][place.group];
    let known: Option<Vec<(&Place, &(String, String))>> =
        region.iter().map(|place| Some((place, group(place).keys.as_ref()?))).collect();
    let Some(known) = known.filter(|known| known.len() <= MOST_MEETING) else { return Meeting::new() };
    let others = |own: &Place, (least, greatest): &(String, String)| {
        let overlaps = |keys: &&(String, String)| keys.0 <= *greatest && keys.1 >= *least;
        known.iter().filter(|(place, _)| *place != own).map(|(_, keys)| *keys).filter(overlaps).cloned().collect()
    };
    let ascending = known.iter().filter(|(place, _)| group(place).ascends);
    ascending.map(|(place, keys)| (**place, others(place, keys))).collect()
}

/// Rows with the hashes of their keys.
#[derive(Debug, Default)]
struct Hashed {
    /// Numbers of the rows within the groups of the piece; none: all of them.
    rows: Option<Vec<u32>>,
    hashes: Vec<u64>,
}

/// A hash of the key of each row of the groups that may meet another.
fn hashed(job: &Job, piece: &Piece, content: Vec<(usize, Bytes)>, meeting: &Meeting) -> Result<Hashed> {
    let place = |group: usize| Place { delivery: piece.delivery, file: piece.file, group };
    let is_bounded = piece.groups.iter().any(|group| meeting.contains_key(&place(*group)));
    let (mut rows, mut hashes) = (Vec::new(), Vec::new());
    for (_, content) in content {
        let Some(key) = key_text(&job.dataset) else {
            for slice in Slices::open(content, key_columns(&job.dataset))? {
                let mut frame = slice?;
                derive(&mut frame, &job.dataset, &job.deliveries[piece.delivery], &job.resolver)?;
                hashes.extend(key_hashes(&frame, &job.dataset)?.into_iter().map(|hash| hash as u64));
            }
            continue;
        };
        let groups = RowGroups::open(content)?;
        let mut start = 0;
        for number in &piece.groups {
            let keys = groups.read(*number, &[key.field()], None)?;
            let keys = keys[0].as_string::<i32>();
            let others = meeting.get(&place(*number));
            for (row, key) in (start..).zip(keys) {
                let key = key.unwrap_or_default();
                let may_meet = |(least, greatest): &(String, String)| key >= least.as_str() && key <= greatest.as_str();
                if others.is_none_or(|others| others.iter().any(may_meet)) {
                    hashes.push(xxh3_64(key.as_bytes()));
                    rows.extend(is_bounded.then_some(row));
                }
            }
            start += keys.len() as u32;
        }
    }
    Ok(Hashed { rows: is_bounded.then_some(rows), hashes })
}

/// The rows whose hash occurs twice.
fn rows_of(hashes: &[u64], rows: Option<Vec<u32>>, twice: &HashSet<u64>) -> Vec<u32> {
    let found = hashes.iter().enumerate().filter(|(_, hash)| twice.contains(hash));
    found.map(|(at, _)| rows.as_ref().map_or(at as u32, |rows| rows[at])).collect()
}

/// The rows of a piece, as candidates: `rows` are numbered within its groups,
/// its file begins at `start` in the delivery. They are few: they are picked
/// out, and then handled as those of any dataset.
fn compare(job: &Job, piece: &Piece, content: Vec<(usize, Bytes)>, rows: &[u32], start: u32) -> Result<Vec<Candidate>> {
    let delivery = &job.deliveries[piece.delivery];
    let origin = [ROW, LINE].map(|name| Field::new(name, DataType::Int64, true));
    let fields: Vec<Field> = job.dataset.contract.stored_columns().map(|column| column.field()).chain(origin).collect();
    let schema = Arc::new(Schema::new(fields.clone()));
    let mut picked = Vec::new();
    let mut positions = Vec::new();
    for (_, content) in content {
        let groups = RowGroups::open(content)?;
        let (mut within, mut offset) = (0u32, start);
        for (number, of_group) in groups.rows().enumerate() {
            let of_group = of_group as u32;
            if piece.groups.contains(&number) {
                let end = within + of_group;
                let here = &rows[rows.partition_point(|row| *row < within)..rows.partition_point(|row| *row < end)];
                if !here.is_empty() {
                    let ranges = here.iter().map(|row| (*row - within) as usize).map(|row| row..row + 1);
                    let columns = groups.read(number, &fields, Some(ranges.collect()))?;
                    picked.push(RecordBatch::try_new(Arc::clone(&schema), columns)?);
                    positions.extend(here.iter().map(|row| row - within + offset));
                }
                within = end;
            }
            offset += of_group;
        }
    }
    let mut frame = read_all([table::encode(&picked, &schema)?], &staged_columns(&job.dataset))?;
    derive(&mut frame, &job.dataset, delivery, &job.resolver)?;
    let mut found = candidates(&frame, &job.dataset, &job.resolver, delivery.place, piece.delivery as u32)?;
    found.iter_mut().zip(positions).for_each(|(candidate, position)| candidate.position = position);
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::survey::look::{Group, Run};

    fn group(least: &str, greatest: &str) -> Group {
        let keys = Some((least.to_owned(), greatest.to_owned()));
        Group { runs: vec![Run { month: Some(1), rows: 2 }], keys, ascends: true }
    }

    #[test]
    fn groups_meet_where_their_keys_overlap_directly_or_through_others() {
        let looks = [
            vec![vec![group("a", "c"), group("p", "q")]],
            vec![vec![group("e", "f")], vec![group("b", "d"), group("d", "e")]],
        ];
        let place = |delivery, file, group| Place { delivery, file, group };
        let expected = [vec![place(0, 0, 0), place(1, 0, 0), place(1, 1, 0), place(1, 1, 1)], vec![place(0, 0, 1)]];
        assert_eq!(regions(&looks), expected);
        assert!(is_due(&looks, &[true, false], &expected[0]));
        assert!(!is_due(&looks, &[false, false], &expected[0]));
        // Alone and in order: no key of it stands twice.
        assert!(!is_due(&looks, &[true, true], &expected[1]));
        let meeting = meeting(&looks, &expected[0]);
        assert_eq!(meeting[&place(0, 0, 0)], [("b".to_owned(), "d".to_owned())]);
        assert_eq!(meeting[&place(1, 1, 1)].len(), 2);
    }

    #[test]
    fn where_nothing_is_known_of_keys_all_groups_meet() {
        let unknown = Group { keys: None, ascends: false, ..group("", "") };
        let looks = [vec![vec![group("a", "b")]], vec![vec![unknown]]];
        assert_eq!(regions(&looks).iter().map(Vec::len).collect::<Vec<_>>(), [2]);
    }
}
