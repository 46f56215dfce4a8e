//! What makes two tellings the same change.

use sha2::{Digest, Sha256};

/// The id of an event: a hash of everything that tells one change from another.
///
/// `eventId`, `attemptNumber` and `subscriptionId` are left out on purpose: a change sent again, sent through two
/// subscriptions, or read by a poll (which knows none of the three) is one change.
pub(super) fn event_id(parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_le_bytes()); // so that "ab","c" and "a","bc" differ
        hash.update(part.as_bytes());
    }
    format!("hs-{}", hex::encode(&hash.finalize()[..16]))
}
