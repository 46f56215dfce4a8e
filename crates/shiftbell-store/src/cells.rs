//! Cells: the sums of one series on one day, whole and by one dimension, packed by the core into bytes that mean nothing
//! here.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use shiftbell_metrics::time::Day;

use crate::dialect::Kind::{Big, Bytes, Text};
use crate::dialect::{Column, Dialect, Rows, Sql};
use crate::segments::{day_of, part_of};
use crate::{Session, StoreError, Tx};

/// Which cell of a generation. The order is the order of locking.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CellKey {
    pub motion: Arc<str>,
    pub series: Arc<str>,
    /// Empty for the whole.
    pub dimension: Arc<str>,
    pub day: Day,
    pub value: Arc<str>,
    /// Below [`crate::Db::slots`].
    pub slot: u16,
}

/// The cells of one series and dimension on these days; only those of `value` if it is given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CellRange<'a> {
    pub motion: &'a str,
    pub series: &'a str,
    pub dimension: &'a str,
    pub value: Option<&'a str>,
    pub days: Range<Day>,
}

/// A cell read for an answer. Its slots come apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    pub day: Day,
    pub value: String,
    pub body: Vec<u8>,
}

/// Locks cells in key order and reads those that exist. Give back what they became to [`store`].
///
/// After the segments, last of all locks; once per transaction.
///
/// # Errors
/// The database's.
pub async fn lock(
    tx: &mut Tx,
    workspace: &str,
    generation: i64,
    keys: &[CellKey],
) -> Result<BTreeMap<CellKey, Vec<u8>>, StoreError> {
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

/// Writes cells that are locked; `None` removes one.
///
/// # Errors
/// The database's.
pub async fn store(
    tx: &mut Tx,
    workspace: &str,
    generation: i64,
    cells: &BTreeMap<CellKey, Option<Vec<u8>>>,
) -> Result<(), StoreError> {
    let kept: Vec<(&CellKey, &[u8])> = cells.iter().filter_map(|(key, body)| Some((key, body.as_deref()?))).collect();
    let keys: Vec<&CellKey> = kept.iter().map(|(key, _)| *key).collect();
    let mut columns = key_columns(workspace, generation, &keys);
    columns.push(Column::Bytes(kept.iter().map(|(_, body)| *body).collect()));
    tx.execute_many(&STORE, &Rows::new(keys.len(), columns)).await?;

    let gone: Vec<&CellKey> = cells.iter().filter(|(_, body)| body.is_none()).map(|(key, _)| key).collect();
    tx.execute_many(&REMOVE, &Rows::new(gone.len(), key_columns(workspace, generation, &gone))).await?;
    Ok(())
}

/// The cells of each range, in no order. One statement for all of them: an answer asks for several, and each trip to the
/// database costs more than the rows it brings.
///
/// # Errors
/// The database's.
pub async fn read(
    session: &mut Session,
    workspace: &str,
    generation: i64,
    ranges: &[CellRange<'_>],
) -> Result<Vec<Vec<Cell>>, StoreError> {
    let columns = vec![
        Column::Same(workspace),
        Column::SameBig(generation),
        Column::Text(ranges.iter().map(|range| range.motion).collect()),
        Column::Text(ranges.iter().map(|range| range.series).collect()),
        Column::Text(ranges.iter().map(|range| range.dimension).collect()),
        Column::Big(ranges.iter().map(|range| i64::from(range.days.start.0)).collect()),
        Column::Big(ranges.iter().map(|range| i64::from(range.days.end.0)).collect()),
        Column::Big(ranges.iter().map(|range| i64::from(range.value.is_none())).collect()),
        Column::Text(ranges.iter().map(|range| range.value.unwrap_or_default()).collect()),
        Column::Big((0..).take(ranges.len()).collect()),
    ];
    let rows: Vec<(i64, i64, String, Vec<u8>)> = session.fetch_many(&READ, &Rows::new(ranges.len(), columns)).await?;
    let mut found = vec![Vec::new(); ranges.len()];
    for (n, day, value, body) in rows.into_iter().filter(|(.., body)| !body.is_empty()) {
        if let Some(range) = usize::try_from(n).ok().and_then(|n| found.get_mut(n)) {
            range.push(Cell { day: day_of(day), value, body });
        }
    }
    Ok(found)
}

/// Every cell of a generation, in key order: to compare it with a rebuild.
///
/// # Errors
/// The database's.
pub async fn all(
    session: &mut Session,
    workspace: &str,
    generation: i64,
) -> Result<BTreeMap<CellKey, Vec<u8>>, StoreError> {
    type Columns = (String, String, String, i64, String, i64, Vec<u8>);
    let rows: Vec<Columns> = session.fetch(&ALL, &[workspace.into(), generation.into()]).await?;
    let keyed = |(motion, series, dimension, day, value, slot, body): Columns| {
        let key = CellKey {
            motion: motion.into(),
            series: series.into(),
            dimension: dimension.into(),
            day: day_of(day),
            value: value.into(),
            slot: part_of(slot),
        };
        (key, body)
    };
    Ok(rows.into_iter().map(keyed).filter(|(_, body)| !body.is_empty()).collect())
}

fn sorted(keys: &[CellKey]) -> Vec<&CellKey> {
    let mut keys: Vec<&CellKey> = keys.iter().collect();
    keys.sort_unstable();
    keys.dedup();
    keys
}

fn key_columns<'a>(workspace: &'a str, generation: i64, keys: &[&'a CellKey]) -> Vec<Column<'a>> {
    vec![
        Column::Same(workspace),
        Column::SameBig(generation),
        Column::Text(keys.iter().map(|key| &*key.motion).collect()),
        Column::Text(keys.iter().map(|key| &*key.series).collect()),
        Column::Text(keys.iter().map(|key| &*key.dimension).collect()),
        Column::Big(keys.iter().map(|key| i64::from(key.day.0)).collect()),
        Column::Text(keys.iter().map(|key| &*key.value).collect()),
        Column::Big(keys.iter().map(|key| i64::from(key.slot)).collect()),
    ]
}

// As in `entities`: an update that changes nothing locks in the given order. A row that is removed meanwhile is made again.
const LOCK: Sql = Sql::many(
    "INSERT INTO cells AS t (workspace, generation, motion, series, dimension, day, value, slot, body) {rows} \
     ON CONFLICT (workspace, generation, motion, series, dimension, day, value, slot) DO UPDATE SET body = t.body WHERE false",
    &[Text, Big, Text, Text, Text, Big, Text, Big, Bytes],
);
const LOAD: Sql = Sql::many(
    "WITH k(workspace, generation, motion, series, dimension, day, value, slot, n) AS ({rows}) \
     SELECT k.n, t.body FROM k CROSS JOIN cells AS t WHERE t.workspace = k.workspace \
     AND t.generation = k.generation AND t.motion = k.motion AND t.series = k.series \
     AND t.dimension = k.dimension AND t.day = k.day AND t.value = k.value AND t.slot = k.slot",
    &[Text, Big, Text, Text, Text, Big, Text, Big, Big],
);
const STORE: Sql = Sql::many(
    "INSERT INTO cells (workspace, generation, motion, series, dimension, day, value, slot, body) {rows} \
     ON CONFLICT (workspace, generation, motion, series, dimension, day, value, slot) DO UPDATE SET body = excluded.body",
    &[Text, Big, Text, Text, Text, Big, Text, Big, Bytes],
);
const REMOVE: Sql = Sql::many(
    "WITH k(workspace, generation, motion, series, dimension, day, value, slot) AS ({rows}) \
     DELETE FROM cells WHERE (workspace, generation, motion, series, dimension, day, value, slot) IN (SELECT * FROM k)",
    &[Text, Big, Text, Text, Text, Big, Text, Big],
);
const READ: Sql = Sql::many(
    "WITH k(workspace, generation, motion, series, dimension, from_day, until_day, every_value, value, n) AS ({rows}) \
     SELECT k.n, t.day, t.value, t.body FROM k CROSS JOIN cells AS t WHERE t.workspace = k.workspace \
     AND t.generation = k.generation AND t.motion = k.motion AND t.series = k.series AND t.dimension = k.dimension \
     AND t.day >= k.from_day AND t.day < k.until_day AND (k.every_value = 1 OR t.value = k.value)",
    &[Text, Big, Text, Text, Text, Big, Big, Big, Text, Big],
);
const ALL: Sql = Sql::one(
    "SELECT motion, series, dimension, day, value, slot, body FROM cells WHERE workspace = $1 AND generation = $2 \
     ORDER BY motion, series, dimension, day, value, slot",
);

pub(crate) const STATEMENTS: &[Sql] = &[LOCK, LOAD, STORE, REMOVE, READ, ALL];
