//! How often the signatures of each source were accepted, and how often refused, with the reason.

use shiftbell_metrics::time::Day;

use crate::dialect::Kind::{Big, Text};
use crate::dialect::{Column, Rows, Sql};
use crate::{Session, StoreError, Tx};

/// How often the signature of a source was found so on one day, or lately.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Checked {
    pub source: String,
    /// `valid`, or one word for why it was refused.
    pub verdict: String,
    pub n: i64,
    pub last_at_ms: i64,
}

/// Adds what was checked on one day.
///
/// # Errors
/// The database's.
pub async fn add(tx: &mut Tx, workspace: &str, day: Day, checked: &[Checked]) -> Result<(), StoreError> {
    let mut checked: Vec<&Checked> = checked.iter().collect();
    checked.sort();
    let columns = vec![
        Column::Same(workspace),
        Column::Text(checked.iter().map(|one| one.source.as_str()).collect()),
        Column::Text(checked.iter().map(|one| one.verdict.as_str()).collect()),
        Column::SameBig(i64::from(day.0)),
        Column::Big(checked.iter().map(|one| one.n).collect()),
        Column::Big(checked.iter().map(|one| one.last_at_ms).collect()),
    ];
    tx.execute_many(&ADD, &Rows::new(checked.len(), columns)).await?;
    Ok(())
}

/// What was checked since this day, added up by source and verdict.
///
/// # Errors
/// The database's.
pub async fn since(session: &mut Session, workspace: &str, day: Day) -> Result<Vec<Checked>, StoreError> {
    let rows: Vec<(String, String, i64, i64)> =
        session.fetch(&SINCE, &[workspace.into(), i64::from(day.0).into()]).await?;
    let checked = |(source, verdict, n, last_at_ms)| Checked { source, verdict, n, last_at_ms };
    Ok(rows.into_iter().map(checked).collect())
}

const ADD: Sql = Sql::many(
    "INSERT INTO signatures AS t (workspace, source, verdict, day, n, last_at) {rows} \
     ON CONFLICT (workspace, source, verdict, day) DO UPDATE SET n = t.n + excluded.n, \
     last_at = CASE WHEN excluded.last_at > t.last_at THEN excluded.last_at ELSE t.last_at END",
    &[Text, Text, Text, Big, Big, Big],
);
const SINCE: Sql = Sql::one(
    "SELECT source, verdict, CAST(SUM(n) AS BIGINT), MAX(last_at) FROM signatures WHERE workspace = $1 AND day >= $2 \
     GROUP BY source, verdict ORDER BY source, verdict",
);

pub(crate) const STATEMENTS: &[Sql] = &[ADD, SINCE];
