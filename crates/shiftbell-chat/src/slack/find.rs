//! Looking for a message of unknown outcome.

use serde_json::{Value, json};
use shiftbell_metrics::time::{Instant, MS_PER_MINUTE};

use super::client::{Failure, SlackClient};
use super::post::METADATA_TYPE;
use crate::outcome::{remote_id, remote_parts};
use crate::{Found, Outcome, Sought};

/// Slack's clock and ours may differ.
const CLOCKS_DIFFER_MS_MAX: i64 = 5 * MS_PER_MINUTE;
const PAGE_MESSAGES: u32 = 200;
const PAGES_MAX: u32 = 20;

/// Where a search of the conversation ended.
enum History {
    /// The `ts` of our message and of its repeats, earliest first.
    Stamps(Vec<String>),
    NotPermitted,
    Failed(Found),
}

impl SlackClient {
    /// Looks for a message whose outcome is unknown: in the conversation where the scope is granted, else by where its picture was
    /// shared. Of several the first is kept and the others are deleted.
    ///
    /// Ask 30 s after the attempt. [`Found::NotThere`] may become true only later: ask again after 60 s before posting.
    pub async fn find(&self, sought: &Sought<'_>) -> Found {
        let channel = match self.channel_of(sought.to).await {
            Ok(channel) => channel,
            Err(failure) => return later(failure),
        };
        match self.stamps(&channel, sought).await {
            History::Failed(found) => found,
            History::Stamps(stamps) => self.keep_first(&channel, &stamps).await,
            History::NotPermitted => match sought.message.file {
                Some(file) => self.find_by_picture(&channel, file).await,
                None => Found::CannotTell {
                    why: "the app has no history scope (channels:history, groups:history, im:history) and the message no picture"
                        .to_owned(),
                },
            },
        }
    }

    async fn stamps(&self, channel: &str, sought: &Sought<'_>) -> History {
        let mut params = vec![
            ("channel", channel.to_owned()),
            ("oldest", stamp(sought.since.plus_ms(-CLOCKS_DIFFER_MS_MAX))),
            ("limit", PAGE_MESSAGES.to_string()),
            ("include_all_metadata", "true".to_owned()),
        ];
        // Replies are not part of the conversation's own history.
        let method = match sought.message.thread.and_then(remote_parts) {
            Some((_, thread_ts)) => {
                params.push(("ts", thread_ts.to_owned()));
                "conversations.replies"
            }
            None => "conversations.history",
        };
        let mut stamps = Vec::new();
        let mut cursor = String::new();
        for _ in 0..PAGES_MAX {
            let mut page_params = params.clone();
            if !cursor.is_empty() {
                page_params.push(("cursor", cursor));
            }
            let page = match self.read(method, &page_params, sought.to.id()).await {
                Ok(page) => page,
                Err(failure) if failure.has_code("missing_scope") => return History::NotPermitted,
                Err(failure) => return History::Failed(later(failure)),
            };
            stamps.extend(ours(&page, sought.dedupe_key));
            cursor =
                page.pointer("/response_metadata/next_cursor").and_then(Value::as_str).unwrap_or_default().to_owned();
            if cursor.is_empty() {
                stamps.sort_by_key(|ts| order(ts));
                stamps.dedup();
                return History::Stamps(stamps);
            }
        }
        let why = format!("more than {} messages since then; they were not all searched", PAGES_MAX * PAGE_MESSAGES);
        History::Failed(Found::CannotTell { why })
    }

    async fn keep_first(&self, channel: &str, stamps: &[String]) -> Found {
        let Some((first, repeats)) = stamps.split_first() else { return Found::NotThere };
        for repeat in repeats {
            let deleted = self.call("chat.delete", &json!({ "channel": channel, "ts": repeat }), channel).await;
            match deleted {
                Ok(_) => {}
                Err(failure) if failure.has_code("message_not_found") => {}
                Err(failure) => return later(failure),
            }
        }
        Found::Delivered { remote_id: remote_id(channel, first) }
    }

    async fn find_by_picture(&self, channel: &str, file: &str) -> Found {
        match self.read("files.info", &[("file", file.to_owned())], channel).await {
            Ok(seen) => match shared_in(&seen, channel) {
                Some(ts) => Found::Delivered { remote_id: remote_id(channel, &ts) },
                None => Found::NotThere,
            },
            Err(failure) => later(failure),
        }
    }
}

/// A search that failed is a search to repeat, except where a person must act first.
fn later(failure: Failure) -> Found {
    match failure.outcome.of_idempotent_call() {
        Outcome::RetryAt { after_ms, why } => Found::Later { after_ms, why },
        Outcome::Refused { why } | Outcome::Closed { why } | Outcome::Unknown { why } => Found::CannotTell { why },
        Outcome::Delivered { .. } => Found::NotThere,
    }
}

/// The stamps of the messages on a page of history that carry this key.
fn ours(page: &Value, dedupe_key: &str) -> Vec<String> {
    let messages = page.get("messages").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    messages
        .iter()
        .filter(|message| message.pointer("/metadata/event_type").and_then(Value::as_str) == Some(METADATA_TYPE))
        .filter(|message| message.pointer("/metadata/event_payload/key").and_then(Value::as_str) == Some(dedupe_key))
        .filter_map(|message| message.get("ts").and_then(Value::as_str).map(str::to_owned))
        .collect()
}

/// The earliest share of a file in this channel.
fn shared_in(seen: &Value, channel: &str) -> Option<String> {
    ["public", "private"]
        .into_iter()
        .filter_map(|kind| seen.pointer("/file/shares")?.get(kind)?.get(channel)?.as_array())
        .flatten()
        .filter_map(|share| share.get("ts").and_then(Value::as_str).map(str::to_owned))
        .min_by_key(|ts| order(ts))
}

/// An instant as Slack writes it: seconds with six decimals.
fn stamp(at: Instant) -> String {
    format!("{}.{:03}000", at.as_ms().div_euclid(1_000), at.as_ms().rem_euclid(1_000))
}

/// Stamps in their order; as text they would sort wrongly where the seconds have another length.
fn order(ts: &str) -> (u64, u64) {
    let (seconds, rest) = ts.split_once('.').unwrap_or((ts, ""));
    (seconds.parse().unwrap_or(u64::MAX), rest.parse().unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_message_is_known_by_type_and_key_and_nothing_else() {
        let page = json!({ "messages": [
            { "ts": "3.0", "text": "x" },
            { "ts": "2.0", "metadata": { "event_type": "shiftbell", "event_payload": { "key": "k" } } },
            { "ts": "1.0", "metadata": { "event_type": "other", "event_payload": { "key": "k" } } },
            { "ts": "0.5", "metadata": { "event_type": "shiftbell", "event_payload": { "key": "k2", "deep": { "a": [1] } } } },
        ] });
        assert_eq!(ours(&page, "k"), ["2.0"]);
        assert_eq!(ours(&json!({}), "k"), Vec::<String>::new());
    }

    #[test]
    fn the_earliest_share_in_the_channel_counts() {
        let seen = json!({ "file": { "shares": { "public": { "C1": [{ "ts": "9.2" }, { "ts": "10.1" }], "C2": [{ "ts": "1.0" }] } } } });
        assert_eq!(shared_in(&seen, "C1").as_deref(), Some("9.2"));
        assert_eq!(shared_in(&seen, "C3"), None);
        assert_eq!(shared_in(&json!({ "file": {} }), "C1"), None);
    }

    #[test]
    fn stamps_are_written_and_ordered_as_slack_does() {
        assert_eq!(stamp(Instant(1_700_000_000_042)), "1700000000.042000");
        assert!(order("999999999.000200") < order("1700000000.000100"));
    }
}
