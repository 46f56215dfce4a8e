//! "Something is off": said under a message, routed, answered, and told to whoever said it.

mod rights;
mod said;
mod settled;

use serde_json::json;
use shiftbell_store::doubts::{self, Doubt};
use shiftbell_tests::app::{TestApp, WORKSPACE};

const THURSDAY: &str = "2026-11-19 14:05 America/New_York";

/// The program with one message: csm.one is told in Slack that a customer leaves.
async fn with_a_loss(app: &TestApp) {
    let usd = json!({ "amount": "2400", "currency": "USD" });
    let events = json!([
        { "id": "known", "type": "company", "at": "2024-01-15T12:00:00Z", "company": "insurance",
          "set": { "company": { "name": "Sample Insurance", "segment": "business", "owner": "csm.one@clowns.example" } } },
        { "id": "started", "type": "subscription", "change": "started", "at": "2024-01-15T12:01:00Z",
          "company": "insurance", "subscription": "sub-1", "set": { "subscription": { "status": "active" } } },
        { "id": "leaves", "type": "subscription", "change": "cancel_scheduled", "at": "2026-11-19T18:41:00Z",
          "company": "insurance", "subscription": "sub-1", "amount": usd, "ends_at": "2026-12-31T17:00:00Z" },
    ]);
    assert_eq!(app.shop_sends("msg-1", &events.to_string()).await.0, 202);
    app.slack.shows("UCSM1", "will leave").await;
}

/// Somebody clicks in their direct messages, and reads the answer.
async fn clicks(app: &TestApp, label: &str, user: &str) -> String {
    let reply = app.slack.clicks(label, user, &format!("D{user}"), &format!("{}/slack/interactions", app.url)).await;
    app.slack.follow_up(&reply).await
}

async fn types(app: &TestApp, line: &str, user: &str) -> String {
    app.slack.types(line, user, &format!("D{user}"), &app.slack_commands()).await.seen
}

async fn doubts_to(app: &TestApp, email: &str) -> Vec<Doubt> {
    let mut snapshot = app.program.db.read().await.unwrap();
    doubts::said_between(&mut snapshot, WORKSPACE, email, (0, i64::MAX)).await.unwrap()
}
