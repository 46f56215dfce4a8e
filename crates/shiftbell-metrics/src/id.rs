//! Names of the things that events are about.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What an entity is. The order is the order of specificity: an event belongs to the most specific entity that it names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EntityKind {
    /// A call, e-mail, meeting or task. It belongs to whom it was said last to belong to.
    Activity,
    Subscription,
    Deal,
    Contact,
    Visitor,
    Company,
}

impl EntityKind {
    /// Every kind, most specific first.
    pub const ALL: [EntityKind; 6] = [
        EntityKind::Activity,
        EntityKind::Subscription,
        EntityKind::Deal,
        EntityKind::Contact,
        EntityKind::Visitor,
        EntityKind::Company,
    ];

    /// The word used for this kind in files, tables and messages.
    pub fn word(self) -> &'static str {
        match self {
            EntityKind::Activity => "activity",
            EntityKind::Subscription => "subscription",
            EntityKind::Deal => "deal",
            EntityKind::Contact => "contact",
            EntityKind::Visitor => "visitor",
            EntityKind::Company => "company",
        }
    }

    /// The kind with this word.
    pub fn from_word(word: &str) -> Option<EntityKind> {
        EntityKind::ALL.into_iter().find(|kind| kind.word() == word)
    }
}

impl fmt::Display for EntityKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// An entity by the id that its source gave it, unique within a workspace.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct EntityKey {
    pub kind: EntityKind,
    pub id: String,
}

impl EntityKey {
    pub fn new(kind: EntityKind, id: impl Into<String>) -> EntityKey {
        EntityKey { kind, id: id.into() }
    }

    /// The number under which this entity is stored.
    pub fn number(&self) -> EntityId {
        EntityId::of(self.kind, &self.id)
    }
}

impl fmt::Display for EntityKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} `{}`", self.kind, self.id)
    }
}

/// The number of an entity: a hash of its kind and id, so that every process, database and rebuild gives the same one.
///
/// Two ids with one number are detected where entities are stored; with ten million entities the chance is 3 in a million.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct EntityId(pub i64);

impl EntityId {
    /// The hash of the kind and the id.
    ///
    /// ```
    /// use shiftbell_metrics::id::{EntityId, EntityKind};
    /// assert_eq!(EntityId::of(EntityKind::Deal, "42"), EntityId::of(EntityKind::Deal, "42"));
    /// assert_ne!(EntityId::of(EntityKind::Deal, "42"), EntityId::of(EntityKind::Contact, "42"));
    /// ```
    pub fn of(kind: EntityKind, id: &str) -> EntityId {
        EntityId(hash64(kind.word().bytes().chain([b':']).chain(id.bytes())).cast_signed())
    }

    /// Which of `parts` equal parts this entity falls into.
    pub fn part(self, parts: u16) -> u16 {
        let wide = u128::from(self.0.cast_unsigned()) * u128::from(parts);
        u16::try_from(wide >> 64).unwrap_or(0)
    }
}

/// FNV-1a, then a finaliser that spreads the bits: the same in every process, on every machine, for ever.
pub(crate) fn hash64(bytes: impl Iterator<Item = u8>) -> u64 {
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    for byte in bytes {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    }
    hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    hash ^ (hash >> 31)
}
