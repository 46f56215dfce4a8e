//! The loops that keep working beside the doors. Each turn is small, and a turn that fails is tried again.

use std::sync::Arc;

use shiftbell_metrics::time::MS_PER_SECOND;
use shiftbell_store::inbox::{self, Rotation};

use super::checkpoint::keep_copying;
use super::intake::Intake;
use super::rebuild;
use super::timer::Timer;
use super::{build, delivery, poll, recognise, sockets};
use crate::companies::Company;
use crate::program::Program;

/// How long a worker that found nothing waits before it looks by itself.
const LOOK_EVERY_MS: i64 = 1_000;
/// How long a worker waits after a failure.
const AFTER_FAILURE_MS: i64 = 2_000;
/// How often it is written down what became of signatures.
const WRITE_EVERY_MS: i64 = 30_000;

/// Starts every worker. They end when the program is asked to stop.
pub fn start(program: &Arc<Program>) {
    let workspaces = Arc::new(program.companies.workspaces());
    // One writer serves everybody on SQLite: more workers would only wait for one another.
    let workers = if program.db.slots() == 1 { 1 } else { program.config.intake_workers.max(1) };
    for company in program.companies.all() {
        if program.readiness.built(company.name()).is_some() {
            program.tasks.spawn(build::build(Arc::clone(program), Arc::clone(company)));
        }
        for (source, _) in company.doors.iter().filter(|(_, door)| door.token.is_some()) {
            company.workspace.known.awaits(source);
            program.tasks.spawn(poll::keep_asking(Arc::clone(program), Arc::clone(company), source.clone()));
        }
    }
    program.tasks.spawn(count_unread(Arc::clone(program)));
    for _ in 0..workers {
        let intake = Intake {
            db: program.db.clone(),
            workspaces: Arc::clone(&workspaces),
            clock: program.clock.clone(),
            rotation: Rotation::default(),
            lease_ms: i64::from(program.config.lease_seconds) * MS_PER_SECOND,
            first: (program.db.slots() == 1).then(|| program.receiver.clone()),
            seen: 0,
        };
        program.tasks.spawn(take_in(Arc::clone(program), intake));
    }
    program.tasks.spawn(deliver(Arc::clone(program)));
    program.tasks.spawn(Timer::new(Arc::clone(program)).run());
    program.tasks.spawn(checkpoint(Arc::clone(program)));
    program.tasks.spawn(write_signatures(Arc::clone(program)));
    program.tasks.spawn(forget(Arc::clone(program)));
    program.tasks.spawn(recognise::keep(Arc::clone(program)));
    sockets::start(program);
}

async fn take_in(program: Arc<Program>, mut intake: Intake) {
    while !program.stop.is_cancelled() {
        // Their events wait: the numbers that answer yet were made by other definitions.
        let is_waiting = |company: &&Arc<Company>| company.workspace.known.is_waiting();
        let unread = program.companies.all().filter(is_waiting).map(|company| company.name().to_owned());
        intake.rotation.pause(program.readiness.all_building().into_keys().chain(unread).collect());
        let wait_ms = match intake.turn().await {
            Ok(0) => LOOK_EVERY_MS,
            Ok(_) => {
                program.woken.delivery.notify_one();
                continue;
            }
            Err(error) => {
                tracing::warn!(%error, "intake failed; it is tried again");
                AFTER_FAILURE_MS
            }
        };
        tokio::select! {
            () = program.stop.cancelled() => {}
            () = program.woken.intake.notified() => {}
            () = program.clock.wait_ms(wait_ms) => {}
        }
    }
}

/// Counts what waits, so that a company with too much of it is told to come back later.
async fn count_unread(program: Arc<Program>) {
    while !program.stop.is_cancelled() {
        for company in program.companies.all() {
            let counted = match program.db.read().await {
                Ok(mut snapshot) => inbox::backlog(&mut snapshot, company.name()).await,
                Err(error) => Err(error),
            };
            match counted {
                Ok(backlog) => {
                    let waiting = u64::try_from(backlog.waiting).unwrap_or(0);
                    program.readiness.counted(company.name(), waiting);
                    #[expect(clippy::cast_precision_loss, reason = "a gauge for people to look at")]
                    metrics::gauge!("shiftbell_inbox_deliveries", "workspace" => company.name().to_owned())
                        .set(waiting as f64);
                }
                Err(error) => tracing::debug!(%error, "could not count what waits"),
            }
        }
        tokio::select! {
            () = program.stop.cancelled() => {}
            () = program.clock.wait_ms(LOOK_EVERY_MS) => {}
        }
    }
}

async fn deliver(program: Arc<Program>) {
    // One process serves a SQLite file: whoever held a lease at its start is gone.
    if program.db.slots() == 1
        && let Err(error) = delivery::take_over(&program).await
    {
        tracing::warn!(%error, "what was being worked on at the last end waits until its lease ends");
    }
    while !program.stop.is_cancelled() {
        let wait_ms = match delivery::turn(&program).await {
            Ok(0) => LOOK_EVERY_MS,
            Ok(_) => continue,
            Err(error) => {
                tracing::warn!(%error, "delivery failed; it is tried again");
                AFTER_FAILURE_MS
            }
        };
        tokio::select! {
            () = program.stop.cancelled() => {}
            () = program.woken.delivery.notified() => {}
            () = program.clock.wait_ms(wait_ms) => {}
        }
    }
}

/// Writes down how often signatures were accepted and refused.
async fn write_signatures(program: Arc<Program>) {
    while !program.stop.is_cancelled() {
        tokio::select! {
            () = program.stop.cancelled() => {}
            () = program.clock.wait_ms(WRITE_EVERY_MS) => {}
        }
        if let Err(error) = program.signatures.write(&program.db, &program.companies).await {
            tracing::warn!(%error, "how often signatures were checked is written down later");
        }
    }
}

/// Removes what a rebuild that was killed left behind.
async fn forget(program: Arc<Program>) {
    for company in program.companies.all() {
        tokio::select! {
            () = program.stop.cancelled() => return,
            done = rebuild::forget_retired(&program.db, company.name()) => {
                if let Err(error) = done {
                    tracing::warn!(%error, "numbers that answer no more were not removed; the next rebuild tries again");
                }
            }
        }
    }
}

async fn checkpoint(program: Arc<Program>) {
    tokio::select! {
        () = program.stop.cancelled() => {}
        never = keep_copying(&program.db, &program.clock) => match never {},
    }
}
