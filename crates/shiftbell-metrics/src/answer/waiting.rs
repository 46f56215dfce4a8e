//! How long it takes, when some are still waiting.

use std::collections::BTreeMap;

use super::tally::{Tallies, Tally};
use crate::calendar::WorkClock;
use crate::cell::{Histogram, bucket_of, edge};
use crate::time::{Day, Instant, Zone};

/// How long it took, on the edges of the buckets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Waits {
    pub(super) median_ms: Option<i64>,
    pub(super) p90_ms: Option<i64>,
    pub(super) arrived: i64,
    pub(super) waiting: i64,
}

/// Median and 90th percentile of the time to a target, on the edges of the buckets.
///
/// Who still waits counts as waiting at least as long as it has (the product-limit estimate), who was lost on the way is
/// left out: it will not arrive. `None` where too many wait to say.
pub(super) fn waits(tallies: &Tallies, age: impl Fn(Day) -> i64) -> Waits {
    let (mut arrived, mut waiting) = (Histogram::new(), Histogram::new());
    for (day, groups) in tallies {
        for tally in groups.values() {
            tally.spans.iter().for_each(|(bucket, n)| *arrived.entry(*bucket).or_default() += n);
            *waiting.entry(bucket_of(age(*day))).or_default() += still_waiting(tally);
        }
    }
    let (all_arrived, all_waiting) = (arrived.values().sum::<i64>(), waiting.values().sum::<i64>());
    let mut at_risk = all_arrived + all_waiting;
    let mut remain = 1.0_f64;
    let (mut median_ms, mut p90_ms) = (None, None);
    let steps: BTreeMap<u16, ()> = arrived.keys().chain(waiting.keys()).map(|bucket| (*bucket, ())).collect();
    for bucket in steps.keys() {
        let came = arrived.get(bucket).copied().unwrap_or(0);
        if came > 0 && at_risk > 0 {
            remain *= 1.0 - came as f64 / at_risk as f64;
        }
        // A rounding error must not move a percentile that is met exactly.
        for (share, ms) in [(0.5, &mut median_ms), (0.9, &mut p90_ms)] {
            if ms.is_none() && came > 0 && remain <= 1.0 - share + 1e-9 {
                *ms = Some(edge(*bucket));
            }
        }
        at_risk -= came + waiting.get(bucket).copied().unwrap_or(0);
    }
    Waits { median_ms, p90_ms, arrived: all_arrived, waiting: all_waiting }
}

pub(super) fn still_waiting(tally: &Tally) -> i64 {
    (tally.entered - tally.spans.values().sum::<i64>() - tally.over).max(0)
}

/// How long who entered on a day has waited by now, at least.
pub(super) fn age(day: Day, zone: &Zone, now: Instant, clock: Option<&WorkClock>) -> i64 {
    let from = zone.start_of(day.plus(1));
    match clock {
        Some(clock) => clock.between(from, now),
        None => now.since(from).max(0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::{MS_PER_DAY, MS_PER_HOUR};

    fn days(spans: &[i64], waiting: i64, over: i64) -> Tallies {
        let mut tally = Tally { entered: spans.len() as i64 + waiting + over, over, ..Tally::default() };
        for span in spans {
            *tally.spans.entry(bucket_of(span * MS_PER_DAY)).or_default() += 1;
        }
        Tallies::from([(Day(0), BTreeMap::from([(None, tally)]))])
    }

    #[test]
    fn who_still_waits_moves_the_median() {
        let of = |waiting, age| waits(&days(&[2, 4, 6], waiting, 5), |_| age);
        assert_eq!(of(0, 0).median_ms, Some(4 * MS_PER_DAY));
        assert_eq!(of(3, 30 * MS_PER_DAY).median_ms, Some(6 * MS_PER_DAY));
        let most = of(4, 30 * MS_PER_DAY);
        assert_eq!((most.median_ms, most.arrived, most.waiting), (None, 3, 4));
        assert_eq!(of(4, MS_PER_HOUR).median_ms, Some(4 * MS_PER_DAY), "who came an hour ago says nothing yet");
        assert_eq!(of(0, 0).p90_ms, Some(6 * MS_PER_DAY));
    }

    #[test]
    fn nothing_has_no_median() {
        assert_eq!(waits(&Tallies::new(), |_| 0).median_ms, None);
    }
}
