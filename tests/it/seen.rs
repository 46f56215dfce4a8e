//! Which facts were seen: counted while events come, the same when they are counted anew, and told with the reason for those that
//! never come.

use std::sync::Arc;

use serde_json::{Value, json};
use shiftbell::companies::Company;
use shiftbell::seen;
use shiftbell::work::facts_seen;
use shiftbell_metrics::time::Instant;
use shiftbell_store::facts_seen::Seen;
use shiftbell_store::{cursors, signatures};
use shiftbell_tests::app::{TestApp, WORKSPACE};
use shiftbell_tests::db::both_databases;

const THURSDAY: &str = "2026-11-19 14:05 America/New_York";

fn company(app: &TestApp) -> Arc<Company> {
    Arc::clone(app.program.companies.get(WORKSPACE).expect("the sample company"))
}

/// The shop tells of something that happened so many hours ago.
async fn tells(app: &TestApp, id: &str, hours_ago: i64, said: &Value) {
    let at = Instant(app.now().as_ms() - hours_ago * 3_600_000).to_string();
    let mut event = json!({ "id": id, "at": at, "contact": "c-1", "company": "co-1" });
    event.as_object_mut().unwrap().extend(said.as_object().unwrap().clone());
    let (status, answer) = app.shop_sends(&format!("msg-{id}"), &event.to_string()).await;
    assert_eq!(status, 202, "{answer}");
}

/// A few days of the sample company in which some of what it means by its facts is not said.
async fn some_days(app: &TestApp) {
    for (id, hours, said) in [
        ("call-1", 2, json!({ "type": "call", "outcome": "accepted", "direction": "out" })),
        ("call-2", 30, json!({ "type": "call", "outcome": "busy", "direction": "out" })),
        ("call-3", 50, json!({ "type": "call", "outcome": "accepted", "direction": "out" })),
        ("form-1", 3, json!({ "type": "form", "form": "Contact us" })),
        ("form-2", 4, json!({ "type": "form", "form": "Contact us" })),
        ("form-3", 5, json!({ "type": "form", "form": "meeting-requests" })),
        ("meet-1", 6, json!({ "type": "meeting", "status": "confirmed", "by": "bdr" })),
        ("meet-2", 7, json!({ "type": "meeting", "status": "confirmed", "by": "ae" })),
        ("deal-1", 8, json!({ "type": "deal", "deal": "d-1", "set": { "deal": { "stage": "won" } } })),
        ("score", 9, json!({ "type": "contact", "set": { "contact": { "lead_score": 12 } } })),
        ("score-2", 9, json!({ "type": "contact", "set": { "contact": { "lead_score": 7 } } })),
        ("old", 24 * 40, json!({ "type": "call", "outcome": "accepted", "direction": "out" })),
        ("drop", 1, json!({ "type": "chekout_expired" })),
    ] {
        tells(app, id, hours, &said).await;
    }
    // The same event in another delivery is known.
    let again = json!({ "id": "call-1", "type": "call", "at": Instant(app.now().as_ms() - 7_200_000).to_string(),
        "contact": "c-1", "company": "co-1", "outcome": "accepted", "direction": "out" });
    app.shop_sends("msg-again", &again.to_string()).await;
    app.idle().await;
}

async fn lately(app: &TestApp) -> Vec<Seen> {
    let mut snapshot = app.program.db.read().await.unwrap();
    facts_seen::lately(&mut snapshot, &company(app).workspace, app.now()).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_fact_is_counted_by_what_its_events_say_and_the_same_when_counted_anew() {
    for test in both_databases().await {
        let app = TestApp::start(&test).at(THURSDAY).await;
        some_days(&app).await;
        let counted = lately(&app).await;
        let n = |fact: &str| counted.iter().filter(|seen| seen.fact == fact).map(|seen| seen.n).sum::<i64>();
        let all = [
            "call-accepted",
            "meeting-request",
            "meeting-confirmed",
            "contract-won",
            "score-above-ten",
            "checkout-started",
        ];
        assert_eq!(all.map(n), [2, 0, 1, 1, 1, 0], "{}: {counted:?}", test.kind);
        assert!(counted.iter().all(|seen| seen.source == "shop"), "{counted:?}");
        // Nobody has counted yet, as after a change of definitions or of versions.
        let mut tx = app.program.db.write().await.unwrap();
        cursors::remove(&mut tx, WORKSPACE, "facts seen").await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(lately(&app).await, counted, "{}: from the events themselves", test.kind);
        facts_seen::recount(&app.program.db, &company(&app).workspace, app.now()).await.unwrap();
        assert_eq!(lately(&app).await, counted, "{}: counted anew", test.kind);
        app.stops_with_nothing_unsaid().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn check_tells_how_each_fact_arrives_and_why_one_never_does() {
    for test in both_databases().await {
        let app = TestApp::start(&test).at(THURSDAY).await;
        let mut snapshot = app.program.db.read().await.unwrap();
        let none = seen::lines(&mut snapshot, &company(&app), app.now()).await.unwrap();
        assert!(none.contains("nothing happened in the last 30 days"), "{none}");
        drop(snapshot);
        some_days(&app).await;
        let mut snapshot = app.program.db.read().await.unwrap();
        let lines = seen::lines(&mut snapshot, &company(&app), app.now()).await.unwrap();
        drop(snapshot);
        let line = |fact: &str| {
            let found = lines.lines().find(|line| line.split_whitespace().next() == Some(fact));
            found.unwrap_or_else(|| panic!("no line for {fact} in:\n{lines}")).to_owned()
        };
        assert!(line("call-accepted").ends_with("2 times, last 19 Nov 12:05; shop, by webhook"), "{lines}");
        let asked = line("meeting-request");
        assert!(asked.contains("never: 3 `form` events came, but `form` was \"Contact us\" (2)"), "{asked}");
        assert!(asked.ends_with("did you mean \"meeting-requests\"?"), "{asked}");
        assert!(line("cart-dropped").contains("did you mean `chekout_expired`, which did?"), "{lines}");
        assert!(line("show-held").contains("no `show_held` event came from anywhere"), "{lines}");
        assert!(line("reply-received").contains("no `email` event came"), "{lines}");
        assert!(line("plan-raised").ends_with("not active yet"), "{lines}");
        app.stops_with_nothing_unsaid().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_became_of_signatures_is_written_down() {
    for test in both_databases().await {
        let app = TestApp::start(&test).at(THURSDAY).await;
        tells(&app, "one", 1, &json!({ "type": "call" })).await;
        let hook = app.hook("shop");
        for _ in 0..3 {
            let headers = [("webhook-id", "x"), ("webhook-timestamp", "1795115100"), ("webhook-signature", "v1,AAAA")];
            assert_eq!(app.posts(&hook, &headers, b"{}".to_vec()).await.0, 401);
        }
        assert_eq!(app.posts(&hook, &[], b"{}".to_vec()).await.0, 401);
        let written = async || {
            let mut snapshot = app.program.db.read().await.unwrap();
            let all = signatures::since(&mut snapshot, WORKSPACE, shiftbell_metrics::time::Day(0)).await.unwrap();
            all.into_iter().map(|one| (one.source, one.verdict, one.n)).collect::<Vec<_>>()
        };
        app.until("they are written down", async || written().await.len() >= 3).await;
        let of = |verdict: &str, n| ("shop".to_owned(), verdict.to_owned(), n);
        assert_eq!(written().await, [of("missing", 1), of("valid", 1), of("wrong", 3)], "{}", test.kind);
        // What has not been written when the program is asked to stop is written then.
        tells(&app, "two", 1, &json!({ "type": "call" })).await;
        let (url, kind) = (test.url.clone(), test.kind);
        app.stops_with_nothing_unsaid().await;
        let app = TestApp::start_on(&url).at(THURSDAY).await;
        let mut snapshot = app.program.db.read().await.unwrap();
        let all = signatures::since(&mut snapshot, WORKSPACE, shiftbell_metrics::time::Day(0)).await.unwrap();
        assert_eq!(all.iter().find(|one| one.verdict == "valid").map(|one| one.n), Some(2), "{kind}");
        drop(snapshot);
        app.stops_with_nothing_unsaid().await;
    }
}
