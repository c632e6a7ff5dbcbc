//! The daily activity on the portal: what distinct and rolling counts rest on,
//! so that they need not read every event.

use std::collections::HashMap;

use arrow::datatypes::{DataType as ArrowType, Field as ArrowField};
use peil_warehouse::table::{TableSpec, documented};
use peil_warehouse::{Error, Result};
use polars::prelude::*;

use crate::dataset::{Dataset, MONTH};
use crate::frame::{failed, series};

/// The dataset of which a rollup is kept.
const DATASET: &str = "portal/events";
const TABLE: &str = "conformed/portal_activity";
const EVENTS: &str = "events";
const GRAIN: [&str; 4] = ["occurred_on", "user_id", "nis_code", "module"];

/// What the rollup of a dataset looks like; none where it has none.
pub(crate) fn spec(dataset: &Dataset) -> Option<TableSpec> {
    if dataset.name() != DATASET || !dataset.contract.large_fact {
        return None;
    }
    let parent = dataset.spec();
    let grain =
        GRAIN.iter().map(|name| parent.schema.field_with_name(name).ok().cloned()).collect::<Option<Vec<_>>>()?;
    let month = documented(ArrowField::new(MONTH, ArrowType::Utf8, true), "Brussels month, as 2022-03");
    let events = documented(ArrowField::new(EVENTS, ArrowType::Int64, true), "number of events");
    let columns = std::iter::once(month).chain(grain).chain([events]).collect();
    let description = "Activity on the portal: a row for each day, user, authority and module.";
    Some(TableSpec::new(TABLE, description, columns))
}

/// The rollup of the conformed events of one month.
pub(crate) fn rows(events: &DataFrame) -> Result<DataFrame> {
    let month = events.column(MONTH).and_then(|month| month.get(0).map(AnyValue::into_static)).map_err(failed)?;
    let [day, user, authority, module] = GRAIN;
    let days = series(events, day)?.date().map_err(failed)?.physical();
    let ranked = |name: &str| Ok::<_, Error>(Ranked::of(series(events, name)?.str().map_err(failed)?));
    let (users, authorities, modules) = (ranked(user)?, ranked(authority)?, ranked(module)?);
    // A row as one number whose order is that of the grain.
    let mut keys: Vec<u128> = days
        .iter()
        .zip(&users.ranks)
        .zip(authorities.ranks.iter().zip(&modules.ranks))
        .map(|((day, user), (authority, module))| {
            let day = day.unwrap_or(i32::MIN) as u32 ^ SIGN;
            [day, *user, *authority, *module].into_iter().fold(0, |key, part| key << 32 | u128::from(part))
        })
        .collect();
    keys.sort_unstable();
    let groups: Vec<&[u128]> = keys.chunk_by(|one, other| one == other).collect();
    let part = |shift: u32| groups.iter().map(move |group| (group[0] >> shift) as u32);
    let days: Int32Chunked = part(96).map(|day| Some((day ^ SIGN) as i32)).collect();
    let counts: Int64Chunked = groups.iter().map(|group| Some(group.len() as i64)).collect();
    DataFrame::new(
        groups.len(),
        vec![
            Column::new_scalar(MONTH.into(), Scalar::new(DataType::String, month), groups.len()),
            days.with_name(day.into()).into_date().into_column(),
            users.texts(user, part(64)),
            authorities.texts(authority, part(32)),
            modules.texts(module, part(0)),
            counts.with_name(EVENTS.into()).into_column(),
        ],
    )
    .map_err(failed)
}

/// Flips the order of negative numbers before positive ones into that of
/// unsigned numbers.
const SIGN: u32 = 1 << 31;

/// The texts of a column by their rank among them; null ranks first.
struct Ranked<'a> {
    ranks: Vec<u32>,
    known: Vec<Option<&'a str>>,
}

impl<'a> Ranked<'a> {
    fn of(texts: &'a StringChunked) -> Self {
        let mut numbers: HashMap<Option<&str>, u32, PlFixedStateQuality> = HashMap::default();
        let mut met: Vec<u32> = Vec::with_capacity(texts.len());
        for text in texts.iter() {
            let next = numbers.len() as u32;
            met.push(*numbers.entry(text).or_insert(next));
        }
        let mut known: Vec<(Option<&str>, u32)> = numbers.into_iter().collect();
        known.sort_unstable();
        let mut ranks = vec![0; known.len()];
        for (rank, (_, number)) in (0..).zip(&known) {
            ranks[*number as usize] = rank;
        }
        let ranks = met.into_iter().map(|number| ranks[number as usize]).collect();
        Self { ranks, known: known.into_iter().map(|(text, _)| text).collect() }
    }

    fn texts(&self, name: &str, ranks: impl ExactSizeIterator<Item = u32>) -> Column {
        let mut texts = StringChunkedBuilder::new(name.into(), ranks.len());
        ranks.for_each(|rank| texts.append_option(self.known[rank as usize]));
        texts.finish().into_column()
    }
}
