//! When somebody last spoke with whom.

use super::journey::Journey;
use crate::id::EntityKind;
use crate::time::Instant;

/// The latest call, e-mail or meeting of each entity, and of the account.
#[derive(Debug)]
pub(super) struct Touches {
    of: Vec<Option<Instant>>,
    account: Option<Instant>,
}

impl Touches {
    pub(super) fn of(journey: &Journey<'_>) -> Touches {
        let mut found = Touches { of: vec![None; journey.entities.len()], account: None };
        for (index, stored) in journey.events.iter().enumerate() {
            if journey.counts[index] && ["call", "email", "meeting"].contains(&stored.event.kind.as_str()) {
                let named = &journey.named[index];
                for kind in [EntityKind::Deal, EntityKind::Contact] {
                    if let Some(place) = named[kind as usize] {
                        found.of[place] = found.of[place].max(Some(stored.event.at));
                    }
                }
                found.account = found.account.max(Some(stored.event.at));
            }
        }
        found
    }

    /// The latest with this entity or, for a deal, with one of its contacts.
    pub(super) fn last(&self, journey: &Journey<'_>, place: usize) -> Option<Instant> {
        let entity = &journey.entities[place];
        let through = entity.contacts.iter().map(|(contact, _)| self.of[*contact]);
        through.chain([self.of[place]]).max().flatten()
    }

    pub(super) fn account(&self) -> Option<Instant> {
        self.account
    }
}
