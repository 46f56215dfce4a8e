//! `/bowtie b2b 2026-Q3 vs 2026-Q2`: the bowtie of any period, both sides, beside another period.

use jiff::civil::date;
use serde::{Deserialize, Serialize};
use shiftbell_metrics::money::{Currency, Money};

use super::Message;
use crate::action::{Action, Verb};
use crate::document::{Button, Document};
use crate::facts::{Changed, Figure, Footer, SourceAge};
use crate::template::{self, RenderError};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BowtiePeriod {
    /// `Q3 2026`.
    pub period: String,
    /// What it is compared with.
    pub versus: String,
    /// `bowtie`, `funnel` or `flywheel`.
    pub shape: String,
    pub motions: Vec<MotionPeriod>,
    /// In either period, or between them.
    #[serde(default)]
    pub changed: Vec<Changed>,
    pub footer: Footer,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MotionPeriod {
    pub motion: String,
    pub won: u64,
    pub won_before: u64,
    /// From the first stage to the last, in order.
    pub stages: Vec<StagePeriod>,
    /// The step that is furthest below its target.
    pub gap: Option<StepPeriod>,
    /// What is measured in money: committed, kept, recurring. Empty where whoever asks may not see it.
    pub money: Vec<MoneyPeriod>,
    /// What customers bring back to the beginning.
    pub loops: Vec<LoopPeriod>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StagePeriod {
    pub label: String,
    pub reached: u64,
    pub before: u64,
    pub next: Option<StepPeriod>,
}

/// The way on to the next stage, of those who entered in the period.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StepPeriod {
    /// `MQL to SQL`.
    pub label: String,
    pub value: Figure,
    pub before: Figure,
    pub target: Option<f64>,
    /// How long it took, in the middle.
    pub median: Option<Figure>,
    /// Whether some of them still have time.
    pub runs: bool,
}

/// `Recurring, a year: $1,200,000 ($1,150,000 before)`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MoneyPeriod {
    pub label: String,
    pub value: Figure,
    pub before: Option<Figure>,
    /// How it is made of others.
    pub note: Option<String>,
}

/// Customers who bring others, or come back for more.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LoopPeriod {
    /// `Recommended us`.
    pub label: String,
    pub reached: u64,
    pub before: u64,
    /// Of those at the beginning, how many came this way; and what the beginning is called.
    pub share: Option<Figure>,
    pub of: String,
    /// From the win until then, in the middle.
    pub median: Option<Figure>,
}

impl Message for BowtiePeriod {
    const NAME: &'static str = "bowtie-period";

    fn samples() -> Vec<(&'static str, BowtiePeriod)> {
        let footer = Footer::only_you(vec![SourceAge::new("HubSpot", 2)], "r-8p2k");
        let whole = BowtiePeriod {
            period: "2026-Q3".into(),
            versus: "2026-Q2".into(),
            shape: "bowtie".into(),
            motions: vec![b2b()],
            changed: vec![Changed { day: date(2026, 7, 1), what: vec!["MQLs".into(), "MQL to SQL".into()] }],
            footer: footer.clone(),
        };
        let funnel = BowtiePeriod {
            shape: "funnel".into(),
            motions: vec![MotionPeriod { money: Vec::new(), loops: Vec::new(), gap: None, ..b2b() }],
            changed: Vec::new(),
            ..whole.clone()
        };
        vec![("quarter", whole), ("funnel-without-money", funnel)]
    }

    fn document(&self) -> Result<Document, RenderError> {
        let motions = self.motions.iter().map(MotionView::of).collect();
        let mut document = template::document(Self::NAME, &View { facts: self, motions })?;
        let receipt = self.footer.receipt();
        document = document
            .with_buttons([Button::about("Why", Verb::Why, receipt), super::something_is_off(receipt)])
            .with_more([Button::new("Latest week", Action::ask("bowtie"))]);
        Ok(document)
    }
}

#[derive(Serialize)]
struct View<'a> {
    #[serde(flatten)]
    facts: &'a BowtiePeriod,
    motions: Vec<MotionView<'a>>,
}

#[derive(Serialize)]
struct MotionView<'a> {
    #[serde(flatten)]
    facts: &'a MotionPeriod,
    /// Whether some window is still open, so that rates can only rise.
    runs: bool,
}

impl MotionView<'_> {
    fn of(facts: &MotionPeriod) -> MotionView<'_> {
        let steps = facts.stages.iter().filter_map(|stage| stage.next.as_ref());
        MotionView { facts, runs: steps.into_iter().any(|step| step.runs) }
    }
}

fn b2b() -> MotionPeriod {
    let step = |label: &str, now: (u64, u64), before: (u64, u64), target: f64, days: f64| StepPeriod {
        label: label.into(),
        value: Figure::rate(now.0, now.1),
        before: Figure::rate(before.0, before.1),
        target: Some(target),
        median: Some(Figure::Days(days)),
        runs: false,
    };
    let mql = step("MQL to SQL", (84, 312), (99, 330), 0.3, 6.0);
    let deal = StepPeriod { runs: true, ..step("Deal to won", (12, 40), (9, 31), 0.3, 41.0) };
    let stage = |label: &str, reached, before, next| StagePeriod { label: label.into(), reached, before, next };
    let dollars = |major: i64| Figure::Money(Money::new(major * 100, Currency::USD));
    let money = |label: &str, value: Figure, before: Option<Figure>, note: Option<&str>| MoneyPeriod {
        label: label.into(),
        value,
        before,
        note: note.map(str::to_owned),
    };
    MotionPeriod {
        motion: "b2b".into(),
        won: 12,
        won_before: 9,
        stages: vec![
            stage("MQLs", 312, 330, Some(mql.clone())),
            stage("<b>SQLs</b> @here", 84, 99, None),
            stage("Deals", 40, 31, Some(deal)),
            stage("Won", 12, 9, None),
            stage("First show", 10, 9, None),
        ],
        gap: Some(mql),
        money: vec![
            money("Committed, a year", dollars(220_800), Some(dollars(165_600)), Some("4 % off the list price")),
            money("Recurring, a year", dollars(1_725_600), Some(dollars(1_705_800)), None),
            money("Kept of a year ago", Figure::Share(0.905), None, Some("with expansion 95.8 %")),
        ],
        loops: vec![LoopPeriod {
            label: "Recommended us".into(),
            reached: 14,
            before: 11,
            share: Some(Figure::rate(31, 1_203)),
            of: "Leads".into(),
            median: Some(Figure::Days(93.0)),
        }],
    }
}
