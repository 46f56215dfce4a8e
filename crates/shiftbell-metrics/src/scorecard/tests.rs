use jiff::civil::date;
use proptest::prelude::*;

use super::*;
use crate::calendar::Elapsed;
use crate::definitions::{Span, SpanUnit};
use crate::money::Currency;
use crate::pacing::{GoalOf, pace};

fn line(label: &str, kind: LineKind, value: LineValue, target: Option<LineTarget>) -> LineFacts {
    LineFacts {
        kpi: label.to_lowercase().replace(' ', "-"),
        label: label.into(),
        kind,
        each: LineEach::Day,
        is_required: false,
        better: Better::Higher,
        value,
        target,
        pacing: None,
        of_what: None,
        usual: None,
        is_in_working_days: true,
        is_never_seen: false,
    }
}

fn required(line: LineFacts) -> LineFacts {
    LineFacts { is_required: true, ..line }
}

fn leading(label: &str, n: u64, target: u64) -> LineFacts {
    let value = LineValue::Count { n, of: None };
    line(label, LineKind::Leading, value, Some(LineTarget::Count(Decimal::from(target))))
}

fn share(label: &str, kind: LineKind, num: u64, den: u64, per_cent: u64) -> LineFacts {
    line(label, kind, LineValue::Rate { num, den }, Some(LineTarget::Rate(Decimal::from(per_cent))))
}

fn dollars(major: i64) -> Money {
    Money::new(major * 100, Currency::USD)
}

fn last(count: u32, unit: SpanUnit) -> LineEach {
    LineEach::Last(Span { count, unit })
}

fn day(person: &str, state: DayState, lines: Vec<LineFacts>) -> DayFacts {
    DayFacts {
        person: person.into(),
        day: Day::from_date(date(2026, 11, 19)),
        zone: Zone::named("America/New_York").unwrap(),
        state,
        is_off: false,
        is_numbers_only: false,
        silence: None,
        good_day: Decimal::from(80),
        partly: Decimal::from(60),
        too_few: 10,
        lines,
    }
}

fn bdr(follow_ups: u64, state: DayState) -> DayFacts {
    let sqls = LineFacts {
        each: LineEach::Month,
        pacing: pace(9.0, 7.0, Elapsed { gone: 14, all: 19 }, GoalOf::Count),
        ..line("SQLs", LineKind::Lagging, LineValue::Count { n: 7, of: None }, None)
    };
    let show_rate =
        LineFacts { each: last(30, SpanUnit::Days), ..share("Meetings held", LineKind::Quality, 8, 10, 80) };
    let lines = vec![
        leading("Conversations", 26, 20),
        required(leading("Follow-ups", follow_ups, 10)),
        leading("Meeting requests", 2, 2),
        show_rate,
        sqls,
    ];
    day("bdr.one@clowns.example", state, lines)
}

fn ae() -> DayFacts {
    let next_steps = LineFacts {
        of_what: Some("open deals".into()),
        ..required(share("Next steps set", LineKind::Leading, 11, 11, 100))
    };
    let new_arr = LineFacts {
        each: LineEach::Quarter,
        pacing: pace(150_000.0, 82_000.0, Elapsed { gone: 36, all: 62 }, GoalOf::Money),
        usual: Some(dollars(18_400)),
        ..line("New ARR", LineKind::Lagging, LineValue::Money(dollars(82_000)), None)
    };
    let lines = vec![
        next_steps,
        leading("Discovery meetings held", 2, 2),
        share("Deals with a second contact", LineKind::Leading, 3, 3, 100),
        share("Exit evidence complete", LineKind::Quality, 10, 11, 90),
        new_arr,
    ];
    day("ae.one@clowns.example", DayState::Open, lines)
}

fn csm(state: DayState) -> DayFacts {
    let silent = LineFacts {
        better: Better::Lower,
        ..line(
            "Accounts without contact for 30 days",
            LineKind::Quality,
            LineValue::Count { n: 4, of: Some(48) },
            Some(LineTarget::Count(Decimal::from(5))),
        )
    };
    let kept = LineFacts {
        each: last(12, SpanUnit::Months),
        ..line(
            "Revenue kept (GRR)",
            LineKind::Lagging,
            LineValue::MoneyRate { num: dollars(54_900), den: dollars(61_000) },
            Some(LineTarget::Rate(Decimal::from(90))),
        )
    };
    let lines = vec![
        required(share("At-risk accounts contacted", LineKind::Leading, 1, 3, 100)),
        share("Onboarding milestones reached", LineKind::Leading, 1, 2, 100),
        share("Renewals opened 90 days ahead", LineKind::Leading, 1, 2, 100),
        silent,
        kept,
    ];
    day("csm.one@clowns.example", state, lines)
}

fn lines(scorecard: &Scorecard) -> Vec<String> {
    scorecard.lines.iter().map(|line| format!("{}: {}", line.label, line.text)).collect()
}

#[test]
fn the_day_of_the_bdr_can_still_be_won() {
    let scorecard = judge(&bdr(8, DayState::Open));
    assert_eq!(scorecard.headline, "Thursday: not yet a successful day. 2 follow-ups to go.");
    assert_eq!(scorecard.push, "Not yet: 2 follow-ups to go (8 of 10). Conversations 26, meeting requests 2.");
    assert_eq!(
        lines(&scorecard),
        [
            "Conversations: 26 of 20, done",
            "Follow-ups: 8 of 10, 2 to go (required)",
            "Meeting requests: 2 of 2, done",
            "Meetings held: 8 of 10 (80 %) in the last 30 days, target 80 %",
            "SQLs in November: 7 of 9, on pace (plan to date 6.6)",
        ]
    );
    assert_eq!((scorecard.verdict, scorecard.short), (Verdict::NotYet, Some(1)));
    assert!((scorecard.score.unwrap() - 0.933_333_333_333).abs() < 1e-9);
}

#[test]
fn a_required_line_that_is_short_makes_a_closed_day_partly_good() {
    let closed = judge(&bdr(8, DayState::Closed));
    assert_eq!(closed.verdict, Verdict::Partly);
    assert_eq!(closed.headline, "Thursday: partly a successful day. 8 of 10 follow-ups.");
    assert_eq!(closed.lines[1].text, "8 of 10 (required)");
    let won = judge(&bdr(10, DayState::Closed));
    assert_eq!((won.verdict.clone(), won.short), (Verdict::Success, None));
    assert_eq!(
        changes(&closed, &won),
        [LineChange { label: "Follow-ups".into(), before: "8".into(), after: "10".into() }]
    );
    assert_eq!(changes(&won, &won), []);
}

#[test]
fn the_day_of_the_ae_was_successful() {
    let scorecard = judge(&ae());
    assert_eq!(scorecard.verdict, Verdict::Success);
    assert_eq!(scorecard.headline, "Thursday: a successful day. Next steps set: 11 of 11 open deals.");
    assert_eq!(scorecard.push, "A successful day. Quarter: $82,000 of $150,000, plan to date $87,100.");
    assert_eq!(
        lines(&scorecard),
        [
            "Next steps set: 11 of 11 open deals, done (required)",
            "Discovery meetings held: 2 of 2, done",
            "Deals with a second contact: 3 of 3, done",
            "Exit evidence complete: 10 of 11 (91 %), target 90 %",
            "New ARR this quarter: $82,000 of $150,000, slightly behind (plan to date $87,100)",
        ]
    );
    let remark = "The other $68,000 is about 4 deals of the usual size in 26 working days.";
    assert_eq!(scorecard.lines[4].remark.as_deref(), Some(remark));
}

#[test]
fn the_day_of_the_csm_was_missed() {
    assert_eq!(judge(&csm(DayState::Open)).push, "Not yet: 2 at-risk accounts to contact (1 of 3).");
    let closed = judge(&csm(DayState::Closed));
    assert_eq!(closed.verdict, Verdict::Miss);
    assert!((closed.score.unwrap() - 0.444_444_444_444).abs() < 1e-9);
    assert_eq!(closed.headline, "Thursday: not a successful day. 1 of 3 at-risk accounts contacted.");
    assert_eq!(
        lines(&closed),
        [
            "At-risk accounts contacted: 1 of 3 (required)",
            "Onboarding milestones reached: 1 of 2",
            "Renewals opened 90 days ahead: 1 of 2",
            "Accounts without contact for 30 days: 4 of 48, limit 5",
            "Revenue kept (GRR), 12 months: 90.0 % ($54,900 of $61,000), target 90 %",
        ]
    );
}

#[test]
fn nobody_misses_a_day_that_cannot_be_judged() {
    let mut facts = bdr(0, DayState::Closed);
    facts.silence = Some(Silence { source: "The CRM".into(), since: Instant::parse("2026-11-19T18:10:00Z").unwrap() });
    let silent = judge(&facts);
    assert!(matches!(silent.verdict, Verdict::NoVerdict(_)));
    assert!(silent.headline.contains("has sent nothing since 13:10"), "{}", silent.headline);
    facts.silence = None;
    facts.is_numbers_only = true;
    assert_eq!(judge(&facts).verdict, Verdict::NumbersOnly);
    facts.is_off = true;
    assert_eq!(judge(&facts).verdict, Verdict::Off);
}

#[test]
fn a_line_that_asks_for_nothing_or_was_never_seen_is_left_out() {
    let mut facts = day(
        "csm.two@clowns.example",
        DayState::Closed,
        vec![
            leading("Calls", 3, 0),
            leading("Visits", 0, 5),
            share("Accounts contacted", LineKind::Leading, 0, 0, 100),
        ],
    );
    facts.lines[1].is_never_seen = true;
    let scorecard = judge(&facts);
    assert_eq!(lines(&scorecard), ["Accounts contacted: none due"]);
    assert_eq!(scorecard.left_out, ["Visits"]);
    assert_eq!((scorecard.verdict, scorecard.score), (Verdict::NothingDue, None));
}

#[test]
fn numbers_without_any_target_are_not_judged() {
    let mut facts = day("bdr.one@clowns.example", DayState::Open, vec![leading("MQLs", 3, 5)]);
    facts.lines[0].target = None;
    let scorecard = judge(&facts);
    assert_eq!((&scorecard.verdict, scorecard.score), (&Verdict::NoTarget, None));
    assert_eq!(scorecard.headline, "Thursday: your numbers. No target is set for them.");
}

#[test]
fn too_few_have_no_percentage() {
    let facts = day("a", DayState::Open, vec![share("Meetings held", LineKind::Quality, 3, 7, 80)]);
    assert_eq!(judge(&facts).lines[0].text, "3 of 7, target 80 %");
}

#[test]
fn a_stored_scorecard_is_read_back() {
    let scorecard = judge(&ae());
    let json = serde_json::to_string(&scorecard).unwrap();
    assert_eq!(serde_json::from_str::<Scorecard>(&json).unwrap(), scorecard);
}

proptest! {
    /// More work never makes the verdict worse, and over-delivery on one line never buys another.
    #[test]
    fn doing_more_never_harms(done in prop::collection::vec((0_u64..40, 1_u64..30, any::<bool>()), 1..5), more in 0_usize..5) {
        let lines = |extra: u64| done.iter().enumerate().map(|(index, (n, target, is_required))| LineFacts {
            is_required: *is_required,
            ..leading("Calls", n + if index == more { extra } else { 0 }, *target)
        }).collect::<Vec<_>>();
        let rank = |verdict: &Verdict| match verdict {
            Verdict::Success => 2,
            Verdict::Partly => 1,
            _ => 0,
        };
        let (before, after) = (judge(&day("a", DayState::Closed, lines(0))), judge(&day("a", DayState::Closed, lines(7))));
        prop_assert!(rank(&after.verdict) >= rank(&before.verdict));
        prop_assert!((0.0..=1.0).contains(&after.score.unwrap()));
        if done.iter().any(|(n, target, is_required)| *is_required && n < target) && more >= done.len() {
            prop_assert!(before.verdict != Verdict::Success);
        }
    }
}
