//! Segments: the entries of one series on one day, packed by the core into bytes that mean nothing here.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use shiftbell_metrics::time::Day;

use crate::dialect::Kind::{Big, Bytes, Text};
use crate::dialect::{Column, Dialect, Rows, Sql};
use crate::{Session, StoreError, Tx};

/// Which segment of a generation. The order is the order of locking.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SegmentKey {
    pub motion: Arc<str>,
    pub series: Arc<str>,
    pub day: Day,
    pub chunk: u16,
}

/// The segments of one series on these days.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SegmentRange<'a> {
    pub motion: &'a str,
    pub series: &'a str,
    pub days: Range<Day>,
}

/// A segment read for an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    pub day: Day,
    pub chunk: u16,
    pub body: Vec<u8>,
}

/// Locks segments in key order and reads those that exist. Give back what they became to [`store`].
///
/// After the accounts and before the cells; once per transaction.
///
/// # Errors
/// The database's.
pub async fn lock(
    tx: &mut Tx,
    workspace: &str,
    generation: i64,
    keys: &[SegmentKey],
) -> Result<BTreeMap<SegmentKey, Vec<u8>>, StoreError> {
    let keys = sorted(keys);
    let mut columns = key_columns(workspace, generation, &keys);
    // One writer holds every lock already; several must each make the row that they lock.
    if tx.dialect() == Dialect::Postgres {
        let mut with_body = columns.clone();
        with_body.push(Column::Bytes(vec![b""; keys.len()]));
        tx.execute_many(&LOCK, &Rows::new(keys.len(), with_body)).await?;
    }
    columns.push(Column::Big((0..).take(keys.len()).collect()));
    let found: Vec<(i64, Vec<u8>)> = tx.fetch_many(&LOAD, &Rows::new(keys.len(), columns)).await?;
    let key_at = |n: i64| usize::try_from(n).ok().and_then(|n| keys.get(n).copied());
    Ok(found
        .into_iter()
        .filter(|(_, body)| !body.is_empty())
        .filter_map(|(n, body)| Some((key_at(n)?.clone(), body)))
        .collect())
}

/// Writes segments that are locked; `None` removes one.
///
/// # Errors
/// The database's.
pub async fn store(
    tx: &mut Tx,
    workspace: &str,
    generation: i64,
    segments: &BTreeMap<SegmentKey, Option<Vec<u8>>>,
) -> Result<(), StoreError> {
    let kept: Vec<(&SegmentKey, &[u8])> =
        segments.iter().filter_map(|(key, body)| Some((key, body.as_deref()?))).collect();
    let keys: Vec<&SegmentKey> = kept.iter().map(|(key, _)| *key).collect();
    let mut columns = key_columns(workspace, generation, &keys);
    columns.push(Column::Bytes(kept.iter().map(|(_, body)| *body).collect()));
    tx.execute_many(&STORE, &Rows::new(keys.len(), columns)).await?;

    let gone: Vec<&SegmentKey> = segments.iter().filter(|(_, body)| body.is_none()).map(|(key, _)| key).collect();
    tx.execute_many(&REMOVE, &Rows::new(gone.len(), key_columns(workspace, generation, &gone))).await?;
    Ok(())
}

/// The segments of each range, by day and chunk; one statement for all of them, as [`crate::cells::read`].
///
/// # Errors
/// The database's.
pub async fn read(
    session: &mut Session,
    workspace: &str,
    generation: i64,
    ranges: &[SegmentRange<'_>],
) -> Result<Vec<Vec<Segment>>, StoreError> {
    let columns = vec![
        Column::Same(workspace),
        Column::SameBig(generation),
        Column::Text(ranges.iter().map(|range| range.motion).collect()),
        Column::Text(ranges.iter().map(|range| range.series).collect()),
        Column::Big(ranges.iter().map(|range| i64::from(range.days.start.0)).collect()),
        Column::Big(ranges.iter().map(|range| i64::from(range.days.end.0)).collect()),
        Column::Big((0..).take(ranges.len()).collect()),
    ];
    let rows: Vec<(i64, i64, i64, Vec<u8>)> = session.fetch_many(&READ, &Rows::new(ranges.len(), columns)).await?;
    let mut found = vec![Vec::new(); ranges.len()];
    for (n, day, chunk, body) in rows.into_iter().filter(|(.., body)| !body.is_empty()) {
        if let Some(range) = usize::try_from(n).ok().and_then(|n| found.get_mut(n)) {
            range.push(Segment { day: day_of(day), chunk: part_of(chunk), body });
        }
    }
    found.iter_mut().for_each(|range| range.sort_by_key(|segment| (segment.day, segment.chunk)));
    Ok(found)
}

/// Every segment of a generation, in key order: to compare it with a rebuild.
///
/// # Errors
/// The database's.
pub async fn all(
    session: &mut Session,
    workspace: &str,
    generation: i64,
) -> Result<BTreeMap<SegmentKey, Vec<u8>>, StoreError> {
    let rows: Vec<(String, String, i64, i64, Vec<u8>)> =
        session.fetch(&ALL, &[workspace.into(), generation.into()]).await?;
    let key = |motion: String, series: String, day, chunk| SegmentKey {
        motion: motion.into(),
        series: series.into(),
        day: day_of(day),
        chunk: part_of(chunk),
    };
    Ok(rows
        .into_iter()
        .filter(|(.., body)| !body.is_empty())
        .map(|(motion, series, day, chunk, body)| (key(motion, series, day, chunk), body))
        .collect())
}

fn sorted(keys: &[SegmentKey]) -> Vec<&SegmentKey> {
    let mut keys: Vec<&SegmentKey> = keys.iter().collect();
    keys.sort_unstable();
    keys.dedup();
    keys
}

fn key_columns<'a>(workspace: &'a str, generation: i64, keys: &[&'a SegmentKey]) -> Vec<Column<'a>> {
    vec![
        Column::Same(workspace),
        Column::SameBig(generation),
        Column::Text(keys.iter().map(|key| &*key.motion).collect()),
        Column::Text(keys.iter().map(|key| &*key.series).collect()),
        Column::Big(keys.iter().map(|key| i64::from(key.day.0)).collect()),
        Column::Big(keys.iter().map(|key| i64::from(key.chunk)).collect()),
    ]
}

/// Days and parts were written from these types, so they fit.
pub(crate) fn day_of(day: i64) -> Day {
    Day(i32::try_from(day).unwrap_or(i32::MAX))
}

pub(crate) fn part_of(part: i64) -> u16 {
    u16::try_from(part).unwrap_or(u16::MAX)
}

// As in `entities`: an update that changes nothing locks in the given order. A row that is removed meanwhile is made again.
const LOCK: Sql = Sql::many(
    "INSERT INTO segments AS t (workspace, generation, motion, series, day, chunk, body) {rows} \
     ON CONFLICT (workspace, generation, motion, series, day, chunk) DO UPDATE SET body = t.body WHERE false",
    &[Text, Big, Text, Text, Big, Big, Bytes],
);
const LOAD: Sql = Sql::many(
    "WITH k(workspace, generation, motion, series, day, chunk, n) AS ({rows}) \
     SELECT k.n, t.body FROM k CROSS JOIN segments AS t WHERE t.workspace = k.workspace \
     AND t.generation = k.generation AND t.motion = k.motion AND t.series = k.series AND t.day = k.day \
     AND t.chunk = k.chunk",
    &[Text, Big, Text, Text, Big, Big, Big],
);
const STORE: Sql = Sql::many(
    "INSERT INTO segments (workspace, generation, motion, series, day, chunk, body) {rows} \
     ON CONFLICT (workspace, generation, motion, series, day, chunk) DO UPDATE SET body = excluded.body",
    &[Text, Big, Text, Text, Big, Big, Bytes],
);
const REMOVE: Sql = Sql::many(
    "WITH k(workspace, generation, motion, series, day, chunk) AS ({rows}) \
     DELETE FROM segments WHERE (workspace, generation, motion, series, day, chunk) IN (SELECT * FROM k)",
    &[Text, Big, Text, Text, Big, Big],
);
const READ: Sql = Sql::many(
    "WITH k(workspace, generation, motion, series, from_day, until_day, n) AS ({rows}) \
     SELECT k.n, t.day, t.chunk, t.body FROM k CROSS JOIN segments AS t WHERE t.workspace = k.workspace \
     AND t.generation = k.generation AND t.motion = k.motion AND t.series = k.series AND t.day >= k.from_day \
     AND t.day < k.until_day",
    &[Text, Big, Text, Text, Big, Big, Big],
);
const ALL: Sql = Sql::one(
    "SELECT motion, series, day, chunk, body FROM segments WHERE workspace = $1 AND generation = $2 \
     ORDER BY motion, series, day, chunk",
);

pub(crate) const STATEMENTS: &[Sql] = &[LOCK, LOAD, STORE, REMOVE, READ, ALL];
