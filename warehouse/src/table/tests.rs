//! Tests of data files: what is encoded is read again as it was.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, Date32Array, DictionaryArray, Int32Array, Int64Array, RecordBatch, StringArray,
    TimestampMicrosecondArray,
};
use arrow::compute::{cast, concat};
use arrow::datatypes::{DataType, Field, Int32Type, Schema, SchemaRef, TimeUnit};
use parquet::basic::Encoding;

use super::*;

/// Rows of more than one page, in which a text stands alone, repeats, and
/// lacks.
const ROWS: usize = 150_000;

fn number(row: usize) -> Option<i32> {
    match row % 1000 {
        0..=399 => Some(7),
        400..=430 => None,
        _ => Some((row * 2_654_435_761 % 300) as i32),
    }
}

fn coded(values: ArrayRef, rows: impl Iterator<Item = Option<i32>>) -> ArrayRef {
    let keys: Int32Array = rows.collect();
    Arc::new(DictionaryArray::<Int32Type>::try_new(keys, values).unwrap())
}

fn schema() -> SchemaRef {
    Arc::new(Schema::new(vec![
        Field::new("text", DataType::Utf8, true),
        Field::new("day", DataType::Date32, true),
        Field::new("same", DataType::Utf8, true),
        Field::new("nothing", DataType::Utf8, true),
    ]))
}

/// The same rows, cut after `cut` of them.
fn batches(cut: usize) -> Vec<RecordBatch> {
    let texts: ArrayRef = Arc::new(StringArray::from_iter_values((0..300).map(|number| format!("text {number}"))));
    let days: ArrayRef = Arc::new(Date32Array::from_iter_values(0..300));
    let same: ArrayRef = Arc::new(StringArray::from(vec!["é"]));
    [0..cut, cut..ROWS]
        .map(|rows| {
            let columns = vec![
                coded(Arc::clone(&texts), rows.clone().map(number)),
                coded(Arc::clone(&days), rows.clone().map(|row| Some(row as i32 / 1000))),
                coded(Arc::clone(&same), rows.clone().map(|_| Some(0))),
                coded(Arc::clone(&same), rows.map(|_| None)),
            ];
            let fields = schema()
                .fields()
                .iter()
                .zip(&columns)
                .map(|(field, column)| field.as_ref().clone().with_data_type(column.data_type().clone()))
                .collect::<Vec<_>>();
            RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).unwrap()
        })
        .to_vec()
}

fn column(batches: &[RecordBatch], at: usize) -> ArrayRef {
    let parts: Vec<ArrayRef> =
        batches.iter().map(|batch| cast(batch.column(at), schema().field(at).data_type()).unwrap()).collect();
    concat(&parts.iter().map(AsRef::as_ref).collect::<Vec<_>>()).unwrap()
}

#[test]
fn codes_are_read_again_as_the_values_they_stand_for() {
    let batches = batches(1003);
    let groups = RowGroups::open(encode(&batches, &schema()).unwrap()).unwrap();
    assert_eq!(groups.rows().collect::<Vec<_>>(), [ROWS]);
    let fields: Vec<Field> = schema().fields().iter().map(|field| field.as_ref().clone()).collect();
    let read = groups.read(0, &fields, None).unwrap();
    for (at, found) in read.iter().enumerate() {
        assert_eq!(found.as_ref(), column(&batches, at).as_ref(), "{}", fields[at].name());
    }
    assert_eq!((groups.range(0, "day"), groups.range(0, "text")), (Some((0, 149)), None));
    let some = groups.read(0, &fields[..1], Some(vec![400..402, 65_535..65_537])).unwrap();
    let some: Vec<Option<&str>> = some[0].as_string::<i32>().iter().collect();
    let expected: Vec<Option<String>> =
        [400, 401, 65_535, 65_536].map(|row| number(row).map(|number| format!("text {number}"))).to_vec();
    assert_eq!(some, expected.iter().map(Option::as_deref).collect::<Vec<_>>());
}

#[test]
fn codes_are_equal_bytes_however_they_are_cut_and_when_taken_over() {
    let schema = Arc::new(schema().project(&[0, 1, 2]).unwrap());
    let whole = encode(&batches(1), &schema).unwrap();
    assert!(whole == encode(&batches(70_000), &schema).unwrap());
    // A file of which every column is taken over is the same file.
    let groups = RowGroups::open(whole.clone()).unwrap();
    let mut file = FileBuilder::new(&schema, &[]).unwrap();
    let chunks = schema.fields().iter().map(|field| ColumnSource::Chunk(groups.chunk(0, field).unwrap())).collect();
    file.append(chunks).unwrap();
    assert!(whole == file.finish().unwrap());
}

/// Encodes columns of numbers and moments, and reads them again.
fn read_again(columns: &[ArrayRef]) -> Vec<ArrayRef> {
    let field = |(at, column): (usize, &ArrayRef)| Field::new(format!("column {at}"), column.data_type().clone(), true);
    let schema = Arc::new(Schema::new(columns.iter().enumerate().map(field).collect::<Vec<_>>()));
    let rows = RecordBatch::try_new(Arc::clone(&schema), columns.to_vec()).unwrap();
    // Cut somewhere: a column is one whole however it comes.
    let cut = rows.num_rows() / 3;
    let batches = [rows.slice(0, cut), rows.slice(cut, rows.num_rows() - cut)];
    let groups = RowGroups::open(encode(&batches, &schema).unwrap()).unwrap();
    let fields: Vec<Field> = schema.fields().iter().map(|field| field.as_ref().clone()).collect();
    groups.read(0, &fields, None).unwrap()
}

#[test]
fn numbers_and_moments_are_read_again_as_they_were() {
    // About the ends of miniblocks, blocks and pages.
    for rows in [1, 2, 3, 64, 65, 66, 256, 257, 258, 513, 65_536, 65_537, ROWS as i64] {
        let scattered = |row: i64| row.wrapping_mul(0x5851_F42D_4C95_7F2D) >> (row % 60);
        let some = |row: i64| (row % 7 != 3).then(|| scattered(row));
        let extreme = |row: i64| [i64::MIN, i64::MAX, 0, -1][(row % 4) as usize];
        let columns: [ArrayRef; 6] = [
            Arc::new(Int64Array::from_iter_values(1..=rows)),
            Arc::new(Int64Array::from_iter_values((0..rows).map(scattered))),
            Arc::new(Int64Array::from_iter_values((0..rows).map(extreme))),
            Arc::new(Int64Array::from_iter((0..rows).map(some))),
            Arc::new(Int64Array::from_iter((0..rows).map(|row| (row == rows - 1).then_some(7)))),
            Arc::new(TimestampMicrosecondArray::from_iter((0..rows).map(some)).with_timezone("UTC")),
        ];
        assert_eq!(columns[5].data_type(), &DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())));
        let read = read_again(&columns);
        for (at, (found, expected)) in read.iter().zip(&columns).enumerate() {
            assert_eq!(found.as_ref(), expected.as_ref(), "column {at} of {rows} rows");
        }
    }
}

#[test]
fn ids_are_told_from_texts_that_repeat_where_the_first_rows_are_few() {
    let schema = Arc::new(Schema::new(vec![Field::new("id", DataType::Utf8, true)]));
    let batch = |rows: std::ops::Range<usize>| {
        let ids: ArrayRef = Arc::new(StringArray::from_iter_values(rows.map(|row| format!("id {row}"))));
        RecordBatch::try_new(Arc::clone(&schema), vec![ids]).unwrap()
    };
    let (few, many) = ([batch(0..3)], [batch(3..10_000)]);
    let file = encode_groups(&[&few, &many], &schema).unwrap();
    let metadata = parquet::file::metadata::ParquetMetaDataReader::new().parse_and_finish(&file).unwrap();
    let encodings = |group: usize| metadata.row_group(group).column(0).encodings().collect::<Vec<_>>();
    assert!(encodings(0).contains(&Encoding::DELTA_BYTE_ARRAY), "{:?}", encodings(0));
    assert!(encodings(1).contains(&Encoding::DELTA_BYTE_ARRAY), "{:?}", encodings(1));
}

#[test]
fn texts_that_hardly_repeat_are_read_again_as_they_were_with_their_bounds() {
    let scattered = |row: usize| (row as u64).wrapping_mul(0x5851_F42D_4C95_7F2D);
    // About the ends of miniblocks, blocks and pages.
    for rows in [1, 2, 64, 65, 257, 65_536, 65_537, ROWS] {
        let texts: [Box<dyn Fn(usize) -> Option<String>>; 7] = [
            Box::new(|row| Some(format!("B202006-{row:07}"))),
            Box::new(move |row| Some(format!("B202006-{:07}", rows - row))),
            Box::new(|row| Some(format!("{:x}", scattered(row)))),
            Box::new(|row| (row % 7 != 3).then(|| format!("{:x}", scattered(row)))),
            Box::new(move |row| (row == rows - 1).then(|| "één".to_owned())),
            Box::new(move |row| (row < rows.div_ceil(3)).then(|| "dezelfde".to_owned())),
            Box::new(|row| Some("ë".repeat((scattered(row) >> 57) as usize))),
        ];
        let columns = texts.map(|text| (0..rows).map(text).collect::<StringArray>());
        let fields: Vec<Field> =
            (0..columns.len()).map(|at| Field::new(format!("c{at}"), DataType::Utf8, true)).collect();
        let schema = Arc::new(Schema::new(fields.clone()));
        let names: Vec<&str> = fields.iter().map(|field| field.name().as_str()).collect();
        let mut file = FileBuilder::new(&schema, &names).unwrap();
        // Cut somewhere: a column is one whole however it comes.
        let cut = |column: &StringArray| -> ColumnSource {
            let (one, other) = (column.slice(0, rows / 3), column.slice(rows / 3, rows - rows / 3));
            ColumnSource::Rows(vec![Arc::new(one), Arc::new(other)])
        };
        file.append(columns.iter().map(cut).collect()).unwrap();
        let content = file.finish().unwrap();
        let read = RowGroups::open(content.clone()).unwrap().read(0, &fields, None).unwrap();
        for (at, (found, expected)) in read.iter().zip(&columns).enumerate() {
            assert_eq!(found.as_string::<i32>(), expected, "column {at} of {rows} rows");
        }
        let metadata = parquet::file::metadata::ParquetMetaDataReader::new().parse_and_finish(&content).unwrap();
        for (at, column) in columns.iter().enumerate() {
            let chunk = metadata.row_group(0).column(at);
            let told = chunk.statistics().unwrap();
            let short = |text: Option<&str>| text.filter(|text| text.len() <= 64).map(|text| text.as_bytes().to_vec());
            let there = || column.iter().flatten();
            let expected = (short(there().min()), short(there().max()), Some(column.null_count() as u64));
            let bound = |bytes: Option<&[u8]>| bytes.map(<[u8]>::to_vec);
            let told = (bound(told.min_bytes_opt()), bound(told.max_bytes_opt()), told.null_count_opt());
            assert_eq!(told, expected, "column {at} of {rows} rows");
            assert!(chunk.uncompressed_size() > 0 && chunk.compressed_size() > 0);
        }
    }
}
