//! Whether to speak up: every decision says why, also the decision to be silent.

pub mod budget;
pub mod event;
pub mod quiet;
pub mod rate;
pub mod silence;

use serde::{Deserialize, Serialize};

use crate::id::EntityId;
use crate::time::Instant;

pub use budget::{Candidate, within_budget};
pub use event::{EventFacts, decide_event};
pub use quiet::quiet_until;
pub use rate::{BehindPlan, Price, RateFacts, RateFall, behind_plan, decide_rate, value_of_one};
pub use silence::{Cadence, SilenceFacts, SourceBack, SourceSilent, decide_silence};

/// To notify or to hold, with the reason.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Decision {
    Notify(Reason),
    Hold(HoldReason),
}

/// Why to speak.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// What the rule names has happened.
    Happened,
    RateFell(RateFall),
    BehindPlan(BehindPlan),
    SourceSilent(SourceSilent),
    /// It was said to be silent, and is not any more.
    SourceBack(SourceBack),
}

/// Why not to speak, or not yet.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "kebab-case")]
pub enum HoldReason {
    #[error("the rule is not active yet: {why}")]
    NotActive { why: String },
    #[error("it came by import, backfill or rebuild, which never ping anyone")]
    NotLive,
    #[error("it happened {age_ms} ms before it arrived, longer than old news may be")]
    OldNews { age_ms: i64 },
    #[error("it was said already")]
    AlreadySaid,
    #[error("it is worth {worth}, less than the rule's {at_least}; it is only counted")]
    BelowAtLeast { worth: String, at_least: String },
    #[error("the rule asks only for a line in the owner's scorecard")]
    NextActionOnly,
    #[error("the roll-out does not reach {recipient} yet")]
    NotRolledOut { recipient: String },
    #[error("its source {source_name} is silent, so it may not be true")]
    SourceSilent { source_name: String },
    #[error("quiet hours until {until}")]
    QuietUntil { until: Instant },
    #[error("{allowed} messages were sent today already; it waits for the next digest")]
    BudgetUsed { allowed: u32 },
    #[error("{n} are too few to compare, {too_few} are needed")]
    TooFew { n: u64, too_few: u32 },
    #[error("the rate has not fallen")]
    NotFallen,
    #[error("the difference could be chance")]
    MaybeChance,
    #[error("it is not behind for long enough")]
    NotBehind,
    #[error("the source is not silent for longer than usual")]
    NotSilent,
    #[error("too little has arrived to know what is usual")]
    NotLearned,
}

impl HoldReason {
    /// When to decide again; `None` if never.
    pub fn until(&self) -> Option<Instant> {
        match self {
            HoldReason::QuietUntil { until } => Some(*until),
            HoldReason::NotActive { .. }
            | HoldReason::NotLive
            | HoldReason::OldNews { .. }
            | HoldReason::AlreadySaid
            | HoldReason::BelowAtLeast { .. }
            | HoldReason::NextActionOnly
            | HoldReason::NotRolledOut { .. }
            | HoldReason::SourceSilent { .. }
            | HoldReason::BudgetUsed { .. }
            | HoldReason::TooFew { .. }
            | HoldReason::NotFallen
            | HoldReason::MaybeChance
            | HoldReason::NotBehind
            | HoldReason::NotSilent
            | HoldReason::NotLearned => None,
        }
    }
}

/// Who would receive a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recipient<'a> {
    /// By e-mail.
    Person(&'a str),
    /// By the id of the destination.
    Channel(&'a str),
}

impl Recipient<'_> {
    pub fn name(&self) -> &str {
        match self {
            Recipient::Person(name) | Recipient::Channel(name) => name,
        }
    }
}

/// What makes an alert about one event the same alert: said once, however often it is decided.
pub fn dedupe_key(rule: &str, entity: EntityId, event: &str) -> String {
    format!("{rule}/{}/{event}", entity.0)
}

#[cfg(test)]
mod tests;
