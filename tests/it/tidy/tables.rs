//! Two folders of migrations, one database.

use std::collections::BTreeSet;

use super::{File, files, none};

fn names(database: &str) -> BTreeSet<String> {
    let folder = format!("migrations/{database}");
    files(&folder, ".sql").into_iter().map(|file| file.path[folder.len() + 1..].to_owned()).collect()
}

#[test]
fn both_databases_have_the_same_migrations() {
    assert_eq!(names("sqlite"), names("postgres"));
    assert!(!names("sqlite").is_empty());
}

/// Tables that are about the program itself and belong to no company.
const OF_THE_PROGRAM: [&str; 0] = [];

/// Name and body of every table that a migration creates.
fn tables(file: &File) -> Vec<(String, String)> {
    let code: Vec<&str> = file.text.lines().map(|line| line.split("--").next().unwrap_or_default()).collect();
    code.join("\n")
        .split("CREATE TABLE ")
        .skip(1)
        .filter_map(|rest| {
            let (head, body) = rest.trim_start_matches("IF NOT EXISTS ").split_once('(')?;
            Some((head.trim().to_owned(), body.split(';').next().unwrap_or_default().to_owned()))
        })
        .collect()
}

#[test]
fn every_key_begins_with_the_workspace() {
    let mut offences = Vec::new();
    for file in files("migrations", ".sql") {
        for (name, body) in tables(&file) {
            let keys: Vec<&str> = body.split("PRIMARY KEY").skip(1).collect();
            let begins = keys
                .iter()
                .any(|key| key.trim_start().trim_start_matches('(').trim_start().starts_with("workspace"))
                || body.lines().any(|line| line.trim_start().starts_with("workspace ") && line.contains("PRIMARY KEY"));
            if !begins && !OF_THE_PROGRAM.contains(&name.as_str()) {
                offences.push(format!("{}: {name}", file.path));
            }
        }
    }
    none("invariant 10, every table's key begins with the workspace:", &offences);
}
