//! When somebody's scorecard comes.

use shiftbell_metrics::definitions::{Digest, DigestDays, DigestKind, DigestTo, Person, Place};
use shiftbell_metrics::schedule::{closes_at, is_due_on, moment, next_due};
use shiftbell_metrics::time::Instant;
use shiftbell_render::messages::CardTimes;
use shiftbell_render::words;

use crate::companies::Company;

/// Their scorecard's times on their own clock, and whether today's follows at once; `None` if their role has none.
pub(super) fn of(company: &Company, person: &Person, place: &Place, now: Instant) -> Option<(CardTimes, bool)> {
    let defs = company.defs();
    let is_card = |digest: &&Digest| {
        digest.send == DigestKind::Scorecard && digest.to == DigestTo::EachPerson && digest.not_active.is_none()
    };
    let digest = defs.digests.iter().find(is_card)?;
    defs.scorecards.roles.get(&person.role)?;
    let today = place.zone.day_of(now);
    // Today's, if its hour is over and its day is not.
    let is_past = is_due_on(digest, place, today) && moment(&place.zone, today, digest.at) <= now;
    let follows = is_past && closes_at(digest, place, today).is_none_or(|end| now < end);
    let first = match (follows, next_due(digest, place, now)) {
        (true, _) => "today".to_owned(),
        (false, Some(due)) if due.day == today => "today".to_owned(),
        (false, Some(due)) if due.day == today.plus(1) => "tomorrow".to_owned(),
        (false, Some(due)) if due.day < today.plus(7) => format!("on {}", words::weekday(due.day.date())),
        (false, Some(due)) => format!("on {}", words::day(due.day.date())),
        (false, None) => return None,
    };
    let days = match &digest.days {
        DigestDays::WorkingDays => "on working days".to_owned(),
        DigestDays::EveryDay => "every day".to_owned(),
        DigestDays::Weekdays(days) => {
            let names: Vec<String> = days.iter().map(|day| format!("{day:?}s")).collect();
            format!("on {}", words::list(&names, names.len()))
        }
        DigestDays::NthWorkingDayOfMonth(n) => format!("on working day {n} of each month"),
    };
    let at = format!("{:02}:{:02}", digest.at.hour(), digest.at.minute());
    Some((CardTimes { at, days, first }, follows))
}
