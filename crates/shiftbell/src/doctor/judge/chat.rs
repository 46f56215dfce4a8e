//! Slack and Discord: tokens, what they may do, and the channels.

use shiftbell_chat::slack::inspect::{Inspected, SCOPES};
use shiftbell_metrics::definitions::{Outlet, SecretFrom};

use super::{know, sentence};
use crate::doctor::look::{Asked, ChatPlace, DiscordFound, Found, SlackFound};
use crate::doctor::{Finding, Known, Severity};

use Severity::{MayNeedYou, NeedsYou};

/// Codes that say that a token is good for nothing.
const TOKEN_CODES: [&str; 8] = [
    "invalid_auth",
    "not_authed",
    "account_inactive",
    "token_revoked",
    "token_expired",
    "not_allowed_token_type",
    "app_uninstalled",
    "team_access_not_granted",
];

pub(super) fn judge(found: &Found<'_>) -> Vec<Finding> {
    let mut all: Vec<Finding> = found
        .ways
        .iter()
        .filter_map(|way| way.as_ref().err())
        .map(|why| {
            Finding::new(
                "chat-way-undecided",
                NeedsYou,
                sentence(why),
                "Set what the sentence names, then start again.",
            )
        })
        .collect();
    all.extend(found.slack.iter().flat_map(|slack| of_slack(slack, outlet(found, "slack"))));
    all.extend(found.discord.iter().flat_map(|discord| of_discord(discord, outlet(found, "discord"))));
    all
}

fn outlet<'a>(found: &'a Found<'_>, kind: &str) -> Option<&'a Outlet> {
    found.defs.outlets.iter().find(|outlet| outlet.kind == kind)
}

/// What holds a secret of an outlet, as the operator knows it.
fn holder(outlet: Option<&Outlet>, key: &str) -> String {
    match outlet.and_then(|outlet| outlet.secrets.get(key)) {
        Some(SecretFrom::Env(name)) => name.clone(),
        Some(SecretFrom::File(path)) => format!("the file {path}"),
        None => format!("`{key}`"),
    }
}

fn of_slack(slack: &SlackFound, outlet: Option<&Outlet>) -> Vec<Finding> {
    let mut all = Vec::new();
    match &slack.bot {
        None => {}
        Some(Asked::NoAnswer { why }) => all.push(unreachable("slack-unreachable", why)),
        Some(Asked::Refused { code, .. }) => {
            let means = format!(
                "Slack refuses the bot's token ({code}), so that nothing can be posted there and nobody is answered."
            );
            let todo = format!(
                "Install the app again at api.slack.com/apps and set {} to its new bot token.",
                holder(outlet, "token")
            );
            all.push(Finding::new("slack-token-refused", NeedsYou, means, todo));
        }
        Some(Asked::Yes(bot)) => all.extend(of_bot(bot, slack)),
    }
    match &slack.app {
        Some(Asked::Refused { code, .. }) => {
            let means = format!("Slack refuses the app-level token ({code}), so that nobody can ask there.");
            let todo = format!(
                "Make one with the scope connections:write (the app's Basic Information) and set {}.",
                holder(outlet, "app_token")
            );
            all.push(Finding::new("slack-app-token-refused", NeedsYou, means, todo));
        }
        Some(Asked::NoAnswer { why }) if !matches!(slack.bot, Some(Asked::NoAnswer { .. })) => {
            all.push(unreachable("slack-unreachable", why));
        }
        Some(Asked::Yes(()) | Asked::NoAnswer { .. }) | None => {}
    }
    all
}

fn unreachable(name: &'static str, why: &str) -> Finding {
    let todo = "Look again in a few minutes; if it stays so, let this machine reach it.";
    Finding::new(name, MayNeedYou, format!("{} It could not be looked at.", sentence(why)), todo)
}

fn of_bot(bot: &Inspected, slack: &SlackFound) -> Vec<Finding> {
    let mut all = Vec::new();
    if let Some(team) = slack.team.as_ref().filter(|team| **team != bot.identity.team) {
        let means = format!("The token is of team {}, but the file says {team}.", bot.identity.team);
        let todo =
            format!("Write team = \"{}\" under [outlets.slack], or install the app in {team}.", bot.identity.team);
        all.push(Finding::new("slack-other-team", NeedsYou, means, todo));
    }
    let missing = || SCOPES.iter().filter(|(scope, _)| !bot.scopes.contains(*scope));
    if !bot.scopes.is_empty() && missing().next().is_some() {
        let mut without: Vec<&str> = missing().map(|(_, without)| *without).collect();
        without.dedup();
        let scopes: Vec<&str> = missing().map(|(scope, _)| *scope).collect();
        let means = format!("The Slack app lacks {}, so that {}.", scopes.join(", "), without.join(", "));
        let todo = format!("Add {} under OAuth & Permissions and install the app again.", scopes.join(", "));
        all.push(Finding::new("slack-scope-missing", NeedsYou, means, todo));
    }
    let unseen = slack.channels.iter().filter(|place| is_code(&place.found, &["missing_scope"])).count();
    if unseen > 0 {
        let means = "Whether the bot is in its channels cannot be seen without channels:read and groups:read.";
        all.push(Finding::to_know("channels-not-visible", means));
    }
    all.extend(slack.channels.iter().filter_map(of_channel));
    all
}

fn is_code<T>(asked: &Asked<T>, codes: &[&str]) -> bool {
    matches!(asked, Asked::Refused { code, .. } if codes.contains(&code.as_str()))
}

fn of_channel(place: &ChatPlace<shiftbell_chat::slack::inspect::Channel>) -> Option<Finding> {
    let about = format!("{}, {}", place.name, place.channel);
    let found = match &place.found {
        Asked::NoAnswer { .. } => return None,
        Asked::Refused { code, .. } if code == "missing_scope" || TOKEN_CODES.contains(&code.as_str()) => return None,
        Asked::Refused { code, .. } => {
            let means = format!(
                "Slack shows the bot no such channel ({code}): the id is wrong, or it is private and the bot is not in it."
            );
            let todo =
                format!("Type /invite @shiftbell in it, or correct `{}` under [destinations].", place.destination);
            return Some(Finding::new("channel-not-found", NeedsYou, means, todo).of(about));
        }
        Asked::Yes(found) => found,
    };
    if found.is_archived {
        let means = format!("#{} is archived, so that nothing can be posted there.", found.name);
        let todo = format!("Unarchive it, or name another channel for `{}` under [destinations].", place.destination);
        return Some(Finding::new("channel-archived", NeedsYou, means, todo).of(about));
    }
    if !found.is_member {
        let means = format!("The bot is not in #{}, so that what is posted there is refused.", found.name);
        let todo = format!("Type /invite @shiftbell in #{}.", found.name);
        return Some(Finding::new("bot-not-in-channel", NeedsYou, means, todo).of(about));
    }
    let named = place.name.trim_start_matches('#');
    (named != found.name).then(|| {
        let means = format!("It is called #{} now; messages go there all the same.", found.name);
        Finding::to_know("channel-renamed", means).of(about)
    })
}

fn of_discord(discord: &DiscordFound, outlet: Option<&Outlet>) -> Vec<Finding> {
    let mut all = Vec::new();
    let guild = discord.guild.as_deref().unwrap_or_default();
    match &discord.bot {
        Some(Asked::NoAnswer { why }) => all.push(unreachable("discord-unreachable", why)),
        Some(Asked::Refused { code, todo }) if code.contains("discord says: ") || code == "discord says" => {
            let means = format!("The bot is not in the guild {guild}, so that nothing can be posted there.");
            let todo = todo.clone().unwrap_or_else(|| "Invite it.".to_owned());
            all.push(Finding::new("bot-not-in-guild", NeedsYou, means, todo));
        }
        Some(Asked::Refused { code, .. }) => {
            let means = format!("Discord refuses the bot's token ({code}), so that nothing can be posted there.");
            let todo = format!("Reset it at discord.com/developers and set {}.", holder(outlet, "token"));
            all.push(Finding::new("discord-token-refused", NeedsYou, means, todo));
        }
        Some(Asked::Yes(())) | None => {}
    }
    match &discord.commands {
        Some(Asked::Yes(false)) => {
            let means = "People do not find the commands in Discord: they are not registered with the guild.";
            all.push(Finding::new(
                "commands-missing",
                NeedsYou,
                means,
                "Start `shiftbell serve`, which registers them.",
            ));
        }
        Some(Asked::Refused { code, todo }) => {
            let means = format!("People do not find the commands in Discord ({code}).");
            let todo =
                todo.clone().unwrap_or_else(|| "Invite the bot with the scope applications.commands.".to_owned());
            all.push(Finding::new("commands-missing", NeedsYou, means, todo));
        }
        Some(Asked::Yes(true) | Asked::NoAnswer { .. }) | None => {}
    }
    all.extend(discord.channels.iter().filter_map(of_discord_channel));
    all
}

fn of_discord_channel(place: &ChatPlace<shiftbell_chat::discord::inspect::Channel>) -> Option<Finding> {
    let about = format!("{}, {}", place.name, place.channel);
    match &place.found {
        Asked::NoAnswer { .. } => None,
        Asked::Refused { code, todo } => {
            let means =
                format!("Discord does not show the bot this channel ({code}), so that nothing can be posted there.");
            let todo = todo.clone().unwrap_or_else(|| format!("Correct `{}` under [destinations].", place.destination));
            Some(Finding::new("channel-not-found", NeedsYou, means, todo).of(about))
        }
        Asked::Yes(found) if !found.lacks.is_empty() => {
            let means = format!("In #{} the bot lacks {}.", found.name, found.lacks.join(", "));
            let todo = format!("Give it {} there (Edit Channel, Permissions).", found.lacks.join(", "));
            let severity = if found.lacks == ["Read Message History"] { MayNeedYou } else { NeedsYou };
            Some(Finding::new("channel-rights-missing", severity, means, todo).of(about))
        }
        Asked::Yes(found) => {
            let named = place.name.trim_start_matches('#');
            (named != found.name).then(|| {
                let means = format!("It is called #{} now; messages go there all the same.", found.name);
                Finding::to_know("channel-renamed", means).of(about)
            })
        }
    }
}

/// Which promise holds in each channel of Slack: a message of which it is not known whether it arrived is looked for in the
/// history, where the app may read it.
pub(super) fn known(found: &Found<'_>) -> Vec<Known> {
    let Some(SlackFound { bot: Some(Asked::Yes(bot)), channels, .. }) = &found.slack else { return Vec::new() };
    let promise = |place: &ChatPlace<shiftbell_chat::slack::inspect::Channel>| {
        let Asked::Yes(channel) = &place.found else { return None };
        let words = if bot.scopes.contains(channel.history_scope()) {
            "no message is ever seen twice".to_owned()
        } else {
            format!("a repeat after a lost answer says that it may be one (without {})", channel.history_scope())
        };
        Some(know(format!("Slack #{}", channel.name), words))
    };
    channels.iter().filter_map(promise).collect()
}
