//! How far a long work has come, so that it goes on from there: an import, a backfill, a schedule.

use crate::dialect::Sql;
use crate::{Session, StoreError, Tx};

/// Where the work of this name is; `None` if it never began.
///
/// # Errors
/// The database's.
pub async fn get(session: &mut Session, workspace: &str, name: &str) -> Result<Option<String>, StoreError> {
    let row: Option<(String,)> = session.fetch_one(&GET, &[workspace.into(), name.into()]).await?;
    Ok(row.map(|(position,)| position))
}

/// Moves it, in the transaction that did the work.
///
/// # Errors
/// The database's.
pub async fn set(tx: &mut Tx, workspace: &str, name: &str, position: &str, now_ms: i64) -> Result<(), StoreError> {
    tx.execute(&SET, &[workspace.into(), name.into(), position.into(), now_ms.into()]).await?;
    Ok(())
}

/// Forgets it, so that the work begins again.
///
/// # Errors
/// The database's.
pub async fn remove(tx: &mut Tx, workspace: &str, name: &str) -> Result<(), StoreError> {
    tx.execute(&REMOVE, &[workspace.into(), name.into()]).await?;
    Ok(())
}

const GET: Sql = Sql::one("SELECT position FROM cursors WHERE workspace = $1 AND name = $2");
const SET: Sql = Sql::one(
    "INSERT INTO cursors (workspace, name, position, moved_at) VALUES ($1, $2, $3, $4) \
     ON CONFLICT (workspace, name) DO UPDATE SET position = excluded.position, moved_at = excluded.moved_at",
);
const REMOVE: Sql = Sql::one("DELETE FROM cursors WHERE workspace = $1 AND name = $2");

pub(crate) const STATEMENTS: &[Sql] = &[GET, SET, REMOVE];
