//! Builds every number again from the events, beside those that answer, and switches over at once.

use shiftbell_metrics::fold::FOLD_VERSION;
use shiftbell_metrics::time::Instant;
use shiftbell_store::{Db, accounts, entities, generations};

use super::Workspace;
use super::derive::DeriveError;
use super::facts_seen;
use super::refold::refold;

/// Accounts that one transaction builds.
const ACCOUNTS_AT_ONCE: i64 = 200;
/// Rows of an old generation that one transaction removes.
const ROWS_REMOVED_AT_ONCE: i64 = 5_000;

/// Builds the next generation account by account and makes it the one that answers. Returns its number.
///
/// Events that arrive meanwhile go into both. A build that was cut off goes on where it was, unless the meaning has changed
/// since. `progress` is told how many accounts are built.
///
/// # Errors
/// The database's. The generation that answered before still does then.
pub async fn rebuild(
    db: &Db,
    workspace: &Workspace,
    now: Instant,
    mut progress: impl FnMut(u64),
) -> Result<i64, DeriveError> {
    let name = &workspace.name;
    let mut tx = db.write().await?;
    let meaning = &workspace.defs().meaning;
    let begun = generations::resume_or_begin(&mut tx, name, meaning, i64::from(FOLD_VERSION), now.as_ms()).await?;
    let generation = begun.generation;
    tx.commit().await?;
    let mut after = begun.built_to;
    let mut built = 0;
    loop {
        let mut tx = db.write().await?;
        let next = entities::accounts_after(&mut tx, name, after, ACCOUNTS_AT_ONCE).await?;
        let Some(last) = next.last().copied() else {
            // In one transaction with the look that found none: an account that came between would be missed.
            generations::switch(&mut tx, name, generation, now.as_ms()).await?;
            tx.commit().await?;
            break;
        };
        accounts::lock(&mut tx, name, &next).await?;
        refold(&mut tx, workspace, generation, &next, db.slots()).await?;
        generations::built_to(&mut tx, name, generation, last).await?;
        tx.commit().await?;
        built += next.len() as u64;
        progress(built);
        after = Some(last);
    }
    facts_seen::recount(db, workspace, now).await?;
    forget_retired(db, name).await?;
    Ok(generation)
}

/// Whether the numbers that answer were made by these definitions and this fold.
///
/// # Errors
/// The database's.
pub async fn is_current(db: &Db, workspace: &Workspace) -> Result<bool, DeriveError> {
    let mut snapshot = db.read().await?;
    let live = generations::live(&mut snapshot, &workspace.name).await?;
    let is_same = |made: &generations::Generation| {
        made.meaning == workspace.defs().meaning && made.fold_version == i64::from(FOLD_VERSION)
    };
    Ok(live.as_ref().is_some_and(is_same))
}

/// Removes the rows of every generation that answers no more, a few at a time.
///
/// # Errors
/// The database's.
pub async fn forget_retired(db: &Db, name: &str) -> Result<(), DeriveError> {
    loop {
        let mut tx = db.write().await?;
        let removed = generations::remove_retired(&mut tx, name, ROWS_REMOVED_AT_ONCE).await?;
        tx.commit().await?;
        if removed == 0 {
            return Ok(());
        }
    }
}
