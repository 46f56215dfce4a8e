//! Discord's door: commands, completions and clicks.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use secrecy::ExposeSecret;
use shiftbell_chat::discord::{
    Choice, Completing, Interaction, choices_response, deferred_response, interaction_response, pong, read_interaction,
    verify,
};
use shiftbell_chat::{Outlet, ReplyTo, Visibility};
use shiftbell_render::document::Document;

use super::body;
use super::reply::Problem;
use crate::answer::{self, Asker};
use crate::companies::Company;
use crate::program::Program;

/// Discord gives up after 3 s; until then the answer travels in the response itself.
/// <https://docs.discord.com/developers/interactions/receiving-and-responding#interaction-callback>
const ANSWER_WITHIN: Duration = Duration::from_millis(2_500);

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
    match interaction {
        Interaction::Ping => Ok(Json(pong()).into_response()),
        Interaction::Completing(completing) => {
            let company = of_guild(signed, &completing.place)?;
            Ok(Json(choices_response(&choices(&company, &completing))).into_response())
        }
        Interaction::Asked(asked) => {
            let company = of_guild(signed, &asked.place)?;
            let reply = asked.reply.clone();
            let work = {
                let (program, company) = (Arc::clone(&program), Arc::clone(&company));
                async move {
                    let asker = Asker::of_chat(&program, &company, Outlet::Discord, &asked.user).await;
                    answer::to_command(&program, &company, &asker, &asked.command, &asked.text).await
                }
            };
            Ok(answered(program, company, reply, work).await)
        }
        Interaction::Clicked(clicked) => {
            let company = of_guild(signed, &clicked.place)?;
            let reply = clicked.reply.clone();
            let work = {
                let (program, company) = (Arc::clone(&program), Arc::clone(&company));
                async move {
                    let asker = Asker::of_chat(&program, &company, Outlet::Discord, &clicked.user).await;
                    let request = Some((Outlet::Discord, clicked.id.as_str()));
                    answer::to_click(&program, &company, &asker, &clicked.value, request).await
                }
            };
            Ok(answered(program, company, reply, work).await)
        }
        Interaction::Unwanted { kind, .. } => {
            metrics::counter!("shiftbell_unwanted_interactions_total", "outlet" => "discord", "kind" => kind.to_string()).increment(1);
            let document = answer::sentence("This does nothing here. Type /kpi help to see what does.");
            Ok(Json(interaction_response(&shiftbell_render::discord::message(&document, false), Visibility::OnlyAsker))
                .into_response())
        }
    }
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

fn of_guild(mut signed: Vec<Arc<Company>>, guild: &str) -> Result<Arc<Company>, Problem> {
    let is_guild = |company: &Arc<Company>| {
        company.discord.as_ref().is_some_and(|discord| discord.guild.as_deref() == Some(guild))
    };
    if let Some(place) = signed.iter().position(is_guild) {
        return Ok(signed.swap_remove(place));
    }
    match signed.pop() {
        Some(only) if signed.is_empty() => Ok(only),
        _ => Err(Problem::not_found(format!(
            "no workspace here belongs to the Discord guild {guild}; set `guild` in [outlets.discord]"
        ))),
    }
}

fn choices(company: &Company, completing: &Completing) -> Vec<Choice> {
    answer::completions(company, &completing.typed).into_iter().map(|(name, value)| Choice { name, value }).collect()
}

/// The answer in the response if it is ready in time, else as an edit of "thinking".
async fn answered(
    program: Arc<Program>,
    company: Arc<Company>,
    reply: ReplyTo,
    work: impl Future<Output = (Document, Visibility)> + Send + 'static,
) -> Response {
    let mut working = program.tasks.spawn(work);
    match tokio::time::timeout(ANSWER_WITHIN, &mut working).await {
        Ok(Ok((document, visibility))) => {
            Json(interaction_response(&shiftbell_render::discord::message(&document, false), visibility))
                .into_response()
        }
        Ok(Err(_)) => {
            let document = answer::sentence(answer::FAILED);
            Json(interaction_response(&shiftbell_render::discord::message(&document, false), Visibility::OnlyAsker))
                .into_response()
        }
        Err(_) => {
            program.clone().tasks.spawn(async move {
                let document = match working.await {
                    Ok((document, _)) => document,
                    Err(_) => answer::sentence(answer::FAILED),
                };
                crate::outlets::respond(
                    &program,
                    &company,
                    &reply,
                    &shiftbell_render::discord::message(&document, false),
                )
                .await;
            });
            Json(deferred_response(Visibility::OnlyAsker)).into_response()
        }
    }
}
