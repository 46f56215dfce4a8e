//! `[sources]` and `[outlets]`: where it comes from, and where people are reached.

use std::collections::BTreeMap;

use toml::de::DeValue;

use super::document::{Entry, Item, Table};
use super::facts::check_name;
use super::model::{KindWords, Outlet, SecretFrom, Source};
use super::report::Report;

pub(super) fn read_sources(report: &mut Report<'_>, mut table: Table<'_>, kinds: &[KindWords]) -> Vec<Source> {
    let entries = table.rest();
    entries.iter().filter_map(|entry| source(report, entry, kinds)).collect()
}

fn source(report: &mut Report<'_>, entry: &Entry<'_>, kinds: &[KindWords]) -> Option<Source> {
    check_name(report, &entry.key, "source");
    let id = entry.key.text.clone();
    let mut table = entry.item.table(report, format!("[sources.{id}]"))?;
    table.holds_secrets = true;
    let kind = table.require(report, "kind", "\"file\"").and_then(|item| item.text(report))?;
    let Some(words) = kinds.iter().find(|known| known.kind == kind.text) else {
        report.unknown(&kind.span, &kind.text, "kind of source", kinds.iter().map(|known| known.kind));
        return None;
    };
    let map = table.get("map").map(|item| map(report, &item, &id)).unwrap_or_default();
    let secrets = secrets(report, &mut table, words, entry);
    let settings = settings(report, &mut table, words);
    table.close(report);
    let not_active = words.not_active.map(str::to_owned);
    if let Some(why) = &not_active {
        report.note(&entry.key.span, format!("sources.{id}"), why.clone());
    }
    Some(Source { id, kind: kind.text, secrets, map, settings, not_active })
}

pub(super) fn read_outlets(report: &mut Report<'_>, mut table: Table<'_>, kinds: &[KindWords]) -> Vec<Outlet> {
    let mut outlets = Vec::new();
    for entry in table.rest() {
        let Some(words) = kinds.iter().find(|known| known.kind == entry.key.text) else {
            report.unknown(&entry.key.span, &entry.key.text, "outlet", kinds.iter().map(|known| known.kind));
            continue;
        };
        let Some(mut table) = entry.item.table(report, format!("[outlets.{}]", entry.key.text)) else {
            continue;
        };
        table.holds_secrets = true;
        let secrets = secrets(report, &mut table, words, &entry);
        let settings = settings(report, &mut table, words);
        table.close(report);
        if let Some(why) = words.not_active {
            report.note(&entry.key.span, format!("outlets.{}", words.kind), why);
        }
        outlets.push(Outlet { kind: words.kind.to_owned(), secrets, settings });
    }
    outlets
}

fn secrets(
    report: &mut Report<'_>,
    table: &mut Table<'_>,
    words: &KindWords,
    entry: &Entry<'_>,
) -> BTreeMap<String, SecretFrom> {
    let mut secrets = BTreeMap::new();
    for key in words.secrets {
        match table.get(key) {
            Some(item) => {
                if let Some(from) = secret(report, &item, key) {
                    secrets.insert((*key).to_owned(), from);
                }
            }
            None if words.required.contains(key) => {
                let fix = Some(format!("add {key} = {{ env = \"NAME_OF_A_VARIABLE\" }}"));
                report.problem(&entry.key.span, format!("{} has no `{key}`", table.name), fix);
            }
            None => {}
        }
    }
    secrets
}

/// Where a secret is found. One that is written out is refused and never repeated.
fn secret(report: &mut Report<'_>, item: &Item<'_>, key: &str) -> Option<SecretFrom> {
    let fix = || Some(format!("write {key} = {{ env = \"NAME_OF_A_VARIABLE\" }} or {{ file = \"/path\" }}"));
    let found = item.as_table("").and_then(|mut table| {
        let (env, file) = (table.get("env"), table.get("file"));
        let only = table.keys().count() == 1;
        match (env.and_then(|item| item.as_text()), file.and_then(|item| item.as_text())) {
            (Some(env), None) if only && is_variable(&env.text) => Some(SecretFrom::Env(env.text)),
            (None, Some(file)) if only && !file.text.trim().is_empty() => Some(SecretFrom::File(file.text)),
            _ => None,
        }
    });
    if found.is_none() {
        let message = match item.value {
            DeValue::String(_) => format!("`{key}` holds the secret itself, which does not belong in this file"),
            _ => format!("`{key}` does not say where the secret is found"),
        };
        report.secret_problem(&item.span, message, fix());
    }
    found
}

fn is_variable(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.len() <= 128
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// Everything else that it understands, as text under dotted keys.
fn settings(report: &mut Report<'_>, table: &mut Table<'_>, words: &KindWords) -> BTreeMap<String, String> {
    let mut settings = BTreeMap::new();
    for key in words.settings {
        if let Some(item) = table.get(key) {
            flatten(report, key, &item, &mut settings);
        }
    }
    settings
}

fn flatten(report: &mut Report<'_>, key: &str, item: &Item<'_>, settings: &mut BTreeMap<String, String>) {
    let text = match item.value {
        DeValue::String(text) => text.to_string(),
        DeValue::Boolean(truth) => truth.to_string(),
        DeValue::Datetime(at) => at.to_string(),
        DeValue::Integer(_) | DeValue::Float(_) => match item.as_number() {
            Some(number) => number.to_string(),
            None => return item.wrong(report, "a number"),
        },
        DeValue::Array(_) => {
            let texts: Vec<String> = item.texts(report).into_iter().map(|text| text.text).collect();
            texts.join("\n")
        }
        DeValue::Table(_) => {
            for entry in item.as_table("").into_iter().flat_map(|mut table| table.rest()) {
                flatten(report, &format!("{key}.{}", entry.key.text), &entry.item, settings);
            }
            return;
        }
    };
    settings.insert(key.to_owned(), text);
}

/// Our words and theirs: `call.outcome.accepted = ["Connected"]` for a value, `contact.lead_score = "Score"` for a field.
fn map(report: &mut Report<'_>, item: &Item<'_>, id: &str) -> BTreeMap<String, Vec<String>> {
    let mut words = BTreeMap::new();
    let Some(mut table) = item.table(report, format!("[sources.{id}.map]")) else {
        return words;
    };
    for of in table.rest() {
        let Some(mut fields) = of.item.as_table("") else {
            let fix = Some(format!("write contact.{} = ..", of.key.text));
            report.problem(&of.key.span, format!("`{}` does not say whose field it is", of.key.text), fix);
            continue;
        };
        for field in fields.rest() {
            let name = format!("{}.{}", of.key.text, field.key.text);
            match field.item.as_table("") {
                None => {
                    let theirs = field.item.texts(report).into_iter().map(|text| text.text).collect();
                    words.insert(name, theirs);
                }
                Some(mut values) => map_values(report, &name, &mut values, &mut words),
            }
        }
    }
    words
}

/// Each of their words means one of ours.
fn map_values(report: &mut Report<'_>, name: &str, values: &mut Table<'_>, words: &mut BTreeMap<String, Vec<String>>) {
    let mut taken: Vec<(String, String)> = Vec::new();
    for value in values.rest() {
        let theirs = value.item.texts(report);
        for text in &theirs {
            if let Some((_, ours)) = taken.iter().find(|(word, _)| *word == text.text) {
                let message = format!("\"{}\" already means `{name}.{ours}`", text.text);
                report.problem(&text.span, message, Some("each of their words means one of ours".to_owned()));
            }
            taken.push((text.text.clone(), value.key.text.clone()));
        }
        words.insert(format!("{name}.{}", value.key.text), theirs.into_iter().map(|text| text.text).collect());
    }
}
