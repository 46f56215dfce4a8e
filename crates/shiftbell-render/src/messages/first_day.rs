//! What was wrong before anybody could be told: one list, once, that pings nobody.

use jiff::civil::{Date, date};
use serde::{Deserialize, Serialize};
use shiftbell_metrics::money::{Currency, Money};

use super::Message;
use crate::document::Document;
use crate::facts::{Footer, Person, SeenBy, Sources};
use crate::template::{self, RenderError};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FirstDay {
    /// The source whose history was read: `HubSpot`.
    pub source: String,
    pub found: u64,
    /// What those are worth together whose worth is known.
    pub worth: Option<Money>,
    pub oldest: Date,
    pub largest: Vec<OldLeak>,
    pub footer: Footer,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OldLeak {
    pub record: String,
    pub worth: Option<Money>,
    pub open: Open,
    pub owner: Option<Person>,
}

/// What is open.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Open {
    /// Cancelled for the end of the paid term, which is still to come.
    Leaves {
        on: Date,
    },
    Unpaid {
        since: Date,
    },
    /// `cancel scheduled`, as the definitions call it.
    Other {
        what: String,
        since: Date,
    },
}

impl Message for FirstDay {
    const NAME: &'static str = "first-day";

    fn samples() -> Vec<(&'static str, FirstDay)> {
        let dollars = |major: i64| Money::new(major * 100, Currency::USD);
        let leak = |record: &str, major: i64, open: Open, owner: &str| OldLeak {
            record: record.into(),
            worth: Some(dollars(major)),
            open,
            owner: Some(Person::new(format!("{owner}@clowns.example"))),
        };
        let insurance = leak("Sample Insurance", 28_800, Open::Leaves { on: date(2026, 12, 31) }, "csm.one");
        let bank = leak("Sample Bank", 12_400, Open::Unpaid { since: date(2026, 3, 3) }, "csm.two");
        let museum = OldLeak {
            worth: None,
            owner: None,
            ..leak("Sample Museum", 0, Open::Other { what: "complaint".into(), since: date(2025, 3, 3) }, "csm.two")
        };
        let many = FirstDay {
            source: "HubSpot".into(),
            found: 214,
            worth: Some(dollars(388_000)),
            oldest: date(2024, 11, 21),
            largest: vec![insurance.clone(), bank, museum],
            footer: Footer { data_to: None, sources: Sources::Unsaid, seen_by: SeenBy::OnlyYou, receipt: None },
        };
        let one = FirstDay { found: 1, worth: Some(dollars(28_800)), largest: vec![insurance.clone()], ..many.clone() };
        let unpriced = FirstDay {
            found: 1,
            worth: None,
            largest: vec![OldLeak { worth: None, owner: None, ..insurance }],
            ..many.clone()
        };
        vec![("many", many), ("one", one), ("of-unknown-worth", unpriced)]
    }

    fn document(&self) -> Result<Document, RenderError> {
        let view = View { facts: self, listed: self.largest.len() };
        Ok(template::document(Self::NAME, &view)?.with_buttons([super::something_is_off(self.footer.receipt())]))
    }
}

#[derive(Serialize)]
struct View<'a> {
    #[serde(flatten)]
    facts: &'a FirstDay,
    listed: usize,
}
