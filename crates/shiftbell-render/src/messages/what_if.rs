//! `/whatif mql-to-sql +5pt b2b`: what other numbers would bring, with all else held.

use serde::{Deserialize, Serialize};
use shiftbell_metrics::money::{Currency, Money};

use super::Message;
use crate::action::{Action, Verb};
use crate::document::{Button, Document};
use crate::facts::{Figure, Footer, SourceAge};
use crate::template::{self, RenderError};

/// What was changed, what it would bring, and what it was worked out from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WhatIf {
    pub motion: String,
    /// `a quarter`.
    pub per: String,
    pub changed: Vec<Changed>,
    /// Wins as they are and as they would be.
    pub wins: (f64, f64),
    /// What is won, in the company's words: `new ARR`. `None` where wins have no amount.
    pub amount: Option<Amount>,
    /// The stage that the only changed step leads to, as it is and as it would be.
    pub then: Option<Changed>,
    pub year: Option<Year>,
    /// What stays as it is.
    pub held: Vec<Held>,
    pub sure: Option<Sure>,
    /// Of every changed rate, its best span so far.
    pub reached: Vec<Reached>,
    /// Each step brought to where it should be, as [`super::Levers`] says it: name, where to, and what it is worth.
    pub others: Vec<Other>,
    pub footer: Footer,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Changed {
    pub label: String,
    pub from: Figure,
    pub to: Figure,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Amount {
    pub label: String,
    pub from: Money,
    pub to: Money,
    pub goal: Option<Money>,
}

/// Twelve months on, if every span brings the same.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Year {
    /// More than without the change; negative is less.
    pub more: Money,
    /// Kept through onboarding, and a year's net retention. `None`: not measured, and nothing is taken off.
    pub onboarded: Option<f64>,
    pub net: Option<f64>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Held {
    pub label: String,
    pub value: Figure,
}

/// The held rate that rests on least, and how many wins more or fewer that leaves possible.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sure {
    pub label: String,
    pub counts: Figure,
    pub low: f64,
    pub high: f64,
    pub wins_low: f64,
    pub wins_high: f64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reached {
    pub label: String,
    /// Empty where there is only one, and so no need to name it.
    pub of: Option<String>,
    pub best: Figure,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Other {
    pub label: String,
    pub to: Figure,
    pub wins: f64,
    pub money: Option<Money>,
}

impl Message for WhatIf {
    const NAME: &'static str = "what-if";

    fn samples() -> Vec<(&'static str, WhatIf)> {
        vec![("b2b", WhatIf::sample()), ("two-levers", WhatIf::sample_of_two()), ("without-money", WhatIf::bare())]
    }

    fn document(&self) -> Result<Document, RenderError> {
        #[derive(Serialize)]
        struct View<'a> {
            #[serde(flatten)]
            facts: &'a WhatIf,
            more_wins: f64,
            is_more: bool,
            more_money: Option<Money>,
        }
        let more = self.wins.1 - self.wins.0;
        let between = |amount: &Amount| {
            // Both are rounded to be read; their difference is that of what is read.
            Money::new((amount.to.minor - amount.from.minor).abs(), amount.from.currency)
        };
        let view = View {
            facts: self,
            more_wins: more.abs(),
            is_more: more >= 0.0,
            more_money: self.amount.as_ref().map(between),
        };
        let mut document = template::document(Self::NAME, &view)?;
        document.buttons.push(Button::about("Share here", Verb::Share, self.footer.receipt()));
        document.buttons.push(Button::new("Best lever", Action::ask(format!("whatif best {}", self.motion))));
        document.buttons.push(Button::about("Why", Verb::Why, self.footer.receipt()));
        Ok(document)
    }
}

fn dollars(major: i64) -> Money {
    Money::new(major * 100, Currency::USD)
}

impl WhatIf {
    fn sample() -> WhatIf {
        let held = |label: &str, value| Held { label: label.into(), value };
        let other = |label: &str, to, wins, money| Other {
            label: label.into(),
            to: Figure::Share(to),
            wins,
            money: Some(dollars(money)),
        };
        WhatIf {
            motion: "b2b".into(),
            per: "a quarter".into(),
            changed: vec![Changed {
                label: "MQL to SQL".into(),
                from: Figure::rate(84, 312),
                to: Figure::Share(0.319),
            }],
            wins: (14.88, 17.64),
            amount: Some(Amount {
                label: "new ARR".into(),
                from: dollars(273_800),
                to: dollars(324_600),
                goal: Some(dollars(300_000)),
            }),
            then: Some(Changed { label: "SQLs".into(), from: Figure::Number(84.5), to: Figure::Number(100.2) }),
            year: Some(Year { more: dollars(195_400), onboarded: Some(0.95), net: Some(1.03) }),
            held: vec![
                held("Leads", Figure::Count(2_106)),
                held("Lead to MQL", Figure::rate(310, 2_080)),
                held("SQL to deal", Figure::rate(53, 86)),
                held("Deal to won", Figure::rate(14, 49)),
                held("a win", Figure::Money(dollars(18_400))),
            ],
            sure: Some(Sure {
                label: "Deal to won".into(),
                counts: Figure::rate(14, 49),
                low: 0.18,
                high: 0.42,
                wins_low: 1.7,
                wins_high: 4.1,
            }),
            reached: vec![Reached { label: "MQL to SQL".into(), of: None, best: Figure::rate(97, 307) }],
            others: vec![
                other("MQL to SQL", 0.30, 1.7, 31_300),
                other("Deal to won", 0.30, 0.7, 13_700),
                other("Discount", 0.05, 0.0, 8_900),
            ],
            footer: Footer::only_you(vec![SourceAge::new("HubSpot", 2)], "r-q28h"),
        }
    }

    fn sample_of_two() -> WhatIf {
        let mut two = WhatIf::sample();
        two.changed.push(Changed { label: "Leads".into(), from: Figure::Number(2_106.0), to: Figure::Number(1_579.5) });
        let fewer = Amount { from: dollars(273_800), to: dollars(243_500), label: "new ARR".into(), goal: None };
        two.held.remove(0);
        let reached = Reached { of: Some("MQL to SQL".into()), ..two.reached[0].clone() };
        WhatIf {
            wins: (14.88, 13.23),
            amount: Some(fewer),
            then: None,
            year: Some(Year { more: dollars(-121_200), onboarded: None, net: None }),
            sure: None,
            reached: vec![reached],
            others: Vec::new(),
            ..two
        }
    }

    fn bare() -> WhatIf {
        WhatIf { amount: None, year: None, sure: None, reached: Vec::new(), others: Vec::new(), ..WhatIf::sample() }
    }
}
