//! Files of the folder of reports, and no others.

use std::path::{Component, Path, PathBuf};
use std::sync::Arc;
use std::time::UNIX_EPOCH;

use axum::body::Body;
use axum::extract::{Path as AddressPath, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use tokio_util::io::ReaderStream;

use super::{Site, said};

/// Media types by the end of a file's name: those of which reports are made.
const TYPES: [(&str, &str); 12] = [
    ("html", "text/html; charset=utf-8"),
    ("css", "text/css; charset=utf-8"),
    ("js", "text/javascript; charset=utf-8"),
    ("svg", "image/svg+xml"),
    ("png", "image/png"),
    ("json", "application/json"),
    ("csv", "text/csv; charset=utf-8"),
    ("txt", "text/plain; charset=utf-8"),
    ("pdf", "application/pdf"),
    ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ("woff2", "font/woff2"),
    ("xml", "application/xml"),
];

/// A file of a report.
pub(super) async fn file(
    State(site): State<Arc<Site>>,
    AddressPath(path): AddressPath<String>,
    headers: HeaderMap,
) -> Response {
    let none = || said(StatusCode::NOT_FOUND, "there is no such report or page\nhint: /reports/latest/ is the newest");
    let Some(mut wanted) = inside(&site.reports, &path) else { return none() };
    let is_folder = tokio::fs::metadata(&wanted).await.is_ok_and(|found| found.is_dir());
    if is_folder && !path.ends_with('/') {
        // Links of a page are relative to its folder.
        return Redirect::permanent(&format!("/reports/{path}/")).into_response();
    }
    if is_folder {
        wanted.push("index.html");
    }
    // A link in the folder may lead nowhere else.
    let root = tokio::fs::canonicalize(&site.reports).await;
    let real = tokio::fs::canonicalize(&wanted).await;
    let (Ok(root), Ok(real)) = (root, real) else { return none() };
    if !real.starts_with(&root) {
        return none();
    }
    let Ok(file) = tokio::fs::File::open(&real).await else { return none() };
    let Ok(found) = file.metadata().await else { return none() };
    if !found.is_file() {
        return none();
    }
    let changed = found.modified().ok().and_then(|at| at.duration_since(UNIX_EPOCH).ok()).map_or(0, |at| at.as_nanos());
    let etag = format!("\"{:x}-{changed:x}\"", found.len());
    let cached = [(ETAG, etag.clone()), (CACHE_CONTROL, "no-cache".to_owned())];
    if headers.get_all(IF_NONE_MATCH).iter().any(|known| known.to_str().is_ok_and(|known| known.contains(&etag))) {
        return (StatusCode::NOT_MODIFIED, cached).into_response();
    }
    let kind = [(CONTENT_TYPE, media_type(&real)), (CONTENT_LENGTH, &found.len().to_string())]
        .map(|(name, value)| (name, value.to_owned()));
    (cached, kind, Body::from_stream(ReaderStream::new(file))).into_response()
}

/// The file at an address; none where a part of it is hidden or leads out.
fn inside(root: &Path, path: &str) -> Option<PathBuf> {
    let mut full = root.to_owned();
    for part in Path::new(path).components() {
        match part {
            Component::Normal(name) if !name.to_str()?.starts_with('.') && !path.contains('\\') => full.push(name),
            _ => return None,
        }
    }
    Some(full)
}

fn media_type(path: &Path) -> &'static str {
    let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    TYPES.iter().find(|(known, _)| *known == ending).map_or("application/octet-stream", |(_, kind)| kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_outside_the_folder_has_an_address() {
        let root = Path::new("/srv/reports");
        assert_eq!(inside(root, "2022S1/index.html"), Some(root.join("2022S1/index.html")));
        for path in ["../peil.toml", "2022S1/../../x", "/etc/passwd", ".hidden", "2022S1/.git/config", "a\\..\\b"] {
            assert_eq!(inside(root, path), None, "{path}");
        }
    }

    #[test]
    fn files_have_the_type_of_their_ending() {
        assert_eq!(media_type(Path::new("a/b.pdf")), "application/pdf");
        assert_eq!(media_type(Path::new("a/b")), "application/octet-stream");
    }
}
