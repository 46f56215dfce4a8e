//! A rate fell by more than chance: what it costs, why, who takes it. One message per leak, edited as it goes on.

use jiff::civil::{Date, date};
use serde::{Deserialize, Serialize};
use shiftbell_metrics::money::{Currency, Money};

use super::Message;
use crate::action::Verb;
use crate::document::{Button, Document};
use crate::facts::{Changed, Figure, Footer, Person, SeenBy, SourceAge, Sources};
use crate::template::{self, RenderError};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RateFell {
    /// Where: `b2b corporate events`.
    pub scope: String,
    /// What goes wrong, without its full stop: `meeting requests go unanswered`. `None`: it is only known that the
    /// rate fell.
    pub problem: Option<String>,
    /// What it costs; `None` if it cannot be priced.
    pub at_stake: Option<Stake>,
    /// The rate in words: `Meeting within 14 days`.
    pub rate: String,
    pub now: Figure,
    pub since: Date,
    pub before: Figure,
    /// Within what is compared.
    #[serde(default)]
    pub changed: Vec<Changed>,
    pub cause: Option<Cause>,
    /// Cases that can still be saved.
    pub open: u64,
    /// The longest waiting of these.
    pub longest: Vec<String>,
    /// `give the 27 an owner`, without its full stop.
    pub next: Option<String>,
    pub asked: Option<Person>,
    /// When it ends by itself, without its full stop: `all 27 have an owner and ...`.
    pub ends: Option<String>,
    pub taken: Option<Taken>,
    /// How it ended, without its full stop; the message then needs nobody any more.
    pub ended: Option<Ended>,
    pub footer: Footer,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Stake {
    pub about: Money,
    /// What the money is: `new ARR`.
    pub of: String,
    pub least: Money,
    pub most: Money,
}

/// What explains it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cause {
    pub part: u64,
    pub whole: u64,
    /// `had no human reply within a working day`.
    pub what: String,
    pub before: Figure,
    /// For the push line: `requests without a reply in a working day`.
    pub short: String,
    /// Of the part: how many, and what they are: 31 `have no owner`.
    pub of_these: Option<(u64, String)>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Taken {
    pub by: Person,
    /// `Mon 10:12`.
    pub at: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ended {
    /// `Wed 18 Nov`.
    pub at: String,
    /// `all 27 have an owner, 19 answered, 4 meetings confirmed`.
    pub how: String,
}

impl Message for RateFell {
    const NAME: &'static str = "rate-fell";

    fn samples() -> Vec<(&'static str, RateFell)> {
        let open = RateFell::sample();
        let taken = RateFell {
            taken: Some(Taken { by: Person::new("sales.lead@clowns.example"), at: "Mon 10:12".into() }),
            ..open.clone()
        };
        let ended = RateFell {
            ended: Some(Ended {
                at: "Wed 18 Nov".into(),
                how: "all 27 have an owner, 19 answered, 4 meetings confirmed".into(),
            }),
            ..taken.clone()
        };
        let bare = RateFell {
            scope: "b2b".into(),
            problem: None,
            at_stake: None,
            rate: "MQL to SQL".into(),
            changed: vec![Changed { day: date(2026, 8, 3), what: vec!["MQL to SQL".into()] }],
            cause: None,
            open: 0,
            longest: Vec::new(),
            next: None,
            asked: None,
            ends: None,
            ..open.clone()
        };
        vec![("corporate-requests", open), ("taken", taken), ("ended", ended), ("only-the-rate", bare)]
    }

    fn document(&self) -> Result<Document, RenderError> {
        let receipt = self.footer.receipt();
        let mut document = template::document(Self::NAME, self)?;
        if self.ended.is_none() {
            if self.taken.is_none() {
                document.buttons.push(Button {
                    style: crate::document::Style::Primary,
                    ..Button::about("I take it", Verb::Take, receipt)
                });
            }
            if self.open > 0 {
                document.buttons.push(Button::about(format!("Show the {}", self.open), Verb::WhoNot, receipt));
            }
        }
        document.buttons.push(super::something_is_off(receipt));
        if self.ended.is_some() {
            return Ok(document.with_more([Button::about("Why", Verb::Why, receipt)]));
        }
        Ok(document.with_more([
            Button::about("Snooze 1 day", Verb::SnoozeDay, receipt),
            Button::about("Snooze 1 week", Verb::SnoozeWeek, receipt),
            Button::about("Silence with a reason", Verb::Silence, receipt),
            Button::about("How often would this have fired", Verb::HowOften, receipt),
            Button::about("Why", Verb::Why, receipt),
        ]))
    }
}

impl RateFell {
    fn sample() -> RateFell {
        let dollars = |major: i64| Money::new(major * 100, Currency::USD);
        RateFell {
            scope: "b2b corporate events".into(),
            problem: Some("meeting requests go unanswered".into()),
            at_stake: Some(Stake {
                about: dollars(42_400),
                of: "new ARR".into(),
                least: dollars(5_000),
                most: dollars(72_700),
            }),
            rate: "Meeting within 14 days".into(),
            now: Figure::rate(3, 62),
            since: date(2026, 9, 21),
            before: Figure::rate(20, 123),
            changed: Vec::new(),
            cause: Some(Cause {
                part: 38,
                whole: 62,
                what: "had no human reply within a working day".into(),
                before: Figure::rate(21, 123),
                short: "requests without a reply in a working day".into(),
                of_these: Some((31, "have no owner".into())),
            }),
            open: 27,
            longest: ["Sample Bank", "Sample Museum", "Sample University"].map(str::to_owned).to_vec(),
            next: Some("give the 27 an owner".into()),
            asked: Some(Person::new("sales.lead@clowns.example")),
            ends: Some("all 27 have an owner and two full weeks are back above 12 %".into()),
            taken: None,
            ended: None,
            footer: Footer {
                data_to: None,
                sources: Sources::Ages(vec![SourceAge::new("HubSpot", 3)]),
                seen_by: SeenBy::Channel,
                receipt: Some("r-l80q".into()),
            },
        }
    }
}
