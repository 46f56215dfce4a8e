//! Commands, completions and clicks.

use serde::Deserialize;
use serde_json::Value;

use crate::asked::{Asked, Clicked, Outlet, ReplyTo};
use crate::outcome::remote_id;
use crate::refused::Unreadable;

/// What arrives at the interactions address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Interaction {
    /// Discord tests the address: answer [`super::pong`].
    Ping,
    Asked(Asked),
    /// A person is typing: answer [`super::choices_response`] at once.
    Completing(Completing),
    Clicked(Clicked),
    /// A kind that this version does not know: answer politely that it does nothing here, count it.
    Unwanted {
        kind: i64,
        reply: ReplyTo,
    },
}

/// A person is typing an option of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Completing {
    pub place: String,
    pub user: String,
    pub channel: String,
    /// With its slash: `/kpi`.
    pub command: String,
    pub option: String,
    /// What stands there so far.
    pub typed: String,
    pub reply: ReplyTo,
    pub id: String,
}

impl Interaction {
    /// Where its first answer goes, if it did not come in a request that carries it.
    pub fn reply(&self) -> Option<&ReplyTo> {
        match self {
            Interaction::Ping => None,
            Interaction::Asked(asked) => Some(&asked.reply),
            Interaction::Completing(completing) => Some(&completing.reply),
            Interaction::Clicked(clicked) => Some(&clicked.reply),
            Interaction::Unwanted { reply, .. } => Some(reply),
        }
    }

    /// The same interaction brought twice has the same id.
    pub fn id(&self) -> Option<&str> {
        match self {
            Interaction::Ping => None,
            Interaction::Asked(asked) => Some(&asked.id),
            Interaction::Completing(completing) => Some(&completing.id),
            Interaction::Clicked(clicked) => Some(&clicked.id),
            Interaction::Unwanted { reply: ReplyTo::Discord { interaction, .. }, .. } => Some(interaction),
            Interaction::Unwanted { reply: ReplyTo::Slack { .. }, .. } => None,
        }
    }
}

/// Only the fields that are used, each of which may be absent or null.
/// <https://docs.discord.com/developers/interactions/receiving-and-responding#interaction-object>
#[derive(Debug, Deserialize)]
struct Envelope {
    #[serde(rename = "type")]
    kind: Option<i64>,
    id: Option<String>,
    application_id: Option<String>,
    token: Option<String>,
    guild_id: Option<String>,
    channel_id: Option<String>,
    channel: Option<Named>,
    member: Option<Member>,
    user: Option<Named>,
    message: Option<Posted>,
    data: Option<Told>,
}

#[derive(Debug, Deserialize)]
struct Named {
    id: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Member {
    user: Option<Named>,
}

#[derive(Debug, Deserialize)]
struct Posted {
    id: Option<String>,
    /// Bit 6 set: only the person sees it.
    flags: Option<u64>,
}

#[derive(Debug, Deserialize)]
struct Told {
    name: Option<String>,
    options: Option<Vec<Given>>,
    custom_id: Option<String>,
    values: Option<Vec<String>>,
}

#[derive(Debug, Deserialize)]
struct Given {
    name: Option<String>,
    value: Option<Value>,
    focused: Option<bool>,
    options: Option<Vec<Given>>,
}

const PING: i64 = 1;
const COMMAND: i64 = 2;
const COMPONENT: i64 = 3;
const AUTOCOMPLETE: i64 = 4;
const EPHEMERAL: u64 = 1 << 6;

/// Reads the verified body of an interaction.
pub fn read_interaction(body: &[u8]) -> Result<Interaction, Unreadable> {
    let envelope: Envelope = serde_json::from_slice(body)
        .map_err(|problem| Unreadable::NotJson { outlet: Outlet::Discord, why: problem.to_string() })?;
    let missing = |field: &'static str| Unreadable::FieldMissing { field, outlet: Outlet::Discord };
    let kind = envelope.kind.ok_or(missing("type"))?;
    if kind == PING {
        return Ok(Interaction::Ping);
    }
    let id = envelope.id.ok_or(missing("id"))?;
    let reply = ReplyTo::Discord {
        application: envelope.application_id.ok_or(missing("application_id"))?,
        interaction: id.clone(),
        token: envelope.token.ok_or(missing("token"))?,
    };
    if ![COMMAND, COMPONENT, AUTOCOMPLETE].contains(&kind) {
        return Ok(Interaction::Unwanted { kind, reply });
    }
    let place = envelope.guild_id.unwrap_or_default();
    let user = [envelope.member.and_then(|member| member.user), envelope.user]
        .into_iter()
        .flatten()
        .find_map(|user| user.id)
        .ok_or(missing("user"))?;
    let channel =
        envelope.channel_id.or(envelope.channel.and_then(|channel| channel.id)).ok_or(missing("channel_id"))?;
    let told = envelope.data.ok_or(missing("data"))?;
    if kind == COMPONENT {
        let custom_id = told.custom_id.ok_or(missing("custom_id"))?;
        let chosen = told.values.and_then(|values| values.into_iter().next());
        let message = envelope.message.filter(|posted| posted.flags.unwrap_or(0) & EPHEMERAL == 0);
        return Ok(Interaction::Clicked(Clicked {
            outlet: Outlet::Discord,
            place,
            user,
            message: message.and_then(|posted| posted.id).map(|message| remote_id(&channel, &message)),
            channel,
            value: chosen.unwrap_or_else(|| custom_id.clone()),
            action: custom_id,
            reply,
            id,
        }));
    }
    let command = format!("/{}", told.name.ok_or(missing("name"))?);
    let options = told.options.unwrap_or_default();
    if kind == AUTOCOMPLETE {
        let (option, typed) = focused(&options).unwrap_or_default();
        return Ok(Interaction::Completing(Completing { place, user, channel, command, option, typed, reply, id }));
    }
    let mut words = Vec::new();
    collect_words(&options, &mut words);
    let text = words.join(" ");
    Ok(Interaction::Asked(Asked { outlet: Outlet::Discord, place, user, channel, command, text, reply, id }))
}

/// The option that is being typed, at any depth.
fn focused(options: &[Given]) -> Option<(String, String)> {
    options.iter().find_map(|option| {
        if option.focused == Some(true) {
            return Some((
                option.name.clone().unwrap_or_default(),
                option.value.as_ref().map(word).unwrap_or_default(),
            ));
        }
        option.options.as_ref().and_then(|inner| focused(inner))
    })
}

/// The command as one would type it in Slack: names of subcommands and values of options, in order.
fn collect_words(options: &[Given], words: &mut Vec<String>) {
    for option in options {
        match &option.value {
            Some(value) => words.push(word(value).trim().to_owned()),
            None => words.extend(option.name.clone()),
        }
        collect_words(option.options.as_deref().unwrap_or_default(), words);
    }
}

fn word(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(extra: &Value) -> Result<Interaction, Unreadable> {
        let mut body = json!({
            "id": "900", "application_id": "200", "token": "tok", "version": 1, "guild_id": "G1", "channel_id": "C1",
            "member": {"user": {"id": "U1", "username": "bdr"}, "roles": [], "permissions": "0"}, "locale": "en-US",
        });
        body.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        read_interaction(body.to_string().as_bytes())
    }

    #[test]
    fn a_command_is_read_as_one_would_type_it() {
        let Ok(Interaction::Asked(asked)) = read(&json!({"type": 2, "data": {"id": "1", "name": "kpi", "type": 1,
            "options": [{"name": "question", "type": 3, "value": " mql-conversion b2b"}]}}))
        else {
            panic!("not asked")
        };
        assert_eq!(
            (asked.command.as_str(), asked.text.as_str(), asked.id.as_str()),
            ("/kpi", "mql-conversion b2b", "900")
        );
        assert_eq!((asked.place.as_str(), asked.user.as_str(), asked.channel.as_str()), ("G1", "U1", "C1"));
        assert!(!format!("{asked:?}").contains("tok\""));
    }

    #[test]
    fn subcommands_and_options_of_a_kind_unknown_today_become_words() {
        let Ok(Interaction::Asked(asked)) = read(&json!({"type": 2, "data": {"name": "shiftbell", "options": [
            {"name": "mute", "type": 1, "options": [{"name": "days", "type": 99, "value": 3}, {"name": "sure", "value": true}]}]}}))
        else {
            panic!("not asked")
        };
        assert_eq!(asked.text, "mute 3 true");
    }

    #[test]
    fn a_direct_message_has_a_user_but_no_member_and_no_guild() {
        let Ok(Interaction::Asked(asked)) =
            read(&json!({"type": 2, "guild_id": null, "member": null, "user": {"id": "U2"},
            "data": {"name": "kpi"}}))
        else {
            panic!("not asked")
        };
        assert_eq!((asked.place.as_str(), asked.user.as_str(), asked.text.as_str()), ("", "U2", ""));
    }

    #[test]
    fn typing_is_completed() {
        let Ok(Interaction::Completing(completing)) = read(&json!({"type": 4, "data": {"name": "kpi",
            "options": [{"name": "question", "type": 3, "value": "mq", "focused": true}]}}))
        else {
            panic!("not completing")
        };
        assert_eq!((completing.option.as_str(), completing.typed.as_str()), ("question", "mq"));
    }

    #[test]
    fn a_click_carries_its_action_and_value() {
        let Ok(Interaction::Clicked(clicked)) =
            read(&json!({"type": 3, "data": {"custom_id": "take:l-1", "component_type": 2}, "message": {"id": "M1"}}))
        else {
            panic!("not clicked")
        };
        assert_eq!((clicked.action.as_str(), clicked.value.as_str()), ("take:l-1", "take:l-1"));
        assert_eq!(clicked.message.as_deref(), Some("C1/M1"));
        let Ok(Interaction::Clicked(clicked)) = read(
            &json!({"type": 3, "data": {"custom_id": "snooze", "values": ["3d"]}, "message": {"id": "M1", "flags": 64}}),
        ) else {
            panic!("not clicked")
        };
        assert_eq!((clicked.action.as_str(), clicked.value.as_str(), clicked.message), ("snooze", "3d", None));
    }

    #[test]
    fn a_ping_needs_nothing_and_an_unknown_kind_is_unwanted() {
        assert_eq!(read_interaction(br#"{"type":1}"#), Ok(Interaction::Ping));
        assert!(matches!(read(&json!({"type": 9})), Ok(Interaction::Unwanted { kind: 9, .. })));
        assert!(matches!(read(&json!({"type": 5, "data": null})), Ok(Interaction::Unwanted { kind: 5, .. })));
        assert!(matches!(read_interaction(b"{"), Err(Unreadable::NotJson { .. })));
        assert!(matches!(read_interaction(b"{}"), Err(Unreadable::FieldMissing { field: "type", .. })));
    }
}
