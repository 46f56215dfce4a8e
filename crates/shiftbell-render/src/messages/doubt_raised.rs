//! Somebody says that something is off: told to whoever can settle it, and edited when it is.

use serde::{Deserialize, Serialize};

use super::doubt::{Outcome, Settled, Way};
use super::{Message, something_is_off};
use crate::action::Verb;
use crate::document::{Button, Document, Style};
use crate::facts::Person;
use crate::template::{self, RenderError};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DoubtRaised {
    /// Its number: `d-12`.
    pub doubt: String,
    pub by: Person,
    pub way: Way,
    /// In the person's own words.
    pub words: Option<String>,
    /// `Thu 19 Nov 17:03`.
    pub at: String,
    /// What the message said, in its first line.
    pub line: Option<String>,
    /// What its receipt comes to now.
    pub recount: Option<Recount>,
    pub receipt: Option<String>,
    /// When the person was asked back: `Fri 20 Nov 09:12`.
    pub asked_back: Option<String>,
    pub settled: Option<Settled>,
}

/// What a receipt comes to, worked out again from the numbers of now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Recount {
    Same,
    /// Figures that are others now: `Follow-ups: 10 of 10, done`.
    Changed(Vec<String>),
    /// It means something else now, or nothing.
    Redefined,
}

impl Message for DoubtRaised {
    const NAME: &'static str = "doubt-raised";

    fn samples() -> Vec<(&'static str, DoubtRaised)> {
        let wrong = DoubtRaised {
            doubt: "d-12".into(),
            by: Person::new("bdr.one@clowns.example"),
            way: Way::Wrong,
            words: None,
            at: "Thu 19 Nov 17:03".into(),
            line: Some("Not yet: 2 follow-ups to go (8 of 10). Conversations 26, meeting requests 2.".into()),
            recount: Some(Recount::Changed(vec!["Follow-ups: 10 of 10, done (required)".into()])),
            receipt: Some("r-b41k".into()),
            asked_back: None,
            settled: None,
        };
        let same = DoubtRaised { recount: Some(Recount::Same), ..wrong.clone() };
        let asked = DoubtRaised { asked_back: Some("Thu 19 Nov 17:20".into()), ..same.clone() };
        let settled = Settled {
            by: Person::new("revops.one@clowns.example"),
            at: "Thu 19 Nov 17:31".into(),
            outcome: Outcome::Right,
            words: Some("calls shorter than 30 seconds are no conversation".into()),
        };
        let closed = DoubtRaised { settled: Some(settled), ..same.clone() };
        let other = DoubtRaised {
            way: Way::Else,
            words: Some("The link opens <https://evil.example|another company>, @channel".into()),
            line: None,
            recount: None,
            receipt: None,
            ..wrong.clone()
        };
        let friction = DoubtRaised {
            way: Way::Waiting,
            words: Some("billing answer for Sample Insurance".into()),
            recount: None,
            ..wrong.clone()
        };
        vec![
            ("changed-since", wrong),
            ("the-same", same),
            ("asked-back", asked),
            ("settled", closed),
            ("something-else", other),
            ("waiting", friction),
        ]
    }

    fn document(&self) -> Result<Document, RenderError> {
        let document = template::document(Self::NAME, &View { facts: self, said: self.way.said() })?;
        let why = self.receipt.as_deref().map(|receipt| Button::about("Why", Verb::Why, receipt));
        let button = |label, verb| Button::about(label, verb, &self.doubt);
        let buttons = match (&self.settled, self.way) {
            (Some(_), _) => Vec::new(),
            (None, Way::Wrong) => vec![
                Button { style: Style::Primary, ..button("It was wrong, fixed", Verb::Fixed) },
                button("It is right, here is why", Verb::Right),
                button("Ask back", Verb::AskBack),
            ],
            (None, Way::Leads | Way::Waiting | Way::Away | Way::Else) => vec![
                Button { style: Style::Primary, ..button("It is settled", Verb::Settled) },
                button("Ask back", Verb::AskBack),
            ],
        };
        Ok(document.with_buttons(buttons).with_more(why).with_more([something_is_off(&self.doubt)]))
    }
}

#[derive(Serialize)]
struct View<'a> {
    #[serde(flatten)]
    facts: &'a DoubtRaised,
    said: &'static str,
}
