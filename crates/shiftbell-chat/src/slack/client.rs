//! The client for Slack's Web API: one per team.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use shiftbell_metrics::time::Instant;
use slack_morphism::errors::SlackClientError;
use slack_morphism::prelude::{
    ClientResult, SlackApiToken, SlackApiTokenType, SlackClient as Morphism, SlackClientApiCallContext,
    SlackClientHttpConnector, SlackClientHyperHttpsConnector,
};

use super::failure::outcome_of;
use crate::queue::{SlackQueue, Turn};
use crate::{CannotBuild, Outcome, Outlet};

/// Settings of a [`SlackClient`].
#[derive(Clone, Debug)]
pub struct SlackSettings {
    /// `https://slack.com/api`, or what stands in for it.
    pub api_url: String,
    /// A bot token, `xoxb-...`.
    pub token: SecretString,
    /// For each call as a whole: the crate itself would wait for ever.
    pub timeout: Duration,
    /// Wait before the first look whether an uploaded picture is ready; doubles up to eight times itself.
    pub picture_wait: Duration,
}

impl SlackSettings {
    pub const API_URL: &'static str = "https://slack.com/api";

    /// The real Slack with ten seconds for each call.
    pub fn new(token: SecretString) -> SlackSettings {
        SlackSettings {
            api_url: SlackSettings::API_URL.to_owned(),
            token,
            timeout: Duration::from_secs(10),
            picture_wait: Duration::from_millis(500),
        }
    }
}

/// Sends to one Slack team and says how it ended. Never retries and never waits for its turn: [`SlackClient::may_send`] tells.
pub struct SlackClient {
    morphism: Morphism<SlackClientHyperHttpsConnector>,
    token: SlackApiToken,
    pub(super) settings: SlackSettings,
    queue: Mutex<SlackQueue>,
    /// Direct-message channels by user: Slack gives the same one for ever.
    pub(super) direct: Mutex<HashMap<String, String>>,
}

impl fmt::Debug for SlackClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SlackClient").field("settings", &self.settings).finish_non_exhaustive()
    }
}

/// How a single call failed: the outcome for a message, the code where Slack gave one, and the status if it was not 200.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) outcome: Outcome,
    pub(super) code: Option<String>,
    pub(super) status: Option<u16>,
}

impl Failure {
    fn of(outcome: Outcome) -> Failure {
        Failure { outcome, code: None, status: None }
    }

    pub(super) fn has_code(&self, code: &str) -> bool {
        self.code.as_deref() == Some(code)
    }
}

impl SlackClient {
    pub fn new(settings: SlackSettings) -> Result<SlackClient, CannotBuild> {
        crate::install_crypto();
        let api_url = crate::checked_url(Outlet::Slack, &settings.api_url)?;
        // The crate's own connector speaks https only; a stand-in on loopback speaks http.
        let https = hyper_rustls::HttpsConnectorBuilder::new()
            .with_native_roots()
            .map_err(|problem| CannotBuild::NoRoots { why: problem.to_string() })?
            .https_or_http()
            .enable_http1()
            .enable_http2()
            .build();
        let connector = SlackClientHyperHttpsConnector::from(https).with_slack_api_url(&api_url);
        let token = settings.token.expose_secret().trim();
        if token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(CannotBuild::BadToken { outlet: Outlet::Slack });
        }
        let token = SlackApiToken::new(token.to_owned().into()).with_token_type(SlackApiTokenType::Bot);
        let settings = SlackSettings { api_url, ..settings };
        Ok(SlackClient {
            morphism: Morphism::new(connector),
            token,
            settings,
            queue: Mutex::default(),
            direct: Mutex::default(),
        })
    }

    /// Where it sends; `read_command` and `read_interaction` accept answers to this host.
    pub fn api_url(&self) -> &str {
        &self.settings.api_url
    }

    /// Asks for a place for one post in this channel (or to this user). `Go` takes the place.
    pub fn may_send(&self, channel: &str, now: Instant) -> Turn {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner).may_send("chat.postMessage", channel, now)
    }

    /// As [`SlackClient::may_send`], for an edit.
    pub fn may_edit(&self, channel: &str, now: Instant) -> Turn {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner).may_send("chat.update", channel, now)
    }

    /// Remembers a 429 so that nothing else runs into it.
    pub(super) fn remember_limit(&self, method: &'static str, outcome: &Outcome, now: Instant) {
        if let Outcome::RetryAt { after_ms, .. } = outcome
            && *after_ms > 0
        {
            let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
            queue.slow_down(method, now.plus_ms(*after_ms));
        }
    }

    /// Calls a method with a JSON body. `channel` is for the words of a failure.
    pub(super) async fn call(&self, method: &str, body: &Value, channel: &str) -> Result<Value, Failure> {
        let session = self.morphism.open_session(&self.token);
        self.within(session.http_session_api.http_post(method, body, None), channel).await
    }

    /// Calls a method that reads, with parameters in the address.
    pub(super) async fn read(&self, method: &str, params: &[(&str, String)], channel: &str) -> Result<Value, Failure> {
        let session = self.morphism.open_session(&self.token);
        let params: Vec<(&str, Option<&str>)> =
            params.iter().map(|(key, value)| (*key, Some(value.as_str()))).collect();
        self.within(session.http_session_api.http_get(method, &params, None), channel).await
    }

    /// Posts to an address that Slack gave out, without the token.
    pub(super) async fn post_to(&self, url: &str, body: &Value) -> Result<(), Failure> {
        let Ok(url) = url.parse() else {
            let why = "the address for the answer is none".to_owned();
            return Err(Failure::of(Outcome::Refused { why }));
        };
        let span = tracing::Span::none();
        let context = SlackClientApiCallContext {
            rate_control_params: None,
            token: None,
            tracing_span: &span,
            is_sensitive_url: true,
        };
        let sending = self.morphism.http_api.connector.http_post_uri::<Value, Value>(url, body, context);
        self.timed(sending, "response_url").await.map(|_| ())
    }

    /// Sends the bytes of a file to the address that Slack gave for it.
    pub(super) async fn upload_to(&self, url: &str, bytes: &[u8]) -> Result<(), Failure> {
        let Ok(url) = url.parse() else {
            let why = "the address for the picture is none".to_owned();
            return Err(Failure::of(Outcome::Refused { why }));
        };
        let session = self.morphism.open_session(&self.token);
        let kind = "image/png".to_owned();
        let sending = session.http_session_api.http_post_uri_binary::<Value>(url, kind, bytes, None);
        self.timed(sending, "upload").await.map(|_| ())
    }

    /// A Web API call: an answer that does not say `ok` is no answer of Slack's.
    async fn within(&self, call: impl Future<Output = ClientResult<Value>>, channel: &str) -> Result<Value, Failure> {
        let answer = self.timed(call, channel).await?;
        if answer.get("ok") == Some(&Value::Bool(true)) {
            return Ok(answer);
        }
        let why = "slack's answer could not be read".to_owned();
        Err(Failure::of(Outcome::Unknown { why }))
    }

    async fn timed(&self, call: impl Future<Output = ClientResult<Value>>, channel: &str) -> Result<Value, Failure> {
        match tokio::time::timeout(self.settings.timeout, call).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(error)) => {
                let (code, status) = match &error {
                    SlackClientError::ApiError(told) => (Some(told.code.clone()), None),
                    SlackClientError::HttpError(http) => (None, Some(http.status_code.as_u16())),
                    _ => (None, None),
                };
                Err(Failure { outcome: outcome_of(&error, channel), code, status })
            }
            Err(_) => {
                let why = format!("slack did not answer within {} ms", self.settings.timeout.as_millis());
                Err(Failure::of(Outcome::Unknown { why }))
            }
        }
    }
}
