//! The fields that a sentence may name, and what each holds.

use std::collections::BTreeMap;

use crate::definitions::FieldName;

/// What a field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Type {
    Number,
    Text,
    Bool,
    Time,
    /// An amount with its currency. A bare number beside it is in the currency of the workspace.
    Money,
}

impl Type {
    /// The word for this type in `[fields]`.
    pub fn word(self) -> &'static str {
        match self {
            Type::Number => "number",
            Type::Text => "text",
            Type::Bool => "yes-no",
            Type::Time => "time",
            Type::Money => "money",
        }
    }

    pub(super) fn noun(self) -> &'static str {
        match self {
            Type::Number => "a number",
            Type::Text => "text",
            Type::Bool => "true or false",
            Type::Time => "a time",
            Type::Money => "an amount of money",
        }
    }

    /// Every type.
    pub const ALL: [Type; 5] = [Type::Number, Type::Text, Type::Bool, Type::Time, Type::Money];
}

/// Fields and their types.
#[derive(Clone, Debug, Default)]
pub struct Catalogue {
    fields: BTreeMap<FieldName, Type>,
}

impl Catalogue {
    /// Adds a field by its name as written, such as `contact.lead_score`, or changes its type.
    pub fn add(&mut self, name: &str, of_type: Type) {
        self.fields.insert(FieldName::written(name), of_type);
    }

    pub fn get(&self, field: &FieldName) -> Option<Type> {
        self.fields.get(field).copied()
    }

    pub fn contains(&self, field: &FieldName) -> bool {
        self.fields.contains_key(field)
    }

    /// Every name as written, in order.
    pub fn names(&self) -> impl Iterator<Item = String> + '_ {
        self.fields.keys().map(ToString::to_string)
    }
}
