//! Small readers and writers of text.

use csv_core::{ReadRecordResult, ReaderBuilder};

/// The data rows of a CSV text that is part of the program, without its header.
pub(super) fn parse_csv(text: &str, delimiter: u8) -> Vec<Vec<String>> {
    let mut reader = ReaderBuilder::new().delimiter(delimiter).build();
    let mut rows = Vec::new();
    let mut input = text.as_bytes();
    let (mut output, mut ends) = (vec![0_u8; 16_384], vec![0_usize; 64]);
    loop {
        let (result, read, _, fields) = reader.read_record(input, &mut output, &mut ends);
        input = &input[read..];
        match result {
            ReadRecordResult::Record => {
                let mut start = 0;
                let row = ends[..fields].iter().map(|&end| {
                    let field = String::from_utf8_lossy(&output[start..end]).into_owned();
                    start = end;
                    field
                });
                rows.push(row.collect());
            }
            // The texts end with a line end, so nothing is cut off here.
            _ => break,
        }
    }
    rows.split_off(1.min(rows.len()))
}

/// Appends a number without building a string of its own.
pub(super) fn push_number(out: &mut Vec<u8>, number: u64) {
    push_padded(out, number, 1);
}

/// Appends a number with zeros in front up to a width.
pub(super) fn push_padded(out: &mut Vec<u8>, number: u64, width: usize) {
    let mut digits = [b'0'; 20];
    let (mut rest, mut start) = (number, 20);
    while rest > 0 || 20 - start < width {
        start -= 1;
        digits[start] = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
    out.extend_from_slice(&digits[start..]);
}

/// Appends a JSON string.
pub(super) fn push_json(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    for byte in text.bytes() {
        match byte {
            b'"' | b'\\' => out.extend_from_slice(&[b'\\', byte]),
            b'\n' => out.extend_from_slice(b"\\n"),
            0..=0x1f => out.extend_from_slice(format!("\\u{byte:04x}").as_bytes()),
            _ => out.push(byte),
        }
    }
    out.push(b'"');
}

/// A fixed-point number as text: 12345 with two places is `123.45`.
pub(super) fn decimal(units: i64, places: usize, comma: bool) -> String {
    let digits = format!("{:0width$}", units.unsigned_abs(), width = places + 1);
    let (whole, fraction) = digits.split_at(digits.len() - places);
    let sign = if units < 0 { "-" } else { "" };
    match (places, comma) {
        (0, _) => format!("{sign}{whole}"),
        (_, true) => format!("{sign}{whole},{fraction}"),
        (_, false) => format!("{sign}{whole}.{fraction}"),
    }
}
