//! One company each: who is here, which numbers are live, and the counters that belong to it.

use crate::dialect::{Dialect, Sql};
use crate::{Session, StoreError, Tx};

/// Makes a workspace known. Everything else that is written names one that is.
///
/// # Errors
/// The database's.
pub async fn ensure(tx: &mut Tx, workspace: &str, now_ms: i64) -> Result<(), StoreError> {
    tx.execute(&ENSURE, &[workspace.into(), now_ms.into()]).await?;
    Ok(())
}

/// Every workspace, by name.
///
/// # Errors
/// The database's.
pub async fn all(session: &mut Session) -> Result<Vec<String>, StoreError> {
    let rows: Vec<(String,)> = session.fetch(&ALL, &[]).await?;
    Ok(rows.into_iter().map(|(workspace,)| workspace).collect())
}

/// The generation that answers questions; `None` before the first is built.
///
/// # Errors
/// [`StoreError::UnknownWorkspace`].
pub async fn live_generation(session: &mut Session, workspace: &str) -> Result<Option<i64>, StoreError> {
    let row: Option<(Option<i64>,)> = session.fetch_one(&LIVE_GENERATION, &[workspace.into()]).await?;
    row.map(|(generation,)| generation).ok_or_else(|| unknown(workspace))
}

/// Which events are visible here: an opaque text to keep with a receipt and to give back to [`crate::events`].
///
/// # Errors
/// [`StoreError::UnknownWorkspace`].
pub async fn mark(session: &mut Session, workspace: &str) -> Result<String, StoreError> {
    let row: Option<(String,)> = session.fetch_one(&MARK, &[workspace.into()]).await?;
    row.map(|(mark,)| mark).ok_or_else(|| unknown(workspace))
}

/// The generation that answers questions and the mark of what is visible here, read at once.
///
/// # Errors
/// [`StoreError::UnknownWorkspace`].
pub async fn standing(session: &mut Session, workspace: &str) -> Result<(Option<i64>, String), StoreError> {
    session.fetch_one(&STANDING, &[workspace.into()]).await?.ok_or_else(|| unknown(workspace))
}

/// The number of this transaction, kept with every event that it appends.
pub(crate) async fn next_write(tx: &mut Tx, workspace: &str) -> Result<i64, StoreError> {
    let row: Option<(i64,)> = tx.fetch_one(&NEXT_WRITE, &[workspace.into()]).await?;
    row.map(|(write,)| write).ok_or_else(|| unknown(workspace))
}

/// Takes this many new numbers for deliveries or notices, growing, perhaps with gaps.
pub(crate) async fn take_numbers(tx: &mut Tx, workspace: &str, n: usize) -> Result<Vec<i64>, StoreError> {
    let n = i64::try_from(n).unwrap_or(i64::MAX);
    let rows: Vec<(i64,)> = tx.fetch(&TAKE_NUMBERS, &[workspace.into(), n.into()]).await?;
    let Some((last,)) = rows.last().copied() else { return Err(unknown(workspace)) };
    Ok(match tx.dialect() {
        Dialect::Sqlite => (last - n + 1..=last).collect(),
        Dialect::Postgres => rows.into_iter().map(|(number,)| number).collect(),
    })
}

fn unknown(workspace: &str) -> StoreError {
    StoreError::UnknownWorkspace { workspace: workspace.to_owned() }
}

const ENSURE: Sql = Sql::one("INSERT INTO workspaces (workspace, created_at) VALUES ($1, $2) ON CONFLICT DO NOTHING");
const ALL: Sql = Sql::one("SELECT workspace FROM workspaces ORDER BY workspace");
const LIVE_GENERATION: Sql = Sql::one("SELECT live_generation FROM workspaces WHERE workspace = $1");
const MARK: Sql = Sql::one("SELECT {mark} FROM workspaces AS t WHERE workspace = $1");
const STANDING: Sql = Sql::one("SELECT live_generation, {mark} FROM workspaces AS t WHERE workspace = $1");
const NEXT_WRITE: Sql = Sql::one("{next write}");
const TAKE_NUMBERS: Sql = Sql::one("{take numbers}");

pub(crate) const STATEMENTS: &[Sql] = &[ENSURE, ALL, LIVE_GENERATION, MARK, STANDING, NEXT_WRITE, TAKE_NUMBERS];
