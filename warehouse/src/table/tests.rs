//! Tests of data files: what is encoded is read again as it was.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Date32Array, DictionaryArray, Int32Array, RecordBatch, StringArray};
use arrow::compute::{cast, concat};
use arrow::datatypes::{DataType, Field, Int32Type, Schema, SchemaRef};

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
