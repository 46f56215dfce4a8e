//! What stands open today: deals, people who wait, customers.

use std::collections::BTreeMap;

use shiftbell_metrics::definitions::{CountOf, Definitions, FieldName, KpiKind, StageOf};
use shiftbell_metrics::id::{EntityKey, EntityKind};
use shiftbell_metrics::time::Instant;
use shiftbell_metrics::value::Value;

use super::account::TODAY;
use super::entries::{Entry, Known};
use super::stages::{Reached, earlier};

/// Stages at which a field is added up, with the field.
pub(crate) fn measures(definitions: &Definitions) -> Vec<(String, FieldName)> {
    let sums = definitions.kpis.iter().filter_map(|kpi| match &kpi.kind {
        KpiKind::Sum { of, at: CountOf::Stage(stage) } => Some((stage.clone(), of.clone())),
        _ => None,
    });
    sums.collect()
}

pub(crate) fn open_entries(known: &Known<'_>) -> Vec<Entry> {
    let mut entries = Vec::new();
    for who in known.account.everybody().iter().filter(|who| !known.account.left_out.contains(who)) {
        let standing = match who.kind {
            EntityKind::Deal => open_deal(known, who),
            EntityKind::Contact => waiting(known, who),
            _ => None,
        };
        entries.extend(standing.map(|(stage, reached)| entry(known, who, stage, reached)));
    }
    let root = &known.account.root;
    if !known.account.left_out.contains(root) {
        entries.extend(customer(known).map(|(stage, reached)| entry(known, root, stage, reached)));
    }
    entries
}

/// The furthest stage of a kind that somebody reached.
fn furthest<'d>(known: &Known<'d>, who: &EntityKey, of: StageOf) -> Option<(&'d str, Reached<'d>)> {
    let way = known.ways.of.get(who)?;
    let stages = known.definitions.chain.iter().rev().filter(|stage| stage.of == of);
    stages.map(|stage| stage.id.as_str()).find_map(|stage| Some((stage, *way.get(stage)?)))
}

fn open_deal<'d>(known: &Known<'d>, deal: &EntityKey) -> Option<(&'d str, Reached<'d>)> {
    let furthest = furthest(known, deal, StageOf::Deal)?;
    (furthest.0 != "won" && !known.is_lost(deal)).then_some(furthest)
}

/// Who is known and has no deal.
fn waiting<'d>(known: &Known<'d>, contact: &EntityKey) -> Option<(&'d str, Reached<'d>)> {
    let furthest = furthest(known, contact, StageOf::Contact)?;
    let has_deal = known.ways.counted_for.iter().any(|(_, of)| of == contact);
    (!has_deal && !known.is_lost(contact)).then_some(furthest)
}

/// A customer at its furthest stage, else where it won; unless it has ended since.
fn customer<'d>(known: &Known<'d>) -> Option<(&'d str, Reached<'d>)> {
    let deals = known.ways.of.iter().filter(|(who, _)| who.kind == EntityKind::Deal);
    let wins: Vec<Reached<'d>> = deals.filter_map(|(_, way)| way.get("won").copied()).collect();
    let first = wins.iter().copied().fold(None, |first, win| earlier(first, Some(win)));
    let here = furthest(known, &known.account.root, StageOf::Customer).or(first.map(|win| ("won", win)))?;
    let began = wins.iter().map(|win| win.at).chain([here.1.at]).max();
    let ended = known.all.iter().filter(|seen| seen.motion.gone.contains(&seen.fact.name)).map(|seen| seen.at);
    // Until it ends, who has announced an end is a customer.
    let mut ended = ended.filter(|at| Some(*at) >= began && *at <= known.now);
    ended.next().is_none().then_some(here)
}

fn entry(known: &Known<'_>, who: &EntityKey, stage: &str, reached: Reached<'_>) -> Entry {
    // As it is today, since the day on which it came there.
    let today = Reached { place: TODAY, ..reached };
    let mut entry = known.entry(who, &format!("open/{stage}"), today);
    let around = known.around(who);
    for (_, field) in measures(known.definitions) {
        entry.sums.extend(known.money(&field, &around).map(|amount| (field.to_string(), amount)));
    }
    let moment = |at: Instant| Value::text(at.to_string());
    let mut state = BTreeMap::new();
    if who.kind == EntityKind::Deal {
        let contacts = known.account.contacts_of(who);
        state.insert("deal.open".to_owned(), Value::Bool(true));
        state.insert("deal.contacts".to_owned(), Value::Number(contacts.len().into()));
        let next = known.account.value(who, "next_step_at", TODAY);
        state.extend(next.map(|at| ("deal.next_step_at".to_owned(), at)));
        let of = |by: &EntityKey| by == who || contacts.contains(by);
        state.extend(touched(known, of).map(|at| ("deal.last_touch_at".to_owned(), moment(at))));
    } else if *who == known.account.root {
        state.extend(touched(known, |_| true).map(|at| ("customer.last_contact_at".to_owned(), moment(at))));
    }
    let number = |field: &str| known.account.value(who, field, TODAY).filter(|value| value.as_number().is_some());
    state.extend(number("lead_score").map(|score| ("contact.lead_score".to_owned(), score)));
    state.extend(renews_at(known).map(|at| ("customer.renews_at".to_owned(), moment(at))));
    state.extend(known.last_facts(who).into_iter().map(|(fact, at)| (fact, moment(at))));
    entry.state = state;
    entry
}

/// When the first of the running subscriptions of an account renews.
fn renews_at(known: &Known<'_>) -> Option<Instant> {
    let ends = ["ended", "unpaid"];
    let account = known.account;
    let plans = account.everybody().into_iter().filter(|who| who.kind == EntityKind::Subscription);
    let running = plans.filter(|plan| {
        let status = account.value(plan, "status", TODAY);
        !account.left_out.contains(plan) && status.is_none_or(|status| !ends.contains(&status.as_text().unwrap_or("")))
    });
    running.filter_map(|plan| account.value(&plan, "renews_at", TODAY)?.as_instant()).min()
}

/// When somebody last called, wrote to or met one of these.
fn touched(known: &Known<'_>, of: impl Fn(&EntityKey) -> bool) -> Option<Instant> {
    let account = known.account;
    let places = (0..account.events.len()).filter(|place| account.counts(*place));
    let touches = places.filter(|place| ["call", "email", "meeting"].contains(&account.event(*place).kind.as_str()));
    let with = |place: &usize| {
        let kinds =
            [EntityKind::Deal, EntityKind::Contact, EntityKind::Company, EntityKind::Visitor, EntityKind::Subscription];
        kinds.into_iter().filter_map(|kind| account.named(*place, kind)).any(|by| of(&by))
    };
    touches.filter(with).map(|place| account.event(place).at).max()
}
