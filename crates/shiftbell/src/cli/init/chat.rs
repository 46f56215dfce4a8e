//! The outlet: its tokens, checked on the spot.

use secrecy::SecretString;
use shiftbell_chat::discord::{DiscordClient, DiscordSettings};
use shiftbell_chat::slack::inspect::SlackInspector;

use super::{Desk, hubspot, token};
use crate::failure::Failure;
use crate::init::{Outlet, tokens};

const SLACK_MANIFEST: &str = include_str!("../../../../../deploy/slack-manifest-socket.yaml");

/// What somebody has to do at one of the services.
pub(super) fn set_up(what: &str) -> Result<String, Failure> {
    match what.trim().to_lowercase().as_str() {
        "slack" => Ok(slack_set_up()),
        "discord" => Ok(discord_set_up()),
        "hubspot" => Ok(hubspot::set_up()),
        other => Err(Failure::Usage(format!("`{other}` is nothing to set up; write slack, discord or hubspot"))),
    }
}

fn slack_set_up() -> String {
    format!(
        "Slack: create an app at https://api.slack.com/apps, \"From a manifest\", with this one:\n\n{SLACK_MANIFEST}\n\
         Install it. OAuth & Permissions has the bot's token (xoxb-). Basic Information, App-Level Tokens: make one with the \
         scope connections:write (xapp-).\n"
    )
}

fn discord_set_up() -> String {
    "Discord: create an application at https://discord.com/developers/applications. Under Bot, take its token; no privileged \
     intent is needed. Leave the interactions endpoint empty: nothing has to reach this machine. The link that lets the bot into \
     your server is printed once its token is known.\n"
        .to_owned()
}

/// Asks for the outlet and its tokens. Returns the name of the team as well, where the service tells it.
pub(super) async fn outlet(desk: &mut Desk<'_>) -> Result<(Outlet, Option<String>), Failure> {
    let read = |text: &str| match text.trim().to_lowercase().as_str() {
        "slack" => Ok("slack"),
        "discord" => Ok("discord"),
        "none" | "console" => Ok("none"),
        other => Err(format!("`{other}` is no outlet; write slack, discord or none")),
    };
    let chosen = match &desk.options.outlet {
        Some(given) => read(given).map_err(Failure::Usage)?,
        None => {
            let options = [("slack", "Slack"), ("discord", "Discord"), ("none", "nowhere yet: this terminal")];
            let options = options.map(|(word, label)| (word, label.to_owned()));
            desk.asker.choose("Where do people read?", &options, "--outlet slack|discord|none", &read)?
        }
    };
    match chosen {
        "slack" => slack(desk).await,
        "discord" => discord(desk).await,
        _ => Ok((Outlet::Console, None)),
    }
}

async fn slack(desk: &mut Desk<'_>) -> Result<(Outlet, Option<String>), Failure> {
    let inspector =
        SlackInspector::new(&desk.here.config.slack_api_url).map_err(|why| Failure::Other(anyhow::anyhow!("{why}")))?;
    let (bot, app) = (desk.options.slack_bot_token_env.clone(), desk.options.slack_app_token_env.clone());
    let asks_bot = async |token: SecretString| {
        let inspected = inspector.bot(&token).await.map_err(|trouble| tokens::slack_trouble("bot", &trouble))?;
        let lacks = tokens::slack_lacks(&inspected);
        if lacks.is_empty() { Ok(inspected.identity) } else { Err(lacks.join("\n")) }
    };
    let identity = token(desk, &bot, "Slack bot token", &slack_set_up(), "slack", asks_bot).await?;
    println!("Slack team {}: the bot may do all that it needs.", identity.team_name);
    let asks_app = async |token: SecretString| {
        inspector.app(&token).await.map_err(|trouble| tokens::slack_trouble("app", &trouble))
    };
    token(desk, &app, "Slack app-level token", "", "slack", asks_app).await?;
    println!("Slack opens connections: nothing has to reach this machine.");
    let outlet = Outlet::Slack {
        team: Some(identity.team).filter(|team| !team.is_empty()),
        bot,
        app,
        channel: desk.options.channel.clone(),
    };
    Ok((outlet, Some(identity.team_name).filter(|name| !name.is_empty())))
}

async fn discord(desk: &mut Desk<'_>) -> Result<(Outlet, Option<String>), Failure> {
    let env = desk.options.discord_token_env.clone();
    let (api_url, clock) = (desk.here.config.discord_api_url.clone(), desk.here.clock.clone());
    let guild = desk.options.guild.clone();
    let asks = async |token: SecretString| {
        let settings = DiscordSettings { api_url: api_url.clone(), ..DiscordSettings::new(token, String::new()) };
        let client = DiscordClient::new(settings).map_err(|why| why.to_string())?;
        client.bot_user(clock.now()).await.map_err(|outcome| tokens::discord_trouble(&outcome))?;
        let application =
            client.application_id(clock.now()).await.map_err(|outcome| tokens::discord_trouble(&outcome))?;
        let member = match &guild {
            Some(guild) => client
                .membership(guild, clock.now())
                .await
                .map(|_| ())
                .map_err(|outcome| tokens::discord_trouble(&outcome)),
            None => Ok(()),
        };
        Ok((application, member))
    };
    let (application, member) = token(desk, &env, "Discord bot token", &discord_set_up(), "discord", asks).await?;
    let link = tokens::discord_invite(&application);
    match (&desk.options.guild, member) {
        (Some(_), Ok(())) => println!("Discord: the bot is in your server. Another one is invited by {link}"),
        (Some(_), Err(why)) => println!("note: {why}\nLet the bot into your server: {link}"),
        (None, _) => println!("Let the bot into your server: {link}"),
    }
    Ok((Outlet::Discord { guild: desk.options.guild.clone(), bot: env, channel: desk.options.channel.clone() }, None))
}
