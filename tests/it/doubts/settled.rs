//! How it ends: answered once, told to whoever said it, and seen in the message about it.

use std::sync::Arc;

use shiftbell_store::doubts::{self, New, State};
use shiftbell_store::workspaces;
use shiftbell_tests::app::TestApp;
use shiftbell_tests::db::both_databases;

use super::{THURSDAY, clicks, doubts_to, types, with_a_loss};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_closes_it_and_is_told_to_whoever_said_it() {
    for test in both_databases().await {
        let app = TestApp::start(&test).at(THURSDAY).await;
        with_a_loss(&app).await;
        clicks(&app, "Something is off", "UCSM1").await;
        clicks(&app, "The number is wrong", "UCSM1").await;
        app.slack.shows("UOPS1", "csm.one says").await;
        // Asked back, answered in words, then settled.
        assert_eq!(clicks(&app, "Ask back", "UOPS1").await.trim(), "csm.one is asked.");
        app.slack.shows("UCSM1", "Which number is it, and what should it be?").await;
        assert!(clicks(&app, "Ask back", "UOPS1").await.contains("was asked already"));
        let [doubt] = &doubts_to(&app, "revops.one@clowns.example").await[..] else { panic!("one") };
        assert_eq!(doubt.state, State::Asked);
        types(&app, &format!("/shiftbell off {} it pays 1,400 a month", doubt.about), "UCSM1").await;
        app.slack.shows("UOPS1", "In their words: it pays 1,400 a month").await;
        let listed = types(&app, "/shiftbell doubts", "UOPS1").await;
        assert!(listed.contains("1 thing waits for your answer"), "{listed}");
        assert!(listed.contains("csm.one: the number is wrong (it pays 1,400 a month)"), "{listed}");
        let line = format!("/shiftbell answer d-{} fixed the amount comes from the new plan now", doubt.id);
        assert_eq!(types(&app, &line, "UOPS1").await.trim(), "Noted. csm.one is told.");
        // The clock stands still, and one channel takes no more than one message a second.
        let told = "has put it right: the amount comes from the new plan now.";
        app.until("it is told", async || app.slack.transcript("UCSM1").contains(told)).await;
        app.until("it is edited", async || app.slack.transcript("UOPS1").contains("Settled by revops.one")).await;
        let raised = app.slack.transcript("UOPS1");
        let how = "it was wrong and is fixed: the amount comes from the new plan now. csm.one has been told.";
        assert!(raised.contains(how) && raised.contains("shiftbell: (edited)"), "{raised}");
        assert_eq!(types(&app, "/shiftbell doubts", "UOPS1").await.trim(), "Nothing waits for your answer.");
        let late = types(&app, &line.replace("fixed", "right"), "UOPS1").await;
        assert!(late.contains("It was settled by revops.one"), "{late}");
        app.idle().await;
        let raised = app.slack.transcript("UOPS1").matches("*csm.one says").count();
        assert_eq!(raised, 1, "{}: one message, edited", test.kind);
        app.stops_with_nothing_unsaid().await;
    }
}

/// Many say the same at once, and many answer it at once: one is first.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_at_once_one_is_new_and_one_answers() {
    for test in both_databases().await {
        let mut tx = test.db.write().await.unwrap();
        workspaces::ensure(&mut tx, "clowns", 0).await.unwrap();
        tx.commit().await.unwrap();
        let db = Arc::new(test.db.clone());
        let say = |db: Arc<shiftbell_store::Db>| async move {
            let new = New {
                about: "n-1",
                receipt: None,
                kind: "scorecard",
                said_by: "ann@clowns.example",
                way: "wrong",
                words: None,
                routed_to: "ben@clowns.example",
            };
            let mut tx = db.write().await.unwrap();
            let (is_new, doubt) = doubts::say(&mut tx, "clowns", &new, 1).await.unwrap();
            tx.commit().await.unwrap();
            (is_new, doubt.id)
        };
        let all: Vec<_> = (0..8).map(|_| tokio::spawn(say(Arc::clone(&db)))).collect();
        let mut said = Vec::new();
        for one in all {
            said.push(one.await.unwrap());
        }
        assert_eq!(said.iter().filter(|(is_new, _)| *is_new).count(), 1, "{}", test.kind);
        let id = said[0].1;
        assert!(said.iter().all(|(_, other)| *other == id));
        let answer = |db: Arc<shiftbell_store::Db>| async move {
            let mut tx = db.write().await.unwrap();
            let by = ("right", "ben@clowns.example");
            let is_first = doubts::answer(&mut tx, "clowns", id, State::Closed, by, 2).await.unwrap();
            tx.commit().await.unwrap();
            is_first
        };
        let all: Vec<_> = (0..8).map(|_| tokio::spawn(answer(Arc::clone(&db)))).collect();
        let mut first = 0;
        for one in all {
            first += usize::from(one.await.unwrap());
        }
        assert_eq!(first, 1, "{}", test.kind);
    }
}
