//! The daily activity on the portal: what distinct and rolling counts rest on,
//! so that they need not read every event, nor does what is told of the
//! deliveries that the counted events came in.

use std::collections::HashMap;
use std::ops::{BitOr, Shl};
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Date32Array, DictionaryArray, Int32Array, Int64Array, RecordBatch,
    StringArray,
};
use arrow::datatypes::{DataType, Date32Type, Field, Int32Type, Schema, SchemaRef};
use peil_warehouse::contract::{DELIVERY_DATE, OBJECT};
use peil_warehouse::table::{TableSpec, documented};
use peil_warehouse::{Error, Result};

use crate::columns::{Columns, repeated};
use crate::dataset::{Dataset, MONTH};
use crate::days::number_of;
use crate::delivery::Delivery;

/// The dataset of which a rollup is kept.
const DATASET: &str = "portal/events";
const TABLE: &str = "conformed/portal_activity";
const EVENTS: &str = "events";
const DAY: &str = "occurred_on";
/// The authority as it was written, which may resolve to none.
const AUTHORITY: &str = "authority";
const NAMES_AUTHORITY: &str = "names_authority";
/// Who did what for whom.
pub(crate) const TEXTS: [&str; 3] = ["user_id", "nis_code", "module"];

/// What the rollup of a dataset looks like; none where it has none.
pub(crate) fn spec(dataset: &Dataset) -> Option<TableSpec> {
    if dataset.name() != DATASET || !dataset.contract.large_fact {
        return None;
    }
    let parent = dataset.spec();
    let own = |name: &str| parent.schema.field_with_name(name).ok().cloned();
    own(AUTHORITY)?;
    let month = documented(Field::new(MONTH, DataType::Utf8, true), "Brussels month, as 2022-03");
    let names =
        documented(Field::new(NAMES_AUTHORITY, DataType::Boolean, true), "whether the events name an authority");
    let events = documented(Field::new(EVENTS, DataType::Int64, true), "number of events");
    let mut columns = vec![month];
    for name in [DAY].iter().chain(&TEXTS) {
        columns.push(own(name)?);
    }
    columns.extend([names, own(OBJECT)?, own(DELIVERY_DATE)?, events]);
    let description = "Activity on the portal: a row for each day, user, authority, module and delivery.";
    Some(TableSpec::new(TABLE, description, columns))
}

/// The column of the events that a column of the rollup is made of.
pub(crate) fn source(column: &str) -> &str {
    if column == NAMES_AUTHORITY { AUTHORITY } else { column }
}

/// What the rollup needs of some events of one delivery.
#[derive(Debug, Clone)]
pub(crate) struct Activity {
    days: DictionaryArray<Int32Type>,
    /// Those of [`TEXTS`].
    texts: [DictionaryArray<Int32Type>; 3],
    authorities: DictionaryArray<Int32Type>,
    object: String,
    date: i32,
}

impl Activity {
    /// Of columns by their names.
    pub fn of(columns: &Columns, delivery: &Delivery) -> Result<Self> {
        let column = |name: &str| {
            let column = columns.get(name).and_then(|column| column.as_dictionary_opt::<Int32Type>());
            column.cloned().ok_or_else(|| Error::internal(format!("the column {name} of the activity was not made")))
        };
        let [user, authority, module] = TEXTS;
        Ok(Self {
            days: column(DAY)?,
            texts: [column(user)?, column(authority)?, column(module)?],
            authorities: column(AUTHORITY)?,
            object: delivery.object.clone(),
            date: number_of(delivery.date),
        })
    }
}

/// The rollup of the events of one month, as rows of `schema`, its texts as
/// dictionaries.
pub(crate) fn rows(schema: &SchemaRef, month: &str, events: &[Activity]) -> Result<RecordBatch> {
    let days = Ranked::of(events.iter().map(|piece| Ok(days_of(&piece.days))))?;
    let texts = |at: usize| Ranked::of(events.iter().map(move |piece| texts_of(&piece.texts[at])));
    let (users, authorities, modules) = (texts(0)?, texts(1)?, texts(2)?);
    let named = Ranked::of(events.iter().map(|piece| {
        let (different, keys) = texts_of(&piece.authorities)?;
        Ok((different.into_iter().map(|text| text.map(|_| ())).collect(), keys.clone()))
    }))?;
    let deliveries = Ranked::of(events.iter().map(|piece| {
        Ok((vec![Some((piece.object.as_str(), piece.date))], Int32Array::from_value(0, piece.days.len())))
    }))?;
    // A row as one number whose order is that of the grain.
    let parts = [days.part(), users.part(), authorities.part(), modules.part(), named.part(), deliveries.part()];
    let bits: u32 = parts.iter().map(|(_, bits)| bits).sum();
    let groups: Vec<(u128, i64)> = if bits <= u64::BITS {
        counted(packed::<u64>(&parts)).map(|(key, count)| (key.into(), count)).collect()
    } else if bits <= u128::BITS {
        counted(packed::<u128>(&parts)).collect()
    } else {
        return Err(Error::internal("the activity of a month has more different values than fit a key"));
    };
    let mut shift = bits;
    let [
        days_of_groups,
        users_of_groups,
        authorities_of_groups,
        modules_of_groups,
        named_of_groups,
        deliveries_of_groups,
    ] = parts.map(|(_, bits)| {
        shift -= bits;
        groups.iter().map(|(key, _)| ((key >> shift) & ((1 << bits) - 1)) as u32).collect::<Vec<u32>>()
    });
    let text = |known: &[Option<&str>]| -> ArrayRef { Arc::new(StringArray::from_iter(known.iter().copied())) };
    let day = |known: &[Option<i32>]| -> ArrayRef { Arc::new(Date32Array::from_iter(known.iter().copied())) };
    let objects: Vec<Option<&str>> = deliveries.known.iter().map(|known| known.map(|(object, _)| object)).collect();
    let dates: Vec<Option<i32>> = deliveries.known.iter().map(|known| known.map(|(_, date)| date)).collect();
    let is_named = |rank: &u32| Some(named.known[*rank as usize].is_some());
    let columns: Vec<ArrayRef> = vec![
        repeated(Arc::new(StringArray::from_iter_values([month])), groups.len())?,
        days.column(&days_of_groups, day(&days.known))?,
        users.column(&users_of_groups, text(&users.known))?,
        authorities.column(&authorities_of_groups, text(&authorities.known))?,
        modules.column(&modules_of_groups, text(&modules.known))?,
        Arc::new(named_of_groups.iter().map(is_named).collect::<BooleanArray>()),
        deliveries.column(&deliveries_of_groups, text(&objects))?,
        deliveries.column(&deliveries_of_groups, day(&dates))?,
        Arc::new(Int64Array::from_iter_values(groups.iter().map(|(_, count)| *count))),
    ];
    let fields = schema.fields().iter().zip(&columns);
    let fields = fields.map(|(field, column)| field.as_ref().clone().with_data_type(column.data_type().clone()));
    Ok(RecordBatch::try_new(Arc::new(Schema::new(fields.collect::<Vec<_>>())), columns)?)
}

/// A column of ranks, and the bits that each needs.
type Part<'a> = (&'a [u32], u32);

/// Each row as one number: its ranks one after the other, the first highest.
fn packed<K>(parts: &[Part<'_>]) -> Vec<K>
where
    K: Copy + Default + From<u32> + Shl<u32, Output = K> + BitOr<Output = K>,
{
    let mut keys = vec![K::default(); parts.first().map_or(0, |(ranks, _)| ranks.len())];
    for (ranks, bits) in parts {
        for (key, rank) in keys.iter_mut().zip(*ranks) {
            *key = (*key << *bits) | K::from(*rank);
        }
    }
    keys
}

/// How often each key occurs, in their order.
fn counted<K: Ord + Copy>(mut keys: Vec<K>) -> impl Iterator<Item = (K, i64)> {
    keys.sort_unstable();
    let mut at = 0;
    std::iter::from_fn(move || {
        let key = *keys.get(at)?;
        let count = keys[at..].iter().take_while(|other| **other == key).count();
        at += count;
        Some((key, count as i64))
    })
}

/// The different values of a piece, and which of them each row has.
type Coded<T> = (Vec<Option<T>>, Int32Array);

fn days_of(days: &DictionaryArray<Int32Type>) -> Coded<i32> {
    (days.values().as_primitive::<Date32Type>().iter().collect(), days.keys().clone())
}

fn texts_of(texts: &DictionaryArray<Int32Type>) -> Result<Coded<&str>> {
    let different = texts.values().as_string_opt::<i32>();
    let different = different.ok_or_else(|| Error::internal("the activity rests on texts"))?;
    Ok((different.iter().collect(), texts.keys().clone()))
}

/// The values of a column by their rank among them; null ranks first.
struct Ranked<T> {
    ranks: Vec<u32>,
    /// By rank.
    known: Vec<Option<T>>,
}

impl<T: Ord + Copy + std::hash::Hash> Ranked<T> {
    fn of(pieces: impl Iterator<Item = Result<Coded<T>>>) -> Result<Self> {
        const UNSEEN: u32 = u32::MAX;
        let mut numbers: HashMap<Option<T>, u32> = HashMap::new();
        let mut met: Vec<u32> = Vec::new();
        for piece in pieces {
            let (different, keys) = piece?;
            let mut seen = vec![UNSEEN; different.len()];
            for key in &keys {
                let value = key.and_then(|key| different[key as usize]);
                let next = numbers.len() as u32;
                let number = match key.map(|key| key as usize) {
                    Some(key) if seen[key] != UNSEEN => seen[key],
                    Some(key) => {
                        seen[key] = *numbers.entry(value).or_insert(next);
                        seen[key]
                    }
                    None => *numbers.entry(None).or_insert(next),
                };
                met.push(number);
            }
        }
        let mut known: Vec<(Option<T>, u32)> = numbers.into_iter().collect();
        known.sort_unstable();
        let mut ranks = vec![0; known.len()];
        for (rank, (_, number)) in (0..).zip(&known) {
            ranks[*number as usize] = rank;
        }
        let ranks = met.into_iter().map(|number| ranks[number as usize]).collect();
        Ok(Self { ranks, known: known.into_iter().map(|(value, _)| value).collect() })
    }

    /// The ranks, and the bits that one needs.
    fn part(&self) -> Part<'_> {
        (&self.ranks, u32::BITS - (self.known.len() as u32).leading_zeros())
    }

    /// A column of these ranks; `known` are the values as an array.
    fn column(&self, ranks: &[u32], known: ArrayRef) -> Result<ArrayRef> {
        let keys = ranks.iter().map(|rank| self.known[*rank as usize].is_some().then_some(*rank as i32));
        Ok(Arc::new(DictionaryArray::<Int32Type>::try_new(keys.collect(), known)?))
    }
}
