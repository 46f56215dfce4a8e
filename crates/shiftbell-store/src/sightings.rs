//! When each kind of fact was last seen, and how long each source is usually silent.
//!
//! Rows here are shared by everything of one source, so on PostgreSQL a transaction that writes them makes others wait: write
//! them in a short one of their own, or last.

use shiftbell_metrics::time::Day;

use crate::dialect::Kind::{Big, Text};
use crate::dialect::{Column, Rows, Sql};
use crate::{Session, StoreError, Tx};

/// The name of a sighting that counts deliveries and answers, whatever was in them.
pub const DELIVERY: &str = "delivery";

/// How often something of a source was seen.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Sighting {
    pub source: String,
    /// A kind of event, or [`DELIVERY`].
    pub name: String,
    pub n: i64,
    pub last_at_ms: i64,
}

/// How often a source was silent for about this long, from one delivery to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Gap {
    /// Of the delivery that ended it: 0 is Monday.
    pub weekday: u8,
    /// As the program rounds it.
    pub minutes: i64,
    pub n: i64,
}

/// Adds sightings of one day.
///
/// # Errors
/// The database's.
pub async fn add(tx: &mut Tx, workspace: &str, day: Day, sightings: &[Sighting]) -> Result<(), StoreError> {
    let mut sightings: Vec<&Sighting> = sightings.iter().collect();
    sightings.sort();
    let columns = vec![
        Column::Same(workspace),
        Column::Text(sightings.iter().map(|sighting| sighting.source.as_str()).collect()),
        Column::Text(sightings.iter().map(|sighting| sighting.name.as_str()).collect()),
        Column::SameBig(i64::from(day.0)),
        Column::Big(sightings.iter().map(|sighting| sighting.n).collect()),
        Column::Big(sightings.iter().map(|sighting| sighting.last_at_ms).collect()),
    ];
    tx.execute_many(&ADD, &Rows::new(sightings.len(), columns)).await?;
    Ok(())
}

/// What was seen since this day, added up by source and name.
///
/// # Errors
/// The database's.
pub async fn since(session: &mut Session, workspace: &str, day: Day) -> Result<Vec<Sighting>, StoreError> {
    let rows: Vec<(String, String, i64, i64)> =
        session.fetch(&SINCE, &[workspace.into(), i64::from(day.0).into()]).await?;
    let sighting = |(source, name, n, last_at_ms)| Sighting { source, name, n, last_at_ms };
    Ok(rows.into_iter().map(sighting).collect())
}

/// When anything of each source was last seen, by source, of those seen since this day.
///
/// # Errors
/// The database's.
pub async fn last_seen(session: &mut Session, workspace: &str, since: Day) -> Result<Vec<(String, i64)>, StoreError> {
    session.fetch(&LAST_SEEN, &[workspace.into(), i64::from(since.0).into()]).await
}

/// Adds silences of a source.
///
/// # Errors
/// The database's.
pub async fn add_gaps(tx: &mut Tx, workspace: &str, source: &str, gaps: &[Gap]) -> Result<(), StoreError> {
    let mut gaps: Vec<&Gap> = gaps.iter().collect();
    gaps.sort();
    let columns = vec![
        Column::Same(workspace),
        Column::Same(source),
        Column::Big(gaps.iter().map(|gap| i64::from(gap.weekday)).collect()),
        Column::Big(gaps.iter().map(|gap| gap.minutes).collect()),
        Column::Big(gaps.iter().map(|gap| gap.n).collect()),
    ];
    tx.execute_many(&ADD_GAPS, &Rows::new(gaps.len(), columns)).await?;
    Ok(())
}

/// The silences of a source, by weekday, the shortest first.
///
/// # Errors
/// The database's.
pub async fn gaps(session: &mut Session, workspace: &str, source: &str) -> Result<Vec<Gap>, StoreError> {
    let rows: Vec<(i64, i64, i64)> = session.fetch(&GAPS, &[workspace.into(), source.into()]).await?;
    let gap = |(weekday, minutes, n)| Gap { weekday: u8::try_from(weekday).unwrap_or(0), minutes, n };
    Ok(rows.into_iter().map(gap).collect())
}

const ADD: Sql = Sql::many(
    "INSERT INTO sightings AS t (workspace, source, name, day, n, last_at) {rows} \
     ON CONFLICT (workspace, source, name, day) DO UPDATE SET n = t.n + excluded.n, \
     last_at = CASE WHEN excluded.last_at > t.last_at THEN excluded.last_at ELSE t.last_at END",
    &[Text, Text, Text, Big, Big, Big],
);
const SINCE: Sql = Sql::one(
    "SELECT source, name, CAST(SUM(n) AS BIGINT), MAX(last_at) FROM sightings WHERE workspace = $1 AND day >= $2 \
     GROUP BY source, name ORDER BY source, name",
);
const LAST_SEEN: Sql = Sql::one(
    "SELECT source, MAX(last_at) FROM sightings WHERE workspace = $1 AND day >= $2 GROUP BY source ORDER BY source",
);
const ADD_GAPS: Sql = Sql::many(
    "INSERT INTO gaps AS t (workspace, source, weekday, minutes, n) {rows} \
     ON CONFLICT (workspace, source, weekday, minutes) DO UPDATE SET n = t.n + excluded.n",
    &[Text, Text, Big, Big, Big],
);
const GAPS: Sql =
    Sql::one("SELECT weekday, minutes, n FROM gaps WHERE workspace = $1 AND source = $2 ORDER BY weekday, minutes");

pub(crate) const STATEMENTS: &[Sql] = &[ADD, SINCE, LAST_SEEN, ADD_GAPS, GAPS];
