//! `shiftbell serve`: the doors and the workers, until somebody asks to stop.

use std::sync::Arc;

use super::{Here, check};
use crate::failure::Failure;
use crate::http;
use crate::program::Program;
use crate::work::workers;

pub(super) async fn run(here: Here) -> Result<(), Failure> {
    let mut asked_to_stop = Box::pin(http::asked_to_stop());
    let companies = check::load_to_serve(&here)?;
    // Before anything that takes long, so that a port in use is said at once.
    let listener = http::bind(&here.config.listen).await?;
    crate::meters::start();
    let program = tokio::select! {
        program = Program::new(here.config, here.clock, here.chance, companies) => program?,
        // Numbers that were being built are built at the next start.
        () = &mut asked_to_stop => return Ok(()),
    };
    workers::start(&program);
    tracing::info!(
        listen = program.config.listen,
        database = program.db.kind(),
        workspaces = program.companies.all().count(),
        "listening"
    );
    let stopping = Arc::clone(&program);
    tokio::spawn(async move {
        asked_to_stop.await;
        tracing::info!("stopping: no new requests, what has begun is finished");
        stopping.stop.cancel();
    });
    let served = http::serve(listener, http::doors(&program), program.stop.clone()).await;
    program.finish().await;
    served.map_err(|error| Failure::Other(anyhow::Error::new(error).context("serve requests")))
}
