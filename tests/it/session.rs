//! The first fifteen minutes of a newcomer: a real terminal in an empty folder, an account of HubSpot and a team of Slack behind it. What is shown
//! is what the documentation shows.

mod page;
mod world;

use page::Page;
use world::{Newcomer, PILOT, REVIEWER};

const PAGE: &str = "docs/first-success.md";

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn the_first_fifteen_minutes_are_as_the_page_tells_them() {
    let mut page = Page::open(PAGE);
    let mut person = Newcomer::sits_down().await;

    page.shows("init", &person.sets_up().await);
    page.shows("definitions", &person.reads("workspaces/clowns-to-go.toml"));
    page.shows("check", &person.runs(&["check"], 0).await);
    page.shows("backfill", &person.runs(&["backfill"], 0).await);

    let mut serving = person.starts(&["serve"]);
    person.slack.is_connected(1).await;
    page.shows("doctor", &person.runs_and_looks(&["doctor"]).await);
    let asked = person.says_in_slack("/kpi mql-conversion b2b", REVIEWER).await;
    // Counted by whoever made the world: until 16 August 21 businesses asked, every fourth of them met.
    assert!(asked.contains("28.6 % (6 of 21)"), "{asked}");
    page.shows("ask", &asked);
    let receipt = asked.split_whitespace().find(|word| word.starts_with("r-")).expect("a receipt").to_owned();
    let why = person.says_in_slack(&format!("/kpi why {receipt}"), REVIEWER).await;
    assert!(
        why.contains("28.6 % = 6 / 21.") && why.contains("Recomputed just now from the events: the same number."),
        "{why}"
    );
    page.shows("why", &why);
    page.shows("pilot", &person.says_in_slack(&format!("/shiftbell pilot <@{PILOT}>"), REVIEWER).await);

    // As all through the day, HubSpot is asked before the card is written.
    person.somebody_asks_for_a_demo("2026-11-19 16:30:00 America/New_York");
    person.waits_until("2026-11-19 16:58:00 America/New_York");
    person.sees_in_slack("/kpi mql today b2b", REVIEWER, "MQLs, b2b: 3.").await;
    person.waits_until("2026-11-19 17:00:30 America/New_York");
    let card = person.slack.shows(PILOT, "Thursday").await;
    page.shows("scorecard", &card);
    serving.interrupts().await;
    let (status, log) = serving.ends().await;
    assert!(status.success(), "{log}");
    page.holds();
}
