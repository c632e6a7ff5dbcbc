//! Notices by e-mail, for people: in Dutch, with what happened, where and what
//! to do.

use std::path::Path;
use std::time::Duration;

use chrono_tz::Europe::Brussels;
use lettre::message::Mailbox;
use lettre::message::header::ContentType;
use lettre::transport::smtp::authentication::Credentials;
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use peil_warehouse::settings::NoticeSettings;
use peil_warehouse::{Error, Result};
use reqwest::Url;

use super::Notice;

/// The variable with the password, where no file has it.
const PASSWORD_VARIABLE: &str = "PEIL_SECRET_SMTP_PASSWORD";
/// How long the server may take over a message.
const PATIENCE: Duration = Duration::from_secs(20);
/// Seconds to wait before each further attempt.
const RETRY_SECONDS: [u64; 2] = [2, 20];

/// Who gets mail, and through which server.
pub(super) struct Mail {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    host: String,
    from: Mailbox,
    to: Vec<Mailbox>,
}

impl Mail {
    /// What the settings say; none where they name nobody.
    ///
    /// # Errors
    /// [`Error::Usage`] where an address, the server or the password is wrong.
    pub fn of(settings: &NoticeSettings) -> Result<Option<Self>> {
        let Some(to) = &settings.mail_to else { return Ok(None) };
        let mailbox = |setting: &str, text: &str| {
            text.trim().parse::<Mailbox>().map_err(|_| {
                Error::usage(format!(
                    "{setting}: `{}` is no address of mail: write it as naam@voorbeeld.be",
                    text.trim()
                ))
            })
        };
        let to = to.split(',').map(|text| mailbox("notices.mail_to", text)).collect::<Result<Vec<_>>>()?;
        let missing = |setting| Error::usage(format!("notices.mail_to names who gets mail, and {setting} is missing"));
        let from =
            mailbox("notices.mail_from", settings.mail_from.as_deref().ok_or_else(|| missing("notices.mail_from"))?)?;
        let server = settings.smtp.as_deref().ok_or_else(|| missing("notices.smtp"))?;
        let (builder, host) = transport(server)?;
        let builder = match &settings.smtp_user {
            None => builder,
            Some(user) => {
                builder.credentials(Credentials::new(user.clone(), password(settings.smtp_password_file.as_deref())?))
            }
        };
        Ok(Some(Self { transport: builder.timeout(Some(PATIENCE)).build(), host, from, to }))
    }

    /// How many get mail, and through which server.
    pub fn told(&self) -> String {
        format!("mail to {} through {}", self.to.len(), self.host)
    }

    /// Tells of an event; gives what went wrong.
    pub async fn tell(&self, notice: &Notice) -> Option<String> {
        let message = match self.message(notice) {
            Ok(message) => message,
            Err(error) => return Some(format!("the mail of {} cannot be written: {error}", notice.id)),
        };
        let mut waits = RETRY_SECONDS.into_iter();
        loop {
            let said = match self.transport.send(message.clone()).await {
                Ok(_) => return None,
                Err(error) => error.to_string(),
            };
            let Some(wait) = waits.next() else {
                return Some(format!("the mail of {} was not taken: {said}", notice.id));
            };
            tokio::time::sleep(Duration::from_secs(wait)).await;
        }
    }

    fn message(&self, notice: &Notice) -> std::result::Result<Message, lettre::error::Error> {
        // The same event has the same number, by which a reader's program knows it.
        let number: String = notice.id.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '.' }).collect();
        let mut message = Message::builder()
            .from(self.from.clone())
            .subject(subject(notice))
            .message_id(Some(format!("<{number}@peil.{}>", self.from.email.domain())))
            .header(ContentType::TEXT_PLAIN);
        for one in &self.to {
            message = message.to(one.clone());
        }
        message.body(text(notice))
    }
}

fn subject(notice: &Notice) -> String {
    let what = match notice.kind {
        "publication" => "is gepubliceerd",
        "refusal" => "vraagt aandacht",
        "staleness" => "mist leveringen",
        _ => "is mislukt",
    };
    format!("Peil: {} {what}", notice.title_nl)
}

fn text(notice: &Notice) -> String {
    let due = notice.due.with_timezone(&Brussels).format("%d/%m/%Y om %H:%M");
    let (what, todo) = match notice.kind {
        "publication" => (
            "De taak is klaar en de cijfers zijn gepubliceerd.",
            "Er is niets te doen. Het rapport staat in de map van de rapporten, onder latest.",
        ),
        "refusal" => (
            "De cijfers zijn er, maar een bron, een levering of een controle vraagt aandacht.",
            "Kijk met `peil status` wat er te doen is, en met `peil rejected` naar geweigerde leveringen en afgekeurde rijen.",
        ),
        "staleness" => (
            "De berekening is gelukt, maar van deze gegevens is de levering later dan het schema in hun contract.",
            "Vraag de leverancier waar de levering blijft. `peil status --all` toont alle gegevens met hun laatste levering.",
        ),
        _ => (
            "De taak is mislukt en wordt niet vanzelf opnieuw geprobeerd. Wat gepubliceerd was, staat er nog zoals het was.",
            "Kijk met `peil status` en `peil runs --failed` wat er misging, herstel het, en voer de taak opnieuw uit met `peil retry`.",
        ),
    };
    let attempts = if notice.attempts == 1 { "1 poging".to_owned() } else { format!("{} pogingen", notice.attempts) };
    let said = if notice.text.is_empty() { String::new() } else { format!("\nLaatste melding:\n{}\n", notice.text) };
    format!(
        "{}\n\n{what}\n\nGepland op {due} (Brusselse tijd), {attempts}.\n{said}\n{todo}\n\nTaak {}, melding {}\n",
        notice.title_nl, notice.job, notice.id
    )
}

/// The server of an address: `smtps://host` with TLS from the beginning,
/// `smtp://host` with STARTTLS, without which it sends nothing; on this
/// machine alone in plain text.
fn transport(server: &str) -> Result<(lettre::transport::smtp::AsyncSmtpTransportBuilder, String)> {
    let wrong = || {
        Error::usage("notices.smtp is no server of mail: write it as smtp://host:587 or smtps://host:465".to_owned())
    };
    let url = Url::parse(server).map_err(|_| wrong())?;
    let host = url.host_str().ok_or_else(wrong)?.to_owned();
    if !url.username().is_empty() || url.password().is_some() {
        return Err(Error::usage(format!(
            "notices.smtp holds a name or a password: those go in notices.smtp_user and notices.smtp_password_file (or {PASSWORD_VARIABLE})"
        )));
    }
    let refused = |error: lettre::transport::smtp::Error| Error::usage(format!("notices.smtp: {error}"));
    let here = matches!(host.as_str(), "localhost" | "127.0.0.1" | "[::1]");
    let builder = match url.scheme() {
        "smtps" => AsyncSmtpTransport::<Tokio1Executor>::relay(&host).map_err(refused)?,
        "smtp" if here => AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&host),
        "smtp" => AsyncSmtpTransport::<Tokio1Executor>::starttls_relay(&host).map_err(refused)?,
        _ => return Err(wrong()),
    };
    Ok((url.port().map_or(builder.clone(), |port| builder.port(port)), host))
}

fn password(file: Option<&Path>) -> Result<String> {
    let Some(file) = file else {
        return std::env::var(PASSWORD_VARIABLE).map_err(|_| {
            Error::usage(format!(
                "notices.smtp_user has no password: let notices.smtp_password_file name a file with it, or set {PASSWORD_VARIABLE}"
            ))
        });
    };
    let text = std::fs::read_to_string(file).map_err(|error| {
        Error::usage(format!(
            "the password file {} (notices.smtp_password_file) cannot be read: {error}",
            file.display()
        ))
    })?;
    Ok(text.trim_end_matches(['\r', '\n']).to_owned())
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};

    use super::*;
    use crate::timetable::ledger::Ending;

    /// A server that takes a message and keeps what it was told.
    async fn server() -> (u16, Arc<Mutex<String>>) {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (port, heard) = (listener.local_addr().unwrap().port(), Arc::new(Mutex::new(String::new())));
        let kept = Arc::clone(&heard);
        tokio::spawn(async move {
            let (stream, _) = listener.accept().await.unwrap();
            let (read, mut write) = stream.into_split();
            write.write_all(b"220 here\r\n").await.unwrap();
            let mut lines = BufReader::new(read).lines();
            let mut in_message = false;
            while let Ok(Some(line)) = lines.next_line().await {
                kept.lock().unwrap().push_str(&format!("{line}\n"));
                let answer: &[u8] = match line.as_str() {
                    "." => {
                        in_message = false;
                        b"250 taken\r\n"
                    }
                    _ if in_message => continue,
                    "DATA" => {
                        in_message = true;
                        b"354 go on\r\n"
                    }
                    "QUIT" => b"221 bye\r\n",
                    _ => b"250 fine\r\n",
                };
                write.write_all(answer).await.unwrap();
            }
        });
        (port, heard)
    }

    fn settings(smtp: &str) -> NoticeSettings {
        NoticeSettings {
            mail_to: Some("an@voorbeeld.be, Jan <jan@voorbeeld.be>".to_owned()),
            mail_from: Some("Peil <peil@voorbeeld.be>".to_owned()),
            smtp: Some(smtp.to_owned()),
            ..NoticeSettings::default()
        }
    }

    fn notice() -> Notice {
        Notice {
            id: "nightly_run/20220701T003000Z/failed".to_owned(),
            at: "2022-07-01T01:00:00Z".parse().unwrap(),
            kind: "failure",
            job: "nightly_run".to_owned(),
            title_nl: "Nachtelijke inname".to_owned(),
            due: "2022-07-01T00:30:00Z".parse().unwrap(),
            ending: Ending::Failed,
            attempts: 4,
            text: "No space left on device".to_owned(),
        }
    }

    #[tokio::test]
    async fn people_get_a_message_that_says_what_to_do() {
        let (port, heard) = server().await;
        let mail = Mail::of(&settings(&format!("smtp://127.0.0.1:{port}"))).unwrap().unwrap();
        assert_eq!(mail.told(), "mail to 2 through 127.0.0.1");
        assert_eq!(mail.tell(&notice()).await, None);
        let heard = heard.lock().unwrap().clone();
        for part in [
            "RCPT TO:<an@voorbeeld.be>",
            "RCPT TO:<jan@voorbeeld.be>",
            "Subject: Peil: Nachtelijke inname is mislukt",
            "Message-ID: <nightly.run.20220701T003000Z.failed@peil.voorbeeld.be>",
            "Gepland op 01/07/2022 om 02:30 (Brusselse tijd), 4 pogingen.",
            "No space left on device",
            "peil status",
        ] {
            assert!(heard.contains(part), "{part}\n{heard}");
        }
    }

    #[test]
    fn what_is_wrong_is_refused_and_no_password_is_shown() {
        let said = |settings: &NoticeSettings| Mail::of(settings).err().unwrap().to_string();
        assert!(Mail::of(&NoticeSettings::default()).unwrap().is_none());
        assert!(said(&settings("mail.voorbeeld.be")).contains("notices.smtp is no server"));
        let shown = said(&settings("smtp://peil:hidden@mail.voorbeeld.be"));
        assert!(shown.contains("notices.smtp_user") && !shown.contains("hidden"), "{shown}");
        let settings = |change: &dyn Fn(&mut NoticeSettings)| {
            let mut settings = settings("smtps://mail.voorbeeld.be");
            change(&mut settings);
            said(&settings)
        };
        assert!(settings(&|settings| settings.mail_to = Some("an".to_owned())).contains("`an` is no address of mail"));
        assert!(settings(&|settings| settings.mail_from = None).contains("notices.mail_from is missing"));
        assert!(
            settings(&|settings| settings.smtp_user = Some("peil".to_owned())).contains("notices.smtp_password_file")
        );
    }
}
