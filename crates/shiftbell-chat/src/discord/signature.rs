//! The signature of Discord's interactions.

use ring::signature::{ED25519, UnparsedPublicKey};
use shiftbell_metrics::time::Instant;

use crate::Outlet;
use crate::refused::{Refused, check_age};

const TIMESTAMP_HEADER: &str = "X-Signature-Timestamp";
const SIGNATURE_HEADER: &str = "X-Signature-Ed25519";

/// Checks that Discord signed these very bytes within the last five minutes. `public_key` is the one of the application, in
/// hexadecimal; `signature` and `timestamp` are the headers `X-Signature-Ed25519` and `X-Signature-Timestamp`.
///
/// Discord probes an address with wrong signatures and removes it if they are accepted.
/// <https://docs.discord.com/developers/interactions/overview#setting-up-an-endpoint>
pub fn verify(
    public_key: &str,
    signature: Option<&str>,
    timestamp: Option<&str>,
    body: &[u8],
    now: Instant,
) -> Result<(), Refused> {
    let missing = |name| Refused::HeaderMissing { name, outlet: Outlet::Discord };
    let signature = signature.ok_or(missing(SIGNATURE_HEADER))?;
    let timestamp = timestamp.ok_or(missing(TIMESTAMP_HEADER))?;
    let key = hex::decode(public_key.trim()).ok().filter(|key| key.len() == 32).ok_or(Refused::KeyUnreadable)?;
    check_age(timestamp, now)?;
    let wrong = Refused::SignatureWrong { setting: "DISCORD_PUBLIC_KEY" };
    let given = hex::decode(signature).map_err(|_| wrong.clone())?;
    let signed = [timestamp.as_bytes(), body].concat();
    UnparsedPublicKey::new(&ED25519, key).verify(&signed, &given).map_err(|_| wrong)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ring::signature::{Ed25519KeyPair, KeyPair};

    const BODY: &[u8] = br#"{"type":1}"#;
    const TIMESTAMP: &str = "1700000000";

    fn key_pair() -> Ed25519KeyPair {
        Ed25519KeyPair::from_seed_unchecked(&[7; 32]).unwrap()
    }

    fn check(signature: &str, timestamp: &str, body: &[u8], now_s: i64) -> Result<(), Refused> {
        let public = hex::encode(key_pair().public_key().as_ref());
        verify(&public, Some(signature), Some(timestamp), body, Instant(now_s * 1_000))
    }

    #[test]
    fn only_what_was_signed_is_accepted_and_only_for_five_minutes() {
        let signature = hex::encode(key_pair().sign(&[TIMESTAMP.as_bytes(), BODY].concat()).as_ref());
        let wrong = Err(Refused::SignatureWrong { setting: "DISCORD_PUBLIC_KEY" });
        assert_eq!(check(&signature, TIMESTAMP, BODY, 1_700_000_000), Ok(()));
        assert_eq!(check(&signature, TIMESTAMP, BODY, 1_700_000_300), Ok(()));
        assert_eq!(check(&signature, TIMESTAMP, BODY, 1_700_000_301), Err(Refused::Stale { age_s: 301 }));
        assert_eq!(check(&signature, TIMESTAMP, BODY, 1_699_999_699), Err(Refused::Stale { age_s: -301 }));
        assert_eq!(check(&signature, TIMESTAMP, br#"{"type":2}"#, 1_700_000_000), wrong);
        assert_eq!(check(&signature, "1700000001", BODY, 1_700_000_000), wrong);
        for broken in ["", "00", "zz", &signature[2..]] {
            assert_eq!(check(broken, TIMESTAMP, BODY, 1_700_000_000), wrong, "{broken}");
        }
        assert_eq!(verify("abc", Some(&signature), Some(TIMESTAMP), BODY, Instant(0)), Err(Refused::KeyUnreadable));
        assert!(matches!(verify("abc", None, Some(TIMESTAMP), BODY, Instant(0)), Err(Refused::HeaderMissing { .. })));
    }
}
