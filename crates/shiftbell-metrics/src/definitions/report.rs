//! What is wrong with a definitions file, and what it says that nobody acts on yet.

use std::collections::BTreeSet;
use std::fmt;
use std::ops::Range;

use super::model::Definitions;
use super::spelling::nearest;

/// What came of reading a definitions file.
#[derive(Clone, Debug)]
pub struct Checked {
    /// `None` if there is any problem.
    pub definitions: Option<Definitions>,
    /// Every problem, in the order of the file.
    pub problems: Vec<Problem>,
    /// What is understood and checked, but not active yet, in the order of the file.
    pub notes: Vec<Note>,
}

/// One mistake: where, what, and what would be right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    pub file: String,
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
    /// Bytes of the file.
    pub span: Range<usize>,
    /// What is written there; empty where it may be a secret.
    pub value: String,
    pub message: String,
    pub fix: Option<String>,
    /// The line may hold a secret: it must not be shown.
    pub hides_line: bool,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}: {}", self.file, self.line, self.column, self.message)?;
        self.fix.iter().try_for_each(|fix| write!(f, "; {fix}"))
    }
}

/// Something the file asks for that is understood but not active yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    pub file: String,
    /// From 1.
    pub line: usize,
    /// The name of the thing, such as `kpis.grr`.
    pub name: String,
    pub message: String,
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {} is not active yet: {}", self.file, self.line, self.name, self.message)
    }
}

/// Collects problems and notes while a file is read.
pub(super) struct Report<'a> {
    file: &'a str,
    text: &'a str,
    line_starts: Vec<usize>,
    problems: Vec<Problem>,
    /// Where the file is no TOML.
    unreadable: Vec<Problem>,
    /// What is missing; where the file is no TOML, it may be there.
    missing: Vec<Problem>,
    notes: Vec<Note>,
    /// What is named in the file but wrong in itself: whoever names it is not reported as well.
    wrong: BTreeSet<(&'static str, String)>,
    hidden_lines: Vec<usize>,
}

impl<'a> Report<'a> {
    pub(super) fn new(file: &'a str, text: &'a str) -> Report<'a> {
        let line_starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Report {
            file,
            text,
            line_starts,
            problems: Vec::new(),
            unreadable: Vec::new(),
            missing: Vec::new(),
            notes: Vec::new(),
            wrong: BTreeSet::new(),
            hidden_lines: Vec::new(),
        }
    }

    /// Line and column, from 1, of a byte.
    fn place(&self, at: usize) -> (usize, usize) {
        let line = self.line_starts.partition_point(|start| *start <= at).max(1);
        let start = self.line_starts.get(line - 1).copied().unwrap_or(0);
        let column = self.text.get(start..at).map_or(0, |before| before.chars().count());
        (line, column + 1)
    }

    /// What is written at these bytes.
    pub(super) fn source(&self, span: &Range<usize>) -> &'a str {
        self.text.get(span.clone()).unwrap_or("")
    }

    pub(super) fn problem(&mut self, span: &Range<usize>, message: impl Into<String>, fix: Option<String>) {
        let value = self.source(span).to_owned();
        let problem = self.placed(span, value, message.into(), fix, false);
        self.problems.push(problem);
    }

    /// Says that the line here may hold a secret: problems in it hide it.
    pub(super) fn hide_line(&mut self, span: &Range<usize>) {
        let (line, _) = self.place(span.start);
        self.hidden_lines.push(line);
    }

    /// How many problems there are so far.
    pub(super) fn count(&self) -> usize {
        self.problems.len() + self.missing.len()
    }

    /// Something that should be there and is not.
    pub(super) fn missing(&mut self, span: &Range<usize>, message: impl Into<String>, fix: Option<String>) {
        let value = self.source(span).to_owned();
        let problem = self.placed(span, value, message.into(), fix, false);
        self.missing.push(problem);
    }

    /// A problem with something that may be a secret: neither it nor its line is repeated.
    pub(super) fn secret_problem(&mut self, span: &Range<usize>, message: impl Into<String>, fix: Option<String>) {
        let problem = self.placed(span, String::new(), message.into(), fix, true);
        self.problems.push(problem);
    }

    /// This is no TOML. The line may hold a secret without its quotes.
    pub(super) fn unreadable(&mut self, span: &Range<usize>, message: impl Into<String>) {
        let problem = self.placed(span, String::new(), message.into(), None, true);
        self.unreadable.push(problem);
    }

    fn placed(
        &self,
        span: &Range<usize>,
        value: String,
        message: String,
        fix: Option<String>,
        hides_line: bool,
    ) -> Problem {
        let (line, column) = self.place(span.start);
        let file = self.file.to_owned();
        Problem { file, line, column, span: span.clone(), value, message, fix, hides_line }
    }

    /// Says that this `what` is named in the file, but wrong in itself.
    pub(super) fn is_wrong(&mut self, what: &'static str, name: &str) {
        self.wrong.insert((what, name.to_owned()));
    }

    /// Says that nothing is known of any `what`, because the section that names them is missing.
    pub(super) fn none_known(&mut self, what: &'static str) {
        self.wrong.insert((what, String::new()));
    }

    /// The names of this kind that are wrong in themselves.
    pub(super) fn wrong_ones(&self, what: &str) -> impl Iterator<Item = &str> {
        self.wrong.iter().filter(move |(kind, _)| *kind == what).map(|(_, name)| name.as_str())
    }

    fn is_excused(&self, name: &str, what: &str) -> bool {
        what.split(" or ").any(|part| self.wrong_ones(part).any(|wrong| wrong == name || wrong.is_empty()))
    }

    /// Says that a name is none of those known, with the nearest of them or, if they are few, all.
    pub(super) fn unknown<'k>(
        &mut self,
        span: &Range<usize>,
        name: &str,
        what: &str,
        known: impl Iterator<Item = &'k str> + Clone,
    ) {
        if self.is_excused(name, what) {
            return;
        }
        let message = format!("\"{name}\" is no {what}");
        match nearest(name, known.clone().map(str::to_owned)) {
            Some(near) => self.problem(span, message, Some(format!("did you mean \"{near}\"?"))),
            None => self.missing(span, message, few(known)),
        }
    }

    pub(super) fn note(&mut self, span: &Range<usize>, name: impl Into<String>, message: impl Into<String>) {
        let (line, _) = self.place(span.start);
        self.notes.push(Note { file: self.file.to_owned(), line, name: name.into(), message: message.into() });
    }

    /// Ends the reading. What follows from a line that is no TOML is not reported as well.
    pub(super) fn finish(mut self, definitions: Option<Definitions>) -> Checked {
        let lines: Vec<usize> = self.unreadable.iter().map(|problem| problem.line).collect();
        self.problems.retain(|problem| !lines.contains(&problem.line));
        if self.unreadable.is_empty() {
            self.problems.append(&mut self.missing);
        }
        self.problems.append(&mut self.unreadable);
        for problem in &mut self.problems {
            problem.hides_line |= self.hidden_lines.contains(&problem.line);
        }
        self.problems.sort_by_key(|problem| (problem.span.start, problem.span.end));
        self.problems.dedup();
        self.notes.sort_by_key(|note| note.line);
        let definitions = definitions.filter(|_| self.problems.is_empty());
        Checked { definitions, problems: self.problems, notes: self.notes }
    }
}

/// "it can be a, b or c", if there are not too many.
pub(super) fn few<'k>(known: impl Iterator<Item = &'k str>) -> Option<String> {
    let words: Vec<String> = known.map(|word| format!("\"{word}\"")).collect();
    let (last, before) = words.split_last()?;
    match before.len() {
        0 => Some(format!("it can only be {last}")),
        1..=11 => Some(format!("it can be {} or {last}", before.join(", "))),
        _ => None,
    }
}
