//! What a person in the team does, and what comes back.

use std::time::Duration;

use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

use super::team::{Posted, ReplyAddress};
use super::{FakeSlack, SIGNING_SECRET, TEAM, http, transcript};

/// After this Slack shows the person an error.
const ANSWER_WITHIN: Duration = Duration::from_secs(3);
/// How long a test waits for something that should come.
pub(super) const PATIENCE: Duration = Duration::from_secs(20);

/// How the program answered a command or a click.
#[derive(Clone, Debug)]
pub struct Reply {
    pub status: u16,
    /// From the request to the whole answer.
    pub within: Duration,
    /// What the person saw at once; an error of Slack's where the program failed or took more than three seconds.
    pub seen: String,
    /// The answer as JSON; null if there was none.
    pub body: Value,
    id: String,
}

impl Reply {
    /// The address that Slack gave for later answers to this request.
    pub fn response_url(&self, slack: &FakeSlack) -> String {
        format!("{}/respond/{}", slack.url, self.id)
    }
}

impl FakeSlack {
    /// A person types a slash command in a channel; Slack signs it and sends it to `url`.
    pub async fn types(&self, line: &str, user: &str, channel: &str, url: &str) -> Reply {
        let (form, id) = self.command(line, user, channel);
        self.send(url, escape(&form), id).await
    }

    /// What Slack sends for a command, and its id.
    pub(super) fn command(&self, line: &str, user: &str, channel: &str) -> (Vec<(&'static str, String)>, String) {
        let (command, text) = line.split_once(' ').unwrap_or((line, ""));
        let (id, response_url) = self.reply_address(user, channel, None);
        let form = [
            ("token", "deprecated"),
            ("team_id", TEAM),
            ("team_domain", "clowns-to-go"),
            ("channel_id", channel),
            ("channel_name", "directmessage"),
            ("user_id", user),
            ("user_name", "deprecated"),
            ("command", command),
            ("text", text),
            ("api_app_id", "A1"),
            ("is_enterprise_install", "false"),
            ("response_url", &response_url),
            ("trigger_id", &id),
        ];
        (form.into_iter().map(|(name, value)| (name, value.to_owned())).collect(), id)
    }

    /// A person clicks the button (or chooses the menu entry) with this label on the latest message that has it and that the
    /// person can see.
    pub async fn clicks(&self, label: &str, user: &str, channel: &str, url: &str) -> Reply {
        let (payload, id) = self.click(label, user, channel);
        self.send(url, escape(&[("payload", payload.to_string())]), id).await
    }

    /// What Slack sends for a click, and its id.
    pub(super) fn click(&self, label: &str, user: &str, channel: &str) -> (Value, String) {
        let (posted, action) = {
            let team = self.shared.team();
            let id = team.resolve(channel);
            let channel = team.channel(&id).unwrap_or_else(|| panic!("there is no channel `{id}`"));
            let visible = channel.posted.iter().rev().filter(|one| one.only_for.as_deref().is_none_or(|it| it == user));
            let found = visible.filter_map(|one| Some((one.clone(), action(one, label)?))).next();
            found.unwrap_or_else(|| panic!("no button `{label}` in:\n{}", transcript::of_channel(channel)))
        };
        let channel = self.shared.team().resolve(channel);
        let (id, response_url) = self.reply_address(user, &channel, Some(&posted.ts));
        let is_ephemeral = posted.only_for.is_some();
        let mut payload = json!({
            "type": "block_actions", "team": { "id": TEAM }, "user": { "id": user, "team_id": TEAM }, "api_app_id": "A1",
            "container": { "type": "message", "message_ts": posted.ts, "channel_id": channel, "is_ephemeral": is_ephemeral },
            "trigger_id": id, "channel": { "id": channel }, "response_url": response_url, "actions": [action],
        });
        if !is_ephemeral {
            payload["message"] = json!({ "ts": posted.ts, "text": posted.body["text"] });
        }
        (payload, id)
    }

    /// Sends bytes that are not signed as they should be: for tests of the door.
    pub async fn knocks(&self, url: &str, body: &str, timestamp_s: i64, signature: Option<&str>) -> u16 {
        let signature = signature.map_or_else(|| sign(&timestamp_s.to_string(), body), str::to_owned);
        self.request(url, body.to_owned(), &timestamp_s.to_string(), &signature).await.0
    }

    /// Waits for a later answer to this request and gives its words.
    pub async fn follow_up(&self, reply: &Reply) -> String {
        self.until(|| {
            let team = self.shared.team();
            let all = team.channels.values().flat_map(|channel| &channel.posted);
            let later: Vec<&Posted> = all.filter(|one| one.answers.as_ref() == Some(&reply.id)).collect();
            let mut texts = later.iter().map(|one| transcript::of_body(&one.body)).filter(|text| *text != reply.seen);
            texts.next_back()
        })
        .await
    }

    /// Waits until a channel (or the direct messages with a user) shows this text, and gives the whole transcript.
    pub async fn shows(&self, channel_or_user: &str, text: &str) -> String {
        let shown =
            self.in_time(|| Some(self.transcript(channel_or_user)).filter(|transcript| transcript.contains(text)));
        shown.await.unwrap_or_else(|| {
            panic!(
                "{text:?} is not shown to {channel_or_user} within {PATIENCE:?}, but:\n{}",
                self.transcript(channel_or_user)
            )
        })
    }

    pub(super) async fn until<T>(&self, look: impl Fn() -> Option<T>) -> T {
        self.in_time(look).await.unwrap_or_else(|| panic!("nothing came within {PATIENCE:?}"))
    }

    async fn in_time<T>(&self, look: impl Fn() -> Option<T>) -> Option<T> {
        let wait = async {
            loop {
                let said = self.shared.said.notified();
                tokio::pin!(said);
                said.as_mut().enable();
                if let Some(found) = look() {
                    return found;
                }
                said.await;
            }
        };
        tokio::time::timeout(PATIENCE, wait).await.ok()
    }

    fn reply_address(&self, user: &str, channel: &str, original_ts: Option<&str>) -> (String, String) {
        let mut team = self.shared.team();
        if team.channel(channel).is_none() {
            team.open_direct(user);
        }
        let id = format!("{}.{}", team.next(), team.clock.now().as_ms());
        let address = ReplyAddress {
            channel: channel.to_owned(),
            user: user.to_owned(),
            given_at: team.clock.now(),
            used: 0,
            original_ts: original_ts.map(str::to_owned),
        };
        team.reply_addresses.insert(id.clone(), address);
        let url = format!("{}/respond/{id}", team.url);
        (id, url)
    }

    async fn send(&self, url: &str, body: String, id: String) -> Reply {
        let timestamp = (self.shared.clock.now().as_ms() / 1_000).to_string();
        let signature = sign(&timestamp, &body);
        let begun = tokio::time::Instant::now();
        let (status, answer) = self.request(url, body, &timestamp, &signature).await;
        let within = begun.elapsed();
        let body: Value = serde_json::from_str(&answer).unwrap_or(Value::Null);
        self.shown(status, within, body, answer, id)
    }

    /// Shows a direct answer to the person.
    pub(super) fn shown(&self, status: u16, within: Duration, body: Value, answer: String, id: String) -> Reply {
        let mut team = self.shared.team();
        let seen = if within > ANSWER_WITHIN {
            "failed with the error \"operation_timeout\"".to_owned()
        } else if status != 200 {
            format!("failed with the error \"dispatch_failed\" ({status})")
        } else if body.is_object() {
            match http::say_to_asker(&mut team, &id, &body) {
                Ok(()) => transcript::of_body(&body),
                Err(code) => format!("failed with the error \"invalid_command_response\" ({code})"),
            }
        } else {
            answer
        };
        drop(team);
        self.shared.said.notify_waiters();
        Reply { status, within, seen, body, id }
    }

    async fn request(&self, url: &str, body: String, timestamp: &str, signature: &str) -> (u16, String) {
        let client = reqwest::Client::builder().timeout(PATIENCE).build().expect("a client");
        let sent = client
            .post(url)
            .header("content-type", "application/x-www-form-urlencoded")
            .header("x-slack-request-timestamp", timestamp)
            .header("x-slack-signature", signature)
            .body(body)
            .send()
            .await;
        match sent {
            Ok(answer) => (answer.status().as_u16(), answer.text().await.unwrap_or_default()),
            Err(problem) => (599, problem.to_string()),
        }
    }
}

fn sign(timestamp: &str, body: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(SIGNING_SECRET.as_bytes()).expect("any length will do");
    mac.update(format!("v0:{timestamp}:{body}").as_bytes());
    format!("v0={}", hex::encode(mac.finalize().into_bytes()))
}

fn escape(form: &[(&str, String)]) -> String {
    let mut url = reqwest::Url::parse("http://fake/").expect("an address");
    url.query_pairs_mut().extend_pairs(form);
    url.query().unwrap_or_default().to_owned()
}

/// The action that Slack sends for the button or menu entry with this label.
fn action(posted: &Posted, label: &str) -> Option<Value> {
    let blocks = posted.body["blocks"].as_array()?;
    let elements = blocks.iter().flat_map(|block| block["elements"].as_array().into_iter().flatten());
    elements.filter(|element| element["action_id"].is_string() || element["type"] == "button").find_map(|element| {
        if element["text"]["text"] == label {
            return Some(json!({ "type": "button", "action_id": element["action_id"], "value": element["value"],
                "action_ts": posted.ts }));
        }
        let option = element["options"].as_array()?.iter().find(|option| option["text"]["text"] == label)?;
        Some(json!({ "type": element["type"], "action_id": element["action_id"], "selected_option": option,
            "action_ts": posted.ts }))
    })
}
