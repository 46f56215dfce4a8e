//! Who is who in Discord: by a code from Slack, or by whoever keeps the settings.

use std::sync::Arc;

use shiftbell::answer::{Asker, to_typed};
use shiftbell::clock::Clock;
use shiftbell_chat::Outlet;
use shiftbell_metrics::time::MS_PER_MINUTE;
use shiftbell_tests::app::TestApp;
use shiftbell_tests::db::{both_databases, postgres, sqlite};

use super::{SALES, THURSDAY, types};
use crate::digests::world::{World, as_it_is, at};

const STRANGER: &str = "1499999999999999999";
const OTHER: &str = "1499999999999999998";

async fn types_in_discord(app: &TestApp, user: &str, line: &str) -> String {
    app.discord.asks(line, user, SALES, &app.discord_interactions()).await.seen
}

/// A new code of a person who is known in Slack, as it is to be typed.
async fn code_of(app: &TestApp, user: &str) -> String {
    let said = types(app, user, "/shiftbell link").await;
    let line = said.lines().find(|line| line.contains("/shiftbell link ")).unwrap_or_else(|| panic!("{said}"));
    let from = line.find("/shiftbell").unwrap_or(0);
    line[from..].trim_end_matches('`').trim().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_code_from_slack_makes_somebody_known_in_discord_once() {
    for test in both_databases().await {
        let app = TestApp::start(&test).at(THURSDAY).await;
        app.slack.joins("UBDR2", "BDR.two@party.example", "America/Los_Angeles");
        for line in ["/kpi leads b2b", "/kpi help", "/kpi list", "/kpi help mql-conversion"] {
            let said = types_in_discord(&app, STRANGER, line).await;
            assert!(said.contains("who you are") && said.contains("[Link]"), "{line}: {said}");
            assert!(!said.contains('%') && !said.contains("HubSpot"), "nothing of the company: {said}");
        }
        let how = app.discord.clicks("Link", STRANGER, SALES, &app.discord_interactions()).await.seen;
        assert!(how.contains("In Slack") && how.contains("/shiftbell link CODE"), "{how}");

        // Known in Slack by an address that the file calls another one of theirs.
        let line = code_of(&app, "UBDR2").await;
        let said =
            types_in_discord(&app, STRANGER, &line.to_uppercase().replace("/SHIFTBELL LINK", "/shiftbell link")).await;
        assert!(said.contains("Welcome, bdr.two"), "{}: {said}", test.kind);
        let said = types_in_discord(&app, STRANGER, "/kpi leads b2b").await;
        assert!(!said.contains("who you are"), "{said}");
        let said = types_in_discord(&app, OTHER, &line).await;
        assert!(said.contains("was used"), "{said}");
        assert!(types_in_discord(&app, OTHER, "/kpi leads b2b").await.contains("who you are"));
        app.stops_with_nothing_unsaid().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_code_lives_a_quarter_of_an_hour_a_newer_one_replaces_it_and_nobody_guesses_more_than_five_times() {
    for test in both_databases().await {
        let app = TestApp::start(&test).at(THURSDAY).await;
        let old = code_of(&app, "UCSM1").await;
        let new = code_of(&app, "UCSM1").await;
        assert_ne!(old, new);
        assert!(types_in_discord(&app, STRANGER, &old).await.contains("not known"), "replaced");
        app.advance_ms(15 * MS_PER_MINUTE + 1);
        assert!(types_in_discord(&app, OTHER, &new).await.contains("older than 15 minutes"), "{}", test.kind);

        let valid = code_of(&app, "UCSM1").await;
        for n in 1..=5 {
            let said = types_in_discord(&app, OTHER, &format!("/shiftbell link aaaa-aaaa-aaa{n}")).await;
            let is_locked = said.contains("tries. Please");
            assert_eq!(is_locked, n == 5, "the expired one counted too: {n}: {said}");
        }
        assert!(types_in_discord(&app, OTHER, &valid).await.contains("5 tries"), "even the right one");
        assert!(types_in_discord(&app, STRANGER, &valid).await.contains("Welcome, csm.one"), "it was not used up");
        for rubbish in ["<!channel>", "'; DROP TABLE people; --", "\u{202e}abc", &"z".repeat(290)] {
            let said = types_in_discord(&app, "1499999999999999990", &format!("/shiftbell link {rubbish}")).await;
            assert!(said.contains("not known, was used"), "{rubbish}: {said}");
        }
        app.stops_with_nothing_unsaid().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_code_is_kept_nowhere_as_it_is() {
    let test = sqlite().await;
    let app = TestApp::start(&test).at(THURSDAY).await;
    let line = code_of(&app, "UCSM1").await;
    let code = line.rsplit(' ').next().expect("a code").to_owned();
    app.stops_with_nothing_unsaid().await;
    let path = test.url.trim_start_matches("sqlite:").to_owned();
    let mut kept = 0;
    for file in [path.clone(), format!("{path}-wal")] {
        let Ok(bytes) = std::fs::read(&file) else { continue };
        let has = |text: &str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
        assert!(!has(&code) && !has(&code.replace('-', "")), "{file}");
        kept += usize::from(has("csm.one@clowns.example"));
    }
    assert!(kept > 0, "the digest's owner is there, so this looked in the right place");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_replicas_that_are_told_the_same_code_at_once_take_it_once() {
    let db = postgres().await;
    let clock = Clock::at(at("2026-11-19T19:05:00Z"));
    let replicas = [
        World::with_clock(&db, clock.clone(), 1, as_it_is).await.program,
        World::with_clock(&db, clock, 2, as_it_is).await.program,
    ];
    let company = Arc::clone(replicas[0].companies.get("clowns-to-go").unwrap());
    for round in 0..10 {
        let asker = Asker::Person(company.defs().person("bdr.two@clowns.example").unwrap().clone());
        let shown = to_typed(&replicas[0], &company, &asker, "/shiftbell link").await;
        let shown = shiftbell_render::plain::text(&shown);
        let line = shown.lines().find(|line| line.starts_with("/shiftbell link")).expect("a code").to_owned();
        let tries = (0..8).map(|n| {
            let (program, company, line) = (Arc::clone(&replicas[n % 2]), Arc::clone(&company), line.clone());
            tokio::spawn(async move {
                let asker = Asker::Stranger { outlet: Outlet::Discord, user: format!("15{round}{n}") };
                shiftbell_render::plain::text(&to_typed(&program, &company, &asker, &line).await)
            })
        });
        let said = futures_util::future::join_all(tries).await;
        let welcomed = said.iter().filter(|said| said.as_ref().is_ok_and(|said| said.contains("Welcome"))).count();
        assert_eq!(welcomed, 1, "{said:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_keeps_the_settings_says_who_somebody_is_and_nobody_else_does() {
    for test in both_databases().await {
        let app = TestApp::start(&test).at(THURSDAY).await;
        app.slack.joins("UREVOPS", "revops.one@clowns.example", "Asia/Kolkata");
        let mention = format!("<@{STRANGER}>");
        let line = format!("/shiftbell link {mention} ae.two@clowns.example");
        let said = types(&app, "UCSM1", &line).await;
        assert!(said.contains("Only whoever keeps the settings"), "{said}");
        assert!(types_in_discord(&app, STRANGER, &line).await.contains("not known"), "nor oneself");
        assert!(types_in_discord(&app, STRANGER, "/kpi leads b2b").await.contains("who you are"));

        let said = types(&app, "UREVOPS", &line).await;
        assert!(said.contains("in Discord this user is ae.two@clowns.example now"), "{}: {said}", test.kind);
        assert!(!types_in_discord(&app, STRANGER, "/kpi leads b2b").await.contains("who you are"));
        let said = types(&app, "UREVOPS", &format!("/shiftbell link {mention} nobody")).await;
        assert!(said.contains("nobody whom I know"), "{said}");
        assert!(types_in_discord(&app, STRANGER, "/kpi leads b2b").await.contains("who you are"));

        let said = types(&app, "UREVOPS", "/shiftbell link <@1400000000000000001> ae.two@clowns.example").await;
        assert!(said.contains("The definitions file says that this is sales.lead"), "{said}");
        let said = types(&app, "UREVOPS", &format!("/shiftbell link {mention} ae.too@clowns.example")).await;
        assert!(said.contains("Did you mean ae.two@clowns.example"), "{said}");
        app.stops_with_nothing_unsaid().await;
    }
}
