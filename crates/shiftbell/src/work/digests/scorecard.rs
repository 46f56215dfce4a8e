//! A person's scorecard: their day in numbers, the verdict, the one next action, their part in wins.

use serde_json::json;
use shiftbell_metrics::calendar::{is_working_day, working_days_between};
use shiftbell_metrics::definitions::{Definitions, Person, Place};
use shiftbell_metrics::scorecard::{DayFacts, DayState, LineValue, Verdict, judge};
use shiftbell_metrics::time::Day;
use shiftbell_render::facts::{Person as Named, SeenBy};
use shiftbell_render::messages::{self, Notice};

use super::desk::Desk;
use super::line::{leads, line};
use super::post::Body;
use super::{credit, next, score, unseen};
use crate::answer::AskError;
use crate::rights;
use crate::work::shelf::Personal;

/// Working days of a new person without a verdict.
const FIRST_DAYS: u32 = 5;

/// The message of a person's day with its receipt; `None` if they have no line that can be counted, or are not at work.
pub(super) async fn written(
    desk: &mut Desk<'_>,
    person: &Person,
    place: &Place,
    day: Day,
    state: DayState,
    receipt: String,
) -> Result<Option<(Notice, Body)>, AskError> {
    let defs = desk.shelf.company.defs();
    let Some(wanted) = defs.scorecards.roles.get(&person.role) else { return Ok(None) };
    let mut mine = match leads(defs, &person.role) {
        Some(_) => Personal::everybody(),
        None => Personal::of(desk.shelf.company, &person.email),
    };
    let (mut lines, mut questions) = (Vec::new(), Vec::new());
    for wanted in wanted {
        if let Some((facts, question)) = line(desk, &mut mine, person, place, day, wanted).await? {
            lines.push(facts);
            questions.push(question);
        }
    }
    let not_counted = unseen::first_said(desk, person, day, &lines).await?;
    // Nothing that is due anywhere is no news.
    if lines.iter().all(|line| line.is_never_seen || line.value == LineValue::NoRecords) {
        return Ok(None);
    }
    let facts = DayFacts {
        person: person.email.clone(),
        day,
        zone: place.zone.clone(),
        state,
        is_off: !is_working_day(place, day),
        is_numbers_only: defs.scorecards.first_week_numbers_only && is_new(person, place, day),
        silence: desk.seen.silence(defs, wanted),
        good_day: defs.scorecards.good_day,
        partly: defs.scorecards.partly,
        too_few: defs.policies.too_few,
        lines,
    };
    let judged = judge(&facts);
    if judged.verdict == Verdict::Off {
        return Ok(None);
    }
    let is_closed = state == DayState::Closed;
    let own = Personal::of(desk.shelf.company, &person.email);
    // What is over has no next action any more.
    let next = if is_closed { None } else { next::action(desk, &own, person, place, day).await? };
    let credit = credit::of_wins(desk, &own, place, day).await?;
    let footer = desk.footer(&place.zone, is_closed, seen_by(defs, person), &receipt);
    let message = messages::Scorecard {
        person: Named::new(&person.email),
        day: day.date(),
        verdict: score::verdict(&judged.verdict, &facts),
        short_of: score::short_of(&judged),
        praise: score::praise(&judged),
        closed: is_closed,
        lines: score::lines(&judged, &facts),
        not_counted,
        said: None,
        next,
        credit,
        changed: None,
        open: None,
        footer,
    };
    let body = json!({ "scorecard": judged, "questions": questions, "asked_at": desk.shelf.now });
    Ok(Some((Notice::from(message), Body { id: receipt, mark: desk.shelf.mark.clone(), body })))
}

fn is_new(person: &Person, place: &Place, day: Day) -> bool {
    person.since.is_some_and(|since| {
        let since = Day::from_date(since);
        since <= day && working_days_between(place, since, day.plus(1)) <= FIRST_DAYS
    })
}

/// The person and who manages their team.
fn seen_by(defs: &Definitions, person: &Person) -> SeenBy {
    match rights::manager_of(defs, person) {
        Some(manager) => SeenBy::YouAnd(vec![Named::new(manager)]),
        None => SeenBy::OnlyYou,
    }
}
