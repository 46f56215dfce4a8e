//! `shiftbell import`: a file of events into the numbers, with a progress bar.

use std::fs::File;
use std::io::{BufRead, BufReader, IsTerminal};
use std::path::Path;

use indicatif::{ProgressBar, ProgressStyle};
use shiftbell_metrics::event::Event;
use shiftbell_sources::file::{self, Mapping, Table};

use super::{Here, Import, check};
use crate::companies::Company;
use crate::failure::Failure;
use crate::program::open_database;
use crate::work::bulk::import_at_once;
use crate::work::checkpoint::while_working;
use crate::work::import::{self, Imported, Progress};
use crate::work::sweeps::first_day;

pub(super) async fn run(options: &Import, here: Here) -> Result<(), Failure> {
    let companies = check::load(&here)?;
    let company = companies.chosen(options.workspace.as_deref())?;
    known_source(company, &options.source)?;
    let key = options.file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let named = import::File { source: &options.source, key: &key };
    let bar = bar(options.quiet);
    let progress = |progress| match progress {
        Progress::Read(lines) => bar.set_message(format!("{lines} lines read")),
        Progress::Built(accounts) => bar.set_message(format!("{accounts} accounts built")),
    };
    let imported = match at_once(options, &here, company, named, progress).await? {
        Some(imported) => imported,
        None => in_batches(options, &here, company, named, progress).await?,
    };
    bar.finish_and_clear();
    ends_first_day(options, &here, company).await?;
    print!("{}", summary(&imported));
    if imported.refused > 0 && imported.appended + imported.already_known == 0 {
        return Err(Failure::Usage(format!("nothing in {} could be read", options.file.display())));
    }
    Ok(())
}

/// What the file shows that is still open is listed by whoever serves.
async fn ends_first_day(options: &Import, here: &Here, company: &Company) -> Result<(), Failure> {
    let db = open_database(&here.config).await?;
    let kept = async {
        let mut tx = db.write().await?;
        first_day::is_read(&mut tx, company.name(), &options.source, here.clock.now()).await?;
        tx.commit().await
    };
    let kept = kept.await;
    db.close().await;
    kept.map_err(|error| Failure::Database(error.to_string()))
}

/// Fills a SQLite database that is still empty. `None` if this is not one, or no file of lines.
async fn at_once(
    options: &Import,
    here: &Here,
    company: &Company,
    named: import::File<'_>,
    progress: impl FnMut(Progress),
) -> Result<Option<Imported>, Failure> {
    if !LINES.contains(&ending(&options.file).as_str()) {
        return Ok(None);
    }
    let input = lines_of(&options.file)?;
    // Its tables must be there, and nobody else may have it open, nor we.
    open_database(&here.config).await?.close().await;
    let (url, now) = (&here.config.database_url, here.clock.now());
    let imported = tokio::select! {
        imported = import_at_once(url, &company.workspace, named, input, now, progress) => imported.map_err(anyhow::Error::new),
        _ = tokio::signal::ctrl_c() => Err(anyhow::anyhow!("stopped; the database is as it was")),
    };
    imported.map_err(|error| Failure::Other(error.context("import this file")))
}

async fn in_batches(
    options: &Import,
    here: &Here,
    company: &Company,
    named: import::File<'_>,
    progress: impl FnMut(Progress),
) -> Result<Imported, Failure> {
    let lines = open(options, company)?;
    let db = open_database(&here.config).await?;
    let imported = import::import(&db, &company.workspace, named, lines, here.clock.now(), progress);
    let imported = while_working(&db, &here.clock, imported).await;
    db.close().await;
    imported.map_err(|error| Failure::Other(anyhow::Error::new(error).context("import this file")))
}

fn known_source(company: &Company, source: &str) -> Result<(), Failure> {
    if company.defs().sources.iter().any(|known| known.id == source) {
        return Ok(());
    }
    let known: Vec<&str> = company.defs().sources.iter().map(|known| known.id.as_str()).collect();
    Err(Failure::Usage(format!("{} has no source `{source}`; it has {}", company.name(), known.join(", "))))
}

/// Lines of a file as events, or why one is none.
type Lines = Box<dyn Iterator<Item = Result<Option<Event>, String>>>;

fn open(options: &Import, company: &Company) -> Result<Lines, Failure> {
    let path = &options.file;
    match ending(path).as_str() {
        ending if LINES.contains(&ending) => {
            let lines = lines_of(path)?.split(b'\n');
            Ok(Box::new(lines.map(|line| line.map_err(|error| error.to_string()).and_then(|line| file::line(&line)))))
        }
        "csv" | "tsv" => open_table(path, options.mapping.as_deref(), company),
        _ => Err(Failure::Usage(format!(
            "{} is neither .ndjson, .jsonl nor .csv; those are the files that can be imported",
            path.display()
        ))),
    }
}

/// Endings of files of events, one in a line.
const LINES: [&str; 3] = ["ndjson", "jsonl", "json"];

fn ending(path: &Path) -> String {
    path.extension().map(|ending| ending.to_string_lossy().to_lowercase()).unwrap_or_default()
}

fn lines_of(path: &Path) -> Result<BufReader<File>, Failure> {
    let unreadable = |error: std::io::Error| Failure::Usage(format!("cannot read {}: {error}", path.display()));
    Ok(BufReader::with_capacity(1 << 20, File::open(path).map_err(unreadable)?))
}

fn open_table(path: &Path, mapping: Option<&Path>, company: &Company) -> Result<Lines, Failure> {
    let Some(mapping) = mapping else {
        return Err(Failure::Usage("a CSV needs a mapping that says what its columns mean: --mapping FILE".to_owned()));
    };
    let unreadable =
        |path: &Path, error: std::io::Error| Failure::Usage(format!("cannot read {}: {error}", path.display()));
    let text = std::fs::read_to_string(mapping).map_err(|error| unreadable(mapping, error))?;
    let read = Mapping::read(&text).map_err(|problems| Failure::Usage(listed(mapping, &problems)))?;
    let open = || File::open(path).map(BufReader::new).map_err(|error| unreadable(path, error));
    let table = Table::check(open()?, read, &company.defs().workspace.zone).map_err(|problems| {
        Failure::Usage(listed(path, &problems.iter().map(ToString::to_string).collect::<Vec<_>>()))
    })?;
    // The whole file was checked, so that nothing of a file with a doubtful date is imported.
    let events: Vec<_> =
        table.events(open()?).map(|row| row.map(Some).map_err(|problem| problem.to_string())).collect();
    Ok(Box::new(events.into_iter()))
}

fn listed(path: &Path, problems: &[String]) -> String {
    format!("{} cannot be read:\n  {}", path.display(), problems.join("\n  "))
}

fn bar(is_quiet: bool) -> ProgressBar {
    if is_quiet || !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new_spinner();
    if let Ok(style) = ProgressStyle::with_template("{spinner} {elapsed} {msg}") {
        bar.set_style(style);
    }
    bar.enable_steady_tick(std::time::Duration::from_millis(120));
    bar
}

fn summary(imported: &Imported) -> String {
    let mut out = format!("{} events are new, {} were known", imported.appended, imported.already_known);
    for (n, what) in [
        (imported.held, "wait for their time"),
        (imported.set_aside, "cannot be true (more than a day ahead, or before 1970) and are set aside"),
        (imported.refused, "could not be read"),
    ] {
        if n > 0 {
            out.push_str(&format!(", {n} {what}"));
        }
    }
    out.push('\n');
    if imported.resumed_after > 0 {
        out.push_str(&format!("went on after line {}, where an earlier import was cut off\n", imported.resumed_after));
    }
    for (line, why) in &imported.refusals {
        out.push_str(&format!("  line {line}: {why}\n"));
    }
    out
}
