//! The Slack client against a stand-in that rejects what Slack rejects.

use std::time::Duration;

use insta::assert_snapshot;
use secrecy::SecretString;
use serde_json::{Value, json};
use shiftbell_chat::queue::Turn;
use shiftbell_chat::slack::{Looked, SlackClient, SlackSettings, command_response, update_response};
use shiftbell_chat::{Found, Message, Outcome, Picture, Sought, To, Visibility};
use shiftbell_metrics::time::Instant;
use shiftbell_tests::fake_server::{FakeClock, Fault};
use shiftbell_tests::fake_slack::{FakeSlack, HISTORY_SCOPES, SCOPES, TOKEN};

mod door;
mod faults;

const NOW: Instant = Instant(1_795_000_000_000);
const SALES: To<'static> = To::Channel("C1");

/// A team with a channel `#sales` and a BDR.
async fn team() -> FakeSlack {
    let slack = FakeSlack::start(FakeClock::at(NOW)).await;
    slack.with_channel("C1", "sales").with_private_channel("G1", "board").with_user(
        "U1",
        "bdr.one@clowns.example",
        "America/New_York",
    )
}

fn client_with(slack: &FakeSlack, token: &str) -> SlackClient {
    let settings = SlackSettings {
        api_url: slack.api_url(),
        timeout: Duration::from_millis(250),
        picture_wait: Duration::from_millis(1),
        ..SlackSettings::new(SecretString::from(token))
    };
    SlackClient::new(settings).unwrap()
}

fn client(slack: &FakeSlack) -> SlackClient {
    client_with(slack, TOKEN)
}

fn won() -> Value {
    json!({
        "text": "Sample Hotel Group is won: $18,000 a year.",
        "blocks": [
            { "type": "section", "text": { "type": "mrkdwn", "text": "*Sample Hotel Group* is won: $18,000 a year." } },
            { "type": "context", "elements": [{ "type": "mrkdwn", "text": "HubSpot 2 min ago. r-b41k" }] },
            { "type": "actions", "elements": [
                { "type": "button", "action_id": "a1", "text": { "type": "plain_text", "text": "Why" }, "value": "why:r-b41k" },
                { "type": "overflow", "action_id": "a2", "options": [
                    { "text": { "type": "plain_text", "text": "Snooze 1 day" }, "value": "snooze-day:r-b41k" }] } ] },
        ],
    })
}

fn picture() -> Picture {
    Picture { name: "bowtie.png".to_owned(), png: vec![137, 80, 78, 71], alt: "b2b 161 of 300 & more".to_owned() }
}

async fn post(client: &SlackClient, to: To<'_>, key: &str) -> Outcome {
    client.post(to, &Message::words(&won()), key, NOW).await
}

/// The words of `remote_id`, or a panic with what came instead.
fn delivered(outcome: Outcome) -> String {
    match outcome {
        Outcome::Delivered { remote_id } => remote_id,
        other => panic!("not delivered: {other:?}"),
    }
}

#[tokio::test]
async fn a_post_is_seen_and_carries_its_key() {
    let slack = team().await;
    let id = delivered(post(&client(&slack), SALES, "won:d-1").await);
    assert!(id.starts_with("C1/"), "{id}");
    assert_snapshot!(slack.transcript("#sales"), @"
    shiftbell:
    *Sample Hotel Group* is won: $18,000 a year.
    HubSpot 2 min ago. r-b41k
    [Why]  [... Snooze 1 day]
    ");
    let body = &slack.bodies("#sales")[0];
    assert_eq!(body["metadata"], json!({ "event_type": "shiftbell", "event_payload": { "key": "won:d-1" } }));
}

#[tokio::test]
async fn an_edit_changes_the_one_message_and_may_be_repeated() {
    let slack = team().await;
    let client = client(&slack);
    let id = delivered(post(&client, SALES, "won:d-1").await);
    let closed = json!({ "text": "Closed at midnight." });
    for _ in 0..2 {
        assert_eq!(delivered(client.edit(&id, &Message::words(&closed), NOW).await), id);
    }
    assert_snapshot!(slack.transcript("#sales"), @"
    shiftbell: (edited)
    Closed at midnight.
    ");
    let gone = client.edit("C1/1.000001", &Message::words(&closed), NOW).await;
    assert!(matches!(gone, Outcome::Refused { .. }), "{gone:?}");
}

#[tokio::test]
async fn a_person_is_written_to_directly_and_the_channel_is_asked_for_once() {
    let slack = team().await;
    let client = client(&slack);
    let id = delivered(post(&client, To::Person("U1"), "card:1").await);
    assert!(id.starts_with("DU1/"), "{id}");
    delivered(post(&client, To::Person("U1"), "card:2").await);
    assert_eq!((slack.count("U1"), slack.requests("conversations.open")), (2, 1));
    assert!(matches!(post(&client, To::Person("U9"), "card:3").await, Outcome::Closed { .. }));
}

#[tokio::test]
async fn without_the_scope_to_open_a_direct_message_it_still_arrives() {
    let slack = team().await;
    slack.revoke_scope("im:write");
    delivered(post(&client(&slack), To::Person("U1"), "card:1").await);
    assert_eq!(slack.count("U1"), 1);
}

#[tokio::test]
async fn replies_stand_below_their_message() {
    let slack = team().await;
    let client = client(&slack);
    let id = delivered(post(&client, SALES, "week:1").await);
    let table = json!({ "text": "b2b  171  22  7  5  1" });
    let below = Message { thread: Some(&id), ..Message::words(&table) };
    delivered(client.post(SALES, &below, "week:1:thread", NOW).await);
    assert!(slack.transcript("#sales").ends_with("  > shiftbell:\n  > b2b  171  22  7  5  1\n"));
}

#[tokio::test]
async fn a_picture_is_shown_with_its_text() {
    let slack = team().await;
    slack.files_take_looks(4);
    let (words, picture) = (won(), picture());
    let message = Message { picture: Some(&picture), ..Message::words(&words) };
    delivered(client(&slack).post(SALES, &message, "week:1", NOW).await);
    assert!(slack.transcript("#sales").contains("[picture: b2b 161 of 300 & more]\nHubSpot"));
    assert_eq!(slack.requests("files.info"), 4);
}

#[tokio::test]
async fn a_picture_that_fails_never_holds_the_words() {
    let (words, picture) = (won(), picture());
    for (method, fault) in [
        ("files.getUploadURLExternal", Fault::Error("missing_scope")),
        ("upload", Fault::Status(500)),
        ("files.completeUploadExternal", Fault::Hang),
        ("files.info", Fault::CutBefore),
    ] {
        let slack = team().await;
        slack.faults().switch_on(method, fault, usize::MAX);
        let message = Message { picture: Some(&picture), ..Message::words(&words) };
        delivered(client(&slack).post(SALES, &message, "week:1", NOW).await);
        let transcript = slack.transcript("#sales");
        assert!(
            transcript.contains("is won") && transcript.contains("\nb2b 161 of 300 & more\n"),
            "{method}: {transcript}"
        );
        assert_eq!(slack.count("#sales"), 1);
    }
    // Never ready: the client stops looking; and a picture that the post rejects is left out of a second call.
    let slack = team().await;
    slack.files_take_looks(u32::MAX);
    let known = Message { picture: Some(&picture), file: Some("F404"), ..Message::words(&words) };
    delivered(client(&slack).post(SALES, &known, "week:2", NOW).await);
    assert_eq!((slack.requests("chat.postMessage"), slack.count("#sales")), (2, 1));
}

#[tokio::test]
async fn people_are_found_by_their_address() {
    let slack = team().await;
    let client = client(&slack);
    let Looked::Person(person) = client.person_by_email("BDR.One@clowns.example").await else { panic!("nobody") };
    assert_eq!((person.user.as_str(), person.zone.as_deref()), ("U1", Some("America/New_York")));
    assert_eq!(client.person_by_email("nobody@clowns.example").await, Looked::Nobody);
    slack.revoke_scope("users:read.email");
    let failed = client.person_by_email("bdr.one@clowns.example").await;
    assert!(
        matches!(&failed, Looked::Failed(Outcome::Closed { why }) if why.contains("users:read.email")),
        "{failed:?}"
    );
    assert_eq!(client.identity().await.unwrap().team, "T1");
}

#[tokio::test]
async fn posts_to_one_channel_take_turns_so_that_slack_never_says_no() {
    let slack = team().await.with_channel_limit();
    let client = client(&slack);
    let mut now = NOW;
    for n in 0..10 {
        if let Turn::WaitUntil(at) = client.may_send("C1", now) {
            slack.clock().advance_ms(at.since(now));
            now = at;
            assert_eq!(client.may_send("C1", now), Turn::Go);
        }
        delivered(client.post(SALES, &Message::words(&won()), &format!("k{n}"), now).await);
    }
    assert_eq!(now.since(NOW), 7_000); // three at once, then one a second
    // Without asking for a turn Slack does say no.
    let outcomes =
        [post(&client, SALES, "x1").await, post(&client, SALES, "x2").await, post(&client, SALES, "x3").await];
    assert!(outcomes.contains(&Outcome::RetryAt { after_ms: 1_000, why: "slack asked to slow down".to_owned() }));
}

#[test]
fn settings_that_cannot_work_are_refused_with_the_reason() {
    for (url, token, hint) in [
        ("slack.com/api", TOKEN, "https://"),
        ("ftp://slack.com", TOKEN, "https://"),
        (SlackSettings::API_URL, "xoxb 1\n2", "token"),
    ] {
        let settings = SlackSettings { api_url: url.to_owned(), ..SlackSettings::new(SecretString::from(token)) };
        let problem = SlackClient::new(settings).unwrap_err().to_string();
        assert!(problem.contains(hint) && !problem.contains(TOKEN), "{problem}");
    }
}

#[test]
fn the_manifest_asks_for_what_the_client_needs_and_offers_the_history_as_a_choice() {
    let (http, socket) =
        (include_str!("../../deploy/slack-manifest.yaml"), include_str!("../../deploy/slack-manifest-socket.yaml"));
    for manifest in [http, socket] {
        let listed = |line: &str| manifest.lines().any(|one| one.trim().split(" # ").next() == Some(line));
        for scope in SCOPES {
            assert!(listed(&format!("- {scope}")), "{scope}");
        }
        for scope in HISTORY_SCOPES {
            assert!(listed(&format!("# - {scope}")) && !listed(&format!("- {scope}")), "{scope}");
        }
        assert!(listed("- command: /kpi") && manifest.contains("interactivity:\n    is_enabled: true"));
    }
    // The two differ in how requests come, and in nothing else.
    let rest = |manifest: &str| -> Vec<String> {
        let about_way = ["#", "url: ", "request_url: ", "socket_mode_enabled: "];
        let lines = manifest.lines().filter(|line| !about_way.iter().any(|word| line.trim().starts_with(word)));
        lines.map(str::to_owned).collect()
    };
    assert_eq!(rest(http), rest(socket));
    assert!(http.contains("socket_mode_enabled: false") && http.contains("/slack/commands\n"));
    assert!(socket.contains("socket_mode_enabled: true") && !socket.contains("url: "));
}
