//! The command line.

mod ask;
mod backfill;
mod check;
mod digest;
mod doctor;
mod import;
mod init;
mod rebuild;
mod serve;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use crate::clock::{Chance, Clock};
use crate::config::Config;
use crate::failure::Failure;

/// The bell of a revenue factory: webhooks in, honest numbers out, in Slack, in Discord and here.
#[derive(Debug, Parser)]
#[command(name = "shiftbell", bin_name = "shiftbell", version, max_term_width = 110, after_help = EXIT_CODES)]
pub struct Cli {
    /// The server file [default: shiftbell.toml, if it exists]
    #[arg(long, global = true, env = "SHIFTBELL_CONFIG", value_name = "FILE")]
    pub config: Option<PathBuf>,

    #[command(subcommand)]
    pub command: Command,
}

const EXIT_CODES: &str = "Exit codes: 0 done, 1 failed, 2 used wrongly, 3 the definitions have problems, 4 no database, \
     5 the doctor found something that needs you, 6 a spreadsheet has cells that are not understood, \
     7 two definitions files mean different numbers.";

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the sample company Clowns To Go, with nothing set up: a year of events, live webhooks, a web page
    Demo(Demo),
    /// Begin with your own company: a few questions, two files. Again later: what is new in the account
    Init(Box<Init>),
    /// Receive webhooks, answer commands, send digests and alerts
    Serve,
    /// Read definitions files and list every mistake, with its line and what would be right; then which facts were seen lately.
    /// Or take KPIs from a spreadsheet, write them into one, compare what two files mean, or see what could be measured too
    Check(Check),
    /// Bring the database to this version's tables
    Migrate,
    /// Read events from a file: NDJSON, or CSV with a mapping. Doing it again changes nothing
    Import(Import),
    /// Read everything that a source has, the newest first. Going on after a kill, or doing it again, doubles nothing
    Backfill(Backfill),
    /// Compute every derived number again from the events
    Rebuild(Rebuild),
    /// Ask for a number, as in chat: shiftbell ask --workspace clowns-to-go '/kpi mql-conversion b2b'
    Ask(Ask),
    /// Show a digest as it would be sent now, or send it
    Digest(Digest),
    /// Look for what of the set-up needs you: tokens, channels, clock, sources, database. For monitoring: the exit code is 5 if something does
    Doctor(Doctor),
}

#[derive(Clone, Debug, Args)]
pub struct Demo {
    /// Address of the web page and the webhooks
    #[arg(long, default_value = "127.0.0.1:8080")]
    pub listen: String,
    /// Folder for the database [default: a temporary one]
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// About how many events the year has
    #[arg(long, default_value_t = 40_000)]
    pub events: u64,
    /// Print no tour, only the address of the page
    #[arg(long)]
    pub quiet: bool,
}

#[derive(Debug, Args)]
pub struct Init {
    /// The name of the workspace, which is that of its file [default: from the company's name]
    pub workspace: Option<String>,
    /// The company, as people call it [default: the Slack team's name]
    #[arg(long, value_name = "NAME")]
    pub company: Option<String>,
    /// Where people read: slack, discord or none
    #[arg(long)]
    pub outlet: Option<String>,
    /// Where the events come from: hubspot or file
    #[arg(long)]
    pub source: Option<String>,
    /// What tells ways of selling apart: one (nothing does), pipelines, or a property of companies
    #[arg(long, value_name = "WHAT")]
    pub motions: Option<String>,
    /// A way of selling and its pipeline, such as b2b=PIPELINE; the first also takes everybody without a deal
    #[arg(long, value_name = "NAME=PIPELINE", conflicts_with = "motions")]
    pub motion: Vec<String>,
    /// What makes an MQL: "form: NAME", "score: PROPERTY > 10", meeting or "lifecycle: STAGE"
    #[arg(long, value_name = "SIGN")]
    pub mql: Option<String>,
    /// What makes an SQL, in the same words
    #[arg(long, value_name = "SIGN")]
    pub sql: Option<String>,
    /// A stage in which deals are won
    #[arg(long, value_name = "STAGE")]
    pub won: Vec<String>,
    /// The company's time zone
    #[arg(long)]
    pub zone: Option<String>,
    /// Whoever receives everything at first (e-mail) [default: whoever made the token]
    #[arg(long, value_name = "E-MAIL")]
    pub reviewer: Option<String>,
    /// The id of the channel for the weekly summary
    #[arg(long, value_name = "ID")]
    pub channel: Option<String>,
    /// The id of the Discord server
    #[arg(long, value_name = "ID")]
    pub guild: Option<String>,
    /// The environment variable with the token of HubSpot's private app
    #[arg(long, value_name = "VARIABLE", default_value = "HUBSPOT_TOKEN")]
    pub hubspot_token_env: String,
    /// The one with the token of Slack's bot
    #[arg(long, value_name = "VARIABLE", default_value = "SLACK_BOT_TOKEN")]
    pub slack_bot_token_env: String,
    /// The one with Slack's app-level token
    #[arg(long, value_name = "VARIABLE", default_value = "SLACK_APP_TOKEN")]
    pub slack_app_token_env: String,
    /// The one with the token of Discord's bot
    #[arg(long, value_name = "VARIABLE", default_value = "DISCORD_BOT_TOKEN")]
    pub discord_token_env: String,
    /// Take the likely answer to every question that no flag answers
    #[arg(long, short)]
    pub yes: bool,
    /// Where the file is there already: add the lines that are proposed
    #[arg(long)]
    pub add: bool,
    /// Only print what to set up at slack, discord or hubspot
    #[arg(long, value_name = "SERVICE")]
    pub show: Option<String>,
}

#[derive(Debug, Args)]
pub struct Check {
    /// Definitions files [default: all in the folder of workspaces]
    #[arg(value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Take the KPIs of a spreadsheet (.xlsx or .csv) into a definitions file. Columns in any order: Name (or KPI, Metric), Definition,
    /// Formula (or Calculation), Owner, Segment (or Motion), Level, Target, Signed. Every unclear cell is named, and kept as a comment
    #[arg(long, value_name = "SHEET", conflicts_with_all = ["files", "to_sheet"])]
    pub from_sheet: Option<PathBuf>,
    /// The definitions file for them: KPIs are added or replaced, everything else and every comment stays. One that is not there is
    /// begun [default: print it]
    #[arg(long, value_name = "FILE", requires = "from_sheet")]
    pub into: Option<PathBuf>,
    /// Write the KPIs of a definitions file into a spreadsheet (.xlsx or .csv), which --from-sheet reads back to the same meaning
    #[arg(long, value_name = "SHEET")]
    pub to_sheet: Option<PathBuf>,
    /// Compare what two files mean (OLD NEW), or one with what is in force: what changes which numbers, and what changes none.
    /// The exit code is 7 if any number changes
    #[arg(long, conflicts_with_all = ["from_sheet", "to_sheet"])]
    pub diff: bool,
    /// Print what a company of this stage of growth, business model and touch could measure too, as TOML to paste
    #[arg(long, conflicts_with_all = ["from_sheet", "to_sheet", "diff"])]
    pub suggest: bool,
}

#[derive(Debug, Args)]
pub struct Import {
    /// A file of events: .ndjson, .jsonl or .csv
    pub file: PathBuf,
    /// The source they come from, as the definitions file names it
    #[arg(long)]
    pub source: String,
    /// The workspace they belong to [default: the only one]
    #[arg(long)]
    pub workspace: Option<String>,
    /// How the columns of a CSV become events
    #[arg(long, value_name = "FILE")]
    pub mapping: Option<PathBuf>,
    /// Show no progress
    #[arg(long)]
    pub quiet: bool,
}

#[derive(Debug, Args)]
pub struct Backfill {
    /// [default: the only one]
    #[arg(long)]
    pub workspace: Option<String>,
    /// The source, as the definitions file names it [default: every one that can be asked]
    #[arg(long)]
    pub source: Option<String>,
    /// Read everything again from the beginning, instead of what was changed since the last time
    #[arg(long)]
    pub again: bool,
    /// Show no progress
    #[arg(long)]
    pub quiet: bool,
}

#[derive(Debug, Args)]
pub struct Rebuild {
    /// [default: every workspace]
    #[arg(long)]
    pub workspace: Option<String>,
    /// Show no progress
    #[arg(long)]
    pub quiet: bool,
}

#[derive(Debug, Args)]
pub struct Ask {
    /// [default: the only one]
    #[arg(long)]
    pub workspace: Option<String>,
    /// The command as typed in chat, in quotes
    #[arg(required_unless_present = "funnel", num_args = 1.., trailing_var_arg = false, value_name = "COMMAND")]
    pub command: Vec<String>,
    /// Count a funnel from the events: a TOML file with the keys of a [funnels.NAME], or the NAME of one; COMMAND is then the period
    #[arg(long, value_name = "FILE")]
    pub funnel: Option<String>,
    /// The whole answer with its receipt, for programs
    #[arg(long)]
    pub json: bool,
    /// Who asks (e-mail) [default: somebody who may see everything]
    #[arg(long = "as", value_name = "PERSON")]
    pub person: Option<String>,
    /// As of this instant, such as 2026-11-19T19:05:00Z [default: now]
    #[arg(long, value_name = "TIME")]
    pub at: Option<String>,
}

#[derive(Debug, Args)]
#[group(skip)]
pub struct Digest {
    /// The digest, as the definitions file names it: scorecard, bowtie
    pub name: String,
    /// [default: the only one]
    #[arg(long)]
    pub workspace: Option<String>,
    /// Print it and send nothing (what happens anyway without --send-now)
    #[arg(long, conflicts_with = "send_now")]
    pub dry_run: bool,
    /// Send it now through the outbox; a digest that was sent today is not sent twice
    #[arg(long)]
    pub send_now: bool,
    /// With --send-now: send it to nobody but me, marked as a preview. The real one is sent all the same
    #[arg(long, value_name = "ME", value_parser = ["me"], requires = "send_now")]
    pub to: Option<String>,
    /// Who I am (e-mail) [default: the reviewer of the roll-out]
    #[arg(long, value_name = "PERSON", requires = "to")]
    pub me: Option<String>,
    /// As this person (e-mail) would receive it, under their rights [default: everybody who does; with --to me, I]
    #[arg(long = "as", value_name = "PERSON")]
    pub person: Option<String>,
    /// As it would have been at this instant, such as 2026-11-19T22:00:00Z [default: now]
    #[arg(long, value_name = "TIME")]
    pub at: Option<String>,
}

#[derive(Debug, Args)]
pub struct Doctor {
    /// [default: every workspace]
    #[arg(long)]
    pub workspace: Option<String>,
    /// Everything that was found, for programs
    #[arg(long)]
    pub json: bool,
    /// Also say how everything stands that is as it should be
    #[arg(long)]
    pub all: bool,
}

pub(crate) use ask::print;

/// The program, from the words behind its name to its exit code.
pub fn main(clock: Clock, chance: Chance) -> ExitCode {
    // Every TLS client of the process uses this provider; without it the first one panics.
    let _ = rustls::crypto::ring::default_provider().install_default();
    match run(Cli::parse(), clock, chance) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            // What was found is the answer itself, and no error.
            if !matches!(failure, Failure::Findings { .. }) {
                eprintln!("error: {failure}");
            }
            ExitCode::from(failure.exit_code())
        }
    }
}

/// Runs one command to its end.
fn run(cli: Cli, clock: Clock, chance: Chance) -> Result<(), Failure> {
    let mut config = Config::load(cli.config.as_deref(), &|name| std::env::var(name).ok())?;
    // One-off commands speak for themselves; only the server is read by its log.
    if !matches!(cli.command, Command::Serve) {
        if config.log_level == Config::default().log_level {
            "warn".clone_into(&mut config.log_level);
        }
        if config.log_format == Config::default().log_format {
            "text".clone_into(&mut config.log_format);
        }
    }
    crate::log::start(&config);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::Other(anyhow::Error::new(error).context("start the threads of the program")))?;
    let here = Here { config, clock, chance };
    runtime.block_on(command(cli.command, here))
}

/// What every command is given.
#[derive(Clone, Debug)]
pub struct Here {
    pub config: Config,
    pub clock: Clock,
    pub chance: Chance,
}

async fn command(command: Command, here: Here) -> Result<(), Failure> {
    match command {
        Command::Serve => serve::run(here).await,
        Command::Check(check) => check::run(&check, &here).await,
        Command::Init(init) => init::run(&init, here).await,
        Command::Migrate => {
            let db = crate::program::open_database(&here.config).await?;
            println!("the tables of this {} database are up to date", db.kind());
            db.close().await;
            Ok(())
        }
        Command::Ask(ask) => ask::run(&ask, here).await,
        Command::Demo(demo) => crate::demo::run(&demo, here.clock, here.chance).await,
        Command::Import(import) => import::run(&import, here).await,
        Command::Backfill(backfill) => backfill::run(&backfill, here).await,
        Command::Rebuild(rebuild) => rebuild::run(&rebuild, here).await,
        Command::Digest(digest) => digest::run(&digest, here).await,
        Command::Doctor(doctor) => doctor::run(&doctor, here).await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_misspelt_command_is_answered_with_the_nearest_one() {
        let error = Cli::try_parse_from(["shiftbell", "imprt"]).unwrap_err().to_string();
        assert!(error.contains("'import'"), "{error}");
    }
}
