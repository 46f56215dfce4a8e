//! The database, the disk under it, and what waits or was given up in it.

use shiftbell_metrics::time::{MS_PER_HOUR, MS_PER_MINUTE};
use shiftbell_store::outbox::State;

use super::{counted, kept, know, n, span};
use crate::doctor::look::{Database, Disk, Found, Numbers, Stored};
use crate::doctor::{Finding, Known, Severity};

use Severity::{MayNeedYou, NeedsYou};

/// Unread for so long, deliveries are behind; for longer, nobody reads them.
const BEHIND_MS: i64 = 5 * MS_PER_MINUTE;
const STOPPED_MS: i64 = MS_PER_HOUR;
const GIB: u64 = 1024 * 1024 * 1024;

pub(super) fn judge(found: &Found<'_>) -> Vec<Finding> {
    let mut all = Vec::new();
    match &found.database {
        Database::Unreachable { why } => {
            let means = format!("The database cannot be used: {}.", why.trim_end_matches('.'));
            all.push(Finding::new(
                "database-unreachable",
                NeedsYou,
                means,
                "Start it, or correct `database_url` in shiftbell.toml.",
            ));
        }
        Database::Other => {
            let means = "The tables of the database are of another version of the program.";
            all.push(Finding::new(
                "database-of-other-version",
                NeedsYou,
                means,
                "Run `shiftbell migrate` with the newer of the two.",
            ));
        }
        Database::Open(_) => {}
    }
    all.extend(found.disk.and_then(of_disk));
    if let Some(stored) = kept(found) {
        all.extend(of_inbox(found, stored));
        all.extend(of_events(stored));
        all.extend(of_messages(stored));
        all.extend(of_numbers(stored));
    }
    for why in &found.templates {
        let means = format!("A message cannot be written: {why}.");
        all.push(Finding::new("template-broken", NeedsYou, means, "Install the program as it was released."));
    }
    all
}

fn of_disk(disk: Disk) -> Option<Finding> {
    let share = disk.free_bytes.saturating_mul(100).checked_div(disk.total_bytes)?;
    let free = format!("{:.1} GiB ({share} %) are left", disk.free_bytes as f64 / GIB as f64);
    let todo = "Free some space, or move the database to a larger disk.";
    if share < 2 || disk.free_bytes < GIB / 4 {
        let means =
            format!("The disk under the database is nearly full: {free}; when it is full, nothing is taken in.");
        Some(Finding::new("disk-nearly-full", NeedsYou, means, todo))
    } else if share < 10 && disk.free_bytes < 20 * GIB {
        Some(Finding::new(
            "disk-nearly-full",
            MayNeedYou,
            format!("The disk under the database is filling: {free}."),
            todo,
        ))
    } else {
        None
    }
}

fn of_inbox(found: &Found<'_>, stored: &Stored) -> Vec<Finding> {
    let mut all = Vec::new();
    if let Some(oldest_ms) = stored.backlog.oldest_ms
        && found.now.as_ms() - oldest_ms > BEHIND_MS
    {
        let waiting = counted(n(stored.backlog.waiting), "delivery");
        let waits_ms = found.now.as_ms() - oldest_ms;
        let means = format!("{waiting} are unread, the oldest for {}.", span(waits_ms));
        let severity = if waits_ms > STOPPED_MS { NeedsYou } else { MayNeedYou };
        all.push(Finding::new(
            "deliveries-unread",
            severity,
            means,
            "See that `shiftbell serve` runs, and what its log says.",
        ));
    }
    if let Some(last) = &stored.unreadable {
        let kept = counted(n(stored.backlog.unreadable), "delivery");
        let why: String = last.reason.chars().filter(|c| !c.is_control()).take(160).collect();
        let means = format!("{kept} could not be read and are kept; the latest, of {}: {why}.", last.source);
        let todo = "Correct what the reason names at its source; a version that reads them will read them again.";
        all.push(Finding::new("deliveries-unreadable", MayNeedYou, means, todo));
    }
    all
}

fn of_events(stored: &Stored) -> Option<Finding> {
    let most = stored.set_aside.iter().max_by_key(|count| count.n)?;
    let all: i64 = stored.set_aside.iter().map(|count| count.n).sum();
    let means = format!(
        "{} cannot be true and are not counted; most of them, of {}, are {}.",
        counted(n(all), "event"),
        most.source,
        most.reason
    );
    let todo = format!("Let {} send the time at which something happened.", most.source);
    Some(Finding::new("events-set-aside", MayNeedYou, means, todo).of(&*most.source))
}

fn of_messages(stored: &Stored) -> Vec<Finding> {
    let count = |state: State| stored.messages.iter().find(|(of, _)| *of == state).map_or(0, |(_, count)| *count);
    let mut all = Vec::new();
    if let Some(last) = &stored.given_up {
        let means = format!(
            "{} could not be delivered; the latest, to {}: {}.",
            counted(n(count(State::Dead)), "message"),
            last.destination,
            last.reason.as_deref().unwrap_or("no reason is known").trim_end_matches('.')
        );
        let todo = "Do what the reason says, then press Send again under the notice about it.";
        all.push(Finding::new("messages-given-up", NeedsYou, means, todo));
    }
    if count(State::Held) > 0 {
        let means = format!("{} wait for somebody's decision.", counted(n(count(State::Held)), "message"));
        all.push(Finding::new("messages-held", MayNeedYou, means, "Decide under the notice about each of them."));
    }
    all
}

fn of_numbers(stored: &Stored) -> Option<Finding> {
    match stored.numbers {
        Numbers::Current | Numbers::None => None,
        Numbers::Building => Some(Finding::to_know(
            "numbers-being-built",
            "The numbers are being built by the definitions of the file; until then nobody is answered.",
        )),
        Numbers::OfOtherDefinitions => Some(Finding::new(
            "numbers-of-other-definitions",
            NeedsYou,
            "The numbers in the database were made by other definitions than those of the file.",
            "Start `shiftbell serve`, which builds them, or run `shiftbell rebuild`.",
        )),
    }
}

pub(super) fn known(found: &Found<'_>) -> Vec<Known> {
    let Some(stored) = kept(found) else { return Vec::new() };
    let size = stored.bytes.map_or_else(String::new, |bytes| format!(", {:.1} MiB", bytes as f64 / 1_048_576.0));
    let waiting = counted(n(stored.backlog.waiting), "delivery");
    let mut all = vec![know(
        "database",
        format!("{}{size}; {waiting} unread, {} held until their time", stored.kind, counted(n(stored.held), "event")),
    )];
    for (outlet, destination, at_ms) in &stored.arrived {
        let ago = span(found.now.as_ms() - at_ms);
        all.push(know(format!("{outlet} {destination}"), format!("the latest message arrived {ago} ago")));
    }
    all
}
