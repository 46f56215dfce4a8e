//! A person's day: how it stands while it can still be won, and how it ended. One message, edited once.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{Message, Unseen};
use crate::action::{Action, Verb};
use crate::document::{Button, Document};
use crate::facts::{Figure, Footer, Noun, Person};
use crate::template::{self, RenderError};
use crate::words;

mod samples;

use shiftbell_metrics::money::Money;

/// One person's scorecard of one day.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Scorecard {
    pub person: Person,
    pub day: Date,
    pub verdict: Verdict,
    /// The required line that is short, or the one furthest from done. Said in the first line.
    pub short_of: Option<ShortOf>,
    /// What a successful day was made of, as a sentence: `Every open deal has a next step.`
    pub praise: Option<String>,
    /// Whether the day is over.
    pub closed: bool,
    pub lines: Vec<ScoreLine>,
    /// Lines that are left out, the first time that they are.
    #[serde(default)]
    pub not_counted: Vec<Unseen>,
    /// What the person said with `Something is off`.
    pub said: Option<Said>,
    /// The one next action, the most valuable.
    pub next: Option<Next>,
    pub credit: Vec<Credit>,
    /// What late data changed after the day was closed: it becomes the first line.
    pub changed: Option<Changed>,
    /// The record that the next action is about.
    pub open: Option<Record>,
    pub footer: Footer,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    Successful,
    /// Before the day is over, anything less.
    NotYet,
    Partly,
    NotSuccessful,
    /// The first days in a role.
    NumbersOnly,
    /// No line has a target.
    NoTarget,
    /// No line had anything due.
    NothingDue,
    /// A source was silent: the day cannot be judged and does not count.
    NoVerdict {
        source: String,
        since: String,
        missing: String,
    },
}

/// What is missing from a day, and how it is said.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ShortOf {
    pub done: u64,
    pub required: u64,
    pub what: Noun,
    /// After what is missing: `to go`, `to contact`.
    pub to_go: String,
    /// After what was done, when the day is over: `done`, `contacted`.
    pub reached: String,
}

impl ShortOf {
    /// The words for a line with this label: `2 follow-ups to go`, later `8 of 10 follow-ups done`.
    pub fn of_line(label: &str, done: u64, required: u64) -> ShortOf {
        ShortOf { done, required, what: Noun::of_plural(label), to_go: "to go".into(), reached: "done".into() }
    }
}

/// A line of the scorecard.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ScoreLine {
    pub label: String,
    pub score: Score,
    /// Whether the day cannot be successful without it.
    pub required: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Score {
    /// `8 of 10, 2 to go`; `of` names what the whole is: `11 of 11 open deals`.
    Count { done: u64, required: u64, of: Option<String> },
    /// `8 of 10 (80 %) in the last 30 days, target 80 %`.
    Rate { part: u64, whole: u64, period: Option<String>, target: Option<Figure> },
    /// `90.0 % ($54,900 of $61,000), target 90 %`.
    MoneyRate { value: Figure, target: Option<Figure> },
    /// `7 of 9, on pace (plan to date 6.6)`; `period` for the push line: `quarter`.
    Pace { done: Figure, goal: Figure, plan: Figure, pace: Pace, period: String, rest: Option<Rest> },
    /// `4 of 48, limit 5`: fewer is better.
    Limit { count: u64, whole: u64, limit: u64 },
    /// Anything else, in words that are said as they are: `3.2 hours, target 4 hours`.
    Said { text: String },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pace {
    OnPace,
    SlightlyBehind,
    Behind,
    TooEarly,
    Reached,
}

impl Pace {
    /// From what is done over what was planned to date: from 1.0 on pace, from 0.9 slightly behind.
    pub fn of_index(index: f64) -> Pace {
        if index >= 1.0 {
            Pace::OnPace
        } else if index >= 0.9 {
            Pace::SlightlyBehind
        } else {
            Pace::Behind
        }
    }
}

/// What is left of a goal in money, as something one can do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rest {
    pub money: Money,
    pub deals: u64,
    pub working_days: u64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Said {
    /// `waiting for someone`.
    pub what: String,
    /// `billing answer for Sample Insurance`.
    pub about: Option<String>,
    pub asked: Option<Person>,
}

/// What to do next.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Next {
    /// A request without a reply: `asked for a meeting at 15:12`.
    NoReply {
        record: String,
        asked_for: String,
        at: String,
    },
    /// A deal that has gone quiet.
    Quiet {
        record: String,
        money: Option<Money>,
        days: u64,
        closes: Option<Closes>,
    },
    Leaving {
        record: String,
        money_a_year: Money,
    },
    /// A sentence from the definitions, without its full stop.
    Other {
        text: String,
    },
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Closes {
    pub on: Date,
    /// Why that day is no working day: `a holiday`.
    pub is: Option<String>,
}

/// A won deal that the person has a share in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Credit {
    /// The finder's view: `You found it: $4,500 (25 %).`
    Share { record: String, won: String, money_a_year: Money, role: String, share: Money, of_all: f64 },
    /// The closer's view: all parts, which add up.
    Parts { record: String, money: Money, you: Money, others: Vec<CreditPart> },
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CreditPart {
    pub who: String,
    pub money: Money,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Changed {
    pub label: String,
    pub before: u64,
    pub after: u64,
    /// Without its full stop: `two calls of 17:40 arrived at 22:15`.
    pub because: String,
}

/// A record of the CRM that can be opened. Without an address it has no button.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    pub name: String,
    pub url: Option<String>,
}

impl Message for Scorecard {
    const NAME: &'static str = "scorecard";

    fn samples() -> Vec<(&'static str, Scorecard)> {
        samples::all()
    }

    fn document(&self) -> Result<Document, RenderError> {
        let document = template::document(Self::NAME, &View::of(self))?;
        let receipt = self.footer.receipt();
        let address = |record: &Record| record.url.clone().map(|url| (record.name.clone(), url));
        let open = self.open.as_ref().and_then(address);
        let open = open.map(|(name, url)| Button::primary(format!("Open {name}"), Action::Open { url }));
        Ok(document.with_buttons(open).with_buttons([super::something_is_off(receipt)]).with_more([
            Button::about("Change time", Verb::ChangeTime, receipt),
            Button::about("Pause", Verb::Pause, receipt),
            Button::about("Stop", Verb::Stop, receipt),
            Button::about("Who sees this", Verb::Audience, receipt),
            Button::about("Why", Verb::Why, receipt),
        ]))
    }
}

/// The facts with what the words need and the facts imply.
#[derive(Serialize)]
struct View<'a> {
    #[serde(flatten)]
    facts: &'a Scorecard,
    /// What is missing from the day.
    missing: u64,
    lines: Vec<LineView<'a>>,
    /// For the push line: counts that are done, `Conversations 26, meeting requests 2`.
    done: Option<String>,
    /// For the push line of those who are measured by a goal in money.
    goal: Option<&'a Score>,
}

#[derive(Serialize)]
struct LineView<'a> {
    #[serde(flatten)]
    line: &'a ScoreLine,
    /// Still to do; 0 is done.
    to_go: u64,
    closed: bool,
}

impl View<'_> {
    fn of(facts: &Scorecard) -> View<'_> {
        let line = |line| LineView { line, to_go: to_go(line), closed: facts.closed };
        let missing = facts.short_of.as_ref().map_or(0, |short| short.required.saturating_sub(short.done));
        View {
            facts,
            missing,
            lines: facts.lines.iter().map(line).collect(),
            done: done(&facts.lines),
            goal: facts.lines.iter().map(|line| &line.score).find(|score| is_goal_in_money(score)),
        }
    }
}

fn to_go(line: &ScoreLine) -> u64 {
    match &line.score {
        Score::Count { done, required, .. } => required.saturating_sub(*done),
        Score::Rate { .. }
        | Score::MoneyRate { .. }
        | Score::Pace { .. }
        | Score::Limit { .. }
        | Score::Said { .. } => 0,
    }
}

fn done(lines: &[ScoreLine]) -> Option<String> {
    let reached = lines.iter().filter_map(|line| match &line.score {
        Score::Count { done, required, .. } if done >= required => {
            Some(format!("{} {}", Noun::of_plural(&line.label).many, words::count(*done)))
        }
        Score::Count { .. }
        | Score::Rate { .. }
        | Score::MoneyRate { .. }
        | Score::Pace { .. }
        | Score::Limit { .. }
        | Score::Said { .. } => None,
    });
    let reached: Vec<String> = reached.collect();
    (!reached.is_empty()).then(|| words::capital(&reached.join(", ")))
}

fn is_goal_in_money(score: &Score) -> bool {
    matches!(score, Score::Pace { goal: Figure::Money(_), .. })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pace_has_three_words() {
        assert_eq!(Pace::of_index(82_000.0 / 87_097.0), Pace::SlightlyBehind);
        assert_eq!(Pace::of_index(7.0 / 6.63), Pace::OnPace);
        assert_eq!(Pace::of_index(17.0 / 19.26), Pace::Behind);
    }
}
