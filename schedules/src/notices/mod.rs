//! Notices: who is told when a job of the timetable failed, needs people, or
//! published, and the sign of life whose absence tells the rest.
//!
//! A notice is mail to people, or a POST, signed so that the receiver knows whose it is. The
//! sign of life is a GET after each run of the pipeline: a service that waits
//! for it raises the alarm when it stays away, also where this machine is
//! down.

mod mail;
pub mod stale;

use std::path::Path;
use std::time::Duration;

use chrono::{DateTime, Utc};
use hmac::{Hmac, KeyInit, Mac};
use peil_warehouse::settings::NoticeSettings;
use peil_warehouse::table::hex;
use peil_warehouse::{Error, Result, clock};
use reqwest::{Client, RequestBuilder, Url, redirect};
use serde::Serialize;
use sha2::Sha256;

use self::mail::Mail;
use crate::timetable::job::Job;
use crate::timetable::ledger::Ending;

/// How long the other side may take over a notice.
const PATIENCE: Duration = Duration::from_secs(10);
/// Seconds to wait before each further attempt.
const RETRY_SECONDS: [u64; 2] = [1, 10];
/// The fewest bytes of a key.
const LEAST_BYTES: usize = 16;

/// What is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Notice {
    /// The same for the same event: a receiver that got it knows it.
    pub id: String,
    /// When.
    pub at: DateTime<Utc>,
    /// `failure`, `refusal` (the figures are there, but a source, a delivery
    /// or a check needs people), `staleness` (datasets have become later than
    /// their schedule) or `publication`.
    pub kind: &'static str,
    /// Which job.
    pub job: String,
    /// What it is, for people who read Dutch.
    pub title_nl: String,
    /// When it was due.
    pub due: DateTime<Utc>,
    /// How it ended.
    pub ending: Ending,
    /// Attempts that were made.
    pub attempts: u32,
    /// The last words of the step that ended it.
    pub text: String,
}

impl Notice {
    /// The notice of a due run that is handled; none where all went as it does
    /// every night.
    pub fn of(job: &Job, due: DateTime<Utc>, ending: Ending, attempts: u32, text: &str) -> Option<Self> {
        let kind = match ending {
            Ending::Failed | Ending::TimedOut | Ending::Refused | Ending::Interrupted => "failure",
            Ending::Incomplete => "refusal",
            Ending::Done if job.publication => "publication",
            Ending::Done | Ending::Skipped => return None,
        };
        Some(Self {
            id: format!("{}/{}/{}", job.name, due.format("%Y%m%dT%H%M%SZ"), ending.as_str()),
            at: clock::now(),
            kind,
            job: job.name.clone(),
            title_nl: job.title_nl.clone(),
            due,
            ending,
            attempts,
            text: text.to_owned(),
        })
    }

    /// The notice of datasets that have become later than their schedule, seen
    /// after a run of the pipeline.
    pub fn of_late(job: &Job, due: DateTime<Utc>, ending: Ending, late: &[String]) -> Self {
        Self {
            id: format!("{}/{}/late", job.name, due.format("%Y%m%dT%H%M%SZ")),
            at: clock::now(),
            kind: "staleness",
            job: job.name.clone(),
            title_nl: job.title_nl.clone(),
            due,
            ending,
            attempts: 1,
            text: late.join("\n"),
        }
    }
}

/// Who is told.
pub struct Notices {
    client: Client,
    webhook: Option<(Url, Hmac<Sha256>)>,
    mail: Option<Mail>,
    ping: Option<Url>,
}

impl Notices {
    /// Whom the settings name; none where they name nobody.
    ///
    /// # Errors
    /// [`Error::Usage`] where an address or the key is wrong.
    pub fn of(settings: &NoticeSettings) -> Result<Option<Self>> {
        let address =
            |setting: &str, text: &Option<String>| text.as_deref().map(|text| address(setting, text)).transpose();
        let webhook = address("notices.webhook", &settings.webhook)?;
        let ping = address("notices.ping", &settings.ping)?;
        let mail = Mail::of(settings)?;
        if webhook.is_none() && ping.is_none() && mail.is_none() {
            return Ok(None);
        }
        let webhook = match (webhook, &settings.key_file) {
            (None, _) => None,
            (Some(url), Some(file)) => Some((url, key(file)?)),
            (Some(_), None) => {
                return Err(Error::usage(
                    "notices.webhook has no key to sign with: let notices.key_file name a file with one (`openssl rand -hex 32` makes it), and give it to the receiver",
                ));
            }
        };
        let client = Client::builder()
            .timeout(PATIENCE)
            .redirect(redirect::Policy::none())
            .build()
            .map_err(|error| Error::internal(error.without_url()))?;
        Ok(Some(Self { client, webhook, mail, ping }))
    }

    /// Who is told, by host: the rest of an address may be a secret.
    pub fn told(&self) -> String {
        let host = |word: &str, url: &Url| format!("{word} {}", url.host_str().unwrap_or_default());
        let webhook = self.webhook.as_ref().map(|(url, _)| host("notices to", url));
        let ping = self.ping.as_ref().map(|url| host("signs of life to", url));
        let mail = self.mail.as_ref().map(Mail::told);
        webhook.into_iter().chain(mail).chain(ping).collect::<Vec<_>>().join(", ")
    }

    /// Tells of an event, each in their way; gives what went wrong.
    pub async fn tell(&self, notice: &Notice) -> Vec<String> {
        let mail = async {
            match &self.mail {
                Some(mail) => mail.tell(notice).await,
                None => None,
            }
        };
        let (posted, mailed) = tokio::join!(self.post(notice), mail);
        posted.into_iter().chain(mailed).collect()
    }

    async fn post(&self, notice: &Notice) -> Option<String> {
        let (url, key) = self.webhook.as_ref()?;
        let body = match serde_json::to_string(notice) {
            Ok(body) => body,
            Err(error) => return Some(error.to_string()),
        };
        let moment = clock::now().timestamp().to_string();
        let request = self
            .client
            .post(url.clone())
            .header("content-type", "application/json")
            .header("x-peil-timestamp", &moment)
            .header("x-peil-signature", format!("sha256={}", signature(key, &moment, &body)))
            .body(body);
        send(request).await.err().map(|said| format!("the notice {} did not arrive: {said}", notice.id))
    }

    /// Gives a sign of life; gives what went wrong.
    pub async fn ping(&self) -> Option<String> {
        let request = self.client.get(self.ping.clone()?);
        send(request).await.err().map(|said| format!("the sign of life did not arrive: {said}"))
    }
}

/// Sends it, and again where it does not arrive.
async fn send(request: RequestBuilder) -> Result<(), String> {
    let mut waits = RETRY_SECONDS.into_iter();
    loop {
        let Some(request) = request.try_clone() else { return Err("it cannot be sent again".to_owned()) };
        let said = match request.send().await {
            Ok(response) if response.status().is_success() => return Ok(()),
            Ok(response) => format!("the other side answers {}", response.status()),
            Err(error) => error.without_url().to_string(),
        };
        let Some(wait) = waits.next() else { return Err(said) };
        tokio::time::sleep(Duration::from_secs(wait)).await;
    }
}

/// HMAC-SHA-256 of moment, full stop and body, in hexadecimal.
fn signature(key: &Hmac<Sha256>, moment: &str, body: &str) -> String {
    let mut signed = key.clone();
    signed.update(moment.as_bytes());
    signed.update(b".");
    signed.update(body.as_bytes());
    hex(&signed.finalize().into_bytes())
}

fn key(file: &Path) -> Result<Hmac<Sha256>> {
    let place = file.display();
    let text = std::fs::read_to_string(file)
        .map_err(|error| Error::usage(format!("the key file {place} (notices.key_file) cannot be read: {error}")))?;
    let text = text.trim_end_matches(['\r', '\n']);
    if text.len() < LEAST_BYTES {
        return Err(Error::usage(format!(
            "the key in {place} (notices.key_file) has {} bytes, and needs {LEAST_BYTES} at least: `openssl rand -hex 32` makes a good one",
            text.len()
        )));
    }
    Hmac::new_from_slice(text.as_bytes()).map_err(Error::internal)
}

fn address(setting: &str, text: &str) -> Result<Url> {
    let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    url.ok_or_else(|| Error::usage(format!("{setting} is no address: write it as https://host/path")))
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use axum::Router;
    use axum::http::{HeaderMap, StatusCode, Uri};

    use super::*;

    const JOB: &str = "job: figures\ntitle_nl: Cijfers\nwhen: { cron: '0 9 * * *' }\nsteps: [[run]]\ncatch_up: latest\nlimit_minutes: 5\npublication: true\n";

    type Heard = Arc<Mutex<Vec<(String, HeaderMap, String)>>>;

    /// A receiver that is down for its first answer.
    async fn receiver() -> (String, Heard) {
        let heard = Heard::default();
        let kept = Arc::clone(&heard);
        let app = Router::new().fallback(move |uri: Uri, headers: HeaderMap, body: String| {
            let mut kept = kept.lock().unwrap();
            kept.push((uri.path().to_owned(), headers, body));
            let status = if kept.len() == 1 { StatusCode::BAD_GATEWAY } else { StatusCode::OK };
            async move { status }
        });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, app).await });
        (format!("http://{address}"), heard)
    }

    #[tokio::test]
    async fn a_notice_is_signed_and_arrives_though_the_receiver_was_down() {
        let folder = tempfile::tempdir().unwrap();
        let key_file = folder.path().join("key");
        std::fs::write(&key_file, "0123456789abcdef\n").unwrap();
        let (base, heard) = receiver().await;
        let settings = NoticeSettings {
            webhook: Some(format!("{base}/hook")),
            key_file: Some(key_file),
            ping: Some(format!("{base}/alive")),
            ..NoticeSettings::default()
        };
        let notices = Notices::of(&settings).unwrap().unwrap();
        assert_eq!(notices.told(), "notices to 127.0.0.1, signs of life to 127.0.0.1");
        let job = Job::read("figures.yaml", JOB).unwrap();
        let due = "2022-07-01T07:00:00Z".parse().unwrap();
        let notice = Notice::of(&job, due, Ending::Failed, 3, "`peil run`: no space").unwrap();
        assert_eq!((notices.tell(&notice).await, notices.ping().await), (Vec::new(), None));
        let heard = heard.lock().unwrap();
        let paths: Vec<&str> = heard.iter().map(|(path, ..)| path.as_str()).collect();
        assert_eq!(paths, ["/hook", "/hook", "/alive"]);
        let (_, headers, body) = &heard[1];
        let mut expected = Hmac::<Sha256>::new_from_slice(b"0123456789abcdef").unwrap();
        expected.update(format!("{}.{body}", headers["x-peil-timestamp"].to_str().unwrap()).as_bytes());
        let expected = format!("sha256={}", hex(&expected.finalize().into_bytes()));
        assert_eq!(headers["x-peil-signature"].to_str().unwrap(), expected);
        let body: serde_json::Value = serde_json::from_str(body).unwrap();
        assert_eq!((&body["kind"], &body["attempts"]), (&"failure".into(), &3.into()));
        assert_eq!(body["id"], "figures/20220701T070000Z/failed");
    }

    #[test]
    fn people_are_told_of_what_needs_them_and_of_publications() {
        let job = Job::read("figures.yaml", JOB).unwrap();
        let due = "2022-07-01T07:00:00Z".parse().unwrap();
        let kind = |job: &Job, ending| Notice::of(job, due, ending, 1, "").map(|notice| notice.kind);
        assert_eq!(kind(&job, Ending::Done), Some("publication"));
        assert_eq!(kind(&job, Ending::Incomplete), Some("refusal"));
        assert_eq!(kind(&job, Ending::TimedOut), Some("failure"));
        assert_eq!(kind(&job, Ending::Skipped), None);
        assert_eq!(kind(&Job { publication: false, ..job }, Ending::Done), None);
    }

    #[test]
    fn an_address_or_a_key_that_is_wrong_is_refused_and_not_shown() {
        let webhook = |url: &str| NoticeSettings { webhook: Some(url.to_owned()), ..NoticeSettings::default() };
        let said = |settings: &NoticeSettings| Notices::of(settings).err().unwrap().to_string();
        assert!(said(&webhook("hooks.example/hidden")).contains("notices.webhook is no address"));
        let unsigned = said(&webhook("https://hooks.example/hidden"));
        assert!(unsigned.contains("notices.key_file") && !unsigned.contains("hidden"), "{unsigned}");
        assert!(Notices::of(&NoticeSettings::default()).unwrap().is_none());
    }
}
