//! A stand-in for Slack: a real server on loopback with a team inside, which rejects what Slack rejects.
//!
//! It also brings commands and clicks over connections that the program opens (Socket Mode). A test looks at it as a person would ([`FakeSlack::transcript`]), acts as a person would ([`FakeSlack::types`],
//! [`FakeSlack::clicks`]), and switches faults on ([`FakeSlack::faults`]).

mod chat;
mod files;
mod http;
mod methods;
mod person;
mod rules;
mod socket;
mod team;
mod transcript;

use std::sync::{Arc, Mutex, MutexGuard};

use tokio::sync::Notify;
use tokio::task::JoinHandle;

use crate::fake_server::{FakeClock, Faults, serve};
pub use person::Reply;
pub use socket::APP_TOKEN;
use team::Team;

/// The bot token that a fresh team accepts.
pub const TOKEN: &str = "xoxb-1-fake";
/// The secret with which the stand-in signs.
pub const SIGNING_SECRET: &str = "8f742231b10e8888abcd99yyyzzz85a5";
pub const TEAM: &str = "T1";

/// Every scope of the manifest without the optional ones.
pub const SCOPES: [&str; 7] =
    ["commands", "chat:write", "im:write", "users:read", "users:read.email", "files:write", "files:read"];
/// The optional scopes by which it is seen how channels stand.
pub const CHANNEL_SCOPES: [&str; 2] = ["channels:read", "groups:read"];
/// The optional scopes by which messages are found again.
pub const HISTORY_SCOPES: [&str; 3] = ["channels:history", "groups:history", "im:history"];

struct Shared {
    team: Mutex<Team>,
    faults: Faults,
    clock: FakeClock,
    /// Woken whenever something is said.
    said: Notify,
}

impl Shared {
    fn team(&self) -> MutexGuard<'_, Team> {
        self.team.lock().expect("not poisoned")
    }
}

/// The stand-in; the server stops when it is dropped.
#[derive(Debug)]
pub struct FakeSlack {
    shared: Arc<Shared>,
    url: String,
    task: JoinHandle<()>,
    sockets: JoinHandle<()>,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Shared")
    }
}

impl Drop for FakeSlack {
    fn drop(&mut self) {
        self.task.abort();
        self.sockets.abort();
    }
}

impl FakeSlack {
    /// Starts with an empty team, the bot's token and the scopes of the manifest, without those for the history.
    pub async fn start(clock: FakeClock) -> FakeSlack {
        let team = Mutex::new(Team::new(clock.clone()));
        let shared = Arc::new(Shared { team, faults: Faults::default(), clock, said: Notify::new() });
        let (address, task) = serve(http::router(shared.clone())).await;
        let url = format!("http://{address}");
        shared.team().url.clone_from(&url);
        let sockets = socket::serve(Arc::clone(&shared)).await;
        FakeSlack { shared, url, task, sockets }
    }

    /// For `SHIFTBELL_SLACK_API_URL`.
    pub fn api_url(&self) -> String {
        format!("{}/api", self.url)
    }

    pub fn clock(&self) -> &FakeClock {
        &self.shared.clock
    }

    pub fn faults(&self) -> &Faults {
        &self.shared.faults
    }

    /// Web API calls so far whose method contains this; `""` counts all.
    pub fn requests(&self, method: &str) -> usize {
        self.shared.faults.requests(method)
    }

    /// A public channel in which the app is a member.
    pub fn with_channel(self, id: &str, name: &str) -> FakeSlack {
        self.shared.team().add_channel(id, name, team::Kind::Public);
        self
    }

    /// A private channel in which the app is a member.
    pub fn with_private_channel(self, id: &str, name: &str) -> FakeSlack {
        self.shared.team().add_channel(id, name, team::Kind::Private);
        self
    }

    pub fn with_user(self, id: &str, email: &str, zone: &str) -> FakeSlack {
        self.joins(id, email, zone);
        self
    }

    /// Somebody joins the team.
    pub fn joins(&self, id: &str, email: &str, zone: &str) {
        self.shared.team().add_user(id, email, zone);
    }

    /// Somebody's account is closed: it is still there, but found by its id only.
    pub fn deactivates(&self, id: &str) {
        self.shared.team().users.get_mut(id).expect("a user of this team").is_deactivated = true;
    }

    /// Grants further scopes, for example [`HISTORY_SCOPES`].
    pub fn with_scopes(self, scopes: &[&str]) -> FakeSlack {
        self.shared.team().scopes.extend(scopes.iter().map(|&scope| scope.to_owned()));
        self
    }

    /// Refuses more than a short burst and one post a second in a channel, as Slack does.
    pub fn with_channel_limit(self) -> FakeSlack {
        self.shared.team().has_channel_limit = true;
        self
    }

    pub fn revoke_scope(&self, scope: &str) {
        self.shared.team().scopes.remove(scope);
    }

    pub fn revoke_token(&self) {
        self.shared.team().is_token_revoked = true;
    }

    pub fn archive(&self, channel: &str) {
        self.shared.team().channel_mut(channel).is_archived = true;
    }

    /// Somebody makes a public channel and invites the app.
    pub fn adds_channel(&self, id: &str, name: &str) {
        self.shared.team().add_channel(id, name, team::Kind::Public);
    }

    /// Somebody joins the team.
    pub fn adds_user(&self, id: &str, email: &str, zone: &str) {
        self.shared.team().add_user(id, email, zone);
    }

    /// Grants a further scope.
    pub fn grants(&self, scope: &str) {
        self.shared.team().scopes.insert(scope.to_owned());
    }

    /// Somebody gives a channel another name.
    pub fn rename(&self, channel: &str, name: &str) {
        name.clone_into(&mut self.shared.team().channel_mut(channel).name);
    }

    /// What time it is at Slack is this much ahead of the test's clock.
    pub fn clock_is_ahead_by(&self, ms: i64) {
        self.shared.team().ahead_ms = ms;
    }

    /// Throws the app out of a channel.
    pub fn remove_app(&self, channel: &str) {
        self.shared.team().channel_mut(channel).has_app = false;
    }

    /// How many looks at a file pass before it is ready; more than ten are more than the client waits.
    pub fn files_take_looks(&self, looks: u32) {
        self.shared.team().looks_until_ready = looks;
    }

    /// Messages that are visible to everyone in a channel, replies included. A channel is named by its id, by `#name`, or by
    /// the user of its direct messages.
    pub fn count(&self, channel: &str) -> usize {
        self.look_at(channel, |it| it.posted.iter().filter(|one| one.only_for.is_none()).count())
    }

    /// What a person sees in a channel.
    pub fn transcript(&self, channel: &str) -> String {
        self.look_at(channel, transcript::of_channel)
    }

    /// Everything in a channel that would ping: `<!here>`, `<@U1>` and their kind.
    pub fn pings(&self, channel: &str) -> Vec<String> {
        self.look_at(channel, transcript::pings)
    }

    /// The bodies as they were posted, oldest first.
    pub fn bodies(&self, channel: &str) -> Vec<serde_json::Value> {
        self.look_at(channel, |it| it.posted.iter().map(|one| one.body.clone()).collect())
    }

    /// Nothing, where there is no such channel (yet).
    fn look_at<T: Default>(&self, channel: &str, look: impl FnOnce(&team::Channel) -> T) -> T {
        let team = self.shared.team();
        team.channel(&team.resolve(channel)).map(look).unwrap_or_default()
    }
}
