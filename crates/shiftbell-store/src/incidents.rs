//! What is wrong now, or was: one for each rule and subject at a time.

use crate::dialect::Sql;
use crate::{Session, StoreError, Tx};

/// Something that a rule found, from its beginning to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Incident {
    pub rule: String,
    /// What the rule found it in.
    pub subject: String,
    pub opened_at_ms: i64,
    /// The message about it, in the outbox.
    pub notice: Option<i64>,
    pub facts: String,
    pub ended_at_ms: Option<i64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opened {
    New,
    AlreadyOpen,
}

/// Opens an incident, unless one of this rule and subject is open: then only its facts are renewed.
///
/// # Errors
/// The database's.
pub async fn open(
    tx: &mut Tx,
    workspace: &str,
    rule: &str,
    subject: &str,
    facts: &str,
    now_ms: i64,
) -> Result<Opened, StoreError> {
    let args = [workspace.into(), rule.into(), subject.into(), now_ms.into(), facts.into()];
    if tx.execute(&OPEN, &args).await? == 1 {
        return Ok(Opened::New);
    }
    tx.execute(&RENEW, &[workspace.into(), rule.into(), subject.into(), facts.into()]).await?;
    Ok(Opened::AlreadyOpen)
}

/// Says which message of the outbox is about the open incident.
///
/// # Errors
/// The database's.
pub async fn set_notice(
    tx: &mut Tx,
    workspace: &str,
    rule: &str,
    subject: &str,
    notice: i64,
) -> Result<(), StoreError> {
    tx.execute(&SET_NOTICE, &[workspace.into(), rule.into(), subject.into(), notice.into()]).await?;
    Ok(())
}

/// Ends the open incident of this rule and subject and returns it; `None` if none is open.
///
/// # Errors
/// The database's.
pub async fn end(
    tx: &mut Tx,
    workspace: &str,
    rule: &str,
    subject: &str,
    now_ms: i64,
) -> Result<Option<Incident>, StoreError> {
    let row: Option<Columns> =
        tx.fetch_one(&END, &[workspace.into(), rule.into(), subject.into(), now_ms.into()]).await?;
    Ok(row.map(incident))
}

/// Every open incident, the oldest first.
///
/// # Errors
/// The database's.
pub async fn open_ones(session: &mut Session, workspace: &str) -> Result<Vec<Incident>, StoreError> {
    let rows: Vec<Columns> = session.fetch(&OPEN_ONES, &[workspace.into()]).await?;
    Ok(rows.into_iter().map(incident).collect())
}

/// The latest incident of this rule and subject, open or ended.
///
/// # Errors
/// The database's.
pub async fn latest(
    session: &mut Session,
    workspace: &str,
    rule: &str,
    subject: &str,
) -> Result<Option<Incident>, StoreError> {
    let row: Option<Columns> = session.fetch_one(&LATEST, &[workspace.into(), rule.into(), subject.into()]).await?;
    Ok(row.map(incident))
}

/// Every incident that was open at any time since this instant, the latest first.
///
/// # Errors
/// The database's.
pub async fn since(session: &mut Session, workspace: &str, since_ms: i64) -> Result<Vec<Incident>, StoreError> {
    let rows: Vec<Columns> = session.fetch(&SINCE, &[workspace.into(), since_ms.into()]).await?;
    Ok(rows.into_iter().map(incident).collect())
}

type Columns = (String, String, i64, Option<i64>, String, Option<i64>);

fn incident((rule, subject, opened_at_ms, notice, facts, ended_at_ms): Columns) -> Incident {
    Incident { rule, subject, opened_at_ms, notice, facts, ended_at_ms }
}

const OPEN: Sql = Sql::one(
    "INSERT INTO incidents (workspace, rule, subject, opened_at, facts) VALUES ($1, $2, $3, $4, $5) \
     ON CONFLICT DO NOTHING",
);
const RENEW: Sql = Sql::one(
    "UPDATE incidents SET facts = $4 WHERE workspace = $1 AND rule = $2 AND subject = $3 AND ended_at IS NULL",
);
const SET_NOTICE: Sql = Sql::one(
    "UPDATE incidents SET notice = $4 WHERE workspace = $1 AND rule = $2 AND subject = $3 AND ended_at IS NULL",
);
const END: Sql = Sql::one(
    "UPDATE incidents SET ended_at = $4 WHERE workspace = $1 AND rule = $2 AND subject = $3 AND ended_at IS NULL \
     RETURNING rule, subject, opened_at, notice, facts, ended_at",
);
const OPEN_ONES: Sql = Sql::one(
    "SELECT rule, subject, opened_at, notice, facts, ended_at FROM incidents \
     WHERE workspace = $1 AND ended_at IS NULL ORDER BY opened_at, rule, subject",
);
const LATEST: Sql = Sql::one(
    "SELECT rule, subject, opened_at, notice, facts, ended_at FROM incidents \
     WHERE workspace = $1 AND rule = $2 AND subject = $3 ORDER BY opened_at DESC LIMIT 1",
);
const SINCE: Sql = Sql::one(
    "SELECT rule, subject, opened_at, notice, facts, ended_at FROM incidents \
     WHERE workspace = $1 AND (ended_at IS NULL OR ended_at >= $2) ORDER BY opened_at DESC, rule, subject",
);

pub(crate) const STATEMENTS: &[Sql] = &[OPEN, RENEW, SET_NOTICE, END, OPEN_ONES, LATEST, SINCE];
