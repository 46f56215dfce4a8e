//! The webhooks' door: believe it, make it durable, say so.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::{OriginalUri, Path, State};
use axum::http::header::RETRY_AFTER;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::json;
use shiftbell_metrics::time::Instant;
use shiftbell_sources::{Refused, Request, SignatureUsed, delivery_key, verify};
use shiftbell_store::inbox::{Delivery, Receipt};

use super::body;
use super::reply::Problem;
use crate::clock::Stopwatch;
use crate::companies::Door;
use crate::program::Program;

/// When a source that was refused for too much may send again.
const RETRY_AFTER_S: HeaderValue = HeaderValue::from_static("30");

/// `POST /hooks/{workspace}/{source}`: 202 when the bytes are durable, 200 when they already were.
pub async fn receive(
    State(program): State<Arc<Program>>,
    Path((workspace, source)): Path<(String, String)>,
    method: Method,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let bytes = body::read(body, program.config.body_bytes_max).await?;
    let began = Stopwatch::start();
    let Some(company) = program.companies.get(&workspace) else {
        return Err(Problem::not_found(format!("there is no workspace `{}` here", shortened(&workspace))));
    };
    let Some(door) = company.doors.get(&source) else {
        let known: Vec<&str> = company.doors.keys().map(String::as_str).collect();
        return Err(Problem::not_found(format!(
            "workspace `{workspace}` has no active source `{}`; it has {}",
            shortened(&source),
            known.join(", ")
        )));
    };
    let path = uri.path_and_query().map_or_else(|| uri.path(), |path| path.as_str());
    let url = format!("{}{path}", program.config.public_base());
    let now = program.clock.now();
    let believed = believed(door, method.as_str(), &url, &headers, &bytes, now);
    program.signatures.checked(&workspace, &source, &believed, now);
    let (signature, key) = believed.map_err(|refused| {
        count(&source, "refused");
        tracing::warn!(workspace, source, why = %refused, "refused a delivery");
        let status = StatusCode::from_u16(refused.status()).unwrap_or(StatusCode::UNAUTHORIZED);
        Problem::new(status, refused.to_string())
    })?;
    if program.readiness.unread(&workspace) >= program.config.backlog_max {
        count(&source, "too many");
        return Ok(come_back_later(&workspace));
    }
    let delivery = Delivery {
        workspace: workspace.clone(),
        source: source.clone(),
        received_at_ms: now.as_ms(),
        headers: signature.word().to_owned(),
        body: bytes.to_vec(),
        dedupe: Some(key),
    };
    let receipt =
        program.receiver.receive(delivery).await.map_err(|error| Problem::ours(&error, "keep this delivery"))?;
    metrics::histogram!("shiftbell_receive_seconds").record(began.elapsed_s());
    match receipt {
        Receipt::New(id) => {
            count(&source, "new");
            program.readiness.one_more(&workspace);
            program.woken.intake.notify_one();
            Ok((StatusCode::ACCEPTED, Json(json!({ "delivery": id }))).into_response())
        }
        Receipt::AlreadyKnown => {
            count(&source, "known");
            Ok((StatusCode::OK, Json(json!({ "delivery": "known" }))).into_response())
        }
    }
}

/// The sources of a company with too much unread send again later; those of others are not delayed by it.
fn come_back_later(workspace: &str) -> Response {
    let sentence = format!(
        "workspace `{workspace}` has too many unread deliveries; send this one again later (`backlog_max` in shiftbell.toml)"
    );
    let mut response = Problem::new(StatusCode::TOO_MANY_REQUESTS, sentence).into_response();
    response.headers_mut().insert(RETRY_AFTER, RETRY_AFTER_S);
    response
}

/// Checks who sent it. Returns the signature that was accepted, and what makes the same delivery the same.
fn believed(
    door: &Door,
    method: &str,
    url: &str,
    headers: &HeaderMap,
    body: &[u8],
    now: Instant,
) -> Result<(SignatureUsed, String), Refused> {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let request = Request { method, url, header: &header, body };
    let signature = verify(door.kind, &request, &door.secrets, &door.settings, now)?;
    Ok((signature, delivery_key(door.kind, &request)))
}

fn count(source: &str, answer: &'static str) {
    metrics::counter!("shiftbell_deliveries_received_total", "source" => source.to_owned(), "answer" => answer)
        .increment(1);
}

fn shortened(text: &str) -> String {
    text.chars().take(60).collect()
}
