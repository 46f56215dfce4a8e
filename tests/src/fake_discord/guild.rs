//! The state of a Discord guild.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use shiftbell_metrics::time::{Instant, MS_PER_MINUTE};

use super::Right;
use crate::fake_server::FakeClock;

#[derive(Debug)]
pub(super) struct Channel {
    pub(super) id: String,
    pub(super) name: String,
    /// Direct messages with this user.
    pub(super) user: Option<String>,
    pub(super) forbidden: BTreeSet<Right>,
    pub(super) posted: Vec<Posted>,
    /// Posts within the present five seconds, and when those end.
    pub(super) bucket: (u32, Instant),
}

#[derive(Clone, Debug)]
pub(super) struct Posted {
    pub(super) id: String,
    /// As sent, without what is only for Discord.
    pub(super) body: Value,
    /// Names and descriptions of the files that came with it.
    pub(super) files: Vec<(String, String)>,
    pub(super) replies_to: Option<String>,
    pub(super) is_edited: bool,
    pub(super) only_for: Option<String>,
    /// The interaction that it answers.
    pub(super) answers: Option<String>,
}

/// An interaction that was sent to the program.
#[derive(Debug)]
pub(super) struct Interaction {
    pub(super) channel: String,
    pub(super) user: String,
    pub(super) begun_at: Instant,
    /// Fixed when it was first answered.
    pub(super) is_ephemeral: bool,
    /// A deferred answer that has not come yet.
    pub(super) is_deferred: bool,
    /// The message that is the original answer, or the one whose button was clicked.
    pub(super) original: Option<String>,
}

pub(super) const TOKEN_AGE_MS_MAX: i64 = 15 * MS_PER_MINUTE;
pub(super) const NONCE_AGE_MS_MAX: i64 = 3 * MS_PER_MINUTE;
pub(super) const BUCKET_MS: i64 = 5_000;
const EPOCH_MS: i64 = 1_420_070_400_000;

#[derive(Debug)]
pub(super) struct Guild {
    pub(super) clock: FakeClock,
    pub(super) is_token_revoked: bool,
    pub(super) channels: BTreeMap<String, Channel>,
    /// Users, and whether they take direct messages.
    pub(super) users: BTreeMap<String, bool>,
    /// Nonce to message and time.
    pub(super) nonces: BTreeMap<(String, String), (String, Instant)>,
    pub(super) interactions: BTreeMap<String, Interaction>,
    /// Registered commands by guild; those for all guilds under an empty name.
    pub(super) commands: BTreeMap<String, Value>,
    /// Guilds in which the bot is.
    pub(super) guilds: BTreeSet<String>,
    pub(super) bucket_size: Option<u32>,
    pub(super) gateway: super::gateway::Gateway,
    counter: u64,
}

impl Guild {
    pub(super) fn new(clock: FakeClock) -> Guild {
        Guild {
            clock,
            is_token_revoked: false,
            channels: BTreeMap::new(),
            users: BTreeMap::new(),
            nonces: BTreeMap::new(),
            interactions: BTreeMap::new(),
            commands: BTreeMap::new(),
            guilds: BTreeSet::from([super::GUILD.to_owned()]),
            bucket_size: None,
            gateway: super::gateway::Gateway::default(),
            counter: 0,
        }
    }

    /// An id that carries the time, as Discord's do.
    pub(super) fn next_id(&mut self) -> String {
        self.counter += 1;
        let ms = u64::try_from(self.clock.now().as_ms() - EPOCH_MS).unwrap_or(0);
        ((ms << 22) + self.counter).to_string()
    }

    pub(super) fn add_channel(&mut self, id: &str, name: &str, user: Option<&str>) {
        let channel = Channel {
            id: id.to_owned(),
            name: name.to_owned(),
            user: user.map(str::to_owned),
            forbidden: BTreeSet::new(),
            posted: Vec::new(),
            bucket: (0, Instant(0)),
        };
        self.channels.insert(id.to_owned(), channel);
    }

    pub(super) fn channel_mut(&mut self, id: &str) -> &mut Channel {
        let id = self.resolve(id);
        self.channels.get_mut(&id).unwrap_or_else(|| panic!("there is no channel `{id}` in this guild"))
    }

    pub(super) fn resolve(&self, place: &str) -> String {
        let is_meant = |channel: &&Channel| {
            place.strip_prefix('#') == Some(&channel.name) || channel.user.as_deref() == Some(place)
        };
        self.channels.values().find(is_meant).map_or_else(|| place.to_owned(), |channel| channel.id.clone())
    }

    /// The direct-message channel of a user, opened if need be.
    pub(super) fn open_direct(&mut self, user: &str) -> Option<String> {
        self.users.get(user)?;
        let open = self.channels.values().find(|channel| channel.user.as_deref() == Some(user));
        if let Some(channel) = open {
            return Some(channel.id.clone());
        }
        let id = self.next_id();
        self.add_channel(&id, "direct", Some(user));
        Some(id)
    }
}
