//! Socket Mode: commands and clicks come over a connection that this side opens.
//!
//! <https://docs.slack.dev/apis/events-api/using-socket-mode>

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::{Value, json};

use super::client::{Failure, SlackClient, SlackSettings};
use super::command::{Command, read_command_payload};
use super::interaction::{Interaction, read_interaction_payload};
use crate::refused::Unreadable;
use crate::socket::Socket;
use crate::{CannotBuild, Outcome, Outlet};

/// What every app-level token begins with.
const APP_TOKEN_PREFIX: &str = "xapp-";

/// What a person did, however it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    Command(Command),
    Interaction(Interaction),
}

/// What came over the connection.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::large_enum_variant, reason = "made once per frame and taken apart at once")]
pub enum Received {
    /// The connection is in use from now on.
    Hello,
    /// The connection will be closed: open another.
    Disconnect { reason: String },
    /// A request. It is repeated until it is acknowledged.
    Envelope(Envelope),
    /// Something without an envelope that this version does not know.
    Unknown { kind: String },
}

/// One request in its envelope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope {
    pub id: String,
    /// Whether the acknowledgement may carry the answer.
    pub takes_answer: bool,
    /// What cannot be read is acknowledged all the same, or it would come for ever.
    pub told: Result<Told, Unreadable>,
}

#[derive(Debug, Deserialize)]
struct Wire {
    #[serde(rename = "type")]
    kind: Option<String>,
    reason: Option<String>,
    envelope_id: Option<String>,
    accepts_response_payload: Option<bool>,
    payload: Option<Value>,
}

/// Reads one text frame. `api_url` is the configured address of Slack's API.
///
/// # Errors
/// If it is no JSON object.
pub fn read_received(text: &str, api_url: &str) -> Result<Received, Unreadable> {
    let wire: Wire = serde_json::from_str(text)
        .map_err(|problem| Unreadable::NotJson { outlet: Outlet::Slack, why: problem.to_string() })?;
    let kind = wire.kind.unwrap_or_default();
    let Some(id) = wire.envelope_id else {
        return Ok(match kind.as_str() {
            "hello" => Received::Hello,
            "disconnect" => Received::Disconnect { reason: wire.reason.unwrap_or_default() },
            _ => Received::Unknown { kind },
        });
    };
    let payload = wire.payload.unwrap_or_default();
    let told = match kind.as_str() {
        "slash_commands" => read_command_payload(&payload, api_url).map(Told::Command),
        "interactive" => read_interaction_payload(payload, api_url).map(Told::Interaction),
        _ => Ok(Told::Interaction(Interaction::Unwanted { kind })),
    };
    Ok(Received::Envelope(Envelope { id, takes_answer: wire.accepts_response_payload.unwrap_or(false), told }))
}

/// What is sent back for an envelope, with the answer where there is one already.
pub fn acknowledgement(envelope_id: &str, answer: Option<&Value>) -> String {
    match answer {
        Some(answer) => json!({ "envelope_id": envelope_id, "payload": answer }).to_string(),
        None => json!({ "envelope_id": envelope_id }).to_string(),
    }
}

/// Opens connections with an app-level token.
#[derive(Debug)]
pub struct SocketMode {
    client: SlackClient,
}

/// Why no connection could be opened, and how long Slack asks to wait.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotOpened {
    pub why: String,
    pub after_ms: i64,
    /// Whether somebody has to change something before it can work.
    pub needs_a_person: bool,
}

impl SocketMode {
    /// # Errors
    /// If the token is none of an app, or the address none of an API.
    pub fn new(api_url: &str, app_token: SecretString) -> Result<SocketMode, CannotBuild> {
        if !is_app_token(&app_token) {
            return Err(CannotBuild::NotAppToken);
        }
        let settings = SlackSettings { api_url: api_url.to_owned(), ..SlackSettings::new(app_token) };
        Ok(SocketMode { client: SlackClient::new(settings)? })
    }

    pub fn api_url(&self) -> &str {
        self.client.api_url()
    }

    /// Opens one connection; Slack uses it once it has said [`Received::Hello`]. A frame of more than `bytes_max` breaks it.
    ///
    /// # Errors
    /// If Slack does not give an address, or it cannot be connected to.
    pub async fn open(&self, bytes_max: usize) -> Result<Socket, NotOpened> {
        let answer = self.client.call("apps.connections.open", &json!({}), "apps.connections.open").await;
        let answer = answer.map_err(not_opened)?;
        let url = answer.get("url").and_then(Value::as_str).unwrap_or_default();
        Socket::open(url, self.api_url(), bytes_max).await.map_err(|broken| NotOpened {
            why: broken.to_string(),
            after_ms: 0,
            needs_a_person: false,
        })
    }
}

/// Whether this looks like a token of an app, and not like one of its bot.
pub fn is_app_token(token: &SecretString) -> bool {
    token.expose_secret().trim().starts_with(APP_TOKEN_PREFIX)
}

/// <https://docs.slack.dev/reference/methods/apps.connections.open#errors>
fn not_opened(failure: Failure) -> NotOpened {
    let is_about_token = matches!(
        failure.code.as_deref(),
        Some(
            "invalid_auth"
                | "not_authed"
                | "account_inactive"
                | "token_revoked"
                | "token_expired"
                | "not_allowed_token_type"
                | "missing_scope"
                | "no_permission"
                | "access_denied"
                | "missing_args"
        )
    );
    if is_about_token {
        let code = failure.code.unwrap_or_default();
        let why = format!(
            "slack says {code}: the app-level token does not open connections; make one with the scope connections:write \
             (the app's Basic Information, App-Level Tokens) and set the one that `app_token` names"
        );
        return NotOpened { why, after_ms: 0, needs_a_person: true };
    }
    match failure.outcome.of_idempotent_call() {
        Outcome::RetryAt { after_ms, why } => NotOpened { why, after_ms, needs_a_person: false },
        Outcome::Closed { why } | Outcome::Refused { why } => NotOpened { why, after_ms: 0, needs_a_person: true },
        Outcome::Unknown { why } => NotOpened { why, after_ms: 0, needs_a_person: false },
        Outcome::Delivered { .. } => {
            NotOpened { why: "slack named no address".to_owned(), after_ms: 0, needs_a_person: false }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const API: &str = "https://slack.com/api";

    fn envelope(kind: &str, payload: &Value) -> Envelope {
        let wire = json!({ "envelope_id": "e-1", "type": kind, "accepts_response_payload": true, "payload": payload });
        match read_received(&wire.to_string(), API) {
            Ok(Received::Envelope(envelope)) => envelope,
            other => panic!("no envelope: {other:?}"),
        }
    }

    #[test]
    fn a_command_in_an_envelope_is_the_command_of_a_form() {
        let payload = json!({ "team_id": "T1", "channel_id": "C1", "user_id": "U1", "command": "/kpi",
            "text": " mql-conversion b2b ", "response_url": "https://hooks.slack.com/commands/1", "trigger_id": "1.2.3",
            "is_enterprise_install": "false" });
        let form = b"team_id=T1&channel_id=C1&user_id=U1&command=%2Fkpi&text=+mql-conversion+b2b+\
            &response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2F1&trigger_id=1.2.3&is_enterprise_install=false";
        let by_form = crate::slack::read_command(form, API).unwrap();
        let envelope = envelope("slash_commands", &payload);
        assert_eq!((envelope.told, envelope.takes_answer), (Ok(Told::Command(by_form)), true));
    }

    #[test]
    fn what_cannot_be_read_still_has_an_envelope_to_acknowledge() {
        for payload in [json!(null), json!(7), json!({ "command": "/kpi" })] {
            let envelope = envelope("slash_commands", &payload);
            assert!(envelope.told.is_err() && envelope.id == "e-1", "{payload}");
        }
        for payload in [json!("text"), json!([1])] {
            assert!(envelope("interactive", &payload).told.is_err(), "{payload}");
        }
        let unwanted = Ok(Told::Interaction(Interaction::Unwanted { kind: "events_api".to_owned() }));
        assert_eq!(envelope("events_api", &json!({})).told, unwanted);
    }

    #[test]
    fn what_has_no_envelope_is_about_the_connection() {
        let read = |wire: Value| read_received(&wire.to_string(), API);
        assert_eq!(read(json!({ "type": "hello", "num_connections": 1 })), Ok(Received::Hello));
        let reason = "refresh_requested".to_owned();
        assert_eq!(read(json!({ "type": "disconnect", "reason": reason })), Ok(Received::Disconnect { reason }));
        assert_eq!(read(json!({ "type": "hologram" })), Ok(Received::Unknown { kind: "hologram".to_owned() }));
        assert!(matches!(read_received("Ping from applink", API), Err(Unreadable::NotJson { .. })));
    }

    #[test]
    fn a_token_of_the_bot_is_not_taken_for_one_of_the_app() {
        let problem = SocketMode::new(API, SecretString::from("xoxb-1-secret")).unwrap_err().to_string();
        assert!(problem.contains("xapp-") && !problem.contains("secret"), "{problem}");
    }
}
