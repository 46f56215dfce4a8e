//! When digests are due: on the clock of whoever receives them.

use jiff::civil::{DateTime, Time};
use jiff::tz::AmbiguousOffset;
use serde::{Deserialize, Serialize};

use crate::calendar::{is_nth_working_day_of_month, is_working_day};
use crate::definitions::{Closes, Digest, DigestDays, Place};
use crate::time::{Day, Instant, MS_PER_MINUTE, Zone};

/// A digest that starts later than this says that it is late.
pub const LATE_AFTER_MS: i64 = 10 * MS_PER_MINUTE;

/// How far ahead and back a due day is looked for.
const DAYS_MAX: i32 = 400;
/// Most days that one question about a span walks through.
const SPAN_DAYS_MAX: i32 = 4_000;

/// One message of a digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Due {
    /// The local day it is about, and unique by.
    pub day: Day,
    pub due_at: Instant,
}

/// A message that should have been sent already.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CatchUp {
    pub due: Due,
    /// Whether to say that it is late.
    pub is_late: bool,
}

/// Whether the digest is sent on this local day of the recipient's place. A day that a zone skipped is no day.
pub fn is_due_on(digest: &Digest, place: &Place, day: Day) -> bool {
    let is_chosen = match &digest.days {
        DigestDays::WorkingDays => is_working_day(place, day),
        DigestDays::EveryDay => true,
        DigestDays::Weekdays(days) => days.contains(&day.date().weekday()),
        DigestDays::NthWorkingDayOfMonth(n) => is_nth_working_day_of_month(place, *n, day),
    };
    is_chosen && place.zone.day_of(place.zone.start_of(day)) == day
}

/// The first due moment after `after`; `None` if there is none within a year.
pub fn next_due(digest: &Digest, place: &Place, after: Instant) -> Option<Due> {
    let today = place.zone.day_of(after);
    (-1..=DAYS_MAX).find_map(|days| due_on(digest, place, today.plus(days)).filter(|due| due.due_at > after))
}

/// Every due moment after `from`, up to and including `until`.
pub fn due_between(digest: &Digest, place: &Place, from: Instant, until: Instant) -> Vec<Due> {
    let (first, last) = (place.zone.day_of(from).plus(-1), place.zone.day_of(until).plus(1));
    let last = last.min(first.plus(SPAN_DAYS_MAX));
    (first.0..=last.0)
        .filter_map(|day| due_on(digest, place, Day(day)))
        .filter(|due| from < due.due_at && due.due_at <= until)
        .collect()
}

/// The message that should have been sent by now: the latest one only, however many were missed. `None` if it was done
/// already (`last_done`), or if the digest never ran before and nothing is due just now: a new digest does not begin in
/// the past.
pub fn catch_up(digest: &Digest, place: &Place, last_done: Option<Day>, now: Instant) -> Option<CatchUp> {
    let today = place.zone.day_of(now);
    let due = (-1..=DAYS_MAX)
        .find_map(|days| due_on(digest, place, today.plus(-days)).filter(|due| due.due_at <= now))
        .filter(|due| last_done.is_none_or(|done| due.day > done))?;
    let is_late = now.since(due.due_at) > LATE_AFTER_MS;
    (last_done.is_some() || !is_late).then_some(CatchUp { due, is_late })
}

/// When the day of a digest is over for its recipient: then the message is edited once. `None` if it never is.
pub fn closes_at(digest: &Digest, place: &Place, day: Day) -> Option<Instant> {
    match digest.closes? {
        Closes::EndOfDay => Some(place.zone.start_of(day.plus(1))),
        // A time that is not after the message is meant on the day after.
        Closes::At(time) => {
            let day = if time > digest.at { day } else { day.plus(1) };
            Some(moment(&place.zone, day, time))
        }
    }
}

/// The instant at which clocks of the zone show `time` on `day`: the first, if they do so twice; where they skip it, the
/// first instant behind the gap, or the last before it if that is already another day.
pub fn moment(zone: &Zone, day: Day, time: Time) -> Instant {
    let wanted = day.date().to_datetime(time);
    let ambiguous = zone.tz().to_ambiguous_zoned(wanted);
    let offsets = match ambiguous.offset() {
        AmbiguousOffset::Unambiguous { offset } => [offset, offset],
        AmbiguousOffset::Gap { before, after } | AmbiguousOffset::Fold { before, after } => [before, after],
    };
    let instants = offsets.map(|offset| offset.to_timestamp(wanted).map_or(zone.start_of(day), Instant::from));
    // Each is asked what its clocks show: the zone database has changes that only look like a fold (Nuuk, 2023).
    if let Some(shown) = instants.into_iter().filter(|at| zone.local(*at) == wanted).min() {
        return shown;
    }
    let [one, other] = instants;
    let behind = first_showing_later(zone, wanted, one.min(other), one.max(other));
    if zone.day_of(behind) == day { behind } else { behind.plus_ms(-1) }
}

/// The first instant whose clocks show more than `wanted`, which is after `before` and not after `after`.
fn first_showing_later(zone: &Zone, wanted: DateTime, before: Instant, after: Instant) -> Instant {
    let (mut before, mut after) = (before.as_ms(), after.as_ms());
    while after - before > 1 {
        let middle = before + (after - before) / 2;
        if zone.local(Instant(middle)) > wanted {
            after = middle;
        } else {
            before = middle;
        }
    }
    Instant(after)
}

fn due_on(digest: &Digest, place: &Place, day: Day) -> Option<Due> {
    is_due_on(digest, place, day).then(|| Due { day, due_at: moment(&place.zone, day, digest.at) })
}

#[cfg(test)]
mod tests;
