//! Looking for a message of unknown outcome, once its nonce no longer holds.

use reqwest::Method;
use serde_json::Value;
use shiftbell_metrics::time::{Instant, MS_PER_MINUTE};

use super::client::{Call, DiscordClient, message_path, messages_path};
use super::post::nonce;
use crate::outcome::remote_id;
use crate::{Found, Outcome, Sought};

/// Discord's clock and ours may differ.
const CLOCKS_DIFFER_MS_MAX: i64 = MS_PER_MINUTE;
const PAGE_MESSAGES: usize = 100;
const PAGES_MAX: usize = 20;

/// The first millisecond of Discord's ids. <https://docs.discord.com/developers/reference#snowflakes>
const EPOCH_MS: i64 = 1_420_070_400_000;

impl DiscordClient {
    /// Looks for a message whose outcome is unknown among what the bot said since: by its nonce, else by its very words.
    /// Within two minutes it is quicker to repeat the post ([`super::repeat_is_safe`]).
    pub async fn find(&self, sought: &Sought<'_>, now: Instant) -> Found {
        match self.search(sought, now).await {
            Ok(found) => found,
            Err(outcome) => match outcome.of_idempotent_call() {
                Outcome::RetryAt { after_ms, why } => Found::Later { after_ms, why },
                Outcome::Refused { why } | Outcome::Closed { why } | Outcome::Unknown { why } => {
                    Found::CannotTell { why }
                }
                Outcome::Delivered { .. } => Found::NotThere,
            },
        }
    }

    async fn search(&self, sought: &Sought<'_>, now: Instant) -> Result<Found, Outcome> {
        let channel = self.channel_of(sought.to, now).await?;
        let bot = self.bot_user(now).await?;
        let mut after = snowflake(sought.since.plus_ms(-CLOCKS_DIFFER_MS_MAX));
        let (mut by_nonce, mut by_words, mut seen) = (Vec::new(), None, 0);
        for _ in 0..PAGES_MAX {
            let query = format!("?after={after}&limit={PAGE_MESSAGES}");
            let page = self.page(&channel, &query, sought.to.id(), now).await?;
            seen += page.len();
            for message in page.iter().filter(|message| message["author"]["id"] == bot.as_str()) {
                let Some(id) = number(message) else { continue };
                if message["nonce"] == nonce(sought.dedupe_key).as_str() {
                    by_nonce.push(id);
                } else if says_the_same(message, sought.message.body) {
                    by_words = by_words.max(Some(id));
                }
            }
            match page.iter().filter_map(number).max() {
                Some(last) if page.len() == PAGE_MESSAGES => after = last,
                _ => {
                    by_nonce.sort_unstable();
                    return self.conclude(&channel, &by_nonce, by_words, seen, now).await;
                }
            }
        }
        let why = format!("more than {} messages since then; they were not all searched", PAGES_MAX * PAGE_MESSAGES);
        Ok(Found::CannotTell { why })
    }

    async fn conclude(
        &self,
        channel: &str,
        by_nonce: &[u64],
        by_words: Option<u64>,
        seen: usize,
        now: Instant,
    ) -> Result<Found, Outcome> {
        if let Some((first, repeats)) = by_nonce.split_first() {
            for repeat in repeats {
                self.delete(channel, &repeat.to_string(), now).await?;
            }
            return Ok(Found::Delivered { remote_id: remote_id(channel, &first.to_string()) });
        }
        // The same words may have been said twice on purpose: nothing is deleted here.
        if let Some(id) = by_words {
            return Ok(Found::Delivered { remote_id: remote_id(channel, &id.to_string()) });
        }
        // Without the right to read the history Discord shows an empty channel.
        if seen == 0 && self.page(channel, "?limit=1", channel, now).await?.is_empty() {
            let why = "the channel looks empty; give the bot Read Message History so that it can find its own messages";
            return Ok(Found::CannotTell { why: why.to_owned() });
        }
        Ok(Found::NotThere)
    }

    async fn page(&self, channel: &str, query: &str, major: &str, now: Instant) -> Result<Vec<Value>, Outcome> {
        let path = messages_path(channel)? + query;
        let route = format!("GET /channels/{channel}/messages");
        let call = Call { method: Method::GET, path, body: None, picture: None, major, route };
        match self.call(call, now).await? {
            Value::Array(messages) => Ok(messages),
            _ => Err(Outcome::Unknown { why: "discord's answer is no list of messages".to_owned() }),
        }
    }

    async fn delete(&self, channel: &str, message: &str, now: Instant) -> Result<(), Outcome> {
        let path = message_path(channel, message)?;
        let route = format!("DELETE /channels/{channel}/messages");
        let call = Call { method: Method::DELETE, path, body: None, picture: None, major: channel, route };
        match self.call(call, now).await {
            Ok(_) | Err(Outcome::Refused { .. }) => Ok(()), // refused: it is gone already
            Err(outcome) => Err(outcome),
        }
    }
}

fn number(message: &Value) -> Option<u64> {
    message["id"].as_str()?.parse().ok()
}

/// The least id of a message sent at this instant or later, less one.
fn snowflake(at: Instant) -> u64 {
    u64::try_from(at.as_ms() - EPOCH_MS).unwrap_or(0) << 22
}

/// Discord trims what it is given and adds to embeds; the words stay.
fn says_the_same(message: &Value, body: &Value) -> bool {
    let content = |of: &Value| of["content"].as_str().unwrap_or_default().trim().to_owned();
    let embeds = |of: &Value| -> Vec<String> {
        let all = of["embeds"].as_array().into_iter().flatten();
        all.filter_map(|embed| embed["description"].as_str()).map(|text| text.trim().to_owned()).collect()
    };
    let (words, parts) = (content(body), embeds(body));
    (!words.is_empty() || !parts.is_empty()) && content(message) == words && embeds(message) == parts
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn ids_tell_the_time_as_discord_documents() {
        // 175928847299117063 was made at 2016-04-30 11:18:25.796 UTC.
        assert_eq!(snowflake(Instant(1_462_015_105_796)), 175_928_847_299_117_063 >> 22 << 22);
        assert_eq!(snowflake(Instant(0)), 0);
    }

    #[test]
    fn words_are_compared_without_what_discord_adds() {
        let body = json!({ "content": "b2b ", "embeds": [{ "description": "table" }] });
        let theirs = json!({ "content": "b2b", "embeds": [{ "type": "rich", "description": "table" }] });
        assert!(says_the_same(&theirs, &body));
        assert!(!says_the_same(&json!({ "content": "b2b" }), &body));
        assert!(!says_the_same(&json!({ "content": "" }), &json!({})));
    }
}
