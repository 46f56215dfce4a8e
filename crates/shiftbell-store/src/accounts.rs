//! One row to lock for each account.

use shiftbell_metrics::id::EntityId;

use crate::dialect::Kind::{Big, Text};
use crate::dialect::{Column, Rows, Sql};
use crate::events::sorted;
use crate::{Session, StoreError, Tx};

/// An account and how often it has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Account {
    pub id: EntityId,
    pub version: i64,
}

/// Locks these accounts in the order of their numbers and reads their versions under the lock.
///
/// After the entities and before segments and cells; once per transaction.
///
/// # Errors
/// The database's.
pub async fn lock(tx: &mut Tx, workspace: &str, accounts: &[EntityId]) -> Result<Vec<Account>, StoreError> {
    let numbers = sorted(accounts);
    let columns = vec![Column::Same(workspace), Column::Big(numbers.clone()), Column::SameBig(0)];
    tx.execute_many(&LOCK, &Rows::new(numbers.len(), columns)).await?;
    get(tx, workspace, accounts).await
}

/// Reads versions without a lock; unknown accounts are left out.
///
/// # Errors
/// The database's.
pub async fn get(session: &mut Session, workspace: &str, accounts: &[EntityId]) -> Result<Vec<Account>, StoreError> {
    let numbers = sorted(accounts);
    let rows = Rows::new(numbers.len(), vec![Column::Same(workspace), Column::Big(numbers)]);
    let found: Vec<(i64, i64)> = session.fetch_many(&GET, &rows).await?;
    Ok(found.into_iter().map(|(id, version)| Account { id: EntityId(id), version }).collect())
}

/// Raises the version of accounts that are locked.
///
/// # Errors
/// The database's.
pub async fn raise_version(tx: &mut Tx, workspace: &str, accounts: &[EntityId]) -> Result<(), StoreError> {
    let numbers = sorted(accounts);
    let rows = Rows::new(numbers.len(), vec![Column::Same(workspace), Column::Big(numbers)]);
    tx.execute_many(&RAISE_VERSION, &rows).await?;
    Ok(())
}

// As in `entities`: an update that changes nothing locks in the given order, also rows that are new.
const LOCK: Sql = Sql::many(
    "INSERT INTO accounts AS t (workspace, account, version) {rows} \
     ON CONFLICT (workspace, account) DO UPDATE SET version = t.version WHERE false",
    &[Text, Big, Big],
);
const GET: Sql = Sql::many(
    "WITH k(workspace, account) AS ({rows}) SELECT t.account, t.version FROM k CROSS JOIN accounts AS t \
     WHERE t.workspace = k.workspace AND t.account = k.account ORDER BY t.account",
    &[Text, Big],
);
const RAISE_VERSION: Sql = Sql::many(
    "WITH k(workspace, account) AS ({rows}) UPDATE accounts SET version = version + 1 FROM k \
     WHERE accounts.workspace = k.workspace AND accounts.account = k.account",
    &[Text, Big],
);

pub(crate) const STATEMENTS: &[Sql] = &[LOCK, GET, RAISE_VERSION];
