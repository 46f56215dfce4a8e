//! The roll-out in force: where the file starts it, and where people have moved it since.
//!
//! The three steps of the trade: in the *frame* only the reviewer receives, and receives everything; in *focus* the pilots and
//! the channels receive theirs; when it *grows*, everybody does.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::alert::Recipient;
use crate::definitions::{Rollout, RolloutStep};

/// What somebody said about the roll-out, besides what the file says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    /// The step it is to be in. `file`: the one that the file named then, so that a later edit of the file is seen.
    Step {
        step: RolloutStep,
        file: RolloutStep,
    },
    /// The person with this e-mail is a pilot from now on.
    Pilot(String),
    NotPilot(String),
}

/// Who receives a message.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Receiver {
    /// Whom it is for.
    #[default]
    Themselves,
    /// The reviewer, with this e-mail, in place of whom it is for.
    Reviewer(String),
    /// Nobody yet.
    Nobody,
}

/// The roll-out as it stands: the file, moved on by what was said. There is no other way to ask who is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InForce {
    step: RolloutStep,
    reviewer: Option<String>,
    /// E-mails in lower case.
    pilots: BTreeSet<String>,
}

impl InForce {
    /// The file is where it starts; what was said, oldest first, moves it on. A later edit of the file to a step that is
    /// further wins; going back is said. About a person the last word counts.
    pub fn of(file: &Rollout, said: &[Said]) -> InForce {
        let mut step = file.step;
        let mut pilots: BTreeSet<String> = file.pilots.iter().map(|email| email.to_lowercase()).collect();
        for word in said {
            match word {
                Said::Step { step: wanted, file: then } if file.step > *then => step = file.step.max(*wanted),
                Said::Step { step: wanted, .. } => step = *wanted,
                Said::Pilot(email) => {
                    pilots.insert(email.to_lowercase());
                }
                Said::NotPilot(email) => {
                    pilots.remove(&email.to_lowercase());
                }
            }
        }
        InForce { step, reviewer: file.reviewer.clone(), pilots }
    }

    pub fn step(&self) -> RolloutStep {
        self.step
    }

    pub fn reviewer(&self) -> Option<&str> {
        self.reviewer.as_deref()
    }

    /// Their e-mails, in lower case.
    pub fn pilots(&self) -> impl Iterator<Item = &str> {
        self.pilots.iter().map(String::as_str)
    }

    pub fn is_pilot(&self, email: &str) -> bool {
        self.pilots.contains(&email.to_lowercase())
    }

    pub fn is_reviewer(&self, email: &str) -> bool {
        self.reviewer.as_deref().is_some_and(|reviewer| reviewer.eq_ignore_ascii_case(email))
    }

    /// Who receives what is for this recipient.
    pub fn receiver(&self, recipient: Recipient<'_>) -> Receiver {
        let is_reached = match (self.step, recipient) {
            (RolloutStep::Grow, _) | (RolloutStep::Focus, Recipient::Channel(_)) => true,
            (RolloutStep::Frame, Recipient::Channel(_)) => false,
            (RolloutStep::Frame, Recipient::Person(email)) => self.is_reviewer(email),
            (RolloutStep::Focus, Recipient::Person(email)) => self.is_reviewer(email) || self.is_pilot(email),
        };
        match (is_reached, self.step, &self.reviewer) {
            (true, ..) => Receiver::Themselves,
            (false, RolloutStep::Frame, Some(reviewer)) => Receiver::Reviewer(reviewer.clone()),
            (false, ..) => Receiver::Nobody,
        }
    }

    /// Whether a recipient receives what is for them.
    pub fn reaches(&self, recipient: Recipient<'_>) -> bool {
        self.receiver(recipient) == Receiver::Themselves
    }

    /// What tells it apart from what was in force before: two are equal if they reach the same people.
    pub fn mark(&self) -> String {
        let word = self.step.word();
        match self.step {
            RolloutStep::Focus => {
                let pilots = self.pilots().flat_map(|email| email.bytes().chain([b' ']));
                format!("{word}-{:016x}", crate::id::hash64(pilots))
            }
            RolloutStep::Frame | RolloutStep::Grow => word.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests;
