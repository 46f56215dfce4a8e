//! The tables, as two mirrored folders that are built in.

use std::borrow::Cow;

use sqlx::SqlSafeStr as _;
use sqlx::migrate::{Migration, MigrationType, Migrator};

use crate::dialect::Sql;
use crate::{Session, StoreError};

/// Number, name, and the text for SQLite and for PostgreSQL.
type Mirrored = (i64, &'static str, &'static str, &'static str);

const MIGRATIONS: &[Mirrored] = &[
    (
        1,
        "0001_intake",
        include_str!("../../../migrations/sqlite/0001_intake.sql"),
        include_str!("../../../migrations/postgres/0001_intake.sql"),
    ),
    (
        2,
        "0002_events",
        include_str!("../../../migrations/sqlite/0002_events.sql"),
        include_str!("../../../migrations/postgres/0002_events.sql"),
    ),
    (
        3,
        "0003_numbers",
        include_str!("../../../migrations/sqlite/0003_numbers.sql"),
        include_str!("../../../migrations/postgres/0003_numbers.sql"),
    ),
    (
        4,
        "0004_messages",
        include_str!("../../../migrations/sqlite/0004_messages.sql"),
        include_str!("../../../migrations/postgres/0004_messages.sql"),
    ),
    (
        5,
        "0005_requests",
        include_str!("../../../migrations/sqlite/0005_requests.sql"),
        include_str!("../../../migrations/postgres/0005_requests.sql"),
    ),
    (
        6,
        "0006_polled",
        include_str!("../../../migrations/sqlite/0006_polled.sql"),
        include_str!("../../../migrations/postgres/0006_polled.sql"),
    ),
    (
        7,
        "0007_owners",
        include_str!("../../../migrations/sqlite/0007_owners.sql"),
        include_str!("../../../migrations/postgres/0007_owners.sql"),
    ),
    (
        8,
        "0008_people",
        include_str!("../../../migrations/sqlite/0008_people.sql"),
        include_str!("../../../migrations/postgres/0008_people.sql"),
    ),
    (
        9,
        "0009_doubts",
        include_str!("../../../migrations/sqlite/0009_doubts.sql"),
        include_str!("../../../migrations/postgres/0009_doubts.sql"),
    ),
    (
        10,
        "0010_rollout",
        include_str!("../../../migrations/sqlite/0010_rollout.sql"),
        include_str!("../../../migrations/postgres/0010_rollout.sql"),
    ),
    (
        11,
        "0011_seen",
        include_str!("../../../migrations/sqlite/0011_seen.sql"),
        include_str!("../../../migrations/postgres/0011_seen.sql"),
    ),
];

/// Number and name of every migration, oldest first.
pub fn names() -> impl Iterator<Item = (i64, &'static str)> {
    MIGRATIONS.iter().map(|(number, name, _, _)| (*number, *name))
}

/// The numbers of the migrations that a database has seen, oldest first.
///
/// # Errors
/// The database's, also where it has no table of ours at all.
pub async fn applied(session: &mut Session) -> Result<Vec<i64>, StoreError> {
    let rows: Vec<(i64,)> = session.fetch(&APPLIED, &[0.into()]).await?;
    Ok(rows.into_iter().map(|(number,)| number).collect())
}

const APPLIED: Sql = Sql::one("SELECT version FROM _sqlx_migrations WHERE version > $1 ORDER BY version");

pub(crate) const STATEMENTS: &[Sql] = &[APPLIED];

pub(crate) fn sqlite() -> Migrator {
    migrator(|(_, _, sqlite, _)| sqlite)
}

pub(crate) fn postgres() -> Migrator {
    migrator(|(_, _, _, postgres)| postgres)
}

fn migrator(text: fn(&Mirrored) -> &'static str) -> Migrator {
    let of = |migration: &Mirrored| {
        let sql = text(migration).into_sql_str();
        Migration::new(migration.0, Cow::Borrowed(migration.1), MigrationType::Simple, sql, false)
    };
    Migrator::with_migrations(MIGRATIONS.iter().map(of).collect())
}
