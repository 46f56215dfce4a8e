//! A customer has cancelled, or has not paid.

use jiff::civil::{Date, date};
use serde::{Deserialize, Serialize};
use shiftbell_metrics::money::{Currency, Money};

use super::Message;
use crate::action::{Action, Verb};
use crate::document::{Button, Document};
use crate::facts::{Footer, Person, SeenBy, SourceAge, Sources};
use crate::messages::Record;
use crate::template::{self, RenderError};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Leaving {
    pub record: Record,
    pub kind: LeavingKind,
    pub money_a_month: Money,
    pub money_a_year: Money,
    /// `today at 10:41`.
    pub at: String,
    pub source: String,
    /// The reason that the customer gave.
    pub reason: Option<String>,
    /// What could be seen before, as phrases.
    pub seen_before: Vec<String>,
    pub customer_since: Option<Date>,
    pub kept: Option<Kept>,
    /// `call before Thanksgiving`, without the days that are left.
    pub next: Option<String>,
    pub footer: Footer,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LeavingKind {
    /// Cancelled for the end of the paid term: it counts as churn then, not before.
    Cancelled { on: Date, days_left: u64 },
    /// The subscription has ended.
    Gone,
    /// A payment failed. Never said as "will leave".
    NotPaid { retries_left: u64, last_retry: Option<Date> },
}

/// What it does to the revenue that is kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Kept {
    /// `b2b`.
    pub motion: String,
    /// Shares: 0.905 is 90.5 %.
    pub now: f64,
    pub then: f64,
    pub target: Option<f64>,
}

impl Message for Leaving {
    const NAME: &'static str = "leaving";

    fn samples() -> Vec<(&'static str, Leaving)> {
        let cancelled = Leaving::sample();
        let not_paid = Leaving {
            kind: LeavingKind::NotPaid { retries_left: 2, last_retry: Some(date(2026, 11, 27)) },
            reason: Some("card declined".into()),
            next: Some("ask for another card".into()),
            ..cancelled.clone()
        };
        let gone = Leaving {
            kind: LeavingKind::Gone,
            reason: None,
            seen_before: Vec::new(),
            customer_since: None,
            next: None,
            ..cancelled.clone()
        };
        vec![("cancelled", cancelled), ("not-paid", not_paid), ("gone", gone)]
    }

    fn document(&self) -> Result<Document, RenderError> {
        let receipt = self.footer.receipt();
        let open = self.record.url.clone().map(|url| Button::new("Open in CRM", Action::Open { url }));
        let take = Button { style: crate::document::Style::Primary, ..Button::about("I take it", Verb::Take, receipt) };
        Ok(template::document(Self::NAME, self)?
            .with_buttons([take])
            .with_buttons(open)
            .with_buttons([super::something_is_off(receipt)])
            .with_more([
                Button::about("Snooze 3 days", Verb::SnoozeThreeDays, receipt),
                Button::about("Who sees this", Verb::Audience, receipt),
                Button::about("Why", Verb::Why, receipt),
            ]))
    }
}

impl Leaving {
    fn sample() -> Leaving {
        let dollars = |major: i64| Money::new(major * 100, Currency::USD);
        Leaving {
            record: Record { name: "Sample Insurance".into(), url: Some("https://crm.example/companies/9".into()) },
            kind: LeavingKind::Cancelled { on: date(2026, 12, 31), days_left: 42 },
            money_a_month: dollars(2_400),
            money_a_year: dollars(28_800),
            at: "today at 10:41".into(),
            source: "Stripe".into(),
            reason: Some("too few events used".into()),
            seen_before: vec!["2 of 6 shows booked this half-year".into(), "no two-way contact for 41 days".into()],
            customer_since: Some(date(2024, 1, 9)),
            kept: Some(Kept { motion: "b2b".into(), now: 0.905, then: 0.885, target: Some(0.9) }),
            next: Some("call before Thanksgiving".into()),
            footer: Footer {
                data_to: None,
                sources: Sources::Ages(vec![SourceAge::new("Stripe", 2), SourceAge::new("HubSpot", 4)]),
                seen_by: SeenBy::YouAnd(vec![Person::new("exec.one@clowns.example")]),
                receipt: Some("r-x31f".into()),
            },
        }
    }
}
