//! Discord's gateway.

use std::time::Duration;

use shiftbell_tests::app::{LEAD_IN_DISCORD, TestApp};
use shiftbell_tests::db::{both_databases, sqlite};
use shiftbell_tests::fake_discord::BY_GATEWAY;

use super::{QUESTION, readiness, with_a_lead};

const SALES: &str = "1100000000000000002";

async fn asks(app: &TestApp, line: &str) -> String {
    app.discord.asks(line, LEAD_IN_DISCORD, SALES, BY_GATEWAY).await.seen
}

/// Lets the clock run until the bot has begun and resumed this many sessions and uses one.
async fn reconnects(app: &TestApp, begun: usize, resumed: usize) {
    for _ in 0..200 {
        let is_used = async {
            app.discord.is_connected(begun, resumed).await;
            while !readiness(app).await.contains("discord connected since") {
                tokio::task::yield_now().await;
            }
        };
        if tokio::time::timeout(Duration::from_millis(500), is_used).await.is_ok() {
            return;
        }
        app.advance_ms(2_000);
    }
    panic!("{:?} sessions after minutes: {}", app.discord.sessions(), readiness(app).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn commands_completions_and_clicks_are_answered_by_a_callback() {
    for test in both_databases().await {
        let app = with_a_lead(&test).await;
        app.discord.is_connected(1, 0).await;
        let said = asks(&app, QUESTION).await;
        assert!(said.contains("Leads, b2b: 1") && said.contains("[Share here]"), "{}: {said}", test.kind);
        let completed = app.discord.completes("/kpi lead", LEAD_IN_DISCORD, SALES, BY_GATEWAY).await;
        assert!(completed.choices().iter().any(|choice| choice == "leads"), "{:?}", completed.choices());
        app.discord.clicks("Share here", LEAD_IN_DISCORD, SALES, BY_GATEWAY).await;
        assert_eq!(app.discord.count("#sales"), 1, "{}", app.discord.transcript("#sales"));
        let people = app.discord.clicks("The people behind it", LEAD_IN_DISCORD, SALES, BY_GATEWAY).await;
        assert!(!people.seen.contains("another version") && !people.seen.contains("not known"), "{}", people.seen);
        let odd = app.discord.sends_kind(9, LEAD_IN_DISCORD, SALES, BY_GATEWAY).await;
        assert!(odd.seen.contains("does nothing here"), "{}", odd.seen);
        app.stops_with_nothing_unsaid().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_goes_on_after_a_cut_and_what_was_missed_is_answered() {
    let test = sqlite().await;
    let app = with_a_lead(&test).await;
    reconnects(&app, 1, 0).await;
    app.discord.cuts_connections();
    let (said, ()) = tokio::join!(asks(&app, QUESTION), reconnects(&app, 1, 1));
    assert!(said.contains("Leads, b2b: 1"), "{said}");
    app.discord.says_by_gateway(r#"{"op":7,"d":null}"#);
    let (said, ()) = tokio::join!(asks(&app, QUESTION), reconnects(&app, 1, 2));
    assert!(said.contains("Leads, b2b: 1"), "{said}");
    app.discord.closes_connections(4_000);
    reconnects(&app, 1, 3).await;
    // From here on another session is needed.
    app.discord.closes_connections(4_009);
    reconnects(&app, 2, 3).await;
    app.discord.says_by_gateway(r#"{"op":9,"d":false}"#);
    reconnects(&app, 3, 3).await;
    assert!(asks(&app, QUESTION).await.contains("Leads, b2b: 1"));
    assert_eq!(app.discord.sessions(), (3, 3));
    app.stops_with_nothing_unsaid().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn heartbeats_are_sent_and_a_connection_that_does_not_answer_them_is_given_up() {
    let test = sqlite().await;
    let app = with_a_lead(&test).await;
    reconnects(&app, 1, 0).await;
    let before = app.discord.heartbeats();
    app.advance_ms(41_250);
    app.discord.hears_heartbeats(before + 1).await;
    assert!(asks(&app, QUESTION).await.contains("Leads, b2b: 1"));
    assert_eq!(app.discord.sessions(), (1, 0));
    app.discord.mutes_heartbeats(true);
    app.advance_ms(41_250);
    app.discord.hears_heartbeats(before + 2).await;
    app.advance_ms(41_250);
    app.discord.mutes_heartbeats(false);
    reconnects(&app, 1, 1).await;
    assert!(asks(&app, QUESTION).await.contains("Leads, b2b: 1"));
    app.stops_with_nothing_unsaid().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_that_discord_refuses_is_said_to_the_operator() {
    let test = sqlite().await;
    let app = with_a_lead(&test).await;
    reconnects(&app, 1, 0).await;
    app.discord.revoke_token();
    app.discord.closes_connections(4_004);
    let said = async {
        while !readiness(&app).await.contains("the bot token is not valid") {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), said).await.expect("it is said");
    app.stops_with_nothing_unsaid().await;
}
