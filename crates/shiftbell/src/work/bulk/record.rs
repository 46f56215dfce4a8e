//! One event on its way through the temporary files: what sorting and linking need in front, then the whole event as JSON.

use shiftbell_metrics::event::Event;
use shiftbell_metrics::id::EntityId;
use shiftbell_metrics::links::{Link, TargetId, links};
use shiftbell_metrics::time::Instant;

/// Of what kind a link is, in one byte; the eighth bit says that it leads somewhere.
const COMPANY: u8 = 0;
const CONTACT: u8 = 1;
const SAME: u8 = 2;
const LEADS: u8 = 0x80;
const LINK_BYTES: usize = 17;
const FACT_BYTES: usize = 4;

/// An event as it lies in a temporary file.
#[derive(Clone, Copy, Debug)]
pub(super) struct Record<'a> {
    pub(super) entity: EntityId,
    /// Its line in the file: of two with the same id, the first counts.
    pub(super) line: u64,
    pub(super) at: Instant,
    pub(super) id: &'a str,
    pub(super) kind: &'a str,
    /// The role of who did it; empty if it has none.
    pub(super) by: &'a str,
    /// The facts that it shows, where it happened lately.
    facts: &'a [u8],
    links: &'a [u8],
    pub(super) body: &'a str,
}

/// Appends an event to bytes. A role that is `Some("")` reads back as none: roles are never empty.
pub(super) fn write(out: &mut Vec<u8>, event: &Event, (line, by, facts): (u64, Option<&str>, &[usize]), body: &str) {
    let start = out.len();
    out.extend_from_slice(&[0; 4]);
    out.extend_from_slice(&event.entity_id().0.to_le_bytes());
    out.extend_from_slice(&line.to_le_bytes());
    out.extend_from_slice(&event.at.as_ms().to_le_bytes());
    for text in [event.id.as_str(), event.kind.as_str(), by.unwrap_or_default(), body] {
        out.extend_from_slice(&length(text.len()));
        out.extend_from_slice(text.as_bytes());
    }
    out.extend_from_slice(&length(facts.len() * FACT_BYTES));
    for fact in facts {
        out.extend_from_slice(&length(*fact));
    }
    for Link { child, to, .. } in links(event) {
        let (of, to) = match to.number() {
            TargetId::Company(to) => (COMPANY, to),
            TargetId::Contact(to) => (CONTACT, to),
            TargetId::Same(to) => (SAME, Some(to)),
        };
        out.push(of | if to.is_some() { LEADS } else { 0 });
        out.extend_from_slice(&child.number().0.to_le_bytes());
        out.extend_from_slice(&to.map_or(0, |to| to.0).to_le_bytes());
    }
    let size = length(out.len() - start - 4);
    out[start..start + 4].copy_from_slice(&size);
}

/// Lines are far shorter than what does not fit.
fn length(length: usize) -> [u8; 4] {
    u32::try_from(length).unwrap_or(u32::MAX).to_le_bytes()
}

impl<'a> Record<'a> {
    /// Reads the record at the start of these bytes and says how long it is; `None` at their end, or where they are damaged.
    pub(super) fn read(bytes: &'a [u8]) -> Option<(Record<'a>, usize)> {
        let mut rest = bytes;
        let size = take_length(&mut rest)?;
        let mut rest = rest.get(..size)?;
        let entity = EntityId(take_i64(&mut rest)?);
        let line = take_i64(&mut rest)?.cast_unsigned();
        let at = Instant(take_i64(&mut rest)?);
        let (id, kind) = (take_text(&mut rest)?, take_text(&mut rest)?);
        let (by, body) = (take_text(&mut rest)?, take_text(&mut rest)?);
        let facts = take_length(&mut rest)?;
        let (facts, links) = rest.split_at_checked(facts)?;
        Some((Record { entity, line, at, id, kind, by, facts, links, body }, size + 4))
    }

    /// The role of who did it.
    pub(super) fn by(&self) -> Option<&'a str> {
        (!self.by.is_empty()).then_some(self.by)
    }

    /// The facts that the event shows, by their place in the definitions, where it happened lately.
    pub(super) fn facts(&self) -> impl Iterator<Item = usize> + use<'a> {
        self.facts.chunks_exact(FACT_BYTES).filter_map(|mut bytes| take_length(&mut bytes))
    }

    /// The links that the event makes: from whom, and to whom.
    pub(super) fn links(&self) -> impl Iterator<Item = (EntityId, TargetId)> + use<'a> {
        self.links.chunks_exact(LINK_BYTES).filter_map(|bytes| {
            let (of, mut rest) = bytes.split_first()?;
            let child = EntityId(take_i64(&mut rest)?);
            let to = EntityId(take_i64(&mut rest)?);
            let there = (of & LEADS != 0).then_some(to);
            Some((
                child,
                match of & !LEADS {
                    COMPANY => TargetId::Company(there),
                    CONTACT => TargetId::Contact(there),
                    _ => TargetId::Same(to),
                },
            ))
        })
    }
}

pub(super) fn take_i64(bytes: &mut &[u8]) -> Option<i64> {
    let (first, rest) = bytes.split_first_chunk::<8>()?;
    *bytes = rest;
    Some(i64::from_le_bytes(*first))
}

pub(super) fn take_length(bytes: &mut &[u8]) -> Option<usize> {
    let (first, rest) = bytes.split_first_chunk::<4>()?;
    *bytes = rest;
    usize::try_from(u32::from_le_bytes(*first)).ok()
}

fn take_text<'a>(bytes: &mut &'a [u8]) -> Option<&'a str> {
    let size = take_length(bytes)?;
    let (text, rest) = bytes.split_at_checked(size)?;
    *bytes = rest;
    std::str::from_utf8(text).ok()
}

/// Events of one temporary file, in the order of their keys, each once.
#[derive(Debug, Default)]
pub(super) struct Sorted {
    bytes: Vec<u8>,
    places: Vec<usize>,
    /// How many were there more than once.
    pub(super) repeated: u64,
}

impl Sorted {
    /// Sorts by `first`, then entity and id; of those with the same id the first of the file stays.
    /// `None` if the bytes are damaged.
    pub(super) fn new<K: Ord>(bytes: Vec<u8>, first: impl Fn(&Record<'_>) -> K) -> Option<Sorted> {
        let mut keyed = Vec::new();
        let mut place = 0;
        while place < bytes.len() {
            let (record, size) = Record::read(bytes.get(place..)?)?;
            keyed.push((first(&record), record.entity, record.id, record.line, place));
            place += size;
        }
        keyed.sort_unstable();
        let all = keyed.len();
        keyed.dedup_by(|a, b| (a.1, a.2) == (b.1, b.2));
        let repeated = (all - keyed.len()) as u64;
        let places = keyed.iter().map(|key| key.4).collect();
        Some(Sorted { bytes, places, repeated })
    }

    pub(super) fn records(&self) -> impl Iterator<Item = Record<'_>> {
        self.places.iter().filter_map(|place| Record::read(&self.bytes[*place..])).map(|(record, _)| record)
    }
}
