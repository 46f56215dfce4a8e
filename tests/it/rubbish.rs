//! What goes wrong around the program: files, addresses, ports, disks, databases. Each with a clear answer, nothing lost.

mod disk;
mod gone;

use std::path::Path;
use std::process::{Command, Output};

use shiftbell_tests::child::{binary, free_port};
use shiftbell_tests::sample;

/// Runs the program to its end in a folder.
fn runs(folder: &Path, arguments: &[&str], environment: &[(&str, &str)]) -> (Option<i32>, String) {
    let Output { status, stdout, stderr } = Command::new(binary())
        .args(arguments)
        .env_clear()
        .envs(environment.iter().copied())
        .current_dir(folder)
        .output()
        .expect("the program can be run");
    (status.code(), format!("{}{}", String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr)))
}

#[test]
fn a_definitions_file_with_ten_errors_is_answered_with_all_ten_places() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    // What is right, and what is written instead.
    let wrong = [
        ("timezone       = \"America/New_York\"", "timezone       = \"America/New_Yrok\""),
        ("currency       = \"USD\"", "currency       = \"DOLLARS\""),
        ("call-accepted     = { event =", "call-accepted     = { evnt ="),
        ("score-above-ten   = { when = 'contact.lead_score", "score-above-ten   = { when = 'contact.lead_scor"),
        ("sql      = \"meeting-confirmed\"", "sql      = \"meeting-confirmd\""),
        ("within = \"30 days\" }", "within = \"30 dyas\" }"),
        ("target  = { b2b = \"60 %\", b2c = \"80 %\" }", "target  = { b2b = \"60 %\", b2x = \"80 %\" }"),
        ("from = \"deal\", to = \"won\", show = \"median\"", "from = \"deel\", to = \"won\", show = \"median\""),
        ("formula = 'spend / won'", "formula = 'spend / '"),
        ("place = \"berlin\", since = 2026-09-01", "place = \"berln\", since = 2026-09-01"),
    ];
    let mut text = sample::DEFINITIONS.to_owned();
    for (right, instead) in wrong {
        assert!(text.contains(right), "the sample has no longer `{right}`");
        text = text.replacen(right, instead, 1);
    }
    std::fs::write(folder.path().join("acme.toml"), &text).expect("write the file");
    let (code, said) = runs(folder.path(), &["check", "acme.toml"], &[]);
    assert_eq!(code, Some(3), "{said}");
    for (_, instead) in wrong {
        let number = text.lines().position(|line| line.contains(instead)).expect("it is there") + 1;
        let place = format!("acme.toml:{number}:");
        let column = said.split(&place).nth(1).and_then(|rest| rest.lines().next());
        assert!(column.is_some_and(|it| it.parse::<u32>().is_ok_and(|it| it > 0)), "{place}COLUMN is not in:\n{said}");
    }
    assert!(said.contains("acme.toml: 10 problems"), "{said}");
}

#[test]
fn a_database_that_cannot_be_had_is_named_without_its_password() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    std::fs::write(folder.path().join("notes.txt"), "not a database, but quite a long text all the same")
        .expect("write");
    let nowhere = format!("postgres://ann:secret@127.0.0.1:{}/bell", free_port());
    let table = [
        ("mysql://ann:secret@db/bell", "should be `sqlite:FILE` or `postgres://USER@HOST/DATABASE`", 2),
        ("/var/lib/shiftbell.db", "should be `sqlite:FILE`", 2),
        ("sqlite::memory:", "would forget what it acknowledged", 4),
        ("sqlite:missing/bell.db", "folder `missing` of database `sqlite:missing/bell.db` does not exist", 4),
        ("sqlite:notes.txt", "is not a SQLite database", 4),
        ("postgres://ann:secret@db:port/bell", "cannot be read", 4),
        (nowhere.as_str(), "cannot be reached", 4),
    ];
    for (url, words, code) in table {
        let (found, said) = runs(folder.path(), &["migrate"], &[("SHIFTBELL_DATABASE_URL", url)]);
        assert!(found == Some(code) && said.contains(words), "{url}: {found:?} {said}");
        assert!(!said.contains("secret") && said.lines().count() == 1, "{url}: {said}");
    }
}

#[test]
fn a_port_in_use_is_said_at_once_with_what_to_do() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    std::fs::create_dir(folder.path().join("workspaces")).expect("a folder of workspaces");
    std::fs::write(folder.path().join("workspaces/acme.toml"), sample::DEFINITIONS).expect("write the definitions");
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let listen = taken.local_addr().expect("an address").to_string();
    let environment = [("SHIFTBELL_LISTEN", listen.as_str()), ("SHIFTBELL_DATABASE_URL", "sqlite:bell.db")];
    let (code, said) = runs(folder.path(), &["serve"], &environment);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains(&format!("{listen} is in use by another program")), "{said}");
}
