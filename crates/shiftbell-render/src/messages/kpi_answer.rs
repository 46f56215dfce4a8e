//! The answer to `/kpi mql-conversion b2b`.

use jiff::civil::{Date, date};
use serde::{Deserialize, Serialize};

use super::Message;
use crate::action::Verb;
use crate::document::{Button, Document};
use crate::facts::{Figure, Footer, SourceAge};
use crate::template::{self, RenderError};

/// One figure with what it is compared with, its period, its definition and how sure it is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KpiAnswer {
    /// `MQL to SQL`.
    pub title: String,
    /// The motion and filters that were asked for: `b2b`, `b2b, corporate events`.
    pub scope: Option<String>,
    pub value: Figure,
    pub goal: Option<Goal>,
    pub before: Option<Compared>,
    pub standout: Option<Standout>,
    /// What entered after the period and cannot be judged yet.
    pub newer: Option<Newer>,
    /// What entered in the period and cannot be judged yet.
    pub running: Option<Running>,
    /// Whether both stages were counted in the period, whoever they are. Never mixed with cohorts, always said.
    pub in_period: bool,
    /// The dimension the rows are broken down by.
    pub by: Option<String>,
    pub rows: Vec<Row>,
    /// The rows as a line of blocks, where they are one after the other in time.
    #[serde(default)]
    pub trend: Option<String>,
    /// What is counted, with the period, as a sentence without its full stop.
    pub meaning: String,
    pub version: String,
    pub footer: Footer,
}

/// A goal and how the figure stands to it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Goal {
    pub target: Figure,
    pub standing: Standing,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    Above,
    /// Within half a point.
    Level,
    /// Short by `by`, of `unit` if it is a number of something: `10 people`.
    Below {
        by: Figure,
        unit: Option<String>,
    },
}

/// The same figure of another period.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Compared {
    /// `None`: the period just before.
    pub period: Option<String>,
    pub value: Figure,
    /// Whether the change is more than chance. `None`: not a figure that chance is asked about.
    pub more_than_chance: Option<bool>,
}

/// The value of a dimension that differs most from the rest.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Standout {
    pub name: String,
    pub value: Figure,
    pub others: Figure,
    pub more_than_chance: bool,
}

/// Entries after the period.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Newer {
    /// What entered: `requests`.
    pub what: String,
    pub part: u64,
    pub whole: u64,
    /// `60 days`.
    pub window: String,
}

/// Entries in the period whose window is still open.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Running {
    pub open: u64,
    pub whole: u64,
    pub window: String,
}

/// One row of a breakdown.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Row {
    pub name: String,
    pub value: Figure,
    /// It can still change, because its days or its windows are not over.
    #[serde(default)]
    pub is_so_far: bool,
    /// Of a series: the day in it on which the figure came to mean something else.
    #[serde(default)]
    pub changed: Option<Date>,
}

impl Message for KpiAnswer {
    const NAME: &'static str = "kpi-answer";

    fn samples() -> Vec<(&'static str, KpiAnswer)> {
        vec![
            ("b2b", KpiAnswer::sample()),
            ("breakdown", KpiAnswer::sample_breakdown()),
            ("series", KpiAnswer::sample_series()),
            ("series-redefined", KpiAnswer::sample_redefined()),
            ("too-few", KpiAnswer::sample_too_few()),
            ("in-period", KpiAnswer::sample_in_period()),
        ]
    }

    fn document(&self) -> Result<Document, RenderError> {
        #[derive(Serialize)]
        struct View<'a> {
            #[serde(flatten)]
            facts: &'a KpiAnswer,
            too_few: bool,
            is_marked: bool,
        }
        let too_few = self.value.is_too_few();
        let is_marked = self.rows.iter().any(|row| row.changed.is_some());
        let mut document = template::document(Self::NAME, &View { facts: self, too_few, is_marked })?;
        let receipt = self.footer.receipt();
        document.buttons.push(Button::about("Share here", Verb::Share, receipt));
        if self.rows.is_empty() {
            document.buttons.push(Button::about("Break down", Verb::BreakDown, receipt));
        }
        document.buttons.push(Button::about("Why", Verb::Why, receipt));
        Ok(document.with_more([
            Button::about("The people behind it", Verb::Who, receipt),
            Button::about("Those who did not get there", Verb::WhoNot, receipt),
            super::something_is_off(receipt),
        ]))
    }
}

impl KpiAnswer {
    fn sample() -> KpiAnswer {
        KpiAnswer {
            title: "MQL to SQL".into(),
            scope: Some("b2b".into()),
            value: Figure::rate(84, 312),
            goal: Some(Goal {
                target: Figure::Share(0.3),
                standing: Standing::Below { by: Figure::Count(10), unit: Some("people".into()) },
            }),
            before: Some(Compared { period: None, value: Figure::rate(89, 297), more_than_chance: Some(false) }),
            standout: Some(Standout {
                name: "corporate events".into(),
                value: Figure::rate(24, 121),
                others: Figure::rate(60, 191),
                more_than_chance: true,
            }),
            newer: Some(Newer { what: "requests".into(), part: 41, whole: 219, window: "60 days".into() }),
            running: None,
            in_period: false,
            by: None,
            rows: Vec::new(),
            trend: None,
            meaning:
                "People who asked for a meeting 15 Jun - 13 Sep 2026, and whether an AE confirmed one within 60 days"
                    .into(),
            version: "3".into(),
            footer: Footer::only_you(vec![SourceAge::new("HubSpot", 2)], "r-7k3m"),
        }
    }

    fn sample_breakdown() -> KpiAnswer {
        let row = |name: &str, part, whole| Row {
            name: name.into(),
            value: Figure::rate(part, whole),
            is_so_far: false,
            changed: None,
        };
        KpiAnswer {
            standout: None,
            newer: None,
            before: None,
            by: Some("product".into()),
            rows: vec![
                row("corporate events", 24, 121),
                row("large parties", 38, 124),
                row("small parties", 22, 67),
                row("other", 0, 3),
            ],
            footer: Footer::only_you(vec![SourceAge::new("HubSpot", 2)], "r-7k4n"),
            ..KpiAnswer::sample()
        }
    }

    fn sample_series() -> KpiAnswer {
        let row = |name: &str, part, whole, is_so_far| Row {
            name: name.into(),
            value: Figure::rate(part, whole),
            is_so_far,
            changed: None,
        };
        KpiAnswer {
            standout: None,
            newer: None,
            before: None,
            by: Some("month".into()),
            rows: vec![
                row("15 - 30 Jun 2026", 14, 52, false),
                row("July 2026", 29, 107, false),
                row("August 2026", 28, 105, false),
                row("1 - 13 Sep 2026", 13, 48, true),
            ],
            trend: Some("\u{2588}\u{2588}\u{2588}\u{b7}".into()),
            footer: Footer::only_you(vec![SourceAge::new("HubSpot", 2)], "r-7k7r"),
            ..KpiAnswer::sample()
        }
    }

    fn sample_redefined() -> KpiAnswer {
        let mut series = KpiAnswer::sample_series();
        for (at, day) in [(2, date(2026, 8, 3)), (3, date(2026, 9, 9))] {
            series.rows[at].changed = Some(day);
        }
        KpiAnswer {
            trend: Some("\u{2588}\u{2588}|\u{2588}|\u{b7}".into()),
            meaning: format!(
                "{}; what it means changed on 9 Sep 2026, and all of this is counted as it is meant now",
                series.meaning
            ),
            footer: Footer::only_you(vec![SourceAge::new("HubSpot", 2)], "r-7k8s"),
            ..series
        }
    }

    fn sample_too_few() -> KpiAnswer {
        KpiAnswer {
            title: "Win rate".into(),
            scope: Some("b2c corporate events".into()),
            value: Figure::rate(3, 7),
            goal: None,
            before: None,
            standout: None,
            newer: None,
            running: Some(Running { open: 2, whole: 7, window: "30 days".into() }),
            meaning: "Orders opened 1 Oct - 31 Oct 2026, and whether they were paid within 30 days".into(),
            version: "1".into(),
            footer: Footer::only_you(vec![SourceAge::new("Stripe", 6)], "r-7k5p"),
            ..KpiAnswer::sample()
        }
    }

    fn sample_in_period() -> KpiAnswer {
        KpiAnswer {
            value: Figure::rate(83, 318),
            goal: None,
            before: Some(Compared {
                period: Some("18 May - 16 Aug 2026".into()),
                value: Figure::rate(86, 301),
                more_than_chance: None,
            }),
            standout: None,
            newer: None,
            in_period: true,
            meaning: "SQLs and MQLs of 17 Aug - 15 Nov 2026".into(),
            footer: Footer::only_you(vec![SourceAge::new("HubSpot", 2)], "r-7k6q"),
            ..KpiAnswer::sample()
        }
    }
}
