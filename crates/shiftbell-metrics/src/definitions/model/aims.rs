//! Goals and scorecards.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::kpi::Target;
use super::span::Span;

#[derive(Clone, Debug)]
pub struct Goal {
    pub kpi: String,
    pub motion: Option<String>,
    pub period: GoalPeriod,
    pub amount: Decimal,
    /// E-mail of one person.
    pub person: Option<String>,
    /// Every person of this role.
    pub each: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GoalPeriod {
    /// A period of the question grammar, such as `2026-Q4`.
    Fixed(String),
    EveryMonth,
    EveryQuarter,
    EveryWeek,
}

#[derive(Clone, Debug)]
pub struct Scorecards {
    /// In per cent.
    pub good_day: Decimal,
    pub partly: Decimal,
    pub first_week_numbers_only: bool,
    /// By role.
    pub roles: BTreeMap<String, Vec<ScorecardLine>>,
}

#[derive(Clone, Debug)]
pub struct ScorecardLine {
    pub kpi: String,
    pub kind: LineKind,
    pub each: LineEach,
    pub target: Option<Target>,
    pub required: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LineKind {
    Leading,
    Quality,
    Lagging,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineEach {
    Day,
    Week,
    Month,
    Quarter,
    /// The span that ends with the day, such as "30 days", "13 weeks" or "12 months".
    Last(Span),
}
