//! `[destinations]` and `[digests]`: where to, and what is sent regularly.

use std::collections::BTreeMap;

use jiff::civil::Time;

use super::document::{Entry, Item, Table};
use super::facts::check_name;
use super::model::{Closes, Destination, Digest, DigestDays, DigestKind, DigestTo, Motion};
use super::people::People;
use super::report::Report;

pub(super) fn read_destinations(
    report: &mut Report<'_>,
    mut table: Table<'_>,
    people: &People,
    roles: &[String],
    outlets: &[&'static str],
) -> BTreeMap<String, Destination> {
    let mut destinations = BTreeMap::new();
    for entry in table.rest() {
        check_name(report, &entry.key, "destination");
        match destination(report, &entry, people, roles, outlets) {
            Some(destination) => {
                destinations.insert(entry.key.text, destination);
            }
            None => report.is_wrong("destination", &entry.key.text),
        }
    }
    destinations
}

fn destination(
    report: &mut Report<'_>,
    entry: &Entry<'_>,
    people: &People,
    roles: &[String],
    outlets: &[&'static str],
) -> Option<Destination> {
    let id = entry.key.text.clone();
    let mut table = entry.item.table(report, format!("[destinations.{id}]"))?;
    let mut channels = BTreeMap::new();
    for outlet in outlets {
        if let Some(channel) = table.get(outlet).and_then(|item| item.text(report)) {
            if channel.text.starts_with('#') {
                let fix = Some("write the id of the channel, because names change".to_owned());
                report.problem(&channel.span, format!("\"{}\" is the name of a channel", channel.text), fix);
            }
            channels.insert((*outlet).to_owned(), channel.text);
        }
    }
    let name = table.get("name").and_then(|item| item.text(report)).map(|name| name.text);
    let seen_by = table.get("seen_by").and_then(|item| item.text(report));
    if let Some(audience) = &seen_by {
        let mut known = vec!["company".to_owned()];
        known.extend(people.teams.iter().map(|team| format!("{} team", team.id)));
        known.extend(roles.iter().cloned());
        if !known.contains(&audience.text) {
            report.unknown(&audience.span, &audience.text, "audience", known.iter().map(String::as_str));
        }
    }
    table.close(report);
    if channels.is_empty() {
        let fix = Some(format!("add the id of a channel, such as {} = \"..\"", outlets.first().unwrap_or(&"outlet")));
        report.problem(&entry.key.span, format!("the destination \"{id}\" has no channel"), fix);
    }
    let seen_by = seen_by.map_or_else(|| "company".to_owned(), |audience| audience.text);
    Some(Destination { name: name.unwrap_or_else(|| format!("#{id}")), id, channels, seen_by })
}

pub(super) fn read_digests(
    report: &mut Report<'_>,
    mut table: Table<'_>,
    destinations: &BTreeMap<String, Destination>,
    motions: &[Motion],
) -> Vec<Digest> {
    let entries = table.rest();
    entries.iter().filter_map(|entry| digest(report, entry, destinations, motions)).collect()
}

fn digest(
    report: &mut Report<'_>,
    entry: &Entry<'_>,
    destinations: &BTreeMap<String, Destination>,
    motions: &[Motion],
) -> Option<Digest> {
    check_name(report, &entry.key, "digest");
    let id = entry.key.text.clone();
    let mut table = entry.item.table(report, format!("[digests.{id}]"))?;
    let kinds = [
        ("scorecard", DigestKind::Scorecard),
        ("team", DigestKind::Team),
        ("bowtie", DigestKind::Bowtie),
        ("recurring-revenue", DigestKind::RecurringRevenue),
    ];
    let send = table.require(report, "send", "\"bowtie\"").and_then(|item| item.word(report, "digest", &kinds));
    let to_item = table.require(report, "to", "\"each person\"");
    let to = to_item.as_ref().and_then(|item| receiver(report, item, destinations));
    let at = table.require(report, "at", "\"08:30\"").and_then(|item| item.clock(report));
    let (days_item, on) = (table.get("days"), table.get("on"));
    let days = match (&days_item, &on) {
        (Some(item), None) => days(report, item),
        (None, Some(item)) => nth_working_day(report, item),
        (Some(_), Some(item)) => {
            report.problem(&item.span, "a digest has `days` or `on`, not both", Some("leave one of them".to_owned()));
            None
        }
        (None, None) => {
            let fix = Some("add days = \"working days\" or days = [\"mon\"]".to_owned());
            report.problem(&entry.key.span, format!("the digest \"{id}\" does not say on which days"), fix);
            None
        }
    };
    let closes = table.get("closes").and_then(|item| closes(report, &item, at));
    let only = table.get("motions").map(|item| item.texts(report)).unwrap_or_default();
    for text in only.iter().filter(|text| !motions.iter().any(|motion| motion.id == text.text)) {
        report.unknown(&text.span, &text.text, "motion", motions.iter().map(|motion| motion.id.as_str()));
    }
    table.close(report);
    let (send, to, at) = (send?, to?, at?);
    check_receiver(report, send, &to, to_item.as_ref());
    let not_active = not_active(send, &to);
    if let Some(why) = &not_active {
        report.note(&entry.key.span, format!("digests.{id}"), why.clone());
    }
    let motions = only.into_iter().map(|text| text.text).collect();
    Some(Digest { id, send, to, at, days: days?, closes, motions, not_active })
}

/// When the message is edited for the last time: after it was sent.
fn closes(report: &mut Report<'_>, item: &Item<'_>, at: Option<Time>) -> Option<Closes> {
    if item.value.as_str() == Some("24:00") {
        return Some(Closes::EndOfDay);
    }
    let closes = item.clock(report)?;
    if at.is_some_and(|at| at >= closes) {
        let message = format!("{} is not after the digest is sent", report.source(&item.span));
        report.problem(&item.span, message, Some("write a later time or \"24:00\"".to_owned()));
    }
    Some(Closes::At(closes))
}

fn not_active(send: DigestKind, to: &DigestTo) -> Option<String> {
    match send {
        DigestKind::Scorecard | DigestKind::Bowtie | DigestKind::RecurringRevenue => None,
        DigestKind::Team if *to == DigestTo::EachManager => None,
        DigestKind::Team => Some("the digest of a team goes only to each manager yet".to_owned()),
    }
}

fn receiver(report: &mut Report<'_>, item: &Item<'_>, known: &BTreeMap<String, Destination>) -> Option<DigestTo> {
    let text = item.text(report)?;
    match text.text.as_str() {
        "each person" => Some(DigestTo::EachPerson),
        "each manager" => Some(DigestTo::EachManager),
        id if known.contains_key(id) => Some(DigestTo::Destination(text.text)),
        other => {
            let words = ["each person", "each manager"].into_iter().chain(known.keys().map(String::as_str));
            report.unknown(&text.span, other, "destination", words);
            None
        }
    }
}

/// The numbers of single people go to them only.
fn check_receiver(report: &mut Report<'_>, send: DigestKind, to: &DigestTo, item: Option<&Item<'_>>) {
    let wanted = match (send, to) {
        (DigestKind::Scorecard, DigestTo::EachManager | DigestTo::Destination(_)) => "each person",
        (DigestKind::Team, DigestTo::EachPerson) => "each manager",
        (DigestKind::RecurringRevenue, DigestTo::EachPerson | DigestTo::EachManager) => "a destination",
        (DigestKind::Scorecard, DigestTo::EachPerson)
        | (DigestKind::Team, DigestTo::EachManager | DigestTo::Destination(_))
        | (DigestKind::Bowtie | DigestKind::RecurringRevenue, _) => return,
    };
    if let Some(item) = item {
        let message = format!("this digest cannot go to {}", report.source(&item.span));
        report.problem(&item.span, message, Some(format!("write to = \"{wanted}\"")));
    }
}

fn days(report: &mut Report<'_>, item: &Item<'_>) -> Option<DigestDays> {
    match item.value.as_str() {
        Some("working days") => Some(DigestDays::WorkingDays),
        Some("every day") => Some(DigestDays::EveryDay),
        _ => item.weekdays(report).map(DigestDays::Weekdays),
    }
}

/// "2nd working day of the month"
fn nth_working_day(report: &mut Report<'_>, item: &Item<'_>) -> Option<DigestDays> {
    let text = item.text(report)?;
    let number = text.text.strip_suffix(" working day of the month").and_then(|number| {
        let digits = number.trim_end_matches(|c: char| c.is_ascii_alphabetic());
        let ending = number.get(digits.len()..)?;
        matches!(ending, "st" | "nd" | "rd" | "th").then(|| digits.parse::<u8>().ok()).flatten()
    });
    let number = number.filter(|number| (1..=20).contains(number));
    if number.is_none() {
        item.wrong(report, "a day such as \"2nd working day of the month\"");
    }
    number.map(DigestDays::NthWorkingDayOfMonth)
}
