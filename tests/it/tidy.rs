//! The invariants of `crates/README.md`, as tests. A rule that nobody checks is a wish.

mod dependencies;
mod sources;
mod tables;
mod words;

use std::path::{Path, PathBuf};

/// A text file of the repository.
struct File {
    /// From the root of the repository, with `/`.
    path: String,
    text: String,
}

impl File {
    fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text.lines().enumerate().map(|(index, line)| (index + 1, line))
    }

    /// The lines without comments. A `//` inside a string also ends one: good enough for what is looked for here.
    fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        self.lines().map(|(number, line)| {
            let url_free = line.replace("://", "   ");
            let end = url_free.find("//").unwrap_or(line.len());
            (number, line.get(..end).unwrap_or(line))
        })
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Every file below `folder` whose name ends with `ending`, sorted by path.
fn files(folder: &str, ending: &str) -> Vec<File> {
    let mut found = Vec::new();
    walk(&root().join(folder), folder, ending, &mut found);
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

fn walk(folder: &Path, name: &str, ending: &str, found: &mut Vec<File>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let path = format!("{name}/{}", entry.file_name().to_string_lossy());
        if entry.path().is_dir() {
            if !path.ends_with("/target") {
                walk(&entry.path(), &path, ending, found);
            }
        } else if path.ends_with(ending)
            && let Ok(text) = std::fs::read_to_string(entry.path())
        {
            found.push(File { path, text });
        }
    }
}

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Fails with every offence at once.
fn none(rule: &str, offences: &[String]) {
    assert!(offences.is_empty(), "{rule}\n  {}", offences.join("\n  "));
}

/// Lines of code in which one of these texts stands.
fn lines_with(files: &[File], texts: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for file in files {
        for (number, line) in file.code() {
            if let Some(text) = texts.iter().find(|text| line.contains(*text)) {
                found.push(format!("{}:{number}: `{text}`", file.path));
            }
        }
    }
    found
}

#[test]
fn the_search_finds_what_it_looks_for() {
    let file = File { path: "x.rs".into(), text: "let a = 1; // SELECT\nlet b = \"http://x SELECT\";\n".into() };
    assert_eq!(lines_with(&[file], &["SELECT"]), ["x.rs:2: `SELECT`"]);
    assert!(files("crates", ".rs").len() > 20);
}
