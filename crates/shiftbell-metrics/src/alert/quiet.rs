//! Quiet hours, and days off.

use crate::calendar::{is_working_day, next_working_day};
use crate::definitions::{Noise, Place};
use crate::schedule::moment;
use crate::time::Instant;

/// Until when a rule has to be quiet at this place; `None` if it may speak now. Where quiet hours are set, days off are
/// quiet from their beginning to the end of the quiet hours of the next working day.
pub fn quiet_until(noise: &Noise, rule: &str, place: &Place, now: Instant) -> Option<Instant> {
    let (from, until) = (noise.quiet_from?, noise.quiet_until?);
    if from == until || noise.quiet_except.iter().any(|except| except == rule) {
        return None;
    }
    let (today, time) = (place.zone.day_of(now), place.zone.local(now).time());
    let is_overnight = from > until;
    let is_quiet = if is_overnight { time >= from || time < until } else { from <= time && time < until };
    let is_at_work = is_working_day(place, today);
    if is_at_work && !is_quiet {
        return None;
    }
    // On a working day the quiet ends today, unless it has just begun for the night.
    if is_at_work && (!is_overnight || time < until) {
        return Some(moment(&place.zone, today, until)).filter(|end| *end > now);
    }
    let day = next_working_day(place, today)?;
    Some(moment(&place.zone, day, if is_overnight { until } else { place.from }))
}
