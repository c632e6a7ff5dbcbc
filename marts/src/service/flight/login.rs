//! Who asks: by name and password at first, then by the token that was given
//! for them.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex};

use arrow_flight::{HandshakeRequest, HandshakeResponse};
use base64::Engine;
use base64::alphabet;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use chrono::{DateTime, TimeDelta, Utc};
use futures::Stream;
use peil_warehouse::clock;
use tonic::metadata::MetadataMap;
use tonic::{Request, Response, Status, Streaming};

use super::Answer;
use crate::service::control::lock;
use crate::service::journal::{Journal, Who};
use crate::service::socket::Address;
use crate::service::users::{self, Users};

/// Base64 of a name and a password: the drivers written in Go leave out the
/// padding, others write it.
const BASIC: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);
/// Hours that a token is good for without being used.
const HOURS: i64 = 12;
/// Bytes of a token.
const BYTES: usize = 32;
/// Tokens that are kept at most; beyond them the oldest goes.
const MOST: usize = 10_000;

/// Those who have logged in.
pub(super) struct Tokens {
    users: Users,
    journal: Arc<dyn Journal>,
    given: Mutex<BTreeMap<String, Given>>,
}

struct Given {
    user: String,
    used: DateTime<Utc>,
}

impl Tokens {
    pub(super) fn new(users: Users, journal: Arc<dyn Journal>) -> Self {
        Self { users, journal, given: Mutex::default() }
    }

    /// Takes name and password, gives a token.
    #[expect(clippy::type_complexity, reason = "the trait's own type")]
    pub(super) fn handshake(
        &self,
        request: &Request<Streaming<HandshakeRequest>>,
    ) -> Answer<Response<Pin<Box<dyn Stream<Item = Answer<HandshakeResponse>> + Send>>>> {
        let user = self.by_password(request)?;
        let token = users::random(BYTES).map_err(|error| Status::internal(error.to_string()))?;
        let token = URL_SAFE_NO_PAD.encode(token);
        let mut given = lock(&self.given);
        let now = clock::now();
        given.retain(|_, known| now - known.used < TimeDelta::hours(HOURS));
        if given.len() >= MOST {
            let oldest = given.iter().min_by_key(|(_, known)| known.used).map(|(token, _)| token.clone());
            oldest.and_then(|token| given.remove(&token));
        }
        given.insert(token.clone(), Given { user, used: now });
        let answer = HandshakeResponse { protocol_version: 0, payload: token.clone().into() };
        let answers: Pin<Box<dyn Stream<Item = _> + Send>> = Box::pin(futures::stream::iter([Ok(answer)]));
        let mut response = Response::new(answers);
        let bearer = format!("Bearer {token}").parse().map_err(|_| Status::internal("a token that is no text"))?;
        response.metadata_mut().insert("authorization", bearer);
        Ok(response)
    }

    /// Who asks.
    pub(super) fn who<T>(&self, request: &Request<T>) -> Answer<Who> {
        let header = authorization(request.metadata())?;
        let user = match header.strip_prefix("Bearer ") {
            Some(token) => self.by_token(token.trim())?,
            None => self.by_password(request)?,
        };
        let address = address(request);
        let application = request.metadata().get("user-agent").and_then(|text| text.to_str().ok()).unwrap_or_default();
        Ok(Who { user, application: application.to_owned(), address, protocol: "flight" })
    }

    fn by_token(&self, token: &str) -> Answer<String> {
        let user = {
            let mut given = lock(&self.given);
            let now = clock::now();
            let known = given.get_mut(token).filter(|known| now - known.used < TimeDelta::hours(HOURS));
            let known =
                known.ok_or_else(|| Status::unauthenticated("the token is unknown or too old: log in again"))?;
            known.used = now;
            known.user.clone()
        };
        // One who is removed has no token either.
        let users = self.users.all().map_err(|error| Status::internal(error.to_string()))?;
        if users.contains_key(&user) { Ok(user) } else { Err(refused()) }
    }

    fn by_password<T>(&self, request: &Request<T>) -> Answer<String> {
        let header = authorization(request.metadata())?;
        let encoded = header.strip_prefix("Basic ").ok_or_else(refused)?;
        let plain = BASIC.decode(encoded.trim()).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        let plain = plain.ok_or_else(refused)?;
        let (name, password) = plain.split_once(':').ok_or_else(refused)?;
        match self.users.accept(name, password) {
            Ok(true) => Ok(name.to_owned()),
            Ok(false) => {
                let from = address(request);
                self.journal.remark(&format!("login of \"{name}\" from {from} over Flight SQL refused"));
                Err(refused())
            }
            Err(error) => Err(Status::internal(error.to_string())),
        }
    }
}

fn address<T>(request: &Request<T>) -> String {
    request.extensions().get::<Address>().map(|at| at.0.to_string()).unwrap_or_default()
}

fn authorization(metadata: &MetadataMap) -> Answer<&str> {
    let header = metadata.get("authorization").and_then(|value| value.to_str().ok());
    header.ok_or_else(|| Status::unauthenticated("log in with a user and a password: `peil users add` gives them"))
}

/// One word for a wrong name and a wrong password.
fn refused() -> Status {
    Status::unauthenticated("password authentication failed [SQLSTATE 28P01]")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(folder: &std::path::Path) -> Tokens {
        let users = Users::of(folder.join("peil.users"));
        users.add("an", "a good password").unwrap();
        Tokens::new(users, Arc::new(crate::service::journal::Silent))
    }

    fn request(header: &str) -> Request<()> {
        let mut request = Request::new(());
        request.metadata_mut().insert("authorization", header.parse().unwrap());
        request
    }

    #[test]
    fn only_the_right_password_and_known_tokens_are_taken() {
        let folder = tempfile::tempdir().unwrap();
        let tokens = tokens(folder.path());
        let basic = |text: &str| format!("Basic {}", BASIC.encode(text));
        assert_eq!(tokens.who(&request(&basic("an:a good password"))).unwrap().user, "an");
        tokens.users.add("jan", "a good password").unwrap();
        let padded = basic("jan:a good password");
        assert!(padded.ends_with('='));
        for header in [padded.as_str(), padded.trim_end_matches('=')] {
            assert_eq!(tokens.who(&request(header)).unwrap().user, "jan", "{header}");
        }
        for header in [basic("an:another"), basic("bo:a good password"), "Bearer x".to_owned(), "Basic ???".to_owned()]
        {
            assert_eq!(tokens.who(&request(&header)).unwrap_err().code(), tonic::Code::Unauthenticated, "{header}");
        }
        assert_eq!(tokens.who(&Request::new(())).unwrap_err().code(), tonic::Code::Unauthenticated);
    }

    #[test]
    fn a_token_dies_with_its_user_and_with_age() {
        let folder = tempfile::tempdir().unwrap();
        let tokens = tokens(folder.path());
        let now = clock::now();
        lock(&tokens.given).insert("fresh".to_owned(), Given { user: "an".to_owned(), used: now });
        lock(&tokens.given)
            .insert("old".to_owned(), Given { user: "an".to_owned(), used: now - TimeDelta::hours(HOURS) });
        assert_eq!(tokens.who(&request("Bearer fresh")).unwrap().user, "an");
        assert!(tokens.who(&request("Bearer old")).is_err());
        tokens.users.remove("an").unwrap();
        assert!(tokens.who(&request("Bearer fresh")).is_err());
    }
}
