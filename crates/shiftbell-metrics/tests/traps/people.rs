//! Traps 6 to 8 and 10: people and deals on their way.

use shiftbell_metrics::answer::{Answer, Figure, Rate};
use shiftbell_metrics::definitions::{KpiKind, SkipPolicy, TimeShow, TimeTo};
use shiftbell_metrics::event::Properties;
use shiftbell_metrics::fold::{Plan, StoredEvent};
use shiftbell_metrics::funnel::{Anchor, Funnel, Happening, Window, furthest, in_order};
use shiftbell_metrics::model::{growth, metric, net_retention};
use shiftbell_metrics::money::Currency;
use shiftbell_metrics::period::Period;
use shiftbell_metrics::pipeline::{Deal, End, cycle, win_rates};
use shiftbell_metrics::question::Question;
use shiftbell_metrics::stats::Counts;
use shiftbell_metrics::stats::survival::{Watched, kaplan_meier};
use shiftbell_metrics::time::{Day, Instant, MS_PER_DAY, MS_PER_HOUR, MS_PER_MINUTE, Zone};

use crate::support::live::Live;
use crate::support::{definitions, event, kpi};

fn day(text: &str) -> Day {
    Day::from_date(text.parse().unwrap())
}

/// People who asked for a meeting on a day, and so many days later had it confirmed.
fn asked(name: &str, people: usize, on: &str, product: &str, confirmed_after: Option<i64>) -> Vec<StoredEvent> {
    let at = Instant::parse(&format!("{on}T15:00:00Z")).unwrap();
    let mut events = Vec::new();
    for index in 0..people {
        let who = format!(r#""contact":"{name}{index}","company":"co-{name}{index}""#);
        let set = format!(r#""set":{{"company":{{"segment":"business"}},"contact":{{"product":"{product}"}}}}"#);
        events.push(event(&at.to_string(), &format!(r#""type":"form","form":"meeting-request",{who},{set}"#)));
        if let Some(days) = confirmed_after {
            let then = at.plus_ms(days * MS_PER_DAY).to_string();
            events.push(event(&then, &format!(r#""type":"meeting","status":"confirmed",{who}"#)));
        }
    }
    events
}

fn of_month(events: &[StoredEvent], from: &str, until: &str, now: &str, question: Question) -> Answer {
    let mut definitions = definitions();
    let to = TimeTo::Stage("sql".into());
    let days = KpiKind::Time { from: "mql".into(), to, working_hours: false, show: TimeShow::Median };
    definitions.kpis.push(kpi("mql-to-sql-days", days));
    let live = Live::batch(&definitions, &Plan::new(&definitions), events);
    let period = Some(Period::of_days(day(from), day(until), &Zone::named("America/New_York").unwrap()));
    let now = Instant::parse(&format!("{now}T12:00:00Z")).unwrap();
    live.ask(&definitions, &Question { period, motion: Some("b2b".into()), ..question }, now, &[])
}

fn rate(figure: &Figure) -> Rate {
    let Figure::Rate { rate } = figure else { panic!("{figure:?}") };
    *rate
}

#[test]
fn trap_6_what_a_month_saw_is_no_conversion_and_who_may_still_arrive_has_not_failed() {
    // All who were confirmed in March had asked in February; of those who asked in March nobody has had ten days.
    let events = [
        asked("feb", 9, "2026-02-23", "small-parties", Some(9)),
        asked("cold", 3, "2026-02-23", "small-parties", None),
        asked("march", 5, "2026-03-25", "small-parties", None),
        asked("soon", 1, "2026-03-25", "small-parties", Some(2)),
    ]
    .concat();
    let question = || Question::of("mql-to-sql");
    let march = |question| of_month(&events, "2026-03-01", "2026-04-01", "2026-03-28", question);
    let naive = march(Question { in_period: true, ..question() });
    let found = march(question());
    assert_eq!(rate(&naive.figure), Rate { num: 10, den: 6 }, "more than all of them");
    assert!(naive.in_period, "and it says what it is");
    assert_eq!(rate(&found.figure), Rate { num: 1, den: 6 });
    // 17 % beside February's 75 % would read as a drop: but no window has closed.
    let maturity = found.maturity.unwrap();
    assert_eq!((maturity.closed, maturity.running), (Rate { num: 0, den: 0 }, Rate { num: 1, den: 6 }));
    let february = of_month(&events, "2026-02-01", "2026-03-01", "2026-03-28", question());
    assert_eq!(rate(&february.figure), Rate { num: 9, den: 12 });
    assert_eq!(february.maturity.unwrap().running.den, 0);

    // A win rate by closing, with those that nobody decided, and by creation are three numbers.
    let deals = |n: usize, closed| {
        let closed = Some(closed).filter(|(at, _)| *at > 0).map(|(at, end)| (Instant(at * MS_PER_DAY), end));
        vec![Deal { created: Instant(MS_PER_DAY), closed, amount: None }; n]
    };
    let all =
        [deals(6, (20, End::Won)), deals(2, (30, End::Lost)), deals(4, (40, End::NoDecision)), deals(8, (0, End::Won))];
    let rates = win_rates(&all.concat(), &Period::of_days(Day(0), Day(90), &Zone::utc()), Currency::USD);
    let three = [rates.closed, rates.with_no_decision, rates.created];
    assert_eq!(three, [Counts::new(6, 8), Counts::new(6, 12), Counts::new(6, 20)]);
}

/// Something done at a minute that is these steps.
fn did<'a>(id: &'a str, minute: i64, steps: u32, properties: &'a Properties) -> Happening<'a> {
    Happening { id, at: Instant(minute * MS_PER_MINUTE), steps, ends: false, properties }
}

#[test]
fn trap_7_events_in_place_of_people_borders_reused_steps_first_tries_and_ties() {
    let nothing = Properties::new();
    let hour = || Window::Elapsed { ms: MS_PER_HOUR };
    let reached = |funnel: &Funnel, done: &[Happening<'_>]| {
        furthest(funnel, &in_order(done.to_vec()), &|_| true).map_or(0, |path| path.len())
    };
    let of = |steps| Funnel::new(steps, hour());

    // One visit and three orders: 300 % by events, one of one by people.
    let shopper =
        [did("v", 0, 1, &nothing), did("o1", 5, 2, &nothing), did("o2", 6, 2, &nothing), did("o3", 7, 2, &nothing)];
    let count = |step: u32| shopper.iter().filter(|one| one.steps == step).count();
    assert_eq!((count(2), count(1), reached(&of(2), &shopper)), (3, 1, 2));

    // Exactly an hour later is within an hour.
    let on_the_border = [did("a", 0, 1, &nothing), did("b", 60, 2, &nothing)];
    let exclusive = on_the_border[1].at.since(on_the_border[0].at) < MS_PER_HOUR;
    assert_eq!((exclusive, reached(&of(2), &on_the_border)), (false, 2));

    // One event that could be two steps is one of them.
    let once = [did("a", 0, 0b11, &nothing)];
    let naive = (0..2).filter(|step| once.iter().any(|one| one.steps & 1 << step != 0)).count();
    assert_eq!((naive, reached(&of(2), &once)), (2, 1));

    // A second try that succeeds counts, though the first one's hour was over.
    let tries =
        [did("a", 0, 1, &nothing), did("b", 40, 1, &nothing), did("c", 50, 2, &nothing), did("d", 95, 4, &nothing)];
    let first = Funnel { anchor: Anchor::First, ..of(3) };
    assert_eq!((reached(&first, &tries), reached(&of(3), &tries)), (2, 3));

    // Told in the wrong order within one second.
    let tie = [did("b", 0, 2, &nothing), did("a", 0, 1, &nothing)];
    let as_told = tie.iter().fold(0, |step, one| step + u32::from(one.steps == 1 << step));
    assert_eq!((as_told, reached(&of(2), &tie)), (1, 2));

    // A step that nobody clicked: missing where every step must be seen, passed where a later one implies it.
    let skips = [did("a", 0, 1, &nothing), did("c", 30, 4, &nothing)];
    let implied = Funnel { skips: SkipPolicy::Implied, ..of(3) };
    assert_eq!((reached(&of(3), &skips), reached(&implied, &skips)), (1, 3));
}

#[test]
fn trap_8_means_of_rates_losses_taken_for_rates_and_codes_without_meaning() {
    let events = [
        asked("s", 30, "2026-03-02", "small-parties", None),
        asked("t", 6, "2026-03-02", "small-parties", Some(4)),
        asked("c", 3, "2026-03-02", "corporate-events", Some(8)),
        asked("d", 1, "2026-03-02", "corporate-events", None),
    ]
    .concat();
    let split = |kpi: &str| {
        let question = Question { by: Some("product".into()), ..Question::of(kpi) };
        of_month(&events, "2026-03-01", "2026-04-01", "2026-06-01", question)
    };
    let answer = split("mql-to-sql");
    let percent = |rate: Rate| rate.percent().unwrap();
    let sum: rust_decimal::Decimal = answer.parts.iter().map(|part| percent(rate(&part.figure))).sum();
    let mean = sum / rust_decimal::Decimal::from(answer.parts.len());
    assert_eq!(rate(&answer.figure), Rate { num: 9, den: 40 });
    let whole = percent(rate(&answer.figure));
    assert_eq!([mean, whole].map(|rate| rate.round_dp(1).normalize().to_string()), ["45.8", "22.5"]);
    let both = Counts::new(6, 36).plus(Counts::new(3, 4));
    assert_eq!(both, Counts::new(9, 40));

    // Nor do medians: that of the whole is of all who waited, not between those of its parts.
    let median = |figure: &Figure| match figure {
        Figure::Duration { median_ms, .. } => median_ms.map(|ms| ms / MS_PER_DAY),
        other => panic!("{other:?}"),
    };
    let times = split("mql-to-sql-days");
    let parts: Vec<Option<i64>> = times.parts.iter().map(|part| median(&part.figure)).collect();
    let (middle_of_those_known, whole) = (parts.iter().copied().flatten().min(), median(&times.figure));
    assert_eq!((middle_of_those_known, whole), (Some(8), None), "three in four of all are still waiting");

    // What is given away of the price is a loss; wins are people, their amount is money; what was kept grows by a part of itself.
    let year = growth(1_000.0, &[0.5], 0.25, Some(100.0));
    let naive = 1_000.0 * 0.5 * 0.25 * 100.0;
    assert_eq!((naive, year.amount, year.wins), (12_500.0, Some(37_500.0), 500.0));
    let naive = 0.8 + 0.5;
    assert!((net_retention(0.8, 0.5) - 1.2).abs() < 1e-12 && naive > 1.25);
    assert!(metric("cr5").is_err() && metric("cr5-discount").is_ok());
}

#[test]
fn trap_10_the_quick_wins_are_not_how_long_it_takes() {
    let now = Instant(120 * MS_PER_DAY);
    let deals = |n: usize, lasts: i64, end: Option<End>| {
        let created = now.plus_ms(-100 * MS_PER_DAY);
        vec![Deal { created, closed: end.map(|end| (created.plus_ms(lasts * MS_PER_DAY), end)), amount: None }; n]
    };
    let all =
        [deals(3, 10, Some(End::Won)), deals(1, 60, Some(End::Won)), deals(5, 30, Some(End::Lost)), deals(6, 0, None)]
            .concat();
    // The mean and the median of those that were won, as most dashboards have them.
    let won: Vec<i64> = all
        .iter()
        .filter_map(|deal| {
            deal.closed.filter(|(_, end)| *end == End::Won).map(|(at, _)| at.since(deal.created) / MS_PER_DAY)
        })
        .collect();
    let mean = won.iter().sum::<i64>() as f64 / won.len() as f64;
    let found = cycle(&all, now, 1.96);
    assert_eq!((mean, found.won_only_ms), (22.5, Some(10 * MS_PER_DAY)));
    assert_eq!(found.until_closed_ms, Some(30 * MS_PER_DAY), "half of all have ended by then, one way or the other");

    // Whoever takes the lost for still waiting expects wins that cannot come.
    let lasted = |deal: &Deal| deal.closed.map_or(now, |(at, _)| at).since(deal.created);
    let waiting: Vec<Watched> = all
        .iter()
        .map(|deal| Watched { time: lasted(deal), happened: deal.closed.is_some_and(|(_, end)| end == End::Won) })
        .collect();
    let naive = 1.0 - kaplan_meier(&waiting, 1.96).last().unwrap().share;
    let right = found.ended.last().unwrap().ended[0];
    assert!((right - 4.0 / 15.0).abs() < 1e-12, "{right}");
    assert!(naive > right + 0.04, "{naive} is not more than {right}");
}
