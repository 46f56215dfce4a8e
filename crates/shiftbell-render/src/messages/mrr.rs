//! `/mrr`: recurring revenue as a bridge, from what it was to what it is.

use jiff::civil::date;
use serde::{Deserialize, Serialize};
use shiftbell_metrics::money::{Currency, Money};

use super::{Message, MrrMove};
use crate::action::{Action, Verb};
use crate::document::{Button, Document, Picture};
use crate::facts::{Changed, Footer, SourceAge};
use crate::picture;
use crate::template::{self, RenderError};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Mrr {
    /// The motion and the filters that were asked for.
    pub scope: Option<String>,
    /// `November 2026`.
    pub period: String,
    pub closing: Money,
    pub change: Money,
    pub customers: u64,
    /// The workspace's currency, then those without a rate.
    pub whole: Vec<MrrLine>,
    /// Of churn: `voluntary`, `involuntary`, `unknown`.
    pub why: Vec<MrrWhy>,
    pub by: Option<String>,
    pub parts: Vec<MrrLine>,
    /// Where it differs from what is there: with every change that is announced.
    pub committed: Option<Money>,
    pub usage: Option<Money>,
    pub discount: Option<Money>,
    pub problems: Vec<MrrProblem>,
    /// Whose answers decide what counts.
    pub policy: String,
    #[serde(default)]
    pub changed: Vec<Changed>,
    /// The same question as typed behind the command, without a dimension.
    pub typed: String,
    pub footer: Footer,
}

/// `opening + moves = closing`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MrrLine {
    /// Of a part: the value of the dimension.
    pub name: Option<String>,
    /// A currency without a rate.
    pub currency: Option<String>,
    pub opening: Money,
    pub moves: Vec<MrrMove>,
    pub closing: Money,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MrrWhy {
    pub name: String,
    pub money: Money,
}

/// What could not be counted, and how often.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MrrProblem {
    pub what: String,
    pub times: u64,
}

impl Message for Mrr {
    const NAME: &'static str = "mrr";

    fn samples() -> Vec<(&'static str, Mrr)> {
        let week = Mrr {
            scope: Some("b2b".into()),
            period: "9 - 15 Nov 2026".into(),
            closing: dollars(143_800),
            change: dollars(1_650),
            customers: 96,
            whole: vec![line(
                None,
                142_150,
                &[("new", 1_500), ("expansion", 400), ("contraction", -250), ("churn", 0)],
            )],
            why: Vec::new(),
            by: None,
            parts: Vec::new(),
            committed: None,
            usage: None,
            discount: None,
            problems: Vec::new(),
            policy: "shiftbell".into(),
            changed: Vec::new(),
            typed: "b2b 2026-11-09..2026-11-15".into(),
            footer: Footer::only_you(vec![SourceAge::new("HubSpot", 2)], "r-7k3m"),
        };
        let euro = Currency::from_code("EUR").unwrap_or(Currency::USD);
        let apart = MrrLine {
            currency: Some("EUR".into()),
            opening: Money::new(90_000, euro),
            moves: vec![MrrMove { name: "new".into(), adds: true, money: Money::new(10_000, euro) }],
            closing: Money::new(100_000, euro),
            ..line(None, 0, &[])
        };
        let whole = &[("new", 1_500), ("back", 80), ("expansion", 400), ("paused", -120), ("churn", -390)];
        let split = Mrr {
            period: "November 2026".into(),
            closing: dollars(143_620),
            change: dollars(1_470),
            whole: vec![line(None, 142_150, whole), apart],
            why: vec![
                MrrWhy { name: "voluntary".into(), money: dollars(300) },
                MrrWhy { name: "involuntary".into(), money: dollars(90) },
            ],
            by: Some("product".into()),
            parts: vec![
                line(Some("corporate events"), 90_000, &[("new", 1_500), ("expansion", 400)]),
                line(Some("<!channel> *small*"), 52_150, &[("back", 80), ("paused", -120), ("churn", -390)]),
            ],
            committed: Some(dollars(141_000)),
            usage: Some(dollars(2_300)),
            discount: Some(dollars(450)),
            problems: vec![
                MrrProblem { what: "interval count 0: 1 or more was expected".into(), times: 2 },
                MrrProblem { what: "there is no rate for EUR".into(), times: 1 },
            ],
            changed: vec![Changed { day: date(2026, 11, 3), what: vec!["MRR".into()] }],
            ..week.clone()
        };
        vec![("week", week), ("split", split)]
    }

    fn document(&self) -> Result<Document, RenderError> {
        let receipt = self.footer.receipt();
        let mut buttons = vec![Button::about("Why", Verb::Why, receipt)];
        if self.by.is_none() {
            buttons.push(Button::new("By product", Action::ask(format!("mrr {} by product", self.typed))));
        }
        buttons.push(super::something_is_off(receipt));
        let mut document = template::document(Self::NAME, self)?.with_buttons(buttons);
        // A picture that cannot be drawn never holds back the words, which say all of it.
        let svg = picture::bridge::svg(self).ok().flatten();
        let alt = match self.changed.is_empty() {
            true => document.push.clone(),
            false => format!("{} {}", document.push, template::document("changed", self)?.push),
        };
        document.picture = svg.map(|svg| Picture { name: "mrr.png".into(), svg, alt });
        Ok(document)
    }
}

fn dollars(major: i64) -> Money {
    Money::new(major * 100, Currency::USD)
}

fn line(name: Option<&str>, opening: i64, moves: &[(&str, i64)]) -> MrrLine {
    MrrLine {
        name: name.map(str::to_owned),
        currency: None,
        opening: dollars(opening),
        moves: moves
            .iter()
            .map(|(name, major)| MrrMove {
                name: (*name).into(),
                adds: *major >= 0 && !is_loss(name),
                money: dollars(major.abs()),
            })
            .collect(),
        closing: dollars(opening + moves.iter().map(|(_, major)| major).sum::<i64>()),
    }
}

/// Movements that are shown with a minus even where nothing moved.
fn is_loss(name: &str) -> bool {
    ["contraction", "churn", "paused"].contains(&name)
}
