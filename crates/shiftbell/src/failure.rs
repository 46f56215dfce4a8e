//! Why the program stops, and with which exit code.

use std::fmt;

/// A reason to stop. Its text is for the person at the terminal.
#[derive(Debug)]
pub enum Failure {
    /// The command was understood but cannot be done as written.
    Usage(String),
    /// A definitions file has problems; they have been printed.
    Definitions { problems: usize },
    /// The database cannot be reached or used.
    Database(String),
    /// What `doctor` found needs somebody; it has been printed.
    Findings { findings: usize },
    /// Cells of a spreadsheet are not understood; they have been printed.
    Unclear { cells: usize },
    /// Two definitions files mean different numbers; the difference has been printed.
    Meaning { kpis: usize },
    /// Anything else, with what was being done.
    Other(anyhow::Error),
}

impl Failure {
    /// 1 failed, 2 used wrongly, 3 the definitions have problems, 4 no database, 5 something needs somebody,
    /// 6 a spreadsheet is unclear, 7 numbers mean something else.
    pub fn exit_code(&self) -> u8 {
        match self {
            Failure::Other(_) => 1,
            Failure::Usage(_) => 2,
            Failure::Definitions { .. } => 3,
            Failure::Database(_) => 4,
            Failure::Findings { .. } => 5,
            Failure::Unclear { .. } => 6,
            Failure::Meaning { .. } => 7,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Usage(text) | Failure::Database(text) => f.write_str(text),
            Failure::Definitions { problems: 1 } => f.write_str("the definitions have 1 problem"),
            Failure::Definitions { problems } => write!(f, "the definitions have {problems} problems"),
            Failure::Findings { findings: 1 } => f.write_str("1 thing needs you"),
            Failure::Findings { findings } => write!(f, "{findings} things need you"),
            Failure::Unclear { cells: 1 } => f.write_str("1 cell is not understood"),
            Failure::Unclear { cells } => write!(f, "{cells} cells are not understood"),
            Failure::Meaning { kpis: 1 } => f.write_str("numbers mean something else: 1 KPI answers differently"),
            Failure::Meaning { kpis } => write!(f, "numbers mean something else: {kpis} KPIs answer differently"),
            Failure::Other(error) => write!(f, "{error:#}"),
        }
    }
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Failure {
        match error.downcast::<crate::config::ConfigProblem>() {
            Ok(problem) => problem.into(),
            Err(error) => Failure::Other(error),
        }
    }
}

impl From<crate::config::ConfigProblem> for Failure {
    fn from(problem: crate::config::ConfigProblem) -> Failure {
        Failure::Usage(match std::error::Error::source(&problem) {
            Some(source) => format!("{problem}: {source}"),
            None => problem.to_string(),
        })
    }
}
