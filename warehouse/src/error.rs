//! Errors, named by who must act on them.

/// What went wrong, by who can mend it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The person at the keyboard: a wrong flag, setting, period, contract or
    /// model. The message says what is wrong, where, and how to mend it.
    #[error("{0}")]
    Usage(String),
    /// Who delivers the data: a source that cannot be read at all. (A bad row
    /// or a refused delivery is no error but a [`crate::problem::Problem`].)
    #[error("{0}")]
    Source(String),
    /// Who runs the machine: the warehouse cannot be read or written.
    #[error("{0}")]
    Storage(String),
    /// We: something that should not happen.
    #[error("internal error: {0}")]
    Internal(String),
}

/// A result whose error is [`enum@Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// A wrong usage or configuration.
    pub fn usage(message: impl std::fmt::Display) -> Self {
        Self::Usage(message.to_string())
    }

    /// A source that cannot be read.
    pub fn source(message: impl std::fmt::Display) -> Self {
        Self::Source(message.to_string())
    }

    /// Storage that fails.
    pub fn storage(message: impl std::fmt::Display) -> Self {
        Self::Storage(message.to_string())
    }

    /// Something that should not happen.
    pub fn internal(message: impl std::fmt::Display) -> Self {
        Self::Internal(message.to_string())
    }
}

impl From<object_store::Error> for Error {
    fn from(error: object_store::Error) -> Self {
        Self::Storage(crate::storage::told(&error))
    }
}

impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Self {
        Self::Storage(error.to_string())
    }
}

impl From<parquet::errors::ParquetError> for Error {
    fn from(error: parquet::errors::ParquetError) -> Self {
        Self::Storage(format!("a Parquet file of the warehouse: {error}"))
    }
}

impl From<arrow::error::ArrowError> for Error {
    fn from(error: arrow::error::ArrowError) -> Self {
        Self::Internal(error.to_string())
    }
}
