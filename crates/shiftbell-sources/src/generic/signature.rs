//! Standard Webhooks, and the plain `X-Hub-Signature-256`.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use shiftbell_metrics::time::Instant;

use crate::parsed::shortened;
use crate::signature::{Refused, Request, Secret, SignatureUsed, check_fresh, hmac_sha256, is_same};

/// Header of the message's id, the same when it is sent again.
pub const ID: &str = "webhook-id";
/// Header of the time that is signed: seconds.
pub const TIMESTAMP: &str = "webhook-timestamp";
/// Header of the signatures, `v1,<base64>` each, separated by spaces.
pub const SIGNATURE: &str = "webhook-signature";
/// Header of `sha256=<hex>`.
pub const SHA256: &str = "X-Hub-Signature-256";

const KEY_BYTES_MIN: usize = 16;

/// Believes a request if any of its signatures was made with any of the secrets.
pub(crate) fn verify(request: &Request<'_>, secrets: &[&Secret], now: Instant) -> Result<SignatureUsed, Refused> {
    let header = |name| (request.header)(name).ok_or(Refused::MissingHeader { header: name });
    let (id, timestamp, signatures) = (header(ID)?, header(TIMESTAMP)?, header(SIGNATURE)?);
    let malformed = || Refused::MalformedTimestamp {
        header: TIMESTAMP,
        found: shortened(timestamp),
        wanted: "whole seconds since 1970",
    };
    if timestamp.is_empty() || timestamp.len() > 11 || !timestamp.bytes().all(|b| b.is_ascii_digit()) {
        return Err(malformed());
    }
    let seconds: i64 = timestamp.parse().map_err(|_| malformed())?;
    check_fresh(Instant(seconds.saturating_mul(1_000)), now)?;

    let found: Vec<&str> = signatures.split(' ').filter_map(|one| one.strip_prefix("v1,")).collect();
    if found.is_empty() {
        return Err(Refused::MalformedSignature { header: SIGNATURE, wanted: "`v1,` and a signature in base64" });
    }
    let keys: Vec<Vec<u8>> = secrets.iter().filter_map(|secret| key_of(secret)).collect();
    if keys.is_empty() {
        return Err(Refused::NoSecret { why: "it should be `whsec_` and at least 16 bytes in base64" });
    }
    let is_right = keys.iter().any(|key| {
        let expected = signed(key, id, timestamp, request.body);
        found.iter().any(|one| is_same(expected.as_bytes(), one.as_bytes()))
    });
    if is_right { Ok(SignatureUsed::StandardWebhooks) } else { Err(Refused::WrongSignature { header: SIGNATURE }) }
}

/// Believes `sha256=<hex of HMAC-SHA256>` over the body. It signs no time, so that an old request can be repeated; the
/// events in it are then known already.
pub(crate) fn verify_sha256(request: &Request<'_>, secrets: &[&Secret]) -> Result<SignatureUsed, Refused> {
    let signature = (request.header)(SHA256).ok_or(Refused::MissingHeader { header: SHA256 })?;
    let malformed = Refused::MalformedSignature { header: SHA256, wanted: "`sha256=` and 64 hex digits in lower case" };
    let found = signature.strip_prefix("sha256=").ok_or(malformed)?;
    let is_right = secrets.iter().any(|secret| {
        let expected = hex::encode(hmac_sha256(secret.text().as_bytes(), &[request.body]));
        is_same(expected.as_bytes(), found.as_bytes())
    });
    if is_right { Ok(SignatureUsed::Sha256Hex) } else { Err(Refused::WrongSignature { header: SHA256 }) }
}

/// The bytes of a secret: base64 behind `whsec_` (which some senders leave out).
pub(crate) fn key_of(secret: &Secret) -> Option<Vec<u8>> {
    let text = secret.text().strip_prefix("whsec_").unwrap_or(secret.text());
    STANDARD.decode(text).ok().filter(|key| key.len() >= KEY_BYTES_MIN)
}

/// The value of [`SIGNATURE`] for a message; `None` if the secret is not usable.
pub fn sign(secret: &Secret, id: &str, at: Instant, body: &[u8]) -> Option<String> {
    let timestamp = at.as_ms().div_euclid(1_000).to_string();
    Some(format!("v1,{}", signed(&key_of(secret)?, id, &timestamp, body)))
}

fn signed(key: &[u8], id: &str, timestamp: &str, body: &[u8]) -> String {
    STANDARD.encode(hmac_sha256(key, &[id.as_bytes(), b".", timestamp.as_bytes(), b".", body]))
}
