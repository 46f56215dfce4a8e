//! Whom each source knows as the owners of records. Somebody who left stays: what they did stays theirs.

use crate::dialect::Kind::{Big, Text};
use crate::dialect::{Column, Rows, Sql};
use crate::{Session, StoreError, Tx};

/// An owner of records at a source.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Owner {
    pub source: String,
    /// Stands in records as their owner.
    pub owner_id: String,
    /// Stands in changes as who made them.
    pub user_id: Option<String>,
    /// In lower case.
    pub email: Option<String>,
    pub name: String,
    /// The primary one first.
    pub teams: Vec<String>,
    pub is_active: bool,
    /// When the source named them last.
    pub seen_at_ms: i64,
}

/// Keeps everybody whom a source names now; whoever it does not name any more is no longer active.
///
/// # Errors
/// The database's.
pub async fn replace(
    tx: &mut Tx,
    workspace: &str,
    source: &str,
    owners: &[Owner],
    now_ms: i64,
) -> Result<(), StoreError> {
    let mut owners: Vec<&Owner> = owners.iter().collect();
    owners.sort_by(|one, other| one.owner_id.cmp(&other.owner_id));
    owners.dedup_by(|one, other| one.owner_id == other.owner_id);
    let teams: Vec<String> = owners.iter().map(|owner| serde_json::json!(owner.teams).to_string()).collect();
    let columns = vec![
        Column::Same(workspace),
        Column::Same(source),
        Column::Text(owners.iter().map(|owner| owner.owner_id.as_str()).collect()),
        Column::TextOrNull(owners.iter().map(|owner| owner.user_id.as_deref()).collect()),
        Column::TextOrNull(owners.iter().map(|owner| owner.email.as_deref()).collect()),
        Column::Text(owners.iter().map(|owner| owner.name.as_str()).collect()),
        Column::Text(teams.iter().map(String::as_str).collect()),
        Column::Big(owners.iter().map(|owner| i64::from(owner.is_active)).collect()),
        Column::SameBig(now_ms),
    ];
    tx.execute_many(&KEEP, &Rows::new(owners.len(), columns)).await?;
    tx.execute(&RETIRE, &[workspace.into(), source.into(), now_ms.into()]).await?;
    Ok(())
}

/// Every owner of a company, by source and id.
///
/// # Errors
/// The database's.
pub async fn all(session: &mut Session, workspace: &str) -> Result<Vec<Owner>, StoreError> {
    let rows: Vec<Columns> = session.fetch(&ALL, &[workspace.into()]).await?;
    Ok(rows.into_iter().map(owner).collect())
}

type Columns = (String, String, Option<String>, Option<String>, String, String, i64, i64);

fn owner((source, owner_id, user_id, email, name, teams, is_active, seen_at_ms): Columns) -> Owner {
    let teams = serde_json::from_str(&teams).unwrap_or_default();
    Owner { source, owner_id, user_id, email, name, teams, is_active: is_active != 0, seen_at_ms }
}

const KEEP: Sql = Sql::many(
    "INSERT INTO owners (workspace, source, owner_id, user_id, email, name, teams, is_active, seen_at) {rows} \
     ON CONFLICT (workspace, source, owner_id) DO UPDATE SET user_id = COALESCE(excluded.user_id, owners.user_id), \
     email = COALESCE(excluded.email, owners.email), name = excluded.name, teams = excluded.teams, \
     is_active = excluded.is_active, seen_at = excluded.seen_at",
    &[Text, Text, Text, Text, Text, Text, Text, Big, Big],
);
const RETIRE: Sql = Sql::one(
    "UPDATE owners SET is_active = 0 WHERE workspace = $1 AND source = $2 AND seen_at < $3 AND is_active <> 0",
);
const ALL: Sql = Sql::one(
    "SELECT source, owner_id, user_id, email, name, teams, is_active, seen_at FROM owners WHERE workspace = $1 \
     ORDER BY source, owner_id",
);

pub(crate) const STATEMENTS: &[Sql] = &[KEEP, RETIRE, ALL];
