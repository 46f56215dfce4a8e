//! The worker of one source: round after round, as long as the program runs.

use std::sync::Arc;

use shiftbell_metrics::time::{Instant, MS_PER_SECOND};

use super::{Connection, PollError, Polled, Progress, Round, round};
use crate::companies::{Company, Door};
use crate::program::Program;

/// While the numbers of the company are being built: when to look again.
const LOOK_EVERY_MS: i64 = MS_PER_SECOND;

/// Asks one source for what is new, every so often, until the program stops. What fails is tried again in the next round.
pub async fn keep_asking(program: Arc<Program>, company: Arc<Company>, source: String) {
    let Some(door) = company.doors.get(&source) else { return };
    let Some(token) = &door.token else { return };
    let connection = match Connection::new(&program.config.hubspot_api_url, token) {
        Ok(connection) => connection,
        Err(why) => {
            tracing::error!(workspace = company.name(), source, "the source is not asked for what it has: {why}");
            company.workspace.known.was_asked(&source);
            return;
        }
    };
    while !program.stop.is_cancelled() {
        let began = program.clock.now();
        // Nothing is worked in while other definitions' numbers answer: what is said would rest on them.
        let next = if program.readiness.built(company.name()).is_some() {
            began.plus_ms(LOOK_EVERY_MS)
        } else {
            turn(&program, &company, door, &connection).await;
            began.plus_ms(door.settings.asking.every_ms)
        };
        tokio::select! {
            () = program.stop.cancelled() => {}
            () = program.clock.wait_until(next) => {}
        }
    }
}

async fn turn(program: &Program, company: &Company, door: &Door, connection: &Connection) {
    let polled = Polled {
        db: &program.db,
        clock: &program.clock,
        workspace: &company.workspace,
        settings: &door.settings,
        connection,
        stop: &program.stop,
    };
    let done = round(&polled, |progress| show(company, &door.settings.id, progress)).await;
    note(program, company, &door.settings.id, &done);
    if done.is_ok_and(|done| done.appended > 0) {
        program.woken.delivery.notify_one();
    }
}

#[expect(clippy::cast_precision_loss, reason = "a gauge for people to look at")]
fn show(company: &Company, source: &str, progress: Progress) {
    match progress {
        Progress::Read { read, of, .. } => {
            let labels = [("workspace", company.name().to_owned()), ("source", source.to_owned())];
            metrics::gauge!("shiftbell_poll_records_left", &labels).set(of.saturating_sub(read) as f64);
        }
        Progress::Waiting { until } => {
            tracing::debug!(source, until = %Instant::to_timestamp(until), "waiting for a limit")
        }
    }
}

fn note(program: &Program, company: &Company, source: &str, done: &Result<Round, PollError>) {
    let outcome = match done {
        Ok(round) if !round.is_complete => "stopped",
        Ok(round) => {
            if round.is_backfill {
                for sentence in &round.left_out {
                    tracing::warn!(workspace = company.name(), source, "left out: {sentence}");
                }
            }
            metrics::counter!("shiftbell_polled_records_total").increment(round.read);
            metrics::counter!("shiftbell_polled_events_total").increment(round.appended);
            if round.is_backfill {
                tracing::info!(
                    workspace = company.name(),
                    source,
                    records = round.read,
                    "everything that was there is read"
                );
            }
            if let Some(check) = &round.checked {
                let differences = check.differences();
                tracing::info!(workspace = company.name(), source, differences, "everything was compared");
            }
            "done"
        }
        Err(PollError::Elsewhere) => "elsewhere",
        Err(error) => {
            tracing::warn!(workspace = company.name(), source, %error, "the source was not read to the end; the next round goes on there");
            "failed"
        }
    };
    let labels =
        [("workspace", company.name().to_owned()), ("source", source.to_owned()), ("outcome", outcome.to_owned())];
    metrics::counter!("shiftbell_poll_rounds_total", &labels).increment(1);
    if outcome == "done" {
        let labels = [("workspace", company.name().to_owned()), ("source", source.to_owned())];
        #[expect(clippy::cast_precision_loss, reason = "a gauge for people to look at")]
        metrics::gauge!("shiftbell_polled_at_seconds", &labels).set(program.clock.now().as_ms() as f64 / 1_000.0);
    }
}
