//! What became of a doubt: told to whoever had it.

use serde::{Deserialize, Serialize};

use super::doubt::{Outcome, Way};
use super::{Message, something_is_off};
use crate::action::Verb;
use crate::document::{Button, Document};
use crate::facts::Person;
use crate::template::{self, RenderError};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DoubtAnswered {
    pub by: Person,
    pub outcome: Outcome,
    /// The answer in words, without its full stop.
    pub words: Option<String>,
    pub way: Way,
    /// What the message said that it was about.
    pub line: Option<String>,
    /// What `/shiftbell off` takes: `n-51`.
    pub about: String,
    pub receipt: Option<String>,
}

impl Message for DoubtAnswered {
    const NAME: &'static str = "doubt-answered";

    fn samples() -> Vec<(&'static str, DoubtAnswered)> {
        let fixed = DoubtAnswered {
            by: Person::new("revops.one@clowns.example"),
            outcome: Outcome::Fixed,
            words: None,
            way: Way::Wrong,
            line: Some("Not yet: 2 follow-ups to go (8 of 10). Conversations 26, meeting requests 2.".into()),
            about: "n-51".into(),
            receipt: Some("r-b41k".into()),
        };
        let right = DoubtAnswered {
            outcome: Outcome::Right,
            words: Some("calls shorter than 30 seconds are no conversation".into()),
            ..fixed.clone()
        };
        let asked = DoubtAnswered { outcome: Outcome::Asked, ..fixed.clone() };
        let asked_in_words =
            DoubtAnswered { words: Some("which call is missing".into()), line: None, receipt: None, ..asked.clone() };
        let settled = DoubtAnswered {
            by: Person::new("sales.lead@clowns.example"),
            outcome: Outcome::Settled,
            way: Way::Waiting,
            words: Some("finance.one sends the invoice today".into()),
            receipt: None,
            ..fixed.clone()
        };
        vec![
            ("fixed", fixed),
            ("right", right),
            ("asked-back", asked),
            ("asked-in-words", asked_in_words),
            ("settled", settled),
        ]
    }

    fn document(&self) -> Result<Document, RenderError> {
        let document = template::document(Self::NAME, &View { facts: self, said: self.way.said() })?;
        let why = self.receipt.as_deref().map(|receipt| Button::about("Why", Verb::Why, receipt));
        Ok(document.with_buttons(why).with_buttons([something_is_off(&self.about)]))
    }
}

#[derive(Serialize)]
struct View<'a> {
    #[serde(flatten)]
    facts: &'a DoubtAnswered,
    said: &'static str,
}
