//! In the frame: what others would receive, shown to the reviewer. The scorecards of one hour are one message with the cards
//! below it, so that twenty people are not twenty pings.
//!
//! The rows of those whom it is for are not touched: a step further on the same day, they still get theirs.

use shiftbell_metrics::definitions::{Digest, DigestKind, RolloutStep};
use shiftbell_metrics::scorecard::DayState;
use shiftbell_metrics::time::Day;
use shiftbell_render::facts::{Footer, SeenBy};
use shiftbell_render::messages::{FrameScorecards, Framed, Notice};
use shiftbell_store::outbox;
use shiftbell_store::receipts::{self, Receipt};

use super::desk::Desk;
use super::post::{Body, Standing, standing};
use super::{Group, dedupe_key, written};
use crate::answer::AskError;
use crate::program::Program;
use crate::work::To;
use crate::work::beside::{self, Compared, Portals};
use crate::work::letter::{self, Letter};
use crate::work::rollout::{self, Addressed};

/// Cards below one message.
const CARDS_MAX: usize = 20;

/// Shows the reviewer what those of a group would receive whom the roll-out does not reach, once for each day. Returns how
/// many messages that are.
///
/// # Errors
/// The database's, or numbers that cannot be read.
pub(super) async fn send(
    program: &Program,
    desk: &mut Desk<'_>,
    digest: &Digest,
    group: &Group,
    day: Day,
    state: DayState,
) -> Result<usize, AskError> {
    let Some(reviewer) = desk.rollout.reviewer().map(str::to_owned) else { return Ok(0) };
    if desk.rollout.step() != RolloutStep::Frame {
        return Ok(0);
    }
    let mut count = 0;
    // By place in the file, so that whoever does this again finds the same parts.
    for (part, of) in group.to.chunks(CARDS_MAX).enumerate() {
        let key = outbox::framed::key("", &format!("{}/{}/{}", dedupe_key(digest, day), group.key, part + 1));
        if is_shown(desk, &reviewer, &key).await? {
            continue;
        }
        let mut found = Vec::new();
        for to in of {
            let is_theirs = desk.rollout.reaches(to.recipient());
            if is_theirs || standing(&mut desk.shelf, digest, day, to).await? == Standing::Said {
                continue;
            }
            if let Some((notice, body)) = written(program, desk, digest, &group.place, to, day, state).await? {
                found.push((to, notice, body));
            }
        }
        count += show(program, desk, (digest, group, day), (&reviewer, key), found).await?;
    }
    Ok(count)
}

async fn is_shown(desk: &mut Desk<'_>, reviewer: &str, key: &str) -> Result<bool, AskError> {
    let company = desk.shelf.company;
    let to = To::Person(reviewer.to_owned());
    for (outlet, _) in company.workspace.channels_of(&to) {
        if outbox::find(&mut desk.shelf.snapshot, company.name(), &outlet, reviewer, key).await?.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Puts the message and the receipts of everything in it into the database at once.
async fn show(
    program: &Program,
    desk: &mut Desk<'_>,
    (digest, group, day): (&Digest, &Group, Day),
    (reviewer, key): (&str, String),
    found: Vec<(&To, Notice, Body)>,
) -> Result<usize, AskError> {
    let (company, now) = (desk.shelf.company, desk.shelf.now);
    let Some((first, ..)) = found.first() else { return Ok(0) };
    let framed = (digest.send != DigestKind::Scorecard).then(|| Framed::of(rollout::name(first)));
    let to = To::Person(reviewer.to_owned());
    let (notices, bodies): (Vec<Notice>, Vec<Body>) = found.into_iter().map(|(_, notice, body)| (notice, body)).unzip();
    let portals = Portals::default();
    let figures = bodies.iter().flat_map(|body| beside::of_digest(company, &portals, &body.body));
    let compared: Vec<Compared> = figures.take(beside::FIGURES_MAX).collect();
    let notice = match framed {
        Some(_) => notices.into_iter().next(),
        None => Some(Notice::from(collected(desk, group, day, notices))),
    };
    let Some(notice) = notice else { return Ok(0) };
    let addressed = Addressed { to, key, framed };
    let letter = Letter { compared, ..Letter::new(notice) };
    let mut tx = program.db.write().await?;
    if letter::put(&mut tx, &company.workspace, &addressed, letter, now, now).await?.is_none() {
        tx.roll_back().await?;
        return Ok(0);
    }
    for Body { id, mark, body } in bodies {
        let kept = Receipt { id, asked_at_ms: now.as_ms(), mark, body: body.to_string() };
        receipts::keep(&mut tx, company.name(), &kept).await?;
    }
    tx.commit().await?;
    program.woken.delivery.notify_one();
    Ok(1)
}

fn collected(desk: &Desk<'_>, group: &Group, day: Day, notices: Vec<Notice>) -> FrameScorecards {
    let zone = &group.place.zone;
    let local = zone.local(desk.shelf.now);
    let cards =
        notices.into_iter().filter_map(|notice| if let Notice::Scorecard(card) = notice { Some(*card) } else { None });
    FrameScorecards {
        day: day.date(),
        at: format!("{:02}:{:02}", local.hour(), local.minute()),
        place: shiftbell_render::words::city(zone.name()),
        cards: cards.collect(),
        footer: Footer { receipt: None, ..desk.footer(zone, false, SeenBy::OnlyYou, "") },
    }
}
