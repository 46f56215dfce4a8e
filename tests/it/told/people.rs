//! Who is who: owners of the CRM and the people of the file, joined by hand where nothing else joins them.

use shiftbell::answer::{Asker, to_typed};
use shiftbell::work::recognise;
use shiftbell_metrics::event::Event;
use shiftbell_metrics::time::MS_PER_DAY;
use shiftbell_store::owners::{self, Owner};
use shiftbell_tests::app::{TestApp, WORKSPACE};
use shiftbell_tests::db::{TestDb, both_databases, sqlite};
use shiftbell_tests::sample;

use super::leave::cancels;
use super::{THURSDAY, everybody, types};
use crate::digests::world::{World, as_it_is, at, call, words};

/// Keeps these owners of HubSpot: id, e-mail, whether they are active.
async fn owners_are(test: &TestDb, all: &[(&str, &str, bool)]) {
    let owner = |(id, email, is_active): &(&str, &str, bool)| Owner {
        source: "hubspot-main".into(),
        owner_id: (*id).into(),
        user_id: None,
        email: (!email.is_empty()).then(|| (*email).to_owned()),
        name: format!("Owner *{id}* <!channel>"),
        teams: Vec::new(),
        is_active: *is_active,
        seen_at_ms: 1,
    };
    let all: Vec<Owner> = all.iter().map(owner).collect();
    let mut tx = test.db.write().await.unwrap();
    owners::replace(&mut tx, WORKSPACE, "hubspot-main", &all, 1).await.unwrap();
    tx.commit().await.unwrap();
}

async fn asked(world: &World, email: Option<&str>, line: &str) -> String {
    let company = world.company();
    let asker = match email {
        Some(email) => Asker::Person(company.defs().person(email).unwrap().clone()),
        None => Asker::Operator,
    };
    shiftbell_render::plain::text(&to_typed(&world.program, &company, &asker, line).await)
}

const ACTIVE: &[(&str, &str, bool)] = &[
    ("1009", "ann.old@clowns.example", true),
    ("77", "BDR.Two@Party.example", true),
    ("88", "ae.one@clowns.example", true),
    ("1010", "", true),
];

#[tokio::test]
async fn an_owner_is_a_person_by_id_or_address_and_one_who_is_nobody_counts_in_the_total_only() {
    for db in both_databases().await {
        owners_are(&db, ACTIVE).await;
        let mut world = World::new(&db, at("2026-11-19T20:00:00Z"), as_it_is).await;
        world.timer.turn().await;
        let calls = ["1009", "77", "bdr.TWO@party.example", "bdr.two@clowns.example"];
        let calls = calls.iter().zip(1..).map(|(owner, n)| call(n, owner, "2026-11-19T18:30:00Z"));
        world.know(calls.collect::<Vec<_>>()).await;
        assert_eq!(world.company().workspace.role_of(Some("88")).as_deref(), Some("ae"), "the role at the time");

        let hers =
            async |world: &World| asked(world, Some("bdr.two@clowns.example"), "/kpi conversations today for me").await;
        let all = asked(&world, None, "/kpi conversations today").await;
        assert!(all.lines().next().is_some_and(|line| line.contains(": 4")), "{}: {all}", db.kind);
        let mine = hers(&world).await;
        assert!(mine.lines().next().is_some_and(|line| line.contains(": 3")), "{}: {mine}", db.kind);

        let keeper = Some("revops.one@clowns.example");
        for _ in 0..2 {
            let said = asked(&world, keeper, "/shiftbell people 1009 is bdr.two@clowns.example").await;
            assert!(said.contains("is bdr.two@clowns.example now"), "{said}");
            let mine = hers(&world).await;
            assert!(mine.lines().next().is_some_and(|line| line.contains(": 4")), "{}: {mine}", db.kind);
        }
        let listed = asked(&world, keeper, "/shiftbell people").await;
        assert!(listed.contains("1 owner in the CRM is nobody here") && listed.contains("said revops.one"), "{listed}");
        assert!(asked(&world, keeper, "/shiftbell people 1009 undo").await.starts_with("Undone"));
        assert!(asked(&world, keeper, "/shiftbell people 1009 undo").await.contains("Nobody had said"));
        let mine = hers(&world).await;
        assert!(mine.lines().next().is_some_and(|line| line.contains(": 3")), "{mine}");
        let all = asked(&world, None, "/kpi conversations today").await;
        assert!(all.lines().next().is_some_and(|line| line.contains(": 4")), "whoever they are: {all}");
    }
}

/// Somebody who asked for a meeting, and whose record is this owner's.
fn asked_for_a_meeting(n: usize, owner: &str) -> Event {
    Event::from_json(&format!(
        r#"{{"id":"ask-{n}","type":"form","at":"2026-11-19T18:30:00Z","contact":"c-{n}","company":"co-{n}","form":"meeting-request",
            "owner":"{owner}","set":{{"contact":{{"email":"{n}@party.example","owner":"{owner}"}},
            "company":{{"segment":"business"}}}}}}"#
    ))
    .unwrap()
}

#[tokio::test]
async fn numbers_by_owner_name_the_person_and_whom_nobody_knows_as_the_source_does() {
    for db in both_databases().await {
        owners_are(&db, ACTIVE).await;
        let mut world = World::new(&db, at("2026-11-19T20:00:00Z"), as_it_is).await;
        world.timer.turn().await;
        let owners = ["ae.one@clowns.example", "77", "bdr.two@clowns.example", "new-rep@clowns.example"];
        world.know(owners.iter().zip(1..).map(|(owner, n)| asked_for_a_meeting(n, owner)).collect::<Vec<_>>()).await;
        let by = asked(&world, None, "/kpi mqls b2b today by owner").await;
        let mut rows: Vec<&str> = by.lines().skip_while(|line| *line != "By owner:").skip(1).take(4).collect();
        rows.sort_unstable();
        // A person whom two names stand for is there twice, and it is seen that they are.
        let wanted =
            ["ae.one: 1", "bdr.two (77): 1", "bdr.two (bdr.two@clowns.example): 1", "new-rep@clowns.example: 1"];
        assert_eq!(rows, wanted, "{}: {by}", db.kind);
    }
}

#[tokio::test]
async fn who_an_owner_is_says_only_whoever_keeps_the_settings() {
    let db = sqlite().await;
    owners_are(&db, ACTIVE).await;
    let world = World::new(&db, at("2026-11-19T20:00:00Z"), as_it_is).await;
    let line = "/shiftbell people 1009 is bdr.two@clowns.example";
    for email in ["bdr.two@clowns.example", "sales.lead@clowns.example", "exec.one@clowns.example"] {
        let said = asked(&world, Some(email), line).await;
        assert!(said.contains("Only whoever keeps the settings"), "{email}: {said}");
        let listed = asked(&world, Some(email), "/shiftbell people").await;
        assert!(!listed.contains("ann.old"), "{email}: {listed}");
    }
    let keeper = Some("revops.one@clowns.example");
    for rubbish in ["4711", "1009 is", "1009 is nobody.at@all.example", "1009 x y", "<!channel> undo"] {
        let said = asked(&world, keeper, &format!("/shiftbell people {rubbish}")).await;
        assert!(!said.contains("Done") && !said.contains("could not be answered"), "{rubbish}: {said}");
    }
    asked(&world, Some("ae.two@clowns.example"), "/shiftbell away until 23 Nov").await;
    let said = asked(&world, Some("sales.lead@clowns.example"), "/shiftbell people").await;
    assert_eq!(said.trim(), "Away: ae.two until 23 Nov.");
    let said = asked(&world, Some("bdr.one@clowns.example"), "/shiftbell people").await;
    assert!(said.contains("Only whoever leads people"), "{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn owners_who_are_nobody_are_a_menu_in_chat_each_with_who_it_may_be() {
    for test in both_databases().await {
        owners_are(&test, ACTIVE).await;
        let app = TestApp::start(&test).at(THURSDAY).await;
        app.slack.joins("UREVOPS", "revops.one@clowns.example", "Asia/Kolkata");
        let said = types(&app, "UREVOPS", "/shiftbell people").await;
        assert!(said.contains("2 owners in the CRM are nobody here"), "{said}");
        assert!(said.contains("(ann.old@clowns.example, owner 1009 in HubSpot)?"), "{said}");
        let sent = app.slack.bodies("UREVOPS").last().expect("an answer").to_string();
        assert!(!sent.contains("<!channel>") && sent.contains("&lt;!channel&gt;"), "{sent}");
        let interactions = format!("{}/slack/interactions", app.url);
        let click = async |label: &str| {
            app.slack.clicks(label, "UREVOPS", "DUREVOPS", &interactions).await;
            app.slack.transcript("UREVOPS")
        };
        assert!(click("Not one of us").await.contains("what they do counts in the totals only"), "{}", test.kind);
        assert!(click("Next").await.contains("(owner 1010 in HubSpot)"));
        let left = types(&app, "UREVOPS", "/shiftbell people").await;
        assert!(left.contains("1 owner in the CRM is nobody here"), "{left}");
        assert!(click("Undo").await.contains("Undone"));
        assert!(types(&app, "UREVOPS", "/shiftbell people").await.contains("2 owners in the CRM"));
        app.stops_with_nothing_unsaid().await;
    }
}

#[tokio::test]
async fn a_deactivated_owner_gets_no_scorecard_and_what_they_did_stays_counted() {
    for db in both_databases().await {
        owners_are(&db, &[("1", "bdr.one@clowns.example", true), ("2", "bdr.three@clowns.example", false)]).await;
        let mut world = World::new(&db, at("2026-11-19T12:00:00Z"), as_it_is).await;
        world.timer.turn().await;
        let calls = [call(1, "2", "2026-11-19T10:30:00Z"), call(2, "1", "2026-11-19T10:30:00Z")];
        world.know(calls).await;
        world.tick("2026-11-19T22:00:00Z").await;
        let to = world.scorecards_to().await;
        assert!(to.contains(&"bdr.one@clowns.example".to_owned()), "{to:?}");
        assert!(!to.contains(&"bdr.three@clowns.example".to_owned()), "{}: {to:?}", db.kind);
        let all = asked(&world, None, "/kpi conversations today").await;
        assert!(all.lines().next().is_some_and(|line| line.contains(": 2")), "{all}");
        let listed = asked(&world, Some("revops.one@clowns.example"), "/shiftbell people").await;
        assert!(listed.contains("bdr.three@clowns.example is deactivated in the CRM"), "{listed}");
        let cards = world.of("scorecard").await;
        let mine = cards.iter().find(|(to, ..)| to == "bdr.one@clowns.example").map(|(.., letter)| words(letter));
        assert!(mine.is_some_and(|card| card.contains("Conversations: 1 of 20")), "under the raw id of the owner");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_that_was_closed_in_slack_is_noticed_within_a_week_and_its_alerts_go_to_the_manager() {
    for test in both_databases().await {
        let file = everybody(sample::DEFINITIONS);
        let app = TestApp::start(&test).with_definitions(&file).at(THURSDAY).await;
        let company = app.program.companies.get(WORKSPACE).expect("the company").clone();
        app.slack.joins("UEXEC1", "exec.one@clowns.example", "America/New_York");
        recognise::turn(&app.program, &company).await.expect("Slack answers");
        assert_eq!(recognise::turn(&app.program, &company).await.expect("a database"), 0, "asked once in a week");
        app.slack.deactivates("UCSM1");
        app.advance_ms(7 * MS_PER_DAY);
        recognise::turn(&app.program, &company).await.expect("Slack answers");
        cancels(&app, "Sample Insurance").await;
        let managers = app.slack.transcript("UEXEC1");
        assert!(managers.contains("This was for csm.one, who is not here any more."), "{}: {managers}", test.kind);
        assert!(!app.slack.transcript("UCSM1").contains("will leave"));
    }
}
