//! From a notice to a visible message.

use std::collections::BTreeSet;

use shiftbell_metrics::time::Day;
use shiftbell_store::outbox::delivery::{self, Claimed};
use shiftbell_store::outbox::{self, Enqueued, Notice, Revised, State};
use shiftbell_store::{Db, StoreError, Tx, workspaces};
use shiftbell_tests::db::both_databases;

fn notice<'a>(channel: &'a str, dedupe_key: &'a str) -> Notice<'a> {
    Notice {
        outlet: "slack",
        destination: channel,
        channel,
        kind: "won",
        dedupe_key,
        digest: None,
        revision: 1,
        facts: "{}",
        due_at_ms: 100,
        held: None,
    }
}

async fn begin(db: &Db) -> Tx {
    let mut tx = db.write().await.unwrap();
    workspaces::ensure(&mut tx, "clowns", 0).await.unwrap();
    tx
}

async fn claim(db: &Db, now_ms: i64) -> Vec<Claimed> {
    let mut tx = db.write().await.unwrap();
    let claimed = delivery::claim(&mut tx, "clowns", now_ms, now_ms + 1_000, 100).await.unwrap();
    tx.commit().await.unwrap();
    claimed
}

async fn state(db: &Db, id: i64) -> State {
    outbox::get(&mut db.read().await.unwrap(), "clowns", id).await.unwrap().unwrap().state
}

#[tokio::test]
async fn a_notice_is_said_once_to_each_destination() {
    for test in both_databases().await {
        let mut tx = begin(&test.db).await;
        let Enqueued::New(id) = outbox::enqueue(&mut tx, "clowns", &notice("C1", "won/d-1"), 1).await.unwrap() else {
            panic!("it is new");
        };
        let again = outbox::enqueue(&mut tx, "clowns", &notice("C1", "won/d-1"), 2).await.unwrap();
        assert_eq!(again, Enqueued::AlreadySaid(id), "{}", test.kind);
        let elsewhere = outbox::enqueue(&mut tx, "clowns", &notice("C2", "won/d-1"), 2).await.unwrap();
        assert!(matches!(elsewhere, Enqueued::New(_)));
        assert_eq!(outbox::enqueued_since(&mut tx, "clowns", "C1", 1).await.unwrap(), 1);
        assert_eq!(outbox::counts(&mut tx, "clowns").await.unwrap(), [(State::Due, 2)]);
    }
}

/// Replicas decide at the same moment: one row, whoever was first, both for alerts and for digests.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn replicas_that_say_the_same_make_one_row() {
    for test in both_databases().await {
        begin(&test.db).await.commit().await.unwrap();
        for round in 0..20 {
            let replicas: Vec<_> = (0..8)
                .map(|replica| {
                    let db = test.db.clone();
                    tokio::spawn(async move {
                        let mut tx = db.write().await.unwrap();
                        let key = format!("won/{round}");
                        let alert = outbox::enqueue(&mut tx, "clowns", &notice("C1", &key), 1).await.unwrap();
                        let key = format!("daily/{round}");
                        let digest = Notice {
                            digest: Some(("daily", Day(round))),
                            revision: 1 + replica % 2,
                            ..notice("C1", &key)
                        };
                        let digest = outbox::revise(&mut tx, "clowns", &digest, 1).await.unwrap();
                        tx.commit().await.unwrap();
                        (matches!(alert, Enqueued::New(_)), matches!(digest, Revised::New(_)))
                    })
                })
                .collect();
            let (mut alerts, mut digests) = (0, 0);
            for replica in replicas {
                let (alert, digest) = replica.await.unwrap();
                alerts += usize::from(alert);
                digests += usize::from(digest);
            }
            assert_eq!((alerts, digests), (1, 1), "{}", test.kind);
        }
        let counts = outbox::counts(&mut test.db.read().await.unwrap(), "clowns").await.unwrap();
        assert_eq!(counts, [(State::Due, 40)], "{}", test.kind);
    }
}

#[tokio::test]
async fn a_channel_has_one_message_on_its_way_and_keeps_their_order() {
    for test in both_databases().await {
        let db = &test.db;
        let mut tx = begin(db).await;
        for (channel, key, due_at_ms) in [("C1", "late", 102), ("C1", "early", 101), ("C2", "other", 103)] {
            let notice = Notice { due_at_ms, ..notice(channel, key) };
            outbox::enqueue(&mut tx, "clowns", &notice, 1).await.unwrap();
        }
        tx.commit().await.unwrap();
        assert_eq!(claim(db, 100).await, []);
        let mut session = db.read().await.unwrap();
        assert_eq!(delivery::next_due_ms(&mut session, "clowns").await.unwrap(), Some(101));
        assert_eq!(delivery::workspaces_due(&mut session, 101).await.unwrap(), ["clowns"]);
        drop(session);
        let first = claim(db, 200).await;
        let keys: BTreeSet<&str> = first.iter().map(|message| message.dedupe_key.as_str()).collect();
        assert_eq!(keys, BTreeSet::from(["early", "other"]), "{}", test.kind);
        assert_eq!(claim(db, 300).await, [], "both channels are busy");

        let mut tx = db.write().await.unwrap();
        let early = first.iter().find(|message| message.dedupe_key == "early").unwrap();
        delivery::sending(&mut tx, early, 300, 30_300).await.unwrap();
        delivery::delivered(&mut tx, early, "171.1", 400).await.unwrap();
        tx.commit().await.unwrap();
        let second = claim(db, 500).await;
        assert_eq!(second[0].dedupe_key, "late");
        assert_eq!(state(db, early.id).await, State::Delivered);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_two_workers_hold_one_channel() {
    for test in both_databases().await {
        let mut tx = begin(&test.db).await;
        for n in 0..60 {
            let (channel, key) = (format!("C{}", n % 3), format!("k{n}"));
            outbox::enqueue(&mut tx, "clowns", &notice(&channel, &key), 1).await.unwrap();
        }
        tx.commit().await.unwrap();
        let busy = std::sync::Arc::new(std::sync::Mutex::new(BTreeSet::new()));
        let workers: Vec<_> = (0..8)
            .map(|_| {
                let (db, busy) = (test.db.clone(), busy.clone());
                tokio::spawn(async move {
                    let mut delivered = 0;
                    while outbox::counts(&mut db.read().await.unwrap(), "clowns").await.unwrap()[..]
                        != [(State::Delivered, 60)]
                    {
                        for message in claim(&db, 200).await {
                            let free = busy.lock().unwrap().insert(message.channel.clone());
                            assert!(free, "{} is held by another worker", message.channel);
                            tokio::task::yield_now().await;
                            assert!(busy.lock().unwrap().remove(&message.channel));
                            let mut tx = db.write().await.unwrap();
                            delivery::delivered(&mut tx, &message, "1", 200).await.unwrap();
                            tx.commit().await.unwrap();
                            delivered += 1;
                        }
                    }
                    delivered
                })
            })
            .collect();
        let mut delivered = 0;
        for worker in workers {
            delivered += worker.await.unwrap();
        }
        assert_eq!(delivered, 60, "{}", test.kind);
    }
}

/// A process that dies between its request and the answer has left word that the request was about to leave.
#[tokio::test]
async fn a_killed_sender_is_found_as_sending_and_its_token_is_dead() {
    for test in both_databases().await {
        let db = &test.db;
        let mut tx = begin(db).await;
        outbox::enqueue(&mut tx, "clowns", &notice("C1", "won/d-1"), 1).await.unwrap();
        tx.commit().await.unwrap();
        let killed = claim(db, 200).await.remove(0);
        let mut tx = db.write().await.unwrap();
        delivery::sending(&mut tx, &killed, 210, 30_210).await.unwrap();
        tx.commit().await.unwrap();

        assert_eq!(claim(db, 30_209).await, [], "the outcome may still come");
        let found = claim(db, 30_210).await.remove(0);
        assert_eq!((found.was, found.sending_at_ms, found.attempts), (State::Sending, Some(210), 2));
        let mut tx = db.write().await.unwrap();
        let late = delivery::delivered(&mut tx, &killed, "171.1", 30_300).await;
        assert!(matches!(late, Err(StoreError::LeaseLost)), "{}", test.kind);
        delivery::unknown(&mut tx, &found, 90_000, "the history was not readable").await.unwrap();
        tx.commit().await.unwrap();
        let again = claim(db, 90_000).await.remove(0);
        assert_eq!(again.was, State::Unknown);
        let mut tx = db.write().await.unwrap();
        delivery::delivered(&mut tx, &again, "171.1", 90_100).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(state(db, again.id).await, State::Delivered);
    }
}

#[tokio::test]
async fn a_newer_revision_replaces_what_is_unsent_and_edits_what_was_sent() {
    for test in both_databases().await {
        let db = &test.db;
        let digest = |revision, facts| Notice {
            digest: Some(("daily", Day(20_000))),
            revision,
            facts,
            ..notice("D1", "daily/20000")
        };
        let mut tx = begin(db).await;
        let Revised::New(id) = outbox::revise(&mut tx, "clowns", &digest(1, "one"), 1).await.unwrap() else {
            panic!("it is new");
        };
        assert_eq!(outbox::revise(&mut tx, "clowns", &digest(2, "two"), 2).await.unwrap(), Revised::Replaced(id));
        assert_eq!(outbox::revise(&mut tx, "clowns", &digest(1, "old"), 3).await.unwrap(), Revised::Unchanged);
        tx.commit().await.unwrap();

        let message = claim(db, 200).await.remove(0);
        assert_eq!((message.facts.as_str(), message.remote_id.as_deref()), ("two", None), "{}", test.kind);
        let mut tx = db.write().await.unwrap();
        delivery::sending(&mut tx, &message, 200, 30_200).await.unwrap();
        // While it is on its way, the day closes.
        assert_eq!(outbox::revise(&mut tx, "clowns", &digest(3, "three"), 210).await.unwrap(), Revised::Replaced(id));
        delivery::delivered(&mut tx, &message, "171.9", 300).await.unwrap();
        tx.commit().await.unwrap();

        let edit = claim(db, 300).await.remove(0);
        assert_eq!((edit.facts.as_str(), edit.remote_id.as_deref()), ("three", Some("171.9")));
        assert_eq!(edit.attempts, 1, "an edit has its own attempts");
        let mut tx = db.write().await.unwrap();
        delivery::delivered(&mut tx, &edit, "171.9", 400).await.unwrap();
        assert_eq!(outbox::forget_facts(&mut tx, "clowns", 401).await.unwrap(), 1);
        tx.commit().await.unwrap();
        assert_eq!(claim(db, 10_000).await, []);
    }
}

#[tokio::test]
async fn what_cannot_be_delivered_waits_for_somebody_and_can_be_sent_after_all() {
    for test in both_databases().await {
        let db = &test.db;
        let mut tx = begin(db).await;
        for key in ["refused", "waits", "paused"] {
            let channel = if key == "paused" { "C2" } else { "C1" };
            outbox::enqueue(&mut tx, "clowns", &notice(channel, key), 1).await.unwrap();
        }
        let held = Notice { held: Some("nobody has agreed yet"), ..notice("C3", "held") };
        outbox::enqueue(&mut tx, "clowns", &held, 1).await.unwrap();
        assert_eq!(delivery::pause_channel(&mut tx, "clowns", "slack", "C2", 5_000).await.unwrap(), 1);
        tx.commit().await.unwrap();

        let refused = claim(db, 200).await;
        assert_eq!(refused.len(), 1, "{}", test.kind);
        let mut tx = db.write().await.unwrap();
        delivery::dead(&mut tx, &refused[0], "the channel is archived").await.unwrap();
        assert_eq!(delivery::close_channel(&mut tx, "clowns", "slack", "C1", "archived").await.unwrap(), 1);
        tx.commit().await.unwrap();
        let paused = claim(db, 5_000).await.remove(0);
        let mut tx = db.write().await.unwrap();
        delivery::retry_at(&mut tx, &paused, 9_000, "429").await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(claim(db, 8_999).await, []);
        let again = claim(db, 9_000).await.remove(0);
        let mut tx = db.write().await.unwrap();
        delivery::give_back(&mut tx, &again).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(claim(db, 9_000).await[0].attempts, 2, "a lease given back is no attempt");

        let mut tx = db.write().await.unwrap();
        let dead = outbox::dead_ones(&mut tx, "clowns", 10).await.unwrap();
        assert_eq!(dead[0].reason.as_deref(), Some("the channel is archived"));
        assert_eq!(outbox::release_dead(&mut tx, "clowns", 20_000).await.unwrap(), 1);
        let waits = outbox::find(&mut tx, "clowns", "slack", "C1", "waits").await.unwrap().unwrap();
        assert_eq!(waits.state, State::Held);
        assert!(outbox::release(&mut tx, "clowns", waits.id, 20_001).await.unwrap());
        assert!(!outbox::release(&mut tx, "clowns", waits.id, 20_001).await.unwrap(), "it is due already");
        tx.commit().await.unwrap();
        let keys: BTreeSet<String> = claim(db, 20_001).await.into_iter().map(|message| message.dedupe_key).collect();
        assert_eq!(keys, BTreeSet::from(["paused".to_owned(), "refused".to_owned()]), "{}", test.kind);
        assert_eq!(outbox::latest(&mut db.read().await.unwrap(), "clowns", 2).await.unwrap().len(), 2);
    }
}
