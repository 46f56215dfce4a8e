//! The sentences of a definitions file: predicates and formulas.

use std::borrow::Cow;

use crate::definitions::FieldName;
use crate::time::Instant;
use crate::value::Value;

/// Where an expression finds the values of its fields.
pub trait Scope {
    /// The value of a field; `None` or `Value::Null` if it is not known. A name without a dot has an empty `of`.
    fn field(&self, field: &FieldName) -> Option<Cow<'_, Value>>;

    /// The instant that the word `now` means; `None` where there is none (the fold has no clock).
    fn now(&self) -> Option<Instant>;
}

/// A compiled sentence.
#[derive(Clone, Debug)]
pub struct Expression {
    /// As written.
    pub text: String,
    fields: Vec<FieldName>,
}

impl Expression {
    /// Every field it reads, once each.
    pub fn fields(&self) -> &[FieldName] {
        &self.fields
    }

    /// Whether it holds. Not known is not true.
    pub fn holds(&self, _scope: &dyn Scope) -> bool {
        false
    }

    /// Its value; `None` if a field it needs is not known or it divides by zero.
    pub fn value(&self, _scope: &dyn Scope) -> Option<Value> {
        None
    }
}
