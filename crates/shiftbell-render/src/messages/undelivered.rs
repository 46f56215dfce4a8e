//! A message could not be delivered: told to the owner by another path, with the one command that sends it again.

use serde::{Deserialize, Serialize};

use super::Message;
use crate::action::Verb;
use crate::document::{Button, Document};
use crate::template::{self, RenderError};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Undelivered {
    /// What it was: `The daily scorecard`.
    pub what: String,
    /// For whom: `bdr.one`, `#revenue`.
    pub destination: String,
    /// `Slack`.
    pub outlet: String,
    /// The outlet's answer in its own words.
    pub said: String,
    pub attempts: u64,
    /// How long it was tried.
    pub minutes: u64,
    /// How many messages to the same destination wait behind it.
    pub waiting: u64,
    /// What must be done first, without its full stop: `invite the app to the channel`.
    pub fix: Option<String>,
    /// The command that sends it again.
    pub replay: String,
    /// Its number in the outbox.
    pub notice: String,
}

impl Message for Undelivered {
    const NAME: &'static str = "undelivered";

    fn samples() -> Vec<(&'static str, Undelivered)> {
        let scorecard = Undelivered {
            what: "The weekly bowtie".into(),
            destination: "#revenue".into(),
            outlet: "Slack".into(),
            said: "not_in_channel".into(),
            attempts: 21,
            minutes: 76 * 60,
            waiting: 2,
            fix: Some("invite the app with /invite @shiftbell".into()),
            replay: "shiftbell outbox replay o-51c2".into(),
            notice: "o-51c2".into(),
        };
        let once = Undelivered { attempts: 1, minutes: 0, waiting: 0, fix: None, ..scorecard.clone() };
        vec![("not-in-channel", scorecard), ("refused-at-once", once)]
    }

    fn document(&self) -> Result<Document, RenderError> {
        let buttons = [Button::about("Send again", Verb::Replay, &self.notice), super::something_is_off(&self.notice)];
        Ok(template::document(Self::NAME, self)?.with_buttons(buttons))
    }
}
