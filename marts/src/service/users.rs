//! Who may log in. The file holds no passwords and nothing that stands for
//! one: a line for each user in PostgreSQL's own form of a SCRAM-SHA-256
//! verifier, `name:SCRAM-SHA-256$<iterations>:<salt>$<stored key>:<server key>`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use datafusion_postgres::pgwire::tokio::tokio_rustls::rustls::crypto::ring;
use hmac::{Hmac, KeyInit, Mac};
use peil_warehouse::{Error, Result};
use sha2::{Digest, Sha256};

/// How often a password is hashed, as PostgreSQL does.
const ITERATIONS: u32 = 4096;
const SALT_BYTES: usize = 16;
/// The shortest password.
pub const SHORTEST_PASSWORD: usize = 8;

/// What proves a password without telling it.
#[derive(Clone, PartialEq, Eq)]
pub struct Verifier {
    /// How often the password was hashed.
    pub iterations: u32,
    /// What it was hashed with.
    pub salt: Vec<u8>,
    stored_key: [u8; 32],
    server_key: [u8; 32],
}

impl std::fmt::Debug for Verifier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Verifier")
    }
}

impl Verifier {
    /// The verifier of a password, with a salt of its own.
    ///
    /// # Errors
    /// [`Error::Usage`] where the password is too short; [`Error::Internal`]
    /// where the machine gives no random bytes.
    pub fn of(password: &str) -> Result<Self> {
        if password.chars().count() < SHORTEST_PASSWORD {
            return Err(Error::usage(format!("a password has at least {SHORTEST_PASSWORD} characters")));
        }
        Ok(Self::with_salt(password, random(SALT_BYTES)?, ITERATIONS))
    }

    fn with_salt(password: &str, salt: Vec<u8>, iterations: u32) -> Self {
        let prepared = stringprep::saslprep(password).map_or_else(|_| password.to_owned(), |text| text.into_owned());
        let salted = hi(prepared.as_bytes(), &salt, iterations);
        let stored_key: [u8; 32] = Sha256::digest(sign(&salted, b"Client Key")).into();
        Self { iterations, salt, stored_key, server_key: sign(&salted, b"Server Key") }
    }

    /// A verifier that no password fits, the same for the same name: who asks
    /// for a user that is not there learns nothing.
    pub fn of_nobody(name: &str, secret: &[u8]) -> Self {
        let salt = sign(secret, name.as_bytes())[..SALT_BYTES].to_vec();
        let impossible = sign(secret, b"nobody");
        Self { iterations: ITERATIONS, salt, stored_key: impossible, server_key: impossible }
    }

    /// Whether this is the password.
    pub fn fits(&self, password: &str) -> bool {
        let other = Self::with_salt(password, self.salt.clone(), self.iterations);
        equal(&other.stored_key, &self.stored_key)
    }

    /// Checks a client's proof over the messages of a login; gives the
    /// server's own proof.
    pub fn answer(&self, messages: &[u8], proof: &[u8]) -> Option<[u8; 32]> {
        let signature = sign(&self.stored_key, messages);
        let proof: [u8; 32] = proof.try_into().ok()?;
        let mut client_key = [0; 32];
        for (place, (a, b)) in client_key.iter_mut().zip(signature.iter().zip(proof)) {
            *place = a ^ b;
        }
        let found: [u8; 32] = Sha256::digest(client_key).into();
        equal(&found, &self.stored_key).then(|| sign(&self.server_key, messages))
    }

    fn text(&self) -> String {
        let encode = |bytes: &[u8]| STANDARD.encode(bytes);
        format!(
            "SCRAM-SHA-256${}:{}${}:{}",
            self.iterations,
            encode(&self.salt),
            encode(&self.stored_key),
            encode(&self.server_key)
        )
    }

    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.strip_prefix("SCRAM-SHA-256$")?.split('$');
        let (iterations, salt) = parts.next()?.split_once(':')?;
        let (stored, server) = parts.next()?.split_once(':')?;
        let key = |text: &str| STANDARD.decode(text).ok().and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
        Some(Self {
            iterations: iterations.parse().ok().filter(|number| *number >= ITERATIONS)?,
            salt: STANDARD.decode(salt).ok()?,
            stored_key: key(stored)?,
            server_key: key(server)?,
        })
    }
}

/// The file of users. It is read at each login, so that one who is removed
/// cannot come back in.
#[derive(Debug, Clone)]
pub struct Users {
    path: PathBuf,
}

impl Users {
    /// The users of a file, which need not be there yet.
    pub fn of(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// Where they are kept.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The users by name.
    ///
    /// # Errors
    /// [`Error::Usage`] where the file cannot be read or a line of it is wrong.
    pub fn all(&self) -> Result<BTreeMap<String, Verifier>> {
        let text = match std::fs::read_to_string(&self.path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(BTreeMap::new()),
            Err(error) => return Err(self.failed(&error)),
        };
        let mut users = BTreeMap::new();
        for (number, line) in text.lines().enumerate() {
            if line.trim().is_empty() || line.starts_with('#') {
                continue;
            }
            let entry = line.split_once(':').and_then(|(name, rest)| Some((name.to_owned(), Verifier::parse(rest)?)));
            let Some((name, verifier)) = entry else {
                return Err(Error::usage(format!(
                    "{}:{}: this is no user\nhint: `peil users add NAME` writes the line",
                    self.path.display(),
                    number + 1
                )));
            };
            users.insert(name, verifier);
        }
        Ok(users)
    }

    /// Adds a user or gives one another password; true where it is a new one.
    ///
    /// # Errors
    /// [`Error::Usage`] where the name or the password cannot be one.
    pub fn add(&self, name: &str, password: &str) -> Result<bool> {
        let plain = |c: char| c.is_ascii_alphanumeric() || "_-.@".contains(c);
        if name.is_empty() || name.len() > 63 || !name.chars().all(plain) {
            return Err(Error::usage(format!(
                "`{name}` cannot be the name of a user: use letters, digits and _ - . @, at most 63"
            )));
        }
        let mut users = self.all()?;
        let new = users.insert(name.to_owned(), Verifier::of(password)?).is_none();
        self.write(&users)?;
        Ok(new)
    }

    /// Removes a user; false where there is none.
    ///
    /// # Errors
    /// As [`Users::all`].
    pub fn remove(&self, name: &str) -> Result<bool> {
        let mut users = self.all()?;
        let found = users.remove(name).is_some();
        if found {
            self.write(&users)?;
        }
        Ok(found)
    }

    /// Whether the password is that of the user.
    ///
    /// # Errors
    /// As [`Users::all`].
    pub fn accept(&self, name: &str, password: &str) -> Result<bool> {
        let users = self.all()?;
        // As much work for a name that is not there as for one that is.
        let nobody = Verifier::of_nobody(name, b"");
        let verifier = users.get(name);
        let fits = verifier.unwrap_or(&nobody).fits(password);
        Ok(fits && verifier.is_some())
    }

    /// Writes the file in one step, readable by its owner only.
    fn write(&self, users: &BTreeMap<String, Verifier>) -> Result<()> {
        use std::io::Write;
        let text: String = users.iter().map(|(name, verifier)| format!("{name}:{}\n", verifier.text())).collect();
        let folder = self.path.parent().filter(|folder| !folder.as_os_str().is_empty());
        folder.map_or(Ok(()), std::fs::create_dir_all).map_err(|error| self.failed(&error))?;
        let staged = self.path.with_extension(format!("{}.tmp", std::process::id()));
        let write = || -> std::io::Result<()> {
            let mut options = std::fs::OpenOptions::new();
            options.write(true).create(true).truncate(true);
            #[cfg(unix)]
            std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
            let mut file = options.open(&staged)?;
            file.write_all(text.as_bytes())?;
            file.sync_all()?;
            std::fs::rename(&staged, &self.path)?;
            folder.map_or(Ok(()), |folder| std::fs::File::open(folder)?.sync_all())
        };
        write().map_err(|error| self.failed(&error))
    }

    fn failed(&self, error: &std::io::Error) -> Error {
        Error::usage(format!("the users {} cannot be kept: {error}", self.path.display()))
    }
}

/// Random bytes that nobody can guess.
///
/// # Errors
/// [`Error::Internal`] where the machine gives none.
pub fn random(count: usize) -> Result<Vec<u8>> {
    let mut bytes = vec![0; count];
    let source = ring::default_provider().secure_random;
    source.fill(&mut bytes).map_err(|_| Error::internal("the machine gives no random bytes"))?;
    Ok(bytes)
}

fn sign(key: &[u8], message: &[u8]) -> [u8; 32] {
    // HMAC takes a key of any length.
    Hmac::<Sha256>::new_from_slice(key).map_or([0; 32], |mac| mac.chain_update(message).finalize().into_bytes().into())
}

/// RFC 5802's Hi: one block of PBKDF2.
fn hi(password: &[u8], salt: &[u8], iterations: u32) -> [u8; 32] {
    let Ok(keyed) = Hmac::<Sha256>::new_from_slice(password) else { return [0; 32] };
    let mut last: [u8; 32] =
        keyed.clone().chain_update(salt).chain_update(1_u32.to_be_bytes()).finalize().into_bytes().into();
    let mut result = last;
    for _ in 1..iterations {
        last = keyed.clone().chain_update(last).finalize().into_bytes().into();
        for (place, byte) in result.iter_mut().zip(last) {
            *place ^= byte;
        }
    }
    result
}

/// Compares in a time that tells nothing.
fn equal(a: &[u8; 32], b: &[u8; 32]) -> bool {
    a.iter().zip(b).fold(0, |difference, (a, b)| difference | (a ^ b)) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_come_and_go() {
        let folder = tempfile::tempdir().unwrap();
        let users = Users::of(folder.path().join("deep/users"));
        assert!(users.all().unwrap().is_empty());
        assert!(users.add("an", "a long password").unwrap());
        assert!(!users.add("an", "another password").unwrap());
        assert!(users.accept("an", "another password").unwrap());
        assert!(!users.accept("an", "a long password").unwrap());
        assert!(!users.accept("bert", "another password").unwrap());
        for (name, password) in [("a b", "a long password"), ("", "a long password"), ("bert", "short")] {
            assert!(matches!(users.add(name, password), Err(Error::Usage(_))), "{name}");
        }
        let text = std::fs::read_to_string(users.path()).unwrap();
        assert!(!text.contains("password") && text.starts_with("an:SCRAM-SHA-256$4096:"), "{text}");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(std::fs::metadata(users.path()).unwrap().permissions().mode() & 0o777, 0o600);
        }
        assert!(users.remove("an").unwrap() && !users.remove("an").unwrap());
        std::fs::write(users.path(), "an:plain\n").unwrap();
        assert!(matches!(users.all(), Err(Error::Usage(ref text)) if text.contains(":1: this is no user")));
    }

    #[test]
    fn the_verifier_is_that_of_rfc_7677() {
        // The example of RFC 7677, section 3.
        let salt = STANDARD.decode("W22ZaJ0SNY7soEsUEjb6gQ==").unwrap();
        let verifier = Verifier::with_salt("pencil", salt, 4096);
        let messages = "n=user,r=rOprNGfwEbeRWgbNEkqO,\
            r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096,\
            c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
        let proof = STANDARD.decode("dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=").unwrap();
        let server = verifier.answer(messages.as_bytes(), &proof).unwrap();
        assert_eq!(STANDARD.encode(server), "6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=");
        assert!(verifier.answer(b"other", &proof).is_none());
        assert_eq!(Verifier::parse(&verifier.text()), Some(verifier));
    }
}
