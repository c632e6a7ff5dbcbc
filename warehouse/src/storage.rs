//! An object store whose writes reach the disk before they are said to be
//! done.
//!
//! Landing area and warehouse are each a folder or any object store, named by
//! a path or a URL. Object stores promise that a finished upload is kept; a
//! file system promises it only after `fsync`, which the store for local files
//! does not do. So local writes that matter go through [`Storage::sync`],
//! [`Storage::put_durable`] and [`Storage::create_durable`].

mod ahead;
mod cache;
mod conditional;
mod remote;
mod upload;

use std::collections::BTreeSet;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path as FilePath, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures::{StreamExt, TryStreamExt};
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};
use url::Url;

use self::ahead::Ahead;
use crate::scratch::Scratch;
use crate::{Error, Result};

pub use conditional::Version;
pub(crate) use remote::told;
pub use upload::Upload;

/// How many small requests are under way at once.
const CONCURRENCY: usize = 16;

/// An object as a listing shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Object {
    /// Path under the root of the storage, with `/` between the parts.
    pub path: String,
    /// Bytes.
    pub size: u64,
    /// When it was last written.
    pub modified: DateTime<Utc>,
    /// Changes when the content does, as far as the store can tell.
    pub etag: Option<String>,
}

/// A folder or a prefix of an object store.
#[derive(Clone)]
pub struct Storage {
    store: Arc<dyn ObjectStore>,
    /// The folder on this machine, where it is one.
    root: Option<PathBuf>,
    /// The prefix within the store.
    prefix: Path,
    url: Url,
    /// Whether what is written goes with it.
    scratch: bool,
    /// Files of this machine that are on their way to the disk.
    ahead: Ahead,
}

impl std::fmt::Debug for Storage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Storage({})", self.url)
    }
}

impl Storage {
    /// Opens a folder (made where it is not there) or an object store.
    ///
    /// # Errors
    /// [`Error::Usage`] where the location is no path and no known URL;
    /// [`Error::Storage`] where the folder cannot be made.
    pub fn open(location: &str) -> Result<Self> {
        let url = Url::parse(location).ok().filter(|url| url.scheme().len() > 1);
        match url {
            Some(url) if url.scheme() == "file" => {
                let path = url.to_file_path().map_err(|()| {
                    Error::usage(format!("`{location}` is no path on this machine: write file:///path"))
                })?;
                Self::open_folder(&path)
            }
            Some(url) => {
                let (store, prefix) = remote::open(&url)?;
                Ok(Self { store, root: None, prefix, url, scratch: false, ahead: Ahead::default() })
            }
            None => Self::open_folder(FilePath::new(location)),
        }
    }

    fn open_folder(path: &FilePath) -> Result<Self> {
        let failed =
            |error: std::io::Error| Error::storage(format!("the folder {} cannot be opened: {error}", path.display()));
        std::fs::create_dir_all(path).map_err(failed)?;
        let root = path.canonicalize().map_err(failed)?;
        let url = Url::from_directory_path(&root)
            .map_err(|()| Error::usage(format!("{} is no absolute path", root.display())))?;
        let store = LocalFileSystem::new_with_prefix(&root).map_err(|error| Error::storage(error.to_string()))?;
        let (store, prefix): (Arc<dyn ObjectStore>, _) = (Arc::new(store), Path::default());
        Ok(Self { store, root: Some(root), prefix, url, scratch: false, ahead: Ahead::default() })
    }

    /// A folder of this storage, as a storage of its own in the same store.
    #[must_use]
    pub fn within(&self, folder: &str) -> Self {
        let mut url = self.url.clone();
        if let Ok(mut parts) = url.path_segments_mut() {
            parts.pop_if_empty().extend(folder.split('/').filter(|part| !part.is_empty())).push("");
        }
        Self {
            store: Arc::clone(&self.store),
            root: self.root.as_ref().map(|root| root.join(folder)),
            prefix: self.object_path(folder),
            url,
            scratch: self.scratch,
            ahead: self.ahead.clone(),
        }
    }

    /// The same storage, which keeps data files that it reads or writes in
    /// memory where they would come over a network.
    #[must_use]
    pub fn cached(mut self) -> Self {
        if self.root.is_none() && !self.scratch {
            self.store = Arc::new(cache::Cached::over(self.store));
        }
        self
    }

    /// A storage that reads from this one and keeps in memory what is written
    /// to it: gone when it is dropped, and never seen here.
    #[must_use]
    pub fn scratch(&self) -> Self {
        let store = Arc::new(Scratch::over(Arc::clone(&self.store)));
        let (prefix, url) = (self.prefix.clone(), self.url.clone());
        Self { store, root: None, prefix, url, scratch: true, ahead: Ahead::default() }
    }

    /// Whether this is a [`Storage::scratch`].
    pub fn is_scratch(&self) -> bool {
        self.scratch
    }

    /// The location as a URL.
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// Whether it is a folder of this machine, whose locks and renames hold.
    pub fn is_local(&self) -> bool {
        self.root.is_some()
    }

    /// The store itself; paths in it are under [`Storage::object_path`].
    pub fn object_store(&self) -> Arc<dyn ObjectStore> {
        Arc::clone(&self.store)
    }

    /// The path in the store of a path under the root.
    pub fn object_path(&self, path: &str) -> Path {
        let parts = self.prefix.parts().map(|part| part.as_ref().to_owned());
        let parts: Vec<String> =
            parts.chain(path.split('/').filter(|part| !part.is_empty()).map(str::to_owned)).collect();
        Path::from_iter(parts)
    }

    /// The file on this machine, where the storage is a folder.
    pub fn local_path(&self, path: &str) -> Option<PathBuf> {
        self.root.as_ref().map(|root| root.join(path))
    }

    /// All objects under `prefix`, sorted by path; none where there is no
    /// such folder.
    ///
    /// # Errors
    /// [`Error::Storage`] where the store does not answer.
    pub async fn list(&self, prefix: &str) -> Result<Vec<Object>> {
        let skip = self.prefix.parts().count();
        let listing = self.store.list(Some(&self.object_path(prefix)));
        let mut objects: Vec<Object> = listing
            .map_ok(|meta| Object {
                path: meta
                    .location
                    .parts()
                    .skip(skip)
                    .map(|part| part.as_ref().to_owned())
                    .collect::<Vec<_>>()
                    .join("/"),
                size: meta.size,
                modified: meta.last_modified,
                etag: meta.e_tag,
            })
            .try_collect()
            .await?;
        objects.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(objects)
    }

    /// The names of the objects that stand in `folder` itself, sorted; none
    /// where there is no such folder.
    ///
    /// # Errors
    /// [`Error::Storage`] where the store does not answer.
    pub async fn names_in(&self, folder: &str) -> Result<Vec<String>> {
        let listing = self.store.list_with_delimiter(Some(&self.object_path(folder))).await?;
        let mut names: Vec<String> =
            listing.objects.iter().filter_map(|object| object.location.filename().map(str::to_owned)).collect();
        names.sort();
        Ok(names)
    }

    /// The whole object.
    ///
    /// # Errors
    /// [`Error::Storage`] where it is not there or cannot be read.
    pub async fn get(&self, path: &str) -> Result<Bytes> {
        Ok(self.store.get(&self.object_path(path)).await?.bytes().await?)
    }

    /// The whole object, or none where it is not there.
    ///
    /// # Errors
    /// [`Error::Storage`] where it cannot be read.
    pub async fn get_optional(&self, path: &str) -> Result<Option<Bytes>> {
        match self.store.get(&self.object_path(path)).await {
            Ok(found) => Ok(Some(found.bytes().await?)),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Whether there is such an object.
    ///
    /// # Errors
    /// [`Error::Storage`] where the store does not answer.
    pub async fn exists(&self, path: &str) -> Result<bool> {
        match self.store.head(&self.object_path(path)).await {
            Ok(_) => Ok(true),
            Err(object_store::Error::NotFound { .. }) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// What changes when the content of an object does; none where it is not
    /// there.
    ///
    /// # Errors
    /// [`Error::Storage`] where the store does not answer.
    pub async fn etag(&self, path: &str) -> Result<Option<String>> {
        match self.store.head(&self.object_path(path)).await {
            Ok(meta) => Ok(meta.e_tag),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Writes an object; on a file system it is durable only after
    /// [`Storage::sync`].
    ///
    /// # Errors
    /// [`Error::Storage`] where it cannot be written.
    pub async fn put(&self, path: &str, content: Bytes) -> Result<()> {
        rehearse_power_cut(path);
        self.store.put(&self.object_path(path), content.into()).await?;
        Ok(())
    }

    /// Writes an object as [`Storage::put`] does, and begins to bring it to the
    /// disk: [`Storage::sync`], which is still needed, has less to wait for.
    ///
    /// # Errors
    /// As [`Storage::put`].
    pub async fn put_ahead(&self, path: &str, content: Bytes) -> Result<()> {
        self.put(path, content).await?;
        if let Some(file) = self.local_path(path) {
            self.ahead.begin(file);
        }
        Ok(())
    }

    /// Makes objects written by [`Storage::put`] durable, and the folders in
    /// which they stand.
    ///
    /// # Errors
    /// [`Error::Storage`] where the disk refuses.
    pub async fn sync(&self, paths: &[String]) -> Result<()> {
        let Some(root) = &self.root else { return Ok(()) };
        let files: Vec<PathBuf> = paths.iter().map(|path| root.join(path)).collect();
        let mut left = Vec::new();
        let _hurry = self.ahead.hurry();
        for file in &files {
            if !self.ahead.end(file).await? {
                left.push(file.clone());
            }
        }
        sync_all(left).await?;
        let folders: BTreeSet<PathBuf> = files
            .iter()
            .flat_map(|file| file.ancestors().skip(1).take_while(|a| a.starts_with(root)))
            .map(PathBuf::from)
            .collect();
        sync_all(folders.into_iter().collect()).await
    }

    /// Writes an object in one step, over what was there; readers see the old
    /// or the new, also after a power cut.
    ///
    /// # Errors
    /// [`Error::Storage`] where it cannot be written.
    pub async fn put_durable(&self, path: &str, content: Bytes) -> Result<()> {
        let Some(target) = self.local_path(path) else { return self.put(path, content).await };
        rehearse_power_cut(path);
        blocking(move || {
            let staged = write_staged(&target, &content)?;
            std::fs::rename(&staged, &target)?;
            sync_folder_of(&target)
        })
        .await
    }

    /// Writes an object that must not be there yet; false where it is.
    ///
    /// # Errors
    /// [`Error::Storage`] where it cannot be written.
    pub async fn create_durable(&self, path: &str, content: Bytes) -> Result<bool> {
        match self.local_path(path) {
            None => self.replace(path, content, None).await.map(|written| written.is_some()),
            Some(target) => {
                rehearse_power_cut(path);
                blocking(move || {
                    let staged = write_staged(&target, &content)?;
                    let linked = std::fs::hard_link(&staged, &target);
                    std::fs::remove_file(&staged)?;
                    match linked {
                        Ok(()) => sync_folder_of(&target).map(|()| true),
                        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(false),
                        Err(error) => Err(error),
                    }
                })
                .await
            }
        }
    }

    /// Removes an object; it is no error where it is not there.
    ///
    /// # Errors
    /// [`Error::Storage`] where the store refuses.
    pub async fn delete(&self, path: &str) -> Result<()> {
        match self.store.delete(&self.object_path(path)).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

/// The variable that ends a rehearsed run, as a power cut would, before its
/// n-th write, or with `releases/2022Q1.json+n` before the n-th from the write
/// of that object on. Only builds for development know it.
pub const POWER_CUT_VARIABLE: &str = "PEIL_POWER_CUT_BEFORE_WRITE";

/// Ends the process where [`POWER_CUT_VARIABLE`] says so: nothing is cleaned
/// up, no destructor runs.
fn rehearse_power_cut(path: &str) {
    static WRITES: AtomicU64 = AtomicU64::new(0);
    if cfg!(debug_assertions)
        && let Ok(cut) = std::env::var(POWER_CUT_VARIABLE)
    {
        let (from, count) = cut.rsplit_once('+').map_or((None, cut.as_str()), |(from, count)| (Some(from), count));
        if WRITES.load(Ordering::SeqCst) > 0 || from.is_none_or(|from| from == path) {
            let number = WRITES.fetch_add(1, Ordering::SeqCst) + 1;
            if count == number.to_string() {
                std::process::abort();
            }
        }
    }
}

async fn sync_all(paths: Vec<PathBuf>) -> Result<()> {
    futures::stream::iter(paths)
        .map(|path| blocking(move || File::open(&path)?.sync_all()))
        .buffer_unordered(CONCURRENCY)
        .try_collect()
        .await
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> std::io::Result<T> + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(Error::internal)?.map_err(Error::from)
}

/// Writes `content` beside `target`, synced, under a name that no listing of
/// ours takes for data.
fn write_staged(target: &FilePath, content: &[u8]) -> std::io::Result<PathBuf> {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let folder = target.parent().unwrap_or(FilePath::new("."));
    std::fs::create_dir_all(folder)?;
    let name = target.file_name().unwrap_or_default().to_string_lossy();
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    let staged = folder.join(format!(".{name}.{}.{number}.tmp", std::process::id()));
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).open(&staged)?;
    file.write_all(content)?;
    file.sync_all()?;
    Ok(staged)
}

fn sync_folder_of(target: &FilePath) -> std::io::Result<()> {
    target.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
}
