//! How an app is set up at Slack: whom its tokens belong to, what they may do, how its channels stand, and what time it is there.
//! Asked by whoever looks for what needs a person. The answers are read here, because the client for messages drops the headers
//! that say what a token may.

use std::collections::BTreeSet;
use std::time::Duration;

use reqwest::header::HeaderMap;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use shiftbell_metrics::time::Instant;

use super::people::Identity;
use crate::{CannotBuild, Outlet};

/// How long one answer may take.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);

/// A scope of the bot's token, and what does not work without it.
pub type Scope = (&'static str, &'static str);

/// What the app cannot do without. `deploy/slack-manifest.yaml` asks for exactly these.
pub const SCOPES: [Scope; 7] = [
    ("commands", "nobody can type /kpi"),
    ("chat:write", "nothing can be posted"),
    ("im:write", "nobody gets direct messages"),
    ("users:read", "nobody's time zone is known"),
    ("users:read.email", "nobody is recognised by their e-mail"),
    ("files:write", "no picture can be sent"),
    ("files:read", "no picture can be sent"),
];

/// Why nothing was told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// Slack refused, with its own code, and the scope that it misses where it says so.
    Refused { code: String, needed: Option<String> },
    /// Slack did not answer, or not like Slack.
    Unreachable { why: String },
}

/// What a bot's token is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inspected {
    pub identity: Identity,
    /// What it may do; empty if Slack did not say.
    pub scopes: BTreeSet<String>,
    /// What time it is at Slack, to the second.
    pub at: Option<Instant>,
}

/// How a channel stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Channel {
    pub name: String,
    pub is_member: bool,
    pub is_archived: bool,
    pub is_private: bool,
}

impl Channel {
    /// The scope with which the app finds its own messages there again.
    pub fn history_scope(&self) -> &'static str {
        if self.is_private { "groups:history" } else { "channels:history" }
    }
}

/// Asks Slack how an app is set up.
#[derive(Debug)]
pub struct SlackInspector {
    http: reqwest::Client,
    api_url: String,
}

impl SlackInspector {
    /// # Errors
    /// If the address is none of an API, or no encrypted connection is possible.
    pub fn new(api_url: &str) -> Result<SlackInspector, CannotBuild> {
        crate::install_crypto();
        let api_url = crate::checked_url(Outlet::Slack, api_url)?;
        let http = reqwest::Client::builder()
            .timeout(ANSWER_WITHIN)
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|problem| CannotBuild::NoRoots { why: problem.to_string() })?;
        Ok(SlackInspector { http, api_url })
    }

    /// Whom a bot's token belongs to, and what it may do.
    ///
    /// # Errors
    /// [`Trouble`].
    pub async fn bot(&self, token: &SecretString) -> Result<Inspected, Trouble> {
        let (answer, headers) = self.ask("auth.test", &[], token).await?;
        let text = |name: &str| answer[name].as_str().unwrap_or_default().to_owned();
        let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let scopes = header("x-oauth-scopes").split(',').map(|scope| scope.trim().to_owned());
        Ok(Inspected {
            identity: Identity { team: text("team_id"), bot_user: text("user_id"), team_name: text("team") },
            scopes: scopes.filter(|scope| !scope.is_empty()).collect(),
            at: Instant::of_http_date(header("date")),
        })
    }

    /// Whether an app-level token opens connections. The address that Slack gives is not used.
    ///
    /// # Errors
    /// [`Trouble`].
    pub async fn app(&self, token: &SecretString) -> Result<(), Trouble> {
        self.ask("apps.connections.open", &[], token).await.map(|_| ())
    }

    /// How a channel stands. Needs `channels:read` for a public one and `groups:read` for a private one.
    ///
    /// # Errors
    /// [`Trouble`]; `channel_not_found` also for a private channel without the app.
    pub async fn channel(&self, token: &SecretString, id: &str) -> Result<Channel, Trouble> {
        let (answer, _) = self.ask("conversations.info", &[("channel", id)], token).await?;
        let channel = &answer["channel"];
        let is = |name: &str| channel[name] == true;
        Ok(Channel {
            name: channel["name"].as_str().unwrap_or_default().to_owned(),
            is_member: is("is_member"),
            is_archived: is("is_archived"),
            is_private: is("is_private"),
        })
    }

    async fn ask(
        &self,
        method: &str,
        params: &[(&str, &str)],
        token: &SecretString,
    ) -> Result<(Value, HeaderMap), Trouble> {
        let unreachable = |why: String| Trouble::Unreachable { why };
        let request = self.http.post(format!("{}/{method}", self.api_url)).bearer_auth(token.expose_secret().trim());
        let answer = request.form(params).send().await.map_err(|problem| {
            unreachable(if problem.is_timeout() {
                format!("slack did not answer within {} s", ANSWER_WITHIN.as_secs())
            } else {
                "slack could not be reached".to_owned()
            })
        })?;
        let (status, headers) = (answer.status(), answer.headers().clone());
        if !status.is_success() {
            return Err(unreachable(match status.as_u16() {
                429 => "slack asked to slow down".to_owned(),
                status => format!("slack answered {status}"),
            }));
        }
        let body = answer.bytes().await.map_err(|_| unreachable("the connection to slack was cut".to_owned()))?;
        let body: Value =
            serde_json::from_slice(&body).map_err(|_| unreachable("slack's answer could not be read".to_owned()))?;
        if body["ok"] == true {
            return Ok((body, headers));
        }
        let text = |name: &str| body[name].as_str().map(|text| text.chars().take(60).collect::<String>());
        match text("error") {
            Some(code) => Err(Trouble::Refused { code, needed: text("needed") }),
            None => Err(unreachable("slack's answer could not be read".to_owned())),
        }
    }
}
