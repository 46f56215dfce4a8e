//! How answers were computed, so that each can be explained and computed again.

use crate::dialect::Sql;
use crate::{Session, StoreError, Tx};

/// A receipt as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    pub id: String,
    pub asked_at_ms: i64,
    /// Which events were visible: see [`crate::workspaces::mark`].
    pub mark: String,
    /// The question, the answer and how it was computed, as JSON.
    pub body: String,
}

/// Keeps a receipt. Says whether its id was free; if not, nothing has changed.
///
/// # Errors
/// The database's.
pub async fn keep(tx: &mut Tx, workspace: &str, receipt: &Receipt) -> Result<bool, StoreError> {
    let args = [
        workspace.into(),
        receipt.id.as_str().into(),
        receipt.asked_at_ms.into(),
        receipt.mark.as_str().into(),
        receipt.body.as_str().into(),
    ];
    Ok(tx.execute(&KEEP, &args).await? == 1)
}

/// The receipt with this id; `None` if there never was one, or it has expired.
///
/// # Errors
/// The database's.
pub async fn get(session: &mut Session, workspace: &str, id: &str) -> Result<Option<Receipt>, StoreError> {
    let row: Option<(String, i64, String, String)> = session.fetch_one(&GET, &[workspace.into(), id.into()]).await?;
    Ok(row.map(|(id, asked_at_ms, mark, body)| Receipt { id, asked_at_ms, mark, body }))
}

/// Whether a receipt has this id.
///
/// # Errors
/// The database's.
pub async fn is_taken(session: &mut Session, workspace: &str, id: &str) -> Result<bool, StoreError> {
    let row: Option<(String,)> = session.fetch_one(&IS_TAKEN, &[workspace.into(), id.into()]).await?;
    Ok(row.is_some())
}

/// Removes receipts asked before this instant. Says how many.
///
/// # Errors
/// The database's.
pub async fn forget(tx: &mut Tx, workspace: &str, before_ms: i64) -> Result<u64, StoreError> {
    tx.execute(&FORGET, &[workspace.into(), before_ms.into()]).await
}

const KEEP: Sql = Sql::one(
    "INSERT INTO receipts (workspace, id, asked_at, mark, body) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING",
);
const GET: Sql = Sql::one("SELECT id, asked_at, mark, body FROM receipts WHERE workspace = $1 AND id = $2");
const IS_TAKEN: Sql = Sql::one("SELECT id FROM receipts WHERE workspace = $1 AND id = $2");
const FORGET: Sql = Sql::one("DELETE FROM receipts WHERE workspace = $1 AND asked_at < $2");

pub(crate) const STATEMENTS: &[Sql] = &[KEEP, GET, IS_TAKEN, FORGET];
