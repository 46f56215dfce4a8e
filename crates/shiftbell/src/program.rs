//! The running program: what its doors and workers share, and how it starts and stops.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use shiftbell_store::keeper::Keeper;
use shiftbell_store::receiver::Receiver;
use shiftbell_store::{Db, definitions, workspaces};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::clock::{Chance, Clock};
use crate::companies::Companies;
use crate::config::Config;
use crate::failure::Failure;
use crate::outlets::Outlets;
use crate::work::rebuild;

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
    pub outlets: Outlets,
    /// Everything that runs beside requests; a stop waits for it.
    pub tasks: TaskTracker,
    pub stop: CancellationToken,
    pub woken: Woken,
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

impl Program {
    /// Everything but the doors and the workers. Companies whose numbers were made by another meaning are rebuilt first.
    pub async fn new(
        config: Config,
        clock: Clock,
        chance: Chance,
        companies: Companies,
    ) -> Result<Arc<Program>, Failure> {
        let db = open_database(&config).await?;
        let stopped = |error: &dyn std::fmt::Display| Failure::Database(error.to_string());
        for company in companies.all() {
            let now = clock.now();
            let mut tx = db.write().await.map_err(|error| stopped(&error))?;
            workspaces::ensure(&mut tx, company.name(), now.as_ms()).await.map_err(|error| stopped(&error))?;
            let meaning = &company.workspace.meaning;
            definitions::keep(&mut tx, company.name(), &meaning.defs.meaning, &meaning.text, now.as_ms(), None)
                .await
                .map_err(|error| stopped(&error))?;
            tx.commit().await.map_err(|error| stopped(&error))?;
            if !rebuild::is_current(&db, &company.workspace).await.map_err(|error| stopped(&error))? {
                tracing::info!(workspace = company.name(), "building the numbers of a new meaning");
                rebuild::rebuild(&db, &company.workspace, now, |_| {}).await.map_err(|error| stopped(&error))?;
            }
        }
        Ok(Arc::new(Program {
            outlets: Outlets::new(&companies, &config),
            receiver: Receiver::spawn(db.clone()),
            keeper: Keeper::spawn(db.clone()),
            tasks: TaskTracker::new(),
            stop: CancellationToken::new(),
            woken: Woken::default(),
            is_quiet: AtomicBool::new(false),
            config,
            clock,
            chance,
            db,
            companies,
        }))
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
        self.db.close().await;
    }
}
