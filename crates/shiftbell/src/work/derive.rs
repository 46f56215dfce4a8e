//! Appends events and carries what they change into the numbers: steps 4 to 6 of the walk, inside one transaction.
//!
//! Locks are taken in one order everywhere: entities by number, then accounts by number, then segments, then cells. What an
//! event touches is only known once its entities are locked; if that turns out to be more, the transaction is rolled back
//! and tried again with the union, since locks taken out of order would deadlock.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use shiftbell_metrics::contribution::Row;
use shiftbell_metrics::event::Event;
use shiftbell_metrics::id::{EntityId, EntityKey};
use shiftbell_metrics::links::{DEPTH_MAX, Pointers, Target, account_of, links};
use shiftbell_metrics::time::{Instant, MS_PER_DAY, MS_PER_MINUTE};
use shiftbell_store::entities::{self, Entity};
use shiftbell_store::events::{self, Appended, NewEvent};
use shiftbell_store::held::{self, SetAside};
use shiftbell_store::{Db, StoreError, Tx, accounts, generations};

use super::Workspace;
use super::facts_seen::Counted;
use super::refold::refold;

/// Further ahead than this an event waits until its time has come.
const AHEAD_MS_MAX: i64 = 5 * MS_PER_MINUTE;
/// Further ahead than this it cannot be true.
const FUTURE_MS_MAX: i64 = MS_PER_DAY;

/// An event on its way in.
#[derive(Clone, Debug)]
pub struct Incoming {
    pub source: String,
    pub event: Event,
    /// The role, now, of the person who did it.
    pub by: Option<String>,
    /// The delivery it came in; `None` if it was imported.
    pub delivery: Option<i64>,
}

/// What a batch changed.
#[derive(Debug, Default)]
pub struct Derived {
    /// Events that were not known before.
    pub appended: usize,
    pub already_known: usize,
    /// Events of the near future: they wait.
    pub held: usize,
    /// Events that cannot be true: kept apart and counted.
    pub set_aside: usize,
    /// What entered the numbers, with its account.
    pub added: Vec<(EntityId, Row)>,
    /// The facts that new events showed. Whoever ends the transaction writes them, last.
    pub seen: Counted,
}

/// Why a batch could not be derived.
#[derive(Debug, thiserror::Error)]
pub enum DeriveError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("a stored {what} cannot be read: {why}")]
    Unreadable { what: &'static str, why: String },
}

/// Derives a batch in a transaction of its own and leaves the transaction open, so that the caller can add to it.
///
/// # Errors
/// The database's; nothing of the batch is left then.
pub async fn derive(
    db: &Db,
    workspace: &Workspace,
    batch: &[Incoming],
    now: Instant,
) -> Result<(Tx, Derived), DeriveError> {
    let mut also = BTreeSet::new();
    loop {
        let mut tx = db.write().await?;
        let mut carry = Carry { tx: &mut tx, workspace, is_alone: db.slots() == 1, slots: db.slots() };
        match carry.batch(batch, &also, now).await? {
            Ok(derived) => return Ok((tx, derived)),
            Err(more) => {
                tx.roll_back().await?;
                also.extend(more);
            }
        }
    }
}

struct Carry<'a> {
    tx: &'a mut Tx,
    workspace: &'a Workspace,
    /// Nobody else writes, so that locks cannot be taken out of order.
    is_alone: bool,
    slots: u16,
}

/// Entities that must be locked too.
type More = BTreeSet<EntityKey>;

impl Carry<'_> {
    async fn batch(
        &mut self,
        batch: &[Incoming],
        also: &More,
        now: Instant,
    ) -> Result<Result<Derived, More>, DeriveError> {
        let mut derived = Derived::default();
        let timely = self.sort_out(batch, now, &mut derived).await?;
        let mut keys: BTreeSet<EntityKey> = timely.iter().flat_map(|incoming| keys_of(&incoming.event)).collect();
        keys.extend(also.iter().cloned());
        let keys: Vec<EntityKey> = keys.into_iter().collect();
        let locked = entities::lock(self.tx, &self.workspace.name, &keys).await?;
        let mut locked: BTreeMap<EntityId, Entity> = locked.into_iter().map(|entity| (entity.id, entity)).collect();

        let new = self.append(&timely, &mut derived).await?;
        let mut changed = BTreeSet::new();
        for link in new.iter().flat_map(|incoming| links(&incoming.event)) {
            if let Some(entity) = locked.get_mut(&link.child.number())
                && entity.pointers.take(&link)
            {
                changed.insert(entity.id);
            }
        }
        let moved = match self.settle_accounts(&mut locked, changed).await? {
            Ok(moved) => moved,
            Err(more) => return Ok(Err(more)),
        };
        for incoming in &new {
            derived.seen.event(self.workspace, &incoming.source, &incoming.event, incoming.by.as_deref(), now);
        }
        let plan = &self.workspace.meaning.plan;
        let needed = new.iter().filter(|incoming| plan.needs(&incoming.event));
        let mut touched: BTreeSet<EntityId> = needed
            .filter_map(|incoming| locked.get(&incoming.event.entity_id()))
            .map(|entity| entity.account)
            .collect();
        touched.extend(moved);
        if !touched.is_empty() {
            derived.added = self.refold(&touched.into_iter().collect::<Vec<_>>()).await?;
        }
        Ok(Ok(derived))
    }

    /// Holds what is a little ahead of its time, sets aside what cannot be true, and returns the rest.
    async fn sort_out<'b>(
        &mut self,
        batch: &'b [Incoming],
        now: Instant,
        derived: &mut Derived,
    ) -> Result<Vec<&'b Incoming>, DeriveError> {
        let (mut timely, mut early, mut untrue) = (Vec::with_capacity(batch.len()), Vec::new(), Vec::new());
        for incoming in batch {
            match timeliness(incoming.event.at, now) {
                Timeliness::Untrue(why) => untrue.push((incoming, why)),
                Timeliness::Early => early.push(new_event(incoming)),
                Timeliness::Timely => timely.push(incoming),
            }
        }
        derived.held = early.len();
        derived.set_aside = untrue.len();
        keep_apart(self.tx, &self.workspace.name, &early, &untrue, now).await?;
        Ok(timely)
    }

    async fn append<'b>(
        &mut self,
        timely: &[&'b Incoming],
        derived: &mut Derived,
    ) -> Result<Vec<&'b Incoming>, DeriveError> {
        let rows: Vec<NewEvent<'_>> = timely.iter().map(|incoming| new_event(incoming)).collect();
        let appended = events::append(self.tx, &self.workspace.name, &rows).await?;
        let is_new = |(incoming, appended): (&&'b Incoming, Appended)| (appended == Appended::New).then_some(*incoming);
        let new: Vec<&Incoming> = timely.iter().zip(appended).filter_map(is_new).collect();
        derived.appended = new.len();
        derived.already_known = timely.len() - new.len();
        Ok(new)
    }

    /// Follows changed links to new accounts, of the entities themselves and of those that are linked to them.
    ///
    /// Returns the accounts that lost or won an entity, or the entities that must be locked before that can be said.
    async fn settle_accounts(
        &mut self,
        locked: &mut BTreeMap<EntityId, Entity>,
        changed: BTreeSet<EntityId>,
    ) -> Result<Result<BTreeSet<EntityId>, More>, DeriveError> {
        let mut touched = BTreeSet::new();
        let mut dirty = changed.clone();
        let mut to_look_at = changed;
        while !to_look_at.is_empty() {
            let pointers = self.pointers_around(locked).await?;
            let mut moved = Vec::new();
            for id in &to_look_at {
                let Some(entity) = locked.get_mut(id) else { continue };
                let account = account_of(*id, |id| pointers.get(&id).copied());
                if account != entity.account {
                    touched.extend([entity.account, account]);
                    entity.account = account;
                    dirty.insert(*id);
                    moved.push(*id);
                }
            }
            to_look_at.clear();
            if moved.is_empty() {
                break;
            }
            let children = entities::linked_to(self.tx, &self.workspace.name, &moved).await?;
            let unlocked: More = children
                .iter()
                .filter(|child| !locked.contains_key(&child.id))
                .map(|child| child.key.clone())
                .collect();
            if !unlocked.is_empty() && !self.is_alone {
                return Ok(Err(unlocked));
            }
            for child in children {
                to_look_at.insert(child.id);
                locked.entry(child.id).or_insert(child);
            }
        }
        let rows: Vec<Entity> = dirty.iter().filter_map(|id| locked.get(id).cloned()).collect();
        if !rows.is_empty() {
            entities::store(self.tx, &self.workspace.name, &rows).await?;
        }
        Ok(Ok(touched))
    }

    /// The pointers of these entities and of all to whom they lead.
    async fn pointers_around(
        &mut self,
        locked: &BTreeMap<EntityId, Entity>,
    ) -> Result<HashMap<EntityId, Pointers>, DeriveError> {
        let mut known: HashMap<EntityId, Pointers> = locked.iter().map(|(id, entity)| (*id, entity.pointers)).collect();
        for _ in 0..DEPTH_MAX {
            let next: BTreeSet<EntityId> =
                known.values().filter_map(Pointers::next).filter(|id| !known.contains_key(id)).collect();
            if next.is_empty() {
                break;
            }
            let next: Vec<EntityId> = next.into_iter().collect();
            let found = entities::get(self.tx, &self.workspace.name, &next).await?;
            known.extend(next.into_iter().map(|id| (id, Pointers::default())));
            known.extend(found.into_iter().map(|entity| (entity.id, entity.pointers)));
        }
        Ok(known)
    }

    /// Folds accounts again: in the generation that answers, and in the one that is being built as far as it is.
    async fn refold(&mut self, touched: &[EntityId]) -> Result<Vec<(EntityId, Row)>, DeriveError> {
        let name = &self.workspace.name;
        accounts::lock(self.tx, name, touched).await?;
        accounts::raise_version(self.tx, name, touched).await?;
        let mut added = Vec::new();
        if let Some(live) = generations::live(self.tx, name).await? {
            added = refold(self.tx, self.workspace, live.generation, touched, self.slots).await?;
        }
        // Read under the locks of the accounts: what is built already must not miss this change.
        if let Some(building) = generations::building(self.tx, name).await? {
            let built: Vec<EntityId> =
                touched.iter().copied().filter(|account| Some(*account) <= building.built_to).collect();
            refold(self.tx, self.workspace, building.generation, &built, self.slots).await?;
        }
        Ok(added)
    }
}

/// Whether an event counts now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Timeliness {
    Timely,
    /// A little ahead of its time.
    Early,
    /// It cannot be true; why.
    Untrue(&'static str),
}

pub(super) fn timeliness(at: Instant, now: Instant) -> Timeliness {
    match at.since(now) {
        _ if at < Instant(0) => Timeliness::Untrue("before 1970"),
        ahead if ahead > FUTURE_MS_MAX => Timeliness::Untrue("more than 24 hours ahead"),
        ahead if ahead > AHEAD_MS_MAX => Timeliness::Early,
        _ => Timeliness::Timely,
    }
}

/// Holds events that are early, and sets aside those that cannot be true.
pub(super) async fn keep_apart(
    tx: &mut Tx,
    workspace: &str,
    early: &[NewEvent<'_>],
    untrue: &[(&Incoming, &str)],
    now: Instant,
) -> Result<(), StoreError> {
    if !early.is_empty() {
        held::hold(tx, workspace, early).await?;
    }
    if !untrue.is_empty() {
        let bodies: Vec<String> = untrue.iter().map(|(one, _)| one.event.to_text()).collect();
        let aside = untrue.iter().zip(&bodies).map(|((one, reason), body)| SetAside {
            source: &one.source,
            external_id: &one.event.id,
            at_ms: one.event.at.as_ms(),
            reason,
            body,
        });
        held::set_aside(tx, workspace, &aside.collect::<Vec<_>>(), now.as_ms()).await?;
    }
    Ok(())
}

pub(super) fn new_event(incoming: &Incoming) -> NewEvent<'_> {
    NewEvent {
        source: &incoming.source,
        event: &incoming.event,
        by_role: incoming.by.as_deref(),
        delivery: incoming.delivery,
    }
}

/// Every entity that an event names or links to.
pub(super) fn keys_of(event: &Event) -> Vec<EntityKey> {
    let named = event.names.iter().map(|(kind, id)| EntityKey::new(*kind, id.clone()));
    let linked = links(event).into_iter().filter_map(|link| match link.to {
        Target::Company(to) | Target::Contact(to) => to,
        Target::Same(to) => Some(to),
    });
    named.chain(linked).collect()
}
