//! What is counted: facts, stages, motions and dimensions.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use crate::expression::Expression;
use crate::id::EntityKind;
use crate::value::Value;

/// Something that happens, told apart by what the event says and by the state of what it is about.
#[derive(Clone, Debug)]
pub struct Fact {
    pub name: String,
    /// Kinds of event; empty means any.
    pub events: Vec<String>,
    /// Properties of the event that must have one of these values.
    pub properties: Vec<(String, Vec<Value>)>,
    /// Fields such as `deal.stage` that must have one of these values.
    pub state: Vec<(FieldName, Vec<Value>)>,
    pub when: Option<Expression>,
    /// Roles, one of which the person who did it must have (the event's `by`, else the role of its owner when it arrived).
    pub by: Vec<String>,
    /// Only the n-th time it happens to an account.
    pub nth: Option<u32>,
    /// Only while the account is at this place: `customer` (it has won).
    pub stage: Option<String>,
    /// A movement of the ledger of recurring revenue.
    pub mrr: Option<String>,
}

impl Fact {
    /// Whether the conditions on state count when they *become* true (the event is a change of an entity, or there is
    /// no event at all), rather than whenever an event meets them.
    pub fn is_edge(&self) -> bool {
        let has_state = !self.state.is_empty() || self.when.is_some();
        has_state && self.events.iter().all(|kind| EntityKind::from_word(kind).is_some())
    }
}

/// A field of an entity or of the event, as written: `contact.lead_score`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FieldName {
    /// `contact`, `company`, `deal`, `subscription`, `visitor`, `customer`, `event`, or the kind of an event (`order`, `spend`).
    pub of: String,
    pub name: String,
}

impl FieldName {
    /// A name as written: `contact.lead_score`, or a word without a point, whose `of` is empty.
    pub fn written(text: &str) -> FieldName {
        let (of, name) = text.split_once('.').unwrap_or(("", text));
        FieldName { of: of.to_owned(), name: name.to_owned() }
    }
}

impl std::fmt::Display for FieldName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.of.is_empty() { f.write_str(&self.name) } else { write!(f, "{}.{}", self.of, self.name) }
    }
}

/// What a stage counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StageOf {
    Visitor,
    Contact,
    Deal,
    /// The whole account.
    Customer,
}

#[derive(Clone, Debug)]
pub struct Stage {
    pub id: String,
    pub label: String,
    pub of: StageOf,
    /// `awareness`, `education`, `selection`, `commit`, `onboarding`, `adoption` or `expansion`.
    pub bowtie: String,
    pub feeds: Option<String>,
    /// Dimension and value by which those are known who came to the beginning this way: `source`, `referral`.
    pub seen_as: Option<(String, String)>,
}

/// What it means that an entity is at a later stage without having been seen at an earlier one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SkipPolicy {
    /// It was there too, at the latest when it reached the later stage.
    Implied,
    /// Only those who were seen at every stage before it count.
    Strict,
    /// Each stage counts who was seen at it.
    Any,
}

#[derive(Clone, Debug)]
pub enum Who {
    /// All of these hold.
    That(Vec<(FieldName, Vec<Value>)>, Option<Expression>),
    EveryoneElse,
}

#[derive(Clone, Debug)]
pub struct Motion {
    pub id: String,
    pub label: String,
    pub who: Who,
    /// Judged on the account as it is now (`false`) or as it was when the stage was reached (`true`).
    pub who_as_of_entry: bool,
    pub touch: String,
    pub lead_by: String,
    pub paced: Paced,
    /// Role and share of a won deal in per cent; adds up to 100.
    pub credit: Vec<(String, Decimal)>,
    /// Facts of each stage by the stage's id. A stage that is absent is never reached in this motion.
    pub stages: BTreeMap<String, Vec<String>>,
    /// Facts that end the way on the left.
    pub lost: Vec<String>,
    /// Facts that end the way on the right.
    pub gone: Vec<String>,
    /// Whether a later won deal of an account that has won before counts as won again (`true`), or is expansion (`false`).
    pub counts_again: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Paced {
    WorkingDays,
    CalendarDays,
}

#[derive(Clone, Debug)]
pub struct Dimension {
    pub name: String,
    /// The first that is known counts.
    pub from: Vec<FieldName>,
    /// Allowed values; empty means any.
    pub values: Vec<String>,
}
