//! From the outbox to the outlet: claim, mark as sending, send outside of any transaction, record the outcome.
//!
//! Every record needs the token of the claim. [`StoreError::LeaseLost`] means that another worker has taken the message over
//! since, and will find out what became of the request.

use crate::dialect::Sql;
use crate::outbox::State;
use crate::session::Arg;
use crate::{Session, StoreError, Tx};

/// A message leased to one worker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claimed {
    pub workspace: String,
    pub id: i64,
    pub outlet: String,
    pub destination: String,
    pub channel: String,
    pub kind: String,
    pub dedupe_key: String,
    pub facts: String,
    pub revision: i64,
    /// How often it was claimed, this time included.
    pub attempts: i64,
    /// Proves the lease when the outcome is recorded.
    pub token: i64,
    /// Where it was. [`State::Sending`] and [`State::Unknown`]: look for the message before it is sent again.
    pub was: State,
    /// When the latest request was about to leave.
    pub sending_at_ms: Option<i64>,
    /// When the first request was about to leave of which it is not known whether it arrived: the message may be visible
    /// since then. `None` where every request is known to have failed.
    pub unsure_since_ms: Option<i64>,
    /// The message at the outlet: this revision is an edit of it.
    pub remote_id: Option<String>,
    pub enqueued_at_ms: i64,
}

/// The workspaces in which a message is due.
///
/// # Errors
/// The database's.
pub async fn workspaces_due(session: &mut Session, now_ms: i64) -> Result<Vec<String>, StoreError> {
    let rows: Vec<(String,)> = session.fetch(&WORKSPACES_DUE, &[now_ms.into()]).await?;
    Ok(rows.into_iter().map(|(workspace,)| workspace).collect())
}

/// When the next message is due, leased ones at the end of their lease; `None` if none is on its way.
///
/// # Errors
/// The database's.
pub async fn next_due_ms(session: &mut Session, workspace: &str) -> Result<Option<i64>, StoreError> {
    let row: Option<(Option<i64>,)> = session.fetch_one(&NEXT_DUE, &[workspace.into()]).await?;
    Ok(row.and_then(|(due_at_ms,)| due_at_ms))
}

/// Ends every lease: whoever held one is gone. Says how many.
///
/// For SQLite, where only one process delivers: after a kill nothing waits for leases that nobody holds. A message whose
/// request may have left still waits until it is looked for.
///
/// # Errors
/// The database's.
pub async fn take_over(tx: &mut Tx, workspace: &str, now_ms: i64) -> Result<u64, StoreError> {
    tx.execute(&TAKE_OVER, &[workspace.into(), now_ms.into()]).await
}

/// Leases messages that are due: of each channel the first, and none of a channel in which somebody is at work.
///
/// # Errors
/// The database's.
pub async fn claim(
    tx: &mut Tx,
    workspace: &str,
    now_ms: i64,
    lease_until_ms: i64,
    messages_max: i64,
) -> Result<Vec<Claimed>, StoreError> {
    // Two claims at the same moment could each take a message of one channel; so they take turns.
    let _: Option<(String,)> = tx.fetch_one(&TAKE_TURNS, &[workspace.into()]).await?;
    let args = [workspace.into(), now_ms.into(), lease_until_ms.into(), messages_max.into()];
    let rows: Vec<Columns> = tx.fetch(&CLAIM, &args).await?;
    rows.into_iter().map(|row| claimed(workspace, row)).collect()
}

type Columns = (
    i64,
    String,
    String,
    String,
    String,
    String,
    String,
    i64,
    i64,
    i64,
    String,
    Option<i64>,
    Option<i64>,
    Option<String>,
    i64,
);

fn claimed(workspace: &str, row: Columns) -> Result<Claimed, StoreError> {
    let (
        id,
        outlet,
        destination,
        channel,
        kind,
        dedupe_key,
        facts,
        revision,
        attempts,
        token,
        was,
        at,
        unsure_since,
        remote,
        enqueued,
    ) = row;
    Ok(Claimed {
        workspace: workspace.to_owned(),
        id,
        outlet,
        destination,
        channel,
        kind,
        dedupe_key,
        facts,
        revision,
        attempts,
        token,
        was: State::from_word(&was)?,
        sending_at_ms: at,
        unsure_since_ms: unsure_since,
        remote_id: remote,
        enqueued_at_ms: enqueued,
    })
}

/// Marks that a request is about to leave. Commit before it leaves: a process that dies then has left word.
///
/// If nothing is recorded, the message is due again at `look_at_ms`, not before the lease ends, as [`State::Sending`].
///
/// # Errors
/// [`StoreError::LeaseLost`]: do not send.
pub async fn sending(tx: &mut Tx, message: &Claimed, now_ms: i64, look_at_ms: i64) -> Result<(), StoreError> {
    record(tx, &SENDING, message, &[now_ms.into(), look_at_ms.into()]).await
}

/// It is visible under this id. If a newer revision came meanwhile, the message is due at once, as an edit.
///
/// # Errors
/// [`StoreError::LeaseLost`].
pub async fn delivered(tx: &mut Tx, message: &Claimed, remote_id: &str, now_ms: i64) -> Result<(), StoreError> {
    record(tx, &DELIVERED, message, &[remote_id.into(), now_ms.into(), message.revision.into()]).await
}

/// The request that was marked was certainly not acted on, and is tried again at this instant. If one before it may have been,
/// the message is looked for then.
///
/// # Errors
/// [`StoreError::LeaseLost`].
pub async fn retry_at(tx: &mut Tx, message: &Claimed, due_at_ms: i64, reason: &str) -> Result<(), StoreError> {
    record(tx, &RETRY_AT, message, &[due_at_ms.into(), reason.into()]).await
}

/// No request left; the message is due again at this instant, as uncertain as it was. `is_attempt`: it counts as a try, so
/// that the next wait is longer.
///
/// # Errors
/// [`StoreError::LeaseLost`].
pub async fn postpone(
    tx: &mut Tx,
    message: &Claimed,
    due_at_ms: i64,
    reason: &str,
    is_attempt: bool,
) -> Result<(), StoreError> {
    let uncounted = i64::from(!is_attempt);
    record(tx, &POSTPONE, message, &[due_at_ms.into(), reason.into(), uncounted.into()]).await
}

/// Whether it was sent is unknown; look for it at this instant.
///
/// # Errors
/// [`StoreError::LeaseLost`].
pub async fn unknown(tx: &mut Tx, message: &Claimed, look_at_ms: i64, reason: &str) -> Result<(), StoreError> {
    record(tx, &UNKNOWN, message, &[look_at_ms.into(), reason.into()]).await
}

/// It waits for somebody's decision, see [`super::release`].
///
/// # Errors
/// [`StoreError::LeaseLost`].
pub async fn hold(tx: &mut Tx, message: &Claimed, reason: &str) -> Result<(), StoreError> {
    record(tx, &HOLD, message, &[reason.into()]).await
}

/// It is given up: refused for good, or tried for long enough.
///
/// # Errors
/// [`StoreError::LeaseLost`].
pub async fn dead(tx: &mut Tx, message: &Claimed, reason: &str) -> Result<(), StoreError> {
    record(tx, &DEAD, message, &[reason.into()]).await
}

/// Gives the lease back untouched, for example when the program stops.
///
/// # Errors
/// [`StoreError::LeaseLost`].
pub async fn give_back(tx: &mut Tx, message: &Claimed) -> Result<(), StoreError> {
    record(tx, &GIVE_BACK, message, &[]).await
}

/// The channel needs a human: everything that waits for it is held with the reason. Says how many.
///
/// # Errors
/// The database's.
pub async fn close_channel(
    tx: &mut Tx,
    workspace: &str,
    outlet: &str,
    channel: &str,
    reason: &str,
) -> Result<u64, StoreError> {
    tx.execute(&CLOSE_CHANNEL, &[workspace.into(), outlet.into(), channel.into(), reason.into()]).await
}

/// The outlet asked for a pause: nothing of this channel leaves before this instant.
///
/// # Errors
/// The database's.
pub async fn pause_channel(
    tx: &mut Tx,
    workspace: &str,
    outlet: &str,
    channel: &str,
    until_ms: i64,
) -> Result<u64, StoreError> {
    tx.execute(&PAUSE_CHANNEL, &[workspace.into(), outlet.into(), channel.into(), until_ms.into()]).await
}

async fn record(tx: &mut Tx, sql: &Sql, message: &Claimed, more: &[Arg<'_>]) -> Result<(), StoreError> {
    let mut args: Vec<Arg<'_>> = vec![message.workspace.as_str().into(), message.id.into(), message.token.into()];
    args.extend_from_slice(more);
    if tx.execute(sql, &args).await? == 1 { Ok(()) } else { Err(StoreError::LeaseLost) }
}

const WORKSPACES_DUE: Sql = Sql::one(
    "SELECT w.workspace FROM workspaces AS w WHERE EXISTS (SELECT 1 FROM outbox AS o WHERE o.workspace = w.workspace \
     AND o.state IN ('due', 'sending', 'unknown') AND o.due_at <= $1 AND o.lease_until <= $1) ORDER BY w.workspace",
);
const NEXT_DUE: Sql = Sql::one(
    "SELECT MIN(CASE WHEN due_at > lease_until THEN due_at ELSE lease_until END) FROM outbox \
     WHERE workspace = $1 AND state IN ('due', 'sending', 'unknown')",
);
const TAKE_TURNS: Sql = Sql::one("SELECT t.workspace FROM workspaces AS t WHERE t.workspace = $1 {lock}");
const CLAIM: Sql = Sql::one(
    "WITH picked(id) AS MATERIALIZED (\
     SELECT t.id FROM outbox AS t WHERE t.workspace = $1 AND t.state IN ('due', 'sending', 'unknown') \
     AND t.due_at <= $2 AND t.lease_until <= $2 AND NOT EXISTS (\
     SELECT 1 FROM outbox AS o WHERE o.workspace = $1 AND o.outlet = t.outlet AND o.channel = t.channel \
     AND o.state IN ('due', 'sending', 'unknown') \
     AND (o.lease_until > $2 OR (o.due_at <= $2 AND (o.due_at, o.id) < (t.due_at, t.id)))) \
     ORDER BY t.due_at, t.id LIMIT $4) \
     UPDATE outbox SET lease_until = $3, attempts = attempts + 1, token = token + 1 FROM picked \
     WHERE outbox.workspace = $1 AND outbox.id = picked.id AND outbox.lease_until <= $2 \
     RETURNING outbox.id, outlet, destination, channel, kind, dedupe_key, facts, revision, attempts, token, state, \
     sending_at, unsure_since, remote_id, enqueued_at",
);
const SENDING: Sql = Sql::one(
    "UPDATE outbox SET state = 'sending', sending_at = $4, unsure_since = COALESCE(unsure_since, $4), due_at = $5 \
     WHERE workspace = $1 AND id = $2 AND token = $3 AND state IN ('due', 'sending', 'unknown')",
);
const DELIVERED: Sql = Sql::one(
    "UPDATE outbox SET remote_id = $4, delivered_at = $5, delivered_revision = $6, lease_until = 0, attempts = 0, \
     reason = NULL, unsure_since = NULL, state = CASE WHEN revision > $6 THEN 'due' ELSE 'delivered' END, \
     due_at = CASE WHEN revision > $6 THEN $5 ELSE due_at END \
     WHERE workspace = $1 AND id = $2 AND token = $3 AND state IN ('due', 'sending', 'unknown')",
);
const RETRY_AT: Sql = Sql::one(
    "UPDATE outbox SET state = CASE WHEN unsure_since < sending_at THEN 'unknown' ELSE 'due' END, \
     unsure_since = CASE WHEN unsure_since < sending_at THEN unsure_since ELSE NULL END, \
     due_at = $4, reason = $5, lease_until = 0 \
     WHERE workspace = $1 AND id = $2 AND token = $3 AND state IN ('due', 'sending', 'unknown')",
);
const POSTPONE: Sql = Sql::one(
    "UPDATE outbox SET due_at = $4, reason = $5, attempts = attempts - $6, lease_until = 0 \
     WHERE workspace = $1 AND id = $2 AND token = $3 AND state IN ('due', 'sending', 'unknown')",
);
const UNKNOWN: Sql = Sql::one(
    "UPDATE outbox SET state = 'unknown', due_at = $4, reason = $5, lease_until = 0 \
     WHERE workspace = $1 AND id = $2 AND token = $3 AND state IN ('due', 'sending', 'unknown')",
);
const HOLD: Sql = Sql::one(
    "UPDATE outbox SET state = 'held', reason = $4, lease_until = 0 \
     WHERE workspace = $1 AND id = $2 AND token = $3 AND state IN ('due', 'sending', 'unknown')",
);
const DEAD: Sql = Sql::one(
    "UPDATE outbox SET state = 'dead', reason = $4, lease_until = 0 \
     WHERE workspace = $1 AND id = $2 AND token = $3 AND state IN ('due', 'sending', 'unknown')",
);
const GIVE_BACK: Sql = Sql::one(
    "UPDATE outbox SET lease_until = 0, attempts = attempts - 1 \
     WHERE workspace = $1 AND id = $2 AND token = $3 AND state IN ('due', 'sending', 'unknown')",
);
const TAKE_OVER: Sql = Sql::one(
    "UPDATE outbox SET lease_until = 0 \
     WHERE workspace = $1 AND state IN ('due', 'sending', 'unknown') AND lease_until > $2",
);
const CLOSE_CHANNEL: Sql = Sql::one(
    "UPDATE outbox SET state = 'held', reason = $4 WHERE workspace = $1 AND outlet = $2 AND channel = $3 \
     AND state IN ('due', 'sending', 'unknown') AND state = 'due'",
);
const PAUSE_CHANNEL: Sql = Sql::one(
    "UPDATE outbox SET due_at = $4 WHERE workspace = $1 AND outlet = $2 AND channel = $3 \
     AND state IN ('due', 'sending', 'unknown') AND due_at < $4",
);

pub(crate) const STATEMENTS: &[Sql] = &[
    WORKSPACES_DUE,
    NEXT_DUE,
    TAKE_TURNS,
    CLAIM,
    SENDING,
    DELIVERED,
    RETRY_AT,
    POSTPONE,
    UNKNOWN,
    HOLD,
    DEAD,
    GIVE_BACK,
    TAKE_OVER,
    CLOSE_CHANNEL,
    PAUSE_CHANNEL,
];
