//! The bytes of a segment: a dictionary of texts, then one column after another.

use std::collections::BTreeSet;

use crate::codec::{Corrupt, Dictionary, Name, Reader, Texts, Writer};
use crate::contribution::Entry;
use crate::id::EntityId;
use crate::money::{Currency, Money};
use crate::time::Instant;

const SEGMENT_FORMAT: u8 = 1;

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Entity = 1,
    Event = 2,
    At = 3,
    Actor = 4,
    Owner = 5,
    Sourced = 6,
    Dim = 7,
    Lag = 8,
    Sum = 9,
    State = 10,
}

const KINDS: [Kind; 10] = [
    Kind::Entity,
    Kind::Event,
    Kind::At,
    Kind::Actor,
    Kind::Owner,
    Kind::Sourced,
    Kind::Dim,
    Kind::Lag,
    Kind::Sum,
    Kind::State,
];

/// Who a person is to an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Credit {
    Actor,
    Owner,
    Sourced,
}

impl Credit {
    fn kind(self) -> Kind {
        match self {
            Credit::Actor => Kind::Actor,
            Credit::Owner => Kind::Owner,
            Credit::Sourced => Kind::Sourced,
        }
    }
}

type PersonOf = fn(&Entry) -> Option<&Name>;

/// Writes entries that are in order.
pub(super) fn encode(entries: &[Entry]) -> Vec<u8> {
    let mut texts = Dictionary::default();
    let mut body = Writer::default();
    let mut columns = 0_usize;
    let mut column = |texts: &mut Dictionary,
                      kind: Kind,
                      name: Option<&Name>,
                      write: &mut dyn FnMut(&mut Dictionary, &mut Writer)| {
        let mut payload = Writer::default();
        write(texts, &mut payload);
        body.byte(kind as u8);
        let place = texts.place_of(name);
        body.number(place);
        body.count(payload.bytes.len());
        body.bytes.extend_from_slice(&payload.bytes);
        columns += 1;
    };
    column(&mut texts, Kind::Entity, None, &mut |_, to| {
        let mut last = 0_i64;
        for entry in entries {
            to.number(entry.entity.0.wrapping_sub(last).cast_unsigned());
            last = entry.entity.0;
        }
    });
    if entries.iter().any(|entry| entry.event != 0) {
        column(&mut texts, Kind::Event, None, &mut |_, to| entries.iter().for_each(|entry| to.fixed(entry.event)));
    }
    column(&mut texts, Kind::At, None, &mut |_, to| {
        let base = entries.iter().map(|entry| entry.at.0).min().unwrap_or(0);
        to.signed(base);
        entries.iter().for_each(|entry| to.number(entry.at.0.wrapping_sub(base).cast_unsigned()));
    });
    let people: [(Kind, PersonOf); 3] = [
        (Kind::Actor, |entry| entry.actor.as_ref()),
        (Kind::Owner, |entry| entry.owner.as_ref()),
        (Kind::Sourced, |entry| entry.sourced.as_ref()),
    ];
    for (kind, person) in people {
        if entries.iter().any(|entry| person(entry).is_some()) {
            column(&mut texts, kind, None, &mut |texts, to| {
                entries.iter().for_each(|entry| to.number(texts.place_of(person(entry))));
            });
        }
    }
    for dim in names_of(entries, |entry| entry.dims.iter().map(|(name, _)| name)) {
        column(&mut texts, Kind::Dim, Some(dim), &mut |texts, to| {
            entries.iter().for_each(|entry| to.number(texts.place_of(entry.dim(dim))));
        });
    }
    for target in names_of(entries, |entry| entry.lags.iter().map(|(name, _)| name)) {
        column(&mut texts, Kind::Lag, Some(target), &mut |_, to| {
            for entry in entries {
                to.number(entry.lag(target).map_or(0, |lag| lag.max(0).cast_unsigned() + 1));
            }
        });
    }
    for measure in names_of(entries, |entry| entry.sums.iter().map(|(name, _)| name)) {
        column(&mut texts, Kind::Sum, Some(measure), &mut |texts, to| {
            for entry in entries {
                let sum = entry.sum(measure);
                to.number(sum.map_or(0, |sum| texts.place(&Name::from(sum.currency.code()))));
                if let Some(sum) = sum {
                    to.signed(sum.minor);
                }
            }
        });
    }
    for field in names_of(entries, |entry| entry.state.iter().map(|(name, _)| name)) {
        column(&mut texts, Kind::State, Some(field), &mut |texts, to| {
            for entry in entries {
                let value = entry.state.iter().find(|(name, _)| name == field).map(|(_, value)| value);
                to.number(texts.place_of(value));
            }
        });
    }
    let mut whole = Writer::default();
    whole.byte(SEGMENT_FORMAT);
    whole.count(entries.len());
    texts.write(&mut whole);
    whole.count(columns);
    whole.bytes.extend_from_slice(&body.bytes);
    whole.bytes
}

fn names_of<'e, I: Iterator<Item = &'e Name>>(
    entries: &'e [Entry],
    names: impl Fn(&'e Entry) -> I,
) -> BTreeSet<&'e Name> {
    entries.iter().flat_map(names).collect()
}

/// A segment whose columns are read when they are needed.
#[derive(Debug)]
pub struct Columns<'a> {
    count: usize,
    texts: Texts<'a>,
    columns: Vec<(Kind, u64, Reader<'a>)>,
    reader: Reader<'a>,
}

impl<'a> Columns<'a> {
    pub fn read(bytes: &'a [u8]) -> Result<Columns<'a>, Corrupt> {
        let mut reader = Reader::new(bytes, "segment");
        if reader.byte()? != SEGMENT_FORMAT {
            return Err(reader.corrupt("an unknown format"));
        }
        let count = reader.count(2)?;
        let texts = Texts::read(&mut reader)?;
        let columns = reader.count(3)?;
        let mut found = Vec::with_capacity(columns);
        for _ in 0..columns {
            let tag = reader.byte()?;
            let kind = KINDS.into_iter().find(|kind| *kind as u8 == tag);
            let kind = kind.ok_or_else(|| reader.corrupt("an unknown column"))?;
            let name = reader.number()?;
            found.push((kind, name, reader.part()?));
        }
        let end = reader;
        reader.finish()?;
        Ok(Columns { count, texts, columns: found, reader: end })
    }

    /// How many entries.
    pub fn len(&self) -> usize {
        self.count
    }

    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The texts to which places point. Place 0 is "none"; place `n` is text `n - 1`.
    pub(crate) fn texts(&self) -> &Texts<'a> {
        &self.texts
    }

    /// The text at a place; `None` for place 0.
    pub(crate) fn text(&self, place: u64) -> Result<Option<Name>, Corrupt> {
        self.texts.get(place, &self.reader)
    }

    fn column(&self, kind: Kind, name: Option<&str>) -> Option<Reader<'a>> {
        let place = match name {
            Some(name) => self.texts.find(name)?,
            None => 0,
        };
        self.columns.iter().find(|(of, named, _)| *of == kind && *named == place).map(|(_, _, reader)| *reader)
    }

    fn numbers(&self, column: Option<Reader<'a>>) -> Result<Option<Vec<u64>>, Corrupt> {
        let Some(mut reader) = column else { return Ok(None) };
        let mut numbers = Vec::with_capacity(self.count);
        for _ in 0..self.count {
            numbers.push(reader.number()?);
        }
        reader.finish()?;
        Ok(Some(numbers))
    }

    /// The places of the values of a dimension; `None` if no entry has one.
    pub(crate) fn dim(&self, dimension: &str) -> Result<Option<Vec<u64>>, Corrupt> {
        self.numbers(self.column(Kind::Dim, Some(dimension)))
    }

    /// The places of the values of a field of open records and movements; `None` if no entry has one.
    pub(crate) fn state(&self, field: &str) -> Result<Option<Vec<u64>>, Corrupt> {
        self.numbers(self.column(Kind::State, Some(field)))
    }

    /// The places of persons; `None` if there are none.
    pub(crate) fn person(&self, credit: Credit) -> Result<Option<Vec<u64>>, Corrupt> {
        self.numbers(self.column(credit.kind(), None))
    }

    /// Milliseconds to a target plus one, 0 where it was not reached; `None` if nobody reached it.
    pub(crate) fn lag(&self, target: &str) -> Result<Option<Vec<u64>>, Corrupt> {
        self.numbers(self.column(Kind::Lag, Some(target)))
    }

    pub(crate) fn at(&self) -> Result<Vec<Instant>, Corrupt> {
        let mut reader = self.column(Kind::At, None).ok_or_else(|| self.reader.corrupt("no times"))?;
        let base = reader.signed()?;
        let offsets = self.numbers(Some(reader))?.unwrap_or_default();
        Ok(offsets.into_iter().map(|offset| Instant(base.wrapping_add(offset.cast_signed()))).collect())
    }

    pub(crate) fn entities(&self) -> Result<Vec<EntityId>, Corrupt> {
        let steps = self.numbers(self.column(Kind::Entity, None))?;
        let steps = steps.ok_or_else(|| self.reader.corrupt("no entities"))?;
        let mut last = 0_i64;
        Ok(steps
            .into_iter()
            .map(|step| {
                last = last.wrapping_add(step.cast_signed());
                EntityId(last)
            })
            .collect())
    }

    pub(crate) fn events(&self) -> Result<Vec<u64>, Corrupt> {
        let Some(mut reader) = self.column(Kind::Event, None) else { return Ok(vec![0; self.count]) };
        let events = (0..self.count).map(|_| reader.fixed()).collect::<Result<Vec<u64>, Corrupt>>()?;
        reader.finish()?;
        Ok(events)
    }

    /// The amounts of a measure; `None` if there are none.
    pub(crate) fn sums(&self, measure: &str) -> Result<Option<Vec<Option<Money>>>, Corrupt> {
        self.column(Kind::Sum, Some(measure)).map(|column| self.amounts(column)).transpose()
    }

    fn amounts(&self, mut reader: Reader<'a>) -> Result<Vec<Option<Money>>, Corrupt> {
        let mut amounts = Vec::with_capacity(self.count);
        let mut last: Option<(u64, Currency)> = None;
        for _ in 0..self.count {
            let place = reader.number()?;
            if place == 0 {
                amounts.push(None);
                continue;
            }
            let currency = match last {
                Some((known, currency)) if known == place => currency,
                Some(_) | None => {
                    let code = self.texts.need(place, &reader)?;
                    Currency::from_code(&code).ok_or_else(|| reader.corrupt("an unknown currency"))?
                }
            };
            last = Some((place, currency));
            amounts.push(Some(Money::new(reader.signed()?, currency)));
        }
        reader.finish()?;
        Ok(amounts)
    }

    /// Every entry, whole.
    pub fn entries(&self) -> Result<Vec<Entry>, Corrupt> {
        let (entities, events, at) = (self.entities()?, self.events()?, self.at()?);
        let mut entries: Vec<Entry> = entities
            .into_iter()
            .zip(events)
            .zip(at)
            .map(|((entity, event), at)| Entry::new(entity, event, at))
            .collect();
        for (kind, named, reader) in &self.columns {
            match kind {
                Kind::Entity | Kind::Event | Kind::At => {}
                Kind::Sum => {
                    let name = self.texts.need(*named, reader)?;
                    for (entry, sum) in entries.iter_mut().zip(self.amounts(*reader)?) {
                        entry.sums.extend(sum.map(|sum| (Name::clone(&name), sum)));
                    }
                }
                Kind::Lag => {
                    let name = self.texts.need(*named, reader)?;
                    for (entry, lag) in entries.iter_mut().zip(self.numbers(Some(*reader))?.unwrap_or_default()) {
                        if let Some(lag) = lag.checked_sub(1) {
                            entry.lags.push((Name::clone(&name), lag.cast_signed()));
                        }
                    }
                }
                Kind::Actor | Kind::Owner | Kind::Sourced | Kind::Dim | Kind::State => {
                    let is_named = matches!(kind, Kind::Dim | Kind::State);
                    let name = if is_named { self.texts.need(*named, reader)? } else { Name::from("") };
                    let places = self.numbers(Some(*reader))?.unwrap_or_default();
                    for (entry, place) in entries.iter_mut().zip(places) {
                        let text = self.texts.get(place, reader)?;
                        match kind {
                            Kind::Actor => entry.actor = text,
                            Kind::Owner => entry.owner = text,
                            Kind::Sourced => entry.sourced = text,
                            Kind::Dim => entry.dims.extend(text.map(|text| (Name::clone(&name), text))),
                            Kind::State => entry.state.extend(text.map(|text| (Name::clone(&name), text))),
                            Kind::Entity | Kind::Event | Kind::At | Kind::Lag | Kind::Sum => {}
                        }
                    }
                }
            }
        }
        Ok(entries)
    }
}
