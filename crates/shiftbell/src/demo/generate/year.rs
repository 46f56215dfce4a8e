//! The year as it goes on: what is to come, by the day on which it arrives.

use std::collections::VecDeque;

use shiftbell_metrics::time::{MS_PER_DAY, MS_PER_HOUR, MS_PER_MINUTE, MS_PER_SECOND};

use super::chance::Chance;
use super::fact::Fact;
use super::rhythm::{DAYS, Rhythm};

/// Something that will arrive.
#[derive(Clone, Copy, Debug)]
pub(super) struct Coming {
    pub(super) arrives_ms: i64,
    pub(super) number: u64,
    pub(super) at_ms: i64,
    pub(super) fact: Fact,
}

/// Everything that the days of the year are made from.
#[derive(Debug)]
pub(super) struct Year {
    pub(super) rhythm: Rhythm,
    pub(super) chance: Chance,
    /// How many times the sample company, which is 1.
    pub(super) scale: f64,
    /// Contacts that each business developer has at hand, the latest last.
    pub(super) at_hand: [VecDeque<u64>; 3],
    /// Visitors from companies of whom nobody knows yet who they are, the latest last.
    pub(super) browsed: VecDeque<u64>,
    coming: Vec<Vec<Coming>>,
    numbers: u64,
    records: u64,
}

/// How many contacts a business developer has at hand.
const AT_HAND_MAX: usize = 200;

impl Year {
    pub(super) fn new(rhythm: Rhythm, seed: u64, scale: f64) -> Year {
        Year {
            rhythm,
            chance: Chance::new(seed),
            scale,
            at_hand: Default::default(),
            browsed: VecDeque::new(),
            coming: vec![Vec::new(); DAYS],
            numbers: 0,
            records: 15, // below are the companies with the plain names of the messages
        }
    }

    /// A new number for a contact, deal, order, visitor, subscription or show.
    pub(super) fn record(&mut self) -> u64 {
        self.records += 1;
        self.records
    }

    /// A moment that is not yet over belongs to the year; what would happen later never does.
    pub(super) fn is_within(&self, at_ms: i64) -> bool {
        at_ms <= self.rhythm.until_ms
    }

    /// Something happens. It usually arrives within two minutes; 1.5 % is late by hours and a little by days, and 2 % arrives
    /// a second time.
    pub(super) fn happens(&mut self, at_ms: i64, fact: Fact) {
        if !self.is_within(at_ms) {
            return;
        }
        self.numbers += 1;
        let number = self.numbers;
        let is_late = self.chance.is(0.015);
        let delay = match is_late {
            true if self.chance.is(0.1) => self.chance.between(2 * MS_PER_DAY, 12 * MS_PER_DAY),
            true => self.chance.between(MS_PER_HOUR, 48 * MS_PER_HOUR),
            false => self.chance.between(MS_PER_SECOND, 2 * MS_PER_MINUTE),
        };
        self.arrives(Coming { arrives_ms: at_ms + delay, number, at_ms, fact });
        if self.chance.is(0.02) {
            let again = delay + self.chance.between(MS_PER_MINUTE, 6 * MS_PER_HOUR);
            self.arrives(Coming { arrives_ms: at_ms + again, number, at_ms, fact });
        }
    }

    /// Something happened and is known at once: the last minutes of the year are not left to chance.
    pub(super) fn happens_promptly(&mut self, at_ms: i64, fact: Fact) {
        if self.is_within(at_ms) {
            self.numbers += 1;
            self.arrives(Coming { arrives_ms: at_ms + MS_PER_SECOND, number: self.numbers, at_ms, fact });
        }
    }

    fn arrives(&mut self, coming: Coming) {
        if self.is_within(coming.arrives_ms) {
            let day = self.rhythm.index_of(coming.arrives_ms).min(DAYS - 1);
            self.coming[day].push(coming);
        }
    }

    /// Everything that arrives on a day, in the order in which it arrives.
    pub(super) fn take(&mut self, day: usize) -> Vec<Coming> {
        let mut arrived = std::mem::take(&mut self.coming[day]);
        arrived.sort_unstable_by_key(|coming| (coming.arrives_ms, coming.number));
        arrived
    }

    /// Puts a contact at the hand of a business developer.
    pub(super) fn hand_over(&mut self, bdr: usize, contact: u64) {
        let contacts = &mut self.at_hand[bdr];
        if contacts.len() == AT_HAND_MAX {
            contacts.pop_front();
        }
        contacts.push_back(contact);
    }
}
