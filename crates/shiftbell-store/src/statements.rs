//! Every text that this crate ever sends, so that a test can ask both databases whether they understand it.

use crate::dialect::Sql;
use crate::{Session, StoreError};

#[cfg(test)]
pub(crate) fn all() -> impl Iterator<Item = &'static Sql> {
    TABLES.iter().flat_map(|(_, statements)| statements.iter())
}

const TABLES: &[(&str, &[Sql])] = &[
    ("accounts", crate::accounts::STATEMENTS),
    ("cells", crate::cells::STATEMENTS),
    ("contributions", crate::contributions::STATEMENTS),
    ("cursors", crate::cursors::STATEMENTS),
    ("definitions", crate::definitions::STATEMENTS),
    ("entities", crate::entities::STATEMENTS),
    ("events", crate::events::STATEMENTS),
    ("generations", crate::generations::STATEMENTS),
    ("held", crate::held::STATEMENTS),
    ("inbox", crate::inbox::STATEMENTS),
    ("incidents", crate::incidents::STATEMENTS),
    ("outbox", crate::outbox::STATEMENTS),
    ("outbox/delivery", crate::outbox::delivery::STATEMENTS),
    ("people", crate::people::STATEMENTS),
    ("receipts", crate::receipts::STATEMENTS),
    ("segments", crate::segments::STATEMENTS),
    ("sightings", crate::sightings::STATEMENTS),
    ("workspaces", crate::workspaces::STATEMENTS),
];

/// Prepares every statement and returns those that the database does not understand, with its reason.
///
/// # Errors
/// None of its own: a connection that breaks shows as one reason per statement.
pub async fn prepare_all(session: &mut Session) -> Vec<String> {
    let mut wrong = Vec::new();
    for (table, statements) in TABLES {
        for sql in *statements {
            let prepared: Result<(), StoreError> = session.prepare(sql).await;
            if let Err(error) = prepared {
                wrong.push(format!("{table}: {error}: {}", sql.words()));
            }
        }
    }
    wrong
}

/// How many statements each file lists.
pub fn counts() -> impl Iterator<Item = (&'static str, usize)> {
    TABLES.iter().map(|(table, statements)| (*table, statements.len()))
}
