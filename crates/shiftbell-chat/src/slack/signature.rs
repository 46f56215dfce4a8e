//! The signature of Slack's requests.

use ring::hmac;
use secrecy::{ExposeSecret, SecretString};
use shiftbell_metrics::time::Instant;

use crate::Outlet;
use crate::refused::{Refused, check_age};

const TIMESTAMP_HEADER: &str = "X-Slack-Request-Timestamp";
const SIGNATURE_HEADER: &str = "X-Slack-Signature";

/// Checks that Slack signed these very bytes within the last five minutes, in constant time.
///
/// `timestamp` and `signature` are the headers `X-Slack-Request-Timestamp` and `X-Slack-Signature`.
/// <https://docs.slack.dev/authentication/verifying-requests-from-slack>
pub fn verify(
    signing_secret: &SecretString,
    timestamp: Option<&str>,
    signature: Option<&str>,
    body: &[u8],
    now: Instant,
) -> Result<(), Refused> {
    let missing = |name| Refused::HeaderMissing { name, outlet: Outlet::Slack };
    let timestamp = timestamp.ok_or(missing(TIMESTAMP_HEADER))?;
    let signature = signature.ok_or(missing(SIGNATURE_HEADER))?;
    check_age(timestamp, now)?;
    let wrong = Refused::SignatureWrong { setting: "SLACK_SIGNING_SECRET" };
    let given = signature.strip_prefix("v0=").and_then(|digits| hex::decode(digits).ok()).ok_or(wrong.clone())?;
    let key = hmac::Key::new(hmac::HMAC_SHA256, signing_secret.expose_secret().as_bytes());
    hmac::verify(&key, &signed_bytes(timestamp, body), &given).map_err(|_| wrong)
}

/// The header `X-Slack-Signature` for a body: what Slack does, for the stand-in of Slack in tests and demos.
pub fn sign(signing_secret: &SecretString, timestamp: &str, body: &[u8]) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, signing_secret.expose_secret().as_bytes());
    format!("v0={}", hex::encode(hmac::sign(&key, &signed_bytes(timestamp, body))))
}

fn signed_bytes(timestamp: &str, body: &[u8]) -> Vec<u8> {
    [b"v0:", timestamp.as_bytes(), b":", body].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The worked example of Slack's documentation.
    const SECRET: &str = "8f742231b10e8888abcd99yyyzzz85a5";
    const TIMESTAMP: &str = "1531420618";
    const BODY: &str = "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c";
    const SIGNATURE: &str = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503";

    fn check(timestamp: Option<&str>, signature: Option<&str>, body: &str, now_s: i64) -> Result<(), Refused> {
        verify(&SecretString::from(SECRET), timestamp, signature, body.as_bytes(), Instant(now_s * 1_000))
    }

    #[test]
    fn the_documented_example_is_accepted() {
        assert_eq!(check(Some(TIMESTAMP), Some(SIGNATURE), BODY, 1_531_420_618), Ok(()));
        assert_eq!(sign(&SecretString::from(SECRET), TIMESTAMP, BODY.as_bytes()), SIGNATURE);
    }

    #[test]
    fn five_minutes_are_accepted_both_ways_and_one_second_more_is_not() {
        for (now_s, is_accepted) in
            [(1_531_420_918, true), (1_531_420_919, false), (1_531_420_318, true), (1_531_420_317, false)]
        {
            assert_eq!(check(Some(TIMESTAMP), Some(SIGNATURE), BODY, now_s).is_ok(), is_accepted, "{now_s}");
        }
    }

    #[test]
    fn anything_else_is_refused() {
        let now = 1_531_420_618;
        let wrong = Err(Refused::SignatureWrong { setting: "SLACK_SIGNING_SECRET" });
        assert_eq!(check(Some(TIMESTAMP), Some(SIGNATURE), "text=other", now), wrong);
        assert_eq!(check(Some("1531420619"), Some(SIGNATURE), BODY, now), wrong);
        for signature in
            ["", "v0=", "v0=zz", "v0=a2114d", "v1=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"]
        {
            assert_eq!(check(Some(TIMESTAMP), Some(signature), BODY, now), wrong, "{signature}");
        }
        assert!(matches!(check(None, Some(SIGNATURE), BODY, now), Err(Refused::HeaderMissing { .. })));
        assert!(matches!(check(Some(TIMESTAMP), None, BODY, now), Err(Refused::HeaderMissing { .. })));
        for timestamp in ["", "soon", "9223372036854775807", "-9223372036854775808", "99999999999999999999"] {
            assert!(check(Some(timestamp), Some(SIGNATURE), BODY, now).is_err(), "{timestamp}");
        }
    }
}
