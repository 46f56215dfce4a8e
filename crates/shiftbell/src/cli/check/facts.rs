//! Which facts were seen, as the database tells without being changed.

use shiftbell_store::{Db, StoreError};

use crate::cli::Here;
use crate::companies::Company;
use crate::seen;

/// One line for each fact of a company, ready to print.
///
/// # Errors
/// A sentence, where there is nothing to read it from.
pub(super) async fn seen(here: &Here, company: &Company) -> Result<String, String> {
    if !Db::exists(&here.config.database_url) {
        return Err("there is no database yet".to_owned());
    }
    let db = Db::open_to_read(&here.config.database_url).await.map_err(|error| error.to_string())?;
    let told = told(&db, here, company).await;
    db.close().await;
    told
}

async fn told(db: &Db, here: &Here, company: &Company) -> Result<String, String> {
    let failed = |error: StoreError| error.to_string();
    if !db.are_tables_current().await.map_err(failed)? {
        return Err("the database was made by another version; `shiftbell migrate` brings it up to date".to_owned());
    }
    let mut snapshot = db.read().await.map_err(failed)?;
    seen::lines(&mut snapshot, company, here.clock.now()).await.map_err(|error| error.to_string())
}
