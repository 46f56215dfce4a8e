//! Posting, editing, answering later.

use std::sync::PoisonError;

use reqwest::Method;
use serde_json::{Map, Value, json};
use serenity::http::Route;
use serenity::model::id::ApplicationId;
use shiftbell_metrics::time::Instant;
use shiftbell_render::limits::discord_would_reject;

use super::answer::fields;
use super::client::{Call, DiscordClient, edit_route, message_path, messages_path, number_of, post_route};
use crate::outcome::{remote_id, remote_parts};
use crate::{Message, Outcome, Picture, ReplyTo, To};

/// <https://docs.discord.com/developers/resources/message#attachment-object>
const ALT_CHARS_MAX: usize = 1_000;

/// For how long the same `nonce` certainly gives the same message: "the past few minutes", so two.
/// <https://docs.discord.com/developers/resources/message#create-message>
const NONCE_HOLDS_MS: i64 = 120_000;

/// Whether a post of unknown outcome may simply be repeated with the same key: the nonce then gives the message that is already
/// there. Later, look for it first.
pub fn repeat_is_safe(attempt_began: Instant, now: Instant) -> bool {
    (0..NONCE_HOLDS_MS).contains(&now.since(attempt_began))
}

/// At most 25 characters that stand for the dedupe key.
pub(super) fn nonce(dedupe_key: &str) -> String {
    let digest = ring::digest::digest(&ring::digest::SHA256, dedupe_key.as_bytes());
    hex::encode(&digest.as_ref()[..12])
}

impl DiscordClient {
    /// Posts a message; within two minutes the same `dedupe_key` gives the same message. A picture that fails never holds the words:
    /// they go with the picture's text instead.
    pub async fn post(&self, to: To<'_>, message: &Message<'_>, dedupe_key: &str, now: Instant) -> Outcome {
        match self.post_once(to, message, dedupe_key, now).await {
            Ok(outcome) | Err(outcome) => outcome,
        }
    }

    async fn post_once(
        &self,
        to: To<'_>,
        message: &Message<'_>,
        dedupe_key: &str,
        now: Instant,
    ) -> Result<Outcome, Outcome> {
        // Nothing was said yet, whatever became of the question for the channel.
        let channel = self.channel_of(to, now).await.map_err(Outcome::of_idempotent_call)?;
        let mut body = fields(message.body);
        body.insert("nonce".to_owned(), json!(nonce(dedupe_key)));
        body.insert("enforce_nonce".to_owned(), json!(true));
        if let Some((_, above)) = message.thread.and_then(remote_parts) {
            body.insert("message_reference".to_owned(), json!({ "message_id": above, "fail_if_not_exists": false }));
        }
        let call = |body: Value, picture| Call {
            method: Method::POST,
            path: messages_path(&channel).unwrap_or_default(),
            body: Some(body),
            picture,
            major: to.id(),
            route: post_route(&channel),
        };
        messages_path(&channel)?;
        let answer = self.with_picture(body, message.picture, call, now).await?;
        Ok(delivered(&answer, &channel))
    }

    /// Replaces the words of a message; a repeat changes nothing, so that no outcome of an edit is unknown. Without a picture the one
    /// that is there stays.
    pub async fn edit(&self, id: &str, message: &Message<'_>, now: Instant) -> Outcome {
        match self.edit_once(id, message, now).await {
            Ok(outcome) | Err(outcome) => outcome.of_idempotent_call(),
        }
    }

    async fn edit_once(&self, id: &str, message: &Message<'_>, now: Instant) -> Result<Outcome, Outcome> {
        let none = || Outcome::Refused { why: format!("`{id}` names no message in discord") };
        let (channel, number) = remote_parts(id).ok_or_else(none)?;
        let path = message_path(channel, number).map_err(|_| none())?;
        let call = |body: Value, picture| Call {
            method: Method::PATCH,
            path: path.clone(),
            body: Some(body),
            picture,
            major: channel,
            route: edit_route(channel),
        };
        let answer = self.with_picture(fields(message.body), message.picture, call, now).await?;
        Ok(delivered(&answer, channel))
    }

    /// Sends the answer to a deferred command or click. Possible for 15 minutes; a repeat changes nothing.
    pub async fn edit_original(&self, reply: &ReplyTo, message: &Message<'_>, now: Instant) -> Outcome {
        match self.edit_original_once(reply, message, now).await {
            Ok(outcome) | Err(outcome) => outcome.of_idempotent_call(),
        }
    }

    async fn edit_original_once(
        &self,
        reply: &ReplyTo,
        message: &Message<'_>,
        now: Instant,
    ) -> Result<Outcome, Outcome> {
        let ReplyTo::Discord { application, token, .. } = reply else {
            return Err(Outcome::Refused { why: "this request did not come from discord".to_owned() });
        };
        let application_id = ApplicationId::from(number_of(application)?);
        let path = Route::WebhookOriginalInteractionResponse { application_id, token }.path().into_owned();
        let call = |body: Value, picture| Call {
            method: Method::PATCH,
            path: path.clone(),
            body: Some(body),
            picture,
            major: "the answer to a command",
            route: "PATCH /webhooks/@original".to_owned(),
        };
        let answer = self.with_picture(fields(message.body), message.picture, call, now).await?;
        Ok(delivered(&answer, answer.get("channel_id").and_then(Value::as_str).unwrap_or("@original")))
    }

    /// Calls with the picture; if Discord rejects that, calls again with its text.
    async fn with_picture<'a>(
        &self,
        mut body: Map<String, Value>,
        picture: Option<&'a Picture>,
        call: impl Fn(Value, Option<&'a Picture>) -> Call<'a>,
        now: Instant,
    ) -> Result<Value, Outcome> {
        // Names of files that do not go with the request would be rejected.
        body.remove("attachments");
        let Some(picture) = picture else {
            return self.call(call(Value::Object(body), None), now).await;
        };
        let mut with = body.clone();
        let alt: String = picture.alt.chars().take(ALT_CHARS_MAX).collect();
        with.insert("attachments".to_owned(), json!([{ "id": 0, "filename": picture.name, "description": alt }]));
        match self.call(call(Value::Object(with), Some(picture)), now).await {
            // Rejected, or not permitted to attach files: certainly not said.
            Err(Outcome::Refused { .. } | Outcome::Closed { .. }) => {
                self.call(call(with_alt(body, &alt), None), now).await
            }
            other => other,
        }
    }

    /// The channel to post to; for a person it is asked for once.
    pub(super) async fn channel_of(&self, to: To<'_>, now: Instant) -> Result<String, Outcome> {
        let user = match to {
            To::Channel(channel) => return Ok(channel.to_owned()),
            To::Person(user) => user,
        };
        if let Some(known) = self.direct.lock().unwrap_or_else(PoisonError::into_inner).get(user) {
            return Ok(known.clone());
        }
        number_of(user)?;
        let call = Call {
            method: Method::POST,
            path: Route::UserMeDmChannels.path().into_owned(),
            body: Some(json!({ "recipient_id": user })),
            picture: None,
            major: user,
            route: "POST /users/@me/channels".to_owned(),
        };
        let answer = self.call(call, now).await?;
        let channel = answer.get("id").and_then(Value::as_str).map(str::to_owned);
        let channel =
            channel.ok_or_else(|| Outcome::Unknown { why: "discord's answer names no channel".to_owned() })?;
        self.direct.lock().unwrap_or_else(PoisonError::into_inner).insert(user.to_owned(), channel.clone());
        Ok(channel)
    }
}

/// The text of a picture as the foot of an embed, where nothing is read as markup; left out where there is no room.
fn with_alt(mut body: Map<String, Value>, alt: &str) -> Value {
    let without = Value::Object(body.clone());
    let mut embeds = body.get("embeds").and_then(Value::as_array).cloned().unwrap_or_default();
    embeds.push(json!({ "footer": { "text": alt } }));
    body.insert("embeds".to_owned(), json!(embeds));
    let with = Value::Object(body);
    if alt.is_empty() || discord_would_reject(&with).is_some() { without } else { with }
}

fn delivered(answer: &Value, asked: &str) -> Outcome {
    let text = |name: &str| answer.get(name).and_then(Value::as_str);
    match text("id") {
        Some(id) => Outcome::Delivered { remote_id: remote_id(text("channel_id").unwrap_or(asked), id) },
        None => Outcome::Unknown { why: "discord's answer names no message".to_owned() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nonce_fits_and_stands_for_its_key() {
        assert_eq!(nonce("digest:scorecard:U1:2026-11-19").len(), 24);
        assert_eq!(nonce("k"), nonce("k"));
        assert_ne!(nonce("k"), nonce("l"));
    }

    #[test]
    fn a_repeat_is_safe_for_two_minutes() {
        assert!(repeat_is_safe(Instant(0), Instant(119_999)));
        assert!(!repeat_is_safe(Instant(0), Instant(120_000)));
        assert!(!repeat_is_safe(Instant(1), Instant(0))); // the clock went back: who knows
    }

    #[test]
    fn the_text_of_a_picture_stands_where_nothing_is_read_as_markup() {
        let body = fields(&json!({ "content": "b2b" }));
        assert_eq!(with_alt(body.clone(), "**161**")["embeds"][0]["footer"]["text"], "**161**");
        assert_eq!(with_alt(body.clone(), ""), Value::Object(body));
    }
}
