//! A manager's digest: how the day of each of the team ended, as their scorecards said it, and what is in their way.

use serde_json::json;
use shiftbell_metrics::alert::Recipient;
use shiftbell_metrics::calendar::is_working_day;
use shiftbell_metrics::definitions::{Digest, DigestKind, DigestTo, Person, Place};
use shiftbell_metrics::rollout::InForce;
use shiftbell_metrics::schedule::{closes_at, is_due_on, moment};
use shiftbell_metrics::time::{Day, Instant, MS_PER_MINUTE};
use shiftbell_render::facts::{Person as Named, SeenBy};
use shiftbell_render::messages::doubt::Way;
use shiftbell_render::messages::{self, Friction, Help, Notice, Scorecard, ShortOf, Verdict};
use shiftbell_render::words;
use shiftbell_store::doubts::{self, Doubt, State};
use shiftbell_store::outbox;

use super::desk::Desk;
use super::post::Body;
use super::row;
use crate::answer::AskError;
use crate::companies::Company;
use crate::rights;
use crate::work::To;
use crate::work::absent::Why;
use crate::work::letter::Letter;
use crate::work::shelf::Shelf;

/// Days back in which a day before is looked for.
const DAYS_BACK: i32 = 60;
/// What is said so shortly before the digest is written stands in the next.
const WRITTEN_MS: i64 = MS_PER_MINUTE;
/// Older ones are not counted as waiting any more.
const WAITING_DAYS: i32 = 30;
const DOUBTS_MAX: i64 = 1_000;

/// Whether friction that goes to this person is collected in a digest of theirs.
pub(crate) fn reads(company: &Company, in_force: &InForce, email: &str) -> bool {
    is_for(company, email) && in_force.reaches(Recipient::Person(email))
}

/// Whether there is such a digest for this person, whomever the roll-out reaches.
pub(super) fn is_for(company: &Company, email: &str) -> bool {
    let defs = company.defs();
    let is_sent = |digest: &Digest| {
        digest.send == DigestKind::Team && digest.to == DigestTo::EachManager && digest.not_active.is_none()
    };
    let leads = defs.people.iter().any(|person| is_led_by(company, person, email));
    leads && defs.digests.iter().any(is_sent)
}

fn is_led_by(company: &Company, person: &Person, email: &str) -> bool {
    rights::manager_of(company.defs(), person).is_some_and(|manager| manager.eq_ignore_ascii_case(email))
}

/// When the day before is over for everyone in the team, whatever their zone; the digest waits for it.
pub(super) fn complete_at(company: &Company, place: &Place, manager: &str, day: Day) -> Option<Instant> {
    let defs = company.defs();
    let about = day_before(place, day)?;
    let scorecards = defs.digests.iter().find(|digest| digest.send == DigestKind::Scorecard)?;
    let team = defs.people.iter().filter(|person| is_led_by(company, person, manager));
    team.filter_map(|person| closes_at(scorecards, defs.places.get(&person.place)?, about)).max()
}

/// The working day that a digest of this day is about.
fn day_before(place: &Place, day: Day) -> Option<Day> {
    (1..=DAYS_BACK).map(|days| day.plus(-days)).find(|day| is_working_day(place, *day))
}

/// The message of a manager with its receipt; `None` if nothing is known of the day and nobody said anything.
pub(super) async fn written(
    desk: &mut Desk<'_>,
    digest: &Digest,
    manager: &str,
    place: &Place,
    day: Day,
    receipt: String,
) -> Result<Option<(Notice, Body)>, AskError> {
    let company = desk.shelf.company;
    let Some(about) = day_before(place, day) else { return Ok(None) };
    let (new, waiting) = said(&mut desk.shelf, digest, manager, place, day).await?;
    let mut team = messages::Team {
        day: about.date(),
        good: 0,
        judged: 0,
        help: Vec::new(),
        well: Vec::new(),
        unjudged: Vec::new(),
        away: Vec::new(),
        waiting,
        footer: desk.footer(&place.zone, true, SeenBy::OnlyYou, &receipt),
    };
    let everybody = company.defs().people.iter().filter(|person| is_led_by(company, person, manager));
    for person in everybody {
        let card = scorecard(&mut desk.shelf, person, about).await?;
        let mine: Vec<&Doubt> = new.iter().filter(|doubt| doubt.said_by.eq_ignore_ascii_case(&person.email)).collect();
        enter(&mut team, &company.defs().privacy.manager_sees, person, card.as_deref(), &mine);
    }
    // What is in the way comes before what is short.
    team.help.sort_by_key(|help| help.said.is_empty());
    let is_empty = team.judged == 0 && team.help.is_empty() && team.unjudged.is_empty() && team.away.is_empty();
    if is_empty {
        return Ok(None);
    }
    add_away(desk, manager, day, &mut team.away);
    let body = json!({ "team": team, "manager": manager, "questions": [], "asked_at": desk.shelf.now });
    Ok(Some((Notice::from(team), Body { id: receipt, mark: desk.shelf.mark.clone(), body })))
}

/// Whoever of the team is away on the day of the digest, with their last day away.
fn add_away(desk: &Desk<'_>, manager: &str, day: Day, away: &mut Vec<Named>) {
    let company = desk.shelf.company;
    for person in company.defs().people.iter().filter(|person| is_led_by(company, person, manager)) {
        if let Some(Why::Away(until)) = desk.absent.why(&person.email, day) {
            let named = Named::new(&person.email);
            let name = format!("{} (until {})", named.name, words::day(until.date()));
            away.retain(|said| said.email != named.email);
            away.push(Named { name, ..named });
        }
    }
}

/// One person's day, as far as their manager may see it.
fn enter(team: &mut messages::Team, sees: &str, person: &Person, card: Option<&Scorecard>, said: &[&Doubt]) {
    let named = Named::new(&person.email);
    let way = |doubt: &&&Doubt| Way::from_word(&doubt.way);
    if said.iter().any(|doubt| way(&doubt) == Some(Way::Away)) {
        team.away.push(named.clone());
    }
    let friction = said
        .iter()
        .filter(|doubt| !matches!(way(doubt), Some(Way::Away) | None))
        .filter_map(|doubt| Some(Friction { way: Way::from_word(&doubt.way)?, words: doubt.words.clone() }));
    let friction: Vec<Friction> = friction.collect();
    let is_named = sees != "team only";
    let mut short = None;
    let mut needs_help = false;
    match card.map(|card| &card.verdict) {
        Some(Verdict::Successful) => {
            (team.good, team.judged) = (team.good + 1, team.judged + 1);
            if is_named && friction.is_empty() {
                team.well.push(named.clone());
            }
        }
        Some(Verdict::Partly | Verdict::NotSuccessful | Verdict::NotYet) => {
            team.judged += 1;
            needs_help = is_named;
            let line = card.and_then(|card| card.short_of.as_ref());
            short = line.filter(|_| sees == "lines").map(missing);
        }
        Some(Verdict::NoVerdict { .. }) if is_named => team.unjudged.push(named.clone()),
        Some(Verdict::NoVerdict { .. } | Verdict::NumbersOnly | Verdict::NoTarget | Verdict::NothingDue) | None => {}
    }
    if needs_help || !friction.is_empty() {
        team.help.push(Help { person: named, short, said: friction });
    }
}

fn missing(short: &ShortOf) -> String {
    format!("{} of {} {} {}", short.done, short.required, short.what.many, short.reached)
}

/// A person's scorecard of a day, as it was said last.
async fn scorecard(shelf: &mut Shelf<'_>, person: &Person, day: Day) -> Result<Option<Box<Scorecard>>, AskError> {
    let (company, to) = (shelf.company, To::Person(person.email.clone()));
    let digests = company.defs().digests.iter().filter(|digest| digest.send == DigestKind::Scorecard);
    for digest in digests {
        for (outlet, _) in company.workspace.channels_of(&to) {
            let Some(listed) = row(shelf, digest, day, &to, &outlet).await? else { continue };
            let facts = outbox::facts(&mut shelf.snapshot, company.name(), listed.id).await?.unwrap_or_default();
            if let Ok(Letter { notice: Notice::Scorecard(card), .. }) = Letter::read(&facts) {
                return Ok(Some(card));
            }
        }
    }
    Ok(None)
}

/// What went to the manager since the digest before, and how many of those before are not settled.
async fn said(
    shelf: &mut Shelf<'_>,
    digest: &Digest,
    manager: &str,
    place: &Place,
    day: Day,
) -> Result<(Vec<Doubt>, u64), AskError> {
    let written = |day: Day| moment(&place.zone, day, digest.at).as_ms() - WRITTEN_MS;
    let before = (1..=DAYS_BACK).map(|days| day.plus(-days)).find(|day| is_due_on(digest, place, *day));
    let (until, from) = (written(day), before.map_or(0, written));
    let name = shelf.company.name();
    let new = doubts::said_between(&mut shelf.snapshot, name, manager, (from, until)).await?;
    let new = new.into_iter().filter(is_friction).collect();
    let oldest = moment(&place.zone, day.plus(-WAITING_DAYS), digest.at).as_ms();
    let open = doubts::not_closed(&mut shelf.snapshot, name, manager, DOUBTS_MAX).await?;
    let is_old = |doubt: &&Doubt| is_friction(doubt) && (oldest..from).contains(&doubt.said_at_ms);
    let waiting = open.iter().filter(is_old).filter(|doubt| doubt.state != State::Closed).count();
    Ok((new, u64::try_from(waiting).unwrap_or(u64::MAX)))
}

fn is_friction(doubt: &Doubt) -> bool {
    Way::from_word(&doubt.way).is_some_and(|way| !way.is_for_keeper())
}
