//! One-time codes with which a person proves in one chat who they are in another. Only digests come here.

use crate::dialect::Sql;
use crate::{StoreError, Tx};

/// A used or expired code is remembered this long after, so that a repeat can be told so.
const KEPT_MS: i64 = 24 * 60 * 60 * 1_000;

/// Keeps the digest of a person's new code. Their earlier ones are void.
///
/// # Errors
/// The database's.
pub async fn make(
    tx: &mut Tx,
    workspace: &str,
    digest: &[u8],
    email: &str,
    expires_at_ms: i64,
    now_ms: i64,
) -> Result<(), StoreError> {
    tx.execute(&FORGET, &[workspace.into(), (now_ms - KEPT_MS).into()]).await?;
    tx.execute(&FORGET_OF, &[workspace.into(), email.into()]).await?;
    tx.execute(&MAKE, &[workspace.into(), digest.into(), email.into(), expires_at_ms.into()]).await?;
    Ok(())
}

/// Uses a code up. Returns whose it is; `None`: there is no such code, or it was used, or has expired. Of several who use it
/// at the same time, one has it.
///
/// A code is found by its digest, so that the time this takes says nothing about codes that are near it.
///
/// # Errors
/// The database's.
pub async fn take(tx: &mut Tx, workspace: &str, digest: &[u8], now_ms: i64) -> Result<Option<String>, StoreError> {
    let row: Option<(String,)> = tx.fetch_one(&TAKE, &[workspace.into(), digest.into(), now_ms.into()]).await?;
    Ok(row.map(|(email,)| email))
}

/// Counts one try of a user of an outlet. Returns how many there were since the first of them, and when that was; the count
/// begins anew once that is longer ago than `within_ms`.
///
/// # Errors
/// The database's.
pub async fn count_try(
    tx: &mut Tx,
    workspace: &str,
    (outlet, outlet_id): (&str, &str),
    within_ms: i64,
    now_ms: i64,
) -> Result<(i64, i64), StoreError> {
    tx.execute(&FORGET_TRIES, &[workspace.into(), (now_ms - KEPT_MS).into()]).await?;
    let args = [workspace.into(), outlet.into(), outlet_id.into(), now_ms.into(), (now_ms - within_ms).into()];
    let row: Option<(i64, i64)> = tx.fetch_one(&COUNT_TRY, &args).await?;
    Ok(row.unwrap_or((1, now_ms)))
}

const FORGET: Sql = Sql::one("DELETE FROM link_codes WHERE workspace = $1 AND expires_at < $2");
const FORGET_OF: Sql = Sql::one("DELETE FROM link_codes WHERE workspace = $1 AND email = $2");
const MAKE: Sql =
    Sql::one("INSERT INTO link_codes (workspace, digest, email, expires_at, used_at) VALUES ($1, $2, $3, $4, NULL)");
const TAKE: Sql = Sql::one(
    "UPDATE link_codes SET used_at = $3 WHERE workspace = $1 AND digest = $2 AND used_at IS NULL AND expires_at > $3 \
     RETURNING email",
);
const FORGET_TRIES: Sql = Sql::one("DELETE FROM link_tries WHERE workspace = $1 AND since < $2");
const COUNT_TRY: Sql = Sql::one(
    "INSERT INTO link_tries AS t (workspace, outlet, outlet_id, since, n) VALUES ($1, $2, $3, $4, 1) \
     ON CONFLICT (workspace, outlet, outlet_id) DO UPDATE SET \
     n = CASE WHEN t.since < $5 THEN 1 ELSE t.n + 1 END, since = CASE WHEN t.since < $5 THEN $4 ELSE t.since END \
     RETURNING n, since",
);

pub(crate) const STATEMENTS: &[Sql] = &[FORGET, FORGET_OF, MAKE, TAKE, FORGET_TRIES, COUNT_TRY];
