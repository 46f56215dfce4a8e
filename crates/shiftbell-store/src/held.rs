//! Events ahead of their time, and those that cannot be true.

use shiftbell_metrics::id::EntityId;

use crate::dialect::Kind::{Big, Text};
use crate::dialect::{Column, Rows, Sql};
use crate::events::{NewEvent, bodies_of, columns_of};
use crate::{Session, StoreError, Tx};

/// An event whose time has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    pub entity: EntityId,
    pub source: String,
    /// The whole event as JSON.
    pub body: String,
    pub by_role: Option<String>,
    pub delivery: Option<i64>,
}

/// An event that is kept and counted, but never folded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetAside<'a> {
    pub source: &'a str,
    pub external_id: &'a str,
    pub at_ms: i64,
    pub reason: &'a str,
    pub body: &'a str,
}

/// How many events of one source were set aside for one reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetAsideCount {
    pub source: String,
    pub reason: String,
    pub n: i64,
    pub last_at_ms: i64,
}

/// Holds events until their own time. Those that are held already are left as they are.
///
/// # Errors
/// The database's.
pub async fn hold(tx: &mut Tx, workspace: &str, events: &[NewEvent<'_>]) -> Result<(), StoreError> {
    let (places, mut columns) = columns_of(workspace, events);
    let bodies = bodies_of(&places, events);
    columns.insert(6, Column::Text(bodies.iter().map(String::as_str).collect()));
    tx.execute_many(&HOLD, &Rows::new(places.len(), columns)).await?;
    Ok(())
}

/// Takes out the events whose time has come, to be appended in the same transaction.
///
/// # Errors
/// The database's.
pub async fn take_due(tx: &mut Tx, workspace: &str, now_ms: i64, events_max: i64) -> Result<Vec<Held>, StoreError> {
    type Columns = (i64, String, String, Option<String>, Option<i64>);
    let rows: Vec<Columns> = tx.fetch(&TAKE_DUE, &[workspace.into(), now_ms.into(), events_max.into()]).await?;
    Ok(rows
        .into_iter()
        .map(|(entity, source, body, by_role, delivery)| Held {
            entity: EntityId(entity),
            source,
            body,
            by_role,
            delivery,
        })
        .collect())
}

/// How many events are held.
///
/// # Errors
/// The database's.
pub async fn count(session: &mut Session, workspace: &str) -> Result<i64, StoreError> {
    let row: Option<(i64,)> = session.fetch_one(&COUNT, &[workspace.into()]).await?;
    Ok(row.map_or(0, |(n,)| n))
}

/// Keeps events that cannot be true.
///
/// # Errors
/// The database's.
pub async fn set_aside(tx: &mut Tx, workspace: &str, events: &[SetAside<'_>], now_ms: i64) -> Result<(), StoreError> {
    let columns = vec![
        Column::Same(workspace),
        Column::Text(events.iter().map(|event| event.source).collect()),
        Column::Text(events.iter().map(|event| event.external_id).collect()),
        Column::Big(events.iter().map(|event| event.at_ms).collect()),
        Column::Text(events.iter().map(|event| event.reason).collect()),
        Column::Text(events.iter().map(|event| event.body).collect()),
        Column::SameBig(now_ms),
    ];
    tx.execute_many(&SET_ASIDE, &Rows::new(events.len(), columns)).await?;
    Ok(())
}

/// What was set aside, by source and reason.
///
/// # Errors
/// The database's.
pub async fn set_aside_counts(session: &mut Session, workspace: &str) -> Result<Vec<SetAsideCount>, StoreError> {
    let rows: Vec<(String, String, i64, i64)> = session.fetch(&SET_ASIDE_COUNTS, &[workspace.into()]).await?;
    let count = |(source, reason, n, last_at_ms)| SetAsideCount { source, reason, n, last_at_ms };
    Ok(rows.into_iter().map(count).collect())
}

const HOLD: Sql = Sql::many(
    "INSERT INTO held_events (workspace, entity, source, external_id, at, kind, body, by_role, delivery) \
     {rows} ON CONFLICT DO NOTHING",
    &[Text, Big, Text, Text, Big, Text, Text, Text, Big],
);
const TAKE_DUE: Sql = Sql::one(
    "WITH picked AS MATERIALIZED (\
     SELECT t.workspace, t.entity, t.source, t.external_id FROM held_events AS t \
     WHERE t.workspace = $1 AND t.at <= $2 ORDER BY t.at LIMIT $3 {skip locked}) \
     DELETE FROM held_events WHERE (workspace, entity, source, external_id) IN (\
     SELECT workspace, entity, source, external_id FROM picked) \
     RETURNING entity, source, body, by_role, delivery",
);
const COUNT: Sql = Sql::one("SELECT CAST(COUNT(*) AS BIGINT) FROM held_events WHERE workspace = $1");
const SET_ASIDE: Sql = Sql::many(
    "INSERT INTO set_aside (workspace, source, external_id, at, reason, body, set_aside_at) \
     {rows} ON CONFLICT DO NOTHING",
    &[Text, Text, Text, Big, Text, Text, Big],
);
const SET_ASIDE_COUNTS: Sql = Sql::one(
    "SELECT source, reason, CAST(COUNT(*) AS BIGINT), MAX(set_aside_at) FROM set_aside WHERE workspace = $1 \
     GROUP BY source, reason ORDER BY source, reason",
);

pub(crate) const STATEMENTS: &[Sql] = &[HOLD, TAKE_DUE, COUNT, SET_ASIDE, SET_ASIDE_COUNTS];
