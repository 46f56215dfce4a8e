//! Messages that somebody is shown in place of whom they are for. Whom they are for stays free to receive them.

use crate::dialect::Sql;
use crate::{Session, StoreError};

/// With which their keys begin; no rule or digest is named so.
const FRAMED: &str = "frame:";

/// The key of a message that is for `destination`, where somebody else is shown it.
pub fn key(destination: &str, dedupe_key: &str) -> String {
    format!("{FRAMED}{destination}/{dedupe_key}")
}

/// Whether a key is that of a message that is shown in place of another.
pub fn is(dedupe_key: &str) -> bool {
    dedupe_key.starts_with(FRAMED)
}

/// How many messages `shown_to` was shown in place of a destination since this instant.
///
/// # Errors
/// The database's.
pub async fn since(
    session: &mut Session,
    workspace: &str,
    shown_to: &str,
    destination: &str,
    since_ms: i64,
) -> Result<i64, StoreError> {
    let prefix = key(destination, "");
    let args = [workspace.into(), shown_to.into(), since_ms.into(), prefix.as_str().into()];
    let row: Option<(i64,)> = session.fetch_one(&SINCE, &args).await?;
    Ok(row.map_or(0, |(n,)| n))
}

const SINCE: Sql = Sql::one(
    "SELECT CAST(COUNT(*) AS BIGINT) FROM outbox WHERE workspace = $1 AND destination = $2 AND enqueued_at >= $3 \
     AND kind <> 'below' AND substr(dedupe_key, 1, length($4)) = $4",
);

pub(crate) const STATEMENTS: &[Sql] = &[SINCE];
