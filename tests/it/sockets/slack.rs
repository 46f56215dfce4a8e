//! Slack's Socket Mode as it should go.

use shiftbell_tests::app::LEAD_IN_SLACK;
use shiftbell_tests::db::{both_databases, sqlite};

use super::{QUESTION, asks, readiness, with_a_lead};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_command_is_answered_in_its_acknowledgement_and_a_click_by_a_message() {
    for test in both_databases().await {
        let app = with_a_lead(&test).await;
        let said = asks(&app, QUESTION).await;
        assert!(said.contains("Leads, b2b: 1") && said.contains("[Share here]"), "{}: {said}", test.kind);
        let unknown = asks(&app, "/kpi leeds").await;
        assert!(unknown.contains("Did you mean"), "{unknown}");
        let direct = format!("D{LEAD_IN_SLACK}");
        let clicked = app.slack.clicks_by_socket("Leads", LEAD_IN_SLACK, &direct).await;
        let said = app.slack.follow_up(&clicked).await;
        assert!(said.contains("Leads: 1"), "{}: {said}", test.kind);
        assert_eq!(app.slack.wrong_acknowledgements(), Vec::<String>::new());
        app.stops_with_nothing_unsaid().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_brought_again_is_shown_to_everybody_once() {
    let test = sqlite().await;
    let app = with_a_lead(&test).await;
    let asked = app.slack.types_by_socket(QUESTION, LEAD_IN_SLACK, "C0SALES0001").await;
    assert!(asked.seen.contains("Leads, b2b: 1"), "{}", asked.seen);
    app.slack.brings_again();
    app.slack.is_acknowledged().await;
    app.slack.clicks_by_socket("Share here", LEAD_IN_SLACK, "C0SALES0001").await;
    assert_eq!(app.slack.count("#sales"), 1);
    for _ in 0..3 {
        app.slack.brings_again();
        app.slack.is_acknowledged().await;
    }
    assert_eq!((app.slack.count("#sales"), app.slack.envelopes_brought()), (1, 6));
    // Another click on the same button is another wish.
    app.slack.clicks_by_socket("Share here", LEAD_IN_SLACK, "C0SALES0001").await;
    assert_eq!(app.slack.count("#sales"), 2);
    app.stops_with_nothing_unsaid().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_that_slack_wants_replaced_is_used_until_the_next_one_is() {
    let test = sqlite().await;
    let app = with_a_lead(&test).await;
    for (opened, reason) in [(2, "warning"), (3, "refresh_requested")] {
        app.slack.asks_for_fresh_connections(reason);
        app.slack.is_connected(opened).await;
        assert_eq!(app.slack.connections(), 2, "the old one is still listened to");
        assert!(asks(&app, QUESTION).await.contains("Leads, b2b: 1"));
        app.slack.closes_oldest_connection();
        app.slack.has_connections(1).await;
        assert!(asks(&app, QUESTION).await.contains("Leads, b2b: 1"));
        // The next replacement comes after hours; one that came at once would have to wait.
        app.advance_ms(20_000);
        app.advance_ms(20_000);
    }
    assert_eq!(app.slack.wrong_acknowledgements(), Vec::<String>::new());
    app.stops_with_nothing_unsaid().await;
}

/// Every connection that reads the database is busy.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_that_takes_long_is_promised_in_time_and_kept() {
    let test = sqlite().await;
    let app = with_a_lead(&test).await;
    assert!(asks(&app, QUESTION).await.contains("r-"), "she is known from now on");
    let mut busy = Vec::new();
    for _ in 0..8 {
        busy.push(app.program.db.read().await.expect("a reader"));
    }
    let direct = format!("D{LEAD_IN_SLACK}");
    let asked = app.slack.types_by_socket(QUESTION, LEAD_IN_SLACK, &direct).await;
    assert_eq!(asked.seen, "One moment, this takes a little longer ...");
    drop(busy);
    assert!(app.slack.follow_up(&asked).await.contains("Leads, b2b: 1"));
    app.stops_with_nothing_unsaid().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_operator_sees_since_when_it_is_connected() {
    let test = sqlite().await;
    let app = with_a_lead(&test).await;
    let said = readiness(&app).await;
    assert!(said.contains("clowns-to-go: slack connected since 2026-11-19T19:05:00Z"), "{said}");
    let slack = std::sync::Arc::clone(&app.program);
    app.stops_with_nothing_unsaid().await;
    assert!(slack.stop.is_cancelled());
}
