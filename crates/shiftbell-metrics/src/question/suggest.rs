//! What to say, and to offer, when a word is not understood.

use super::name::{nearest, nearest_kpis, similarity};
use super::reader::{Reading, filter_word, is_versus};
use super::{Missing, SUGGESTIONS_MAX, Suggestion, Understood, Unknown};
use crate::definitions::{Definitions, Kpi};

/// Longest part of a strange word that is repeated, in characters.
const WORD_CHARS_MAX: usize = 60;
/// Suggestions this much farther than the nearest are left out.
const AS_NEAR: f64 = 0.15;

pub(super) fn unknown(word: &str, what: Missing, suggestions: Vec<Suggestion>, context: &str) -> Understood {
    let mut shown: String = word.chars().take(WORD_CHARS_MAX).collect();
    if shown.len() < word.len() {
        shown.push('…');
    }
    Understood::Unknown(Unknown { word: shown, what, suggestions, context: context.to_owned() })
}

pub(super) fn unknown_help(word: &str, defs: &Definitions) -> Understood {
    let near = nearest_kpis(word, defs, SUGGESTIONS_MAX).into_iter();
    let suggestions =
        near.map(|kpi| Suggestion { command: format!("/kpi help {}", kpi.slug), label: kpi.label.clone() }).collect();
    unknown(word, Missing::Kpi, suggestions, "help")
}

/// No KPI was found: the first strange words are meant to be one.
pub(super) fn unknown_kpi(reading: &Reading<'_>) -> Understood {
    let strange = reading.unknown.iter().filter(|(_, _, what)| *what == Missing::Word);
    let mut run: Vec<&str> = Vec::new();
    let mut next = None;
    for (at, word, _) in strange {
        if next.is_some_and(|next| next != *at) {
            break;
        }
        run.push(word);
        next = Some(at + 1);
    }
    let word = run.join(" ");
    let fits = |kpi: &&Kpi| match (&kpi.motion, &reading.question.motion) {
        (Some(only), Some(asked)) => only == asked,
        (None, _) | (_, None) => true,
    };
    let near: Vec<&Kpi> = if word.is_empty() {
        let important = |level: &str| {
            let level = level.to_owned();
            reading.defs.kpis.iter().filter(move |kpi| kpi.level.as_deref() == Some(&level))
        };
        important("north-star").chain(important("primary")).filter(|kpi| kpi.not_active.is_none()).collect()
    } else {
        nearest_kpis(&word, reading.defs, 12)
    };
    let suggestions = near.into_iter().filter(fits).take(SUGGESTIONS_MAX).map(|kpi| instead(reading, kpi)).collect();
    unknown(&word, Missing::Kpi, suggestions, &context(reading))
}

/// The KPI was found, this word was not understood.
pub(super) fn unknown_word(reading: &Reading<'_>, kpi: &Kpi, at: usize, word: &str, what: Missing) -> Understood {
    let context = context(reading);
    let (what, offers) = match what {
        Missing::Value { dimension } => {
            let offers = values(reading.defs, word, Some(&dimension));
            (Missing::Value { dimension }, offers)
        }
        Missing::Dimension => (Missing::Dimension, dimensions(reading.defs, word)),
        Missing::Period => {
            let is_compared = reading.words.get(at).is_some_and(|word| is_versus(word));
            (Missing::Period, periods(word, if is_compared { "vs " } else { "" }))
        }
        Missing::Word => anything(reading, kpi, word),
        Missing::Twice { .. } | Missing::Kpi | Missing::Receipt | Missing::OtherMotion { .. } | Missing::TooLong => {
            (what, Vec::new())
        }
    };
    let suggestions = offers
        .into_iter()
        .take(SUGGESTIONS_MAX)
        .map(|offer| Suggestion { command: command(&kpi.slug, &[&context, &offer.words]), label: offer.label })
        .collect();
    unknown(word, what, suggestions, &context)
}

pub(super) fn other_motion(reading: &Reading<'_>, kpi: &Kpi, asked: &str, only: &str) -> Understood {
    let others: Vec<&str> =
        reading.kept.iter().map(String::as_str).filter(|word| !word.eq_ignore_ascii_case(asked)).collect();
    let suggestion =
        Suggestion { command: command(&kpi.slug, &[only, &others.join(" ")]), label: format!("{}, {only}", kpi.label) };
    unknown(asked, Missing::OtherMotion { only: only.to_owned() }, vec![suggestion], &others.join(" "))
}

struct Offer {
    near: f64,
    /// What to type instead.
    words: String,
    label: String,
    what: Missing,
}

fn anything(reading: &Reading<'_>, kpi: &Kpi, word: &str) -> (Missing, Vec<Offer>) {
    let mut offers = values(reading.defs, word, None);
    offers.extend(dimensions(reading.defs, word));
    offers.extend(periods(word, ""));
    offers.extend(reading.defs.motions.iter().filter_map(|motion| offer(word, &motion.id, &motion.id, Missing::Word)));
    offers.extend(["who", "in-period"].into_iter().filter_map(|name| offer(word, name, name, Missing::Word)));
    offers.sort_by(|one, other| other.near.total_cmp(&one.near));
    let best = offers.first().map_or(0.0, |offer| offer.near);
    offers.retain(|offer| offer.near >= best - AS_NEAR);
    let what = offers.first().map_or(Missing::Word, |offer| offer.what.clone());
    let is_value = matches!(what, Missing::Value { .. });
    let what = if is_value { what } else { Missing::Word };
    // Nothing that follows a KPI: perhaps a KPI of several words, such as "sqls conversion".
    if offers.is_empty() {
        let whole = format!("{} {word}", kpi.slug);
        let others =
            nearest_kpis(&whole, reading.defs, SUGGESTIONS_MAX).into_iter().filter(|near| near.slug != kpi.slug);
        let suggestions = others.map(|kpi| instead(reading, kpi)).collect::<Vec<_>>();
        offers = suggestions
            .into_iter()
            .map(|it| Offer { near: 0.0, words: it.command, label: it.label, what: Missing::Kpi })
            .collect();
    }
    (what, offers)
}

fn offer(word: &str, name: &str, words: &str, what: Missing) -> Option<Offer> {
    let near = similarity(word, name);
    (near >= 0.4).then(|| Offer { near, words: words.to_owned(), label: words.to_owned(), what })
}

fn values(defs: &Definitions, word: &str, only: Option<&str>) -> Vec<Offer> {
    let dimensions = defs.dimensions.iter().filter(|dimension| only.is_none_or(|only| dimension.name == only));
    let mut offers: Vec<Offer> = dimensions
        .flat_map(|dimension| dimension.values.iter().map(move |value| (&dimension.name, value)))
        .filter_map(|(dimension, value)| {
            let what = Missing::Value { dimension: dimension.clone() };
            let found = offer(word, value, &filter_word(dimension, value), what)?;
            Some(Offer { label: value.clone(), ..found })
        })
        .collect();
    offers.sort_by(|one, other| other.near.total_cmp(&one.near));
    let best = offers.first().map_or(0.0, |offer| offer.near);
    offers.retain(|offer| offer.near >= best - AS_NEAR);
    offers
}

/// Near ones; all of them if none is.
fn dimensions(defs: &Definitions, word: &str) -> Vec<Offer> {
    let all = || defs.dimensions.iter().map(|dimension| dimension.name.as_str());
    let near = nearest(word, all(), |name| vec![*name], SUGGESTIONS_MAX);
    let offered = if near.is_empty() && word.is_empty() { all().take(SUGGESTIONS_MAX).collect() } else { near };
    offered
        .into_iter()
        .map(|name| Offer {
            near: similarity(word, name),
            words: format!("by {name}"),
            label: format!("by {name}"),
            what: Missing::Dimension,
        })
        .collect()
}

const PERIODS: [&str; 9] = [
    "today",
    "yesterday",
    "this week",
    "last week",
    "this month",
    "last month",
    "this quarter",
    "last quarter",
    "last year",
];

fn periods(word: &str, before: &str) -> Vec<Offer> {
    let mut near = nearest(word, PERIODS.into_iter(), |name| vec![*name], SUGGESTIONS_MAX);
    if near.is_empty() && !before.is_empty() {
        near = vec!["last month", "last quarter", "last year"];
    }
    let best = near.first().map_or(0.0, |name| similarity(word, name));
    near.into_iter()
        .filter(|name| similarity(word, name) >= best - AS_NEAR)
        .map(|name| Offer {
            near: similarity(word, name),
            words: format!("{before}{name}"),
            label: format!("{before}{name}"),
            what: Missing::Period,
        })
        .collect()
}

/// The same question about another KPI.
fn instead(reading: &Reading<'_>, kpi: &Kpi) -> Suggestion {
    let context = context(reading);
    let label = if context.is_empty() { kpi.label.clone() } else { format!("{}, {context}", kpi.label) };
    Suggestion { command: command(&kpi.slug, &[&context]), label }
}

fn context(reading: &Reading<'_>) -> String {
    reading.kept.join(" ")
}

fn command(slug: &str, words: &[&str]) -> String {
    let mut command = format!("/kpi {slug}");
    for word in words.iter().filter(|word| !word.is_empty()) {
        command.push(' ');
        command.push_str(word);
    }
    command
}
