//! How often each fact of the definitions was seen lately, by source and by the day on which it happened.
//!
//! Derived from the events, and from the definitions of the numbers that answer: counted while events are appended, and counted
//! anew once other definitions answer. As with sightings, write these rows last.

use shiftbell_metrics::time::Day;

use crate::dialect::Kind::{Big, Text};
use crate::dialect::{Column, Rows, Sql};
use crate::{Session, StoreError, Tx};

/// How often a fact was seen on one day, or lately.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Seen {
    pub source: String,
    pub fact: String,
    pub day: Day,
    pub n: i64,
    /// When it happened last.
    pub last_at_ms: i64,
}

/// Adds what was seen, each source, fact and day once.
///
/// # Errors
/// The database's.
pub async fn add(tx: &mut Tx, workspace: &str, seen: &[Seen]) -> Result<(), StoreError> {
    let mut seen: Vec<&Seen> = seen.iter().collect();
    seen.sort();
    let columns = vec![
        Column::Same(workspace),
        Column::Text(seen.iter().map(|seen| seen.source.as_str()).collect()),
        Column::Text(seen.iter().map(|seen| seen.fact.as_str()).collect()),
        Column::Big(seen.iter().map(|seen| i64::from(seen.day.0)).collect()),
        Column::Big(seen.iter().map(|seen| seen.n).collect()),
        Column::Big(seen.iter().map(|seen| seen.last_at_ms).collect()),
    ];
    tx.execute_many(&ADD, &Rows::new(seen.len(), columns)).await?;
    Ok(())
}

/// What was seen from this day on, by source, fact and day.
///
/// # Errors
/// The database's.
pub async fn since(session: &mut Session, workspace: &str, day: Day) -> Result<Vec<Seen>, StoreError> {
    let rows: Vec<(String, String, i64, i64, i64)> =
        session.fetch(&SINCE, &[workspace.into(), i64::from(day.0).into()]).await?;
    let seen = |(source, fact, day, n, last_at_ms)| Seen {
        source,
        fact,
        day: Day(i32::try_from(day).unwrap_or(0)),
        n,
        last_at_ms,
    };
    Ok(rows.into_iter().map(seen).collect())
}

/// Forgets everything, before it is counted anew in the same transaction.
///
/// # Errors
/// The database's.
pub async fn clear(tx: &mut Tx, workspace: &str) -> Result<(), StoreError> {
    tx.execute(&CLEAR, &[workspace.into()]).await?;
    Ok(())
}

const ADD: Sql = Sql::many(
    "INSERT INTO facts_seen AS t (workspace, source, fact, day, n, last_at) {rows} \
     ON CONFLICT (workspace, source, fact, day) DO UPDATE SET n = t.n + excluded.n, \
     last_at = CASE WHEN excluded.last_at > t.last_at THEN excluded.last_at ELSE t.last_at END",
    &[Text, Text, Text, Big, Big, Big],
);
const SINCE: Sql = Sql::one(
    "SELECT source, fact, day, n, last_at FROM facts_seen WHERE workspace = $1 AND day >= $2 \
     ORDER BY source, fact, day",
);
const CLEAR: Sql = Sql::one("DELETE FROM facts_seen WHERE workspace = $1");

pub(crate) const STATEMENTS: &[Sql] = &[ADD, SINCE, CLEAR];
