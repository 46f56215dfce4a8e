//! `/shiftbell`: what people tell the program.

mod leave;
mod link;
mod people;

use shiftbell_tests::app::{LEAD_IN_DISCORD, LEAD_IN_SLACK, TestApp};
use shiftbell_tests::db::sqlite;

const THURSDAY: &str = "2026-11-19 14:05 America/New_York";
const SALES: &str = "1100000000000000002";

/// The file with everybody rolled out.
fn everybody(file: &str) -> String {
    let file = file.replace("step     = \"focus\"", "step     = \"grow\"");
    assert!(file.contains("\"grow\""));
    file
}

/// What a user reads in Slack who types this into the direct messages with the app.
async fn types(app: &TestApp, user: &str, line: &str) -> String {
    app.slack.types(line, user, &format!("D{user}"), &app.slack_commands()).await.seen
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn help_lists_only_what_is_followed_and_a_word_nobody_knows_gets_buttons() {
    let test = sqlite().await;
    let app = TestApp::start(&test).at(THURSDAY).await;
    let help = app.asks_in_slack("/shiftbell").await;
    assert!(help.contains("/shiftbell is for what concerns you"), "{help}");
    assert_eq!(help, app.asks_in_slack("/shiftbell help").await);
    assert!(app.asks_in_discord("/shiftbell").await.contains("/shiftbell help"));
    for line in help.lines().filter(|line| line.starts_with("/shiftbell ") && !line.contains(" is for ")) {
        let typed = line.split("  ").next().expect("what is typed");
        let said = app.asks_in_slack(typed).await;
        assert!(!said.contains("knows no") && !said.contains("could not be answered"), "{typed}: {said}");
    }
    let said = app.asks_in_slack("/shiftbell hlep").await;
    assert!(said.contains("knows no \"hlep\"") && said.contains("[help]"), "{said}");
    let channel = format!("D{LEAD_IN_SLACK}");
    app.slack.clicks("help", LEAD_IN_SLACK, &channel, &format!("{}/slack/interactions", app.url)).await;
    assert!(app.slack.transcript(LEAD_IN_SLACK).contains("/shiftbell is for"));
    let typed = app.discord.completes("/shiftbell he", LEAD_IN_DISCORD, SALES, &app.discord_interactions()).await;
    assert_eq!(typed.choices(), ["help"]);
    app.stops_with_nothing_unsaid().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rubbish_is_answered_with_a_sentence_and_never_formats_or_mentions() {
    let test = sqlite().await;
    let app = TestApp::start(&test).at(THURSDAY).await;
    for rubbish in ["<!channel>", "*bold* _x_", "\u{202e}txt", "<@U1|x> <https://evil.example|help>", &"x ".repeat(500)]
    {
        let line = format!("/shiftbell {rubbish}");
        let reply = app.slack.types(&line, LEAD_IN_SLACK, &format!("D{LEAD_IN_SLACK}"), &app.slack_commands()).await;
        assert!(reply.seen.contains("/shiftbell help"), "{}", reply.seen);
        let sent = reply.body.to_string();
        assert!(!sent.contains("<!channel>") && !sent.contains("<https://") && !sent.contains("<@U1"), "{sent}");
    }
    app.stops_with_nothing_unsaid().await;
}
