//! KPIs and what they should reach.

use jiff::civil::Date;
use rust_decimal::Decimal;

use super::counted::{FieldName, StageOf};
use super::span::{PerMotion, Span};
use crate::expression::Expression;

/// What a KPI should reach.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Target {
    /// In per cent: 30 for "30 %".
    Rate(Decimal),
    Number(Decimal),
    Span(Span),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Better {
    Higher,
    Lower,
}

#[derive(Clone, Debug)]
pub struct Kpi {
    pub slug: String,
    pub label: String,
    pub also: Vec<String>,
    pub means: PerMotion<String>,
    /// `north-star`, `primary`, `secondary`; `None` for numbers of the day.
    pub level: Option<String>,
    pub kind: KpiKind,
    /// Only in this motion.
    pub motion: Option<String>,
    pub target: PerMotion<Target>,
    pub better: Better,
    /// E-mail of the keeper of the definition.
    pub owner: Option<String>,
    pub signed: Option<Date>,
    pub leads_to: Vec<String>,
    pub was: Option<String>,
    /// `sourced`: credit goes to the owner of the contact, not of the deal.
    pub credit: Option<String>,
    /// `false` for the standard family that exists without being written.
    pub is_written: bool,
    /// Hash of what it means (its kind, the facts and stages it rests on, windows, policies): 4 hex characters.
    pub version: String,
    /// Why it cannot be asked yet, in words for a person; `None` if it can.
    pub not_active: Option<String>,
}

impl Kpi {
    /// The name by which it is offered, and which can be typed. What counts goes by its own name, the plural (`sqls`); a
    /// rate by its short one where it has one (`mql-conversion`).
    pub fn word(&self) -> &str {
        match &self.kind {
            KpiKind::Conversion { .. } => self.also.first().unwrap_or(&self.slug),
            KpiKind::Count { .. }
            | KpiKind::Time { .. }
            | KpiKind::Sum { .. }
            | KpiKind::Share { .. }
            | KpiKind::Stock { .. }
            | KpiKind::Worklist { .. }
            | KpiKind::Formula { .. }
            | KpiKind::Standard { .. } => &self.slug,
        }
    }
}

#[derive(Clone, Debug)]
pub enum KpiKind {
    Count { of: CountOf },
    Conversion { from: String, to: String, within: PerMotion<Span>, early: PerMotion<Span> },
    Time { from: String, to: TimeTo, working_hours: bool, show: TimeShow },
    Sum { of: FieldName, at: CountOf },
    Share { of: String, also: String },
    Stock { of: StageOf, filter: Option<Expression>, have: Option<Expression> },
    Worklist { due: Vec<String>, due_by: Vec<String>, done: String },
    Formula { text: String, kpis: Vec<String>, formula: Expression },
    Standard { name: String, over: Option<Span> },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CountOf {
    Stage(String),
    Facts(Vec<String>),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TimeTo {
    Stage(String),
    Fact(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeShow {
    Median,
    P90,
}
