//! What Discord's failures mean for a message.

use serde_json::Value;
use serenity::http::DiscordJsonError;

use crate::Outcome;

/// Discord nearly always says how long; where it does not.
const RETRY_AFTER_UNSAID_MS: i64 = 30_000;

/// The outcome of an answer with a status other than 2xx. `place` names the destination in what the person should do.
/// `retry_after_s` is the header of that name.
pub(super) fn outcome_of(status: u16, body: &[u8], retry_after_s: Option<f64>, place: &str) -> Outcome {
    if status == 429 {
        let told: Option<f64> =
            serde_json::from_slice::<Value>(body).ok().and_then(|body| body.get("retry_after")?.as_f64());
        let after_ms =
            told.or(retry_after_s).map_or(RETRY_AFTER_UNSAID_MS, |seconds| (seconds * 1_000.0).ceil() as i64);
        return Outcome::RetryAt { after_ms: after_ms.max(1), why: "discord asked to slow down".to_owned() };
    }
    if status >= 500 {
        return Outcome::Unknown { why: format!("discord answered {status}") };
    }
    match serde_json::from_slice::<DiscordJsonError>(body) {
        Ok(error) => outcome_of_code(status, error.code, &error.message, place),
        // Discord always says more: this came from something in between.
        Err(_) => Outcome::RetryAt {
            after_ms: 0,
            why: format!("the address of discord's api answered {status}, not like discord; check discord_api_url"),
        },
    }
}

/// The outcome for an error code.
/// <https://docs.discord.com/developers/topics/opcodes-and-status-codes#json-json-error-codes>
fn outcome_of_code(status: u16, code: isize, message: &str, place: &str) -> Outcome {
    let closed = |what_to_do: String| Outcome::Closed { why: format!("discord says {code}: {what_to_do}") };
    let refused = |what: &str| Outcome::Refused { why: format!("discord says {code}: {what}") };
    match code {
        10_003 | 10_004 => {
            closed(format!("there is no channel `{place}` that the bot can see; check its id or invite the bot"))
        }
        50_001 => closed(format!("let the bot see channel `{place}`: View Channel and Send Messages")),
        50_013 => closed(format!("the bot may not write in `{place}`: give it Send Messages and Attach Files there")),
        50_007 => closed(format!(
            "`{place}` takes no direct messages from this server; they must allow them in their privacy settings, or choose a channel"
        )),
        10_013 | 50_033 => closed(format!("`{place}` is no person in discord; check who this is")),
        40_001 | 50_014 => closed("the bot token is no longer valid; set DISCORD_BOT_TOKEN again".to_owned()),
        10_008 => refused("the message to edit is gone"),
        10_015 | 10_062 | 50_027 => refused("the time for an answer to this request is over"),
        50_005 => refused("this message is not ours to edit"),
        20_016 | 20_022 | 20_028 | 20_029 | 40_062 => {
            Outcome::RetryAt { after_ms: RETRY_AFTER_UNSAID_MS, why: format!("discord says {code}: {message}") }
        }
        _ if status == 401 => closed("the bot token is not valid; set DISCORD_BOT_TOKEN again".to_owned()),
        _ if status == 403 => closed(format!("the bot may not do this in `{place}`: {message}")),
        _ if matches!(status, 400 | 413) => {
            refused("it does not accept the message; this is a fault in shiftbell, please report it")
        }
        // Certainly not said; tried until it becomes a dead letter.
        _ => Outcome::RetryAt { after_ms: 0, why: format!("discord says {code}: {message}") },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_says_what_happens_and_who_must_act() {
        for (status, code, word, hint) in [
            (404, 10_003, "closed", "`C1`"),
            (403, 50_001, "closed", "View Channel"),
            (403, 50_013, "closed", "Send Messages"),
            (403, 50_007, "closed", "privacy settings"),
            (403, 99_999, "closed", "may not"),
            (401, 0, "closed", "DISCORD_BOT_TOKEN"),
            (404, 10_008, "refused", "gone"),
            (404, 10_015, "refused", "over"),
            (400, 50_035, "refused", "report"),
            (400, 50_006, "refused", "report"),
            (413, 40_005, "refused", "report"),
            (404, 77_777, "retry", "77777"),
            (500, 0, "unknown", "500"),
            (503, 0, "unknown", "503"),
        ] {
            let body = serde_json::json!({ "code": code, "message": "told" }).to_string();
            let outcome = outcome_of(status, body.as_bytes(), None, "C1");
            assert_eq!(outcome.word(), word, "{status} {code}");
            assert!(format!("{outcome:?}").contains(hint), "{status} {code}: {outcome:?}");
        }
    }

    #[test]
    fn the_wait_is_taken_from_the_body_then_the_header() {
        let wait = |body: &str, header: Option<f64>| match outcome_of(429, body.as_bytes(), header, "C1") {
            Outcome::RetryAt { after_ms, .. } => after_ms,
            other => panic!("{other:?}"),
        };
        assert_eq!(wait(r#"{"message":"slow","retry_after":0.6501,"global":false}"#, Some(9.0)), 651);
        assert_eq!(wait("<html>", Some(2.0)), 2_000);
        assert_eq!(wait("", None), 30_000);
        assert_eq!(wait(r#"{"retry_after":-1}"#, None), 1);
    }

    #[test]
    fn an_answer_that_is_not_discords_is_tried_again() {
        assert_eq!(outcome_of(404, b"<html>", None, "C1").word(), "retry");
    }
}
