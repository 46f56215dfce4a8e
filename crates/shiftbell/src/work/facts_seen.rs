//! Counts how often each fact was seen in the last weeks, by source and day, from what each event says itself.
//!
//! Counted while events are appended; counted anew, from the events, once other definitions answer.

use std::collections::BTreeMap;

use shiftbell_metrics::event::Event;
use shiftbell_metrics::time::{Day, Instant, MS_PER_DAY};
use shiftbell_store::events::{self, Happened};
use shiftbell_store::facts_seen::{self, Seen};
use shiftbell_store::{Db, Session, StoreError, Tx, cursors};

use super::Workspace;
use super::derive::DeriveError;

/// How far back it is counted.
pub const DAYS: i32 = 30;
/// Under which name it is kept by which definitions the facts were counted.
const CURSOR: &str = "facts seen";
/// Events that are looked at together when everything is counted anew.
const PAGE_EVENTS: i64 = 5_000;

/// How often and when last something was seen, by fact (its place in the definitions) and day.
type OfSource = BTreeMap<(usize, Day), (i64, i64)>;

/// What was seen, by source.
#[derive(Debug, Default)]
pub struct Counted(BTreeMap<String, OfSource>);

/// Whether it happened so lately that it is counted.
pub(super) fn is_recent(at: Instant, now: Instant) -> bool {
    now.since(at) < i64::from(DAYS + 1) * MS_PER_DAY
}

impl Counted {
    /// Counts the facts that an event shows.
    pub(super) fn event(&mut self, workspace: &Workspace, source: &str, event: &Event, by: Option<&str>, now: Instant) {
        if is_recent(event.at, now) {
            for fact in workspace.meaning.plan.shown(event, by) {
                self.fact(workspace, source, fact, event.at);
            }
        }
    }

    /// Counts a fact that was seen.
    pub(super) fn fact(&mut self, workspace: &Workspace, source: &str, fact: usize, at: Instant) {
        let day = workspace.defs().workspace.zone.day_of(at);
        if !self.0.contains_key(source) {
            self.0.insert(source.to_owned(), BTreeMap::new());
        }
        if let Some(of_source) = self.0.get_mut(source) {
            let (n, last) = of_source.entry((fact, day)).or_insert((0, at.as_ms()));
            *n += 1;
            *last = at.as_ms().max(*last);
        }
    }

    fn rows(&self, workspace: &Workspace) -> Vec<Seen> {
        let facts = &workspace.defs().facts;
        let row = |source: &String, (fact, day): (usize, Day), (n, last_at_ms): (i64, i64)| {
            let fact = facts.get(fact)?.name.clone();
            Some(Seen { source: source.clone(), fact, day, n, last_at_ms })
        };
        let all = self.0.iter().flat_map(|(source, of)| of.iter().map(move |(key, seen)| (source, *key, *seen)));
        all.filter_map(|(source, key, seen)| row(source, key, seen)).collect()
    }

    /// Adds it to what was seen before. Rows of one source are shared by everything of it: last in a transaction.
    ///
    /// # Errors
    /// The database's.
    pub async fn write(&self, tx: &mut Tx, workspace: &Workspace) -> Result<(), StoreError> {
        if self.0.is_empty() { Ok(()) } else { facts_seen::add(tx, &workspace.name, &self.rows(workspace)).await }
    }
}

/// What was seen in the last days of the facts of these definitions. Where others are counted, or none, it is counted from the
/// events, which takes as long as reading them.
///
/// # Errors
/// The database's.
pub async fn lately(session: &mut Session, workspace: &Workspace, now: Instant) -> Result<Vec<Seen>, DeriveError> {
    let first = workspace.defs().workspace.zone.day_of(now).plus(-DAYS);
    let mut seen = match kept(session, workspace, first).await? {
        Some(kept) => kept,
        None => count(session, workspace, now).await?.rows(workspace),
    };
    seen.retain(|seen| seen.day >= first);
    seen.sort();
    Ok(seen)
}

/// What was counted since this day, if it was by these definitions.
///
/// # Errors
/// The database's.
pub(super) async fn kept(
    session: &mut Session,
    workspace: &Workspace,
    since: Day,
) -> Result<Option<Vec<Seen>>, StoreError> {
    if !is_counted(session, workspace).await? {
        return Ok(None);
    }
    Ok(Some(facts_seen::since(session, &workspace.name, since).await?))
}

async fn is_counted(session: &mut Session, workspace: &Workspace) -> Result<bool, StoreError> {
    let by = cursors::get(session, &workspace.name, CURSOR).await?;
    Ok(by.as_ref() == Some(&workspace.defs().meaning))
}

/// Counts everything anew, unless these definitions are counted already. What is appended by another process while it counts
/// may be missed or counted twice: it is told to people, and no number rests on it.
///
/// # Errors
/// The database's.
pub async fn recount(db: &Db, workspace: &Workspace, now: Instant) -> Result<(), DeriveError> {
    let mut snapshot = db.read().await?;
    if is_counted(&mut snapshot, workspace).await? {
        return Ok(());
    }
    let counted = count(&mut snapshot, workspace, now).await?;
    drop(snapshot);
    let mut tx = db.write().await?;
    facts_seen::clear(&mut tx, &workspace.name).await?;
    is_current(&mut tx, workspace, now).await?;
    counted.write(&mut tx, workspace).await?;
    Ok(tx.commit().await?)
}

/// Notes that what is counted are the facts of these definitions.
pub(super) async fn is_current(tx: &mut Tx, workspace: &Workspace, now: Instant) -> Result<(), StoreError> {
    cursors::set(tx, &workspace.name, CURSOR, &workspace.defs().meaning, now.as_ms()).await
}

async fn count(session: &mut Session, workspace: &Workspace, now: Instant) -> Result<Counted, DeriveError> {
    let mut counted = Counted::default();
    each(session, workspace, now, |happened, event| {
        counted.event(workspace, &happened.source, event, happened.by_role.as_deref(), now);
    })
    .await?;
    Ok(counted)
}

/// Shows every event of the last days.
///
/// # Errors
/// The database's.
pub async fn each(
    session: &mut Session,
    workspace: &Workspace,
    now: Instant,
    mut look: impl FnMut(&Happened, &Event),
) -> Result<(), DeriveError> {
    let since = now.plus_ms(-i64::from(DAYS + 1) * MS_PER_DAY);
    let mut after = None;
    loop {
        let page = events::happened_since(session, &workspace.name, since, after.as_ref(), PAGE_EVENTS).await?;
        for happened in &page {
            let event = Event::from_json(&happened.body)
                .map_err(|why| DeriveError::Unreadable { what: "event", why: why.to_string() })?;
            look(happened, &event);
        }
        match page.into_iter().next_back() {
            Some(last) => after = Some((last.entity, last.source, last.external_id)),
            None => return Ok(()),
        }
    }
}
