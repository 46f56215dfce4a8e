//! The answer to a funnel: how many came to each step, counted from the events.

use serde::{Deserialize, Serialize};

use super::Message;
use crate::action::Verb;
use crate::document::{Button, Document};
use crate::facts::{Figure, Footer, SeenBy, Sources};
use crate::template::{self, RenderError};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FunnelAnswer {
    pub label: String,
    /// The motion, where it is only of one.
    pub scope: Option<String>,
    /// `people`.
    pub whom: String,
    /// `60 days`.
    pub window: String,
    pub period: String,
    /// How it was counted, in words: `in order, from the attempt that went furthest`.
    pub rules: Vec<String>,
    /// Whether a rate may exceed all of them.
    pub may_exceed: bool,
    pub steps: Vec<FunnelStepLine>,
    pub by: Option<String>,
    /// One entity may be in several parts.
    pub parts_overlap: bool,
    pub parts: Vec<FunnelPart>,
    /// Who may still arrive.
    pub running: u64,
    /// Whether every window has closed.
    pub is_mature: bool,
    pub events: u64,
    pub seconds: f64,
    pub footer: Footer,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FunnelStepLine {
    pub label: String,
    pub reached: u64,
    /// `None` of the first step.
    pub of_first: Option<Figure>,
    /// Of the step before. `None` of the first two, where it says the same.
    pub of_before: Option<Figure>,
    pub median_days: Option<f64>,
    /// Passed without being seen.
    pub skipped: u64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FunnelPart {
    pub name: String,
    pub value: Figure,
}

impl Message for FunnelAnswer {
    const NAME: &'static str = "funnel-answer";

    fn samples() -> Vec<(&'static str, FunnelAnswer)> {
        let step = |label: &str, reached, of_first: Option<Figure>, of_before, median_days| FunnelStepLine {
            label: label.into(),
            reached,
            of_first,
            of_before,
            median_days,
            skipped: 0,
        };
        let part = |name: &str, part, whole| FunnelPart { name: name.into(), value: Figure::rate(part, whole) };
        let demo = FunnelAnswer {
            label: "Request to contract".into(),
            scope: Some("b2b".into()),
            whom: "people".into(),
            window: "60 days".into(),
            period: "15 Jun - 13 Sep 2026".into(),
            rules: vec!["in order".into(), "from the attempt that went furthest".into()],
            may_exceed: false,
            steps: vec![
                step("MQLs", 312, None, None, None),
                step("SQLs", 84, Some(Figure::rate(84, 312)), None, Some(6.0)),
                FunnelStepLine {
                    skipped: 3,
                    ..step("Deals", 53, Some(Figure::rate(53, 312)), Some(Figure::rate(53, 84)), Some(17.0))
                },
                step("Won", 14, Some(Figure::rate(14, 312)), Some(Figure::rate(14, 53)), Some(44.0)),
            ],
            by: Some("product".into()),
            parts_overlap: false,
            parts: vec![part("corporate events", 3, 121), part("large parties", 7, 124), part("not known", 4, 67)],
            running: 0,
            is_mature: true,
            events: 41_207,
            seconds: 0.8,
            footer: Footer {
                data_to: None,
                sources: Sources::Unsaid,
                seen_by: SeenBy::OnlyYou,
                receipt: Some("r-f73c".into()),
            },
        };
        let young = FunnelAnswer {
            label: "Visits to orders".into(),
            scope: None,
            whom: "events".into(),
            window: "7 days".into(),
            rules: vec!["each order credited to the latest visit before it".into()],
            may_exceed: true,
            steps: vec![step("visit", 16, None, None, None), step("order", 24, Some(Figure::rate(24, 16)), None, None)],
            by: None,
            parts: Vec::new(),
            running: 4,
            is_mature: false,
            ..demo.clone()
        };
        vec![("b2b", demo), ("events", young)]
    }

    fn document(&self) -> Result<Document, RenderError> {
        #[derive(Serialize)]
        struct View<'a> {
            #[serde(flatten)]
            facts: &'a FunnelAnswer,
            whole: Option<&'a Figure>,
        }
        let whole = self.steps.last().and_then(|last| last.of_first.as_ref());
        let document = template::document(Self::NAME, &View { facts: self, whole })?;
        let receipt = self.footer.receipt.as_deref();
        let buttons =
            receipt.map(|receipt| [Button::about("Why", Verb::Why, receipt), super::something_is_off(receipt)]);
        Ok(document.with_buttons(buttons.into_iter().flatten()))
    }
}
