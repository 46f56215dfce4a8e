//! What people said is off about a message: to whom it went, and what came of it.

use crate::dialect::Sql;
use crate::{Session, StoreError, Tx, workspaces};

/// Where a doubt is on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Open,
    /// Whoever it went to asked back, and waits for words.
    Asked,
    Closed,
}

impl State {
    /// The word in the table.
    pub fn word(self) -> &'static str {
        match self {
            State::Open => "open",
            State::Asked => "asked",
            State::Closed => "closed",
        }
    }

    fn from_word(word: &str) -> Result<State, StoreError> {
        [State::Open, State::Asked, State::Closed]
            .into_iter()
            .find(|state| state.word() == word)
            .ok_or_else(|| StoreError::UnknownWord { column: "doubts.state", found: word.to_owned() })
    }
}

/// Something that somebody says is off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct New<'a> {
    /// The message: a number of the outbox (`n-51`), or the receipt of an answer.
    pub about: &'a str,
    pub receipt: Option<&'a str>,
    /// Which message it was.
    pub kind: &'a str,
    pub said_by: &'a str,
    pub way: &'a str,
    pub words: Option<&'a str>,
    pub routed_to: &'a str,
}

/// A doubt as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Doubt {
    pub id: i64,
    pub about: String,
    pub receipt: Option<String>,
    pub kind: String,
    pub said_by: String,
    pub way: String,
    pub words: Option<String>,
    pub said_at_ms: i64,
    pub routed_to: String,
    pub state: State,
    pub answer: Option<String>,
    pub answered_by: Option<String>,
    pub answered_at_ms: Option<i64>,
}

/// Keeps a doubt, unless the same person said the same about this message before. Says whether it is new.
///
/// # Errors
/// [`StoreError::UnknownWorkspace`], or the database's.
pub async fn say(tx: &mut Tx, workspace: &str, new: &New<'_>, now_ms: i64) -> Result<(bool, Doubt), StoreError> {
    let id = workspaces::take_numbers(tx, workspace, 1).await?[0];
    let args = [
        workspace.into(),
        id.into(),
        new.about.into(),
        new.receipt.into(),
        new.kind.into(),
        new.said_by.into(),
        new.way.into(),
        new.words.into(),
        now_ms.into(),
        new.routed_to.into(),
        State::Open.word().into(),
    ];
    let is_new = tx.execute(&SAY, &args).await? == 1;
    let key = [workspace.into(), new.about.into(), new.said_by.into(), new.way.into()];
    let row: Option<Columns> = tx.fetch_one(&SAID, &key).await?;
    let doubt = row.map(doubt).transpose()?.ok_or(sqlx::Error::RowNotFound)?;
    Ok((is_new, doubt))
}

/// Adds words to a doubt that is not closed, which is then open again. Says whether it was not.
///
/// # Errors
/// The database's.
pub async fn add_words(tx: &mut Tx, workspace: &str, id: i64, words: &str) -> Result<bool, StoreError> {
    Ok(tx.execute(&ADD_WORDS, &[workspace.into(), id.into(), words.into()]).await? == 1)
}

/// Answers a doubt that is not closed. `false`: somebody did the same before, or closed it.
///
/// # Errors
/// The database's.
pub async fn answer(
    tx: &mut Tx,
    workspace: &str,
    id: i64,
    state: State,
    (answer, by): (&str, &str),
    now_ms: i64,
) -> Result<bool, StoreError> {
    let args = [workspace.into(), id.into(), state.word().into(), answer.into(), by.into(), now_ms.into()];
    Ok(tx.execute(&ANSWER, &args).await? == 1)
}

/// The doubt with this number.
///
/// # Errors
/// The database's.
pub async fn get(session: &mut Session, workspace: &str, id: i64) -> Result<Option<Doubt>, StoreError> {
    let row: Option<Columns> = session.fetch_one(&GET, &[workspace.into(), id.into()]).await?;
    row.map(doubt).transpose()
}

/// What one person said about one message, the oldest first.
///
/// # Errors
/// The database's.
pub async fn of_message(
    session: &mut Session,
    workspace: &str,
    about: &str,
    said_by: &str,
) -> Result<Vec<Doubt>, StoreError> {
    let rows: Vec<Columns> = session.fetch(&OF_MESSAGE, &[workspace.into(), about.into(), said_by.into()]).await?;
    rows.into_iter().map(doubt).collect()
}

/// What went to somebody and is not closed, the oldest first.
///
/// # Errors
/// The database's.
pub async fn not_closed(
    session: &mut Session,
    workspace: &str,
    routed_to: &str,
    doubts_max: i64,
) -> Result<Vec<Doubt>, StoreError> {
    let rows: Vec<Columns> =
        session.fetch(&NOT_CLOSED, &[workspace.into(), routed_to.into(), doubts_max.into()]).await?;
    rows.into_iter().map(doubt).collect()
}

/// What went to somebody and was said from one instant to before another, the oldest first.
///
/// # Errors
/// The database's.
pub async fn said_between(
    session: &mut Session,
    workspace: &str,
    routed_to: &str,
    (from_ms, until_ms): (i64, i64),
) -> Result<Vec<Doubt>, StoreError> {
    let args = [workspace.into(), routed_to.into(), from_ms.into(), until_ms.into()];
    let rows: Vec<Columns> = session.fetch(&SAID_BETWEEN, &args).await?;
    rows.into_iter().map(doubt).collect()
}

type Columns = (
    i64,
    String,
    Option<String>,
    String,
    String,
    String,
    Option<String>,
    i64,
    String,
    String,
    Option<String>,
    Option<String>,
    Option<i64>,
);

fn doubt(columns: Columns) -> Result<Doubt, StoreError> {
    let (id, about, receipt, kind, said_by, way, words, said_at, routed_to, state, answer, by, answered_at) = columns;
    Ok(Doubt {
        id,
        about,
        receipt,
        kind,
        said_by,
        way,
        words,
        said_at_ms: said_at,
        routed_to,
        state: State::from_word(&state)?,
        answer,
        answered_by: by,
        answered_at_ms: answered_at,
    })
}

const SAY: Sql = Sql::one(
    "INSERT INTO doubts (workspace, id, about, receipt, kind, said_by, way, words, said_at, routed_to, state) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT DO NOTHING",
);
const SAID: Sql = Sql::one(
    "SELECT id, about, receipt, kind, said_by, way, words, said_at, routed_to, state, answer, answered_by, answered_at \
     FROM doubts WHERE workspace = $1 AND about = $2 AND said_by = $3 AND way = $4",
);
const ADD_WORDS: Sql =
    Sql::one("UPDATE doubts SET words = $3, state = 'open' WHERE workspace = $1 AND id = $2 AND state <> 'closed'");
const ANSWER: Sql = Sql::one(
    "UPDATE doubts SET state = $3, answer = $4, answered_by = $5, answered_at = $6 \
     WHERE workspace = $1 AND id = $2 AND state <> 'closed' AND state <> $3",
);
const GET: Sql = Sql::one(
    "SELECT id, about, receipt, kind, said_by, way, words, said_at, routed_to, state, answer, answered_by, answered_at \
     FROM doubts WHERE workspace = $1 AND id = $2",
);
const OF_MESSAGE: Sql = Sql::one(
    "SELECT id, about, receipt, kind, said_by, way, words, said_at, routed_to, state, answer, answered_by, answered_at \
     FROM doubts WHERE workspace = $1 AND about = $2 AND said_by = $3 ORDER BY said_at, id",
);
const NOT_CLOSED: Sql = Sql::one(
    "SELECT id, about, receipt, kind, said_by, way, words, said_at, routed_to, state, answer, answered_by, answered_at \
     FROM doubts WHERE workspace = $1 AND routed_to = $2 AND state <> 'closed' ORDER BY said_at, id LIMIT $3",
);
const SAID_BETWEEN: Sql = Sql::one(
    "SELECT id, about, receipt, kind, said_by, way, words, said_at, routed_to, state, answer, answered_by, answered_at \
     FROM doubts WHERE workspace = $1 AND routed_to = $2 AND said_at >= $3 AND said_at < $4 ORDER BY said_at, id",
);

pub(crate) const STATEMENTS: &[Sql] = &[SAY, SAID, ADD_WORDS, ANSWER, GET, OF_MESSAGE, NOT_CLOSED, SAID_BETWEEN];
