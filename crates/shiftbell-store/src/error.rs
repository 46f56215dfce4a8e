//! What can go wrong between the program and its database, in sentences for the person who must act.

/// Why the store could not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error(
        "database url `{url}` must start with `sqlite:` or `postgres:`, for example `sqlite:/var/lib/shiftbell/shiftbell.db`"
    )]
    UnknownScheme { url: String },
    #[error("database url `{url}` cannot be read: {why}")]
    UnreadableUrl { url: String, why: String },
    #[error("database url `{url}` names no file; a database in memory would forget what it acknowledged")]
    InMemory { url: String },
    #[error("folder `{folder}` of database `{url}` does not exist; create it or name another")]
    MissingFolder { url: String, folder: String },
    #[error("`{url}` is not a SQLite database; name another file, or move this one away")]
    NotADatabase { url: String },
    #[error("database `{url}` cannot be reached: {why}")]
    Unreachable { url: String, why: String },
    #[error("the tables could not be brought up to date: {why}")]
    Migration { why: String },
    #[error("the lease ended and somebody else took over; nothing of this attempt was kept")]
    LeaseLost,
    #[error("the delivery was not kept: {why}")]
    NotKept { why: String },
    #[error("the import was not kept, the database is as empty as before: {why}")]
    ImportNotKept { why: String },
    #[error("{kind} `{given}` has the number of `{stored}`; change one of the two ids at its source")]
    SameNumber { kind: String, given: String, stored: String },
    #[error("`{found}` in column `{column}` is none of the words that this version knows; was a newer version here?")]
    UnknownWord { column: &'static str, found: String },
    #[error("workspace `{workspace}` is not in the database")]
    UnknownWorkspace { workspace: String },
    #[error("the database refused: {0}")]
    Database(#[from] sqlx::Error),
}

impl StoreError {
    /// Whether the same transaction, run again from its beginning, can succeed without anybody doing anything.
    ///
    /// Deadlocks, serialization failures, a busy database, a lost connection.
    pub fn is_transient(&self) -> bool {
        match self {
            StoreError::Database(error) => is_transient(error),
            StoreError::Unreachable { .. } => true,
            StoreError::UnknownScheme { .. }
            | StoreError::UnreadableUrl { .. }
            | StoreError::InMemory { .. }
            | StoreError::MissingFolder { .. }
            | StoreError::NotADatabase { .. }
            | StoreError::Migration { .. }
            | StoreError::LeaseLost
            | StoreError::NotKept { .. }
            | StoreError::ImportNotKept { .. }
            | StoreError::SameNumber { .. }
            | StoreError::UnknownWord { .. }
            | StoreError::UnknownWorkspace { .. } => false,
        }
    }

    /// Whether the disk under the database is full.
    pub fn is_disk_full(&self) -> bool {
        match self {
            StoreError::Database(sqlx::Error::Database(error)) => {
                matches!(error.code().as_deref(), Some("13" | "53100"))
            }
            _ => false,
        }
    }
}

/// <https://www.postgresql.org/docs/15/errcodes-appendix.html>, <https://www.sqlite.org/rescode.html>
fn is_transient(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut | sqlx::Error::WorkerCrashed | sqlx::Error::Protocol(_) => true,
        sqlx::Error::Database(error) => {
            let code = error.code().unwrap_or_default();
            // 40: deadlock and serialization; 57P: shutting down; 08: connection; 53300: too many connections.
            let postgres = ["40", "57P", "08", "53300"].iter().any(|class| code.len() == 5 && code.starts_with(class));
            // 5: busy; 6: locked; 261, 517: busy while recovering, busy because of a stale snapshot.
            postgres || matches!(code.as_ref(), "5" | "6" | "261" | "517")
        }
        _ => false,
    }
}
