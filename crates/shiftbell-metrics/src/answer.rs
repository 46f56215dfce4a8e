//! From a question to its answer: which cells and segments it needs, and what they say.
//!
//! The arithmetic asks [`Rows`] for what it needs. What is not there yet is noted, and the caller reads it and asks again,
//! so that the plan of reading and the arithmetic cannot differ.

mod choose;
mod compare;
mod coverage;
mod economics;
mod measure;
mod onboarding;
mod people;
mod pipeline;
mod recount;
mod revenue;
mod rows;
mod split;
mod stay;
mod stock;
mod tally;
mod told;
mod usage;
mod waiting;
mod worklist;

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::codec::Corrupt;
use crate::definitions::Definitions;
use crate::money::Money;
use crate::period::Period;
use crate::question::Question;
use crate::time::Instant;

pub use choose::{ask, reads, ways};
pub use measure::WITHIN_TARGET;
pub use people::{Fate, Someone, who};
pub use recount::{Recount, Refolded, recompute};
pub use revenue::{BridgeLine, BridgeMove, MrrBridge, mrr_bridge};
pub use rows::{Read, Rows};
pub use stock::Standing as OpenRecord;
pub use tally::UNKNOWN;

/// A question with what the asker's world adds to it.
#[derive(Clone, Debug)]
pub struct Asked<'a> {
    pub defs: &'a Definitions,
    pub question: &'a Question,
    pub now: Instant,
    /// Every name under which sources know the person of the question, in lower case. Empty when it is about nobody.
    pub names: &'a [String],
}

/// What came of asking.
#[derive(Clone, Debug)]
pub enum Outcome {
    Answer(Box<Answer>),
    /// These rows are needed first.
    Need(Vec<Read>),
    Cannot(Cannot),
}

/// Why there is no answer, in words for the asker.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Cannot {
    #[error("there is no KPI `{0}`")]
    NoKpi(String),
    #[error("{0}")]
    NotActive(String),
    #[error("{kpi} is only counted in {motion}")]
    OtherMotion { kpi: String, motion: String },
    #[error("name a motion: {0}")]
    NeedsMotion(String),
    #[error("{kpi} is not defined in {motion}")]
    NotInMotion { kpi: String, motion: String },
    #[error("there is no motion `{0}`")]
    NoMotion(String),
    #[error("there is no dimension `{0}`")]
    NoDimension(String),
    #[error("{0} is how things stand now: it has no past")]
    NoPast(String),
    #[error(
        "that is {count} {unit}s, and at most {most} are shown: ask for a shorter period, or for longer parts of it"
    )]
    TooMany { count: usize, unit: &'static str, most: usize },
    #[error("the formula of {0} leads back to itself")]
    Circle(String),
    #[error("{0}")]
    Damaged(#[from] Corrupt),
}

/// A share of a whole, always with its counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rate {
    pub num: i64,
    pub den: i64,
}

impl Rate {
    /// In per cent, exact; `None` of nothing.
    ///
    /// ```
    /// use shiftbell_metrics::answer::Rate;
    /// assert_eq!(Rate { num: 84, den: 312 }.percent().unwrap().round_dp(1).to_string(), "26.9");
    /// assert_eq!(Rate { num: 0, den: 0 }.percent(), None);
    /// ```
    pub fn percent(self) -> Option<Decimal> {
        (self.den != 0).then(|| Decimal::from(self.num) * Decimal::ONE_HUNDRED / Decimal::from(self.den))
    }
}

/// The number itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Figure {
    Count {
        count: i64,
    },
    Rate {
        rate: Rate,
    },
    /// One amount per currency; the workspace's own first. `records` were added up.
    Money {
        amounts: Vec<Money>,
        records: i64,
    },
    /// Milliseconds, on the edges of the lag buckets; `reached` have arrived, `open` are still on their way and count as
    /// waiting at least as long as they have. `None` where too many still wait. Who was lost on the way is in neither.
    Duration {
        median_ms: Option<i64>,
        p90_ms: Option<i64>,
        shows_p90: bool,
        reached: i64,
        open: i64,
        /// Whether only working time was counted.
        #[serde(default)]
        is_work: bool,
    },
    /// Of a formula. `None` where a part has no value or it divides by zero.
    Number {
        value: Option<Decimal>,
        is_share: bool,
    },
}

impl Figure {
    /// How many records it counts.
    pub fn counted(&self) -> i64 {
        match self {
            Figure::Rate { rate } => rate.den,
            Figure::Count { count } => *count,
            Figure::Duration { reached, open, .. } => reached + open,
            Figure::Money { records, .. } => *records,
            Figure::Number { .. } => 0,
        }
    }
}

/// Those whose window has closed, and those who may still arrive.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Maturity {
    pub closed: Rate,
    pub running: Rate,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Newer {
    pub period: Period,
    pub rate: Rate,
}

/// Whether a difference is more than chance, by Newcombe's 95 % interval of the difference of two shares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Chance {
    CouldBeChance,
    MoreThanChance,
    /// Too few for either word, or not a share.
    NotJudged,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Before {
    pub period: Period,
    pub figure: Figure,
    pub chance: Chance,
}

/// How the figure stands to its target.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgainstTarget {
    /// Per cent for a rate, milliseconds for a span, else the number.
    pub target: Decimal,
    pub standing: Standing,
    /// How many more it takes to reach the target, for a rate.
    pub short_by: Option<i64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    Better,
    /// As close as `policies.numbers.level` says.
    Level,
    Worse,
}

/// The part of a breakdown that differs from all others by more than chance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standout {
    pub dimension: String,
    pub value: String,
    pub rate: Rate,
    pub others: Rate,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// `None`: the dimension is not known there.
    pub value: Option<String>,
    pub figure: Figure,
    /// Of a series: it can still change, because its days or its windows are not over.
    #[serde(default)]
    pub is_running: bool,
}

/// What became of everyone who entered. Always adds up: entered = reached + lost + neither.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ways {
    pub entered: i64,
    /// Within the window.
    pub reached: i64,
    /// Lost within the window, and not reached.
    pub lost: i64,
    pub neither: i64,
    /// Of those who did neither, how many reached it after their window.
    pub later: i64,
}

/// A number with everything that explains it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    pub kpi: String,
    pub label: String,
    pub motion: Option<String>,
    /// Labels of the two stages of a conversion or time.
    pub from: Option<String>,
    pub to: Option<String>,
    pub figure: Figure,
    pub period: Period,
    /// Whether the period was chosen here, not by the asker.
    pub is_default_period: bool,
    /// As written: `60 days`.
    pub window: Option<String>,
    /// Both stages counted in the period, whoever they are.
    pub in_period: bool,
    pub filters: Vec<(String, String)>,
    pub version: String,
    pub maturity: Option<Maturity>,
    pub newer: Option<Newer>,
    pub before: Option<Before>,
    pub target: Option<AgainstTarget>,
    pub standout: Option<Standout>,
    pub by: Option<String>,
    pub parts: Vec<Part>,
    pub ways: Option<Ways>,
    /// Fewer than `policies.numbers.too_few`: counts, no percentage.
    pub is_too_few: bool,
    /// Figures of the KPIs in a formula, by slug; of a standard KPI what it was worked out from.
    pub inputs: BTreeMap<String, Figure>,
    /// What has to be said beside the figure, without a full stop: why it has no value, or what is not in it.
    #[serde(default)]
    pub note: Option<String>,
}

impl Answer {
    /// Of a share of money (what is kept of recurring revenue, what is won of what closed): the part and the whole.
    pub fn money_rate(&self) -> Option<(Money, Money)> {
        let amount = |key: &str| match self.inputs.get(key)? {
            Figure::Money { amounts, .. } => amounts.first().copied(),
            Figure::Count { .. } | Figure::Rate { .. } | Figure::Duration { .. } | Figure::Number { .. } => None,
        };
        let (part, whole) = amount("left").zip(amount("start")).or_else(|| amount("won").zip(amount("closed")))?;
        (whole.minor > 0).then_some((part, whole))
    }
}
