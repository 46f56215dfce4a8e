//! Bodies of direct answers: in the response to a command, or posted to a `response_url`.

use serde_json::{Map, Value, json};

use crate::Visibility;

/// The answer to a slash command, from a message lowered for Slack.
pub fn command_response(lowered: &Value, visibility: Visibility) -> Value {
    let mut body = fields(lowered);
    let who = match visibility {
        Visibility::OnlyAsker => "ephemeral",
        Visibility::Everyone => "in_channel",
    };
    body.insert("response_type".to_owned(), json!(who));
    Value::Object(body)
}

/// Puts a message in the place of the one whose button was clicked.
pub fn update_response(lowered: &Value) -> Value {
    let mut body = fields(lowered);
    body.insert("replace_original".to_owned(), json!(true));
    Value::Object(body)
}

/// Links in CRM text must not unfold into previews.
pub(super) fn fields(lowered: &Value) -> Map<String, Value> {
    let mut body = lowered.as_object().cloned().unwrap_or_default();
    body.insert("unfurl_links".to_owned(), json!(false));
    body.insert("unfurl_media".to_owned(), json!(false));
    body
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_asker_alone_sees_an_answer_unless_it_is_shared() {
        let lowered = json!({"text": "MQL to SQL", "blocks": []});
        let answer = command_response(&lowered, Visibility::OnlyAsker);
        assert_eq!((&answer["response_type"], &answer["text"]), (&json!("ephemeral"), &json!("MQL to SQL")));
        assert_eq!(command_response(&lowered, Visibility::Everyone)["response_type"], "in_channel");
        assert_eq!(update_response(&lowered)["replace_original"], true);
    }
}
