//! The database: opened by its URL, lent out as transactions.

mod bulk;
mod sqlite;

use std::path::PathBuf;
use std::str::FromStr as _;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{PgPool, Postgres, SqlitePool, Transaction};

use crate::dialect::Sql;
use crate::session::{Session, Snapshot, Tx};
use crate::{StoreError, migrations};

pub use bulk::Bulk;
use sqlite::Writer;
pub(crate) use sqlite::Writing;

/// Connections of one process to PostgreSQL.
const POSTGRES_CONNECTIONS_MAX: u32 = 16;
/// How long to wait for a free or a new connection. HubSpot gives a request up after 5 s: it is to read our answer before.
const CONNECT_WAIT: Duration = Duration::from_secs(4);
/// Above this size the write-ahead log of SQLite is cut off, not only copied.
const WAL_BYTES_MAX: u64 = 256 * 1024 * 1024;
/// Cells of one key on PostgreSQL, so that many writers do not wait for one row.
const POSTGRES_SLOTS: u16 = 16;

/// A database. Cloning it shares its connections.
#[derive(Clone, Debug)]
pub enum Db {
    Sqlite(SqliteDb),
    Postgres(PgPool),
}

/// SQLite: one connection that writes, several that read.
#[derive(Clone, Debug)]
pub struct SqliteDb {
    writer: Writer,
    readers: SqlitePool,
    path: PathBuf,
    url: String,
}

impl Db {
    /// Opens the database at a URL whose scheme is `sqlite:` or `postgres:`. A SQLite file is created; its folder is not.
    ///
    /// The tables are not touched: see [`Db::migrate`].
    ///
    /// # Errors
    /// Every error names the URL, without its password, and says what would be right.
    pub async fn open(url: &str) -> Result<Db, StoreError> {
        let shown = without_password(url);
        if url.starts_with("sqlite:") {
            return Ok(Db::Sqlite(sqlite::open(url, shown).await?));
        }
        if !url.starts_with("postgres:") && !url.starts_with("postgresql:") {
            return Err(StoreError::UnknownScheme { url: shown });
        }
        let options = PgConnectOptions::from_str(url)
            .map_err(|error| StoreError::UnreadableUrl { url: shown.clone(), why: error.to_string() })?
            .application_name("shiftbell");
        let pool = PgPoolOptions::new()
            .max_connections(POSTGRES_CONNECTIONS_MAX)
            .acquire_timeout(CONNECT_WAIT)
            .connect_with(options)
            .await
            .map_err(|error| StoreError::Unreachable { url: shown, why: reason(&error) })?;
        Ok(Db::Postgres(pool))
    }

    /// Opens a database that exists, and never changes it: the tables may be of another version
    /// ([`Db::are_tables_current`]), and what writes fails.
    ///
    /// # Errors
    /// As [`Db::open`].
    pub async fn open_to_read(url: &str) -> Result<Db, StoreError> {
        if url.starts_with("sqlite:") {
            return Ok(Db::Sqlite(sqlite::open_to_read(url, without_password(url)).await?));
        }
        Db::open(url).await
    }

    /// Whether the tables are those of this version.
    ///
    /// # Errors
    /// The database's.
    pub async fn are_tables_current(&self) -> Result<bool, StoreError> {
        let mut snapshot = self.read().await?;
        let applied = migrations::applied(&mut snapshot).await?;
        Ok(migrations::names().map(|(number, _)| number).eq(applied))
    }

    /// Whether there is a database at this URL to be opened; a SQLite file would be created. Of PostgreSQL only opening tells.
    pub fn exists(url: &str) -> bool {
        !url.starts_with("sqlite:")
            || sqlx::sqlite::SqliteConnectOptions::from_str(url).is_ok_and(|options| options.get_filename().exists())
    }

    /// Starts a transaction that will write. On SQLite this waits, in order, until the one before has ended.
    ///
    /// # Errors
    /// The database's; transient ones can be tried again.
    pub async fn write(&self) -> Result<Tx, StoreError> {
        match self {
            Db::Sqlite(db) => Ok(Tx::new(Session::sqlite_writer(db.writer.begin().await?))),
            Db::Postgres(pool) => Ok(Tx::new(Session::postgres(pool.begin().await?))),
        }
    }

    /// Starts a transaction that reads one moment of the database.
    ///
    /// # Errors
    /// The database's; transient ones can be tried again.
    pub async fn read(&self) -> Result<Snapshot, StoreError> {
        match self {
            Db::Sqlite(db) => Ok(Snapshot::new(Session::sqlite_reader(db.readers.begin().await?))),
            Db::Postgres(pool) => {
                let tx: Transaction<'static, Postgres> =
                    pool.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?;
                Ok(Snapshot::new(Session::postgres(tx)))
            }
        }
    }

    /// How many slots each cell has here.
    pub fn slots(&self) -> u16 {
        match self {
            Db::Sqlite(_) => 1,
            Db::Postgres(_) => POSTGRES_SLOTS,
        }
    }

    /// Brings the tables up to date. On PostgreSQL replicas that start together take turns.
    ///
    /// # Errors
    /// [`StoreError::Migration`] says which migration failed, or that the tables are newer than this version.
    pub async fn migrate(&self) -> Result<(), StoreError> {
        self.migrate_to(i64::MAX).await
    }

    /// Brings the tables up to this migration and no further.
    ///
    /// # Errors
    /// As [`Db::migrate`].
    pub async fn migrate_to(&self, number: i64) -> Result<(), StoreError> {
        let done = match self {
            Db::Sqlite(db) => db.writer.migrate(&migrations::sqlite(), number).await?,
            Db::Postgres(pool) => migrations::postgres().run_to(number, pool).await,
        };
        done.map_err(|error| StoreError::Migration { why: error.to_string() })
    }

    /// Copies what was written into the main file of SQLite, beside readers and writers; nothing to do on PostgreSQL.
    ///
    /// The program calls this every second or so: SQLite is told not to do it by itself, because then a commit would wait.
    ///
    /// # Errors
    /// The database's.
    pub async fn checkpoint(&self) -> Result<(), StoreError> {
        match self {
            Db::Sqlite(db) => db.writer.checkpoint(&db.path, WAL_BYTES_MAX).await,
            Db::Postgres(_) => Ok(()),
        }
    }

    /// How much room it takes.
    ///
    /// # Errors
    /// The database's.
    pub async fn bytes(&self) -> Result<u64, StoreError> {
        match self {
            Db::Sqlite(db) => {
                let of = |ending: &str| {
                    let mut path = db.path.as_os_str().to_owned();
                    path.push(ending);
                    std::fs::metadata(path).map_or(0, |meta| meta.len())
                };
                Ok(of("") + of("-wal"))
            }
            Db::Postgres(_) => {
                let mut snapshot = self.read().await?;
                let row: Option<(i64,)> = snapshot.fetch_one(&BYTES, &[]).await?;
                Ok(row.and_then(|(bytes,)| u64::try_from(bytes).ok()).unwrap_or(0))
            }
        }
    }

    /// The name of this kind of database, for logs and `doctor`.
    pub fn kind(&self) -> &'static str {
        match self {
            Db::Sqlite(_) => "sqlite",
            Db::Postgres(_) => "postgres",
        }
    }

    /// Ends every connection, so that nothing is left to recover.
    pub async fn close(&self) {
        match self {
            Db::Sqlite(db) => {
                db.readers.close().await;
                db.writer.close().await;
            }
            Db::Postgres(pool) => pool.close().await,
        }
    }
}

const BYTES: Sql = Sql::one("SELECT CAST({database bytes} AS BIGINT)");

pub(crate) const STATEMENTS: &[Sql] = &[BYTES];

/// The URL as it may be shown and logged.
fn without_password(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let end = rest.find('/').unwrap_or(rest.len());
    // The last `@`, since a password may hold one that was not escaped.
    let Some((user, host)) = rest[..end].rsplit_once('@') else { return without_password_key(url) };
    let user = user.split(':').next().unwrap_or_default();
    without_password_key(&format!("{scheme}://{user}@{host}{}", &rest[end..]))
}

/// PostgreSQL also reads `?password=`.
fn without_password_key(url: &str) -> String {
    let Some((before, query)) = url.split_once('?') else { return url.to_owned() };
    let kept: Vec<&str> = query.split('&').filter(|pair| !pair.starts_with("password")).collect();
    if kept.is_empty() { before.to_owned() } else { format!("{before}?{}", kept.join("&")) }
}

/// An error in the words of whoever caused it, without ours around it.
fn reason(error: &sqlx::Error) -> String {
    match error {
        sqlx::Error::Io(error) => error.to_string(),
        sqlx::Error::Database(error) => error.message().to_owned(),
        sqlx::Error::PoolTimedOut => format!("no answer within {} s", CONNECT_WAIT.as_secs()),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::without_password;

    #[test]
    fn a_password_is_never_shown() {
        let shown = |url| without_password(url);
        assert_eq!(
            shown("postgres://ann:se:c@ret@db:5432/bell?sslmode=require"),
            "postgres://ann@db:5432/bell?sslmode=require"
        );
        assert_eq!(shown("postgres://db/bell?user=ann&password=secret"), "postgres://db/bell?user=ann");
        assert_eq!(shown("postgres://db/bell"), "postgres://db/bell");
        assert_eq!(shown("sqlite:bell.db"), "sqlite:bell.db");
        assert_eq!(shown("mysql://ann:secret@db/bell"), "mysql://ann@db/bell");
    }
}
