//! The first day of a source: what its history shows that is still open, once, in one list. None of it pings anyone.
//!
//! A source that is asked for what it has is read when its first round is over; a file when its import is. The list is
//! unique by constraint of the outbox, so that any number of processes may look.

use shiftbell_metrics::contribution::{Entry, Row};
use shiftbell_metrics::definitions::{Rule, RuleKind};
use shiftbell_metrics::id::EntityId;
use shiftbell_metrics::leak::{OldLeaks, old_leaks, still_open};
use shiftbell_metrics::money::Money;
use shiftbell_metrics::time::{Day, Instant};
use shiftbell_render::facts::{Footer, SeenBy, Sources};
use shiftbell_render::messages::{FirstDay, Notice, OldLeak};
use shiftbell_store::{StoreError, Tx, cursors, entities, events};

use super::silence::keeper;
use super::tell;
use crate::answer::AskError;
use crate::companies::Company;
use crate::program::Program;
use crate::work::poll;
use crate::work::shelf::Shelf;
use crate::work::source_name;
use crate::work::story::Story;

/// Leaks that are named.
const NAMED_MAX: usize = 10;
/// Records whose events are read at once.
const RECORDS_AT_ONCE: usize = 500;
/// Days between which every record stands.
const ALL_DAYS: (Day, Day) = (Day(-1_000_000), Day(10_000_000));

/// History is in, and nobody has looked at it.
const READ: &str = "read";
/// Somebody has.
const TOLD: &str = "told";

/// Says that everything a source has had is in: its list is made at the next turn, unless it was made before.
///
/// # Errors
/// The database's.
pub async fn is_read(tx: &mut Tx, workspace: &str, source: &str, now: Instant) -> Result<(), StoreError> {
    let cursor = cursor_of(source);
    if cursors::get(tx, workspace, &cursor).await?.is_none() {
        cursors::set(tx, workspace, &cursor, READ, now.as_ms()).await?;
    }
    Ok(())
}

fn cursor_of(source: &str) -> String {
    format!("first-day/{source}")
}

/// Makes the list of every source whose history is in. Returns how many messages were put into the outbox.
///
/// # Errors
/// The database's, or events that cannot be read.
pub async fn turn(program: &Program, company: &Company) -> Result<usize, AskError> {
    let mut count = 0;
    for source in &company.defs().sources {
        let mut snapshot = program.db.read().await?;
        let kept = cursors::get(&mut snapshot, company.name(), &cursor_of(&source.id)).await?;
        drop(snapshot);
        let is_in = match kept.as_deref() {
            Some(TOLD) => false,
            Some(_) => true,
            None => has_ended_its_first_round(program, company, &source.id).await?,
        };
        if is_in {
            count += list(program, company, &source.id).await?;
        }
    }
    Ok(count)
}

async fn has_ended_its_first_round(program: &Program, company: &Company, source: &str) -> Result<bool, AskError> {
    if company.doors.get(source).is_none_or(|door| door.token.is_none()) {
        return Ok(false);
    }
    match poll::position(&program.db, company.name(), source).await {
        Ok(position) => Ok(!position.is_backfill()),
        Err(error) => {
            tracing::warn!(source, %error, "it cannot be seen whether the source was read; its old leaks wait");
            Ok(false)
        }
    }
}

/// Finds what is open, tells it, and remembers that it did, in one transaction.
async fn list(program: &Program, company: &Company, source: &str) -> Result<usize, AskError> {
    let now = program.clock.now();
    let mut shelf = Shelf::open(program, company, now).await?;
    let mut leaks = Vec::new();
    for rule in company.defs().rules.iter().filter(|rule| rule.not_active.is_none()) {
        leaks.extend(of_rule(&mut shelf, rule, source, now).await?);
    }
    drop(shelf);
    let mut tx = program.db.write().await?;
    let mut count = 0;
    if let (Some(found), Some(keeper)) = (old_leaks(leaks, NAMED_MAX), keeper(company)) {
        let notice = Notice::from(message(company, source, found));
        let key = cursor_of(source);
        count = usize::from(tell(&mut tx, company, &keeper, &key, notice, 1, now).await?.is_some());
    }
    cursors::set(&mut tx, company.name(), &cursor_of(source), TOLD, now.as_ms()).await?;
    tx.commit().await?;
    if count > 0 {
        program.woken.delivery.notify_one();
    }
    Ok(count)
}

type Leak = (Option<Money>, Instant, OldLeak);

/// What a rule would have told, had it watched then: only rules that say how it ends, of which it is known that it has not.
async fn of_rule(shelf: &mut Shelf<'_>, rule: &Rule, source: &str, now: Instant) -> Result<Vec<Leak>, AskError> {
    let (RuleKind::Event { fact }, Some(ends)) = (&rule.kind, &rule.ends) else { return Ok(Vec::new()) };
    let defs = shelf.company.defs();
    let motions = defs.motions.iter().filter(|motion| rule.motion.as_ref().is_none_or(|only| *only == motion.id));
    let mut leaks = Vec::new();
    for motion in motions {
        let happened = shelf.entries(&motion.id, &format!("fact/{fact}"), ALL_DAYS).await?;
        let ended = shelf.entries(&motion.id, &format!("fact/{ends}"), ALL_DAYS).await?;
        for some in still_open(happened, &ended).chunks(RECORDS_AT_ONCE) {
            leaks.extend(told(shelf, rule, (&motion.id, fact), some, source, now).await?);
        }
    }
    Ok(leaks)
}

/// What these are, as the events of their accounts say; only what this source told.
async fn told(
    shelf: &mut Shelf<'_>,
    rule: &Rule,
    (motion, fact): (&str, &str),
    open: &[Entry],
    source: &str,
    now: Instant,
) -> Result<Vec<Leak>, AskError> {
    let workspace = &shelf.company.workspace;
    let of: Vec<EntityId> = open.iter().map(|entry| entry.entity).collect();
    let known = entities::get(&mut shelf.snapshot, &workspace.name, &of).await?;
    let account_of =
        |entity: EntityId| known.iter().find(|known| known.id == entity).map_or(entity, |known| known.account);
    let mut accounts: Vec<EntityId> = of.iter().map(|entity| account_of(*entity)).collect();
    accounts.sort();
    accounts.dedup();
    let stored = events::of_accounts(&mut shelf.snapshot, &workspace.name, &accounts).await?;
    let mut leaks = Vec::new();
    for entry in open {
        let account = account_of(entry.entity);
        let mine = stored.iter().filter(|stored| stored.account == account);
        let mine: Vec<_> = mine.filter_map(|stored| Some((stored.event().ok()?, stored.source.clone()))).collect();
        let row = Row { motion: motion.into(), series: format!("fact/{fact}").into(), entry: entry.clone() };
        let Some(story) = Story::of(workspace, &row, &mine, None).filter(|story| story.source() == source) else {
            continue;
        };
        leaks.extend(story.old_leak(rule, fact, now).map(|leak| (leak.worth, entry.at, leak)));
    }
    Ok(leaks)
}

fn message(company: &Company, source: &str, found: OldLeaks<OldLeak>) -> FirstDay {
    let zone = &company.defs().workspace.zone;
    FirstDay {
        source: source_name(company.defs(), source),
        found: found.found,
        worth: found.worth,
        oldest: zone.day_of(found.oldest).date(),
        largest: found.largest,
        footer: Footer { data_to: None, sources: Sources::Unsaid, seen_by: SeenBy::OnlyYou, receipt: None },
    }
}
