//! Rows in a form that other programs read, written as they come.

use std::io::Write;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;
use peil_warehouse::Result;

/// Rows of a row group of Parquet: what of a long result is held in memory.
const GROUP_ROWS: usize = 128 << 10;

/// The form of rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// RFC 4180, with a header.
    Csv,
    /// One array of objects; what is not there is `null`.
    Json,
    /// Apache Parquet.
    Parquet,
}

impl Form {
    /// The forms, by the end of a file's name, with their media type.
    pub const ALL: [(Self, &'static str, &'static str); 3] = [
        (Self::Csv, "csv", "text/csv; charset=utf-8; header=present"),
        (Self::Json, "json", "application/json"),
        (Self::Parquet, "parquet", "application/vnd.apache.parquet"),
    ];

    /// The form of which a file's name ends so.
    pub fn of_ending(ending: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, known, _)| *known == ending).map(|(form, ..)| *form)
    }

    /// The media type.
    pub fn media_type(self) -> &'static str {
        Self::ALL.iter().find(|(form, ..)| *form == self).map_or("application/octet-stream", |(.., kind)| kind)
    }
}

/// Writes batches of rows, one after another.
pub enum RowWriter<W: Write + Send> {
    /// See [`Form::Csv`].
    Csv(Box<arrow::csv::Writer<W>>),
    /// See [`Form::Json`].
    Json(Box<arrow::json::Writer<W, arrow::json::writer::JsonArray>>),
    /// See [`Form::Parquet`].
    Parquet(Box<ArrowWriter<W>>),
}

impl<W: Write + Send> RowWriter<W> {
    /// Begins; the header is there also where no row is.
    ///
    /// # Errors
    /// Where the writer fails, or a type has no such form.
    pub fn new(form: Form, schema: &SchemaRef, writer: W) -> Result<Self> {
        Ok(match form {
            Form::Csv => {
                let mut csv = arrow::csv::WriterBuilder::new().with_header(true).build(writer);
                csv.write(&RecordBatch::new_empty(Arc::clone(schema)))?;
                Self::Csv(Box::new(csv))
            }
            Form::Json => {
                Self::Json(Box::new(arrow::json::WriterBuilder::new().with_explicit_nulls(true).build(writer)))
            }
            Form::Parquet => {
                let properties = WriterProperties::builder()
                    .set_compression(Compression::ZSTD(ZstdLevel::default()))
                    .set_max_row_group_row_count(Some(GROUP_ROWS))
                    .set_created_by("peil".to_owned())
                    .build();
                Self::Parquet(Box::new(ArrowWriter::try_new(writer, Arc::clone(schema), Some(properties))?))
            }
        })
    }

    /// Writes the rows of a batch.
    ///
    /// # Errors
    /// Where the writer fails.
    pub fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        match self {
            Self::Csv(csv) => csv.write(batch)?,
            Self::Json(json) => json.write(batch)?,
            Self::Parquet(parquet) => parquet.write(batch)?,
        }
        Ok(())
    }

    /// Ends, and gives the writer back.
    ///
    /// # Errors
    /// Where the writer fails.
    pub fn finish(self) -> Result<W> {
        match self {
            Self::Csv(csv) => Ok(csv.into_inner()),
            Self::Json(mut json) => {
                json.finish()?;
                let mut writer = json.into_inner();
                writer.write_all(b"\n")?;
                Ok(writer)
            }
            Self::Parquet(parquet) => Ok(parquet.into_inner()?),
        }
    }
}
