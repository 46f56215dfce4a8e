//! Group commit: the deliveries of many requests in one durable transaction, and each answered after it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};

use crate::inbox::{self, Delivery, Receipt};
use crate::{Db, StoreError};

/// Deliveries that may wait for the transaction before theirs; more requests wait outside.
const WAITING_MAX: usize = 4_096;
/// Largest transaction.
const DELIVERIES_MAX: usize = 500;
const BODY_BYTES_MAX: usize = 8 * 1024 * 1024;

/// Whoever sends one delivery after another does it within this time.
const LULL: Duration = Duration::from_millis(5);
/// Longest that others let deliveries pass before they take their turn.
const LULL_WAIT_MAX: Duration = Duration::from_millis(200);

struct Waiting {
    delivery: Delivery,
    answer: oneshot::Sender<Result<Receipt, StoreError>>,
}

/// Takes deliveries from many tasks. Its own task ends when the last clone is dropped, after all are answered.
#[derive(Clone, Debug)]
pub struct Receiver {
    line: mpsc::Sender<Waiting>,
    /// Deliveries that were ever given to it.
    given: Arc<AtomicU64>,
}

impl Receiver {
    /// Starts the task that commits.
    pub fn spawn(db: Db) -> Receiver {
        let (line, waiting) = mpsc::channel(WAITING_MAX);
        tokio::spawn(commit_in_groups(db, waiting));
        Receiver { line, given: Arc::default() }
    }

    /// Lets deliveries go first, for whoever holds the one writer of SQLite for long at a time: returns once none has come for
    /// a moment, or at the latest after a fifth of a second, so that a flood slows others down and never stops them.
    ///
    /// `seen` is the caller's: what it returned last. If nothing has come since then, this does not wait at all.
    pub async fn lull(&self, mut seen: u64) -> u64 {
        let passing = async {
            loop {
                let given = self.given.load(Ordering::Relaxed);
                if given == seen {
                    return;
                }
                seen = given;
                tokio::time::sleep(LULL).await;
            }
        };
        // Both ends mean the same: it is the caller's turn.
        let _ = tokio::time::timeout(LULL_WAIT_MAX, passing).await;
        self.given.load(Ordering::Relaxed)
    }

    /// Keeps a delivery. The answer comes after its bytes are durable.
    ///
    /// # Errors
    /// [`StoreError::NotKept`]: answer the source so that it sends the delivery again. After a lost connection it may have been
    /// kept all the same; sent again it is then already known.
    pub async fn receive(&self, delivery: Delivery) -> Result<Receipt, StoreError> {
        self.given.fetch_add(1, Ordering::Relaxed);
        let (answer, answered) = oneshot::channel();
        let stopped = || StoreError::NotKept { why: "the program is stopping".to_owned() };
        self.line.send(Waiting { delivery, answer }).await.map_err(|_| stopped())?;
        answered.await.map_err(|_| stopped())?
    }
}

async fn commit_in_groups(db: Db, mut line: mpsc::Receiver<Waiting>) {
    while let Some(first) = line.recv().await {
        let mut bytes = first.delivery.body.len();
        let mut group = vec![first];
        while group.len() < DELIVERIES_MAX && bytes < BODY_BYTES_MAX {
            let Ok(next) = line.try_recv() else { break };
            bytes += next.delivery.body.len();
            group.push(next);
        }
        keep_and_answer(&db, group).await;
    }
}

async fn keep_and_answer(db: &Db, group: Vec<Waiting>) {
    let (deliveries, answers): (Vec<_>, Vec<_>) = group.into_iter().map(|w| (w.delivery, w.answer)).unzip();
    match keep(db, &deliveries).await {
        Ok(receipts) => {
            for (answer, receipt) in answers.into_iter().zip(receipts) {
                // Who asked may have gone; the delivery is kept.
                let _ = answer.send(Ok(receipt));
            }
        }
        // One that the database refuses must not take the others with it.
        Err(error) if deliveries.len() > 1 && !error.is_transient() && !error.is_disk_full() => {
            for (delivery, answer) in deliveries.iter().zip(answers) {
                let kept = keep(db, std::slice::from_ref(delivery)).await;
                let _ = answer.send(kept.map(|receipts| receipts[0]).map_err(|error| not_kept(&error)));
            }
        }
        Err(error) => {
            tracing::error!(deliveries = deliveries.len(), %error, "could not keep deliveries");
            for answer in answers {
                let _ = answer.send(Err(not_kept(&error)));
            }
        }
    }
}

fn not_kept(error: &StoreError) -> StoreError {
    StoreError::NotKept { why: error.to_string() }
}

async fn keep(db: &Db, deliveries: &[Delivery]) -> Result<Vec<Receipt>, StoreError> {
    let mut tx = db.write().await?;
    let receipts = inbox::receive(&mut tx, deliveries).await?;
    tx.commit().await?;
    Ok(receipts)
}
