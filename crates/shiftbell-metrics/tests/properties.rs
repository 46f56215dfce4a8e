//! What must hold whatever happens, tried on small companies: 3 accounts, 6 stages, 40 days.

mod support;

#[path = "properties/meaning.rs"]
mod meaning;

use proptest::prelude::*;
use proptest::sample::select;
use shiftbell_metrics::answer::{Answer, Asked, Figure, recompute};
use shiftbell_metrics::cell::Cell;
use shiftbell_metrics::definitions::{Definitions, KpiKind, PerMotion};
use shiftbell_metrics::event::Event;
use shiftbell_metrics::fold::{Plan, StoredEvent};
use shiftbell_metrics::period::{Period, Unit};
use shiftbell_metrics::question::Question;
use shiftbell_metrics::time::{Day, Instant, MS_PER_DAY, Zone};
use support::live::Live;
use support::{days, definitions};

/// 2 March 2026, the first of the forty days.
const FIRST: Day = Day(20_514);

fn happening() -> impl Strategy<Value = &'static str> {
    let words = [
        r#""type":"page_view","visitor":"V""#,
        r#""type":"page_view","visitor":"V","contact":"C""#,
        r#""type":"contact_created","contact":"C","company":"A""#,
        r#""type":"contact_created","contact":"C""#,
        r#""type":"form","contact":"C","form":"meeting-request""#,
        r#""type":"form","contact":"C","form":"price-list","set":{"contact":{"source":"ads"}}"#,
        r#""type":"contact","contact":"C","set":{"contact":{"lead_score":12,"owner":"Bdr@x.example"}}"#,
        r#""type":"contact","contact":"C","set":{"contact":{"lead_score":3,"source":"List","country":"US"}}"#,
        r#""type":"contact","contact":"C","set":{"contact":{"status":"disqualified"}}"#,
        r#""type":"contact","contact":"C","set":{"contact":{"status":"working","product":"small-parties"}}"#,
        r#""type":"contact","contact":"C","set":{"contact":{"email":"x@clowns.example"}}"#,
        r#""type":"contact","contact":"C","set":{"contact":{"email":"x@else.example"}}"#,
        r#""type":"company","company":"A","set":{"company":{"segment":"business","country":"DE"}}"#,
        r#""type":"company","company":"A","set":{"company":{"segment":"other"}}"#,
        r#""type":"meeting","contact":"C","status":"confirmed","owner":"ae@x.example""#,
        r#""type":"meeting","contact":"C","deal":"D","status":"held","owner":"ae@x.example""#,
        r#""type":"meeting","contact":"C","status":"no-show""#,
        r#""type":"call","contact":"C","outcome":"accepted","direction":"out","owner":"bdr@x.example""#,
        r#""type":"email","contact":"C","direction":"in""#,
        r#""type":"checkout","contact":"C""#,
        r#""type":"deal","deal":"D","contact":"C","company":"A","set":{"deal":{"bant":"met","annual_amount":1200}}"#,
        r#""type":"deal","deal":"D","set":{"deal":{"bant":"met","product":"Corporate Events"}}"#,
        r#""type":"deal","deal":"D","contact":"C","set":{"deal":{"stage":"won","annual_amount":{"amount":"77.10","currency":"EUR"}}}"#,
        r#""type":"deal","deal":"D","company":"A","set":{"deal":{"stage":"lost"}}"#,
        r#""type":"deal","deal":"D","set":{"deal":{"stage":"open","annual_list_amount":"1500.55","owner":"ae@x.example"}}"#,
        r#""type":"order","deal":"D","contact":"C","status":"created","set":{"deal":{"annual_amount":250.5}}"#,
        r#""type":"order","deal":"D","status":"paid""#,
        r#""type":"show_held","company":"A""#,
        r#""type":"show_held","contact":"C""#,
        r#""type":"ended","contact":"C""#,
        r#""type":"spend","company":"A","amount":{"amount":"10.01","currency":"USD"}"#,
        r#""type":"merged","contact":"C","into":"c0""#,
        r#""type":"merged","company":"A","into":"a0""#,
        r#""type":"deleted","contact":"C""#,
        r#""type":"restored","contact":"C""#,
        r#""type":"deleted","deal":"D""#,
        r#""type":"unlinked","deal":"D","contact":"C""#,
        r#""type":"unlinked","contact":"C","company":"A""#,
        r#""type":"subscription","subscription":"S","company":"A","change":"started","set":{"subscription":{"items":[{"amount":"120.50","interval":"week","product":"small-parties"}]}}"#,
        r#""type":"subscription","subscription":"S","contact":"C","change":"started","set":{"subscription":{"items":[{"amount":99,"interval":"year"},{"amount":"7","currency":"EUR"}]}}"#,
        r#""type":"subscription","subscription":"S","set":{"subscription":{"status":"paused"}}"#,
        r#""type":"subscription","subscription":"S","change":"cancel_scheduled","reason":"done","set":{"subscription":{"ends_at":"2026-04-02T00:00:00Z"}}"#,
        r#""type":"subscription","subscription":"S","change":"ended""#,
        r#""type":"invoice","subscription":"S","set":{"subscription":{"status":"past_due","items":[{"amount":"5","interval_count":0}]}}"#,
        r#""type":"deleted","subscription":"S""#,
    ];
    select(words.to_vec())
}

/// Up to `most` events, in the order of their times.
fn history(most: usize) -> impl Strategy<Value = Vec<StoredEvent>> {
    let event = (happening(), 0..40_i32, 0..24_i64, 0..4_u8, 0..3_u8, 0..2_u8);
    prop::collection::vec(event, 1..most).prop_map(|drawn| {
        let mut events: Vec<StoredEvent> = drawn
            .into_iter()
            .enumerate()
            .map(|(index, (words, day, hour, contact, account, source))| {
                let deal = (contact + account) % 4;
                let words =
                    words.replace("\"C\"", &format!("\"c{contact}\"")).replace("\"A\"", &format!("\"a{account}\""));
                let words =
                    words.replace("\"D\"", &format!("\"d{deal}\"")).replace("\"V\"", &format!("\"v{contact}\""));
                let words = words.replace("\"S\"", &format!("\"s{deal}\""));
                let at = Instant(i64::from(FIRST.plus(day).0) * MS_PER_DAY + hour * 3_600_000);
                let text = format!(r#"{{"id":"e{index}","at":"{at}",{words}}}"#);
                let by = (hour % 3 != 0).then(|| "ae".to_owned());
                StoredEvent { source: format!("s{source}"), event: Event::from_json(&text).unwrap(), by }
            })
            .collect();
        events.sort_by_key(|stored| stored.event.at);
        events
    })
}

/// Any order, with some of the events twice.
fn shuffled_with_repeats(most: usize) -> impl Strategy<Value = (Vec<StoredEvent>, Vec<StoredEvent>)> {
    history(most).prop_flat_map(|events| {
        let repeats = prop::collection::vec(select(events.clone()), 0..6);
        let arrivals = repeats.prop_flat_map({
            let events = events.clone();
            move |repeats| Just([events.clone(), repeats].concat()).prop_shuffle()
        });
        (Just(events), arrivals)
    })
}

fn question(kpi: &str) -> Question {
    Question {
        kpi: kpi.into(),
        motion: None,
        filters: vec![],
        period: Some(period(0, 40)),
        versus: None,
        by: None,
        each: None,
        top: None,
        in_period: false,
        person: None,
    }
}

fn period(from: i32, until: i32) -> Period {
    Period::of_days(FIRST.plus(from), FIRST.plus(until), &Zone::named("America/New_York").unwrap())
}

const NOW: Instant = Instant((FIRST.0 as i64 + 45) * MS_PER_DAY);

fn any_question() -> impl Strategy<Value = Question> {
    let kpis = definitions().kpis.into_iter().map(|kpi| kpi.slug).collect::<Vec<_>>();
    let filters = [
        ("product", "small-parties"),
        ("product", "corporate-events"),
        ("product", "unknown"),
        ("source", "ads"),
        ("geography", "US"),
        ("owner", "bdr@x.example"),
    ];
    let filters = prop::collection::vec(select(filters.to_vec()), 0..3);
    let by = prop::option::of(select(vec!["product", "source", "geography", "owner"]));
    let motion = prop::option::of(select(vec!["b2b", "b2c"]));
    (select(kpis), filters, by, motion, 0..40_i32, 0..41_i32, any::<bool>()).prop_map(
        |(kpi, filters, by, motion, from, length, in_period)| Question {
            filters: filters.into_iter().map(|(of, value)| (of.to_owned(), value.to_owned())).collect(),
            by: by.map(str::to_owned),
            motion: motion.map(str::to_owned),
            // How things stand has no past.
            period: (kpi != "next-steps").then(|| period(from, from + length)),
            in_period,
            ..question(&kpi)
        },
    )
}

fn company() -> (Definitions, Plan) {
    let definitions = definitions();
    let plan = Plan::new(&definitions);
    (definitions, plan)
}

/// What an answer says, without what only an exact count knows.
fn said(answer: &Answer) -> Answer {
    Answer { ways: None, ..answer.clone() }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, max_shrink_iters: 4_000, ..ProptestConfig::default() })]

    /// Feeding events one at a time, in any order and with repeats, ends where one batch ends.
    #[test]
    fn incremental_equals_batch((events, arrivals) in shuffled_with_repeats(40)) {
        let (definitions, plan) = company();
        let mut live = Live::default();
        for stored in &arrivals {
            live.receive(&definitions, &plan, stored);
        }
        let batch = Live::batch(&definitions, &plan, &events);
        prop_assert_eq!(live.segments, batch.segments);
        prop_assert_eq!(live.cells, batch.cells);
    }

    /// Cells, segments and the events themselves give the same answer to any question.
    #[test]
    fn every_path_gives_the_same_answer(events in history(60), question in any_question()) {
        let (definitions, plan) = company();
        let live = Live::batch(&definitions, &plan, &events);
        let answer = live.ask(&definitions, &question, NOW, &[]);
        let asked = Asked { defs: &definitions, question: &question, now: NOW, names: &[] };
        let recount = recompute(&asked, &plan, live.accounts().into_iter()).unwrap();
        prop_assert_eq!(said(&answer), said(&recount.answer));
    }

    /// Money and counts are neither made nor lost: the parts of a breakdown are the whole.
    #[test]
    fn breakdowns_add_up(
        events in history(60),
        question in any_question(),
        by in select(vec!["product", "source", "owner"]),
        top in prop::option::of(1..4_u32),
    ) {
        let (definitions, plan) = company();
        let live = Live::batch(&definitions, &plan, &events);
        let question = Question { by: Some(by.to_owned()), top, ..question };
        let answer = live.ask(&definitions, &question, NOW, &[]);
        prop_assert!(top.is_none_or(|top| answer.parts.len() <= top as usize + 1));
        if top.is_some() && matches!(answer.figure, Figure::Duration { .. }) {
            // The others have no median of their own, and so no counts.
            return Ok(());
        }
        let parts = answer.parts.iter().map(|part| &part.figure);
        match &answer.figure {
            Figure::Count { count } => prop_assert_eq!(*count, parts.map(count_of).sum::<i64>()),
            Figure::Rate { rate } => {
                let sum = parts.fold((0, 0), |sum, part| match part {
                    Figure::Rate { rate } => (sum.0 + rate.num, sum.1 + rate.den),
                    other => panic!("{other:?}"),
                });
                prop_assert_eq!((rate.num, rate.den), sum);
            }
            Figure::Money { amounts, .. } => {
                for whole in amounts {
                    let of = |part: &Figure| -> i64 { match part {
                        Figure::Money { amounts, .. } => {
                            amounts.iter().filter(|money| money.currency == whole.currency).map(|money| money.minor).sum()
                        }
                        other => panic!("{other:?}"),
                    } };
                    prop_assert_eq!(whole.minor, parts.clone().map(of).sum::<i64>());
                }
            }
            Figure::Duration { reached, open, .. } => {
                let sum = parts.fold((0, 0), |sum, part| match part {
                    Figure::Duration { reached, open, .. } => (sum.0 + reached, sum.1 + open),
                    other => panic!("{other:?}"),
                });
                prop_assert_eq!((*reached, *open), sum);
            }
            Figure::Number { .. } => {}
        }
    }

    /// Splitting time changes nothing that adds: cells(a..c) = cells(a..b) + cells(b..c).
    #[test]
    fn periods_compose(events in history(60), cut in 0..41_i32) {
        let (definitions, plan) = company();
        let live = Live::batch(&definitions, &plan, &events);
        let sum = |from: i32, until: i32| {
            let mut sum = Cell::default();
            for (key, bytes) in &live.cells {
                if key.dimension.is_empty() && period(from, until).contains_day(key.day) {
                    sum.add(&Cell::decode(bytes).unwrap());
                }
            }
            sum
        };
        let mut both = sum(-1, cut);
        both.add(&sum(cut, 41));
        prop_assert_eq!(sum(-1, 41), both);
        for kpi in ["mqls", "won", "conversations", "spend", "won-amount", "mql-to-sql", "show-rate"] {
            let figure = |from, until| {
                let asked = Question { period: Some(period(from, until)), ..question(kpi) };
                flows(&live.ask(&definitions, &asked, NOW, &[]).figure)
            };
            let (first, second) = (figure(-1, cut), figure(cut, 41));
            let sum: Vec<i64> = first.iter().zip(&second).map(|(a, b)| a + b).collect();
            prop_assert_eq!(figure(-1, 41), sum, "{}", kpi);
        }
    }

    /// Days, weeks, months one by one are the whole period, for everything that adds; and a recount from the events agrees.
    #[test]
    fn a_series_adds_up(
        events in history(60),
        kpi in select(vec!["mqls", "won", "conversations", "won-amount", "mql-to-sql", "show-rate"]),
        unit in select(Unit::ALL.to_vec()),
    ) {
        let (definitions, plan) = company();
        let live = Live::batch(&definitions, &plan, &events);
        let asked = Question { each: Some(unit), ..question(kpi) };
        let answer = live.ask(&definitions, &asked, NOW, &[]);
        let parts: Vec<Vec<i64>> = answer.parts.iter().map(|part| flows(&part.figure)).collect();
        let sum = parts.iter().fold(vec![0; flows(&answer.figure).len()], |sum, part| {
            sum.iter().zip(part).map(|(a, b)| a + b).collect()
        });
        prop_assert_eq!(flows(&answer.figure), sum);
        let recounted = Asked { defs: &definitions, question: &asked, now: NOW, names: &[] };
        let recount = recompute(&recounted, &plan, live.accounts().into_iter()).unwrap();
        prop_assert_eq!(answer.parts, recount.answer.parts);
    }

    /// Everybody who entered has arrived, is lost, or neither; and entries of a cohort are those that were counted.
    #[test]
    fn flow_is_conserved(events in history(60), kpi in select(vec!["lead-to-mql", "mql-to-sql", "deal-to-won", "won-to-live"])) {
        let (definitions, plan) = company();
        let live = Live::batch(&definitions, &plan, &events);
        for motion in ["b2b", "b2c"] {
            let asked = Question { motion: Some(motion.into()), ..question(kpi) };
            let recounted = Asked { defs: &definitions, question: &asked, now: NOW, names: &[] };
            let answer = recompute(&recounted, &plan, live.accounts().into_iter()).unwrap().answer;
            let (ways, maturity) = (answer.ways.unwrap(), answer.maturity.unwrap());
            prop_assert_eq!(ways.entered, ways.reached + ways.lost + ways.neither);
            prop_assert!(ways.later <= ways.neither && ways.lost >= 0 && ways.neither >= 0);
            prop_assert_eq!(Figure::Rate { rate: shiftbell_metrics::answer::Rate { num: ways.reached, den: ways.entered } }, answer.figure);
            prop_assert_eq!(maturity.closed.den + maturity.running.den, ways.entered);
        }
    }

    /// A longer window never loses anybody who had arrived.
    #[test]
    fn a_cohort_curve_never_falls(events in history(60)) {
        let (mut definitions, plan) = company();
        let live = Live::batch(&definitions, &plan, &events);
        let mut last = 0;
        for window in [1, 2, 5, 10, 20, 40] {
            for kpi in &mut definitions.kpis {
                if let KpiKind::Conversion { within, .. } = &mut kpi.kind {
                    *within = PerMotion::every(days(window));
                }
            }
            let Figure::Rate { rate } = live.ask(&definitions, &question("mql-to-sql"), NOW, &[]).figure else { panic!() };
            prop_assert!(last <= rate.num && rate.num <= rate.den);
            last = rate.num;
        }
    }

    /// What is credited to persons is part of the whole, and nobody's share is counted twice.
    #[test]
    fn persons_add_up_to_at_most_the_whole(events in history(60), kpi in select(vec!["mqls", "conversations", "won"])) {
        let (definitions, plan) = company();
        let live = Live::batch(&definitions, &plan, &events);
        let whole = count_of(&live.ask(&definitions, &question(kpi), NOW, &[]).figure);
        let of = |name: &str| {
            let asked = Question { person: Some(name.into()), ..question(kpi) };
            count_of(&live.ask(&definitions, &asked, NOW, &[name.to_owned()]).figure)
        };
        prop_assert!(of("bdr@x.example") + of("ae@x.example") <= whole);
    }
}

fn count_of(figure: &Figure) -> i64 {
    match figure {
        Figure::Count { count } => *count,
        other => panic!("{other:?}"),
    }
}

/// The numbers of a figure that add up over time.
fn flows(figure: &Figure) -> Vec<i64> {
    match figure {
        Figure::Count { count } => vec![*count],
        Figure::Rate { rate } => vec![rate.num, rate.den],
        Figure::Money { amounts, records } => {
            let of = |code: &str| amounts.iter().filter(|m| m.currency.code() == code).map(|m| m.minor).sum();
            vec![*records, of("USD"), of("EUR")]
        }
        Figure::Duration { reached, open, .. } => vec![*reached, *open],
        Figure::Number { .. } => vec![],
    }
}
