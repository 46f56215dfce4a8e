//! Funnels that are asked for by name.

use std::collections::BTreeMap;

use super::counted::Fact;
use crate::funnel::Funnel;

/// A funnel by its name: what each step is, who is followed, and by which rules.
#[derive(Clone, Debug)]
pub struct NamedFunnel {
    pub id: String,
    pub label: String,
    pub of: FunnelOf,
    /// Only what happens in this motion.
    pub motion: Option<String>,
    pub steps: Vec<FunnelStep>,
    /// Facts that end every attempt.
    pub exclude: Vec<String>,
    pub rules: Funnel,
    /// Facts that only this funnel knows.
    pub own: Vec<Fact>,
}

/// Whom a funnel follows. What names several of them belongs to each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FunnelOf {
    Visitor,
    Contact,
    Deal,
    Account,
}

impl FunnelOf {
    /// As many, for a person.
    pub fn many(self) -> &'static str {
        match self {
            FunnelOf::Visitor => "visitors",
            FunnelOf::Contact => "people",
            FunnelOf::Deal => "deals",
            FunnelOf::Account => "accounts",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FunnelStep {
    /// `SQL`, `order paid`.
    pub label: String,
    /// Facts of which any is this step, by motion; under no motion (empty) those that count in every one.
    pub facts: BTreeMap<String, Vec<String>>,
}
