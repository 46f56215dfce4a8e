//! Old leaks: what happened before anybody could be told, and has not ended since.

use std::collections::BTreeMap;

use crate::contribution::Entry;
use crate::id::EntityId;
use crate::money::Money;
use crate::time::Instant;

/// Of what happened to each record the latest, unless what ends it has happened to the same record since.
pub fn still_open(happened: Vec<Entry>, ended: &[Entry]) -> Vec<Entry> {
    let mut ends: BTreeMap<EntityId, Instant> = BTreeMap::new();
    for end in ended {
        let last = ends.entry(end.entity).or_insert(end.at);
        *last = end.at.max(*last);
    }
    let mut latest: BTreeMap<EntityId, Entry> = BTreeMap::new();
    for entry in happened {
        let is_over = ends.get(&entry.entity).is_some_and(|end| *end >= entry.at);
        let is_later = latest.get(&entry.entity).is_none_or(|known| known.at < entry.at);
        if !is_over && is_later {
            latest.insert(entry.entity, entry);
        }
    }
    latest.into_values().collect()
}

/// What is open, all of it in one line and the largest one by one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OldLeaks<T> {
    pub found: u64,
    /// What those are worth together whose worth is known.
    pub worth: Option<Money>,
    pub oldest: Instant,
    /// By worth; those of unknown worth come last, the oldest first.
    pub largest: Vec<T>,
}

/// Adds up leaks: what each is worth, since when it is open, and what it is. `None` if there are none.
pub fn old_leaks<T>(leaks: Vec<(Option<Money>, Instant, T)>, largest_max: usize) -> Option<OldLeaks<T>> {
    let oldest = leaks.iter().map(|(_, at, _)| *at).min()?;
    let worth = leaks
        .iter()
        .filter_map(|(worth, ..)| *worth)
        .reduce(|all, one| Money::new(all.minor.saturating_add(one.minor), all.currency));
    let found = u64::try_from(leaks.len()).unwrap_or(u64::MAX);
    let mut largest = leaks;
    largest.sort_by_key(|(worth, at, _)| (std::cmp::Reverse(worth.map(|worth| worth.minor)), *at));
    largest.truncate(largest_max);
    Some(OldLeaks { found, worth, oldest, largest: largest.into_iter().map(|(.., leak)| leak).collect() })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::money::Currency;

    fn entry(entity: i64, at: i64) -> Entry {
        Entry::new(EntityId(entity), 0, Instant(at))
    }

    #[test]
    fn what_ended_since_is_no_leak_and_what_came_back_is_one() {
        let happened = vec![entry(1, 10), entry(2, 10), entry(2, 30), entry(3, 10), entry(4, 5), entry(4, 7)];
        let ended = [entry(1, 20), entry(2, 20), entry(3, 10), entry(9, 99)];
        let open: Vec<(i64, i64)> =
            still_open(happened, &ended).iter().map(|entry| (entry.entity.0, entry.at.as_ms())).collect();
        assert_eq!(open, [(2, 30), (4, 7)]);
    }

    #[test]
    fn the_largest_come_first_and_those_of_unknown_worth_last() {
        let usd = |major: i64| Some(Money::new(major * 100, Currency::USD));
        let leaks = vec![(usd(5), Instant(3), "five"), (None, Instant(1), "unknown"), (usd(9), Instant(2), "nine")];
        let all = old_leaks(leaks.clone(), 10).unwrap();
        assert_eq!((all.found, all.worth, all.oldest), (3, usd(14), Instant(1)));
        assert_eq!(all.largest, ["nine", "five", "unknown"]);
        assert_eq!(old_leaks(leaks, 1).unwrap().largest, ["nine"]);
        assert_eq!(old_leaks(Vec::<(Option<Money>, Instant, ())>::new(), 1), None);
    }

    proptest! {
        /// The order in which history is read changes nothing, and no record is open twice.
        #[test]
        fn the_order_of_history_does_not_matter(
            mut happened in prop::collection::vec((0..5_i64, 0..9_i64), 0..20),
            ended in prop::collection::vec((0..5_i64, 0..9_i64), 0..20),
        ) {
            let entries = |all: &[(i64, i64)]| all.iter().map(|(entity, at)| entry(*entity, *at)).collect::<Vec<_>>();
            let open = still_open(entries(&happened), &entries(&ended));
            happened.reverse();
            prop_assert_eq!(&open, &still_open(entries(&happened), &entries(&ended)));
            for one in &open {
                prop_assert!(!ended.iter().any(|(entity, at)| *entity == one.entity.0 && *at >= one.at.as_ms()));
                prop_assert_eq!(open.iter().filter(|other| other.entity == one.entity).count(), 1);
            }
        }
    }
}
