//! What the clock sets off: digests that are due, days that close, events whose time has come, rates that fell, sources
//! that are silent.
//!
//! Any number of processes may run this: what is said is unique by constraint of the database.

use std::collections::BTreeSet;
use std::sync::Arc;

use shiftbell_metrics::event::Event;
use shiftbell_metrics::time::{Instant, MS_PER_MINUTE, MS_PER_SECOND};
use shiftbell_store::held::{self, Held};

use super::derive::{DeriveError, Incoming, derive};
use super::{digests, sweeps};
use crate::answer::AskError;
use crate::companies::Company;
use crate::program::Program;

/// Held events that one transaction takes.
const HELD_MAX: i64 = 100;
/// A turn that comes later than this after the one before has not seen what happened in between.
const WATCHED_MS: i64 = 3 * MS_PER_MINUTE;

/// Why a turn could not be finished. It is tried again at the next.
#[derive(Debug, thiserror::Error)]
pub enum TurnError {
    #[error(transparent)]
    Ask(#[from] AskError),
    #[error(transparent)]
    Derive(#[from] DeriveError),
}

/// The clock's own worker.
#[derive(Debug)]
pub struct Timer {
    program: Arc<Program>,
    last_turn: Option<Instant>,
}

impl Timer {
    pub fn new(program: Arc<Program>) -> Timer {
        Timer { program, last_turn: None }
    }

    /// Does everything that is due now. Returns how many messages were put into the outbox. One company's failure does not
    /// hold up the others; it is logged, and tried again at the next turn.
    pub async fn turn(&mut self) -> usize {
        let now = self.program.clock.now();
        let is_watched = self.last_turn.is_some_and(|last| now.since(last) <= WATCHED_MS);
        self.last_turn = Some(now);
        let program = Arc::clone(&self.program);
        let mut count = 0;
        for company in program.companies.all() {
            if program.stop.is_cancelled() {
                break;
            }
            // Nothing is said of numbers that other definitions made.
            if program.readiness.built(company.name()).is_some() {
                continue;
            }
            match of_company(&program, company, is_watched).await {
                Ok(messages) => count += messages,
                Err(error) => {
                    tracing::warn!(%error, workspace = company.name(), "what was due could not be done; it is tried again");
                }
            }
        }
        count
    }

    /// Turns at the beginning of every minute, and whenever it is nudged, until the program stops.
    pub async fn run(mut self) {
        while !self.program.stop.is_cancelled() {
            self.turn().await;
            let now = self.program.clock.now();
            let next = Instant((now.as_ms().div_euclid(MS_PER_MINUTE) + 1) * MS_PER_MINUTE);
            tokio::select! {
                () = self.program.stop.cancelled() => {}
                // Never faster than once a second, however often it is nudged.
                () = async {
                    self.program.clock.wait_ms(MS_PER_SECOND).await;
                    tokio::select! {
                        () = self.program.woken.timer.notified() => {}
                        () = self.program.clock.wait_until(next) => {}
                    }
                } => {}
            }
        }
    }
}

async fn of_company(program: &Arc<Program>, company: &Company, is_watched: bool) -> Result<usize, TurnError> {
    company.workspace.refresh_directory(&program.db).await.map_err(DeriveError::from)?;
    take_held(program, company).await?;
    let mut count = sweeps::silence::turn(program, company, is_watched).await?;
    count += sweeps::first_day::turn(program, company).await?;
    count += sweeps::rates::turn(program, company).await?;
    count += digests::turn(program, company).await?;
    Ok(count)
}

/// Derives the events whose time has come. They ping nobody: they were known before.
async fn take_held(program: &Program, company: &Company) -> Result<(), TurnError> {
    loop {
        let now = program.clock.now();
        let mut snapshot = program.db.read().await.map_err(DeriveError::from)?;
        let waiting = held::count(&mut snapshot, company.name()).await.map_err(DeriveError::from)?;
        drop(snapshot);
        if waiting == 0 {
            return Ok(());
        }
        let mut tx = program.db.write().await.map_err(DeriveError::from)?;
        let due = held::take_due(&mut tx, company.name(), now.as_ms(), HELD_MAX).await.map_err(DeriveError::from)?;
        if due.is_empty() {
            return Ok(());
        }
        let key = |held: &Held| (held.entity, held.source.clone(), held.body.clone());
        let known: BTreeSet<_> = due.iter().map(key).collect();
        let mut batch = Vec::with_capacity(due.len());
        for held in due {
            match Event::from_json(&held.body) {
                Ok(event) => {
                    batch.push(Incoming { source: held.source, event, by: held.by_role, delivery: held.delivery });
                }
                Err(why) => tracing::error!(source = held.source, %why, "a held event cannot be read; it is dropped"),
            }
        }
        // They leave the waiting room in the transaction that appends them, so that a crash loses none.
        tx.roll_back().await.map_err(DeriveError::from)?;
        let (mut tx, derived) = derive(&program.db, &company.workspace, &batch, now).await?;
        let taken = held::take_due(&mut tx, company.name(), now.as_ms(), HELD_MAX).await.map_err(DeriveError::from)?;
        if !taken.iter().all(|held| known.contains(&key(held))) {
            // Others came meanwhile, or somebody else works here: look again.
            tx.roll_back().await.map_err(DeriveError::from)?;
            continue;
        }
        derived.seen.write(&mut tx, &company.workspace).await.map_err(DeriveError::from)?;
        tx.commit().await.map_err(DeriveError::from)?;
    }
}
