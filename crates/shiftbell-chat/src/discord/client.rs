//! The client for Discord's REST API: one per bot.
//!
//! Addresses, error bodies and commands are serenity's; the requests are sent here, because its own sender drops the headers and
//! bodies that say how long to wait, and takes no other address while its limiter is on.

use std::collections::HashMap;
use std::fmt;
use std::num::NonZeroU64;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;

use reqwest::header::HeaderMap;
use reqwest::{Method, RequestBuilder};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use serenity::http::Route;
use serenity::model::id::{ChannelId, MessageId};
use shiftbell_metrics::time::Instant;

use super::failure::outcome_of;
use crate::queue::{DiscordQueue, LimitHeaders, Turn};
use crate::{CannotBuild, Outcome, Outlet, Picture};

const REAL_HOST: &str = "https://discord.com";

/// Settings of a [`DiscordClient`].
#[derive(Clone, Debug)]
pub struct DiscordSettings {
    /// `https://discord.com`, or what stands in for it.
    pub api_url: String,
    pub token: SecretString,
    /// The application's id, for its commands; empty: Discord is asked for it.
    pub application: String,
    /// For each call as a whole.
    pub timeout: Duration,
}

impl DiscordSettings {
    /// The real Discord with ten seconds for each call.
    pub fn new(token: SecretString, application: impl Into<String>) -> DiscordSettings {
        DiscordSettings {
            api_url: REAL_HOST.to_owned(),
            token,
            application: application.into(),
            timeout: Duration::from_secs(10),
        }
    }
}

/// Sends as one bot and says how it ended. Never retries and never waits for its turn: [`DiscordClient::may_send`] tells.
pub struct DiscordClient {
    http: reqwest::Client,
    pub(super) settings: DiscordSettings,
    queue: Mutex<DiscordQueue>,
    /// Direct-message channels by user.
    pub(super) direct: Mutex<HashMap<String, String>>,
    /// The id of the application, once it is known.
    pub(super) application: OnceLock<String>,
}

impl fmt::Debug for DiscordClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DiscordClient").field("settings", &self.settings).finish_non_exhaustive()
    }
}

/// One request.
pub(super) struct Call<'a> {
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) body: Option<Value>,
    pub(super) picture: Option<&'a Picture>,
    /// The channel or guild: limits count apart for each. Also names the destination in the words of a failure.
    pub(super) major: &'a str,
    /// Without a token in the clear: what the limits are remembered under.
    pub(super) route: String,
}

impl DiscordClient {
    pub fn new(settings: DiscordSettings) -> Result<DiscordClient, CannotBuild> {
        crate::install_crypto();
        let url = crate::checked_url(Outlet::Discord, &settings.api_url)?;
        let api_url = url.trim_end_matches("/v10").trim_end_matches("/api").to_owned();
        let token = settings.token.expose_secret().trim();
        if token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(CannotBuild::BadToken { outlet: Outlet::Discord });
        }
        let http = reqwest::Client::builder()
            .timeout(settings.timeout)
            .user_agent(serenity::constants::USER_AGENT)
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|problem| CannotBuild::NoRoots { why: problem.to_string() })?;
        let settings = DiscordSettings { api_url, ..settings };
        let application = OnceLock::new();
        if !settings.application.is_empty() {
            let _ = application.set(settings.application.clone());
        }
        Ok(DiscordClient { http, settings, queue: Mutex::default(), direct: Mutex::default(), application })
    }

    /// Asks for a place for one post in this channel. `Go` takes the place.
    pub fn may_send(&self, channel: &str, now: Instant) -> Turn {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner).may_send(&post_route(channel), now)
    }

    /// As [`DiscordClient::may_send`], for an edit.
    pub fn may_edit(&self, channel: &str, now: Instant) -> Turn {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner).may_send(&edit_route(channel), now)
    }

    /// Makes one request and remembers what the answer says about limits.
    pub(super) async fn call(&self, call: Call<'_>, now: Instant) -> Result<Value, Outcome> {
        let request = self.http.request(call.method.clone(), self.address(&call.path));
        let request = with_body(request, call.body.as_ref(), call.picture)
            .header("authorization", format!("Bot {}", self.settings.token.expose_secret().trim()));
        let answer = match request.send().await {
            Ok(answer) => answer,
            Err(problem) if problem.is_connect() || problem.is_builder() => {
                return Err(Outcome::RetryAt { after_ms: 0, why: "discord could not be reached".to_owned() });
            }
            Err(problem) => return Err(self.unanswered(&problem)),
        };
        let status = answer.status().as_u16();
        let limits = read_limits(answer.headers());
        let retry_after_s = number(answer.headers(), "retry-after");
        let body = answer.bytes().await;
        let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        queue.answered(&call.route, call.major, status, &limits, now);
        let body = body.map_err(|problem| self.unanswered(&problem))?;
        if (200..300).contains(&status) {
            return Ok(serde_json::from_slice(&body).unwrap_or(Value::Null));
        }
        let outcome = outcome_of(status, &body, retry_after_s, call.major);
        if status == 429
            && let Outcome::RetryAt { after_ms, .. } = &outcome
        {
            let told: Value = serde_json::from_slice(&body).unwrap_or(Value::Null);
            let is_global = limits.is_global || told["global"] == true;
            queue.slow_down(&call.route, is_global, now.plus_ms(*after_ms));
        }
        Err(outcome)
    }

    fn unanswered(&self, problem: &reqwest::Error) -> Outcome {
        let why = if problem.is_timeout() {
            format!("discord did not answer within {} ms", self.settings.timeout.as_millis())
        } else {
            "the connection to discord was cut".to_owned()
        };
        Outcome::Unknown { why }
    }

    fn address(&self, path: &str) -> String {
        path.replacen(REAL_HOST, &self.settings.api_url, 1)
    }
}

fn with_body(request: RequestBuilder, body: Option<&Value>, picture: Option<&Picture>) -> RequestBuilder {
    match (body, picture) {
        (None, _) => request.header("content-length", "0"),
        (Some(body), None) => request.json(body),
        (Some(body), Some(picture)) => {
            let file = reqwest::multipart::Part::bytes(picture.png.clone()).file_name(picture.name.clone());
            let file =
                file.mime_str("image/png").unwrap_or_else(|_| reqwest::multipart::Part::bytes(picture.png.clone()));
            let form = reqwest::multipart::Form::new().text("payload_json", body.to_string()).part("files[0]", file);
            request.multipart(form)
        }
    }
}

fn number(headers: &HeaderMap, name: &str) -> Option<f64> {
    headers.get(name)?.to_str().ok()?.trim().parse().ok().filter(|number: &f64| number.is_finite())
}

fn read_limits(headers: &HeaderMap) -> LimitHeaders {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    LimitHeaders {
        bucket: text("x-ratelimit-bucket"),
        remaining: number(headers, "x-ratelimit-remaining").map(|remaining| remaining as u32),
        reset_after_ms: number(headers, "x-ratelimit-reset-after").map(|seconds| (seconds * 1_000.0).ceil() as i64),
        is_global: text("x-ratelimit-global").is_some_and(|text| text == "true"),
    }
}

pub(super) fn post_route(channel: &str) -> String {
    format!("POST /channels/{channel}/messages")
}

pub(super) fn edit_route(channel: &str) -> String {
    format!("PATCH /channels/{channel}/messages")
}

/// The id as serenity wants it; a text that is no id cannot be a destination.
pub(super) fn number_of(id: &str) -> Result<NonZeroU64, Outcome> {
    id.parse()
        .map_err(|_| Outcome::Closed { why: format!("`{id}` is no id of discord; copy it with developer mode on") })
}

pub(super) fn messages_path(channel: &str) -> Result<String, Outcome> {
    Ok(Route::ChannelMessages { channel_id: ChannelId::from(number_of(channel)?) }.path().into_owned())
}

pub(super) fn message_path(channel: &str, message: &str) -> Result<String, Outcome> {
    let (channel_id, message_id) = (ChannelId::from(number_of(channel)?), MessageId::from(number_of(message)?));
    Ok(Route::ChannelMessage { channel_id, message_id }.path().into_owned())
}
