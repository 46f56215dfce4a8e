//! The web pages: the bowtie, the KPIs with their meaning, and a place to try commands. Everything works without
//! the one small script, which only keeps the conversation on the screen.

use std::sync::{Arc, LazyLock};

use axum::Form;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use handlebars::Handlebars;
use serde::{Deserialize, Serialize};
use serde_json::json;
use shiftbell_render::action::{Action, Verb};

use super::reply::Problem;
use crate::answer::{self, Asker};
use crate::companies::Company;
use crate::overview::{self, Overview};
use crate::program::Program;

/// Nothing but our own style sheet, script and pictures; forms only to ourselves; never inside somebody's frame.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

const STYLE: &str = include_str!("../../assets/style.css");
const SCRIPT: &str = include_str!("../../assets/chat.js");
const ICON: &str = include_str!("../../assets/icon.svg");

/// Longest command that the page takes, in characters.
const SAID_CHARS_MAX: usize = 500;

static PAGES: LazyLock<Handlebars<'static>> = LazyLock::new(|| {
    let mut pages = Handlebars::new();
    pages.set_strict_mode(true);
    for (name, text) in [
        ("frame", include_str!("../../../../templates/pages/frame.hbs")),
        ("workspace", include_str!("../../../../templates/pages/workspace.hbs")),
        ("workspaces", include_str!("../../../../templates/pages/workspaces.hbs")),
        ("problem", include_str!("../../../../templates/pages/problem.hbs")),
    ] {
        if let Err(error) = pages.register_template_string(name, text) {
            tracing::error!(%error, "page template `{name}` cannot be read");
        }
    }
    pages
});

/// What stands in the conversation of the page.
#[derive(Debug, Serialize)]
struct Said {
    /// A command, or what was pressed.
    asked: String,
    is_command: bool,
    /// Made by `shiftbell_render::html`, which escapes.
    html: String,
}

#[derive(Debug, Serialize)]
struct WorkspacePage {
    title: String,
    company: String,
    workspace: String,
    foot: String,
    clock: String,
    /// `Sat 21 Nov 2026, 17:52, New York time`.
    now: String,
    #[serde(flatten)]
    overview: Overview,
    said: Vec<Said>,
    examples: Vec<String>,
}

/// `GET /`
pub async fn home(State(program): State<Arc<Program>>) -> Response {
    let mut all = program.companies.all();
    match (all.next().cloned(), all.next()) {
        (Some(only), None) => show(&program, &only, None).await,
        _ => {
            let all: Vec<_> = program
                .companies
                .all()
                .map(|company| json!({"id": company.name(), "name": company.defs().workspace.name}))
                .collect();
            page(
                "workspaces",
                StatusCode::OK,
                &json!({
                    "title": "Shiftbell", "company": null, "workspace": null, "foot": foot(), "workspaces": all,
                }),
            )
        }
    }
}

/// `GET /w/{workspace}`
pub async fn workspace(State(program): State<Arc<Program>>, Path(name): Path<String>) -> Response {
    match program.companies.get(&name).cloned() {
        Some(company) => show(&program, &company, None).await,
        None => unknown(&name),
    }
}

/// What a visitor sends: a command, or the action of a button under a message.
#[derive(Debug, Default, Deserialize)]
pub struct Typed {
    #[serde(default)]
    say: String,
    action: Option<String>,
}

/// `POST /w/{workspace}`: the same page with an answer in it.
pub async fn say(
    State(program): State<Arc<Program>>,
    Path(name): Path<String>,
    headers: HeaderMap,
    Form(typed): Form<Typed>,
) -> Response {
    if !is_same_origin(&headers) {
        return problem(StatusCode::FORBIDDEN, "Not from here", "This form can only be sent from this page.");
    }
    match program.companies.get(&name).cloned() {
        Some(company) => show(&program, &company, Some(typed)).await,
        None => unknown(&name),
    }
}

/// `GET /w/{workspace}/bowtie.png`
pub async fn bowtie(State(program): State<Arc<Program>>, Path(name): Path<String>) -> Result<Response, Problem> {
    let Some(company) = program.companies.get(&name).cloned() else {
        return Err(Problem::not_found("there is no such workspace here"));
    };
    let png =
        overview::bowtie_png(&program, &company).await.map_err(|error| Problem::ours(&error, "draw the bowtie"))?;
    Ok(([(header::CONTENT_TYPE, "image/png"), (header::CACHE_CONTROL, "private, max-age=30")], png).into_response())
}

/// `GET /style.css`
pub async fn style() -> Response {
    ([(header::CONTENT_TYPE, "text/css; charset=utf-8"), (header::CACHE_CONTROL, "max-age=300")], STYLE).into_response()
}

/// `GET /chat.js`
pub async fn script() -> Response {
    let kind = "text/javascript; charset=utf-8";
    ([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, "max-age=300")], SCRIPT).into_response()
}

/// `GET /icon.svg`
pub async fn icon() -> Response {
    ([(header::CONTENT_TYPE, "image/svg+xml"), (header::CACHE_CONTROL, "max-age=86400")], ICON).into_response()
}

async fn show(program: &Program, company: &Company, typed: Option<Typed>) -> Response {
    let overview = match overview::of(program, company).await {
        Ok(overview) => overview,
        Err(error) => {
            tracing::error!(%error, workspace = company.name(), "could not compute the page");
            return problem(
                StatusCode::SERVICE_UNAVAILABLE,
                "No numbers just now",
                "The database cannot be reached. Please try again in a moment.",
            );
        }
    };
    let examples = overview::examples(company);
    let typed = typed.unwrap_or_else(|| Typed { say: examples.first().cloned().unwrap_or_default(), action: None });
    let said = vec![conversation(program, company, &typed).await];
    let now = program.clock.now();
    let zone = &company.defs().workspace.zone;
    let local = zone.local(now);
    let name = company.defs().workspace.name.clone();
    page(
        "workspace",
        StatusCode::OK,
        &WorkspacePage {
            title: format!("{name} - Shiftbell"),
            company: name,
            workspace: company.name().to_owned(),
            foot: foot(),
            clock: format!("{:02}:{:02}", local.hour(), local.minute()),
            now: format!(
                "{} {}, {:02}:{:02}, {} time",
                shiftbell_render::words::weekday(local.date()),
                shiftbell_render::words::day_and_year(local.date()),
                local.hour(),
                local.minute(),
                shiftbell_render::words::city(zone.name())
            ),
            overview,
            said,
            examples,
        },
    )
}

/// What the visitor sent, and the message that answers it.
async fn conversation(program: &Program, company: &Company, typed: &Typed) -> Said {
    let asker = Asker::Operator;
    let short = |text: &str| -> String { text.chars().take(SAID_CHARS_MAX).collect() };
    let card = |document| shiftbell_render::html::card(&document);
    if answer::is_told(typed.action.as_deref().unwrap_or(&typed.say)) {
        let words =
            "/shiftbell is told in chat or in the terminal, where it is known who says it. Here, numbers are asked.";
        let asked = short(typed.say.trim());
        return Said { asked, is_command: true, html: card(answer::sentence(words)) };
    }
    let Some(action) = &typed.action else {
        let asked = short(typed.say.trim());
        let document = answer::to_typed(program, company, &asker, &asked).await;
        let drawn = document.picture.as_ref().map(|picture| pictured(company.name(), &asked, &picture.alt));
        return Said { asked, is_command: true, html: card(document) + &drawn.unwrap_or_default() };
    };
    let (document, _) = answer::to_click(program, company, &asker, action, None).await;
    let (asked, is_command) = match Action::decode(action) {
        Some(Action::Ask { words }) => (format!("/{}", words.trim_start_matches('/')), true),
        Some(Action::About { verb: Verb::Why, receipt }) => (format!("/kpi why {receipt}"), true),
        Some(Action::About { verb, receipt }) => (format!("{}, {receipt}", verb.as_str().replace('-', " ")), false),
        Some(Action::Open { .. } | Action::Picture { .. }) | None => ("a button".to_owned(), false),
    };
    Said { asked: short(&asked), is_command, html: card(document) }
}

/// The picture of an answer, drawn when the browser asks for it.
fn pictured(workspace: &str, asked: &str, alt: &str) -> String {
    let typed: String = asked.bytes().map(|byte| format!("%{byte:02x}")).collect();
    let alt = shiftbell_render::html::escape(alt);
    format!(
        "<img class=\"picture\" src=\"/w/{workspace}/answer.png?say={typed}\" width=\"600\" height=\"315\" alt=\"{alt}\">"
    )
}

/// `GET /w/{workspace}/answer.png?say=/mrr last month`: the picture of what is answered there.
pub async fn answered(
    State(program): State<Arc<Program>>,
    Path(name): Path<String>,
    Query(typed): Query<Typed>,
) -> Result<Response, Problem> {
    let Some(company) = program.companies.get(&name).cloned() else {
        return Err(Problem::not_found("there is no such workspace here"));
    };
    let said: String = typed.say.chars().take(SAID_CHARS_MAX).collect();
    let document = match answer::is_told(&said) {
        true => return Err(Problem::not_found("nothing is told here")),
        false => answer::to_typed(&program, &company, &Asker::Operator, &said).await,
    };
    let Some(picture) = document.picture else { return Err(Problem::not_found("this answer has no picture")) };
    let drawn = tokio::task::spawn_blocking(move || shiftbell_render::picture::png(&picture.svg)).await;
    let undrawn = |error: &dyn std::fmt::Display| Problem::ours(error, "draw the picture");
    let png = drawn.map_err(|error| undrawn(&error))?.map_err(|error| undrawn(&error))?;
    Ok(([(header::CONTENT_TYPE, "image/png"), (header::CACHE_CONTROL, "private, max-age=30")], png).into_response())
}

fn foot() -> String {
    format!("Shiftbell {}. Every number has a receipt: type /kpi why and its id.", env!("CARGO_PKG_VERSION"))
}

fn unknown(name: &str) -> Response {
    let shown: String = name.chars().take(60).collect();
    problem(StatusCode::NOT_FOUND, "Nothing here", &format!("There is no workspace \"{shown}\"."))
}

fn problem(status: StatusCode, headline: &str, sentence: &str) -> Response {
    page(
        "problem",
        status,
        &json!({
            "title": "Shiftbell", "company": null, "workspace": null, "foot": foot(), "headline": headline, "sentence": sentence,
        }),
    )
}

fn page(template: &str, status: StatusCode, view: &impl Serialize) -> Response {
    let mut response = match PAGES.render(template, view) {
        Ok(html) => (status, [(header::CONTENT_TYPE, "text/html; charset=utf-8")], html).into_response(),
        Err(error) => {
            tracing::error!(%error, "page `{template}` does not fit what it shows");
            (StatusCode::INTERNAL_SERVER_ERROR, "this page met a mistake of ours; it has been logged\n").into_response()
        }
    };
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(CONTENT_SECURITY_POLICY));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// Whether a form was sent from one of our own pages. Browsers say so; whoever says nothing is no browser with a visitor's
/// rights.
fn is_same_origin(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(site) = text("sec-fetch-site") {
        return site == "same-origin" || site == "none";
    }
    match (text("origin"), text("host")) {
        (Some(origin), Some(host)) => origin.split_once("://").is_some_and(|(_, from)| from == host),
        (Some(_), None) => false,
        (None, _) => true,
    }
}

#[cfg(test)]
mod tests;
