//! From behind a firewall: the program is asked over connections that it opens itself.

mod discord;
mod killed;
mod slack;
mod slack_faults;

use serde_json::json;
use shiftbell_tests::app::{LEAD_IN_SLACK, TestApp};
use shiftbell_tests::db::TestDb;

const THURSDAY: &str = "2026-11-19 14:05 America/New_York";
const QUESTION: &str = "/kpi leads b2b";

/// The program behind its firewall, with one lead in its numbers.
async fn with_a_lead(test: &TestDb) -> TestApp {
    let app = TestApp::start(test).by_socket().at(THURSDAY).await;
    let event = json!({ "id": "one", "type": "contact_created", "how": "import", "at": "2026-09-01T12:00:00Z",
        "contact": "c-1", "company": "co-1", "set": { "company": { "segment": "business" } } });
    let (status, answer) = app.shop_sends("msg-1", &event.to_string()).await;
    assert_eq!(status, 202, "{answer}");
    app.idle().await;
    app.slack.is_connected(1).await;
    app
}

/// What the manager of sales reads in Slack when she types this.
async fn asks(app: &TestApp, line: &str) -> String {
    app.slack.types_by_socket(line, LEAD_IN_SLACK, &format!("D{LEAD_IN_SLACK}")).await.seen
}

/// What `/readyz` says.
async fn readiness(app: &TestApp) -> String {
    let answer = reqwest::get(format!("{}/readyz", app.url)).await.expect("an answer");
    assert_eq!(answer.status(), 200);
    answer.text().await.expect("a text")
}
