//! The doors of the running program: what is not believed leaves nothing behind, what is believed is never lost.

use serde_json::json;
use shiftbell_metrics::time::Instant;
use shiftbell_sources::Secret;
use shiftbell_sources::hubspot::signature::{TIMESTAMP, V3, sign_v3};
use shiftbell_store::inbox;
use shiftbell_tests::app::{HUBSPOT_SECRET, PORTAL, TestApp, WORKSPACE};
use shiftbell_tests::db::{both_databases, sqlite};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

const THURSDAY: &str = "2026-11-19 14:05 America/New_York";
const MIB_5: usize = 5 * 1024 * 1024;

/// The headers of a delivery of HubSpot.
fn signed(url: &str, body: &[u8], at: Instant, secret: &str) -> Vec<(&'static str, String)> {
    vec![(V3, sign_v3(&Secret::new(secret), "POST", url, body, at)), (TIMESTAMP, at.as_ms().to_string())]
}

async fn post(app: &TestApp, url: &str, headers: &[(&'static str, String)], body: &[u8]) -> (u16, String) {
    let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
    app.posts(url, &headers, body.to_vec()).await
}

/// Deliveries that wait, and those that could not be read.
async fn kept(app: &TestApp) -> (i64, i64) {
    let mut snapshot = app.program.db.read().await.expect("read the database");
    let inbox = inbox::backlog(&mut snapshot, WORKSPACE).await.expect("read the inbox");
    (inbox.waiting, inbox.unreadable)
}

fn creation(id: u64, object: &str) -> serde_json::Value {
    json!({ "eventId": id, "subscriptionId": 1, "portalId": PORTAL, "subscriptionType": format!("{object}.creation"),
        "occurredAt": 1_790_000_000_000_i64, "objectId": id, "changeFlag": "NEW", "changeSource": "IMPORT" })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_believed_is_refused_with_a_sentence_and_leaves_nothing() {
    for test in both_databases().await {
        let app = TestApp::start(&test).at(THURSDAY).await;
        let (now, hook) = (app.now(), app.hook("hubspot-main"));
        let body = json!([creation(1, "contact")]).to_string().into_bytes();
        let by = |at, secret| signed(&hook, &body, at, secret);
        let elsewhere = |path: &str| format!("{}/hooks/{path}", app.url);
        let large = vec![b' '; MIB_5];
        let right = by(now, HUBSPOT_SECRET);
        let table = [
            ("another secret", hook.clone(), by(now, "another"), &body, 401, "does not fit the body"),
            ("another body", hook.clone(), right.clone(), &b"[]".to_vec(), 401, "does not fit the body"),
            ("no signature", hook.clone(), Vec::new(), &body, 401, "is missing"),
            ("301 s old", hook.clone(), by(now.plus_ms(-301_000), HUBSPOT_SECRET), &body, 401, "signed 301 s ago"),
            ("301 s ahead", hook.clone(), by(now.plus_ms(301_000), HUBSPOT_SECRET), &body, 401, "301 s in the future"),
            ("unknown workspace", elsewhere("clowns/hubspot-main"), right.clone(), &body, 404, "no workspace `clowns`"),
            ("unknown source", elsewhere("clowns-to-go/hubspot"), right.clone(), &body, 404, "it has anything, cost,"),
            (
                "5 MB",
                hook.clone(),
                signed(&hook, &large, now, HUBSPOT_SECRET),
                &large,
                413,
                "larger than 1048576 bytes",
            ),
            ("no address", elsewhere("clowns-to-go"), right, &body, 404, "there is nothing at POST"),
        ];
        for (what, url, headers, body, status, words) in table {
            let (found, answer) = post(&app, &url, &headers, body).await;
            assert!(found == status && answer.contains(words), "{}: {what}: {found} {answer}", test.kind);
        }
        let seconds = now.as_ms() / 1_000;
        let commands = app.slack_commands();
        assert_eq!(app.slack.knocks(&commands, "command=%2Fkpi", seconds, Some("v0=00")).await, 401);
        assert_eq!(app.slack.knocks(&commands, "command=%2Fkpi", seconds - 301, None).await, 401);
        assert!(app.discord.tests_address(&app.discord_interactions()).await, "also refuses what is signed wrongly");
        assert_eq!(kept(&app).await, (0, 0), "{}", test.kind);
        app.stops_with_nothing_unsaid().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_believed_but_cannot_be_read_is_kept_with_its_reason_and_the_rest_is_counted() {
    for test in both_databases().await {
        let app = TestApp::start(&test).at(THURSDAY).await;
        let (now, hook) = (app.now(), app.hook("hubspot-main"));
        let list = |elements: &[serde_json::Value]| json!(elements).to_string().into_bytes();
        let mut nameless = creation(2, "contact");
        nameless["objectId"] = json!(null);
        let table = [
            (b"[{\"objectId\": \"\xff\xfe\"}]".to_vec(), Some("not UTF-8")),
            (b"[{\"objectId\": 7".to_vec(), Some("cut off after 15 bytes")),
            (
                list(&[creation(1, "contact"), nameless, creation(3, "company")]),
                Some("element 1: `objectId` is missing"),
            ),
            (list(&[creation(4, "line_item"), creation(5, "contact")]), None),
        ];
        let unreadable = table.iter().filter(|(_, reason)| reason.is_some()).count();
        for (body, _) in &table {
            let (status, answer) = post(&app, &hook, &signed(&hook, body, now, HUBSPOT_SECRET), body).await;
            assert_eq!(status, 202, "{}: {answer}", test.kind);
        }
        let (status, answer) =
            app.shop_sends("odd", r#"{"id":"odd","type":"unicorn","at":"2026-11-19T18:00:00Z","contact":"c"}"#).await;
        assert_eq!(status, 202, "an unknown type of event is an event: {answer}");
        app.idle().await;
        assert_eq!(kept(&app).await, (0, i64::try_from(unreadable).expect("a few")), "{}", test.kind);
        let mut snapshot = app.program.db.read().await.expect("read the database");
        let found = inbox::unreadable_ones(&mut snapshot, WORKSPACE, 10).await.expect("read the inbox");
        for wanted in table.iter().filter_map(|(_, reason)| *reason) {
            assert!(found.iter().any(|one| one.reason.contains(wanted)), "{}: {wanted} in {found:#?}", test.kind);
        }
        let events = shiftbell_store::events::count(&mut snapshot, WORKSPACE).await.expect("count the events");
        assert_eq!(events, 4, "{}: two of the list with a bad one, one beside an unknown kind, the unicorn", test.kind);
        drop(snapshot);
        app.stops_with_nothing_unsaid().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_body_that_ends_early_is_not_a_delivery() {
    let test = sqlite().await;
    let app = TestApp::start(&test).at(THURSDAY).await;
    let (hook, body) = (app.hook("hubspot-main"), json!([creation(1, "contact")]).to_string());
    let headers = signed(&hook, body.as_bytes(), app.now(), HUBSPOT_SECRET);
    let lines: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let path = hook.trim_start_matches(&app.url);
    let (half, length) = (&body[..body.len() / 2], body.len());
    let request = format!("POST {path} HTTP/1.1\r\nhost: here\r\n{lines}content-length: {length}\r\n\r\n{half}");
    let mut stream = tokio::net::TcpStream::connect(app.url.trim_start_matches("http://")).await.expect("connect");
    stream.write_all(request.as_bytes()).await.expect("send half of it");
    stream.shutdown().await.expect("end it");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("an answer, or the end");
    assert!(answer.is_empty() || answer.contains(" 400 "), "{answer}");
    assert_eq!(kept(&app).await, (0, 0));
    app.stops_with_nothing_unsaid().await;
}
