//! Opening a database, and every way in which that fails.

use shiftbell_store::Db;
use shiftbell_tests::db::{both_databases, sqlite};

async fn refusal(url: &str) -> String {
    Db::open(url).await.expect_err("this url must be refused").to_string()
}

#[tokio::test]
async fn an_unreadable_database_url_says_what_would_be_right() {
    let said = refusal("/var/lib/shiftbell.db").await;
    assert!(
        said.starts_with("database url `/var/lib/shiftbell.db` must start with `sqlite:` or `postgres:`"),
        "{said}"
    );
    let said = refusal("mysql://ann:secret@db/bell").await;
    assert!(said.starts_with("database url `mysql://ann@db/bell` must start with"), "{said}");
    let said = refusal("postgres://ann:secret@db:port/bell").await;
    assert!(said.starts_with("database url `postgres://ann@db:port/bell` cannot be read: "), "{said}");
    for url in ["sqlite::memory:", "sqlite://", "sqlite:bell.db?mode=memory"] {
        assert!(refusal(url).await.contains("would forget what it acknowledged"), "{url}");
    }
}

#[tokio::test]
async fn a_missing_folder_and_a_file_of_another_kind_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("missing");
    let url = format!("sqlite:{}/bell.db", missing.display());
    let wanted =
        format!("folder `{}` of database `{url}` does not exist; create it or name another", missing.display());
    assert_eq!(refusal(&url).await, wanted);
    for text in ["not a database, but quite a long text all the same", "short"] {
        let file = folder.path().join("notes.txt");
        std::fs::write(&file, text).unwrap();
        let url = format!("sqlite:{}", file.display());
        let wanted = format!("`{url}` is not a SQLite database; name another file, or move this one away");
        assert_eq!(refusal(&url).await, wanted);
        assert_eq!(std::fs::read_to_string(&file).unwrap(), text, "it is left as it was");
    }
    let url = format!("sqlite:{}", folder.path().display());
    assert!(refusal(&url).await.contains("is not a SQLite database"));
}

#[tokio::test]
async fn a_server_that_cannot_be_reached_is_named_without_its_password() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let said = refusal(&format!("postgres://ann:secret@127.0.0.1:{port}/bell")).await;
    assert!(
        said.starts_with(&format!("database `postgres://ann@127.0.0.1:{port}/bell` cannot be reached: ")),
        "{said}"
    );
    assert!(!said.contains("secret"), "{said}");
}

#[tokio::test]
async fn a_reader_cannot_write_and_a_copied_log_is_empty() {
    let test = sqlite().await;
    let mut tx = test.db.write().await.unwrap();
    shiftbell_store::workspaces::ensure(&mut tx, "clowns", 1).await.unwrap();
    tx.commit().await.unwrap();
    test.db.checkpoint().await.unwrap();
    let path = test.url.trim_start_matches("sqlite:");
    let without_log = tempfile::tempdir().unwrap();
    let copy = without_log.path().join("copy.db");
    std::fs::copy(path, &copy).unwrap();
    let copy = Db::open(&format!("sqlite:{}", copy.display())).await.unwrap();
    let all = shiftbell_store::workspaces::all(&mut copy.read().await.unwrap()).await.unwrap();
    assert_eq!(all, ["clowns"], "the checkpoint put it into the main file");
    test.db.close().await;
    assert!(!std::path::Path::new(&format!("{path}-wal")).exists(), "nothing is left to recover");
    assert!(test.db.write().await.is_err(), "a closed database says so");
}

#[tokio::test]
async fn cells_have_as_many_slots_as_there_may_be_writers() {
    let slots: Vec<(&str, u16)> = both_databases().await.iter().map(|test| (test.kind, test.db.slots())).collect();
    assert_eq!(slots, [("sqlite", 1), ("postgres", 16)]);
}
