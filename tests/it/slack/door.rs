//! Commands and clicks as Slack signs them, through a small server that answers with this crate's functions.

use std::sync::Arc;

use axum::Json;
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing;
use shiftbell_chat::slack::{Command, Interaction, read_command, read_interaction, verify};
use shiftbell_chat::{Asked, ReplyTo};
use shiftbell_tests::fake_slack::SIGNING_SECRET;
use tokio::sync::Notify;

use super::*;

/// Answers `/kpi now` at once and `/kpi later` by `response_url`; a click says what it carried.
struct Door {
    client: SlackClient,
    clock: FakeClock,
    /// Later answers wait for this.
    is_open: Notify,
    /// Rings when all later answers went as they should.
    is_done: Notify,
}

fn checked(door: &Door, headers: &HeaderMap, body: &[u8]) -> Result<(), StatusCode> {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let (timestamp, signature) = (header("x-slack-request-timestamp"), header("x-slack-signature"));
    let secret = SecretString::from(SIGNING_SECRET);
    verify(&secret, timestamp, signature, body, door.clock.now()).map_err(|_| StatusCode::UNAUTHORIZED)
}

async fn commands(State(door): State<Arc<Door>>, headers: HeaderMap, body: Bytes) -> Response {
    if let Err(status) = checked(&door, &headers, &body) {
        return status.into_response();
    }
    match read_command(&body, door.client.api_url()) {
        Err(_) => StatusCode::BAD_REQUEST.into_response(),
        Ok(Command::Tested) => StatusCode::OK.into_response(),
        Ok(Command::Asked(asked)) if asked.text == "later" => {
            tokio::spawn(async move {
                door.is_open.notified().await;
                answer_later(&door, &asked).await;
            });
            StatusCode::OK.into_response()
        }
        Ok(Command::Asked(asked)) => {
            let words = json!({ "text": format!("{} {}: 26.9 % (84 of 312)", asked.command, asked.text) });
            Json(command_response(&words, Visibility::OnlyAsker)).into_response()
        }
    }
}

async fn answer_later(door: &Door, asked: &Asked) {
    let ReplyTo::Slack { response_url } = &asked.reply else { panic!("not slack") };
    let body = command_response(&won(), Visibility::Everyone);
    for _ in 0..5 {
        assert!(matches!(door.client.respond(response_url, &body).await, Outcome::Delivered { .. }));
    }
    assert!(matches!(door.client.respond(response_url, &body).await, Outcome::Refused { .. }));
    door.is_done.notify_one();
}

async fn interactions(State(door): State<Arc<Door>>, headers: HeaderMap, body: Bytes) -> Response {
    if let Err(status) = checked(&door, &headers, &body) {
        return status.into_response();
    }
    let Ok(Interaction::Clicked(clicked)) = read_interaction(&body, door.client.api_url()) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    let words = json!({ "text": format!("{} clicked {}", clicked.user, clicked.value) });
    let outcome = door.client.answer(&clicked.reply, &update_response(&words)).await;
    assert!(matches!(outcome, Outcome::Delivered { .. }), "{outcome:?}");
    StatusCode::OK.into_response()
}

async fn open(slack: &FakeSlack) -> (Arc<Door>, String) {
    let door =
        Door { client: client(slack), clock: slack.clock().clone(), is_open: Notify::new(), is_done: Notify::new() };
    let door = Arc::new(door);
    let router = Router::new()
        .route("/slack/commands", routing::post(commands))
        .route("/slack/interactions", routing::post(interactions))
        .with_state(door.clone());
    let (address, _) = shiftbell_tests::fake_server::serve(router).await;
    (door, format!("http://{address}/slack"))
}

#[tokio::test]
async fn a_command_is_answered_in_the_request_and_only_the_asker_sees_it() {
    let slack = team().await;
    let (_, url) = open(&slack).await;
    let reply = slack.types("/kpi mql-conversion b2b & <x>", "U1", "C1", &format!("{url}/commands")).await;
    assert_eq!((reply.status, reply.seen.as_str()), (200, "/kpi mql-conversion b2b & <x>: 26.9 % (84 of 312)"));
    assert_eq!(slack.count("#sales"), 0);
    assert!(slack.transcript("#sales").starts_with("shiftbell (only U1 sees this):\n/kpi"));
}

#[tokio::test]
async fn a_later_answer_comes_by_the_address_that_slack_gave_at_most_five_times() {
    let slack = team().await;
    let (door, url) = open(&slack).await;
    let reply = slack.types("/kpi later", "U1", "C1", &format!("{url}/commands")).await;
    assert_eq!((reply.status, reply.seen.as_str()), (200, ""));
    door.is_open.notify_one();
    assert!(slack.follow_up(&reply).await.starts_with("*Sample Hotel Group* is won"));
    tokio::time::timeout(Duration::from_secs(20), door.is_done.notified()).await.unwrap();
    assert_eq!(slack.count("#sales"), 5);
}

#[tokio::test]
async fn after_half_an_hour_no_later_answer_is_possible() {
    let slack = team().await;
    let (door, url) = open(&slack).await;
    let reply = slack.types("/kpi x", "U1", "C1", &format!("{url}/commands")).await;
    let address = reply.response_url(&slack);
    slack.clock().advance_ms(30 * 60_000 + 1);
    let outcome = door.client.respond(&address, &command_response(&won(), Visibility::OnlyAsker)).await;
    assert_eq!(outcome, Outcome::Refused { why: "the time for an answer to this request is over".to_owned() });
    let foreign = door.client.respond("https://evil.example/respond/1", &json!({ "text": "x" })).await;
    assert!(matches!(foreign, Outcome::Refused { .. }));
}

#[tokio::test]
async fn a_click_replaces_the_message_whether_everyone_or_one_person_sees_it() {
    let slack = team().await;
    let (door, url) = open(&slack).await;
    delivered(post(&door.client, SALES, "k").await);
    let reply = slack.clicks("Why", "U1", "#sales", &format!("{url}/interactions")).await;
    assert_eq!(reply.status, 200);
    assert_eq!(slack.shows("#sales", "U1 clicked").await, "shiftbell: (edited)\nU1 clicked why:r-b41k\n");
    delivered(post(&door.client, SALES, "k2").await);
    slack.clicks("Snooze 1 day", "U1", "#sales", &format!("{url}/interactions")).await;
    slack.shows("#sales", "U1 clicked snooze-day:r-b41k").await;
}

#[tokio::test]
async fn what_slack_did_not_sign_now_is_turned_away() {
    let slack = team().await;
    let (_, url) = open(&slack).await;
    let url = format!("{url}/commands");
    let now_s = NOW.as_ms() / 1_000;
    assert_eq!(slack.knocks(&url, "ssl_check=1", now_s, None).await, 200);
    assert_eq!(slack.knocks(&url, "ssl_check=1", now_s - 301, None).await, 401);
    assert_eq!(slack.knocks(&url, "ssl_check=1", now_s + 301, None).await, 401);
    assert_eq!(slack.knocks(&url, "ssl_check=1", now_s, Some("v0=00")).await, 401);
    assert_eq!(slack.knocks(&url, "text=x", now_s, None).await, 400);
}
