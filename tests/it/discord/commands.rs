//! The slash commands: Discord shows people only those that the program has registered.

use std::sync::Arc;

use shiftbell::clock::{Chance, Clock};
use shiftbell::program::Program;
use shiftbell::work::workers;
use shiftbell_tests::app::{GUILD, TestApp};
use shiftbell_tests::db::{both_databases, postgres, sqlite};
use shiftbell_tests::sample;

const THURSDAY: &str = "2026-11-19 14:05 America/New_York";
const ELSEWHERE: &str = "1200000000000000009";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn they_are_registered_by_either_way_and_only_once() {
    for test in both_databases().await {
        let app = TestApp::start(&test).at(THURSDAY).await;
        app.discord.has_command(GUILD, "kpi").await;
        app.stops_with_nothing_unsaid().await;
        // The gateway says itself which application the bot is of.
        let app = TestApp::start(&test).by_socket().at(THURSDAY).await;
        app.discord.has_command(GUILD, "kpi").await;
        assert_eq!(app.discord.requests("oauth2"), 0, "{}", test.kind);
        // Another session finds them there.
        let looks = || app.discord.requests("GET applications/commands");
        let (before, puts) = (looks(), app.discord.requests("PUT applications/commands"));
        app.discord.says_by_gateway(r#"{"op":9,"d":false}"#);
        app.until("another session", async || looks() > before).await;
        app.discord.is_connected(2, 0).await;
        assert_eq!((puts, app.discord.requests("PUT applications/commands")), (1, 1), "{}", test.kind);
        app.stops_with_nothing_unsaid().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn replicas_register_them_at_most_once_each() {
    // Several processes serve one PostgreSQL; a SQLite file is served by one.
    let test = postgres().await;
    let app = TestApp::start(&test).at(THURSDAY).await;
    let config = app.program.config.clone();
    let companies = app.program.companies.clone();
    let second = Program::new(config, Clock::at(app.now()), Chance::seeded(8), companies).await.unwrap();
    workers::start(&second);
    app.discord.has_command(GUILD, "kpi").await;
    app.until("both are done", async || {
        let done = |program: &Arc<Program>| program.readiness.all_unregistered().is_empty();
        let asked = app.discord.requests("applications/commands");
        asked >= 2 && done(&app.program) && done(&second)
    })
    .await;
    second.finish().await;
    let puts = app.discord.requests("PUT applications/commands");
    assert!((1..=2).contains(&puts), "{puts}");
    app.stops_with_nothing_unsaid().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_guild_without_the_bot_is_said_to_the_operator_until_it_is_invited() {
    let test = sqlite().await;
    let app = TestApp::start(&test).with_definitions(&sample::DEFINITIONS.replace(GUILD, ELSEWHERE)).at(THURSDAY).await;
    let ready = async || reqwest::get(format!("{}/readyz", app.url)).await.unwrap().text().await.unwrap();
    app.until("it is said", async || ready().await.contains("discord does not know the commands")).await;
    assert!(ready().await.contains("applications.commands"), "{}", ready().await);
    app.discord.invites_bot(ELSEWHERE);
    app.until("they are registered", async || !app.discord.commands(ELSEWHERE).is_empty()).await;
    app.until("it is no longer said", async || !ready().await.contains("does not know the commands")).await;
    app.stops_with_nothing_unsaid().await;
}
