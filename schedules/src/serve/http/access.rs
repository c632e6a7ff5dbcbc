//! Who asks: a name and a password in the request, checked against the users
//! of every other protocol.

use std::net::SocketAddr;
use std::sync::LazyLock;

use axum::http::header::{AUTHORIZATION, USER_AGENT, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::Response;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use peil_marts::service::Who;
use tokio::sync::Semaphore;

use super::{Site, said};

/// Passwords that are checked at the same time: each costs thousands of
/// hashes, and who guesses must not take the machine from the others.
static CHECKS: LazyLock<Semaphore> = LazyLock::new(|| Semaphore::new(2));

/// Who asks without a name.
pub(super) fn nobody(headers: &HeaderMap, address: SocketAddr) -> Who {
    let application = headers.get(USER_AGENT).and_then(|name| name.to_str().ok()).unwrap_or_default().to_owned();
    Who { user: String::new(), application, address: address.to_string(), protocol: "http" }
}

/// The user of the request.
///
/// # Errors
/// The answer that asks for a login, where there is none or it is wrong.
pub(super) async fn user(
    site: &Site,
    headers: &HeaderMap,
    address: SocketAddr,
) -> std::result::Result<Who, Box<Response>> {
    let Some((name, password)) = headers.get(AUTHORIZATION).and_then(credentials) else {
        return Err(Box::new(wanted("this needs a login\nhint: `peil users add NAME` makes one")));
    };
    let _turn = CHECKS.acquire().await;
    let (users, asked) = (site.users.clone(), name.clone());
    let accepted = tokio::task::spawn_blocking(move || users.accept(&asked, &password)).await;
    match accepted {
        Ok(Ok(true)) => Ok(Who { user: name, ..nobody(headers, address) }),
        Ok(Ok(false)) => {
            site.service.journal().remark(&format!("login of \"{name}\" from {address} over HTTP refused"));
            Err(Box::new(wanted("name or password is wrong")))
        }
        // What is wrong with the file of users is not for who asks.
        Ok(Err(_)) | Err(_) => Err(Box::new(said(StatusCode::INTERNAL_SERVER_ERROR, "users cannot be checked"))),
    }
}

fn wanted(text: &str) -> Response {
    let mut response = said(StatusCode::UNAUTHORIZED, text);
    let challenge = HeaderValue::from_static("Basic realm=\"peil\", charset=\"UTF-8\"");
    response.headers_mut().insert(WWW_AUTHENTICATE, challenge);
    response
}

/// Name and password of Basic authentication (RFC 7617).
fn credentials(header: &HeaderValue) -> Option<(String, String)> {
    let (scheme, encoded) = header.to_str().ok()?.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    decoded.split_once(':').map(|(name, password)| (name.to_owned(), password.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_read_as_the_standard_has_them() {
        let header = |text: &str| HeaderValue::from_str(text).unwrap();
        let pair = |name: &str, password: &str| Some((name.to_owned(), password.to_owned()));
        assert_eq!(credentials(&header("Basic YW46YTpi")), pair("an", "a:b"));
        assert_eq!(credentials(&header("basic YW46w6k=")), pair("an", "é"));
        for text in ["Bearer YW46YTpi", "Basic", "Basic ???", "Basic YW4="] {
            assert_eq!(credentials(&header(text)), None, "{text}");
        }
    }
}
