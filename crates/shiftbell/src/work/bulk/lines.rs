//! The first pass: lines become events, and every event goes to the part of its entity.

use std::io::{self, BufRead};
use std::sync::{Mutex, PoisonError};

use shiftbell_metrics::event::Event;
use shiftbell_metrics::time::Instant;
use shiftbell_sources::file;

use super::BulkError;
use super::known::Known;
use super::parts::{Parts, Spill};
use super::record;
use crate::work::Workspace;
use crate::work::derive::{Incoming, Timeliness, keys_of, timeliness};
use crate::work::facts_seen::is_recent;

/// What one thread takes from the file at once, up to the end of a line.
const CHUNK_BYTES: usize = 512 * 1024;

/// The file, read by several threads in turns.
pub(super) struct Lines<R>(Mutex<At<R>>);

struct At<R> {
    input: R,
    chunks: u64,
    lines: u64,
}

/// Some whole lines of the file.
struct Chunk {
    number: u64,
    /// How many lines stand before.
    before: u64,
    bytes: Vec<u8>,
}

impl<R: BufRead> Lines<R> {
    pub(super) fn new(input: R) -> Lines<R> {
        Lines(Mutex::new(At { input, chunks: 0, lines: 0 }))
    }

    fn next(&self) -> io::Result<Option<Chunk>> {
        let mut at = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut bytes = Vec::with_capacity(CHUNK_BYTES + CHUNK_BYTES / 8);
        loop {
            let there = at.input.fill_buf()?;
            let taken = there.len().min(CHUNK_BYTES.saturating_sub(bytes.len()));
            if taken == 0 {
                break;
            }
            bytes.extend_from_slice(&there[..taken]);
            at.input.consume(taken);
        }
        if bytes.is_empty() {
            return Ok(None);
        }
        if bytes.last() != Some(&b'\n') {
            at.input.read_until(b'\n', &mut bytes)?;
        }
        if bytes.last() == Some(&b'\n') {
            bytes.pop();
        }
        let chunk = Chunk { number: at.chunks, before: at.lines, bytes };
        at.chunks += 1;
        at.lines += chunk.bytes.split(|byte| *byte == b'\n').count() as u64;
        Ok(Some(chunk))
    }
}

/// What is to be said of one chunk of lines.
#[derive(Debug, Default)]
pub(super) struct Said {
    pub(super) chunk: u64,
    /// Its last line.
    pub(super) line: u64,
    pub(super) timely: u64,
    /// Events that are held or set aside, which is rare.
    pub(super) others: Vec<Incoming>,
    pub(super) refused: Vec<(u64, String)>,
}

/// Reads chunks until the file ends. `tell` says whether somebody still listens.
pub(super) fn read<R: BufRead>(
    lines: &Lines<R>,
    workspace: &Workspace,
    (source, now): (&str, Instant),
    (known, parts): (&Known, &Parts),
    tell: impl Fn(Said) -> bool,
) -> Result<(), BulkError> {
    let mut spill = Spill::new(parts);
    while let Some(chunk) = lines.next()? {
        let mut said = Said { chunk: chunk.number, line: chunk.before, ..Said::default() };
        for bytes in chunk.bytes.split(|byte| *byte == b'\n') {
            said.line += 1;
            match file::line(bytes) {
                Ok(None) => {}
                Err(why) => said.refused.push((said.line, why)),
                Ok(Some(event)) => {
                    let by = workspace.role_of(event.owner.as_deref());
                    if timeliness(event.at, now) == Timeliness::Timely {
                        said.timely += 1;
                        take(workspace, &event, (said.line, by.as_deref(), now), known, &mut spill)?;
                    } else {
                        said.others.push(Incoming { source: source.to_owned(), event, by, delivery: None });
                    }
                }
            }
        }
        if !tell(said) {
            return Ok(());
        }
    }
    Ok(spill.finish()?)
}

fn take(
    workspace: &Workspace,
    event: &Event,
    (line, by, now): (u64, Option<&str>, Instant),
    known: &Known,
    spill: &mut Spill<'_>,
) -> Result<(), BulkError> {
    let plan = &workspace.meaning.plan;
    let facts: Vec<usize> = if is_recent(event.at, now) { plan.shown(event, by).collect() } else { Vec::new() };
    for key in keys_of(event) {
        known.name(key.kind, &key.id)?;
    }
    let body = event.to_text();
    Ok(spill.put(event.entity_id(), |out| record::write(out, event, (line, by, &facts), &body))?)
}
