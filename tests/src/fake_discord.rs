//! A stand-in for Discord: a real server on loopback with a guild inside, which rejects what Discord rejects.
//!
//! A test looks at it as a person would ([`FakeDiscord::transcript`]), acts as a person would ([`FakeDiscord::asks`],
//! [`FakeDiscord::completes`], [`FakeDiscord::clicks`]), and switches faults on ([`FakeDiscord::faults`]).

mod gateway;
mod guild;
mod http;
mod messages;
mod person;
mod transcript;

use std::sync::{Arc, Mutex, MutexGuard};

use ring::signature::{Ed25519KeyPair, KeyPair};
use tokio::sync::Notify;
use tokio::task::JoinHandle;

use crate::fake_server::{FakeClock, Faults, serve};
use guild::Guild;
pub use person::{BY_GATEWAY, Reply};

pub const TOKEN: &str = "bot-token-fake";
pub const APPLICATION: &str = "200";
pub const BOT_USER: &str = "201";
pub const GUILD: &str = "300";

struct Shared {
    guild: Mutex<Guild>,
    faults: Faults,
    clock: FakeClock,
    key: Ed25519KeyPair,
    /// Woken whenever something is said.
    said: Notify,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Shared")
    }
}

impl Shared {
    fn guild(&self) -> MutexGuard<'_, Guild> {
        self.guild.lock().expect("not poisoned")
    }
}

/// The stand-in; the server stops when it is dropped.
#[derive(Debug)]
pub struct FakeDiscord {
    shared: Arc<Shared>,
    url: String,
    task: JoinHandle<()>,
    gateway: JoinHandle<()>,
}

impl Drop for FakeDiscord {
    fn drop(&mut self) {
        self.task.abort();
        self.gateway.abort();
    }
}

impl FakeDiscord {
    /// Starts with an empty guild and the bot in it.
    pub async fn start(clock: FakeClock) -> FakeDiscord {
        let guild = Mutex::new(Guild::new(clock.clone()));
        let key = Ed25519KeyPair::from_seed_unchecked(&[42; 32]).expect("a key");
        let shared = Arc::new(Shared { guild, faults: Faults::default(), clock, key, said: Notify::new() });
        let (address, task) = serve(http::router(shared.clone())).await;
        let gateway = gateway::serve(Arc::clone(&shared)).await;
        FakeDiscord { shared, url: format!("http://{address}"), task, gateway }
    }

    /// For `SHIFTBELL_DISCORD_API_URL`.
    pub fn api_url(&self) -> String {
        self.url.clone()
    }

    /// For `DISCORD_PUBLIC_KEY`.
    pub fn public_key(&self) -> String {
        hex::encode(self.shared.key.public_key().as_ref())
    }

    pub fn clock(&self) -> &FakeClock {
        &self.shared.clock
    }

    pub fn faults(&self) -> &Faults {
        &self.shared.faults
    }

    /// Requests so far whose method and path (ids left out, for example `POST channels/messages`) contain this.
    pub fn requests(&self, method: &str) -> usize {
        self.shared.faults.requests(method)
    }

    pub fn with_channel(self, id: &str, name: &str) -> FakeDiscord {
        self.shared.guild().add_channel(id, name, None);
        self
    }

    pub fn with_user(self, id: &str) -> FakeDiscord {
        self.shared.guild().users.insert(id.to_owned(), true);
        self
    }

    /// Allows only so many posts in a channel within five seconds, and says so in the headers.
    pub fn with_bucket_of(self, posts: u32) -> FakeDiscord {
        self.shared.guild().bucket_size = Some(posts);
        self
    }

    /// This person takes no direct messages from the bot.
    pub fn closes_direct_messages(&self, user: &str) {
        self.shared.guild().users.insert(user.to_owned(), false);
    }

    pub fn revoke_token(&self) {
        self.shared.guild().is_token_revoked = true;
    }

    /// Somebody makes a channel.
    pub fn adds_channel(&self, id: &str, name: &str) {
        self.shared.guild().add_channel(id, name, None);
    }

    /// The bot loses a right in a channel.
    pub fn forbid(&self, channel: &str, right: Right) {
        self.shared.guild().channel_mut(channel).forbidden.insert(right);
    }

    /// Forgets the nonces, as Discord does after a few minutes.
    pub fn forget_nonces(&self) {
        self.shared.guild().nonces.clear();
    }

    /// A guild in which the bot is.
    pub fn with_guild(self, id: &str) -> FakeDiscord {
        self.shared.guild().guilds.insert(id.to_owned());
        self
    }

    /// Throws the bot out of a guild; its commands go with it.
    pub fn throws_bot_out(&self, guild: &str) {
        let mut shared = self.shared.guild();
        shared.guilds.remove(guild);
        shared.commands.remove(guild);
    }

    /// Invites the bot into a guild.
    pub fn invites_bot(&self, guild: &str) {
        self.shared.guild().guilds.insert(guild.to_owned());
    }

    /// The names of the commands that people in a guild find.
    pub fn commands(&self, guild: &str) -> Vec<String> {
        let known = self.shared.guild().commands.get(guild).cloned().unwrap_or_default();
        let names = known.as_array().into_iter().flatten().filter_map(|one| one["name"].as_str());
        names.map(str::to_owned).collect()
    }

    /// Waits until a command is found in a guild.
    pub async fn has_command(&self, guild: &str, name: &str) {
        self.until(|| self.commands(guild).iter().any(|one| one == name).then_some(())).await;
    }

    /// Messages in a channel that everyone there sees. A channel is named by its id, by `#name`, or by the user of its direct
    /// messages.
    pub fn count(&self, channel: &str) -> usize {
        self.look_at(channel, |it| it.posted.iter().filter(|one| one.only_for.is_none()).count())
    }

    /// What a person sees in a channel.
    pub fn transcript(&self, channel: &str) -> String {
        self.look_at(channel, transcript::of_channel)
    }

    /// The bodies as they were posted, oldest first.
    pub fn bodies(&self, channel: &str) -> Vec<serde_json::Value> {
        self.look_at(channel, |it| it.posted.iter().map(|one| one.body.clone()).collect())
    }

    fn look_at<T: Default>(&self, channel: &str, look: impl FnOnce(&guild::Channel) -> T) -> T {
        let guild = self.shared.guild();
        guild.channels.get(&guild.resolve(channel)).map(look).unwrap_or_default()
    }
}

/// What the bot may be forbidden in a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Right {
    ViewChannel,
    SendMessages,
    AttachFiles,
    ReadMessageHistory,
}

impl Right {
    /// Its bit in Discord's permissions.
    fn bit(self) -> u64 {
        match self {
            Right::ViewChannel => 1 << 10,
            Right::SendMessages => 1 << 11,
            Right::AttachFiles => 1 << 15,
            Right::ReadMessageHistory => 1 << 16,
        }
    }
}
