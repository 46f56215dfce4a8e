//! Which facts were seen, and who is nobody here, as the database tells without being changed.

use shiftbell_store::{Db, StoreError};

use crate::cli::Here;
use crate::companies::Company;
use crate::seen;
use crate::work::directory::gaps;

/// One line for each fact of a company, and one for whatever of who is who does not fit together, ready to print.
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
    let mut lines = seen::lines(&mut snapshot, company, here.clock.now()).await.map_err(|error| error.to_string())?;
    for gap in gaps::all(&mut snapshot, &company.workspace).await.map_err(failed)? {
        lines.push_str(&format!("note: {} {}; to fix it, {}\n", gap.about, gap.means, gap.todo));
    }
    Ok(lines)
}
