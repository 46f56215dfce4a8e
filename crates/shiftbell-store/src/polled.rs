//! Which records a source had when it was asked, by its own kind and number.

use crate::dialect::Kind::{Big, Text};
use crate::dialect::{Column, Rows, Sql};
use crate::{Session, StoreError, Tx};

/// Records of one kind of a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Of<'a> {
    pub workspace: &'a str,
    pub source: &'a str,
    pub object: &'a str,
}

/// Notes that the source has these. Those that are known stay as they are.
///
/// # Errors
/// The database's.
pub async fn add(tx: &mut Tx, of: Of<'_>, ids: &[i64]) -> Result<(), StoreError> {
    tx.execute_many(&ADD, &rows(of, ids)).await?;
    Ok(())
}

/// Notes that the source no longer has these.
///
/// # Errors
/// The database's.
pub async fn remove(tx: &mut Tx, of: Of<'_>, ids: &[i64]) -> Result<(), StoreError> {
    tx.execute_many(&REMOVE, &rows(of, ids)).await?;
    Ok(())
}

/// Those that it had, above one number and up to another, in their order.
///
/// # Errors
/// The database's.
pub async fn between(session: &mut Session, of: Of<'_>, above: i64, to: i64) -> Result<Vec<i64>, StoreError> {
    let given = [of.workspace.into(), of.source.into(), of.object.into(), above.into(), to.into()];
    let found: Vec<(i64,)> = session.fetch(&BETWEEN, &given).await?;
    Ok(found.into_iter().map(|(id,)| id).collect())
}

/// In one order, so that two processes cannot wait for each other.
fn rows<'a>(of: Of<'a>, ids: &[i64]) -> Rows<'a> {
    let mut ids = ids.to_vec();
    ids.sort_unstable();
    ids.dedup();
    let columns = vec![Column::Same(of.workspace), Column::Same(of.source), Column::Same(of.object)];
    let n = ids.len();
    Rows::new(n, columns.into_iter().chain([Column::Big(ids)]).collect())
}

const ADD: Sql = Sql::many(
    "INSERT INTO polled (workspace, source, object, id) {rows} ON CONFLICT (workspace, source, object, id) DO NOTHING",
    &[Text, Text, Text, Big],
);
const REMOVE: Sql = Sql::many(
    "WITH k(workspace, source, object, id) AS ({rows}) \
     DELETE FROM polled WHERE (workspace, source, object, id) IN (SELECT * FROM k)",
    &[Text, Text, Text, Big],
);
const BETWEEN: Sql = Sql::one(
    "SELECT id FROM polled WHERE workspace = $1 AND source = $2 AND object = $3 AND id > $4 AND id <= $5 ORDER BY id",
);

pub(crate) const STATEMENTS: &[Sql] = &[ADD, REMOVE, BETWEEN];
