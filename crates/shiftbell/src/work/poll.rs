//! Asks a source for what it has, and works it in. The source says what to ask next (`shiftbell-sources`); here are the
//! connection, the clock and the database.
//!
//! Several requests are under way at once, as far as the limits of the source allow, also while a page is worked in.
//! Each page is one transaction together with how far the poll is, so that a program that is killed goes on at the last page
//! and no page counts twice. No transaction is open while a request is under way. The first round reads what the source has
//! had for long and never pings anyone; each later one is news, and decides like a webhook would.

mod check;
mod connection;
mod page;
mod worker;

use shiftbell_metrics::id::EntityKind;
use shiftbell_metrics::time::Instant;
use shiftbell_sources::SourceSettings;
use shiftbell_sources::hubspot::poll::{Ask, Check, Poll, PollProblem, Position, Ticket, Wanted};
use shiftbell_store::{Db, Session, StoreError, cursors};
use tokio_util::sync::CancellationToken;

use super::Workspace;
use super::derive::{DeriveError, Derived};
use crate::clock::Clock;
use crate::portal;

pub use connection::Connection;
use connection::Said;
pub use worker::keep_asking;

/// A source that can be asked.
#[derive(Debug)]
pub struct Polled<'a> {
    pub db: &'a Db,
    pub clock: &'a Clock,
    pub workspace: &'a Workspace,
    pub settings: &'a SourceSettings,
    pub connection: &'a Connection,
    /// Ends a round between two requests.
    pub stop: &'a CancellationToken,
}

/// Why a round ended before its end. It goes on at the same page the next time.
#[derive(Debug, thiserror::Error)]
pub enum PollError {
    #[error(transparent)]
    Problem(#[from] PollProblem),
    #[error(transparent)]
    Derive(#[from] DeriveError),
    #[error("another process reads this source now")]
    Elsewhere,
}

impl From<StoreError> for PollError {
    fn from(error: StoreError) -> PollError {
        PollError::Derive(error.into())
    }
}

/// What came of a round.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Round {
    /// Whether it was the first, which tells what happened long ago.
    pub is_backfill: bool,
    /// Whether it was read to its end; otherwise the program was asked to stop.
    pub is_complete: bool,
    /// Records that an earlier run of the same round had read.
    pub resumed_after: u64,
    /// Records read in all.
    pub read: u64,
    pub appended: u64,
    pub already_known: u64,
    pub held: u64,
    pub set_aside: u64,
    /// Forms that were filled in by people who are not known yet. They are looked for again in the next rounds.
    pub filled_by_nobody: u64,
    /// The full check, if it was part of this round.
    pub checked: Option<Check>,
    /// What the token may not read, one sentence each.
    pub left_out: Vec<String>,
}

/// How far it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// So many records of about so many are read, and what comes next.
    Read { read: u64, of: u64, next: &'static str },
    /// The source wants to be left alone until then.
    Waiting { until: Instant },
}

/// Under which name it is kept how far a poll is.
fn cursor_of(source: &str) -> String {
    format!("poll/{source}")
}

/// Where the poll of a source is.
///
/// # Errors
/// The database's.
pub async fn position(db: &Db, workspace: &str, source: &str) -> Result<Position, PollError> {
    read_position(kept(db, workspace, source).await?.as_deref())
}

/// The last full check of a source, if there was one. What is kept in a way that cannot be read is for the poll to complain of.
///
/// # Errors
/// The database's.
pub async fn last_check(session: &mut Session, workspace: &str, source: &str) -> Result<Option<Check>, StoreError> {
    let kept = cursors::get(session, workspace, &cursor_of(source)).await?;
    Ok(read_position(kept.as_deref()).ok().and_then(|position| position.checked))
}

async fn kept(db: &Db, workspace: &str, source: &str) -> Result<Option<String>, PollError> {
    let mut snapshot = db.read().await?;
    Ok(cursors::get(&mut snapshot, workspace, &cursor_of(source)).await?)
}

fn read_position(kept: Option<&str>) -> Result<Position, PollError> {
    let read = kept.map_or(Ok(Position::default()), serde_json::from_str);
    Ok(read.map_err(|why| DeriveError::Unreadable { what: "place of a poll", why: why.to_string() })?)
}

/// Forgets where the poll of a source is, so that everything is read again.
///
/// # Errors
/// The database's.
pub async fn forget(db: &Db, workspace: &str, source: &str) -> Result<(), PollError> {
    let mut tx = db.write().await?;
    cursors::remove(&mut tx, workspace, &cursor_of(source)).await?;
    Ok(tx.commit().await?)
}

/// Reads one round to its end: the one that is under way, else the next.
///
/// # Errors
/// What somebody must change, that another process reads it, or the database's. What was read until then stays.
pub async fn round(polled: &Polled<'_>, mut progress: impl FnMut(Progress)) -> Result<Round, PollError> {
    let mut before = kept(polled.db, &polled.workspace.name, &polled.settings.id).await?;
    let position = read_position(before.as_deref())?;
    // First, so that the owners and labels of what follows are known.
    if !portal::refresh(polled).await? {
        return Ok(Round { resumed_after: position.read, is_backfill: position.is_backfill(), ..Round::default() });
    }
    let settings = polled.settings.clone().with_labels(polled.workspace.known.labels(&polled.settings.id));
    let mut poll = Poll::new(settings, wanted(polled.workspace), position);
    let (resumed_after, is_backfill) = (poll.position().read, poll.position().is_backfill());
    let mut result = Round { resumed_after, is_backfill, ..Round::default() };
    let now = polled.clock.now();
    let checked_before = poll.position().checked.clone();
    poll.begin(now, check::is_due(poll.position(), polled.settings, &polled.workspace.defs().workspace.zone, now));
    // Dropped with the round, which ends what is under way.
    let mut under_way = UnderWay::new();
    while !polled.stop.is_cancelled() {
        while let Some(mut page) = poll.page() {
            if let Some(listed) = &page.listed {
                let ours = check::known(polled, listed).await?;
                poll.compare(&mut page, &ours);
            }
            result.filled_by_nobody += page.filled_by_nobody;
            result.read = page.position.read.max(result.read);
            let total = page.position.total();
            let next = page.position.next();
            let derived = page::work_in(polled, page, &mut before, !is_backfill).await?;
            result.count(&derived);
            progress(Progress::Read { read: result.read, of: total, next });
        }
        let until = match poll.ask(polled.clock.now()) {
            Ask::Done => {
                result.is_complete = true;
                break;
            }
            Ask::Send(ticket, request) => {
                let connection = polled.connection.clone();
                under_way.spawn(async move { (ticket, connection.send(&request).await) });
                continue;
            }
            Ask::Wait(until) => {
                progress(Progress::Waiting { until });
                Some(until)
            }
            Ask::Page => continue,
            Ask::Answer => None,
        };
        if let Some((ticket, said)) = next_answer(polled, &mut under_way, until).await {
            let now = polled.clock.now();
            said.read(|answer| poll.take(ticket, answer, now))?;
        }
    }
    result.checked = poll.position().checked.clone().filter(|check| Some(check) != checked_before.as_ref());
    result.left_out = poll.left_out().map(ToString::to_string).collect();
    Ok(result)
}

/// The requests that are under way.
type UnderWay = tokio::task::JoinSet<(Ticket, Said)>;

/// The answer that comes first; none, if a time comes before or the program is asked to stop.
async fn next_answer(polled: &Polled<'_>, under_way: &mut UnderWay, until: Option<Instant>) -> Option<(Ticket, Said)> {
    let time = async {
        match until {
            Some(until) => polled.clock.wait_until(until).await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        () = polled.stop.cancelled() => None,
        Some(answer) = under_way.join_next() => answer.ok(),
        () = time => None,
    }
}

impl Round {
    fn count(&mut self, derived: &Derived) {
        self.appended += derived.appended as u64;
        self.already_known += derived.already_known as u64;
        self.held += derived.held as u64;
        self.set_aside += derived.set_aside as u64;
    }
}

/// What the definitions read.
pub fn wanted(workspace: &Workspace) -> Wanted {
    let plan = &workspace.meaning.plan;
    let of = |kind| (kind, plan.fields_of(kind).map(str::to_owned).collect());
    let events = ["call", "email", "meeting", "task", "form"].into_iter().filter(|kind| plan.counts(kind));
    Wanted {
        fields: [EntityKind::Contact, EntityKind::Company, EntityKind::Deal].map(of).into(),
        events: events.map(str::to_owned).collect(),
    }
}
