//! The fast way into an empty SQLite database: sort first, so that every table is written once, in the order of its keys.
//!
//! The file is read by two threads into temporary files, one for each part of the numbers of entities. Each is sorted, written to
//! the table of events, and gives its links. Then accounts are known: events are gathered by account, folded, and what they
//! contribute is counted chunk by chunk. What results is what [`super::import`] and [`super::rebuild`] would give, row by row.

mod counted;
mod folded;
mod known;
mod lines;
mod parts;
mod record;

use std::collections::BTreeMap;
use std::io::BufRead;
use std::path::Path;
use std::sync::Arc;

use shiftbell_metrics::cell::Tally;
use shiftbell_metrics::fold::FOLD_VERSION;
use shiftbell_metrics::time::Instant;
use shiftbell_store::events::Written;
use shiftbell_store::{
    Bulk, StoreError, accounts, cells, contributions, cursors, entities, events, generations, segments, workspaces,
};
use tokio::sync::mpsc;
use tokio::task::{JoinHandle, spawn_blocking};

use super::Workspace;
use super::derive::{Timeliness, keep_apart, new_event, timeliness};
use super::facts_seen::{self, Counted};
use super::import::{File, Imported, Progress};
use super::refold::{cell_key, segment_key};
use known::{Accounts, Known, Settled};
use lines::{Lines, Said};
use parts::Parts;
use record::Sorted;

/// Threads that read and fold: writing has one of its own.
const THREADS: usize = 2;
/// Rows that are given to the database at once.
const ROWS_AT_ONCE: usize = 4_096;
/// Rows of the numbers that answered before: of an empty database, so there are few.
const ROWS_REMOVED_AT_ONCE: i64 = 5_000;

/// Why a fast import came to nothing. The database is as it was.
#[derive(Debug, thiserror::Error)]
pub enum BulkError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the file, or a temporary file beside the database, cannot be read or written: {0}")]
    File(#[from] std::io::Error),
    #[error("a temporary file beside the database was changed by somebody else; begin again")]
    Damaged,
    #[error("a part of the import stopped: {0}")]
    Stopped(#[from] tokio::task::JoinError),
}

/// Imports NDJSON lines into the database of this URL if it is SQLite and empty and nobody has it open. `None` if it is not: then
/// [`super::import`] is the way. Its tables must be there.
///
/// # Errors
/// [`BulkError`]. Whenever this is cut short, the database is as it was.
pub async fn import_at_once<R: BufRead + Send + 'static>(
    url: &str,
    workspace: &Workspace,
    file: File<'_>,
    input: R,
    now: Instant,
    progress: impl FnMut(Progress),
) -> Result<Option<Imported>, BulkError> {
    let Some(bulk) = Bulk::begin(url).await? else { return Ok(None) };
    let imported = fill(&bulk, workspace, file, input, now, progress).await?;
    bulk.finish().await?;
    Ok(Some(imported))
}

/// Fills an empty database with NDJSON lines and their numbers. The caller ends it with [`Bulk::finish`].
///
/// # Errors
/// [`BulkError`]; drop the `bulk` then.
pub async fn fill<R: BufRead + Send + 'static>(
    bulk: &Bulk,
    workspace: &Workspace,
    file: File<'_>,
    input: R,
    now: Instant,
    mut progress: impl FnMut(Progress),
) -> Result<Imported, BulkError> {
    let folder = bulk.folder()?;
    let fill = Fill { bulk, workspace: workspace.clone(), source: file.source.into(), now, folder: &folder };
    let mut tx = bulk.write().await?;
    workspaces::ensure(&mut tx, &workspace.name, now.as_ms()).await?;
    // An earlier import of this file that was cut off before its first event begins again.
    cursors::remove(&mut tx, &workspace.name, &file.cursor()).await?;
    let begun =
        generations::begin(&mut tx, &workspace.name, &workspace.defs().meaning, i64::from(FOLD_VERSION), now.as_ms())
            .await?;
    tx.commit().await?;
    let mut imported = Imported::default();
    let (known, parts) = fill.read(input, &mut imported, &mut progress).await?;
    let known = fill.write_events(known, Arc::clone(&parts), &mut imported).await?;
    let accounts = fill.write_entities(known).await?;
    let folded = fill.fold(parts, accounts, &mut progress).await?;
    fill.write_numbers(folded, begun.generation).await?;
    let mut tx = bulk.write().await?;
    generations::switch(&mut tx, &workspace.name, begun.generation, now.as_ms()).await?;
    while generations::remove_retired(&mut tx, &workspace.name, ROWS_REMOVED_AT_ONCE).await? > 0 {}
    tx.commit().await?;
    Ok(imported)
}

struct Fill<'a> {
    bulk: &'a Bulk,
    workspace: Workspace,
    source: Arc<str>,
    now: Instant,
    folder: &'a Path,
}

impl Fill<'_> {
    /// Reads the file into parts by entity.
    async fn read<R: BufRead + Send + 'static>(
        &self,
        input: R,
        imported: &mut Imported,
        progress: &mut impl FnMut(Progress),
    ) -> Result<(Arc<Known>, Arc<Parts>), BulkError> {
        let (lines, known) = (Arc::new(Lines::new(input)), Arc::new(Known::new()));
        let parts = Arc::new(Parts::create(self.folder, "events")?);
        let (send, mut receive) = mpsc::channel(16);
        let threads: Vec<JoinHandle<Result<(), BulkError>>> = (0..THREADS)
            .map(|_| {
                let (lines, known, parts) = (Arc::clone(&lines), Arc::clone(&known), Arc::clone(&parts));
                let (workspace, source, now) = (self.workspace.clone(), Arc::clone(&self.source), self.now);
                let send = send.clone();
                let tell = move |said| send.blocking_send(said).is_ok();
                spawn_blocking(move || lines::read(&lines, &workspace, (&source, now), (&known, &parts), tell))
            })
            .collect();
        drop(send);
        // Chunks are done out of order, but of two events with one id the first counts.
        let mut waiting: BTreeMap<u64, Said> = BTreeMap::new();
        let mut next = 0;
        while let Some(said) = receive.recv().await {
            waiting.insert(said.chunk, said);
            while let Some(said) = waiting.remove(&next) {
                next += 1;
                progress(Progress::Read(said.line));
                self.note(said, imported).await?;
            }
        }
        for thread in threads {
            thread.await??;
        }
        Ok((known, parts))
    }

    async fn note(&self, said: Said, imported: &mut Imported) -> Result<(), BulkError> {
        // Until it is known how many are repeated.
        imported.appended += said.timely;
        for (line, why) in said.refused {
            imported.refuse(line, why);
        }
        if said.others.is_empty() {
            return Ok(());
        }
        let (mut early, mut untrue) = (Vec::new(), Vec::new());
        for incoming in &said.others {
            match timeliness(incoming.event.at, self.now) {
                Timeliness::Early => early.push(new_event(incoming)),
                Timeliness::Untrue(why) => untrue.push((incoming, why)),
                Timeliness::Timely => {}
            }
        }
        imported.held += early.len() as u64;
        imported.set_aside += untrue.len() as u64;
        let mut tx = self.bulk.write().await?;
        keep_apart(&mut tx, &self.workspace.name, &early, &untrue, self.now).await?;
        Ok(tx.commit().await?)
    }

    /// Writes every event once, in the order of the keys, and takes its links.
    async fn write_events(
        &self,
        known: Arc<Known>,
        parts: Arc<Parts>,
        imported: &mut Imported,
    ) -> Result<Known, BulkError> {
        let (send, mut receive) = mpsc::channel::<Sorted>(1);
        let sorting = spawn_blocking(move || {
            for part in parts::in_order() {
                let sorted = Sorted::new(parts.load(part)?, |_| ()).ok_or(BulkError::Damaged)?;
                for record in sorted.records() {
                    for (child, to) in record.links() {
                        known.link(child, to, record.at);
                    }
                }
                if send.blocking_send(sorted).is_err() {
                    break;
                }
            }
            Ok::<_, BulkError>(known)
        });
        let mut seen = Counted::default();
        while let Some(sorted) = receive.recv().await {
            imported.appended -= sorted.repeated;
            imported.already_known += sorted.repeated;
            for record in sorted.records() {
                record.facts().for_each(|fact| seen.fact(&self.workspace, &self.source, fact, record.at));
            }
            let mut tx = self.bulk.write().await?;
            let mut rows = sorted.records().map(|record| Written {
                entity: record.entity,
                external_id: record.id,
                at: record.at,
                kind: record.kind,
                body: record.body,
                by_role: record.by(),
            });
            loop {
                let some: Vec<Written<'_>> = rows.by_ref().take(ROWS_AT_ONCE).collect();
                if some.is_empty() {
                    break;
                }
                events::append_written(&mut tx, &self.workspace.name, &self.source, &some).await?;
            }
            tx.commit().await?;
        }
        let mut tx = self.bulk.write().await?;
        seen.write(&mut tx, &self.workspace).await?;
        facts_seen::is_current(&mut tx, &self.workspace, self.now).await?;
        tx.commit().await?;
        let known = sorting.await??;
        Arc::into_inner(known).ok_or(BulkError::Damaged)
    }

    async fn write_entities(&self, known: Known) -> Result<Arc<Accounts>, BulkError> {
        let mut settled = spawn_blocking(move || known.settle()).await?;
        let name = &self.workspace.name;
        for part in parts::in_order() {
            let of_part = settled.take_entities(part);
            let mut tx = self.bulk.write().await?;
            for some in of_part.chunks(ROWS_AT_ONCE) {
                entities::insert(&mut tx, name, some).await?;
            }
            tx.commit().await?;
        }
        let Settled { accounts: known, .. } = settled;
        let mut tx = self.bulk.write().await?;
        for some in known.all().chunks(ROWS_AT_ONCE) {
            accounts::lock(&mut tx, name, some).await?;
        }
        tx.commit().await?;
        Ok(Arc::new(known))
    }

    /// Gathers events by account and folds them.
    async fn fold(
        &self,
        events: Arc<Parts>,
        accounts: Arc<Accounts>,
        progress: &mut impl FnMut(Progress),
    ) -> Result<Arc<Parts>, BulkError> {
        let by_account = Arc::new(Parts::create(self.folder, "accounts")?);
        let turn = Arc::new(folded::Turn::default());
        let routing: Vec<JoinHandle<Result<(), BulkError>>> = (0..THREADS)
            .map(|_| {
                let (turn, events) = (Arc::clone(&turn), Arc::clone(&events));
                let (accounts, into) = (Arc::clone(&accounts), Arc::clone(&by_account));
                spawn_blocking(move || folded::route(&turn, &events, &accounts, &into))
            })
            .collect();
        for thread in routing {
            thread.await??;
        }
        let folded = Arc::new(Parts::create(self.folder, "contributions")?);
        let turn = Arc::new(folded::Turn::default());
        let (send, mut receive) = mpsc::channel(16);
        let folding: Vec<JoinHandle<Result<(), BulkError>>> = (0..THREADS)
            .map(|_| {
                let (turn, events, accounts) = (Arc::clone(&turn), Arc::clone(&by_account), Arc::clone(&accounts));
                let (workspace, source, into) = (self.workspace.clone(), Arc::clone(&self.source), Arc::clone(&folded));
                let send = send.clone();
                let tell = move |n| send.blocking_send(n).is_ok();
                spawn_blocking(move || folded::fold(&turn, &events, &accounts, (&workspace, &source), &into, tell))
            })
            .collect();
        drop(send);
        let mut built = 0;
        while let Some(more) = receive.recv().await {
            built += more;
            progress(Progress::Built(built));
        }
        for thread in folding {
            thread.await??;
        }
        Ok(folded)
    }

    async fn write_numbers(&self, folded: Arc<Parts>, generation: i64) -> Result<(), BulkError> {
        let name = &self.workspace.name;
        let (send, mut receive) = mpsc::channel::<counted::Segments>(1);
        let (parts, workspace) = (Arc::clone(&folded), self.workspace.clone());
        let tell = move |segments| send.blocking_send(segments).is_ok();
        let counting = spawn_blocking(move || counted::count(&parts, &workspace, tell));
        self.write_contributions(&folded, generation).await?;
        while let Some(of_chunk) = receive.recv().await {
            let mut tx = self.bulk.write().await?;
            let mut rows: BTreeMap<_, _> =
                of_chunk.into_iter().map(|(key, body)| (segment_key(key), Some(body))).collect();
            while !rows.is_empty() {
                segments::store(&mut tx, name, generation, &take_first(&mut rows)).await?;
            }
            tx.commit().await?;
        }
        let mut cells = counting.await??.into_iter().flat_map(Tally::cells);
        let mut tx = self.bulk.write().await?;
        loop {
            let rows: BTreeMap<_, _> =
                cells.by_ref().take(ROWS_AT_ONCE).map(|(key, cell)| (cell_key(key), cell.encode())).collect();
            if rows.is_empty() {
                break;
            }
            cells::store(&mut tx, name, generation, &rows).await?;
        }
        Ok(tx.commit().await?)
    }

    /// Writes what each entity contributes, in the order of the keys.
    async fn write_contributions(&self, folded: &Arc<Parts>, generation: i64) -> Result<(), BulkError> {
        for part in parts::in_order() {
            let folded = Arc::clone(folded);
            let rows = spawn_blocking(move || folded::rows_of(&folded.load(part)?)).await??;
            let mut tx = self.bulk.write().await?;
            for some in rows.chunks(ROWS_AT_ONCE) {
                contributions::store(&mut tx, &self.workspace.name, generation, some).await?;
            }
            tx.commit().await?;
        }
        Ok(())
    }
}

/// Takes the next rows out.
fn take_first<K: Ord, V>(from: &mut BTreeMap<K, V>) -> BTreeMap<K, V> {
    std::iter::from_fn(|| from.pop_first()).take(ROWS_AT_ONCE).collect()
}
