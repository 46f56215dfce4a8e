//! What somebody says is off about a message: the ways of saying it, and their words.

use serde::{Deserialize, Serialize};

use crate::action::Verb;
use crate::document::{Block, Button, Document, Inline};
use crate::facts::Person;

/// In which way something is off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    Wrong,
    Leads,
    Waiting,
    Away,
    Else,
}

impl Way {
    pub const ALL: [Way; 5] = [Way::Wrong, Way::Leads, Way::Waiting, Way::Away, Way::Else];

    /// The word under which it is kept.
    pub fn word(self) -> &'static str {
        match self {
            Way::Wrong => "wrong",
            Way::Leads => "leads",
            Way::Waiting => "waiting",
            Way::Away => "away",
            Way::Else => "else",
        }
    }

    pub fn from_word(word: &str) -> Option<Way> {
        Way::ALL.into_iter().find(|way| way.word() == word)
    }

    /// As the person clicks it.
    pub fn label(self) -> &'static str {
        match self {
            Way::Wrong => "The number is wrong",
            Way::Leads => "I ran out of leads",
            Way::Waiting => "I am waiting for someone",
            Way::Away => "I was away",
            Way::Else => "Something else",
        }
    }

    /// As others read it, after `Said:`.
    pub fn said(self) -> &'static str {
        match self {
            Way::Wrong => "the number is wrong",
            Way::Leads => "ran out of leads",
            Way::Waiting => "waiting for someone",
            Way::Away => "was away",
            Way::Else => "something else is off",
        }
    }

    pub fn verb(self) -> Verb {
        match self {
            Way::Wrong => Verb::OffWrong,
            Way::Leads => Verb::OffLeads,
            Way::Waiting => Verb::OffWaiting,
            Way::Away => Verb::OffAway,
            Way::Else => Verb::OffElse,
        }
    }

    pub fn of_verb(verb: Verb) -> Option<Way> {
        Way::ALL.into_iter().find(|way| way.verb() == verb)
    }

    /// Whether it goes to whoever keeps the definitions; else to the manager, as friction of the day.
    pub fn is_for_keeper(self) -> bool {
        match self {
            Way::Wrong | Way::Else => true,
            Way::Leads | Way::Waiting | Way::Away => false,
        }
    }
}

/// What "Something is off" opens: the ways, each about this message.
pub fn ways(question: &str, about: &str) -> Document {
    let line = vec![Inline::Text(question.to_owned())];
    let buttons = Way::ALL.map(|way| Button::about(way.label(), way.verb(), about));
    Document { push: question.to_owned(), blocks: vec![Block::Lines(vec![line])], ..Document::default() }
        .with_buttons(buttons)
}

/// How a doubt ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Settled {
    pub by: Person,
    /// `Fri 20 Nov 09:12`.
    pub at: String,
    pub outcome: Outcome,
    /// The answer in words, without its full stop.
    pub words: Option<String>,
}

/// What whoever was asked says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It was wrong, and is put right.
    Fixed,
    Right,
    /// They need to know more.
    Asked,
    /// It is seen to.
    Settled,
}

impl Outcome {
    /// The word under which it is kept.
    pub fn word(self) -> &'static str {
        match self {
            Outcome::Fixed => "fixed",
            Outcome::Right => "right",
            Outcome::Asked => "ask",
            Outcome::Settled => "settled",
        }
    }

    pub fn of_verb(verb: Verb) -> Option<Outcome> {
        [(Verb::Fixed, Outcome::Fixed), (Verb::Right, Outcome::Right), (Verb::AskBack, Outcome::Asked)]
            .into_iter()
            .chain([(Verb::Settled, Outcome::Settled)])
            .find_map(|(known, outcome)| (known == verb).then_some(outcome))
    }

    pub fn from_word(word: &str) -> Option<Outcome> {
        [Outcome::Fixed, Outcome::Right, Outcome::Asked, Outcome::Settled].into_iter().find(|it| it.word() == word)
    }
}
