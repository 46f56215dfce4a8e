//! What a person in the guild does, and what comes back.

use std::time::Duration;

use serde_json::{Value, json};
use shiftbell_chat::ReplyTo;

use super::guild::{Interaction, Posted};
use super::{APPLICATION, FakeDiscord, GUILD, transcript};

/// After this Discord invalidates the token and shows the person an error.
const ANSWER_WITHIN: Duration = Duration::from_secs(3);
/// How long a test waits for something that should come.
const PATIENCE: Duration = Duration::from_secs(20);
const EPHEMERAL: u64 = 1 << 6;
const FAILED: &str = "The application did not respond";

/// In place of an address: Discord brings it over the gateway.
pub const BY_GATEWAY: &str = "gateway";

/// How the program answered.
#[derive(Clone, Debug)]
pub struct Reply {
    pub status: u16,
    pub within: Duration,
    /// What the person saw at once: words, `(thinking)`, or Discord's error.
    pub seen: String,
    /// The answer as JSON; null if there was none.
    pub body: Value,
    token: String,
    interaction: String,
}

impl Reply {
    /// Where a later answer goes, as the program read it from the request.
    pub fn reply_to(&self) -> ReplyTo {
        let (application, token) = (APPLICATION.to_owned(), self.token.clone());
        ReplyTo::Discord { application, interaction: self.interaction.clone(), token }
    }

    /// The values that were suggested while typing.
    pub fn choices(&self) -> Vec<String> {
        let choices = self.body["data"]["choices"].as_array().cloned().unwrap_or_default();
        choices.iter().filter_map(|choice| choice["value"].as_str()).map(str::to_owned).collect()
    }
}

impl FakeDiscord {
    /// Discord tests the address, as when it is set in the developer portal: a ping, and one with a wrong signature.
    pub async fn tests_address(&self, url: &str) -> bool {
        let (ping, timestamp) = (json!({ "type": 1 }).to_string(), self.timestamp());
        let signature = self.sign(&timestamp, &ping);
        let (status, body) = self.request(url, &ping, &timestamp, &signature).await;
        let wrong = self.request(url, &ping, &timestamp, &"00".repeat(64)).await.0;
        status == 200 && serde_json::from_str::<Value>(&body).is_ok_and(|body| body["type"] == 1) && wrong == 401
    }

    /// A person uses a command: `asks("/kpi mql-conversion b2b", ...)`, in a channel or in direct messages.
    pub async fn asks(&self, line: &str, user: &str, channel: &str, url: &str) -> Reply {
        let (command, text) =
            line.trim_start_matches('/').split_once(' ').unwrap_or((line.trim_start_matches('/'), ""));
        let mut data = json!({ "id": "1", "name": command, "type": 1 });
        if !text.is_empty() {
            data["options"] = json!([{ "name": "question", "type": 3, "value": text }]);
        }
        self.interacts(2, &data, user, channel, None, url).await
    }

    /// A person has typed this much of the question.
    pub async fn completes(&self, line: &str, user: &str, channel: &str, url: &str) -> Reply {
        let (command, text) =
            line.trim_start_matches('/').split_once(' ').unwrap_or((line.trim_start_matches('/'), ""));
        let options = json!([{ "name": "question", "type": 3, "value": text, "focused": true }]);
        self.interacts(
            4,
            &json!({ "id": "1", "name": command, "type": 1, "options": options }),
            user,
            channel,
            None,
            url,
        )
        .await
    }

    /// Discord sends an interaction of a kind that may not exist yet.
    pub async fn sends_kind(&self, kind: u8, user: &str, channel: &str, url: &str) -> Reply {
        self.interacts(kind, &json!({}), user, channel, None, url).await
    }

    /// A person clicks the button (or chooses the menu entry) with this label on the latest message that has it.
    pub async fn clicks(&self, label: &str, user: &str, channel: &str, url: &str) -> Reply {
        let (posted, data) = {
            let guild = self.shared.guild();
            let channel = &guild.channels[&guild.resolve(channel)];
            let visible = channel.posted.iter().rev().filter(|one| one.only_for.as_deref().is_none_or(|it| it == user));
            let found = visible.filter_map(|one| Some((one.clone(), control(one, label)?))).next();
            found.unwrap_or_else(|| panic!("no button `{label}` in:\n{}", transcript::of_channel(channel)))
        };
        self.interacts(3, &data, user, channel, Some(&posted), url).await
    }

    /// Sends an interaction.
    async fn interacts(
        &self,
        kind: u8,
        data: &Value,
        user: &str,
        channel: &str,
        clicked: Option<&Posted>,
        url: &str,
    ) -> Reply {
        let (id, channel) = {
            let mut guild = self.shared.guild();
            (guild.next_id(), guild.resolve(channel))
        };
        let token = format!("token-{id}");
        let is_direct = self.shared.guild().channels.get(&channel).is_some_and(|channel| channel.user.is_some());
        let mut body = json!({ "type": kind, "id": id, "application_id": APPLICATION, "token": token, "version": 1,
            "channel_id": channel, "data": data, "locale": "en-US" });
        if is_direct {
            body["user"] = json!({ "id": user });
        } else {
            body["guild_id"] = json!(GUILD);
            body["member"] = json!({ "user": { "id": user }, "roles": [], "permissions": "0" });
        }
        if let Some(posted) = clicked {
            let flags = if posted.only_for.is_some() { EPHEMERAL } else { 0 };
            body["message"] = json!({ "id": posted.id, "flags": flags });
        }
        let interaction = Interaction {
            channel,
            user: user.to_owned(),
            begun_at: self.shared.clock.now(),
            is_ephemeral: false,
            is_deferred: false,
            original: clicked.map(|posted| posted.id.clone()),
        };
        self.shared.guild().interactions.insert(token.clone(), interaction);
        let begun = tokio::time::Instant::now();
        let (status, body) = if url == BY_GATEWAY {
            (200, self.brings(&token, &body).await)
        } else {
            let (body, timestamp) = (body.to_string(), self.timestamp());
            let signature = self.sign(&timestamp, &body);
            let (status, answer) = self.request(url, &body, &timestamp, &signature).await;
            (status, serde_json::from_str(&answer).unwrap_or(Value::Null))
        };
        let within = begun.elapsed();
        let seen = if status == 200 && within <= ANSWER_WITHIN { self.show(&token, &body) } else { FAILED.to_owned() };
        if seen == FAILED {
            self.shared.guild().interactions.remove(&token);
        }
        self.shared.said.notify_waiters();
        Reply { status, within, seen, body, token, interaction: id }
    }

    /// Brings an interaction to every session, and waits for the first answer.
    async fn brings(&self, token: &str, interaction: &Value) -> Value {
        self.shared.guild().gateway.tell("INTERACTION_CREATE", interaction);
        self.until(|| self.shared.guild().gateway.called_back.get(token).cloned()).await
    }

    /// Shows the direct answer as Discord would.
    fn show(&self, token: &str, body: &Value) -> String {
        let mut guild = self.shared.guild();
        let data = &body["data"];
        let is_ephemeral = data["flags"].as_u64().unwrap_or(0) & EPHEMERAL != 0;
        let rejected = matches!(body["type"].as_u64(), Some(4 | 7))
            && shiftbell_render::limits::discord_would_reject(data).is_some();
        if rejected {
            return FAILED.to_owned();
        }
        let id = guild.next_id();
        let interaction = guild.interactions.get_mut(token).expect("just begun");
        let (channel, user) = (interaction.channel.clone(), interaction.user.clone());
        match body["type"].as_u64() {
            Some(4) => {
                interaction.is_ephemeral = is_ephemeral;
                interaction.original = Some(id.clone());
                let only_for = is_ephemeral.then_some(user);
                let answers = Some(token.to_owned());
                let (files, body) = (Vec::new(), data.clone());
                let posted = Posted { id, body, files, replies_to: None, is_edited: false, only_for, answers };
                let seen = transcript::of_posted(&posted);
                if let Some(channel) = guild.channels.get_mut(&channel) {
                    channel.posted.push(posted);
                }
                seen
            }
            Some(5) => {
                (interaction.is_deferred, interaction.is_ephemeral, interaction.original) = (true, is_ephemeral, None);
                "(thinking)".to_owned()
            }
            Some(6) => String::new(),
            Some(7) => {
                let original = interaction.original.clone().unwrap_or_default();
                let posted = guild.channel_mut(&channel).posted.iter_mut().find(|one| one.id == original);
                let Some(posted) = posted else { return FAILED.to_owned() };
                posted.body = data.clone();
                posted.is_edited = true;
                transcript::of_posted(posted)
            }
            Some(8) => data["choices"]
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(|it| it["name"].as_str())
                .collect::<Vec<_>>()
                .join("\n"),
            _ => FAILED.to_owned(),
        }
    }

    /// Waits for the answer to a deferred interaction and gives its words.
    pub async fn follow_up(&self, reply: &Reply) -> String {
        self.until(|| {
            let guild = self.shared.guild();
            let mut all = guild.channels.values().flat_map(|channel| &channel.posted);
            all.find(|one| one.answers.as_ref() == Some(&reply.token)).map(transcript::of_posted)
        })
        .await
    }

    /// Waits until a channel shows this text, and gives the whole transcript.
    pub async fn shows(&self, channel: &str, text: &str) -> String {
        self.until(|| Some(self.transcript(channel)).filter(|transcript| transcript.contains(text))).await
    }

    pub(super) async fn until<T>(&self, look: impl Fn() -> Option<T>) -> T {
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
        tokio::time::timeout(PATIENCE, wait).await.unwrap_or_else(|_| panic!("nothing came within {PATIENCE:?}"))
    }

    fn timestamp(&self) -> String {
        (self.shared.clock.now().as_ms() / 1_000).to_string()
    }

    fn sign(&self, timestamp: &str, body: &str) -> String {
        hex::encode(self.shared.key.sign(format!("{timestamp}{body}").as_bytes()).as_ref())
    }

    async fn request(&self, url: &str, body: &str, timestamp: &str, signature: &str) -> (u16, String) {
        let client = reqwest::Client::builder().timeout(PATIENCE).build().expect("a client");
        let sent = client
            .post(url)
            .header("content-type", "application/json")
            .header("x-signature-timestamp", timestamp)
            .header("x-signature-ed25519", signature)
            .body(body.to_owned())
            .send()
            .await;
        match sent {
            Ok(answer) => (answer.status().as_u16(), answer.text().await.unwrap_or_default()),
            Err(problem) => (599, problem.to_string()),
        }
    }
}

/// What Discord sends for the button or menu entry with this label.
fn control(posted: &Posted, label: &str) -> Option<Value> {
    let rows = posted.body["components"].as_array()?;
    rows.iter().flat_map(|row| row["components"].as_array().into_iter().flatten()).find_map(|control| {
        if control["label"] == label && control["custom_id"].is_string() {
            return Some(json!({ "custom_id": control["custom_id"], "component_type": control["type"] }));
        }
        let option = control["options"].as_array()?.iter().find(|option| option["label"] == label)?;
        Some(json!({ "custom_id": control["custom_id"], "component_type": 3, "values": [option["value"]] }))
    })
}
