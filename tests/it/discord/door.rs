//! Interactions as Discord signs them, through a small server that answers with this crate's functions.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::{Json, Router, routing};
use shiftbell_chat::discord::{
    Choice, Interaction, choices_response, deferred_response, interaction_response, pong, read_interaction,
    update_response, verify,
};
use shiftbell_chat::{ReplyTo, Visibility};

use super::*;

/// Answers `/kpi now` at once and `/kpi later` by an edit of the deferred answer; a click says what it carried.
struct Door {
    client: DiscordClient,
    clock: FakeClock,
    public_key: String,
    /// Later answers wait for this.
    is_open: tokio::sync::Notify,
}

async fn interactions(State(door): State<Arc<Door>>, headers: HeaderMap, body: Bytes) -> Response {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let (signature, timestamp) = (header("x-signature-ed25519"), header("x-signature-timestamp"));
    if verify(&door.public_key, signature, timestamp, &body, door.clock.now()).is_err() {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let Ok(interaction) = read_interaction(&body) else { return StatusCode::BAD_REQUEST.into_response() };
    let answer = match interaction {
        Interaction::Ping => pong(),
        Interaction::Asked(asked) if asked.text == "later" => {
            tokio::spawn(async move {
                door.is_open.notified().await;
                answer_later(&door, &asked.reply).await;
            });
            deferred_response(Visibility::OnlyAsker)
        }
        Interaction::Asked(asked) => {
            let words = json!({ "content": format!("{} {}: 26.9 % (84 of 312)", asked.command, asked.text) });
            interaction_response(&words, Visibility::OnlyAsker)
        }
        Interaction::Completing(completing) => {
            let all = ["mql-conversion", "mqls", "win-rate"];
            let fitting = all.iter().filter(|name| name.starts_with(&completing.typed));
            let choices: Vec<Choice> =
                fitting.map(|name| Choice { name: name.to_uppercase(), value: (*name).to_owned() }).collect();
            choices_response(&choices)
        }
        Interaction::Clicked(clicked) => {
            let words = json!({ "content": format!("{} clicked {}", clicked.user, clicked.value), "components": [] });
            update_response(&words)
        }
        Interaction::Unwanted { kind, .. } => {
            let words = json!({ "content": format!("This does nothing here yet ({kind}).") });
            interaction_response(&words, Visibility::OnlyAsker)
        }
    };
    Json(answer).into_response()
}

async fn answer_later(door: &Door, reply: &ReplyTo) {
    let (words, picture) = (won(), picture());
    let message = Message { picture: Some(&picture), ..Message::words(&words) };
    let outcome = door.client.edit_original(reply, &message, door.clock.now()).await;
    assert!(matches!(outcome, Outcome::Delivered { .. }), "{outcome:?}");
}

async fn open(discord: &FakeDiscord) -> (Arc<Door>, String) {
    let (clock, public_key) = (discord.clock().clone(), discord.public_key());
    let door = Arc::new(Door { client: client(discord), clock, public_key, is_open: tokio::sync::Notify::new() });
    let router = Router::new().route("/discord/interactions", routing::post(interactions)).with_state(door.clone());
    let (address, _) = shiftbell_tests::fake_server::serve(router).await;
    (door, format!("http://{address}/discord/interactions"))
}

#[tokio::test]
async fn discord_accepts_the_address_because_wrong_signatures_are_turned_away() {
    let discord = guild().await;
    let (_, url) = open(&discord).await;
    assert!(discord.tests_address(&url).await);
}

#[tokio::test]
async fn a_command_is_answered_in_the_request_and_only_the_asker_sees_it() {
    let discord = guild().await;
    let (_, url) = open(&discord).await;
    let reply = discord.asks("/kpi mql-conversion b2b", BDR, "#sales", &url).await;
    assert_eq!((reply.status, reply.seen.as_str()), (200, "/kpi mql-conversion b2b: 26.9 % (84 of 312)"));
    assert_eq!(discord.count("#sales"), 0);
    assert!(discord.transcript("#sales").starts_with("shiftbell (only 5001 sees this):\n"));
}

#[tokio::test]
async fn a_deferred_answer_comes_with_its_picture_and_to_the_same_person_only() {
    let discord = guild().await;
    let (door, url) = open(&discord).await;
    let reply = discord.asks("/kpi later", BDR, "#sales", &url).await;
    assert_eq!(reply.seen, "(thinking)");
    door.is_open.notify_one();
    assert!(discord.follow_up(&reply).await.ends_with("[picture bowtie.png: b2b **161** of 300]"));
    assert_eq!(discord.count("#sales"), 0);
}

#[tokio::test]
async fn after_fifteen_minutes_no_later_answer_is_possible() {
    let discord = guild().await;
    let (door, url) = open(&discord).await;
    let reply = discord.asks("/kpi later", BDR, "#sales", &url).await;
    discord.clock().advance_ms(15 * 60_000 + 1);
    let to = reply.reply_to();
    let outcome = door.client.edit_original(&to, &Message::words(&won()), door.clock.now()).await;
    assert!(matches!(&outcome, Outcome::Refused { why } if why.contains("is over")), "{outcome:?}");
}

#[tokio::test]
async fn typing_is_completed_and_a_click_replaces_the_message() {
    let discord = guild().await;
    let (door, url) = open(&discord).await;
    assert_eq!(discord.completes("/kpi mq", BDR, "#sales", &url).await.choices(), ["mql-conversion", "mqls"]);
    delivered(post(&door.client, SALES, "k").await);
    discord.clicks("Snooze 1 day", BDR, "#sales", &url).await;
    assert_eq!(discord.transcript("#sales"), "shiftbell: (edited)\n5001 clicked snooze-day:r-b41k\n");
    delivered(post(&door.client, To::Person(BDR), "k2").await);
    assert_eq!(discord.clicks("Why", BDR, BDR, &url).await.seen, "5001 clicked why:r-b41k");
}

#[tokio::test]
async fn a_kind_of_next_year_gets_a_polite_answer() {
    let discord = guild().await;
    let (_, url) = open(&discord).await;
    assert_eq!(discord.sends_kind(9, BDR, "#sales", &url).await.seen, "This does nothing here yet (9).");
}
