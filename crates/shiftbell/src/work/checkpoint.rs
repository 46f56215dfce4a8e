//! The log of SQLite is copied into its main file all along, in a task of its own: whoever writes never waits for it, and it
//! does not grow with what is written.

use std::convert::Infallible;

use shiftbell_store::Db;

use crate::clock::Clock;

const EVERY_MS: i64 = 1_000;

/// Copies for ever; to be dropped with whoever writes.
pub async fn keep_copying(db: &Db, clock: &Clock) -> Infallible {
    loop {
        if let Err(error) = db.checkpoint().await {
            tracing::warn!(%error, "could not copy the log of SQLite into its main file");
        }
        clock.wait_ms(EVERY_MS).await;
    }
}

/// Copies beside something that writes much, until that is done.
pub async fn while_working<T>(db: &Db, clock: &Clock, work: impl Future<Output = T>) -> T {
    tokio::select! {
        done = work => done,
        never = keep_copying(db, clock) => match never {},
    }
}
