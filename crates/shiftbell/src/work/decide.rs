//! Rules that a change touches: notify or hold, always with a reason, and the notice's facts into the outbox.
//!
//! Only what a live delivery changed comes here: import, backfill and rebuild never ping anyone.

use shiftbell_metrics::alert::{Decision, EventFacts, HoldReason, Recipient, decide_event, dedupe_key};
use shiftbell_metrics::contribution::Row;
use shiftbell_metrics::definitions::{Place, Rule, RuleKind, StageOf};
use shiftbell_metrics::id::EntityId;
use shiftbell_metrics::time::Instant;
use shiftbell_render::messages::Mark;
use shiftbell_store::outbox::{self, Enqueued};
use shiftbell_store::{StoreError, Tx, events};

use super::Workspace;
use super::absent::Absent;
use super::derive::{DeriveError, Derived};
use super::letter::Letter;
use super::story::{Story, cycle};
use crate::answer::AskError;

/// Decides about everything that entered the numbers, and enqueues what is to be said.
///
/// # Errors
/// The database's.
pub async fn enqueue(tx: &mut Tx, workspace: &Workspace, derived: &Derived, now: Instant) -> Result<(), DeriveError> {
    for rule in &workspace.defs().rules {
        let RuleKind::Event { fact } = &rule.kind else { continue };
        let series = format!("fact/{fact}");
        for (account, row) in derived.added.iter().filter(|(_, row)| *row.series == *series) {
            if rule.motion.as_ref().is_none_or(|motion| *row.motion == **motion) {
                happened(tx, workspace, rule, *account, row, now).await?;
            }
        }
    }
    Ok(())
}

/// One fact that one rule watches: to everyone whom the rule names.
async fn happened(
    tx: &mut Tx,
    workspace: &Workspace,
    rule: &Rule,
    account: EntityId,
    row: &Row,
    now: Instant,
) -> Result<(), DeriveError> {
    let stored = events::of_accounts(tx, &workspace.name, &[account]).await?;
    let known: Vec<_> = stored.into_iter().filter_map(|stored| Some((stored.event().ok()?, stored.source))).collect();
    // A message without it is better than none.
    let cycle = match cycle::of(tx, workspace, row, now).await {
        Ok(cycle) => cycle,
        Err(AskError::Store(error)) => return Err(error.into()),
        Err(error) => {
            tracing::warn!(%error, rule = rule.id, "cannot say how long a deal took");
            None
        }
    };
    let Some(story) = Story::of(workspace, row, &known, cycle) else { return Ok(()) };
    for (to, mark) in recipients(tx, workspace, rule, row, now).await? {
        let decision = decide_event(&EventFacts {
            rule,
            noise: &workspace.defs().noise,
            rollout: &workspace.defs().rollout,
            recipient: to.recipient(),
            place: place_of(workspace, &to),
            is_live: true,
            happened_at: row.entry.at,
            arrived_at: now,
            now,
            worth: story.worth(),
            silent_source: None,
            is_said: false,
            said_today: said_today(tx, workspace, &to, now).await?,
        });
        let due = match &decision {
            Decision::Notify(_) => now,
            Decision::Hold(HoldReason::QuietUntil { until }) => *until,
            Decision::Hold(reason) => {
                metrics::counter!("shiftbell_alerts_held_total").increment(1);
                tracing::debug!(rule = rule.id, %reason, "held an alert");
                continue;
            }
        };
        let happened = if is_once(workspace, rule, row) { "once" } else { story.event_id() };
        let key = dedupe_key(&rule.id, row.entry.entity, happened);
        if let Some(notice) = story.notice(rule, &to, due, &place_of(workspace, &to).zone) {
            let letter = Letter { mark, ..Letter::new(notice) };
            say(tx, workspace, &to, &key, &letter, due, now).await?;
        }
    }
    Ok(())
}

/// Whether the fact that a rule watches can be news only once for a record: a deal is won once, however often somebody
/// moves it back and forth.
fn is_once(workspace: &Workspace, rule: &Rule, row: &Row) -> bool {
    let (defs, RuleKind::Event { fact }) = (workspace.defs(), &rule.kind) else { return false };
    let is_of_deals = |stage: &str| defs.stage(stage).is_some_and(|stage| stage.of == StageOf::Deal);
    defs.motion(&row.motion)
        .is_some_and(|motion| motion.stages.iter().any(|(stage, facts)| is_of_deals(stage) && facts.contains(fact)))
}

/// Somebody to tell: a person by e-mail, or a destination.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum To {
    Person(String),
    Channel(String),
}

impl To {
    pub fn name(&self) -> &str {
        match self {
            To::Person(name) | To::Channel(name) => name,
        }
    }

    pub(super) fn recipient(&self) -> Recipient<'_> {
        match self {
            To::Person(email) => Recipient::Person(email),
            To::Channel(id) => Recipient::Channel(id),
        }
    }
}

/// Whom a rule names for this record: its owner where it has one that we know, else whoever the rule names instead. In place
/// of somebody who is not at work, whoever the rule names instead, else the next manager who is, and the message says so.
async fn recipients(
    tx: &mut Tx,
    workspace: &Workspace,
    rule: &Rule,
    row: &Row,
    now: Instant,
) -> Result<Vec<(To, Option<Mark>)>, StoreError> {
    let named = |word: &str| -> Option<To> {
        if word != "owner" {
            let is_person = word.contains('@');
            return Some(if is_person { To::Person(word.to_owned()) } else { To::Channel(word.to_owned()) });
        }
        let owner = row.entry.owner.as_deref().and_then(|owner| workspace.person(owner));
        owner.map(|person| To::Person(person.email.clone()))
    };
    let absent = Absent::read(tx, workspace, now).await?;
    let why = |to: &To| match to {
        To::Person(email) => absent.why_at(workspace, email, now),
        To::Channel(_) => None,
    };
    let or_else = rule.or_else.as_deref().and_then(named);
    let first = named(&rule.to).or_else(|| or_else.clone());
    let also = rule.also_to.as_deref().and_then(named);
    let mut found: Vec<(To, Option<Mark>)> = Vec::new();
    for to in first.into_iter().chain(also) {
        let (to, mark) = match why(&to) {
            None => (Some(to), None),
            Some(reason) => {
                let manager = || absent.stand_in(workspace, to.name(), now).map(|one| To::Person(one.to_owned()));
                let instead = or_else.clone().filter(|or_else| why(or_else).is_none()).or_else(manager);
                (instead, Some(reason.mark(to.name())))
            }
        };
        if let Some(to) = to.filter(|to| found.iter().all(|(known, _)| known != to)) {
            found.push((to, mark));
        }
    }
    Ok(found)
}

/// Where the recipient works; for a channel, where the first person of the company does.
fn place_of<'a>(workspace: &'a Workspace, to: &To) -> &'a Place {
    let defs = workspace.defs();
    let person = match to {
        To::Person(email) => defs.person(email),
        To::Channel(_) => None,
    };
    let place = person.or(defs.people.first()).and_then(|person| defs.places.get(&person.place));
    place.or_else(|| defs.places.values().next()).unwrap_or(&workspace.meaning.fallback_place)
}

async fn said_today(tx: &mut Tx, workspace: &Workspace, to: &To, now: Instant) -> Result<u32, StoreError> {
    let zone = &place_of(workspace, to).zone;
    let since = zone.start_of(zone.day_of(now));
    let said = outbox::enqueued_since(tx, &workspace.name, to.name(), since.as_ms()).await?;
    Ok(u32::try_from(said).unwrap_or(u32::MAX))
}

/// Puts a notice into the outbox for every outlet in which the recipient is reached.
///
/// # Errors
/// The database's.
pub async fn say(
    tx: &mut Tx,
    workspace: &Workspace,
    to: &To,
    key: &str,
    letter: &Letter,
    due: Instant,
    now: Instant,
) -> Result<(), DeriveError> {
    let facts = letter.facts().map_err(|why| unreadable(&why))?;
    for (outlet, channel) in workspace.channels_of(to) {
        let row = outbox::Notice {
            outlet: &outlet,
            destination: to.name(),
            channel: &channel,
            kind: letter.notice.name(),
            dedupe_key: key,
            digest: None,
            revision: 0,
            facts: &facts,
            due_at_ms: due.as_ms(),
            held: None,
        };
        if let Enqueued::New(id) = outbox::enqueue(tx, &workspace.name, &row, now.as_ms()).await? {
            tracing::info!(notice.id = id, kind = letter.notice.name(), outlet, "enqueued a notice");
        }
    }
    Ok(())
}

fn unreadable(why: &serde_json::Error) -> DeriveError {
    DeriveError::Unreadable { what: "notice", why: why.to_string() }
}
