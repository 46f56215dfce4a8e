//! What is sent, and how that ended.

use serde_json::Value;

/// How an attempt to say something ended. Every variant but `Delivered` carries the reason for the person who must act.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The service has it. `remote_id` names the message for edits and is opaque outside this crate.
    Delivered { remote_id: String },
    /// Certainly not said. Try again, at the earliest after `after_ms`; the caller waits for the longer of this and its own
    /// backoff.
    RetryAt { after_ms: i64, why: String },
    /// This message will never be accepted: stop, keep the reason.
    Refused { why: String },
    /// This destination needs a person: stop everything for it, tell its owner what to do.
    Closed { why: String },
    /// The service may or may not have acted: look for the message before saying it again.
    Unknown { why: String },
}

impl Outcome {
    /// One word for metrics and the outbox table.
    pub fn word(&self) -> &'static str {
        match self {
            Outcome::Delivered { .. } => "delivered",
            Outcome::RetryAt { .. } => "retry",
            Outcome::Refused { .. } => "refused",
            Outcome::Closed { .. } => "closed",
            Outcome::Unknown { .. } => "unknown",
        }
    }

    /// The same outcome for a call that may be repeated without harm: nothing about it needs to be looked for.
    #[must_use]
    pub fn of_idempotent_call(self) -> Outcome {
        match self {
            Outcome::Unknown { why } => Outcome::RetryAt { after_ms: 0, why },
            other @ (Outcome::Delivered { .. }
            | Outcome::RetryAt { .. }
            | Outcome::Refused { .. }
            | Outcome::Closed { .. }) => other,
        }
    }
}

/// What a search for a message of unknown outcome found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// It is there, once; repeats, if any, are deleted.
    Delivered { remote_id: String },
    /// The service was asked and does not have it. It may still be on its way: look again before saying it again.
    NotThere,
    /// There is no permitted way to know.
    CannotTell { why: String },
    /// The search itself did not get through.
    Later { after_ms: i64, why: String },
}

/// Where a message goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum To<'a> {
    Channel(&'a str),
    /// A direct message to this user.
    Person(&'a str),
}

impl<'a> To<'a> {
    /// The id of the channel or of the person.
    pub fn id(self) -> &'a str {
        match self {
            To::Channel(id) | To::Person(id) => id,
        }
    }
}

/// One lowered message.
#[derive(Clone, Copy, Debug)]
pub struct Message<'a> {
    /// As lowered by `shiftbell-render`: `text` and `blocks` for Slack; `content`, `embeds` and `components` for Discord.
    pub body: &'a Value,
    pub picture: Option<&'a Picture>,
    /// The picture where the service already has it (see `SlackClient::upload`).
    pub file: Option<&'a str>,
    /// The message under which this one is a reply, as [`Outcome::Delivered`] named it.
    pub thread: Option<&'a str>,
}

impl<'a> Message<'a> {
    /// Words only.
    pub fn words(body: &'a Value) -> Message<'a> {
        Message { body, picture: None, file: None, thread: None }
    }
}

/// A message of unknown outcome.
#[derive(Clone, Copy, Debug)]
pub struct Sought<'a> {
    pub to: To<'a>,
    pub dedupe_key: &'a str,
    /// When the attempt began.
    pub since: shiftbell_metrics::time::Instant,
    /// As it was sent.
    pub message: &'a Message<'a>,
}

/// A picture that goes with a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    /// With its extension: `bowtie.png`.
    pub name: String,
    pub png: Vec<u8>,
    /// Carries the same numbers as the picture.
    pub alt: String,
}

/// A remote id is `channel/message`, so that an edit finds the channel that a direct message was really posted to.
pub(crate) fn remote_id(channel: &str, message: &str) -> String {
    format!("{channel}/{message}")
}

/// The channel and the message of a remote id.
pub(crate) fn remote_parts(remote_id: &str) -> Option<(&str, &str)> {
    remote_id.split_once('/').filter(|(channel, message)| !channel.is_empty() && !message.is_empty())
}
