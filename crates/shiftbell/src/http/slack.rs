//! Slack's door: slash commands and clicks.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::json;
use shiftbell_chat::slack::{Command, Interaction, command_response, read_command, read_interaction, verify};
use shiftbell_chat::{Asked, Clicked, ReplyTo, Visibility};
use shiftbell_render::document::Document;

use super::body;
use super::reply::Problem;
use crate::answer::{self, Asker};
use crate::companies::Company;
use crate::program::Program;

/// Slack shows an error after 3 s; until then the answer travels in the response itself.
/// <https://docs.slack.dev/interactivity/implementing-slash-commands#responding_to_commands>
const ANSWER_WITHIN: Duration = Duration::from_millis(2_500);

/// `POST /slack/commands`
pub async fn commands(
    State(program): State<Arc<Program>>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let bytes = body::read(body, program.config.body_bytes_max).await?;
    let signed = signed_by(&program, &headers, &bytes)?;
    let asked = match read_command(&bytes, &program.config.slack_api_url) {
        Ok(Command::Asked(asked)) => asked,
        Ok(Command::Tested) => return Ok(StatusCode::OK.into_response()),
        Err(unreadable) => return Err(Problem::new(StatusCode::BAD_REQUEST, unreadable.to_string())),
    };
    let company = of_team(signed, &asked.place)?;
    Ok(answered(program, company, asked.reply.clone(), Words::Typed(asked)).await)
}

/// `POST /slack/interactions`
pub async fn interactions(
    State(program): State<Arc<Program>>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let bytes = body::read(body, program.config.body_bytes_max).await?;
    let signed = signed_by(&program, &headers, &bytes)?;
    match read_interaction(&bytes, &program.config.slack_api_url) {
        Ok(Interaction::Clicked(clicked)) => {
            let company = of_team(signed, &clicked.place)?;
            let reply = clicked.reply.clone();
            // A click is acknowledged at once: its answer is a message of its own, not the response.
            program.clone().tasks.spawn(async move {
                let (document, visibility) = words(&program, &company, Words::Clicked(clicked)).await;
                later(&program, &company, &reply, &document, visibility).await;
            });
            Ok(StatusCode::OK.into_response())
        }
        Ok(Interaction::Unwanted { kind }) => {
            metrics::counter!("shiftbell_unwanted_interactions_total", "outlet" => "slack", "kind" => kind)
                .increment(1);
            Ok(StatusCode::OK.into_response())
        }
        Err(unreadable) => Err(Problem::new(StatusCode::BAD_REQUEST, unreadable.to_string())),
    }
}

enum Words {
    Typed(Asked),
    Clicked(Clicked),
}

/// The workspaces whose signing secret fits: one, unless several share a Slack app.
fn signed_by(program: &Program, headers: &HeaderMap, body: &[u8]) -> Result<Vec<Arc<Company>>, Problem> {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let (timestamp, signature) = (header("x-slack-request-timestamp"), header("x-slack-signature"));
    let mut refused = None;
    let mut fitting = Vec::new();
    for company in program.companies.all() {
        let Some(secret) = company.slack.as_ref().and_then(|slack| slack.signing_secret.as_ref()) else { continue };
        match verify(secret, timestamp, signature, body, program.clock.now()) {
            Ok(()) => fitting.push(Arc::clone(company)),
            Err(why) => refused = Some(why),
        }
    }
    match (fitting.is_empty(), refused) {
        (false, _) => Ok(fitting),
        (true, Some(why)) => {
            tracing::warn!(%why, "refused a request to Slack's door");
            Err(Problem::new(StatusCode::UNAUTHORIZED, why.to_string()))
        }
        (true, None) => Err(Problem::not_found(
            "no workspace here has a Slack signing secret; set the one its [outlets.slack] names",
        )),
    }
}

fn of_team(mut signed: Vec<Arc<Company>>, team: &str) -> Result<Arc<Company>, Problem> {
    let is_team =
        |company: &Arc<Company>| company.slack.as_ref().is_some_and(|slack| slack.team.as_deref() == Some(team));
    if let Some(place) = signed.iter().position(is_team) {
        return Ok(signed.swap_remove(place));
    }
    match signed.pop() {
        // Signed with the one secret there is: the team is only written differently in the file, or not at all.
        Some(only) if signed.is_empty() => Ok(only),
        _ => Err(Problem::not_found(format!(
            "no workspace here belongs to the Slack team {team}; set `team` in [outlets.slack]"
        ))),
    }
}

/// The answer in the response if it is ready in time, else afterwards.
async fn answered(program: Arc<Program>, company: Arc<Company>, reply: ReplyTo, said: Words) -> Response {
    let working = {
        let (program, company) = (Arc::clone(&program), Arc::clone(&company));
        program.clone().tasks.spawn(async move { words(&program, &company, said).await })
    };
    let mut working = working;
    match tokio::time::timeout(ANSWER_WITHIN, &mut working).await {
        Ok(Ok((document, visibility))) => {
            Json(command_response(&shiftbell_render::slack::message(&document, None), visibility)).into_response()
        }
        Ok(Err(_)) => Json(json!({"response_type": "ephemeral", "text": answer::FAILED})).into_response(),
        Err(_) => {
            program.clone().tasks.spawn(async move {
                if let Ok((document, visibility)) = working.await {
                    later(&program, &company, &reply, &document, visibility).await;
                }
            });
            Json(json!({"response_type": "ephemeral", "text": "One moment, this takes a little longer ..."}))
                .into_response()
        }
    }
}

async fn words(program: &Program, company: &Company, said: Words) -> (Document, Visibility) {
    match said {
        Words::Typed(asked) => {
            let asker = Asker::of_chat(program, company, asked.outlet, &asked.user).await;
            answer::to_command(program, company, &asker, &asked.command, &asked.text).await
        }
        Words::Clicked(clicked) => {
            let asker = Asker::of_chat(program, company, clicked.outlet, &clicked.user).await;
            answer::to_click(program, company, &asker, &clicked.value).await
        }
    }
}

/// Sends an answer to the address that the request named.
async fn later(program: &Program, company: &Company, reply: &ReplyTo, document: &Document, visibility: Visibility) {
    let body = command_response(&shiftbell_render::slack::message(document, None), visibility);
    crate::outlets::respond(program, company, reply, &body).await;
}
