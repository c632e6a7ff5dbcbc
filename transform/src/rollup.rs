//! The daily activity on the portal: what distinct and rolling counts rest on,
//! so that they need not read every event.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, Date32Array, DictionaryArray, Int32Array, Int64Array, RecordBatch, StringArray,
};
use arrow::datatypes::{DataType, Date32Type, Field, Int32Type, Schema, SchemaRef};
use peil_warehouse::table::{TableSpec, documented};
use peil_warehouse::{Error, Result};

use crate::columns::{Columns, repeated};
use crate::dataset::{Dataset, MONTH};

/// The dataset of which a rollup is kept.
const DATASET: &str = "portal/events";
const TABLE: &str = "conformed/portal_activity";
const EVENTS: &str = "events";
const DAY: &str = "occurred_on";
/// Who did what for whom.
pub(crate) const TEXTS: [&str; 3] = ["user_id", "nis_code", "module"];

/// What the rollup of a dataset looks like; none where it has none.
pub(crate) fn spec(dataset: &Dataset) -> Option<TableSpec> {
    if dataset.name() != DATASET || !dataset.contract.large_fact {
        return None;
    }
    let parent = dataset.spec();
    let grain = [DAY]
        .iter()
        .chain(&TEXTS)
        .map(|name| parent.schema.field_with_name(name).ok().cloned())
        .collect::<Option<Vec<_>>>()?;
    let month = documented(Field::new(MONTH, DataType::Utf8, true), "Brussels month, as 2022-03");
    let events = documented(Field::new(EVENTS, DataType::Int64, true), "number of events");
    let columns = std::iter::once(month).chain(grain).chain([events]).collect();
    let description = "Activity on the portal: a row for each day, user, authority and module.";
    Some(TableSpec::new(TABLE, description, columns))
}

/// What the rollup needs of some events.
#[derive(Debug, Clone)]
pub(crate) struct Activity {
    days: DictionaryArray<Int32Type>,
    /// Those of [`TEXTS`].
    texts: [DictionaryArray<Int32Type>; 3],
}

impl Activity {
    /// Of columns by their names.
    pub fn of(columns: &Columns) -> Result<Self> {
        let column = |name: &str| {
            let column = columns.get(name).and_then(|column| column.as_dictionary_opt::<Int32Type>());
            column.cloned().ok_or_else(|| Error::internal(format!("the column {name} of the activity was not made")))
        };
        let [user, authority, module] = TEXTS;
        Ok(Self { days: column(DAY)?, texts: [column(user)?, column(authority)?, column(module)?] })
    }
}

/// The rollup of the events of one month, as rows of `schema`, its texts as
/// dictionaries.
pub(crate) fn rows(schema: &SchemaRef, month: &str, events: &[Activity]) -> Result<RecordBatch> {
    let days = Ranked::of(events.iter().map(|piece| Ok(days_of(&piece.days))))?;
    let texts = |at: usize| Ranked::of(events.iter().map(move |piece| texts_of(&piece.texts[at])));
    let (users, authorities, modules) = (texts(0)?, texts(1)?, texts(2)?);
    // A row as one number whose order is that of the grain.
    let shifts =
        [users.bits() + authorities.bits() + modules.bits(), authorities.bits() + modules.bits(), modules.bits()];
    let rows = days.ranks.iter().zip(&users.ranks).zip(authorities.ranks.iter().zip(&modules.ranks));
    let keys = rows.map(|((day, user), (authority, module))| {
        [(*day, shifts[0]), (*user, shifts[1]), (*authority, shifts[2]), (*module, 0)]
            .into_iter()
            .fold(0, |key, (rank, shift)| key | u128::from(rank) << shift)
    });
    let groups: Vec<(u128, i64)> = if days.bits() + shifts[0] <= u64::BITS {
        counted(keys.map(|key| key as u64).collect()).map(|(key, count)| (key.into(), count)).collect()
    } else {
        counted(keys.collect::<Vec<u128>>()).collect()
    };
    let part = |shift: u32, bits: u32| {
        groups.iter().map(move |(key, _)| ((key >> shift) & ((1 << bits) - 1)) as u32).collect::<Vec<u32>>()
    };
    let month = repeated(Arc::new(StringArray::from_iter_values([month])), groups.len())?;
    let day = Date32Array::from_iter(days.known.iter().copied());
    let text = |ranked: &Ranked<&str>, shift: u32| -> Result<ArrayRef> {
        ranked.column(&part(shift, ranked.bits()), Arc::new(StringArray::from_iter(ranked.known.iter().copied())))
    };
    let columns: Vec<ArrayRef> = vec![
        month,
        days.column(&part(shifts[0], days.bits()), Arc::new(day))?,
        text(&users, shifts[1])?,
        text(&authorities, shifts[2])?,
        text(&modules, 0)?,
        Arc::new(Int64Array::from_iter_values(groups.iter().map(|(_, count)| *count))),
    ];
    let fields = schema.fields().iter().zip(&columns);
    let fields = fields.map(|(field, column)| field.as_ref().clone().with_data_type(column.data_type().clone()));
    Ok(RecordBatch::try_new(Arc::new(Schema::new(fields.collect::<Vec<_>>())), columns)?)
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
type Coded<'a, T> = (Vec<Option<T>>, &'a Int32Array);

fn days_of(days: &DictionaryArray<Int32Type>) -> Coded<'_, i32> {
    (days.values().as_primitive::<Date32Type>().iter().collect(), days.keys())
}

fn texts_of(texts: &DictionaryArray<Int32Type>) -> Result<Coded<'_, &str>> {
    let different = texts.values().as_string_opt::<i32>();
    let different = different.ok_or_else(|| Error::internal("the activity rests on texts"))?;
    Ok((different.iter().collect(), texts.keys()))
}

/// The values of a column by their rank among them; null ranks first.
struct Ranked<T> {
    ranks: Vec<u32>,
    /// By rank.
    known: Vec<Option<T>>,
}

impl<T: Ord + Copy + std::hash::Hash> Ranked<T> {
    fn of<'a>(pieces: impl Iterator<Item = Result<Coded<'a, T>>>) -> Result<Self>
    where
        T: 'a,
    {
        const UNSEEN: u32 = u32::MAX;
        let mut numbers: HashMap<Option<T>, u32> = HashMap::new();
        let mut met: Vec<u32> = Vec::new();
        for piece in pieces {
            let (different, keys) = piece?;
            let mut seen = vec![UNSEEN; different.len()];
            for key in keys {
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

    /// Bits that a rank needs.
    fn bits(&self) -> u32 {
        u32::BITS - (self.known.len() as u32).leading_zeros()
    }

    /// A column of these ranks; `known` are the values as an array.
    fn column(&self, ranks: &[u32], known: ArrayRef) -> Result<ArrayRef> {
        let keys = ranks.iter().map(|rank| self.known[*rank as usize].is_some().then_some(*rank as i32));
        Ok(Arc::new(DictionaryArray::<Int32Type>::try_new(keys.collect(), known)?))
    }
}
