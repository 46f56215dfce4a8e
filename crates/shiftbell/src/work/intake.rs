//! From deliveries to numbers and notices: claim, parse, append, fold, apply, decide, enqueue, done.

use std::collections::BTreeMap;
use std::sync::Arc;

use shiftbell_metrics::time::{Day, Instant, MS_PER_SECOND};
use shiftbell_sources::{Kind, Parsed, Unreadable, parse};
use shiftbell_store::inbox::{self, Claimed, Rotation};
use shiftbell_store::receiver::Receiver;
use shiftbell_store::sightings::{self, Sighting};
use shiftbell_store::{Db, StoreError, Tx};

use super::derive::{DeriveError, Derived, Incoming, derive};
use super::{Workspace, decide};
use crate::clock::Clock;

/// Deliveries that one claim takes.
const CLAIM_MAX: i64 = 100;
/// Events that one transaction derives: few where one writer serves everybody, many where each commit costs a round trip.
const SLICE_EVENTS_ALONE: usize = 100;
const SLICE_EVENTS_SHARED: usize = 1_000;
/// How long a delivery waits that failed, times the number of tries.
const RETRY_MS: i64 = 10 * MS_PER_SECOND;
/// After so many tries a delivery is kept apart with its reason.
const TRIES_MAX: i64 = 10;

/// One worker. Several may run; on PostgreSQL also in several processes.
#[derive(Debug)]
pub struct Intake {
    pub db: Db,
    pub workspaces: Arc<BTreeMap<String, Workspace>>,
    pub clock: Clock,
    pub rotation: Rotation,
    /// After this a claimed delivery is anybody's again.
    pub lease_ms: i64,
    /// Who takes deliveries in, where this worker and it share one writer: they go first.
    pub first: Option<Receiver>,
    /// What [`Receiver::lull`] said last.
    pub seen: u64,
}

/// A delivery with what was in it.
struct Read {
    delivery: Claimed,
    parsed: Parsed,
}

impl Intake {
    /// Takes what is due and works on it. Returns how many deliveries that were; 0 means that there is nothing to do.
    ///
    /// # Errors
    /// The database's. What was claimed is due again when its lease ends.
    pub async fn turn(&mut self) -> Result<usize, StoreError> {
        self.let_pass().await;
        let now = self.clock.now();
        let mut tx = self.db.write().await?;
        let lease_until = now.plus_ms(self.lease_ms).as_ms();
        let claimed = inbox::claim_in_turn(&mut tx, &mut self.rotation, now.as_ms(), lease_until, CLAIM_MAX).await?;
        tx.commit().await?;
        let count = claimed.len();
        let Some(name) = claimed.first().map(|delivery| delivery.workspace.clone()) else { return Ok(0) };
        let Some(workspace) = self.workspaces.get(&name).cloned() else {
            for delivery in claimed {
                self.give_up(&delivery, &format!("no workspace `{name}` is configured any more")).await?;
            }
            return Ok(count);
        };
        let most = if self.db.slots() == 1 { SLICE_EVENTS_ALONE } else { SLICE_EVENTS_SHARED };
        let mut slice: Vec<Read> = Vec::new();
        for delivery in claimed {
            let read = self.read(&workspace, delivery);
            let waiting: usize = slice.iter().map(|read| read.parsed.events.len()).sum();
            if !slice.is_empty() && waiting + read.parsed.events.len() > most {
                self.derive_or_split(&workspace, std::mem::take(&mut slice)).await?;
                self.let_pass().await;
            }
            slice.push(read);
        }
        self.derive_or_split(&workspace, slice).await?;
        Ok(count)
    }

    /// An acknowledgement is waited for, numbers are not yet.
    async fn let_pass(&mut self) {
        if let Some(first) = &self.first {
            self.seen = first.lull(self.seen).await;
        }
    }

    fn read(&self, workspace: &Workspace, delivery: Claimed) -> Read {
        let source = workspace.defs().sources.iter().find(|source| source.id == delivery.source);
        let kind = source.and_then(|source| Kind::from_word(&source.kind));
        let parsed = match (source, kind) {
            (Some(source), Some(kind)) => {
                parse(kind, &delivery.body, &workspace.settings_of(source), Instant(delivery.received_at_ms))
            }
            _ => Parsed {
                unreadable: vec![Unreadable {
                    index: None,
                    reason: format!("no source `{}` is configured any more", delivery.source),
                }],
                ..Parsed::default()
            },
        };
        Read { delivery, parsed }
    }

    /// Derives a slice; if that fails, each delivery alone, so that a bad one does not hold up the others.
    async fn derive_or_split(&self, workspace: &Workspace, slice: Vec<Read>) -> Result<(), StoreError> {
        let whole = self.derive(workspace, &slice).await;
        let Err(why) = whole else { return Ok(()) };
        if slice.len() == 1 {
            return self.fail(&slice[0].delivery, &why).await;
        }
        for read in slice {
            let one = [read];
            if let Err(why) = self.derive(workspace, &one).await {
                self.fail(&one[0].delivery, &why).await?;
            }
        }
        Ok(())
    }

    /// Steps 4 to 8 of the walk, in one transaction.
    async fn derive(&self, workspace: &Workspace, slice: &[Read]) -> Result<(), DeriveError> {
        let now = self.clock.now();
        let batch = slice.iter().flat_map(|read| incoming(workspace, read)).collect::<Vec<_>>();
        let (mut tx, derived) = derive(&self.db, workspace, &batch, now).await?;
        decide::enqueue(&mut tx, workspace, &derived, now).await?;
        self.conclude(&mut tx, slice, now).await?;
        // Last, since everything of one source shares these rows.
        note_sightings(&mut tx, workspace, slice).await?;
        derived.seen.write(&mut tx, workspace).await?;
        tx.commit().await?;
        observe(slice, &derived);
        Ok(())
    }

    /// Marks deliveries as done; what could not be read is kept with its reason.
    async fn conclude(&self, tx: &mut Tx, slice: &[Read], now: Instant) -> Result<(), StoreError> {
        let (unread, done): (Vec<&Read>, Vec<&Read>) =
            slice.iter().partition(|read| !read.parsed.unreadable.is_empty());
        let done: Vec<&Claimed> = done.into_iter().map(|read| &read.delivery).collect();
        inbox::done(tx, &done, now.as_ms()).await?;
        for read in unread {
            let reasons: Vec<String> = read.parsed.unreadable.iter().take(5).map(reason_of).collect();
            inbox::unreadable(tx, &read.delivery, &reasons.join("; "), now.as_ms()).await?;
        }
        Ok(())
    }

    async fn fail(&self, delivery: &Claimed, why: &DeriveError) -> Result<(), StoreError> {
        if delivery.attempts >= TRIES_MAX {
            return self.give_up(delivery, &why.to_string()).await;
        }
        tracing::warn!(delivery.id = delivery.id, attempts = delivery.attempts, "could not derive a delivery: {why}");
        let due = self.clock.now().plus_ms(RETRY_MS * delivery.attempts.max(1));
        let mut tx = self.db.write().await?;
        inbox::retry_later(&mut tx, delivery, due.as_ms(), &why.to_string()).await?;
        tx.commit().await
    }

    async fn give_up(&self, delivery: &Claimed, why: &str) -> Result<(), StoreError> {
        tracing::error!(delivery.id = delivery.id, source = delivery.source, "kept a delivery apart: {why}");
        let mut tx = self.db.write().await?;
        inbox::unreadable(&mut tx, delivery, why, self.clock.now().as_ms()).await?;
        tx.commit().await
    }
}

/// Counts what was seen of each source.
async fn note_sightings(tx: &mut Tx, workspace: &Workspace, slice: &[Read]) -> Result<(), StoreError> {
    let zone = &workspace.defs().workspace.zone;
    let mut seen: BTreeMap<(Day, &str, &str), (i64, i64)> = BTreeMap::new();
    for read in slice {
        let (source, at) = (read.delivery.source.as_str(), read.delivery.received_at_ms);
        let day = zone.day_of(Instant(at));
        for name in read.parsed.events.iter().map(|event| event.kind.as_str()).chain([sightings::DELIVERY]) {
            let (n, last) = seen.entry((day, source, name)).or_insert((0, at));
            *n += 1;
            *last = at.max(*last);
        }
    }
    let mut by_day: BTreeMap<Day, Vec<Sighting>> = BTreeMap::new();
    for ((day, source, name), (n, last_at_ms)) in seen {
        let sighting = Sighting { source: source.to_owned(), name: name.to_owned(), n, last_at_ms };
        by_day.entry(day).or_default().push(sighting);
    }
    for (day, sightings) in &by_day {
        sightings::add(tx, &workspace.name, *day, sightings).await?;
    }
    Ok(())
}

fn reason_of(unreadable: &Unreadable) -> String {
    match unreadable.index {
        Some(index) => format!("element {index}: {}", unreadable.reason),
        None => unreadable.reason.clone(),
    }
}

fn incoming<'a>(workspace: &'a Workspace, read: &'a Read) -> impl Iterator<Item = Incoming> + 'a {
    read.parsed.events.iter().map(|event| Incoming {
        source: read.delivery.source.clone(),
        by: workspace.role_of(event.owner.as_deref()),
        event: event.clone(),
        delivery: Some(read.delivery.id),
    })
}

fn observe(slice: &[Read], derived: &Derived) {
    let ignored: u64 = slice.iter().flat_map(|read| read.parsed.ignored.values()).sum();
    let unreadable: usize = slice.iter().map(|read| read.parsed.unreadable.len()).sum();
    metrics::counter!("shiftbell_deliveries_derived_total").increment(slice.len() as u64);
    metrics::counter!("shiftbell_events_appended_total").increment(derived.appended as u64);
    metrics::counter!("shiftbell_events_already_known_total").increment(derived.already_known as u64);
    metrics::counter!("shiftbell_events_held_total").increment(derived.held as u64);
    metrics::counter!("shiftbell_events_set_aside_total").increment(derived.set_aside as u64);
    metrics::counter!("shiftbell_elements_ignored_total").increment(ignored);
    metrics::counter!("shiftbell_elements_unreadable_total").increment(unreadable as u64);
}
