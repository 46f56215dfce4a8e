//! `shiftbell backfill`: everything that a source has, into the numbers, with a progress bar.

use std::io::IsTerminal;
use std::sync::Arc;

use indicatif::{ProgressBar, ProgressStyle};
use shiftbell_sources::Kind;
use shiftbell_store::{Db, workspaces};
use tokio_util::sync::CancellationToken;

use super::{Backfill, Here, check};
use crate::companies::{Company, Door};
use crate::failure::Failure;
use crate::program::open_database;
use crate::work::checkpoint::while_working;
use crate::work::poll::{self, Connection, Polled, Progress, Round};
use crate::work::rebuild::{is_current, rebuild};

pub(super) async fn run(options: &Backfill, here: Here) -> Result<(), Failure> {
    let companies = check::load(&here)?;
    let company = companies.chosen(options.workspace.as_deref())?;
    let sources = sources(company, options.source.as_deref())?;
    let mut connected = Vec::new();
    for (id, door) in sources {
        connected.push((id, door, connection(company, id, door, &here)?));
    }
    let db = open_database(&here.config).await?;
    ensure(&db, company, &here).await?;
    let stop = stop_at_ctrl_c();
    let mut outcome = Ok(());
    for (id, door, connection) in &connected {
        let polled = Polled {
            db: &db,
            clock: &here.clock,
            workspace: &company.workspace,
            settings: &door.settings,
            connection,
            stop: &stop,
        };
        outcome = while_working(&db, &here.clock, read(&polled, id, options)).await;
        if outcome.is_err() {
            break;
        }
    }
    let built = match outcome {
        Ok(()) => while_working(&db, &here.clock, build(&db, company, &here, options.quiet)).await,
        Err(_) => Ok(()),
    };
    db.close().await;
    outcome.and(built)
}

/// The sources that can be asked: the named one, or all.
fn sources<'c>(company: &'c Arc<Company>, named: Option<&str>) -> Result<Vec<(&'c str, &'c Door)>, Failure> {
    let can_be_asked = |door: &Door| door.kind == Kind::HubSpot;
    let all = company.doors.iter().filter(|(id, door)| match named {
        Some(named) => id.as_str() == named,
        None => can_be_asked(door),
    });
    let all: Vec<(&str, &Door)> = all.map(|(id, door)| (id.as_str(), door)).collect();
    match (all.as_slice(), named) {
        ([], Some(named)) => {
            let known: Vec<&str> = company.doors.keys().map(String::as_str).collect();
            Err(Failure::Usage(format!("{} has no source `{named}`; it has {}", company.name(), known.join(", "))))
        }
        ([], None) => Err(Failure::Usage(format!(
            "{} has no source that can be asked for what it has; add one of kind = \"hubspot\" with a token",
            company.name()
        ))),
        ([(id, door)], Some(_)) if !can_be_asked(door) => Err(Failure::Usage(format!(
            "source `{id}` cannot be asked for what it has; import a file instead: shiftbell import FILE --source {id}"
        ))),
        _ => Ok(all),
    }
}

fn connection(company: &Company, id: &str, door: &Door, here: &Here) -> Result<Connection, Failure> {
    let Some(token) = &door.token else {
        let from =
            company.defs().sources.iter().find(|source| source.id == id).map(|source| source.secrets.get("token"));
        return Err(Failure::Usage(match from.flatten() {
            Some(shiftbell_metrics::definitions::SecretFrom::Env(name)) => {
                format!(
                    "source `{id}` has no token: set the environment variable {name} to the token of the private app"
                )
            }
            Some(shiftbell_metrics::definitions::SecretFrom::File(path)) => {
                format!("source `{id}` has no token: put the token of the private app into the file {path}")
            }
            None => {
                format!("source `{id}` has no token: add token = {{ env = \"HUBSPOT_TOKEN\" }} under [sources.{id}]")
            }
        }));
    };
    Connection::new(&here.config.hubspot_api_url, token).map_err(|why| Failure::Usage(format!("source `{id}`: {why}")))
}

async fn ensure(db: &Db, company: &Company, here: &Here) -> Result<(), Failure> {
    let ensured = async {
        let mut tx = db.write().await?;
        workspaces::ensure(&mut tx, company.name(), here.clock.now().as_ms()).await?;
        tx.commit().await
    };
    ensured.await.map_err(|error| Failure::Database(error.to_string()))
}

/// A wait that is longer than this is told.
const WAIT_MS_TOLD: i64 = 15_000;

/// Reads one source to its end.
async fn read(polled: &Polled<'_>, id: &str, options: &Backfill) -> Result<(), Failure> {
    let failed =
        |error: poll::PollError| Failure::Other(anyhow::Error::new(error).context(format!("read source `{id}`")));
    let name = &polled.workspace.name;
    if options.again {
        poll::forget(polled.db, name, id).await.map_err(failed)?;
    }
    let bar = bar(options.quiet);
    let progress = |progress| match progress {
        Progress::Read { read, of, next } => {
            bar.set_length(of.max(read));
            bar.set_position(read);
            bar.set_message(next);
        }
        // A moment is how its limits always work; what is longer is told.
        Progress::Waiting { until } if until.since(polled.clock.now()) > WAIT_MS_TOLD => {
            bar.set_message(format!("HubSpot allows no more until {until}"));
        }
        Progress::Waiting { .. } => {}
    };
    let done = poll::round(polled, progress).await.map_err(failed);
    bar.finish_and_clear();
    let done = done?;
    print!("{}", summary(id, &done));
    if done.is_complete {
        return Ok(());
    }
    Err(Failure::Other(anyhow::anyhow!("stopped; run it again and it goes on at the last page")))
}

/// Ends a round at a page, so that what was read is kept.
fn stop_at_ctrl_c() -> CancellationToken {
    let stop = CancellationToken::new();
    let asked = stop.clone();
    tokio::spawn(async move {
        if tokio::signal::ctrl_c().await.is_ok() {
            asked.cancel();
        }
    });
    stop
}

/// Builds the numbers of a workspace that had none, or other ones.
async fn build(db: &Db, company: &Company, here: &Here, is_quiet: bool) -> Result<(), Failure> {
    let failed = |error| Failure::Other(anyhow::Error::new(error).context("build the numbers"));
    if is_current(db, &company.workspace).await.map_err(failed)? {
        return Ok(());
    }
    let mut accounts = 0;
    rebuild(db, &company.workspace, here.clock.now(), |built| accounts = built).await.map_err(failed)?;
    if !is_quiet {
        println!("{accounts} accounts are built; ask: shiftbell ask '/kpi list'");
    }
    Ok(())
}

fn bar(is_quiet: bool) -> ProgressBar {
    if is_quiet || !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(0);
    let template = "{bar:30} {human_pos} of {human_len} records, {eta} left; {msg}";
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar.enable_steady_tick(std::time::Duration::from_millis(250));
    bar
}

fn summary(source: &str, round: &Round) -> String {
    let mut out = format!(
        "{source}: {} records read, {} events are new, {} were known",
        round.read, round.appended, round.already_known
    );
    for (n, what) in [
        (round.held, "wait for their time"),
        (
            round.filled_by_nobody,
            "forms were filled in by people who are not known yet, and are looked at again for a week",
        ),
        (round.set_aside, "cannot be true (more than a day ahead, or before 1970) and are set aside"),
    ] {
        if n > 0 {
            out.push_str(&format!(", {n} {what}"));
        }
    }
    out.push('\n');
    for sentence in &round.left_out {
        out.push_str(&format!("left out: {sentence}\n"));
    }
    if round.resumed_after > 0 {
        out.push_str(&format!("went on after {} records, where it was cut off before\n", round.resumed_after));
    }
    out
}
