//! The answer of the product's first page, from events: `/kpi mql-conversion b2b`, asked on Thursday 19 November 2026.

mod support;

use shiftbell_metrics::answer::{Asked, Chance, Fate, Figure, Outcome, Rate, Rows, Standing, ask, recompute, who};
use shiftbell_metrics::definitions::{CountOf, Definitions, KpiKind, PerMotion};
use shiftbell_metrics::fold::{Plan, StoredEvent};
use shiftbell_metrics::period::Period;
use shiftbell_metrics::question::Question;
use shiftbell_metrics::time::{Day, Instant, MS_PER_DAY, Zone};
use support::live::Live;
use support::{days, definitions, event, kpi};

fn now() -> Instant {
    Instant::parse("2026-11-19T19:05:00Z").unwrap()
}

fn company() -> Definitions {
    let mut definitions = definitions();
    for kpi in definitions.kpis.iter_mut().filter(|kpi| kpi.slug == "mql-to-sql") {
        if let KpiKind::Conversion { within, .. } = &mut kpi.kind {
            *within = PerMotion::every(days(60));
        }
    }
    definitions
}

fn question() -> Question {
    Question {
        kpi: "mql-conversion".into(),
        motion: Some("b2b".into()),
        filters: vec![],
        period: None,
        versus: None,
        by: None,
        each: None,
        top: None,
        in_period: false,
        person: None,
    }
}

/// So many people who asked for a meeting on days from `from` on, and what became of each, so many days later.
#[derive(Clone, Copy)]
struct Group {
    name: &'static str,
    people: usize,
    from: &'static str,
    over: usize,
    product: &'static str,
    then: Option<(&'static str, i64)>,
}

const CONFIRMED: &str = r#""type":"meeting","status":"confirmed""#;
const DISQUALIFIED: &str = r#""type":"contact","set":{"contact":{"status":"disqualified"}}"#;

fn events(groups: &[Group]) -> Vec<StoredEvent> {
    let mut events = Vec::new();
    for group in groups {
        let first = Instant::parse(&format!("{}T14:00:00Z", group.from)).unwrap();
        for index in 0..group.people {
            let names = format!(r#""contact":"{0}{index}","company":"co-{0}{index}""#, group.name);
            let entered = first.plus_ms((index % group.over) as i64 * MS_PER_DAY);
            let set =
                format!(r#""set":{{"company":{{"segment":"business"}},"contact":{{"product":"{}"}}}}"#, group.product);
            let form = format!(r#""type":"form","form":"meeting-request",{names},{set}"#);
            events.push(event(&entered.to_string(), &form));
            if let Some((what, after)) = group.then {
                let at = entered.plus_ms(after * MS_PER_DAY).to_string();
                events.push(event(&at, &format!("{what},{names}")));
            }
        }
    }
    events
}

fn story() -> Vec<StoredEvent> {
    let (small, corporate) = ("small-parties", "corporate-events");
    let of = |name, people, from, over, product, then| Group { name, people, from, over, product, then };
    events(&[
        // 15 June to 13 September: 312, of whom 84 arrive in time, 171 are lost and 57 do neither.
        of("a", 60, "2026-06-15", 91, small, Some((CONFIRMED, 60))),
        of("b", 24, "2026-06-15", 91, corporate, Some((CONFIRMED, 3))),
        of("c", 90, "2026-06-15", 91, small, Some((DISQUALIFIED, 30))),
        of("d", 81, "2026-06-15", 91, corporate, Some((DISQUALIFIED, 30))),
        of("e", 32, "2026-06-15", 60, small, None),
        of("f", 16, "2026-06-15", 60, corporate, None),
        of("g", 9, "2026-06-15", 60, small, Some((CONFIRMED, 61))),
        // The 13 weeks before: 89 of 297.
        of("h", 89, "2026-03-16", 91, small, Some((CONFIRMED, 20))),
        of("i", 208, "2026-03-16", 91, corporate, None),
        // Since: 41 of 219 so far.
        of("j", 41, "2026-09-14", 40, small, Some((CONFIRMED, 5))),
        of("k", 178, "2026-09-14", 60, small, None),
    ])
}

#[test]
fn a_sales_manager_asks_for_mql_conversion() {
    let definitions = company();
    let live = Live::batch(&definitions, &Plan::new(&definitions), &story());
    let answer = live.ask(&definitions, &question(), now(), &[]);
    let rate = |num, den| Rate { num, den };
    assert_eq!(answer.figure, Figure::Rate { rate: rate(84, 312) });
    assert_eq!(answer.period.label, "15 Jun - 13 Sep 2026");
    assert_eq!((answer.window.as_deref(), answer.is_default_period), (Some("60 days"), true));
    let target = answer.target.unwrap();
    assert_eq!((target.standing, target.short_by), (Standing::Worse, Some(10)));
    let before = answer.before.unwrap();
    assert_eq!((before.figure, before.chance), (Figure::Rate { rate: rate(89, 297) }, Chance::CouldBeChance));
    assert_eq!(answer.newer.unwrap().rate, rate(41, 219));
    let standout = answer.standout.unwrap();
    assert_eq!(
        (standout.value.as_str(), standout.rate, standout.others),
        ("corporate-events", rate(24, 121), rate(60, 191))
    );
    assert_eq!(answer.maturity.unwrap().running, rate(0, 0));
}

#[test]
fn why_gives_the_same_number_and_says_where_everybody_went() {
    let definitions = company();
    let plan = Plan::new(&definitions);
    let mut events = story();
    // Six test people and four duplicates.
    for index in 0..6 {
        let words = format!(
            r#""type":"form","form":"meeting-request","contact":"t{index}","company":"co-a0","set":{{"contact":{{"email":"t{index}@clowns.example"}}}}"#
        );
        events.push(event("2026-07-01", &words));
    }
    for index in 0..4 {
        events.push(event(
            "2026-07-01",
            &format!(r#""type":"form","form":"meeting-request","contact":"x{index}","company":"co-e{index}""#),
        ));
        events.push(event("2026-07-02", &format!(r#""type":"merged","contact":"x{index}","into":"e{index}""#)));
    }
    let live = Live::batch(&definitions, &plan, &events);
    let question = question();
    let asked = Asked { defs: &definitions, question: &question, now: now(), names: &[] };
    let recount = recompute(&asked, &plan, live.accounts().into_iter()).unwrap();
    assert_eq!(recount.answer.figure, live.ask(&definitions, &question, now(), &[]).figure);
    let ways = recount.answer.ways.unwrap();
    assert_eq!((ways.entered, ways.reached, ways.lost, ways.neither, ways.later), (312, 84, 171, 57, 9));
    assert_eq!((recount.test_records, recount.merged), (6, 4));

    let mut rows = Rows::default();
    for read in who(&asked, &rows).unwrap().unwrap_err() {
        live.read(read, &mut rows);
    }
    let people = who(&asked, &rows).unwrap().unwrap();
    assert_eq!(people.iter().filter(|someone| someone.fate == Fate::Reached).count(), 84);
    assert_eq!(people.iter().filter(|someone| someone.fate == Fate::Later).count(), 9);
}

fn people(definitions: &Definitions, events: &[StoredEvent], question: &Question) -> (i64, usize) {
    let live = Live::batch(definitions, &Plan::new(definitions), events);
    let asked = Asked { defs: definitions, question, now: now(), names: &[] };
    let mut rows = Rows::default();
    for read in who(&asked, &rows).unwrap().unwrap_err() {
        live.read(read, &mut rows);
    }
    let counted = live.ask(definitions, question, now(), &[]).figure.counted();
    (counted, who(&asked, &rows).unwrap().unwrap().len())
}

#[test]
fn who_is_behind_a_count_is_listed_as_often_as_counted() {
    let mut definitions = company();
    for (slug, facts) in [("spoken", ["call-accepted", "human-reply"]), ("signs", ["reply", "raised"])] {
        let of = CountOf::Facts(facts.map(str::to_owned).into());
        definitions.kpis.push(kpi(slug, KpiKind::Count { of }));
    }
    let year = Period::of_days(
        Day::from_date("2026-01-01".parse().unwrap()),
        Day::from_date("2027-01-01".parse().unwrap()),
        &definitions.workspace.zone,
    );
    let of = |slug: &str| Question { period: Some(year.clone()), ..Question::of(slug) };
    let call = event("2026-07-01", r#""type":"call","contact":"c","direction":"out","outcome":"accepted""#);
    assert_eq!(people(&definitions, &[call], &of("spoken")), (1, 1), "one call that is two facts");
    let pays = |at: &str, dollars: u32, says: &str| {
        let items = format!(r#"[{{"amount":{dollars},"interval":"month"}}]"#);
        let set = format!(r#""set":{{"subscription":{{"status":"active","items":{items}}}}}"#);
        event(at, &format!(r#""type":"subscription","subscription":"s","company":"a"{says},{set}"#))
    };
    let later = |at: &str| format!(r#","change":"updated","effective_at":"{at}""#);
    let plans = [
        pays("2026-06-01", 10, ""),
        pays("2026-06-02", 20, &later("2026-07-01T00:00:00Z")),
        pays("2026-06-03", 30, &later("2026-08-01T00:00:00Z")),
    ];
    assert_eq!(people(&definitions, &plans, &of("signs")), (2, 2), "raised twice, and nothing told between");
}

#[test]
fn a_period_that_still_runs_says_so_and_is_not_compared() {
    let definitions = company();
    let live = Live::batch(&definitions, &Plan::new(&definitions), &story());
    let zone = Zone::named("America/New_York").unwrap();
    let days = |text: &str| Day::from_date(text.parse().unwrap());
    let asked = Question { period: Some(Period::of_days(days("2026-09-14"), days("2026-11-20"), &zone)), ..question() };
    let answer = live.ask(&definitions, &asked, now(), &[]);
    let maturity = answer.maturity.unwrap();
    assert_eq!(maturity.closed.den + maturity.running.den, 219);
    assert!(maturity.running.den > 0);
    assert_eq!(answer.before.unwrap().chance, Chance::NotJudged);
    let both = Question { in_period: true, ..asked };
    let answer = live.ask(&definitions, &both, now(), &[]);
    assert!(answer.in_period && answer.maturity.is_none());
}

#[test]
fn what_is_not_known_is_said_in_words() {
    let definitions = company();
    let refused = |question: Question| {
        let asked = Asked { defs: &definitions, question: &question, now: now(), names: &[] };
        match ask(&asked, &Rows::default()) {
            Outcome::Cannot(why) => why.to_string(),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(refused(Question { kpi: "mql-converson".into(), ..question() }), "there is no KPI `mql-converson`");
    assert_eq!(refused(Question { motion: Some("b2x".into()), ..question() }), "there is no motion `b2x`");
    assert_eq!(refused(Question { by: Some("colour".into()), ..question() }), "there is no dimension `colour`");
}

#[test]
fn a_formula_over_nothing_has_no_value() {
    let definitions = company();
    let live = Live::batch(&definitions, &Plan::new(&definitions), &story());
    let of = |kpi: &str| live.ask(&definitions, &Question { kpi: kpi.into(), ..question() }, now(), &[]).figure;
    assert_eq!(of("discount"), Figure::Number { value: None, is_share: false });
    assert_eq!(of("cac"), Figure::Number { value: None, is_share: false });
}

#[test]
fn a_month_of_two_kinds_of_conversion_never_mixes_them() {
    // January's 40 requests: 12 confirmed within 60 days. In February 20 were confirmed, but only 2 of its own 30.
    let of = |name, people, from, over, then| Group { name, people, from, over, product: "small-parties", then };
    let story = events(&[
        of("a", 6, "2025-12-20", 1, Some((CONFIRMED, 50))),
        of("b", 12, "2026-01-10", 10, Some((CONFIRMED, 25))),
        of("c", 28, "2026-01-02", 28, None),
        of("d", 2, "2026-02-02", 2, Some((CONFIRMED, 5))),
        of("e", 28, "2026-02-01", 28, None),
    ]);
    let definitions = company();
    let live = Live::batch(&definitions, &Plan::new(&definitions), &story);
    let zone = Zone::named("America/New_York").unwrap();
    let days = |text: &str| Day::from_date(text.parse().unwrap());
    let end_of_february = Instant::parse("2026-03-01T12:00:00Z").unwrap();
    let of_month = |from: &str, until: &str, in_period, now| {
        let period = Some(Period::of_days(days(from), days(until), &zone));
        live.ask(&definitions, &Question { period, in_period, ..question() }, now, &[])
    };
    let may = Instant::parse("2026-05-15T12:00:00Z").unwrap();
    let january = of_month("2026-01-01", "2026-02-01", false, may);
    assert_eq!(january.figure, Figure::Rate { rate: Rate { num: 12, den: 40 } });
    let all_of_february = of_month("2026-02-01", "2026-03-01", true, end_of_february);
    assert_eq!(all_of_february.figure, Figure::Rate { rate: Rate { num: 20, den: 30 } });
    assert!(all_of_february.in_period && all_of_february.maturity.is_none());
    let its_own = of_month("2026-02-01", "2026-03-01", false, end_of_february);
    assert_eq!(its_own.figure, Figure::Rate { rate: Rate { num: 2, den: 30 } });
    assert!(its_own.maturity.unwrap().running.den > 0, "what is still running is said apart");
}
