//! What is wrong with a table, and where.

use std::fmt;

/// What is wrong with a table, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct Problem {
    /// From 1, the header being line 1.
    pub line: Option<u64>,
    pub column: Option<String>,
    pub reason: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.line, &self.column) {
            (Some(line), Some(column)) => write!(f, "line {line}, column `{column}`: {}", self.reason),
            (Some(line), None) => write!(f, "line {line}: {}", self.reason),
            (None, Some(column)) => write!(f, "column `{column}`: {}", self.reason),
            (None, None) => f.write_str(&self.reason),
        }
    }
}

impl Problem {
    pub(super) fn whole(reason: impl Into<String>) -> Problem {
        Problem { line: None, column: None, reason: reason.into() }
    }
}

/// The problem with a row that is no row.
pub(super) fn unreadable(error: &csv::Error) -> Problem {
    let line = error.position().map(csv::Position::line);
    match error.kind() {
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
            let reason =
                format!("it has {len} columns, but the header has {expected_len}; is a quote or a delimiter missing?");
            Problem { line, column: None, reason }
        }
        _ => Problem { line, column: None, reason: format!("cannot be read: {error}") },
    }
}
