//! The full check: which records the account has, against those that are known.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use shiftbell_metrics::id::EntityKey;
use shiftbell_metrics::time::Instant;

use super::object::Object;
use super::seen::{Now, Seen};

/// Every record that the account has of one kind, above one number and up to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    pub object: Object,
    pub above: u64,
    /// `u64::MAX` at the end of the list.
    pub to: u64,
    /// With the time of the last change.
    pub(super) records: BTreeMap<u64, Instant>,
}

/// What the check found of one kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// Records that had not been read.
    pub missing: u64,
    /// Records that were known and are no more.
    pub gone: u64,
}

/// A full check: one that is under way, or the last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    pub began: Instant,
    /// By kind of record, where there was any.
    pub differences: BTreeMap<Object, Difference>,
}

impl Check {
    /// How many records were missing or gone.
    pub fn differences(&self) -> u64 {
        self.differences.values().map(|of| of.missing + of.gone).sum()
    }
}

impl Listed {
    /// The numbers that had not been read, of records changed since then; and what is no more.
    pub(super) fn compare(&self, ours: &[u64], since: Option<Instant>, began: Instant) -> (Vec<u64>, Vec<Seen>) {
        let ours: BTreeSet<u64> = ours.iter().copied().collect();
        let is_asked = |at: Instant| since.is_none_or(|since| at >= since);
        let missing = self.records.iter().filter(|(id, at)| !ours.contains(id) && is_asked(**at)).map(|(id, _)| *id);
        let gone = ours.iter().filter(|id| !self.records.contains_key(id)).map(|id| Seen {
            object: self.object,
            number: *id,
            key: EntityKey::new(self.object.entity(), self.object.entity_id(&id.to_string())),
            created_at: began,
            updated_at: began,
            now: Now::Gone,
        });
        (missing.collect(), gone.collect())
    }
}
