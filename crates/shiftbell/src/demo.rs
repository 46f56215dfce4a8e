//! The sample company Clowns To Go, without any account anywhere: a year of events, live webhooks, answers, a web page.

pub mod generate;
mod live;
mod tour;

use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use anyhow::Context;
use indicatif::{ProgressBar, ProgressStyle};
use shiftbell_metrics::definitions::read;
use shiftbell_metrics::event::Event;
use shiftbell_metrics::time::{Instant, MS_PER_DAY};
use shiftbell_sources::Secret;

use crate::cli::Demo;
use crate::clock::{Chance, Clock};
use crate::companies::{Companies, Company, vocabulary};
use crate::config::Config;
use crate::failure::Failure;
use crate::http;
use crate::program::{Program, open_database};
use crate::work::bulk::import_at_once;
use crate::work::import::{self, Progress};
use crate::work::workers;

/// The company's name as a workspace.
pub const WORKSPACE: &str = "clowns-to-go";

const DEFINITIONS: &str = include_str!("../../../deploy/clowns-to-go.toml");

/// Beside the company's own sources, one that can be signed for without an account.
const DEMO_SOURCE: &str = "\n[sources.demo]\nkind = \"generic\"\nsecret = { env = \"SHIFTBELL_DEMO_SECRET\" }\n";

/// Known to everybody: the demo listens on this machine only, and its company is invented.
const DEMO_SECRET: &str = "whsec_Y2xvd25zLXRvLWdvLWRlbW8tc2VjcmV0LTAwMDE=";

/// The same seed is the same year.
const SEED: u64 = 20_261_121;

/// How much of the year arrives by webhook.
const LIVE_MS: i64 = 2 * MS_PER_DAY;

/// Runs the demo until somebody asks it to stop.
pub async fn run(options: &Demo, clock: Clock, chance: Chance) -> Result<(), Failure> {
    let listener = http::bind(&options.listen).await?;
    let address = listener.local_addr().context("read our own address")?;
    let (folder, _temporary) = folder(options.data.as_deref())?;
    let config = Config {
        listen: address.to_string(),
        public_url: format!("http://{address}"),
        database_url: format!("sqlite:{}", folder.join("clowns-to-go.db").display()),
        ..Config::default()
    }
    .with_environment(&crate::secrets::of_process)?;
    crate::meters::start();

    let company = company()?;
    let now = clock.now();
    let (past, live) = year(options, now);
    import_past(&config, &company, &past, now, options.quiet).await?;
    let program = Program::new(config, clock, chance, Companies::new([company])).await?;
    // Until the tour has shown them, what is delivered to the console is not printed.
    program.is_quiet.store(true, Ordering::Relaxed);
    workers::start(&program);
    let serving = tokio::spawn(http::serve(listener, http::doors(&program), program.stop.clone()));

    let url = format!("http://{address}/hooks/{WORKSPACE}/demo");
    let sent = live::send(&url, &Secret::new(DEMO_SECRET), &live, &program.clock).await?;
    tour::settled(&program).await?;
    if options.quiet {
        println!("http://{address}");
    } else {
        tour::print(&program, &sent, &address.to_string()).await?;
        program.is_quiet.store(false, Ordering::Relaxed);
    }

    let stopping = Arc::clone(&program);
    tokio::spawn(async move {
        http::asked_to_stop().await;
        stopping.stop.cancel();
    });
    let served = serving.await.context("serve requests")?;
    program.finish().await;
    served.context("serve requests")?;
    Ok(())
}

/// The folder of the database: the given one, or one that is gone when the demo ends.
fn folder(given: Option<&Path>) -> Result<(PathBuf, Option<tempfile::TempDir>), Failure> {
    match given {
        Some(folder) => {
            std::fs::create_dir_all(folder).with_context(|| format!("create {}", folder.display()))?;
            Ok((folder.to_owned(), None))
        }
        None => {
            let temporary = tempfile::tempdir().context("create a temporary folder")?;
            Ok((temporary.path().to_owned(), Some(temporary)))
        }
    }
}

/// The sample company, with the secrets of real chat apps if the environment has them.
fn company() -> Result<Company, Failure> {
    let text = format!("{DEFINITIONS}{DEMO_SOURCE}");
    let checked = read("clowns-to-go.toml", &text, &vocabulary());
    let Some(definitions) = checked.definitions else {
        for problem in &checked.problems {
            eprintln!("{problem}");
        }
        return Err(Failure::Definitions { problems: checked.problems.len() });
    };
    let env = |name: &str| match name {
        "SHIFTBELL_DEMO_SECRET" => Some(DEMO_SECRET.to_owned()),
        // The demo takes the names that the chat systems' own guides use.
        _ => crate::secrets::of_process(name.strip_prefix("CLOWNS_").unwrap_or(name)),
    };
    // Secrets that are missing are the normal case here.
    let (company, _missing) = Company::new(WORKSPACE.to_owned(), text.clone(), definitions, &env);
    Ok(Company { is_open: true, ..company })
}

/// The events of the year: those that are imported, and those of the last days.
fn year(options: &Demo, now: Instant) -> (Vec<Event>, Vec<Event>) {
    let events = usize::try_from(options.events).unwrap_or(usize::MAX);
    let mut all = generate::generate(&generate::Plan { seed: SEED, events, until: now });
    let (mut past, mut live) = (Vec::new(), Vec::new());
    while let Some(event) = all.next() {
        if now.since(all.arrived_at()) > LIVE_MS { past.push(event) } else { live.push(event) }
    }
    (past, live)
}

/// Puts the past into the database, unless an earlier run of the demo did.
async fn import_past(
    config: &Config,
    company: &Company,
    past: &[Event],
    now: Instant,
    is_quiet: bool,
) -> Result<(), Failure> {
    let bar = if is_quiet { ProgressBar::hidden() } else { ProgressBar::new(u64::try_from(past.len()).unwrap_or(0)) };
    if let Ok(style) = ProgressStyle::with_template("importing a year of Clowns To Go  {bar:32} {pos} of {len} events")
    {
        bar.set_style(style);
    }
    let named = import::File { source: "demo", key: "year" };
    let progress = |progress| match progress {
        Progress::Read(events) => bar.set_position(events),
        Progress::Built(_) => {}
    };
    let failed = |error: anyhow::Error| Failure::Other(error.context("import the year"));
    open_database(config).await?.close().await;
    let text: String = past.iter().map(|event| format!("{}\n", event.to_text())).collect();
    let text = Cursor::new(text.into_bytes());
    let at_once = import_at_once(&config.database_url, &company.workspace, named, text, now, progress).await;
    if at_once.map_err(|error| failed(error.into()))?.is_none() {
        let db = open_database(config).await?;
        let lines = past.iter().map(|event| Ok(Some(event.clone())));
        let imported = import::import(&db, &company.workspace, named, lines, now, progress).await;
        db.close().await;
        imported.map_err(|error| failed(error.into()))?;
    }
    bar.finish_and_clear();
    Ok(())
}
