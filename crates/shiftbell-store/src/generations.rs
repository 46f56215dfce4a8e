//! Complete sets of numbers: one answers, one may be in the making, others wait to be removed.

use shiftbell_metrics::id::EntityId;

use crate::dialect::Sql;
use crate::{Session, StoreError, Tx};

/// One complete set of contributions, segments and cells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Generation {
    pub generation: i64,
    /// Hash of the definitions under which it was made.
    pub meaning: String,
    pub fold_version: i64,
    pub state: State,
    /// While it is in the making: accounts up to this number are in it.
    pub built_to: Option<EntityId>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Building,
    Live,
    Retired,
}

/// The generation in the making, if this meaning and this fold made it: it was kept up to date as far as it is built, so that a
/// build that was cut off goes on where it was. Else begins a new one.
///
/// # Errors
/// As [`begin`].
pub async fn resume_or_begin(
    tx: &mut Tx,
    workspace: &str,
    meaning: &str,
    fold_version: i64,
    now_ms: i64,
) -> Result<Generation, StoreError> {
    match building(tx, workspace).await? {
        Some(begun) if begun.meaning == meaning && begun.fold_version == fold_version => Ok(begun),
        Some(_) | None => begin(tx, workspace, meaning, fold_version, now_ms).await,
    }
}

/// Begins a new generation. Another that was in the making is given up.
///
/// # Errors
/// The database's; on PostgreSQL a conflict with another replica that begins one at this moment.
pub async fn begin(
    tx: &mut Tx,
    workspace: &str,
    meaning: &str,
    fold_version: i64,
    now_ms: i64,
) -> Result<Generation, StoreError> {
    tx.execute(&GIVE_UP, &[workspace.into()]).await?;
    let args = [workspace.into(), meaning.into(), fold_version.into(), now_ms.into()];
    let row: Option<(i64,)> = tx.fetch_one(&BEGIN, &args).await?;
    let generation = row.map_or(0, |(generation,)| generation);
    Ok(Generation { generation, meaning: meaning.to_owned(), fold_version, state: State::Building, built_to: None })
}

/// The generation that answers.
///
/// # Errors
/// The database's.
pub async fn live(session: &mut Session, workspace: &str) -> Result<Option<Generation>, StoreError> {
    one(session, &LIVE, workspace).await
}

/// The generation in the making.
///
/// # Errors
/// The database's.
pub async fn building(session: &mut Session, workspace: &str) -> Result<Option<Generation>, StoreError> {
    one(session, &BUILDING, workspace).await
}

async fn one(session: &mut Session, sql: &Sql, workspace: &str) -> Result<Option<Generation>, StoreError> {
    type Columns = (i64, String, i64, String, Option<i64>);
    let row: Option<Columns> = session.fetch_one(sql, &[workspace.into()]).await?;
    let Some((generation, meaning, fold_version, state, built_to)) = row else { return Ok(None) };
    let state = match state.as_str() {
        "building" => State::Building,
        "live" => State::Live,
        "retired" => State::Retired,
        _ => return Err(StoreError::UnknownWord { column: "generations.state", found: state }),
    };
    Ok(Some(Generation { generation, meaning, fold_version, state, built_to: built_to.map(EntityId) }))
}

/// Notes that accounts up to this number are in the generation, in the transaction that put them there.
///
/// # Errors
/// [`StoreError::LeaseLost`] if it was given up meanwhile.
pub async fn built_to(tx: &mut Tx, workspace: &str, generation: i64, account: EntityId) -> Result<(), StoreError> {
    let changed = tx.execute(&BUILT_TO, &[workspace.into(), generation.into(), account.0.into()]).await?;
    if changed == 1 { Ok(()) } else { Err(StoreError::LeaseLost) }
}

/// Lets a generation answer from this transaction on; the one before is retired.
///
/// # Errors
/// [`StoreError::LeaseLost`] if it was given up meanwhile.
pub async fn switch(tx: &mut Tx, workspace: &str, generation: i64, now_ms: i64) -> Result<(), StoreError> {
    tx.execute(&RETIRE, &[workspace.into()]).await?;
    let changed = tx.execute(&GO_LIVE, &[workspace.into(), generation.into(), now_ms.into()]).await?;
    if changed != 1 {
        return Err(StoreError::LeaseLost);
    }
    tx.execute(&ANSWER_FROM, &[workspace.into(), generation.into()]).await?;
    Ok(())
}

/// Removes up to about so many rows of retired generations. Says how many; zero once nothing is left.
///
/// # Errors
/// The database's.
pub async fn remove_retired(tx: &mut Tx, workspace: &str, rows_max: i64) -> Result<u64, StoreError> {
    let mut removed = 0;
    for sql in [&REMOVE_CONTRIBUTIONS, &REMOVE_SEGMENTS, &REMOVE_CELLS] {
        removed += tx.execute(sql, &[workspace.into(), rows_max.into()]).await?;
    }
    if removed == 0 {
        removed = tx.execute(&REMOVE_RETIRED, &[workspace.into()]).await?;
    }
    Ok(removed)
}

const GIVE_UP: Sql = Sql::one("UPDATE generations SET state = 'retired' WHERE workspace = $1 AND state = 'building'");
const BEGIN: Sql = Sql::one(
    "INSERT INTO generations (workspace, generation, meaning, fold_version, state, started_at) \
     SELECT $1, COALESCE(MAX(generation), 0) + 1, $2, $3, 'building', $4 FROM generations WHERE workspace = $1 \
     RETURNING generation",
);
const LIVE: Sql = Sql::one(
    "SELECT g.generation, g.meaning, g.fold_version, g.state, g.built_to FROM workspaces AS w \
     JOIN generations AS g ON g.workspace = w.workspace AND g.generation = w.live_generation WHERE w.workspace = $1",
);
const BUILDING: Sql = Sql::one(
    "SELECT generation, meaning, fold_version, state, built_to FROM generations \
     WHERE workspace = $1 AND state = 'building'",
);
const BUILT_TO: Sql =
    // Never back: two replicas may build at once, and the slower one must not disown what the faster one has built.
    Sql::one(
        "UPDATE generations SET built_to = CASE WHEN built_to > $3 THEN built_to ELSE $3 END \
         WHERE workspace = $1 AND generation = $2 AND state = 'building'",
    );
const RETIRE: Sql = Sql::one("UPDATE generations SET state = 'retired' WHERE workspace = $1 AND state = 'live'");
const GO_LIVE: Sql = Sql::one(
    "UPDATE generations SET state = 'live', built_to = NULL, live_at = $3 \
     WHERE workspace = $1 AND generation = $2 AND state = 'building'",
);
const ANSWER_FROM: Sql = Sql::one("UPDATE workspaces SET live_generation = $2 WHERE workspace = $1");
const REMOVE_CONTRIBUTIONS: Sql = Sql::one(
    "DELETE FROM contributions WHERE (workspace, generation, entity) IN (\
     SELECT c.workspace, c.generation, c.entity FROM generations AS g JOIN contributions AS c \
     ON c.workspace = g.workspace AND c.generation = g.generation \
     WHERE g.workspace = $1 AND g.state = 'retired' LIMIT $2)",
);
const REMOVE_SEGMENTS: Sql = Sql::one(
    "DELETE FROM segments WHERE (workspace, generation, motion, series, day, chunk) IN (\
     SELECT s.workspace, s.generation, s.motion, s.series, s.day, s.chunk FROM generations AS g JOIN segments AS s \
     ON s.workspace = g.workspace AND s.generation = g.generation \
     WHERE g.workspace = $1 AND g.state = 'retired' LIMIT $2)",
);
const REMOVE_CELLS: Sql = Sql::one(
    "DELETE FROM cells WHERE (workspace, generation, motion, series, dimension, day, value, slot) IN (\
     SELECT c.workspace, c.generation, c.motion, c.series, c.dimension, c.day, c.value, c.slot \
     FROM generations AS g JOIN cells AS c ON c.workspace = g.workspace AND c.generation = g.generation \
     WHERE g.workspace = $1 AND g.state = 'retired' LIMIT $2)",
);
const REMOVE_RETIRED: Sql = Sql::one("DELETE FROM generations WHERE workspace = $1 AND state = 'retired'");

pub(crate) const STATEMENTS: &[Sql] = &[
    GIVE_UP,
    BEGIN,
    LIVE,
    BUILDING,
    BUILT_TO,
    RETIRE,
    GO_LIVE,
    ANSWER_FROM,
    REMOVE_CONTRIBUTIONS,
    REMOVE_SEGMENTS,
    REMOVE_CELLS,
    REMOVE_RETIRED,
];
