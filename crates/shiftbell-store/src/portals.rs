//! What each source is set up as, as it was read last: so that a delivery after a restart is read with the same labels.

use crate::dialect::Sql;
use crate::{Session, StoreError, Tx};

/// How a source was set up when it was read last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Portal {
    pub source: String,
    /// As whoever read it wrote it.
    pub body: String,
    pub read_at_ms: i64,
}

/// Keeps it.
///
/// # Errors
/// The database's.
pub async fn keep(tx: &mut Tx, workspace: &str, portal: &Portal) -> Result<(), StoreError> {
    let args = [workspace.into(), portal.source.as_str().into(), portal.body.as_str().into(), portal.read_at_ms.into()];
    tx.execute(&KEEP, &args).await?;
    Ok(())
}

/// Those of every source of a company.
///
/// # Errors
/// The database's.
pub async fn all(session: &mut Session, workspace: &str) -> Result<Vec<Portal>, StoreError> {
    let rows: Vec<(String, String, i64)> = session.fetch(&ALL, &[workspace.into()]).await?;
    Ok(rows.into_iter().map(|(source, body, read_at_ms)| Portal { source, body, read_at_ms }).collect())
}

const KEEP: Sql = Sql::one(
    "INSERT INTO portals (workspace, source, body, read_at) VALUES ($1, $2, $3, $4) \
     ON CONFLICT (workspace, source) DO UPDATE SET body = excluded.body, read_at = excluded.read_at",
);
const ALL: Sql = Sql::one("SELECT source, body, read_at FROM portals WHERE workspace = $1 ORDER BY source");

pub(crate) const STATEMENTS: &[Sql] = &[KEEP, ALL];
