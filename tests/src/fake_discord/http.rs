//! The addresses of the stand-in.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{ConnectInfo, FromRequest, Path, Query, Request, State};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, patch, post, put};
use axum::{Json, Router};
use serde_json::{Value, json};

use super::messages::{self, Answer, Error, Sent};
use super::{APPLICATION, BOT_USER, Shared, TOKEN};
use crate::fake_server::{Connection, Fault};

type App = State<Arc<Shared>>;
type From = ConnectInfo<Connection>;

pub(super) fn router(shared: Arc<Shared>) -> Router {
    let api = Router::new()
        .route("/channels/{channel}/messages", post(post_message).get(list_messages))
        .route("/channels/{channel}/messages/{message}", patch(edit_message).delete(delete_message))
        .route("/users/@me/channels", post(open_direct))
        .route("/users/@me", get(me))
        .route("/channels/{channel}", get(channel))
        .route("/guilds/{guild}/members/{user}", get(member))
        .route("/guilds/{guild}/roles", get(roles))
        .route("/gateway/bot", get(gateway))
        .route("/interactions/{interaction}/{token}/callback", post(call_back))
        .route("/webhooks/{application}/{token}/messages/@original", patch(edit_original))
        .route("/oauth2/applications/@me", get(application))
        .route("/applications/{application}/commands", put(commands).get(commands))
        .route("/applications/{application}/guilds/{guild}/commands", put(guild_commands).get(guild_commands));
    Router::new().nest("/api/v10", api).with_state(shared)
}

impl Shared {
    /// One request: permitted, not at fault, acted on, answered.
    async fn around(
        &self,
        method: &str,
        connection: &Connection,
        headers: &HeaderMap,
        act: impl FnOnce() -> Answer,
    ) -> Response {
        let is_ours = headers.get("authorization").is_some_and(|value| *value == format!("Bot {TOKEN}").as_str());
        let act = || {
            let answer =
                if is_ours && !self.guild().is_token_revoked { act() } else { Err(Error(401, 0, "401: Unauthorized")) };
            self.said.notify_waiters();
            match answer {
                Ok(Value::Null) => StatusCode::NO_CONTENT.into_response(),
                Ok(body) => Json(body).into_response(),
                Err(Error(status, code, message)) => error(status, code, message),
            }
        };
        self.faults.around(method, connection, said, act).await
    }
}

fn error(status: u16, code: i64, message: &str) -> Response {
    let status = StatusCode::from_u16(status).expect("a status");
    (status, Json(json!({ "code": code, "message": message }))).into_response()
}

fn said(fault: &Fault) -> Response {
    match fault {
        Fault::SlowDown { retry_after_s } => slow_down(i64::from(*retry_after_s) * 1_000),
        Fault::Error(code) => error(400, code.parse().expect("discord's codes are numbers"), "told to"),
        Fault::Status(_)
        | Fault::Hang
        | Fault::CutBefore
        | Fault::ActThenCut
        | Fault::ActThenHang
        | Fault::ActThenStatus(_) => StatusCode::OK.into_response(),
    }
}

fn slow_down(after_ms: i64) -> Response {
    let seconds = after_ms as f64 / 1_000.0;
    let body = Json(json!({ "message": "You are being rate limited.", "retry_after": seconds, "global": false }));
    (StatusCode::TOO_MANY_REQUESTS, [("retry-after", seconds.ceil().to_string())], body).into_response()
}

/// A body as JSON, or as a form of files with the JSON in `payload_json`.
async fn read_body(request: Request) -> Result<Sent, StatusCode> {
    let bad = StatusCode::BAD_REQUEST;
    let kind = request.headers().get("content-type").and_then(|kind| kind.to_str().ok()).unwrap_or_default().to_owned();
    let bytes = Bytes::from_request(request, &()).await.map_err(|_| bad)?;
    let Some((_, boundary)) = kind.split_once("multipart/form-data; boundary=") else {
        let body = serde_json::from_slice(&bytes).map_err(|_| bad)?;
        return Ok(Sent { body, files: Vec::new() });
    };
    let (mut body, mut files) = (Value::Null, Vec::new());
    for part in parts(&bytes, boundary.trim_matches('"')) {
        let blank = find(part, b"\r\n\r\n").ok_or(bad)?;
        let (head, content) = (String::from_utf8_lossy(&part[..blank]), &part[blank + 4..]);
        let quoted = |name: &str| head.split_once(&format!("{name}=\"")).and_then(|(_, rest)| rest.split('"').next());
        match (quoted(" name"), quoted("filename")) {
            (Some(name), Some(file)) if name == format!("files[{}]", files.len()) && !content.is_empty() => {
                files.push(file.to_owned());
            }
            (Some("payload_json"), None) => body = serde_json::from_slice(content).map_err(|_| bad)?,
            _ => return Err(bad),
        }
    }
    Ok(Sent { body, files })
}

/// What stands between the boundaries of a form.
fn parts<'a>(form: &'a [u8], boundary: &str) -> Vec<&'a [u8]> {
    let (first, next) = (format!("--{boundary}\r\n"), format!("\r\n--{boundary}"));
    let mut parts = Vec::new();
    let mut rest = form.strip_prefix(first.as_bytes()).unwrap_or_default();
    while let Some(end) = find(rest, next.as_bytes()) {
        parts.push(&rest[..end]);
        rest = rest[end + next.len()..].strip_prefix(b"\r\n").unwrap_or_default();
    }
    parts
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}

async fn post_message(
    State(shared): App,
    ConnectInfo(connection): From,
    Path(channel): Path<String>,
    headers: HeaderMap,
    request: Request,
) -> Response {
    let sent = match read_body(request).await {
        Ok(sent) => sent,
        Err(status) => return error(status.as_u16(), 50_109, "The request body contains invalid JSON."),
    };
    let place = messages::take_from_bucket(&mut shared.guild(), &channel);
    if let Some((None, left_ms)) = place {
        shared.faults.next("POST channels/messages");
        return slow_down(left_ms);
    }
    let act = || messages::post(&mut shared.guild(), &channel, &sent);
    let mut answer = shared.around("POST channels/messages", &connection, &headers, act).await;
    if let Some((Some(left), left_ms)) = place {
        let reset = (left_ms as f64 / 1_000.0).to_string();
        for (name, value) in [("bucket", "b1"), ("remaining", &left.to_string()), ("reset-after", &reset)] {
            let name = axum::http::HeaderName::try_from(format!("x-ratelimit-{name}")).expect("a name");
            answer.headers_mut().insert(name, value.parse().expect("a value"));
        }
    }
    answer
}

async fn list_messages(
    State(shared): App,
    ConnectInfo(connection): From,
    Path(channel): Path<String>,
    Query(query): Query<std::collections::BTreeMap<String, String>>,
    headers: HeaderMap,
) -> Response {
    let after = query.get("after").and_then(|after| after.parse().ok()).unwrap_or(0);
    let limit = query.get("limit").and_then(|limit| limit.parse().ok()).unwrap_or(50);
    let act = || messages::list(&shared.guild(), &channel, after, limit);
    shared.around("GET channels/messages", &connection, &headers, act).await
}

async fn edit_message(
    State(shared): App,
    ConnectInfo(connection): From,
    Path((channel, message)): Path<(String, String)>,
    headers: HeaderMap,
    request: Request,
) -> Response {
    let Ok(sent) = read_body(request).await else { return error(400, 50_109, "invalid JSON") };
    let act = || messages::edit(&mut shared.guild(), &channel, &message, &sent);
    shared.around("PATCH channels/messages", &connection, &headers, act).await
}

async fn delete_message(
    State(shared): App,
    ConnectInfo(connection): From,
    Path((channel, message)): Path<(String, String)>,
    headers: HeaderMap,
) -> Response {
    let act = || messages::delete(&mut shared.guild(), &channel, &message);
    shared.around("DELETE channels/messages", &connection, &headers, act).await
}

async fn open_direct(State(shared): App, ConnectInfo(connection): From, headers: HeaderMap, body: Bytes) -> Response {
    let body: Value = serde_json::from_slice(&body).unwrap_or(Value::Null);
    let user = body["recipient_id"].as_str().unwrap_or_default().to_owned();
    let act = || messages::open_direct(&mut shared.guild(), &user);
    shared.around("POST users/channels", &connection, &headers, act).await
}

async fn me(State(shared): App, ConnectInfo(connection): From, headers: HeaderMap) -> Response {
    shared.around("GET users", &connection, &headers, || Ok(json!({ "id": BOT_USER, "bot": true }))).await
}

async fn gateway(State(shared): App, ConnectInfo(connection): From, headers: HeaderMap) -> Response {
    shared.around("GET gateway", &connection, &headers, || Ok(shared.guild().gateway.address())).await
}

/// The first answer to an interaction that was brought over the gateway.
async fn call_back(
    State(shared): App,
    ConnectInfo(connection): From,
    Path((_, token)): Path<(String, String)>,
    body: Bytes,
) -> Response {
    let act = || {
        let answer = {
            let mut guild = shared.guild();
            match serde_json::from_slice::<Value>(&body) {
                _ if !guild.interactions.contains_key(&token) => Err(Error(404, 10_062, "Unknown interaction")),
                Err(_) => Err(Error(400, 50_109, "invalid JSON")),
                Ok(_) if guild.gateway.called_back.contains_key(&token) => {
                    Err(Error(400, 40_060, "Interaction has already been acknowledged."))
                }
                Ok(body) => {
                    guild.gateway.called_back.insert(token.clone(), body);
                    Ok(())
                }
            }
        };
        shared.said.notify_waiters();
        match answer {
            Ok(()) => StatusCode::NO_CONTENT.into_response(),
            Err(Error(status, code, message)) => error(status, code, message),
        }
    };
    shared.faults.around("POST interactions/callback", &connection, said, act).await
}

/// The token of the interaction is permission enough.
async fn edit_original(
    State(shared): App,
    ConnectInfo(connection): From,
    Path((application, token)): Path<(String, String)>,
    request: Request,
) -> Response {
    let Ok(sent) = read_body(request).await else { return error(400, 50_109, "invalid JSON") };
    let act = || {
        let answer = if application == APPLICATION {
            messages::edit_original(&mut shared.guild(), &token, &sent)
        } else {
            Err(Error(404, 10_015, "Unknown Webhook"))
        };
        shared.said.notify_waiters();
        match answer {
            Ok(body) => Json(body).into_response(),
            Err(Error(status, code, message)) => error(status, code, message),
        }
    };
    shared.faults.around("PATCH webhooks/original", &connection, said, act).await
}

async fn channel(
    State(shared): App,
    ConnectInfo(connection): From,
    Path(channel): Path<String>,
    headers: HeaderMap,
) -> Response {
    let act = || messages::channel(&shared.guild(), &channel);
    shared.around("GET channels", &connection, &headers, act).await
}

async fn member(
    State(shared): App,
    ConnectInfo(connection): From,
    Path((guild, user)): Path<(String, String)>,
    headers: HeaderMap,
) -> Response {
    let act = || messages::member(&shared.guild(), &guild, &user);
    shared.around("GET guilds/members", &connection, &headers, act).await
}

async fn roles(
    State(shared): App,
    ConnectInfo(connection): From,
    Path(guild): Path<String>,
    headers: HeaderMap,
) -> Response {
    let act = || messages::roles(&shared.guild(), &guild);
    shared.around("GET guilds/roles", &connection, &headers, act).await
}

async fn application(State(shared): App, ConnectInfo(connection): From, headers: HeaderMap) -> Response {
    shared.around("GET oauth2/applications", &connection, &headers, || Ok(json!({ "id": APPLICATION }))).await
}

async fn commands(
    State(shared): App,
    ConnectInfo(connection): From,
    Path(application): Path<String>,
    method: Method,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let act = || messages::commands(&mut shared.guild(), &application, None, body_of(&method, &body)?);
    shared.around(&format!("{method} applications/commands"), &connection, &headers, act).await
}

async fn guild_commands(
    State(shared): App,
    ConnectInfo(connection): From,
    Path((application, guild)): Path<(String, String)>,
    method: Method,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let act = || messages::commands(&mut shared.guild(), &application, Some(&guild), body_of(&method, &body)?);
    shared.around(&format!("{method} applications/commands"), &connection, &headers, act).await
}

/// What is put; nothing where it is only read.
fn body_of(method: &Method, body: &[u8]) -> Result<Option<Value>, Error> {
    if *method == Method::GET {
        return Ok(None);
    }
    serde_json::from_slice(body).map(Some).map_err(|_| Error(400, 50_109, "invalid JSON"))
}
