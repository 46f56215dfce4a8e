//! Events counted one by one: each last step is credited to the latest first step before it.

use super::count::{Cohort, Tally, is_held};
use super::{Funnel, Happening, Window};
use crate::time::Instant;

/// The first steps in the period, and the last steps that are credited to them, of one entity: what to count, and the place of
/// the first step that it belongs to.
pub(super) fn credited(funnel: &Funnel, happenings: &[Happening<'_>], cohort: &Cohort<'_>) -> Vec<(usize, Tally)> {
    let starts = |place: usize| happenings[place].steps & 1 != 0 && !happenings[place].ends;
    let is_counted = |place: &usize| starts(*place) && cohort.period.contains(happenings[*place].at);
    let mut found: Vec<(usize, Tally)> =
        (0..happenings.len()).filter(is_counted).map(|place| (place, Tally::of_events(1, 0))).collect();
    for (place, later) in happenings.iter().enumerate().filter(|(_, one)| one.steps & 2 != 0 && !one.ends) {
        let since_end = happenings[..place].iter().rposition(|one| one.ends).map_or(0, |end| end + 1);
        let latest = (since_end..happenings.len())
            .filter(|first| *first != place && starts(*first))
            .filter(|first| is_before(&funnel.window, happenings[*first].at, later.at))
            .filter(|first| is_held(funnel, &happenings[*first], later))
            .max_by_key(|first| happenings[*first].at);
        // A first step before the period takes its credit out of the count.
        if let Some(latest) = latest.filter(is_counted) {
            found.push((latest, Tally::of_events(0, 1)));
        }
    }
    found
}

/// Whether a first step is early enough to be credited, and not too early: the window is open at its beginning, so that seven
/// days are this day and the six before it.
fn is_before(window: &Window, first: Instant, later: Instant) -> bool {
    let is_recent = match window {
        Window::Elapsed { ms } => later.since(first) < *ms,
        Window::Days { days, zone } => zone.day_of(later).0 - zone.day_of(first).0 < *days,
    };
    first <= later && is_recent
}
