//! What stands in which state, what was due and done, and times on the clock of working hours: from events to the figure.

mod support;

use shiftbell_metrics::answer::{Asked, Cannot, Figure, Outcome, Rate, Rows, WITHIN_TARGET, ask};
use shiftbell_metrics::definitions::{Definitions, KindWords, Vocabulary, read};
use shiftbell_metrics::fold::{Plan, StoredEvent};
use shiftbell_metrics::period::Period;
use shiftbell_metrics::question::Question;
use shiftbell_metrics::time::{Day, Instant, MS_PER_HOUR};
use support::event;
use support::live::Live;

fn company() -> Definitions {
    let outlet = KindWords { kind: "chat", secrets: &["token"], required: &[], settings: &["team"], not_active: None };
    let checked = read("work.toml", include_str!("work.toml"), &Vocabulary { sources: vec![], outlets: vec![outlet] });
    assert_eq!(checked.problems.iter().map(ToString::to_string).collect::<Vec<_>>(), Vec::<String>::new());
    checked.definitions.unwrap()
}

/// A company that asks one question at one time.
struct Desk {
    defs: Definitions,
    live: Live,
    now: Instant,
}

impl Desk {
    fn new(now: &str, events: &[StoredEvent]) -> Desk {
        let defs = company();
        let plan = Plan::new(&defs);
        let mut live = Live::default();
        events.iter().for_each(|event| live.receive(&defs, &plan, event));
        let batch = Live::batch(&defs, &plan, events);
        assert_eq!((&live.segments, &live.cells), (&batch.segments, &batch.cells), "incremental equals batch");
        Desk { defs, live, now: Instant::parse(now).unwrap() }
    }

    fn figure(&self, kpi: &str, day: &str, person: &str) -> Figure {
        let question = Question { period: Some(self.day(day)), ..Question::of(kpi) };
        let names: Vec<String> = Some(person.to_owned()).filter(|person| !person.is_empty()).into_iter().collect();
        self.live.ask(&self.defs, &question, self.now, &names).figure
    }

    fn rate(&self, kpi: &str, day: &str, person: &str) -> (i64, i64) {
        match self.figure(kpi, day, person) {
            Figure::Rate { rate: Rate { num, den } } => (num, den),
            other => panic!("{kpi} is {other:?}"),
        }
    }

    fn count(&self, kpi: &str) -> i64 {
        match self.live.ask(&self.defs, &Question::of(kpi), self.now, &[]).figure {
            Figure::Count { count } => count,
            other => panic!("{kpi} is {other:?}"),
        }
    }

    fn day(&self, day: &str) -> Period {
        let day = Day::from_date(day.parse().unwrap());
        Period::of_days(day, day.plus(1), &self.defs.workspace.zone)
    }
}

fn invoice(at: &str, company: &str, status: &str) -> StoredEvent {
    event(at, &format!(r#""type":"invoice","company":"{company}","status":"{status}""#))
}

fn reply(at: &str, of: &str) -> StoredEvent {
    event(at, &format!(r#""type":"call","direction":"out",{of}"#))
}

fn owned(company: &str) -> StoredEvent {
    let owner = r#""set":{"company":{"owner":"csm@acme.example"}}"#;
    event("2026-10-01", &format!(r#""type":"company","company":"{company}",{owner}"#))
}

#[test]
fn a_failed_payment_is_due_until_somebody_works_it_or_it_is_paid() {
    let mut events: Vec<StoredEvent> = ["acme", "beta", "cargo", "delta"].map(owned).to_vec();
    events.extend(["acme", "beta", "cargo"].map(|company| invoice("2026-11-17T08:00:00Z", company, "payment_failed")));
    events.push(reply("2026-11-17T10:00:00Z", r#""company":"acme""#));
    events.push(reply("2026-11-19T10:00:00Z", r#""company":"beta""#));
    events.push(invoice("2026-11-18T10:00:00Z", "cargo", "paid"));
    events.push(reply("2026-11-19T11:00:00Z", r#""company":"delta""#));
    let desk = Desk::new("2026-11-20T16:00:00Z", &events);
    let of = |day, person| desk.rate("unpaid-worked", day, person);
    assert_eq!(of("2026-11-16", ""), (0, 0), "nothing had failed yet");
    assert_eq!(of("2026-11-17", ""), (1, 3), "acme was called, beta and cargo were not");
    assert_eq!(of("2026-11-18", ""), (0, 1), "cargo paid by itself, beta still waits");
    assert_eq!(of("2026-11-19", ""), (1, 1));
    assert_eq!(of("2026-11-20", ""), (0, 0), "what was worked once is done");
    assert_eq!(of("2026-11-17", "csm@acme.example"), (1, 3), "the owner");
    assert_eq!(of("2026-11-17", "fin@acme.example"), (1, 3), "told to everybody of the role");
    assert_eq!(of("2026-11-17", "boss@acme.example"), (0, 0), "neither owner nor told");
}

#[test]
fn a_request_is_due_one_working_day_after_it_came() {
    let asks = |at: &str, who: &str| {
        event(at, &format!(r#""type":"form","contact":"{who}","set":{{"contact":{{"owner":"csm@acme.example"}}}}"#))
    };
    let events = [
        asks("2026-11-20T15:00:00Z", "quick"),
        reply("2026-11-20T16:00:00Z", r#""contact":"quick""#),
        asks("2026-11-20T15:00:00Z", "late"),
        reply("2026-11-24T09:00:00Z", r#""contact":"late""#),
        asks("2026-11-20T15:00:00Z", "never"),
    ];
    let desk = Desk::new("2026-11-25T16:00:00Z", &events);
    let of = |day| desk.rate("requests", day, "");
    assert_eq!(of("2026-11-20"), (0, 0));
    assert_eq!(of("2026-11-22"), (0, 0), "a weekend is no working day");
    assert_eq!(of("2026-11-23"), (0, 2), "a working day later, at the same hour");
    assert_eq!(of("2026-11-24"), (1, 2));
    assert_eq!(of("2026-11-25"), (0, 1));
}

fn customer(company: &str, renews_at: &str, monthly: &str) -> Vec<StoredEvent> {
    let own = r#""set":{"deal":{"stage":"won"},"company":{"owner":"csm@acme.example"}}"#;
    let items = format!(r#"[{{"amount":"{monthly}","currency":"EUR","interval":"month","quantity":1}}]"#);
    let runs = format!(r#""set":{{"subscription":{{"status":"active","renews_at":"{renews_at}","items":{items}}}}}"#);
    vec![
        event("2026-01-10", &format!(r#""type":"deal","deal":"d-{company}","company":"{company}",{own}"#)),
        event("2026-01-20", &format!(r#""type":"show_held","company":"{company}""#)),
        event(
            "2026-01-11",
            &format!(r#""type":"subscription","subscription":"s-{company}","company":"{company}",{runs}"#),
        ),
    ]
}

fn renewal(at: &str, company: &str) -> StoredEvent {
    let own = r#""change":"created","set":{"deal":{"kind":"renewal"}}"#;
    let of = company.split('-').next().unwrap();
    event(at, &format!(r#""type":"deal","deal":"r-{company}","company":"{of}",{own}"#))
}

#[test]
fn a_renewal_that_was_opened_today_was_due_and_is_done() {
    let mut events = vec![renewal("2026-01-02T09:00:00Z", "beta-of-last-year")];
    events.extend(customer("acme", "2027-01-15T00:00:00Z", "50.00"));
    events.extend(customer("beta", "2027-01-10T00:00:00Z", "150.00"));
    events.extend(customer("cargo", "2027-06-10T00:00:00Z", "100.00"));
    events.push(renewal("2026-11-19T09:00:00Z", "acme"));
    events.push(reply("2026-11-01T09:00:00Z", r#""company":"beta""#));
    let desk = Desk::new("2026-11-19T16:00:00Z", &events);
    assert_eq!(desk.rate("renewals", "2026-11-19", "csm@acme.example"), (1, 2));
    assert_eq!(desk.count("silent"), 2, "beta was called 18 days ago");
    assert_eq!(desk.count("large"), 2);
    let renewing = desk.live.ask(&desk.defs, &Question::of("without-renewal"), desk.now, &[]).figure;
    assert_eq!(renewing, Figure::Rate { rate: Rate { num: 1, den: 2 } }, "acme has a renewal, beta not, cargo is far");
}

#[test]
fn a_deal_stalls_after_fourteen_days_without_a_reply_and_is_done_when_it_is_touched() {
    let open = |at: &str, deal: &str| {
        let own = r#""set":{"deal":{"stage":"open","owner":"csm@acme.example"}}"#;
        event(at, &format!(r#""type":"deal","deal":"{deal}","contact":"c-{deal}",{own}"#))
    };
    let events = [
        open("2026-10-01", "old"),
        open("2026-10-01", "touched"),
        reply("2026-11-19T09:00:00Z", r#""contact":"c-touched""#),
        open("2026-10-01", "warm"),
        reply("2026-11-15T09:00:00Z", r#""contact":"c-warm""#),
        open("2026-11-18", "new"),
    ];
    let desk = Desk::new("2026-11-19T16:00:00Z", &events);
    assert_eq!(desk.rate("stalled", "2026-11-19", ""), (1, 2), "old waits, touched is done");
}

#[test]
fn a_customer_that_two_rules_find_is_one_thing_to_do_and_two_of_its_people_are_two() {
    let mut events = customer("acme", "2027-06-10T00:00:00Z", "50.00");
    events.push(invoice("2026-11-19T07:00:00Z", "acme", "payment_failed"));
    let leaves = r#""type":"subscription","subscription":"s-acme","company":"acme","change":"cancel_scheduled""#;
    events.push(event("2026-11-19T07:30:00Z", leaves));
    let asks =
        |who: &str| event("2026-11-19T07:00:00Z", &format!(r#""type":"form","contact":"{who}","company":"acme""#));
    events.extend([asks("ann"), asks("bob")]);
    events.push(reply("2026-11-19T09:00:00Z", r#""contact":"ann""#));
    let desk = Desk::new("2026-11-19T16:00:00Z", &events);
    assert_eq!(desk.rate("at-risk", "2026-11-19", "").1, 1, "unpaid and leaving, and one customer");
    assert_eq!(desk.rate("asked-again", "2026-11-19", ""), (1, 2), "ann was called, bob was not");
}

#[test]
fn a_wait_in_working_days_is_none_over_a_weekend() {
    let own = r#""set":{"deal":{"stage":"open"}}"#;
    let opened = event("2026-11-20T12:00:00Z", &format!(r#""type":"deal","deal":"d","contact":"c",{own}"#));
    let of = |now: &str, day: &str| Desk::new(now, std::slice::from_ref(&opened)).rate("quiet", day, "");
    assert_eq!(of("2026-11-23T16:00:00Z", "2026-11-23"), (0, 0), "opened on Friday: one working day");
    assert_eq!(of("2026-11-24T16:00:00Z", "2026-11-24"), (0, 1), "two");
}

#[test]
fn two_milestones_of_one_customer_are_two_things_to_do() {
    let task = |at: &str, status: &str| {
        event(at, &format!(r#""type":"task","company":"acme","status":"{status}","owner":"csm@acme.example""#))
    };
    let events = [
        owned("acme"),
        task("2026-11-19T07:00:00Z", "due"),
        task("2026-11-19T07:30:00Z", "due"),
        task("2026-11-19T10:00:00Z", "done"),
    ];
    let desk = Desk::new("2026-11-19T16:00:00Z", &events);
    assert_eq!(desk.rate("milestones", "2026-11-19", "csm@acme.example"), (1, 2));
}

#[test]
fn who_has_announced_an_end_is_a_customer_until_then() {
    let mut events = customer("acme", "2026-12-15T00:00:00Z", "150.00");
    events.extend(customer("beta", "2026-12-15T00:00:00Z", "150.00"));
    let leaves = r#""type":"subscription","subscription":"s-acme","change":"cancel_scheduled""#;
    let ends = r#""set":{"subscription":{"ends_at":"2026-12-01T00:00:00Z"}}"#;
    events.push(event("2026-11-19T07:30:00Z", &format!("{leaves},{ends}")));
    assert_eq!(Desk::new("2026-11-20T16:00:00Z", &events).count("large"), 2, "acme pays till the end of the month");
    assert_eq!(Desk::new("2026-11-30T23:59:59Z", &events).count("silent"), 2);
    assert_eq!(Desk::new("2026-12-01T00:00:00Z", &events).count("silent"), 1);
    let due = |now: &str, day: &str| Desk::new(now, &events).rate("renewals", day, "");
    assert_eq!(due("2026-11-20T16:00:00Z", "2026-11-20"), (0, 2));
    assert_eq!(due("2026-12-02T16:00:00Z", "2026-12-02"), (0, 1));
}

#[test]
fn who_has_announced_an_end_has_not_left_and_is_not_lost() {
    let mut events = vec![event(
        "2026-11-10",
        r#""type":"subscription","subscription":"s","company":"acme","set":{"subscription":{"status":"active","items":[{"amount":"50.00","interval":"month"}]}}"#,
    )];
    let won = r#""set":{"deal":{"stage":"won","amount":"600.00"}}"#;
    events.push(event("2026-11-10", &format!(r#""type":"deal","deal":"d","company":"acme",{won}"#)));
    let ends = r#""set":{"subscription":{"ends_at":"2026-12-01T00:00:00Z"}}"#;
    events.push(event(
        "2026-11-12",
        &format!(r#""type":"subscription","subscription":"s","change":"cancel_scheduled",{ends}"#),
    ));
    let month = |now: &str, kpi: &str| {
        let desk = Desk::new(now, &events);
        let day = |day: &str| Day::from_date(day.parse().unwrap());
        let november = Period::of_days(day("2026-11-01"), day("2026-12-01"), &desk.defs.workspace.zone);
        let question = Question { period: Some(november), ..Question::of(kpi) };
        desk.live.ask(&desk.defs, &question, desk.now, &[]).figure
    };
    let stay = |now: &str| match month(now, "won-time") {
        Figure::Duration { reached, open, .. } => (reached, open),
        other => panic!("{other:?}"),
    };
    assert_eq!(stay("2026-11-20T16:00:00Z"), (0, 1));
    assert_eq!(stay("2026-12-01T00:00:00Z"), (1, 0));
    let kept = |share: i64| Figure::Number { value: Some(share.into()), is_share: true };
    assert_eq!(month("2026-11-20T16:00:00Z", "kept-through-onboarding"), kept(1));
    assert_eq!(month("2026-12-01T00:00:00Z", "kept-through-onboarding"), kept(0));
}

#[test]
fn what_is_due_is_done_whoever_owns_the_record_by_then() {
    let task = |at: &str, status: &str, owner: &str| {
        let set = format!(r#""set":{{"company":{{"owner":"{owner}"}}}}"#);
        event(at, &format!(r#""type":"task","company":"acme","status":"{status}",{set}"#))
    };
    let events = [
        task("2026-11-19T07:00:00Z", "due", "csm@acme.example"),
        task("2026-11-19T08:00:00Z", "due", "boss@acme.example"),
        task("2026-11-19T10:00:00Z", "done", "boss@acme.example"),
    ];
    let desk = Desk::new("2026-11-19T16:00:00Z", &events);
    let of = |question: Question| {
        let question = Question { period: Some(desk.day("2026-11-19")), ..question };
        desk.live.ask(&desk.defs, &question, desk.now, &[])
    };
    let filters = vec![("owner".to_owned(), "csm@acme.example".to_owned())];
    let found = of(Question { filters, ..Question::of("milestones") });
    assert_eq!(found.figure, Figure::Rate { rate: Rate { num: 1, den: 1 } });
    let parts = of(Question { by: Some("owner".to_owned()), ..Question::of("milestones") }).parts;
    let done = parts.iter().find(|part| part.value.as_deref() == Some("csm@acme.example")).unwrap();
    assert_eq!(done.figure, Figure::Rate { rate: Rate { num: 1, den: 1 } }, "what was due first is done first");
}

#[test]
fn how_records_stand_has_no_past() {
    let desk = Desk::new("2026-11-19T16:00:00Z", &customer("acme", "2027-01-15T00:00:00Z", "50.00"));
    let refused = |kpi: &str, day: &str| {
        let question = Question { period: Some(desk.day(day)), ..Question::of(kpi) };
        let asked = Asked { defs: &desk.defs, question: &question, now: desk.now, names: &[] };
        matches!(ask(&asked, &Rows::default()), Outcome::Cannot(Cannot::NoPast(_)))
    };
    assert!(refused("renewals", "2026-11-10") && refused("silent", "2026-11-10"));
    assert!(!refused("renewals", "2026-11-18"), "a day that is just over is closed with what is known now");
    assert!(!refused("unpaid-worked", "2026-11-10"), "what happened is known for every day");
}

#[test]
fn people_stand_open_from_the_first_stage_on_where_somebody_asks_for_them() {
    let sees = |who: &str, score: u32| {
        let set = format!(r#""set":{{"contact":{{"lead_score":{score}}}}}"#);
        event("2026-11-01", &format!(r#""type":"page_view","contact":"{who}",{set}"#))
    };
    let desk = Desk::new("2026-11-19T16:00:00Z", &[sees("a", 80), sees("b", 20), sees("c", 51)]);
    assert_eq!(desk.count("hot"), 2);
}

#[test]
fn the_first_reply_is_measured_in_working_hours_and_the_unanswered_stay_in() {
    let asks = |at: &str, who: &str| event(at, &format!(r#""type":"form","contact":"{who}""#));
    let events = [
        // Friday 17:30 in Berlin, answered Monday 9:20: 50 minutes of work.
        asks("2026-11-13T16:30:00Z", "friday"),
        reply("2026-11-16T08:20:00Z", r#""contact":"friday""#),
        asks("2026-11-16T09:00:00Z", "monday"),
        reply("2026-11-16T12:30:00Z", r#""contact":"monday""#),
        asks("2026-11-16T09:00:00Z", "never"),
    ];
    let desk = Desk::new("2026-11-20T16:00:00Z", &events);
    let week = Question {
        period: Some(Period::of_days(
            Day::from_date("2026-11-09".parse().unwrap()),
            Day::from_date("2026-11-20".parse().unwrap()),
            &desk.defs.workspace.zone,
        )),
        motion: Some("b2b".into()),
        ..Question::of("first-reply")
    };
    let answer = desk.live.ask(&desk.defs, &week, desk.now, &[]);
    let Figure::Duration { median_ms, reached, open, is_work: true, .. } = answer.figure else {
        panic!("a time is a duration")
    };
    assert_eq!((reached, open), (2, 1));
    let within = Figure::Rate { rate: Rate { num: 2, den: 3 } };
    assert_eq!(answer.inputs.get(WITHIN_TARGET), Some(&within), "of all who asked, the unanswered too");
    assert_eq!(median_ms, Some(4 * MS_PER_HOUR), "3.5 hours, on the edge of its bucket: not the 62 of the calendar");
}
