//! Reads the words of a command one after the other.

mod split;

use super::name::{key, kpi_named};
use super::{COMMAND_CHARS_MAX, ME, Missing, Question, Understood, suggest};
use crate::definitions::{Definitions, Dimension, Kpi};
use crate::period::parse_period;
use crate::time::Day;

/// Most words that one name is made of.
const NAME_WORDS_MAX: usize = 6;
/// Longest receipt that is looked up, in characters.
const RECEIPT_CHARS_MAX: usize = 40;

pub(super) fn read(text: &str, defs: &Definitions, today: Day) -> Understood {
    if text.chars().nth(COMMAND_CHARS_MAX).is_some() {
        return suggest::unknown(text, Missing::TooLong, Vec::new(), "");
    }
    let words = split(text);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let words = match words.as_slice() {
        [first, rest @ ..] if matches!(key(first).as_str(), "kpi") => rest,
        all => all,
    };
    match words {
        [] => Understood::Help(None),
        [one] if is_receipt(one) => Understood::Why { receipt: one.to_lowercase() },
        [first, rest @ ..] => match first.to_lowercase().as_str() {
            "list" => Understood::List,
            "help" | "?" => help(rest, defs, today),
            "why" => why(rest),
            _ => match words {
                [before @ .., last] if last.eq_ignore_ascii_case("help") => help(before, defs, today),
                _ => Reading::of(words, defs, today).finish(),
            },
        },
    }
}

/// Words, split at white space; "double quotes" hold one together. Commas and full stops around words mean nothing.
fn split(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut quoted = false;
    for c in text.chars() {
        match c {
            '"' | '\u{201c}' | '\u{201d}' | '\u{201e}' => quoted = !quoted,
            c if (c.is_whitespace() || c.is_control()) && !quoted => words.push(std::mem::take(&mut word)),
            c if c.is_control() => word.push(' '),
            c => word.push(c),
        }
    }
    words.push(word);
    let trimmed = words.iter().map(|word| word.trim().trim_matches(',').trim_end_matches(['.', '?', '!', ';']));
    let mut kept: Vec<String> = trimmed.filter(|word| !word.is_empty()).map(str::to_owned).collect();
    if kept.is_empty() && text.contains('?') {
        kept.push("?".to_owned());
    }
    kept
}

fn is_receipt(word: &str) -> bool {
    let rest = word.strip_prefix("r-").or_else(|| word.strip_prefix("R-"));
    word.len() <= RECEIPT_CHARS_MAX
        && rest.is_some_and(|rest| !rest.is_empty() && rest.chars().all(|c| c.is_ascii_alphanumeric() || c == '-'))
}

fn why(rest: &[&str]) -> Understood {
    match rest {
        [one] if is_receipt(one) => Understood::Why { receipt: one.to_lowercase() },
        _ => suggest::unknown(&rest.join(" "), Missing::Receipt, Vec::new(), ""),
    }
}

fn help(rest: &[&str], defs: &Definitions, today: Day) -> Understood {
    if rest.is_empty() {
        return Understood::Help(None);
    }
    let reading = Reading::of(rest, defs, today);
    match reading.kpi {
        Some(kpi) => Understood::Help(Some(kpi.slug.clone())),
        None => suggest::unknown_help(&rest.join(" "), defs),
    }
}

/// `product:corporate-events`, with quotes around a value of several words.
pub(super) fn filter_word(dimension: &str, value: &str) -> String {
    let quote = if value.contains(char::is_whitespace) { "\"" } else { "" };
    format!("{quote}{dimension}:{value}{quote}")
}

/// What was read so far.
pub(super) struct Reading<'a> {
    pub(super) defs: &'a Definitions,
    today: Day,
    pub(super) words: &'a [&'a str],
    at: usize,
    pub(super) kpi: Option<&'a Kpi>,
    pub(super) question: Question,
    /// The records behind the number: those that are counted (`true`), or those that are not.
    who: Option<bool>,
    /// What was understood besides the KPI, as typed.
    pub(super) kept: Vec<String>,
    /// What was not, with its place among the words.
    pub(super) unknown: Vec<(usize, String, Missing)>,
}

impl<'a> Reading<'a> {
    fn of(words: &'a [&'a str], defs: &'a Definitions, today: Day) -> Reading<'a> {
        let mut reading = Reading {
            defs,
            today,
            words,
            at: 0,
            kpi: None,
            question: Question::of(""),
            who: None,
            kept: Vec::new(),
            unknown: Vec::new(),
        };
        while reading.at < words.len() {
            let before = reading.at;
            reading.step();
            reading.at = reading.at.max(before + 1);
        }
        reading
    }

    fn finish(mut self) -> Understood {
        let Some(kpi) = self.kpi else {
            return suggest::unknown_kpi(&self);
        };
        if let Some(why) = &kpi.not_active {
            return Understood::NotActive { kpi: kpi.slug.clone(), label: kpi.label.clone(), why: why.clone() };
        }
        if let Some((at, word, what)) = self.unknown.first() {
            return suggest::unknown_word(&self, kpi, *at, word, what.clone());
        }
        if let Some(only) = &kpi.motion {
            let asked = self.question.motion.replace(only.clone());
            if let Some(other) = asked.filter(|asked| asked != only) {
                return suggest::other_motion(&self, kpi, &other, only);
            }
        }
        self.question.kpi.clone_from(&kpi.slug);
        if let Some(reached) = self.who {
            Understood::Who { question: self.question, reached }
        } else {
            Understood::Kpi(self.question)
        }
    }

    fn step(&mut self) {
        let word = self.words[self.at];
        let wanted = key(word);
        if self.kpi.is_none() && self.read_kpi() {
            return;
        }
        if self.read_keyword(&wanted) || self.read_filter(word) || self.read_motion(&wanted) || self.read_period() {
            return;
        }
        if self.read_value() || self.read_person(word) {
            return;
        }
        if let Some(dimension) = self.dimension_named(word) {
            let name = dimension.name.clone();
            return self.split_by(&name, &format!("by {name}"));
        }
        if matches!(wanted.as_str(), "last" | "this" | "since" | "previous") {
            let typed: Vec<&str> = self.words[self.at..].iter().take(2).copied().collect();
            self.unknown.push((self.at, typed.join(" "), Missing::Period));
            return self.at += 2;
        }
        let what = match (self.kpi, kpi_named(word, self.defs)) {
            (Some(kpi), Some(_)) => Missing::Twice { already: kpi.slug.clone() },
            (Some(_) | None, _) => Missing::Word,
        };
        self.unknown.push((self.at, word.to_owned(), what));
    }

    /// The next words joined, the longest first: how many, and the text.
    fn joined(&self) -> impl Iterator<Item = (usize, String)> + use<'a> {
        let rest = &self.words[self.at..];
        (1..=rest.len().min(NAME_WORDS_MAX)).rev().map(|count| (count, rest[..count].join(" ")))
    }

    fn keep(&mut self, count: usize) {
        self.kept.extend(self.words[self.at..].iter().take(count).map(|word| quoted(word)));
        self.at += count;
    }

    fn read_kpi(&mut self) -> bool {
        let named = self.joined().find_map(|(count, name)| Some((count, kpi_named(&name, self.defs)?)));
        // `mqls:x` and `2026` are never names of KPIs, whatever their letters.
        let Some((count, kpi)) = named.filter(|_| !self.words[self.at].contains([':', '='])) else {
            return false;
        };
        self.kpi = Some(kpi);
        self.at += count;
        true
    }

    fn read_keyword(&mut self, wanted: &str) -> bool {
        match wanted {
            // Words that only make the sentence.
            "" | "for" | "in" | "the" | "of" | "and" | "during" | "please" | "with" | "cohort"
                if !self.next_is("period") =>
            {
                self.at += 1;
            }
            "in" => {
                self.question.in_period = true;
                self.keep(2);
            }
            "inperiod" => {
                self.question.in_period = true;
                self.keep(1);
            }
            "who" => {
                let is_not = self.words.get(self.at + 1).is_some_and(|word| key(word) == "not");
                self.who = Some(!is_not);
                self.keep(if is_not { 2 } else { 1 });
            }
            "me" | "my" | "mine" => {
                self.question.person = Some(ME.to_owned());
                self.keep(1);
            }
            "by" | "per" => self.read_by(),
            "top" => self.read_top(),
            "daily" | "weekly" | "monthly" | "quarterly" | "yearly" => {
                self.split_in(split::unit_of(wanted), wanted);
            }
            _ if is_versus(wanted) => self.read_versus(),
            _ => return false,
        }
        true
    }

    fn next_is(&self, wanted: &str) -> bool {
        self.words.get(self.at + 1).is_some_and(|word| word.eq_ignore_ascii_case(wanted))
    }

    fn read_versus(&mut self) {
        let rest = &self.words[self.at + 1..];
        if rest.first().is_some_and(|word| matches!(key(word).as_str(), "before" | "previous") && rest.get(1).is_none())
        {
            return self.at += 2; // the period before is what it is compared with anyway
        }
        match parse_period(rest, self.today, &self.defs.workspace) {
            Some((period, used)) if self.question.versus.is_none() => {
                self.question.versus = Some(period);
                self.keep(used + 1);
            }
            Some((_, used)) => {
                self.twice(used + 1, "vs");
            }
            None => {
                let word = rest.first().copied().unwrap_or_default();
                self.unknown.push((self.at, word.to_owned(), Missing::Period));
                self.at += 2;
            }
        }
    }

    fn twice(&mut self, count: usize, already: &str) {
        let end = (self.at + count).min(self.words.len());
        let typed = self.words[self.at..end].join(" ");
        self.unknown.push((self.at, typed, Missing::Twice { already: already.to_owned() }));
        self.at = end;
    }

    fn read_motion(&mut self, wanted: &str) -> bool {
        let named = self.defs.motions.iter().find(|motion| key(&motion.id) == wanted || key(&motion.label) == wanted);
        let Some(id) = named.map(|motion| motion.id.clone()) else {
            return false;
        };
        match self.question.motion.clone() {
            Some(already) if already != id => self.twice(1, &already),
            Some(_) => self.at += 1,
            None => {
                self.question.motion = Some(id);
                self.keep(1);
            }
        }
        true
    }

    fn read_period(&mut self) -> bool {
        let Some((period, used)) = parse_period(&self.words[self.at..], self.today, &self.defs.workspace) else {
            return false;
        };
        match &self.question.period {
            Some(already) if *already != period => {
                let already = already.label.clone();
                self.twice(used, &already);
            }
            Some(_) => self.at += used,
            None => {
                self.question.period = Some(period);
                self.keep(used);
            }
        }
        true
    }

    /// `product:corporate-events`, `motion:b2b`, `period:2026-Q3`.
    fn read_filter(&mut self, word: &str) -> bool {
        let Some((name, value)) = word.split_once([':', '=']) else {
            return false;
        };
        let (name, value) = (name.trim(), value.trim());
        // A space behind the colon: the value is the next word.
        let mut rest: Vec<&str> = vec![value];
        let skip = usize::from(value.is_empty());
        rest.extend(&self.words[self.at + 1..]);
        let rest = &rest[skip..];
        let inner = match key(name).as_str() {
            "motion" => Reading::of_filter(rest, self, |reading, wanted| reading.read_motion(wanted)),
            "period" => Reading::of_filter(rest, self, |reading, _| reading.read_period()),
            _ => None,
        };
        if let Some((question, used)) = inner {
            (self.question.motion, self.question.period) = (question.motion, question.period);
            self.keep(used + skip);
            return true;
        }
        let Some(dimension) = self.dimension_named(name) else {
            self.unknown.push((self.at, name.to_owned(), Missing::Dimension));
            return true;
        };
        match value_of(dimension, rest) {
            Some((value, used)) => {
                let value = self.person_or(&dimension.name, value);
                self.filter(&dimension.name.clone(), &value, used + skip);
            }
            None => {
                let dimension = dimension.name.clone();
                let word = rest.first().copied().unwrap_or_default().to_owned();
                self.unknown.push((self.at, word, Missing::Value { dimension }));
                self.at += 1 + skip;
            }
        }
        true
    }

    /// Reads what stands behind `motion:` or `period:`; how many words it took.
    fn of_filter(
        words: &[&str],
        outer: &Reading<'_>,
        read: impl Fn(&mut Reading<'_>, &str) -> bool,
    ) -> Option<(Question, usize)> {
        let question = outer.question.clone();
        let mut inner = Reading {
            defs: outer.defs,
            today: outer.today,
            words,
            at: 0,
            kpi: None,
            question,
            who: None,
            kept: Vec::new(),
            unknown: Vec::new(),
        };
        let wanted = key(words.first()?);
        (read(&mut inner, &wanted) && inner.unknown.is_empty()).then_some((inner.question, inner.at))
    }

    fn filter(&mut self, dimension: &str, value: &str, used: usize) {
        let already = self.question.filters.iter().find(|(name, _)| name == dimension).cloned();
        match already {
            Some((name, old)) if old != value => self.twice(used, &filter_word(&name, &old)),
            Some(_) => self.at += used,
            None => {
                self.question.filters.push((dimension.to_owned(), value.to_owned()));
                self.keep(used);
            }
        }
    }

    /// A value alone, if it is one of exactly one dimension.
    fn read_value(&mut self) -> bool {
        for (count, text) in self.joined() {
            let wanted = key(&text);
            let all = self.defs.dimensions.iter().flat_map(|d| d.values.iter().map(move |value| (&d.name, value)));
            let found: Vec<_> = all.filter(|(_, value)| key(value) == wanted).collect();
            if let [(dimension, value)] = found.as_slice() {
                let (dimension, value) = ((*dimension).clone(), (*value).clone());
                self.filter(&dimension, &value, count);
                return true;
            }
        }
        false
    }

    /// A person's whole address: what they own.
    fn read_person(&mut self, word: &str) -> bool {
        let is_known = word.contains('@') && self.defs.person(word).is_some();
        if is_known {
            let email = self.person_or("owner", word.to_owned());
            self.filter("owner", &email, 1);
        }
        is_known
    }

    /// For an owner: the main address of the person with this address, or with this before the @ if it is one person's.
    fn person_or(&self, dimension: &str, value: String) -> String {
        if key(dimension) != "owner" {
            return value;
        }
        let local = |email: &str| email.split('@').next().is_some_and(|name| name.eq_ignore_ascii_case(&value));
        let mut named = self.defs.people.iter().filter(|person| local(&person.email));
        match (self.defs.person(&value), named.next(), named.next()) {
            (Some(person), _, _) | (None, Some(person), None) => person.email.clone(),
            (None, _, _) => value,
        }
    }

    fn dimension_named(&self, name: &str) -> Option<&'a Dimension> {
        let wanted = key(name);
        let is = |candidate: &str| candidate == wanted || candidate.strip_suffix('s') == Some(&wanted);
        self.defs.dimensions.iter().find(|dimension| {
            let name = key(&dimension.name);
            is(&name) || wanted.strip_suffix('s') == Some(&name)
        })
    }
}

pub(super) fn is_versus(word: &str) -> bool {
    matches!(key(word).as_str(), "vs" | "versus" | "against")
}

/// The value of a dimension at the beginning of these words, as it is declared; any text where none are.
fn value_of(dimension: &Dimension, words: &[&str]) -> Option<(String, usize)> {
    if dimension.values.is_empty() {
        return words.first().filter(|word| !word.is_empty()).map(|word| ((*word).to_owned(), 1));
    }
    (1..=words.len().min(NAME_WORDS_MAX)).rev().find_map(|count| {
        let wanted = key(&words[..count].join(" "));
        dimension.values.iter().find(|value| key(value) == wanted).map(|value| (value.clone(), count))
    })
}

fn quoted(word: &str) -> String {
    if word.contains(char::is_whitespace) { format!("\"{word}\"") } else { word.to_owned() }
}
