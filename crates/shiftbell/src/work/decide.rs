//! Rules that a change touches: notify or hold, always with a reason, and the notice's facts into the outbox.
//!
//! Only what a live delivery changed comes here: import, backfill and rebuild never ping anyone.

use shiftbell_metrics::alert::{Decision, EventFacts, HoldReason, Recipient, decide_event, dedupe_key};
use shiftbell_metrics::contribution::Row;
use shiftbell_metrics::definitions::{Place, Rule, RuleKind, StageOf};
use shiftbell_metrics::id::EntityId;
use shiftbell_metrics::rollout::{InForce, Receiver};
use shiftbell_metrics::time::Instant;
use shiftbell_render::messages::Mark;
use shiftbell_store::{StoreError, Tx, events};

use super::absent::Absent;
use super::derive::{DeriveError, Derived};
use super::letter::{self, Letter};
use super::rollout::Addressed;
use super::story::{Story, cycle};
use super::{Workspace, rollout};
use crate::answer::AskError;

/// Decides about everything that entered the numbers, and enqueues what is to be said.
///
/// # Errors
/// The database's.
pub async fn enqueue(tx: &mut Tx, workspace: &Workspace, derived: &Derived, now: Instant) -> Result<(), DeriveError> {
    if derived.added.is_empty() {
        return Ok(());
    }
    let in_force = rollout::in_force(tx, workspace).await?;
    for rule in &workspace.defs().rules {
        let RuleKind::Event { fact } = &rule.kind else { continue };
        // A movement of recurring revenue may be announced for later; nobody is told of it yet.
        if workspace.defs().fact(fact).is_some_and(|fact| fact.mrr.is_some()) {
            continue;
        }
        let series = format!("fact/{fact}");
        for (account, row) in derived.added.iter().filter(|(_, row)| *row.series == *series) {
            if rule.motion.as_ref().is_none_or(|motion| *row.motion == **motion) {
                happened(tx, workspace, &in_force, rule, (*account, row), now).await?;
            }
        }
    }
    Ok(())
}

/// One fact that one rule watches: to everyone whom the rule names.
async fn happened(
    tx: &mut Tx,
    workspace: &Workspace,
    in_force: &InForce,
    rule: &Rule,
    (account, row): (EntityId, &Row),
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
        let receiver = in_force.receiver(to.recipient());
        // Quiet is it where it is read.
        let place = match &receiver {
            Receiver::Reviewer(email) => place_of(workspace, &To::Person(email.clone())),
            Receiver::Themselves | Receiver::Nobody => place_of(workspace, &to),
        };
        let today = place.zone.start_of(place.zone.day_of(now));
        let decision = decide_event(&EventFacts {
            rule,
            noise: &workspace.defs().noise,
            rollout: in_force,
            recipient: to.recipient(),
            place,
            is_live: true,
            happened_at: row.entry.at,
            arrived_at: now,
            now,
            worth: story.worth(),
            silent_source: None,
            is_said: false,
            said_today: rollout::said_since(tx, workspace, &receiver, &to, today.as_ms()).await?,
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
        let notice = story.notice(rule, &to, due, &place_of(workspace, &to).zone);
        if let (Some(notice), Some(addressed)) = (notice, Addressed::of(&receiver, &to, &key)) {
            letter::put(tx, workspace, &addressed, Letter { mark, ..Letter::new(notice) }, due, now).await?;
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
pub fn place_of<'a>(workspace: &'a Workspace, to: &To) -> &'a Place {
    let defs = workspace.defs();
    let person = match to {
        To::Person(email) => defs.person(email),
        To::Channel(_) => None,
    };
    let place = person.or(defs.people.first()).and_then(|person| defs.places.get(&person.place));
    place.or_else(|| defs.places.values().next()).unwrap_or(&workspace.meaning.fallback_place)
}
