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
    ("db", crate::db::STATEMENTS),
    ("definitions", crate::definitions::STATEMENTS),
    ("doubts", crate::doubts::STATEMENTS),
    ("entities", crate::entities::STATEMENTS),
    ("events", crate::events::STATEMENTS),
    ("facts_seen", crate::facts_seen::STATEMENTS),
    ("generations", crate::generations::STATEMENTS),
    ("held", crate::held::STATEMENTS),
    ("inbox", crate::inbox::STATEMENTS),
    ("incidents", crate::incidents::STATEMENTS),
    ("leave", crate::leave::STATEMENTS),
    ("link_codes", crate::link_codes::STATEMENTS),
    ("migrations", crate::migrations::STATEMENTS),
    ("outbox", crate::outbox::STATEMENTS),
    ("outbox/delivery", crate::outbox::delivery::STATEMENTS),
    ("outbox/framed", crate::outbox::framed::STATEMENTS),
    ("owner_choices", crate::owner_choices::STATEMENTS),
    ("owners", crate::owners::STATEMENTS),
    ("people", crate::people::STATEMENTS),
    ("polled", crate::polled::STATEMENTS),
    ("portals", crate::portals::STATEMENTS),
    ("receipts", crate::receipts::STATEMENTS),
    ("requests", crate::requests::STATEMENTS),
    ("rollout", crate::rollout::STATEMENTS),
    ("segments", crate::segments::STATEMENTS),
    ("sightings", crate::sightings::STATEMENTS),
    ("signatures", crate::signatures::STATEMENTS),
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

/// What a plan walks through without harm: rows that the statement was given or has found itself, and the workspaces.
const GIVEN: [&str; 8] =
    ["SCAN k", "SCAN picked", "SCAN found", "SCAN 2 ", "SCAN 2-ROW ", "SCAN CONSTANT ", "SCAN w", "SCAN workspaces"];
/// What a plan searches by that is no key: everything of a company.
const WHOLE: [&str; 2] = ["(workspace=?)", "(workspace=? AND generation=?)"];

/// The statements for which SQLite would walk through a whole table, or through a whole workspace although it was given keys.
///
/// # Errors
/// The database's.
pub async fn whole_scans(session: &mut Session) -> Result<Vec<(&'static str, String)>, StoreError> {
    let mut found = Vec::new();
    for (table, statements) in TABLES {
        for sql in *statements {
            let has_keys = ["{rows}", "picked"].iter().any(|keys| sql.words().contains(keys));
            for (_, _, _, line) in session.plan(sql).await? {
                let walks = line.starts_with("SCAN ") && GIVEN.iter().all(|given| !line.starts_with(given));
                if walks || (has_keys && WHOLE.iter().any(|whole| line.ends_with(whole))) {
                    found.push((*table, format!("{line}: {}", sql.words())));
                }
            }
        }
    }
    Ok(found)
}

/// How many statements each file lists.
pub fn counts() -> impl Iterator<Item = (&'static str, usize)> {
    TABLES.iter().map(|(table, statements)| (*table, statements.len()))
}
