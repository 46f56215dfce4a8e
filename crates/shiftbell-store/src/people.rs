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

/// Keeps under which id an outlet knows a person.
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

/// The person with this e-mail at an outlet.
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

const REMEMBER: Sql = Sql::one(
    "INSERT INTO people (workspace, email, outlet, outlet_id, name, seen_at) VALUES ($1, $2, $3, $4, $5, $6) \
     ON CONFLICT (workspace, email, outlet) DO UPDATE \
     SET outlet_id = excluded.outlet_id, name = COALESCE(excluded.name, people.name), seen_at = excluded.seen_at",
);
const BY_EMAIL: Sql =
    Sql::one("SELECT email, outlet, outlet_id, name FROM people WHERE workspace = $1 AND email = $2 AND outlet = $3");
const BY_OUTLET_ID: Sql = Sql::one(
    "SELECT email, outlet, outlet_id, name FROM people WHERE workspace = $1 AND outlet = $2 AND outlet_id = $3 \
     ORDER BY seen_at DESC LIMIT 1",
);

pub(crate) const STATEMENTS: &[Sql] = &[REMEMBER, BY_EMAIL, BY_OUTLET_ID];
