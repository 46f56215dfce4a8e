//! Whom events are about, and to which account each belongs.

use std::collections::BTreeMap;

use shiftbell_metrics::id::{EntityId, EntityKey, EntityKind};
use shiftbell_metrics::links::{Pointer, Pointers};
use shiftbell_metrics::time::Instant;

use crate::dialect::Kind::{Big, Text};
use crate::dialect::{Column, Rows, Sql};
use crate::events::sorted;
use crate::{Session, StoreError, Tx};

/// One entity with its links.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entity {
    pub id: EntityId,
    pub key: EntityKey,
    pub pointers: Pointers,
    /// Itself, until it is linked.
    pub account: EntityId,
    pub version: i64,
}

/// Locks these entities in the order of their numbers, creates those that are new, and reads them under the lock.
///
/// Call it once per transaction, before the accounts are locked: a second call could wait for somebody who waits for the first.
///
/// # Errors
/// [`StoreError::SameNumber`] if two ids have one number.
pub async fn lock(tx: &mut Tx, workspace: &str, keys: &[EntityKey]) -> Result<Vec<Entity>, StoreError> {
    let mut by_number: BTreeMap<i64, &EntityKey> = BTreeMap::new();
    for key in keys {
        let first = by_number.entry(key.number().0).or_insert(key);
        same_key(first, key)?;
    }
    let numbers: Vec<i64> = by_number.keys().copied().collect();
    let columns = vec![
        Column::Same(workspace),
        Column::Big(numbers.clone()),
        Column::Text(by_number.values().map(|key| key.kind.word()).collect()),
        Column::Text(by_number.values().map(|key| key.id.as_str()).collect()),
        Column::Big(numbers),
        Column::SameBig(0),
    ];
    tx.execute_many(&LOCK, &Rows::new(by_number.len(), columns)).await?;
    let entities = get(tx, workspace, &by_number.keys().map(|number| EntityId(*number)).collect::<Vec<_>>()).await?;
    for entity in &entities {
        if let Some(key) = by_number.get(&entity.id.0) {
            same_key(&entity.key, key)?;
        }
    }
    Ok(entities)
}

fn same_key(stored: &EntityKey, given: &EntityKey) -> Result<(), StoreError> {
    if stored == given {
        return Ok(());
    }
    Err(StoreError::SameNumber { kind: given.kind.to_string(), given: given.id.clone(), stored: stored.to_string() })
}

/// Reads entities by number, in that order; those unknown are left out.
///
/// # Errors
/// The database's.
pub async fn get(session: &mut Session, workspace: &str, ids: &[EntityId]) -> Result<Vec<Entity>, StoreError> {
    read(session, &GET, workspace, ids).await
}

/// Every entity of these accounts.
///
/// # Errors
/// The database's.
pub async fn of_accounts(
    session: &mut Session,
    workspace: &str,
    accounts: &[EntityId],
) -> Result<Vec<Entity>, StoreError> {
    read(session, &OF_ACCOUNTS, workspace, accounts).await
}

/// Every entity that is linked to one of these, by any of its links: those whose account may change with theirs.
///
/// # Errors
/// The database's.
pub async fn linked_to(session: &mut Session, workspace: &str, ids: &[EntityId]) -> Result<Vec<Entity>, StoreError> {
    let mut entities = read(session, &LINKED_TO, workspace, ids).await?;
    // Found in several pieces, the same one may come twice.
    entities.sort_by_key(|entity| entity.id);
    entities.dedup_by_key(|entity| entity.id);
    Ok(entities)
}

/// Writes the links, the account and the version of entities that are locked.
///
/// # Errors
/// The database's.
pub async fn store(tx: &mut Tx, workspace: &str, entities: &[Entity]) -> Result<(), StoreError> {
    tx.execute_many(&STORE, &Rows::new(entities.len(), columns_of(workspace, entities))).await?;
    Ok(())
}

/// Writes entities that are new, all at once: for an import into an empty database. Those that are known are left as they are.
///
/// # Errors
/// The database's.
pub async fn insert(tx: &mut Tx, workspace: &str, entities: &[Entity]) -> Result<(), StoreError> {
    let mut columns = columns_of(workspace, entities);
    columns.push(Column::Text(entities.iter().map(|entity| entity.key.kind.word()).collect()));
    columns.push(Column::Text(entities.iter().map(|entity| entity.key.id.as_str()).collect()));
    tx.execute_many(&INSERT, &Rows::new(entities.len(), columns)).await?;
    Ok(())
}

fn columns_of<'a>(workspace: &'a str, entities: &[Entity]) -> Vec<Column<'a>> {
    let to = |pointer: Pointer| pointer.and_then(|(to, _)| to).map(|to| to.0);
    let at = |pointer: Pointer| pointer.map(|(_, at)| at.as_ms());
    vec![
        Column::Same(workspace),
        Column::Big(entities.iter().map(|entity| entity.id.0).collect()),
        Column::BigOrNull(entities.iter().map(|entity| to(entity.pointers.company)).collect()),
        Column::BigOrNull(entities.iter().map(|entity| at(entity.pointers.company)).collect()),
        Column::BigOrNull(entities.iter().map(|entity| to(entity.pointers.contact)).collect()),
        Column::BigOrNull(entities.iter().map(|entity| at(entity.pointers.contact)).collect()),
        Column::BigOrNull(entities.iter().map(|entity| to(entity.pointers.same)).collect()),
        Column::BigOrNull(entities.iter().map(|entity| at(entity.pointers.same)).collect()),
        Column::Big(entities.iter().map(|entity| entity.account.0).collect()),
        Column::Big(entities.iter().map(|entity| entity.version).collect()),
    ]
}

/// The next accounts after this one, in the order of their numbers; from the first if `None`.
///
/// # Errors
/// The database's.
pub async fn accounts_after(
    session: &mut Session,
    workspace: &str,
    after: Option<EntityId>,
    accounts_max: i64,
) -> Result<Vec<EntityId>, StoreError> {
    let from = match after {
        None => i64::MIN,
        Some(EntityId(i64::MAX)) => return Ok(Vec::new()),
        Some(EntityId(after)) => after + 1,
    };
    let rows: Vec<(i64,)> =
        session.fetch(&ACCOUNTS_FROM, &[workspace.into(), from.into(), accounts_max.into()]).await?;
    Ok(rows.into_iter().map(|(account,)| EntityId(account)).collect())
}

/// Id, kind, external id; company, contact, same, each with its instant; account, version.
type Columns =
    (i64, String, String, Option<i64>, Option<i64>, Option<i64>, Option<i64>, Option<i64>, Option<i64>, i64, i64);

async fn read(session: &mut Session, sql: &Sql, workspace: &str, ids: &[EntityId]) -> Result<Vec<Entity>, StoreError> {
    let ids = sorted(ids);
    let rows = Rows::new(ids.len(), vec![Column::Same(workspace), Column::Big(ids)]);
    let found: Vec<Columns> = session.fetch_many(sql, &rows).await?;
    found.into_iter().map(entity_of).collect()
}

fn entity_of(columns: Columns) -> Result<Entity, StoreError> {
    let (id, kind, external_id, company, company_at, contact, contact_at, same, same_at, account, version) = columns;
    let pointer = |to: Option<i64>, at: Option<i64>| at.map(|at| (to.map(EntityId), Instant(at)));
    let kind = EntityKind::from_word(&kind).ok_or(StoreError::UnknownWord { column: "entities.kind", found: kind })?;
    Ok(Entity {
        id: EntityId(id),
        key: EntityKey { kind, id: external_id },
        pointers: Pointers {
            company: pointer(company, company_at),
            contact: pointer(contact, contact_at),
            same: pointer(same, same_at),
        },
        account: EntityId(account),
        version,
    })
}

// An update that changes nothing locks the rows in the order in which they are given, also those that are new.
const LOCK: Sql = Sql::many(
    "INSERT INTO entities AS t (workspace, entity, kind, external_id, account, version) \
     {rows} ON CONFLICT (workspace, entity) DO UPDATE SET version = t.version WHERE false",
    &[Text, Big, Text, Text, Big, Big],
);
const GET: Sql = Sql::many(
    "WITH k(workspace, entity) AS ({rows}) \
     SELECT t.entity, t.kind, t.external_id, t.company, t.company_at, t.contact, t.contact_at, t.same, t.same_at, \
     t.account, t.version FROM k CROSS JOIN entities AS t \
     WHERE t.workspace = k.workspace AND t.entity = k.entity ORDER BY t.entity",
    &[Text, Big],
);
// By way of `found`, which the index alone answers: SQLite without statistics takes a workspace for ten rows, and would rather
// walk through all its entities than look each up. First and by itself: see `contributions`.
const OF_ACCOUNTS: Sql = Sql::many(
    "WITH k(workspace, account) AS ({rows}), found AS MATERIALIZED ( \
     SELECT e.workspace, e.account, e.entity FROM k CROSS JOIN entities AS e \
     WHERE e.workspace = k.workspace AND e.account = k.account) \
     SELECT t.entity, t.kind, t.external_id, t.company, t.company_at, t.contact, t.contact_at, t.same, t.same_at, \
     t.account, t.version FROM found CROSS JOIN entities AS t \
     WHERE t.workspace = found.workspace AND t.entity = found.entity \
     ORDER BY found.account, found.entity",
    &[Text, Big],
);
const LINKED_TO: Sql = Sql::many(
    "WITH k(workspace, entity) AS ({rows}), found(workspace, entity) AS (\
     SELECT t.workspace, t.entity FROM k CROSS JOIN entities AS t \
     WHERE t.workspace = k.workspace AND t.company = k.entity \
     UNION SELECT t.workspace, t.entity FROM k CROSS JOIN entities AS t \
     WHERE t.workspace = k.workspace AND t.contact = k.entity \
     UNION SELECT t.workspace, t.entity FROM k CROSS JOIN entities AS t \
     WHERE t.workspace = k.workspace AND t.same = k.entity) \
     SELECT t.entity, t.kind, t.external_id, t.company, t.company_at, t.contact, t.contact_at, t.same, t.same_at, \
     t.account, t.version FROM found CROSS JOIN entities AS t \
     WHERE t.workspace = found.workspace AND t.entity = found.entity ORDER BY t.entity",
    &[Text, Big],
);
const STORE: Sql = Sql::many(
    "WITH k(workspace, entity, company, company_at, contact, contact_at, same, same_at, account, version) AS ({rows}) \
     UPDATE entities SET company = k.company, company_at = k.company_at, contact = k.contact, \
     contact_at = k.contact_at, same = k.same, same_at = k.same_at, account = k.account, version = k.version \
     FROM k WHERE entities.workspace = k.workspace AND entities.entity = k.entity",
    &[Text, Big, Big, Big, Big, Big, Big, Big, Big, Big],
);
const INSERT: Sql = Sql::many(
    "INSERT INTO entities (workspace, entity, company, company_at, contact, contact_at, same, same_at, account, version, \
     kind, external_id) {rows} ON CONFLICT (workspace, entity) DO NOTHING",
    &[Text, Big, Big, Big, Big, Big, Big, Big, Big, Big, Text, Text],
);
const ACCOUNTS_FROM: Sql =
    Sql::one("SELECT DISTINCT account FROM entities WHERE workspace = $1 AND account >= $2 ORDER BY account LIMIT $3");

pub(crate) const STATEMENTS: &[Sql] = &[LOCK, GET, OF_ACCOUNTS, LINKED_TO, STORE, INSERT, ACCOUNTS_FROM];
