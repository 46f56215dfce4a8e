//! Brings a file of events into the numbers. It never pings anyone.
//!
//! Each batch is one transaction together with how far the file was read, so that an import that was cut off goes on where it
//! was, and one that is run again changes nothing. Into a workspace without numbers the events are only appended, and the
//! numbers are built once at the end.

use shiftbell_metrics::event::Event;
use shiftbell_metrics::time::Instant;
use shiftbell_store::{Db, cursors, generations, workspaces};

use super::Workspace;
use super::derive::{DeriveError, Derived, Incoming, derive};
use super::rebuild::{is_current, rebuild};

/// Events of one transaction, where they only have to be appended, and where every account is folded again.
const APPENDED_AT_ONCE: usize = 10_000;
const DERIVED_AT_ONCE: usize = 1_000;
/// Refusals that are kept with their line.
const REFUSALS_MAX: usize = 20;

/// What came of an import.
#[derive(Debug, Default)]
pub struct Imported {
    /// Lines or rows that were there already read by an import that was cut off.
    pub resumed_after: u64,
    pub appended: u64,
    pub already_known: u64,
    pub held: u64,
    pub set_aside: u64,
    pub refused: u64,
    /// The first of those refused: place in the file, from 1, and why.
    pub refusals: Vec<(u64, String)>,
}

/// How far it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// So many lines or rows are read.
    Read(u64),
    /// So many accounts are built.
    Built(u64),
}

/// Where events come from: a source, and a name for this file by which an import that was cut off is found again.
#[derive(Clone, Copy, Debug)]
pub struct File<'a> {
    pub source: &'a str,
    pub key: &'a str,
}

impl File<'_> {
    /// Under which name it is kept how far an import has read.
    pub(super) fn cursor(&self) -> String {
        format!("import/{}/{}", self.source, self.key)
    }
}

/// Imports events in the order of the file. `None` is a line with nothing in it; an error says why a line is no event.
///
/// # Errors
/// The database's. What was imported until then stays.
pub async fn import(
    db: &Db,
    workspace: &Workspace,
    file: File<'_>,
    mut lines: impl Iterator<Item = Result<Option<Event>, String>>,
    now: Instant,
    mut progress: impl FnMut(Progress),
) -> Result<Imported, DeriveError> {
    let cursor = file.cursor();
    let mut tx = db.write().await?;
    workspaces::ensure(&mut tx, &workspace.name, now.as_ms()).await?;
    let read = cursors::get(&mut tx, &workspace.name, &cursor).await?.and_then(|at| at.parse().ok()).unwrap_or(0);
    let has_numbers = generations::live(&mut tx, &workspace.name).await?.is_some();
    tx.commit().await?;
    let at_once = if has_numbers { DERIVED_AT_ONCE } else { APPENDED_AT_ONCE };
    let mut imported = Imported { resumed_after: read, ..Imported::default() };
    let mut line = 0;
    while line < read && lines.next().is_some() {
        line += 1;
    }
    loop {
        let mut batch = Vec::with_capacity(at_once);
        let before = line;
        while batch.len() < at_once {
            let Some(next) = lines.next() else { break };
            line += 1;
            match next {
                Ok(Some(event)) => batch.push(Incoming {
                    by: workspace.role_of(event.owner.as_deref()),
                    source: file.source.to_owned(),
                    event,
                    delivery: None,
                }),
                Ok(None) => {}
                Err(why) => imported.refuse(line, why),
            }
        }
        if line == before {
            break;
        }
        let (mut tx, derived) = derive(db, workspace, &batch, now).await?;
        cursors::set(&mut tx, &workspace.name, &cursor, &line.to_string(), now.as_ms()).await?;
        derived.seen.write(&mut tx, workspace).await?;
        tx.commit().await?;
        imported.count(&derived);
        progress(Progress::Read(line));
    }
    if !is_current(db, workspace).await? {
        rebuild(db, workspace, now, |built| progress(Progress::Built(built))).await?;
    }
    let mut tx = db.write().await?;
    cursors::remove(&mut tx, &workspace.name, &cursor).await?;
    tx.commit().await?;
    Ok(imported)
}

impl Imported {
    fn count(&mut self, derived: &Derived) {
        self.appended += derived.appended as u64;
        self.already_known += derived.already_known as u64;
        self.held += derived.held as u64;
        self.set_aside += derived.set_aside as u64;
    }

    pub(super) fn refuse(&mut self, line: u64, why: String) {
        self.refused += 1;
        if self.refusals.len() < REFUSALS_MAX {
            self.refusals.push((line, why));
        }
    }
}
