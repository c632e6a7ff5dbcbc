//! COPY … TO STDOUT: the rows of a query as text, csv or PostgreSQL's binary
//! form. The fields are those of a result's rows; only what stands between
//! them is another.

use bytes::{BufMut, BytesMut};
use datafusion_postgres::pgwire::messages::data::DataRow;

use crate::service::request::{CopyForm, CopyKind};

/// What a binary copy begins with: a signature, no flags, no extension.
pub(super) const BINARY_START: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";
/// What a binary copy ends with.
pub(super) const BINARY_END: &[u8] = &[0xff, 0xff];

/// The line of names.
pub(super) fn header<'a>(names: impl Iterator<Item = &'a str>, form: &CopyForm, out: &mut BytesMut) {
    for (number, name) in names.enumerate() {
        if number > 0 {
            out.put_u8(form.delimiter);
        }
        field(Some(name.as_bytes()), form, out);
    }
    out.put_u8(b'\n');
}

/// A row.
pub(super) fn row(row: &DataRow, form: &CopyForm, out: &mut BytesMut) {
    if form.kind == CopyKind::Binary {
        out.put_i16(row.field_count);
        out.put_slice(&row.data);
        return;
    }
    let mut rest = &row.data[..];
    for number in 0..row.field_count {
        if number > 0 {
            out.put_u8(form.delimiter);
        }
        let Some((length, after)) = rest.split_first_chunk::<4>() else { break };
        match usize::try_from(i32::from_be_bytes(*length)) {
            Err(_) => {
                field(None, form, out);
                rest = after;
            }
            Ok(length) => {
                let length = length.min(after.len());
                field(Some(&after[..length]), form, out);
                rest = &after[length..];
            }
        }
    }
    out.put_u8(b'\n');
}

fn field(value: Option<&[u8]>, form: &CopyForm, out: &mut BytesMut) {
    let Some(value) = value else {
        out.put_slice(form.null.as_bytes());
        return;
    };
    if form.kind == CopyKind::Csv {
        let special = |byte: &u8| *byte == form.delimiter || *byte == form.quote || *byte == b'\n' || *byte == b'\r';
        // What could be taken for an empty field or for the end is quoted.
        if value == form.null.as_bytes() || value == b"\\." || value.iter().any(special) {
            out.put_u8(form.quote);
            for byte in value {
                if *byte == form.quote {
                    out.put_u8(form.quote);
                }
                out.put_u8(*byte);
            }
            out.put_u8(form.quote);
        } else {
            out.put_slice(value);
        }
        return;
    }
    for byte in value {
        match byte {
            b'\\' => out.put_slice(b"\\\\"),
            b'\n' => out.put_slice(b"\\n"),
            b'\r' => out.put_slice(b"\\r"),
            b'\t' => out.put_slice(b"\\t"),
            8 => out.put_slice(b"\\b"),
            11 => out.put_slice(b"\\v"),
            12 => out.put_slice(b"\\f"),
            byte if *byte == form.delimiter => out.put_slice(&[b'\\', *byte]),
            byte => out.put_u8(*byte),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(kind: CopyKind, fields: &[Option<&str>]) -> String {
        let (delimiter, null) = if kind == CopyKind::Csv { (b',', "") } else { (b'\t', "\\N") };
        let form = CopyForm { kind, delimiter, null: null.to_owned(), header: false, quote: b'"' };
        let mut data = BytesMut::new();
        for field in fields {
            match field {
                None => data.put_i32(-1),
                Some(text) => {
                    data.put_i32(text.len() as i32);
                    data.put_slice(text.as_bytes());
                }
            }
        }
        let mut out = BytesMut::new();
        row(&DataRow::new(data, fields.len() as i16), &form, &mut out);
        String::from_utf8(out.to_vec()).unwrap()
    }

    #[test]
    fn fields_are_told_apart() {
        let fields = [Some("a\tb\\"), None, Some(""), Some("x,\"y\"")];
        assert_eq!(line(CopyKind::Text, &fields), "a\\tb\\\\\t\\N\t\tx,\"y\"\n");
        assert_eq!(line(CopyKind::Csv, &fields), "a\tb\\,,\"\",\"x,\"\"y\"\"\"\n");
    }
}
