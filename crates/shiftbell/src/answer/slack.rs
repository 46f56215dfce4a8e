//! Answers to Slack, however its requests come: over HTTP or over a socket of our own.

use std::sync::Arc;
use std::time::Duration;

use axum::http::StatusCode;
use serde_json::{Value, json};
use shiftbell_chat::slack::{Command, Interaction, Told, command_response};
use shiftbell_chat::{Asked, Clicked, Outcome, ReplyTo, To, Visibility};
use shiftbell_render::action::Action;
use shiftbell_render::document::{Button, Document};

use super::click::taken;
use super::{Asker, FAILED, sentence, to_click, to_command, to_typed};
use crate::companies::Company;
use crate::http::reply::Problem;
use crate::program::Program;

/// Slack shows an error after 3 s; until then the answer travels in the response (or the acknowledgement) itself.
/// <https://docs.slack.dev/interactivity/implementing-slash-commands#responding_to_commands>
const ANSWER_WITHIN: Duration = Duration::from_millis(2_500);

/// Answers what somebody did in the team of one of these companies. What is returned goes back at once; `None` is an
/// acknowledgement without words. Returns in time for Slack's three seconds, whatever the answer takes.
///
/// # Errors
/// If none of these companies belongs to the team.
pub(crate) async fn to_told(
    program: &Arc<Program>,
    companies: Vec<Arc<Company>>,
    told: Told,
) -> Result<Option<Value>, Problem> {
    match told {
        Told::Command(Command::Tested) => Ok(None),
        Told::Command(Command::Asked(asked)) => {
            let company = of_team(companies, &asked.place)?;
            Ok(Some(to_asked(program, company, asked).await))
        }
        Told::Interaction(Interaction::Clicked(clicked)) => {
            let company = of_team(companies, &clicked.place)?;
            to_clicked(program, company, clicked).await;
            Ok(None)
        }
        Told::Interaction(Interaction::Unwanted { kind }) => {
            metrics::counter!("shiftbell_unwanted_interactions_total", "outlet" => "slack", "kind" => kind)
                .increment(1);
            Ok(None)
        }
    }
}

fn of_team(mut companies: Vec<Arc<Company>>, team: &str) -> Result<Arc<Company>, Problem> {
    let is_team =
        |company: &Arc<Company>| company.slack.as_ref().is_some_and(|slack| slack.team.as_deref() == Some(team));
    if let Some(place) = companies.iter().position(is_team) {
        return Ok(companies.swap_remove(place));
    }
    match companies.pop() {
        // There is one whose secret it is: the team is only written differently in the file, or not at all.
        Some(only) if companies.is_empty() => Ok(only),
        _ => Err(Problem::new(
            StatusCode::NOT_FOUND,
            format!("no workspace here belongs to the Slack team {team}; set `team` in [outlets.slack]"),
        )),
    }
}

/// The answer itself if it is ready in time, else a promise that is kept afterwards.
async fn to_asked(program: &Arc<Program>, company: Arc<Company>, asked: Asked) -> Value {
    let reply = asked.reply.clone();
    let words = format!("{} {}", asked.command.trim_start_matches('/'), asked.text);
    let mut working = {
        let (program, company) = (Arc::clone(program), Arc::clone(&company));
        program.clone().tasks.spawn(async move {
            let asker = Asker::of_chat(&program, &company, asked.outlet, &asked.user).await;
            to_command(&program, &company, &asker, &asked.command, &asked.text).await
        })
    };
    match tokio::time::timeout(ANSWER_WITHIN, &mut working).await {
        Ok(Ok((document, visibility))) => {
            let document = offering(program, &company, document, &words);
            command_response(&shiftbell_render::slack::message(&document, None), visibility)
        }
        Ok(Err(_)) => json!({"response_type": "ephemeral", "text": FAILED}),
        Err(_) => {
            let program = Arc::clone(program);
            program.clone().tasks.spawn(async move {
                if let Ok((document, visibility)) = working.await {
                    let document = offering(&program, &company, document, &words);
                    later(&program, &company, &reply, &document, visibility).await;
                }
            });
            json!({"response_type": "ephemeral", "text": "One moment, this takes a little longer ..."})
        }
    }
}

/// Answers a click by a message of its own. Returns when that is said, so that a click is acknowledged that was answered; at
/// the latest when Slack would give up.
async fn to_clicked(program: &Arc<Program>, company: Arc<Company>, clicked: Clicked) {
    let working = {
        let program = Arc::clone(program);
        program.clone().tasks.spawn(async move {
            let asker = Asker::of_chat(&program, &company, clicked.outlet, &clicked.user).await;
            let request = Some((clicked.outlet, clicked.id.as_str()));
            let (document, visibility) = match Action::decode(&clicked.value) {
                Some(Action::Picture { words }) => {
                    (pictured(&program, &company, &asker, &clicked, &words).await, Visibility::OnlyAsker)
                }
                Some(Action::Ask { words }) => {
                    let (document, visibility) = to_click(&program, &company, &asker, &clicked.value, request).await;
                    (offering(&program, &company, document, &words), visibility)
                }
                _ => to_click(&program, &company, &asker, &clicked.value, request).await,
            };
            later(&program, &company, &clicked.reply, &document, visibility).await;
        })
    };
    // It goes on by itself if it takes longer.
    let _ = tokio::time::timeout(ANSWER_WITHIN, working).await;
}

/// Slack shows no file in a message that only one person sees, so a button sends it to them alone.
/// <https://github.com/slackapi/node-slack-sdk/issues/1790>
fn offering(program: &Program, company: &Company, mut document: Document, words: &str) -> Document {
    if document.picture.is_some() && program.outlets.client(company.name(), "slack").is_some() {
        document.buttons.insert(0, Button::new("Picture", Action::picture(words.trim())));
    }
    document
}

/// Answers anew, with the picture, in the direct messages of whoever clicked. What they may not see is not sent.
async fn pictured(program: &Program, company: &Company, asker: &Asker, clicked: &Clicked, words: &str) -> Document {
    if let Err(why) = taken(program, company, clicked.outlet, &clicked.id).await {
        return why;
    }
    let document = to_typed(program, company, asker, words).await;
    let Some(client) = program.outlets.client(company.name(), "slack").filter(|_| document.picture.is_some()) else {
        return document;
    };
    let lowered = client.lowered(&document).await;
    let key = format!("picture:{}", clicked.id);
    match client.post(To::Person(&clicked.user), &lowered.message(), &key, program.clock.now()).await {
        Outcome::Delivered { .. } => sentence("The picture is in your direct messages with me. Only you see it."),
        Outcome::RetryAt { why, .. }
        | Outcome::Refused { why }
        | Outcome::Closed { why }
        | Outcome::Unknown { why } => {
            tracing::warn!(workspace = company.name(), why, "a picture did not arrive");
            sentence("The picture could not be sent to you; the words are all that it shows. Please try again later.")
        }
    }
}

/// Sends an answer to the address that the request named.
async fn later(program: &Program, company: &Company, reply: &ReplyTo, document: &Document, visibility: Visibility) {
    let body = command_response(&shiftbell_render::slack::message(document, None), visibility);
    crate::outlets::respond(program, company, reply, &body).await;
}
