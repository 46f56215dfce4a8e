//! The running program: what its doors and workers share, and how it starts and stops.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use shiftbell_store::keeper::Keeper;
use shiftbell_store::receiver::Receiver;
use shiftbell_store::{Db, definitions, entities, generations, workspaces};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::clock::{Chance, Clock};
use crate::companies::{Companies, Company};
use crate::config::Config;
use crate::failure::Failure;
use crate::outlets::Outlets;
use crate::portal;
use crate::readiness::Readiness;
use crate::signatures::Signatures;
use crate::versions::Versions;
use crate::work::derive::DeriveError;
use crate::work::{facts_seen, rebuild};

/// What every door and worker is given.
#[derive(Debug)]
pub struct Program {
    pub config: Config,
    pub clock: Clock,
    pub chance: Chance,
    pub db: Db,
    pub receiver: Receiver,
    /// Writes receipts behind the answers.
    pub keeper: Keeper,
    pub companies: Companies,
    pub versions: Versions,
    pub outlets: Outlets,
    /// Everything that runs beside requests; a stop waits for it.
    pub tasks: TaskTracker,
    pub stop: CancellationToken,
    pub woken: Woken,
    pub readiness: Readiness,
    pub signatures: Signatures,
    /// Whether the console outlet prints nothing.
    pub is_quiet: AtomicBool,
}

/// Bells between the walk's parts: something arrived, something is to be sent. Work is never lost with them: everybody
/// also looks by themselves from time to time.
#[derive(Debug, Default)]
pub struct Woken {
    pub intake: Notify,
    pub delivery: Notify,
    pub timer: Notify,
}

/// Opens the database and brings its tables up to date.
pub async fn open_database(config: &Config) -> Result<Db, Failure> {
    let db = Db::open(&config.database_url).await.map_err(|error| Failure::Database(error.to_string()))?;
    db.migrate().await.map_err(|error| Failure::Database(error.to_string()))?;
    Ok(db)
}

/// Opens a database that exists, for commands that only ask.
async fn open_existing_database(config: &Config) -> Result<Db, Failure> {
    if !Db::exists(&config.database_url) {
        return Err(Failure::Database(format!(
            "there is no database at {} yet; `shiftbell serve` or `shiftbell import` makes it",
            config.database_url
        )));
    }
    open_database(config).await
}

impl Program {
    /// Everything but the doors and the workers. Numbers that other definitions made are noted as in the making: the workers
    /// build them beside the doors. A company without events has nothing to build, and is ready at once.
    pub async fn new(
        config: Config,
        clock: Clock,
        chance: Chance,
        companies: Companies,
    ) -> Result<Arc<Program>, Failure> {
        let mut program = Program::of(open_database(&config).await?, config, clock, chance, companies);
        for company in program.companies.all() {
            let failed = |error: &dyn std::fmt::Display| Failure::Database(error.to_string());
            program.admit(company).await.map_err(|error| failed(&error))?;
            portal::recall(&program.db, &company.workspace).await.map_err(|error| failed(&error))?;
        }
        program.read_versions().await?;
        Ok(Arc::new(program))
    }

    /// A program to ask one company with, whose numbers must be those of its definitions. It builds nothing.
    pub async fn to_ask(
        config: Config,
        clock: Clock,
        chance: Chance,
        companies: Companies,
        name: &str,
    ) -> Result<Arc<Program>, Failure> {
        let mut program = Program::of(open_existing_database(&config).await?, config, clock, chance, companies);
        program.read_versions().await?;
        let failed = |error: &dyn std::fmt::Display| Failure::Database(error.to_string());
        let company = program.companies.chosen(Some(name))?;
        company.workspace.refresh_directory(&program.db).await.map_err(|error| failed(&error))?;
        if rebuild::is_current(&program.db, &company.workspace).await.map_err(|error| failed(&error))? {
            return Ok(Arc::new(program));
        }
        let mut snapshot = program.db.read().await.map_err(|error| failed(&error))?;
        let live = generations::live(&mut snapshot, name).await.map_err(|error| failed(&error))?;
        let building = generations::building(&mut snapshot, name).await.map_err(|error| failed(&error))?;
        drop(snapshot);
        program.finish().await;
        let meaning = company.defs().meaning.as_str();
        Err(Failure::Other(match (live, building) {
            (_, Some(next)) if next.meaning == meaning => anyhow::anyhow!(
                "the numbers of {name} are being built by these definitions; ask again when `shiftbell serve` is ready"
            ),
            (Some(_), _) => anyhow::anyhow!(
                "the numbers of {name} were made by other definitions; run `shiftbell rebuild --workspace {name}`"
            ),
            (None, _) => anyhow::anyhow!(
                "{name} has no numbers yet; import events (`shiftbell import`) or receive them (`shiftbell serve`) first"
            ),
        }))
    }

    /// Once every company's definitions are kept, so that each has its number.
    async fn read_versions(&mut self) -> Result<(), Failure> {
        let read = Versions::read(&self.db, &self.companies).await;
        self.versions = read.map_err(|error| Failure::Database(error.to_string()))?;
        Ok(())
    }

    /// Makes a company known, with the definitions in force.
    async fn admit(&self, company: &Company) -> Result<(), DeriveError> {
        let (name, now) = (company.name(), self.clock.now());
        let meaning = &company.workspace.meaning;
        let mut tx = self.db.write().await?;
        workspaces::ensure(&mut tx, name, now.as_ms()).await?;
        definitions::keep(&mut tx, name, &meaning.defs.meaning, &meaning.text, now.as_ms(), None).await?;
        tx.commit().await?;
        company.workspace.refresh_directory(&self.db).await?;
        if rebuild::is_current(&self.db, &company.workspace).await? {
            // Nothing to do, unless an older version or a kill left them uncounted: beside the doors, since it reads every event.
            let (db, workspace) = (self.db.clone(), company.workspace.clone());
            self.tasks.spawn(async move {
                if let Err(error) = facts_seen::recount(&db, &workspace, now).await {
                    tracing::warn!(%error, "which facts were seen is counted at the next start");
                }
            });
            return Ok(());
        }
        let mut snapshot = self.db.read().await?;
        let is_empty = entities::accounts_after(&mut snapshot, name, None, 1).await?.is_empty();
        drop(snapshot);
        // Of several processes that start together one may be disturbed by another; then it waits like for any other.
        if !is_empty || rebuild::rebuild(&self.db, &company.workspace, now, |_| {}).await.is_err() {
            self.readiness.is_building(name, 0);
        }
        Ok(())
    }

    fn of(db: Db, config: Config, clock: Clock, chance: Chance, companies: Companies) -> Program {
        Program {
            outlets: Outlets::new(&companies, &config),
            receiver: Receiver::spawn(db.clone()),
            keeper: Keeper::spawn(db.clone()),
            tasks: TaskTracker::new(),
            stop: CancellationToken::new(),
            woken: Woken::default(),
            readiness: Readiness::default(),
            signatures: Signatures::default(),
            is_quiet: AtomicBool::new(false),
            config,
            clock,
            chance,
            db,
            companies,
            versions: Versions::default(),
        }
    }

    /// Waits for everything that has begun, as long as the settings allow, and closes the database.
    pub async fn finish(&self) {
        self.stop.cancel();
        self.tasks.close();
        let limit = Duration::from_secs(self.config.shutdown_seconds_max);
        if tokio::time::timeout(limit, self.tasks.wait()).await.is_err() {
            tracing::warn!(
                limit_s = limit.as_secs(),
                "stopping although some work has not ended; it is taken up at the next start"
            );
        }
        self.keeper.flush().await;
        if let Err(error) = self.signatures.write(&self.db, &self.companies).await {
            tracing::warn!(%error, "how often signatures were checked since a minute ago was not written down");
        }
        self.db.close().await;
    }
}
