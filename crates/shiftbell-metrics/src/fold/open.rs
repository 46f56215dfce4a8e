//! Records that stand open today: deals, people who wait at a stage, customers. One row each, on the day they came there.

use super::journey::{Named, TODAY};
use super::revenue::Revenue;
use super::rows::Findings;
use super::touch::Touches;
use super::walk::Reached;
use crate::codec::Name;
use crate::contribution::{Entry, GONE, Row, name};
use crate::definitions::{FieldName, StageOf};
use crate::id::EntityKind;
use crate::time::Instant;
use crate::value::Value;

/// The open records of a journey with the place of their entity.
pub(super) fn open_rows(findings: &Findings<'_, '_>, revenue: &Revenue, touches: &Touches) -> Vec<(usize, Row)> {
    let journey = findings.journey;
    let mut rows = Vec::new();
    for (place, entity) in journey.entities.iter().enumerate().filter(|(_, entity)| !entity.is_left_out) {
        let standing = match entity.kind {
            EntityKind::Deal => open_deal(findings, place),
            EntityKind::Contact => waiting_contact(findings, place),
            EntityKind::Activity | EntityKind::Subscription | EntityKind::Visitor | EntityKind::Company => None,
        };
        if let Some((stage, reached)) = standing {
            rows.push((place, row(findings, touches, place, stage, reached)));
        }
    }
    if !journey.entities[journey.root].is_left_out
        && let Some((stage, reached, ends)) = customer(findings)
    {
        let mut row = row(findings, touches, journey.root, stage, reached);
        row.entry.lags.extend(ends.map(|at| (name(GONE), at.since(reached.at))));
        // A person who is a customer by itself stands among the customers, not among those who wait.
        row.series = Name::clone(&journey.plan.chain[stage].open);
        row.entry.state.extend(customer_fields(findings, revenue));
        rows.push((journey.root, row));
    }
    rows
}

fn open_deal(findings: &Findings<'_, '_>, deal: usize) -> Option<(usize, Reached)> {
    findings.journey.plan.won?;
    if is_closed(findings, deal) { None } else { findings.stages.furthest(findings.journey, deal, StageOf::Deal) }
}

/// Whether a deal is won or lost.
fn is_closed(findings: &Findings<'_, '_>, deal: usize) -> bool {
    let entry = |won: usize| findings.stages.entry[deal].get(won).copied().flatten();
    findings.walk.is_lost[deal] || findings.journey.plan.won.and_then(entry).is_some()
}

fn waiting_contact(findings: &Findings<'_, '_>, contact: usize) -> Option<(usize, Reached)> {
    let (stage, reached) = findings.stages.furthest(findings.journey, contact, StageOf::Contact)?;
    let first = findings.journey.plan.chain.iter().position(|stage| stage.of == StageOf::Contact)?;
    let has_deal = findings.stages.deals.iter().any(|(_, of)| *of == contact);
    let is_open = stage > first || findings.journey.plan.stands_from_first;
    (is_open && !has_deal && !findings.walk.is_lost[contact]).then_some((stage, reached))
}

/// The account as a customer: at its furthest stage on the right, else where it won, unless it has ended since. With when it
/// will end, where that is announced for later than all that was told: until then it is a customer.
fn customer(findings: &Findings<'_, '_>) -> Option<(usize, Reached, Option<Instant>)> {
    let (journey, stages) = (findings.journey, findings.stages);
    let won = journey.plan.won?;
    let wins = (0..journey.entities.len()).filter_map(|deal| stages.entry[deal].get(won).copied().flatten());
    let wins: Vec<Reached> = wins.collect();
    let right = stages.furthest(journey, journey.root, StageOf::Customer);
    let here = right.or_else(|| Some((won, *wins.iter().min()?)))?;
    let last = wins.iter().map(|win| win.at).chain([here.1.at]).max()?;
    let ends = findings.walk.gone.iter().copied().find(|gone| *gone >= last);
    let told = journey.events.last()?.event.at;
    ends.is_none_or(|ends| ends > told).then_some((here.0, here.1, ends))
}

/// What is known of a customer beyond what sources say of it, where the definitions ask for it.
///
/// What depends on the clock is kept as what it depends on: when it renews, and every change of what it pays.
fn customer_fields(findings: &Findings<'_, '_>, revenue: &Revenue) -> Vec<(Name, Name)> {
    let (journey, stages) = (findings.journey, findings.stages);
    let of_kind = |kind: EntityKind| {
        let entities = journey.entities.iter().enumerate();
        entities.filter(move |(_, entity)| entity.kind == kind && !entity.is_left_out).map(|(place, _)| place)
    };
    let is = |place: usize, field: &str, words: &[&str]| {
        let value = journey.value(place, field, TODAY);
        value.as_deref().and_then(Value::as_text).is_some_and(|text| words.contains(&text.trim()))
    };
    let mut found = Vec::new();
    let mut add = |field: &str, value: Option<Value>| {
        found.extend(value.map(|value| (name(field), name(&value.to_json().to_string()))));
    };
    for (text, _) in &journey.plan.open_fields {
        match &**text {
            "customer.since" => add("customer.since", stages.first_won.map(|at| Value::text(at.to_string()))),
            "customer.days_to_renewal" => {
                let running = of_kind(EntityKind::Subscription).filter(|place| !is(*place, "status", &ENDS));
                let renews = running.filter_map(|place| journey.value(place, "renews_at", TODAY)?.as_instant()).min();
                add(RENEWS_AT, renews.map(|at| Value::text(at.to_string())));
            }
            "customer.renewal_deal" => {
                // A deal that was opened before the present term began was for another renewal.
                let running = of_kind(EntityKind::Subscription).filter(|place| !is(*place, "status", &ENDS));
                let term = running.filter_map(|place| journey.known_since(place, "renews_at")).max();
                let mut renewals = of_kind(EntityKind::Deal).filter(|deal| is(*deal, "kind", &["renewal"]));
                let is_for_it = |deal: usize| {
                    term.is_none_or(|term| journey.entities[deal].first > term) && !is_closed(findings, deal)
                };
                add("customer.renewal_deal", Some(Value::Bool(renewals.any(is_for_it))));
            }
            "customer.mrr" => add(MRR_CHANGES, Some(revenue.changes(journey.plan.currency))),
            _ => {}
        }
    }
    found
}

/// Words of a subscription that will not renew.
const ENDS: [&str; 7] = ["ended", "canceled", "cancelled", "expired", "unpaid", "leaving", "non_renewing"];
/// When the first of the customer's subscriptions renews.
pub(crate) const RENEWS_AT: &str = "customer.renews_at";
/// Every change of what the customer pays a month: milliseconds and amount.
pub(crate) const MRR_CHANGES: &str = "customer.mrr_changes";

fn row(findings: &Findings<'_, '_>, touches: &Touches, place: usize, stage: usize, reached: Reached) -> Row {
    let journey = findings.journey;
    let named = findings.view_of(place);
    let mut entry = Entry::new(journey.entities[place].id, 0, reached.at);
    findings.describe(&mut entry, place, &named, TODAY, journey.event(reached.step as usize));
    let mut add = |field: &str, value: Option<Value>| {
        if let Some(value) = value {
            entry.state.push((name(field), name(&value.to_json().to_string())));
        }
    };
    let moment = |at: Instant| Value::text(at.to_string());
    let known = |field: &str| journey.value(place, field, TODAY).map(std::borrow::Cow::into_owned);
    add("name", known("name").or_else(|| known("title")).or_else(|| known("email")));
    for (text, field) in &findings.journey.plan.open_fields {
        add(text, value(findings, &named, field));
    }
    if journey.entities[place].kind == EntityKind::Deal {
        add("deal.open", Some(Value::Bool(true)));
        add("deal.contacts", Some(Value::Number(journey.entities[place].contacts.len().into())));
        add("deal.last_touch_at", touches.last(journey, place).map(moment));
    } else if place == journey.root {
        add("customer.last_contact_at", touches.account().map(moment));
    }
    for (fact, seen) in &findings.awaited {
        let last = seen.iter().rev().find(|seen| findings.concerns(seen, place));
        if let (Some(seen), Some(series)) = (last, &journey.plan.facts[*fact].series) {
            add(series, Some(moment(journey.at(seen.step))));
        }
    }
    for (_, measure, field) in &journey.plan.stage_measures {
        entry.sums.extend(findings.money(field, &named).map(|money| (Name::clone(measure), money)));
    }
    let motion = Name::clone(&journey.plan.motions[reached.motion].id);
    Row { motion, series: Name::clone(&journey.plan.chain[stage].open), entry }
}

fn value(findings: &Findings<'_, '_>, named: &Named, field: &FieldName) -> Option<Value> {
    let place = match EntityKind::from_word(&field.of) {
        Some(kind) => named[kind as usize]?,
        None if field.of == "customer" => findings.journey.root,
        None => return None,
    };
    findings.journey.value(place, &field.name, TODAY).map(std::borrow::Cow::into_owned)
}
