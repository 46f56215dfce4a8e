//! Under which id each outlet knows a person.

use crate::dialect::Sql;
use crate::{Session, StoreError, Tx};

/// A person at an outlet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    pub email: String,
    pub outlet: String,
    pub outlet_id: String,
    pub name: Option<String>,
}

/// What is kept of a person at an outlet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    pub email: String,
    pub outlet: String,
    /// Empty: the outlet never knew them.
    pub outlet_id: String,
    /// When the outlet was asked last.
    pub seen_at_ms: i64,
    /// Who said that this is the person; `None`: the outlet's own e-mail address did.
    pub linked_by: Option<String>,
    /// When the outlet was first seen not to know them (any more).
    pub gone_at_ms: Option<i64>,
}

impl Kept {
    /// Whether the account was there and is closed. One that was never found says nothing.
    pub fn is_closed(&self) -> bool {
        self.gone_at_ms.is_some() && !self.outlet_id.is_empty()
    }
}

/// Keeps under which id an outlet knows a person, as the outlet's own e-mail address says.
///
/// # Errors
/// The database's.
pub async fn remember(tx: &mut Tx, workspace: &str, person: &Person, now_ms: i64) -> Result<(), StoreError> {
    let args = [
        workspace.into(),
        person.email.as_str().into(),
        person.outlet.as_str().into(),
        person.outlet_id.as_str().into(),
        person.name.as_deref().into(),
        now_ms.into(),
    ];
    tx.execute(&REMEMBER, &args).await?;
    Ok(())
}

/// Keeps that somebody said who a user of an outlet is. The user is nobody else any more.
///
/// # Errors
/// The database's.
pub async fn link(
    tx: &mut Tx,
    workspace: &str,
    person: &Person,
    linked_by: &str,
    now_ms: i64,
) -> Result<(), StoreError> {
    unlink(tx, workspace, &person.outlet, &person.outlet_id).await?;
    let args = [
        workspace.into(),
        person.email.as_str().into(),
        person.outlet.as_str().into(),
        person.outlet_id.as_str().into(),
        linked_by.into(),
        now_ms.into(),
    ];
    tx.execute(&LINK, &args).await?;
    Ok(())
}

/// Forgets who a user of an outlet is. `false`: it was not known.
///
/// # Errors
/// The database's.
pub async fn unlink(tx: &mut Tx, workspace: &str, outlet: &str, outlet_id: &str) -> Result<bool, StoreError> {
    Ok(tx.execute(&UNLINK, &[workspace.into(), outlet.into(), outlet_id.into()]).await? > 0)
}

/// Keeps that an outlet knows nobody by this e-mail address (any more). What somebody said stays.
///
/// # Errors
/// The database's.
pub async fn is_gone(tx: &mut Tx, workspace: &str, email: &str, outlet: &str, now_ms: i64) -> Result<(), StoreError> {
    tx.execute(&IS_GONE, &[workspace.into(), email.into(), outlet.into(), now_ms.into()]).await?;
    Ok(())
}

/// Everything that is kept of everybody.
///
/// # Errors
/// The database's.
pub async fn all(session: &mut Session, workspace: &str) -> Result<Vec<Kept>, StoreError> {
    let rows: Vec<KeptColumns> = session.fetch(&ALL, &[workspace.into()]).await?;
    Ok(rows.into_iter().map(kept).collect())
}

/// Everything that is kept of a person.
///
/// # Errors
/// The database's.
pub async fn of_person(session: &mut Session, workspace: &str, email: &str) -> Result<Vec<Kept>, StoreError> {
    let rows: Vec<KeptColumns> = session.fetch(&OF_PERSON, &[workspace.into(), email.into()]).await?;
    Ok(rows.into_iter().map(kept).collect())
}

type KeptColumns = (String, String, String, i64, Option<String>, Option<i64>);

fn kept((email, outlet, outlet_id, seen_at_ms, linked_by, gone_at_ms): KeptColumns) -> Kept {
    Kept { email, outlet, outlet_id, seen_at_ms, linked_by, gone_at_ms }
}

/// The person with this e-mail at an outlet that knows them.
///
/// # Errors
/// The database's.
pub async fn by_email(
    session: &mut Session,
    workspace: &str,
    email: &str,
    outlet: &str,
) -> Result<Option<Person>, StoreError> {
    let row: Option<Columns> = session.fetch_one(&BY_EMAIL, &[workspace.into(), email.into(), outlet.into()]).await?;
    Ok(row.map(person))
}

/// The person whom an outlet knows under this id.
///
/// # Errors
/// The database's.
pub async fn by_outlet_id(
    session: &mut Session,
    workspace: &str,
    outlet: &str,
    outlet_id: &str,
) -> Result<Option<Person>, StoreError> {
    let args = [workspace.into(), outlet.into(), outlet_id.into()];
    let row: Option<Columns> = session.fetch_one(&BY_OUTLET_ID, &args).await?;
    Ok(row.map(person))
}

type Columns = (String, String, String, Option<String>);

fn person((email, outlet, outlet_id, name): Columns) -> Person {
    Person { email, outlet, outlet_id, name }
}

// What somebody said is never overwritten by a look at an address.
const REMEMBER: Sql = Sql::one(
    "INSERT INTO people (workspace, email, outlet, outlet_id, name, seen_at) VALUES ($1, $2, $3, $4, $5, $6) \
     ON CONFLICT (workspace, email, outlet) DO UPDATE \
     SET outlet_id = excluded.outlet_id, name = COALESCE(excluded.name, people.name), seen_at = excluded.seen_at, \
     gone_at = NULL WHERE people.linked_by IS NULL",
);
const LINK: Sql = Sql::one(
    "INSERT INTO people (workspace, email, outlet, outlet_id, linked_by, seen_at) VALUES ($1, $2, $3, $4, $5, $6) \
     ON CONFLICT (workspace, email, outlet) DO UPDATE \
     SET outlet_id = excluded.outlet_id, linked_by = excluded.linked_by, seen_at = excluded.seen_at, gone_at = NULL",
);
const UNLINK: Sql = Sql::one("DELETE FROM people WHERE workspace = $1 AND outlet = $2 AND outlet_id = $3");
const IS_GONE: Sql = Sql::one(
    "INSERT INTO people (workspace, email, outlet, outlet_id, seen_at, gone_at) VALUES ($1, $2, $3, '', $4, $4) \
     ON CONFLICT (workspace, email, outlet) DO UPDATE \
     SET seen_at = excluded.seen_at, gone_at = COALESCE(people.gone_at, excluded.gone_at) \
     WHERE people.linked_by IS NULL",
);
const ALL: Sql = Sql::one(
    "SELECT email, outlet, outlet_id, seen_at, linked_by, gone_at FROM people WHERE workspace = $1 \
     ORDER BY email, outlet",
);
const OF_PERSON: Sql = Sql::one(
    "SELECT email, outlet, outlet_id, seen_at, linked_by, gone_at FROM people WHERE workspace = $1 AND email = $2 \
     ORDER BY outlet",
);
const BY_EMAIL: Sql = Sql::one(
    "SELECT email, outlet, outlet_id, name FROM people WHERE workspace = $1 AND email = $2 AND outlet = $3 \
     AND gone_at IS NULL",
);
const BY_OUTLET_ID: Sql = Sql::one(
    "SELECT email, outlet, outlet_id, name FROM people WHERE workspace = $1 AND outlet = $2 AND outlet_id = $3 \
     AND gone_at IS NULL ORDER BY seen_at DESC LIMIT 1",
);

pub(crate) const STATEMENTS: &[Sql] = &[REMEMBER, LINK, UNLINK, IS_GONE, ALL, OF_PERSON, BY_EMAIL, BY_OUTLET_ID];
