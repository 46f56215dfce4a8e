//! Everything in which the two databases differ, except their tables.
//!
//! A statement is written once. Where it needs a word that only one database has, it names a [`FORKS`] entry in braces.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::ops::Range;
use std::sync::Arc;

use sqlx::postgres::PgArguments;
use sqlx::sqlite::SqliteArguments;
use sqlx::{Arguments as _, AssertSqlSafe};

use crate::StoreError;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    Sqlite,
    Postgres,
}

struct Fork {
    name: &'static str,
    sqlite: &'static str,
    postgres: &'static str,
}

/// The words that differ. A locked table is called `t`.
const FORKS: &[Fork] = &[
    // SQLite has one writer, so a transaction that writes already holds every lock.
    Fork { name: "{lock}", sqlite: "", postgres: "FOR UPDATE OF t" },
    // A speed-up, not a need: the update around it checks again.
    Fork { name: "{skip locked}", sqlite: "", postgres: "FOR UPDATE OF t SKIP LOCKED" },
    // The number of the transaction that writes. On SQLite writers come one after the other, so a counter says which events
    // a reader could see; on PostgreSQL they overlap, and only its own numbers can say it.
    Fork {
        name: "{next write}",
        sqlite: "UPDATE workspaces SET writes = writes + 1 WHERE workspace = $1 RETURNING writes",
        postgres: "SELECT CAST(CAST(pg_current_xact_id() AS TEXT) AS BIGINT) FROM workspaces WHERE workspace = $1",
    },
    Fork { name: "{mark}", sqlite: "CAST(t.writes AS TEXT)", postgres: "CAST(pg_current_snapshot() AS TEXT)" },
    Fork {
        name: "{visible in k.mark}",
        sqlite: "t.tx <= CAST(k.mark AS BIGINT)",
        postgres: "pg_visible_in_snapshot(CAST(CAST(t.tx AS TEXT) AS xid8), CAST(k.mark AS pg_snapshot))",
    },
    // A file of SQLite is looked at from outside.
    Fork { name: "{database bytes}", sqlite: "0", postgres: "pg_database_size(current_database())" },
    // Gives the last number on SQLite and every number on PostgreSQL: see `workspaces::take_numbers`.
    Fork {
        name: "{take numbers}",
        sqlite: "UPDATE workspaces SET numbers = numbers + $2 WHERE workspace = $1 RETURNING numbers",
        postgres: "SELECT nextval('numbers') FROM workspaces CROSS JOIN generate_series(CAST(1 AS BIGINT), $2) \
                   WHERE workspace = $1",
    },
];

/// What a column of `{rows}` holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Text,
    Big,
    Bytes,
}

/// The text of one operation.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sql {
    text: &'static str,
    /// Columns of `{rows}`.
    kinds: &'static [Kind],
}

impl Sql {
    pub(crate) const fn one(text: &'static str) -> Sql {
        Sql { text, kinds: &[] }
    }

    /// A text with `{rows}`: many rows of these columns, as `VALUES` on SQLite and as `UNNEST` on PostgreSQL.
    pub(crate) const fn many(text: &'static str, kinds: &'static [Kind]) -> Sql {
        Sql { text, kinds }
    }

    pub(crate) fn words(&self) -> &'static str {
        self.text
    }

    pub(crate) fn text(&self, dialect: Dialect) -> AssertSqlSafe<Cow<'static, str>> {
        AssertSqlSafe(self.forked(dialect))
    }

    /// The text for this many rows.
    pub(crate) fn text_for(&self, dialect: Dialect, rows: usize) -> AssertSqlSafe<Cow<'static, str>> {
        let text = self.forked(dialect);
        if self.kinds.is_empty() {
            return AssertSqlSafe(text);
        }
        let rows = match dialect {
            Dialect::Sqlite => values(self.kinds.len(), rows),
            Dialect::Postgres => unnest(self.kinds),
        };
        AssertSqlSafe(Cow::Owned(text.replace("{rows}", &rows)))
    }

    fn forked(&self, dialect: Dialect) -> Cow<'static, str> {
        let mut text = Cow::Borrowed(self.text);
        if self.text.contains('{') {
            for fork in FORKS.iter().filter(|fork| self.text.contains(fork.name)) {
                let word = match dialect {
                    Dialect::Sqlite => fork.sqlite,
                    Dialect::Postgres => fork.postgres,
                };
                text = Cow::Owned(text.replace(fork.name, word));
            }
        }
        text
    }
}

/// Bare `?`: with `$n` SQLite looks every parameter up by name, which is ten times slower at 500 rows.
fn values(columns: usize, rows: usize) -> String {
    let mut row = "(".to_owned();
    for column in 0..columns {
        row.push_str(if column == 0 { "?" } else { ",?" });
    }
    row.push(')');
    let mut text = String::with_capacity(8 + rows * (row.len() + 1));
    text.push_str("VALUES ");
    for n in 0..rows {
        if n > 0 {
            text.push(',');
        }
        text.push_str(&row);
    }
    text
}

fn unnest(kinds: &[Kind]) -> String {
    let mut text = "SELECT * FROM UNNEST(".to_owned();
    for (n, kind) in kinds.iter().enumerate() {
        let comma = if n == 0 { "" } else { ", " };
        let array = match kind {
            Kind::Text => "TEXT[]",
            Kind::Big => "BIGINT[]",
            Kind::Bytes => "BYTEA[]",
        };
        let _ = write!(text, "{comma}CAST(${} AS {array})", n + 1);
    }
    text.push(')');
    text
}

/// One column of the rows given to a statement.
#[derive(Clone, Debug)]
pub(crate) enum Column<'a> {
    /// The same text in every row.
    Same(&'a str),
    /// The same number in every row.
    SameBig(i64),
    Text(Vec<&'a str>),
    TextOrNull(Vec<Option<&'a str>>),
    Big(Vec<i64>),
    BigOrNull(Vec<Option<i64>>),
    Bytes(Vec<&'a [u8]>),
}

/// The rows given to a statement, by column.
#[derive(Clone, Debug)]
pub(crate) struct Rows<'a> {
    len: usize,
    columns: Vec<Column<'a>>,
}

/// Sizes of the pieces on SQLite: few, so that prepared statements are used again, and so many that hardly any number of rows
/// takes more than four, because each piece is a trip to the thread of the connection.
const SQLITE_PIECES: [usize; 18] = [512, 256, 128, 96, 64, 48, 32, 24, 16, 12, 8, 7, 6, 5, 4, 3, 2, 1];
/// Largest piece on PostgreSQL.
const POSTGRES_PIECE_MAX: usize = 5_000;

impl<'a> Rows<'a> {
    pub(crate) fn new(len: usize, columns: Vec<Column<'a>>) -> Rows<'a> {
        Rows { len, columns }
    }

    pub(crate) fn pieces(&self, dialect: Dialect) -> Vec<Range<usize>> {
        let mut pieces = Vec::new();
        let mut from = 0;
        while from < self.len {
            let left = self.len - from;
            let size = match dialect {
                Dialect::Sqlite => SQLITE_PIECES.into_iter().find(|size| *size <= left).unwrap_or(1),
                Dialect::Postgres => left.min(POSTGRES_PIECE_MAX),
            };
            pieces.push(from..from + size);
            from += size;
        }
        pieces
    }

    pub(crate) fn sqlite_arguments(&self, piece: Range<usize>) -> Result<SqliteArguments, StoreError> {
        let mut args = SqliteArguments::default();
        args.reserve(piece.len() * self.columns.len(), 0);
        let same: Vec<Arc<str>> = self
            .columns
            .iter()
            .map(|column| match column {
                Column::Same(text) => Arc::from(*text),
                _ => Arc::from(""),
            })
            .collect();
        for row in piece {
            for (n, column) in self.columns.iter().enumerate() {
                match column {
                    Column::Same(_) => args.add(same[n].clone()),
                    Column::SameBig(big) => args.add(*big),
                    Column::Text(of) => args.add(of[row]),
                    Column::TextOrNull(of) => args.add(of[row]),
                    Column::Big(of) => args.add(of[row]),
                    Column::BigOrNull(of) => args.add(of[row]),
                    Column::Bytes(of) => args.add(of[row]),
                }
                .map_err(sqlx::Error::Encode)?;
            }
        }
        Ok(args)
    }

    pub(crate) fn postgres_arguments(&self, piece: Range<usize>) -> Result<PgArguments, StoreError> {
        let mut args = PgArguments::default();
        for column in &self.columns {
            match column {
                Column::Same(text) => args.add(vec![*text; piece.len()]),
                Column::SameBig(big) => args.add(vec![*big; piece.len()]),
                Column::Text(of) => args.add(&of[piece.clone()]),
                Column::TextOrNull(of) => args.add(&of[piece.clone()]),
                Column::Big(of) => args.add(&of[piece.clone()]),
                Column::BigOrNull(of) => args.add(&of[piece.clone()]),
                Column::Bytes(of) => args.add(&of[piece.clone()]),
            }
            .map_err(sqlx::Error::Encode)?;
        }
        Ok(args)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_cut_into_few_sizes_without_loss() {
        let rows = Rows::new(1_183, vec![Column::SameBig(1)]);
        let sizes: Vec<usize> = rows.pieces(Dialect::Sqlite).iter().map(Range::len).collect();
        assert_eq!(sizes, [512, 512, 128, 24, 7]);
        assert_eq!(rows.pieces(Dialect::Postgres), vec![0..1_183]);
    }

    #[test]
    fn a_text_names_only_forks_that_exist() {
        for sql in crate::statements::all() {
            let text = sql.text_for(Dialect::Postgres, 1).0;
            assert!(!text.contains('{'), "{text}");
        }
    }
}
