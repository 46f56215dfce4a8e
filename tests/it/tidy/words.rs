//! One word for one idea, and words where words belong.

use super::{File, files, none, read, root};

/// Parts of names that say nothing. `manager` is a person in this trade and so only bad at the end of a type's name.
const EMPTY: [&str; 7] = ["Manager", "Handler", "Helper", "Util", "Utils", "Service", "Processor"];

#[test]
fn names_say_what_a_thing_is() {
    let mut offences = Vec::new();
    for file in files("crates", ".rs") {
        for (number, line) in file.code() {
            let mut words = line.split(|c: char| !(c.is_alphanumeric() || c == '_')).filter(|word| !word.is_empty());
            while let Some(word) = words.next() {
                let name = match word {
                    "struct" | "enum" | "trait" | "type" | "fn" | "mod" => words.next().unwrap_or_default(),
                    _ => continue,
                };
                let empty_type = EMPTY.iter().any(|empty| name.ends_with(empty) && name.len() > empty.len());
                let empty_verb = name.starts_with("handle_") || name.starts_with("process_") || name.starts_with("do_");
                if empty_type || empty_verb {
                    offences.push(format!("{}:{number}: {name}", file.path));
                }
            }
        }
    }
    none("names:", &offences);
}

#[test]
fn nothing_unfinished_or_private_is_left_behind() {
    let marks = [
        concat!("TO", "DO"),
        concat!("FIX", "ME"),
        concat!("XX", "X "),
        concat!("To be ", "written"),
        concat!("/wo", "rk/"),
    ];
    let mut offences = Vec::new();
    let texts = [("crates", ".rs"), ("tests", ".rs"), ("deploy", ""), ("templates", ".hbs"), ("migrations", ".sql")];
    for (folder, ending) in texts {
        for file in files(folder, ending) {
            for (number, line) in file.lines() {
                if let Some(mark) = marks.iter().find(|mark| line.contains(*mark)) {
                    offences.push(format!("{}:{number}: {mark}", file.path));
                }
            }
        }
    }
    none("left behind:", &offences);
}

#[test]
fn every_template_is_registered() {
    let sources: Vec<File> = files("crates", ".rs");
    let offences: Vec<String> = files("templates", ".hbs")
        .into_iter()
        .filter(|template| {
            let name = template.path.rsplit('/').next().unwrap_or_default();
            let stem = name.split('.').next().unwrap_or_default();
            !sources.iter().any(|file| {
                file.text.contains("include_str!")
                    && (file.text.contains(name) || file.text.contains(&format!("\"{stem}\"")))
            })
        })
        .map(|template| template.path)
        .collect();
    none("templates that no source includes:", &offences);
}

#[test]
fn message_templates_hold_words_and_no_structure() {
    let offences: Vec<String> = files("templates", ".md.hbs")
        .into_iter()
        .flat_map(|template| {
            ["<script", "<div", "blocks\"", "\"type\":", "http://", "https://"]
                .into_iter()
                .filter(|text| template.text.contains(text))
                .map(|text| format!("{}: {text}", template.path))
                .collect::<Vec<_>>()
        })
        .collect();
    none("invariant 7, templates hold words and Rust holds structure:", &offences);
}

#[test]
fn the_map_fits_on_a_few_screens() {
    let lines = read("crates/README.md").lines().count();
    assert!(lines <= 200, "crates/README.md has {lines} lines, at most 200");
}

#[test]
fn the_readme_shows_the_two_commands_that_work() {
    let readme = read("README.md");
    for command in ["cargo run --release -- demo", "tests/run.sh"] {
        assert!(readme.contains(command), "README.md does not show `{command}`");
    }
    for path in readme.split('`').filter(|text| text.ends_with('/') && !text.contains(' ') && text.len() < 40) {
        assert!(root().join(path).exists(), "README.md names `{path}`, which does not exist");
    }
}
