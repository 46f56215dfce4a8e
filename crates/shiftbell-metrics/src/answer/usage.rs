//! Recurring revenue beside what is agreed: what is charged by use, and customers who have several of a dimension's values.

use std::collections::{BTreeMap, BTreeSet};

use super::Figure;
use super::measure::{Measured, Scope};
use super::revenue::Stored;
use crate::definitions::economics::usage_months;
use crate::id::EntityId;
use crate::period::{Period, Unit};
use crate::revenue::{Exact, Line, Moved, levels_at, usage_mrr};
use crate::time::Instant;

impl Scope<'_> {
    /// What is charged by use a month: the mean of the latest full months, where the file or the business model says over how many,
    /// else as it was told last. A month before the first use is not in the mean.
    pub(super) fn usage(&self, stored: &[Stored]) -> Measured {
        let (_, until) = self.instants();
        let level = |moved: &[Moved], at| levels_at(moved, at).values().copied().sum::<Exact>();
        let uses = |one: &&Stored| one.line == Some(Line::Usage) && one.moved.at < until;
        let all: Vec<Moved> = stored.iter().filter(uses).map(|one| one.moved).collect();
        let users = levels_at(&all, until).values().filter(|level| level.is_positive()).count() as i64;
        let now = self.each_currency(stored, &|moved| level(moved, until), Some(Line::Usage), users);
        let Some(months) = usage_months(self.asked.defs) else { return Measured::only(now) };
        let first = all.iter().map(|one| one.at).min();
        let ends: Vec<Instant> =
            self.month_ends(until, months).into_iter().filter(|end| first.is_some_and(|first| first < *end)).collect();
        if ends.is_empty() && first.is_some() {
            return Measured::nothing("no month of use is over yet");
        }
        let mean = |moved: &[Moved]| {
            let each: Vec<Exact> = ends.iter().map(|end| level(moved, *end)).collect();
            usage_mrr(&each, each.len()).unwrap_or_default()
        };
        let mut found = Measured::only(self.each_currency(stored, &mean, Some(Line::Usage), users));
        found.inputs = BTreeMap::from([
            ("full-months".to_owned(), Figure::Count { count: ends.len() as i64 }),
            ("told-last".to_owned(), now),
        ]);
        found
    }

    /// The ends of the latest full months before an instant, oldest first.
    fn month_ends(&self, until: Instant, count: u32) -> Vec<Instant> {
        let workspace = &self.asked.defs.workspace;
        let mut month = Period::containing(workspace.zone.day_of(until), Unit::Month, workspace);
        let mut ends = Vec::new();
        for _ in 0..count {
            ends.push(month.starts_at());
            month = Period::containing(month.from.plus(-1), Unit::Month, workspace);
        }
        ends.reverse();
        ends
    }

    /// Split by a dimension, a customer of several values counts once in the whole and in each of them with its part.
    pub(super) fn in_several(&self, stored: &[Stored]) -> Option<String> {
        self.by?;
        let (_, until) = self.instants();
        let mut values: BTreeMap<EntityId, i64> = BTreeMap::new();
        for group in stored.iter().map(|one| &one.group).collect::<BTreeSet<_>>() {
            let moved: Vec<Moved> =
                stored.iter().filter(|one| one.group == *group && one.line.is_none()).map(|one| one.moved).collect();
            for (customer, _) in levels_at(&moved, until).into_iter().filter(|(_, level)| level.is_positive()) {
                *values.entry(customer).or_default() += 1;
            }
        }
        let several = values.values().filter(|count| **count > 1).count();
        (several > 0).then(|| {
            let customers = if several == 1 { "1 customer is".to_owned() } else { format!("{several} customers are") };
            format!("{customers} in several of these: once in the whole, in each with its part")
        })
    }
}
