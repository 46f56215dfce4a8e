//! The bot's commands, and who the bot is.

use std::collections::BTreeSet;

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
    /// Discord has them now; keep this for the next start: it names the application and its commands.
    Changed {
        kept: String,
    },
    /// They are as they were: nothing was sent. Discord allows 200 changes a day.
    AsBefore,
    Failed(Outcome),
}

/// The commands as Discord takes them, each with what would be typed in Slack behind it as its one option.
pub fn commands() -> Value {
    let typed =
        |name, example| CreateCommandOption::new(CommandOptionType::String, name, example).set_autocomplete(true);
    let kpi = CreateCommand::new("kpi").description("A number with its counts and its definition").add_option(typed(
        "question",
        "for example: mql-conversion b2b, win-rate 2026-Q3 vs 2026-Q2, list, help mql-conversion",
    ));
    let bowtie = CreateCommand::new("bowtie")
        .description("The latest full week, from the first touch to what customers pay")
        .add_option(typed("motion", "for example: b2b"));
    let whatif = CreateCommand::new("whatif")
        .description("What another rate, volume or price would bring, all else held")
        .add_option(typed("change", "for example: mql-to-sql +5pt b2b, volume +10% b2b, best b2b, help"));
    let mrr = CreateCommand::new("mrr")
        .description("Recurring revenue: what it was, how it moved, what it is")
        .add_option(typed("question", "for example: b2b last month by product"));
    let shiftbell = CreateCommand::new("shiftbell")
        .description("What concerns you and this program")
        .add_option(typed("order", "for example: help"));
    json!([kpi, mrr, bowtie, whatif, shiftbell])
}

/// Names this very set of commands.
pub fn commands_hash() -> String {
    let digest = ring::digest::digest(&ring::digest::SHA256, commands().to_string().as_bytes());
    hex::encode(&digest.as_ref()[..16])
}

impl DiscordClient {
    /// Registers the commands with a guild (seen at once there), or for all guilds, unless what was `kept` of the last time says
    /// that Discord has them.
    pub async fn register_commands(&self, guild: Option<&str>, kept: Option<&str>, now: Instant) -> Registered {
        match self.registered(guild, kept, now).await {
            Ok(registered) => registered,
            Err(outcome) => Registered::Failed(outcome.of_idempotent_call()),
        }
    }

    async fn registered(&self, guild: Option<&str>, kept: Option<&str>, now: Instant) -> Result<Registered, Outcome> {
        let application = self.application_id(now).await?;
        let wanted = format!("{application} {}", commands_hash());
        // A bot that was thrown out and invited again has lost them.
        if kept == Some(wanted.as_str()) && self.has_commands(&application, guild, now).await? {
            return Ok(Registered::AsBefore);
        }
        self.commands_call(&application, guild, Some(commands()), now).await?;
        Ok(Registered::Changed { kept: wanted })
    }

    /// Whether people find every command in a guild, or in all guilds.
    ///
    /// # Errors
    /// If Discord does not tell.
    pub async fn knows_commands(&self, guild: Option<&str>, now: Instant) -> Result<bool, Outcome> {
        let application = self.application_id(now).await.map_err(Outcome::of_idempotent_call)?;
        self.has_commands(&application, guild, now).await.map_err(Outcome::of_idempotent_call)
    }

    async fn has_commands(&self, application: &str, guild: Option<&str>, now: Instant) -> Result<bool, Outcome> {
        let known = self.commands_call(application, guild, None, now).await?;
        let names = |of: &Value| -> BTreeSet<String> {
            let all = of.as_array().into_iter().flatten();
            all.filter_map(|one| one["name"].as_str()).map(str::to_owned).collect()
        };
        Ok(names(&commands()).is_subset(&names(&known)))
    }

    /// Reads the commands, or puts these in their place.
    async fn commands_call(
        &self,
        application: &str,
        guild: Option<&str>,
        body: Option<Value>,
        now: Instant,
    ) -> Result<Value, Outcome> {
        let application_id = ApplicationId::from(number_of(application)?);
        let path = match guild {
            Some(guild) => Route::GuildCommands { application_id, guild_id: GuildId::from(number_of(guild)?) }.path(),
            None => Route::Commands { application_id }.path(),
        };
        let method = if body.is_some() { Method::PUT } else { Method::GET };
        let call = Call {
            route: format!("{method} /applications/commands"),
            method,
            path: path.into_owned(),
            body,
            picture: None,
            major: guild.unwrap_or("all guilds"),
        };
        self.call(call, now).await.map_err(|outcome| about_commands(outcome, guild))
    }

    /// The id of the application: from the settings, from the gateway, else Discord is asked once.
    pub async fn application_id(&self, now: Instant) -> Result<String, Outcome> {
        if let Some(known) = self.application.get() {
            return Ok(known.clone());
        }
        let call = Call {
            method: Method::GET,
            path: Route::Oauth2ApplicationCurrent.path().into_owned(),
            body: None,
            picture: None,
            major: "the application",
            route: "GET /oauth2/applications/@me".to_owned(),
        };
        let answer = self.call(call, now).await?;
        let Some(id) = answer["id"].as_str() else {
            return Err(Outcome::Unknown { why: "discord's answer names no application".to_owned() });
        };
        self.is_of_application(id);
        Ok(id.to_owned())
    }

    /// Notes the id of the application, as the gateway says it. What the settings say stays.
    pub fn is_of_application(&self, id: &str) {
        let _ = self.application.set(id.to_owned());
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

/// What Discord refuses here is about the guild, and not about a message in it.
fn about_commands(outcome: Outcome, guild: Option<&str>) -> Outcome {
    match (outcome, guild) {
        (Outcome::Closed { why }, Some(guild)) if why.contains("discord says 50001") => Outcome::Closed {
            why: format!(
                "discord says 50001: the bot may not register commands in guild `{guild}`; invite it there with the scope \
                 applications.commands, or correct `guild`"
            ),
        },
        (outcome, _) => outcome,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_commands_keep_discords_limits() {
        let commands = commands();
        let expected = [
            ("kpi", "question"),
            ("mrr", "question"),
            ("bowtie", "motion"),
            ("whatif", "change"),
            ("shiftbell", "order"),
        ];
        assert_eq!(commands.as_array().unwrap().len(), expected.len());
        for (command, (name, what)) in commands.as_array().unwrap().iter().zip(expected) {
            let option = &command["options"][0];
            assert_eq!((&command["name"], &option["name"]), (&json!(name), &json!(what)));
            assert_eq!((&option["type"], &option["autocomplete"]), (&json!(3), &json!(true)));
            for described in [command, option] {
                assert!((1..=100).contains(&described["description"].as_str().unwrap().chars().count()));
            }
        }
        assert_eq!(commands_hash(), commands_hash());
    }
}
