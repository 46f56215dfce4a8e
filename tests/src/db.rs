//! Databases for tests: the real ones, one fresh database for each test.

mod cluster;

use std::sync::atomic::{AtomicU32, Ordering};

use shiftbell_store::Db;
use tempfile::TempDir;

/// A database of its own for one test, with its tables up to date. It is removed when dropped.
#[derive(Debug)]
pub struct TestDb {
    pub db: Db,
    pub url: String,
    /// `sqlite` or `postgres`, for the messages of assertions.
    pub kind: &'static str,
    /// The folder of a SQLite file; PostgreSQL's databases go with their cluster.
    _folder: Option<TempDir>,
}

static COUNT: AtomicU32 = AtomicU32::new(0);

/// A fresh SQLite file and a fresh PostgreSQL database.
///
/// # Panics
/// If PostgreSQL is neither at `TEST_POSTGRES_URL` nor installed: a test that skips it would prove nothing.
pub async fn both_databases() -> [TestDb; 2] {
    [sqlite().await, postgres().await]
}

/// A fresh SQLite file. A file, because the write-ahead log behaves differently in memory.
pub async fn sqlite() -> TestDb {
    let test = empty_sqlite().await;
    test.db.migrate().await.expect("migrate a new SQLite file");
    test
}

/// A fresh PostgreSQL database, cloned from one that was migrated once.
pub async fn postgres() -> TestDb {
    let name = new_name();
    let url = cluster::create_database(&name, Some(cluster::TEMPLATE)).await;
    TestDb { db: open(&url).await, url, kind: "postgres", _folder: None }
}

/// As [`both_databases`], without any tables.
pub async fn both_databases_empty() -> [TestDb; 2] {
    let name = new_name();
    let url = cluster::create_database(&name, None).await;
    [empty_sqlite().await, TestDb { db: open(&url).await, url, kind: "postgres", _folder: None }]
}

async fn empty_sqlite() -> TestDb {
    let folder = tempfile::tempdir().expect("make a temporary folder");
    let url = format!("sqlite:{}", folder.path().join("shiftbell.db").display());
    TestDb { db: open(&url).await, url, kind: "sqlite", _folder: Some(folder) }
}

async fn open(url: &str) -> Db {
    Db::open(url).await.unwrap_or_else(|error| panic!("{error}"))
}

fn new_name() -> String {
    format!("test_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed))
}
