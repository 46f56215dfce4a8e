//! Numbers that came to mean something else: whatever reaches over that day says so, and nothing else does.

use shiftbell::answer::{Asker, to_typed};
use shiftbell::demo::generate::{Plan, generate};
use shiftbell::work::import::{File, import};
use shiftbell::work::rebuild::rebuild;
use shiftbell_render::document::Document;
use shiftbell_render::messages::Notice;
use shiftbell_render::plain;
use shiftbell_tests::db::{TestDb, both_databases, sqlite};

use super::leaks::{days, fallen, weeks};
use super::world::{World, as_it_is, at, words};

const EVENTS: usize = 3_000;

/// A calendar request is no MQL any more.
fn narrower(text: &str) -> String {
    let was = "mql      = [\"meeting-request\", \"calendar-request\"]";
    assert!(text.contains(was));
    text.replace(was, "mql      = \"meeting-request\"")
}

/// Nobody's records are left out any more: every number means something else.
fn with_test_records(text: &str) -> String {
    let was = "contact.email_domain = [\"clowns.example\"]";
    let text = narrower(text);
    assert!(text.contains(was));
    text.replace(was, "contact.email_domain = [\"nobody.example\"]")
}

async fn asked(world: &World, line: &str) -> Document {
    to_typed(&world.program, &world.company(), &Asker::Operator, line).await
}

async fn asks(world: &World, line: &str) -> String {
    plain::transcript(&asked(world, line).await)
}

/// The sample company, whose MQLs mean something else since 3 November; as of the Monday before the weekly message.
async fn world(db: &TestDb) -> World {
    drop(World::new(db, at("2026-08-01T12:00:00Z"), as_it_is).await);
    let changed = at("2026-11-03T12:00:00Z");
    let mut world = World::new(db, changed, narrower).await;
    let until = at("2026-11-16T04:00:00Z");
    let events = generate(&Plan { seed: 4, events: EVENTS, until }).map(|event| Ok(Some(event)));
    let named = File { source: "demo", key: "year" };
    import(&db.db, &world.company().workspace, named, events, until, |_| {}).await.unwrap();
    world.tick("2026-11-16T13:29:00Z").await;
    world
}

#[tokio::test]
async fn a_series_marks_the_point_in_which_the_meaning_changed_and_a_period_without_a_change_says_nothing() {
    for db in both_databases().await {
        let world = world(&db).await;
        let months = asks(&world, "/kpi mqls b2b 2026-08-01..2026-11-15 by month").await;
        let marked: Vec<&str> = months.lines().filter(|line| line.contains("meaning changed")).collect();
        let [november, trend] = marked[..] else { panic!("{}: {months}", db.kind) };
        assert!(november.starts_with("1 - 15 Nov 2026: ") && november.ends_with(", meaning changed 3 Nov"), "{months}");
        let (blocks, legend) = trend.split_once(' ').unwrap();
        assert_eq!((blocks.chars().nth(3), blocks.chars().count()), (Some('|'), 5), "{months}");
        assert_eq!(legend, "oldest first; | where the meaning changed");
        assert!(months.contains("what it means changed on 3 Nov 2026"), "{months}");
        let weeks = asks(&world, "/kpi mqls b2b 2026-10-26..2026-11-15 by week").await;
        assert!(weeks.contains("2 - 8 Nov 2026: ") && weeks.matches(", meaning changed 3 Nov").count() == 1, "{weeks}");
        for without in ["/kpi mqls b2b 2026-10 by week", "/kpi won b2b 2026-10-01..2026-11-15 by month", "/mrr 2026-11"]
        {
            let said = asks(&world, without).await;
            assert!(!said.contains("changed"), "{without}: {said}");
        }
        let receipt = months.split_whitespace().find(|word| word.starts_with("r-")).unwrap();
        let why = asks(&world, &format!("/kpi why {receipt}")).await;
        assert!(why.contains("Version 2, which came into force within the period"), "{why}");
    }
}

#[tokio::test]
async fn the_weekly_bowtie_and_its_picture_name_what_changed_within_their_weeks() {
    for db in both_databases().await {
        let mut world = world(&db).await;
        world.tick("2026-11-16T13:30:00Z").await;
        let posts = world.of("bowtie").await;
        let Notice::Bowtie(bowtie) = &posts[0].2.notice else { panic!() };
        let [changed] = &bowtie.changed[..] else { panic!("{}: {:?}", db.kind, bowtie.changed) };
        assert_eq!(changed.day.to_string(), "2026-11-03");
        assert!(changed.what.iter().any(|label| label == "MQLs"), "{changed:?}");
        assert!(changed.what.iter().all(|label| label != "MRR" && label != "Won"), "{changed:?}");
        let document = posts[0].2.document().unwrap();
        assert!(plain::transcript(&document).contains("Meaning changed 3 Nov: "), "{document:?}");
        let picture = document.picture.unwrap();
        assert!(picture.svg.contains("meaning changed 3 Nov: ") && picture.alt.contains("Meaning changed 3 Nov: "));
        let page = shiftbell::overview::of(&world.program, &world.company()).await.unwrap().bowtie;
        let said = page.changed.unwrap();
        assert!(
            said.starts_with("Meaning changed 3 Nov: ") && said.contains("MQLs") && page.alt.ends_with(&said),
            "{said} {}",
            page.alt
        );
        // In neither of the last two, but between them.
        let between = "2026-11-09..2026-11-15 vs 2026-10";
        for (compared, is_over) in [("2026-10 vs 2026-09", false), ("2026-11 vs 2026-10", true), (between, true)] {
            let said = asks(&world, &format!("/bowtie b2b {compared}")).await;
            assert_eq!(said.contains("Meaning changed 3 Nov: "), is_over, "{compared}: {said}");
        }
    }
}

#[tokio::test]
async fn the_bridge_of_recurring_revenue_and_its_picture_say_that_what_counts_has_changed() {
    for db in both_databases().await {
        drop(world(&db).await);
        let now = at("2026-11-16T13:30:00Z");
        let mut world = World::new(&db, now, with_test_records).await;
        rebuild(&db.db, &world.company().workspace, now, |_| {}).await.unwrap();
        world.program.readiness.is_built("clowns-to-go");
        let bridge = asked(&world, "/mrr 2026-11").await;
        let said = plain::transcript(&bridge);
        assert!(said.contains("Meaning changed 16 Nov: MRR."), "{}: {said}", db.kind);
        assert!(bridge.picture.unwrap().svg.contains("meaning changed 16 Nov: MRR"));
        world.tick("2026-12-02T15:00:00Z").await;
        let posts = world.of("mrr").await;
        assert!(words(&posts[0].2).contains("Meaning changed 16 Nov: MRR."), "{posts:?}");
        // Two changes, each where it was; the sentence names the latest.
        let weeks = asks(&world, "/kpi mqls b2b 2026-10-26..2026-11-22 by week").await;
        assert!(weeks.contains(", meaning changed 3 Nov") && weeks.contains(", meaning changed 16 Nov"), "{weeks}");
        assert!(weeks.contains("what it means changed on 16 Nov 2026"), "{weeks}");
    }
}

#[tokio::test]
async fn a_rate_that_fell_says_that_it_was_compared_over_a_change() {
    let db = sqlite().await;
    drop(World::new(&db, at("2026-05-01T12:00:00Z"), as_it_is).await);
    let mut world = World::new(&db, at("2026-08-10T12:00:00Z"), narrower).await;
    world.tick("2026-11-15T14:30:00Z").await;
    world.know(weeks("2026-06-22T04:00:00Z", 20, fallen)).await;
    assert_eq!(days(&mut world, "2026-11-16T14:30:00Z", 1).await, 1);
    let said = words(&world.of("rate-fell").await[0].2);
    assert!(said.contains("Meaning changed 10 Aug: MQL to SQL. The days before"), "{said}");
}
