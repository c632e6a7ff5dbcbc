//! The row groups of a data file, one by one.

use std::ops::Range;
use std::sync::Arc;

use arrow::array::{ArrayRef, new_null_array};
use arrow::compute::{cast, concat};
use arrow::datatypes::{DataType, Field, Schema};
use bytes::Bytes;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder, RowSelection,
};
use parquet::file::metadata::ColumnChunkMetaData;
use parquet::file::statistics::Statistics;

use super::file::ChunkCopy;
use crate::Result;

/// A data file whose row groups are read, or copied, one by one.
#[derive(Debug, Clone)]
pub struct RowGroups {
    content: Bytes,
    metadata: ArrowReaderMetadata,
}

impl RowGroups {
    /// Opens a file.
    ///
    /// # Errors
    /// [`crate::Error::Storage`] where it is no Parquet.
    pub fn open(content: Bytes) -> Result<Self> {
        let options = ArrowReaderOptions::new().with_skip_arrow_metadata(true);
        let metadata = ArrowReaderMetadata::load(&content, options)?;
        Ok(Self { content, metadata })
    }

    /// The rows of each row group.
    pub fn rows(&self) -> impl Iterator<Item = usize> {
        self.metadata.metadata().row_groups().iter().map(|group| group.num_rows() as usize)
    }

    /// The least and the greatest value of a column of moments or days, by
    /// the statistics; none where they do not tell, or a value is missing.
    pub fn range(&self, group: usize, column: &str) -> Option<(i64, i64)> {
        let statistics = self.column(group, column)?.statistics()?;
        if statistics.null_count_opt() != Some(0) {
            return None;
        }
        match statistics {
            Statistics::Int64(values) => Some((*values.min_opt()?, *values.max_opt()?)),
            Statistics::Int32(values) => Some(((*values.min_opt()?).into(), (*values.max_opt()?).into())),
            _ => None,
        }
    }

    /// A text that is not above any of a column's texts, and one that is not
    /// below any; none where the statistics do not tell, or a value is
    /// missing.
    pub fn text_range(&self, group: usize, column: &str) -> Option<(String, String)> {
        let statistics = self.column(group, column)?.statistics()?;
        if statistics.null_count_opt() != Some(0) {
            return None;
        }
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).ok();
        Some((text(statistics.min_bytes_opt()?)?, text(statistics.max_bytes_opt()?)?))
    }

    /// A column of a row group as it is encoded; none where the file does not
    /// have it in the type of `field`.
    pub fn chunk(&self, group: usize, field: &Field) -> Option<ChunkCopy> {
        let own = self.metadata.schema().field_with_name(field.name()).ok()?;
        if own.data_type() != field.data_type() || own.is_nullable() != field.is_nullable() {
            return None;
        }
        let rows = self.metadata.metadata().row_group(group).num_rows() as u64;
        let of_field = |column: &&ColumnChunkMetaData| column.column_path().parts().first() == Some(field.name());
        let leaves = self.metadata.metadata().row_group(group).columns().iter().filter(of_field).cloned().collect();
        Some(ChunkCopy { content: self.content.clone(), leaves, rows })
    }

    /// Reads columns of a row group, each in the type of its field; a column
    /// that the file does not have is null. With `ranges`, those rows of the
    /// group only.
    ///
    /// # Errors
    /// [`crate::Error::Storage`] where the file is damaged.
    pub fn read(&self, group: usize, columns: &[Field], ranges: Option<Vec<Range<usize>>>) -> Result<Vec<ArrayRef>> {
        let all = self.metadata.metadata().row_group(group).num_rows() as usize;
        let rows = ranges.as_ref().map_or(all, |ranges| ranges.iter().map(Range::len).sum());
        let wanted = |name: &str| columns.iter().find(|column| column.name() == name);
        let coded = |own: &Field| match wanted(own.name()).map(Field::data_type) {
            Some(kind @ DataType::Dictionary(_, value)) if value.as_ref() == own.data_type() => {
                own.clone().with_data_type(kind.clone())
            }
            _ => own.clone(),
        };
        let schema = Schema::new(self.metadata.schema().fields().iter().map(|own| coded(own)).collect::<Vec<_>>());
        let options = ArrowReaderOptions::new().with_skip_arrow_metadata(true).with_schema(Arc::new(schema));
        let metadata = ArrowReaderMetadata::try_new(Arc::clone(self.metadata.metadata()), options)?;
        let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(self.content.clone(), metadata);
        let mask =
            ProjectionMask::columns(builder.parquet_schema(), columns.iter().map(|column| column.name().as_str()));
        let mut builder = builder.with_row_groups(vec![group]).with_projection(mask).with_batch_size(rows.max(1));
        if let Some(ranges) = ranges {
            builder = builder.with_row_selection(RowSelection::from_consecutive_ranges(ranges.into_iter(), all));
        }
        let batches = builder.build()?.collect::<Result<Vec<_>, _>>()?;
        let array = |column: &Field| {
            let parts: Vec<ArrayRef> =
                batches.iter().filter_map(|batch| batch.column_by_name(column.name()).cloned()).collect();
            let array = match parts.as_slice() {
                [] => return Ok(new_null_array(column.data_type(), rows)),
                [one] => Arc::clone(one),
                several => concat(&several.iter().map(AsRef::as_ref).collect::<Vec<_>>())?,
            };
            Ok(if array.data_type() == column.data_type() { array } else { cast(&array, column.data_type())? })
        };
        columns.iter().map(array).collect()
    }

    fn column(&self, group: usize, name: &str) -> Option<&ColumnChunkMetaData> {
        let group = self.metadata.metadata().row_group(group);
        group.columns().iter().find(|column| column.column_path().parts() == [name])
    }
}
