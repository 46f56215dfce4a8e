//! The bot's commands, and who the bot is.

use reqwest::Method;
use serde_json::{Value, json};
use serenity::builder::{CreateCommand, CreateCommandOption};
use serenity::http::Route;
use serenity::model::application::CommandOptionType;
use serenity::model::id::{ApplicationId, GuildId};
use shiftbell_metrics::time::Instant;

use super::client::{Call, DiscordClient, number_of};
use crate::Outcome;

/// What became of a registration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Registered {
    /// Discord has them now; keep the hash for the next start.
    Changed {
        hash: String,
    },
    /// They are as they were: nothing was sent. Discord allows 200 changes a day.
    AsBefore,
    Failed(Outcome),
}

/// The commands as Discord takes them: `/kpi` with what would be typed in Slack as its one option.
pub fn commands() -> Value {
    let question = CreateCommandOption::new(
        CommandOptionType::String,
        "question",
        "for example: mql-conversion b2b, win-rate 2026-Q3 vs 2026-Q2, list, help mql-conversion",
    )
    .set_autocomplete(true);
    let kpi = CreateCommand::new("kpi").description("A number with its counts and its definition").add_option(question);
    json!([kpi])
}

/// Names this very set of commands.
pub fn commands_hash() -> String {
    let digest = ring::digest::digest(&ring::digest::SHA256, commands().to_string().as_bytes());
    hex::encode(&digest.as_ref()[..16])
}

impl DiscordClient {
    /// Registers the commands with a guild (seen at once there), or for all guilds, unless `known_hash` says that Discord has them.
    pub async fn register_commands(&self, guild: Option<&str>, known_hash: Option<&str>, now: Instant) -> Registered {
        let hash = commands_hash();
        if known_hash == Some(hash.as_str()) {
            return Registered::AsBefore;
        }
        match self.put_commands(guild, now).await {
            Ok(()) => Registered::Changed { hash },
            Err(outcome) => Registered::Failed(outcome.of_idempotent_call()),
        }
    }

    async fn put_commands(&self, guild: Option<&str>, now: Instant) -> Result<(), Outcome> {
        let application_id = ApplicationId::from(number_of(&self.settings.application)?);
        let path = match guild {
            Some(guild) => Route::GuildCommands { application_id, guild_id: GuildId::from(number_of(guild)?) }.path(),
            None => Route::Commands { application_id }.path(),
        };
        let call = Call {
            method: Method::PUT,
            path: path.into_owned(),
            body: Some(commands()),
            picture: None,
            major: guild.unwrap_or("all guilds"),
            route: "PUT /applications/commands".to_owned(),
        };
        self.call(call, now).await.map(|_| ())
    }

    /// The user id of the bot; also checks the token.
    pub async fn bot_user(&self, now: Instant) -> Result<String, Outcome> {
        let call = Call {
            method: Method::GET,
            path: Route::UserMe.path().into_owned(),
            body: None,
            picture: None,
            major: "the bot",
            route: "GET /users/@me".to_owned(),
        };
        let answer = self.call(call, now).await?;
        let id = answer.get("id").and_then(Value::as_str).map(str::to_owned);
        id.ok_or_else(|| Outcome::Unknown { why: "discord's answer names no bot".to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_keeps_discords_limits() {
        let commands = commands();
        let (command, option) = (&commands[0], &commands[0]["options"][0]);
        assert_eq!((&command["name"], &option["name"]), (&json!("kpi"), &json!("question")));
        assert_eq!((&option["type"], &option["autocomplete"]), (&json!(3), &json!(true)));
        for described in [command, option] {
            assert!((1..=100).contains(&described["description"].as_str().unwrap().chars().count()));
        }
        assert_eq!(commands_hash(), commands_hash());
    }
}
