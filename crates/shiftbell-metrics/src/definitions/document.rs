//! The tables and values of a TOML file, each with its place, read by asking for what should be there.

use std::ops::Range;

use jiff::civil::{Date, Time, Weekday};
use rust_decimal::Decimal;
use toml::de::{DeTable, DeValue};

use super::model::Span;
use super::report::Report;
use super::words;
use crate::value::Value;

/// A value of the file.
#[derive(Clone, Debug)]
pub(super) struct Item<'a> {
    pub(super) value: &'a DeValue<'a>,
    pub(super) span: Range<usize>,
}

/// A text of the file.
#[derive(Clone, Debug)]
pub(super) struct Text {
    pub(super) text: String,
    pub(super) span: Range<usize>,
}

#[derive(Clone, Debug)]
pub(super) struct Entry<'a> {
    pub(super) key: Text,
    pub(super) item: Item<'a>,
    taken: bool,
}

/// A table of the file, its keys in the order in which they are written.
#[derive(Clone, Debug)]
pub(super) struct Table<'a> {
    /// As it is called in messages: `[kpis.sqls]`.
    pub(super) name: String,
    pub(super) span: Range<usize>,
    entries: Vec<Entry<'a>>,
    asked: Vec<&'static str>,
    /// A line of it may hold a secret.
    pub(super) holds_secrets: bool,
}

impl<'a> Table<'a> {
    pub(super) fn new(name: impl Into<String>, table: &'a DeTable<'a>, span: Range<usize>) -> Table<'a> {
        let mut entries: Vec<Entry<'a>> = table
            .iter()
            .map(|(key, value)| Entry {
                key: Text { text: key.get_ref().to_string(), span: key.span() },
                item: Item { value: value.get_ref(), span: value.span() },
                taken: false,
            })
            .collect();
        entries.sort_by_key(|entry| entry.key.span.start);
        Table { name: name.into(), span, entries, asked: Vec::new(), holds_secrets: false }
    }

    /// The value of this key, if it is there.
    pub(super) fn get(&mut self, key: &'static str) -> Option<Item<'a>> {
        self.asked.push(key);
        let entry = self.entries.iter_mut().find(|entry| entry.key.text == key)?;
        entry.taken = true;
        Some(entry.item.clone())
    }

    /// The value of this key, which must be there.
    pub(super) fn require(&mut self, report: &mut Report<'_>, key: &'static str, example: &str) -> Option<Item<'a>> {
        let found = self.get(key);
        if found.is_none() {
            let fix = Some(format!("add {key} = {example}"));
            report.missing(&self.span, format!("{} has no `{key}`", self.name), fix);
        }
        found
    }

    /// The table under this key, if it is there and is one.
    pub(super) fn table(&mut self, report: &mut Report<'_>, key: &'static str) -> Option<Table<'a>> {
        let name = self.child(key);
        self.get(key)?.table(report, name)
    }

    /// What a table under a key is called in messages.
    pub(super) fn child(&self, key: &str) -> String {
        match self.name.strip_prefix('[').and_then(|name| name.strip_suffix(']')) {
            Some(name) => format!("[{name}.{key}]"),
            None => format!("[{key}]"),
        }
    }

    /// Takes every key that was not asked for.
    pub(super) fn rest(&mut self) -> Vec<Entry<'a>> {
        self.entries
            .iter_mut()
            .filter(|entry| !entry.taken)
            .map(|entry| {
                entry.taken = true;
                entry.clone()
            })
            .collect()
    }

    /// The keys that are there, taken or not.
    pub(super) fn keys(&self) -> impl Iterator<Item = &Text> {
        self.entries.iter().map(|entry| &entry.key)
    }

    /// Reports every key that nobody asked for.
    pub(super) fn close(self, report: &mut Report<'_>) {
        for entry in self.entries.iter().filter(|entry| !entry.taken) {
            let what = format!("key of {}", self.name);
            if self.holds_secrets {
                report.hide_line(&entry.key.span);
            }
            report.unknown(&entry.key.span, &entry.key.text, &what, self.asked.iter().copied());
        }
    }
}

impl<'a> Item<'a> {
    /// Says that this is not what should be here.
    pub(super) fn wrong(&self, report: &mut Report<'_>, wanted: &str) {
        let found = match self.value {
            DeValue::String(text) => format!("\"{text}\""),
            DeValue::Integer(_) | DeValue::Float(_) => format!("the number {}", report.source(&self.span)),
            DeValue::Boolean(truth) => truth.to_string(),
            DeValue::Datetime(at) => format!("the date {at}"),
            DeValue::Array(_) => "a list".to_owned(),
            DeValue::Table(_) => "a table".to_owned(),
        };
        report.problem(&self.span, format!("{found} stands where {wanted} should"), None);
    }

    pub(super) fn as_text(&self) -> Option<Text> {
        self.value.as_str().map(|text| Text { text: text.to_owned(), span: self.span.clone() })
    }

    pub(super) fn text(&self, report: &mut Report<'_>) -> Option<Text> {
        let text = self.as_text();
        match &text {
            None => self.wrong(report, "a \"text\""),
            Some(found) if found.text.trim().is_empty() => {
                report.problem(&self.span, "this text is empty", None);
                return None;
            }
            Some(_) => {}
        }
        text
    }

    /// One text or a list of them.
    pub(super) fn texts(&self, report: &mut Report<'_>) -> Vec<Text> {
        match self.list() {
            Some(items) => {
                if items.is_empty() {
                    report.problem(&self.span, "this list is empty", Some("name at least one".to_owned()));
                }
                items.iter().filter_map(|item| item.text(report)).collect()
            }
            None => self.text(report).into_iter().collect(),
        }
    }

    pub(super) fn list(&self) -> Option<Vec<Item<'a>>> {
        let array = self.value.as_array()?;
        Some(array.iter().map(|value| Item { value: value.get_ref(), span: value.span() }).collect())
    }

    pub(super) fn as_table(&self, name: impl Into<String>) -> Option<Table<'a>> {
        match self.value {
            DeValue::Table(table) => Some(Table::new(name, table, self.span.clone())),
            _ => None,
        }
    }

    pub(super) fn table(&self, report: &mut Report<'_>, name: impl Into<String>) -> Option<Table<'a>> {
        let table = self.as_table(name);
        if table.is_none() {
            self.wrong(report, "a table { .. }");
        }
        table
    }

    /// One of these words, as what it stands for.
    pub(super) fn word<T: Clone>(&self, report: &mut Report<'_>, what: &str, words: &[(&'static str, T)]) -> Option<T> {
        let found = self.text(report)?;
        let meaning = words.iter().find(|(word, _)| *word == found.text).map(|(_, meaning)| meaning.clone());
        if meaning.is_none() {
            report.unknown(&found.span, &found.text, what, words.iter().map(|(word, _)| *word));
        }
        meaning
    }

    /// One of these words.
    pub(super) fn one_of(&self, report: &mut Report<'_>, what: &str, words: &[&'static str]) -> Option<String> {
        let words: Vec<(&'static str, String)> = words.iter().map(|word| (*word, (*word).to_owned())).collect();
        self.word(report, what, &words)
    }

    pub(super) fn truth(&self, report: &mut Report<'_>) -> Option<bool> {
        let truth = self.value.as_bool();
        if truth.is_none() {
            self.wrong(report, "true or false");
        }
        truth
    }

    pub(super) fn as_number(&self) -> Option<Decimal> {
        match self.value {
            DeValue::Integer(number) if number.radix() == 10 => number.as_str().parse().ok(),
            DeValue::Float(number) => number.as_str().parse().ok(),
            _ => None,
        }
    }

    pub(super) fn number(&self, report: &mut Report<'_>) -> Option<Decimal> {
        let number = self.as_number();
        match number {
            None => self.wrong(report, "a number"),
            Some(negative) if negative.is_sign_negative() => self.wrong(report, "a number above zero"),
            Some(_) => {}
        }
        number.filter(|number| !number.is_sign_negative())
    }

    /// A whole number within bounds.
    pub(super) fn whole(&self, report: &mut Report<'_>, bounds: std::ops::RangeInclusive<u32>) -> Option<u32> {
        let whole = match self.value {
            DeValue::Integer(number) if number.radix() == 10 => number.as_str().parse().ok(),
            _ => None,
        };
        let whole = whole.filter(|number| bounds.contains(number));
        if whole.is_none() {
            self.wrong(report, &format!("a whole number from {} to {}", bounds.start(), bounds.end()));
        }
        whole
    }

    pub(super) fn date(&self, report: &mut Report<'_>) -> Option<Date> {
        let date = match self.value {
            DeValue::Datetime(at) if at.time.is_none() => at.date.and_then(|date| {
                Date::new(i16::try_from(date.year).ok()?, i8::try_from(date.month).ok()?, i8::try_from(date.day).ok()?)
                    .ok()
            }),
            _ => None,
        };
        if date.is_none() {
            self.wrong(report, "a date such as 2026-11-02 (without quotes)");
        }
        date
    }

    pub(super) fn time_span(&self, report: &mut Report<'_>) -> Option<Span> {
        let span = self.value.as_str().and_then(words::span);
        if span.is_none() {
            self.wrong(report, "a span such as \"60 days\" or \"4 hours\"");
        }
        span
    }

    /// "30 %" as 30. A bare number is refused with what to write.
    pub(super) fn percent(&self, report: &mut Report<'_>) -> Option<Decimal> {
        if let Some(number) = self.as_number() {
            let source = report.source(&self.span);
            let meant = if number < Decimal::ONE { number * Decimal::ONE_HUNDRED } else { number };
            let fix = Some(format!("write \"{} %\"", meant.normalize()));
            report.problem(&self.span, format!("{source} is a bare number where a rate should be"), fix);
            return None;
        }
        let percent = self.value.as_str().and_then(words::percent);
        if percent.is_none() {
            self.wrong(report, "a rate such as \"30 %\"");
        }
        percent
    }

    /// "17:00".
    pub(super) fn clock(&self, report: &mut Report<'_>) -> Option<Time> {
        let time = self.value.as_str().and_then(words::clock);
        if time.is_none() {
            self.wrong(report, "a time of day such as \"17:00\"");
        }
        time
    }

    /// "mon-fri", "mon" or ["mon", "wed"].
    pub(super) fn weekdays(&self, report: &mut Report<'_>) -> Option<Vec<Weekday>> {
        let mut days = Vec::new();
        for text in self.texts(report) {
            match words::weekdays(&text.text) {
                Some(found) => days.extend(found),
                None => {
                    let fix = Some("write \"mon-fri\" or [\"mon\", \"wed\"]".to_owned());
                    report.problem(&text.span, format!("\"{}\" is no day of the week", text.text), fix);
                }
            }
        }
        days.sort_by_key(|day| day.to_monday_zero_offset());
        days.dedup();
        (!days.is_empty()).then_some(days)
    }

    /// A simple value, or a list of them.
    pub(super) fn values(&self, report: &mut Report<'_>) -> Vec<(Value, Range<usize>)> {
        let items = self.list().unwrap_or_else(|| vec![self.clone()]);
        if items.is_empty() {
            report.problem(&self.span, "this list is empty", Some("name at least one".to_owned()));
        }
        let mut values = Vec::new();
        for item in items {
            let value = match item.value {
                DeValue::String(text) => Some(Value::text(text.as_ref())),
                DeValue::Boolean(truth) => Some(Value::Bool(*truth)),
                DeValue::Datetime(at) => Some(Value::text(at.to_string())),
                DeValue::Integer(_) | DeValue::Float(_) => item.as_number().map(Value::Number),
                DeValue::Array(_) | DeValue::Table(_) => None,
            };
            match value {
                Some(value) => values.push((value, item.span)),
                None => item.wrong(report, "a simple value"),
            }
        }
        values
    }
}
