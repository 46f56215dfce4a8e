//! `/whatif best b2b`: which number pays most when it is brought to where it should be.

use serde::{Deserialize, Serialize};
use shiftbell_metrics::money::{Currency, Money};

use super::Message;
use crate::action::Verb;
use crate::document::{Button, Document};
use crate::facts::{Figure, Footer, SourceAge};
use crate::template::{self, RenderError};

/// The levers of a motion, the one that pays most first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Levers {
    pub motion: String,
    /// `a quarter`.
    pub per: String,
    /// What is won, in the company's words: `new ARR`.
    pub what: String,
    /// Those that are short of where they should be. Empty: all are there.
    pub levers: Vec<LeverLine>,
    /// Those that are at their target, or at their best.
    pub there: Vec<String>,
    /// What could not be compared, and why: `discount (the list price is not known)`.
    pub unknown: Vec<String>,
    /// What to look at first at the company's stage of growth. `None` where it says nothing.
    pub look_at: Option<String>,
    pub footer: Footer,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LeverLine {
    pub label: String,
    pub from: Figure,
    pub to: Figure,
    /// To the company's own target, else to its own best quarter.
    pub to_target: bool,
    pub wins: f64,
    pub money: Option<Money>,
    /// Whether it was ever there. `None`: nothing is known of earlier quarters.
    pub was_reached: Option<bool>,
    pub best: Option<Figure>,
}

impl Message for Levers {
    const NAME: &'static str = "levers";

    fn samples() -> Vec<(&'static str, Levers)> {
        let line = |label: &str, from, to, wins, dollars: i64, best: (u64, u64), was_reached| LeverLine {
            label: label.into(),
            from,
            to: Figure::Share(to),
            to_target: true,
            wins,
            money: Some(Money::new(dollars * 100, Currency::USD)),
            was_reached: Some(was_reached),
            best: Some(Figure::rate(best.0, best.1)),
        };
        let b2b = Levers {
            motion: "b2b".into(),
            per: "a quarter".into(),
            what: "new ARR".into(),
            levers: vec![
                line("MQL to SQL", Figure::rate(84, 312), 0.30, 1.7, 31_300, (97, 307), true),
                line("Deal to won", Figure::rate(14, 49), 0.30, 0.7, 13_700, (14, 49), false),
                LeverLine {
                    was_reached: None,
                    best: None,
                    ..line("Discount", Figure::Share(0.08), 0.05, 0.0, 8_900, (0, 0), false)
                },
            ],
            there: vec!["Lead to MQL".into(), "SQL to deal".into()],
            unknown: vec!["churn (what is kept in a year is not measured yet)".into()],
            look_at: Some("one motion repeats: its formula should predict the next quarter".into()),
            footer: Footer::only_you(vec![SourceAge::new("HubSpot", 2)], "r-q29j"),
        };
        let no_target = Levers {
            levers: vec![LeverLine {
                to: Figure::Share(0.316),
                to_target: false,
                money: None,
                ..b2b.levers[0].clone()
            }],
            unknown: Vec::new(),
            look_at: None,
            ..b2b.clone()
        };
        let all_there = Levers { levers: Vec::new(), ..no_target.clone() };
        vec![("b2b", b2b), ("own-best", no_target), ("all-there", all_there)]
    }

    fn document(&self) -> Result<Document, RenderError> {
        #[derive(Serialize)]
        struct View<'a> {
            #[serde(flatten)]
            facts: &'a Levers,
            best: Option<&'a LeverLine>,
        }
        let mut document = template::document(Self::NAME, &View { facts: self, best: self.levers.first() })?;
        document.buttons.push(Button::about("Share here", Verb::Share, self.footer.receipt()));
        document.buttons.push(Button::about("Why", Verb::Why, self.footer.receipt()));
        Ok(document)
    }
}
