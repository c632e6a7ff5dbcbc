//! Which of two deliveries of one date and file name came in later.
//!
//! Everything else about the order of rows stands in the rows themselves. The
//! moment of receipt does not, for the same deliveries must give the same
//! bytes in whatever order they come; it matters only where a file was
//! delivered again under its own name, and only those deliveries are listed.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{Int64Array, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field};
use peil_warehouse::Result;
use peil_warehouse::publish::Draft;
use peil_warehouse::table::{TableSpec, documented, fingerprint};

use crate::delivery::Delivery;

const RECEIPTS: &str = "conformed/delivery_receipts";

fn spec() -> TableSpec {
    TableSpec::new(
        RECEIPTS,
        "A row for each delivery that shares date and file name with another of its dataset.",
        vec![
            documented(Field::new("delivery_id", DataType::Utf8, false), "delivery"),
            documented(
                Field::new("received_order", DataType::Int64, false),
                "the higher came in later: where date, file name and row number are equal, its rows win",
            ),
        ],
    )
}

/// Writes the table of receipts.
///
/// # Errors
/// [`peil_warehouse::Error::Storage`] where it cannot be written.
pub(crate) async fn write(draft: &mut Draft, deliveries: &BTreeMap<String, Vec<Delivery>>) -> Result<()> {
    let spec = spec();
    draft.declare(&spec)?;
    let mut receipts: Vec<(&str, i64)> = Vec::new();
    for list in deliveries.values() {
        let again = list.chunk_by(|one, other| one.place == other.place).filter(|chunk| chunk.len() > 1);
        // Their place among each other, not the number of the receipt.
        receipts
            .extend(again.flat_map(|chunk| (1..).zip(chunk)).map(|(order, delivery)| (delivery.id.as_str(), order)));
    }
    receipts.sort_unstable();
    let made_from = fingerprint(receipts.iter().map(|(id, order)| format!("{id} {order}")));
    let ids = StringArray::from_iter_values(receipts.iter().map(|(id, _)| *id));
    let orders = Int64Array::from_iter_values(receipts.iter().map(|(_, order)| *order));
    let batch = RecordBatch::try_new(Arc::clone(&spec.schema), vec![Arc::new(ids), Arc::new(orders)])?;
    draft.write_part(RECEIPTS, "", made_from, &[batch]).await
}
