//! What each entity has put into the numbers of a generation: the "before" of every difference.

use shiftbell_metrics::id::EntityId;

use crate::dialect::Kind::{Big, Bytes, Text};
use crate::dialect::{Column, Rows, Sql};
use crate::events::sorted;
use crate::{Session, StoreError, Tx};

/// What one entity contributes, as the core packed it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contribution {
    pub entity: EntityId,
    pub account: EntityId,
    pub fold_version: i64,
    pub body: Vec<u8>,
}

/// The contributions of these entities, by number; those that contribute nothing are left out.
///
/// # Errors
/// The database's.
pub async fn of_entities(
    session: &mut Session,
    workspace: &str,
    generation: i64,
    entities: &[EntityId],
) -> Result<Vec<Contribution>, StoreError> {
    read(session, &OF_ENTITIES, workspace, generation, entities).await
}

/// The contributions that were made as part of these accounts.
///
/// # Errors
/// The database's.
pub async fn of_accounts(
    session: &mut Session,
    workspace: &str,
    generation: i64,
    accounts: &[EntityId],
) -> Result<Vec<Contribution>, StoreError> {
    read(session, &OF_ACCOUNTS, workspace, generation, accounts).await
}

type Columns = (i64, i64, i64, Vec<u8>);

fn contribution((entity, account, fold_version, body): Columns) -> Contribution {
    Contribution { entity: EntityId(entity), account: EntityId(account), fold_version, body }
}

async fn read(
    session: &mut Session,
    sql: &Sql,
    workspace: &str,
    generation: i64,
    ids: &[EntityId],
) -> Result<Vec<Contribution>, StoreError> {
    let ids = sorted(ids);
    let columns = vec![Column::Same(workspace), Column::SameBig(generation), Column::Big(ids.clone())];
    let rows: Vec<Columns> = session.fetch_many(sql, &Rows::new(ids.len(), columns)).await?;
    Ok(rows.into_iter().map(contribution).collect())
}

/// Every contribution of a generation, by number: to compare it with a rebuild.
///
/// # Errors
/// The database's.
pub async fn all(session: &mut Session, workspace: &str, generation: i64) -> Result<Vec<Contribution>, StoreError> {
    let rows: Vec<Columns> = session.fetch(&ALL, &[workspace.into(), generation.into()]).await?;
    Ok(rows.into_iter().map(contribution).collect())
}

/// Writes contributions of accounts that are locked. An empty body removes one.
///
/// # Errors
/// The database's.
pub async fn store(
    tx: &mut Tx,
    workspace: &str,
    generation: i64,
    contributions: &[Contribution],
) -> Result<(), StoreError> {
    let (gone, kept): (Vec<&Contribution>, Vec<&Contribution>) =
        contributions.iter().partition(|contribution| contribution.body.is_empty());
    let columns = vec![
        Column::Same(workspace),
        Column::SameBig(generation),
        Column::Big(kept.iter().map(|contribution| contribution.entity.0).collect()),
        Column::Big(kept.iter().map(|contribution| contribution.account.0).collect()),
        Column::Big(kept.iter().map(|contribution| contribution.fold_version).collect()),
        Column::Bytes(kept.iter().map(|contribution| contribution.body.as_slice()).collect()),
    ];
    tx.execute_many(&STORE, &Rows::new(kept.len(), columns)).await?;
    let columns = vec![
        Column::Same(workspace),
        Column::SameBig(generation),
        Column::Big(gone.iter().map(|contribution| contribution.entity.0).collect()),
    ];
    tx.execute_many(&REMOVE, &Rows::new(gone.len(), columns)).await?;
    Ok(())
}

const OF_ENTITIES: Sql = Sql::many(
    "WITH k(workspace, generation, entity) AS ({rows}) \
     SELECT t.entity, t.account, t.fold_version, t.body FROM k CROSS JOIN contributions AS t \
     WHERE t.workspace = k.workspace AND t.generation = k.generation AND t.entity = k.entity ORDER BY t.entity",
    &[Text, Big, Big],
);
// By way of `found`, which the index alone answers: see `entities`. It is worked out first and by itself: where PostgreSQL has no
// statistics yet, both indexes look alike to it, and joined with each other the two walks through all contributions took minutes.
const OF_ACCOUNTS: Sql = Sql::many(
    "WITH k(workspace, generation, account) AS ({rows}), found AS MATERIALIZED ( \
     SELECT c.workspace, c.generation, c.account, c.entity FROM k CROSS JOIN contributions AS c \
     WHERE c.workspace = k.workspace AND c.generation = k.generation AND c.account = k.account) \
     SELECT t.entity, t.account, t.fold_version, t.body FROM found CROSS JOIN contributions AS t \
     WHERE t.workspace = found.workspace AND t.generation = found.generation AND t.entity = found.entity \
     ORDER BY found.account, found.entity",
    &[Text, Big, Big],
);
const ALL: Sql = Sql::one(
    "SELECT entity, account, fold_version, body FROM contributions WHERE workspace = $1 AND generation = $2 \
     ORDER BY entity",
);
const STORE: Sql = Sql::many(
    "INSERT INTO contributions (workspace, generation, entity, account, fold_version, body) {rows} \
     ON CONFLICT (workspace, generation, entity) DO UPDATE \
     SET account = excluded.account, fold_version = excluded.fold_version, body = excluded.body",
    &[Text, Big, Big, Big, Big, Bytes],
);
const REMOVE: Sql = Sql::many(
    "WITH k(workspace, generation, entity) AS ({rows}) \
     DELETE FROM contributions WHERE (workspace, generation, entity) IN (SELECT * FROM k)",
    &[Text, Big, Big],
);

pub(crate) const STATEMENTS: &[Sql] = &[OF_ENTITIES, OF_ACCOUNTS, ALL, STORE, REMOVE];
