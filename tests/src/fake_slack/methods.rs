//! Web API methods: who may call, and those that are neither chat nor files.

use serde_json::{Map, Value, json};

use super::team::{Kind, Team, User};

/// The arguments of a call, whether they came as JSON, form or query.
pub(super) type Args = Map<String, Value>;

/// `ok: false` with this code.
pub(super) struct Error(pub(super) &'static str);
pub(super) type Answer = Result<Value, Error>;

pub(super) fn text<'a>(args: &'a Args, name: &str) -> &'a str {
    args.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// Answers one call as Slack would.
pub(super) fn call(team: &mut Team, method: &str, token: &str, args: &Args) -> Value {
    let answer = permitted(team, method, token, args).and_then(|()| match method {
        "auth.test" => Ok(json!({ "team": "Clowns To Go", "team_id": super::TEAM, "user_id": "UBOT", "bot_id": "B1" })),
        "apps.connections.open" => Ok(json!({ "url": team.sockets.ticket() })),
        "chat.postMessage" => super::chat::post(team, args),
        "chat.update" => super::chat::update(team, args),
        "chat.delete" => super::chat::delete(team, args),
        "conversations.history" | "conversations.replies" => super::chat::history(team, method, args),
        "conversations.open" => open(team, args),
        "conversations.info" => info(team, args),
        "users.lookupByEmail" => lookup(team, args),
        "users.info" => user(team, args),
        "files.getUploadURLExternal" => super::files::upload_url(team, args),
        "files.completeUploadExternal" => super::files::complete(team, args),
        "files.info" => super::files::look(team, args),
        _ => Err(Error("unknown_method")),
    });
    match answer {
        Ok(mut body) => {
            body["ok"] = json!(true);
            body
        }
        Err(Error("missing_scope")) => {
            let provided: Vec<&str> = team.scopes.iter().map(String::as_str).collect();
            let needed = scope_for(team, method, args).unwrap_or_default();
            json!({ "ok": false, "error": "missing_scope", "needed": needed, "provided": provided.join(",") })
        }
        Err(Error(code)) => json!({ "ok": false, "error": code }),
    }
}

fn permitted(team: &Team, method: &str, token: &str, args: &Args) -> Result<(), Error> {
    if token.is_empty() {
        return Err(Error("not_authed"));
    }
    let is_for_apps = method == "apps.connections.open";
    match token {
        super::TOKEN if !is_for_apps => {}
        super::APP_TOKEN if is_for_apps => {}
        super::TOKEN | super::APP_TOKEN => return Err(Error("not_allowed_token_type")),
        _ => return Err(Error("invalid_auth")),
    }
    if team.is_token_revoked {
        return Err(Error("token_revoked"));
    }
    match scope_for(team, method, args) {
        Some(scope) if !team.scopes.contains(scope) => Err(Error("missing_scope")),
        _ => Ok(()),
    }
}

fn scope_for(team: &Team, method: &str, args: &Args) -> Option<&'static str> {
    match method {
        "chat.postMessage" | "chat.update" | "chat.delete" => Some("chat:write"),
        "conversations.open" => Some("im:write"),
        "users.lookupByEmail" => Some("users:read.email"),
        "users.info" => Some("users:read"),
        "files.getUploadURLExternal" | "files.completeUploadExternal" => Some("files:write"),
        "files.info" => Some("files:read"),
        "conversations.info" => {
            Some(team.channel(text(args, "channel")).map_or("channels:read", |channel| channel.kind.read_scope()))
        }
        "conversations.history" | "conversations.replies" => {
            Some(team.channel(text(args, "channel")).map_or("channels:history", |channel| channel.kind.history_scope()))
        }
        _ => None,
    }
}

fn open(team: &mut Team, args: &Args) -> Answer {
    // A list is not what is documented: a comma-separated text.
    let Some(users) = args.get("users").and_then(Value::as_str).filter(|users| !users.is_empty()) else {
        return Err(Error("users_list_not_supplied"));
    };
    let id = team.open_direct(users).ok_or(Error("user_not_found"))?;
    Ok(json!({ "channel": { "id": id } }))
}

/// A channel as the app may see it: a private one without the app is none.
fn info(team: &Team, args: &Args) -> Answer {
    let channel = team.channel(text(args, "channel")).ok_or(Error("channel_not_found"))?;
    let is_private = channel.kind == Kind::Private;
    if is_private && !channel.has_app {
        return Err(Error("channel_not_found"));
    }
    Ok(json!({ "channel": { "id": channel.id, "name": channel.name, "is_channel": true, "is_private": is_private,
        "is_archived": channel.is_archived, "is_member": channel.has_app && !channel.is_archived } }))
}

fn lookup(team: &Team, args: &Args) -> Answer {
    let email = text(args, "email");
    let is_it = |user: &&User| user.email.eq_ignore_ascii_case(email) && !user.is_deactivated;
    Ok(shown(team, team.users.values().find(is_it).ok_or(Error("users_not_found"))?))
}

fn user(team: &Team, args: &Args) -> Answer {
    Ok(shown(team, team.users.get(text(args, "user")).ok_or(Error("user_not_found"))?))
}

/// A person; the address only where the app may read it.
fn shown(team: &Team, user: &User) -> Value {
    let mut profile = json!({});
    if team.scopes.contains("users:read.email") {
        profile["email"] = json!(user.email);
    }
    json!({ "user": { "id": user.id, "team_id": super::TEAM, "deleted": user.is_deactivated, "is_bot": false, "tz": user.zone,
        "profile": profile } })
}
