//! What the history of a source shows that is still open: one list, once, that pings nobody.

use std::sync::Arc;

use shiftbell::work::sweeps::first_day;
use shiftbell::work::timer::Timer;
use shiftbell_metrics::event::Event;
use shiftbell_render::messages::Notice;
use shiftbell_tests::db::{both_databases, postgres};

use super::world::{COMPANY, World, as_it_is, at, words};

/// As `World::know` names it.
const SOURCE: &str = "anything";

/// A subscription of a company, what happened to it, and when.
fn subscription(n: usize, change: &str, at: &str, more: &str) -> Event {
    Event::from_json(&format!(
        r#"{{"id":"{n}-{change}-{at}","type":"subscription","change":"{change}","at":"{at}","company":"c-{n}",
            "subscription":"s-{n}","set":{{"company":{{"name":"Sample *{n}* <!channel>","segment":"business"}},
            "subscription":{{"status":"active"}}}}{more}}}"#
    ))
    .unwrap()
}

fn cancelled(n: usize, at: &str, a_month: u32, ends_at: &str) -> Event {
    let more = format!(r#","amount":{{"amount":"{a_month}","currency":"USD"}},"ends_at":"{ends_at}""#);
    subscription(n, "cancel_scheduled", at, &more)
}

/// A history in which 12 of 16 cancellations are open.
fn history() -> Vec<Event> {
    let mut events: Vec<Event> = (0..16).map(|n| subscription(n, "started", "2025-02-01T12:00:00Z", "")).collect();
    let end = "2026-12-31T17:00:00Z";
    for n in 0..12 {
        events.push(cancelled(n, &format!("2026-10-{:02}T12:00:00Z", n + 1), 300 + u32::try_from(n).unwrap(), end));
    }
    // Withdrawn, ended, and too small for the rule.
    events.push(cancelled(12, "2026-10-01T12:00:00Z", 900, end));
    events.push(subscription(12, "cancel_withdrawn", "2026-10-05T12:00:00Z", ""));
    events.push(cancelled(13, "2026-01-01T12:00:00Z", 900, "2026-03-31T17:00:00Z"));
    events.push(cancelled(14, "2026-10-01T12:00:00Z", 199, end));
    events
}

async fn is_read(world: &World) {
    let mut tx = world.program.db.write().await.unwrap();
    first_day::is_read(&mut tx, COMPANY, SOURCE, world.program.clock.now()).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn old_leaks_form_one_list_for_the_reviewer_once_and_ping_nobody() {
    for db in both_databases().await {
        let mut world = World::new(&db, at("2026-11-19T20:00:00Z"), as_it_is).await;
        world.know(history()).await;
        world.timer.turn().await;
        assert_eq!(world.of("first-day").await.len(), 0, "{}: its history is not in yet", db.kind);
        is_read(&world).await;
        for to in ["2026-11-19T20:01:00Z", "2026-11-19T20:02:00Z"] {
            world.tick(to).await;
        }
        // Another import, and a restart, say nothing again.
        is_read(&world).await;
        world.timer = Timer::new(Arc::clone(&world.program));
        world.tick("2026-11-19T20:03:00Z").await;
        let [(to, 1, letter)] = &world.of("first-day").await[..] else { panic!("{}: one", db.kind) };
        assert_eq!(to, "revops.one@clowns.example");
        let Notice::FirstDay(found) = &letter.notice else { panic!() };
        let a_year: i64 = (0..12).map(|n| (300 + n) * 12).sum();
        assert_eq!(
            (found.found, found.worth.map(|worth| worth.minor), found.largest.len()),
            (12, Some(a_year * 100), 10)
        );
        let text = words(letter);
        let first = "Found 12 old leaks worth $43,992 in the history of anything, the oldest from 1 Oct 2026. None of them pings anyone";
        assert!(text.starts_with(first), "{text}");
        assert!(
            text.contains("The 10 largest are here:\nSample *11* <!channel>, $3,732: leaves on 31 Dec 2026."),
            "{text}"
        );
        let in_slack = shiftbell_render::slack::message(&letter.document().unwrap(), None).to_string();
        assert!(!in_slack.contains("<!channel>"), "{in_slack}");
        assert!(world.of("leaving").await.is_empty(), "none of them pings anyone");
    }
}

#[tokio::test]
async fn two_processes_list_them_once() {
    let db = postgres().await;
    let world = World::new(&db, at("2026-11-19T20:00:00Z"), as_it_is).await;
    world.know(history()).await;
    is_read(&world).await;
    let turns: Vec<_> = (0..4)
        .map(|_| {
            let mut timer = Timer::new(Arc::clone(&world.program));
            tokio::spawn(async move { timer.turn().await })
        })
        .collect();
    for turn in turns {
        turn.await.unwrap();
    }
    assert_eq!(world.of("first-day").await.len(), 1);
}

#[tokio::test]
async fn a_history_without_leaks_says_nothing() {
    let db = postgres().await;
    let mut world = World::new(&db, at("2026-11-19T20:00:00Z"), as_it_is).await;
    is_read(&world).await;
    world.timer.turn().await;
    world.know(history()).await;
    world.tick("2026-11-19T20:01:00Z").await;
    assert!(world.of("first-day").await.is_empty(), "what comes later is no history");
}
