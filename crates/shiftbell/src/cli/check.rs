//! `shiftbell check`: every mistake of a definitions file, as a compiler would show it, and which of its facts were seen.

mod diff;
mod sheet;
mod stored;
mod suggest;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use shiftbell_metrics::definitions::{Checked, Definitions, Problem, Source, read};
use shiftbell_sources::{map_problems, setting_problems};

use super::{Check, Here};
use crate::companies::{self, Companies, Company};
use crate::failure::Failure;

/// One of the things that can be done with definitions.
pub(super) async fn run(check: &Check, here: &Here) -> Result<(), Failure> {
    if let Some(from) = &check.from_sheet {
        return sheet::take(from, check.into.as_deref());
    }
    if let Some(to) = &check.to_sheet {
        return sheet::give(to, &only(&check.files, here)?);
    }
    if check.diff {
        return diff::run(&check.files, here).await;
    }
    if check.suggest {
        return suggest::run(&only(&check.files, here)?);
    }
    look(&check.files, here).await
}

/// The one file that is named, or the only one there is.
fn only(files: &[PathBuf], here: &Here) -> Result<PathBuf, Failure> {
    let files = if files.is_empty() { companies::files_in(&here.config.workspaces)? } else { files.to_vec() };
    match files.as_slice() {
        [only] => Ok(only.clone()),
        [] => Err(Failure::Usage("there is no definitions file; name one".to_owned())),
        several => {
            let names: Vec<String> = several.iter().map(|file| file.display().to_string()).collect();
            Err(Failure::Usage(format!("name one definitions file, not {} ({})", several.len(), names.join(", "))))
        }
    }
}

/// A file without problems; else they are printed.
fn sound(file: &Path) -> Result<(String, Definitions), Failure> {
    let (text, checked) = read_file(file)?;
    match checked.definitions {
        Some(definitions) => Ok((text, definitions)),
        None => {
            eprint!("{}", shown(file, &text, &checked));
            Err(Failure::Definitions { problems: checked.problems.len() })
        }
    }
}

/// Reads the files and prints what is wrong with them, then what in them is not active yet.
async fn look(files: &[PathBuf], here: &Here) -> Result<(), Failure> {
    let files = if files.is_empty() { companies::files_in(&here.config.workspaces)? } else { files.to_vec() };
    if files.is_empty() {
        let folder = here.config.workspaces.display();
        return Err(Failure::Usage(format!(
            "there is no definitions file in {folder}; name one: shiftbell check FILE"
        )));
    }
    let mut problems = 0;
    for file in &files {
        companies::name_of(file)?;
        let (text, checked) = read_file(file)?;
        print!("{}", shown(file, &text, &checked));
        problems += checked.problems.len();
        let Some(definitions) = checked.definitions else { continue };
        for sentence in wrong_in_maps(&definitions) {
            println!("error: {sentence}");
            problems += 1;
        }
        let (company, missing) =
            Company::new(companies::name_of(file)?, text, definitions, &crate::secrets::of_process);
        for sentence in missing {
            println!("note: {sentence}");
        }
        for way in company.ways(here.config.public_base()) {
            match way {
                Ok(sentence) => println!("note: {sentence}"),
                Err(sentence) => {
                    println!("error: {sentence}");
                    problems += 1;
                }
            }
        }
        match stored::seen(here, &company).await {
            Ok(lines) => print!("{lines}"),
            Err(why) => println!("note: it is not known which facts were seen, nor who is who: {why}"),
        }
    }
    if problems > 0 { Err(Failure::Definitions { problems }) } else { Ok(()) }
}

/// What is wrong with the settings of sources and the words of the vendors, which only their sources know.
fn wrong_in_maps(definitions: &Definitions) -> Vec<String> {
    let of = |source: &Source| {
        let id = source.id.clone();
        let problems = map_problems(&source.map).into_iter().chain(setting_problems(source));
        problems.map(move |problem| format!("source `{id}`: {problem}"))
    };
    definitions.sources.iter().flat_map(of).collect()
}

/// As [`load`], for the server: says what it will do without, by which way each chat system asks, and which lines of a map it
/// leaves out.
pub(super) fn load_to_serve(here: &Here) -> Result<Companies, Failure> {
    let (companies, missing) = load_all(here)?;
    for (workspace, sentence) in missing {
        tracing::warn!(workspace, "{sentence}");
    }
    for company in companies.all() {
        for way in company.ways(here.config.public_base()) {
            let sentence = way.map_err(|sentence| Failure::Usage(format!("{}: {sentence}", company.name())))?;
            tracing::info!(workspace = company.name(), "{sentence}");
        }
        for sentence in wrong_in_maps(company.defs()) {
            tracing::warn!(workspace = company.name(), "{sentence}; it is left out");
        }
    }
    Ok(companies)
}

/// Reads every file of the folder of workspaces. Problems are printed and end the program: numbers of a company whose
/// meaning is in doubt are worse than none.
pub(super) fn load(here: &Here) -> Result<Companies, Failure> {
    load_all(here).map(|(companies, _)| companies)
}

/// The companies, and by workspace what they have to do without.
fn load_all(here: &Here) -> Result<(Companies, Vec<(String, String)>), Failure> {
    let mut all = Vec::new();
    let mut all_missing = Vec::new();
    let mut problems = 0;
    for file in read_files(here)? {
        problems += file.checked.problems.len();
        match file.company() {
            Ok((company, missing)) => {
                all_missing.extend(missing.into_iter().map(|sentence| (company.name().to_owned(), sentence)));
                all.push(company);
            }
            Err(file) => eprint!("{}", shown(&file.path, &file.text, &file.checked)),
        }
    }
    if problems > 0 { Err(Failure::Definitions { problems }) } else { Ok((Companies::new(all), all_missing)) }
}

/// A definitions file that was read, right or wrong.
pub(super) struct Read {
    pub(super) workspace: String,
    pub(super) checked: Checked,
    path: PathBuf,
    text: String,
}

impl Read {
    /// The company that it defines, with what it has to do without; itself, if it has problems.
    pub(super) fn company(mut self) -> Result<(Company, Vec<String>), Box<Read>> {
        match self.checked.definitions.take() {
            Some(definitions) => Ok(Company::new(self.workspace, self.text, definitions, &crate::secrets::of_process)),
            None => Err(Box::new(self)),
        }
    }
}

/// Every file of the folder of workspaces.
pub(super) fn read_files(here: &Here) -> Result<Vec<Read>, Failure> {
    let read = |path: PathBuf| {
        let workspace = companies::name_of(&path)?;
        let (text, checked) = read_file(&path)?;
        Ok(Read { workspace, checked, path, text })
    };
    companies::files_in(&here.config.workspaces)?.into_iter().map(read).collect()
}

fn read_file(file: &Path) -> Result<(String, Checked), Failure> {
    let bytes =
        std::fs::read(file).map_err(|error| Failure::Usage(format!("cannot read {}: {error}", file.display())))?;
    let text = String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        Failure::Usage(format!("{} is not UTF-8 text: byte {at} does not belong to a character", file.display()))
    })?;
    let checked = read(&file.display().to_string(), &text, &companies::vocabulary());
    Ok((text, checked))
}

/// The problems and notes of one file, ready to print.
fn shown(file: &Path, text: &str, checked: &Checked) -> String {
    let mut out = String::new();
    for problem in &checked.problems {
        show(&mut out, text, problem);
    }
    if !checked.notes.is_empty() && checked.problems.is_empty() {
        for note in &checked.notes {
            let _ = writeln!(out, "note: {note}");
        }
        out.push('\n');
    }
    let _ = match (&checked.definitions, checked.problems.len()) {
        (Some(defs), _) => writeln!(
            out,
            "{}: {} is understood: {} facts, {} stages, {} motions, {} KPIs, {} people, {} rules; meaning {}",
            file.display(),
            defs.workspace.name,
            defs.facts.len(),
            defs.chain.len(),
            defs.motions.len(),
            defs.kpis.iter().filter(|kpi| kpi.is_written).count(),
            defs.people.len(),
            defs.rules.len(),
            defs.meaning,
        ),
        (None, 1) => writeln!(out, "{}: 1 problem", file.display()),
        (None, n) => writeln!(out, "{}: {n} problems", file.display()),
    };
    out
}

/// One problem with its line and a mark under the value.
fn show(out: &mut String, text: &str, problem: &Problem) {
    let _ = writeln!(out, "error: {}", problem.message);
    let number = problem.line.to_string();
    let margin = " ".repeat(number.len());
    let _ = writeln!(out, "{margin}--> {}:{}:{}", problem.file, problem.line, problem.column);
    let line = text.lines().nth(problem.line.saturating_sub(1)).unwrap_or_default();
    if !problem.hides_line {
        let before: String =
            line.chars().take(problem.column.saturating_sub(1)).map(|c| if c == '\t' { '\t' } else { ' ' }).collect();
        let here = line.chars().count().saturating_sub(problem.column.saturating_sub(1));
        let marked =
            text.get(problem.span.clone()).map_or(1, |value| value.lines().next().unwrap_or_default().chars().count());
        let marks = "^".repeat(marked.clamp(1, here.max(1)));
        let _ = writeln!(out, "{margin} |\n{number} | {line}\n{margin} | {before}{marks}");
    }
    if let Some(fix) = &problem.fix {
        let _ = writeln!(out, "{margin} = {fix}");
    }
    out.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_may_hold_a_secret_is_never_shown() {
        let text = "[outlets.slack]\ntoken = \"xoxb-very-secret\"\n";
        let problem = Problem {
            file: "acme.toml".into(),
            line: 2,
            column: 9,
            span: 24..42,
            value: "...".into(),
            message: "a secret does not belong into this file".into(),
            fix: Some("write { env = \"SLACK_BOT_TOKEN\" }".into()),
            hides_line: true,
        };
        let mut out = String::new();
        show(&mut out, text, &problem);
        assert!(!out.contains("xoxb") && out.contains("acme.toml:2:9"), "{out}");
    }

    #[test]
    fn a_problem_is_shown_with_its_line_and_a_mark_under_the_value() {
        let text = "[facts]\nvisit = { evnt = \"page_view\" }\n";
        let problem = Problem {
            file: "acme.toml".into(),
            line: 2,
            column: 11,
            span: 18..22,
            value: "evnt".into(),
            message: "\"evnt\" is no key of a fact".into(),
            fix: Some("did you mean \"event\"?".into()),
            hides_line: false,
        };
        let mut out = String::new();
        show(&mut out, text, &problem);
        assert_eq!(
            out,
            "error: \"evnt\" is no key of a fact\n --> acme.toml:2:11\n  |\n2 | visit = { evnt = \"page_view\" }\n  |           ^^^^\n  = did you mean \"event\"?\n\n"
        );
    }
}
