//! What is said, when, and to whom.

use jiff::civil::{Time, Weekday};
use rust_decimal::Decimal;

use super::counted::FieldName;
use super::span::Span;
use crate::expression::Expression;
use crate::value::Value;

#[derive(Clone, Debug)]
pub struct Digest {
    pub id: String,
    pub send: DigestKind,
    pub to: DigestTo,
    pub at: Time,
    pub days: DigestDays,
    /// When the message is edited once, silently. `24:00` is the end of the day.
    pub closes: Option<Closes>,
    pub motions: Vec<String>,
    pub not_active: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DigestKind {
    Scorecard,
    Team,
    Bowtie,
    RecurringRevenue,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DigestTo {
    EachPerson,
    EachManager,
    Destination(String),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DigestDays {
    WorkingDays,
    EveryDay,
    Weekdays(Vec<Weekday>),
    NthWorkingDayOfMonth(u8),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Closes {
    EndOfDay,
    At(Time),
}

#[derive(Clone, Debug)]
pub struct Rule {
    pub id: String,
    pub kind: RuleKind,
    pub motion: Option<String>,
    /// `owner`, a destination, or an e-mail.
    pub to: String,
    pub also_to: Option<String>,
    pub or_else: Option<String>,
    pub ends: Option<String>,
    /// In the workspace's currency, major units, a month for recurring amounts.
    pub at_least: Option<Decimal>,
    /// `false`: only a line in the owner's scorecard.
    pub as_message: bool,
    pub not_active: Option<String>,
}

#[derive(Clone, Debug)]
pub enum RuleKind {
    /// A fact happened.
    Event { fact: String },
    /// A rate fell against its own past, at the same age.
    Rate { watch: Vec<String>, by: Vec<String>, recent: Span, before: Span, ask: Option<String>, sure: Sure },
    /// One record needs something.
    Record {
        reached: Option<String>,
        within: Option<String>,
        that: Option<Expression>,
        without: Option<String>,
        span: Option<Span>,
    },
    /// Behind a goal.
    Pace { watch: Vec<String>, below: Decimal, span: Span },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sure {
    /// The 95 % interval of the difference excludes zero.
    Strongly,
    /// The 80 % interval does.
    Fairly,
}

#[derive(Clone, Debug)]
pub struct Noise {
    pub per_person_a_day: u32,
    pub per_channel_a_day: u32,
    pub repeat: String,
    pub quiet_from: Option<Time>,
    pub quiet_until: Option<Time>,
    pub quiet_except: Vec<String>,
    pub old_news: Span,
    /// `None` is learned from the source's own cadence.
    pub too_quiet: Option<Span>,
}

#[derive(Clone, Debug)]
pub struct Privacy {
    pub person_in_channel: bool,
    pub ranking: bool,
    pub manager_sees: String,
    pub smallest_group: u32,
    pub keep_days: u32,
    /// Fields of records that are never counted, and their values.
    pub test_records: Vec<(FieldName, Vec<Value>)>,
}

/// Where the file starts the roll-out. Who is reached now is [`crate::rollout::InForce`].
#[derive(Clone, Debug)]
pub struct Rollout {
    pub step: RolloutStep,
    pub reviewer: Option<String>,
    pub pilots: Vec<String>,
}

/// How far the roll-out is, in its order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RolloutStep {
    Frame,
    Focus,
    Grow,
}

impl RolloutStep {
    pub const ALL: [RolloutStep; 3] = [RolloutStep::Frame, RolloutStep::Focus, RolloutStep::Grow];

    pub fn word(self) -> &'static str {
        match self {
            RolloutStep::Frame => "frame",
            RolloutStep::Focus => "focus",
            RolloutStep::Grow => "grow",
        }
    }

    pub fn from_word(word: &str) -> Option<RolloutStep> {
        RolloutStep::ALL.into_iter().find(|step| step.word() == word)
    }
}
