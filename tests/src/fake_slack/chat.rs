//! Posting, editing, deleting and reading messages.

use serde_json::{Value, json};

use super::methods::{Answer, Args, Error, text};
use super::rules;
use super::team::{Kind, Posted, Team};

const LIMIT_EVERY_MS: i64 = 1_000;
const LIMIT_BURST: i64 = 4;

pub(super) fn post(team: &mut Team, args: &Args) -> Answer {
    let asked = text(args, "channel");
    let id =
        if team.users.contains_key(asked) { team.open_direct(asked).unwrap_or_default() } else { asked.to_owned() };
    let channel = team.channel(&id).ok_or(Error("channel_not_found"))?;
    if !channel.has_app {
        return Err(Error(if channel.kind == Kind::Private { "channel_not_found" } else { "not_in_channel" }));
    }
    if channel.is_archived {
        return Err(Error("is_archived"));
    }
    rules::check_message(team, args)?;
    let thread_ts = args.get("thread_ts").and_then(Value::as_str).map(str::to_owned);
    if let Some(thread_ts) = &thread_ts
        && !team.channel_mut(&id).posted.iter().any(|one| one.ts == *thread_ts)
    {
        return Err(Error("thread_not_found"));
    }
    let now = team.clock.now();
    let has_limit = team.has_channel_limit;
    let channel = team.channel_mut(&id);
    if has_limit {
        if channel.limit_due.since(now) > (LIMIT_BURST - 1) * LIMIT_EVERY_MS {
            return Err(Error("ratelimited"));
        }
        channel.limit_due = channel.limit_due.max(now).plus_ms(LIMIT_EVERY_MS);
    }
    let ts = team.next_ts();
    let body = shown(args);
    share_files(team, &id, &ts, &body);
    let posted =
        Posted { ts: ts.clone(), body: body.clone(), thread_ts, is_edited: false, only_for: None, answers: None };
    team.channel_mut(&id).posted.push(posted);
    Ok(json!({ "channel": id, "ts": ts, "message": { "text": body["text"], "ts": ts, "bot_id": "B1" } }))
}

pub(super) fn update(team: &mut Team, args: &Args) -> Answer {
    let (id, ts) = (text(args, "channel"), text(args, "ts"));
    team.channel(id).ok_or(Error("channel_not_found"))?;
    rules::check_message(team, args)?;
    let mut body = shown(args);
    share_files(team, id, ts, &body);
    let is_there = |one: &&mut Posted| one.ts == ts && one.only_for.is_none();
    let posted = team.channel_mut(id).posted.iter_mut().find(is_there).ok_or(Error("message_not_found"))?;
    if args.get("metadata").is_none()
        && let Some(kept) = posted.body.get("metadata")
    {
        body["metadata"] = kept.clone();
    }
    posted.body = body;
    posted.is_edited = true;
    Ok(json!({ "channel": id, "ts": ts, "text": posted.body["text"] }))
}

pub(super) fn delete(team: &mut Team, args: &Args) -> Answer {
    let (id, ts) = (text(args, "channel"), text(args, "ts"));
    team.channel(id).ok_or(Error("channel_not_found"))?;
    let posted = &mut team.channel_mut(id).posted;
    let at = posted.iter().position(|one| one.ts == ts).ok_or(Error("message_not_found"))?;
    posted.remove(at);
    Ok(json!({ "channel": id, "ts": ts }))
}

/// A page of a conversation, newest first, without what only one person sees.
pub(super) fn history(team: &Team, method: &str, args: &Args) -> Answer {
    let channel = team.channel(text(args, "channel")).ok_or(Error("channel_not_found"))?;
    let limit: usize = number(args, "limit").unwrap_or(100);
    let skipped: usize = text(args, "cursor").parse().unwrap_or(0);
    let oldest: f64 = text(args, "oldest").parse().unwrap_or(0.0);
    let with_metadata = text(args, "include_all_metadata") == "true";
    let thread = if method == "conversations.replies" { Some(text(args, "ts")) } else { None };
    let all: Vec<&Posted> = channel
        .posted
        .iter()
        .rev()
        .filter(|one| one.only_for.is_none() && one.ts.parse().unwrap_or(0.0) >= oldest)
        .filter(|one| match thread {
            Some(thread) => one.thread_ts.as_deref() == Some(thread) || one.ts == thread,
            None => one.thread_ts.is_none(),
        })
        .collect();
    let page: Vec<Value> = all
        .iter()
        .skip(skipped)
        .take(limit)
        .map(|one| {
            let mut message = json!({ "type": "message", "ts": one.ts, "bot_id": "B1", "text": one.body["text"] });
            if with_metadata && one.body.get("metadata").is_some() {
                message["metadata"] = one.body["metadata"].clone();
            }
            message
        })
        .collect();
    let next = if skipped + limit < all.len() { (skipped + limit).to_string() } else { String::new() };
    Ok(json!({ "messages": page, "has_more": !next.is_empty(), "response_metadata": { "next_cursor": next } }))
}

fn number(args: &Args, name: &str) -> Option<usize> {
    let value = args.get(name)?;
    value.as_u64().and_then(|n| usize::try_from(n).ok()).or_else(|| value.as_str()?.parse().ok())
}

/// What of the arguments stays with the message.
fn shown(args: &Args) -> Value {
    let kept = ["text", "blocks", "metadata"];
    Value::Object(
        args.iter().filter(|(key, _)| kept.contains(&key.as_str())).map(|(k, v)| (k.clone(), v.clone())).collect(),
    )
}

fn share_files(team: &mut Team, channel: &str, ts: &str, body: &Value) {
    for block in body["blocks"].as_array().into_iter().flatten() {
        if let Some(file) = block["slack_file"]["id"].as_str().and_then(|id| team.files.get_mut(id)) {
            file.shares.push((channel.to_owned(), ts.to_owned()));
        }
    }
}
