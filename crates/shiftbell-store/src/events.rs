//! The ground truth: what happened, to whom, when. Nothing here is ever changed.

use std::collections::{BTreeMap, HashSet};

use shiftbell_metrics::event::{Event, Unreadable};
use shiftbell_metrics::id::EntityId;
use shiftbell_metrics::time::Instant;

use crate::dialect::Kind::{Big, Text};
use crate::dialect::{Column, Rows, Sql};
use crate::{Session, StoreError, Tx, workspaces};

/// An event with what the program knows about it.
#[derive(Clone, Copy, Debug)]
pub struct NewEvent<'a> {
    pub source: &'a str,
    pub event: &'a Event,
    /// The role, then, of the person who did it.
    pub by_role: Option<&'a str>,
    /// The delivery it came in; `None` if it was imported.
    pub delivery: Option<i64>,
}

/// What became of an event that was given to the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Appended {
    New,
    AlreadyKnown,
}

/// An event as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredEvent {
    /// The account of its entity now.
    pub account: EntityId,
    pub entity: EntityId,
    pub source: String,
    pub external_id: String,
    pub at: Instant,
    pub kind: String,
    /// The whole event as JSON.
    pub body: String,
    pub by_role: Option<String>,
    pub delivery: Option<i64>,
}

impl StoredEvent {
    /// Reads the event out of its JSON.
    ///
    /// # Errors
    /// Never for what [`append`] wrote, unless the form of events has changed since.
    pub fn event(&self) -> Result<Event, Unreadable> {
        Event::from_json(&self.body)
    }
}

/// Appends events; those known by entity, source and id are left as they are. The answers are in the order of the events.
///
/// # Errors
/// [`StoreError::UnknownWorkspace`], or the database's.
pub async fn append(tx: &mut Tx, workspace: &str, events: &[NewEvent<'_>]) -> Result<Vec<Appended>, StoreError> {
    if events.is_empty() {
        return Ok(Vec::new());
    }
    let write = workspaces::next_write(tx, workspace).await?;
    let (places, columns) = columns_of(workspace, events);
    let bodies = bodies_of(&places, events);
    let columns = all_columns(columns, &bodies, write);
    let new: Vec<(i64, String, String)> = tx.fetch_many(&APPEND, &Rows::new(places.len(), columns)).await?;
    let new: HashSet<(i64, &str, &str)> =
        new.iter().map(|(entity, s, id)| (*entity, s.as_str(), id.as_str())).collect();
    let mut appended = vec![Appended::AlreadyKnown; events.len()];
    for n in places {
        let event = &events[n];
        if new.contains(&(event.event.entity_id().0, event.source, event.event.id.as_str())) {
            appended[n] = Appended::New;
        }
    }
    Ok(appended)
}

/// As [`append`], but says only how many were new: for an import, which does not need to know which.
///
/// # Errors
/// As [`append`].
pub async fn append_all(tx: &mut Tx, workspace: &str, events: &[NewEvent<'_>]) -> Result<u64, StoreError> {
    let write = workspaces::next_write(tx, workspace).await?;
    let (places, columns) = columns_of(workspace, events);
    let bodies = bodies_of(&places, events);
    let columns = all_columns(columns, &bodies, write);
    tx.execute_many(&APPEND_ALL, &Rows::new(places.len(), columns)).await
}

/// A row of an import: an event that is written out already.
#[derive(Clone, Copy, Debug)]
pub struct Written<'a> {
    pub entity: EntityId,
    pub external_id: &'a str,
    pub at: Instant,
    pub kind: &'a str,
    /// The whole event as JSON.
    pub body: &'a str,
    /// The role, then, of the person who did it.
    pub by_role: Option<&'a str>,
}

/// As [`append_all`], with what an import has at hand already, all of one source.
///
/// # Errors
/// As [`append`].
pub async fn append_written(
    tx: &mut Tx,
    workspace: &str,
    source: &str,
    events: &[Written<'_>],
) -> Result<u64, StoreError> {
    let write = workspaces::next_write(tx, workspace).await?;
    let columns = vec![
        Column::Same(workspace),
        Column::Big(events.iter().map(|event| event.entity.0).collect()),
        Column::Same(source),
        Column::Text(events.iter().map(|event| event.external_id).collect()),
        Column::Big(events.iter().map(|event| event.at.as_ms()).collect()),
        Column::Text(events.iter().map(|event| event.kind).collect()),
        Column::Text(events.iter().map(|event| event.body).collect()),
        Column::TextOrNull(events.iter().map(|event| event.by_role).collect()),
        Column::BigOrNull(vec![None; events.len()]),
        Column::SameBig(write),
    ];
    tx.execute_many(&APPEND_ALL, &Rows::new(events.len(), columns)).await
}

pub(crate) fn bodies_of(places: &[usize], events: &[NewEvent<'_>]) -> Vec<String> {
    places.iter().map(|n| events[*n].event.to_text()).collect()
}

fn all_columns<'a>(mut columns: Vec<Column<'a>>, bodies: &'a [String], write: i64) -> Vec<Column<'a>> {
    columns.insert(6, Column::Text(bodies.iter().map(String::as_str).collect()));
    columns.push(Column::SameBig(write));
    columns
}

/// The columns that events and held events share, without the body, and which events they are: each once, in key order.
pub(crate) fn columns_of<'a>(workspace: &'a str, events: &[NewEvent<'a>]) -> (Vec<usize>, Vec<Column<'a>>) {
    let mut by_key: BTreeMap<(i64, &str, &str), usize> = BTreeMap::new();
    for (n, event) in events.iter().enumerate() {
        by_key.entry((event.event.entity_id().0, event.source, &event.event.id)).or_insert(n);
    }
    let places: Vec<usize> = by_key.values().copied().collect();
    let of = || places.iter().map(|n| &events[*n]);
    let columns = vec![
        Column::Same(workspace),
        Column::Big(by_key.keys().map(|(entity, _, _)| *entity).collect()),
        Column::Text(of().map(|event| event.source).collect()),
        Column::Text(of().map(|event| event.event.id.as_str()).collect()),
        Column::Big(of().map(|event| event.event.at.as_ms()).collect()),
        Column::Text(of().map(|event| event.event.kind.as_str()).collect()),
        Column::TextOrNull(of().map(|event| event.by_role).collect()),
        Column::BigOrNull(of().map(|event| event.delivery).collect()),
    ];
    (places, columns)
}

type Columns = (i64, i64, String, String, i64, String, String, Option<String>, Option<i64>);

fn stored(rows: Vec<Columns>) -> Vec<StoredEvent> {
    rows.into_iter()
        .map(|(account, entity, source, external_id, at, kind, body, by_role, delivery)| StoredEvent {
            account: EntityId(account),
            entity: EntityId(entity),
            source,
            external_id,
            at: Instant(at),
            kind,
            body,
            by_role,
            delivery,
        })
        .collect()
}

/// Every event of these accounts, account by account, and within one by entity, source and id.
///
/// # Errors
/// The database's.
pub async fn of_accounts(
    session: &mut Session,
    workspace: &str,
    accounts: &[EntityId],
) -> Result<Vec<StoredEvent>, StoreError> {
    let accounts = sorted(accounts);
    let columns = vec![Column::Same(workspace), Column::Big(accounts.clone())];
    Ok(stored(session.fetch_many(&OF_ACCOUNTS, &Rows::new(accounts.len(), columns)).await?))
}

/// Every event of these entities from one source, entity by entity.
///
/// # Errors
/// The database's.
pub async fn of_entities(
    session: &mut Session,
    workspace: &str,
    source: &str,
    entities: &[EntityId],
) -> Result<Vec<StoredEvent>, StoreError> {
    let entities = sorted(entities);
    let columns = vec![Column::Same(workspace), Column::Big(entities.clone()), Column::Same(source)];
    Ok(stored(session.fetch_many(&OF_ENTITIES, &Rows::new(entities.len(), columns)).await?))
}

/// As [`of_accounts`], but only what was visible when [`workspaces::mark`] gave this mark.
///
/// # Errors
/// The database's.
pub async fn of_accounts_at(
    session: &mut Session,
    workspace: &str,
    accounts: &[EntityId],
    mark: &str,
) -> Result<Vec<StoredEvent>, StoreError> {
    let accounts = sorted(accounts);
    let columns = vec![Column::Same(workspace), Column::Big(accounts.clone()), Column::Same(mark)];
    Ok(stored(session.fetch_many(&OF_ACCOUNTS_AT, &Rows::new(accounts.len(), columns)).await?))
}

/// How many events a workspace has.
///
/// # Errors
/// The database's.
pub async fn count(session: &mut Session, workspace: &str) -> Result<i64, StoreError> {
    let row: Option<(i64,)> = session.fetch_one(&COUNT, &[workspace.into()]).await?;
    Ok(row.map_or(0, |(n,)| n))
}

/// The accounts of which events were appended since [`workspaces::mark`] gave this mark, and how many of each.
///
/// # Errors
/// The database's.
pub async fn accounts_since(
    session: &mut Session,
    workspace: &str,
    mark: &str,
) -> Result<Vec<(EntityId, i64)>, StoreError> {
    let rows: Vec<(i64, i64)> = session.fetch(&ACCOUNTS_SINCE, &[workspace.into(), mark.into()]).await?;
    Ok(rows.into_iter().map(|(account, n)| (EntityId(account), n)).collect())
}

/// An event with its key, in the order of which events can be read page by page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Happened {
    pub entity: EntityId,
    pub source: String,
    pub external_id: String,
    /// The whole event as JSON.
    pub body: String,
    pub by_role: Option<String>,
}

/// Some of the events that happened at this instant or later, in the order of their keys, from behind `after` on; none at the
/// end. Events are not sorted by time: this reads all of a workspace.
///
/// # Errors
/// The database's.
pub async fn happened_since(
    session: &mut Session,
    workspace: &str,
    since: Instant,
    after: Option<&(EntityId, String, String)>,
    events_max: i64,
) -> Result<Vec<Happened>, StoreError> {
    let (entity, source, external_id) = after.map_or((i64::MIN, "", ""), |(entity, source, id)| (entity.0, source, id));
    let args =
        [workspace.into(), entity.into(), source.into(), external_id.into(), since.as_ms().into(), events_max.into()];
    let rows: Vec<(i64, String, String, String, Option<String>)> = session.fetch(&HAPPENED_SINCE, &args).await?;
    let happened = |(entity, source, external_id, body, by_role)| Happened {
        entity: EntityId(entity),
        source,
        external_id,
        body,
        by_role,
    };
    Ok(rows.into_iter().map(happened).collect())
}

/// Each number once, in the order in which rows are locked.
pub(crate) fn sorted(ids: &[EntityId]) -> Vec<i64> {
    let mut ids: Vec<i64> = ids.iter().map(|id| id.0).collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}

const APPEND: Sql = Sql::many(
    "INSERT INTO events (workspace, entity, source, external_id, at, kind, body, by_role, delivery, tx) \
     {rows} ON CONFLICT (workspace, entity, source, external_id) DO NOTHING RETURNING entity, source, external_id",
    &[Text, Big, Text, Text, Big, Text, Text, Text, Big, Big],
);
const APPEND_ALL: Sql = Sql::many(
    "INSERT INTO events (workspace, entity, source, external_id, at, kind, body, by_role, delivery, tx) \
     {rows} ON CONFLICT (workspace, entity, source, external_id) DO NOTHING",
    &[Text, Big, Text, Text, Big, Text, Text, Text, Big, Big],
);
// CROSS JOIN: SQLite then keeps this order of tables, PostgreSQL is free. `found` first and by itself: see `contributions`.
const OF_ACCOUNTS: Sql = Sql::many(
    "WITH k(workspace, account) AS ({rows}), found AS MATERIALIZED ( \
     SELECT e.workspace, e.account, e.entity FROM k CROSS JOIN entities AS e \
     WHERE e.workspace = k.workspace AND e.account = k.account) \
     SELECT found.account, t.entity, t.source, t.external_id, t.at, t.kind, t.body, t.by_role, t.delivery \
     FROM found CROSS JOIN events AS t \
     WHERE t.workspace = found.workspace AND t.entity = found.entity \
     ORDER BY found.account, t.entity, t.source, t.external_id",
    &[Text, Big],
);
const OF_ENTITIES: Sql = Sql::many(
    "WITH k(workspace, entity, source) AS ({rows}) \
     SELECT n.account, t.entity, t.source, t.external_id, t.at, t.kind, t.body, t.by_role, t.delivery \
     FROM k CROSS JOIN entities AS n CROSS JOIN events AS t \
     WHERE n.workspace = k.workspace AND n.entity = k.entity \
     AND t.workspace = k.workspace AND t.entity = k.entity AND t.source = k.source \
     ORDER BY t.entity, t.external_id",
    &[Text, Big, Text],
);
const OF_ACCOUNTS_AT: Sql = Sql::many(
    "WITH k(workspace, account, mark) AS ({rows}) \
     SELECT n.account, t.entity, t.source, t.external_id, t.at, t.kind, t.body, t.by_role, t.delivery \
     FROM k CROSS JOIN entities AS n CROSS JOIN events AS t \
     WHERE n.workspace = k.workspace AND n.account = k.account AND t.workspace = n.workspace AND t.entity = n.entity \
     AND {visible in k.mark} \
     ORDER BY n.account, t.entity, t.source, t.external_id",
    &[Text, Big, Text],
);
const HAPPENED_SINCE: Sql = Sql::one(
    "SELECT entity, source, external_id, body, by_role FROM events \
     WHERE workspace = $1 AND (entity, source, external_id) > ($2, $3, $4) AND at >= $5 \
     ORDER BY entity, source, external_id LIMIT $6",
);
const COUNT: Sql = Sql::one("SELECT CAST(COUNT(*) AS BIGINT) FROM events WHERE workspace = $1");
const ACCOUNTS_SINCE: Sql = Sql::one(
    "WITH k(mark) AS (SELECT CAST($2 AS TEXT)) SELECT n.account, CAST(COUNT(*) AS BIGINT) \
     FROM k CROSS JOIN events AS t CROSS JOIN entities AS n \
     WHERE t.workspace = $1 AND NOT ({visible in k.mark}) AND n.workspace = t.workspace AND n.entity = t.entity \
     GROUP BY n.account ORDER BY n.account",
);

pub(crate) const STATEMENTS: &[Sql] =
    &[APPEND, APPEND_ALL, OF_ACCOUNTS, OF_ENTITIES, OF_ACCOUNTS_AT, HAPPENED_SINCE, COUNT, ACCOUNTS_SINCE];
