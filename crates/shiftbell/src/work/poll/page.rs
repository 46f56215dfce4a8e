//! One page of a round, worked in: what is new in it, and how far the poll is, in one transaction.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use shiftbell_metrics::event::{Event, kinds};
use shiftbell_metrics::id::{EntityId, EntityKey};
use shiftbell_metrics::links::DEPTH_MAX;
use shiftbell_metrics::time::{Day, Instant};
use shiftbell_sources::hubspot::poll::{Now, Object, Page, Seen};
use shiftbell_store::entities::{self, Entity};
use shiftbell_store::sightings::{self, Sighting};
use shiftbell_store::{StoreError, Tx, cursors, events, polled};

use super::{PollError, Polled, cursor_of};
use crate::work::decide;
use crate::work::derive::{DeriveError, Derived, Incoming, derive};

/// What is known of the records of a page, by record.
type Known = BTreeMap<EntityId, Vec<Event>>;

/// Works one page in. `before` is how far the poll was, as it is kept; it is moved on.
///
/// # Errors
/// [`PollError::Elsewhere`] if somebody else has moved it meanwhile, or the database's.
pub(super) async fn work_in(
    polled: &Polled<'_>,
    page: Page,
    before: &mut Option<String>,
    is_news: bool,
) -> Result<Derived, PollError> {
    let (name, source) = (&polled.workspace.name, &polled.settings.id);
    let known = told_of_what_is(polled, known(polled, &page.seen).await?).await?;
    let position = serde_json::to_string(&page.position).map_err(|why| unreadable(&why))?;
    let told = page.events.len();
    let records = Records::of(&page);
    let batch = new_ones(polled, page, &known);
    let now = polled.clock.now();
    let (mut tx, mut derived) = derive(polled.db, polled.workspace, &batch, now).await?;
    if cursors::get(&mut tx, name, &cursor_of(source)).await? != *before {
        tx.roll_back().await?;
        return Err(PollError::Elsewhere);
    }
    if is_news {
        decide::enqueue(&mut tx, polled.workspace, &derived, now).await?;
    }
    records.note(&mut tx, polled).await?;
    cursors::set(&mut tx, name, &cursor_of(source), &position, now.as_ms()).await?;
    // Last, since everything of one source shares these rows.
    note_sightings(&mut tx, polled, &batch, now).await?;
    derived.seen.write(&mut tx, polled.workspace).await?;
    tx.commit().await?;
    *before = Some(position);
    derived.already_known += told.saturating_sub(batch.len());
    Ok(derived)
}

/// Which records the source has, and which it no longer has, by kind.
#[derive(Default)]
struct Records {
    there: BTreeMap<Object, Vec<i64>>,
    gone: BTreeMap<Object, Vec<i64>>,
}

impl Records {
    fn of(page: &Page) -> Records {
        let mut records = Records::default();
        for seen in &page.seen {
            let of = if seen.now == Now::Gone { &mut records.gone } else { &mut records.there };
            of.entry(seen.object).or_default().extend(i64::try_from(seen.number));
        }
        // Whoever was merged into another is no more.
        for event in page.events.iter().filter(|event| event.kind == kinds::MERGED) {
            let key = event.entity();
            if let (Some(object), Ok(id)) = (Object::of_entity(key.kind), key.id.parse()) {
                records.gone.entry(object).or_default().push(id);
            }
        }
        records
    }

    async fn note(&self, tx: &mut Tx, of: &Polled<'_>) -> Result<(), StoreError> {
        let kind = |object: Object| polled::Of {
            workspace: &of.workspace.name,
            source: &of.settings.id,
            object: object.plural(),
        };
        for (object, ids) in &self.gone {
            polled::remove(tx, kind(*object), ids).await?;
        }
        for (object, ids) in &self.there {
            polled::add(tx, kind(*object), ids).await?;
        }
        Ok(())
    }
}

fn unreadable(why: &dyn std::fmt::Display) -> DeriveError {
    DeriveError::Unreadable { what: "place of a poll", why: why.to_string() }
}

/// Everything that this source has told of these records.
async fn known(polled: &Polled<'_>, seen: &[Seen]) -> Result<Known, PollError> {
    let ids: Vec<EntityId> = seen.iter().map(|seen| seen.key.number()).collect();
    let mut snapshot = polled.db.read().await?;
    let stored = events::of_entities(&mut snapshot, &polled.workspace.name, &polled.settings.id, &ids).await?;
    drop(snapshot);
    let mut known = Known::new();
    for one in stored {
        let event = one.event().map_err(|why| DeriveError::Unreadable { what: "event", why: why.to_string() })?;
        known.entry(one.entity).or_default().push(event);
    }
    Ok(known)
}

/// The same with every record named by the id under which it is known today: an id that was merged away is an alias for ever.
async fn told_of_what_is(polled: &Polled<'_>, mut known: Known) -> Result<Known, PollError> {
    let names = known.values().flatten().filter(|event| event.names.len() > 1).flat_map(|event| &event.names);
    let mut named: BTreeSet<EntityId> = names.map(|(kind, id)| EntityId::of(*kind, id)).collect();
    let mut into: HashMap<EntityId, EntityKey> = HashMap::new();
    let mut snapshot = polled.db.read().await?;
    for _ in 0..DEPTH_MAX {
        let ids: Vec<EntityId> = named.into_iter().collect();
        let found = entities::get(&mut snapshot, &polled.workspace.name, &ids).await?;
        let same = |entity: &Entity| entity.pointers.same.and_then(|(to, _)| to);
        let targets: BTreeSet<EntityId> = found.iter().filter_map(same).collect();
        let keys =
            entities::get(&mut snapshot, &polled.workspace.name, &targets.iter().copied().collect::<Vec<_>>()).await?;
        let keys: HashMap<EntityId, EntityKey> = keys.into_iter().map(|entity| (entity.id, entity.key)).collect();
        into.extend(found.iter().filter_map(|entity| Some((entity.id, keys.get(&same(entity)?)?.clone()))));
        named = targets.into_iter().filter(|target| !into.contains_key(target)).collect();
        if named.is_empty() {
            break;
        }
    }
    drop(snapshot);
    for (kind, id) in
        known.values_mut().flatten().filter(|event| event.names.len() > 1).flat_map(|event| &mut event.names)
    {
        for _ in 0..DEPTH_MAX {
            let Some(key) = into.get(&EntityId::of(*kind, id)) else { break };
            id.clone_from(&key.id);
        }
    }
    Ok(known)
}

/// The events of a page that are not known, and those that make what is known of its records into what they are now.
fn new_ones(polled: &Polled<'_>, page: Page, known: &Known) -> Vec<Incoming> {
    let ids: HashSet<(EntityId, &str)> =
        known.iter().flat_map(|(entity, of)| of.iter().map(|event| (*entity, event.id.as_str()))).collect();
    let is_new = |event: &Event| !ids.contains(&(event.entity_id(), event.id.as_str()));
    let told: Vec<Event> = page.events.into_iter().filter(|event| is_new(event)).collect();
    // What the page itself tells of a record counts as known: a link that has a time needs none from here.
    let mut of: BTreeMap<EntityId, Vec<Event>> = known.clone();
    for event in &told {
        of.entry(event.entity_id()).or_default().push(event.clone());
    }
    let none = Vec::new();
    let settled = page.seen.iter().flat_map(|seen| seen.settle(of.get(&seen.key.number()).unwrap_or(&none)));
    let all: Vec<Event> = settled.chain(told).collect();
    let incoming = |event: Event| Incoming {
        by: polled.workspace.role_of(event.owner.as_deref()),
        source: polled.settings.id.clone(),
        event,
        delivery: None,
    };
    all.into_iter().map(incoming).collect()
}

/// Counts what was seen of the source: what happened on the day on which it happened, and that it answered.
async fn note_sightings(tx: &mut Tx, polled: &Polled<'_>, new: &[Incoming], now: Instant) -> Result<(), StoreError> {
    let zone = &polled.workspace.defs().workspace.zone;
    let mut seen: BTreeMap<Day, BTreeMap<&str, (i64, Instant)>> = BTreeMap::new();
    let happened = new.iter().map(|incoming| (incoming.event.kind.as_str(), incoming.event.at));
    for (kind, at) in happened.chain([(sightings::DELIVERY, now)]).filter(|(_, at)| (Instant(0)..=now).contains(at)) {
        let (n, last) = seen.entry(zone.day_of(at)).or_default().entry(kind).or_insert((0, at));
        *n += 1;
        *last = at.max(*last);
    }
    // In the order of their keys, as whoever else writes them.
    let days: BTreeSet<Day> = seen.keys().copied().collect();
    for day in days {
        let of_day: Vec<Sighting> = seen[&day]
            .iter()
            .map(|(kind, (n, last))| Sighting {
                source: polled.settings.id.clone(),
                name: (*kind).to_owned(),
                n: *n,
                last_at_ms: last.as_ms(),
            })
            .collect();
        sightings::add(tx, &polled.workspace.name, day, &of_day).await?;
    }
    Ok(())
}
