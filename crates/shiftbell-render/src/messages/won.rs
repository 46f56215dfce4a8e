//! A deal was won.

use serde::{Deserialize, Serialize};
use shiftbell_metrics::money::{Currency, Money};

use super::Message;
use crate::action::{Action, Verb};
use crate::document::{Button, Document};
use crate::facts::{Footer, Person, SeenBy, SourceAge, Sources};
use crate::messages::Record;
use crate::template::{self, RenderError};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Won {
    pub record: Record,
    /// What it is worth, and for how long: `a year`, `a month`; `None` for a single sale.
    pub money: Option<Money>,
    pub per: Option<String>,
    pub found_by: Option<Person>,
    pub closed_by: Option<Person>,
    /// `the spring campaign`.
    pub helped_by: Option<String>,
    /// From the opened deal, and how long it usually takes.
    pub days: Option<u64>,
    pub usual_days: Option<u64>,
    pub footer: Footer,
}

impl Message for Won {
    const NAME: &'static str = "won";

    fn samples() -> Vec<(&'static str, Won)> {
        let full = Won {
            record: Record { name: "Sample Hotel Group".into(), url: Some("https://crm.example/deals/41".into()) },
            money: Some(Money::new(1_800_000, Currency::USD)),
            per: Some("a year".into()),
            found_by: Some(Person::new("bdr.one@clowns.example")),
            closed_by: Some(Person::new("ae.one@clowns.example")),
            helped_by: Some("the spring campaign".into()),
            days: Some(41),
            usual_days: Some(38),
            footer: Footer {
                data_to: None,
                sources: Sources::Ages(vec![SourceAge::new("HubSpot", 2)]),
                seen_by: SeenBy::Channel,
                receipt: Some("r-n14w".into()),
            },
        };
        let bare = Won {
            record: Record { name: "Sample Bakery".into(), url: None },
            money: None,
            per: None,
            found_by: None,
            closed_by: None,
            helped_by: None,
            days: Some(1),
            usual_days: None,
            ..full.clone()
        };
        let closer = Won {
            found_by: None,
            helped_by: None,
            days: None,
            money: Some(Money::new(41_950, Currency::USD)),
            per: None,
            ..full.clone()
        };
        vec![("typical", full), ("only-closer", closer), ("nothing-known", bare)]
    }

    fn document(&self) -> Result<Document, RenderError> {
        let receipt = self.footer.receipt();
        let open = self.record.url.clone().map(|url| Button::new("Open in CRM", Action::Open { url }));
        Ok(template::document(Self::NAME, self)?
            .with_buttons(open)
            .with_buttons([super::something_is_off(receipt), Button::about("Why", Verb::Why, receipt)]))
    }
}
