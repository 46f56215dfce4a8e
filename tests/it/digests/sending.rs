//! When scorecards are sent, closed, caught up.

use std::sync::Arc;

use shiftbell::clock::Clock;
use shiftbell::work::timer::Timer;
use shiftbell_render::messages::Notice;
use shiftbell_tests::db::{both_databases, postgres, sqlite};

use super::world::{World, as_it_is, at, call, words};

#[tokio::test]
async fn a_scorecard_arrives_at_five_on_the_clock_of_its_reader() {
    for db in both_databases().await {
        let mut world = World::new(&db, at("2026-11-19T11:00:00Z"), as_it_is).await;
        world.know([call(1, "bdr.one@clowns.example", "2026-11-19T10:30:00Z")]).await;
        world.timer.turn().await;
        assert_eq!(world.scorecards_to().await, Vec::<String>::new(), "{}", db.kind);
        // 17:00 in Kolkata is 11:30 UTC, in Berlin 16:00, in New York 22:00, in Los Angeles 01:00 of the next day.
        world.tick("2026-11-19T11:29:59Z").await;
        assert_eq!(world.scorecards_to().await.len(), 0);
        world.tick("2026-11-19T15:59:59Z").await;
        let before_berlin = world.scorecards_to().await;
        world.tick("2026-11-19T16:00:00Z").await;
        let in_berlin = world.scorecards_to().await[before_berlin.len()..].to_vec();
        assert_eq!(in_berlin, ["csm.two@clowns.example", "bdr.three@clowns.example", "ae.two@clowns.example"]);
        world.tick("2026-11-19T21:59:00Z").await;
        let before = world.scorecards_to().await.len();
        world.tick("2026-11-19T22:00:00Z").await;
        let in_new_york = world.scorecards_to().await[before..].to_vec();
        assert!(in_new_york.contains(&"bdr.one@clowns.example".to_owned()), "{in_new_york:?}");
        for minute in 1..4 {
            world.tick_at(at("2026-11-19T22:00:00Z").plus_ms(minute * 60_000)).await;
        }
        let mut all = world.scorecards_to().await;
        let count = all.len();
        all.sort();
        all.dedup();
        assert_eq!(all.len(), count, "each of them once");
    }
}

#[tokio::test]
async fn two_processes_at_once_say_it_once() {
    let db = postgres().await;
    let clock = Clock::at(at("2026-11-19T21:00:00Z"));
    let one = World::with_clock(&db, clock.clone(), 1, as_it_is).await;
    let other = World::with_clock(&db, clock.clone(), 2, as_it_is).await;
    let mut timers: Vec<Timer> = Vec::new();
    for world in [&one, &other] {
        for _ in 0..2 {
            timers.push(Timer::new(Arc::clone(&world.program)));
        }
    }
    timers[0].turn().await;
    clock.advance_ms(60 * 60_000);
    let turns: Vec<_> = timers.into_iter().map(|mut timer| tokio::spawn(async move { timer.turn().await })).collect();
    let mut count = 0;
    for turn in turns {
        count += turn.await.unwrap();
    }
    let letters = one.scorecards_to().await;
    assert!(letters.len() >= 3, "{letters:?}");
    assert_eq!(count, letters.len(), "each was new to one of them only");
}

#[tokio::test]
async fn a_scorecard_is_edited_once_when_its_day_closes() {
    for db in both_databases().await {
        let mut world = World::new(&db, at("2026-11-19T20:00:00Z"), as_it_is).await;
        world.timer.turn().await;
        world.know([call(1, "bdr.one@clowns.example", "2026-11-19T18:30:00Z")]).await;
        world.tick("2026-11-19T22:00:00Z").await;
        let mine = |letters: Vec<(String, i64, _)>| {
            letters.into_iter().find(|(to, ..)| to == "bdr.one@clowns.example").unwrap()
        };
        let (_, revision, open) = mine(world.of("scorecard").await);
        assert_eq!(revision, 1);
        assert!(words(&open).contains("Conversations: 1 of 20, 19 to go"), "{}", words(&open));
        // A call at 22:40 of New York counts for this day, one after midnight does not.
        world.know([call(2, "bdr.one@clowns.example", "2026-11-20T03:40:00Z")]).await;
        world.tick("2026-11-20T04:59:59Z").await;
        assert_eq!(mine(world.of("scorecard").await).1, 1);
        world.know([call(3, "bdr.one@clowns.example", "2026-11-20T05:00:00Z")]).await;
        for minute in 0..4 {
            world.tick_at(at("2026-11-20T05:00:00Z").plus_ms(minute * 60_000)).await;
        }
        let (_, revision, closed) = mine(world.of("scorecard").await);
        assert_eq!(revision, 2, "{}", db.kind);
        let text = words(&closed);
        assert!(text.contains("Conversations: 2 of 20") && text.contains("Closed at midnight."), "{text}");
        assert!(text.starts_with("Thursday: not a successful day."), "{text}");
    }
}

#[tokio::test]
async fn a_missed_run_is_caught_up_once_and_says_that_it_is_late() {
    let db = sqlite().await;
    let mut world = World::new(&db, at("2026-11-17T23:00:00Z"), as_it_is).await;
    world.timer.turn().await;
    // Down from Tuesday evening until Thursday, 19:12 in New York.
    world.tick("2026-11-20T00:12:00Z").await;
    world.tick("2026-11-20T00:13:00Z").await;
    let mine: Vec<_> =
        world.of("scorecard").await.into_iter().filter(|(to, ..)| to == "bdr.one@clowns.example").collect();
    assert_eq!(mine.len(), 1, "the latest only");
    let text = words(&mine[0].2);
    assert!(text.contains("Late: due 17:00, sent 19:12."), "{text}");
    assert!(text.starts_with("Thursday:"), "{text}");
}

#[tokio::test]
async fn nobody_is_sent_a_scorecard_on_a_holiday_or_a_free_day() {
    let db = sqlite().await;
    let mut world = World::new(&db, at("2026-11-25T23:30:00Z"), as_it_is).await;
    world.timer.turn().await;
    let start = at("2026-11-26T00:00:00Z");
    // Thanksgiving and the day after, then a weekend: two hours at a time, until Monday morning.
    let before = world.scorecards_to().await.len();
    for step in 1..=50 {
        world.tick_at(start.plus_ms(step * 2 * 3_600_000)).await;
    }
    let all = world.scorecards_to().await[before..].to_vec();
    let of = |who: &str| all.iter().filter(|to| to.starts_with(who)).count();
    assert_eq!(of("bdr.one@"), 0, "New York has a holiday: {all:?}");
    assert_eq!(of("bdr.three@"), 2, "Berlin works on Thursday and Friday: {all:?}");
}

#[tokio::test]
async fn when_clocks_change_five_is_still_five() {
    let db = sqlite().await;
    // Clocks of New York go back on Sunday 1 November 2026, those of Berlin on 25 October.
    let mut world = World::new(&db, at("2026-10-30T12:00:00Z"), as_it_is).await;
    world.timer.turn().await;
    let start = at("2026-10-30T12:00:00Z");
    let mut sent: Vec<(String, String)> = Vec::new();
    for step in 1..=(4 * 24 * 2) {
        let now = start.plus_ms(step * 30 * 60_000);
        let before = world.scorecards_to().await.len();
        if world.tick_at(now).await > 0 {
            let new = world.scorecards_to().await[before..].to_vec();
            sent.extend(new.into_iter().map(|to| (to, now.to_string())));
        }
    }
    let of = |who: &str| -> Vec<&str> {
        sent.iter().filter(|(to, _)| to.starts_with(who)).map(|(_, at)| at.as_str()).collect()
    };
    assert_eq!(of("bdr.one@"), ["2026-10-30T21:00:00Z", "2026-11-02T22:00:00Z"]);
    assert_eq!(of("bdr.three@"), ["2026-10-30T16:00:00Z", "2026-11-02T16:00:00Z"]);
}

#[tokio::test]
async fn who_is_new_gets_numbers_without_a_verdict() {
    let db = sqlite().await;
    let new = |text: &str| {
        let bdr = "\"bdr.one@clowns.example\"      = { role = \"bdr\",";
        assert!(text.contains(bdr));
        text.replace(bdr, &format!("{bdr} since = 2026-11-18,"))
    };
    let mut world = World::new(&db, at("2026-11-19T20:00:00Z"), new).await;
    world.timer.turn().await;
    world.tick("2026-11-19T22:00:00Z").await;
    let letters = world.of("scorecard").await;
    let mine = letters.iter().find(|(to, ..)| to == "bdr.one@clowns.example").unwrap();
    assert!(words(&mine.2).starts_with("Thursday: your numbers."), "{}", words(&mine.2));
    let Notice::Scorecard(scorecard) = &mine.2.notice else { panic!() };
    assert!(scorecard.short_of.is_none());
}
