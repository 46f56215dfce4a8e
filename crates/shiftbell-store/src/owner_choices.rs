//! Whom somebody chose for an owner of a source whose e-mail address says nothing.

use crate::dialect::Sql;
use crate::{Session, StoreError, Tx};

/// Who an owner is, as somebody chose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnerChoice {
    pub source: String,
    pub owner_id: String,
    /// `None`: not one of us.
    pub email: Option<String>,
    /// Who chose: an e-mail address, or `operator`.
    pub chosen_by: String,
}

/// Keeps a choice, in place of an earlier one.
///
/// # Errors
/// The database's.
pub async fn choose(tx: &mut Tx, workspace: &str, choice: &OwnerChoice, now_ms: i64) -> Result<(), StoreError> {
    let args = [
        workspace.into(),
        choice.source.as_str().into(),
        choice.owner_id.as_str().into(),
        choice.email.as_deref().into(),
        choice.chosen_by.as_str().into(),
        now_ms.into(),
    ];
    tx.execute(&CHOOSE, &args).await?;
    Ok(())
}

/// Forgets a choice. `false`: there was none.
///
/// # Errors
/// The database's.
pub async fn undo(tx: &mut Tx, workspace: &str, source: &str, owner_id: &str) -> Result<bool, StoreError> {
    Ok(tx.execute(&UNDO, &[workspace.into(), source.into(), owner_id.into()]).await? > 0)
}

/// Every choice.
///
/// # Errors
/// The database's.
pub async fn all(session: &mut Session, workspace: &str) -> Result<Vec<OwnerChoice>, StoreError> {
    let rows: Vec<(String, String, Option<String>, String)> = session.fetch(&ALL, &[workspace.into()]).await?;
    let choice = |(source, owner_id, email, chosen_by)| OwnerChoice { source, owner_id, email, chosen_by };
    Ok(rows.into_iter().map(choice).collect())
}

const CHOOSE: Sql = Sql::one(
    "INSERT INTO owner_choices (workspace, source, owner_id, email, chosen_by, chosen_at) VALUES ($1, $2, $3, $4, $5, $6) \
     ON CONFLICT (workspace, source, owner_id) DO UPDATE \
     SET email = excluded.email, chosen_by = excluded.chosen_by, chosen_at = excluded.chosen_at",
);
const UNDO: Sql = Sql::one("DELETE FROM owner_choices WHERE workspace = $1 AND source = $2 AND owner_id = $3");
const ALL: Sql = Sql::one(
    "SELECT source, owner_id, email, chosen_by FROM owner_choices WHERE workspace = $1 ORDER BY source, owner_id",
);

pub(crate) const STATEMENTS: &[Sql] = &[CHOOSE, UNDO, ALL];
