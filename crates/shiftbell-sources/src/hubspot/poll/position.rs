//! How far a poll has come: kept with the events of each page, so that a killed program goes on at the last page.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use shiftbell_metrics::time::{Instant, MS_PER_MINUTE};

use super::compare::Check;
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
    /// The numbers of all records, for the full check.
    Listed(Object),
    /// What people filled in.
    Forms,
}

/// What a round reads.
#[derive(Clone, Debug, Default)]
pub(super) struct Course {
    /// These kinds, in their order.
    pub(super) objects: Vec<Object>,
    pub(super) is_check: bool,
    pub(super) has_forms: bool,
}

impl Part {
    /// The kind of record that it reads; none, if it reads forms.
    pub(super) fn object(self) -> Option<Object> {
        match self {
            Part::Changed(object) | Part::Archive(object) | Part::Listed(object) => Some(object),
            Part::Forms => None,
        }
    }

    /// What is read after it: what is gone, then in a full check what there is, then what was changed, so that what came back
    /// comes last; then the forms of people who are known by then.
    pub(super) fn next(self, course: &Course) -> Option<Part> {
        let objects = &course.objects;
        let later = |part: fn(Object) -> Part| objects.iter().find(|of| Some(**of) > self.object()).map(|of| part(*of));
        let first = |part: fn(Object) -> Part| objects.first().map(|of| part(*of));
        match self {
            Part::Archive(_) if course.is_check => later(Part::Archive).or_else(|| first(Part::Listed)),
            Part::Archive(_) => later(Part::Archive).or_else(|| first(Part::Changed)),
            Part::Listed(_) => later(Part::Listed).or_else(|| first(Part::Changed)),
            Part::Changed(_) => later(Part::Changed).or(course.has_forms.then_some(Part::Forms)),
            Part::Forms => None,
        }
    }

    /// What it reads, for sentences.
    pub(super) fn subject(self) -> &'static str {
        self.object().map_or("what was filled in in forms", Object::plural)
    }
}

/// Where in a part a round is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    pub part: Part,
    /// Of the records that were changed, everything down to this number is read; of a list, everything up to it.
    pub below: Option<u64>,
    /// Where the list goes on, as HubSpot said.
    pub after: Option<String>,
    /// Of forms: which one is read, and how far back.
    #[serde(default)]
    pub form: Option<FormPlace>,
}

/// A form that is being read, the newest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FormPlace {
    pub id: String,
    pub since: Option<Instant>,
}

impl Place {
    pub(super) fn beginning(part: Part) -> Place {
        Place { part, below: None, after: None, form: None }
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
    /// How many records the archive held of each kind when it was read last.
    #[serde(default)]
    pub archived: BTreeMap<Object, u64>,
    /// By form: since when something was filled in by somebody who is not known yet. It is read again.
    #[serde(default)]
    pub unknown_since: BTreeMap<String, Instant>,
    /// The full check that this round makes.
    #[serde(default)]
    pub check: Option<Check>,
    /// The last one that is complete.
    #[serde(default)]
    pub checked: Option<Check>,
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

    /// What is read next, for people to look at.
    pub fn next(&self) -> &'static str {
        match self.place.as_ref().map(|place| place.part) {
            Some(Part::Changed(object)) => object.plural(),
            Some(Part::Forms) => "forms",
            Some(Part::Archive(_)) => "what was deleted",
            Some(Part::Listed(_)) => "the full check",
            None => "done",
        }
    }

    /// Forgets everything, so that the next round is the first again.
    pub fn forget(&mut self) {
        *self = Position { wanted: std::mem::take(&mut self.wanted), ..Position::default() };
    }

    /// Begins a round. One that is under way goes on.
    pub(super) fn begin(&mut self, now: Instant, history_ms: Option<i64>, is_check: bool) {
        if self.is_under_way() && self.place.is_some() {
            return;
        }
        self.since = match self.last_began {
            Some(last) => Some(last.plus_ms(-OVERLAP_MS)),
            None => history_ms.map(|history| now.plus_ms(-history)),
        };
        self.began = Some(now);
        // What was deleted before the first round was never known.
        let first = if self.is_backfill() { Part::Changed } else { Part::Archive };
        self.place = Some(Place::beginning(first(Object::Companies)));
        let is_check = is_check && !self.is_backfill();
        self.check = is_check.then(|| Check { began: now, differences: BTreeMap::new() });
        self.read = 0;
        self.totals.clear();
    }

    /// A page was read.
    pub(super) fn passed(&mut self, page: &PageInWork) {
        self.read += page.count;
        self.place.clone_from(&page.next);
        for filled in page.filled_by_nobody() {
            let since = self.unknown_since.entry(filled.form.clone()).or_insert(filled.at);
            *since = filled.at.min(*since);
        }
        if self.place.is_none() {
            self.rounds += 1;
            self.last_began = self.began.take();
            self.checked = self.check.take().or(self.checked.take());
        }
    }
}
