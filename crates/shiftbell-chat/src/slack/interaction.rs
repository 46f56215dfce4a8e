//! Clicks on buttons and choices in menus.

use serde::Deserialize;
use serde_json::Value;

use super::check_reply_host;
use super::form::{field, read_form};
use crate::asked::{Clicked, Outlet, ReplyTo};
use crate::outcome::remote_id;
use crate::refused::Unreadable;

/// What arrives at the interactions address.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::large_enum_variant, reason = "made once per request and taken apart at once")]
pub enum Interaction {
    Clicked(Clicked),
    /// Something that this version does not use (a view, a shortcut, a kind of next year): answer 200, count it by its kind.
    Unwanted {
        kind: String,
    },
}

/// Only the fields that are used, each of which may be absent or null: Slack adds shapes every year, and a click must not fail
/// because of a field that nobody reads.
#[derive(Debug, Deserialize)]
struct Envelope {
    #[serde(rename = "type")]
    kind: Option<String>,
    team: Option<Named>,
    enterprise: Option<Named>,
    user: Option<User>,
    channel: Option<Named>,
    message: Option<Posted>,
    container: Option<Container>,
    response_url: Option<String>,
    trigger_id: Option<String>,
    actions: Option<Vec<Action>>,
}

#[derive(Debug, Deserialize)]
struct Named {
    id: Option<String>,
}

#[derive(Debug, Deserialize)]
struct User {
    id: Option<String>,
    team_id: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Posted {
    ts: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Container {
    channel_id: Option<String>,
    message_ts: Option<String>,
    is_ephemeral: Option<bool>,
}

#[derive(Debug, Deserialize)]
struct Action {
    action_id: Option<String>,
    value: Option<String>,
    action_ts: Option<String>,
    selected_option: Option<Choice>,
    selected_user: Option<String>,
    selected_channel: Option<String>,
    selected_conversation: Option<String>,
    selected_date: Option<String>,
    selected_time: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Choice {
    value: Option<String>,
}

impl Action {
    /// The value of a button, or what was chosen from a menu.
    fn chosen(&self) -> String {
        let option = self.selected_option.as_ref().and_then(|choice| choice.value.as_ref());
        [
            self.value.as_ref(),
            option,
            self.selected_user.as_ref(),
            self.selected_channel.as_ref(),
            self.selected_conversation.as_ref(),
            self.selected_date.as_ref(),
            self.selected_time.as_ref(),
        ]
        .into_iter()
        .flatten()
        .next()
        .cloned()
        .unwrap_or_default()
    }
}

/// Reads the verified body of an interaction: a form whose field `payload` is JSON.
pub fn read_interaction(body: &[u8], api_url: &str) -> Result<Interaction, Unreadable> {
    let form = read_form(body);
    let missing = Unreadable::FieldMissing { field: "payload", outlet: Outlet::Slack };
    let json = field(&form, "payload").ok_or(missing)?;
    read_envelope(serde_json::from_str(json), api_url)
}

/// Reads the payload of an interaction's envelope: the same JSON.
pub(super) fn read_interaction_payload(payload: Value, api_url: &str) -> Result<Interaction, Unreadable> {
    read_envelope(serde_json::from_value(payload), api_url)
}

fn read_envelope(read: Result<Envelope, serde_json::Error>, api_url: &str) -> Result<Interaction, Unreadable> {
    let missing = |field: &'static str| Unreadable::FieldMissing { field, outlet: Outlet::Slack };
    let envelope = read.map_err(|problem| Unreadable::NotJson { outlet: Outlet::Slack, why: problem.to_string() })?;
    let kind = envelope.kind.unwrap_or_default();
    if kind != "block_actions" {
        return Ok(Interaction::Unwanted { kind });
    }
    // One click carries one action; only inputs in views carry more.
    let Some(action) = envelope.actions.and_then(|actions| actions.into_iter().next()) else {
        return Ok(Interaction::Unwanted { kind });
    };
    // Without a response_url the click came from a view or the home tab, which this version does not have.
    let Some(response_url) = envelope.response_url.filter(|url| !url.is_empty()) else {
        return Ok(Interaction::Unwanted { kind });
    };
    check_reply_host(&response_url, api_url)?;
    let user = envelope.user.ok_or(missing("user"))?;
    let place = [envelope.team.and_then(|team| team.id), user.team_id, envelope.enterprise.and_then(|it| it.id)]
        .into_iter()
        .flatten()
        .next()
        .ok_or(missing("team"))?;
    let is_ephemeral = envelope.container.as_ref().and_then(|it| it.is_ephemeral).unwrap_or(false);
    let (container_channel, container_ts) =
        envelope.container.map(|it| (it.channel_id, it.message_ts)).unwrap_or_default();
    let channel = envelope.channel.and_then(|channel| channel.id).or(container_channel).ok_or(missing("channel"))?;
    let ts = envelope.message.and_then(|message| message.ts).or(container_ts).filter(|_| !is_ephemeral);
    let user = user.id.ok_or(missing("user"))?;
    let id = envelope
        .trigger_id
        .unwrap_or_else(|| format!("{user}:{}", action.action_ts.as_deref().unwrap_or(&response_url)));
    Ok(Interaction::Clicked(Clicked {
        outlet: Outlet::Slack,
        place,
        user,
        message: ts.map(|ts| remote_id(&channel, &ts)),
        channel,
        value: action.chosen(),
        action: action.action_id.ok_or(missing("action_id"))?,
        reply: ReplyTo::Slack { response_url },
        id,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const API: &str = "https://slack.com/api";

    fn click() -> Value {
        json!({
            "type": "block_actions", "team": {"id": "T1", "domain": "clowns"}, "user": {"id": "U1", "team_id": "T1"},
            "api_app_id": "A1", "container": {"type": "message", "message_ts": "17.1", "channel_id": "C1", "is_ephemeral": false},
            "trigger_id": "9.9", "channel": {"id": "C1", "name": "sales"}, "message": {"ts": "17.1", "text": "x"},
            "response_url": "https://hooks.slack.com/actions/1", "enterprise": null,
            "actions": [{"type": "button", "action_id": "take", "block_id": "b", "value": "take:l-1", "action_ts": "18.1"}],
        })
    }

    fn read(payload: &Value) -> Result<Interaction, Unreadable> {
        let escaped: String = payload.to_string().bytes().map(|byte| format!("%{byte:02X}")).collect();
        read_interaction(format!("payload={escaped}").as_bytes(), API)
    }

    fn clicked(payload: &Value) -> Clicked {
        match read(payload).unwrap() {
            Interaction::Clicked(clicked) => clicked,
            Interaction::Unwanted { kind } => panic!("unwanted {kind}"),
        }
    }

    #[test]
    fn a_click_is_read() {
        let clicked = clicked(&click());
        assert_eq!((clicked.action.as_str(), clicked.value.as_str()), ("take", "take:l-1"));
        assert_eq!((clicked.place.as_str(), clicked.user.as_str(), clicked.channel.as_str()), ("T1", "U1", "C1"));
        assert_eq!((clicked.message.as_deref(), clicked.id.as_str()), (Some("C1/17.1"), "9.9"));
    }

    #[test]
    fn a_click_on_what_only_the_person_sees_names_no_message() {
        let mut payload = click();
        payload["container"]["is_ephemeral"] = json!(true);
        assert_eq!(clicked(&payload).message, None);
    }

    #[test]
    fn an_install_on_the_organisation_has_no_team() {
        let mut payload = click();
        payload["team"] = Value::Null;
        assert_eq!(clicked(&payload).place, "T1"); // the user's
        payload["user"] = json!({"id": "W1"});
        payload["enterprise"] = json!({"id": "E1"});
        assert_eq!(clicked(&payload).place, "E1");
    }

    #[test]
    fn a_choice_is_read_whatever_was_chosen() {
        for (key, value) in [("selected_user", json!("U9")), ("selected_option", json!({"value": "U9"}))] {
            let mut payload = click();
            payload["actions"] = json!([{"action_id": "link", key: value}]);
            assert_eq!(clicked(&payload).value, "U9");
        }
    }

    #[test]
    fn what_this_version_does_not_know_is_unwanted_not_an_error() {
        for payload in [json!({"type": "view_submission"}), json!({"type": "hologram"}), json!({})] {
            assert!(matches!(read(&payload), Ok(Interaction::Unwanted { .. })), "{payload}");
        }
        assert!(matches!(read_interaction(b"payload=%7B", API), Err(Unreadable::NotJson { .. })));
        assert!(matches!(read_interaction(b"text=hello", API), Err(Unreadable::FieldMissing { field: "payload", .. })));
    }
}
