//! The entries of one series on one day, packed by column.
//!
//! A question reads only the columns that it needs: who was in which dimension, and how long it took. Everything else is
//! skipped by its length.

mod columns;

use crate::codec::{Corrupt, Name};
use crate::contribution::Entry;
use crate::time::Day;
pub use columns::{Columns, Credit};

/// Into how many chunks the entries of a day are spread.
pub const CHUNKS: u16 = 16;

/// Which segment: the store adds workspace and generation.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SegmentKey {
    pub motion: Name,
    pub series: Name,
    /// Day in the zone of the workspace.
    pub day: Day,
    pub chunk: u16,
}

/// Entries in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Segment {
    pub(crate) entries: Vec<Entry>,
}

/// What leaves a segment and what enters it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SegmentChange {
    pub removed: Vec<Entry>,
    pub added: Vec<Entry>,
}

impl SegmentChange {
    /// Whether it changes nothing, after what leaves and enters alike has cancelled out.
    pub fn is_empty(&self) -> bool {
        self.removed.is_empty() && self.added.is_empty()
    }

    pub fn merge(&mut self, other: SegmentChange) {
        self.removed.extend(other.removed);
        self.added.extend(other.added);
    }

    /// Drops what both leaves and enters.
    pub(crate) fn cancel(&mut self) {
        self.removed.sort_unstable();
        self.added.sort_unstable();
        let (mut removed, mut added) = (Vec::new(), Vec::new());
        let (mut left, mut right) = (self.removed.drain(..).peekable(), self.added.drain(..).peekable());
        loop {
            match (left.peek(), right.peek()) {
                (Some(a), Some(b)) if a == b => {
                    left.next();
                    right.next();
                }
                (Some(a), Some(b)) if a < b => removed.extend(left.next()),
                (Some(_), None) => removed.extend(left.next()),
                (_, Some(_)) => added.extend(right.next()),
                (None, None) => break,
            }
        }
        drop((left, right));
        (self.removed, self.added) = (removed, added);
    }
}

impl Segment {
    pub fn new(mut entries: Vec<Entry>) -> Segment {
        entries.sort_unstable();
        Segment { entries }
    }

    pub fn into_entries(self) -> Vec<Entry> {
        self.entries
    }

    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Takes a change in.
    ///
    /// # Errors
    /// An entry that should leave is not there: the stored bytes and the stored contributions disagree.
    pub fn apply(&mut self, change: SegmentChange) -> Result<(), Corrupt> {
        let mut change = change;
        change.cancel();
        if !change.removed.is_empty() {
            let mut removed = change.removed.iter().peekable();
            self.entries.retain(|entry| {
                let leaves = removed.peek().is_some_and(|gone| *gone == entry);
                if leaves {
                    removed.next();
                }
                !leaves
            });
            if removed.peek().is_some() {
                return Err(Corrupt { what: "segment", why: "an entry that should leave it is not there" });
            }
        }
        if !change.added.is_empty() {
            self.entries.extend(change.added);
            self.entries.sort_unstable();
        }
        Ok(())
    }

    /// The stored bytes; `None` for an empty segment, which is deleted.
    pub fn encode(&self) -> Option<Vec<u8>> {
        (!self.entries.is_empty()).then(|| columns::encode(&self.entries))
    }

    pub fn decode(bytes: &[u8]) -> Result<Segment, Corrupt> {
        Ok(Segment { entries: Columns::read(bytes)?.entries()? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contribution::name;
    use crate::id::EntityId;
    use crate::money::{Currency, Money};
    use crate::time::Instant;

    fn entry(entity: i64, event: u64) -> Entry {
        let mut entry = Entry::new(EntityId(entity), event, Instant(1_790_000_000_000 + entity));
        if entity % 2 == 0 {
            entry.owner = Some(name("ann@clowns.example"));
            entry.dims.push((name("product"), name("small-parties")));
            entry.sums.push((name("deal.amount"), Money::new(-5 * (entity % 1000), Currency::USD)));
        } else {
            entry.lags.push((name("sql"), 86_400_000 * (entity % 1000).abs()));
            entry.state.push((name("deal.open"), name("true")));
        }
        entry.settle();
        entry
    }

    fn all() -> Vec<Entry> {
        [i64::MIN, -7, -6, 0, 3, 4, i64::MAX]
            .into_iter()
            .map(|entity| entry(entity / 2, entity.unsigned_abs() % 3))
            .collect()
    }

    #[test]
    fn a_segment_is_read_as_it_was_written() {
        let segment = Segment::new(all());
        assert_eq!(Segment::decode(&segment.encode().unwrap()).unwrap(), segment);
        assert_eq!(Segment::default().encode(), None);
    }

    #[test]
    fn cut_or_changed_bytes_never_panic() {
        let bytes = Segment::new(all()).encode().unwrap();
        for length in 0..bytes.len() {
            assert!(Segment::decode(&bytes[..length]).is_err(), "cut at {length}");
        }
        for place in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[place] ^= 0x55;
            let _ = Segment::decode(&changed);
        }
    }

    #[test]
    fn what_leaves_and_enters_alike_changes_nothing() {
        let mut segment = Segment::new(all());
        let before = segment.clone();
        let absent = entry(99, 1);
        segment.apply(SegmentChange { removed: vec![absent.clone()], added: vec![absent.clone()] }).unwrap();
        assert_eq!(segment, before);
        let change = SegmentChange { removed: vec![absent], added: vec![] };
        assert!(segment.clone().apply(change).is_err());
        segment.apply(SegmentChange { removed: all(), added: vec![] }).unwrap();
        assert_eq!(segment.encode(), None);
    }
}
