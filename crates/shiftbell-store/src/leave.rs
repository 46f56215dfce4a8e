//! Days on which people are away, as they or their managers said.

use shiftbell_metrics::time::Day;

use crate::dialect::Sql;
use crate::{Session, StoreError, Tx};

/// Days on which somebody is away, the first and the last included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leave {
    pub email: String,
    pub first: Day,
    pub last: Day,
    /// Who said so: an e-mail address, or `operator`.
    pub said_by: String,
}

/// Keeps that somebody is away. What was said before about days from `leave.first` on is replaced by it, as far as it meets
/// these days or those right before them: the latest word about a leave is the one that counts. Returns the whole leave.
///
/// # Errors
/// The database's.
pub async fn say(tx: &mut Tx, workspace: &str, leave: &Leave, now_ms: i64) -> Result<Leave, StoreError> {
    let mut whole = leave.clone();
    for known in of_person(tx, workspace, &leave.email).await? {
        let meets = known.first <= leave.last && leave.first <= known.last.plus(1);
        if meets {
            whole.first = whole.first.min(known.first);
            tx.execute(&REMOVE, &[workspace.into(), known.email.as_str().into(), big(known.first)]).await?;
        }
    }
    let args = [
        workspace.into(),
        whole.email.as_str().into(),
        big(whole.first),
        big(whole.last),
        whole.said_by.as_str().into(),
        now_ms.into(),
    ];
    tx.execute(&SAY, &args).await?;
    Ok(whole)
}

/// Ends every leave that is running on this day, and forgets those that were to come. Returns what was changed.
///
/// # Errors
/// The database's.
pub async fn end(
    tx: &mut Tx,
    workspace: &str,
    email: &str,
    today: Day,
    (said_by, now_ms): (&str, i64),
) -> Result<Vec<Leave>, StoreError> {
    let ended: Vec<Leave> =
        of_person(tx, workspace, email).await?.into_iter().filter(|leave| leave.last >= today).collect();
    for leave in &ended {
        tx.execute(&REMOVE, &[workspace.into(), email.into(), big(leave.first)]).await?;
        if leave.first < today {
            let args =
                [workspace.into(), email.into(), big(leave.first), big(today.plus(-1)), said_by.into(), now_ms.into()];
            tx.execute(&SAY, &args).await?;
        }
    }
    Ok(ended)
}

/// Every leave of a person, the earliest first.
///
/// # Errors
/// The database's.
pub async fn of_person(session: &mut Session, workspace: &str, email: &str) -> Result<Vec<Leave>, StoreError> {
    let rows: Vec<Columns> = session.fetch(&OF_PERSON, &[workspace.into(), email.into()]).await?;
    Ok(rows.into_iter().map(leave).collect())
}

/// Every leave of everybody that ends on this day or later, by person, the earliest first.
///
/// # Errors
/// The database's.
pub async fn since(session: &mut Session, workspace: &str, day: Day) -> Result<Vec<Leave>, StoreError> {
    let rows: Vec<Columns> = session.fetch(&SINCE, &[workspace.into(), big(day)]).await?;
    Ok(rows.into_iter().map(leave).collect())
}

type Columns = (String, i64, i64, String);

fn leave((email, first, last, said_by): Columns) -> Leave {
    let day = |big: i64| Day(i32::try_from(big).unwrap_or(i32::MAX));
    Leave { email, first: day(first), last: day(last), said_by }
}

fn big(day: Day) -> crate::session::Arg<'static> {
    i64::from(day.0).into()
}

const SAY: Sql = Sql::one(
    "INSERT INTO leave (workspace, email, first_day, last_day, said_by, said_at) VALUES ($1, $2, $3, $4, $5, $6) \
     ON CONFLICT (workspace, email, first_day) DO UPDATE \
     SET last_day = excluded.last_day, said_by = excluded.said_by, said_at = excluded.said_at",
);
const REMOVE: Sql = Sql::one("DELETE FROM leave WHERE workspace = $1 AND email = $2 AND first_day = $3");
const OF_PERSON: Sql = Sql::one(
    "SELECT email, first_day, last_day, said_by FROM leave WHERE workspace = $1 AND email = $2 ORDER BY first_day",
);
const SINCE: Sql = Sql::one(
    "SELECT email, first_day, last_day, said_by FROM leave WHERE workspace = $1 AND last_day >= $2 \
     ORDER BY email, first_day",
);

pub(crate) const STATEMENTS: &[Sql] = &[SAY, REMOVE, OF_PERSON, SINCE];
