//! One person's day: was it a successful one, and if not, what is missing.

mod text;
pub mod words;

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde::{Deserialize, Serialize};

use crate::definitions::{Better, LineEach, LineKind, Span, SpanUnit, Target};
use crate::money::Money;
use crate::pacing::Pacing;
use crate::time::{Day, Instant, MS_PER_HOUR, Zone};

/// Everything that is known about a person's day.
#[derive(Clone, Debug)]
pub struct DayFacts {
    pub person: String,
    pub day: Day,
    pub zone: Zone,
    pub state: DayState,
    /// On leave or not at work: no message, and never a miss.
    pub is_off: bool,
    /// The first days in a role: numbers without a verdict.
    pub is_numbers_only: bool,
    /// A source that the leading lines rest on is silent: no verdict.
    pub silence: Option<Silence>,
    /// Share of the leading lines that makes a good day, in per cent.
    pub good_day: Decimal,
    /// The same for a partly good day.
    pub partly: Decimal,
    /// Below this many there is no percentage.
    pub too_few: u32,
    /// In the order in which they are read.
    pub lines: Vec<LineFacts>,
}

/// Whether the day can still be won.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DayState {
    Open,
    Closed,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Silence {
    /// As people call it.
    pub source: String,
    pub since: Instant,
}

/// One line before it is judged.
#[derive(Clone, Debug)]
pub struct LineFacts {
    pub kpi: String,
    pub label: String,
    pub kind: LineKind,
    pub each: LineEach,
    pub is_required: bool,
    pub better: Better,
    pub value: LineValue,
    pub target: Option<LineTarget>,
    /// Where a goal of a longer period stands.
    pub pacing: Option<Pacing>,
    /// What is counted, where the label does not say it: `open deals`.
    pub of_what: Option<String>,
    /// What one usually brings, to say how many are missing to a goal of money.
    pub usual: Option<Money>,
    /// Whether the days of `pacing` are working days.
    pub is_in_working_days: bool,
    /// None of its facts arrived in 14 days: the line is left out, never shown as zero.
    pub is_never_seen: bool,
}

/// What a line counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LineValue {
    /// So many, of so many where that is known.
    Count {
        n: u64,
        of: Option<u64>,
    },
    Rate {
        num: u64,
        den: u64,
    },
    Money(Money),
    MoneyRate {
        num: Money,
        den: Money,
    },
    /// Milliseconds.
    Time {
        ms: i64,
    },
    /// Nothing was due, or nothing is there to be counted.
    NoRecords,
}

/// What it should reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LineTarget {
    Count(Decimal),
    /// In per cent.
    Rate(Decimal),
    Money(Money),
    /// Milliseconds.
    Time {
        ms: i64,
    },
}

/// What is said about the day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    Success,
    /// Closed, and most of it was done.
    Partly,
    /// Open, and it can still be won.
    NotYet,
    Miss,
    NumbersOnly,
    /// No line has a target: there is nothing to judge by.
    NoTarget,
    /// No line had anything due.
    NothingDue,
    /// No message is sent.
    Off,
    /// A source is silent: this is no miss.
    NoVerdict(Silence),
}

/// The judged day, ready to be stored and rendered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Scorecard {
    pub person: String,
    pub day: Day,
    /// `Thursday`.
    pub weekday: String,
    pub state: DayState,
    pub verdict: Verdict,
    /// Mean of what the leading lines attained, each at most 1. `None` if nothing was due.
    pub score: Option<f64>,
    /// First line: `Thursday: not yet a successful day. 2 follow-ups to go.`
    pub headline: String,
    /// What a phone shows: `Not yet: 2 follow-ups to go (8 of 10). Conversations 26, meeting requests 2.`
    pub push: String,
    pub lines: Vec<Line>,
    /// Place in `lines` of the one that is short and matters most.
    pub short: Option<usize>,
    /// Labels of lines whose facts were never seen.
    pub left_out: Vec<String>,
}

/// One line as it is read: `label: text`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Line {
    pub kpi: String,
    /// With its period: `SQLs in November`.
    pub label: String,
    /// `8 of 10, 2 to go (required)`.
    pub text: String,
    pub kind: LineKind,
    pub is_required: bool,
    pub value: LineValue,
    pub target: Option<LineTarget>,
    /// `actual / target`, 0 to 1. `None` without a target or records.
    pub attained: Option<f64>,
    pub is_met: Option<bool>,
    /// So many more meet the target; only where single ones are counted.
    pub to_go: Option<u64>,
    pub pacing: Option<Pacing>,
    /// `The other $68,000 is about 4 deals of the usual size in 26 working days.`
    pub remark: Option<String>,
}

impl LineTarget {
    /// A target of the definitions in the unit of a value; `None` if it is of another kind (a span for a count).
    pub fn of(target: Target, value: &LineValue) -> Option<LineTarget> {
        match target {
            Target::Rate(per_cent) => Some(LineTarget::Rate(per_cent)),
            Target::Span(span) => Some(LineTarget::Time { ms: span_ms(span)? }),
            Target::Number(number) => match value {
                LineValue::Money(money) => Money::from_major(number, money.currency).map(LineTarget::Money),
                LineValue::Time { .. } | LineValue::MoneyRate { .. } => None,
                LineValue::Count { .. } | LineValue::Rate { .. } | LineValue::NoRecords => {
                    Some(LineTarget::Count(number))
                }
            },
        }
    }
}

/// Working hours are counted as hours: that is how such a time is measured.
fn span_ms(span: Span) -> Option<i64> {
    match span.unit {
        SpanUnit::WorkingHours => Some(i64::from(span.count) * MS_PER_HOUR),
        SpanUnit::Minutes | SpanUnit::Hours | SpanUnit::Days | SpanUnit::Weeks => span.elapsed_ms(),
        SpanUnit::WorkingDays | SpanUnit::Months | SpanUnit::Quarters | SpanUnit::Years => None,
    }
}

impl LineFacts {
    /// What was attained: 1 means the target is met, for a limit that it is kept.
    fn attained(&self) -> Option<f64> {
        let (actual, target) = (self.actual()?, self.wanted()?);
        let share = match self.better {
            Better::Higher => actual / target,
            Better::Lower if actual <= target => 1.0,
            Better::Lower => target / actual,
        };
        Some(share.clamp(0.0, 1.0))
    }

    fn actual(&self) -> Option<f64> {
        match self.value {
            LineValue::Count { n, .. } => Some(n as f64),
            LineValue::Rate { num, den } if den > 0 => Some(num as f64 / den as f64),
            LineValue::MoneyRate { num, den } if den.minor > 0 => Some(num.minor as f64 / den.minor as f64),
            LineValue::Money(money) => money.major().to_f64(),
            LineValue::Time { ms } => Some(ms as f64),
            LineValue::Rate { .. } | LineValue::MoneyRate { .. } | LineValue::NoRecords => None,
        }
    }

    /// The target in the unit of the value; `None` for none and for zero.
    fn wanted(&self) -> Option<f64> {
        let wanted = match self.target? {
            LineTarget::Count(count) => count.to_f64()?,
            LineTarget::Rate(per_cent) => per_cent.to_f64()? / 100.0,
            LineTarget::Money(money) => money.major().to_f64()?,
            LineTarget::Time { ms } => ms as f64,
        };
        (wanted > 0.0).then_some(wanted)
    }

    /// Exactly whether the target is met: a share of whole numbers is compared without rounding.
    fn is_met(&self) -> Option<bool> {
        let attained = self.attained()?;
        let (LineValue::Rate { num, den }, Some(LineTarget::Rate(per_cent))) = (self.value, self.target) else {
            return Some(attained >= 1.0);
        };
        let (have, need) = (Decimal::from(num) * Decimal::ONE_HUNDRED, per_cent.checked_mul(Decimal::from(den))?);
        Some(match self.better {
            Better::Higher => have >= need,
            Better::Lower => have <= need,
        })
    }

    /// How many more are needed.
    fn to_go(&self) -> Option<u64> {
        if self.better == Better::Lower {
            return None;
        }
        let (have, need) = match (self.value, self.target?) {
            (LineValue::Count { n, .. }, LineTarget::Count(count)) => (n, count),
            (LineValue::Rate { num, den }, LineTarget::Rate(per_cent)) => {
                (num, per_cent.checked_mul(Decimal::from(den))? / Decimal::ONE_HUNDRED)
            }
            _ => return None,
        };
        Some(need.ceil().to_u64()?.saturating_sub(have))
    }

    fn is_judged(&self) -> bool {
        self.kind == LineKind::Leading
    }

    /// A target of zero asks for nothing: the line is omitted.
    fn asks_for_nothing(&self) -> bool {
        self.target.is_some() && self.wanted().is_none()
    }
}

/// Judges a day: a mean of the leading lines, none counted above 1, that reaches the good day with every required line met.
///
/// Before the day closes, whatever is short reads "not yet". Of a closed day, from `partly` on it is partly good.
/// Lines with nothing due do not count; a silent source, leave and the first days in a role give no verdict at all.
pub fn judge(facts: &DayFacts) -> Scorecard {
    let shown: Vec<&LineFacts> =
        facts.lines.iter().filter(|line| !line.is_never_seen && !line.asks_for_nothing()).collect();
    let attained: Vec<f64> = shown.iter().filter(|line| line.is_judged()).filter_map(|line| line.attained()).collect();
    let score = (!attained.is_empty()).then(|| attained.iter().sum::<f64>() / attained.len() as f64);
    let verdict = verdict_of(facts, &shown, score);
    let short = shortest(&shown);
    let lines: Vec<Line> = shown.iter().map(|line| text::line(line, facts)).collect();
    let mut scorecard = Scorecard {
        person: facts.person.clone(),
        day: facts.day,
        weekday: words::weekday(facts.day).to_owned(),
        state: facts.state,
        verdict,
        score,
        headline: String::new(),
        push: String::new(),
        lines,
        short,
        left_out: facts.lines.iter().filter(|line| line.is_never_seen).map(|line| line.label.clone()).collect(),
    };
    scorecard.headline = text::headline(&scorecard, &shown, facts);
    scorecard.push = text::push(&scorecard, &shown, facts);
    scorecard
}

fn verdict_of(facts: &DayFacts, shown: &[&LineFacts], score: Option<f64>) -> Verdict {
    if facts.is_off {
        return Verdict::Off;
    }
    if let Some(silence) = &facts.silence {
        return Verdict::NoVerdict(silence.clone());
    }
    if facts.is_numbers_only {
        return Verdict::NumbersOnly;
    }
    let Some(score) = score else {
        let has_target = shown.iter().any(|line| line.target.is_some());
        return if has_target || shown.is_empty() { Verdict::NothingDue } else { Verdict::NoTarget };
    };
    let reaches = |per_cent: Decimal| score * 100.0 >= per_cent.to_f64().unwrap_or(100.0) - 1e-9;
    let has_required = shown.iter().all(|line| !line.is_required || line.is_met() != Some(false));
    if has_required && reaches(facts.good_day) {
        return Verdict::Success;
    }
    match facts.state {
        DayState::Open => Verdict::NotYet,
        DayState::Closed if reaches(facts.partly) => Verdict::Partly,
        DayState::Closed => Verdict::Miss,
    }
}

/// The leading line that is short and matters most: a required one first, then the one that attained least.
fn shortest(shown: &[&LineFacts]) -> Option<usize> {
    let short = shown.iter().enumerate().filter(|(_, line)| line.is_judged() && line.is_met() == Some(false));
    short
        .min_by(|(_, one), (_, other)| {
            let order = |line: &LineFacts| (!line.is_required, line.attained().unwrap_or(1.0));
            order(one).partial_cmp(&order(other)).unwrap_or(std::cmp::Ordering::Equal)
        })
        .map(|(index, _)| index)
}

/// What late data changed in a line that was printed already.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineChange {
    pub label: String,
    pub before: String,
    pub after: String,
}

/// The lines whose printed figures differ: only then is a message restated.
pub fn changes(before: &Scorecard, after: &Scorecard) -> Vec<LineChange> {
    let printed = |line: &Line| words::value(&line.value);
    after
        .lines
        .iter()
        .filter_map(|line| Some((before.lines.iter().find(|old| old.kpi == line.kpi)?, line)))
        .filter(|(old, new)| printed(old) != printed(new))
        .map(|(old, new)| LineChange { label: new.label.clone(), before: printed(old), after: printed(new) })
        .collect()
}

#[cfg(test)]
mod tests;
