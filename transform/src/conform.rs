//! From staged rows to conformed ones: authorities resolved, Brussels days,
//! origin, and the hashes by which rows are compared.

use std::collections::HashMap;

use peil_warehouse::Result;
use peil_warehouse::contract::{
    Column as ContractColumn, ColumnType, DELIVERY, DELIVERY_DATE, FactDay, LINE, OBJECT, ROW,
};
use polars::prelude::*;

use crate::authority::{Resolution, Resolver};
use crate::current::{Candidate, halves};
use crate::dataset::{Dataset, day_column, nis_column};
use crate::days::{brussels_days, day_of, number_of};
use crate::delivery::Delivery;
use crate::frame::{Wanted, failed, list_lengths, list_values, series};
use crate::hash::{mix, row_hashes, text_hash};

/// Column of the day of the fact, while a dataset is at work.
pub(crate) const FACT_DAY: &str = "#fact_day";

/// The columns of a staged file that are read: all that is stored, and where
/// a row stands in its delivery. The rest of its origin is the same for the
/// whole delivery.
pub(crate) fn staged_columns(dataset: &Dataset) -> Vec<Wanted> {
    let columns = dataset.contract.stored_columns().map(Wanted::staged);
    columns.chain([Wanted::new(ROW, DataType::Int64), Wanted::new(LINE, DataType::Int64)]).collect()
}

/// The columns that tell a row's key and its day.
pub(crate) fn key_columns(dataset: &Dataset) -> Vec<Wanted> {
    let days = match &dataset.contract.fact_day {
        Some(FactDay::Earliest(columns)) => columns.as_slice(),
        _ => &[],
    };
    let needed = |column: &&ContractColumn| dataset.contract.key.contains(&column.name) || days.contains(&column.name);
    dataset.contract.stored_columns().filter(needed).map(Wanted::staged).collect()
}

/// Adds to staged rows (all columns, or those of [`key_columns`]) what is
/// derived from them: Brussels days, NIS codes and the day of the fact.
pub(crate) fn derive(frame: &mut DataFrame, dataset: &Dataset, delivery: &Delivery, resolver: &Resolver) -> Result<()> {
    let there = |column: &&ContractColumn| frame.get_column_index(&column.name).is_some();
    let columns: Vec<&ContractColumn> = dataset.contract.stored_columns().filter(there).collect();
    for column in columns.iter().filter(|column| column.column_type == ColumnType::Timestamp) {
        let moments = series(frame, &column.name)?.datetime().map_err(failed)?.physical().clone();
        let days = brussels_days(&day_column(&column.name), &moments);
        frame.with_column(days.into_date().into_column()).map_err(failed)?;
    }
    if !columns.iter().any(|column| column.column_type.is_authority()) {
        return Ok(());
    }
    let days = fact_days(frame, dataset, delivery)?;
    for column in columns.iter().filter(|column| column.column_type == ColumnType::Authority) {
        let texts = series(frame, &column.name)?.str().map_err(failed)?;
        let codes = nis_codes(&nis_column(&column.name), texts, &days, resolver);
        frame.with_column(codes.into_column()).map_err(failed)?;
    }
    frame.with_column(days.into_date().into_column()).map_err(failed)?;
    Ok(())
}

/// The day of each fact: the earliest day in the contract's columns, else the
/// delivery date.
fn fact_days(frame: &DataFrame, dataset: &Dataset, delivery: &Delivery) -> Result<Int32Chunked> {
    let delivered = number_of(delivery.date);
    let mut days = Int32Chunked::full_null(FACT_DAY.into(), frame.height());
    if let Some(FactDay::Earliest(columns)) = &dataset.contract.fact_day {
        for column in columns {
            let timestamp =
                dataset.contract.column(column).is_some_and(|column| column.column_type == ColumnType::Timestamp);
            let name = if timestamp { day_column(column) } else { column.clone() };
            let other = series(frame, &name)?.date().map_err(failed)?.physical().clone();
            days = if days.null_count() == days.len() {
                other
            } else {
                days.iter().zip(other.iter()).map(|(one, other)| one.into_iter().chain(other).min()).collect()
            };
        }
    }
    if days.null_count() > 0 {
        days = days.iter().map(|day| Some(day.unwrap_or(delivered))).collect();
    }
    days.rename(FACT_DAY.into());
    Ok(days)
}

/// The NIS code of each text on its day.
pub(crate) fn nis_codes(name: &str, texts: &StringChunked, days: &Int32Chunked, resolver: &Resolver) -> StringChunked {
    let mut known: HashMap<&str, Resolution<'_>, PlFixedStateQuality> = HashMap::default();
    let mut codes = StringChunkedBuilder::new(name.into(), texts.len());
    let mut last: (Option<&str>, Option<Resolution<'_>>) = (None, None);
    for (text, day) in texts.iter().zip(days.iter()) {
        if text != last.0 {
            last = (text, text.map(|text| *known.entry(text).or_insert_with(|| resolver.resolve(text))));
        }
        let code = last.1.and_then(|resolution| {
            let day = if resolution.depends_on_day() { day.and_then(day_of) } else { None };
            resolution.on(day)
        });
        codes.append_option(code);
    }
    codes.finish()
}

/// The items of a list of texts: the row of each, and the text.
pub(crate) fn list_items(lists: &Series) -> Result<(Vec<IdxSize>, StringChunked)> {
    let items = list_values(lists)?.str().map_err(failed)?.clone();
    Ok((item_rows(lists)?, items))
}

/// The row of each item of a list.
pub(crate) fn item_rows(lists: &Series) -> Result<Vec<IdxSize>> {
    let lengths = list_lengths(lists)?.into_iter().enumerate();
    Ok(lengths.flat_map(|(row, length)| std::iter::repeat_n(row as IdxSize, length.unwrap_or(0))).collect())
}

/// Adds where the rows came from.
pub(crate) fn add_origin(frame: &mut DataFrame, delivery: &Delivery) -> Result<()> {
    let rows = frame.height();
    let text = |name: &str, value: &str| {
        Column::new_scalar(name.into(), Scalar::new(DataType::String, AnyValue::StringOwned(value.into())), rows)
    };
    frame.with_column(text(DELIVERY, &delivery.id)).map_err(failed)?;
    frame.with_column(text(OBJECT, &delivery.object)).map_err(failed)?;
    frame.with_column(date_column(DELIVERY_DATE, Some(number_of(delivery.date)), rows)).map_err(failed)?;
    Ok(())
}

/// A column with the same day in each row.
pub(crate) fn date_column(name: &str, day: Option<i32>, rows: usize) -> Column {
    let value = day.map_or(AnyValue::Null, AnyValue::Date);
    Column::new_scalar(name.into(), Scalar::new(DataType::Date, value), rows)
}

/// A hash of each row's key. An authority is compared by its NIS code, by its
/// trimmed text where it does not resolve. Needs what [`derive`] adds.
pub(crate) fn key_hashes(frame: &DataFrame, dataset: &Dataset) -> Result<Vec<u128>> {
    let columns = dataset.contract.key.iter().map(|key| compared(frame, dataset, key)).collect::<Result<Vec<_>>>()?;
    row_hashes(&columns, Some(frame.height()))
}

/// A hash of each row's business columns, authorities as they resolve.
pub(crate) fn content_hashes(frame: &DataFrame, dataset: &Dataset, resolver: &Resolver) -> Result<Vec<u128>> {
    let (lists, others): (Vec<&ContractColumn>, Vec<&ContractColumn>) = dataset
        .contract
        .stored_columns()
        .partition(|column| !column.column_type.is_scalar() && column.column_type.is_authority());
    let columns =
        others.into_iter().map(|column| compared(frame, dataset, &column.name)).collect::<Result<Vec<_>>>()?;
    let mut hashes = row_hashes(&columns, Some(frame.height()))?;
    for column in lists {
        let (rows, items) = list_items(series(frame, &column.name)?)?;
        let days = days_of_rows(frame, &rows)?;
        let codes = nis_codes("codes", &items, &days, resolver);
        for ((row, item), code) in rows.iter().zip(items.iter()).zip(codes.iter()) {
            let hash = &mut hashes[*row as usize];
            *hash = mix(*hash, text_hash(code.or(item).unwrap_or_default()));
        }
    }
    Ok(hashes)
}

/// The day of the fact of each of `rows`.
pub(crate) fn days_of_rows(frame: &DataFrame, rows: &[IdxSize]) -> Result<Int32Chunked> {
    let days = series(frame, FACT_DAY)?.date().map_err(failed)?.physical();
    Ok(rows.iter().map(|row| days.get(*row as usize)).collect())
}

fn compared(frame: &DataFrame, dataset: &Dataset, column: &str) -> Result<Series> {
    let values = series(frame, column)?;
    if !dataset.authority_columns().any(|authority| authority.name == column) {
        return Ok(values.clone());
    }
    let codes = series(frame, &nis_column(column))?.str().map_err(failed)?;
    let texts = values.str().map_err(failed)?;
    let mut merged = StringChunkedBuilder::new(column.into(), texts.len());
    for (code, text) in codes.iter().zip(texts.iter()) {
        merged.append_option(code.or(text.map(str::trim)));
    }
    Ok(merged.finish().into_series())
}

/// The rows of a frame as candidates, each with its position in the frame.
pub(crate) fn candidates(
    frame: &DataFrame,
    dataset: &Dataset,
    resolver: &Resolver,
    place: u32,
    delivery: u32,
) -> Result<Vec<Candidate>> {
    let keys = key_hashes(frame, dataset)?;
    let contents = content_hashes(frame, dataset, resolver)?;
    let numbers = series(frame, ROW)?.i64().map_err(failed)?;
    let candidate = |at: usize| Candidate {
        key: halves(keys[at]),
        content: contents[at] as u64,
        place,
        row: numbers.get(at).and_then(|row| u32::try_from(row).ok()).unwrap_or(u32::MAX),
        delivery,
        position: at as u32,
    };
    Ok((0..frame.height()).map(candidate).collect())
}
