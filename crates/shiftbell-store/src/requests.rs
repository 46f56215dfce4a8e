//! Requests of chat systems that may be followed only once, however often they are brought.

use crate::dialect::Sql;
use crate::{StoreError, Tx};

/// How long a request is remembered. A chat system repeats one within minutes.
const REMEMBERED_MS: i64 = 24 * 60 * 60 * 1_000;

/// Takes a request. `false`: it was taken before, by this process or another.
///
/// # Errors
/// The database's.
pub async fn take(tx: &mut Tx, workspace: &str, outlet: &str, id: &str, now_ms: i64) -> Result<bool, StoreError> {
    tx.execute(&FORGET, &[workspace.into(), (now_ms - REMEMBERED_MS).into()]).await?;
    let taken = tx.execute(&TAKE, &[workspace.into(), outlet.into(), id.into(), now_ms.into()]).await?;
    Ok(taken == 1)
}

const FORGET: Sql = Sql::one("DELETE FROM requests WHERE workspace = $1 AND taken_at < $2");
const TAKE: Sql = Sql::one(
    "INSERT INTO requests (workspace, outlet, id, taken_at) VALUES ($1, $2, $3, $4) \
     ON CONFLICT (workspace, outlet, id) DO NOTHING",
);

pub(crate) const STATEMENTS: &[Sql] = &[FORGET, TAKE];
