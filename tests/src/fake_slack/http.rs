//! The addresses of the stand-in.

use std::sync::Arc;

use axum::Json;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{ConnectInfo, Path, RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, post};
use serde_json::{Value, json};

use super::methods::{self, Args};
use super::team::{Posted, REPLIES_MAX, REPLY_AGE_MS_MAX};
use super::{Shared, files, rules};
use crate::fake_server::{Connection, Fault};

pub(super) fn router(shared: Arc<Shared>) -> Router {
    Router::new()
        .route("/api/{method}", any(api))
        .route("/upload/{file}", post(upload))
        .route("/respond/{id}", post(respond))
        .with_state(shared)
}

async fn api(
    State(shared): State<Arc<Shared>>,
    ConnectInfo(connection): ConnectInfo<Connection>,
    Path(method): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let act = || {
        let bearer = headers.get("authorization").and_then(|value| value.to_str().ok());
        let token = bearer.and_then(|value| value.strip_prefix("Bearer ")).unwrap_or_default();
        let kind = headers.get("content-type").and_then(|value| value.to_str().ok()).unwrap_or_default();
        let args = match read_args(query.as_deref().unwrap_or_default(), kind, &body) {
            Ok(args) => args,
            Err(code) => return Json(json!({ "ok": false, "error": code })).into_response(),
        };
        let answer = methods::call(&mut shared.team(), &method, token, &args);
        shared.said.notify_waiters();
        if answer["error"] == "ratelimited" {
            return slow_down(1);
        }
        // Slack says with every answer what the token may do.
        let scopes: Vec<String> = shared.team().scopes.iter().cloned().collect();
        ([("x-oauth-scopes", scopes.join(","))], Json(answer)).into_response()
    };
    let mut answer = shared.faults.around(&method, &connection, said, act).await;
    let ahead_ms = shared.team().ahead_ms;
    answer.headers_mut().insert("date", shared.clock.http_date(ahead_ms));
    answer
}

fn said(fault: &Fault) -> Response {
    match fault {
        Fault::SlowDown { retry_after_s } => slow_down(*retry_after_s),
        Fault::Error(code) => Json(json!({ "ok": false, "error": code })).into_response(),
        Fault::Status(_)
        | Fault::Hang
        | Fault::CutBefore
        | Fault::ActThenCut
        | Fault::ActThenHang
        | Fault::ActThenStatus(_) => StatusCode::OK.into_response(),
    }
}

fn slow_down(retry_after_s: u32) -> Response {
    let body = Json(json!({ "ok": false, "error": "ratelimited" }));
    (StatusCode::TOO_MANY_REQUESTS, [("retry-after", retry_after_s.to_string())], body).into_response()
}

/// Arguments from the query and the body, as the content type says.
fn read_args(query: &str, kind: &str, body: &[u8]) -> Result<Args, &'static str> {
    let mut args: Args = pairs(query).into_iter().map(|(key, value)| (key, Value::String(value))).collect();
    if body.is_empty() {
        return Ok(args);
    }
    if kind.starts_with("application/json") {
        match serde_json::from_slice(body) {
            Ok(Value::Object(fields)) => args.extend(fields),
            Ok(_) => return Err("json_not_object"),
            Err(_) => return Err("invalid_json"),
        }
    } else if let Ok(form) = std::str::from_utf8(body) {
        args.extend(pairs(form).into_iter().map(|(key, value)| (key, Value::String(value))));
    }
    Ok(args)
}

fn pairs(query: &str) -> Vec<(String, String)> {
    let url = reqwest::Url::parse(&format!("http://fake/?{}", query.replace('#', "%23"))).expect("a query");
    url.query_pairs().map(|(key, value)| (key.into_owned(), value.into_owned())).collect()
}

async fn upload(
    State(shared): State<Arc<Shared>>,
    ConnectInfo(connection): ConnectInfo<Connection>,
    Path(file): Path<String>,
    body: Bytes,
) -> Response {
    let act = || {
        let is_taken = files::receive(&mut shared.team(), &file, &body);
        if is_taken { "OK - 1".into_response() } else { StatusCode::BAD_REQUEST.into_response() }
    };
    shared.faults.around("upload", &connection, said, act).await
}

async fn respond(
    State(shared): State<Arc<Shared>>,
    ConnectInfo(connection): ConnectInfo<Connection>,
    Path(id): Path<String>,
    body: Bytes,
) -> Response {
    let act = || {
        let answer = take_reply(&shared, &id, &body);
        shared.said.notify_waiters();
        match answer {
            Ok(()) => "ok".into_response(),
            Err((status, code)) => (status, Json(json!({ "ok": false, "error": code }))).into_response(),
        }
    };
    shared.faults.around("response_url", &connection, said, act).await
}

fn take_reply(shared: &Shared, id: &str, body: &[u8]) -> Result<(), (StatusCode, &'static str)> {
    let body: Value = serde_json::from_slice(body).map_err(|_| (StatusCode::BAD_REQUEST, "invalid_payload"))?;
    let mut team = shared.team();
    let now = team.clock.now();
    let address = team.reply_addresses.get_mut(id).ok_or((StatusCode::NOT_FOUND, "expired_url"))?;
    if now.since(address.given_at) > REPLY_AGE_MS_MAX {
        return Err((StatusCode::NOT_FOUND, "expired_url"));
    }
    if address.used >= REPLIES_MAX {
        return Err((StatusCode::NOT_FOUND, "used_url"));
    }
    address.used += 1;
    say_to_asker(&mut team, id, &body).map_err(|code| (StatusCode::BAD_REQUEST, code))
}

/// Shows an answer, direct or later, as its `response_type` and `replace_original` say.
pub(super) fn say_to_asker(team: &mut super::Team, id: &str, body: &Value) -> Result<(), &'static str> {
    let args = body.as_object().ok_or("invalid_payload")?;
    rules::check_message(team, args).map_err(|methods::Error(code)| code)?;
    let address = team.reply_addresses.get(id).ok_or("expired_url")?;
    let (channel, user, original) = (address.channel.clone(), address.user.clone(), address.original_ts.clone());
    let ts = team.next_ts();
    let channel = team.channel_mut(&channel);
    if body["replace_original"] == true {
        let posted = channel.posted.iter_mut().find(|one| Some(&one.ts) == original.as_ref());
        let posted = posted.ok_or("message_not_found")?;
        posted.body = body.clone();
        posted.is_edited = true;
        posted.answers = Some(id.to_owned());
        return Ok(());
    }
    let only_for = if body["response_type"] == "in_channel" { None } else { Some(user) };
    let answers = Some(id.to_owned());
    channel.posted.push(Posted { ts, body: body.clone(), thread_ts: None, is_edited: false, only_for, answers });
    Ok(())
}
