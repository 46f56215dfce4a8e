//! `by source`, `by month`, `top 3`: into what a number is split.

use super::super::Missing;
use super::super::name::key;
use super::Reading;
use crate::period::Unit;

impl Reading<'_> {
    pub(super) fn read_by(&mut self) {
        self.at += 1;
        let Some(word) = self.words.get(self.at).copied() else {
            return self.unknown.push((self.at, String::new(), Missing::Dimension));
        };
        match self.dimension_named(word).map(|dimension| dimension.name.clone()) {
            Some(name) => self.split_by(&name, &format!("by {word}")),
            None if key(word) == "owner" => self.split_by("owner", "by owner"),
            None if unit_named(&key(word)).is_some() => {
                let unit = unit_named(&key(word)).unwrap_or(Unit::Day);
                self.split_in(unit, &format!("by {word}"));
            }
            None if key(word) == "motion" && self.question.motion.is_none() => self.at += 1,
            None => self.unknown.push((self.at, word.to_owned(), Missing::Dimension)),
        }
    }

    /// One figure for each of these, instead of parts.
    pub(super) fn split_in(&mut self, unit: Unit, typed: &str) {
        let already = self.question.by.clone().or(self.question.each.map(|unit| unit.word().to_owned()));
        match already {
            Some(already) if already != unit.word() => {
                let already = format!("by {already}");
                self.unknown.push((self.at, typed.to_owned(), Missing::Twice { already }));
            }
            Some(_) => {}
            None => {
                self.question.each = Some(unit);
                self.kept.push(typed.to_owned());
            }
        }
        self.at += 1;
    }

    /// `top 5`.
    pub(super) fn read_top(&mut self) {
        let number = self.words.get(self.at + 1).and_then(|word| word.parse::<u32>().ok()).filter(|top| *top > 0);
        match number {
            Some(top) => {
                self.question.top = Some(top);
                self.keep(2);
            }
            None => {
                self.unknown.push((self.at, "top".to_owned(), Missing::Word));
                self.at += 1;
            }
        }
    }

    pub(super) fn split_by(&mut self, dimension: &str, typed: &str) {
        let already = self.question.by.clone().or(self.question.each.map(|unit| unit.word().to_owned()));
        match already {
            Some(by) if by != dimension => {
                let already = format!("by {by}");
                self.unknown.push((self.at, typed.to_owned(), Missing::Twice { already }));
            }
            Some(_) => {}
            None => {
                self.question.by = Some(dimension.to_owned());
                self.kept.push(typed.to_owned());
            }
        }
        self.at += 1;
    }
}

/// The span of the calendar with this name: `month`, `months`.
fn unit_named(word: &str) -> Option<Unit> {
    let one = word.strip_suffix('s').unwrap_or(word);
    let one = if one == "dai" { "day" } else { one };
    Unit::ALL.into_iter().find(|unit| unit.word() == one)
}

/// What `monthly` is one figure for each of.
pub(super) fn unit_of(word: &str) -> Unit {
    unit_named(word.strip_suffix("ly").unwrap_or(word)).unwrap_or(Unit::Day)
}
