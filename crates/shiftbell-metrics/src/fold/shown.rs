//! Which facts an event shows by itself, without the journey around it: how a company sees that its words are heard at all.

use std::borrow::Cow;

use super::journey::one_of;
use super::plan::{FactPlan, Plan};
use crate::definitions::FieldName;
use crate::event::Event;
use crate::expression::{Expression, Scope};
use crate::id::EntityKind;
use crate::time::Instant;
use crate::value::Value;

impl Plan {
    /// The facts, by their place in the definitions, that an event shows: it says all that the fact asks of an event, and nothing
    /// of what it says is against it. What only a journey knows (the n-th time, who is a customer, fields that the event does not
    /// set) is not asked. `by`: the role of who did it, where the event does not say one.
    pub fn shown<'p>(&'p self, event: &'p Event, by: Option<&'p str>) -> impl Iterator<Item = usize> + 'p {
        self.facts_of(&event.kind).filter(move |fact| shows(&self.facts[*fact], event, by))
    }
}

fn shows(plan: &FactPlan, event: &Event, by: Option<&str>) -> bool {
    let fact = &plan.fact;
    let says =
        |(key, values): &(String, Vec<Value>)| event.properties.get(key).is_some_and(|value| one_of(value, values));
    if fact.mrr.is_some() || !fact.properties.iter().all(says) {
        return false;
    }
    let role = event.properties.get("by").and_then(Value::as_text).or(by);
    if !fact.by.is_empty() && !role.is_some_and(|role| fact.by.iter().any(|by| by == role)) {
        return false;
    }
    let alone = Alone(event);
    let is_against =
        |(field, values): &(FieldName, Vec<Value>)| alone.field(field).is_some_and(|value| !one_of(&value, values));
    if fact.state.iter().any(is_against) {
        return false;
    }
    let mut asked = fact.state.iter().map(|(field, _)| field).chain(fact.when.iter().flat_map(Expression::fields));
    if plan.is_edge && !asked.any(|field| alone.field(field).is_some()) {
        return false;
    }
    fact.when.as_ref().is_none_or(|when| {
        let knows_all = when.fields().iter().all(|field| alone.field(field).is_some());
        !knows_all || when.holds(&alone)
    })
}

/// What an event says itself.
struct Alone<'a>(&'a Event);

impl Scope for Alone<'_> {
    fn field(&self, field: &FieldName) -> Option<Cow<'_, Value>> {
        let event = self.0;
        let value = match EntityKind::from_word(&field.of) {
            Some(kind) => event.set.get(&kind)?.get(&field.name)?,
            None if field.of.is_empty() || field.of == "event" || field.of == event.kind => {
                event.properties.get(&field.name)?
            }
            None => return None,
        };
        Some(Cow::Borrowed(value))
    }

    fn now(&self) -> Option<Instant> {
        None
    }
}
