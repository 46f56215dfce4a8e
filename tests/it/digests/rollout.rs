//! Frame, focus, grow: who receives what as the roll-out moves, and that nobody ever receives what is old.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use shiftbell::program::Program;
use shiftbell::work::rebuild::rebuild;
use shiftbell::work::{decide, delivery, derive};
use shiftbell_metrics::definitions::RolloutStep::{Focus, Frame, Grow};
use shiftbell_metrics::event::Event;
use shiftbell_metrics::rollout::Said;
use shiftbell_metrics::time::{Instant, MS_PER_DAY, MS_PER_MINUTE};
use shiftbell_render::messages::Notice;
use shiftbell_store::outbox::{Listed, State};
use shiftbell_tests::db::{both_databases, postgres, sqlite};

use super::leaks::{GET, PRODUCTS, days, fallen, weeks};
use super::world::{World, at, call, in_step, words};

const REVIEWER: &str = "revops.one@clowns.example";
const AE: &str = "ae.one@clowns.example";
const BDR: &str = "bdr.one@clowns.example";

/// Delivers everything that is due, to the console of a test that prints nothing.
async fn deliver(world: &World) {
    deliver_all(&world.program).await;
}

async fn deliver_all(program: &Arc<Program>) {
    program.is_quiet.store(true, Ordering::Relaxed);
    while delivery::turn(program).await.unwrap() > 0 {}
}

/// A live delivery: a deal is won, or a customer leaves.
async fn happens(world: &World, text: &str) {
    let (company, now) = (world.company(), world.program.clock.now());
    let event = Event::from_json(text).unwrap_or_else(|why| panic!("{why}: {text}"));
    let by = company.workspace.role_of(event.owner.as_deref());
    let batch = [derive::Incoming { source: "anything".into(), by, event, delivery: None }];
    let (mut tx, derived) = derive::derive(&world.program.db, &company.workspace, &batch, now).await.unwrap();
    decide::enqueue(&mut tx, &company.workspace, &derived, now).await.unwrap();
    tx.commit().await.unwrap();
}

/// A customer of csm.one that cancels; the rule tells her.
async fn leaves(world: &World, n: usize) {
    leaves_whom(world, n, "csm.one@clowns.example").await;
}

async fn leaves_whom(world: &World, n: usize, owner: &str) {
    happens(world, &leaving(n, owner, world.program.clock.now())).await;
}

fn leaving(n: usize, owner: &str, at: Instant) -> String {
    format!(
        r#"{{"id":"leaves-{n}","type":"subscription","change":"cancel_scheduled","at":"{at}","company":"co-{n}",
            "subscription":"sub-{n}","amount":{{"amount":"2400","currency":"USD"}},"ends_at":"2026-12-31T17:00:00Z",
            "set":{{"company":{{"name":"Sample {n}","segment":"business","owner":"{owner}"}},
                    "subscription":{{"status":"active"}}}}}}"#
    )
}

fn to<'a>(listed: &'a [Listed], kind: &str) -> Vec<&'a str> {
    listed.iter().filter(|one| one.kind == kind).map(|one| one.destination.as_str()).collect()
}

#[tokio::test]
async fn in_the_frame_the_reviewer_alone_receives_and_an_hour_of_scorecards_is_one_message() {
    for db in both_databases().await {
        let mut world = World::new(&db, at("2026-11-19T20:00:00Z"), in_step(Frame)).await;
        world.timer.turn().await;
        world.know([call(1, BDR, "2026-11-19T18:30:00Z")]).await;
        for minute in 0..4 {
            world.tick_at(at("2026-11-19T22:00:00Z").plus_ms(minute * 60_000)).await;
        }
        let all = world.letters().await;
        assert!(all.iter().all(|(to, ..)| to == REVIEWER), "{}: {all:#?}", db.kind);
        let collected = world.of("frame-scorecards").await;
        assert_eq!(collected.len(), 1, "one message for one hour");
        let document = collected[0].2.document().unwrap();
        let text = words(&collected[0].2);
        assert!(text.starts_with("In the frame: "), "{text}");
        assert!(text.contains("for Thursday would go out now, at 17:00 in New York."), "{text}");
        assert!(text.contains("bdr.one Not yet: 9 follow-ups to go (1 of 10)."), "{text}");
        assert!(document.thread.len() > 1);
        for below in &document.thread {
            assert!(shiftbell_render::plain::text(below).starts_with("In the frame: this would go to "));
        }
        // The cards follow the message, and what was collected is not collected again on the next day.
        deliver(&world).await;
        let listed = world.listed().await;
        assert_eq!(to(&listed, "below"), vec![REVIEWER; document.thread.len()]);
        assert!(listed.iter().all(|one| one.state == State::Delivered), "{listed:#?}");
        world.tick("2026-11-20T05:01:00Z").await;
        assert_eq!(to(&world.listed().await, "scorecard"), Vec::<&str>::new(), "nothing is closed that was not sent");
    }
}

#[tokio::test]
async fn a_step_further_on_the_same_day_still_sends_todays_scorecard_and_never_an_older_one() {
    for db in both_databases().await {
        let mut world = World::new(&db, at("2026-11-18T20:00:00Z"), in_step(Frame)).await;
        world.timer.turn().await;
        world.tick("2026-11-18T22:00:00Z").await;
        world.tick("2026-11-19T22:00:00Z").await;
        deliver(&world).await;
        world.tick("2026-11-19T22:20:00Z").await;
        assert_eq!(world.scorecards_to().await, Vec::<String>::new());
        // 17:20 in New York: the day can still be won, so those who are let in get today's.
        world.says(Said::Pilot(AE.into())).await;
        world.moves_to(Focus).await;
        world.tick("2026-11-19T22:21:00Z").await;
        let sent = world.of("scorecard").await;
        let mine = sent.iter().find(|(to, ..)| to == AE).unwrap_or_else(|| panic!("{}: {sent:#?}", db.kind));
        let text = words(&mine.2);
        assert!(text.starts_with("Thursday:") && text.contains("Late: due 17:00, sent 17:21."), "{text}");
        assert!(sent.iter().all(|(to, ..)| !to.starts_with("ae.two@")), "who is no pilot waits: {sent:#?}");
        // On the next morning it grows: yesterday's is no news any more.
        world.tick("2026-11-20T15:00:00Z").await;
        let before = world.scorecards_to().await.len();
        world.moves_to(Grow).await;
        for minute in 1..5 {
            world.tick_at(at("2026-11-20T15:00:00Z").plus_ms(minute * 60_000)).await;
        }
        // In Kolkata it is 20:30, so that Friday's is today's there.
        let new = world.scorecards_to().await[before..].to_vec();
        assert!(new.iter().all(|to| to.starts_with("finance.one@")), "{}: {new:?}", db.kind);
        world.tick("2026-11-20T16:00:00Z").await;
        assert!(world.scorecards_to().await.contains(&"ae.two@clowns.example".to_owned()), "Friday's comes");
    }
}

#[tokio::test]
async fn in_the_frame_an_alert_goes_to_the_reviewer_who_is_told_for_whom_it_would_be() {
    for db in both_databases().await {
        // 10:41 in Los Angeles, 13:41 in New York.
        let world = World::new(&db, at("2026-11-19T18:41:00Z"), in_step(Frame)).await;
        leaves(&world, 1).await;
        let all = world.letters().await;
        assert_eq!(all.len(), 1, "{}: {all:#?}", db.kind);
        assert_eq!(all[0].0, REVIEWER);
        let document = all[0].2.document().unwrap();
        assert!(document.push.starts_with("For csm.one: Sample 1 leaves"), "{}", document.push);
        assert!(words(&all[0].2).starts_with("In the frame: this would go to csm.one.\n\nSample 1 will leave"));
        // The budget of whom it is for is used up, not that of the reviewer: three a day.
        for n in 2..=5 {
            leaves(&world, n).await;
        }
        assert_eq!(world.letters().await.len(), 3, "{}", db.kind);
        // A step further, it is no news to her.
        world.moves_to(Grow).await;
        deliver(&world).await;
        let listed = world.listed().await;
        assert!(listed.iter().all(|one| one.destination == REVIEWER && one.state == State::Delivered), "{listed:#?}");
    }
}

#[tokio::test]
async fn what_the_roll_out_holds_back_is_shown_to_the_reviewer_and_never_sent_when_it_grows() {
    for db in both_databases().await {
        let world = World::new(&db, at("2026-11-19T18:41:00Z"), in_step(Grow)).await;
        leaves(&world, 1).await;
        assert_eq!(to(&world.listed().await, "leaving"), ["csm.one@clowns.example"]);
        // Before it leaves, somebody goes back to the frame.
        world.moves_to(Frame).await;
        deliver(&world).await;
        world.moves_to(Grow).await;
        deliver(&world).await;
        let listed = world.listed().await;
        let states: Vec<(&str, State)> = listed.iter().map(|one| (one.destination.as_str(), one.state)).collect();
        assert_eq!(states, [("csm.one@clowns.example", State::Held), (REVIEWER, State::Delivered)], "{}", db.kind);
        let why = listed[0].reason.as_deref();
        assert_eq!(why, Some("the roll-out does not reach csm.one@clowns.example yet"));
    }
}

#[tokio::test]
async fn a_scorecard_that_was_held_back_is_still_sent_while_its_day_is_open_and_not_afterwards() {
    for db in both_databases().await {
        let mut world = World::new(&db, at("2026-11-19T20:00:00Z"), in_step(Grow)).await;
        world.timer.turn().await;
        world.tick("2026-11-19T22:00:00Z").await;
        world.moves_to(Frame).await;
        deliver(&world).await;
        let held = world.listed().await;
        assert!(held.iter().any(|one| one.kind == "scorecard" && one.destination == AE && one.state == State::Held));
        // The reviewer has them collected, not one by one.
        world.tick("2026-11-19T22:01:00Z").await;
        let framed: Vec<Notice> = world.letters().await.into_iter().map(|(.., letter)| letter.notice).collect();
        assert_eq!(framed.iter().filter(|notice| matches!(notice, Notice::FrameScorecards(_))).count(), 1);
        world.says(Said::NotPilot(BDR.into())).await;
        world.moves_to(Focus).await;
        world.tick("2026-11-19T22:02:00Z").await;
        deliver(&world).await;
        let now = world.listed().await;
        let of = |who: &str| now.iter().find(|one| one.kind == "scorecard" && one.destination == who).unwrap().state;
        assert_eq!(of(AE), State::Delivered, "{}", db.kind);
        assert_eq!(of(BDR), State::Held);
        // At midnight only what was seen is closed; growing on the next day sends nothing of yesterday.
        world.tick("2026-11-20T05:00:00Z").await;
        world.moves_to(Grow).await;
        world.tick("2026-11-20T05:01:00Z").await;
        deliver(&world).await;
        let after = world.listed().await;
        let bdr = after.iter().find(|one| one.kind == "scorecard" && one.destination == BDR);
        assert_eq!(bdr.map(|one| (one.state, one.revision)), Some((State::Held, 1)), "{}", db.kind);
    }
}

#[tokio::test]
async fn what_was_imported_rebuilt_or_came_late_is_sent_in_no_step_and_by_no_step_further() {
    for db in both_databases().await {
        let mut world = World::new(&db, at("2026-11-19T18:41:00Z"), in_step(Frame)).await;
        world.timer.turn().await;
        let now = world.program.clock.now();
        for (n, step) in [Frame, Focus, Grow].into_iter().enumerate() {
            world.moves_to(step).await;
            let imported = leaving(10 + n, "csm.one@clowns.example", now.plus_ms(-MS_PER_MINUTE));
            world.know([Event::from_json(&imported).unwrap()]).await;
            happens(&world, &leaving(20 + n, "csm.one@clowns.example", now.plus_ms(-MS_PER_DAY - 1))).await;
            rebuild(&world.program.db, &world.company().workspace, now, |_| {}).await.unwrap();
            world.timer.turn().await;
            deliver(&world).await;
            assert_eq!(world.listed().await, [], "{} {step:?}", db.kind);
        }
        // What happens now is said, so that the silence before was no accident.
        leaves(&world, 1).await;
        assert_eq!(to(&world.listed().await, "leaving"), ["csm.one@clowns.example"]);
    }
}

#[tokio::test]
async fn a_leak_that_was_found_in_the_frame_is_no_news_when_it_grows() {
    let db = sqlite().await;
    let mut world = World::new(&db, at("2026-11-15T14:30:00Z"), in_step(Frame)).await;
    world.know(weeks("2026-06-22T04:00:00Z", 20, fallen)).await;
    assert_eq!(days(&mut world, "2026-11-16T14:30:00Z", 1).await, 1);
    assert_eq!(to(&world.listed().await, "rate-fell"), [REVIEWER]);
    world.moves_to(Grow).await;
    assert_eq!(days(&mut world, "2026-11-17T14:30:00Z", 5).await, 1, "the channel is not told of an old leak");
    // Its end is an edit for whoever was told.
    let back = |n: i64, product: &str| if n < 20 { fallen(n, product) } else { GET };
    assert!(PRODUCTS.contains(&"corporate-events"));
    world.program.clock.advance_ms(14 * MS_PER_DAY);
    let later = weeks("2026-06-22T04:00:00Z", 22, back);
    world.know(later.into_iter().filter(|event| event.at >= at("2026-11-09T00:00:00Z"))).await;
    days(&mut world, "2026-12-07T14:30:00Z", 1).await;
    let fell = world.of("rate-fell").await;
    assert_eq!(fell.iter().map(|(to, ..)| to.as_str()).collect::<Vec<_>>(), [REVIEWER]);
    assert!(matches!(&fell[0].2.notice, Notice::RateFell(ended) if ended.ended.is_some()));
}

#[tokio::test]
async fn what_nobody_was_told_in_focus_is_no_news_when_it_grows() {
    let db = sqlite().await;
    let to_somebody = |text: &str| {
        let text = in_step(Focus)(text);
        let rule = "to      = \"sales\"\nask ";
        assert!(text.contains(rule));
        text.replace(rule, "to      = \"csm.two@clowns.example\"\nask ")
    };
    let mut world = World::new(&db, at("2026-11-15T14:30:00Z"), to_somebody).await;
    world.know(weeks("2026-06-22T04:00:00Z", 20, fallen)).await;
    assert_eq!(days(&mut world, "2026-11-16T14:30:00Z", 2).await, 0, "csm.two is no pilot");
    world.moves_to(Grow).await;
    assert_eq!(days(&mut world, "2026-11-18T14:30:00Z", 3).await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_processes_and_a_roll_out_that_moves_meanwhile_say_each_thing_once_or_hold_it() {
    let db = postgres().await;
    let talkative = |text: &str| {
        let text = in_step(Grow)(text);
        assert!(text.contains("per_person_a_day  = 3"));
        text.replace("per_person_a_day  = 3", "per_person_a_day  = 1000")
    };
    let one = World::new(&db, at("2026-11-19T18:41:00Z"), talkative).await;
    let other = World::with_clock(&db, one.program.clock.clone(), 2, talkative).await;
    let enqueued = 40;
    for n in 0..enqueued {
        leaves_whom(&one, n, ["csm.one@clowns.example", "csm.two@clowns.example"][n % 2]).await;
    }
    let deliverers: Vec<_> = [&one, &other]
        .map(|world| Arc::clone(&world.program))
        .into_iter()
        .map(|program| tokio::spawn(async move { deliver_all(&program).await }))
        .collect();
    for step in [Focus, Frame, Grow, Frame] {
        one.moves_to(step).await;
    }
    for deliverer in deliverers {
        deliverer.await.unwrap();
    }
    deliver(&one).await;
    let listed = one.listed().await;
    let theirs: Vec<&Listed> = listed.iter().filter(|listed| !listed.dedupe_key.starts_with("frame:")).collect();
    assert_eq!(theirs.len(), enqueued, "nothing is lost and nothing doubled");
    for one in &theirs {
        let shown =
            listed.iter().filter(|other| other.dedupe_key == format!("frame:{}/{}", one.destination, one.dedupe_key));
        let shown = shown.count();
        match one.state {
            State::Delivered => assert_eq!(shown, 0, "{one:?}"),
            State::Held => assert!(shown <= 1, "{one:?}"),
            State::Due | State::Sending | State::Unknown | State::Dead => panic!("{one:?}"),
        }
    }
    // It ended in the frame: whatever comes now goes to the reviewer only.
    let before = listed.len();
    leaves(&one, 1_000).await;
    deliver(&other).await;
    let listed = one.listed().await;
    assert!(listed[before..].iter().all(|one| one.destination == REVIEWER), "{:#?}", &listed[before..]);
}
