//! `/kpi help mql-conversion`: what one KPI means, in each motion.

use jiff::civil::{Date, date};
use serde::{Deserialize, Serialize};

use super::Message;
use crate::action::{Action, Verb};
use crate::document::{Button, Document};
use crate::facts::{Figure, Person};
use crate::template::{self, RenderError};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KpiDefinition {
    pub title: String,
    pub slug: String,
    /// What it says, without its full stop: `of the people who ..., how many got one ...`.
    pub meaning: String,
    pub motions: Vec<MotionMeaning>,
    /// The formula in words, without its full stop.
    pub formula: String,
    /// Whether each person counts once.
    pub once_each: bool,
    /// What it comes before: `won deals`.
    pub comes_before: Option<String>,
    pub kept_by: Option<Person>,
    pub signed_on: Option<Date>,
    /// `HubSpot (form, meeting)`: who told of its events lately.
    pub comes_from: Option<String>,
    /// With this company's own numbers, without its full stop.
    pub example: Option<String>,
    pub version: String,
}

/// What the KPI means in one motion.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MotionMeaning {
    pub motion: String,
    /// What is counted, or what is entered: `meeting-request form or calendar link`.
    pub from: String,
    /// What must be reached, for a conversion or a time.
    pub to: Option<String>,
    /// `60 days`.
    pub window: Option<String>,
    pub target: Option<Figure>,
    pub now: Option<Figure>,
}

/// Motions that get a button of their own.
const ASK_BUTTONS_MAX: usize = 2;

impl Message for KpiDefinition {
    const NAME: &'static str = "kpi-definition";

    fn samples() -> Vec<(&'static str, KpiDefinition)> {
        let motion = |motion: &str, from: &str, to: &str, window: &str, target, part, whole| MotionMeaning {
            motion: motion.into(),
            from: from.into(),
            to: Some(to.into()),
            window: Some(window.into()),
            target: Some(Figure::Share(target)),
            now: Some(Figure::rate(part, whole)),
        };
        let conversion = KpiDefinition {
            title: "MQL to SQL".into(),
            slug: "mql-conversion".into(),
            meaning: "of the people who asked for a meeting, how many got one confirmed by an AE".into(),
            motions: vec![
                motion(
                    "b2b",
                    "meeting-request form or calendar link",
                    "AE confirmed the meeting",
                    "60 days",
                    0.3,
                    84,
                    312,
                ),
                motion("b2c", "lead score above 10", "checkout started", "14 days", 0.4, 468, 1_171),
            ],
            formula: "people who reached SQL within the window / people who became MQL in the period".into(),
            once_each: true,
            comes_before: Some("won deals".into()),
            kept_by: Some(Person::new("sales.lead@clowns.example")),
            signed_on: Some(date(2026, 11, 2)),
            comes_from: Some("HubSpot (form, meeting)".into()),
            example: Some("b2b, 84 of the 312 MQLs of 15 Jun - 13 Sep 2026 reached SQLs within 60 days: 26.9 %".into()),
            version: "3".into(),
        };
        let count = KpiDefinition {
            title: "Conversations".into(),
            slug: "conversations".into(),
            meaning: "calls accepted and replies received".into(),
            motions: Vec::new(),
            formula: "calls accepted + replies received".into(),
            once_each: false,
            comes_before: None,
            kept_by: None,
            signed_on: None,
            comes_from: None,
            example: None,
            version: "1".into(),
        };
        vec![("mql-conversion", conversion), ("conversations", count)]
    }

    fn document(&self) -> Result<Document, RenderError> {
        let document = template::document(Self::NAME, self)?;
        let asks = self.motions.iter().take(ASK_BUTTONS_MAX).map(|one| {
            let ask = Action::ask(format!("kpi {} {}", self.slug, one.motion));
            Button::new(format!("Ask for {}", one.motion), ask)
        });
        Ok(document.with_buttons(asks).with_buttons([Button::about("Versions", Verb::Versions, &self.slug)]))
    }
}
