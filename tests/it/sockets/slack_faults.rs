//! Slack's Socket Mode as it also goes.

use std::time::Duration;

use serde_json::json;
use shiftbell_tests::app::TestApp;
use shiftbell_tests::db::sqlite;
use shiftbell_tests::fake_server::Fault;

use super::{QUESTION, asks, readiness, with_a_lead};

/// Lets the clock run until the program has opened this many connections and uses one. A step is only taken when nothing happens
/// by itself: a clock that runs away from a busy machine would break what is just being opened.
async fn reconnects(app: &TestApp, opened: usize) {
    for _ in 0..200 {
        let is_used = async {
            app.slack.is_connected(opened).await;
            while !readiness(app).await.contains("slack connected since") {
                tokio::task::yield_now().await;
            }
        };
        if tokio::time::timeout(Duration::from_millis(500), is_used).await.is_ok() {
            return;
        }
        app.advance_ms(2_000);
    }
    panic!("{} connections after minutes: {}", app.slack.connections_opened(), readiness(app).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_that_was_cut_is_opened_again_and_the_question_is_answered() {
    let test = sqlite().await;
    let app = with_a_lead(&test).await;
    for opened in 2..5 {
        app.slack.cuts_connections();
        // Typed while nobody listens: brought when somebody does.
        let (said, ()) = tokio::join!(asks(&app, QUESTION), reconnects(&app, opened));
        assert!(said.contains("Leads, b2b: 1"), "{said}");
    }
    assert_eq!(app.slack.wrong_acknowledgements(), Vec::<String>::new());
    app.stops_with_nothing_unsaid().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_that_gives_no_sign_of_life_is_given_up() {
    let test = sqlite().await;
    let app = with_a_lead(&test).await;
    app.slack.deafens_connections();
    reconnects(&app, 2).await;
    app.slack.has_connections(1).await;
    assert!(asks(&app, QUESTION).await.contains("Leads, b2b: 1"));
    // One that answers is kept: a ping is answered by the other side's protocol, without a word of Slack's.
    let opened = app.slack.connections_opened();
    for _ in 0..3 {
        app.advance_ms(31_000);
        assert!(asks(&app, QUESTION).await.contains("Leads, b2b: 1"));
    }
    assert_eq!(app.slack.connections_opened(), opened);
    app.stops_with_nothing_unsaid().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_read_is_acknowledged_and_what_is_too_large_ends_the_connection() {
    let test = sqlite().await;
    let app = with_a_lead(&test).await;
    for (kind, payload) in [
        ("slash_commands", json!(null)),
        ("slash_commands", json!({ "command": 7 })),
        ("slash_commands", json!({ "command": "/kpi", "response_url": "https://evil.example/x" })),
        ("interactive", json!("x")),
        ("interactive", json!({ "type": "view_submission" })),
        ("events_api", json!({ "event": { "type": "app_mention" } })),
        ("hologram", json!({})),
    ] {
        let reply = app.slack.brings_kind(kind, &payload).await;
        assert_eq!(reply.body, json!(null), "{kind} {payload}");
    }
    for text in ["{", "hello", "{\"type\":\"hologram\"}", "{\"type\":7}", "[]"] {
        app.slack.says_by_socket(text);
    }
    assert!(asks(&app, QUESTION).await.contains("Leads, b2b: 1"));
    assert_eq!(app.slack.connections_opened(), 1, "none of this is a reason to go");
    app.slack.says_by_socket(&" ".repeat(app.program.config.body_bytes_max + 1));
    reconnects(&app, 2).await;
    assert!(asks(&app, QUESTION).await.contains("Leads, b2b: 1"));
    app.stops_with_nothing_unsaid().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_slack_refuses_is_said_to_the_operator_and_tried_again() {
    let test = sqlite().await;
    let app = with_a_lead(&test).await;
    for (n, (fault, words)) in [
        (Fault::Error("invalid_auth"), "connections:write"),
        (Fault::Error("missing_scope"), "connections:write"),
        (Fault::Error("internal_error"), "internal_error"),
        (Fault::Status(503), "503"),
        (Fault::SlowDown { retry_after_s: 30 }, "slow down"),
        (Fault::CutBefore, "cut"),
    ]
    .into_iter()
    .enumerate()
    {
        let before = app.slack.requests("apps.connections.open");
        app.slack.faults().switch_on("apps.connections.open", fault, usize::MAX);
        app.slack.cuts_connections();
        let wait = async {
            while app.slack.requests("apps.connections.open") == before || !readiness(&app).await.contains(words) {
                app.advance_ms(1_000);
                tokio::task::yield_now().await;
            }
        };
        let said = tokio::time::timeout(Duration::from_secs(60), wait).await;
        let text = readiness(&app).await;
        assert!(said.is_ok() && text.contains("slack not connected since"), "{words} is not in:\n{text}");
        app.slack.faults().recover();
        reconnects(&app, n + 2).await;
        assert!(asks(&app, QUESTION).await.contains("Leads, b2b: 1"));
    }
    app.slack.asks_for_fresh_connections("link_disabled");
    app.slack.closes_oldest_connection();
    reconnects(&app, 8).await;
    app.stops_with_nothing_unsaid().await;
}
