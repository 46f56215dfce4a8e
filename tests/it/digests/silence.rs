//! A source that sends nothing for longer than it ever does, and is back.

use shiftbell::work::sweeps::silence;
use shiftbell_metrics::time::{Instant, MS_PER_DAY, MS_PER_HOUR, MS_PER_MINUTE};
use shiftbell_render::messages::Notice;
use shiftbell_store::sightings::{self, Sighting};
use shiftbell_tests::db::{both_databases, sqlite};

use super::world::{COMPANY, World, as_it_is, at, words};

const SOURCE: &str = "hubspot-main";

/// Something arrived.
async fn heard(world: &World, when: Instant, events: i64) {
    let zone = world.company().defs().workspace.zone.clone();
    let seen = |name: &str, n| Sighting { source: SOURCE.into(), name: name.into(), n, last_at_ms: when.as_ms() };
    let mut tx = world.program.db.write().await.unwrap();
    let all = [seen("delivery", 1), seen("call", events), seen("email", events)];
    sightings::add(&mut tx, COMPANY, zone.day_of(when), &all).await.unwrap();
    tx.commit().await.unwrap();
}

/// Eight weeks with a delivery every nine minutes.
async fn usual(world: &World, until: Instant) {
    let arrivals: Vec<Instant> = (0..8 * 7 * 160).rev().map(|n| until.plus_ms(-n * 9 * MS_PER_MINUTE)).collect();
    silence::teach(&world.program, &world.company(), SOURCE, &arrivals).await.unwrap();
    heard(world, until, 1).await;
}

#[tokio::test]
async fn a_silent_source_is_told_once_and_its_return_is_an_edit() {
    for db in both_databases().await {
        let last = at("2026-11-19T18:00:00Z");
        let mut world = World::new(&db, last, as_it_is).await;
        usual(&world, last).await;
        for minute in 1..=30 {
            world.tick_at(last.plus_ms(minute * MS_PER_MINUTE)).await;
        }
        assert_eq!(world.of("source-silent").await.len(), 0, "half an hour is no silence");
        for minute in 31..=130 {
            world.tick_at(last.plus_ms(minute * MS_PER_MINUTE)).await;
        }
        let told = world.of("source-silent").await;
        assert_eq!(told.len(), 1, "{}", db.kind);
        assert_eq!(told[0].0, "revops.one@clowns.example");
        let text = words(&told[0].2);
        assert!(text.starts_with("HubSpot has sent nothing for 31 min (on Thursdays at most 9 min)."), "{text}");
        heard(&world, last.plus_ms(131 * MS_PER_MINUTE), 206).await;
        world.tick_at(last.plus_ms(132 * MS_PER_MINUTE)).await;
        world.tick_at(last.plus_ms(133 * MS_PER_MINUTE)).await;
        let told = world.of("source-silent").await;
        assert_eq!((told.len(), told[0].1), (1, 2));
        let text = words(&told[0].2);
        assert!(text.starts_with("HubSpot is back since 15:11; 412 events caught up"), "{text}");
    }
}

#[tokio::test]
async fn a_day_on_which_the_source_is_silent_is_no_miss() {
    let db = sqlite().await;
    let last = at("2026-11-19T18:10:00Z");
    let mut world = World::new(&db, last, as_it_is).await;
    usual(&world, last).await;
    world.tick_at(last).await;
    world.tick_at(at("2026-11-19T21:59:00Z")).await;
    world.tick_at(at("2026-11-19T22:00:00Z")).await;
    let letters = world.of("scorecard").await;
    let (.., letter) = letters.iter().find(|(to, ..)| to == "bdr.one@clowns.example").unwrap();
    let Notice::Scorecard(scorecard) = &letter.notice else { panic!() };
    assert!(scorecard.short_of.is_none());
    let text = words(letter);
    assert!(text.starts_with("Thursday: no verdict. HubSpot has sent nothing since 13:10, so"), "{text}");
    assert!(text.contains("This does not count as a miss."), "{text}");
}

#[tokio::test]
async fn what_nobody_knows_to_be_unusual_is_not_told() {
    let db = sqlite().await;
    let first = at("2026-11-19T18:00:00Z");
    let mut world = World::new(&db, first, as_it_is).await;
    heard(&world, first, 1).await;
    for hour in 1..48 {
        world.tick_at(first.plus_ms(hour * MS_PER_HOUR)).await;
    }
    world.tick_at(first.plus_ms(4 * MS_PER_DAY)).await;
    assert_eq!(world.of("source-silent").await.len(), 0);
}

#[tokio::test]
async fn the_rhythm_is_learned_from_what_arrives_while_somebody_looks() {
    let db = sqlite().await;
    let first = at("2026-11-19T14:00:00Z");
    let mut world = World::new(&db, first, as_it_is).await;
    for minute in 0..150 {
        let now = first.plus_ms(minute * MS_PER_MINUTE);
        if minute % 5 == 0 {
            heard(&world, now, 1).await;
        }
        world.tick_at(now).await;
    }
    assert_eq!(world.of("source-silent").await.len(), 0);
    for minute in 150..190 {
        world.tick_at(first.plus_ms(minute * MS_PER_MINUTE)).await;
    }
    assert_eq!(world.of("source-silent").await.len(), 1, "after half an hour, where five minutes are usual");
}
