//! What may stand in which source file.

use super::{File, files, lines_with, none};

fn pure() -> Vec<File> {
    ["shiftbell-metrics", "shiftbell-sources", "shiftbell-render"]
        .iter()
        .flat_map(|name| files(&format!("crates/{name}/src"), ".rs"))
        .collect()
}

#[test]
fn pure_crates_neither_wait_nor_look_around() {
    let texts = [
        "async fn",
        "async move",
        "async {",
        ".await?",
        ".await;",
        ".await)",
        ".await.",
        "tokio::",
        "std::env",
        "env::var",
        "std::fs",
        "fs::read",
        "File::open",
        "std::net",
        "std::process",
        "std::thread",
        "SystemTime",
        "thread_local!",
    ];
    none(
        "invariant 1, no async, clock, environment or files in metrics, sources and render:",
        &lines_with(&pure(), &texts),
    );
}

#[test]
fn the_core_knows_no_vendor_by_name() {
    let mut offences = Vec::new();
    let vendors = [
        "hubspot",
        "salesforce",
        "pipedrive",
        "stripe",
        "chargebee",
        "slack",
        "discord",
        "postgres",
        "sqlite",
        "segment.com",
    ];
    // Presets of `[policies.mrr]` are named after those whose answers they take: a word of the definitions file, like any
    // other. Only their table may hold them, and nothing else depends on them.
    let presets = ["| `stripe` |", "| `chargebee` |", "(\"stripe\", &[", "(\"chargebee\", &["];
    let is_preset = |file: &File, line: &str| {
        file.path.ends_with("/revenue/policy.rs") && presets.iter().any(|preset| line.contains(preset))
    };
    for file in files("crates/shiftbell-metrics/src", ".rs") {
        for (number, line) in file.lines().filter(|(_, line)| !is_preset(&file, line)) {
            let line = line.to_lowercase();
            if let Some(vendor) = vendors.iter().find(|vendor| line.contains(*vendor)) {
                offences.push(format!("{}:{number}: {vendor}", file.path));
            }
        }
    }
    none("invariant 2, metrics knows no vendor, chat system or database (comments too):", &offences);
}

#[test]
fn only_the_store_speaks_sql() {
    let elsewhere: Vec<File> =
        files("crates", ".rs").into_iter().filter(|file| !file.path.starts_with("crates/shiftbell-store/")).collect();
    let texts = ["SELECT ", "INSERT INTO", "DELETE FROM", "CREATE TABLE", "UPDATE inbox", "UPDATE outbox", "sqlx::"];
    none("invariant 3, SQL only in shiftbell-store:", &lines_with(&elsewhere, &texts));
}

#[test]
fn only_chat_and_its_two_doors_know_the_chat_apis() {
    let elsewhere: Vec<File> = files("crates", ".rs")
        .into_iter()
        .filter(|file| {
            !file.path.starts_with("crates/shiftbell-chat/")
                && !["crates/shiftbell/src/http/slack.rs", "crates/shiftbell/src/http/discord.rs"]
                    .contains(&file.path.as_str())
        })
        .collect();
    let texts = ["chat.postMessage", "chat.update", "/api/v10", "serenity::", "slack_morphism::"];
    none("invariant 3, the chat APIs:", &lines_with(&elsewhere, &texts));
}

#[test]
fn time_and_chance_come_from_one_file() {
    let elsewhere: Vec<File> =
        files("crates", ".rs").into_iter().filter(|file| file.path != "crates/shiftbell/src/clock.rs").collect();
    let texts = [
        "SystemTime::now",
        "Instant::now",
        "Timestamp::now",
        "Zoned::now",
        "getrandom::",
        "rand::",
        "Uuid::now",
        "thread_rng",
    ];
    none("invariant 9, time and randomness are parameters:", &lines_with(&elsewhere, &texts));
}

#[test]
fn lints_are_expected_with_a_reason_and_never_just_allowed() {
    let mut offences = lines_with(&files("crates", ".rs"), &["#[allow(", "#![allow("]);
    for file in files("crates", ".rs") {
        for (number, line) in file.code() {
            let opens = line.contains("#[expect(") || line.contains("#![expect(");
            if opens && line.contains(")]") && !line.contains("reason") {
                offences.push(format!("{}:{number}: no reason", file.path));
            }
        }
    }
    none("exceptions from lints:", &offences);
}

#[test]
fn files_hold_one_idea() {
    let mut offences = Vec::new();
    for file in files("crates", ".rs").into_iter().chain(files("tests", ".rs")) {
        let lines = file.text.lines().count();
        if lines > 500 {
            offences.push(format!("{}: {lines} lines, at most 500", file.path));
        }
        let name = file.path.rsplit('/').next().unwrap_or_default();
        // Beside the tests of a crate, cargo would take `support.rs` for a test of its own.
        if !file.path.ends_with("/tests/support/mod.rs")
            && ["mod.rs", "util.rs", "utils.rs", "helper.rs", "helpers.rs", "common.rs", "misc.rs"].contains(&name)
        {
            offences.push(format!("{}: a file is named for an idea (and `foo.rs` stands beside `foo/`)", file.path));
        }
    }
    none("files:", &offences);
}
