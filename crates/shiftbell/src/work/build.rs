//! Builds the numbers of a new meaning beside the doors. Of several processes one builds, and the others wait for it.

use std::sync::Arc;

use shiftbell_metrics::fold::FOLD_VERSION;
use shiftbell_metrics::id::EntityId;
use shiftbell_metrics::time::{Instant, MS_PER_SECOND};
use shiftbell_store::generations::{self, Generation};

use super::derive::DeriveError;
use super::rebuild::{is_current, rebuild};
use crate::companies::Company;
use crate::program::Program;

/// How often whoever waits looks how far another process is.
const LOOK_EVERY_MS: i64 = 2 * MS_PER_SECOND;

/// How far another process was, and since when.
type Seen = Option<(i64, Option<EntityId>, Instant)>;

/// Builds until the numbers of this company answer. What fails is tried again.
pub async fn build(program: Arc<Program>, company: Arc<Company>) {
    let name = company.name();
    let mut seen: Seen = None;
    while !program.stop.is_cancelled() {
        match step(&program, &company, &mut seen).await {
            Ok(true) => {
                tracing::info!(workspace = name, "the numbers of these definitions answer now");
                program.readiness.is_built(name);
                program.woken.intake.notify_one();
                return;
            }
            Ok(false) => {}
            Err(error) => tracing::warn!(workspace = name, %error, "the numbers could not be built; it is tried again"),
        }
        tokio::select! {
            () = program.stop.cancelled() => {}
            () = program.clock.wait_ms(LOOK_EVERY_MS) => {}
        }
    }
}

/// Waits for whoever builds already, or builds. Says whether the numbers answer.
async fn step(program: &Program, company: &Company, seen: &mut Seen) -> Result<bool, DeriveError> {
    let (db, workspace) = (&program.db, &company.workspace);
    if is_current(db, workspace).await? {
        return Ok(true);
    }
    let mut snapshot = db.read().await?;
    let other = generations::building(&mut snapshot, company.name()).await?;
    drop(snapshot);
    // One process serves a SQLite file: whoever was building there is gone.
    if let Some(other) = other.filter(|other| db.slots() > 1 && is_the_same(other, company))
        && is_moving(program, &other, seen)
    {
        return Ok(false);
    }
    tracing::info!(workspace = company.name(), "building the numbers of new definitions");
    let built = |accounts| program.readiness.is_building(company.name(), accounts);
    rebuild(db, workspace, program.clock.now(), built).await?;
    Ok(true)
}

fn is_the_same(other: &Generation, company: &Company) -> bool {
    other.meaning == company.defs().meaning && other.fold_version == i64::from(FOLD_VERSION)
}

/// Whether somebody still builds it: it has come further within the time of a lease.
fn is_moving(program: &Program, other: &Generation, seen: &mut Seen) -> bool {
    let now = program.clock.now();
    match seen {
        Some((generation, built_to, since)) if *generation == other.generation && *built_to == other.built_to => {
            now.since(*since) < i64::from(program.config.lease_seconds) * MS_PER_SECOND
        }
        _ => {
            *seen = Some((other.generation, other.built_to, now));
            true
        }
    }
}
