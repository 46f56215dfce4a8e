//! The Discord client against a stand-in that rejects what Discord rejects.

use std::time::Duration;

use insta::assert_snapshot;
use secrecy::SecretString;
use serde_json::{Value, json};
use shiftbell_chat::discord::{DiscordClient, DiscordSettings, Registered};
use shiftbell_chat::queue::Turn;
use shiftbell_chat::{Found, Message, Outcome, Picture, Sought, To};
use shiftbell_metrics::time::Instant;
use shiftbell_tests::fake_discord::{APPLICATION, FakeDiscord, GUILD, Right, TOKEN};
use shiftbell_tests::fake_server::{FakeClock, Fault};

mod commands;
mod door;
mod faults;

const NOW: Instant = Instant(1_795_000_000_000);
const SALES: To<'static> = To::Channel("1001");
const BDR: &str = "5001";

async fn guild() -> FakeDiscord {
    FakeDiscord::start(FakeClock::at(NOW)).await.with_channel("1001", "sales").with_user(BDR)
}

fn client_with(discord: &FakeDiscord, token: &str) -> DiscordClient {
    let settings = DiscordSettings {
        api_url: discord.api_url(),
        timeout: Duration::from_millis(250),
        ..DiscordSettings::new(SecretString::from(token), APPLICATION)
    };
    DiscordClient::new(settings).unwrap()
}

fn client(discord: &FakeDiscord) -> DiscordClient {
    client_with(discord, TOKEN)
}

fn won() -> Value {
    json!({
        "content": "**Sample Hotel Group** is won: $18,000 a year.\n-# HubSpot 2 min ago. r-b41k",
        "allowed_mentions": { "parse": [] },
        "components": [
            { "type": 1, "components": [{ "type": 2, "style": 2, "label": "Why", "custom_id": "why:r-b41k" }] },
            { "type": 1, "components": [{ "type": 3, "custom_id": "more", "placeholder": "More",
                "options": [{ "label": "Snooze 1 day", "value": "snooze-day:r-b41k" }] }] },
        ],
    })
}

fn picture() -> Picture {
    Picture { name: "bowtie.png".to_owned(), png: vec![137, 80, 78, 71, 13, 10], alt: "b2b **161** of 300".to_owned() }
}

async fn post(client: &DiscordClient, to: To<'_>, key: &str) -> Outcome {
    client.post(to, &Message::words(&won()), key, NOW).await
}

fn delivered(outcome: Outcome) -> String {
    match outcome {
        Outcome::Delivered { remote_id } => remote_id,
        other => panic!("not delivered: {other:?}"),
    }
}

#[tokio::test]
async fn a_post_is_seen_and_the_same_key_says_it_only_once() {
    let discord = guild().await;
    let client = client(&discord);
    let id = delivered(post(&client, SALES, "won:d-1").await);
    assert_eq!(delivered(post(&client, SALES, "won:d-1").await), id);
    assert_snapshot!(discord.transcript("#sales"), @"
    shiftbell:
    **Sample Hotel Group** is won: $18,000 a year.
    -# HubSpot 2 min ago. r-b41k
    [Why]
    [... Snooze 1 day]
    ");
    assert_ne!(delivered(post(&client, SALES, "won:d-2").await), id);
    assert_eq!(discord.count("#sales"), 2);
}

#[tokio::test]
async fn an_edit_changes_the_one_message_and_may_be_repeated() {
    let discord = guild().await;
    let client = client(&discord);
    let id = delivered(post(&client, SALES, "won:d-1").await);
    let closed = json!({ "content": "Closed at midnight.", "components": [] });
    for _ in 0..2 {
        assert_eq!(delivered(client.edit(&id, &Message::words(&closed), NOW).await), id);
    }
    assert_snapshot!(discord.transcript("#sales"), @"
    shiftbell: (edited)
    Closed at midnight.
    ");
    for gone in ["1001/17", "1001/x", "nothing"] {
        let outcome = client.edit(gone, &Message::words(&closed), NOW).await;
        assert!(matches!(outcome, Outcome::Refused { .. }), "{outcome:?}");
    }
}

#[tokio::test]
async fn a_person_is_written_to_directly_and_the_channel_is_asked_for_once() {
    let discord = guild().await;
    let client = client(&discord);
    delivered(post(&client, To::Person(BDR), "card:1").await);
    delivered(post(&client, To::Person(BDR), "card:2").await);
    assert_eq!((discord.count(BDR), discord.requests("POST users/channels")), (2, 1));
    let nobody = post(&client, To::Person("5009"), "card:3").await;
    assert!(matches!(&nobody, Outcome::Closed { why } if why.contains("5009")), "{nobody:?}");
    discord.closes_direct_messages(BDR);
    let closed = post(&client, To::Person(BDR), "card:4").await;
    assert!(matches!(&closed, Outcome::Closed { why } if why.contains("privacy settings")), "{closed:?}");
}

#[tokio::test]
async fn a_picture_goes_with_its_text_and_stays_through_an_edit_of_the_words() {
    let discord = guild().await;
    let client = client(&discord);
    let (words, picture) = (won(), picture());
    let message = Message { picture: Some(&picture), ..Message::words(&words) };
    let id = delivered(client.post(SALES, &message, "week:1", NOW).await);
    assert!(discord.transcript("#sales").ends_with("[picture bowtie.png: b2b **161** of 300]\n"));
    delivered(client.edit(&id, &Message::words(&words), NOW).await);
    assert!(discord.transcript("#sales").ends_with("[picture bowtie.png: b2b **161** of 300]\n"));
}

#[tokio::test]
async fn a_picture_that_is_not_taken_never_holds_the_words() {
    let discord = guild().await;
    discord.forbid("1001", Right::AttachFiles);
    let (words, picture) = (won(), picture());
    let message = Message { picture: Some(&picture), ..Message::words(&words) };
    delivered(client(&discord).post(SALES, &message, "week:1", NOW).await);
    let transcript = discord.transcript("#sales");
    assert!(transcript.contains("is won") && transcript.contains("\nb2b **161** of 300\n"), "{transcript}");
    assert_eq!(discord.bodies("#sales")[0]["embeds"][0]["footer"]["text"], "b2b **161** of 300");
}

#[tokio::test]
async fn replies_name_their_message() {
    let discord = guild().await;
    let client = client(&discord);
    let id = delivered(post(&client, SALES, "week:1").await);
    let table = json!({ "content": "b2b 171" });
    let below = Message { thread: Some(&id), ..Message::words(&table) };
    delivered(client.post(SALES, &below, "week:1:thread", NOW).await);
    assert!(discord.transcript("#sales").ends_with("shiftbell: (reply)\nb2b 171\n"));
}

#[tokio::test]
async fn buckets_are_learned_from_the_answers_so_that_discord_never_says_no() {
    let discord = guild().await.with_bucket_of(5);
    let client = client(&discord);
    let mut now = NOW;
    let mut waits = 0;
    for n in 0..12 {
        if let Turn::WaitUntil(at) = client.may_send("1001", now) {
            waits += 1;
            discord.clock().advance_ms(at.since(now));
            now = at;
            assert_eq!(client.may_send("1001", now), Turn::Go);
        }
        delivered(client.post(SALES, &Message::words(&won()), &format!("k{n}"), now).await);
    }
    assert_eq!((waits, discord.count("#sales")), (2, 12));
    // Without asking for a turn Discord does say no, and how long.
    for n in 0..5 {
        let outcome = client.post(SALES, &Message::words(&won()), &format!("x{n}"), now).await;
        if let Outcome::RetryAt { after_ms, .. } = outcome {
            assert_eq!(client.may_send("1001", now), Turn::WaitUntil(now.plus_ms(after_ms)));
            return;
        }
    }
    panic!("never told to slow down");
}

#[tokio::test]
async fn commands_are_registered_once_and_again_only_when_they_change() {
    let discord = guild().await;
    let client = client(&discord);
    let Registered::Changed { kept } = client.register_commands(Some(GUILD), None, NOW).await else { panic!("failed") };
    assert!(discord.commands(GUILD).contains(&"kpi".to_owned()));
    assert_eq!(client.register_commands(Some(GUILD), Some(&kept), NOW).await, Registered::AsBefore);
    assert_eq!(discord.requests("PUT"), 1);
    // Somebody threw the bot out and invited it again: what we keep is not what Discord has.
    discord.throws_bot_out(GUILD);
    let Registered::Failed(Outcome::Closed { why }) = client.register_commands(Some(GUILD), None, NOW).await else {
        panic!("a guild without the bot takes no commands")
    };
    assert!(why.contains("applications.commands") && why.contains(GUILD), "{why}");
    discord.invites_bot(GUILD);
    assert!(matches!(client.register_commands(Some(GUILD), Some(&kept), NOW).await, Registered::Changed { .. }));
    assert!(matches!(client.register_commands(None, Some("older"), NOW).await, Registered::Changed { .. }));
    discord.revoke_token();
    assert!(matches!(client.register_commands(None, None, NOW).await, Registered::Failed(Outcome::Closed { .. })));
}
