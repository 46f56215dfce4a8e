//! Receipts written behind the answers that they belong to: whoever asks does not wait for the disk.
//!
//! An answer is not a promise to a source: a receipt that is lost with the machine in the hundredths of a second before it is
//! durable loses the explanation of one number, never the number.

use std::collections::HashSet;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};

use crate::receipts::{self, Receipt};
use crate::{Db, StoreError};

/// Receipts that may wait for the transaction before theirs; more answers wait outside.
const WAITING_MAX: usize = 4_096;
/// Largest transaction.
const RECEIPTS_MAX: usize = 500;
/// How long a receipt waits for others, unless somebody asks for one: each transaction makes every reader read its pages anew.
const GATHER: Duration = Duration::from_millis(20);
/// How long a transaction waits that failed and may succeed, each time longer.
const TRY_AGAIN_AFTER: [Duration; 4] =
    [Duration::from_millis(50), Duration::from_millis(200), Duration::from_secs(1), Duration::from_secs(3)];

enum Waiting {
    Receipt { workspace: String, receipt: Receipt },
    Flush(oneshot::Sender<()>),
}

/// Takes receipts from many tasks. Its own task ends when the last clone is dropped, after all are kept.
#[derive(Clone, Debug)]
pub struct Keeper {
    line: mpsc::Sender<Waiting>,
    unkept: Arc<Mutex<HashSet<(String, String)>>>,
}

impl Keeper {
    /// Starts the task that commits.
    pub fn spawn(db: Db) -> Keeper {
        let (line, waiting) = mpsc::channel(WAITING_MAX);
        let unkept = Arc::default();
        tokio::spawn(keep_in_groups(db, waiting, Arc::clone(&unkept)));
        Keeper { line, unkept }
    }

    /// Takes a receipt whose id is free in the database. `false`: another one with this id waits here; choose another id.
    pub async fn keep(&self, workspace: &str, receipt: Receipt) -> bool {
        let key = (workspace.to_owned(), receipt.id.clone());
        if !self.unkept.lock().unwrap_or_else(PoisonError::into_inner).insert(key) {
            return false;
        }
        let waiting = Waiting::Receipt { workspace: workspace.to_owned(), receipt };
        if self.line.send(waiting).await.is_err() {
            tracing::error!("a receipt is not kept: the program is stopping");
        }
        true
    }

    /// Waits for this receipt if it is not written yet.
    pub async fn settle(&self, workspace: &str, id: &str) {
        let key = (workspace.to_owned(), id.to_owned());
        let is_waiting = self.unkept.lock().unwrap_or_else(PoisonError::into_inner).contains(&key);
        if is_waiting {
            self.flush().await;
        }
    }

    /// Waits for everything that was taken before.
    pub async fn flush(&self) {
        let (done, all_done) = oneshot::channel();
        if self.line.send(Waiting::Flush(done)).await.is_ok() {
            // Dropped without an answer: the task has ended, and with it everything that waited.
            let _ = all_done.await;
        }
    }
}

async fn keep_in_groups(db: Db, mut line: mpsc::Receiver<Waiting>, unkept: Arc<Mutex<HashSet<(String, String)>>>) {
    while let Some(first) = line.recv().await {
        let mut gathered = pin!(tokio::time::sleep(GATHER));
        let mut group = Vec::new();
        let mut flushed = Vec::new();
        let mut next = Some(first);
        while let Some(waiting) = next {
            match waiting {
                Waiting::Receipt { workspace, receipt } => group.push((workspace, receipt)),
                Waiting::Flush(done) => flushed.push(done),
            }
            next = match (group.len() < RECEIPTS_MAX, flushed.is_empty()) {
                (true, true) => tokio::select! {
                    biased;
                    waiting = line.recv() => waiting,
                    () = &mut gathered => None,
                },
                (true, false) => line.try_recv().ok(),
                (false, _) => None,
            };
        }
        keep_patiently(&db, &group).await;
        let mut unkept = unkept.lock().unwrap_or_else(PoisonError::into_inner);
        for (workspace, receipt) in group {
            unkept.remove(&(workspace, receipt.id));
        }
        drop(unkept);
        for done in flushed {
            // Who asked may have gone.
            let _ = done.send(());
        }
    }
}

async fn keep_patiently(db: &Db, group: &[(String, Receipt)]) {
    if group.is_empty() {
        return;
    }
    let mut waits = TRY_AGAIN_AFTER.iter();
    loop {
        let error = match keep(db, group).await {
            Ok(()) => return,
            Err(error) => error,
        };
        match waits.next() {
            Some(wait) if error.is_transient() || error.is_disk_full() => tokio::time::sleep(*wait).await,
            Some(_) | None => {
                tracing::error!(receipts = group.len(), %error, "receipts are lost: they could not be written");
                return;
            }
        }
    }
}

async fn keep(db: &Db, group: &[(String, Receipt)]) -> Result<(), StoreError> {
    let mut tx = db.write().await?;
    for (workspace, receipt) in group {
        if !receipts::keep(&mut tx, workspace, receipt).await? {
            tracing::warn!(
                workspace,
                receipt = receipt.id,
                "this receipt's id was taken meanwhile, or it is kept already"
            );
        }
    }
    tx.commit().await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspaces;

    fn receipt(id: &str) -> Receipt {
        Receipt { id: id.to_owned(), asked_at_ms: 1, mark: "1".to_owned(), body: "{}".to_owned() }
    }

    async fn database(folder: &tempfile::TempDir) -> Db {
        let db = Db::open(&format!("sqlite:{}", folder.path().join("bell.db").display())).await.unwrap();
        db.migrate().await.unwrap();
        let mut tx = db.write().await.unwrap();
        workspaces::ensure(&mut tx, "acme", 1).await.unwrap();
        tx.commit().await.unwrap();
        db
    }

    #[tokio::test]
    async fn whoever_asks_does_not_wait_and_whoever_reads_does() {
        let folder = tempfile::tempdir().unwrap();
        let db = database(&folder).await;
        let keeper = Keeper::spawn(db.clone());
        // Somebody else writes: nothing can be committed, and still every receipt is taken at once.
        let writing = db.write().await.unwrap();
        for n in 0..50 {
            assert!(keeper.keep("acme", receipt(&format!("r-{n}"))).await);
        }
        assert!(!keeper.keep("acme", receipt("r-7")).await, "an id is given once");
        drop(writing);
        keeper.settle("acme", "r-7").await;
        let mut snapshot = db.read().await.unwrap();
        assert!(receipts::get(&mut snapshot, "acme", "r-7").await.unwrap().is_some());
        drop(snapshot);
        keeper.flush().await;
        let mut snapshot = db.read().await.unwrap();
        assert!(receipts::get(&mut snapshot, "acme", "r-49").await.unwrap().is_some());
    }
}
