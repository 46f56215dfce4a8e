//! Who may say that something is off, and who may answer it: looked at when the button is clicked.

use shiftbell::answer::{Asker, to_click, to_typed};
use shiftbell_store::outbox::{self, Enqueued, Notice};
use shiftbell_tests::app::{TestApp, WORKSPACE};
use shiftbell_tests::db::sqlite;

use super::{THURSDAY, doubts_to};

async fn posted(app: &TestApp, destination: &str) -> i64 {
    let mut tx = app.program.db.write().await.unwrap();
    let notice = Notice {
        outlet: "slack",
        destination,
        channel: destination,
        kind: "won",
        dedupe_key: "won/1",
        digest: None,
        revision: 1,
        facts: "{}",
        due_at_ms: i64::MAX / 2,
        held: None,
    };
    let Enqueued::New(id) = outbox::enqueue(&mut tx, WORKSPACE, &notice, 1).await.unwrap() else { panic!("new") };
    tx.commit().await.unwrap();
    id
}

#[tokio::test]
async fn only_those_for_whom_a_message_was_may_say_what_is_off_about_it() {
    let test = sqlite().await;
    let app = TestApp::start(&test).at(THURSDAY).await;
    let company = app.program.companies.get(WORKSPACE).unwrap();
    let asker = |name: &str| {
        let email = format!("{name}@clowns.example");
        Asker::Person(company.defs().person(&email).unwrap_or_else(|| panic!("{email}")).clone())
    };
    let clicked = async |asker: &Asker, action: String| {
        let (document, _) = to_click(&app.program, company, asker, &action, None).await;
        document.push
    };
    let stranger = Asker::Stranger { outlet: shiftbell_chat::Outlet::Slack, user: "U0".to_owned() };
    let personal = posted(&app, "bdr.one@clowns.example").await;
    for (destination, may, may_not) in [
        ("bdr.one@clowns.example", vec!["bdr.one"], vec!["bdr.two", "sales.lead", "revops.one"]),
        ("sales", vec!["bdr.one", "ae.two", "sales.lead", "exec.one"], vec!["csm.one", "finance.one"]),
        ("finance", vec!["finance.one"], vec!["bdr.one", "exec.one"]),
        ("wins", vec!["bdr.one", "csm.two", "finance.one"], vec![]),
    ] {
        let id = if destination.contains('@') { personal } else { posted(&app, destination).await };
        for name in may {
            let said = clicked(&asker(name), format!("off:n-{id}")).await;
            assert!(said.starts_with("What is off?"), "{destination}, {name}: {said}");
        }
        for name in may_not {
            for action in [format!("off:n-{id}"), format!("off-wrong:n-{id}")] {
                let said = clicked(&asker(name), action).await;
                assert!(said.contains("was not for you"), "{destination}, {name}: {said}");
            }
        }
        let answer = clicked(&stranger, format!("off-wrong:n-{id}")).await;
        assert!(!answer.contains("Noted"), "{answer}");
    }
    assert_eq!(doubts_to(&app, "revops.one@clowns.example").await, []);
    // Only whoever it went to, or who keeps the definitions, may answer.
    clicked(&asker("bdr.one"), format!("off-leads:n-{personal}")).await;
    let [doubt] = &doubts_to(&app, "sales.lead@clowns.example").await[..] else { panic!("one") };
    for (name, may) in [("bdr.one", false), ("bdr.two", false), ("exec.one", false), ("sales.lead", true)] {
        let said = clicked(&asker(name), format!("settled:d-{}", doubt.id)).await;
        assert_eq!(said.starts_with("Noted"), may, "{name}: {said}");
    }
    for rubbish in ["off:n-", "off:n-99999999999999999999", "off:", "off-wrong:r-nothing", "settled:d-x", "fixed:12"] {
        let said = clicked(&asker("bdr.one"), rubbish.to_owned()).await;
        assert!(
            said.contains("is no message that is known here") || said.contains("There is no doubt"),
            "{rubbish}: {said}"
        );
    }
    for line in ["/shiftbell off", "/shiftbell answer", "/shiftbell answer d-1 perhaps", "/shiftbell doubts"] {
        let said = to_typed(&app.program, company, &asker("bdr.one"), line).await.push;
        assert!(said.contains("Say w") || said.contains("Nothing waits"), "{line}: {said}");
    }
}
