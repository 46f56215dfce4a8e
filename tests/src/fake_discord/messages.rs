//! Posting, editing, deleting, reading; and answers to interactions.

use serde_json::{Value, json};
use shiftbell_render::limits::discord_would_reject;

use super::guild::{BUCKET_MS, Channel, Guild, NONCE_AGE_MS_MAX, Posted, TOKEN_AGE_MS_MAX};
use super::{BOT_USER, Right};

/// A status with Discord's error code.
pub(super) struct Error(pub(super) u16, pub(super) i64, pub(super) &'static str);
pub(super) type Answer = Result<Value, Error>;

/// A request body: its JSON, and the names of the files that came with it.
pub(super) struct Sent {
    pub(super) body: Value,
    pub(super) files: Vec<String>,
}

const UNKNOWN_CHANNEL: Error = Error(404, 10_003, "Unknown Channel");
/// <https://docs.discord.com/developers/topics/permissions#permissions-bitwise-permission-flags>
const EMBED_LINKS: u64 = 1 << 14;
const UNKNOWN_MESSAGE: Error = Error(404, 10_008, "Unknown Message");

pub(super) fn post(guild: &mut Guild, channel: &str, sent: &Sent) -> Answer {
    permitted(guild, channel, &[Right::ViewChannel, Right::SendMessages])?;
    if !sent.files.is_empty() {
        permitted(guild, channel, &[Right::AttachFiles])?;
    }
    let is_closed = |user: &String| guild.users.get(user) == Some(&false);
    if guild.channels[channel].user.as_ref().is_some_and(is_closed) {
        return Err(Error(403, 50_007, "Cannot send messages to this user"));
    }
    check(sent)?;
    let now = guild.clock.now();
    let nonce = sent.body["nonce"].as_str().map(|nonce| (channel.to_owned(), nonce.to_owned()));
    if sent.body["enforce_nonce"] == true
        && let Some((id, at)) = nonce.as_ref().and_then(|nonce| guild.nonces.get(nonce))
        && now.since(*at) <= NONCE_AGE_MS_MAX
        && let Some(before) = guild.channels[channel].posted.iter().find(|one| one.id == *id)
    {
        return Ok(shown(channel, before, &sent.body["nonce"]));
    }
    let id = guild.next_id();
    if let Some(nonce) = nonce {
        guild.nonces.insert(nonce, (id.clone(), now));
    }
    let mut posted = made(id, sent);
    posted.replies_to = sent.body["message_reference"]["message_id"].as_str().map(str::to_owned);
    let answer = shown(channel, &posted, &sent.body["nonce"]);
    guild.channel_mut(channel).posted.push(posted);
    Ok(answer)
}

pub(super) fn edit(guild: &mut Guild, channel: &str, id: &str, sent: &Sent) -> Answer {
    permitted(guild, channel, &[Right::ViewChannel])?;
    check(sent)?;
    let posted = guild.channel_mut(channel).posted.iter_mut().find(|one| one.id == id).ok_or(UNKNOWN_MESSAGE)?;
    replace(posted, sent);
    Ok(shown(channel, posted, &Value::Null))
}

pub(super) fn delete(guild: &mut Guild, channel: &str, id: &str) -> Answer {
    permitted(guild, channel, &[Right::ViewChannel])?;
    let posted = &mut guild.channel_mut(channel).posted;
    let at = posted.iter().position(|one| one.id == id).ok_or(UNKNOWN_MESSAGE)?;
    posted.remove(at);
    Ok(Value::Null)
}

/// Messages right after an id, newest first; nothing at all without the right to read the history.
pub(super) fn list(guild: &Guild, channel: &str, after: u64, limit: usize) -> Answer {
    permitted(guild, channel, &[Right::ViewChannel])?;
    let channel = &guild.channels[channel];
    if channel.forbidden.contains(&Right::ReadMessageHistory) {
        return Ok(json!([]));
    }
    let visible = channel.posted.iter().filter(|one| one.only_for.is_none());
    let later: Vec<&Posted> = visible.filter(|one| one.id.parse().unwrap_or(0) > after).collect();
    let page = if after == 0 { &later[later.len().saturating_sub(limit)..] } else { &later[..later.len().min(limit)] };
    Ok(page.iter().rev().map(|one| shown(&channel.id, one, &Value::Null)).collect())
}

pub(super) fn open_direct(guild: &mut Guild, user: &str) -> Answer {
    let id = guild.open_direct(user).ok_or(Error(400, 50_033, "Invalid Recipient(s)"))?;
    Ok(json!({ "id": id, "type": 1 }))
}

/// The answer to a deferred interaction, or a change of the direct one.
pub(super) fn edit_original(guild: &mut Guild, token: &str, sent: &Sent) -> Answer {
    let now = guild.clock.now();
    let interaction = guild.interactions.get(token).ok_or(Error(404, 10_015, "Unknown Webhook"))?;
    if now.since(interaction.begun_at) > TOKEN_AGE_MS_MAX {
        return Err(Error(401, 50_027, "Invalid Webhook Token"));
    }
    check(sent)?;
    let channel = interaction.channel.clone();
    if interaction.is_deferred && interaction.original.is_none() {
        let only_for = interaction.is_ephemeral.then(|| interaction.user.clone());
        let id = guild.next_id();
        let mut posted = made(id.clone(), sent);
        (posted.only_for, posted.answers) = (only_for, Some(token.to_owned()));
        let answer = shown(&channel, &posted, &Value::Null);
        guild.channel_mut(&channel).posted.push(posted);
        let interaction = guild.interactions.get_mut(token).expect("seen above");
        (interaction.is_deferred, interaction.original) = (false, Some(id));
        return Ok(answer);
    }
    let original = interaction.original.clone().ok_or(UNKNOWN_MESSAGE)?;
    let posted = guild.channel_mut(&channel).posted.iter_mut().find(|one| one.id == original).ok_or(UNKNOWN_MESSAGE)?;
    replace(posted, sent);
    posted.answers = Some(token.to_owned());
    Ok(shown(&channel, posted, &Value::Null))
}

fn permitted(guild: &Guild, channel: &str, rights: &[Right]) -> Result<(), Error> {
    let channel: &Channel = guild.channels.get(channel).ok_or(UNKNOWN_CHANNEL)?;
    match rights.iter().find(|right| channel.forbidden.contains(right)) {
        Some(Right::ViewChannel) => Err(Error(403, 50_001, "Missing Access")),
        Some(_) => Err(Error(403, 50_013, "Missing Permissions")),
        None => Ok(()),
    }
}

/// Besides the limits: every announced attachment must have come as a file.
fn check(sent: &Sent) -> Result<(), Error> {
    let announced = sent.body["attachments"].as_array().map_or(0, Vec::len);
    if discord_would_reject(&sent.body).is_some() || announced != sent.files.len() {
        return Err(Error(400, 50_035, "Invalid Form Body"));
    }
    Ok(())
}

fn made(id: String, sent: &Sent) -> Posted {
    let files = described(sent);
    let body = sent.body.clone();
    Posted { id, body, files, replies_to: None, is_edited: false, only_for: None, answers: None }
}

/// An edit changes only what it names; files stay unless others come.
fn replace(posted: &mut Posted, sent: &Sent) {
    if let (Some(old), Some(new)) = (posted.body.as_object_mut(), sent.body.as_object()) {
        old.extend(new.iter().map(|(key, value)| (key.clone(), value.clone())));
    }
    if !sent.files.is_empty() {
        posted.files = described(sent);
    }
    posted.is_edited = true;
}

fn described(sent: &Sent) -> Vec<(String, String)> {
    let description = |at: usize| sent.body["attachments"][at]["description"].as_str().unwrap_or_default().to_owned();
    sent.files.iter().enumerate().map(|(at, name)| (name.clone(), description(at))).collect()
}

/// The message as Discord gives it back: the nonce only to who just posted.
fn shown(channel: &str, posted: &Posted, nonce: &Value) -> Value {
    let mut message = json!({
        "id": posted.id, "channel_id": channel, "author": { "id": BOT_USER, "bot": true },
        "content": posted.body["content"].as_str().unwrap_or_default().trim(),
        "embeds": posted.body.get("embeds").cloned().unwrap_or_else(|| json!([])),
    });
    if nonce.is_string() {
        message["nonce"] = nonce.clone();
    }
    message
}

/// Takes a place in the bucket of a channel: how many are left, and after how many milliseconds it is full again.
pub(super) fn take_from_bucket(guild: &mut Guild, channel: &str) -> Option<(Option<u32>, i64)> {
    let size = guild.bucket_size?;
    let now = guild.clock.now();
    let channel = guild.channels.get_mut(channel)?;
    if now >= channel.bucket.1 {
        channel.bucket = (0, now.plus_ms(BUCKET_MS));
    }
    let left_ms = channel.bucket.1.since(now);
    if channel.bucket.0 >= size {
        return Some((None, left_ms));
    }
    channel.bucket.0 += 1;
    Some((Some(size - channel.bucket.0), left_ms))
}

/// Reads the commands of the application in a guild, or puts others in their place.
pub(super) fn commands(guild: &mut Guild, application: &str, of: Option<&str>, put: Option<Value>) -> Answer {
    if application != super::APPLICATION {
        return Err(Error(403, 20_012, "You are not authorized to perform this action on this application"));
    }
    if of.is_some_and(|of| !guild.guilds.contains(of)) {
        return Err(Error(403, 50_001, "Missing Access"));
    }
    let known = guild.commands.entry(of.unwrap_or_default().to_owned()).or_insert_with(|| json!([]));
    if let Some(commands) = put {
        let is_fine = commands.as_array().is_some_and(|all| all.iter().all(|one| one["name"].is_string()));
        if !is_fine {
            return Err(Error(400, 50_035, "Invalid Form Body"));
        }
        *known = commands;
    }
    Ok(known.clone())
}

/// A channel; what the bot may not do there stands in its overwrites.
pub(super) fn channel(guild: &Guild, id: &str) -> Answer {
    let channel = guild.channels.get(id).ok_or(UNKNOWN_CHANNEL)?;
    if channel.forbidden.contains(&Right::ViewChannel) {
        return Err(Error(403, 50_001, "Missing Access"));
    }
    let denied = channel.forbidden.iter().fold(0_u64, |all, right| all | right.bit()).to_string();
    let overwrites = json!([{ "id": BOT_USER, "type": 1, "allow": "0", "deny": denied }]);
    Ok(json!({ "id": channel.id, "type": 0, "name": channel.name, "permission_overwrites": overwrites }))
}

/// The bot as a member of a guild.
pub(super) fn member(guild: &Guild, of: &str, user: &str) -> Answer {
    if !guild.guilds.contains(of) {
        return Err(Error(404, 10_004, "Unknown Guild"));
    }
    if user != BOT_USER {
        return Err(Error(404, 10_007, "Unknown Member"));
    }
    Ok(json!({ "user": { "id": BOT_USER, "bot": true }, "roles": [] }))
}

/// The one role that everyone has, which may do everything that a bot needs.
pub(super) fn roles(guild: &Guild, of: &str) -> Answer {
    if !guild.guilds.contains(of) {
        return Err(Error(404, 10_004, "Unknown Guild"));
    }
    let all = [Right::ViewChannel, Right::SendMessages, Right::AttachFiles, Right::ReadMessageHistory];
    let may = all.iter().fold(EMBED_LINKS, |may, right| may | right.bit()).to_string();
    Ok(json!([{ "id": of, "name": "@everyone", "permissions": may }]))
}
