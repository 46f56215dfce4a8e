//! What stands behind the receipts of messages that nobody asked for, and the versions that they name.

use shiftbell::answer::{Asker, to_typed};
use shiftbell_render::messages::Notice;
use shiftbell_tests::db::{both_databases, sqlite};

use super::world::{World, as_it_is, call, words};

async fn asked(world: &World, email: Option<&str>, line: &str) -> String {
    let company = world.company();
    let asker = match email {
        Some(email) => Asker::Person(company.defs().person(email).unwrap().clone()),
        None => Asker::Operator,
    };
    shiftbell_render::plain::text(&to_typed(&world.program, &company, &asker, line).await)
}

#[tokio::test]
async fn the_receipt_of_a_scorecard_says_what_it_printed_and_how_to_ask_for_it() {
    for db in both_databases().await {
        let mut world = World::new(&db, super::world::at("2026-11-19T20:00:00Z"), as_it_is).await;
        world.timer.turn().await;
        world.know([call(1, "bdr.one@clowns.example", "2026-11-19T18:30:00Z")]).await;
        world.tick("2026-11-19T22:00:00Z").await;
        let (_, _, letter) =
            world.of("scorecard").await.into_iter().find(|(to, ..)| to == "bdr.one@clowns.example").unwrap();
        let Notice::Scorecard(card) = &letter.notice else { panic!() };
        let receipt = card.footer.receipt.clone().unwrap();
        let why = asked(&world, Some("bdr.one@clowns.example"), &format!("/kpi why {receipt}")).await;
        let first = format!("{receipt} is the scorecard of bdr.one for Thursday 19 November, as of 19 Nov 17:00");
        assert!(why.contains(&first), "{}: {why}", db.kind);
        let line = "Conversations: 1 of 20, 19 to go. Counted: call accepted or reply received. Ask again: ";
        assert!(why.contains(line), "{why}");
        // The command that it names gives the same count.
        let command = why.split_once(line).unwrap().1.lines().next().unwrap().to_owned();
        assert_eq!(command, "/kpi conversations 2026-11-19..2026-11-19 for me");
        let said = asked(&world, Some("bdr.one@clowns.example"), &command).await;
        assert!(said.contains("Conversations: 1."), "{said}");

        let other = asked(&world, Some("bdr.two@clowns.example"), &format!("/kpi why {receipt}")).await;
        assert!(!other.contains("Conversations") && other.contains("your own numbers"), "{other}");
        let manager = asked(&world, Some("sales.lead@clowns.example"), &format!("/kpi why {receipt}")).await;
        assert!(manager.contains("Conversations: 1 of 20") && !manager.contains("for me"), "{manager}");
        assert!(words(&letter).contains(&receipt));
    }
}

#[tokio::test]
async fn the_receipt_of_a_bowtie_names_each_figure_and_its_days() {
    let db = sqlite().await;
    let mut world = World::new(&db, super::world::at("2026-11-16T05:00:00Z"), as_it_is).await;
    world.timer.turn().await;
    world.tick("2026-11-16T13:30:00Z").await;
    let (_, _, letter) = world.of("bowtie").await.pop().unwrap();
    let Notice::Bowtie(bowtie) = &letter.notice else { panic!() };
    let receipt = bowtie.footer.receipt.clone().unwrap();
    let why = asked(&world, None, &format!("/kpi why {receipt}")).await;
    assert!(why.contains("the weekly bowtie of 9 - 15 November"), "{why}");
    assert!(why.contains("/kpi mqls b2b 2026-11-09..2026-11-15"), "{why}");
    assert!(why.contains("/kpi mql-to-sql b2b 2026-06-15..2026-09-13"), "{why}");
}

#[tokio::test]
async fn a_version_is_a_number_that_grows_only_with_the_meaning_of_its_kpi() {
    for db in both_databases().await {
        let now = super::world::at("2026-11-19T20:00:00Z");
        let versions = async |change: fn(&str) -> String| {
            let world = World::new(&db, now, change).await;
            let company = world.company();
            let of = |slug: &str| {
                let kpi = company.defs().kpi(slug).unwrap();
                world.program.versions.said(company.name(), &kpi.slug, &kpi.version)
            };
            let said = [of("mql-to-sql"), of("lead-to-mql")];
            world.program.db.close().await;
            said
        };
        assert_eq!(versions(as_it_is).await, ["1", "1"], "{}", db.kind);
        let retargeted: fn(&str) -> String = |text| text.replace(r#"b2b = "30 %", b2c = "40 %""#, r#"b2b = "31 %""#);
        assert_eq!(versions(retargeted).await, ["1", "1"], "a target is no meaning");
        let shorter: fn(&str) -> String = |text| text.replace(r#"b2b = "60 days""#, r#"b2b = "45 days""#);
        assert_eq!(versions(shorter).await, ["2", "1"], "{}: only the window of this one has changed", db.kind);
        assert_eq!(versions(as_it_is).await, ["1", "1"], "what was meant before has its number again");
    }
}
