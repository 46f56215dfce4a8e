//! What arrived, kept as it came until it has been read.

use sha2::{Digest as _, Sha256};

use std::collections::{BTreeMap, BTreeSet, HashSet};

use crate::dialect::Kind::{Big, Bytes, Text};
use crate::dialect::{Column, Rows, Sql};
use crate::{Session, StoreError, Tx, workspaces};

/// Raw bytes from a source, as they came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    pub workspace: String,
    pub source: String,
    pub received_at_ms: i64,
    /// The headers that reading it needs, in the program's own form.
    pub headers: String,
    pub body: Vec<u8>,
    /// What makes it the same delivery; `None`: the same source and the same bytes.
    pub dedupe: Option<String>,
}

/// What became of a delivery that was given to the inbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Receipt {
    /// Kept under this number.
    New(i64),
    /// It was here before; nothing has changed.
    AlreadyKnown,
}

/// A delivery leased to one worker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claimed {
    pub workspace: String,
    pub id: i64,
    pub source: String,
    pub received_at_ms: i64,
    pub headers: String,
    pub body: Vec<u8>,
    /// How often it was claimed, this time included.
    pub attempts: i64,
    /// Proves the lease when the work is ended.
    pub token: i64,
}

/// Work that waits in one workspace.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Backlog {
    pub waiting: i64,
    /// When the one that waits longest arrived.
    pub oldest_ms: Option<i64>,
    pub unreadable: i64,
}

/// A delivery that could not be read, for `doctor` and for trying it again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    pub id: i64,
    pub source: String,
    pub received_at_ms: i64,
    pub reason: String,
}

/// Keeps many deliveries with one insert per workspace. The answers are in the order of the deliveries.
///
/// # Errors
/// [`StoreError::UnknownWorkspace`], or the database's; then none was kept once the transaction is dropped.
pub async fn receive(tx: &mut Tx, deliveries: &[Delivery]) -> Result<Vec<Receipt>, StoreError> {
    // Sorted, so that two replicas that receive the same deliveries wait for each other in one order.
    let mut by_workspace: BTreeMap<&str, BTreeMap<String, usize>> = BTreeMap::new();
    for (n, delivery) in deliveries.iter().enumerate() {
        by_workspace.entry(&delivery.workspace).or_default().entry(dedupe_of(delivery)).or_insert(n);
    }
    let mut receipts = vec![Receipt::AlreadyKnown; deliveries.len()];
    for (workspace, of) in by_workspace {
        let ids = workspaces::take_numbers(tx, workspace, of.len()).await?;
        let rows = of.values().map(|n| &deliveries[*n]);
        let columns = vec![
            Column::Same(workspace),
            Column::Big(ids.clone()),
            Column::Text(rows.clone().map(|delivery| delivery.source.as_str()).collect()),
            Column::Text(of.keys().map(String::as_str).collect()),
            Column::Big(rows.clone().map(|delivery| delivery.received_at_ms).collect()),
            Column::Text(rows.clone().map(|delivery| delivery.headers.as_str()).collect()),
            Column::Bytes(rows.clone().map(|delivery| delivery.body.as_slice()).collect()),
            Column::Same("waiting"),
            Column::Big(rows.map(|delivery| delivery.received_at_ms).collect()),
            Column::SameBig(0),
            Column::SameBig(0),
        ];
        let kept: Vec<(i64,)> = tx.fetch_many(&RECEIVE, &Rows::new(of.len(), columns)).await?;
        let kept: HashSet<i64> = kept.into_iter().map(|(id,)| id).collect();
        for (id, n) in ids.into_iter().zip(of.into_values()) {
            if kept.contains(&id) {
                receipts[n] = Receipt::New(id);
            }
        }
    }
    Ok(receipts)
}

fn dedupe_of(delivery: &Delivery) -> String {
    let mut hash = Sha256::new();
    hash.update(delivery.source.as_bytes());
    match &delivery.dedupe {
        None => {
            hash.update([0]);
            hash.update(&delivery.body);
        }
        Some(dedupe) => {
            hash.update([1]);
            hash.update(dedupe.as_bytes());
        }
    }
    hex::encode(&hash.finalize()[..16])
}

/// The workspaces in which something is due.
///
/// # Errors
/// The database's.
pub async fn workspaces_due(session: &mut Session, now_ms: i64) -> Result<Vec<String>, StoreError> {
    let rows: Vec<(String,)> = session.fetch(&WORKSPACES_DUE, &[now_ms.into()]).await?;
    Ok(rows.into_iter().map(|(workspace,)| workspace).collect())
}

/// Makes everything that waits due, leased or not: whoever held a lease is gone. Says how many.
///
/// For SQLite, where only one process reads deliveries: after a kill nothing waits for leases that nobody holds.
///
/// # Errors
/// The database's.
pub async fn take_over(tx: &mut Tx, workspace: &str, now_ms: i64) -> Result<u64, StoreError> {
    tx.execute(&TAKE_OVER, &[workspace.into(), now_ms.into()]).await
}

/// Leases deliveries that are due, those that wait longest first. Nobody else gets them before `lease_until_ms`.
///
/// # Errors
/// The database's.
pub async fn claim(
    tx: &mut Tx,
    workspace: &str,
    now_ms: i64,
    lease_until_ms: i64,
    deliveries_max: i64,
) -> Result<Vec<Claimed>, StoreError> {
    type Columns = (i64, String, i64, String, Vec<u8>, i64, i64);
    let args = [workspace.into(), now_ms.into(), lease_until_ms.into(), deliveries_max.into()];
    let rows: Vec<Columns> = tx.fetch(&CLAIM, &args).await?;
    let mut claimed: Vec<Claimed> = rows
        .into_iter()
        .map(|(id, source, received_at_ms, headers, body, attempts, token)| Claimed {
            workspace: workspace.to_owned(),
            id,
            source,
            received_at_ms,
            headers,
            body,
            attempts,
            token,
        })
        .collect();
    claimed.sort_by_key(|delivery| delivery.id);
    Ok(claimed)
}

/// Who was served how much, so that one company's flood does not delay another's few deliveries.
#[derive(Clone, Debug, Default)]
pub struct Rotation {
    served: BTreeMap<String, u64>,
    paused: BTreeSet<String>,
}

/// Leases deliveries of the workspace that was served least among those with work; none if nothing is due.
///
/// # Errors
/// The database's.
pub async fn claim_in_turn(
    tx: &mut Tx,
    rotation: &mut Rotation,
    now_ms: i64,
    lease_until_ms: i64,
    deliveries_max: i64,
) -> Result<Vec<Claimed>, StoreError> {
    let due = workspaces_due(tx, now_ms).await?;
    for workspace in rotation.in_turn(due) {
        let claimed = claim(tx, &workspace, now_ms, lease_until_ms, deliveries_max).await?;
        rotation.serve(workspace, claimed.len());
        // Another worker may have been faster; then the next in turn.
        if !claimed.is_empty() {
            return Ok(claimed);
        }
    }
    Ok(Vec::new())
}

impl Rotation {
    /// Leaves out these workspaces until it is told otherwise.
    pub fn pause(&mut self, workspaces: BTreeSet<String>) {
        self.paused = workspaces;
    }

    /// Least served first. Who had no work keeps no claim on the past: it starts where the least served of the others is.
    fn in_turn(&mut self, mut due: Vec<String>) -> Vec<String> {
        due.retain(|workspace| !self.paused.contains(workspace));
        let least = due.iter().filter_map(|workspace| self.served.get(workspace)).min().copied().unwrap_or(0);
        let before = std::mem::take(&mut self.served);
        self.served = due.iter().map(|w| (w.clone(), before.get(w).copied().unwrap_or(least) - least)).collect();
        due.sort_by_key(|workspace| self.served.get(workspace).copied());
        due
    }

    fn serve(&mut self, workspace: String, deliveries: usize) {
        *self.served.entry(workspace).or_default() += deliveries as u64;
    }
}

/// Ends deliveries that were read. All of one workspace.
///
/// # Errors
/// [`StoreError::LeaseLost`] if one of them was taken over: drop the transaction, the other worker does the work.
pub async fn done(tx: &mut Tx, deliveries: &[&Claimed], now_ms: i64) -> Result<(), StoreError> {
    end(tx, deliveries, "done", None, now_ms).await
}

/// Keeps deliveries that cannot be read, with the reason.
///
/// # Errors
/// As [`done`].
pub async fn unreadable(tx: &mut Tx, delivery: &Claimed, reason: &str, now_ms: i64) -> Result<(), StoreError> {
    end(tx, &[delivery], "unreadable", Some(reason), now_ms).await
}

async fn end(
    tx: &mut Tx,
    deliveries: &[&Claimed],
    state: &str,
    reason: Option<&str>,
    now_ms: i64,
) -> Result<(), StoreError> {
    let columns = vec![
        Column::Text(deliveries.iter().map(|delivery| delivery.workspace.as_str()).collect()),
        Column::Big(deliveries.iter().map(|delivery| delivery.id).collect()),
        Column::Big(deliveries.iter().map(|delivery| delivery.token).collect()),
        Column::Same(state),
        Column::TextOrNull(vec![reason; deliveries.len()]),
        Column::SameBig(now_ms),
    ];
    let ended = tx.execute_many(&END, &Rows::new(deliveries.len(), columns)).await?;
    if ended == deliveries.len() as u64 { Ok(()) } else { Err(StoreError::LeaseLost) }
}

/// Gives a delivery back, to be claimed again from `due_at_ms` on.
///
/// # Errors
/// [`StoreError::LeaseLost`].
pub async fn retry_later(tx: &mut Tx, delivery: &Claimed, due_at_ms: i64, reason: &str) -> Result<(), StoreError> {
    let args = [
        delivery.workspace.as_str().into(),
        delivery.id.into(),
        delivery.token.into(),
        due_at_ms.into(),
        reason.into(),
    ];
    if tx.execute(&RETRY_LATER, &args).await? == 1 { Ok(()) } else { Err(StoreError::LeaseLost) }
}

/// Makes every unreadable delivery of a source due again, after its parser was mended. Says how many.
///
/// # Errors
/// The database's.
pub async fn read_again(tx: &mut Tx, workspace: &str, source: &str, now_ms: i64) -> Result<u64, StoreError> {
    tx.execute(&READ_AGAIN, &[workspace.into(), source.into(), now_ms.into()]).await
}

/// How much waits.
///
/// # Errors
/// The database's.
pub async fn backlog(session: &mut Session, workspace: &str) -> Result<Backlog, StoreError> {
    let waiting: Option<(i64, Option<i64>)> = session.fetch_one(&WAITING, &[workspace.into()]).await?;
    let unreadable: Option<(i64,)> = session.fetch_one(&UNREADABLE_COUNT, &[workspace.into()]).await?;
    let (waiting, oldest_ms) = waiting.unwrap_or_default();
    Ok(Backlog { waiting, oldest_ms, unreadable: unreadable.map_or(0, |(n,)| n) })
}

/// The latest deliveries that could not be read.
///
/// # Errors
/// The database's.
pub async fn unreadable_ones(
    session: &mut Session,
    workspace: &str,
    deliveries_max: i64,
) -> Result<Vec<Unreadable>, StoreError> {
    let rows: Vec<(i64, String, i64, Option<String>)> =
        session.fetch(&UNREADABLE_ONES, &[workspace.into(), deliveries_max.into()]).await?;
    Ok(rows
        .into_iter()
        .map(|(id, source, received_at_ms, reason)| Unreadable {
            id,
            source,
            received_at_ms,
            reason: reason.unwrap_or_default(),
        })
        .collect())
}

/// The source and the bytes of one delivery; `None` once retention has removed it.
///
/// # Errors
/// The database's.
pub async fn raw(session: &mut Session, workspace: &str, id: i64) -> Result<Option<(String, Vec<u8>)>, StoreError> {
    session.fetch_one(&RAW, &[workspace.into(), id.into()]).await
}

/// Removes deliveries that were read before this instant, at most so many. Says how many.
///
/// Sent again after that, one of them is new here; its events are still known.
///
/// # Errors
/// The database's.
pub async fn forget(tx: &mut Tx, workspace: &str, before_ms: i64, deliveries_max: i64) -> Result<u64, StoreError> {
    tx.execute(&FORGET, &[workspace.into(), before_ms.into(), deliveries_max.into()]).await
}

const RECEIVE: Sql = Sql::many(
    "INSERT INTO inbox (workspace, id, source, dedupe, received_at, headers, body, state, due_at, attempts, token) \
     {rows} ON CONFLICT (workspace, dedupe) DO NOTHING RETURNING id",
    &[Text, Big, Text, Text, Big, Text, Bytes, Text, Big, Big, Big],
);
const WORKSPACES_DUE: Sql = Sql::one(
    "SELECT w.workspace FROM workspaces AS w WHERE EXISTS (\
     SELECT 1 FROM inbox AS i WHERE i.workspace = w.workspace AND i.state = 'waiting' AND i.due_at <= $1) \
     ORDER BY w.workspace",
);
// MATERIALIZED: PostgreSQL may otherwise choose again for every row that it joins, and lease far more than was asked.
// `+ 0`: the second check must not tempt a planner without statistics to walk through all that waits.
const CLAIM: Sql = Sql::one(
    "WITH picked(id) AS MATERIALIZED (\
     SELECT t.id FROM inbox AS t WHERE t.workspace = $1 AND t.state = 'waiting' AND t.due_at <= $2 \
     ORDER BY t.due_at, t.id LIMIT $4 {skip locked}) \
     UPDATE inbox SET attempts = attempts + 1, token = token + 1, due_at = $3 FROM picked \
     WHERE inbox.workspace = $1 AND inbox.id = picked.id AND inbox.due_at + 0 <= $2 \
     RETURNING inbox.id, source, received_at, headers, body, attempts, token",
);
const TAKE_OVER: Sql =
    Sql::one("UPDATE inbox SET due_at = $2 WHERE workspace = $1 AND state = 'waiting' AND due_at > $2");
const END: Sql = Sql::many(
    "WITH k(workspace, id, token, state, reason, ended_at) AS ({rows}) \
     UPDATE inbox SET state = k.state, reason = k.reason, ended_at = k.ended_at FROM k \
     WHERE inbox.workspace = k.workspace AND inbox.id = k.id AND inbox.token = k.token AND inbox.state = 'waiting'",
    &[Text, Big, Big, Text, Text, Big],
);
const RETRY_LATER: Sql = Sql::one(
    "UPDATE inbox SET due_at = $4, reason = $5 WHERE workspace = $1 AND id = $2 AND token = $3 AND state = 'waiting'",
);
const READ_AGAIN: Sql = Sql::one(
    "UPDATE inbox SET state = 'waiting', due_at = $3, attempts = 0, reason = NULL, ended_at = NULL \
     WHERE workspace = $1 AND source = $2 AND state = 'unreadable'",
);
const WAITING: Sql =
    Sql::one("SELECT CAST(COUNT(*) AS BIGINT), MIN(received_at) FROM inbox WHERE workspace = $1 AND state = 'waiting'");
const UNREADABLE_COUNT: Sql =
    Sql::one("SELECT CAST(COUNT(*) AS BIGINT) FROM inbox WHERE workspace = $1 AND state = 'unreadable'");
const UNREADABLE_ONES: Sql = Sql::one(
    "SELECT id, source, received_at, reason FROM inbox WHERE workspace = $1 AND state = 'unreadable' \
     ORDER BY id DESC LIMIT $2",
);
const RAW: Sql = Sql::one("SELECT source, body FROM inbox WHERE workspace = $1 AND id = $2");
const FORGET: Sql = Sql::one(
    "DELETE FROM inbox WHERE workspace = $1 AND id IN (\
     SELECT id FROM inbox WHERE workspace = $1 AND state = 'done' AND ended_at < $2 ORDER BY id LIMIT $3)",
);

pub(crate) const STATEMENTS: &[Sql] = &[
    RECEIVE,
    WORKSPACES_DUE,
    CLAIM,
    TAKE_OVER,
    END,
    RETRY_LATER,
    READ_AGAIN,
    WAITING,
    UNREADABLE_COUNT,
    UNREADABLE_ONES,
    RAW,
    FORGET,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_waits_for_the_few() {
        let mut rotation = Rotation::default();
        let due = || vec!["few".to_owned(), "flood".to_owned()];
        rotation.serve("flood".to_owned(), 100);
        assert_eq!(rotation.in_turn(due()), ["few", "flood"]);
        rotation.serve("few".to_owned(), 150);
        assert_eq!(rotation.in_turn(due()), ["flood", "few"]);
    }

    #[test]
    fn whoever_is_paused_waits() {
        let mut rotation = Rotation::default();
        rotation.pause(BTreeSet::from(["few".to_owned()]));
        assert_eq!(rotation.in_turn(vec!["few".to_owned(), "flood".to_owned()]), ["flood"]);
        rotation.pause(BTreeSet::new());
        assert_eq!(rotation.in_turn(vec!["few".to_owned(), "flood".to_owned()]).len(), 2);
    }

    #[test]
    fn nobody_saves_up_turns_while_idle() {
        let mut rotation = Rotation::default();
        rotation.serve("flood".to_owned(), 1_000_000);
        rotation.in_turn(vec!["flood".to_owned()]);
        rotation.in_turn(vec!["back".to_owned(), "flood".to_owned()]);
        rotation.serve("back".to_owned(), 1);
        assert_eq!(rotation.in_turn(vec!["back".to_owned(), "flood".to_owned()]), ["flood", "back"]);
    }
}
