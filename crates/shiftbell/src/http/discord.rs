//! Discord's door: signed commands, completions and clicks. What answers them is in `answer/discord.rs`.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use secrecy::ExposeSecret;
use shiftbell_chat::discord::{read_interaction, verify};

use super::body;
use super::reply::Problem;
use crate::answer;
use crate::companies::Company;
use crate::program::Program;

/// Discord knows an answer once it has read it: before that there is nothing to edit, and it says so.
const READ_WITHIN: Duration = Duration::from_millis(400);

/// `POST /discord/interactions`
pub async fn interactions(
    State(program): State<Arc<Program>>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let bytes = body::read(body, program.config.body_bytes_max).await?;
    let signed = signed_by(&program, &headers, &bytes)?;
    let interaction =
        read_interaction(&bytes).map_err(|unreadable| Problem::new(StatusCode::BAD_REQUEST, unreadable.to_string()))?;
    let reply = answer::discord::to_interaction(&program, signed, interaction).await?;
    if let Some(afterwards) = reply.afterwards {
        program.tasks.spawn(async move {
            tokio::time::sleep(READ_WITHIN).await;
            afterwards.await;
        });
    }
    Ok(Json(reply.now).into_response())
}

/// The workspaces whose public key fits: one, unless several share an application.
fn signed_by(program: &Program, headers: &HeaderMap, body: &[u8]) -> Result<Vec<Arc<Company>>, Problem> {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let (timestamp, signature) = (header("x-signature-timestamp"), header("x-signature-ed25519"));
    let mut refused = None;
    let mut fitting = Vec::new();
    for company in program.companies.all() {
        let Some(key) = company.discord.as_ref().and_then(|discord| discord.public_key.as_ref()) else { continue };
        match verify(key.expose_secret(), signature, timestamp, body, program.clock.now()) {
            Ok(()) => fitting.push(Arc::clone(company)),
            Err(why) => refused = Some(why),
        }
    }
    match (fitting.is_empty(), refused) {
        (false, _) => Ok(fitting),
        (true, Some(why)) => {
            tracing::warn!(%why, "refused a request to Discord's door");
            Err(Problem::new(StatusCode::UNAUTHORIZED, why.to_string()))
        }
        (true, None) => Err(Problem::not_found(
            "no workspace here has a Discord public key; set the one its [outlets.discord] names",
        )),
    }
}
