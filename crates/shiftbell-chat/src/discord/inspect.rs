//! How a bot is set up at Discord: whether it is in the guild, and what it may do in its channels.

use reqwest::Method;
use serde_json::Value;
use serenity::http::Route;
use serenity::model::id::{ChannelId, GuildId, UserId};
use serenity::model::permissions::Permissions;
use shiftbell_metrics::time::Instant;

use super::client::{Call, DiscordClient, number_of};
use crate::Outcome;

/// How a channel stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Channel {
    pub name: String,
    /// What the bot needs there and may not, in Discord's words.
    pub lacks: Vec<&'static str>,
}

/// What the bot needs in a channel.
const NEEDED: [(Permissions, &str); 5] = [
    (Permissions::VIEW_CHANNEL, "View Channel"),
    (Permissions::SEND_MESSAGES, "Send Messages"),
    (Permissions::EMBED_LINKS, "Embed Links"),
    (Permissions::ATTACH_FILES, "Attach Files"),
    (Permissions::READ_MESSAGE_HISTORY, "Read Message History"),
];

/// What the bot may do in the whole guild.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Membership {
    guild: String,
    bot: String,
    roles: Vec<String>,
    base: Permissions,
}

impl DiscordClient {
    /// What the bot may do in a guild; also checks the token.
    ///
    /// # Errors
    /// If it is not in it, or Discord does not tell.
    pub async fn membership(&self, guild: &str, now: Instant) -> Result<Membership, Outcome> {
        let asked = self.ask_membership(guild, now).await;
        asked.map_err(|outcome| in_guild(outcome.of_idempotent_call(), guild))
    }

    async fn ask_membership(&self, guild: &str, now: Instant) -> Result<Membership, Outcome> {
        let bot = self.bot_user(now).await?;
        let guild_id = GuildId::from(number_of(guild)?);
        let user_id = UserId::from(number_of(&bot)?);
        let member = self.look(&Route::GuildMember { guild_id, user_id }.path(), guild, "members", now).await?;
        let roles = self.look(&Route::GuildRoles { guild_id }.path(), guild, "roles", now).await?;
        let own: Vec<String> = texts(&member["roles"]);
        let base = roles
            .as_array()
            .into_iter()
            .flatten()
            .filter(|role| role["id"] == guild || role["id"].as_str().is_some_and(|id| own.iter().any(|own| own == id)))
            .fold(Permissions::empty(), |all, role| all | bits(&role["permissions"]));
        Ok(Membership { guild: guild.to_owned(), bot, roles: own, base })
    }

    /// How a channel stands, for whoever is a member like this.
    ///
    /// # Errors
    /// If there is none that the bot can see, or Discord does not tell.
    pub async fn channel(&self, of: &Membership, channel: &str, now: Instant) -> Result<Channel, Outcome> {
        let channel_id = ChannelId::from(number_of(channel)?);
        let asked = self.look(&Route::Channel { channel_id }.path(), channel, "channels", now).await;
        let found = asked.map_err(Outcome::of_idempotent_call)?;
        let may = allowed(of, &found["permission_overwrites"]);
        Ok(Channel {
            name: found["name"].as_str().unwrap_or_default().to_owned(),
            lacks: NEEDED.iter().filter(|(needed, _)| !may.contains(*needed)).map(|(_, name)| *name).collect(),
        })
    }

    async fn look(&self, path: &str, major: &str, route: &str, now: Instant) -> Result<Value, Outcome> {
        let call = Call {
            method: Method::GET,
            path: path.to_owned(),
            body: None,
            picture: None,
            major,
            route: format!("GET /{route}"),
        };
        self.call(call, now).await
    }
}

/// Discord's order: everyone, then roles, then the member; what is allowed wins within one step.
/// <https://docs.discord.com/developers/topics/permissions#permission-overwrites>
fn allowed(of: &Membership, overwrites: &Value) -> Permissions {
    if of.base.contains(Permissions::ADMINISTRATOR) {
        return Permissions::all();
    }
    let all: Vec<&Value> = overwrites.as_array().into_iter().flatten().collect();
    let step = |may: Permissions, is_meant: &dyn Fn(&str) -> bool| {
        let meant = all.iter().filter(|one| one["id"].as_str().is_some_and(is_meant));
        let (allow, deny) = meant.fold((Permissions::empty(), Permissions::empty()), |(allow, deny), one| {
            (allow | bits(&one["allow"]), deny | bits(&one["deny"]))
        });
        (may - deny) | allow
    };
    let everyone = step(of.base, &|id| id == of.guild);
    let by_role = step(everyone, &|id| of.roles.iter().any(|role| role == id));
    step(by_role, &|id| id == of.bot)
}

fn in_guild(outcome: Outcome, guild: &str) -> Outcome {
    match outcome {
        Outcome::Closed { why } if why.contains("10003") || why.contains("10004") || why.contains("50001") => {
            Outcome::Closed {
                why: format!("discord says: the bot is not in guild `{guild}`: invite it, or correct `guild`"),
            }
        }
        other => other,
    }
}

fn bits(value: &Value) -> Permissions {
    value.as_str().and_then(|bits| bits.parse().ok()).map_or(Permissions::empty(), Permissions::from_bits_truncate)
}

fn texts(value: &Value) -> Vec<String> {
    value.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_channel_takes_and_gives_rights_in_discords_order() {
        let of = |base| Membership { guild: "1".into(), bot: "9".into(), roles: vec!["5".into()], base };
        let write = Permissions::SEND_MESSAGES.bits().to_string();
        let base = Permissions::VIEW_CHANNEL | Permissions::SEND_MESSAGES;
        assert_eq!(allowed(&of(base), &json!([])), base);
        let everyone = json!({ "id": "1", "allow": "0", "deny": write });
        assert!(!allowed(&of(base), &json!([everyone])).contains(Permissions::SEND_MESSAGES));
        let role = json!({ "id": "5", "allow": write, "deny": "0" });
        assert!(allowed(&of(base), &json!([role, everyone])).contains(Permissions::SEND_MESSAGES));
        let own = json!({ "id": "9", "allow": "0", "deny": write });
        assert!(!allowed(&of(base), &json!([own, role, everyone])).contains(Permissions::SEND_MESSAGES));
        let other = json!({ "id": "6", "allow": "0", "deny": write });
        assert_eq!(allowed(&of(base), &json!([other])), base);
        let all = allowed(&of(Permissions::ADMINISTRATOR), &json!([everyone]));
        assert!(all.contains(Permissions::SEND_MESSAGES | Permissions::ATTACH_FILES));
    }
}
