use std::net::SocketAddr;

use axum::body::{Body, to_bytes};
use axum::extract::ConnectInfo;
use axum::http::Request;
use shiftbell_metrics::definitions::read;
use shiftbell_metrics::time::Instant;
use tempfile::TempDir;
use tower::ServiceExt;

use super::*;
use crate::clock::{Chance, Clock};
use crate::companies::{Companies, vocabulary};
use crate::config::Config;
use crate::work::import::{self, File};
use serde_json::Value;

const SAMPLE: &str = include_str!("../../../../../deploy/clowns-to-go.toml");
const HOSTILE: &str = "<img src=x onerror=alert(1)>\"'&";

/// The sample company under a hostile name, with three leads of a hostile industry: two asked for a meeting, one got it.
async fn company() -> (Arc<Program>, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let config =
        Config { database_url: format!("sqlite:{}", folder.path().join("page.db").display()), ..Config::default() };
    let text = SAMPLE.replacen("\"Clowns To Go\"", "'<script>alert(1)</script>'", 1);
    let definitions = read("clowns-to-go.toml", &text, &vocabulary()).definitions.unwrap();
    let (company, _) = Company::new("clowns-to-go".to_owned(), text, definitions, &|_| None);
    let now = Instant::parse("2026-11-19T19:05:00Z").unwrap();
    let companies = Companies::new([company]);
    let program = Program::new(config, Clock::at(now), Chance::seeded(7), companies).await.unwrap();
    let happened = |id: &str, contact: u32, at: &str, what: Value| {
        let mut event = json!({
            "id": id, "at": at, "contact": format!("c-{contact}"), "company": format!("a-{contact}"),
            "set": { "company": { "segment": "business", "industry": HOSTILE } },
        });
        event.as_object_mut().unwrap().extend(what.as_object().unwrap().clone());
        shiftbell_sources::file::line(event.to_string().as_bytes())
    };
    let mut lines = Vec::new();
    for contact in 1..=3 {
        let what = json!({ "type": "contact_created", "how": "import" });
        lines.push(happened(&format!("lead-{contact}"), contact, "2026-08-03T10:00:00Z", what));
    }
    for contact in 1..=2 {
        let what = json!({ "type": "form", "form": "meeting-request" });
        lines.push(happened(&format!("asked-{contact}"), contact, "2026-08-05T10:00:00Z", what));
    }
    let met = json!({ "type": "meeting", "status": "confirmed", "by": "ae" });
    lines.push(happened("met-1", 1, "2026-08-20T10:00:00Z", met));
    let known = program.companies.get("clowns-to-go").unwrap();
    let file = File { source: "anything", key: "page" };
    import::import(&program.db, &known.workspace, file, lines.into_iter(), now, |_| {}).await.unwrap();
    (program, folder)
}

/// What a browser on this machine gets.
async fn got(program: &Arc<Program>, request: Request<Body>) -> (StatusCode, HeaderMap, String) {
    let (mut parts, body) = request.into_parts();
    parts.extensions.insert(ConnectInfo(SocketAddr::from(([127, 0, 0, 1], 50_000))));
    parts.headers.insert(header::HOST, HeaderValue::from_static("127.0.0.1:8080"));
    let response = crate::http::doors(program).oneshot(Request::from_parts(parts, body)).await.unwrap();
    let (parts, body) = response.into_parts();
    let bytes = to_bytes(body, 1 << 20).await.unwrap();
    (parts.status, parts.headers, String::from_utf8_lossy(&bytes).into_owned())
}

async fn opened(program: &Arc<Program>, path: &str) -> (StatusCode, HeaderMap, String) {
    got(program, Request::get(path).body(Body::empty()).unwrap()).await
}

async fn sent(program: &Arc<Program>, origin: &str, form: &str) -> (StatusCode, HeaderMap, String) {
    let request = Request::post("/w/clowns-to-go").header("origin", origin);
    let request = request.header("content-type", "application/x-www-form-urlencoded");
    got(program, request.body(Body::from(form.to_owned())).unwrap()).await
}

const HERE: &str = "http://127.0.0.1:8080";

#[tokio::test]
async fn the_page_shows_the_numbers_that_chat_gives() {
    let (program, _folder) = company().await;
    let (status, headers, page) = opened(&program, "/").await;
    assert_eq!(status, StatusCode::OK, "{page}");
    let policy = headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
    assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
    let known = program.companies.get("clowns-to-go").unwrap();
    let asked = answer::to_typed(&program, known, &Asker::Operator, "/kpi mql-conversion b2b").await;
    let said = shiftbell_render::html::card(&asked);
    let verdict = said.split("<p>").nth(1).unwrap();
    assert!(verdict.contains("1 of 2"), "{said}");
    assert!(page.contains(verdict), "{verdict} is not in {page}");
    let row = page.split("<tr>").find(|row| row.contains(">mql-conversion</span>")).unwrap();
    assert!(row.contains(">1 of 2<") && row.contains("target 30 %") && row.contains("Version 1<"), "{row}");
    assert!(row.contains("Of the people who asked for a meeting"), "{row}");
}

#[tokio::test]
async fn the_bowtie_is_a_picture_that_says_its_numbers() {
    let (program, _folder) = company().await;
    let (status, headers, _) = opened(&program, "/w/clowns-to-go/bowtie.png").await;
    assert_eq!((status, headers[header::CONTENT_TYPE].to_str().unwrap()), (StatusCode::OK, "image/png"));
    let (_, _, page) = opened(&program, "/w/clowns-to-go").await;
    assert!(page.contains("Won") && page.contains("alt=\"b2b: "), "{page}");
}

#[tokio::test]
async fn what_others_wrote_is_text_in_the_page() {
    let (program, _folder) = company().await;
    let (_, _, page) = sent(&program, HERE, "say=/kpi+lead-conversion+b2b+by+industry+since+2026-08-01").await;
    assert!(page.contains("&lt;img src=x onerror=alert(1)&gt;"), "{page}");
    assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;"), "{page}");
    let (_, _, typed) = sent(&program, HERE, "say=%3Cimg+src%3Dx+onerror%3Dalert(1)%3E").await;
    for page in [page, typed] {
        assert!(!page.contains("<img src=x") && !page.contains("<script>"), "{page}");
    }
}

#[tokio::test]
async fn a_button_asks_its_question() {
    let (program, _folder) = company().await;
    let (_, _, unknown) = sent(&program, HERE, "say=/kpi+mql-converson+b2b").await;
    let action = unknown.split("name=\"action\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    assert!(action.starts_with("ask:kpi mql-to-sql"), "{action}");
    let (status, _, page) = sent(&program, HERE, &format!("action={}", action.replace(' ', "+"))).await;
    assert_eq!(status, StatusCode::OK);
    assert!(page.contains("MQL to SQL, b2b"), "{page}");
}

#[tokio::test]
async fn another_site_cannot_ask() {
    let (program, _folder) = company().await;
    let (status, _, page) = sent(&program, "http://evil.example", "say=/kpi+list").await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    assert!(!page.contains("mql-conversion"), "{page}");
}

fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
    pairs.iter().map(|(name, value)| (header::HeaderName::from_static(name), HeaderValue::from_static(value))).collect()
}

#[test]
fn a_form_from_another_site_is_refused() {
    assert!(is_same_origin(&headers(&[("sec-fetch-site", "same-origin")])));
    assert!(!is_same_origin(&headers(&[("sec-fetch-site", "cross-site")])));
    assert!(!is_same_origin(&headers(&[("sec-fetch-site", "same-site")])));
    assert!(is_same_origin(&headers(&[("origin", "http://127.0.0.1:8080"), ("host", "127.0.0.1:8080")])));
    assert!(!is_same_origin(&headers(&[("origin", "http://evil.example"), ("host", "127.0.0.1:8080")])));
    assert!(!is_same_origin(&headers(&[("origin", "null"), ("host", "127.0.0.1:8080")])));
}

#[test]
fn every_page_template_is_readable() {
    for name in ["frame", "workspace", "workspaces", "problem"] {
        assert!(PAGES.has_template(name), "{name}");
    }
}

#[test]
fn a_page_shows_what_people_wrote_as_text() {
    let response = problem(StatusCode::NOT_FOUND, "<b>x</b>", "y");
    assert_eq!(response.status(), StatusCode::NOT_FOUND);
    assert!(response.headers().contains_key(header::CONTENT_SECURITY_POLICY));
    let html = PAGES
        .render(
            "problem",
            &json!({"title": "t", "company": null, "workspace": null, "foot": "f", "headline": "<b>", "sentence": "s"}),
        )
        .unwrap();
    assert!(html.contains("&lt;b&gt;") && !html.contains("<b>"), "{html}");
}
