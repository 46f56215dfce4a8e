//! What Slack's failures mean for a message.

use slack_morphism::errors::SlackClientError;

use crate::Outcome;

/// Slack nearly always says how long; where it does not.
const RETRY_AFTER_UNSAID_MS: i64 = 30_000;

/// The outcome of a call that failed. `channel` names the destination in what the person should do.
pub(super) fn outcome_of(error: &SlackClientError, channel: &str) -> Outcome {
    match error {
        SlackClientError::ApiError(told) => {
            let needed = told.http_response_body.as_deref().and_then(needed_scope);
            outcome_of_code(&told.code, needed.as_deref(), channel)
        }
        SlackClientError::RateLimitError(limit) => {
            let after_ms = limit.retry_after.and_then(|after| i64::try_from(after.as_millis()).ok());
            retry_at(after_ms.unwrap_or(RETRY_AFTER_UNSAID_MS), "slack asked to slow down".to_owned())
        }
        SlackClientError::HttpError(http) if http.status_code.is_server_error() => {
            unknown(format!("slack answered {}", http.status_code))
        }
        // Slack itself answers 200 with an error code: another status comes from something in between, and nothing was said.
        SlackClientError::HttpError(http) => retry_at(
            0,
            format!(
                "the address of slack's api answered {}, which slack never does; check slack_api_url",
                http.status_code
            ),
        ),
        SlackClientError::HttpProtocolError(broken) => {
            let cause =
                broken.cause.as_deref().and_then(|cause| cause.downcast_ref::<hyper_util::client::legacy::Error>());
            match cause {
                Some(cause) if cause.is_connect() => retry_at(0, "slack could not be reached".to_owned()),
                _ => unknown("the connection to slack was cut".to_owned()),
            }
        }
        SlackClientError::ProtocolError(_) => unknown("slack's answer could not be read".to_owned()),
        SlackClientError::EndOfStream(_)
        | SlackClientError::SystemError(_)
        | SlackClientError::SocketModeProtocolError(_) => unknown("the connection to slack was cut".to_owned()),
    }
}

fn retry_at(after_ms: i64, why: String) -> Outcome {
    Outcome::RetryAt { after_ms, why }
}

fn unknown(why: String) -> Outcome {
    Outcome::Unknown { why }
}

/// The scope that Slack misses, from the body of a `missing_scope` answer.
fn needed_scope(body: &str) -> Option<String> {
    let body: serde_json::Value = serde_json::from_str(body).ok()?;
    body.get("needed")?.as_str().map(str::to_owned)
}

/// The outcome for an error code. <https://docs.slack.dev/reference/methods/chat.postMessage#errors>
fn outcome_of_code(code: &str, needed: Option<&str>, channel: &str) -> Outcome {
    let closed = |what_to_do: String| Outcome::Closed { why: format!("slack says {code}: {what_to_do}") };
    let refused = |what: &str| Outcome::Refused { why: format!("slack says {code}: {what}") };
    match code {
        // Slack may have acted before it stumbled.
        "internal_error" | "fatal_error" | "service_unavailable" | "request_timeout" => {
            Outcome::Unknown { why: format!("slack says {code}") }
        }
        "ratelimited" | "rate_limited" | "message_limit_exceeded" => {
            retry_at(RETRY_AFTER_UNSAID_MS, format!("slack says {code}"))
        }
        "channel_not_found" => closed(format!(
            "there is no channel `{channel}` that the app can see; if it is private, type /invite @shiftbell in it"
        )),
        "not_in_channel" => closed(format!("type /invite @shiftbell in channel `{channel}`")),
        "is_archived" => closed(format!("channel `{channel}` is archived; choose another one or unarchive it")),
        "restricted_action"
        | "restricted_action_read_only_channel"
        | "restricted_action_thread_only_channel"
        | "restricted_action_non_threadable_channel"
        | "posting_to_channel_denied"
        | "no_permission" => closed(format!("the app may not post in `{channel}`; ask a workspace admin to allow it")),
        "token_revoked" | "token_expired" | "invalid_auth" | "not_authed" | "account_inactive" | "app_uninstalled" => {
            closed("the bot token is no longer valid; install the app again and set SLACK_BOT_TOKEN".to_owned())
        }
        "missing_scope" | "not_allowed_token_type" => closed(match needed {
            Some(scope) => format!("add the scope `{scope}` to the app and install it again"),
            None => {
                "a scope is missing; compare the app with deploy/slack-manifest.yaml and install it again".to_owned()
            }
        }),
        "user_not_found"
        | "users_not_found"
        | "user_not_visible"
        | "user_disabled"
        | "cannot_dm_bot"
        | "messages_tab_disabled" => {
            closed(format!("`{channel}` cannot receive direct messages; check who this person is"))
        }
        "org_login_required"
        | "ekm_access_denied"
        | "team_access_not_granted"
        | "access_denied"
        | "two_factor_setup_required" => {
            closed("the workspace does not let the app in; ask a workspace admin".to_owned())
        }
        "message_not_found" => refused("the message to edit is gone"),
        "cant_update_message" | "edit_window_closed" => refused("this message can no longer be edited"),
        "no_text" => refused("the message has neither text nor blocks"),
        _ if code.starts_with("invalid_")
            || code.starts_with("too_many_")
            || code.starts_with("msg_")
            || code.ends_with("_too_long")
            || code.ends_with("_too_large") =>
        {
            refused("it does not accept the message; this is a fault in shiftbell, please report it")
        }
        // Certainly not said; whether it ever will be, only time tells: tried until it becomes a dead letter.
        _ => retry_at(0, format!("slack says {code}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_says_what_happens_and_who_must_act() {
        for (code, word, hint) in [
            ("internal_error", "unknown", "internal_error"),
            ("fatal_error", "unknown", ""),
            ("service_unavailable", "unknown", ""),
            ("ratelimited", "retry", ""),
            ("channel_not_found", "closed", "/invite @shiftbell"),
            ("not_in_channel", "closed", "type /invite @shiftbell in channel `C1`"),
            ("is_archived", "closed", "archived"),
            ("token_revoked", "closed", "SLACK_BOT_TOKEN"),
            ("account_inactive", "closed", "SLACK_BOT_TOKEN"),
            ("missing_scope", "closed", "slack-manifest.yaml"),
            ("user_not_found", "closed", "direct messages"),
            ("invalid_blocks", "refused", "report"),
            ("msg_too_long", "refused", ""),
            ("msg_blocks_too_long", "refused", ""),
            ("metadata_too_large", "refused", ""),
            ("message_not_found", "refused", "gone"),
            ("no_text", "refused", ""),
            ("a_code_of_next_year", "retry", "a_code_of_next_year"),
        ] {
            let outcome = outcome_of_code(code, None, "C1");
            assert_eq!(outcome.word(), word, "{code}");
            assert!(format!("{outcome:?}").contains(hint), "{code}: {outcome:?}");
        }
    }

    #[test]
    fn a_missing_scope_is_named() {
        let needed =
            needed_scope(r#"{"ok":false,"error":"missing_scope","needed":"im:write","provided":"chat:write"}"#);
        let outcome = outcome_of_code("missing_scope", needed.as_deref(), "C1");
        assert!(matches!(outcome, Outcome::Closed { why } if why.contains("`im:write`")));
    }
}
