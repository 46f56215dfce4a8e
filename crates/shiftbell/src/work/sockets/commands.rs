//! The slash commands of Discord: it shows people only those that were registered with it.

use std::sync::Arc;

use shiftbell_chat::Outcome;
use shiftbell_chat::discord::{DiscordClient, Registered};
use shiftbell_metrics::time::MS_PER_MINUTE;
use shiftbell_store::{StoreError, cursors};

use super::pace::Pace;
use crate::companies::Company;
use crate::program::Program;

/// How soon it is tried again where somebody has to change something first.
const AFTER_A_PERSON_MS: i64 = 10 * MS_PER_MINUTE;

/// Registers the commands with the guild of a company, unless it has them; tries until it has.
///
/// Several processes may do so at once: each puts the same commands in the same place.
pub(super) async fn register(program: Arc<Program>, company: Arc<Company>) {
    let Some(client) = program.outlets.discord(company.name()) else { return };
    let mut pace = Pace::default();
    while !program.stop.is_cancelled() {
        let wait_ms = match once(&program, &company, &client).await {
            Ok(Registered::Changed { .. } | Registered::AsBefore) => {
                return program.readiness.commands_stand(company.name(), Ok(()));
            }
            Ok(Registered::Failed(outcome)) => {
                let (after_ms, why) = match outcome {
                    Outcome::RetryAt { after_ms, why } => (after_ms, why),
                    Outcome::Unknown { why } => (0, why),
                    Outcome::Closed { why } | Outcome::Refused { why } => (AFTER_A_PERSON_MS, why),
                    Outcome::Delivered { .. } => return,
                };
                not_yet(&program, &company, why);
                pace.failed(after_ms, program.chance.fraction())
            }
            Err(error) => {
                not_yet(&program, &company, error.to_string());
                pace.failed(0, program.chance.fraction())
            }
        };
        tokio::select! {
            () = program.stop.cancelled() => {}
            () = program.clock.wait_ms(wait_ms) => {}
        }
    }
}

fn not_yet(program: &Program, company: &Company, why: String) {
    tracing::warn!(
        workspace = company.name(),
        why,
        "the commands could not be registered with Discord; it is tried again"
    );
    program.readiness.commands_stand(company.name(), Err(why));
}

async fn once(program: &Program, company: &Company, client: &DiscordClient) -> Result<Registered, StoreError> {
    let (name, now) = (company.name(), program.clock.now());
    let guild = company.discord.as_ref().and_then(|discord| discord.guild.as_deref());
    let cursor = format!("discord commands/{}", guild.unwrap_or("all guilds"));
    let mut snapshot = program.db.read().await?;
    let kept = cursors::get(&mut snapshot, name, &cursor).await?;
    drop(snapshot);
    let registered = client.register_commands(guild, kept.as_deref(), now).await;
    if let Registered::Changed { kept } = &registered {
        let mut tx = program.db.write().await?;
        cursors::set(&mut tx, name, &cursor, kept, now.as_ms()).await?;
        tx.commit().await?;
        tracing::info!(workspace = name, "the commands are registered with Discord");
    }
    Ok(registered)
}
