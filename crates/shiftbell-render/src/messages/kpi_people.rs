//! `/kpi mql-conversion b2b who`: the people behind a number, for those who may see them.

use serde::{Deserialize, Serialize};

use super::Message;
use crate::action::Verb;
use crate::document::{Button, Document};
use crate::facts::{Figure, Footer, SourceAge};
use crate::template::{self, RenderError};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KpiPeople {
    pub title: String,
    pub scope: Option<String>,
    pub value: Figure,
    /// Whether these are those who got there, or those who did not.
    pub reached: bool,
    /// What is said of those who are counted and of the others: `who got there`, `who did not`.
    pub those: String,
    pub others: String,
    /// How many there are in all; `people` may hold fewer.
    pub total: u64,
    pub people: Vec<Behind>,
    pub footer: Footer,
}

/// One record behind a number.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Behind {
    pub name: String,
    /// `MQL 3 Jul, SQL 14 Jul`.
    pub when: String,
    pub owner: Option<String>,
}

impl Message for KpiPeople {
    const NAME: &'static str = "kpi-people";

    fn samples() -> Vec<(&'static str, KpiPeople)> {
        let behind = |name: &str, when: &str, owner: Option<&str>| Behind {
            name: name.into(),
            when: when.into(),
            owner: owner.map(str::to_owned),
        };
        let reached = KpiPeople {
            title: "MQL to SQL".into(),
            scope: Some("b2b".into()),
            value: Figure::rate(84, 312),
            reached: true,
            those: "who got there".into(),
            others: "who did not".into(),
            total: 84,
            people: vec![
                behind("Sample Hotel Group", "MQL 16 Jun, SQL 23 Jun", Some("bdr.one")),
                behind("Sample Museum", "MQL 17 Jun, SQL 17 Jun", Some("bdr.two")),
                behind("Sample Bank", "MQL 17 Jun, SQL 2 Jul", None),
            ],
            footer: Footer::only_you(vec![SourceAge::new("HubSpot", 2)], "r-7k3m"),
        };
        let nobody = KpiPeople { reached: false, total: 0, people: Vec::new(), ..reached.clone() };
        vec![("reached", reached), ("nobody", nobody)]
    }

    fn document(&self) -> Result<Document, RenderError> {
        #[derive(Serialize)]
        struct View<'a> {
            #[serde(flatten)]
            facts: &'a KpiPeople,
            not_shown: u64,
        }
        let not_shown = self.total.saturating_sub(self.people.len() as u64);
        let receipt = self.footer.receipt();
        let document = template::document(Self::NAME, &View { facts: self, not_shown })?;
        Ok(document.with_buttons([Button::about("Why", Verb::Why, receipt), super::something_is_off(receipt)]))
    }
}
