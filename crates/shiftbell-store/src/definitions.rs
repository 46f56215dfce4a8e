//! Every meaning that was ever in force, so that replicas agree and old numbers can be explained.

use crate::dialect::Sql;
use crate::{Session, StoreError, Tx};

/// A definitions file as it was when its meaning came into force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Definition {
    /// Hash of what it means.
    pub meaning: String,
    /// Counts the meanings of this workspace, from 1.
    pub number: i64,
    pub text: String,
    pub since_ms: i64,
    pub signed_by: Option<String>,
}

/// Keeps a meaning, unless it is known. Returns its number.
///
/// # Errors
/// The database's.
pub async fn keep(
    tx: &mut Tx,
    workspace: &str,
    meaning: &str,
    text: &str,
    since_ms: i64,
    signed_by: Option<&str>,
) -> Result<i64, StoreError> {
    let args = [workspace.into(), meaning.into(), text.into(), since_ms.into(), signed_by.into()];
    let new: Option<(i64,)> = tx.fetch_one(&KEEP, &args).await?;
    if let Some((number,)) = new {
        return Ok(number);
    }
    let known: Option<(i64,)> = tx.fetch_one(&NUMBER, &[workspace.into(), meaning.into()]).await?;
    Ok(known.map_or(0, |(number,)| number))
}

/// The definition with this meaning.
///
/// # Errors
/// The database's.
pub async fn get(session: &mut Session, workspace: &str, meaning: &str) -> Result<Option<Definition>, StoreError> {
    let row: Option<Columns> = session.fetch_one(&GET, &[workspace.into(), meaning.into()]).await?;
    Ok(row.map(definition))
}

/// Every meaning, the oldest first.
///
/// # Errors
/// The database's.
pub async fn all(session: &mut Session, workspace: &str) -> Result<Vec<Definition>, StoreError> {
    let rows: Vec<Columns> = session.fetch(&ALL, &[workspace.into()]).await?;
    Ok(rows.into_iter().map(definition).collect())
}

type Columns = (String, i64, String, i64, Option<String>);

fn definition((meaning, number, text, since_ms, signed_by): Columns) -> Definition {
    Definition { meaning, number, text, since_ms, signed_by }
}

const KEEP: Sql = Sql::one(
    "INSERT INTO definitions (workspace, meaning, number, text, since, signed_by) \
     SELECT $1, $2, COALESCE(MAX(number), 0) + 1, $3, $4, $5 FROM definitions WHERE workspace = $1 \
     ON CONFLICT (workspace, meaning) DO NOTHING RETURNING number",
);
const NUMBER: Sql = Sql::one("SELECT number FROM definitions WHERE workspace = $1 AND meaning = $2");
const GET: Sql =
    Sql::one("SELECT meaning, number, text, since, signed_by FROM definitions WHERE workspace = $1 AND meaning = $2");
const ALL: Sql =
    Sql::one("SELECT meaning, number, text, since, signed_by FROM definitions WHERE workspace = $1 ORDER BY number");

pub(crate) const STATEMENTS: &[Sql] = &[KEEP, NUMBER, GET, ALL];
