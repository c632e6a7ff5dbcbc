//! A store over another: what is written stays in memory and goes with it,
//! what is not written is read from the store below, which is never changed.
//!
//! So a stage can be run again on other inputs, beside what is published, and
//! reads unchanged files where they are.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use futures::stream::{self, BoxStream};
use futures::{StreamExt, TryStreamExt};
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore, ObjectStoreExt,
    PutMode, PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
};

/// Objects of so many bytes are compared with the one below of the same name
/// before they are kept: files named by their content are mostly there.
const WORTH_COMPARING: usize = 256 << 10;

/// The store over another.
#[derive(Debug)]
pub(crate) struct Scratch {
    below: Arc<dyn ObjectStore>,
    above: Arc<InMemory>,
}

impl Scratch {
    /// An empty store over `below`.
    pub fn over(below: Arc<dyn ObjectStore>) -> Self {
        Self { below, above: Arc::new(InMemory::new()) }
    }

    /// Whether the store below has exactly this content there.
    async fn is_below(&self, location: &Path, payload: &PutPayload) -> bool {
        let size = payload.content_length();
        if size < WORTH_COMPARING || self.above.head(location).await.is_ok() {
            return false;
        }
        let Ok(meta) = self.below.head(location).await else { return false };
        if meta.size != size as u64 {
            return false;
        }
        let Ok(found) = self.below.get(location).await else { return false };
        found.bytes().await.is_ok_and(|found| found == Bytes::from(payload.clone()))
    }
}

impl std::fmt::Display for Scratch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "scratch over {}", self.below)
    }
}

/// That the object is not in the store above.
fn is_missing<T>(result: &Result<T>) -> bool {
    matches!(result, Err(Error::NotFound { .. }))
}

#[async_trait::async_trait]
impl ObjectStore for Scratch {
    async fn put_opts(&self, location: &Path, payload: PutPayload, options: PutOptions) -> Result<PutResult> {
        if options.mode == PutMode::Create && self.below.head(location).await.is_ok() {
            return Err(Error::AlreadyExists { path: location.to_string(), source: "it is in the store below".into() });
        }
        if self.is_below(location, &payload).await {
            return Ok(PutResult { e_tag: None, version: None });
        }
        self.above.put_opts(location, payload, options).await
    }

    async fn put_multipart_opts(
        &self,
        location: &Path,
        options: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        self.above.put_multipart_opts(location, options).await
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        let found = self.above.get_opts(location, options.clone()).await;
        if is_missing(&found) { self.below.get_opts(location, options).await } else { found }
    }

    async fn get_ranges(&self, location: &Path, ranges: &[Range<u64>]) -> Result<Vec<Bytes>> {
        let found = self.above.get_ranges(location, ranges).await;
        if is_missing(&found) { self.below.get_ranges(location, ranges).await } else { found }
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        // What lies below is not ours to remove.
        self.above.delete_stream(locations)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        let lists = [self.below.list(prefix), self.above.list(prefix)];
        stream::once(async move {
            let mut found: BTreeMap<Path, ObjectMeta> = BTreeMap::new();
            for list in lists {
                let objects: Vec<ObjectMeta> = list.try_collect().await?;
                found.extend(objects.into_iter().map(|object| (object.location.clone(), object)));
            }
            Ok::<_, Error>(stream::iter(found.into_values().map(Ok)))
        })
        .try_flatten()
        .boxed()
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        let (below, above) = (self.below.list_with_delimiter(prefix), self.above.list_with_delimiter(prefix));
        let (below, above) = (below.await?, above.await?);
        let objects = below.objects.into_iter().chain(above.objects);
        let objects: BTreeMap<Path, ObjectMeta> = objects.map(|object| (object.location.clone(), object)).collect();
        let mut common_prefixes = [below.common_prefixes, above.common_prefixes].concat();
        common_prefixes.sort();
        common_prefixes.dedup();
        Ok(ListResult { common_prefixes, objects: objects.into_values().collect() })
    }

    async fn copy_opts(&self, from: &Path, to: &Path, _: CopyOptions) -> Result<()> {
        let content = self.get(from).await?.bytes().await?;
        self.above.put(to, content.into()).await.map(|_| ())
    }
}
