//! Readers: from the bytes of a delivery to chunks of raw columns.
//!
//! Each format is a [`Source`] of [`Block`]s. Making a block is the part of
//! reading that goes in order; parsing it ([`Block::parse`]) is the part that
//! several threads share. Both hold a bounded number of rows, so a delivery
//! larger than memory goes through.
//!
//! | module | reads |
//! | --- | --- |
//! | `open` | an object as a stream of bytes, decompressed, in UTF-8 |
//! | `window` | that stream, a stretch at a time |
//! | `csv` | separated values |
//! | `object` | one JSON object, by a contract's columns |
//! | `ndjson` | an object a line |
//! | `json` | one array, or one page |
//! | `xlsx` | a sheet |
//! | `parquet` | Parquet |

mod chunk;
mod csv;
mod json;
mod layout;
mod ndjson;
mod object;
mod open;
mod parquet;
#[cfg(test)]
mod tests;
mod window;
mod xlsx;

use std::collections::BTreeSet;
use std::sync::Arc;

use peil_warehouse::contract::{Contract, FormatKind};
use peil_warehouse::{Error, Result};

pub use chunk::{Block, Chunk, Raw, Span, Values};
pub use layout::Layout;
pub use open::{Opened, for_each_stretch};

/// Why a delivery cannot be read at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unreadable {
    /// The delivery is at fault: it is refused, with this reason (a short
    /// word, and what it is about).
    Refused(String),
    /// The storage is at fault: the run fails.
    Storage(String),
}

impl Unreadable {
    /// A fault of the delivery without a word of its own.
    pub fn because(what: impl std::fmt::Display) -> Self {
        Self::Refused(format!("unreadable: {what}"))
    }

    /// Nothing in the delivery.
    pub fn empty() -> Self {
        Self::Refused("empty_file".to_owned())
    }

    /// A required column that the header does not have.
    pub fn missing_column(source: &str) -> Self {
        Self::Refused(format!("missing_column: {source}"))
    }

    /// Not the encoding that the contract names.
    pub fn wrong_encoding(what: impl std::fmt::Display) -> Self {
        Self::Refused(format!("wrong_encoding: {what}"))
    }
}

impl From<Error> for Unreadable {
    fn from(error: Error) -> Self {
        Self::Storage(error.to_string())
    }
}

/// A result whose error is [`Unreadable`].
pub type ReadResult<T> = Result<T, Unreadable>;

/// A delivery being read, in order.
pub trait Source: Send {
    /// The next block; none at the end.
    ///
    /// # Errors
    /// [`Unreadable`] where the delivery, or the storage, is at fault.
    fn next_block(&mut self) -> ReadResult<Option<Block>>;

    /// Columns of the header that the contract does not have.
    fn unknown(&self) -> BTreeSet<String> {
        BTreeSet::new()
    }
}

/// The reader for an opened delivery, by the contract's formats: where there
/// are several, the first bytes tell Parquet from text.
///
/// # Errors
/// [`Unreadable`] where its header does not fit or it is another format.
pub fn source(opened: Opened, layout: &Arc<Layout>) -> ReadResult<(FormatKind, Box<dyn Source>)> {
    let contract: &Contract = layout.contract();
    let kind = kind_of(contract, opened.first_bytes())?;
    let source: Box<dyn Source> = match kind {
        FormatKind::Csv => Box::new(csv::Csv::new(opened.text(contract.format.encoding)?, layout)?),
        FormatKind::Ndjson => Box::new(ndjson::Ndjson::new(opened.text(contract.format.encoding)?)?),
        FormatKind::Json => Box::new(json::Json::new(opened.text(contract.format.encoding)?)?),
        FormatKind::Xlsx => Box::new(xlsx::Xlsx::new(&opened.file()?, layout)?),
        FormatKind::Parquet => Box::new(parquet::Parquet::new(opened.file()?, layout)?),
    };
    Ok((kind, source))
}

fn kind_of(contract: &Contract, first: &[u8]) -> ReadResult<FormatKind> {
    let kinds = &contract.format.kinds;
    let looks = if first.is_empty() {
        return Err(Unreadable::empty());
    } else if first.starts_with(b"PAR1") {
        Some(FormatKind::Parquet)
    } else if first.starts_with(b"PK\x03\x04") {
        Some(FormatKind::Xlsx)
    } else {
        None
    };
    let fits = |kind: &FormatKind| match looks {
        Some(looks) => *kind == looks,
        None => !matches!(kind, FormatKind::Parquet | FormatKind::Xlsx),
    };
    kinds.iter().copied().find(fits).ok_or_else(|| {
        let expected = kinds.iter().map(|kind| kind.as_str()).collect::<Vec<_>>().join(" or ");
        Unreadable::because(match looks {
            Some(looks) => format!("the file is {}, expected {expected}", looks.as_str()),
            None => format!("the file is not {expected}"),
        })
    })
}
