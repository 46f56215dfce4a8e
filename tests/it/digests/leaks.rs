//! Rates that fell, on invented weeks: what did not change fires nothing, what fell fires once and ends by itself.

use shiftbell_metrics::event::Event;
use shiftbell_metrics::time::{Day, Instant, MS_PER_DAY, MS_PER_HOUR};
use shiftbell_render::messages::Notice;
use shiftbell_store::incidents;
use shiftbell_tests::db::{both_databases, postgres, sqlite};

use super::world::{COMPANY, World, as_it_is, at, words};

pub(super) const PRODUCTS: [&str; 3] = ["small-parties", "large-parties", "corporate-events"];
/// People who ask for a meeting in a week, for each product; and how many get one, as a rule.
const ASK: usize = 10;
pub(super) const GET: usize = 4;

fn event(text: &str) -> Event {
    Event::from_json(text).unwrap_or_else(|why| panic!("{why}: {text}"))
}

/// One week's requests, each answered by a meeting a day later or not.
fn week(monday: Instant, get: impl Fn(&str) -> usize) -> Vec<Event> {
    let mut events = Vec::new();
    for product in PRODUCTS {
        for n in 0..ASK {
            let asked = monday.plus_ms(i64::try_from(n).unwrap() * 11 * MS_PER_HOUR + 14 * MS_PER_HOUR);
            let id = format!("{}-{product}-{n}", Day(i32::try_from(monday.as_ms() / MS_PER_DAY).unwrap()).date());
            events.push(event(&format!(
                r#"{{"id":"ask-{id}","type":"form","at":"{asked}","contact":"{id}","company":"co-{id}","form":"meeting-request",
                "set":{{"contact":{{"product":"{product}","email":"{id}@party.example"}},
                        "company":{{"segment":"business","name":"Sample {id}"}}}}}}"#
            )));
            if n < get(product) {
                let held = asked.plus_ms(MS_PER_DAY);
                events.push(event(&format!(
                    r#"{{"id":"met-{id}","type":"meeting","at":"{held}","contact":"{id}","status":"confirmed",
                    "owner":"ae.one@clowns.example"}}"#
                )));
            }
        }
    }
    events
}

/// Weeks that begin on Mondays from this one on.
pub(super) fn weeks(first: &str, count: i64, get: impl Fn(i64, &str) -> usize) -> Vec<Event> {
    let first = at(first);
    (0..count).flat_map(|n| week(first.plus_ms(n * 7 * MS_PER_DAY), |product| get(n, product))).collect()
}

/// 09:30 in New York on each day from this one on.
pub(super) async fn days(world: &mut World, first: &str, count: i64) -> usize {
    let mut messages = 0;
    for day in 0..count {
        world.tick_at(at(first).plus_ms(day * MS_PER_DAY)).await;
        messages = world.of("rate-fell").await.len();
    }
    messages
}

/// Corporate events fell to nothing in the weeks from 21 September on.
pub(super) fn fallen(n: i64, product: &str) -> usize {
    if product == "corporate-events" && n >= 13 { 0 } else { GET }
}

#[tokio::test]
async fn what_did_not_change_fires_nothing() {
    let db = sqlite().await;
    let mut world = World::new(&db, at("2026-11-15T14:30:00Z"), as_it_is).await;
    world.know(weeks("2026-06-22T04:00:00Z", 20, |_, _| GET)).await;
    assert_eq!(days(&mut world, "2026-11-16T14:30:00Z", 8).await, 0);
}

#[tokio::test]
async fn a_rate_that_fell_is_told_once_and_its_end_is_an_edit() {
    for db in both_databases().await {
        let mut world = World::new(&db, at("2026-11-15T14:30:00Z"), as_it_is).await;
        world.know(weeks("2026-06-22T04:00:00Z", 20, fallen)).await;
        world.tick("2026-11-16T13:59:00Z").await;
        assert_eq!(world.of("rate-fell").await.len(), 0, "the working day of New York begins at 09:00");
        assert_eq!(days(&mut world, "2026-11-16T14:30:00Z", 7).await, 1, "{}", db.kind);
        let (to, revision, letter) = world.of("rate-fell").await.remove(0);
        assert_eq!((to.as_str(), revision), ("sales", 1));
        let text = words(&letter);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], "b2b corporate events: MQL to SQL within 14 days fell to 0.0 % (0 of 60).");
        assert!(text.contains("Since 21 Sep; before 40.0 % (52 of 130). More than chance."), "{text}");
        assert!(text.contains("Ends by itself when two full weeks are back above"), "{text}");
        // From Monday 9 November on it is as before. Two such weeks are old enough on 7 December.
        let back = |n: i64, product: &str| if n < 20 { fallen(n, product) } else { GET };
        world.program.clock.advance_ms(14 * MS_PER_DAY);
        let later: Vec<Event> = weeks("2026-06-22T04:00:00Z", 22, back)
            .into_iter()
            .filter(|event| event.at >= at("2026-11-09T00:00:00Z"))
            .collect();
        world.know(later).await;
        days(&mut world, "2026-12-07T14:30:00Z", 1).await;
        let fell = world.of("rate-fell").await;
        assert_eq!(fell.len(), 1, "no new message: {}", fell.len());
        let Notice::RateFell(ended) = &fell[0].2.notice else { panic!() };
        assert!(ended.ended.is_some(), "{}", words(&fell[0].2));
        let mut snapshot = world.program.db.read().await.unwrap();
        let open = incidents::open_ones(&mut snapshot, COMPANY).await.unwrap();
        assert_eq!(open.iter().filter(|open| open.rule == "rate-fell").count(), 0);
    }
}

#[tokio::test]
async fn two_processes_tell_a_leak_once() {
    let db = postgres().await;
    let mut one = World::new(&db, at("2026-11-15T14:30:00Z"), as_it_is).await;
    one.know(weeks("2026-06-22T04:00:00Z", 20, fallen)).await;
    let mut other = World::with_clock(&db, one.program.clock.clone(), 2, as_it_is).await;
    one.program.clock.advance_ms(MS_PER_DAY);
    tokio::join!(one.timer.turn(), other.timer.turn());
    assert_eq!(one.of("rate-fell").await.len(), 1);
}

#[tokio::test]
async fn a_message_that_does_not_fit_into_the_day_waits_for_the_next() {
    let db = sqlite().await;
    let one_a_day = |text: &str| {
        assert!(text.contains("per_channel_a_day = 5"));
        text.replace("per_channel_a_day = 5", "per_channel_a_day = 1")
    };
    let mut world = World::new(&db, at("2026-11-15T14:30:00Z"), one_a_day).await;
    let two_fall = |n: i64, product: &str| if product != "small-parties" && n >= 13 { 0 } else { GET };
    world.know(weeks("2026-06-22T04:00:00Z", 20, two_fall)).await;
    assert_eq!(days(&mut world, "2026-11-16T14:30:00Z", 1).await, 1);
    assert_eq!(days(&mut world, "2026-11-17T14:30:00Z", 1).await, 2);
    assert_eq!(days(&mut world, "2026-11-18T14:30:00Z", 3).await, 2);
}
