//! Answers to Discord, however its interactions come: over HTTP or over the gateway.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use axum::http::StatusCode;
use serde_json::Value;
use shiftbell_chat::discord::{
    Choice, Completing, Interaction, choices_response, deferred_response, interaction_response, pong,
};
use shiftbell_chat::{Outlet, ReplyTo, Visibility};
use shiftbell_render::document::Document;

use super::{Asker, FAILED, completions, sentence, to_click, to_command};
use crate::companies::Company;
use crate::http::reply::Problem;
use crate::program::Program;

/// Discord gives up after 3 s; until then the answer travels in the response (or the callback) itself.
/// <https://docs.discord.com/developers/interactions/receiving-and-responding#interaction-callback>
const ANSWER_WITHIN: Duration = Duration::from_millis(2_500);

/// What goes back at once, and what is to be done once it has arrived.
pub(crate) struct Reply {
    pub(crate) now: Value,
    pub(crate) afterwards: Option<Afterwards>,
}

pub(crate) type Afterwards = Pin<Box<dyn Future<Output = ()> + Send>>;

impl Reply {
    fn at_once(now: Value) -> Reply {
        Reply { now, afterwards: None }
    }

    fn words(document: &Document, visibility: Visibility) -> Reply {
        Reply::at_once(interaction_response(&shiftbell_render::discord::message(document, false), visibility))
    }
}

/// Answers what somebody did in the guild of one of these companies. Returns in time for Discord's three seconds, whatever the
/// answer takes.
///
/// # Errors
/// If none of these companies belongs to the guild.
pub(crate) async fn to_interaction(
    program: &Arc<Program>,
    companies: Vec<Arc<Company>>,
    interaction: Interaction,
) -> Result<Reply, Problem> {
    match interaction {
        Interaction::Ping => Ok(Reply::at_once(pong())),
        Interaction::Completing(completing) => {
            let company = of_guild(companies, &completing.place)?;
            Ok(Reply::at_once(choices_response(&choices(&company, &completing))))
        }
        Interaction::Asked(asked) => {
            let company = of_guild(companies, &asked.place)?;
            let reply = asked.reply.clone();
            let work = {
                let (program, company) = (Arc::clone(program), Arc::clone(&company));
                async move {
                    let asker = Asker::of_chat(&program, &company, Outlet::Discord, &asked.user).await;
                    to_command(&program, &company, &asker, &asked.command, &asked.text).await
                }
            };
            Ok(answered(program, company, reply, work).await)
        }
        Interaction::Clicked(clicked) => {
            let company = of_guild(companies, &clicked.place)?;
            let reply = clicked.reply.clone();
            let work = {
                let (program, company) = (Arc::clone(program), Arc::clone(&company));
                async move {
                    let asker = Asker::of_chat(&program, &company, Outlet::Discord, &clicked.user).await;
                    let request = Some((Outlet::Discord, clicked.id.as_str()));
                    to_click(&program, &company, &asker, &clicked.value, request).await
                }
            };
            Ok(answered(program, company, reply, work).await)
        }
        Interaction::Unwanted { kind, .. } => {
            metrics::counter!("shiftbell_unwanted_interactions_total", "outlet" => "discord", "kind" => kind.to_string()).increment(1);
            let document = sentence("This does nothing here. Type /kpi help to see what does.");
            Ok(Reply::words(&document, Visibility::OnlyAsker))
        }
    }
}

fn of_guild(mut companies: Vec<Arc<Company>>, guild: &str) -> Result<Arc<Company>, Problem> {
    let is_guild = |company: &Arc<Company>| {
        company.discord.as_ref().is_some_and(|discord| discord.guild.as_deref() == Some(guild))
    };
    if let Some(place) = companies.iter().position(is_guild) {
        return Ok(companies.swap_remove(place));
    }
    match companies.pop() {
        Some(only) if companies.is_empty() => Ok(only),
        _ => Err(Problem::new(
            StatusCode::NOT_FOUND,
            format!("no workspace here belongs to the Discord guild {guild}; set `guild` in [outlets.discord]"),
        )),
    }
}

fn choices(company: &Company, completing: &Completing) -> Vec<Choice> {
    completions(company, &completing.command, &completing.typed)
        .into_iter()
        .map(|(name, value)| Choice { name, value })
        .collect()
}

/// The answer itself if it is ready in time, else as an edit of "thinking".
async fn answered(
    program: &Arc<Program>,
    company: Arc<Company>,
    reply: ReplyTo,
    work: impl Future<Output = (Document, Visibility)> + Send + 'static,
) -> Reply {
    let mut working = program.tasks.spawn(work);
    match tokio::time::timeout(ANSWER_WITHIN, &mut working).await {
        // The words go at once; a picture takes longer to draw and to send than Discord may be kept waiting.
        Ok(Ok((document, visibility))) => {
            let words = Reply::words(&document, visibility);
            let program = Arc::clone(program);
            let is_pictured = document.picture.is_some();
            let afterwards =
                async move { crate::outlets::answer_in_discord(&program, &company, &reply, &document).await };
            Reply { afterwards: is_pictured.then(|| -> Afterwards { Box::pin(afterwards) }), ..words }
        }
        Ok(Err(_)) => Reply::words(&sentence(FAILED), Visibility::OnlyAsker),
        Err(_) => {
            let program = Arc::clone(program);
            let afterwards = async move {
                let document = match working.await {
                    Ok((document, _)) => document,
                    Err(_) => sentence(FAILED),
                };
                crate::outlets::answer_in_discord(&program, &company, &reply, &document).await;
            };
            Reply { now: deferred_response(Visibility::OnlyAsker), afterwards: Some(Box::pin(afterwards)) }
        }
    }
}
