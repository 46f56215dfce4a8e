//! `shiftbell rebuild`: every derived number again from the events.

use super::{Here, Rebuild, check};
use crate::failure::Failure;
use crate::program::open_database;
use crate::work::checkpoint::while_working;
use crate::work::rebuild::rebuild;

pub(super) async fn run(options: &Rebuild, here: Here) -> Result<(), Failure> {
    let companies = check::load(&here)?;
    let chosen = match &options.workspace {
        Some(name) => vec![companies.chosen(Some(name))?],
        None => companies.all().collect(),
    };
    let db = open_database(&here.config).await?;
    for company in chosen {
        let now = here.clock.now();
        let ensured = async {
            let mut tx = db.write().await?;
            shiftbell_store::workspaces::ensure(&mut tx, company.name(), now.as_ms()).await?;
            tx.commit().await
        };
        ensured.await.map_err(|error| Failure::Database(error.to_string()))?;
        let mut accounts = 0;
        let generation =
            while_working(&db, &here.clock, rebuild(&db, &company.workspace, now, |built| accounts = built))
                .await
                .map_err(|error| Failure::Other(anyhow::Error::new(error).context("rebuild the numbers")))?;
        if !options.quiet {
            println!("{}: generation {generation} answers now, built from {accounts} accounts", company.name());
        }
    }
    db.close().await;
    Ok(())
}
