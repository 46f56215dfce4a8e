//! The parts of an answer as rows: the values of a dimension, or one after the other in time.

use std::collections::BTreeMap;

use jiff::civil::Date;
use shiftbell_metrics::answer::{self as numbers, Answer};
use shiftbell_metrics::definitions::Definitions;
use shiftbell_render::facts::{Figure, Person};
use shiftbell_render::messages::Row;

use super::{figure, float, words};
use crate::answer::Answered;
use crate::companies::Company;

/// Of a series: the place of each period in which it came to mean something else, with the day.
pub(super) fn marked(defs: &Definitions, answered: &Answered) -> BTreeMap<usize, Date> {
    let periods = answered.question.each.map(|each| answered.answer.period.split(each, &defs.workspace));
    let mut marked = BTreeMap::new();
    for (place, period) in periods.into_iter().flatten().enumerate() {
        let mut changes = answered.changes.iter().filter(|at| period.starts_at() <= **at && **at < period.ends_at());
        marked.extend(changes.next_back().map(|at| (place, period.zone.day_of(*at).date())));
    }
    marked
}

/// The dimension's values as the answer has them, largest first; of a series, the oldest first.
pub(super) fn rows(company: &Company, answer: &Answer, is_series: bool, marked: &BTreeMap<usize, Date>) -> Vec<Row> {
    let values = answer.parts.iter().map(|part| part.value.as_deref());
    let names = match is_series {
        // The hyphen of a date is no space.
        true => values.map(|value| value.unwrap_or_default().to_owned()).collect(),
        false => names(company, answer.by.as_deref().unwrap_or_default(), values),
    };
    let row = |(place, (part, name)): (usize, (&numbers::Part, String))| {
        let value = figure(&part.figure, company.defs());
        Row {
            name,
            is_so_far: part.is_running && value != Figure::Nothing,
            value,
            changed: marked.get(&place).copied(),
        }
    };
    answer.parts.iter().zip(names).enumerate().map(row).collect()
}

/// The dimension by which numbers are those of single people.
const OWNER: &str = "owner";

/// How the values of a dimension are called. Where two owners are one person, each has the source's own name beside it.
pub(in crate::answer) fn names<'v>(
    company: &Company,
    dimension: &str,
    values: impl Iterator<Item = Option<&'v str>>,
) -> Vec<String> {
    let name =
        |value: Option<&str>| value.map_or_else(|| "not known".to_owned(), |value| named(company, dimension, value));
    let named: Vec<(Option<&str>, String)> = values.map(|value| (value, name(value))).collect();
    let is_one_of_two = |name: &String| named.iter().filter(|(_, other)| other == name).count() > 1;
    let said = named.iter().map(|(value, name)| match value {
        Some(value) if dimension == OWNER && is_one_of_two(name) => format!("{name} ({value})"),
        _ => name.clone(),
    });
    said.collect()
}

/// An owner by the name of the person, where that is known; any other value in words.
pub(super) fn named(company: &Company, dimension: &str, value: &str) -> String {
    if dimension != OWNER {
        return words(value);
    }
    company.workspace.person(value).map_or_else(|| value.to_owned(), |person| Person::new(&person.email).name)
}

/// From the lowest to the highest.
const BLOCKS: [char; 8] =
    ['\u{2581}', '\u{2582}', '\u{2583}', '\u{2584}', '\u{2585}', '\u{2586}', '\u{2587}', '\u{2588}'];

/// A series as one block each, from zero to the largest. What can still change, or has no value, is a dot: it must not look
/// like a fall. A bar stands before each in which the meaning changed.
pub(super) fn trend(parts: &[numbers::Part], marked: &BTreeMap<usize, Date>) -> Option<String> {
    let size = |part: &numbers::Part| -> Option<f64> {
        if part.is_running {
            return None;
        }
        match &part.figure {
            numbers::Figure::Rate { rate } => rate.percent().map(float),
            numbers::Figure::Count { count } => Some(*count as f64),
            numbers::Figure::Money { amounts, .. } => Some(amounts.first().map_or(0.0, |money| float(money.major()))),
            numbers::Figure::Duration { median_ms, p90_ms, shows_p90, .. } => {
                (if *shows_p90 { *p90_ms } else { *median_ms }).map(|ms| ms as f64)
            }
            numbers::Figure::Number { value, .. } => value.map(float),
        }
    };
    let sizes: Vec<Option<f64>> = parts.iter().map(size).collect();
    let highest = sizes.iter().flatten().copied().fold(0.0, f64::max);
    let block = |size: &Option<f64>| match size {
        Some(size) if highest > 0.0 => {
            let step = (size.max(0.0) / highest * 7.0).round();
            BLOCKS.iter().enumerate().find(|(n, _)| *n as f64 >= step).map_or('\u{b7}', |(_, block)| *block)
        }
        Some(_) => BLOCKS[0],
        None => '\u{b7}',
    };
    let drawn = |(place, size): (usize, &Option<f64>)| {
        let bar = marked.contains_key(&place).then_some('|');
        bar.into_iter().chain([block(size)]).collect::<String>()
    };
    (sizes.iter().flatten().count() > 1).then(|| sizes.iter().enumerate().map(drawn).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_series_is_drawn_from_zero_and_what_can_still_change_is_a_dot() {
        let part =
            |count, is_running| numbers::Part { value: None, figure: numbers::Figure::Count { count }, is_running };
        let trend = |parts: &[numbers::Part]| trend(parts, &BTreeMap::new());
        let drawn = |counts: &[i64]| trend(&counts.iter().map(|count| part(*count, false)).collect::<Vec<_>>());
        assert_eq!(drawn(&[0, 7, 14]).as_deref(), Some("\u{2581}\u{2585}\u{2588}"));
        assert_eq!(drawn(&[0, 0]).as_deref(), Some("\u{2581}\u{2581}"));
        assert_eq!(drawn(&[5]), None);
        let running = [part(10, false), part(10, false), part(1, true)];
        assert_eq!(trend(&running).as_deref(), Some("\u{2588}\u{2588}\u{b7}"));
        let never = numbers::Figure::Rate { rate: numbers::Rate { num: 0, den: 0 } };
        let parts = [part(2, false), part(2, false), numbers::Part { value: None, figure: never, is_running: false }];
        assert_eq!(trend(&parts).as_deref(), Some("\u{2588}\u{2588}\u{b7}"));
    }
}
