//! What a function of this crate works on: one transaction of either database.

use std::ops::{Deref, DerefMut};

use sqlx::postgres::{PgConnection, PgRow};
use sqlx::sqlite::{SqliteConnection, SqliteRow};
use sqlx::{FromRow, Postgres, Sqlite, Transaction};

use crate::StoreError;
use crate::db::Writing;
use crate::dialect::{Dialect, Rows, Sql};

/// Runs one sqlx expression on whichever database this session belongs to.
macro_rules! on {
    ($session:expr, |$c:ident| $body:expr) => {
        match $session.link() {
            Link::Sqlite($c) => $body,
            Link::Postgres($c) => $body,
        }
    };
}

/// One transaction of either database, for reading. [`Tx`] and [`Snapshot`] both lend one.
#[derive(Debug)]
pub struct Session(Inner);

#[derive(Debug)]
enum Inner {
    SqliteWriter(Writing),
    SqliteReader(Transaction<'static, Sqlite>),
    Postgres(Transaction<'static, Postgres>),
}

enum Link<'a> {
    Sqlite(&'a mut SqliteConnection),
    Postgres(&'a mut PgConnection),
}

/// A value bound to a statement.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Arg<'a> {
    Text(&'a str),
    TextOrNull(Option<&'a str>),
    Big(i64),
    BigOrNull(Option<i64>),
    Bytes(&'a [u8]),
}

impl<'a> From<&'a str> for Arg<'a> {
    fn from(text: &'a str) -> Arg<'a> {
        Arg::Text(text)
    }
}

impl<'a> From<Option<&'a str>> for Arg<'a> {
    fn from(text: Option<&'a str>) -> Arg<'a> {
        Arg::TextOrNull(text)
    }
}

impl From<i64> for Arg<'_> {
    fn from(big: i64) -> Arg<'static> {
        Arg::Big(big)
    }
}

impl From<Option<i64>> for Arg<'_> {
    fn from(big: Option<i64>) -> Arg<'static> {
        Arg::BigOrNull(big)
    }
}

impl<'a> From<&'a [u8]> for Arg<'a> {
    fn from(bytes: &'a [u8]) -> Arg<'a> {
        Arg::Bytes(bytes)
    }
}

/// A row that both databases can give: a tuple of `i64`, `String`, `Vec<u8>` and options of them.
pub(crate) trait Row: Send + Unpin + for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> {}

impl<T> Row for T where T: Send + Unpin + for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> {}

/// Binds every argument to a query of either database.
macro_rules! bound {
    ($query:expr, $args:expr) => {{
        let mut query = $query;
        for arg in $args {
            query = match *arg {
                Arg::Text(text) => query.bind(text),
                Arg::TextOrNull(text) => query.bind(text),
                Arg::Big(big) => query.bind(big),
                Arg::BigOrNull(big) => query.bind(big),
                Arg::Bytes(bytes) => query.bind(bytes),
            };
        }
        query
    }};
}

impl Session {
    pub(crate) fn sqlite_writer(writing: Writing) -> Session {
        Session(Inner::SqliteWriter(writing))
    }

    pub(crate) fn sqlite_reader(tx: Transaction<'static, Sqlite>) -> Session {
        Session(Inner::SqliteReader(tx))
    }

    pub(crate) fn postgres(tx: Transaction<'static, Postgres>) -> Session {
        Session(Inner::Postgres(tx))
    }

    pub(crate) fn dialect(&self) -> Dialect {
        match &self.0 {
            Inner::SqliteWriter(_) | Inner::SqliteReader(_) => Dialect::Sqlite,
            Inner::Postgres(_) => Dialect::Postgres,
        }
    }

    fn link(&mut self) -> Link<'_> {
        match &mut self.0 {
            Inner::SqliteWriter(writing) => Link::Sqlite(writing.connection()),
            Inner::SqliteReader(tx) => Link::Sqlite(&mut *tx),
            Inner::Postgres(tx) => Link::Postgres(&mut *tx),
        }
    }

    /// Every row of one statement.
    pub(crate) async fn fetch<T: Row>(&mut self, sql: &Sql, args: &[Arg<'_>]) -> Result<Vec<T>, StoreError> {
        let text = sql.text(self.dialect());
        Ok(on!(self, |c| bound!(sqlx::query_as(text), args).fetch_all(c).await)?)
    }

    /// The row of one statement, if there is one.
    pub(crate) async fn fetch_one<T: Row>(&mut self, sql: &Sql, args: &[Arg<'_>]) -> Result<Option<T>, StoreError> {
        let text = sql.text(self.dialect());
        Ok(on!(self, |c| bound!(sqlx::query_as(text), args).fetch_optional(c).await)?)
    }

    /// Runs one statement and says how many rows it changed.
    pub(crate) async fn execute(&mut self, sql: &Sql, args: &[Arg<'_>]) -> Result<u64, StoreError> {
        let text = sql.text(self.dialect());
        Ok(on!(self, |c| bound!(sqlx::query(text), args).execute(c).await.map(|done| done.rows_affected()))?)
    }

    /// Runs a statement with `{rows}`, in as many pieces as needed, and returns every row.
    pub(crate) async fn fetch_many<T: Row>(&mut self, sql: &Sql, rows: &Rows<'_>) -> Result<Vec<T>, StoreError> {
        let mut found = Vec::new();
        for piece in rows.pieces(self.dialect()) {
            let text = sql.text_for(self.dialect(), piece.len());
            let part = match self.link() {
                Link::Sqlite(c) => sqlx::query_as_with(text, rows.sqlite_arguments(piece)?).fetch_all(c).await?,
                Link::Postgres(c) => sqlx::query_as_with(text, rows.postgres_arguments(piece)?).fetch_all(c).await?,
            };
            if found.is_empty() {
                found = part;
            } else {
                found.extend(part);
            }
        }
        Ok(found)
    }

    /// Runs a statement with `{rows}`, in as many pieces as needed, and says how many rows it changed.
    pub(crate) async fn execute_many(&mut self, sql: &Sql, rows: &Rows<'_>) -> Result<u64, StoreError> {
        let mut changed = 0;
        for piece in rows.pieces(self.dialect()) {
            let text = sql.text_for(self.dialect(), piece.len());
            changed += match self.link() {
                Link::Sqlite(c) => {
                    sqlx::query_with(text, rows.sqlite_arguments(piece)?).execute(c).await?.rows_affected()
                }
                Link::Postgres(c) => {
                    sqlx::query_with(text, rows.postgres_arguments(piece)?).execute(c).await?.rows_affected()
                }
            };
        }
        Ok(changed)
    }

    /// How SQLite would find the rows of this statement: its plan, of which the last column is to be read.
    pub(crate) async fn plan(&mut self, sql: &Sql) -> Result<Vec<(i64, i64, i64, String)>, StoreError> {
        let text = format!("EXPLAIN QUERY PLAN {}", sql.text_for(self.dialect(), 2).0);
        Ok(on!(self, |c| sqlx::query_as(sqlx::AssertSqlSafe(text)).fetch_all(c).await)?)
    }

    /// Asks the database whether it understands this statement.
    pub(crate) async fn prepare(&mut self, sql: &Sql) -> Result<(), StoreError> {
        use sqlx::{Executor as _, SqlSafeStr as _};
        let text = sql.text_for(self.dialect(), 2).into_sql_str();
        on!(self, |c| c.prepare(text).await.map(|_| ()))?;
        Ok(())
    }
}

/// A transaction that writes. Dropping it without [`Tx::commit`] leaves nothing behind.
///
/// On SQLite it is the only one: others wait in line until this one ends.
#[derive(Debug)]
pub struct Tx(Session);

impl Tx {
    pub(crate) fn new(session: Session) -> Tx {
        Tx(session)
    }

    /// Makes everything durable and visible at once.
    ///
    /// # Errors
    /// The database's. After a lost connection to PostgreSQL it is unknown whether the transaction was kept, so whatever is
    /// done again must be idempotent.
    pub async fn commit(self) -> Result<(), StoreError> {
        match self.0.0 {
            Inner::SqliteWriter(writing) => writing.commit().await,
            Inner::SqliteReader(tx) => Ok(tx.commit().await?),
            Inner::Postgres(tx) => Ok(tx.commit().await?),
        }
    }

    /// Undoes everything and frees the writer before returning.
    pub async fn roll_back(self) -> Result<(), StoreError> {
        match self.0.0 {
            Inner::SqliteWriter(writing) => writing.roll_back().await,
            Inner::SqliteReader(tx) => Ok(tx.rollback().await?),
            Inner::Postgres(tx) => Ok(tx.rollback().await?),
        }
    }
}

impl Deref for Tx {
    type Target = Session;
    fn deref(&self) -> &Session {
        &self.0
    }
}

impl DerefMut for Tx {
    fn deref_mut(&mut self) -> &mut Session {
        &mut self.0
    }
}

/// A transaction that only reads: everything it sees is of one moment.
#[derive(Debug)]
pub struct Snapshot(Session);

impl Snapshot {
    pub(crate) fn new(session: Session) -> Snapshot {
        Snapshot(session)
    }
}

impl Deref for Snapshot {
    type Target = Session;
    fn deref(&self) -> &Session {
        &self.0
    }
}

impl DerefMut for Snapshot {
    fn deref_mut(&mut self) -> &mut Session {
        &mut self.0
    }
}
