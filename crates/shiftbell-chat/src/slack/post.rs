//! Posting, editing, answering later.

use std::sync::PoisonError;

use serde_json::{Map, Value, json};
use shiftbell_metrics::time::Instant;

use super::answer::fields;
use super::client::{Failure, SlackClient};
use super::picture::{place_alt, place_picture};
use crate::outcome::{remote_id, remote_parts};
use crate::{Message, Outcome, ReplyTo, To};

/// The `event_type` of the metadata by which we know our own messages.
pub(super) const METADATA_TYPE: &str = "shiftbell";

impl SlackClient {
    /// Posts a message once. It carries `dedupe_key` as metadata, by which [`SlackClient::find`] knows it again after an
    /// unknown outcome. A picture that fails never holds the words: they go with the picture's text instead.
    pub async fn post(&self, to: To<'_>, message: &Message<'_>, dedupe_key: &str, now: Instant) -> Outcome {
        let outcome = self.post_once(to, message, dedupe_key).await;
        self.remember_limit("chat.postMessage", &outcome, now);
        outcome
    }

    async fn post_once(&self, to: To<'_>, message: &Message<'_>, dedupe_key: &str) -> Outcome {
        let channel = match self.channel_of(to).await {
            Ok(channel) => channel,
            // Nothing was said yet, whatever became of the question for the channel.
            Err(failure) => return failure.outcome.of_idempotent_call(),
        };
        let file = self.file_of(message).await;
        let mut body = fields(message.body);
        body.insert("channel".to_owned(), json!(channel));
        body.insert(
            "metadata".to_owned(),
            json!({ "event_type": METADATA_TYPE, "event_payload": { "key": dedupe_key } }),
        );
        if let Some((_, thread_ts)) = message.thread.and_then(remote_parts) {
            body.insert("thread_ts".to_owned(), json!(thread_ts));
        }
        match self.call_with_picture("chat.postMessage", &body, message, file.as_deref(), to.id()).await {
            Ok(answer) => delivered(&answer, &channel),
            Err(failure) => failure.outcome,
        }
    }

    /// Replaces the words of a message; a repeat changes nothing, so that no outcome of an edit is unknown.
    pub async fn edit(&self, id: &str, message: &Message<'_>, now: Instant) -> Outcome {
        let Some((channel, ts)) = remote_parts(id) else {
            return Outcome::Refused { why: format!("`{id}` names no message in slack") };
        };
        let file = self.file_of(message).await;
        let mut body = fields(message.body);
        body.insert("channel".to_owned(), json!(channel));
        body.insert("ts".to_owned(), json!(ts));
        let outcome = match self.call_with_picture("chat.update", &body, message, file.as_deref(), channel).await {
            Ok(answer) => delivered(&answer, channel),
            Err(failure) => failure.outcome.of_idempotent_call(),
        };
        self.remember_limit("chat.update", &outcome, now);
        outcome
    }

    /// Sends a later answer to a command or click: the body of `command_response` or `update_response`. Slack takes five
    /// answers in 30 minutes and gives no id for them.
    pub async fn respond(&self, response_url: &str, body: &Value) -> Outcome {
        if let Err(problem) = super::check_reply_host(response_url, &self.settings.api_url) {
            return Outcome::Refused { why: problem.to_string() };
        }
        match self.post_to(response_url, body).await {
            Ok(()) => Outcome::Delivered { remote_id: String::new() },
            // 404 and 410: used five times, or older than 30 minutes. No later attempt can succeed.
            Err(failure) if matches!(failure.status, Some(404 | 410)) => {
                Outcome::Refused { why: "the time for an answer to this request is over".to_owned() }
            }
            Err(failure) => failure.outcome,
        }
    }

    /// As [`SlackClient::respond`], for a request that was read by this crate.
    pub async fn answer(&self, reply: &ReplyTo, body: &Value) -> Outcome {
        match reply {
            ReplyTo::Slack { response_url } => self.respond(response_url, body).await,
            ReplyTo::Discord { .. } => Outcome::Refused { why: "this request did not come from slack".to_owned() },
        }
    }

    /// The channel to post to: for a person the direct-message channel, whose id an edit and a search need.
    pub(super) async fn channel_of(&self, to: To<'_>) -> Result<String, Failure> {
        let user = match to {
            To::Channel(channel) => return Ok(channel.to_owned()),
            To::Person(user) => user,
        };
        if let Some(known) = self.direct.lock().unwrap_or_else(PoisonError::into_inner).get(user) {
            return Ok(known.clone());
        }
        // The crate sends `users` as a list, which Slack does not document: a comma-separated text.
        match self.call("conversations.open", &json!({ "users": user }), user).await {
            Ok(answer) => {
                let channel = answer.pointer("/channel/id").and_then(Value::as_str).unwrap_or(user).to_owned();
                self.direct.lock().unwrap_or_else(PoisonError::into_inner).insert(user.to_owned(), channel.clone());
                Ok(channel)
            }
            // Without im:write a post to the user id still arrives.
            Err(failure) if failure.has_code("missing_scope") => Ok(user.to_owned()),
            Err(failure) => Err(failure),
        }
    }

    /// Calls with the picture; if Slack rejects exactly that, calls again with its text.
    async fn call_with_picture(
        &self,
        method: &'static str,
        body: &Map<String, Value>,
        message: &Message<'_>,
        file: Option<&str>,
        channel: &str,
    ) -> Result<Value, Failure> {
        let Some(picture) = message.picture else {
            return self.call(method, &Value::Object(body.clone()), channel).await;
        };
        if let Some(file) = file {
            let with_picture = Value::Object(place_picture(body, file, &picture.alt));
            match self.call(method, &with_picture, channel).await {
                Err(failure) if failure.has_code("invalid_blocks") => {}
                other => return other,
            }
        }
        self.call(method, &Value::Object(place_alt(body, &picture.alt)), channel).await
    }

    async fn file_of(&self, message: &Message<'_>) -> Option<String> {
        match (message.file, message.picture) {
            (Some(file), _) => Some(file.to_owned()),
            (None, Some(picture)) => self.upload(picture).await.ok(),
            (None, None) => None,
        }
    }
}

fn delivered(answer: &Value, asked: &str) -> Outcome {
    let text = |name: &str| answer.get(name).and_then(Value::as_str);
    match text("ts") {
        Some(ts) => Outcome::Delivered { remote_id: remote_id(text("channel").unwrap_or(asked), ts) },
        None => Outcome::Unknown { why: "slack's answer names no message".to_owned() },
    }
}
