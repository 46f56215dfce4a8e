//! Filling an empty SQLite database: into a new file without a journal, which takes the place of the empty one when it is whole.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqliteLockingMode, SqliteSynchronous};
use sqlx::{ConnectOptions as _, Connection as _};

use super::sqlite::{self, Writer};
use crate::StoreError;
use crate::session::{Session, Tx};

/// How long to wait until nobody else has the database open.
const ALONE_WAIT: Duration = Duration::from_millis(200);

/// A SQLite database in the making. Dropped before [`Bulk::finish`], it leaves the empty database as it was.
///
/// There is no journal, so a transaction that is dropped spoils the whole: then only beginning again helps.
#[derive(Debug)]
pub struct Bulk {
    target: PathBuf,
    file: PathBuf,
    /// Holds the empty database locked until the other has taken its place.
    guard: SqliteConnection,
    writer: Writer,
    /// The texts that make the indexes of the tables that are filled, which wait for the end: sorted at once, each is written
    /// once, in order, instead of at random places with every row.
    indexes: Vec<String>,
}

/// The tables that an import fills.
const FILLED: &str = "'events', 'entities', 'accounts', 'contributions', 'segments', 'cells'";

impl Bulk {
    /// Begins, if there is something to gain: the database is SQLite, its tables are there, it has no event, and nobody has it
    /// open. `None`: import as everything else is written. Whatever is in the other tables is kept.
    ///
    /// # Errors
    /// As [`crate::Db::open`], or the database's.
    pub async fn begin(url: &str) -> Result<Option<Bulk>, StoreError> {
        if !url.starts_with("sqlite:") {
            return Ok(None);
        }
        let target = sqlite::path_of(url)?;
        let Some(mut guard) = alone_with_an_empty(&target).await? else { return Ok(None) };
        let mut file = target.clone().into_os_string();
        file.push(".import");
        let file = PathBuf::from(file);
        remove(&file);
        remove_folder(&beside(&file));
        sqlx::query("VACUUM INTO $1").bind(file.display().to_string()).execute(&mut guard).await?;
        sqlx::query("BEGIN EXCLUSIVE").execute(&mut guard).await?;
        let options = SqliteConnectOptions::new()
            .filename(&file)
            .journal_mode(SqliteJournalMode::Off)
            .synchronous(SqliteSynchronous::Off)
            .locking_mode(SqliteLockingMode::Exclusive)
            .pragma("cache_size", "-131072")
            .pragma("temp_store", "MEMORY")
            .disable_statement_logging();
        let mut connection = options.connect().await?;
        let indexes = without_indexes(&mut connection).await?;
        Ok(Some(Bulk { target, file, guard, writer: Writer::new(connection), indexes }))
    }

    /// An empty folder on the same disk for temporary files. It goes with what is in it once the import ends.
    ///
    /// # Errors
    /// [`StoreError::ImportNotKept`] if it cannot be made.
    pub fn folder(&self) -> Result<PathBuf, StoreError> {
        let folder = beside(&self.file);
        remove_folder(&folder);
        match std::fs::create_dir(&folder) {
            Ok(()) => Ok(folder),
            Err(error) => Err(StoreError::ImportNotKept { why: format!("cannot make {}: {error}", folder.display()) }),
        }
    }

    /// Starts a transaction. Rows that come in the order of their keys are written fastest.
    ///
    /// # Errors
    /// The database's.
    pub async fn write(&self) -> Result<Tx, StoreError> {
        Ok(Tx::new(Session::sqlite_writer(self.writer.begin().await?)))
    }

    /// Makes what was written durable and puts it in the place of the empty database.
    ///
    /// # Errors
    /// [`StoreError::ImportNotKept`] if a transaction was dropped or the files could not be written: the empty database is as it was.
    pub async fn finish(mut self) -> Result<(), StoreError> {
        if self.writer.was_rolled_back().await {
            return Err(StoreError::ImportNotKept { why: "a transaction was cut short; begin it again".to_owned() });
        }
        self.writer.run(&self.indexes).await?;
        self.writer.close().await;
        self.take_place().map_err(|error| StoreError::ImportNotKept { why: error.to_string() })?;
        let _ = sqlx::query("ROLLBACK").execute(&mut self.guard).await;
        Ok(())
    }

    fn take_place(&self) -> std::io::Result<()> {
        File::open(&self.file)?.sync_all()?;
        std::fs::rename(&self.file, &self.target)?;
        let folder = self.target.parent().filter(|folder| !folder.as_os_str().is_empty());
        File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
    }
}

impl Drop for Bulk {
    fn drop(&mut self) {
        // After `finish` it has another name.
        remove(&self.file);
        remove_folder(&beside(&self.file));
    }
}

/// Takes the indexes off the tables that will be filled, and returns what makes them again.
async fn without_indexes(connection: &mut SqliteConnection) -> Result<Vec<String>, StoreError> {
    let found = format!(
        "SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL AND tbl_name IN ({FILLED}) ORDER BY name"
    );
    let found: Vec<(String, String)> = sqlx::query_as(sqlx::AssertSqlSafe(found)).fetch_all(&mut *connection).await?;
    for (name, _) in &found {
        sqlx::query(sqlx::AssertSqlSafe(format!("DROP INDEX {name}"))).execute(&mut *connection).await?;
    }
    Ok(found.into_iter().map(|(_, text)| text).collect())
}

/// Where the temporary files of an import lie.
fn beside(file: &Path) -> PathBuf {
    file.with_extension("import-parts")
}

fn remove_folder(folder: &Path) {
    let _ = std::fs::remove_dir_all(folder);
}

fn remove(file: &Path) {
    let _ = std::fs::remove_file(file);
}

/// A connection to the database, if it has no event and nobody else has it open.
async fn alone_with_an_empty(target: &Path) -> Result<Option<SqliteConnection>, StoreError> {
    if !target.exists() {
        return Ok(None);
    }
    let options = SqliteConnectOptions::new().filename(target).busy_timeout(ALONE_WAIT).disable_statement_logging();
    let mut guard = options.connect().await?;
    let tables: Vec<(String,)> =
        sqlx::query_as("SELECT name FROM sqlite_schema WHERE name IN ('events', 'held_events')")
            .fetch_all(&mut guard)
            .await?;
    if tables.len() != 2 {
        return Ok(None);
    }
    let event: Option<(String,)> =
        sqlx::query_as("SELECT workspace FROM events LIMIT 1").fetch_optional(&mut guard).await?;
    if event.is_some() {
        return Ok(None);
    }
    // Leaving the write-ahead log is refused while anybody else has the file open: exactly what must be known.
    let left: Result<(String,), sqlx::Error> =
        sqlx::query_as("PRAGMA journal_mode = DELETE").fetch_one(&mut guard).await;
    match left {
        Ok((mode,)) if mode == "delete" => Ok(Some(guard)),
        Ok(_) | Err(_) => {
            guard.close().await?;
            Ok(None)
        }
    }
}
