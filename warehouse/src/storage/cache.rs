//! Data files of an object store that are read more than once: kept in
//! memory, for a request takes as long as reading megabytes.
//!
//! Only files that are named by their content are kept, which never change
//! under their name; what a run writes it reads again without a request.

use std::collections::{HashMap, VecDeque};
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use futures::StreamExt;
use futures::stream::{self, BoxStream};
use object_store::path::Path;
use object_store::{
    CopyOptions, GetOptions, GetRange, GetResult, GetResultPayload, ListResult, MultipartUpload, ObjectMeta,
    ObjectStore, PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
};

use crate::clock;

/// Larger files are read in parts.
const LARGEST: u64 = 8 << 20;
/// Bytes that are kept at most; the oldest go first.
const BUDGET: u64 = 192 << 20;
/// Hexadecimal digits of a name by content.
const DIGITS: usize = 16;

/// The store over another.
#[derive(Debug)]
pub(super) struct Cached {
    below: Arc<dyn ObjectStore>,
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    /// The content, or none of a file that is too large.
    files: HashMap<Path, Option<Bytes>>,
    order: VecDeque<Path>,
    bytes: u64,
}

impl Kept {
    fn add(&mut self, location: &Path, content: Option<Bytes>) {
        self.bytes += content.as_ref().map_or(0, |content| content.len() as u64);
        if let Some(Some(before)) = self.files.insert(location.clone(), content) {
            self.bytes -= before.len() as u64;
        } else {
            self.order.push_back(location.clone());
        }
        while self.bytes > BUDGET {
            let Some(oldest) = self.order.pop_front() else { return };
            if let Some(Some(gone)) = self.files.remove(&oldest) {
                self.bytes -= gone.len() as u64;
            }
        }
    }
}

impl Cached {
    /// A store over `below` that keeps nothing yet.
    pub fn over(below: Arc<dyn ObjectStore>) -> Self {
        Self { below, kept: Mutex::default() }
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The whole file; none where it is not one to keep.
    async fn whole(&self, location: &Path) -> Result<Option<Bytes>> {
        if !is_named_by_content(location) {
            return Ok(None);
        }
        if let Some(found) = self.kept().files.get(location) {
            return Ok(found.clone());
        }
        let found = self.below.get_opts(location, GetOptions::default()).await?;
        if found.meta.size > LARGEST {
            self.kept().add(location, None);
            return Ok(None);
        }
        let content = found.bytes().await?;
        self.kept().add(location, Some(content.clone()));
        Ok(Some(content))
    }
}

fn is_named_by_content(location: &Path) -> bool {
    let name = location.filename().and_then(|name| name.strip_suffix(".parquet")).unwrap_or_default();
    let digits = name.len().checked_sub(DIGITS).and_then(|at| name.get(at..));
    digits.is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

impl std::fmt::Display for Cached {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "cache over {}", self.below)
    }
}

/// The stretch of `size` bytes that is asked for, where there is one.
fn stretch(range: Option<&GetRange>, size: u64) -> Option<Range<u64>> {
    let range = match range {
        None => 0..size,
        Some(GetRange::Bounded(range)) => range.start..range.end.min(size),
        Some(GetRange::Offset(from)) => *from..size,
        Some(GetRange::Suffix(length)) => size.saturating_sub(*length)..size,
    };
    (range.start < range.end).then_some(range)
}

#[async_trait::async_trait]
impl ObjectStore for Cached {
    async fn put_opts(&self, location: &Path, payload: PutPayload, options: PutOptions) -> Result<PutResult> {
        let keep = is_named_by_content(location) && payload.content_length() as u64 <= LARGEST;
        let content = keep.then(|| payload.clone());
        let put = self.below.put_opts(location, payload, options).await?;
        if let Some(content) = content {
            self.kept().add(location, Some(content.into()));
        }
        Ok(put)
    }

    async fn put_multipart_opts(
        &self,
        location: &Path,
        options: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        self.below.put_multipart_opts(location, options).await
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        let conditions = [options.if_match.is_some(), options.if_none_match.is_some(), options.version.is_some()];
        let since = options.if_modified_since.is_some() || options.if_unmodified_since.is_some();
        let plain = !options.head && !since && conditions == [false; 3];
        let content = if plain { self.whole(location).await? } else { None };
        let Some(content) = content else { return self.below.get_opts(location, options).await };
        let size = content.len() as u64;
        let Some(range) = stretch(options.range.as_ref(), size) else {
            return self.below.get_opts(location, options).await;
        };
        let part = content.slice(range.start as usize..range.end as usize);
        Ok(GetResult {
            payload: GetResultPayload::Stream(stream::once(async move { Ok(part) }).boxed()),
            meta: ObjectMeta {
                location: location.clone(),
                last_modified: clock::now(),
                size,
                e_tag: None,
                version: None,
            },
            range,
            attributes: object_store::Attributes::default(),
        })
    }

    async fn get_ranges(&self, location: &Path, ranges: &[Range<u64>]) -> Result<Vec<Bytes>> {
        let Some(content) = self.whole(location).await? else {
            return self.below.get_ranges(location, ranges).await;
        };
        let size = content.len() as u64;
        if ranges.iter().any(|range| range.start > range.end || range.end > size) {
            return self.below.get_ranges(location, ranges).await;
        }
        Ok(ranges.iter().map(|range| content.slice(range.start as usize..range.end as usize)).collect())
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        self.below.delete_stream(locations)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.below.list(prefix)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.below.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.below.copy_opts(from, to, options).await
    }
}

#[cfg(test)]
mod tests {
    use object_store::ObjectStoreExt;
    use object_store::memory::InMemory;

    use super::*;

    #[tokio::test]
    async fn only_what_never_changes_is_kept() {
        let below = Arc::new(InMemory::new());
        let cached = Cached::over(below.clone());
        let (named, other) = (Path::from("t/2022-03-0123456789abcdef.parquet"), Path::from("t/2022-03-31.parquet"));
        for path in [&named, &other] {
            cached.put(path, "0123456789".into()).await.unwrap();
            below.put(path, "changed".into()).await.unwrap();
        }
        assert_eq!(cached.get(&named).await.unwrap().bytes().await.unwrap(), "0123456789");
        assert_eq!(cached.get_range(&named, 2..5).await.unwrap(), "234");
        assert_eq!(cached.get_ranges(&named, &[0..1, 8..10]).await.unwrap(), ["0", "89"]);
        assert_eq!(cached.get(&other).await.unwrap().bytes().await.unwrap(), "changed");
    }

    #[test]
    fn what_is_kept_has_a_limit() {
        let mut kept = Kept::default();
        for number in 0..40 {
            kept.add(&Path::from(format!("{number}")), Some(vec![0; LARGEST as usize].into()));
        }
        assert!(kept.bytes <= BUDGET && kept.files.len() as u64 == BUDGET / LARGEST);
    }
}
