//! Messages of which nobody knows whether they arrived: that is never forgotten before it is found out.

use shiftbell_store::outbox::delivery::{self, Claimed};
use shiftbell_store::outbox::{self, Notice, State};
use shiftbell_store::{Db, inbox, workspaces};
use shiftbell_tests::db::both_databases;

async fn enqueued(db: &Db) {
    let mut tx = db.write().await.unwrap();
    workspaces::ensure(&mut tx, "clowns", 0).await.unwrap();
    let notice = Notice {
        outlet: "slack",
        destination: "wins",
        channel: "C1",
        kind: "won",
        dedupe_key: "won/d-1",
        digest: None,
        revision: 1,
        facts: "{}",
        due_at_ms: 100,
        held: None,
    };
    outbox::enqueue(&mut tx, "clowns", &notice, 1).await.unwrap();
    tx.commit().await.unwrap();
}

async fn claim(db: &Db, now_ms: i64) -> Vec<Claimed> {
    let mut tx = db.write().await.unwrap();
    let claimed = delivery::claim(&mut tx, "clowns", now_ms, now_ms + 90_000, 100).await.unwrap();
    tx.commit().await.unwrap();
    claimed
}

async fn mark_as_sending(db: &Db, message: &Claimed, now_ms: i64) {
    let mut tx = db.write().await.unwrap();
    delivery::sending(&mut tx, message, now_ms, now_ms + 30_000).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn a_request_that_was_refused_for_now_does_not_excuse_the_one_before_it() {
    for test in both_databases().await {
        let db = &test.db;
        enqueued(db).await;
        let first = claim(db, 1_000).await.remove(0);
        mark_as_sending(db, &first, 1_000).await;
        // Killed. The next one cannot even ask for the channel.
        let second = claim(db, 91_000).await.remove(0);
        let mut tx = db.write().await.unwrap();
        delivery::postpone(&mut tx, &second, 100_000, "slack could not be reached", true).await.unwrap();
        tx.commit().await.unwrap();
        let third = claim(db, 100_000).await.remove(0);
        assert_eq!((third.was, third.unsure_since_ms), (State::Sending, Some(1_000)), "{}", test.kind);
        // It was not there, is said again, and Slack asks to slow down.
        mark_as_sending(db, &third, 100_500).await;
        let mut tx = db.write().await.unwrap();
        delivery::retry_at(&mut tx, &third, 130_000, "429").await.unwrap();
        tx.commit().await.unwrap();
        let fourth = claim(db, 130_000).await.remove(0);
        assert_eq!((fourth.was, fourth.unsure_since_ms), (State::Unknown, Some(1_000)), "{}", test.kind);
        let mut tx = db.write().await.unwrap();
        delivery::delivered(&mut tx, &fourth, "C1/171.1", 131_000).await.unwrap();
        tx.commit().await.unwrap();
        let row = outbox::get(&mut db.read().await.unwrap(), "clowns", fourth.id).await.unwrap().unwrap();
        assert_eq!(row.state, State::Delivered);
    }
}

#[tokio::test]
async fn a_message_whose_only_request_was_refused_for_now_is_simply_due() {
    for test in both_databases().await {
        let db = &test.db;
        enqueued(db).await;
        let first = claim(db, 1_000).await.remove(0);
        mark_as_sending(db, &first, 1_000).await;
        let mut tx = db.write().await.unwrap();
        delivery::retry_at(&mut tx, &first, 2_000, "429").await.unwrap();
        tx.commit().await.unwrap();
        let again = claim(db, 2_000).await.remove(0);
        assert_eq!((again.was, again.unsure_since_ms, again.attempts), (State::Due, None, 2), "{}", test.kind);
        let mut tx = db.write().await.unwrap();
        delivery::postpone(&mut tx, &again, 3_000, "it waits for its turn", false).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(claim(db, 3_000).await[0].attempts, 2, "waiting for one's turn is no attempt");
    }
}

#[tokio::test]
async fn after_a_kill_nothing_waits_for_a_lease_that_nobody_holds() {
    for test in both_databases().await {
        let db = &test.db;
        enqueued(db).await;
        let delivery = inbox::Delivery {
            workspace: "clowns".into(),
            source: "crm".into(),
            received_at_ms: 500,
            headers: String::new(),
            body: b"{}".to_vec(),
            dedupe: None,
        };
        let mut tx = db.write().await.unwrap();
        inbox::receive(&mut tx, &[delivery]).await.unwrap();
        assert_eq!(inbox::claim(&mut tx, "clowns", 1_000, 90_000, 10).await.unwrap().len(), 1);
        tx.commit().await.unwrap();
        let killed = claim(db, 1_000).await.remove(0);
        mark_as_sending(db, &killed, 1_000).await;
        assert_eq!(claim(db, 40_000).await, []);

        let mut tx = db.write().await.unwrap();
        assert_eq!(delivery::take_over(&mut tx, "clowns", 2_000).await.unwrap(), 1, "{}", test.kind);
        assert_eq!(inbox::take_over(&mut tx, "clowns", 2_000).await.unwrap(), 1);
        assert_eq!(inbox::claim(&mut tx, "clowns", 2_000, 90_000, 10).await.unwrap().len(), 1);
        tx.commit().await.unwrap();
        assert_eq!(claim(db, 2_000).await, [], "whether its request arrived is looked for in its time");
        assert_eq!(claim(db, 31_000).await[0].was, State::Sending);
    }
}
