//! Pictures of answers: where a chat system shows them to one person alone, and how they come to that person where it does not.

use shiftbell::demo::generate::{Plan, generate};
use shiftbell::work::import::{File, import};
use shiftbell_tests::app::{LEAD_IN_DISCORD, LEAD_IN_SLACK, TestApp, WORKSPACE};
use shiftbell_tests::db::{TestDb, both_databases, sqlite};
use shiftbell_tests::fake_discord::BY_GATEWAY;

use super::THURSDAY;

const EVENTS: usize = 1_500;
const IN_DISCORD: &str = "1100000000000000002";

/// With customers who pay every month.
async fn after_a_year(app: &TestApp, test: &TestDb) {
    let company = app.program.companies.get(WORKSPACE).unwrap();
    let until = app.now();
    let events = generate(&Plan { seed: 4, events: EVENTS, until }).map(|event| Ok(Some(event)));
    let named = File { source: "demo", key: "year" };
    import(&test.db, &company.workspace, named, events, until, |_| {}).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_slack_a_button_sends_the_picture_to_whoever_clicks_alone() {
    for test in both_databases().await {
        let app = TestApp::start(&test).at(THURSDAY).await;
        after_a_year(&app, &test).await;
        let bridge = app.asks_in_slack("/mrr b2b 2026-11").await;
        assert!(bridge.starts_with("*MRR, b2b: $") && bridge.contains("[Picture]  [Why]"), "{}: {bridge}", test.kind);
        assert!(!bridge.contains("[picture"), "Slack shows none here: {bridge}");
        let (direct, url) = (format!("D{LEAD_IN_SLACK}"), format!("{}/slack/interactions", app.url));
        let reply = app.slack.clicks("Picture", LEAD_IN_SLACK, &direct, &url).await;
        let said = app.slack.follow_up(&reply).await;
        assert_eq!(said, "The picture is in your direct messages with me. Only you see it.");
        let shown = app.slack.shows(LEAD_IN_SLACK, "[picture: MRR, b2b: $").await;
        assert!(shown.contains("shiftbell:\n*MRR, b2b: $"), "{shown}");
        let uploads = app.slack.requests("files.completeUploadExternal");
        assert_eq!((uploads, app.slack.count(LEAD_IN_SLACK), app.slack.count("#sales")), (1, 1, 0), "{shown}");
        assert!(!app.asks_in_slack("/kpi mqls b2b").await.contains("[Picture]"), "it has none");
        app.stops_with_nothing_unsaid().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_slack_a_picture_that_cannot_be_sent_is_said() {
    let test = sqlite().await;
    let app = TestApp::start(&test).at(THURSDAY).await;
    after_a_year(&app, &test).await;
    app.asks_in_slack("/mrr 2026-11").await;
    app.slack.revoke_scope("chat:write");
    let (direct, url) = (format!("D{LEAD_IN_SLACK}"), format!("{}/slack/interactions", app.url));
    let reply = app.slack.clicks("Picture", LEAD_IN_SLACK, &direct, &url).await;
    let said = app.slack.follow_up(&reply).await;
    assert!(said.starts_with("The picture could not be sent to you; the words are all that it shows."), "{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_discord_the_picture_joins_the_words_by_either_way() {
    for test in both_databases().await {
        let app = TestApp::start(&test).at(THURSDAY).await;
        after_a_year(&app, &test).await;
        let bridge = app.asks_in_discord("/mrr b2b 2026-11").await;
        assert!(bridge.starts_with("**MRR, b2b: $") && !bridge.contains("[picture"), "{}: {bridge}", test.kind);
        let shown = app.discord.shows(IN_DISCORD, "[picture mrr.png: MRR, b2b: $").await;
        let only = format!("shiftbell (only {LEAD_IN_DISCORD} sees this): (edited)\n**MRR, b2b: $");
        assert!(shown.contains(&only) && app.discord.count(IN_DISCORD) == 0, "{shown}");
        assert!(!shown.contains("[Picture]"), "{shown}");
        app.stops_with_nothing_unsaid().await;

        let app = TestApp::start(&test).by_socket().at(THURSDAY).await;
        app.discord.is_connected(1, 0).await;
        app.discord.asks("/mrr b2b 2026-11", LEAD_IN_DISCORD, IN_DISCORD, BY_GATEWAY).await;
        app.discord.shows(IN_DISCORD, "[picture mrr.png: MRR, b2b: $").await;
        app.stops_with_nothing_unsaid().await;
    }
}
