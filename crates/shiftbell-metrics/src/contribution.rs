//! What one entity adds to the numbers, and how two versions of it differ.

use std::sync::Arc;

pub use crate::codec::{Corrupt, Name, Shared};
use crate::codec::{Dictionary, Names, Reader, Writer};
use crate::id::EntityId;
use crate::money::{Currency, Money};
use crate::time::Instant;
use crate::value::Value;

/// The target under which an entry keeps the time to its loss on the left.
pub const LOST: &str = "lost";
/// The target under which an entry keeps the time to its end on the right.
pub const GONE: &str = "gone";

/// The field under which an entry that is due about a customer keeps which one it is: the account.
pub const ACCOUNT: &str = "account";

/// One occurrence in a series: an entity reached a stage for the first time, a fact happened, or a record stands open.
///
/// Names of dimensions, targets, measures and fields are kept as text, in order, so that old bytes stay readable when
/// the definitions change.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry {
    pub entity: EntityId,
    /// Which event it was, for facts; 0 for stages and open records.
    pub event: u64,
    pub at: Instant,
    /// Who did it, in lower case.
    pub actor: Option<Name>,
    /// Who owned the entity then.
    pub owner: Option<Name>,
    /// Who owned the entity's contact then.
    pub sourced: Option<Name>,
    /// Dimension and value, where known.
    pub dims: Vec<(Name, Name)>,
    /// Milliseconds to each later stage (its id), to facts (`fact/<name>`), to [`LOST`] and to [`GONE`]. Never negative.
    pub lags: Vec<(Name, i64)>,
    /// Measure (`deal.annual_amount`) and amount.
    pub sums: Vec<(Name, Money)>,
    /// Field and value as JSON, for open records.
    pub state: Vec<(Name, Name)>,
}

impl Entry {
    pub fn new(entity: EntityId, event: u64, at: Instant) -> Entry {
        Entry {
            entity,
            event,
            at,
            actor: None,
            owner: None,
            sourced: None,
            dims: Vec::new(),
            lags: Vec::new(),
            sums: Vec::new(),
            state: Vec::new(),
        }
    }

    /// Puts dimensions, lags, sums and state in the order of their names, one of each: equal entries are equal bytes.
    pub fn settle(&mut self) {
        fn by_name<T>(pairs: &mut Vec<(Name, T)>) {
            pairs.sort_by(|a, b| a.0.cmp(&b.0));
            pairs.dedup_by(|a, b| a.0 == b.0);
        }
        by_name(&mut self.dims);
        by_name(&mut self.lags);
        by_name(&mut self.sums);
        by_name(&mut self.state);
    }

    /// The value of a dimension, `None` if it is not known.
    pub fn dim(&self, dimension: &str) -> Option<&Name> {
        self.dims.iter().find(|(name, _)| &**name == dimension).map(|(_, value)| value)
    }

    /// Milliseconds to a target, `None` if it was not reached.
    pub fn lag(&self, target: &str) -> Option<i64> {
        self.lags.iter().find(|(name, _)| &**name == target).map(|(_, lag)| *lag)
    }

    /// Whether the end of an open record that was announced has come.
    pub fn is_over(&self, now: Instant) -> bool {
        self.lag(GONE).is_some_and(|lag| self.at.plus_ms(lag) <= now)
    }

    /// The amount of a measure.
    pub fn sum(&self, measure: &str) -> Option<Money> {
        self.sums.iter().find(|(name, _)| &**name == measure).map(|(_, money)| *money)
    }

    /// The value of a field of an open record.
    pub fn state(&self, field: &str) -> Option<Value> {
        let (_, json) = self.state.iter().find(|(name, _)| &**name == field)?;
        serde_json::from_str(json).ok().map(Value::from_json)
    }
}

/// One entry with its place: the motion and the series (`mql`, `fact/call`, `open/deal`, `expansion/won`).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Row {
    pub motion: Name,
    pub series: Name,
    pub entry: Entry,
}

/// Everything that one entity adds, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Contribution {
    rows: Vec<Row>,
}

/// The first byte of a stored contribution.
const CONTRIBUTION_FORMAT: u8 = 1;

impl Contribution {
    pub fn new(mut rows: Vec<Row>) -> Contribution {
        for row in &mut rows {
            row.entry.settle();
        }
        rows.sort_unstable();
        rows.dedup();
        Contribution { rows }
    }

    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Equal contributions have equal bytes.
    pub fn encode(&self) -> Vec<u8> {
        let mut names = Dictionary::default();
        let mut body = Writer::default();
        body.count(self.rows.len());
        for row in &self.rows {
            let motion = names.place(&row.motion);
            body.number(motion);
            let series = names.place(&row.series);
            body.number(series);
            write_entry(&row.entry, &mut names, &mut body);
        }
        let mut whole = Writer::default();
        whole.byte(CONTRIBUTION_FORMAT);
        names.write(&mut whole);
        whole.bytes.extend_from_slice(&body.bytes);
        whole.bytes
    }

    pub fn into_rows(self) -> Vec<Row> {
        self.rows
    }

    pub fn decode(bytes: &[u8]) -> Result<Contribution, Corrupt> {
        Contribution::read(bytes, Dictionary::read)
    }

    /// As [`Contribution::decode`], for whoever reads many.
    pub fn decode_shared(bytes: &[u8], shared: &mut Shared) -> Result<Contribution, Corrupt> {
        Contribution::read(bytes, |reader| Dictionary::read_shared(reader, shared))
    }

    fn read(
        bytes: &[u8],
        names: impl FnOnce(&mut Reader<'_>) -> Result<Names, Corrupt>,
    ) -> Result<Contribution, Corrupt> {
        let mut reader = Reader::new(bytes, "contribution");
        if reader.byte()? != CONTRIBUTION_FORMAT {
            return Err(reader.corrupt("an unknown format"));
        }
        let names = names(&mut reader)?;
        let count = reader.count(16)?;
        let mut rows = Vec::with_capacity(count);
        for _ in 0..count {
            let motion = names.need(reader.number()?, &reader)?;
            let series = names.need(reader.number()?, &reader)?;
            rows.push(Row { motion, series, entry: read_entry(&names, &mut reader)? });
        }
        reader.finish()?;
        Ok(Contribution { rows })
    }
}

fn write_entry(entry: &Entry, names: &mut Dictionary, body: &mut Writer) {
    body.fixed(entry.entity.0.cast_unsigned());
    body.number(entry.event);
    body.signed(entry.at.0);
    for person in [&entry.actor, &entry.owner, &entry.sourced] {
        let place = names.place_of(person.as_ref());
        body.number(place);
    }
    for pairs in [&entry.dims, &entry.state] {
        body.count(pairs.len());
        for (name, value) in pairs {
            let (name, value) = (names.place(name), names.place(value));
            body.number(name);
            body.number(value);
        }
    }
    body.count(entry.lags.len());
    for (target, lag) in &entry.lags {
        let target = names.place(target);
        body.number(target);
        body.signed(*lag);
    }
    body.count(entry.sums.len());
    for (measure, money) in &entry.sums {
        let (measure, currency) = (names.place(measure), names.place(&Name::from(money.currency.code())));
        body.number(measure);
        body.number(currency);
        body.signed(money.minor);
    }
}

fn read_entry(names: &Names, reader: &mut Reader<'_>) -> Result<Entry, Corrupt> {
    let entity = EntityId(reader.fixed()?.cast_signed());
    let event = reader.number()?;
    let mut entry = Entry::new(entity, event, Instant(reader.signed()?));
    entry.actor = names.get(reader.number()?, reader)?;
    entry.owner = names.get(reader.number()?, reader)?;
    entry.sourced = names.get(reader.number()?, reader)?;
    for which in 0..2 {
        for _ in 0..reader.count(2)? {
            let name = names.need(reader.number()?, reader)?;
            let value = names.need(reader.number()?, reader)?;
            if which == 0 { entry.dims.push((name, value)) } else { entry.state.push((name, value)) }
        }
    }
    for _ in 0..reader.count(2)? {
        let target = names.need(reader.number()?, reader)?;
        entry.lags.push((target, reader.signed()?));
    }
    for _ in 0..reader.count(3)? {
        let measure = names.need(reader.number()?, reader)?;
        let code = names.need(reader.number()?, reader)?;
        let currency = Currency::from_code(&code).ok_or_else(|| reader.corrupt("an unknown currency"))?;
        entry.sums.push((measure, Money::new(reader.signed()?, currency)));
    }
    Ok(entry)
}

/// How a contribution changed: what leaves the numbers and what enters them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Delta {
    pub removed: Vec<Row>,
    pub added: Vec<Row>,
}

impl Delta {
    pub fn is_empty(&self) -> bool {
        self.removed.is_empty() && self.added.is_empty()
    }

    /// Joins another delta to this one. What one removes and the other adds is left for the blobs to cancel out.
    pub fn merge(&mut self, other: Delta) {
        self.removed.extend(other.removed);
        self.added.extend(other.added);
    }
}

/// What turns `old` into `new`.
pub fn delta(old: &Contribution, new: &Contribution) -> Delta {
    let mut change = Delta::default();
    let (mut before, mut after) = (old.rows.iter().peekable(), new.rows.iter().peekable());
    loop {
        let order = match (before.peek(), after.peek()) {
            (None, None) => return change,
            (Some(_), None) => std::cmp::Ordering::Less,
            (None, Some(_)) => std::cmp::Ordering::Greater,
            (Some(old), Some(new)) => old.cmp(new),
        };
        match order {
            std::cmp::Ordering::Less => change.removed.extend(before.next().cloned()),
            std::cmp::Ordering::Greater => change.added.extend(after.next().cloned()),
            std::cmp::Ordering::Equal => {
                before.next();
                after.next();
            }
        }
    }
}

/// A name that is made here.
pub(crate) fn name(text: &str) -> Name {
    Arc::from(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(series: &str, at: i64) -> Row {
        let mut entry = Entry::new(EntityId(-5), 9, Instant(at));
        entry.owner = Some(name("ann@clowns.example"));
        entry.dims.push((name("product"), name("small-parties")));
        entry.lags.push((name("sql"), 86_400_000));
        entry.sums.push((name("deal.amount"), Money::new(-120, Currency::USD)));
        entry.state.push((name("deal.open"), name("true")));
        Row { motion: name("b2b"), series: name(series), entry }
    }

    #[test]
    fn a_contribution_is_read_as_it_was_written() {
        let contribution = Contribution::new(vec![row("won", -4), row("mql", 1_790_000_000_000)]);
        let bytes = contribution.encode();
        assert_eq!(Contribution::decode(&bytes).unwrap(), contribution);
        assert_eq!(contribution.rows()[0].entry.state("deal.open"), Some(Value::Bool(true)));
    }

    #[test]
    fn cut_bytes_are_an_error_and_never_a_panic() {
        let bytes = Contribution::new(vec![row("won", -4), row("mql", 17)]).encode();
        for length in 0..bytes.len() {
            assert!(Contribution::decode(&bytes[..length]).is_err(), "cut at {length}");
        }
    }

    #[test]
    fn a_delta_holds_only_what_differs() {
        let old = Contribution::new(vec![row("mql", 1), row("sql", 2)]);
        let new = Contribution::new(vec![row("mql", 1), row("sql", 3)]);
        let change = delta(&old, &new);
        assert_eq!(change.removed, [row("sql", 2)]);
        assert_eq!(change.added, [row("sql", 3)]);
        assert!(delta(&new, &new).is_empty());
    }
}
