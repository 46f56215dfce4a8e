//! Slash commands.

use serde_json::Value;

use super::check_reply_host;
use super::form::{field, read_form};
use crate::asked::{Asked, Outlet, ReplyTo};
use crate::refused::Unreadable;

/// What arrives at the commands address.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::large_enum_variant, reason = "made once per request and taken apart at once")]
pub enum Command {
    Asked(Asked),
    /// Slack only tests the address: answer 200 with nothing.
    Tested,
}

/// Reads the verified body of a slash command. `api_url` is the configured address of Slack's API.
///
/// Field list: <https://docs.slack.dev/interactivity/implementing-slash-commands>. An app installed on a whole organisation
/// gets `is_enterprise_install=true` and possibly no team; then the enterprise is the place.
pub fn read_command(body: &[u8], api_url: &str) -> Result<Command, Unreadable> {
    let form = read_form(body);
    read_fields(|name| field(&form, name), api_url)
}

/// Reads the payload of a slash command's envelope: the same fields, as JSON.
pub(super) fn read_command_payload(payload: &Value, api_url: &str) -> Result<Command, Unreadable> {
    read_fields(|name| payload.get(name).and_then(Value::as_str).filter(|text| !text.is_empty()), api_url)
}

fn read_fields<'a>(field: impl Fn(&'static str) -> Option<&'a str>, api_url: &str) -> Result<Command, Unreadable> {
    if field("ssl_check") == Some("1") {
        return Ok(Command::Tested);
    }
    let required =
        |name: &'static str| field(name).ok_or(Unreadable::FieldMissing { field: name, outlet: Outlet::Slack });
    let response_url = required("response_url")?;
    check_reply_host(response_url, api_url)?;
    let place = match (field("team_id"), field("enterprise_id")) {
        (None, Some(enterprise)) => enterprise,
        (Some(team), _) => team,
        (None, None) => return Err(Unreadable::FieldMissing { field: "team_id", outlet: Outlet::Slack }),
    };
    Ok(Command::Asked(Asked {
        outlet: Outlet::Slack,
        place: place.to_owned(),
        user: required("user_id")?.to_owned(),
        channel: required("channel_id")?.to_owned(),
        command: required("command")?.to_owned(),
        text: field("text").unwrap_or_default().trim().to_owned(),
        reply: ReplyTo::Slack { response_url: response_url.to_owned() },
        id: field("trigger_id").unwrap_or(response_url).to_owned(),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    const API: &str = "https://slack.com/api";
    const BODY: &str = "token=x&team_id=T1&channel_id=C1&channel_name=directmessage&user_id=U1&user_name=bdr&command=%2Fkpi&text=+mql-conversion+b2b+&api_app_id=A1&is_enterprise_install=false&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2F1&trigger_id=1.2.3";

    #[test]
    fn a_command_is_read() {
        let Command::Asked(asked) = read_command(BODY.as_bytes(), API).unwrap() else { panic!("not asked") };
        assert_eq!(
            asked,
            Asked {
                outlet: Outlet::Slack,
                place: "T1".to_owned(),
                user: "U1".to_owned(),
                channel: "C1".to_owned(),
                command: "/kpi".to_owned(),
                text: "mql-conversion b2b".to_owned(),
                reply: ReplyTo::Slack { response_url: "https://hooks.slack.com/commands/1".to_owned() },
                id: "1.2.3".to_owned(),
            }
        );
    }

    #[test]
    fn an_install_on_the_organisation_is_placed_in_the_enterprise() {
        let body = BODY.replace("team_id=T1", "enterprise_id=E1").replace("install=false", "install=true");
        let Command::Asked(asked) = read_command(body.as_bytes(), API).unwrap() else { panic!("not asked") };
        assert_eq!(asked.place, "E1");
    }

    #[test]
    fn slacks_own_test_of_the_address_is_no_command() {
        assert_eq!(read_command(b"token=x&ssl_check=1", API), Ok(Command::Tested));
    }

    #[test]
    fn a_missing_field_is_named() {
        for name in ["team_id", "channel_id", "user_id", "command", "response_url"] {
            let body: String = BODY.split('&').filter(|pair| !pair.starts_with(name)).collect::<Vec<_>>().join("&");
            assert_eq!(
                read_command(body.as_bytes(), API),
                Err(Unreadable::FieldMissing { field: name, outlet: Outlet::Slack })
            );
        }
    }

    #[test]
    fn answers_go_only_to_slack_or_to_what_stands_in_for_it() {
        let to = |url: &str, api: &str| {
            let body = format!("{}&response_url={url}", BODY.replace("response_url", "was"));
            read_command(body.as_bytes(), api)
        };
        assert!(to("https://hooks.slack-gov.com/x", API).is_ok());
        assert!(to("http://127.0.0.1:4600/respond/1", "http://127.0.0.1:4600/api").is_ok());
        for (url, api) in [
            ("http://127.0.0.1:4600/respond/1", API),
            ("http://127.0.0.1:4601/respond/1", "http://127.0.0.1:4600/api"),
            ("http://hooks.slack.com/x", API),
            ("https://hooks.slack.com.evil.example/x", API),
            ("https://hooks.slack.com@evil.example/x", API),
            ("file:///etc/passwd", API),
            ("not a url", API),
        ] {
            assert!(matches!(to(url, api), Err(Unreadable::ForeignReply { .. })), "{url}");
        }
    }
}
