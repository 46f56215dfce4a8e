//! The third pass: contributions become segments and cells, one chunk at a time.

use std::collections::HashMap;

use shiftbell_metrics::cell::{Tally, packed_on};
use shiftbell_metrics::contribution::{Contribution, Entry, Name, Shared};
use shiftbell_metrics::segment::{CHUNKS, Segment, SegmentKey};
use shiftbell_metrics::time::Day;

use super::folded::{Turn, all_of};
use super::parts::{PARTS, Parts};
use super::{BulkError, THREADS};
use crate::work::Workspace;

/// The segments of one chunk, in order.
pub(super) type Segments = Vec<(SegmentKey, Vec<u8>)>;

/// The entries of one chunk by motion, series and day.
type Entries = HashMap<(Name, Name, Day), Vec<Entry>>;

/// Who counts, from chunk to chunk.
struct Counter {
    cells: Tally,
    shared: Shared,
}

/// Counts one chunk after the other: several threads share each, since the entries of one fill a good part of the memory that
/// an import may take. `tell` is given the segments of each chunk and says whether to go on. Returns the
/// cells, of all chunks together.
pub(super) fn count(
    folded: &Parts,
    workspace: &Workspace,
    tell: impl Fn(Segments) -> bool,
) -> Result<Option<Tally>, BulkError> {
    let counter = || Counter { cells: Tally::new(&workspace.meaning.plan), shared: Shared::default() };
    let mut counters: Vec<Counter> = std::iter::repeat_with(counter).take(THREADS).collect();
    for chunk in 0..CHUNKS {
        if !tell(count_one(chunk, folded, workspace, &mut counters)?) {
            break;
        }
    }
    let cells = counters.into_iter().map(|counter| counter.cells);
    Ok(cells.reduce(|mut all, more| {
        all.merge(more);
        all
    }))
}

fn count_one(
    chunk: u16,
    folded: &Parts,
    workspace: &Workspace,
    counters: &mut [Counter],
) -> Result<Segments, BulkError> {
    let width = PARTS / CHUNKS;
    let parts = Turn::default();
    let read = |counter: &mut Counter| {
        let mut found: Vec<Entries> = std::iter::repeat_with(Entries::new).take(THREADS).collect();
        while let Some(part) = parts.next(width) {
            take(&folded.load(chunk * width + part)?, workspace, counter, &mut found)?;
        }
        Ok::<_, BulkError>(found)
    };
    let mut found = at_once(counters.iter_mut().map(|counter| || read(counter)).collect())?;
    // Each thread packs the days that fell to it, whoever read them.
    let of_thread = |thread: usize| found.iter_mut().map(|of| std::mem::take(&mut of[thread])).collect();
    let packing: Vec<Vec<Entries>> = (0..THREADS).map(of_thread).collect();
    let packed = at_once(packing.into_iter().map(|of| move || Ok(pack(of, chunk))).collect())?;
    let mut segments: Segments = packed.into_iter().flatten().collect();
    segments.sort_unstable_by(|a, b| a.0.cmp(&b.0));
    Ok(segments)
}

/// Runs one thread for each, and waits for all of them.
fn at_once<T: Send, F: FnOnce() -> Result<T, BulkError> + Send>(work: Vec<F>) -> Result<Vec<T>, BulkError> {
    std::thread::scope(|scope| {
        let threads: Vec<_> = work.into_iter().map(|work| scope.spawn(work)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap_or(Err(BulkError::Damaged))).collect()
    })
}

/// Counts the entries of a part, and sorts them by thread, motion, series and day.
fn take(bytes: &[u8], workspace: &Workspace, counter: &mut Counter, found: &mut [Entries]) -> Result<(), BulkError> {
    let zone = &workspace.defs().workspace.zone;
    for one in all_of(bytes)?.into_iter().filter(|one| one.counts) {
        let contribution =
            Contribution::decode_shared(one.body, &mut counter.shared).map_err(|_| BulkError::Damaged)?;
        for row in contribution.into_rows() {
            let day = zone.day_of(row.entry.at);
            counter.cells.count(&row, day);
            let packed = packed_on(&row.series, day);
            let thread = packed.0.unsigned_abs() as usize % THREADS;
            found[thread].entry((row.motion, row.series, packed)).or_default().push(row.entry);
        }
    }
    Ok(())
}

/// Packs entries, which several may have found, into segments.
fn pack(found: Vec<Entries>, chunk: u16) -> Segments {
    let mut found = found.into_iter();
    let mut all = found.next().unwrap_or_default();
    for more in found {
        for (key, entries) in more {
            all.entry(key).or_default().extend(entries);
        }
    }
    let segment = |((motion, series, day), entries)| {
        Some((SegmentKey { motion, series, day, chunk }, Segment::new(entries).encode()?))
    };
    all.into_iter().filter_map(segment).collect()
}
