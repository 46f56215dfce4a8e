use jiff::civil::time;
use proptest::prelude::*;
use rust_decimal::Decimal;

use super::*;
use crate::calendar::sample::{berlin, new_york};
use crate::definitions::{Noise, Rollout, RolloutStep, Rule, RuleKind, Span, SpanUnit, Sure};
use crate::id::EntityKind;
use crate::money::{Currency, Money};
use crate::rollout::InForce;
use crate::stats::Counts;
use crate::time::{MS_PER_HOUR, MS_PER_MINUTE, Zone};

fn at(text: &str) -> Instant {
    Instant::parse(text).unwrap()
}

fn rule(id: &str, at_least: Option<i64>) -> Rule {
    Rule {
        id: id.into(),
        kind: RuleKind::Event { fact: "cancel-scheduled".into() },
        motion: None,
        to: "owner".into(),
        also_to: None,
        or_else: None,
        ends: None,
        at_least: at_least.map(Decimal::from),
        as_message: true,
        not_active: None,
    }
}

fn noise() -> Noise {
    Noise {
        per_person_a_day: 3,
        per_channel_a_day: 5,
        repeat: "when-worse".into(),
        quiet_from: Some(time(18, 30, 0, 0)),
        quiet_until: Some(time(8, 30, 0, 0)),
        quiet_except: vec!["leaving".into()],
        old_news: Span { count: 1, unit: SpanUnit::Days },
        too_quiet: None,
    }
}

fn rollout(step: RolloutStep) -> InForce {
    let reviewer = Some("revops.one@clowns.example".into());
    InForce::of(&Rollout { step, reviewer, pilots: vec!["csm.one@clowns.example".into()] }, &[])
}

/// A cancellation of $2,400 a month on Thursday 19 November at 10:41 in Los Angeles, decided by what `change` makes of it.
fn decided(change: impl Fn(&mut EventFacts<'_>)) -> Decision {
    decided_in(&rollout(RolloutStep::Focus), change)
}

fn decided_in(rollout: &InForce, change: impl Fn(&mut EventFacts<'_>)) -> Decision {
    let (rule, noise, place) = (rule("unpaid", Some(200)), noise(), new_york());
    let mut facts = EventFacts {
        rule: &rule,
        noise: &noise,
        rollout,
        recipient: Recipient::Person("CSM.one@clowns.example"),
        place: &place,
        is_live: true,
        happened_at: at("2026-11-19T18:41:00Z"),
        arrived_at: at("2026-11-19T18:41:30Z"),
        now: at("2026-11-19T18:43:00Z"),
        worth: Some(Money::new(240_000, Currency::USD)),
        silent_source: None,
        is_said: false,
        said_today: 2,
    };
    change(&mut facts);
    decide_event(&facts)
}

#[test]
fn what_happened_just_now_is_said() {
    assert_eq!(decided(|_| {}), Decision::Notify(Reason::Happened));
}

#[test]
fn every_hold_has_its_reason() {
    let held = |change: fn(&mut EventFacts<'_>)| match decided(change) {
        Decision::Hold(reason) => reason,
        Decision::Notify(reason) => panic!("{reason:?}"),
    };
    assert_eq!(held(|facts| facts.is_live = false), HoldReason::NotLive);
    assert_eq!(held(|facts| facts.is_said = true), HoldReason::AlreadySaid);
    assert_eq!(held(|facts| facts.said_today = 3), HoldReason::BudgetUsed { allowed: 3 });
    assert_eq!(
        held(|facts| facts.worth = Some(Money::new(19_999, Currency::USD))).to_string(),
        "it is worth 199.99 USD, less than the rule's 200; it is only counted"
    );
    assert_eq!(
        held(|facts| facts.recipient = Recipient::Person("ae.two@clowns.example")),
        HoldReason::NotRolledOut { recipient: "ae.two@clowns.example".into() }
    );
    assert_eq!(held(|facts| facts.silent_source = Some("crm")), HoldReason::SourceSilent { source_name: "crm".into() });
    assert_eq!(
        held(|facts| facts.happened_at = at("2026-11-18T18:41:29Z")),
        HoldReason::OldNews { age_ms: 86_401_000 }
    );
}

#[test]
fn an_unknown_amount_is_not_held_for_being_small() {
    assert_eq!(decided(|facts| facts.worth = None), Decision::Notify(Reason::Happened));
}

#[test]
fn what_waited_for_the_morning_is_not_old_news_then() {
    let decision = decided(|facts| facts.now = at("2026-11-23T14:00:00Z"));
    assert_eq!(decision, Decision::Notify(Reason::Happened));
}

#[test]
fn at_night_and_on_days_off_rules_wait_for_the_next_working_morning() {
    let place = new_york();
    let until = |rule: &str, now: &str| quiet_until(&noise(), rule, &place, at(now));
    assert_eq!(until("unpaid", "2026-11-19T23:29:00Z"), None); // 18:29
    assert_eq!(until("unpaid", "2026-11-19T23:30:00Z"), Some(at("2026-11-20T13:30:00Z")));
    assert_eq!(until("unpaid", "2026-11-20T09:00:00Z"), Some(at("2026-11-20T13:30:00Z"))); // 04:00
    assert_eq!(until("unpaid", "2026-11-20T13:30:00Z"), None);
    assert_eq!(until("unpaid", "2026-11-21T15:00:00Z"), Some(at("2026-11-23T13:30:00Z"))); // Saturday
    assert_eq!(until("unpaid", "2026-11-25T23:45:00Z"), Some(at("2026-11-30T13:30:00Z"))); // before Thanksgiving
    assert_eq!(until("leaving", "2026-11-21T15:00:00Z"), None);
    let mut lunch = noise();
    (lunch.quiet_from, lunch.quiet_until) = (Some(time(12, 0, 0, 0)), Some(time(13, 0, 0, 0)));
    let until = |now: &str| quiet_until(&lunch, "unpaid", &berlin(), at(now));
    assert_eq!(until("2026-11-19T11:30:00Z"), Some(at("2026-11-19T12:00:00Z")));
    assert_eq!(until("2026-11-21T11:30:00Z"), Some(at("2026-11-23T08:00:00Z")));
    assert_eq!(until("2026-11-19T22:00:00Z"), None);
}

#[test]
fn in_the_frame_the_reviewer_is_told_what_nobody_else_is_told_yet() {
    let frame = rollout(RolloutStep::Frame);
    let facts = |facts: &mut EventFacts<'_>| facts.recipient = Recipient::Person("ae.two@clowns.example");
    assert!(matches!(decided(facts), Decision::Hold(HoldReason::NotRolledOut { .. })));
    assert_eq!(decided_in(&frame, facts), Decision::Notify(Reason::Happened));
    // What would not be said to ae.two is not said to the reviewer either.
    let old = |changed: &mut EventFacts<'_>| {
        facts(changed);
        changed.happened_at = at("2026-11-18T18:41:29Z");
    };
    assert!(matches!(decided_in(&frame, old), Decision::Hold(HoldReason::OldNews { .. })));
}

#[test]
fn one_event_has_one_key() {
    let (one, other) = (EntityId::of(EntityKind::Deal, "1"), EntityId::of(EntityKind::Deal, "2"));
    assert_eq!(dedupe_key("won", one, "evt-1"), dedupe_key("won", one, "evt-1"));
    assert_ne!(dedupe_key("won", one, "evt-1"), dedupe_key("won", other, "evt-1"));
}

fn fall(recent: Counts, before: Counts) -> Decision {
    let each = value_of_one(&[Counts::new(53, 86), Counts::new(14, 49)], 34_000.0);
    decide_rate(&RateFacts { recent, before, too_few: 10, sure: Sure::Strongly, each })
}

#[test]
fn the_leak_of_the_reference_messages_is_found_and_priced() {
    let Decision::Notify(Reason::RateFell(fall)) = fall(Counts::new(3, 62), Counts::new(20, 123)) else { panic!() };
    let points = [fall.points, fall.points_low, fall.points_high].map(|points| format!("{points:.1}"));
    assert_eq!(points, ["-11.4", "-19.6", "-1.4"]);
    assert_eq!(format!("{:.2}", fall.missing), "7.08");
    let price = fall.price.unwrap();
    let about = |major| crate::scorecard::words::about_money(major, Currency::USD);
    assert_eq!(format!("{:.0}", price.each), "5987");
    assert_eq!([about(price.about), about(price.low), about(price.high)], ["$42,400", "$5,000", "$72,700"]);
    assert_eq!(format!("{:.0}", fall.back_above * 100.0), "12");
    assert!(fall.has_ended(&[Counts::new(2, 10), Counts::new(3, 12)]));
    assert!(!fall.has_ended(&[Counts::new(2, 10), Counts::new(1, 12)]) && !fall.has_ended(&[]));
    let Decision::Notify(Reason::RateFell(again)) =
        serde_json::from_str(&serde_json::to_string(&Decision::Notify(Reason::RateFell(fall))).unwrap()).unwrap()
    else {
        panic!()
    };
    assert_eq!(again.recent, fall.recent);
}

#[test]
fn a_fall_that_could_be_chance_is_held() {
    assert_eq!(fall(Counts::new(84, 312), Counts::new(89, 297)), Decision::Hold(HoldReason::MaybeChance));
    assert_eq!(fall(Counts::new(0, 9), Counts::new(90, 100)), Decision::Hold(HoldReason::TooFew { n: 9, too_few: 10 }));
    assert_eq!(fall(Counts::new(40, 100), Counts::new(20, 100)), Decision::Hold(HoldReason::NotFallen));
    assert_eq!(fall(Counts::new(0, 0), Counts::new(20, 100)), Decision::Hold(HoldReason::TooFew { n: 0, too_few: 10 }));
}

#[test]
fn a_goal_is_missed_only_after_days() {
    assert_eq!(behind_plan(&[0.95, 0.89, 0.88], 0.9, 3), Decision::Hold(HoldReason::NotBehind));
    let behind = behind_plan(&[0.95, 0.89, 0.88, 0.84], 0.9, 3);
    assert_eq!(behind, Decision::Notify(Reason::BehindPlan(BehindPlan { index: 0.84, days: 3 })));
    assert_eq!(behind_plan(&[], 0.9, 0), Decision::Hold(HoldReason::NotBehind));
}

/// Eight weeks of a source that sends every nine minutes from 8 to 18 on weekdays.
fn office_source(zone: &Zone) -> Cadence {
    let start = at("2026-09-21T12:00:00Z");
    let minutes = (0..8 * 7 * 24 * 60 / 9).map(|step| start.plus_ms(step * 9 * MS_PER_MINUTE));
    let at_work = minutes.filter(|at| {
        let local = zone.local(*at);
        (8..18).contains(&local.hour()) && local.weekday().to_monday_zero_offset() < 5
    });
    Cadence::learn(at_work, zone)
}

#[test]
fn a_source_is_silent_when_it_is_longer_than_on_that_weekday() {
    let zone = Zone::named("America/New_York").unwrap();
    let cadence = office_source(&zone);
    let (last_at, source) = (at("2026-11-19T18:10:00Z"), "crm"); // Thursday 13:10
    let facts = |now: Instant| SilenceFacts {
        source,
        last_at,
        now,
        zone: &zone,
        cadence: &cadence,
        too_quiet: None,
        said_since: None,
        caught_up: 0,
    };
    assert_eq!(decide_silence(&facts(last_at.plus_ms(25 * MS_PER_MINUTE))), Decision::Hold(HoldReason::NotSilent));
    let Decision::Notify(Reason::SourceSilent(silent)) = decide_silence(&facts(at("2026-11-19T20:20:00Z"))) else {
        panic!()
    };
    assert_eq!((silent.weekday.as_str(), silent.usual_ms), ("Thursday", 9 * MS_PER_MINUTE));
    assert_eq!(silent.silent_ms, 130 * MS_PER_MINUTE);
    // Over night and over the weekend it is always silent.
    let evening = SilenceFacts { last_at: at("2026-11-20T22:55:00Z"), ..facts(at("2026-11-22T22:00:00Z")) };
    assert_eq!(decide_silence(&evening), Decision::Hold(HoldReason::NotSilent));
    // Once said, it is not said again until it is back.
    let said = SilenceFacts { said_since: Some(last_at), ..facts(at("2026-11-19T20:30:00Z")) };
    assert_eq!(decide_silence(&said), Decision::Hold(HoldReason::AlreadySaid));
    let back = SilenceFacts { last_at: at("2026-11-19T20:32:00Z"), caught_up: 412, ..said };
    let Decision::Notify(Reason::SourceBack(back)) = decide_silence(&back) else { panic!() };
    assert_eq!((back.silent_since, back.caught_up), (last_at, 412));
}

#[test]
fn what_is_usual_has_to_be_learned_or_said() {
    let (zone, cadence) = (Zone::utc(), Cadence::default());
    let (last_at, now) = (at("2026-11-19T12:00:00Z"), at("2026-11-19T18:00:00Z"));
    let mut facts = SilenceFacts {
        source: "crm",
        last_at,
        now,
        zone: &zone,
        cadence: &cadence,
        too_quiet: None,
        said_since: None,
        caught_up: 0,
    };
    assert_eq!(decide_silence(&facts), Decision::Hold(HoldReason::NotLearned));
    facts.too_quiet = Some(Span { count: 4, unit: SpanUnit::Hours });
    let Decision::Notify(Reason::SourceSilent(silent)) = decide_silence(&facts) else { panic!() };
    assert_eq!(silent.usual_ms, 4 * MS_PER_HOUR);
}

#[test]
fn the_largest_money_goes_first() {
    let candidate = |worth_minor, happened_at, of| Candidate { worth_minor, happened_at: Instant(happened_at), of };
    let all = vec![
        candidate(None, 0, "unknown"),
        candidate(Some(100), 2, "later"),
        candidate(Some(100), 1, "earlier"),
        candidate(Some(900), 3, "large"),
    ];
    assert_eq!(within_budget(all.clone(), 3, 0), (vec!["large", "earlier", "later"], vec!["unknown"]));
    assert_eq!(within_budget(all, 3, 5).0, Vec::<&str>::new());
}

proptest! {
    /// Quiet always ends, in the future, on a working day, at a moment that is not quiet.
    #[test]
    fn quiet_ends_when_people_work(minutes in 0_i64..60 * 24 * 400) {
        let now = at("2026-01-01T00:00:00Z").plus_ms(minutes * MS_PER_MINUTE);
        for place in [new_york(), berlin()] {
            if let Some(until) = quiet_until(&noise(), "unpaid", &place, now) {
                prop_assert!(until > now);
                prop_assert!(crate::calendar::is_working_day(&place, place.zone.day_of(until)));
                prop_assert_eq!(quiet_until(&noise(), "unpaid", &place, until), None);
            }
        }
    }

    #[test]
    fn deciding_on_rates_never_panics(x1 in any::<u64>(), n1 in any::<u64>(), x2 in any::<u64>(), n2 in any::<u64>()) {
        let _ = fall(Counts::new(x1, n1), Counts::new(x2, n2));
    }
}
