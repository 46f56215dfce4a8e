//! Small numbers in few bytes: the byte form shared by contributions, segments and cells.

use std::cell::OnceCell;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use rustc_hash::FxHashMap;

/// A short text that many entries share.
pub type Name = Arc<str>;

/// Stored bytes that cannot be read: cut short, or written by something else. A rebuild replaces them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the stored bytes of a {what} are damaged ({why}); `shiftbell rebuild` writes them anew")]
pub struct Corrupt {
    pub what: &'static str,
    pub why: &'static str,
}

#[derive(Debug, Default)]
pub(crate) struct Writer {
    pub(crate) bytes: Vec<u8>,
}

impl Writer {
    pub(crate) fn byte(&mut self, byte: u8) {
        self.bytes.push(byte);
    }

    /// Seven bits a byte, lowest first.
    pub(crate) fn number(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.bytes.push((number as u8) | 0x80);
            number >>= 7;
        }
        self.bytes.push(number as u8);
    }

    pub(crate) fn count(&mut self, count: usize) {
        self.number(count as u64);
    }

    /// Small negative numbers stay small.
    pub(crate) fn signed(&mut self, number: i64) {
        self.number(((number << 1) ^ (number >> 63)).cast_unsigned());
    }

    pub(crate) fn wide(&mut self, number: i128) {
        let mut bits = ((number << 1) ^ (number >> 127)).cast_unsigned();
        while bits >= 0x80 {
            self.bytes.push((bits as u8) | 0x80);
            bits >>= 7;
        }
        self.bytes.push(bits as u8);
    }

    pub(crate) fn fixed(&mut self, number: u64) {
        self.bytes.extend_from_slice(&number.to_le_bytes());
    }

    pub(crate) fn text(&mut self, text: &str) {
        self.count(text.len());
        self.bytes.extend_from_slice(text.as_bytes());
    }
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Reader<'a> {
    bytes: &'a [u8],
    what: &'static str,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8], what: &'static str) -> Reader<'a> {
        Reader { bytes, what }
    }

    pub(crate) fn corrupt(&self, why: &'static str) -> Corrupt {
        Corrupt { what: self.what, why }
    }

    pub(crate) fn finish(self) -> Result<(), Corrupt> {
        if self.bytes.is_empty() { Ok(()) } else { Err(self.corrupt("bytes left over")) }
    }

    pub(crate) fn byte(&mut self) -> Result<u8, Corrupt> {
        let (first, rest) = self.bytes.split_first().ok_or_else(|| self.corrupt("cut short"))?;
        self.bytes = rest;
        Ok(*first)
    }

    pub(crate) fn number(&mut self) -> Result<u64, Corrupt> {
        let mut number = 0_u64;
        for (index, byte) in self.bytes.iter().enumerate().take(10) {
            number |= u64::from(byte & 0x7f) << (7 * index);
            if byte & 0x80 == 0 {
                if index == 9 && *byte > 1 {
                    return Err(self.corrupt("a number too large"));
                }
                self.bytes = &self.bytes[index + 1..];
                return Ok(number);
            }
        }
        Err(self.corrupt("a number without end"))
    }

    /// How many of something follow. Each takes at least `bytes_each`, so that damage cannot make us reserve memory.
    pub(crate) fn count(&mut self, bytes_each: usize) -> Result<usize, Corrupt> {
        let count = usize::try_from(self.number()?).map_err(|_| self.corrupt("a count too large"))?;
        if count.saturating_mul(bytes_each) > self.bytes.len() {
            return Err(self.corrupt("a count too large"));
        }
        Ok(count)
    }

    pub(crate) fn signed(&mut self) -> Result<i64, Corrupt> {
        let bits = self.number()?;
        Ok((bits >> 1).cast_signed() ^ -((bits & 1).cast_signed()))
    }

    pub(crate) fn wide(&mut self) -> Result<i128, Corrupt> {
        let mut bits = 0_u128;
        for index in 0..19 {
            let byte = self.byte()?;
            if index == 18 && byte > 3 {
                return Err(self.corrupt("a number too large"));
            }
            bits |= u128::from(byte & 0x7f) << (7 * index);
            if byte & 0x80 == 0 {
                return Ok((bits >> 1).cast_signed() ^ -((bits & 1).cast_signed()));
            }
        }
        Err(self.corrupt("a number without end"))
    }

    pub(crate) fn fixed(&mut self) -> Result<u64, Corrupt> {
        let taken = self.take(8)?;
        Ok(u64::from_le_bytes(taken.try_into().map_err(|_| self.corrupt("cut short"))?))
    }

    pub(crate) fn take(&mut self, length: usize) -> Result<&'a [u8], Corrupt> {
        if length > self.bytes.len() {
            return Err(self.corrupt("cut short"));
        }
        let (taken, rest) = self.bytes.split_at(length);
        self.bytes = rest;
        Ok(taken)
    }

    pub(crate) fn part(&mut self) -> Result<Reader<'a>, Corrupt> {
        let length = self.count(1)?;
        Ok(Reader { bytes: self.take(length)?, what: self.what })
    }

    pub(crate) fn text(&mut self) -> Result<&'a str, Corrupt> {
        let length = self.count(1)?;
        let bytes = self.take(length)?;
        self.utf8(bytes)
    }

    fn utf8<'b>(&self, bytes: &'b [u8]) -> Result<&'b str, Corrupt> {
        std::str::from_utf8(bytes).map_err(|_| self.corrupt("text that is not UTF-8"))
    }
}

/// Texts that many blobs share: whoever reads a million of them needs each text once.
#[derive(Debug, Default)]
pub struct Shared(HashSet<Name>);

/// Texts that are kept before it begins anew: names of people and amounts have no end.
const SHARED_MAX: usize = 1 << 16;

impl Shared {
    fn name(&mut self, text: &str) -> Name {
        if let Some(known) = self.0.get(text) {
            return Arc::clone(known);
        }
        if self.0.len() >= SHARED_MAX {
            self.0.clear();
        }
        let name = Name::from(text);
        self.0.insert(Arc::clone(&name));
        name
    }
}

/// The texts of one blob, each stored once; entries hold their place plus one, 0 is "none".
#[derive(Debug, Default)]
pub(crate) struct Dictionary {
    names: Vec<Name>,
    places: HashMap<Name, u64>,
    /// The same by address, which finds most of them without a look at the text. Every text in here is held by `names`, so
    /// that no other can come to lie at its address.
    by_address: FxHashMap<usize, u64>,
}

impl Dictionary {
    pub(crate) fn place(&mut self, name: &Name) -> u64 {
        let address = name.as_ptr().addr();
        if let Some(place) = self.by_address.get(&address) {
            return *place;
        }
        if let Some(place) = self.places.get(name) {
            return *place;
        }
        self.names.push(Arc::clone(name));
        let place = self.names.len() as u64;
        self.places.insert(Arc::clone(name), place);
        self.by_address.insert(address, place);
        place
    }

    /// The text at a place that was given out.
    pub(crate) fn name(&self, place: u64) -> Option<&Name> {
        self.names.get(usize::try_from(place).ok()?.checked_sub(1)?)
    }

    pub(crate) fn place_of(&mut self, name: Option<&Name>) -> u64 {
        name.map_or(0, |name| self.place(name))
    }

    /// The dictionary first, so that it is known when the body is read.
    pub(crate) fn write(&self, into: &mut Writer) {
        into.count(self.names.len());
        for name in &self.names {
            into.text(name);
        }
    }

    pub(crate) fn read(from: &mut Reader<'_>) -> Result<Names, Corrupt> {
        let count = from.count(1)?;
        let mut names = Vec::with_capacity(count);
        for _ in 0..count {
            names.push(Name::from(from.text()?));
        }
        Ok(Names(names))
    }

    /// As [`Dictionary::read`], with texts that others have read.
    pub(crate) fn read_shared(from: &mut Reader<'_>, shared: &mut Shared) -> Result<Names, Corrupt> {
        let count = from.count(1)?;
        let mut names = Vec::with_capacity(count);
        for _ in 0..count {
            names.push(shared.name(from.text()?));
        }
        Ok(Names(names))
    }
}

/// A dictionary that was read.
#[derive(Debug)]
pub(crate) struct Names(Vec<Name>);

impl Names {
    pub(crate) fn get(&self, place: u64, from: &Reader<'_>) -> Result<Option<Name>, Corrupt> {
        if place == 0 {
            return Ok(None);
        }
        let name = usize::try_from(place - 1).ok().and_then(|place| self.0.get(place));
        name.map(|name| Some(Arc::clone(name))).ok_or_else(|| from.corrupt("a text that is not in its dictionary"))
    }

    pub(crate) fn need(&self, place: u64, from: &Reader<'_>) -> Result<Name, Corrupt> {
        self.get(place, from)?.ok_or_else(|| from.corrupt("a name is missing"))
    }
}

/// A dictionary that is left where it lies: of its many texts a question needs few, and only those are read and become names.
#[derive(Debug)]
pub(crate) struct Texts<'a>(Vec<(&'a [u8], OnceCell<Name>)>);

impl<'a> Texts<'a> {
    pub(crate) fn read(from: &mut Reader<'a>) -> Result<Texts<'a>, Corrupt> {
        let count = from.count(1)?;
        let mut texts = Vec::with_capacity(count);
        for _ in 0..count {
            let length = from.count(1)?;
            texts.push((from.take(length)?, OnceCell::new()));
        }
        Ok(Texts(texts))
    }

    pub(crate) fn get(&self, place: u64, from: &Reader<'_>) -> Result<Option<Name>, Corrupt> {
        if place == 0 {
            return Ok(None);
        }
        let (text, name) = self.at(place, from)?;
        if let Some(name) = name.get() {
            return Ok(Some(Arc::clone(name)));
        }
        let read = Name::from(from.utf8(text)?);
        Ok(Some(Arc::clone(name.get_or_init(|| read))))
    }

    fn at(&self, place: u64, from: &Reader<'_>) -> Result<&(&'a [u8], OnceCell<Name>), Corrupt> {
        let found = place.checked_sub(1).and_then(|place| self.0.get(usize::try_from(place).ok()?));
        found.ok_or_else(|| from.corrupt("a text that is not in its dictionary"))
    }

    pub(crate) fn need(&self, place: u64, from: &Reader<'_>) -> Result<Name, Corrupt> {
        self.get(place, from)?.ok_or_else(|| from.corrupt("a name is missing"))
    }

    /// The text at a place, which must not be 0.
    pub(crate) fn text(&self, place: u64, from: &Reader<'_>) -> Result<&'a str, Corrupt> {
        from.utf8(self.at(place, from)?.0)
    }

    /// The place of a text, if any entry has it.
    pub(crate) fn find(&self, name: &str) -> Option<u64> {
        self.0.iter().position(|(known, _)| *known == name.as_bytes()).map(|place| place as u64 + 1)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_written_is_read(a in any::<u64>(), b in any::<i64>(), c in any::<i128>(), text in ".{0,40}") {
            let mut writer = Writer::default();
            writer.number(a);
            writer.signed(b);
            writer.wide(c);
            writer.text(&text);
            let mut reader = Reader::new(&writer.bytes, "test");
            prop_assert_eq!(reader.number().unwrap(), a);
            prop_assert_eq!(reader.signed().unwrap(), b);
            prop_assert_eq!(reader.wide().unwrap(), c);
            prop_assert_eq!(reader.text().unwrap(), text);
            prop_assert!(reader.finish().is_ok());
        }
    }
}
