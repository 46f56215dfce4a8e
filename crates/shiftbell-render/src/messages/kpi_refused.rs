//! No figure: the asker has no right to it, or nothing has been counted yet.

use serde::{Deserialize, Serialize};

use super::Message;
use crate::document::Document;
use crate::facts::Person;
use crate::template::{self, RenderError};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KpiRefused {
    pub reason: Refusal,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// `belongs_to` is the team that owns the figure, `ask` whom to ask.
    NoRight { belongs_to: String, ask: Option<Person> },
    /// No fact of this KPI was seen for `days`; `fact` names one, with its article: `no call`.
    NothingYet { title: String, fact: String, source: String, days: u64 },
    /// The person is not known here: who can link the two.
    WhoAreYou { keeper: Option<Person> },
}

impl Message for KpiRefused {
    const NAME: &'static str = "kpi-refused";

    fn samples() -> Vec<(&'static str, KpiRefused)> {
        let no_right =
            Refusal::NoRight { belongs_to: "finance".into(), ask: Some(Person::new("finance.one@clowns.example")) };
        let nothing_yet = Refusal::NothingYet {
            title: "Conversations".into(),
            fact: "call".into(),
            source: "HubSpot".into(),
            days: 14,
        };
        let unknown = Refusal::WhoAreYou { keeper: Some(Person::new("revops.one@clowns.example")) };
        vec![
            ("no-right", KpiRefused { reason: no_right }),
            ("nothing-yet", KpiRefused { reason: nothing_yet }),
            ("who-are-you", KpiRefused { reason: unknown }),
        ]
    }

    fn document(&self) -> Result<Document, RenderError> {
        template::document(Self::NAME, self)
    }
}
