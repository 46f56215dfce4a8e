//! What is to be said, to whom, and what became of it. One row is one visible message.

pub mod delivery;
pub mod framed;

use shiftbell_metrics::time::Day;

use crate::dialect::Sql;
use crate::{Session, StoreError, Tx, workspaces};

/// Something to be said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice<'a> {
    pub outlet: &'a str,
    /// Whom it is for: a channel or a person, as the definitions name it.
    pub destination: &'a str,
    /// Where it will appear, as the outlet names it. Messages of one channel leave one after the other.
    pub channel: &'a str,
    /// Which message it is.
    pub kind: &'a str,
    /// Said once for each outlet and destination, whoever enqueues it.
    pub dedupe_key: &'a str,
    /// Of a digest: its name and the local day it is about.
    pub digest: Option<(&'a str, Day)>,
    /// Grows with every edit; 1 for what is never edited.
    pub revision: i64,
    /// What the words will be made of, as JSON.
    pub facts: &'a str,
    pub due_at_ms: i64,
    /// Why it must wait for somebody; `None`: it may leave when it is due.
    pub held: Option<&'a str>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Enqueued {
    New(i64),
    AlreadySaid(i64),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Revised {
    New(i64),
    /// The row was there with an older revision: it will be edited, or leave with these facts if it has not left yet.
    Replaced(i64),
    /// This revision, or a newer one, is there.
    Unchanged,
}

/// Where a message is on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// It leaves at its time.
    Due,
    /// A request was about to leave, or has left; its outcome is not known here yet.
    Sending,
    /// A request left and its outcome was lost.
    Unknown,
    Delivered,
    /// It waits for somebody's decision.
    Held,
    /// Given up.
    Dead,
}

impl State {
    /// The word in the table.
    pub fn word(self) -> &'static str {
        match self {
            State::Due => "due",
            State::Sending => "sending",
            State::Unknown => "unknown",
            State::Delivered => "delivered",
            State::Held => "held",
            State::Dead => "dead",
        }
    }

    pub(crate) fn from_word(word: &str) -> Result<State, StoreError> {
        [State::Due, State::Sending, State::Unknown, State::Delivered, State::Held, State::Dead]
            .into_iter()
            .find(|state| state.word() == word)
            .ok_or_else(|| StoreError::UnknownWord { column: "outbox.state", found: word.to_owned() })
    }
}

/// A message for lists: `doctor`, the page of deliveries, dead letters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    pub id: i64,
    pub outlet: String,
    pub destination: String,
    pub channel: String,
    pub kind: String,
    pub dedupe_key: String,
    pub state: State,
    pub revision: i64,
    pub attempts: i64,
    pub due_at_ms: i64,
    pub delivered_at_ms: Option<i64>,
    pub remote_id: Option<String>,
    pub reason: Option<String>,
}

/// The beginning of the keys of previews.
const PREVIEW: &str = "preview/";

/// The key of a message that somebody asked to see: the real one stays to be said.
pub fn preview_key(key: &str) -> String {
    format!("{PREVIEW}{key}")
}

/// Whether this is the key of a message that its reader asked to see.
pub fn is_preview(dedupe_key: &str) -> bool {
    dedupe_key.starts_with(PREVIEW)
}

/// Puts a notice into the outbox, unless it was said to this destination before: then nothing changes.
///
/// # Errors
/// [`StoreError::UnknownWorkspace`], or the database's.
pub async fn enqueue(tx: &mut Tx, workspace: &str, notice: &Notice<'_>, now_ms: i64) -> Result<Enqueued, StoreError> {
    if let Some((id, _)) = put(tx, &ENQUEUE, workspace, notice, now_ms).await? {
        return Ok(Enqueued::New(id));
    }
    let known = find(tx, workspace, notice.outlet, notice.destination, notice.dedupe_key).await?;
    Ok(Enqueued::AlreadySaid(known.map_or(0, |listed| listed.id)))
}

/// Puts a notice into the outbox, or brings the one that is there to this revision. What has not left yet leaves only with the
/// newer facts; what was delivered is edited.
///
/// # Errors
/// [`StoreError::UnknownWorkspace`], or the database's.
pub async fn revise(tx: &mut Tx, workspace: &str, notice: &Notice<'_>, now_ms: i64) -> Result<Revised, StoreError> {
    match put(tx, &REVISE, workspace, notice, now_ms).await? {
        None => Ok(Revised::Unchanged),
        Some((stored, given)) if stored == given => Ok(Revised::New(stored)),
        Some((stored, _)) => Ok(Revised::Replaced(stored)),
    }
}

/// Returns the number of the row that was written, and the number that was meant for a new one.
async fn put(
    tx: &mut Tx,
    sql: &Sql,
    workspace: &str,
    notice: &Notice<'_>,
    now_ms: i64,
) -> Result<Option<(i64, i64)>, StoreError> {
    let id = workspaces::take_numbers(tx, workspace, 1).await?[0];
    let state = if notice.held.is_some() { State::Held } else { State::Due };
    let args = [
        workspace.into(),
        id.into(),
        notice.outlet.into(),
        notice.destination.into(),
        notice.channel.into(),
        notice.kind.into(),
        notice.dedupe_key.into(),
        notice.digest.map(|(digest, _)| digest).into(),
        notice.digest.map(|(_, day)| i64::from(day.0)).into(),
        notice.revision.into(),
        notice.facts.into(),
        state.word().into(),
        notice.due_at_ms.into(),
        notice.held.into(),
        now_ms.into(),
    ];
    let row: Option<(i64,)> = tx.fetch_one(sql, &args).await?;
    Ok(row.map(|(stored,)| (stored, id)))
}

/// The message with this key.
///
/// # Errors
/// The database's.
pub async fn find(
    session: &mut Session,
    workspace: &str,
    outlet: &str,
    destination: &str,
    dedupe_key: &str,
) -> Result<Option<Listed>, StoreError> {
    let args = [workspace.into(), outlet.into(), destination.into(), dedupe_key.into()];
    let row: Option<Columns> = session.fetch_one(&FIND, &args).await?;
    row.map(listed).transpose()
}

/// The message with this number.
///
/// # Errors
/// The database's.
pub async fn get(session: &mut Session, workspace: &str, id: i64) -> Result<Option<Listed>, StoreError> {
    let row: Option<Columns> = session.fetch_one(&GET, &[workspace.into(), id.into()]).await?;
    row.map(listed).transpose()
}

/// The facts of one message, as JSON.
///
/// # Errors
/// The database's.
pub async fn facts(session: &mut Session, workspace: &str, id: i64) -> Result<Option<String>, StoreError> {
    let row: Option<(String,)> = session.fetch_one(&FACTS, &[workspace.into(), id.into()]).await?;
    Ok(row.map(|(facts,)| facts))
}

/// The latest messages.
///
/// # Errors
/// The database's.
pub async fn latest(session: &mut Session, workspace: &str, messages_max: i64) -> Result<Vec<Listed>, StoreError> {
    let rows: Vec<Columns> = session.fetch(&LATEST, &[workspace.into(), messages_max.into()]).await?;
    rows.into_iter().map(listed).collect()
}

/// The messages that were given up, the latest first.
///
/// # Errors
/// The database's.
pub async fn dead_ones(session: &mut Session, workspace: &str, messages_max: i64) -> Result<Vec<Listed>, StoreError> {
    let rows: Vec<Columns> = session.fetch(&DEAD_ONES, &[workspace.into(), messages_max.into()]).await?;
    rows.into_iter().map(listed).collect()
}

/// When a message arrived last at each destination of each outlet.
///
/// # Errors
/// The database's.
pub async fn arrived_last(session: &mut Session, workspace: &str) -> Result<Vec<(String, String, i64)>, StoreError> {
    session.fetch(&ARRIVED_LAST, &[workspace.into()]).await
}

/// How many messages are in each state.
///
/// # Errors
/// The database's.
pub async fn counts(session: &mut Session, workspace: &str) -> Result<Vec<(State, i64)>, StoreError> {
    let rows: Vec<(String, i64)> = session.fetch(&COUNTS, &[workspace.into()]).await?;
    rows.into_iter().map(|(state, n)| Ok((State::from_word(&state)?, n))).collect()
}

/// How many messages were enqueued for a destination since this instant, for its daily budget: without digests, the messages
/// below others, what it asked to see, and what it is shown in place of somebody else.
///
/// # Errors
/// The database's.
pub async fn enqueued_since(
    session: &mut Session,
    workspace: &str,
    destination: &str,
    since_ms: i64,
) -> Result<i64, StoreError> {
    let row: Option<(i64,)> =
        session.fetch_one(&ENQUEUED_SINCE, &[workspace.into(), destination.into(), since_ms.into()]).await?;
    Ok(row.map_or(0, |(n,)| n))
}

/// Lets a held or dead message leave after all. Says whether there was one.
///
/// # Errors
/// The database's.
pub async fn release(tx: &mut Tx, workspace: &str, id: i64, now_ms: i64) -> Result<bool, StoreError> {
    Ok(tx.execute(&RELEASE, &[workspace.into(), id.into(), now_ms.into()]).await? == 1)
}

/// Lets every dead message leave again. Says how many.
///
/// # Errors
/// The database's.
pub async fn release_dead(tx: &mut Tx, workspace: &str, now_ms: i64) -> Result<u64, StoreError> {
    tx.execute(&RELEASE_DEAD, &[workspace.into(), now_ms.into()]).await
}

/// Removes the facts of messages delivered before this instant; that they were said stays. Says how many.
///
/// # Errors
/// The database's.
pub async fn forget_facts(tx: &mut Tx, workspace: &str, before_ms: i64) -> Result<u64, StoreError> {
    tx.execute(&FORGET_FACTS, &[workspace.into(), before_ms.into()]).await
}

type Columns =
    (i64, String, String, String, String, String, String, i64, i64, i64, Option<i64>, Option<String>, Option<String>);

fn listed(columns: Columns) -> Result<Listed, StoreError> {
    let (id, outlet, destination, channel, kind, dedupe_key, state, revision, attempts, due_at_ms, at, remote, reason) =
        columns;
    Ok(Listed {
        id,
        outlet,
        destination,
        channel,
        kind,
        dedupe_key,
        state: State::from_word(&state)?,
        revision,
        attempts,
        due_at_ms,
        delivered_at_ms: at,
        remote_id: remote,
        reason,
    })
}

const ENQUEUE: Sql = Sql::one(
    "INSERT INTO outbox (workspace, id, outlet, destination, channel, kind, dedupe_key, digest, digest_day, revision, \
     facts, state, due_at, reason, enqueued_at, lease_until, attempts, token) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, 0, 0, 0) \
     ON CONFLICT DO NOTHING RETURNING id",
);
// A message that is on its way keeps its state and its time: whoever ends the attempt sees the newer revision.
const REVISE: Sql = Sql::one(
    "INSERT INTO outbox AS t (workspace, id, outlet, destination, channel, kind, dedupe_key, digest, digest_day, \
     revision, facts, state, due_at, reason, enqueued_at, lease_until, attempts, token) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, 0, 0, 0) \
     ON CONFLICT (workspace, outlet, destination, dedupe_key) DO UPDATE SET facts = excluded.facts, \
     revision = excluded.revision, channel = excluded.channel, \
     state = CASE WHEN t.state IN ('sending', 'unknown') THEN t.state ELSE excluded.state END, \
     due_at = CASE WHEN t.state IN ('sending', 'unknown') THEN t.due_at ELSE excluded.due_at END, \
     reason = CASE WHEN t.state IN ('sending', 'unknown') THEN t.reason ELSE excluded.reason END, \
     attempts = CASE WHEN t.state IN ('sending', 'unknown') THEN t.attempts ELSE 0 END \
     WHERE t.revision < excluded.revision RETURNING id",
);
const FIND: Sql = Sql::one(
    "SELECT id, outlet, destination, channel, kind, dedupe_key, state, revision, attempts, due_at, delivered_at, \
     remote_id, reason FROM outbox WHERE workspace = $1 AND outlet = $2 AND destination = $3 AND dedupe_key = $4",
);
const GET: Sql = Sql::one(
    "SELECT id, outlet, destination, channel, kind, dedupe_key, state, revision, attempts, due_at, delivered_at, \
     remote_id, reason FROM outbox WHERE workspace = $1 AND id = $2",
);
const FACTS: Sql = Sql::one("SELECT facts FROM outbox WHERE workspace = $1 AND id = $2");
const LATEST: Sql = Sql::one(
    "SELECT id, outlet, destination, channel, kind, dedupe_key, state, revision, attempts, due_at, delivered_at, \
     remote_id, reason FROM outbox WHERE workspace = $1 ORDER BY id DESC LIMIT $2",
);
const DEAD_ONES: Sql = Sql::one(
    "SELECT id, outlet, destination, channel, kind, dedupe_key, state, revision, attempts, due_at, delivered_at, \
     remote_id, reason FROM outbox WHERE workspace = $1 AND state IN ('held', 'dead') AND state = 'dead' \
     ORDER BY id DESC LIMIT $2",
);
const COUNTS: Sql =
    Sql::one("SELECT state, CAST(COUNT(*) AS BIGINT) FROM outbox WHERE workspace = $1 GROUP BY state ORDER BY state");
const ARRIVED_LAST: Sql = Sql::one(
    "SELECT outlet, destination, MAX(delivered_at) FROM outbox WHERE workspace = $1 AND delivered_at IS NOT NULL \
     GROUP BY outlet, destination ORDER BY outlet, destination",
);
const ENQUEUED_SINCE: Sql = Sql::one(
    "SELECT CAST(COUNT(*) AS BIGINT) FROM outbox WHERE workspace = $1 AND destination = $2 AND enqueued_at >= $3 \
     AND digest IS NULL AND kind <> 'below' AND substr(dedupe_key, 1, 6) <> 'frame:' \
     AND substr(dedupe_key, 1, 8) <> 'preview/'",
);
const RELEASE: Sql = Sql::one(
    "UPDATE outbox SET state = 'due', due_at = $3, lease_until = 0, attempts = 0, reason = NULL \
     WHERE workspace = $1 AND id = $2 AND state IN ('held', 'dead')",
);
const RELEASE_DEAD: Sql = Sql::one(
    "UPDATE outbox SET state = 'due', due_at = $2, lease_until = 0, attempts = 0, reason = NULL \
     WHERE workspace = $1 AND state IN ('held', 'dead') AND state = 'dead'",
);
const FORGET_FACTS: Sql = Sql::one(
    "UPDATE outbox SET facts = '' WHERE workspace = $1 AND state = 'delivered' AND delivered_at < $2 AND facts <> ''",
);

pub(crate) const STATEMENTS: &[Sql] = &[
    ENQUEUE,
    REVISE,
    FIND,
    GET,
    FACTS,
    LATEST,
    DEAD_ONES,
    ARRIVED_LAST,
    COUNTS,
    ENQUEUED_SINCE,
    RELEASE,
    RELEASE_DEAD,
    FORGET_FACTS,
];
