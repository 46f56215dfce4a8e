//! Who may know whom.

use super::{none, read};

/// A crate and the crates of ours that it may use. A crate is a permission, not a drawer.
const MAY_USE: [(&str, &[&str]); 6] = [
    ("shiftbell-metrics", &[]),
    ("shiftbell-sources", &["shiftbell-metrics"]),
    ("shiftbell-render", &["shiftbell-metrics"]),
    ("shiftbell-store", &["shiftbell-metrics"]),
    ("shiftbell-chat", &["shiftbell-metrics", "shiftbell-render"]),
    ("shiftbell", &["shiftbell-metrics", "shiftbell-sources", "shiftbell-render", "shiftbell-store", "shiftbell-chat"]),
];

/// Libraries that a crate without input and output cannot have.
const IMPURE: [&str; 12] = [
    "tokio",
    "tokio-util",
    "futures-util",
    "reqwest",
    "axum",
    "tower",
    "tower-http",
    "sqlx",
    "serenity",
    "slack-morphism",
    "getrandom",
    "tempfile",
];

/// A library and the only crates of ours that may use it.
const ONLY_FOR: [(&str, &[&str]); 4] = [
    ("sqlx", &["shiftbell-store"]),
    ("serenity", &["shiftbell-chat"]),
    ("slack-morphism", &["shiftbell-chat"]),
    ("axum", &["shiftbell"]),
];

fn manifest(of: &str) -> toml::Table {
    read(&format!("crates/{of}/Cargo.toml")).parse().unwrap_or_else(|error| panic!("{of}: {error}"))
}

fn dependencies(of: &str) -> Vec<String> {
    let manifest = manifest(of);
    manifest
        .get("dependencies")
        .and_then(|table| table.as_table())
        .map(|table| table.keys().cloned().collect())
        .unwrap_or_default()
}

#[test]
fn crates_use_only_what_the_map_allows() {
    let mut offences = Vec::new();
    for (name, allowed) in MAY_USE {
        for dependency in dependencies(name) {
            if dependency.starts_with("shiftbell") && !allowed.contains(&dependency.as_str()) {
                offences.push(format!("{name} uses {dependency}"));
            }
        }
    }
    none("dependencies between our crates (crates/README.md, the map):", &offences);
}

#[test]
fn every_crate_is_on_the_map() {
    let mut folders: Vec<String> = std::fs::read_dir(super::root().join("crates"))
        .unwrap()
        .flatten()
        .filter(|entry| entry.path().is_dir())
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    folders.sort();
    let mut known: Vec<&str> = MAY_USE.iter().map(|(name, _)| *name).collect();
    known.sort_unstable();
    assert_eq!(folders, known);
    let map = read("crates/README.md");
    for name in known {
        assert!(map.contains(&format!("`{name}`")), "crates/README.md does not mention `{name}`");
    }
}

#[test]
fn pure_crates_have_no_library_for_input_and_output() {
    let mut offences = Vec::new();
    for name in ["shiftbell-metrics", "shiftbell-sources", "shiftbell-render"] {
        for dependency in dependencies(name) {
            if IMPURE.contains(&dependency.as_str()) {
                offences.push(format!("{name} depends on {dependency}"));
            }
        }
    }
    none("invariant 1, pure crates:", &offences);
}

#[test]
fn a_library_stays_where_it_belongs() {
    let mut offences = Vec::new();
    for (library, owners) in ONLY_FOR {
        for (name, _) in MAY_USE {
            if !owners.contains(&name) && dependencies(name).iter().any(|dependency| dependency == library) {
                offences.push(format!("{name} depends on {library}"));
            }
        }
    }
    none("invariant 3, one owner for each outside world:", &offences);
}

#[test]
fn every_crate_takes_the_lints_of_the_workspace() {
    for (name, _) in MAY_USE {
        let takes = manifest(name).get("lints").and_then(|lints| lints.get("workspace")).and_then(toml::Value::as_bool);
        assert_eq!(takes, Some(true), "{name}");
    }
}

#[test]
fn every_dependency_has_its_reason_in_the_map() {
    let workspace: toml::Table = read("Cargo.toml").parse().unwrap();
    let map = read("crates/README.md");
    let offences: Vec<String> = workspace["workspace"]["dependencies"]
        .as_table()
        .unwrap()
        .keys()
        .filter(|name| !name.starts_with("shiftbell") && !map.contains(&format!("`{name}`")))
        .cloned()
        .collect();
    none("not explained in crates/README.md, \"Why each dependency\":", &offences);
}
