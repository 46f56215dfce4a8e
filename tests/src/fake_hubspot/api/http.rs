//! The addresses of the API.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{ConnectInfo, OriginalUri, State};
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::{Json as Answer, Router};
use serde_json::{Value as Json, json};

use super::super::Object;
use super::{Shared, TOKEN, forms, items, locked, portal, read, search};
use crate::fake_server::{Connection, Fault};

/// What is refused: the status, and the body.
pub(super) type Refusal = (StatusCode, Json);

pub(super) fn router(shared: Arc<Shared>) -> Router {
    Router::new().fallback(asked).with_state(shared)
}

async fn asked(
    State(shared): State<Arc<Shared>>,
    ConnectInfo(connection): ConnectInfo<Connection>,
    method: Method,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let name = format!("{method} {}", uri.path());
    let act = || {
        let bearer = headers.get("authorization").and_then(|value| value.to_str().ok()).unwrap_or_default();
        let answer = answer(&shared, &method, &uri, bearer, &body);
        let most = locked(&shared.limits).per_ten_seconds.to_string();
        let limits =
            [("x-hubspot-ratelimit-max", most.as_str()), ("x-hubspot-ratelimit-interval-milliseconds", "10000")];
        match answer {
            Ok((status, json)) => (status, limits, Answer(json)).into_response(),
            Err(Refused::TooMany { seconds, json }) => {
                let retry_after = [("retry-after", seconds.to_string())];
                (StatusCode::TOO_MANY_REQUESTS, retry_after, Answer(json)).into_response()
            }
            Err(Refused::As((status, json))) => (status, limits, Answer(json)).into_response(),
        }
    };
    let mut answer = shared.faults.around(&name, &connection, said, act).await;
    answer.headers_mut().insert("date", shared.clock.http_date(*locked(&shared.ahead_ms)));
    answer
}

fn said(fault: &Fault) -> Response {
    match fault {
        Fault::SlowDown { retry_after_s } => {
            let body = json!({"status": "error", "message": "You have reached your ten_secondly_rolling limit.",
                "errorType": "RATE_LIMIT", "policyName": "TEN_SECONDLY_ROLLING"});
            (StatusCode::TOO_MANY_REQUESTS, [("retry-after", retry_after_s.to_string())], Answer(body)).into_response()
        }
        Fault::Error(_)
        | Fault::Status(_)
        | Fault::Hang
        | Fault::CutBefore
        | Fault::ActThenCut
        | Fault::ActThenHang
        | Fault::ActThenStatus(_) => StatusCode::OK.into_response(),
    }
}

enum Refused {
    As(Refusal),
    TooMany { seconds: i64, json: Json },
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Refused {
        Refused::As(refusal)
    }
}

fn answer(
    shared: &Shared,
    method: &Method,
    uri: &Uri,
    bearer: &str,
    body: &[u8],
) -> Result<(StatusCode, Json), Refused> {
    if bearer.strip_prefix("Bearer ") != Some(TOKEN) {
        let message = "Authentication credentials not found. This API supports OAuth 2.0 authentication and you can find more details at https://developers.hubspot.com/docs/methods/auth/oauth-overview";
        return Err((
            StatusCode::UNAUTHORIZED,
            json!({"status": "error", "message": message, "category": "INVALID_AUTHENTICATION"}),
        )
            .into());
    }
    let path = uri.path();
    let is_search = path.ends_with("/search");
    if let Err(too_many) = locked(&shared.limits).take(is_search, shared.clock.now()) {
        return Err(Refused::TooMany { seconds: too_many.retry_after_s, json: too_many.body() });
    }
    if let Some(answer) = portal::answer(shared, method, path, uri.query().unwrap_or_default(), body) {
        return Ok((StatusCode::OK, answer?));
    }
    let parts = address(path).ok_or_else(|| not_found(path))?;
    let json = || serde_json::from_slice::<Json>(body).map_err(|error| invalid(&error.to_string()));
    let object = |word: &str| {
        Object::from_path(word).ok_or_else(|| invalid(&format!("Unable to infer object type from: {word}")))
    };
    match (method, parts.as_slice()) {
        (&Method::GET, ["properties", kind]) => {
            let object = permitted(shared, object(kind)?)?;
            Ok((StatusCode::OK, portal::properties(&locked(&shared.portal), object)))
        }
        (&Method::GET, ["objects", kind]) => {
            let object = permitted(shared, object(kind)?)?;
            Ok((StatusCode::OK, read::list(&locked(&shared.portal), object, uri.query().unwrap_or_default())?))
        }
        (&Method::GET, ["form-integrations", "submissions", "forms", form]) => {
            permitted_by(shared, "forms")?;
            let query = uri.query().unwrap_or_default();
            Ok((StatusCode::OK, forms::filled(&locked(&shared.portal), form, query)?))
        }
        (&Method::POST, ["objects", "line_items", "batch", "read"]) => {
            permitted_by(shared, "crm.objects.line_items.read")?;
            Ok((StatusCode::OK, items::batch(&locked(&shared.portal), &json()?)?))
        }
        (&Method::POST, ["associations", "deals", "line_items", "batch", "read"]) => {
            permitted_by(shared, "crm.objects.line_items.read")?;
            Ok((StatusCode::OK, items::of_deals(&locked(&shared.portal), &json()?)?))
        }
        (&Method::POST, ["objects", kind, "search"]) => {
            let object = permitted(shared, object(kind)?)?;
            let mut deepest = locked(&shared.deepest);
            Ok((StatusCode::OK, search::search(&locked(&shared.portal), object, &json()?, &mut deepest)?))
        }
        (&Method::POST, ["objects", kind, "batch", "read"]) => {
            let object = permitted(shared, object(kind)?)?;
            Ok(read::batch(&locked(&shared.portal), object, &json()?)?)
        }
        (&Method::POST, ["associations", from, to, "batch", "read"]) => {
            let (from, to) = (permitted(shared, object(from)?)?, permitted(shared, object(to)?)?);
            Ok((StatusCode::OK, read::associations(&locked(&shared.portal), from, to, &json()?)?))
        }
        _ => Err(not_found(path).into()),
    }
}

/// The parts of an address without its version: `v3` stands before the area, a date behind it.
fn address(path: &str) -> Option<Vec<&str>> {
    let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
    if let ["marketing", "v3", "forms"] = parts.as_slice() {
        return Some(vec!["marketing", "forms"]);
    }
    if let ["form-integrations", "v1", rest @ ..] = parts.as_slice() {
        return Some(std::iter::once("form-integrations").chain(rest.iter().copied()).collect());
    }
    let ["crm", first, second, rest @ ..] = parts.as_slice() else { return None };
    let is_date = second.len() == 7 && second.as_bytes()[4] == b'-';
    let area = match (first, is_date) {
        (&("v3" | "v4"), _) => second,
        (_, true) => first,
        _ => return None,
    };
    Some(std::iter::once(*area).chain(rest.iter().copied()).collect())
}

fn permitted(shared: &Shared, object: Object) -> Result<Object, Refusal> {
    permitted_by(shared, object.scope()).map(|()| object)
}

/// 403, if the token was not given this scope.
pub(super) fn permitted_by(shared: &Shared, scope: &str) -> Result<(), Refusal> {
    if locked(&shared.scopes).contains(scope) {
        return Ok(());
    }
    let message = "This app hasn't been granted all required scopes to make this call. Read more about required scopes here: https://developers.hubspot.com/scopes.";
    let errors = json!([{"message": "One or more of the following scopes are required.",
        "context": {"requiredGranularScopes": [scope]}}]);
    Err((
        StatusCode::FORBIDDEN,
        json!({"status": "error", "message": message, "errors": errors, "category": "MISSING_SCOPES"}),
    ))
}

fn not_found(path: &str) -> Refusal {
    (StatusCode::NOT_FOUND, json!({"status": "error", "message": format!("No resource at {path}")}))
}

/// 400, as for everything that cannot be.
pub(super) fn invalid(message: &str) -> Refusal {
    (StatusCode::BAD_REQUEST, json!({"status": "error", "message": message, "category": "VALIDATION_ERROR"}))
}
