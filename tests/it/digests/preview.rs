//! A digest as somebody would receive it, shown to whoever asks: under both rights, and without taking the real one's place.

use shiftbell::answer::{Asker, to_typed};
use shiftbell::work::digests::desk::Desk;
use shiftbell::work::digests::preview;
use shiftbell_render::plain;
use shiftbell_tests::db::{both_databases, sqlite};

use super::world::{World, as_it_is, at, call, words};

const BDR: &str = "bdr.one@clowns.example";
const OTHER: &str = "bdr.two@clowns.example";
const LEAD: &str = "sales.lead@clowns.example";
const REVIEWER: &str = "revops.one@clowns.example";
const FINANCE: &str = "finance.one@clowns.example";

fn asker(world: &World, email: &str) -> Asker {
    Asker::Person(world.company().defs().person(email).expect("a person of the sample").clone())
}

/// What somebody reads who types this.
async fn reads(world: &World, who: &str, line: &str) -> String {
    plain::text(&to_typed(&world.program, &world.company(), &asker(world, who), line).await)
}

#[tokio::test]
async fn one_sees_ones_own_and_that_of_the_people_below_and_the_reviewer_sees_all() {
    for db in both_databases().await {
        let world = World::new(&db, at("2026-11-19T20:00:00Z"), as_it_is).await;
        world.know([call(1, BDR, "2026-11-19T15:30:00Z"), call(2, BDR, "2026-11-19T15:40:00Z")]).await;
        let own = reads(&world, BDR, "/shiftbell preview scorecard").await;
        assert!(own.starts_with("Preview of scorecard, as bdr.one@clowns.example would receive it now."), "{own}");
        assert!(own.contains("Conversations: 2 of 20"), "{own}");
        for who in [LEAD, REVIEWER] {
            let theirs = reads(&world, who, &format!("/shiftbell preview scorecard {BDR}")).await;
            assert!(theirs.contains("Conversations: 2 of 20"), "{}: {who}: {theirs}", db.kind);
        }
        for who in [OTHER, FINANCE] {
            let refused = reads(&world, who, &format!("/shiftbell preview scorecard {BDR}")).await;
            assert!(
                refused.contains("is theirs, and for whoever leads them") && !refused.contains("of 20"),
                "{refused}"
            );
        }
        let unknown = reads(&world, LEAD, "/shiftbell preview scorecrd").await;
        assert!(unknown.contains("Did you mean scorecard?"), "{unknown}");
        let nobody = reads(&world, LEAD, "/shiftbell preview scorecard bdr.won@clowns.example").await;
        assert!(nobody.contains("Did you mean bdr.one@clowns.example?"), "{nobody}");
        assert!(reads(&world, LEAD, "/shiftbell preview").await.contains("There are: scorecard"), "{unknown}");
        assert_eq!(world.letters().await.len(), 0, "an answer to a command is no message");
    }
}

#[tokio::test]
async fn a_channels_digest_is_shown_only_as_somebody_in_its_audience() {
    let db = sqlite().await;
    let change = |text: &str| {
        text.replace("name = \"#revenue\", seen_by = \"company\"", "name = \"#revenue\", seen_by = \"sales team\"")
    };
    let world = World::new(&db, at("2026-11-16T13:30:00Z"), change).await;
    world.know([call(1, BDR, "2026-11-12T15:30:00Z")]).await;
    let shown = reads(&world, BDR, "/shiftbell preview bowtie").await;
    assert!(shown.starts_with("Preview of bowtie, as bdr.one@clowns.example"), "{shown}");
    let refused = reads(&world, FINANCE, "/shiftbell preview bowtie").await;
    assert!(refused.contains("finance.one@clowns.example does not see #revenue: it is for sales team"), "{refused}");
}

#[tokio::test]
async fn a_preview_that_was_sent_neither_takes_the_real_ones_place_nor_is_closed() {
    for db in both_databases().await {
        let mut world = World::new(&db, at("2026-11-19T20:00:00Z"), as_it_is).await;
        world.know([call(1, BDR, "2026-11-19T15:30:00Z")]).await;
        world.timer.turn().await;
        let company = world.company();
        let digest = company.defs().digests.iter().find(|digest| digest.id == "scorecard").unwrap();
        let me = company.defs().person(BDR).unwrap();
        for _ in 0..2 {
            let mut desk = Desk::open(&world.program, &company, world.program.clock.now()).await.unwrap();
            let preview =
                preview::of(&world.program, &mut desk, digest, me, &asker(&world, BDR)).await.unwrap().unwrap();
            drop(desk);
            preview.send(&world.program, &company, me).await.unwrap();
        }
        assert_eq!(world.scorecards_to().await, [BDR, BDR], "each time that somebody asks: {}", db.kind);
        world.tick("2026-11-19T22:00:00Z").await;
        let real = |letters: Vec<(String, i64, shiftbell::work::letter::Letter)>| -> Vec<(i64, String)> {
            let mine = letters.into_iter().filter(|(to, ..)| to == BDR);
            let all = mine.map(|(_, revision, letter)| (revision, words(&letter)));
            all.filter(|(_, words)| !words.starts_with("Preview")).collect()
        };
        assert_eq!(real(world.of("scorecard").await).len(), 1, "{}: the real one comes at five all the same", db.kind);
        world.tick("2026-11-20T05:00:00Z").await;
        let letters = world.of("scorecard").await;
        let previews = letters.iter().filter(|(to, _, letter)| to == BDR && words(letter).starts_with("Preview"));
        assert!(previews.clone().count() == 2 && previews.clone().all(|(_, revision, _)| *revision == 1));
        assert!(real(letters).iter().all(|(revision, _)| *revision == 2), "the real one was closed");
    }
}
