//! HubSpot's three signatures.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};
use shiftbell_metrics::time::Instant;

use crate::parsed::shortened;
use crate::signature::{Refused, Request, Secret, SignatureUsed, check_fresh, hmac_sha256, is_same};

/// Header of the v3 signature: HMAC-SHA256 in base64.
pub const V3: &str = "X-HubSpot-Signature-v3";
/// Header of the time that v3 signs: milliseconds.
pub const TIMESTAMP: &str = "X-HubSpot-Request-Timestamp";
/// Header of the v1 and v2 signatures: SHA-256 in hex.
pub const OLD: &str = "X-HubSpot-Signature";
/// Header that tells v1 and v2 apart.
pub const OLD_VERSION: &str = "X-HubSpot-Signature-Version";

/// Believes v3 where it is present, and nothing else then; otherwise v1 or v2 as the version header says.
pub(crate) fn verify(
    request: &Request<'_>,
    secrets: &[&Secret],
    is_v3_required: bool,
    now: Instant,
) -> Result<SignatureUsed, Refused> {
    if let Some(signature) = (request.header)(V3) {
        return verify_v3(request, signature, secrets, now);
    }
    if is_v3_required {
        return Err(Refused::V3Required { header: V3 });
    }
    let signature = (request.header)(OLD).ok_or(Refused::MissingHeader { header: V3 })?;
    let is = |expected: String| is_same(expected.as_bytes(), signature.as_bytes());
    let (used, is_right) = match (request.header)(OLD_VERSION) {
        Some("v1") => (SignatureUsed::HubSpotV1, secrets.iter().any(|secret| is(sign_v1(secret, request.body)))),
        Some("v2") => {
            let sign = |secret| sign_v2(secret, request.method, request.url, request.body);
            (SignatureUsed::HubSpotV2, secrets.iter().any(|secret| is(sign(secret))))
        }
        Some(other) => return Err(Refused::UnknownVersion { found: shortened(other) }),
        None => return Err(Refused::MissingHeader { header: OLD_VERSION }),
    };
    if is_right { Ok(used) } else { Err(Refused::WrongSignature { header: OLD }) }
}

fn verify_v3(
    request: &Request<'_>,
    signature: &str,
    secrets: &[&Secret],
    now: Instant,
) -> Result<SignatureUsed, Refused> {
    let timestamp = (request.header)(TIMESTAMP).ok_or(Refused::MissingHeader { header: TIMESTAMP })?;
    let malformed = || Refused::MalformedTimestamp {
        header: TIMESTAMP,
        found: shortened(timestamp),
        wanted: "milliseconds in 13 digits",
    };
    if timestamp.len() != 13 || !timestamp.bytes().all(|b| b.is_ascii_digit()) {
        return Err(malformed());
    }
    let signed_at = Instant(timestamp.parse().map_err(|_| malformed())?);
    check_fresh(signed_at, now)?;
    let is_right = secrets.iter().any(|secret| {
        let expected = sign_v3(secret, request.method, request.url, request.body, signed_at);
        is_same(expected.as_bytes(), signature.as_bytes())
    });
    if is_right { Ok(SignatureUsed::HubSpotV3) } else { Err(Refused::WrongSignature { header: V3 }) }
}

/// SHA-256 of secret and body, in hex.
pub fn sign_v1(secret: &Secret, body: &[u8]) -> String {
    hex::encode(Sha256::new().chain_update(secret.text()).chain_update(body).finalize())
}

/// SHA-256 of secret, method, URL and body, in hex.
pub fn sign_v2(secret: &Secret, method: &str, url: &str, body: &[u8]) -> String {
    let hash = Sha256::new().chain_update(secret.text()).chain_update(method).chain_update(url).chain_update(body);
    hex::encode(hash.finalize())
}

/// HMAC-SHA256 of method, URL, body and time, in base64.
pub fn sign_v3(secret: &Secret, method: &str, url: &str, body: &[u8], at: Instant) -> String {
    let (url, at) = (decoded(url), at.as_ms().to_string());
    STANDARD.encode(hmac_sha256(secret.text().as_bytes(), &[method.as_bytes(), url.as_bytes(), body, at.as_bytes()]))
}

/// The URL as v3 signs it: exactly these twelve are decoded, and nothing else (not `%20`, `%26`, `%3D`).
fn decoded(url: &str) -> String {
    const DECODED: [(&str, char); 12] = [
        ("%3A", ':'),
        ("%2F", '/'),
        ("%3F", '?'),
        ("%40", '@'),
        ("%21", '!'),
        ("%24", '$'),
        ("%27", '\''),
        ("%28", '('),
        ("%29", ')'),
        ("%2A", '*'),
        ("%2C", ','),
        ("%3B", ';'),
    ];
    let mut result = String::with_capacity(url.len());
    let mut rest = url;
    while let Some(at) = rest.find('%') {
        result.push_str(&rest[..at]);
        rest = &rest[at..];
        match DECODED.iter().find(|(code, _)| rest.starts_with(code)) {
            Some((code, character)) => {
                result.push(*character);
                rest = &rest[code.len()..];
            }
            None => {
                result.push('%');
                rest = &rest[1..];
            }
        }
    }
    result.push_str(rest);
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exactly_twelve_signs_are_decoded_and_only_once() {
        assert_eq!(decoded("https://x.example/a%3Ab%2Fc?d=%40%20%26%3D"), "https://x.example/a:b/c?d=@%20%26%3D");
        assert_eq!(decoded("%253A%3a%"), "%253A%3a%");
    }
}
