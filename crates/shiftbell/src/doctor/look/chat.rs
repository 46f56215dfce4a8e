//! Asks the chat systems how the app is set up there.

use shiftbell_chat::Outcome;
use shiftbell_chat::discord::inspect as discord_inspect;
use shiftbell_chat::discord::{DiscordClient, DiscordSettings};
use shiftbell_chat::slack::inspect::{Channel, Inspected, SlackInspector, Trouble};
use shiftbell_metrics::time::Instant;
use shiftbell_render::words;

use crate::doctor::Place as Where;

/// What a service answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked<T> {
    Yes(T),
    /// It refused: its own code or words, and what is to be done, where it or the client says so.
    Refused {
        code: String,
        todo: Option<String>,
    },
    /// It could not be asked.
    NoAnswer {
        why: String,
    },
}

/// A channel of the definitions and how it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place<T> {
    /// The destination's id in the file.
    pub destination: String,
    /// Its name in the file.
    pub name: String,
    pub channel: String,
    pub found: Asked<T>,
}

#[derive(Clone, Debug)]
pub struct SlackFound {
    /// The team that the file names.
    pub team: Option<String>,
    /// `None`: no token is set.
    pub bot: Option<Asked<Inspected>>,
    pub app: Option<Asked<()>>,
    /// Empty where the token is refused.
    pub channels: Vec<Place<Channel>>,
    /// What time it was here when Slack said what time it is there.
    pub asked_at: Instant,
}

#[derive(Clone, Debug)]
pub struct DiscordFound {
    pub guild: Option<String>,
    /// `None`: no token is set, or no guild is named.
    pub bot: Option<Asked<()>>,
    pub channels: Vec<Place<discord_inspect::Channel>>,
    /// Whether people find the commands.
    pub commands: Option<Asked<bool>>,
}

impl<T> From<Result<T, Trouble>> for Asked<T> {
    fn from(result: Result<T, Trouble>) -> Asked<T> {
        match result {
            Ok(found) => Asked::Yes(found),
            Err(Trouble::Refused { code, needed }) => {
                let todo = needed.map(|scope| format!("Add the scope `{scope}` to the app and install it again."));
                Asked::Refused { code, todo }
            }
            Err(Trouble::Unreachable { why }) => Asked::NoAnswer { why },
        }
    }
}

impl<T> From<Result<T, Outcome>> for Asked<T> {
    fn from(result: Result<T, Outcome>) -> Asked<T> {
        match result {
            Ok(found) => Asked::Yes(found),
            Err(Outcome::Closed { why } | Outcome::Refused { why }) => {
                // "discord says 50001: let the bot see ...": what it says, and what is to be done.
                match why.split_once(": ") {
                    Some((code, todo)) => Asked::Refused {
                        code: code.to_owned(),
                        todo: Some(format!("{}.", words::capital(todo.trim_end_matches('.')))),
                    },
                    None => Asked::Refused { code: why, todo: None },
                }
            }
            Err(Outcome::RetryAt { why, .. } | Outcome::Unknown { why }) => Asked::NoAnswer { why },
            Err(Outcome::Delivered { .. }) => Asked::NoAnswer { why: "it answered something else".to_owned() },
        }
    }
}

pub(super) async fn slack(place: Where<'_>) -> Option<SlackFound> {
    let slack = place.company.slack.as_ref()?;
    let inspector = SlackInspector::new(&place.config.slack_api_url).ok()?;
    let (bot, app) = tokio::join!(async { Some(Asked::from(inspector.bot(slack.token.as_ref()?).await)) }, async {
        Some(Asked::from(inspector.app(slack.app_token.as_ref()?).await))
    },);
    let asked_at = place.clock.now();
    let mut channels = Vec::new();
    if let (Some(token), Some(Asked::Yes(_))) = (&slack.token, &bot) {
        for destination in place.company.defs().destinations.values() {
            let Some(channel) = destination.channels.get("slack") else { continue };
            channels.push(Place {
                destination: destination.id.clone(),
                name: destination.name.clone(),
                channel: channel.clone(),
                found: inspector.channel(token, channel).await.into(),
            });
        }
    }
    Some(SlackFound { team: slack.team.clone(), bot, app, channels, asked_at })
}

pub(super) async fn discord(place: Where<'_>, now: Instant) -> Option<DiscordFound> {
    let discord = place.company.discord.as_ref()?;
    let none = DiscordFound { guild: discord.guild.clone(), bot: None, channels: Vec::new(), commands: None };
    let (Some(token), Some(guild)) = (discord.token.clone(), discord.guild.clone()) else { return Some(none) };
    let application = discord.application.clone().unwrap_or_default();
    let api_url = place.config.discord_api_url.clone();
    let client = DiscordClient::new(DiscordSettings { api_url, ..DiscordSettings::new(token, application) }).ok()?;
    let membership = client.membership(&guild, now).await;
    let mut found = DiscordFound { guild: Some(guild.clone()), ..none };
    if let Ok(membership) = &membership {
        for destination in place.company.defs().destinations.values() {
            let Some(channel) = destination.channels.get("discord") else { continue };
            found.channels.push(Place {
                destination: destination.id.clone(),
                name: destination.name.clone(),
                channel: channel.clone(),
                found: client.channel(membership, channel, now).await.into(),
            });
        }
        found.commands = Some(client.knows_commands(Some(&guild), now).await.into());
    }
    found.bot = Some(membership.map(|_| ()).into());
    Some(found)
}
