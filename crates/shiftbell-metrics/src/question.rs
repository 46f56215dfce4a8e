//! What can be asked, and how it is asked in words.

mod complete;
mod name;
mod reader;
mod suggest;

use serde::{Deserialize, Serialize};

use crate::definitions::Definitions;
use crate::period::{Period, Unit};
use crate::time::{Instant, Zone};

pub use complete::autocomplete;

/// One question about one KPI.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    /// Slug of the KPI.
    pub kpi: String,
    /// `None`: every motion apart.
    pub motion: Option<String>,
    /// Dimension and the value it must have; joined by "and".
    pub filters: Vec<(String, String)>,
    /// `None`: the default period (design: the latest 13 full weeks, for a rate those whose window has closed).
    pub period: Option<Period>,
    /// A period to compare with. `None`: the one just before, of the same length.
    pub versus: Option<Period>,
    /// Break down by this dimension.
    pub by: Option<String>,
    /// One figure for each day, week, month, quarter or year of the period. Not together with a breakdown.
    pub each: Option<Unit>,
    /// At most so many parts of a breakdown, the largest; all others are one.
    pub top: Option<u32>,
    /// Count both stages in the period, whoever they are, instead of following those who entered.
    pub in_period: bool,
    /// E-mail of one person: only what is credited to them. [`ME`] stands for whoever asks.
    pub person: Option<String>,
}

/// What [`Question::person`] holds after "for me": the program puts the asker's e-mail in its place.
pub const ME: &str = "me";

/// Longest command that is read, in characters.
pub const COMMAND_CHARS_MAX: usize = 1_000;

/// Most suggestions under an answer.
pub const SUGGESTIONS_MAX: usize = 3;

/// What a command means.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Understood {
    Kpi(Question),
    /// The people behind the number.
    Who {
        question: Question,
        reached: bool,
    },
    /// All KPIs.
    List,
    /// How to ask, or the definition of the KPI with this slug.
    Help(Option<String>),
    /// How a number was made.
    Why {
        receipt: String,
    },
    /// A KPI that exists but cannot be asked yet, and why.
    NotActive {
        kpi: String,
        label: String,
        why: String,
    },
    Unknown(Unknown),
}

/// A word that was not understood.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unknown {
    /// As typed, at most 60 characters; empty if a word is missing. It comes from outside: escape it.
    pub word: String,
    pub what: Missing,
    /// At most three, each another thing.
    pub suggestions: Vec<Suggestion>,
    /// The words that were understood, as typed (`b2b 2026-Q3`); every suggestion keeps them.
    pub context: String,
}

/// What the word is not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Missing {
    Kpi,
    /// No value of this dimension.
    Value {
        dimension: String,
    },
    Dimension,
    Period,
    Receipt,
    /// Nothing that can follow a KPI.
    Word,
    /// The KPI is only counted in this other motion.
    OtherMotion {
        only: String,
    },
    /// Said already: there is only one motion, period or value of a dimension in a question.
    Twice {
        already: String,
    },
    TooLong,
}

/// Another command that can be run instead.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suggestion {
    /// Whole command: `/kpi mql-to-sql b2b`.
    pub command: String,
    /// On the button: `MQL to SQL, b2b`.
    pub label: String,
}

impl Unknown {
    /// The answer's first line: `I know no KPI "mql-converson". Did you mean one of these?`
    pub fn sentence(&self) -> String {
        let word = &self.word;
        let fact = match &self.what {
            Missing::Kpi if word.is_empty() => "Which KPI?".to_owned(),
            Missing::Kpi => format!("I know no KPI \"{word}\"."),
            Missing::Value { dimension } => format!("\"{word}\" is no {dimension}."),
            Missing::Dimension if word.is_empty() => "By what?".to_owned(),
            Missing::Dimension => format!("\"{word}\" is nothing that numbers are split by."),
            Missing::Period if word.is_empty() => "Which period?".to_owned(),
            Missing::Period => format!("\"{word}\" is no period."),
            Missing::Receipt if word.is_empty() => "Why what? A receipt stands at the end of each answer.".to_owned(),
            Missing::Receipt => {
                format!("\"{word}\" is no receipt. One looks like r-7k3m and stands at the end of an answer.")
            }
            Missing::Word => format!("I do not understand \"{word}\"."),
            Missing::OtherMotion { only } => format!("It is not counted in {word}, only in {only}."),
            Missing::Twice { already } => format!("\"{word}\" does not go with \"{already}\": ask for one at a time."),
            Missing::TooLong => format!("That is too long: a question has at most {COMMAND_CHARS_MAX} characters."),
        };
        match (&self.what, self.suggestions.as_slice()) {
            (_, []) => fact,
            (Missing::Value { .. } | Missing::Dimension | Missing::Word, [one]) => {
                format!("{fact} Did you mean {}?", one.label)
            }
            (_, [_]) => format!("{fact} Did you mean this?"),
            (Missing::Kpi, _) if word.is_empty() => format!("{fact} For example one of these:"),
            (_, _) => format!("{fact} Did you mean one of these?"),
        }
    }
}

impl Question {
    /// The latest full weeks of a KPI in every motion.
    pub fn of(kpi: impl Into<String>) -> Question {
        Question {
            kpi: kpi.into(),
            motion: None,
            filters: Vec::new(),
            period: None,
            versus: None,
            by: None,
            each: None,
            top: None,
            in_period: false,
            person: None,
        }
    }

    /// The command that asks this question, with dates instead of words that move: read back, it is the same question.
    pub fn command(&self) -> String {
        let mut words = vec!["/kpi".to_owned(), self.kpi.clone()];
        words.extend(self.motion.clone());
        words.extend(self.filters.iter().map(|(dimension, value)| reader::filter_word(dimension, value)));
        words.extend(self.period.as_ref().map(days_of));
        words.extend(self.versus.as_ref().map(|period| format!("vs {}", days_of(period))));
        words.extend(self.by.as_ref().map(|dimension| format!("by {dimension}")));
        words.extend(self.each.map(|unit| format!("by {}", unit.word())));
        words.extend(self.top.map(|top| format!("top {top}")));
        words.extend(self.in_period.then(|| "in-period".to_owned()));
        words.join(" ")
    }
}

fn days_of(period: &Period) -> String {
    format!("{}..{}", period.from, period.until.plus(-1))
}

/// Reads a command: a KPI, and after it, in any order, a motion, `dimension:value` or a value alone, a period,
/// `by <dimension>` with `top <number>`, `by day` (`week`, `month`, `quarter`, `year`; also `monthly`), `vs <period>`, `in-period`, `who`, `for me`. Or `list`, `help [KPI]`, `why <receipt>`.
///
/// Case, hyphens, underscores and spaces do not matter in names: "MQL conversion" is `mql-conversion`. `today` and the
/// like are days of `zone`, which is the workspace's unless there is a reason. Never fails: what is not understood is
/// named and answered with suggestions that can be run.
pub fn understand(text: &str, defs: &Definitions, now: Instant, zone: &Zone) -> Understood {
    reader::read(text, defs, zone.day_of(now))
}

#[cfg(test)]
pub(crate) mod sample;
#[cfg(test)]
mod tests;
