//! A source has sent nothing for longer than is usual, and when it is back.

use serde::{Deserialize, Serialize};

use super::Message;
use crate::document::Document;
use crate::facts::{Footer, Person, SeenBy, Sources};
use crate::template::{self, RenderError};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SourceSilent {
    pub source: String,
    pub minutes: u64,
    /// The longest usual silence of that weekday, and its name.
    pub usual_minutes: Option<u64>,
    pub on_weekday: Option<String>,
    /// Who has been told.
    pub told: Option<Person>,
    pub back: Option<Back>,
    pub footer: Footer,
}

/// How it ended; the message is edited.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Back {
    /// `15:32`.
    pub since: String,
    /// Events that came in afterwards, and those that are known to be missing still.
    pub caught_up: u64,
    pub missing: u64,
    /// Alerts that had waited and are posted now.
    pub posted: u64,
}

impl Message for SourceSilent {
    const NAME: &'static str = "source-silent";

    fn samples() -> Vec<(&'static str, SourceSilent)> {
        let silent = SourceSilent {
            source: "HubSpot".into(),
            minutes: 130,
            usual_minutes: Some(9),
            on_weekday: Some("Thursday".into()),
            told: Some(Person::new("revops.one@clowns.example")),
            back: None,
            footer: Footer {
                data_to: None,
                sources: Sources::Unsaid,
                seen_by: SeenBy::Channel,
                receipt: Some("r-s20h".into()),
            },
        };
        let back = Back { since: "15:32".into(), caught_up: 412, missing: 0, posted: 1 };
        let back = SourceSilent { back: Some(back), ..silent.clone() };
        let first = SourceSilent { usual_minutes: None, on_weekday: None, told: None, ..silent.clone() };
        vec![("silent", silent), ("back-again", back), ("nothing-usual", first)]
    }

    fn document(&self) -> Result<Document, RenderError> {
        let off = super::something_is_off(self.footer.receipt());
        Ok(template::document(Self::NAME, self)?.with_buttons([off]))
    }
}
