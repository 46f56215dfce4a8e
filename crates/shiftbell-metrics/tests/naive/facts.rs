//! Which facts happened at which events.

use std::borrow::Cow;

use shiftbell_metrics::definitions::{Definitions, Fact, FieldName, Motion, StageOf, Who};
use shiftbell_metrics::expression::{Expression, Scope};
use shiftbell_metrics::id::{EntityKey, EntityKind};
use shiftbell_metrics::time::Instant;
use shiftbell_metrics::value::Value;

use super::account::{Account, Place, TODAY};

/// A fact that happened.
#[derive(Clone, Debug)]
pub(crate) struct Occurrence<'d> {
    pub(crate) fact: &'d Fact,
    pub(crate) place: Place,
    pub(crate) at: Instant,
    pub(crate) motion: &'d Motion,
    pub(crate) contact: Option<EntityKey>,
    pub(crate) deal: Option<EntityKey>,
}

/// What a sentence sees at an event, or of the account as a whole.
pub(crate) struct View<'a> {
    pub(crate) account: &'a Account,
    pub(crate) place: Place,
    is_event: bool,
}

impl<'a> View<'a> {
    pub(crate) fn at(account: &'a Account, place: Place) -> View<'a> {
        View { account, place, is_event: true }
    }

    /// Who of a kind is in view: the contact also through a visitor, a deal or a subscription.
    pub(crate) fn who(&self, kind: EntityKind) -> Option<EntityKey> {
        let account = self.account;
        let named = |kind| self.is_event.then(|| account.named(self.place, kind)).flatten();
        match kind {
            EntityKind::Contact => named(EntityKind::Contact).or_else(|| {
                [EntityKind::Visitor, EntityKind::Deal, EntityKind::Subscription]
                    .into_iter()
                    .find_map(|kind| account.contact_of(&named(kind)?))
            }),
            EntityKind::Company => named(EntityKind::Company).or_else(|| account.company()),
            _ => named(kind),
        }
    }

    fn says(&self, property: &str) -> Option<&Value> {
        self.account.event(self.place).properties.get(property)
    }
}

impl Scope for View<'_> {
    fn field(&self, field: &FieldName) -> Option<Cow<'_, Value>> {
        match EntityKind::from_word(&field.of) {
            Some(kind) => self.account.value(&self.who(kind)?, &field.name, self.place).map(Cow::Owned),
            None => self.says(&field.name).map(Cow::Borrowed),
        }
    }

    fn now(&self) -> Option<Instant> {
        None
    }
}

fn all_hold(conditions: &[(FieldName, Vec<Value>)], sentence: Option<&Expression>, view: &View<'_>) -> bool {
    conditions.iter().all(|(field, values)| view.field(field).is_some_and(|value| values.contains(&value)))
        && sentence.is_none_or(|sentence| sentence.holds(view))
}

/// The motion of an account: as it is today, or as it was at an event where the motion says so.
pub(crate) fn motion_at<'d>(definitions: &'d Definitions, account: &Account, place: Place) -> &'d Motion {
    let fits = |motion: &&Motion| {
        let at = if motion.who_as_of_entry { place } else { TODAY };
        let view = View { account, place: at, is_event: false };
        match &motion.who {
            Who::That(fields, sentence) => all_hold(fields, sentence.as_ref(), &view),
            Who::EveryoneElse => false,
        }
    };
    let else_motion = definitions.motions.iter().find(|motion| matches!(motion.who, Who::EveryoneElse));
    definitions.motions.iter().find(fits).or(else_motion).expect("there is a motion for everyone else")
}

/// Every fact that happened in an account, but for the movements of its recurring revenue.
pub(crate) fn occurrences<'d>(definitions: &'d Definitions, account: &Account) -> Vec<Occurrence<'d>> {
    let mut found: Vec<Occurrence<'d>> = Vec::new();
    for place in (0..account.events.len()).filter(|place| account.counts(*place)) {
        for fact in definitions.facts.iter().filter(|fact| fact.mrr.is_none()) {
            let has_won = || found.iter().any(|seen| reaches(seen, definitions, StageOf::Deal).last() == Some(&"won"));
            if !happens(account, fact, place, has_won) {
                continue;
            }
            let view = View::at(account, place);
            found.push(Occurrence {
                fact,
                place,
                at: account.event(place).at,
                motion: motion_at(definitions, account, place),
                contact: view.who(EntityKind::Contact),
                deal: view.who(EntityKind::Deal),
            });
        }
    }
    // Of "only the n-th time" all others are none.
    let nth_of = |index: usize, found: &[Occurrence<'d>]| {
        found[..=index].iter().filter(|seen| seen.fact.name == found[index].fact.name).count()
    };
    let keeps: Vec<bool> = (0..found.len())
        .map(|index| found[index].fact.nth.is_none_or(|nth| nth as usize == nth_of(index, &found)))
        .collect();
    found.into_iter().zip(keeps).filter(|(_, keep)| *keep).map(|(seen, _)| seen).collect()
}

/// The stages of a kind that a fact means in its motion, in the order of the chain.
pub(crate) fn reaches<'d>(seen: &Occurrence<'d>, definitions: &'d Definitions, of: StageOf) -> Vec<&'d str> {
    let chain = definitions.chain.iter().filter(|stage| stage.of == of);
    let means = |stage: &str| seen.motion.stages.get(stage).is_some_and(|facts| facts.contains(&seen.fact.name));
    chain.map(|stage| stage.id.as_str()).filter(|stage| means(stage)).collect()
}

fn happens(account: &Account, fact: &Fact, place: Place, has_won: impl Fn() -> bool) -> bool {
    if holds(account, fact, place) != Some(true) {
        return false;
    }
    if !fact.is_edge() {
        let (stored, again) = (&account.events[place], &account.made_again);
        if again.iter().any(|(source, id)| *source == stored.source && *id == stored.event.id) {
            return false;
        }
        let view = View::at(account, place);
        let says = |(key, values): &(String, Vec<Value>)| view.says(key).is_some_and(|value| values.contains(value));
        let role = view.says("by").and_then(|by| by.as_text().map(str::to_owned));
        let role = role.or_else(|| account.events[place].by.clone());
        let did = fact.by.is_empty() || role.is_some_and(|role| fact.by.contains(&role));
        let is_there = fact.stage.as_deref().is_none_or(|stage| stage == "customer" && has_won());
        return fact.properties.iter().all(says) && did && is_there;
    }
    // A state counts when it becomes true of somebody, not as long as it is.
    let subject = subject(account, fact, place);
    let before = (0..place)
        .rev()
        .filter(|before| account.counts(*before))
        .find(|before| self::subject(account, fact, *before) == subject && holds(account, fact, *before).is_some());
    before.is_none_or(|before| holds(account, fact, before) != Some(true))
}

/// Whether what a fact asks of the state is so; `None` where an event cannot be this fact at all.
fn holds(account: &Account, fact: &Fact, place: Place) -> Option<bool> {
    let event = account.event(place);
    let is_kind = fact.events.is_empty() || fact.events.contains(&event.kind);
    let may_change = !fact.is_edge() || !fact.events.is_empty() || !event.set.is_empty() || event.names.len() > 1;
    if !is_kind || !may_change || (fact.is_edge() && subject(account, fact, place).is_none()) {
        return None;
    }
    Some(all_hold(&fact.state, fact.when.as_ref(), &View::at(account, place)))
}

/// Whose state a fact is about: the most specific of whom it asks.
fn subject(account: &Account, fact: &Fact, place: Place) -> Option<EntityKey> {
    let asked = fact.state.iter().map(|(field, _)| field).chain(fact.when.iter().flat_map(Expression::fields));
    let kind = asked.filter_map(|field| EntityKind::from_word(&field.of)).min()?;
    View::at(account, place).who(kind)
}

/// Whether a fact about a state that once became true is still so.
pub(crate) fn still_holds(account: &Account, seen: &Occurrence<'_>) -> bool {
    let subject_then = subject(account, seen.fact, seen.place);
    let last = (0..account.events.len()).rev().filter(|place| account.counts(*place)).find(|place| {
        subject(account, seen.fact, *place) == subject_then && holds(account, seen.fact, *place).is_some()
    });
    !seen.fact.is_edge() || last.is_none_or(|last| holds(account, seen.fact, last) == Some(true))
}
