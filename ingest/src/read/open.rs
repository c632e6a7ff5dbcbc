//! An object of the landing area as a stream of bytes.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Cursor, Read};
use std::pin::Pin;

use bytes::Bytes;
use flate2::bufread::MultiGzDecoder;
use futures::{Stream, StreamExt};
use object_store::ObjectStoreExt;
use peil_warehouse::contract::Encoding;
use peil_warehouse::storage::Storage;
use peil_warehouse::{Error, Result};
use tokio::runtime::Handle;

use super::window::Window;
use super::{ReadResult, Unreadable};

/// Bytes that are read at once.
const BUFFER: usize = 1 << 20;
/// Bytes by which the format is told.
const PEEK: usize = 4;
const GZIP: [u8; 2] = [0x1f, 0x8b];
const ZSTD: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// An error of the storage, as opposed to one in the bytes read from it.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct StorageFailed(String);

/// What a failure of reading means: the bytes are at fault unless the storage
/// says that it is.
pub fn failed(error: &io::Error) -> Unreadable {
    match error.get_ref().and_then(|inner| inner.downcast_ref::<StorageFailed>()) {
        Some(failure) => Unreadable::Storage(failure.to_string()),
        None => Unreadable::because(error),
    }
}

/// An object, opened.
pub struct Opened {
    first: Vec<u8>,
    bytes: Box<dyn Read + Send>,
    /// The file, where the landing area is a folder.
    file: Option<File>,
}

impl Opened {
    /// Opens an object of the landing area.
    ///
    /// # Errors
    /// [`Error::Storage`] where it cannot be opened.
    pub fn open(landing: &Storage, path: &str, handle: &Handle) -> Result<Self> {
        let (mut bytes, file) = raw(landing, path, handle)?;
        let mut first = Vec::with_capacity(PEEK);
        bytes.by_ref().take(PEEK as u64).read_to_end(&mut first)?;
        Ok(Self { first, bytes, file })
    }

    /// The first bytes as they are stored; fewer, or none, of a small object.
    pub fn first_bytes(&self) -> &[u8] {
        &self.first
    }

    /// The text, decompressed and in UTF-8.
    ///
    /// # Errors
    /// [`Unreadable`] where the compression cannot be read.
    pub fn text(self, encoding: Encoding) -> ReadResult<Window> {
        let first = self.first.clone();
        let whole = BufReader::with_capacity(BUFFER, Read::chain(Cursor::new(self.first), self.bytes));
        let plain: Box<dyn Read + Send> = if first.starts_with(&GZIP) {
            Box::new(MultiGzDecoder::new(whole))
        } else if first == ZSTD {
            Box::new(zstd::stream::read::Decoder::with_buffer(whole).map_err(|error| failed(&error))?)
        } else {
            Box::new(whole)
        };
        Ok(Window::new(plain, encoding))
    }

    /// A file that can be read in any order: the object itself, or a copy of
    /// it where the landing area is no folder.
    ///
    /// # Errors
    /// [`Unreadable::Storage`] where it cannot be read or copied.
    pub fn file(self) -> ReadResult<File> {
        if let Some(file) = self.file {
            return Ok(file);
        }
        let copy = || -> io::Result<File> {
            let mut file = tempfile::tempfile()?;
            io::copy(&mut Read::chain(Cursor::new(self.first), self.bytes), &mut file)?;
            Ok(file)
        };
        copy().map_err(|error| Unreadable::Storage(error.to_string()))
    }
}

/// The bytes of an object as they are stored.
fn raw(landing: &Storage, path: &str, handle: &Handle) -> Result<(Box<dyn Read + Send>, Option<File>)> {
    if let Some(path) = landing.local_path(path) {
        let name = path.display().to_string();
        let file = File::open(&path).map_err(|error| Error::storage(format!("{name} cannot be read: {error}")))?;
        let second = File::open(&path)?;
        return Ok((Box::new(LocalFile(file)), Some(second)));
    }
    let store = landing.object_store();
    let location = landing.object_path(path);
    let found = handle.block_on(async move { store.get(&location).await })?;
    let reader = RemoteObject { stream: found.into_stream().boxed(), current: Bytes::new(), handle: handle.clone() };
    Ok((Box::new(reader), None))
}

/// Reads an object in full, a stretch at a time.
///
/// # Errors
/// [`Error::Storage`] where it cannot be read.
pub fn for_each_stretch(landing: &Storage, path: &str, handle: &Handle, mut each: impl FnMut(&[u8])) -> Result<()> {
    let (bytes, _) = raw(landing, path, handle)?;
    let mut bytes = BufReader::with_capacity(BUFFER, bytes);
    loop {
        let stretch = bytes.fill_buf()?;
        if stretch.is_empty() {
            return Ok(());
        }
        each(stretch);
        let length = stretch.len();
        bytes.consume(length);
    }
}

struct LocalFile(File);

impl Read for LocalFile {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.0.read(into).map_err(|error| io::Error::other(StorageFailed(error.to_string())))
    }
}

/// An object of an object store, whose stream is waited for.
struct RemoteObject {
    stream: Pin<Box<dyn Stream<Item = object_store::Result<Bytes>> + Send>>,
    current: Bytes,
    handle: Handle,
}

impl Read for RemoteObject {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while self.current.is_empty() {
            match self.handle.block_on(self.stream.next()) {
                None => return Ok(0),
                Some(Ok(bytes)) => self.current = bytes,
                Some(Err(error)) => return Err(io::Error::other(StorageFailed(error.to_string()))),
            }
        }
        let length = into.len().min(self.current.len());
        into[..length].copy_from_slice(&self.current.split_to(length));
        Ok(length)
    }
}
