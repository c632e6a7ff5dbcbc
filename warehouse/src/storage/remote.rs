//! Object stores: S3, Azure Blob, Google Cloud, opened as the environment
//! says.
//!
//! Keys, endpoints and regions come from the variables that the tools of each
//! cloud use (`AWS_…`, `AZURE_…`, `GOOGLE_…`), never from a URL: a URL is told
//! in logs and messages.

use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey};
use object_store::azure::{AzureConfigKey, MicrosoftAzureBuilder};
use object_store::gcp::{GoogleCloudStorageBuilder, GoogleConfigKey};
use object_store::path::Path;
use object_store::{BackoffConfig, ClientConfigKey, ObjectStore, ObjectStoreScheme, RetryConfig};
use url::Url;

use crate::{Error, Result};

/// How often a request that failed is made again: a store that is down is
/// told after some ten seconds.
const RETRIES: usize = 6;
/// The longest that a request and its repetitions may take.
const PATIENCE: Duration = Duration::from_secs(120);
/// That a single request may take: a large file on a slow line.
const REQUEST: &str = "300 seconds";

const S3: &str = "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, AWS_REGION, and AWS_ENDPOINT where it is not Amazon's";
const AZURE: &str = "AZURE_STORAGE_ACCOUNT_NAME and AZURE_STORAGE_ACCOUNT_KEY or AZURE_STORAGE_SAS_TOKEN";
const GOOGLE: &str = "GOOGLE_SERVICE_ACCOUNT, the file of the account's key";

/// Opens the store of a URL, with the path in it.
///
/// # Errors
/// [`Error::Usage`] where the URL is none of an object store, holds a secret,
/// or the variables of its cloud are wrong.
pub(super) fn open(url: &Url) -> Result<(Arc<dyn ObjectStore>, Path)> {
    let variables = match url.scheme() {
        "az" | "azure" | "abfs" | "abfss" | "adl" => AZURE,
        "gs" => GOOGLE,
        _ => S3,
    };
    if url.password().is_some() || url.query().is_some() || (!url.username().is_empty() && variables != AZURE) {
        let plain = format!("{}://{}{}", url.scheme(), url.host_str().unwrap_or_default(), url.path());
        return Err(Error::usage(format!(
            "the location {plain} holds a secret, and locations are told in logs: leave out what stands before `@` and after `?`, and set {variables}"
        )));
    }
    let wrong = |error: &dyn std::fmt::Display| {
        Error::usage(format!(
            "the location `{url}` cannot be opened ({error}): give a folder or a URL such as file://, s3://, az://, gs:// or memory://; an object store needs {variables}"
        ))
    };
    let (scheme, path) = ObjectStoreScheme::parse(url).map_err(|error| wrong(&error))?;
    let store: Arc<dyn ObjectStore> = match scheme {
        ObjectStoreScheme::AmazonS3 => {
            let builder = AmazonS3Builder::new()
                .with_url(url.as_str())
                .with_retry(retry())
                .with_config(AmazonS3ConfigKey::Client(ClientConfigKey::Timeout), REQUEST);
            let of_variables =
                of_environment("AWS_").fold(builder, |builder, (key, value)| builder.with_config(key, value));
            Arc::new(of_variables.build().map_err(|error| wrong(&error))?)
        }
        ObjectStoreScheme::MicrosoftAzure => {
            let builder = MicrosoftAzureBuilder::new()
                .with_url(url.as_str())
                .with_retry(retry())
                .with_config(AzureConfigKey::Client(ClientConfigKey::Timeout), REQUEST);
            let of_variables =
                of_environment("AZURE_").fold(builder, |builder, (key, value)| builder.with_config(key, value));
            Arc::new(of_variables.build().map_err(|error| wrong(&error))?)
        }
        ObjectStoreScheme::GoogleCloudStorage => {
            let builder = GoogleCloudStorageBuilder::new()
                .with_url(url.as_str())
                .with_retry(retry())
                .with_config(GoogleConfigKey::Client(ClientConfigKey::Timeout), REQUEST);
            let of_variables =
                of_environment("GOOGLE_").fold(builder, |builder, (key, value)| builder.with_config(key, value));
            Arc::new(of_variables.build().map_err(|error| wrong(&error))?)
        }
        ObjectStoreScheme::Memory => Arc::new(object_store::memory::InMemory::new()),
        _ => return Err(wrong(&"no such kind of location is known")),
    };
    Ok((store, path))
}

/// What the variables with a prefix say of settings that are known.
fn of_environment<K: FromStr>(prefix: &str) -> impl Iterator<Item = (K, String)> {
    std::env::vars()
        .filter(move |(key, value)| key.starts_with(prefix) && !value.is_empty())
        .filter_map(|(key, value)| Some((key.to_ascii_lowercase().parse().ok()?, value)))
}

fn retry() -> RetryConfig {
    RetryConfig { backoff: BackoffConfig::default(), max_retries: RETRIES, retry_timeout: PATIENCE }
}

/// What a store says, without what may be a secret (signatures stand in the
/// query of an address), and with what helps.
pub(crate) fn told(error: &object_store::Error) -> String {
    let said = without_queries(&error.to_string());
    let hint = match error {
        object_store::Error::Unauthenticated { .. } | object_store::Error::PermissionDenied { .. } => {
            "the store does not let us in: look at its keys in the environment, and at what they may do"
        }
        _ if said.contains("169.254.169.254") || said.contains("metadata.google.internal") => {
            "there are no keys in the environment: set those of the store (AWS_…, AZURE_… or GOOGLE_…)"
        }
        _ if ["NoSuchBucket", "ContainerNotFound", "The specified bucket does not exist"]
            .iter()
            .any(|word| said.contains(word)) =>
        {
            "make the bucket first: Peil makes objects, no buckets"
        }
        _ if said.contains("error sending request") => {
            "the store cannot be reached: look at its endpoint in the environment (http:// needs AWS_ALLOW_HTTP=true), and at the network"
        }
        _ => return said,
    };
    format!("{said}\nhint: {hint}")
}

/// A text whose addresses have no query.
fn without_queries(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut hidden = false;
    for letter in text.chars() {
        match letter {
            '?' if !hidden && out.rsplit([' ', '(', '"']).next().is_some_and(|word| word.contains("://")) => {
                hidden = true;
                out.push_str("?…");
            }
            ' ' | ')' | '"' | '\n' => {
                hidden = false;
                out.push(letter);
            }
            _ if hidden => {}
            _ => out.push(letter),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_secret_of_an_address_is_told() {
        let said = "error sending request for url (https://a.blob/x/y?sv=1&sig=secret): why?";
        assert_eq!(without_queries(said), "error sending request for url (https://a.blob/x/y?…): why?");
        for url in ["s3://key:secret@bucket/x", "az://container/x?sig=secret", "s3://secret@bucket/x"] {
            let error = open(&Url::parse(url).unwrap()).unwrap_err().to_string();
            assert!(!error.contains("secret@") && !error.contains("sig=") && error.contains("_KEY"), "{error}");
        }
    }

    #[test]
    fn a_wrong_kind_of_location_names_those_that_are_right() {
        let error = open(&Url::parse("ftp://host/x").unwrap()).unwrap_err().to_string();
        assert!(error.contains("ftp://host/x") && error.contains("s3://"), "{error}");
    }
}
