//! Somebody is let in: what will come, when, and how it stops. Said once.

use serde::{Deserialize, Serialize};

use super::Message;
use crate::document::Document;
use crate::facts::{Footer, Person, SeenBy, Sources};
use crate::template::{self, RenderError};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Welcome {
    /// `None`: there is no scorecard for the role of this person.
    pub card: Option<CardTimes>,
    /// Who can stop it.
    pub keeper: Option<Person>,
    pub footer: Footer,
}

/// When a person's scorecard comes, on their own clock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CardTimes {
    /// `17:00`.
    pub at: String,
    /// `on working days`.
    pub days: String,
    /// The first: `today`, `on Monday`.
    pub first: String,
}

impl Message for Welcome {
    const NAME: &'static str = "welcome";

    fn samples() -> Vec<(&'static str, Welcome)> {
        let footer = Footer { data_to: None, sources: Sources::Unsaid, seen_by: SeenBy::OnlyYou, receipt: None };
        let with_card = Welcome {
            card: Some(CardTimes { at: "17:00".into(), days: "on working days".into(), first: "today".into() }),
            keeper: Some(Person::new("revops.one@clowns.example")),
            footer: footer.clone(),
        };
        vec![("with-a-scorecard", with_card), ("only-alerts", Welcome { card: None, keeper: None, footer })]
    }

    fn document(&self) -> Result<Document, RenderError> {
        let off = super::something_is_off(self.footer.receipt());
        Ok(template::document(Self::NAME, self)?.with_buttons([off]))
    }
}
