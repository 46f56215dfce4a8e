//! The week of every motion: where it stands, its biggest gap, what is worth most. Tables in the thread, a picture.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use shiftbell_metrics::money::Money;

use super::Message;
use crate::action::{Action, Verb};
use crate::document::{Button, Document, Picture};
use crate::facts::{Changed, Figure, Footer};
use crate::picture;
use crate::template::{self, RenderError};
use crate::words;

mod samples;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bowtie {
    /// First and last day of the week.
    pub first: Date,
    pub last: Date,
    /// The first motion is said first, and has the upper half of the picture.
    pub motions: Vec<MotionWeek>,
    pub worth: Option<Worth>,
    pub leaks: Option<LeakCount>,
    #[serde(default)]
    pub changed: Vec<Changed>,
    pub footer: Footer,
}

/// One motion.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MotionWeek {
    pub motion: String,
    pub goal: Option<MotionGoal>,
    pub gap: Option<Gap>,
    pub base: Option<Base>,
    /// From the first stage to won.
    pub stages: Vec<StageWeek>,
    /// What was won in the week, and in a usual one.
    pub won_money: Option<Money>,
    pub usual_won_money: Option<Money>,
    pub mrr: Option<MrrMoves>,
    /// The windows of the rates in days, in the order of the stages.
    pub windows_days: Vec<u64>,
    /// The money side of the picture, from the knot outwards.
    pub money_side: Vec<MoneyColumn>,
}

/// How the motion stands to its goal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MotionGoal {
    /// `new ARR`, `orders`.
    pub label: String,
    /// `quarter`.
    pub period: String,
    pub done: Figure,
    pub goal: Figure,
    pub plan: Figure,
    /// Done over planned to date.
    pub index: f64,
    /// The week, and a usual one.
    pub week: Option<u64>,
    pub usual: Option<f64>,
}

/// The rate that is worth most when it is brought to its target.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Gap {
    /// `MQL to SQL`.
    pub rate: String,
    pub value: Figure,
    pub target: Figure,
    /// Where it is worst.
    pub worst: Option<(String, Figure)>,
}

/// The customers that are there.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Base {
    /// `customers`, `members`.
    pub label: String,
    pub mrr: Money,
    pub mrr_change: Option<Money>,
    pub count: u64,
    pub count_change: Option<i64>,
    /// Over twelve months, as shares.
    pub kept: Option<f64>,
    pub with_expansion: Option<f64>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StageWeek {
    /// `Leads`.
    pub label: String,
    pub week: u64,
    pub usual: f64,
    /// Of the latest 13 weeks, for the picture.
    pub quarter: u64,
    /// To the next stage.
    pub next: Option<Figure>,
    pub target: Option<f64>,
    pub median_days: Option<f64>,
    /// Whether this is the biggest gap; and whether it is within half a point of its target.
    pub biggest_gap: bool,
    pub level: bool,
}

/// Recurring revenue over the week: opening and movements make closing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MrrMoves {
    pub opening: Money,
    pub moves: Vec<MrrMove>,
    pub closing: Money,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MrrMove {
    pub name: String,
    pub adds: bool,
    pub money: Money,
}

/// A column of the money side of the picture.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MoneyColumn {
    /// `kept`.
    pub label: String,
    pub money: Money,
    /// `90.5 % of a year ago`.
    pub note: Option<String>,
}

/// The one change that is worth most.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Worth {
    pub rate: String,
    pub target: Figure,
    pub wins: f64,
    pub money: Money,
    /// `a quarter`.
    pub per: String,
    /// What would be reached then, and whether that is the goal.
    pub then: Option<Money>,
    pub reaches_goal: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LeakCount {
    pub closed: u64,
    pub worth: Money,
    pub open: u64,
}

impl Message for Bowtie {
    const NAME: &'static str = "bowtie";

    fn samples() -> Vec<(&'static str, Bowtie)> {
        samples::all()
    }

    fn document(&self) -> Result<Document, RenderError> {
        let mut document = template::document(Self::NAME, &View::of(self))?;
        for motion in &self.motions {
            document.thread.push(template::document("bowtie-table", &TableView::of(self, motion))?);
        }
        let alt = template::document("bowtie-picture", &View::of(self))?.push;
        // A picture that cannot be drawn never holds back the words.
        let svg = picture::bowtie::svg(self).ok().filter(|_| !self.motions.is_empty());
        document.picture = svg.map(|svg| Picture { name: "bowtie.png".into(), svg, alt });
        let receipt = self.footer.receipt();
        Ok(document
            .with_buttons([Button::new("Full bowtie", Action::ask("bowtie")), super::something_is_off(receipt)])
            .with_more([
                Button::about("Change time", Verb::ChangeTime, receipt),
                Button::about("Why", Verb::Why, receipt),
            ]))
    }
}

#[derive(Serialize)]
struct View<'a> {
    #[serde(flatten)]
    facts: &'a Bowtie,
    motions: Vec<MotionView<'a>>,
}

#[derive(Serialize)]
struct MotionView<'a> {
    #[serde(flatten)]
    facts: &'a MotionWeek,
    /// How far from plan: `16 %`.
    behind: Option<String>,
    ahead: Option<String>,
    /// Whether the goal is a number of something, which is then named: `161 of 300 orders`.
    counts: bool,
    won: u64,
}

impl View<'_> {
    fn of(facts: &Bowtie) -> View<'_> {
        View { facts, motions: facts.motions.iter().map(MotionView::of).collect() }
    }
}

impl MotionView<'_> {
    fn of(facts: &MotionWeek) -> MotionView<'_> {
        let away = facts.goal.as_ref().map_or(0.0, |goal| goal.index - 1.0);
        let off_plan = away.is_finite() && away.abs() >= 0.005;
        let percent = words::number((away.abs() * 100.0).round()) + " %";
        MotionView {
            facts,
            behind: (off_plan && away < 0.0).then(|| percent.clone()),
            ahead: (off_plan && away > 0.0).then_some(percent),
            counts: matches!(facts.goal.as_ref().map(|goal| &goal.goal), Some(Figure::Count(_))),
            won: facts.stages.last().map_or(0, |stage| stage.week),
        }
    }
}

#[derive(Serialize)]
struct TableView<'a> {
    #[serde(flatten)]
    facts: &'a MotionWeek,
    first: Date,
    last: Date,
    rows: Vec<RowView<'a>>,
    windows: Option<String>,
}

#[derive(Serialize)]
struct RowView<'a> {
    #[serde(flatten)]
    facts: &'a StageWeek,
    usual_text: String,
    /// The last stage: what was won.
    won_money: Option<Money>,
    usual_won_money: Option<Money>,
}

impl TableView<'_> {
    fn of<'a>(week: &Bowtie, facts: &'a MotionWeek) -> TableView<'a> {
        let small = facts.stages.iter().any(|stage| stage.usual < 10.0);
        let row = |stage: &'a StageWeek| RowView {
            facts: stage,
            usual_text: if small { words::tenths(stage.usual) } else { words::number(stage.usual.round()) },
            won_money: facts.won_money.filter(|_| stage.next.is_none()),
            usual_won_money: facts.usual_won_money.filter(|_| stage.next.is_none()),
        };
        let windows: Vec<String> = facts.windows_days.iter().map(u64::to_string).collect();
        TableView {
            facts,
            first: week.first,
            last: week.last,
            rows: facts.stages.iter().map(row).collect(),
            windows: (!windows.is_empty()).then(|| windows.join(", ")),
        }
    }
}
