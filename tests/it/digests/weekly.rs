//! The weekly bowtie of a whole invented year, and what else the clock sets off there.

use std::collections::BTreeMap;

use shiftbell::answer::{Asker, computed, to_typed};
use shiftbell::demo::generate::{Plan, generate};
use shiftbell::work::import::{File, import};
use shiftbell_metrics::answer::Figure as Number;
use shiftbell_metrics::event::Event;
use shiftbell_metrics::id::EntityKind;
use shiftbell_metrics::question::{Question, Understood, understand};
use shiftbell_metrics::time::{Instant, MS_PER_DAY};
use shiftbell_render::facts::Figure;
use shiftbell_render::messages::Notice;
use shiftbell_render::words::bare_money;
use shiftbell_tests::db::sqlite;

use super::world::{World, as_it_is, at, company, words};

#[tokio::test]
async fn the_weekly_post_says_what_a_command_of_that_week_says_and_the_planted_leak_fires_once() {
    let db = sqlite().await;
    let sunday = at("2026-11-16T04:00:00Z");
    let events: Vec<_> = generate(&Plan { seed: 20_261_121, events: 40_000, until: sunday }).collect();
    let sample = company(as_it_is);
    let paid = |business, until| paid_a_month(&events, business, at(until));
    let (opening, closing) = ("2026-11-09T05:00:00Z", "2026-11-16T05:00:00Z");
    let money = [true, false].map(|business| (paid(business, opening), paid(business, closing)));
    let lines = events.into_iter().map(|event| Ok(Some(event)));
    let named = File { source: "demo", key: "year" };
    import(&db.db, &sample.workspace, named, lines, sunday, |_| {}).await.unwrap();
    let mut world = World::new(&db, sunday, as_it_is).await;
    world.timer.turn().await;
    world.tick("2026-11-16T13:29:59Z").await;
    assert_eq!(world.of("bowtie").await.len(), 0);
    world.tick("2026-11-16T13:30:00Z").await;
    let posts = world.of("bowtie").await;
    assert_eq!(posts.len(), 1);
    assert_eq!(posts[0].0, "revenue");
    let Notice::Bowtie(bowtie) = &posts[0].2.notice else { panic!() };

    // Asked on the Thursday after, the rates are the same.
    let thursday = at("2026-11-19T19:05:00Z");
    let company = world.company();
    let mut snapshot = world.program.db.read().await.unwrap();
    let mut compared = 0;
    let kpis = BTreeMap::from([
        ("Leads", "lead-to-mql"),
        ("MQLs", "mql-to-sql"),
        ("SQLs", "sql-to-deal"),
        ("Deals", "deal-to-won"),
    ]);
    for motion in &bowtie.motions {
        for stage in &motion.stages {
            let Some(posted) = &stage.next else { continue };
            let kpi = kpis[stage.label.as_str()];
            let question = Question { motion: Some(motion.motion.clone()), ..Question::of(kpi) };
            let answer = computed(&mut snapshot, &company, &question, thursday).await.unwrap().unwrap();
            let Number::Rate { rate } = answer.figure else { panic!("{kpi} is no rate") };
            let asked = Figure::rate(u64::try_from(rate.num).unwrap(), u64::try_from(rate.den).unwrap());
            assert_eq!(*posted, asked, "{kpi} {}", motion.motion);
            assert!(rate.den > 20, "{kpi} {} {rate:?}", motion.motion);
            compared += 1;
        }
    }
    drop(snapshot);
    assert_eq!(compared, 8, "four rates of two motions");
    // The money side is what subscriptions say, and /mrr says the same.
    for (motion, (opening, closing)) in bowtie.motions.iter().zip(money) {
        let (mrr, base) = (motion.mrr.as_ref().unwrap(), motion.base.as_ref().unwrap());
        assert!(opening.0 > 0 && closing.0 > 0, "{} has customers", motion.motion);
        assert_eq!((mrr.opening.minor, mrr.closing.minor), (opening.0, closing.0), "{}", motion.motion);
        assert_eq!((base.mrr.minor, base.count), (closing.0, closing.1), "{}", motion.motion);
        let moved: i64 = mrr.moves.iter().map(|one| if one.adds { one.money.minor } else { -one.money.minor }).sum();
        assert_eq!(mrr.opening.minor + moved, mrr.closing.minor);
        let command = format!("/mrr {} 2026-11-09..2026-11-15 by product", motion.motion);
        let typed = to_typed(&world.program, &world.company(), &Asker::Operator, &command).await;
        let said = shiftbell_render::plain::transcript(&typed);
        let (from, to) = (bare_money(mrr.opening), bare_money(mrr.closing));
        assert!(said.contains(&format!("MRR {from} + new ")) && said.contains(&format!(" = {to}\n")), "{said}");
        assert!(said.contains("large parties") && said.contains("policy shiftbell"), "{said}");
    }
    // Whoever asks for the bowtie at that hour reads what was posted, without money where they may not see it.
    let asks = async |asker: Asker, line: &str| {
        let typed = to_typed(&world.program, &world.company(), &asker, line).await;
        shiftbell_render::plain::transcript(&typed)
    };
    let operator = asks(Asker::Operator, "/bowtie").await;
    let headline = words(&posts[0].2);
    assert!(operator.contains(headline.lines().next().unwrap()) && operator.contains("MRR"), "{operator}");
    let one = asks(Asker::Operator, "/bowtie B2C").await;
    assert!(one.contains("b2c") && !one.contains("b2b"), "{one}");
    let bdr = world.company().defs().person("bdr.one@clowns.example").unwrap().clone();
    let without = asks(Asker::Person(bdr), "/bowtie").await;
    assert!(without.contains("MQLs") && !without.contains("MRR"), "{without}");
    let wrong = asks(Asker::Operator, "/bowtie b2x").await;
    assert!(wrong.contains("\"b2x\" is no motion and no period. Did you mean b2"), "{wrong}");
    // Any period beside another: each count is what `/kpi` says of that motion and period.
    let quarter = asks(Asker::Operator, "/bowtie b2b 2026-Q3 vs 2026-Q2").await;
    for (stage, period) in [("mql", "2026-Q3"), ("mql", "2026-Q2"), ("won", "2026-Q3")] {
        let (company, now) = (world.company(), world.program.clock.now());
        let typed = format!("{stage} b2b {period}");
        let read = understand(&typed, company.defs(), now, &company.defs().workspace.zone);
        let Understood::Kpi(question) = read else { panic!("{typed} is a question") };
        let mut snapshot = world.program.db.read().await.unwrap();
        let answer = computed(&mut snapshot, &company, &question, now).await.unwrap().unwrap();
        let Number::Count { count } = answer.figure else { panic!("{answer:?}") };
        // Its own row, and its own column.
        let label = if stage == "mql" { "MQLs" } else { "Won" };
        let row = quarter.lines().find(|line| line.starts_with(label)).unwrap_or_default();
        let column = if period == "2026-Q3" { 1 } else { 2 };
        let shown = row.split_whitespace().nth(column).map(|text| text.replace(',', ""));
        assert!(count > 3 && shown == Some(count.to_string()), "{typed}: {count} in {quarter}");
    }
    assert!(quarter.contains("recurring, a year") && quarter.contains("median wait"), "{quarter}");
    let without = asks(
        Asker::Person(world.company().defs().person("bdr.one@clowns.example").unwrap().clone()),
        "/bowtie b2b last month",
    )
    .await;
    assert!(!without.contains("recurring, a year") && without.contains("MQLs"), "{without}");
    // What a number means is for everybody, what it is now for whoever may see it.
    let rep = Asker::Person(world.company().defs().person("bdr.one@clowns.example").unwrap().clone());
    let (mine, theirs) = (asks(Asker::Operator, "/kpi help grr").await, asks(rep, "/kpi help grr").await);
    assert!(mine.contains("Now ") && mine.contains("Example: "), "{mine}");
    assert!(theirs.contains("Formula: ") && !theirs.contains("Now ") && !theirs.contains("Example: "), "{theirs}");
    let funnel = asks(Asker::Operator, "/bowtie b2b last month as funnel").await;
    assert!(!funnel.contains("Second show") && !funnel.contains("kept of a year ago"), "{funnel}");
    let flywheel = asks(Asker::Operator, "/bowtie b2b as flywheel").await;
    assert!(flywheel.contains("b2b Recommended us: "), "{flywheel}");
    let document = posts[0].2.document().unwrap();
    assert!(document.picture.is_some());
    assert_eq!(document.thread.len(), 2);
    assert!(words(&posts[0].2).starts_with("Week of 9 - 15 November: b2b is "), "{}", words(&posts[0].2));

    for day in 0..8 {
        world.tick_at(at("2026-11-16T14:00:00Z").plus_ms(day * MS_PER_DAY)).await;
    }
    let leaks = world.of("rate-fell").await;
    let planted: Vec<_> =
        leaks.iter().filter(|(.., letter)| words(letter).starts_with("b2b corporate events: MQL to SQL")).collect();
    assert_eq!(planted.len(), 1);
    assert_eq!(world.of("bowtie").await.len(), 2, "one for each Monday");
}

/// What customers of one kind pay a month at an instant, in cents, and how many they are: the plain way, without a ledger.
fn paid_a_month(events: &[Event], business: bool, until: Instant) -> (i64, u64) {
    let mut running: BTreeMap<&str, i64> = BTreeMap::new();
    let mut ends: BTreeMap<&str, Instant> = BTreeMap::new();
    let told = events.iter().filter(|event| event.kind == "subscription" && event.at < until);
    for event in told.filter(|event| event.names.contains_key(&EntityKind::Company) == business) {
        let id = event.names[&EntityKind::Subscription].as_str();
        let Some(set) = event.set.get(&EntityKind::Subscription) else { continue };
        if let Some(money) = set.get("monthly_amount") {
            let amount = money.as_money(shiftbell_metrics::money::Currency::USD).unwrap();
            running.insert(id, amount.minor);
        }
        ends.extend(set.get("ends_at").and_then(|at| at.as_instant()).map(|at| (id, at)));
    }
    running.retain(|id, _| ends.get(id).is_none_or(|at| *at >= until));
    (running.values().sum(), running.len() as u64)
}
