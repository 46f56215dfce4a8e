//! How far a poll has come: kept with the events of each page, so that a killed program goes on at the last page.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use shiftbell_metrics::time::{Instant, MS_PER_MINUTE};

use super::object::Object;
use super::page::PageInWork;

/// How far before the beginning of the last round the next one begins: the search shows a change only after a while, and
/// their clock is not ours.
pub(super) const OVERLAP_MS: i64 = 10 * MS_PER_MINUTE;

/// A part of a round.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Part {
    /// Records that were changed.
    Changed(Object),
    /// Records that are in the archive.
    Archive(Object),
}

impl Part {
    pub(super) fn object(self) -> Object {
        match self {
            Part::Changed(object) | Part::Archive(object) => object,
        }
    }

    /// What a round that reads these kinds reads after it. What was deleted before the first round was never known.
    pub(super) fn next(self, objects: &[Object], is_backfill: bool) -> Option<Part> {
        let later =
            |part: fn(Object) -> Part| objects.iter().find(|object| **object > self.object()).map(|of| part(*of));
        match self {
            Part::Changed(_) => later(Part::Changed)
                .or_else(|| objects.first().filter(|_| !is_backfill).map(|first| Part::Archive(*first))),
            Part::Archive(_) => later(Part::Archive),
        }
    }
}

/// Where in a part a round is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    pub part: Part,
    /// Of the records that were changed, everything down to this id is read.
    pub below: Option<u64>,
    /// Where the list goes on, as HubSpot said.
    pub after: Option<String>,
}

impl Place {
    pub(super) fn beginning(part: Part) -> Place {
        Place { part, below: None, after: None }
    }
}

/// Where a poll is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// Rounds that are complete. None: the backfill is still to be done.
    pub rounds: u64,
    /// When the last complete round began.
    pub last_began: Option<Instant>,
    /// When the round that is under way began.
    pub began: Option<Instant>,
    /// The round reads what was changed since then; `None`: everything.
    pub since: Option<Instant>,
    /// What is read next.
    #[serde(default)]
    pub place: Option<Place>,
    /// Records read in this round.
    pub read: u64,
    /// Which fields it reads; with others, everything has to be read once more.
    pub wanted: String,
    /// How many there were of each kind when the round began.
    pub totals: BTreeMap<Object, u64>,
}

impl Position {
    /// Whether a round is under way.
    pub fn is_under_way(&self) -> bool {
        self.began.is_some()
    }

    /// Whether this is, or will be, the first round.
    pub fn is_backfill(&self) -> bool {
        self.rounds == 0
    }

    /// About how many records the round reads.
    pub fn total(&self) -> u64 {
        self.totals.values().sum()
    }

    /// Forgets everything, so that the next round is the first again.
    pub fn forget(&mut self) {
        *self = Position { wanted: std::mem::take(&mut self.wanted), ..Position::default() };
    }

    /// Begins a round. One that is under way goes on.
    pub(super) fn begin(&mut self, now: Instant, history_ms: Option<i64>, first: Part) {
        if self.is_under_way() && self.place.is_some() {
            return;
        }
        self.since = match self.last_began {
            Some(last) => Some(last.plus_ms(-OVERLAP_MS)),
            None => history_ms.map(|history| now.plus_ms(-history)),
        };
        self.began = Some(now);
        self.place = Some(Place::beginning(first));
        self.read = 0;
        self.totals.clear();
    }

    /// A page was read.
    pub(super) fn passed(&mut self, page: &PageInWork) {
        self.read += page.count;
        self.place.clone_from(&page.next);
        if self.place.is_none() {
            self.rounds += 1;
            self.last_began = self.began.take();
        }
    }
}
