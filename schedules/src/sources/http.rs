//! The pages of a JSON API: asked for with patience, within bounds, and
//! never a secret sent to another host or told.

use std::collections::BTreeSet;
use std::time::Duration;

use chrono::DateTime;
use peil_warehouse::clock;
use reqwest::header::{
    ETAG, HeaderMap, HeaderName, HeaderValue, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED, RETRY_AFTER,
};
use reqwest::{Client, RequestBuilder, Response, StatusCode, Url, redirect};
use serde_json::value::RawValue;

use super::config::{Auth, Http, Paging, Source};
use super::ledger::Place;
use super::rows::{Rows, at, scalar};

/// Seconds that the other side may take to be reached.
const CONNECT_SECONDS: u64 = 15;
/// The most times that an answer may send us on.
const MOST_REDIRECTS: usize = 5;
/// The most pages of a fetch.
const MOST_PAGES: usize = 100_000;
/// The longest that an answer may ask us to wait: a day.
const MOST_WAIT: u64 = 86_400;

/// An API, as one fetch asks it.
pub struct Api<'a> {
    client: Client,
    source: &'a Source,
    http: &'a Http,
    secret: Option<String>,
    bytes_left: u64,
}

/// An answer to one request.
enum Answer {
    Unchanged,
    Page { body: Box<RawValue>, etag: Option<String>, last_modified: Option<String> },
}

/// Why an attempt failed, and whether another may help.
struct Failed {
    said: String,
    again: bool,
    after: u64,
}

impl<'a> Api<'a> {
    /// The API of a source.
    ///
    /// # Errors
    /// A text that says where its secret should be.
    pub fn new(source: &'a Source, http: &'a Http) -> Result<Self, String> {
        let secret = http.auth.as_ref().map(|auth| auth.secret().read(&source.folder)).transpose()?;
        let client = Client::builder()
            .user_agent(concat!("peil/", env!("CARGO_PKG_VERSION")))
            .timeout(Duration::from_secs(source.request_seconds.into()))
            .connect_timeout(Duration::from_secs(CONNECT_SECONDS.min(source.request_seconds.into())))
            .redirect(redirect::Policy::custom(|attempt| {
                let from_here = attempt.previous().first().is_none_or(|first| first.origin() == attempt.url().origin());
                let many = attempt.previous().len() > MOST_REDIRECTS;
                // To another host a header with a secret does not go.
                if from_here && !many { attempt.follow() } else { attempt.stop() }
            }))
            .build()
            .map_err(|error| error.without_url().to_string())?;
        let bytes_left = u64::from(source.limit_megabytes) << 20;
        Ok(Self { client, source, http, secret, bytes_left })
    }

    /// Adds the rows of all pages, from where `place` says on. False where the
    /// other side says that nothing changed.
    ///
    /// # Errors
    /// A text that says what went wrong.
    pub async fn fetch(&mut self, place: &mut Place, rows: &mut Rows) -> Result<bool, String> {
        let mut url = self.first(place)?;
        let mut seen = BTreeSet::new();
        let unpaged = self.source.since.is_none() && self.http.paging.is_none();
        let mut conditional = unpaged.then(|| place.clone());
        (place.etag, place.last_modified) = (None, None);
        for number in 0..MOST_PAGES {
            if !seen.insert(url.clone()) {
                return Err("a page leads back to one before it: look at `paging`".to_owned());
            }
            let (body, etag, last_modified) = match self.get(&url, conditional.take().as_ref()).await? {
                Answer::Unchanged => return Ok(false),
                Answer::Page { body, etag, last_modified } => (body, etag, last_modified),
            };
            let found = rows.add(self.source, &body)?;
            let Some(next) = self.next(&url, &body, number, found)? else {
                // Of several pages the first may be as it was while others are not.
                if unpaged && number == 0 {
                    (place.etag, place.last_modified) = (etag, last_modified);
                }
                return Ok(true);
            };
            url = next;
        }
        Err(format!("there are more than {MOST_PAGES} pages: look at `paging`"))
    }

    fn first(&self, place: &Place) -> Result<Url, String> {
        let mut url = Url::parse(&self.http.url).map_err(|error| error.to_string())?;
        if let Some(since) = &self.source.since
            && let Some(from) = place.cursor.as_ref().or(since.first.as_ref())
        {
            set(&mut url, &since.parameter, from);
        }
        if let Some(Paging::Page { parameter, first }) = &self.http.paging {
            set(&mut url, parameter, &first.to_string());
        }
        Ok(url)
    }

    fn next(&self, here: &Url, page: &RawValue, number: usize, found: usize) -> Result<Option<Url>, String> {
        let mut next = here.clone();
        match &self.http.paging {
            Some(Paging::Page { .. }) if found == 0 => return Ok(None),
            Some(Paging::Page { parameter, first }) => {
                set(&mut next, parameter, &(u64::from(*first) + number as u64 + 1).to_string());
            }
            Some(Paging::Cursor { parameter, at: pointer }) => {
                let Some(cursor) = at(page, pointer).and_then(scalar) else { return Ok(None) };
                set(&mut next, parameter, &cursor);
            }
            Some(Paging::Next(_)) | None => {
                let pointer = match &self.http.paging {
                    Some(Paging::Next(pointer)) => pointer,
                    _ => "/next",
                };
                let Some(link) = at(page, pointer).and_then(scalar) else { return Ok(None) };
                next = here.join(&link).map_err(|_| format!("what stands at {pointer} is no address"))?;
                if next.origin() != here.origin() {
                    return Err(format!("the next page ({pointer}) is on another host, which is not asked"));
                }
            }
        }
        Ok(Some(next))
    }

    async fn get(&mut self, url: &Url, known: Option<&Place>) -> Result<Answer, String> {
        let source = self.source;
        let mut waits = source.retry_seconds.iter();
        loop {
            let failed = match self.attempt(url, known).await {
                Ok(answer) => return Ok(answer),
                Err(failed) => failed,
            };
            let Some(wait) = waits.next().filter(|_| failed.again) else { return Err(failed.said) };
            let wait = failed.after.max(u64::from(*wait)).min(MOST_WAIT);
            tokio::time::sleep(Duration::from_secs(wait)).await;
        }
    }

    async fn attempt(&mut self, url: &Url, known: Option<&Place>) -> Result<Answer, Failed> {
        let request = self.request(url, known).map_err(Failed::for_good)?;
        let response = request.send().await.map_err(|error| Failed::again(&error))?;
        let status = response.status();
        if status == StatusCode::NOT_MODIFIED && known.is_some() {
            return Ok(Answer::Unchanged);
        }
        if !status.is_success() {
            return Err(Failed::of(status, response.headers()));
        }
        let text = |name: &HeaderName| Some(response.headers().get(name)?.to_str().ok()?.to_owned());
        let (etag, last_modified) = (text(&ETAG), text(&LAST_MODIFIED));
        let body = self.body(response).await?;
        let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&body);
        let body: Box<RawValue> = serde_json::from_slice(body).map_err(|error| {
            Failed::for_good(format!("the answer is no JSON (line {}, column {})", error.line(), error.column()))
        })?;
        Ok(Answer::Page { body, etag, last_modified })
    }

    fn request(&self, url: &Url, known: Option<&Place>) -> Result<RequestBuilder, String> {
        let mut headers = HeaderMap::new();
        let name = |name: &str| HeaderName::try_from(name).map_err(|_| format!("`{name}` is no name of a header"));
        let value = |name: &str, value: &str| {
            HeaderValue::from_str(value).map_err(|_| format!("the header {name} cannot hold what it is given"))
        };
        headers.insert("accept", HeaderValue::from_static("application/json"));
        for (key, text) in &self.http.headers {
            headers.insert(name(key)?, value(key, text)?);
        }
        if let Some(etag) = known.and_then(|known| known.etag.as_ref()) {
            headers.insert(IF_NONE_MATCH, value("etag", etag)?);
        }
        if let Some(moment) = known.and_then(|known| known.last_modified.as_ref()) {
            headers.insert(IF_MODIFIED_SINCE, value("last-modified", moment)?);
        }
        let request = self.client.get(url.clone());
        let secret = self.secret.as_deref().unwrap_or_default();
        let request = match &self.http.auth {
            None => request,
            Some(Auth::Bearer(_)) => request.bearer_auth(secret),
            Some(Auth::Basic { user, .. }) => request.basic_auth(user, Some(secret)),
            Some(Auth::Header { name: key, .. }) => {
                let mut text = value(key, secret)?;
                text.set_sensitive(true);
                headers.insert(name(key)?, text);
                request
            }
        };
        Ok(request.headers(headers))
    }

    async fn body(&mut self, mut response: Response) -> Result<Vec<u8>, Failed> {
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| Failed::again(&error))? {
            body.extend_from_slice(&chunk);
            if body.len() as u64 > self.bytes_left {
                let megabytes = self.source.limit_megabytes;
                return Err(Failed::for_good(format!(
                    "it brings more than {megabytes} MB: raise `limit_megabytes`, or fetch what is new by `since`"
                )));
            }
        }
        self.bytes_left -= body.len() as u64;
        Ok(body)
    }
}

impl Failed {
    const fn for_good(said: String) -> Self {
        Self { said, again: false, after: 0 }
    }

    /// What the network did. An address may hold a secret: it is left out.
    fn again(error: &reqwest::Error) -> Self {
        let mut said = if error.is_timeout() {
            "it did not answer in time".to_owned()
        } else if error.is_connect() {
            "it cannot be reached".to_owned()
        } else {
            "the connection broke off".to_owned()
        };
        let mut cause = std::error::Error::source(error);
        while let Some(inner) = cause {
            cause = inner.source();
            if cause.is_none() {
                said += &format!(": {inner}");
            }
        }
        Self { said, again: true, after: 0 }
    }

    fn of(status: StatusCode, headers: &HeaderMap) -> Self {
        let remedy = match status.as_u16() {
            401 | 403 => ": look at `auth` and the secret that it names",
            404 | 410 => ": look at `url`",
            300..=399 => ": it sends us to another host; give that address as `url`",
            429 => ": it is asked too often",
            _ => "",
        };
        let again = status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error();
        Self { said: format!("it answers {status}{remedy}"), again, after: retry_after(headers) }
    }
}

/// Seconds that an answer asks us to wait: a number, or a moment.
fn retry_after(headers: &HeaderMap) -> u64 {
    let Some(text) = headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok()) else { return 0 };
    let until = || DateTime::parse_from_rfc2822(text).ok().map(|moment| (moment.to_utc() - clock::now()).num_seconds());
    text.trim().parse().ok().or_else(|| until().and_then(|seconds| u64::try_from(seconds).ok())).unwrap_or(0)
}

/// Sets a parameter, in the place of one of that name.
fn set(url: &mut Url, parameter: &str, value: &str) {
    let kept: Vec<(String, String)> = url
        .query_pairs()
        .filter(|(name, _)| name != parameter)
        .map(|(name, value)| (name.into(), value.into()))
        .collect();
    url.query_pairs_mut().clear().extend_pairs(kept).append_pair(parameter, value);
}
