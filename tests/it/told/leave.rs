//! Who is away: no scorecard, no alert, and somebody else who is told what cannot wait.

use serde_json::json;
use shiftbell::answer::{Asker, to_typed};
use shiftbell_metrics::time::{Day, MS_PER_HOUR};
use shiftbell_store::leave::{self, Leave};
use shiftbell_tests::app::{TestApp, WORKSPACE};
use shiftbell_tests::db::{both_databases, sqlite};
use shiftbell_tests::sample;

use super::{THURSDAY, everybody, types};
use crate::digests::world::{World, as_it_is, at, call, words};

/// A customer of csm.one says that it will leave.
pub(super) async fn cancels(app: &TestApp, customer: &str) {
    let events = json!([
        { "id": format!("{customer}-known"), "type": "company", "at": "2024-01-15T12:00:00Z", "company": customer,
          "set": { "company": { "name": customer, "segment": "business", "owner": "csm.one@clowns.example" } } },
        { "id": format!("{customer}-started"), "type": "subscription", "change": "started", "at": "2024-01-15T12:01:00Z",
          "company": customer, "subscription": customer, "set": { "subscription": { "status": "active" } } },
        { "id": format!("{customer}-leaves"), "type": "subscription", "change": "cancel_scheduled",
          "at": app.now().plus_ms(-60_000).to_string(), "company": customer, "subscription": customer,
          "amount": { "amount": "2400", "currency": "USD" }, "ends_at": "2026-12-31T17:00:00Z" },
    ]);
    let (status, answer) = app.shop_sends(&format!("msg-{customer}"), &events.to_string()).await;
    assert_eq!(status, 202, "{answer}");
    app.idle().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_alert_for_somebody_who_is_away_goes_to_their_manager_and_says_for_whom_it_was() {
    for test in both_databases().await {
        let app = TestApp::start(&test).with_definitions(&everybody(sample::DEFINITIONS)).at(THURSDAY).await;
        app.slack.joins("UEXEC1", "exec.one@clowns.example", "America/New_York");
        let said = types(&app, "UCSM1", "/shiftbell away until 23 Nov").await;
        assert!(said.contains("You are away until Monday 23 Nov; Tuesday 24 Nov is the first day back"), "{said}");
        assert!(said.contains("goes to exec.one"), "{said}");
        cancels(&app, "Sample Insurance").await;
        let hers = app.slack.transcript("UCSM1");
        let managers = app.slack.transcript("UEXEC1");
        assert!(!hers.contains("will leave"), "{}: {hers}", test.kind);
        assert!(managers.contains("Sample Insurance will leave"), "{}: {managers}", test.kind);
        assert!(managers.contains("This was for csm.one, who is away until 23 Nov."), "{managers}");

        let status = types(&app, "UCSM1", "/shiftbell away").await;
        assert!(status.contains("until Monday 23 Nov (said by csm.one)"), "{status}");
        let back = types(&app, "UCSM1", "/shiftbell back").await;
        assert!(back.contains("Welcome back: you are at work again"), "{back}");
        assert!(types(&app, "UCSM1", "/shiftbell back").await.contains("You are not away"));
        cancels(&app, "Sample Museum").await;
        assert!(app.slack.transcript("UCSM1").contains("Sample Museum will leave"), "{}", test.kind);
        assert!(!app.slack.transcript("UEXEC1").contains("Sample Museum"));
        app.stops_with_nothing_unsaid().await;
    }
}

/// Decided in the evening, for the next morning; meanwhile she is ill.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_that_waited_for_somebody_who_went_away_meanwhile_is_passed_on() {
    for test in both_databases().await {
        let file = everybody(sample::DEFINITIONS).replace("except = [\"leaving\"]", "except = [\"won\"]");
        let app = TestApp::start(&test).with_definitions(&file).at("2026-11-18 22:05 America/New_York").await;
        app.slack.joins("UEXEC1", "exec.one@clowns.example", "America/New_York");
        cancels(&app, "Sample Insurance").await;
        assert_eq!(app.slack.count("UCSM1"), 0, "it waits for the morning");
        let said = types(&app, "ULEAD", "/shiftbell away @csm.one today").await;
        assert!(said.contains("exec.one can"), "she is not below sales.lead: {said}");
        app.advance_ms(8 * MS_PER_HOUR);
        types(&app, "UCSM1", "/shiftbell away today").await;
        app.advance_ms(6 * MS_PER_HOUR);
        app.until("it is passed on", async || app.slack.transcript("UEXEC1").contains("will leave")).await;
        assert!(app.slack.transcript("UEXEC1").contains("This was for csm.one, who is away until 19 Nov."));
        app.idle().await;
        assert!(!app.slack.transcript("UCSM1").contains("will leave"), "{}", test.kind);
    }
}

#[tokio::test]
async fn days_away_bring_no_scorecard_and_do_not_count_in_the_pace() {
    for db in both_databases().await {
        let mut world = World::new(&db, at("2026-11-19T20:00:00Z"), as_it_is).await;
        world.timer.turn().await;
        world.know([call(1, "bdr.one@clowns.example", "2026-11-19T18:30:00Z")]).await;
        let day = |day: i8| Day::from_date(jiff::civil::date(2026, 11, day));
        let mut tx = world.program.db.write().await.unwrap();
        for (email, first, last) in [("bdr.one@clowns.example", 9, 13), ("bdr.two@clowns.example", 18, 23)] {
            let said = Leave { email: email.into(), first: day(first), last: day(last), said_by: email.into() };
            leave::say(&mut tx, WORKSPACE, &said, 1).await.unwrap();
        }
        tx.commit().await.unwrap();
        world.tick("2026-11-20T06:00:00Z").await;
        let cards = world.of("scorecard").await;
        let card = |email: &str| cards.iter().find(|(to, ..)| to == email).map(|(.., letter)| words(letter));
        assert_eq!(card("bdr.two@clowns.example"), None, "{}: away", db.kind);
        // 9 of the month's 19 working days less 5: 9 x 9 / 14, not 9 x 14 / 19.
        let mine = card("bdr.one@clowns.example").expect("at work again");
        assert!(mine.contains("plan to date 5.8"), "{}: {mine}", db.kind);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn somebody_else_is_set_away_only_by_whoever_is_above_them() {
    let test = sqlite().await;
    let app = TestApp::start(&test).at(THURSDAY).await;
    app.slack.joins("UBDR1", "bdr.one@clowns.example", "America/New_York");
    app.slack.joins("UREVOPS", "revops.one@clowns.example", "Asia/Kolkata");
    for target in ["<@ULEAD>", "@ae.one", "ae.one@clowns.example", "<@UREVOPS|revops>"] {
        let said = types(&app, "UBDR1", &format!("/shiftbell away {target} until 23 Nov")).await;
        assert!(said.contains("of people below you"), "{said}");
    }
    let said = types(&app, "ULEAD", "/shiftbell away <@UBDR1> until 23 Nov").await;
    assert!(said.contains("bdr.one is away until Monday 23 Nov"), "{said}");
    let said = types(&app, "UREVOPS", "/shiftbell away @csm.two from 2 Dec until 5 Dec").await;
    assert!(said.contains("csm.two is away from Wednesday 2 Dec until Saturday 5 Dec"), "{said}");
    let said = types(&app, "UBDR1", "/shiftbell away").await;
    assert!(said.contains("(said by sales.lead)"), "the one it concerns sees who said it: {said}");
    let said = types(&app, "ULEAD", "/shiftbell back @bdr.one").await;
    assert!(said.contains("bdr.one is at work again"), "{said}");
    // Nobody hears anything who is nobody here.
    let line = "/shiftbell away @ae.one until 23 Nov";
    let said = app.slack.types(line, "UNOBODY", "C0SALES0001", &app.slack_commands()).await.seen;
    assert!(said.contains("do not know who you are") && !said.contains("ae.one"), "{said}");
    app.stops_with_nothing_unsaid().await;
}

#[tokio::test]
async fn leave_is_said_in_ones_own_zone_also_at_the_terminal_and_the_latest_word_counts() {
    for db in both_databases().await {
        // In Berlin it is already Friday.
        let world = World::new(&db, at("2026-11-19T23:30:00Z"), as_it_is).await;
        let company = world.company();
        let asks = async |email: &str, line: &str| {
            let asker = Asker::Person(company.defs().person(email).unwrap().clone());
            shiftbell_render::plain::text(&to_typed(&world.program, &company, &asker, line).await)
        };
        let said = asks("ae.two@clowns.example", "/shiftbell away until 19 Nov").await;
        assert!(said.contains("19 Nov 2026 has passed"), "{said}");
        let said = asks("ae.one@clowns.example", "/shiftbell away until 19 Nov").await;
        assert!(said.starts_with("You are away today"), "{said}");
        for (line, whole) in [
            ("away until 23 Nov", "until Monday 23 Nov"),
            ("away until 25 Nov", "until Wednesday 25 Nov"),
            ("away 2 days", "until Saturday 21 Nov"),
            ("away from 24 Dec until 31 Dec", "from Thursday 24 Dec until Thursday 31 Dec"),
        ] {
            let said = asks("ae.two@clowns.example", &format!("/shiftbell {line}")).await;
            assert!(said.starts_with(&format!("You are away {whole};")), "{line}: {said}");
        }
        let said = asks("ae.two@clowns.example", "/shiftbell away").await;
        let both = "You are away until Saturday 21 Nov and from Thursday 24 Dec until Thursday 31 Dec";
        assert!(said.starts_with(both), "{}: {said}", db.kind);
        for rubbish in
            ["until christmas", "yesterday", "until 5/12", "until 1 Nov", "forever", "@nobody.here until 23 Nov"]
        {
            let said = asks("ae.two@clowns.example", &format!("/shiftbell away {rubbish}")).await;
            assert!(!said.contains("You are away") && !said.contains("could not be answered"), "{rubbish}: {said}");
        }
        let operator = to_typed(&world.program, &company, &Asker::Operator, "/shiftbell away today").await;
        assert!(shiftbell_render::plain::text(&operator).contains("Say who is away"));
    }
}
