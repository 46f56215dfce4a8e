//! SQLite: one connection that writes, in the order of asking, and others that read.

use std::path::{Path, PathBuf};
use std::str::FromStr as _;
use std::sync::Arc;
use std::time::Duration;

use sqlx::migrate::{MigrateError, Migrator};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions as _, Connection as _};
use tokio::sync::{Mutex, OwnedMutexGuard};

use super::SqliteDb;
use crate::StoreError;

/// Connections that read.
const READERS_MAX: u32 = 8;
/// How long a statement waits for another program that holds the file, such as `shiftbell backup`.
const BUSY_WAIT: Duration = Duration::from_secs(5);
/// How long cutting off the write-ahead log waits for readers, while writers wait for it.
const TRUNCATE_WAIT_MS: u32 = 100;
/// Prepared statements kept per connection: a bulk text has one for each size of piece.
const STATEMENTS_KEPT: usize = 512;
/// Rows that may wait for whoever reads them. The thread of a connection sleeps when so many wait, and each sleep costs more
/// than hundreds of rows: an answer reads a few hundred cells at a time.
const ROWS_WAITING_MAX: usize = 1024;
/// First bytes of every SQLite file. <https://www.sqlite.org/fileformat.html#the_database_header>
const HEADER: &[u8; 16] = b"SQLite format 3\0";

/// Reads the URL of a SQLite file.
fn options_of(url: &str, shown: &str) -> Result<SqliteConnectOptions, StoreError> {
    if url.contains(":memory:") || url.contains("mode=memory") || url.trim_end_matches('/') == "sqlite:" {
        return Err(StoreError::InMemory { url: shown.to_owned() });
    }
    let options = SqliteConnectOptions::from_str(url)
        .map_err(|error| StoreError::UnreadableUrl { url: shown.to_owned(), why: error.to_string() })?;
    look_at(options.get_filename(), shown)?;
    Ok(options)
}

/// The file that a URL names.
pub(super) fn path_of(url: &str) -> Result<PathBuf, StoreError> {
    Ok(options_of(url, url)?.get_filename().to_owned())
}

pub(super) async fn open(url: &str, shown: String) -> Result<SqliteDb, StoreError> {
    let options = options_of(url, &shown)?;
    let options = options
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(BUSY_WAIT)
        .pragma("wal_autocheckpoint", "0")
        .pragma("temp_store", "MEMORY")
        .statement_cache_capacity(STATEMENTS_KEPT)
        .row_buffer_size(ROWS_WAITING_MAX)
        .disable_statement_logging();
    connected(options, shown).await
}

/// Opens a file that exists, without the right to change it.
pub(super) async fn open_to_read(url: &str, shown: String) -> Result<SqliteDb, StoreError> {
    let options = options_of(url, &shown)?;
    connected(options.read_only(true).busy_timeout(BUSY_WAIT).disable_statement_logging(), shown).await
}

async fn connected(options: SqliteConnectOptions, shown: String) -> Result<SqliteDb, StoreError> {
    let path = options.get_filename().to_owned();
    let writer = options.clone().pragma("cache_size", "-16000").connect().await.map_err(|error| {
        match &error {
            // 26: not a database.
            sqlx::Error::Database(database) if database.code().as_deref() == Some("26") => {
                StoreError::NotADatabase { url: shown.clone() }
            }
            _ => StoreError::Unreachable { url: shown.clone(), why: super::reason(&error) },
        }
    })?;
    let readers = SqlitePoolOptions::new()
        .max_connections(READERS_MAX)
        .test_before_acquire(false)
        .idle_timeout(None)
        .max_lifetime(None)
        .connect_lazy_with(options.create_if_missing(false).pragma("query_only", "1"));
    Ok(SqliteDb { writer: Writer::new(writer), readers, path, url: shown })
}

/// Finds the two commonest mistakes before SQLite does, whose words for both are "unable to open database file".
fn look_at(path: &Path, url: &str) -> Result<(), StoreError> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    if let Some(folder) = folder.filter(|folder| !folder.is_dir()) {
        return Err(StoreError::MissingFolder { url: url.to_owned(), folder: folder.display().to_string() });
    }
    if path.is_dir() {
        return Err(StoreError::NotADatabase { url: url.to_owned() });
    }
    let mut start = Vec::new();
    if let Ok(file) = std::fs::File::open(path) {
        use std::io::Read as _;
        let _ = file.take(HEADER.len() as u64).read_to_end(&mut start);
    }
    if start.is_empty() || start == HEADER { Ok(()) } else { Err(StoreError::NotADatabase { url: url.to_owned() }) }
}

impl std::fmt::Display for SqliteDb {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.url)
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Writer(Arc<Mutex<Option<Connection>>>);

#[derive(Debug)]
struct Connection {
    sqlite: SqliteConnection,
    /// A transaction was begun and not ended. Also set while one begins or ends, since that may be cut short.
    is_open: bool,
    /// A transaction was rolled back at some time.
    was_rolled_back: bool,
}

impl Connection {
    /// Ends a transaction that was left open, whatever became of it.
    async fn clear(&mut self) {
        if self.is_open {
            // Fails where SQLite has rolled back by itself, for example on a full disk: then there is nothing to end.
            let _ = sqlx::query("ROLLBACK").execute(&mut self.sqlite).await;
            self.is_open = false;
            self.was_rolled_back = true;
        }
    }
}

impl Writer {
    pub(super) fn new(sqlite: SqliteConnection) -> Writer {
        Writer(Arc::new(Mutex::new(Some(Connection { sqlite, is_open: false, was_rolled_back: false }))))
    }

    /// Waits for the connection, in the order of asking, and takes SQLite's write lock: taking it later can fail as busy.
    pub(super) async fn begin(&self) -> Result<Writing, StoreError> {
        let guard = self.0.clone().lock_owned().await;
        let mut writing = Writing(Some(guard));
        let connection = writing.get()?;
        connection.clear().await;
        connection.is_open = true;
        sqlx::query("BEGIN IMMEDIATE").execute(&mut connection.sqlite).await?;
        Ok(writing)
    }

    pub(super) async fn migrate(
        &self,
        migrator: &Migrator,
        number: i64,
    ) -> Result<Result<(), MigrateError>, StoreError> {
        let mut guard = self.0.clone().lock_owned().await;
        let connection = guard.as_mut().ok_or(sqlx::Error::PoolClosed)?;
        connection.clear().await;
        Ok(migrator.run_to(number, &mut connection.sqlite).await)
    }

    pub(super) async fn checkpoint(&self, path: &Path, wal_bytes_max: u64) -> Result<(), StoreError> {
        let mut wal = path.as_os_str().to_owned();
        wal.push("-wal");
        let wal_bytes = std::fs::metadata(&wal).map_or(0, |meta| meta.len());
        if wal_bytes == 0 {
            return Ok(());
        }
        let mut own = SqliteConnectOptions::new().filename(path).busy_timeout(BUSY_WAIT).connect().await?;
        if wal_bytes <= wal_bytes_max {
            sqlx::query("PRAGMA wal_checkpoint(PASSIVE)").execute(&mut own).await?;
        } else {
            // Most of it first, beside the writer; then what is left while the writer waits.
            sqlx::query("PRAGMA wal_checkpoint(PASSIVE)").execute(&mut own).await?;
            let _writers_wait = self.0.lock().await;
            let wait = sqlx::AssertSqlSafe(format!("PRAGMA busy_timeout = {TRUNCATE_WAIT_MS}"));
            sqlx::query(wait).execute(&mut own).await?;
            sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(&mut own).await?;
        }
        own.close().await?;
        Ok(())
    }

    /// Runs statements outside any transaction.
    pub(super) async fn run(&self, texts: &[String]) -> Result<(), StoreError> {
        let mut guard = self.0.lock().await;
        let connection = guard.as_mut().ok_or(sqlx::Error::PoolClosed)?;
        for text in texts {
            sqlx::query(sqlx::AssertSqlSafe(text.as_str())).execute(&mut connection.sqlite).await?;
        }
        Ok(())
    }

    /// Whether a transaction was dropped, or failed to commit.
    pub(super) async fn was_rolled_back(&self) -> bool {
        self.0.lock().await.as_ref().is_none_or(|connection| connection.is_open || connection.was_rolled_back)
    }

    pub(super) async fn close(&self) {
        if let Some(mut connection) = self.0.lock().await.take() {
            connection.clear().await;
            let _ = connection.sqlite.close().await;
        }
    }
}

/// The writing connection with a transaction begun on it. Dropping it rolls back.
#[derive(Debug)]
pub(crate) struct Writing(Option<OwnedMutexGuard<Option<Connection>>>);

impl Writing {
    fn get(&mut self) -> Result<&mut Connection, StoreError> {
        let connection = self.0.as_mut().and_then(|guard| guard.as_mut());
        Ok(connection.ok_or(sqlx::Error::PoolClosed)?)
    }

    #[expect(clippy::expect_used, reason = "`begin` found the connection, and only ending takes it away")]
    pub(crate) fn connection(&mut self) -> &mut SqliteConnection {
        &mut self.get().expect("a transaction that has begun has its connection").sqlite
    }

    pub(crate) async fn commit(mut self) -> Result<(), StoreError> {
        let connection = self.get()?;
        sqlx::query("COMMIT").execute(&mut connection.sqlite).await?;
        connection.is_open = false;
        Ok(())
    }

    pub(crate) async fn roll_back(mut self) -> Result<(), StoreError> {
        self.get()?.clear().await;
        Ok(())
    }
}

impl Drop for Writing {
    fn drop(&mut self) {
        let Some(mut guard) = self.0.take() else { return };
        if !guard.as_ref().is_some_and(|connection| connection.is_open) {
            return;
        }
        // Rolled back at once, so that another program does not find the file locked. Without a runtime the next writer
        // does it.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move {
                if let Some(connection) = guard.as_mut() {
                    connection.clear().await;
                }
            });
        }
    }
}
