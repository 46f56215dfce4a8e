//! Digests: what is sent at a time of the recipient's own clock, once for each local day, and edited once when it closes.
//!
//! Any number of processes may do this at once: that a message is there once is a constraint of the database, and the
//! cursors only save the work of finding that out.

pub mod bowtie;
mod credit;
pub mod desk;
mod framed;
mod line;
mod money;
mod next;
pub mod post;
pub mod preview;
pub(crate) mod record;
mod said;
mod score;
pub mod scorecard;
mod seen;
pub(crate) mod team;
mod unseen;

use std::collections::BTreeMap;
use std::sync::Arc;

use shiftbell_metrics::calendar::home;
use shiftbell_metrics::definitions::{Digest, DigestKind, DigestTo, Person, Place};
use shiftbell_metrics::rollout::InForce;
use shiftbell_metrics::schedule::{CatchUp, Due, LATE_AFTER_MS, catch_up, closes_at, is_due_on};
use shiftbell_metrics::scorecard::DayState;
use shiftbell_metrics::time::{Day, Instant};
use shiftbell_render::messages::{Mark, Notice};
use shiftbell_store::{StoreError, cursors, outbox};

use super::To;
use super::letter::Letter;
use super::rollout;
use super::shelf::Shelf;
use crate::answer::AskError;
use crate::companies::Company;
use crate::program::Program;
use desk::Desk;
pub(crate) use line::value_of;
use post::{Post, Posted, Standing};
pub(crate) use seen::kinds_of;

/// How far back a day is looked for that has not been closed.
const DAYS_BACK: i32 = 7;

/// Everybody who receives a digest at the same moments.
#[derive(Clone, Debug)]
pub struct Group {
    /// What tells it apart from the other groups of its digest.
    key: String,
    pub place: Place,
    pub to: Vec<To>,
}

impl Group {
    /// Those of it whom the roll-out reaches.
    #[must_use]
    pub fn reached(self, rollout: &InForce) -> Group {
        Group { to: self.to.into_iter().filter(|to| rollout.reaches(to.recipient())).collect(), ..self }
    }

    /// The group with nobody else in it; `None` if this person does not belong to it.
    pub fn only(self, person: &str) -> Option<Group> {
        let to: Vec<To> = self.to.into_iter().filter(|to| to.name().eq_ignore_ascii_case(person)).collect();
        (!to.is_empty()).then_some(Group { to, ..self })
    }
}

/// Sends what is due and closes what is over, in one company. Returns how many messages were put into the outbox.
///
/// # Errors
/// The database's, or numbers that cannot be read. What was not done is done at the next turn.
pub async fn turn(program: &Arc<Program>, company: &Company) -> Result<usize, AskError> {
    let now = program.clock.now();
    let in_force = rollout::in_force(&mut *program.db.read().await?, &company.workspace).await?;
    let mut count = 0;
    for digest in company.defs().digests.iter().filter(|digest| digest.not_active.is_none()) {
        for group in groups(company, digest) {
            count += open(program, company, digest, &group, &in_force, now).await?;
            if digest.closes.is_some() {
                count += close(program, company, digest, &group, now).await?;
            }
        }
    }
    Ok(count)
}

/// The recipients of a digest, by the place on whose clock they receive it, whomever the roll-out reaches.
pub fn groups(company: &Company, digest: &Digest) -> Vec<Group> {
    let defs = company.defs();
    match &digest.to {
        DigestTo::Destination(id) => {
            vec![Group { key: id.clone(), place: home(defs), to: vec![To::Channel(id.clone())] }]
        }
        DigestTo::EachManager => {
            // Each waits for their own team's last zone.
            let managers = defs.people.iter().filter(|person| team::is_for(company, &person.email));
            let group = |person: &Person| Group {
                key: person.email.clone(),
                place: place_of(company, person),
                to: vec![To::Person(person.email.clone())],
            };
            managers.map(group).collect()
        }
        DigestTo::EachPerson => {
            let mut by_place: BTreeMap<&str, Vec<To>> = BTreeMap::new();
            for person in defs.people.iter().filter(|person| defs.scorecards.roles.contains_key(&person.role)) {
                by_place.entry(&person.place).or_default().push(To::Person(person.email.clone()));
            }
            let place = |id: &str| defs.places.get(id).unwrap_or(&company.workspace.meaning.fallback_place).clone();
            by_place.into_iter().map(|(id, to)| Group { key: id.to_owned(), place: place(id), to }).collect()
        }
    }
}

/// Where a person works, on whose clock they receive.
fn place_of(company: &Company, person: &Person) -> Place {
    company.defs().places.get(&person.place).unwrap_or(&company.workspace.meaning.fallback_place).clone()
}

/// Sends the latest message that is due and not done.
async fn open(
    program: &Arc<Program>,
    company: &Company,
    digest: &Digest,
    group: &Group,
    in_force: &InForce,
    now: Instant,
) -> Result<usize, AskError> {
    let cursor = cursor(digest, group, "sent");
    let sent = sent(program, company, &cursor).await?;
    let due = match (catch_up(digest, &group.place, sent.as_ref().map(|sent| sent.day), now), &sent) {
        (Some(due), _) => due,
        (None, None) => {
            // Seen for the first time: from now on, a run that is missed is known to be.
            let done = catch_up(digest, &group.place, Some(Day(i32::MIN)), now);
            set(program, company, &cursor, &done.map_or(Day(0), |done| done.due.day).0.to_string(), now).await?;
            return Ok(0);
        }
        (None, Some(sent)) => match again(digest, &group.place, sent, in_force, now) {
            Some(due) => due,
            None => return Ok(0),
        },
    };
    let ready_at = ready_at(company, digest, group, due.due.day);
    if ready_at.is_some_and(|ready_at| now < ready_at) {
        return Ok(0);
    }
    let is_late = due.is_late && ready_at.is_none_or(|ready_at| now.since(ready_at) > LATE_AFTER_MS);
    let mark = is_late.then(|| late(&group.place, &due.due, now));
    let mut desk = Desk::open(program, company, now).await?;
    let count = send(program, &mut desk, digest, group, due.due.day, mark).await?;
    let reached = format!("{} {}", due.due.day.0, desk.rollout.mark());
    set(program, company, &cursor, &reached, now).await?;
    Ok(count)
}

/// When everything that a digest tells is over; `None` where it need not be.
fn ready_at(company: &Company, digest: &Digest, group: &Group, day: Day) -> Option<Instant> {
    match (digest.send, group.to.first()) {
        (DigestKind::Team, Some(To::Person(manager))) => team::complete_at(company, &group.place, manager, day),
        _ => None,
    }
}

/// A day's message that was sent, and goes to whomever the roll-out reaches since then: as long as it is today's and its day
/// is not over. What is older is no news any more.
fn again(digest: &Digest, place: &Place, sent: &Sent, in_force: &InForce, now: Instant) -> Option<CatchUp> {
    let is_same = sent.reached.as_ref().is_none_or(|reached| *reached == in_force.mark());
    let is_open = closes_at(digest, place, sent.day).is_none_or(|end| now < end);
    if is_same || !is_open || place.zone.day_of(now) != sent.day {
        return None;
    }
    catch_up(digest, place, Some(sent.day.plus(-1)), now)
}

/// Sends a digest of one day to everybody of a group whom the roll-out reaches and who has not had it; in the frame, what the
/// others would receive is shown to the reviewer.
///
/// # Errors
/// The database's, or numbers that cannot be read.
pub async fn send(
    program: &Arc<Program>,
    desk: &mut Desk<'_>,
    digest: &Digest,
    group: &Group,
    day: Day,
    mark: Option<Mark>,
) -> Result<usize, AskError> {
    let (company, now) = (desk.shelf.company, desk.shelf.now);
    let is_over = closes_at(digest, &group.place, day).is_some_and(|end| end <= now);
    let state = if is_over { DayState::Closed } else { DayState::Open };
    let mut post = Post::new(program, company, digest, day, now);
    for to in &group.to {
        if !desk.rollout.reaches(to.recipient()) {
            continue;
        }
        let standing = post::standing(&mut desk.shelf, digest, day, to).await?;
        if standing == Standing::Said {
            continue;
        }
        if let Some((notice, receipt)) = written(program, desk, digest, &group.place, to, day, state).await? {
            let letter = Letter { mark: mark.clone(), ..Letter::new(notice) };
            match standing {
                Standing::HeldBack(revision) => post.revise(to, letter, receipt, revision + 1).await?,
                Standing::Nothing | Standing::Said => post.put(to, letter, receipt).await?,
            }
        }
    }
    let count = post.finish().await?;
    unseen::tell_new(program, desk, day).await?;
    Ok(count + framed::send(program, desk, digest, group, day, state).await?)
}

/// The message of one recipient and its receipt; `None` where there is nothing to say.
///
/// # Errors
/// The database's, or numbers that cannot be read.
pub async fn written(
    program: &Program,
    desk: &mut Desk<'_>,
    digest: &Digest,
    place: &Place,
    to: &To,
    day: Day,
    state: DayState,
) -> Result<Option<(Notice, post::Body)>, AskError> {
    let receipt = post::new_receipt(program);
    match (digest.send, to) {
        (DigestKind::Scorecard, To::Person(email)) => {
            let Some(person) = desk.shelf.company.defs().person(email).cloned() else { return Ok(None) };
            if desk.absent.why(email, day).is_some() {
                return Ok(None);
            }
            // Their days away are no working days of theirs: what is expected by now waits for them.
            let place = desk.absent.place_for(email, place);
            scorecard::written(desk, &person, &place, day, state, receipt).await
        }
        (DigestKind::Bowtie, To::Channel(_)) => bowtie::written(desk, digest, day, receipt).await.map(Some),
        (DigestKind::RecurringRevenue, _) => money::written(desk, day, receipt).await,
        (DigestKind::Team, To::Person(manager)) => team::written(desk, digest, manager, place, day, receipt).await,
        (DigestKind::Scorecard | DigestKind::Bowtie | DigestKind::Team, To::Person(_) | To::Channel(_)) => Ok(None),
    }
}

/// Edits, once, the messages of every day that is over.
async fn close(
    program: &Arc<Program>,
    company: &Company,
    digest: &Digest,
    group: &Group,
    now: Instant,
) -> Result<usize, AskError> {
    let Some(Sent { day: sent, .. }) = sent(program, company, &cursor(digest, group, "sent")).await? else {
        return Ok(0);
    };
    let closed_cursor = cursor(digest, group, "closed");
    let closed = self::sent(program, company, &closed_cursor).await?.map(|closed| closed.day);
    let first = closed.map_or(sent, |closed| closed.plus(1)).max(sent.plus(-DAYS_BACK));
    let over = |day: &Day| {
        is_due_on(digest, &group.place, *day) && closes_at(digest, &group.place, *day).is_some_and(|end| end <= now)
    };
    let mut count = 0;
    for day in (first.0..=sent.0).map(Day).filter(over) {
        let mut desk = Desk::open(program, company, now).await?;
        let mut post = Post::new(program, company, digest, day, now);
        for to in &group.to {
            let Posted::Open(open) = post::posted(&mut desk.shelf, digest, day, to).await? else { continue };
            let new = written(program, &mut desk, digest, &group.place, to, day, DayState::Closed).await?;
            if let Some((mut notice, receipt)) = new {
                if let Notice::Scorecard(card) = &mut notice {
                    card.said = said::about(&mut desk.shelf, &desk.rollout, open.notice, to).await?;
                }
                let letter = Letter { mark: open.mark, ..Letter::new(notice) };
                post.revise(to, letter, receipt, open.revision + 1).await?;
            }
        }
        count += post.finish().await?;
        set(program, company, &closed_cursor, &day.0.to_string(), now).await?;
    }
    Ok(count)
}

/// The line of a message that should have been sent earlier, on its reader's clock.
fn late(place: &Place, due: &Due, now: Instant) -> Mark {
    let zone = &place.zone;
    let is_today = zone.day_of(now) == due.day;
    let clock = |at: Instant| {
        let local = zone.local(at);
        let time = format!("{:02}:{:02}", local.hour(), local.minute());
        if is_today { time } else { format!("{} {time}", shiftbell_render::words::day(local.date())) }
    };
    Mark::Late { due: clock(due.due_at), sent: clock(now) }
}

fn cursor(digest: &Digest, group: &Group, what: &str) -> String {
    format!("digest/{}/{}/{what}", digest.id, group.key)
}

/// How far a group is.
#[derive(Debug)]
struct Sent {
    day: Day,
    /// The mark of the roll-out then; `None` where nothing was sent yet.
    reached: Option<String>,
}

async fn sent(program: &Program, company: &Company, cursor: &str) -> Result<Option<Sent>, StoreError> {
    let mut snapshot = program.db.read().await?;
    let Some(position) = cursors::get(&mut snapshot, company.name(), cursor).await? else { return Ok(None) };
    let mut words = position.split_whitespace();
    let day = words.next().and_then(|day| day.parse().ok()).map(Day);
    Ok(day.map(|day| Sent { day, reached: words.next().map(str::to_owned) }))
}

async fn set(
    program: &Program,
    company: &Company,
    cursor: &str,
    position: &str,
    now: Instant,
) -> Result<(), StoreError> {
    let mut tx = program.db.write().await?;
    cursors::set(&mut tx, company.name(), cursor, position, now.as_ms()).await?;
    tx.commit().await
}

/// The key under which a digest of a day is unique.
fn dedupe_key(digest: &Digest, day: Day) -> String {
    format!("{}/{}", digest.id, day.date())
}

/// The row of the outbox about a digest of a day, in one outlet.
async fn row(
    shelf: &mut Shelf<'_>,
    digest: &Digest,
    day: Day,
    to: &To,
    outlet: &str,
) -> Result<Option<outbox::Listed>, StoreError> {
    let (name, key) = (shelf.company.name(), dedupe_key(digest, day));
    outbox::find(&mut shelf.snapshot, name, outlet, to.name(), &key).await
}
