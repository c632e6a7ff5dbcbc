//! The beginning of a connection: TLS where it must be, a login by
//! SCRAM-SHA-256, the settings that the client came with.

use std::fmt::Debug;
use std::sync::{Arc, Mutex, OnceLock};

use async_trait::async_trait;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use datafusion_postgres::pgwire::api::auth::{
    ServerParameterProvider, StartupHandler, finish_authentication, protocol_negotiation,
    save_startup_parameters_to_metadata,
};
use datafusion_postgres::pgwire::api::{ClientInfo, PgWireConnectionState};
use datafusion_postgres::pgwire::error::{ErrorInfo, PgWireError, PgWireResult};
use datafusion_postgres::pgwire::messages::response::{ErrorResponse, TransactionStatus};
use datafusion_postgres::pgwire::messages::startup::{Authentication, SecretKey};
use datafusion_postgres::pgwire::messages::{PgWireBackendMessage, PgWireFrontendMessage, ProtocolVersion};
use futures::{Sink, SinkExt};
use tokio::sync::Mutex as AsyncMutex;

use super::Stops;
use super::cursors::Cursors;
use crate::service::control::lock;
use crate::service::users::{Users, Verifier, random};
use crate::service::variables::REPORTED;
use crate::service::{DATABASE, Service, Session, Variables, Who};

const MECHANISM: &str = "SCRAM-SHA-256";
const NONCE_BYTES: usize = 18;

/// How far a login is.
enum Step {
    Offered,
    /// The messages so far, the nonce, and what proves the password.
    Challenged {
        first: String,
        challenge: String,
        nonce: String,
        verifier: Option<Verifier>,
    },
}

/// The beginning of one connection, and then its session.
pub(super) struct Startup {
    service: Arc<Service>,
    users: Users,
    stops: Arc<Stops>,
    secret: Arc<[u8]>,
    full: bool,
    allow_plain_text: bool,
    step: Mutex<Step>,
    session: OnceLock<Arc<Session>>,
    /// The cursors of the session.
    pub(super) cursors: AsyncMutex<Cursors>,
}

impl Startup {
    pub(super) fn new(
        service: Arc<Service>,
        users: Users,
        stops: Arc<Stops>,
        secret: Arc<[u8]>,
        full: bool,
        allow_plain_text: bool,
    ) -> Self {
        let (step, session) = (Mutex::new(Step::Offered), OnceLock::new());
        Self { service, users, stops, secret, full, allow_plain_text, step, session, cursors: AsyncMutex::default() }
    }

    /// The session, once there is one.
    pub(super) fn session(&self) -> Option<&Arc<Session>> {
        self.session.get()
    }

    fn refuse(&self, code: &str, message: String, who: &str, address: &str) -> PgWireError {
        self.service.journal().remark(&format!("login of \"{who}\" from {address} refused: {message}"));
        PgWireError::UserError(Box::new(ErrorInfo::new("FATAL".to_owned(), code.to_owned(), message)))
    }

    /// The answer to the client's first message.
    fn challenge(&self, user: &str, first: &str) -> Option<(Step, String)> {
        // `n,,n=,r=nonce`: no channel binding, which only TLS could give.
        let bare = first.strip_prefix("n,").or_else(|| first.strip_prefix("y,"))?.split_once(',')?.1;
        let nonce = bare.split(',').find_map(|part| part.strip_prefix("r="))?;
        let nonce = format!("{nonce}{}", STANDARD.encode(random(NONCE_BYTES).ok()?));
        let users = self.users.all().unwrap_or_else(|error| {
            self.service.journal().remark(&error.to_string());
            Default::default()
        });
        let known = users.get(user).cloned();
        let shown = known.clone().unwrap_or_else(|| Verifier::of_nobody(user, &self.secret));
        let challenge = format!("r={nonce},s={},i={}", STANDARD.encode(&shown.salt), shown.iterations);
        let step = Step::Challenged { first: bare.to_owned(), challenge: challenge.clone(), nonce, verifier: known };
        Some((step, challenge))
    }

    /// The answer to the client's proof; none where it is no proof.
    fn prove(&self, last: &str) -> Option<String> {
        let step = std::mem::replace(&mut *lock(&self.step), Step::Offered);
        let Step::Challenged { first, challenge, nonce, verifier } = step else { return None };
        let (without_proof, proof) = last.rsplit_once(",p=")?;
        let binding = without_proof.split(',').find_map(|part| part.strip_prefix("c="))?;
        let nonce_back = without_proof.split(',').find_map(|part| part.strip_prefix("r="))?;
        if nonce_back != nonce || !["biws", "eSws"].contains(&binding) {
            return None;
        }
        let messages = format!("{first},{challenge},{without_proof}");
        let proof = STANDARD.decode(proof).ok()?;
        let signature = verifier?.answer(messages.as_bytes(), &proof)?;
        Some(format!("v={}", STANDARD.encode(signature)))
    }

    fn open<C: ClientInfo>(&self, client: &mut C) -> PgWireResult<()> {
        let metadata = client.metadata();
        let text = |key: &str| metadata.get(key).cloned().unwrap_or_default();
        let who = Who {
            user: text("user"),
            application: text("application_name"),
            address: client.socket_addr().to_string(),
            protocol: "postgres",
        };
        let options = options(&text("options"));
        let given =
            metadata.iter().filter(|(key, _)| !["user", "database", "options", "replication"].contains(&key.as_str()));
        let given = given.map(|(key, value)| (key.as_str(), value.as_str()));
        let chosen = options.iter().map(|(key, value)| (key.as_str(), value.as_str()));
        let variables = Variables::starting(given.chain(chosen));
        let session = Arc::new(self.service.open(who, variables));
        let bytes = random(32).map_err(|error| PgWireError::ApiError(Box::new(error)))?;
        let secret = match client.protocol_version() {
            ProtocolVersion::PROTOCOL3_0 => {
                SecretKey::I32(i32::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
            }
            _ => SecretKey::Bytes(bytes.into()),
        };
        client.set_pid_and_secret_key(session.number(), secret.clone());
        self.stops.add(session.number(), secret, session.control());
        let _ = self.session.set(session);
        Ok(())
    }
}

/// Settings of `options`, as `-c name=value`.
fn options(text: &str) -> Vec<(String, String)> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let mut found = Vec::new();
    for (number, word) in words.iter().enumerate() {
        let setting = match word.strip_prefix("-c") {
            Some("") => words.get(number + 1).copied(),
            Some(setting) => Some(setting),
            None => word.strip_prefix("--"),
        };
        if let Some((name, value)) = setting.and_then(|setting| setting.split_once('=')) {
            found.push((name.to_owned(), value.to_owned()));
        }
    }
    found
}

impl ServerParameterProvider for Startup {
    fn server_parameters<C: ClientInfo>(&self, _: &C) -> Option<std::collections::HashMap<String, String>> {
        let session = self.session()?;
        let values =
            REPORTED.iter().filter_map(|(name, shown)| Some(((*shown).to_owned(), session.setting(name).ok()?)));
        Some(values.collect())
    }
}

#[async_trait]
impl StartupHandler for Startup {
    async fn on_startup<C>(&self, client: &mut C, message: PgWireFrontendMessage) -> PgWireResult<()>
    where
        C: ClientInfo + Sink<PgWireBackendMessage> + Unpin + Send + Sync,
        C::Error: Debug,
        PgWireError: From<<C as Sink<PgWireBackendMessage>>::Error>,
    {
        let answered = self.step(client, message).await;
        // The connection's loop answers errors as if a session were open:
        // one that ends the login is told here, and then it is over.
        if let Err(PgWireError::UserError(info)) = answered {
            client.send(PgWireBackendMessage::ErrorResponse(ErrorResponse::from(*info))).await?;
            client.close().await?;
            return Err(PgWireError::IoError(std::io::ErrorKind::ConnectionAborted.into()));
        }
        answered
    }
}

impl Startup {
    async fn step<C>(&self, client: &mut C, message: PgWireFrontendMessage) -> PgWireResult<()>
    where
        C: ClientInfo + Sink<PgWireBackendMessage> + Unpin + Send + Sync,
        C::Error: Debug,
        PgWireError: From<<C as Sink<PgWireBackendMessage>>::Error>,
    {
        let address = client.socket_addr().to_string();
        match message {
            PgWireFrontendMessage::Startup(startup) => {
                protocol_negotiation(client, &startup).await?;
                save_startup_parameters_to_metadata(client, &startup);
                let user = client.metadata().get("user").cloned().unwrap_or_default();
                if self.full {
                    return Err(self.refuse("53300", "sorry, too many clients already".to_owned(), &user, &address));
                }
                if !client.is_secure() && !self.allow_plain_text {
                    let message = "no encryption: this server asks for TLS (sslmode=require)".to_owned();
                    return Err(self.refuse("28000", message, &user, &address));
                }
                let database = client.metadata().get("database").cloned().unwrap_or_else(|| user.clone());
                if ![DATABASE, "postgres", user.as_str()].contains(&database.as_str()) {
                    let message = format!("database \"{database}\" does not exist; there is \"{DATABASE}\"");
                    return Err(self.refuse("3D000", message, &user, &address));
                }
                client.set_state(PgWireConnectionState::AuthenticationInProgress);
                let offer = Authentication::SASL(vec![MECHANISM.to_owned()]);
                client.send(PgWireBackendMessage::Authentication(offer)).await?;
                Ok(())
            }
            PgWireFrontendMessage::PasswordMessageFamily(message) => {
                let user = client.metadata().get("user").cloned().unwrap_or_default();
                let failed = || {
                    let message = format!("password authentication failed for user \"{user}\"");
                    self.refuse("28P01", message, &user, &address)
                };
                let begun = matches!(*lock(&self.step), Step::Challenged { .. });
                if !begun {
                    let initial = message.into_sasl_initial_response()?;
                    let first = initial.data.unwrap_or_default();
                    let first = std::str::from_utf8(&first).map_err(|_| failed())?;
                    if initial.auth_method != MECHANISM {
                        return Err(failed());
                    }
                    let (step, challenge) = self.challenge(&user, first).ok_or_else(failed)?;
                    *lock(&self.step) = step;
                    let next = Authentication::SASLContinue(challenge.into());
                    client.send(PgWireBackendMessage::Authentication(next)).await?;
                    return Ok(());
                }
                let last = message.into_sasl_response()?;
                let last = std::str::from_utf8(&last.data).map_err(|_| failed())?;
                let proof = self.prove(last).ok_or_else(failed)?;
                client.feed(PgWireBackendMessage::Authentication(Authentication::SASLFinal(proof.into()))).await?;
                self.open(client)?;
                finish_authentication(client, self).await?;
                client.set_transaction_status(TransactionStatus::Idle);
                Ok(())
            }
            _ => Err(PgWireError::InvalidStartupMessage),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_settings() {
        let found = options("-c search_path=ops -cstatement_timeout=5s --jit=off -x");
        let names: Vec<&str> = found.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["search_path", "statement_timeout", "jit"]);
    }
}
