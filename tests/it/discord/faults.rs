//! What the client makes of everything that can go wrong, and how a message of unknown outcome is found.

use super::*;

const UNKNOWN: [Fault; 7] = [
    Fault::Hang,
    Fault::CutBefore,
    Fault::ActThenCut,
    Fault::ActThenHang,
    Fault::Status(500),
    Fault::Status(503),
    Fault::ActThenStatus(502),
];

#[tokio::test]
async fn slow_down_is_obeyed() {
    let discord = guild().await.with_channel("1002", "board");
    let client = client(&discord);
    discord.faults().switch_on("POST channels", Fault::SlowDown { retry_after_s: 30 }, 1);
    let outcome = post(&client, SALES, "k").await;
    assert_eq!(outcome, Outcome::RetryAt { after_ms: 30_000, why: "discord asked to slow down".to_owned() });
    assert_eq!(client.may_send("1001", NOW.plus_ms(29_999)), Turn::WaitUntil(NOW.plus_ms(30_000)));
    assert_eq!(client.may_send("1002", NOW), Turn::Go);
    assert_eq!(client.may_send("1001", NOW.plus_ms(30_000)), Turn::Go);
    delivered(post(&client, SALES, "k").await);
}

#[tokio::test]
async fn whatever_may_have_been_acted_on_is_unknown_and_a_repeat_with_the_same_key_is_seen_once() {
    for fault in UNKNOWN {
        let discord = guild().await;
        let client = client(&discord);
        discord.faults().switch_on("channels/messages", fault.clone(), 2);
        let outcome = post(&client, SALES, "k").await;
        assert!(matches!(outcome, Outcome::Unknown { .. }), "{fault:?}: {outcome:?}");
        let outcome = client.edit("1001/17", &Message::words(&won()), NOW).await;
        // An edit that was acted on and then cut would be refused when repeated: the message never was.
        assert!(matches!(outcome, Outcome::RetryAt { .. }), "{fault:?}: {outcome:?}");
        delivered(post(&client, SALES, "k").await);
        assert_eq!(discord.count("#sales"), 1, "{fault:?}");
    }
}

#[tokio::test]
async fn a_fault_before_the_post_itself_is_never_unknown() {
    for fault in UNKNOWN {
        let discord = guild().await;
        discord.faults().switch_on("POST users/channels", fault.clone(), 1);
        let outcome = post(&client(&discord), To::Person(BDR), "k").await;
        assert!(matches!(outcome, Outcome::RetryAt { .. }), "{fault:?}: {outcome:?}");
        assert_eq!(discord.count(BDR), 0);
    }
}

#[tokio::test]
async fn a_server_that_is_not_there_was_certainly_not_reached() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port(); // free again
    let settings = DiscordSettings {
        api_url: format!("http://127.0.0.1:{port}"),
        ..DiscordSettings::new(SecretString::from(TOKEN), APPLICATION)
    };
    let outcome = post(&DiscordClient::new(settings).unwrap(), SALES, "k").await;
    assert_eq!(outcome, Outcome::RetryAt { after_ms: 0, why: "discord could not be reached".to_owned() });
}

#[tokio::test]
async fn what_needs_a_person_says_what_to_do() {
    let check = async |discord: FakeDiscord, to: To<'_>, hint: &str| {
        let outcome = post(&client(&discord), to, "k").await;
        assert!(matches!(&outcome, Outcome::Closed { why } if why.contains(hint)), "{hint}: {outcome:?}");
    };
    let discord = guild().await;
    discord.forbid("1001", Right::ViewChannel);
    check(discord, SALES, "View Channel").await;
    let discord = guild().await;
    discord.forbid("1001", Right::SendMessages);
    check(discord, SALES, "Send Messages").await;
    let discord = guild().await;
    discord.revoke_token();
    check(discord, SALES, "DISCORD_BOT_TOKEN").await;
    check(guild().await, To::Channel("1404"), "`1404`").await;
    check(guild().await, To::Channel("#sales"), "no id of discord").await;
    check(guild().await, To::Channel("0"), "no id of discord").await;
    let discord = guild().await;
    let outcome = post(&client_with(&discord, "other-token"), SALES, "k").await;
    assert!(matches!(&outcome, Outcome::Closed { why } if !why.contains("other-token")), "{outcome:?}");
}

#[tokio::test]
async fn what_discord_will_never_take_is_refused() {
    let discord = guild().await;
    let client = client(&discord);
    let embeds: Vec<Value> = (0..11).map(|_| json!({ "description": "x" })).collect();
    for body in [json!({}), json!({ "content": "x".repeat(2_001) }), json!({ "content": "x", "embeds": embeds })] {
        let outcome = client.post(SALES, &Message::words(&body), "k", NOW).await;
        assert!(matches!(outcome, Outcome::Refused { .. }), "{outcome:?}");
    }
    assert_eq!(discord.count("#sales"), 0);
}

async fn find(client: &DiscordClient, key: &str, since: Instant) -> Found {
    let words = won();
    let sought = Sought { to: SALES, dedupe_key: key, since, message: &Message::words(&words) };
    client.find(&sought, since).await
}

#[tokio::test]
async fn after_the_nonce_is_forgotten_the_message_is_found_by_its_words() {
    let discord = guild().await;
    let client = client(&discord);
    delivered(post(&client, SALES, "before").await);
    discord.clock().advance_ms(600_000);
    let since = NOW.plus_ms(600_000);
    let other = json!({ "content": "another" });
    delivered(client.post(SALES, &Message::words(&other), "other", since).await);
    assert_eq!(find(&client, "k", since).await, Found::NotThere);
    discord.faults().switch_on("POST channels", Fault::ActThenCut, 1);
    assert!(matches!(client.post(SALES, &Message::words(&won()), "k", since).await, Outcome::Unknown { .. }));
    discord.forget_nonces();
    let Found::Delivered { remote_id } = find(&client, "k", since).await else { panic!("not found") };
    delivered(client.edit(&remote_id, &Message::words(&other), since).await);
    assert_eq!(discord.count("#sales"), 3);
}

#[tokio::test]
async fn a_message_is_found_behind_many_others() {
    let discord = guild().await;
    let client = client(&discord);
    let id = delivered(post(&client, SALES, "k").await);
    let other = json!({ "content": "another" });
    for n in 0..230 {
        delivered(client.post(SALES, &Message::words(&other), &format!("other-{n}"), NOW).await);
    }
    assert_eq!(find(&client, "k", NOW).await, Found::Delivered { remote_id: id });
    assert_eq!(discord.requests("GET channels/messages"), 3);
}

#[tokio::test]
async fn without_the_right_to_read_nothing_can_be_told() {
    let discord = guild().await;
    let client = client(&discord);
    delivered(post(&client, SALES, "k").await);
    discord.forbid("1001", Right::ReadMessageHistory);
    let found = find(&client, "k", NOW).await;
    assert!(matches!(&found, Found::CannotTell { why } if why.contains("Read Message History")), "{found:?}");
    discord.faults().switch_on("GET channels", Fault::Hang, 1);
    assert!(matches!(find(&client, "k", NOW).await, Found::Later { .. }));
}
