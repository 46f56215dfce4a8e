//! What of a company's set-up needs a person: looked for, judged, and said.
//!
//! [`look`] asks the services and the database, and decides nothing. [`judge`] is given what was found, and asks nobody.
//! [`said`] puts the findings into words.

pub mod judge;
pub mod look;
pub mod said;

use serde::Serialize;
use shiftbell_metrics::definitions::Problem;
use shiftbell_metrics::time::Instant;
use shiftbell_store::Db;

use crate::clock::Clock;
use crate::companies::Company;
use crate::config::Config;
use crate::program::Program;

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Something does not work until somebody acts.
    NeedsYou,
    /// Something will not work, or may not.
    MayNeedYou,
    GoodToKnow,
}

/// Something that was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The same for the same trouble for ever: other programs rely on it.
    pub name: &'static str,
    pub severity: Severity,
    /// What it is about, where there may be several: a source, a channel.
    pub about: Option<String>,
    /// What it means, in one sentence.
    pub means: String,
    /// The one thing to do; none where it is only good to know.
    pub todo: Option<String>,
}

/// Something that holds, whether or not anything is wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Known {
    pub what: String,
    pub words: String,
}

/// Everything that was found about one company.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    pub workspace: String,
    /// In milliseconds since 1970.
    pub looked_at: Instant,
    /// What matters most first.
    pub findings: Vec<Finding>,
    pub known: Vec<Known>,
}

impl Report {
    /// How many findings matter this much.
    pub fn count(&self, severity: Severity) -> usize {
        self.findings.iter().filter(|finding| finding.severity == severity).count()
    }
}

/// Where to look.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    pub config: &'a Config,
    pub clock: &'a Clock,
    pub company: &'a Company,
    /// Why it cannot be opened, else.
    pub db: Result<&'a Db, &'a str>,
}

/// Looks at one company, and judges.
pub async fn examine(place: Place<'_>) -> Report {
    let found = look::look(place).await;
    Report {
        workspace: place.company.name().to_owned(),
        looked_at: found.now,
        findings: judge::findings(&found),
        known: judge::known(&found),
    }
}

/// What is found where the definitions themselves are refused: each mistake.
pub fn unread(workspace: String, problems: &[Problem], now: Instant) -> Report {
    let refused = |problem: &Problem| {
        let at = format!("{}:{}", problem.file, problem.line);
        let means = format!("{at} is wrong, so that `shiftbell serve` does not start with it: {}.", problem.message);
        let todo = match &problem.fix {
            Some(fix) => format!("Correct that line ({fix}); `shiftbell check` shows it."),
            None => "Correct that line; `shiftbell check` shows it.".to_owned(),
        };
        Finding::new("definitions-refused", Severity::NeedsYou, means, todo).of(at)
    };
    let findings = problems.iter().map(refused).collect();
    Report { workspace, looked_at: now, findings, known: Vec::new() }
}

/// As [`examine`], within a program that runs.
pub async fn examine_within(program: &Program, company: &Company) -> Report {
    examine(Place { config: &program.config, clock: &program.clock, company, db: Ok(&program.db) }).await
}

impl Finding {
    fn new(name: &'static str, severity: Severity, means: impl Into<String>, todo: impl Into<String>) -> Finding {
        Finding { name, severity, about: None, means: means.into(), todo: Some(todo.into()) }
    }

    fn of(self, about: impl Into<String>) -> Finding {
        Finding { about: Some(about.into()), ..self }
    }

    fn to_know(name: &'static str, means: impl Into<String>) -> Finding {
        Finding { name, severity: Severity::GoodToKnow, about: None, means: means.into(), todo: None }
    }
}
