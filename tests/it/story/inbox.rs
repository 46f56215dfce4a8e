//! From a delivery's arrival to its end.

use std::collections::BTreeMap;

use shiftbell_store::inbox::{self, Claimed, Delivery, Receipt, Rotation};
use shiftbell_store::receiver::Receiver;
use shiftbell_store::{Db, StoreError, workspaces};
use shiftbell_tests::db::both_databases;

const MINUTE_MS: i64 = 60_000;

async fn known(db: &Db, names: &[&str]) {
    let mut tx = db.write().await.unwrap();
    for name in names {
        workspaces::ensure(&mut tx, name, 0).await.unwrap();
        workspaces::ensure(&mut tx, name, 0).await.unwrap();
    }
    tx.commit().await.unwrap();
}

fn delivery(workspace: &str, body: &str) -> Delivery {
    Delivery {
        workspace: workspace.to_owned(),
        source: "hubspot".to_owned(),
        received_at_ms: 1_000,
        headers: "{}".to_owned(),
        body: body.as_bytes().to_vec(),
        dedupe: None,
    }
}

async fn receive(db: &Db, deliveries: &[Delivery]) -> Vec<Receipt> {
    let mut tx = db.write().await.unwrap();
    let receipts = inbox::receive(&mut tx, deliveries).await.unwrap();
    tx.commit().await.unwrap();
    receipts
}

async fn claim(db: &Db, workspace: &str, now_ms: i64, deliveries_max: i64) -> Vec<Claimed> {
    let mut tx = db.write().await.unwrap();
    let claimed = inbox::claim(&mut tx, workspace, now_ms, now_ms + MINUTE_MS, deliveries_max).await.unwrap();
    tx.commit().await.unwrap();
    assert!(i64::try_from(claimed.len()).unwrap() <= deliveries_max, "claimed {}", claimed.len());
    claimed
}

async fn waiting(db: &Db, workspace: &str) -> i64 {
    inbox::backlog(&mut db.read().await.unwrap(), workspace).await.unwrap().waiting
}

#[tokio::test]
async fn the_same_delivery_again_changes_nothing() {
    for test in both_databases().await {
        let db = &test.db;
        known(db, &["clowns", "other"]).await;
        let twice = [delivery("clowns", "a"), delivery("clowns", "a"), delivery("other", "a")];
        let receipts = receive(db, &twice).await;
        assert!(matches!(receipts[..], [Receipt::New(_), Receipt::AlreadyKnown, Receipt::New(_)]), "{receipts:?}");
        let mut renamed = delivery("clowns", "a");
        renamed.source = "stripe".to_owned();
        let mut keyed = delivery("clowns", "attempt 2");
        keyed.dedupe = Some("evt-1".to_owned());
        let receipts = receive(db, &[delivery("clowns", "a"), renamed, keyed.clone()]).await;
        assert!(matches!(receipts[..], [Receipt::AlreadyKnown, Receipt::New(_), Receipt::New(_)]), "{receipts:?}");
        keyed.body = b"attempt 3".to_vec();
        assert_eq!(receive(db, &[keyed]).await, [Receipt::AlreadyKnown]);
        assert_eq!(waiting(db, "clowns").await, 3, "{}", test.kind);
    }
}

#[tokio::test]
async fn a_delivery_to_an_unknown_workspace_is_refused_by_name() {
    for test in both_databases().await {
        let mut tx = test.db.write().await.unwrap();
        let error = inbox::receive(&mut tx, &[delivery("clowms", "a")]).await.unwrap_err();
        assert_eq!(error.to_string(), "workspace `clowms` is not in the database");
    }
}

#[tokio::test]
async fn what_a_dropped_transaction_wrote_is_gone_and_the_writer_is_free() {
    for test in both_databases().await {
        known(&test.db, &["clowns"]).await;
        let mut tx = test.db.write().await.unwrap();
        inbox::receive(&mut tx, &[delivery("clowns", "a")]).await.unwrap();
        drop(tx);
        assert_eq!(waiting(&test.db, "clowns").await, 0, "{}", test.kind);
        assert!(matches!(receive(&test.db, &[delivery("clowns", "a")]).await[..], [Receipt::New(_)]));
    }
}

#[tokio::test]
async fn a_lease_that_ended_ends_nothing() {
    for test in both_databases().await {
        let db = &test.db;
        known(db, &["clowns"]).await;
        receive(db, &[delivery("clowns", "a")]).await;
        let first = claim(db, "clowns", 2_000, 10).await;
        assert_eq!(claim(db, "clowns", 2_000 + MINUTE_MS - 1, 10).await, []);
        let second = claim(db, "clowns", 2_000 + MINUTE_MS, 10).await;
        assert_eq!((first[0].attempts, second[0].attempts, second[0].body.as_slice()), (1, 2, &b"a"[..]));

        let mut tx = db.write().await.unwrap();
        let error = inbox::done(&mut tx, &[&first[0]], 3_000).await.unwrap_err();
        assert!(matches!(error, StoreError::LeaseLost), "{error}");
        tx.roll_back().await.unwrap();

        let mut tx = db.write().await.unwrap();
        inbox::done(&mut tx, &[&second[0]], 3_000).await.unwrap();
        assert!(matches!(inbox::done(&mut tx, &[&second[0]], 3_000).await, Err(StoreError::LeaseLost)), "done once");
        tx.commit().await.unwrap();
        assert_eq!(claim(db, "clowns", i64::MAX - MINUTE_MS, 10).await, []);
    }
}

#[tokio::test]
async fn an_unreadable_delivery_is_kept_with_its_reason_and_can_be_read_again() {
    for test in both_databases().await {
        let db = &test.db;
        known(db, &["clowns"]).await;
        receive(db, &[delivery("clowns", "{"), delivery("clowns", "later")]).await;
        let claimed = claim(db, "clowns", 2_000, 10).await;
        let mut tx = db.write().await.unwrap();
        inbox::unreadable(&mut tx, &claimed[0], "not a JSON object", 3_000).await.unwrap();
        inbox::retry_later(&mut tx, &claimed[1], 9_000, "the database was busy").await.unwrap();
        tx.commit().await.unwrap();

        let mut snapshot = db.read().await.unwrap();
        let kept = inbox::unreadable_ones(&mut snapshot, "clowns", 10).await.unwrap();
        assert_eq!((kept.len(), kept[0].reason.as_str()), (1, "not a JSON object"));
        let backlog = inbox::backlog(&mut snapshot, "clowns").await.unwrap();
        assert_eq!((backlog.waiting, backlog.oldest_ms, backlog.unreadable), (1, Some(1_000), 1));
        drop(snapshot);
        assert_eq!(claim(db, "clowns", 8_999, 10).await, []);

        let mut tx = db.write().await.unwrap();
        assert_eq!(inbox::read_again(&mut tx, "clowns", "hubspot", 9_000).await.unwrap(), 1);
        tx.commit().await.unwrap();
        assert_eq!(claim(db, "clowns", 9_000, 10).await.len(), 2, "{}", test.kind);
    }
}

#[tokio::test]
async fn old_deliveries_are_forgotten_only_after_they_were_read() {
    for test in both_databases().await {
        let db = &test.db;
        known(db, &["clowns"]).await;
        receive(db, &[delivery("clowns", "a"), delivery("clowns", "b")]).await;
        let claimed = claim(db, "clowns", 2_000, 1).await;
        let mut tx = db.write().await.unwrap();
        inbox::done(&mut tx, &[&claimed[0]], 3_000).await.unwrap();
        assert_eq!(inbox::forget(&mut tx, "clowns", 3_000, 10).await.unwrap(), 0);
        assert_eq!(inbox::forget(&mut tx, "clowns", 3_001, 10).await.unwrap(), 1);
        tx.commit().await.unwrap();
        let mut snapshot = db.read().await.unwrap();
        assert_eq!(inbox::raw(&mut snapshot, "clowns", claimed[0].id).await.unwrap(), None);
        assert_eq!(inbox::backlog(&mut snapshot, "clowns").await.unwrap().waiting, 1);
    }
}

/// Eight workers, 400 deliveries: each belongs to exactly one of them.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn claims_are_exclusive() {
    for test in both_databases().await {
        known(&test.db, &["clowns"]).await;
        let deliveries: Vec<Delivery> = (0..400).map(|n| delivery("clowns", &n.to_string())).collect();
        receive(&test.db, &deliveries).await;
        let workers: Vec<_> = (0..8)
            .map(|_| {
                let db = test.db.clone();
                tokio::spawn(async move {
                    let mut mine = Vec::new();
                    loop {
                        let claimed = claim(&db, "clowns", 2_000, 7).await;
                        if claimed.is_empty() && waiting_now(&db).await == 0 {
                            return mine;
                        }
                        mine.extend(claimed.into_iter().map(|delivery| delivery.id));
                    }
                })
            })
            .collect();
        let mut taken: BTreeMap<i64, usize> = BTreeMap::new();
        for worker in workers {
            for id in worker.await.unwrap() {
                *taken.entry(id).or_default() += 1;
            }
        }
        assert_eq!((taken.len(), taken.values().max()), (400, Some(&1)), "{}", test.kind);
    }
}

async fn waiting_now(db: &Db) -> usize {
    inbox::workspaces_due(&mut db.read().await.unwrap(), 2_000).await.unwrap().len()
}

#[tokio::test]
async fn a_flood_in_one_workspace_does_not_delay_another() {
    for test in both_databases().await {
        known(&test.db, &["flood", "quiet"]).await;
        let mut deliveries: Vec<Delivery> = (0..50).map(|n| delivery("flood", &n.to_string())).collect();
        deliveries.push(delivery("quiet", "one"));
        receive(&test.db, &deliveries).await;
        let mut rotation = Rotation::default();
        let mut order = Vec::new();
        for _ in 0..3 {
            let mut tx = test.db.write().await.unwrap();
            let claimed = inbox::claim_in_turn(&mut tx, &mut rotation, 2_000, 62_000, 10).await.unwrap();
            tx.commit().await.unwrap();
            order.push(claimed.first().map(|delivery| delivery.workspace.clone()).unwrap_or_default());
        }
        assert_eq!(order, ["flood", "quiet", "flood"], "{}", test.kind);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_requests_share_a_commit_and_each_is_answered_once() {
    for test in both_databases().await {
        known(&test.db, &["clowns"]).await;
        let receiver = Receiver::spawn(test.db.clone());
        let requests: Vec<_> = (0..300)
            .map(|n| {
                let receiver = receiver.clone();
                tokio::spawn(async move { receiver.receive(delivery("clowns", &(n % 200).to_string())).await.unwrap() })
            })
            .collect();
        let mut new = 0;
        for request in requests {
            new += usize::from(matches!(request.await.unwrap(), Receipt::New(_)));
        }
        assert_eq!((new, waiting(&test.db, "clowns").await), (200, 200), "{}", test.kind);
    }
}

#[tokio::test]
async fn one_refused_delivery_does_not_take_the_others_with_it() {
    for test in both_databases().await {
        known(&test.db, &["clowns"]).await;
        let receiver = Receiver::spawn(test.db.clone());
        let (good, bad) =
            tokio::join!(receiver.receive(delivery("clowns", "a")), receiver.receive(delivery("unknown", "b")));
        assert!(matches!(good, Ok(Receipt::New(_))), "{good:?}");
        assert_eq!(
            bad.unwrap_err().to_string(),
            "the delivery was not kept: workspace `unknown` is not in the database"
        );
    }
}
