//! Bodies of direct answers to an interaction.

use serde_json::{Map, Value, json};

use crate::Visibility;

const PONG: u8 = 1;
const MESSAGE: u8 = 4;
const DEFERRED_MESSAGE: u8 = 5;
const UPDATE_MESSAGE: u8 = 7;
const CHOICES: u8 = 8;
const EPHEMERAL: u64 = 1 << 6;

/// <https://docs.discord.com/developers/interactions/application-commands#autocomplete>
const CHOICES_MAX: usize = 25;
const CHOICE_CHARS_MAX: usize = 100;

/// One suggestion while a person types.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// What the person sees.
    pub name: String,
    /// What stands in the command when it is chosen.
    pub value: String,
}

/// The answer to a ping.
pub fn pong() -> Value {
    json!({ "type": PONG })
}

/// The answer to a command or click, from a message lowered for Discord.
pub fn interaction_response(lowered: &Value, visibility: Visibility) -> Value {
    let mut body = fields(lowered);
    body.insert("flags".to_owned(), json!(flags(visibility)));
    json!({ "type": MESSAGE, "data": body })
}

/// "Thinking": the answer follows as an edit of the original, seen by the same people.
pub fn deferred_response(visibility: Visibility) -> Value {
    json!({ "type": DEFERRED_MESSAGE, "data": { "flags": flags(visibility) } })
}

/// Puts a message in the place of the one whose button was clicked.
pub fn update_response(lowered: &Value) -> Value {
    json!({ "type": UPDATE_MESSAGE, "data": fields(lowered) })
}

/// Suggestions for what is being typed, best first. What does not fit is left out: a value cut short would ask for something
/// else.
pub fn choices_response(choices: &[Choice]) -> Value {
    let choices: Vec<Value> = choices
        .iter()
        .filter(|choice| !choice.value.is_empty() && choice.value.chars().count() <= CHOICE_CHARS_MAX)
        .take(CHOICES_MAX)
        .map(|choice| {
            let name = if choice.name.is_empty() { &choice.value } else { &choice.name };
            json!({ "name": name.chars().take(CHOICE_CHARS_MAX).collect::<String>(), "value": choice.value })
        })
        .collect();
    json!({ "type": CHOICES, "data": { "choices": choices } })
}

fn flags(visibility: Visibility) -> u64 {
    match visibility {
        Visibility::OnlyAsker => EPHEMERAL,
        Visibility::Everyone => 0,
    }
}

/// Nobody is ever pinged by what a CRM text contains.
pub(super) fn fields(lowered: &Value) -> Map<String, Value> {
    let mut body = lowered.as_object().cloned().unwrap_or_default();
    body.insert("allowed_mentions".to_owned(), json!({ "parse": [] }));
    body
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_answer_forbids_mentions_and_only_the_asker_sees_it_unless_shared() {
        let lowered = json!({"content": "MQL to SQL", "allowed_mentions": {"parse": ["everyone"]}});
        let answer = interaction_response(&lowered, Visibility::OnlyAsker);
        assert_eq!(
            answer,
            json!({"type": 4, "data": {"content": "MQL to SQL", "flags": 64, "allowed_mentions": {"parse": []}}})
        );
        assert_eq!(interaction_response(&lowered, Visibility::Everyone)["data"]["flags"], 0);
        assert_eq!(update_response(&lowered)["data"]["allowed_mentions"], json!({"parse": []}));
        assert_eq!(deferred_response(Visibility::OnlyAsker), json!({"type": 5, "data": {"flags": 64}}));
    }

    #[test]
    fn choices_keep_discords_limits() {
        let choice = |name: &str, value: &str| Choice { name: name.to_owned(), value: value.to_owned() };
        let mut many: Vec<Choice> = (0..30).map(|n| choice("n", &n.to_string())).collect();
        many.insert(0, choice(&"ü".repeat(120), "ok"));
        many.insert(0, choice("too long", &"v".repeat(101)));
        let answer = choices_response(&many);
        let choices = answer["data"]["choices"].as_array().unwrap();
        assert_eq!(choices.len(), 25);
        assert_eq!(choices[0]["name"].as_str().unwrap().chars().count(), 100);
        assert_eq!(choices[0]["value"], "ok");
    }
}
