//! A stage or KPI means something new: announced once, with the old and the new value of a period that is known.

use jiff::civil::{Date, date};
use serde::{Deserialize, Serialize};

use super::Message;
use crate::action::Verb;
use crate::document::{Button, Document};
use crate::facts::{Figure, Footer, Person, SeenBy, Sources};
use crate::template::{self, RenderError};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DefinitionChanged {
    pub from: Date,
    /// `MQL in b2b`.
    pub what: String,
    /// `a meeting request or calendar link`.
    pub means: String,
    /// `any form`.
    pub no_longer: Option<String>,
    pub effect: Option<Effect>,
    pub signed_by: Option<Person>,
    pub footer: Footer,
}

/// What it does to a figure of a period that everybody knows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Effect {
    /// `MQL to SQL`.
    pub kpi: String,
    /// `Q2`.
    pub period: String,
    pub was: Figure,
    pub now: Figure,
}

impl Message for DefinitionChanged {
    const NAME: &'static str = "definition-changed";

    fn samples() -> Vec<(&'static str, DefinitionChanged)> {
        let full = DefinitionChanged {
            from: date(2026, 11, 2),
            what: "MQL in b2b".into(),
            means: "a meeting request or calendar link".into(),
            no_longer: Some("any form".into()),
            effect: Some(Effect {
                kpi: "MQL to SQL".into(),
                period: "Q2".into(),
                was: Figure::rate(118, 405),
                now: Figure::rate(91, 302),
            }),
            signed_by: Some(Person::new("sales.lead@clowns.example")),
            footer: Footer {
                data_to: None,
                sources: Sources::Unsaid,
                seen_by: SeenBy::Channel,
                receipt: Some("r-d03m".into()),
            },
        };
        let bare = DefinitionChanged { no_longer: None, effect: None, signed_by: None, ..full.clone() };
        vec![("mql", full), ("bare", bare)]
    }

    fn document(&self) -> Result<Document, RenderError> {
        let receipt = self.footer.receipt();
        let buttons = [super::something_is_off(receipt), Button::about("Versions", Verb::Versions, receipt)];
        Ok(template::document(Self::NAME, self)?.with_buttons(buttons))
    }
}
