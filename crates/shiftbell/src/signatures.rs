//! How often the signatures of sources were accepted and refused. Counted in memory, and written down from time to time: never
//! in the way of an acknowledgement.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use shiftbell_metrics::time::Instant;
use shiftbell_sources::Refused;
use shiftbell_store::signatures::{self, Checked};
use shiftbell_store::{Db, StoreError};

use crate::companies::Companies;

/// The word for a signature that was accepted; for one that was refused it is [`Refused::word`].
pub const VALID: &str = "valid";

/// Company, source and verdict.
type Key = (String, String, &'static str);

/// What was checked since it was written down last: how often, and when last. Only sources of the definitions are counted, so
/// that nobody outside makes it grow.
#[derive(Debug, Default)]
pub struct Signatures(Mutex<BTreeMap<Key, (i64, Instant)>>);

impl Signatures {
    /// Notes what became of a signature.
    pub fn checked<T>(&self, workspace: &str, source: &str, verdict: &Result<T, Refused>, now: Instant) {
        let word = verdict.as_ref().map_or_else(Refused::word, |_| VALID);
        self.add((workspace.to_owned(), source.to_owned(), word), 1, now);
    }

    fn add(&self, key: Key, n: i64, at: Instant) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (sum, last) = all.entry(key).or_insert((0, at));
        *sum += n;
        *last = at.max(*last);
    }

    /// Writes down what was checked. What cannot be written is kept for the next time.
    ///
    /// # Errors
    /// The database's.
    pub async fn write(&self, db: &Db, companies: &Companies) -> Result<(), StoreError> {
        let taken = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        if taken.is_empty() {
            return Ok(());
        }
        let written = written(db, companies, &taken).await;
        if written.is_err() {
            for (key, (n, at)) in taken {
                self.add(key, n, at);
            }
        }
        written
    }
}

async fn written(db: &Db, companies: &Companies, all: &BTreeMap<Key, (i64, Instant)>) -> Result<(), StoreError> {
    let mut tx = db.write().await?;
    for company in companies.all() {
        let of = all.iter().filter(|((workspace, _, _), _)| workspace == company.name());
        for ((_, source, verdict), (n, at)) in of {
            let day = company.defs().workspace.zone.day_of(*at);
            let checked =
                Checked { source: source.clone(), verdict: (*verdict).to_owned(), n: *n, last_at_ms: at.as_ms() };
            signatures::add(&mut tx, company.name(), day, &[checked]).await?;
        }
    }
    tx.commit().await
}
