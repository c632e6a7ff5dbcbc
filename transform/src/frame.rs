//! Parquet in, Parquet out, by Polars.

use std::io::Cursor;

use bytes::Bytes;
use peil_warehouse::contract::{Column as ContractColumn, ColumnType};
use peil_warehouse::{Error, Result};
use polars::polars_utils::compression::ZstdLevel;
use polars::prelude::*;

/// Rows in a row group: ours and those of staged files, so that a slice of a
/// file is whole row groups.
pub(crate) const SLICE_ROWS: usize = 1 << 20;
const ROW_GROUP_ROWS: usize = 1 << 18;

/// An error of Polars: our own mistake, or a file that is damaged.
pub(crate) fn failed(error: PolarsError) -> Error {
    match error {
        PolarsError::IO { .. } | PolarsError::ComputeError(_) => {
            Error::storage(format!("a table of the warehouse: {error}"))
        }
        other => Error::internal(other),
    }
}

/// A column that is wanted of a file.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Wanted {
    /// Its name.
    pub name: PlSmallStr,
    /// The type that it is to have.
    pub dtype: DataType,
}

impl Wanted {
    /// A column of a type.
    pub fn new(name: &str, dtype: DataType) -> Self {
        Self { name: name.into(), dtype }
    }

    /// A column of a contract as the staged table has it.
    pub fn staged(column: &ContractColumn) -> Self {
        Self::new(&column.name, dtype_of(&column.column_type))
    }
}

/// The type of Polars in which a column is handled.
pub(crate) fn dtype_of(column_type: &ColumnType) -> DataType {
    let members = |columns: &[ContractColumn]| {
        DataType::Struct(
            columns
                .iter()
                .map(|column| Field::new(column.name.as_str().into(), dtype_of(&column.column_type)))
                .collect(),
        )
    };
    match column_type {
        ColumnType::Text | ColumnType::Authority | ColumnType::EnterpriseNumber | ColumnType::Period => {
            DataType::String
        }
        ColumnType::Date(_) => DataType::Date,
        ColumnType::Timestamp => DataType::Datetime(TimeUnit::Microseconds, Some(TimeZone::UTC)),
        ColumnType::Integer => DataType::Int64,
        ColumnType::Amount => DataType::Decimal(18, 2),
        ColumnType::Decimal => DataType::Decimal(18, 6),
        ColumnType::List(element) => DataType::List(Box::new(dtype_of(element))),
        ColumnType::Records(columns) => DataType::List(Box::new(members(columns))),
        ColumnType::Record(columns) => members(columns),
    }
}

/// A Parquet file that is read slice by slice.
pub(crate) struct Slices {
    content: Bytes,
    wanted: Vec<Wanted>,
    rows: usize,
    next: usize,
}

impl Slices {
    /// The wanted columns of a file; one that it does not have is null.
    pub fn open(content: Bytes, wanted: Vec<Wanted>) -> Result<Self> {
        let rows = ParquetReader::new(Cursor::new(content.clone())).num_rows().map_err(failed)?;
        Ok(Self { content, wanted, rows, next: 0 })
    }

    fn read(&self, from: usize) -> PolarsResult<DataFrame> {
        let mut reader = ParquetReader::new(Cursor::new(self.content.clone())).read_parallel(ParallelStrategy::None);
        let schema = reader.schema()?;
        let rows = SLICE_ROWS.min(self.rows - from);
        let there: Vec<String> = self
            .wanted
            .iter()
            .filter(|wanted| schema.contains(&wanted.name))
            .map(|wanted| wanted.name.to_string())
            .collect();
        let frame = if there.is_empty() {
            DataFrame::empty_with_height(rows)
        } else {
            reader.with_columns(Some(there)).with_slice(Some((from, rows))).finish()?
        };
        let columns = self.wanted.iter().map(|wanted| match frame.column(&wanted.name) {
            Err(_) => Ok(Column::full_null(wanted.name.clone(), rows, &wanted.dtype)),
            Ok(column) if *column.dtype() == wanted.dtype => Ok(column.clone()),
            Ok(column) => column.strict_cast(&wanted.dtype),
        });
        DataFrame::new(rows, columns.collect::<PolarsResult<Vec<_>>>()?)
    }
}

impl Iterator for Slices {
    type Item = Result<DataFrame>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.next >= self.rows {
            return None;
        }
        let frame = self.read(self.next).map_err(failed);
        self.next += SLICE_ROWS;
        Some(frame)
    }
}

/// How often a column of a file is null, by the file's statistics; none where
/// they do not tell.
pub(crate) fn nulls(content: &Bytes, column: &str) -> Result<Option<u64>> {
    let mut reader = ParquetReader::new(Cursor::new(content.clone()));
    let metadata = reader.get_metadata().map_err(failed)?;
    let mut nulls = 0;
    for group in &metadata.row_groups {
        let mut chunks = group
            .parquet_columns()
            .iter()
            .filter(|chunk| chunk.descriptor().path_in_schema.first().is_some_and(|name| name.as_str() == column));
        let statistics =
            chunks.next().and_then(|chunk| chunk.statistics(&metadata.footer_buf)).and_then(std::result::Result::ok);
        let Some(count) = statistics.and_then(|statistics| statistics.null_count()) else { return Ok(None) };
        nulls += count as u64;
    }
    Ok(Some(nulls))
}

/// The wanted columns of some files, one after the other; an empty frame of
/// them where there are no rows.
pub(crate) fn read_all(files: impl IntoIterator<Item = Bytes>, wanted: &[Wanted]) -> Result<DataFrame> {
    let mut all = empty(wanted)?;
    for content in files {
        for slice in Slices::open(content, wanted.to_vec())? {
            all.vstack_mut_owned(slice?).map_err(failed)?;
        }
    }
    all.rechunk_mut();
    Ok(all)
}

/// A frame of these columns without rows.
pub(crate) fn empty(wanted: &[Wanted]) -> Result<DataFrame> {
    let columns = wanted.iter().map(|wanted| Column::new_empty(wanted.name.clone(), &wanted.dtype)).collect();
    DataFrame::new(0, columns).map_err(failed)
}

/// Encodes a frame as one Parquet file: equal rows, equal bytes.
pub(crate) fn encode(mut frame: DataFrame) -> Result<Bytes> {
    let mut content = Vec::new();
    frame.rechunk_mut();
    let level = ZstdLevel::try_new(1).map_err(failed)?;
    ParquetWriter::new(&mut content)
        .with_compression(ParquetCompression::Zstd(Some(level)))
        .with_row_group_size(Some(ROW_GROUP_ROWS))
        .set_parallel(false)
        .finish(&mut frame)
        .map_err(failed)?;
    Ok(content.into())
}

/// The column as one series.
pub(crate) fn series<'a>(frame: &'a DataFrame, name: &str) -> Result<&'a Series> {
    frame.column(name).map(Column::as_materialized_series).map_err(failed)
}

/// The items of all lists of a column, one after the other.
pub(crate) fn list_values(lists: &Series) -> Result<Series> {
    lists.explode(ExplodeOptions { empty_as_null: false, keep_nulls: false }).map_err(failed)
}

/// The number of items of each list; none of a list that is null.
pub(crate) fn list_lengths(lists: &Series) -> Result<Vec<Option<usize>>> {
    let lists = lists.list().map_err(failed)?;
    Ok((0..lists.len()).map(|row| lists.get(row).map(|items| items.len())).collect())
}
