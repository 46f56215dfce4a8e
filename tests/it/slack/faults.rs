//! What the client makes of everything that can go wrong, and how a message of unknown outcome is found.

use super::*;

const UNKNOWN: [Fault; 8] = [
    Fault::Hang,
    Fault::CutBefore,
    Fault::ActThenCut,
    Fault::ActThenHang,
    Fault::Status(500),
    Fault::Status(503),
    Fault::ActThenStatus(502),
    Fault::Error("internal_error"),
];

#[tokio::test]
async fn slow_down_is_obeyed_to_the_second() {
    let slack = team().await;
    let client = client(&slack);
    slack.faults().switch_on("chat.postMessage", Fault::SlowDown { retry_after_s: 30 }, 1);
    let outcome = post(&client, SALES, "k").await;
    assert_eq!(outcome, Outcome::RetryAt { after_ms: 30_000, why: "slack asked to slow down".to_owned() });
    assert_eq!(client.may_send("C1", NOW.plus_ms(29_999)), Turn::WaitUntil(NOW.plus_ms(30_000)));
    assert_eq!(client.may_send("G1", NOW), Turn::WaitUntil(NOW.plus_ms(30_000)));
    assert_eq!(client.may_edit("C1", NOW), Turn::Go);
    assert_eq!(client.may_send("C1", NOW.plus_ms(30_000)), Turn::Go);
    delivered(post(&client, SALES, "k").await);
}

#[tokio::test]
async fn whatever_may_have_been_acted_on_is_unknown_for_a_post_and_repeated_for_an_edit() {
    for fault in UNKNOWN {
        let slack = team().await;
        let client = client(&slack);
        let id = delivered(post(&client, SALES, "k1").await);
        slack.faults().switch_on("chat.", fault.clone(), usize::MAX);
        let outcome = post(&client, SALES, "k2").await;
        assert!(matches!(outcome, Outcome::Unknown { .. }), "{fault:?}: {outcome:?}");
        assert_eq!(slack.count("#sales"), if fault.acts() { 2 } else { 1 }, "{fault:?}");
        let outcome = client.edit(&id, &Message::words(&won()), NOW).await;
        assert!(matches!(outcome, Outcome::RetryAt { .. }), "{fault:?}: {outcome:?}");
        slack.faults().recover();
        delivered(client.edit(&id, &Message::words(&won()), NOW).await);
    }
}

#[tokio::test]
async fn a_fault_before_the_post_itself_is_never_unknown() {
    for fault in UNKNOWN {
        let slack = team().await;
        slack.faults().switch_on("conversations.open", fault.clone(), 1);
        let outcome = post(&client(&slack), To::Person("U1"), "k").await;
        assert!(matches!(outcome, Outcome::RetryAt { .. }), "{fault:?}: {outcome:?}");
        assert_eq!(slack.count("U1"), 0);
    }
}

#[tokio::test]
async fn a_server_that_is_not_there_was_certainly_not_reached() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port(); // free again
    let settings = SlackSettings {
        api_url: format!("http://127.0.0.1:{port}/api"),
        ..SlackSettings::new(SecretString::from(TOKEN))
    };
    let outcome = post(&SlackClient::new(settings).unwrap(), SALES, "k").await;
    assert_eq!(outcome, Outcome::RetryAt { after_ms: 0, why: "slack could not be reached".to_owned() });
}

#[tokio::test]
async fn what_needs_a_person_says_what_to_do() {
    let check = async |slack: FakeSlack, to: To<'_>, hint: &str| {
        let outcome = post(&client(&slack), to, "k").await;
        assert!(matches!(&outcome, Outcome::Closed { why } if why.contains(hint)), "{hint}: {outcome:?}");
    };
    let slack = team().await;
    slack.remove_app("C1");
    check(slack, SALES, "/invite @shiftbell").await;
    let slack = team().await;
    slack.remove_app("G1");
    check(slack, To::Channel("G1"), "/invite @shiftbell").await;
    let slack = team().await;
    slack.archive("C1");
    check(slack, SALES, "archived").await;
    let slack = team().await;
    slack.revoke_token();
    check(slack, SALES, "SLACK_BOT_TOKEN").await;
    let slack = team().await;
    slack.revoke_scope("chat:write");
    check(slack, SALES, "`chat:write`").await;
    check(team().await, To::Channel("C404"), "C404").await;
    let slack = team().await;
    let outcome = post(&client_with(&slack, "xoxb-other"), SALES, "k").await;
    assert!(matches!(&outcome, Outcome::Closed { why } if !why.contains("xoxb")), "{outcome:?}");
}

#[tokio::test]
async fn what_slack_will_never_take_is_refused() {
    let slack = team().await;
    let client = client(&slack);
    let blocks: Vec<Value> = (0..51).map(|_| json!({ "type": "divider" })).collect();
    for body in [
        json!({}),
        json!({ "text": "x", "blocks": blocks }),
        json!({ "text": "x", "blocks": [{ "type": "hologram" }] }),
    ] {
        let outcome = client.post(SALES, &Message::words(&body), "k", NOW).await;
        assert!(matches!(outcome, Outcome::Refused { .. }), "{outcome:?}");
    }
    assert_eq!(slack.count("#sales"), 0);
}

async fn find(client: &SlackClient, message: &Message<'_>, to: To<'_>, key: &str) -> Found {
    client.find(&Sought { to, dedupe_key: key, since: NOW, message }).await
}

#[tokio::test]
async fn with_the_history_scope_a_message_of_unknown_outcome_is_found_or_known_to_be_missing() {
    for to in [SALES, To::Channel("G1"), To::Person("U1")] {
        let slack = team().await.with_scopes(&HISTORY_SCOPES);
        let client = client(&slack);
        let words = won();
        let message = Message::words(&words);
        delivered(post(&client, to, "another").await);
        assert_eq!(find(&client, &message, to, "k").await, Found::NotThere);
        slack.faults().switch_on("chat.postMessage", Fault::ActThenCut, 1);
        assert!(matches!(post(&client, to, "k").await, Outcome::Unknown { .. }));
        let Found::Delivered { remote_id } = find(&client, &message, to, "k").await else { panic!("not found") };
        delivered(client.edit(&remote_id, &message, NOW).await);
        assert_eq!(slack.count(to.id()), 2);
    }
}

#[tokio::test]
async fn of_several_the_first_stays_and_the_rest_go() {
    let slack = team().await.with_scopes(&HISTORY_SCOPES);
    let client = client(&slack);
    let first = delivered(post(&client, SALES, "k").await);
    delivered(post(&client, SALES, "other").await);
    delivered(post(&client, SALES, "k").await);
    delivered(post(&client, SALES, "k").await);
    let words = won();
    slack.faults().switch_on("chat.delete", Fault::Status(500), 1);
    assert!(matches!(find(&client, &Message::words(&words), SALES, "k").await, Found::Later { .. }));
    assert_eq!(find(&client, &Message::words(&words), SALES, "k").await, Found::Delivered { remote_id: first });
    assert_eq!(slack.count("#sales"), 2);
}

#[tokio::test]
async fn a_message_is_found_behind_many_others_and_below_its_own() {
    let slack = team().await.with_scopes(&HISTORY_SCOPES);
    let client = client(&slack);
    let top = delivered(post(&client, SALES, "k").await);
    for n in 0..250 {
        delivered(post(&client, SALES, &format!("other-{n}")).await);
    }
    let words = won();
    let message = Message::words(&words);
    assert_eq!(find(&client, &message, SALES, "k").await, Found::Delivered { remote_id: top.clone() });
    let below = Message { thread: Some(&top), ..message };
    let id = delivered(client.post(SALES, &below, "below", NOW).await);
    assert_eq!(find(&client, &below, SALES, "below").await, Found::Delivered { remote_id: id });
}

#[tokio::test]
async fn without_the_history_scope_the_picture_tells_and_without_a_picture_nothing_does() {
    let slack = team().await;
    let client = client(&slack);
    let (words, picture) = (won(), picture());
    assert_eq!(client.may_read_history("C1").await, Ok(false));
    assert!(matches!(find(&client, &Message::words(&words), SALES, "k").await, Found::CannotTell { .. }));
    let file = client.upload(&picture).await.unwrap();
    let message = Message { picture: Some(&picture), file: Some(&file), ..Message::words(&words) };
    assert_eq!(find(&client, &message, SALES, "k").await, Found::NotThere);
    slack.faults().switch_on("chat.postMessage", Fault::ActThenHang, 1);
    assert!(matches!(client.post(SALES, &message, "k", NOW).await, Outcome::Unknown { .. }));
    assert!(matches!(find(&client, &message, SALES, "k").await, Found::Delivered { .. }));
}

#[tokio::test]
async fn a_search_that_fails_is_to_be_repeated() {
    let slack = team().await.with_scopes(&HISTORY_SCOPES);
    let client = client(&slack);
    let words = won();
    for fault in [Fault::Hang, Fault::CutBefore, Fault::Status(503), Fault::SlowDown { retry_after_s: 5 }] {
        slack.faults().switch_on("conversations.history", fault.clone(), 1);
        let found = find(&client, &Message::words(&words), SALES, "k").await;
        assert!(matches!(found, Found::Later { .. }), "{fault:?}: {found:?}");
    }
    slack.revoke_token();
    assert!(matches!(find(&client, &Message::words(&words), SALES, "k").await, Found::CannotTell { .. }));
}
