//! Lines that are left out because nothing of them arrives: said once, never shown as zero.

use shiftbell_metrics::time::Instant;
use shiftbell_render::messages::Notice;
use shiftbell_store::sightings::{self, Sighting};
use shiftbell_tests::db::both_databases;

use super::world::{COMPANY, World, as_it_is, at, call, words};

const BDR: &str = "bdr.one@clowns.example";

/// Something of these kinds arrives now.
async fn arrives(world: &World, kinds: &[&str]) {
    let now: Instant = world.program.clock.now();
    let seen = kinds.iter().map(|kind| Sighting {
        source: "hubspot-main".into(),
        name: (*kind).to_owned(),
        n: 1,
        last_at_ms: now.as_ms(),
    });
    let day = world.company().defs().workspace.zone.day_of(now);
    let mut tx = world.program.db.write().await.unwrap();
    sightings::add(&mut tx, COMPANY, day, &seen.collect::<Vec<_>>()).await.unwrap();
    tx.commit().await.unwrap();
}

async fn latest_card(world: &World) -> String {
    let (.., letter) = world.of("scorecard").await.into_iter().rfind(|(to, ..)| to == BDR).unwrap();
    assert!(!words(&letter).contains("0 of 20"), "{}", words(&letter));
    words(&letter)
}

#[tokio::test]
async fn a_line_of_which_nothing_arrives_is_said_once_to_each_and_again_only_after_it_was_seen() {
    for db in both_databases().await {
        let mut world = World::new(&db, at("2026-11-16T20:00:00Z"), as_it_is).await;
        world.timer.turn().await;
        arrives(&world, &["form", "meeting"]).await;
        world.tick("2026-11-16T22:00:00Z").await;
        let first = latest_card(&world).await;
        let sentence = "Conversations: not counted yet, because no call or email has arrived in 14 days.";
        assert!(first.contains(sentence), "{}: {first}", db.kind);
        let told = world.of("not-counted").await;
        let about = |told: &[(String, i64, shiftbell::work::letter::Letter)]| {
            let all = told.iter().filter_map(|(to, _, letter)| match &letter.notice {
                Notice::NotCounted(facts) => Some((to.clone(), facts.lines.clone())),
                _ => None,
            });
            let lines = all.flat_map(|(to, lines)| lines.into_iter().map(move |line| (to.clone(), line.label)));
            lines.filter(|(_, label)| label == "Conversations").collect::<Vec<_>>()
        };
        assert_eq!(about(&told), [("revops.one@clowns.example".to_owned(), "Conversations".to_owned())]);
        // The edit at midnight still says it; the next day does not, and nobody is told again.
        world.tick("2026-11-17T05:00:00Z").await;
        assert!(latest_card(&world).await.contains(sentence));
        world.tick("2026-11-17T22:00:00Z").await;
        let next = latest_card(&world).await;
        assert!(!next.contains("Conversations"), "{next}");
        assert_eq!(about(&world.of("not-counted").await).len(), 1);
        // A call arrives: the line is there. Long after the last, it is missing again, and said again.
        world.tick("2026-11-18T15:00:00Z").await;
        arrives(&world, &["call"]).await;
        world.know([call(1, BDR, "2026-11-18T14:00:00Z")]).await;
        world.tick("2026-11-18T22:00:00Z").await;
        assert!(latest_card(&world).await.contains("Conversations: 1 of 20"), "{}", latest_card(&world).await);
        world.tick("2026-12-04T15:00:00Z").await;
        arrives(&world, &["form", "meeting"]).await;
        world.tick("2026-12-04T22:00:00Z").await;
        assert!(latest_card(&world).await.contains(sentence), "{}", latest_card(&world).await);
        assert_eq!(about(&world.of("not-counted").await).len(), 2, "{}", db.kind);
    }
}
