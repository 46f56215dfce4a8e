//! The checked sentence at work: no allocation on the way to a truth, no recursion deeper than the sentence.

use std::borrow::Cow;
use std::cmp::Ordering;

use rust_decimal::Decimal;

use super::Scope;
use super::catalogue::Type;
use super::parser::Comparison;
use crate::definitions::FieldName;
use crate::money::{Currency, Money};
use crate::time::Instant;
use crate::value::Value;

#[derive(Clone, Debug)]
pub(super) enum Node {
    Null,
    Number(Decimal),
    Text(String),
    Bool(bool),
    Time(Instant),
    Now,
    Field {
        slot: usize,
        of_type: Type,
    },
    Not(Box<Node>),
    Negative(Box<Node>),
    All(Vec<Node>),
    Any(Vec<Node>),
    Compare {
        left: Box<Node>,
        by: Comparison,
        right: Box<Node>,
    },
    OneOf {
        left: Box<Node>,
        list: Vec<Node>,
        negated: bool,
    },
    IsNull {
        inner: Box<Node>,
        negated: bool,
    },
    /// Each taken away if `true`.
    Sum(Vec<(bool, Node)>),
    /// Each divided by if `true`.
    Product(Vec<(bool, Node)>),
}

/// A value that is known.
#[derive(Clone, Debug)]
pub(super) enum Known<'a> {
    /// `None` as currency is a bare number.
    Quantity(Decimal, Option<Currency>),
    Text(Cow<'a, str>),
    Bool(bool),
    Time(Instant),
}

impl Known<'_> {
    pub(super) fn into_value(self) -> Option<Value> {
        match self {
            Known::Quantity(number, None) => Some(Value::Number(number)),
            Known::Quantity(amount, Some(currency)) => Money::from_major(amount, currency).map(Value::Money),
            Known::Text(text) => Some(Value::Text(text.into_owned())),
            Known::Bool(truth) => Some(Value::Bool(truth)),
            Known::Time(instant) => Some(Value::Text(instant.to_string())),
        }
    }
}

impl Node {
    pub(super) fn is_null(inner: Node, negated: bool) -> Node {
        Node::IsNull { inner: Box::new(inner), negated }
    }

    /// Three-valued: `None` is unknown.
    pub(super) fn truth(&self, fields: &[FieldName], scope: &dyn Scope) -> Option<bool> {
        match self {
            Node::Bool(truth) => Some(*truth),
            Node::Not(inner) => inner.truth(fields, scope).map(|truth| !truth),
            Node::All(parts) => chain(parts, false, fields, scope),
            Node::Any(parts) => chain(parts, true, fields, scope),
            Node::Compare { left, by, right } => {
                let order = compare(&left.operand(fields, scope)?, &right.operand(fields, scope)?)?;
                Some(match by {
                    Comparison::Equal => order == Ordering::Equal,
                    Comparison::NotEqual => order != Ordering::Equal,
                    Comparison::Less => order == Ordering::Less,
                    Comparison::LessOrEqual => order != Ordering::Greater,
                    Comparison::Greater => order == Ordering::Greater,
                    Comparison::GreaterOrEqual => order != Ordering::Less,
                })
            }
            Node::OneOf { left, list, negated } => one_of(left, list, fields, scope).map(|found| found != *negated),
            Node::IsNull { inner, negated } => Some(inner.operand(fields, scope).is_none() != *negated),
            Node::Field { slot, of_type: Type::Bool } => scope.field(fields.get(*slot)?)?.as_bool(),
            Node::Null
            | Node::Number(_)
            | Node::Text(_)
            | Node::Time(_)
            | Node::Now
            | Node::Field { of_type: Type::Number | Type::Text | Type::Time | Type::Money, .. }
            | Node::Negative(_)
            | Node::Sum(_)
            | Node::Product(_) => None,
        }
    }

    /// The value, `None` if it is not known.
    pub(super) fn operand<'a>(&'a self, fields: &'a [FieldName], scope: &'a dyn Scope) -> Option<Known<'a>> {
        match self {
            Node::Null => None,
            Node::Number(number) => Some(Known::Quantity(*number, None)),
            Node::Text(text) => Some(Known::Text(Cow::Borrowed(text))),
            Node::Time(instant) => Some(Known::Time(*instant)),
            Node::Now => scope.now().map(Known::Time),
            Node::Field { slot, of_type } => read(scope.field(fields.get(*slot)?)?, *of_type),
            Node::Negative(inner) => match inner.operand(fields, scope)? {
                Known::Quantity(amount, currency) => Some(Known::Quantity(-amount, currency)),
                Known::Text(_) | Known::Bool(_) | Known::Time(_) => None,
            },
            Node::Sum(parts) => sum(parts, fields, scope),
            Node::Product(parts) => product(parts, fields, scope),
            Node::Bool(_)
            | Node::Not(_)
            | Node::All(_)
            | Node::Any(_)
            | Node::Compare { .. }
            | Node::OneOf { .. }
            | Node::IsNull { .. } => self.truth(fields, scope).map(Known::Bool),
        }
    }
}

/// `and` (decided by one that is false) and `or` (decided by one that is true).
fn chain(parts: &[Node], decisive: bool, fields: &[FieldName], scope: &dyn Scope) -> Option<bool> {
    let mut result = Some(!decisive);
    for part in parts {
        match part.truth(fields, scope) {
            Some(truth) if truth == decisive => return Some(decisive),
            Some(_) => {}
            None => result = None,
        }
    }
    result
}

fn one_of(left: &Node, list: &[Node], fields: &[FieldName], scope: &dyn Scope) -> Option<bool> {
    let left = left.operand(fields, scope)?;
    let mut result = Some(false);
    for value in list {
        match value.operand(fields, scope).and_then(|right| compare(&left, &right)) {
            Some(Ordering::Equal) => return Some(true),
            Some(Ordering::Less | Ordering::Greater) => {}
            None => result = None,
        }
    }
    result
}

/// Money of two currencies cannot be compared, a bare number is taken to be in the currency beside it.
fn compare(left: &Known<'_>, right: &Known<'_>) -> Option<Ordering> {
    match (left, right) {
        (Known::Quantity(a, of_a), Known::Quantity(b, of_b)) => common(*of_a, *of_b).map(|_| a.cmp(b)),
        (Known::Text(a), Known::Text(b)) => Some(a.as_ref().cmp(b.as_ref())),
        (Known::Bool(a), Known::Bool(b)) => Some(a.cmp(b)),
        (Known::Time(a), Known::Time(b)) => Some(a.cmp(b)),
        (Known::Quantity(..) | Known::Text(_) | Known::Bool(_) | Known::Time(_), _) => None,
    }
}

/// The currency of two amounts together; `None` if there is none.
fn common(left: Option<Currency>, right: Option<Currency>) -> Option<Option<Currency>> {
    match (left, right) {
        (Some(a), Some(b)) if a != b => None,
        (a, b) => Some(a.or(b)),
    }
}

fn quantity(node: &Node, fields: &[FieldName], scope: &dyn Scope) -> Option<(Decimal, Option<Currency>)> {
    match node.operand(fields, scope)? {
        Known::Quantity(amount, currency) => Some((amount, currency)),
        Known::Text(_) | Known::Bool(_) | Known::Time(_) => None,
    }
}

fn sum<'a>(parts: &[(bool, Node)], fields: &[FieldName], scope: &dyn Scope) -> Option<Known<'a>> {
    let mut total = Decimal::ZERO;
    let mut currency = None;
    for (taken_away, part) in parts {
        let (amount, of_part) = quantity(part, fields, scope)?;
        currency = common(currency, of_part)?;
        total = if *taken_away { total.checked_sub(amount)? } else { total.checked_add(amount)? };
    }
    Some(Known::Quantity(total, currency))
}

fn product<'a>(parts: &[(bool, Node)], fields: &[FieldName], scope: &dyn Scope) -> Option<Known<'a>> {
    let mut total = Decimal::ONE;
    let mut currency = None;
    for (divided, part) in parts {
        let (amount, of_part) = quantity(part, fields, scope)?;
        if *divided {
            total = total.checked_div(amount)?;
            currency = match (currency, of_part) {
                (None, Some(_)) => return None,
                (Some(a), Some(b)) if a != b => return None,
                (Some(_), Some(_)) => None,
                (before, None) => before,
            };
        } else {
            total = total.checked_mul(amount)?;
            currency = common(currency, of_part)?;
        }
    }
    Some(Known::Quantity(total, currency))
}

/// The value of a field as what it should be; `None` if it is not that.
fn read(value: Cow<'_, Value>, of_type: Type) -> Option<Known<'_>> {
    match of_type {
        Type::Number => value.as_number().map(|number| Known::Quantity(number, None)),
        Type::Money => match value.as_ref() {
            Value::Money(money) => Some(Known::Quantity(money.major(), Some(money.currency))),
            other => other.as_number().map(|number| Known::Quantity(number, None)),
        },
        Type::Bool => value.as_bool().map(Known::Bool),
        Type::Time => value.as_instant().map(Known::Time),
        Type::Text => match value {
            Cow::Borrowed(Value::Text(text)) => Some(Known::Text(Cow::Borrowed(text))),
            Cow::Owned(Value::Text(text)) => Some(Known::Text(Cow::Owned(text))),
            other => match other.as_ref() {
                Value::Number(number) => Some(Known::Text(Cow::Owned(number.normalize().to_string()))),
                _ => None,
            },
        },
    }
}
