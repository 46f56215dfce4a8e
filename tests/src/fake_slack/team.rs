//! The state of a Slack team.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use shiftbell_metrics::time::{Instant, MS_PER_MINUTE};

use crate::fake_server::FakeClock;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Public,
    Private,
    Direct { user: String },
}

impl Kind {
    pub(super) fn history_scope(&self) -> &'static str {
        match self {
            Kind::Public => "channels:history",
            Kind::Private => "groups:history",
            Kind::Direct { .. } => "im:history",
        }
    }

    pub(super) fn read_scope(&self) -> &'static str {
        match self {
            Kind::Public => "channels:read",
            Kind::Private => "groups:read",
            Kind::Direct { .. } => "im:read",
        }
    }
}

#[derive(Debug)]
pub(super) struct Channel {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) kind: Kind,
    pub(super) is_archived: bool,
    pub(super) has_app: bool,
    pub(super) posted: Vec<Posted>,
    /// For the limit of one a second: when the last place taken comes up.
    pub(super) limit_due: Instant,
}

#[derive(Clone, Debug)]
pub(super) struct Posted {
    pub(super) ts: String,
    /// `text`, `blocks`, and `metadata` where given.
    pub(super) body: Value,
    pub(super) thread_ts: Option<String>,
    pub(super) is_edited: bool,
    /// The only person who sees it.
    pub(super) only_for: Option<String>,
    /// The request that it answers.
    pub(super) answers: Option<String>,
}

#[derive(Debug)]
pub(super) struct User {
    pub(super) id: String,
    pub(super) email: String,
    pub(super) zone: String,
    pub(super) is_deactivated: bool,
}

#[derive(Debug, Default)]
pub(super) struct File {
    pub(super) length: usize,
    pub(super) bytes: Vec<u8>,
    pub(super) is_complete: bool,
    pub(super) looks: u32,
    /// Channel and `ts` of the messages that show it.
    pub(super) shares: Vec<(String, String)>,
}

/// An address that was given out for later answers to one request.
#[derive(Debug)]
pub(super) struct ReplyAddress {
    pub(super) channel: String,
    pub(super) user: String,
    pub(super) given_at: Instant,
    pub(super) used: u32,
    /// The message whose button was clicked.
    pub(super) original_ts: Option<String>,
}

pub(super) const REPLIES_MAX: u32 = 5;
pub(super) const REPLY_AGE_MS_MAX: i64 = 30 * MS_PER_MINUTE;

#[derive(Debug)]
pub(super) struct Team {
    pub(super) clock: FakeClock,
    pub(super) url: String,
    pub(super) is_token_revoked: bool,
    pub(super) scopes: BTreeSet<String>,
    pub(super) channels: BTreeMap<String, Channel>,
    pub(super) users: BTreeMap<String, User>,
    pub(super) files: BTreeMap<String, File>,
    pub(super) reply_addresses: BTreeMap<String, ReplyAddress>,
    pub(super) has_channel_limit: bool,
    pub(super) looks_until_ready: u32,
    pub(super) sockets: super::socket::Sockets,
    /// By how much the clock that answers tell is ahead of that of the test.
    pub(super) ahead_ms: i64,
    counter: u64,
}

impl Team {
    pub(super) fn new(clock: FakeClock) -> Team {
        Team {
            clock,
            url: String::new(),
            is_token_revoked: false,
            scopes: super::SCOPES.iter().map(|&scope| scope.to_owned()).collect(),
            channels: BTreeMap::new(),
            users: BTreeMap::new(),
            files: BTreeMap::new(),
            reply_addresses: BTreeMap::new(),
            has_channel_limit: false,
            looks_until_ready: 1,
            sockets: super::socket::Sockets::default(),
            ahead_ms: 0,
            counter: 0,
        }
    }

    pub(super) fn next(&mut self) -> u64 {
        self.counter += 1;
        self.counter
    }

    /// A time stamp that no other message has.
    pub(super) fn next_ts(&mut self) -> String {
        let seconds = self.clock.now().as_ms() / 1_000;
        format!("{seconds}.{:06}", self.next())
    }

    pub(super) fn add_channel(&mut self, id: &str, name: &str, kind: Kind) {
        let channel = Channel {
            id: id.to_owned(),
            name: name.to_owned(),
            kind,
            is_archived: false,
            has_app: true,
            posted: Vec::new(),
            limit_due: Instant(0),
        };
        self.channels.insert(id.to_owned(), channel);
    }

    pub(super) fn add_user(&mut self, id: &str, email: &str, zone: &str) {
        let (email, zone) = (email.to_owned(), zone.to_owned());
        let user = User { id: id.to_owned(), email, zone, is_deactivated: false };
        self.users.insert(id.to_owned(), user);
    }

    pub(super) fn channel(&self, id: &str) -> Option<&Channel> {
        self.channels.get(id)
    }

    pub(super) fn channel_mut(&mut self, id: &str) -> &mut Channel {
        self.channels.get_mut(id).unwrap_or_else(|| panic!("there is no channel `{id}` in this team"))
    }

    /// The channel that a test means: by id, by `#name`, or by the user of its direct messages.
    pub(super) fn resolve(&self, place: &str) -> String {
        let by_name = |channel: &&Channel| place.strip_prefix('#') == Some(&channel.name);
        let named = self.channels.values().find(by_name).map(|channel| channel.id.clone());
        named.or_else(|| self.direct(place)).unwrap_or_else(|| place.to_owned())
    }

    pub(super) fn direct(&self, user: &str) -> Option<String> {
        let is_theirs = |channel: &&Channel| channel.kind == Kind::Direct { user: user.to_owned() };
        self.channels.values().find(is_theirs).map(|channel| channel.id.clone())
    }

    /// The direct-message channel of a user, opened if need be.
    pub(super) fn open_direct(&mut self, user: &str) -> Option<String> {
        if !self.users.contains_key(user) {
            return None;
        }
        if let Some(id) = self.direct(user) {
            return Some(id);
        }
        let id = format!("D{user}");
        self.add_channel(&id, "directmessage", Kind::Direct { user: user.to_owned() });
        Some(id)
    }
}
