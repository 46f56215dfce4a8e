//! Slack's door: signed slash commands and clicks. What answers them is in `answer/slack.rs`.

use std::sync::Arc;

use axum::Json;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use shiftbell_chat::Unreadable;
use shiftbell_chat::slack::{Told, read_command, read_interaction, verify};

use super::body;
use super::reply::Problem;
use crate::answer;
use crate::companies::Company;
use crate::program::Program;

/// `POST /slack/commands`
pub async fn commands(
    State(program): State<Arc<Program>>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let (bytes, signed) = believed(&program, &headers, body).await?;
    let told = read_command(&bytes, &program.config.slack_api_url).map(Told::Command);
    answered(&program, signed, told).await
}

/// `POST /slack/interactions`
pub async fn interactions(
    State(program): State<Arc<Program>>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let (bytes, signed) = believed(&program, &headers, body).await?;
    let told = read_interaction(&bytes, &program.config.slack_api_url).map(Told::Interaction);
    answered(&program, signed, told).await
}

/// The answer in the response, or an empty one.
async fn answered(
    program: &Arc<Program>,
    signed: Vec<Arc<Company>>,
    told: Result<Told, Unreadable>,
) -> Result<Response, Problem> {
    let told = told.map_err(|unreadable| Problem::new(StatusCode::BAD_REQUEST, unreadable.to_string()))?;
    Ok(match answer::slack::to_told(program, signed, told).await? {
        Some(body) => Json(body).into_response(),
        None => StatusCode::OK.into_response(),
    })
}

/// The body, and the workspaces whose signing secret fits it: one, unless several share a Slack app.
async fn believed(program: &Program, headers: &HeaderMap, body: Body) -> Result<(Bytes, Vec<Arc<Company>>), Problem> {
    let bytes = body::read(body, program.config.body_bytes_max).await?;
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let (timestamp, signature) = (header("x-slack-request-timestamp"), header("x-slack-signature"));
    let mut refused = None;
    let mut fitting = Vec::new();
    for company in program.companies.all() {
        let Some(secret) = company.slack.as_ref().and_then(|slack| slack.signing_secret.as_ref()) else { continue };
        match verify(secret, timestamp, signature, &bytes, program.clock.now()) {
            Ok(()) => fitting.push(Arc::clone(company)),
            Err(why) => refused = Some(why),
        }
    }
    match (fitting.is_empty(), refused) {
        (false, _) => Ok((bytes, fitting)),
        (true, Some(why)) => {
            tracing::warn!(%why, "refused a request to Slack's door");
            Err(Problem::new(StatusCode::UNAUTHORIZED, why.to_string()))
        }
        (true, None) => Err(Problem::not_found(
            "no workspace here has a Slack signing secret; set the one its [outlets.slack] names, or use Socket Mode (app_token)",
        )),
    }
}
