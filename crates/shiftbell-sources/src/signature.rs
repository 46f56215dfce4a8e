//! Whether a request really comes from the source that it claims, and from now.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use shiftbell_metrics::time::{Instant, MS_PER_MINUTE};
use subtle::ConstantTimeEq;

use crate::kind::Kind;
use crate::settings::SourceSettings;
use crate::{generic, hubspot};

/// How far a signed time may be from ours, in both directions.
const SKEW_MS_MAX: i64 = 5 * MS_PER_MINUTE;

/// What was received, as far as it is signed.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    /// In upper case.
    pub method: &'a str,
    /// The *configured* public address and the path and query that were asked for, never one rebuilt from `Host` or
    /// `X-Forwarded-*`: the sender signs the address that it was told.
    pub url: &'a str,
    /// A header by its name; upper and lower case do not matter to the one who looks it up.
    pub header: &'a dyn Fn(&str) -> Option<&'a str>,
    /// The raw bytes.
    pub body: &'a [u8],
}

impl fmt::Debug for Request<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request").field("method", &self.method).field("url", &self.url).finish_non_exhaustive()
    }
}

/// A shared secret. It is never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    pub fn new(secret: impl Into<String>) -> Secret {
        Secret(secret.into())
    }

    pub(crate) fn text(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(...)")
    }
}

/// Which signature was accepted; recorded with the delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignatureUsed {
    HubSpotV1,
    HubSpotV2,
    HubSpotV3,
    StandardWebhooks,
    Sha256Hex,
}

impl SignatureUsed {
    /// The word under which it is recorded.
    pub fn word(self) -> &'static str {
        match self {
            SignatureUsed::HubSpotV1 => "hubspot-v1",
            SignatureUsed::HubSpotV2 => "hubspot-v2",
            SignatureUsed::HubSpotV3 => "hubspot-v3",
            SignatureUsed::StandardWebhooks => "standard-webhooks",
            SignatureUsed::Sha256Hex => "sha256",
        }
    }
}

/// Why a request is not believed. All are answered alike (401), and the sentence goes into the log.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    #[error("header `{header}` is missing, so that nothing shows who sent this")]
    MissingHeader { header: &'static str },
    #[error(
        "the signature in `{header}` does not fit the body; check the secret, and that the public URL is the one the sender was told"
    )]
    WrongSignature { header: &'static str },
    #[error("the signature in `{header}` has an unknown form; {wanted} was expected")]
    MalformedSignature { header: &'static str, wanted: &'static str },
    #[error("`{found}` in `{header}` is no time; {wanted} was expected")]
    MalformedTimestamp { header: &'static str, found: String, wanted: &'static str },
    #[error("signed {seconds} s ago; more than 300 s is refused, because somebody may be repeating an old request")]
    StaleTimestamp { seconds: i64 },
    #[error("signed {seconds} s in the future; more than 300 s is refused; check this machine's clock")]
    FutureTimestamp { seconds: i64 },
    #[error("`{found}` is no signature version that is known here; v1, v2 or v3 was expected")]
    UnknownVersion { found: String },
    #[error("header `{header}` is missing, and this source accepts nothing older (`v3_required`)")]
    V3Required { header: &'static str },
    #[error("this source has no usable secret, so that nothing can be believed; {why}")]
    NoSecret { why: &'static str },
    #[error("a source of kind `file` receives nothing over the network; import its files instead")]
    NotReceived,
}

impl Refused {
    /// One word for it, for counting.
    pub fn word(&self) -> &'static str {
        match self {
            Refused::MissingHeader { .. } => "missing",
            Refused::WrongSignature { .. } => "wrong",
            Refused::MalformedSignature { .. } | Refused::MalformedTimestamp { .. } => "malformed",
            Refused::StaleTimestamp { .. } => "late",
            Refused::FutureTimestamp { .. } => "early",
            Refused::UnknownVersion { .. } => "version",
            Refused::V3Required { .. } => "older",
            Refused::NoSecret { .. } => "no-secret",
            Refused::NotReceived => "not-received",
        }
    }

    /// The HTTP status with which it is answered.
    pub fn status(&self) -> u16 {
        401
    }
}

/// Checks the signature of a request against any of the secrets (several while one is being replaced).
///
/// # Errors
/// [`Refused`] with the reason. An empty list of secrets refuses everything.
pub fn verify(
    kind: Kind,
    request: &Request<'_>,
    secrets: &[Secret],
    settings: &SourceSettings,
    now: Instant,
) -> Result<SignatureUsed, Refused> {
    // An empty secret signs like any other, and anybody knows it.
    let secrets: Vec<&Secret> = secrets.iter().filter(|secret| !secret.0.is_empty()).collect();
    if secrets.is_empty() {
        return Err(Refused::NoSecret { why: "set `secret` of the source" });
    }
    match kind {
        Kind::HubSpot => hubspot::signature::verify(request, &secrets, settings.is_v3_required, now),
        Kind::Generic if settings.is_plain_sha256 => generic::signature::verify_sha256(request, &secrets),
        Kind::Generic => generic::signature::verify(request, &secrets, now),
        Kind::File => Err(Refused::NotReceived),
    }
}

/// Whether a secret has the form that its kind of source needs, for `check` and the start of the program.
///
/// # Errors
/// A sentence that says what would be right; it never holds the secret.
pub fn check_secret(kind: Kind, secret: &Secret, settings: &SourceSettings) -> Result<(), String> {
    if secret.0.is_empty() {
        return Err("the secret is empty".to_owned());
    }
    match kind {
        Kind::Generic if !settings.is_plain_sha256 => generic::signature::key_of(secret).map(|_| ()).ok_or_else(|| {
            "the secret of a generic source is `whsec_` and at least 16 bytes in base64, as its sender shows it"
                .to_owned()
        }),
        Kind::HubSpot if secret.0.starts_with("pat-") => {
            Err("this is an access token; HubSpot signs with the app's client secret".to_owned())
        }
        Kind::Generic | Kind::HubSpot | Kind::File => Ok(()),
    }
}

/// What makes a delivery the same delivery when it is sent again: the id that it carries, else a hash of its bytes.
///
/// A sender that changes a counter in the body when it tries again gets another key; the events in it are known anyway.
pub fn delivery_key(kind: Kind, request: &Request<'_>) -> String {
    let id = match kind {
        Kind::Generic => (request.header)("webhook-id"),
        Kind::HubSpot | Kind::File => None,
    };
    let mut hash = Sha256::new();
    match id {
        Some(id) => hash.update(id.as_bytes()),
        None => hash.update(request.body),
    }
    hex::encode(&hash.finalize()[..16])
}

/// HMAC-SHA256 over the parts, one after the other.
pub(crate) fn hmac_sha256(key: &[u8], parts: &[&[u8]]) -> Vec<u8> {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return Vec::new() };
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().to_vec()
}

/// Compares without telling, by the time it takes, how much was right.
pub(crate) fn is_same(expected: &[u8], found: &[u8]) -> bool {
    !expected.is_empty() && bool::from(expected.ct_eq(found))
}

/// Refuses a signed time that is too far from now, in either direction.
pub(crate) fn check_fresh(signed_at: Instant, now: Instant) -> Result<(), Refused> {
    let age_ms = now.since(signed_at);
    if age_ms > SKEW_MS_MAX {
        Err(Refused::StaleTimestamp { seconds: age_ms / 1_000 })
    } else if age_ms < -SKEW_MS_MAX {
        Err(Refused::FutureTimestamp { seconds: -(age_ms / 1_000) })
    } else {
        Ok(())
    }
}
