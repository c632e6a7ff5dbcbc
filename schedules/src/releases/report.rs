//! The report of a release, put in its folder from what the release keeps.

use std::path::Path;

use futures::{StreamExt, TryStreamExt};
use peil_reports::{Form, Written};
use peil_warehouse::release::{REPORT, Release, sha256};
use peil_warehouse::storage::Storage;
use peil_warehouse::{Error, Result};

/// Files that are read at the same time.
const CONCURRENT_READS: usize = 8;

/// Puts the report of a release under `out`, in a folder of its name: the
/// bytes that went out when it was closed. With fewer `forms`, those only.
///
/// # Errors
/// [`Error::Storage`] where a file is gone or was changed, or cannot be
/// written.
pub async fn put(warehouse: &Storage, release: &Release, out: &Path, forms: &[Form]) -> Result<Written> {
    let storage = &release.storage(warehouse);
    let prefix = format!("{REPORT}/");
    let files = release.files.iter().filter_map(|(path, hash)| Some((path, path.strip_prefix(&prefix)?, hash)));
    let files = files.filter(|(_, name, _)| {
        let form = Form::ALL.into_iter().find(|form| *name == form.entrance(release.period)).unwrap_or(Form::Html);
        forms.contains(&form)
    });
    let reads = files.map(|(path, name, hash)| async move {
        let content = storage.get(path).await?;
        if sha256(&content) != *hash {
            return Err(Error::storage(format!(
                "{path} of the release {} is not what was published\nhint: `peil releases verify {}` tells what was changed",
                release.id, release.id
            )));
        }
        Ok((name.to_owned(), content.to_vec()))
    });
    let files = futures::stream::iter(reads).buffered(CONCURRENT_READS).try_collect().await?;
    peil_reports::write_release(out, &release.id, release.period, files)
}
