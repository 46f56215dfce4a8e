//! The same story on both databases: what the store promises, told from outside.

mod bulk;
mod inbox;
mod numbers;
mod opening;
mod outbox;
mod unsure;
mod walk;

use shiftbell_store::statements;
use shiftbell_tests::db::{both_databases, sqlite};

#[tokio::test]
async fn every_statement_prepares() {
    for test in both_databases().await {
        let mut tx = test.db.write().await.unwrap();
        let wrong = statements::prepare_all(&mut tx).await;
        assert_eq!(wrong, Vec::<String>::new(), "{}", test.kind);
    }
}

/// What grows with the data is found by a key, not by walking through it.
#[tokio::test]
async fn no_statement_walks_through_a_whole_table() {
    let test = sqlite().await;
    let scans = statements::whole_scans(&mut test.db.read().await.unwrap()).await.unwrap();
    assert_eq!(scans, Vec::new());
}

/// A text that is not listed would escape the test above.
#[test]
fn every_statement_is_listed() {
    let source = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/shiftbell-store/src");
    for (file, listed) in statements::counts() {
        let text = std::fs::read_to_string(source.join(format!("{file}.rs"))).unwrap();
        let written = text.lines().filter(|line| line.starts_with("const ") && line.contains(": Sql =")).count();
        assert_eq!(written, listed, "statements of {file}.rs");
    }
    let listed: Vec<&str> = statements::counts().map(|(file, _)| file).collect();
    for entry in std::fs::read_dir(&source).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        if path.is_file() && std::fs::read_to_string(&path).unwrap().contains(": Sql =") {
            assert!(listed.contains(&name.as_str()), "{name}.rs is not in statements.rs");
        }
    }
}
