use jiff::civil::date;
use proptest::prelude::*;

use super::*;
use crate::calendar::Elapsed;
use crate::pacing::{GoalOf, pace};
use crate::time::{Day, Zone};

fn dollars(major: i64) -> Money {
    Money::new(major * 100, Currency::USD)
}

fn stage(id: &str, label: &str, week: u64, span: u64, next: Option<StepFacts>) -> StageFacts {
    StageFacts { stage: id.into(), label: label.into(), week, span, next }
}

fn step_of(label: &str, num: u64, den: u64, target: u64) -> Option<StepFacts> {
    Some(StepFacts {
        kpi: label.to_lowercase().replace(' ', "-"),
        label: label.into(),
        counts: Counts::new(num, den),
        target: Some(Decimal::from(target)),
        median_wait_ms: None,
        parts: Vec::new(),
    })
}

fn b2b() -> MotionFacts {
    let mut mql = step_of("MQL to SQL", 84, 312, 30);
    if let Some(step) = &mut mql {
        step.parts = [("corporate-events", 24, 121), ("large-parties", 38, 124), ("small-parties", 22, 67)]
            .map(|(value, num, den)| (value.to_owned(), Counts::new(num, den)))
            .to_vec();
    }
    MotionFacts {
        motion: "b2b".into(),
        stages: vec![
            stage("lead", "Leads", 171, 2_106, step_of("Lead to MQL", 310, 2_080, 15)),
            stage("mql", "MQLs", 22, 318, mql),
            stage("sql", "SQLs", 7, 83, step_of("SQL to deal", 53, 86, 60)),
            stage("deal", "Deals", 5, 51, step_of("Deal to won", 14, 49, 30)),
            stage("won", "Won", 1, 15, None),
        ],
        won: Some((dollars(18_000), dollars(276_000))),
        goal: Some(GoalFacts {
            label: "new ARR".into(),
            period: "quarter".into(),
            pacing: pace(300_000.0, 130_400.0, Elapsed { gone: 32, all: 62 }, GoalOf::Money).unwrap(),
            currency: Some(Currency::USD),
            week: 18_000.0,
            usual: 21_230.0,
        }),
        recurring: None,
    }
}

fn b2c() -> MotionFacts {
    MotionFacts {
        motion: "b2c".into(),
        stages: vec![
            stage("lead", "Leads", 262, 3_328, step_of("Lead to MQL", 1_163, 3_322, 33)),
            stage("mql", "MQLs", 93, 1_170, step_of("MQL to checkout", 468, 1_171, 40)),
            stage("sql", "Checkouts", 39, 468, step_of("Checkout to order", 371, 464, 80)),
            stage("deal", "Orders", 31, 377, step_of("Order to paid", 316, 372, 85)),
            stage("won", "Paid", 27, 312, None),
        ],
        won: None,
        goal: Some(GoalFacts {
            label: "orders".into(),
            period: "quarter".into(),
            pacing: pace(300.0, 161.0, Elapsed { gone: 46, all: 92 }, GoalOf::Count).unwrap(),
            currency: None,
            week: 27.0,
            usual: 24.0,
        }),
        recurring: None,
    }
}

fn week_of(motions: Vec<MotionFacts>) -> Bowtie {
    let day = |month, day| Day::from_date(date(2026, month, day));
    bowtie(&BowtieFacts {
        week: Period::of_days(day(11, 9), day(11, 16), &Zone::named("America/New_York").unwrap()),
        weeks: 13,
        too_few: 10,
        level_points: Decimal::new(5, 1),
        motions,
    })
}

#[test]
fn the_week_of_the_reference_messages_is_told() {
    let bowtie = week_of(vec![b2b(), b2c()]);
    assert_eq!(bowtie.headline, "Week of 9 - 15 November: b2b is 16 % behind its quarter, b2c is 7 % ahead.");
    assert_eq!(
        bowtie.push,
        "b2b $130,400 of $300,000, 16 % behind plan; biggest gap MQL to SQL 26.9 % (84 of 312). b2c ahead, 161 of 300 orders."
    );
    assert_eq!(
        bowtie.lines,
        [
            "b2b new ARR: $130,400 of $300,000, plan to date $154,800",
            "b2b biggest gap: MQL to SQL 26.9 % (84 of 312), target 30 %; in corporate events 19.8 % (24 of 121)",
            "b2c orders: 161 of 300, plan to date 150; this week 27, usual 24",
        ]
    );
    assert_eq!(
        bowtie.worth_most.as_deref(),
        Some(
            "Worth most: MQL to SQL back to 30 % is +1.7 wins and +$31,300 a quarter. \
             The rate of wins would then reach the goal: $305,100."
        )
    );
}

#[test]
fn the_biggest_gap_is_the_one_worth_most_money() {
    let b2b = &week_of(vec![b2b()]).motions[0];
    assert_eq!(b2b.biggest_gap, Some(1));
    let levers: Vec<String> = b2b
        .levers
        .iter()
        .map(|lever| format!("{} {:.2} {:.0}", lever.label, lever.more_wins, lever.more_amount.unwrap()))
        .collect();
    assert_eq!(levers, ["MQL to SQL 1.70 31290", "Deal to won 0.74 13689"]);
    let expected = b2b.expected.unwrap();
    assert_eq!(format!("{:.2} {:.0}", expected.wins, expected.amount.unwrap()), "14.88 273784");
    let standings: Vec<Standing> = b2b.stages.iter().filter_map(|row| Some(row.next.as_ref()?.standing)).collect();
    assert_eq!(standings, [Standing::Level, Standing::Below, Standing::Above, Standing::Below]);
}

#[test]
fn five_points_more_bring_what_the_reference_says() {
    let b2b = &week_of(vec![b2b()]).motions[0];
    let step = b2b.stages[1].next.as_ref().unwrap();
    let more = what_if(step, step.rate.unwrap() + 0.05, b2b.expected.unwrap()).unwrap();
    assert_eq!(format!("{:.1} {:.0}", more.more_wins, more.more_amount.unwrap()), "2.8 50846");
}

#[test]
fn usual_is_the_mean_of_the_weeks() {
    let b2b = &week_of(vec![b2b()]).motions[0];
    let usual: Vec<String> = b2b.stages.iter().map(|row| format!("{:.1}", row.usual)).collect();
    assert_eq!(usual, ["162.0", "24.5", "6.4", "3.9", "1.2"]);
    let won = b2b.won.unwrap();
    assert_eq!((won.usual.round(), won.average), (21_231.0, Some(18_400.0)));
}

#[test]
fn half_a_point_below_is_level() {
    let b2c = &week_of(vec![b2c()]).motions[0];
    assert_eq!(b2c.stages[3].next.as_ref().unwrap().standing, Standing::Level);
    assert_eq!((b2c.biggest_gap, b2c.levers.len()), (None, 0));
}

#[test]
fn the_growth_formula_gives_the_published_numbers() {
    let per_prospect = |rates: &[f64], price: f64| growth(1.0, rates, 0.0, Some(price)).amount.unwrap();
    assert!((per_prospect(&[0.1, 0.2, 0.8, 0.2], 20_000.0) - 64.0).abs() < 1e-9);
    assert!((per_prospect(&[0.08, 0.15, 0.7, 0.3], 18_000.0) - 45.36).abs() < 1e-9);
}

#[test]
fn a_company_without_goals_and_numbers_still_has_a_week() {
    let mut motion = b2b();
    motion.goal = None;
    assert_eq!(week_of(vec![motion.clone()]).headline, "Week of 9 - 15 November: b2b: 1 won, usual 1.2.");
    for stage in &mut motion.stages {
        (stage.week, stage.span) = (0, 0);
        if let Some(next) = &mut stage.next {
            next.counts = Counts::default();
        }
    }
    let empty = week_of(vec![motion]);
    assert_eq!((empty.worth_most, empty.motions[0].expected), (None, None));
    assert_eq!(week_of(Vec::new()).headline, "Week of 9 - 15 November.");
}

#[test]
fn a_stored_bowtie_is_read_back() {
    let bowtie = week_of(vec![b2b(), b2c()]);
    let again: Bowtie = serde_json::from_str(&serde_json::to_string(&bowtie).unwrap()).unwrap();
    assert_eq!(again.headline, bowtie.headline);
    assert_eq!(again.motions.len(), bowtie.motions.len());
}

proptest! {
    #[test]
    fn any_numbers_make_a_bowtie(
        numbers in prop::collection::vec((0_u64..10_000, 0_u64..10_000, 0_u64..500, 0_u64..500, 0_u64..101), 1..6),
        won in any::<i32>(),
    ) {
        let stages = numbers.iter().map(|(week, span, num, den, target)| {
            stage("s", "Stage", *week, *span, step_of("A to B", *num.min(den), *den, *target))
        }).collect();
        let facts = MotionFacts { stages, won: Some((dollars(1), dollars(i64::from(won)))), ..b2b() };
        let made = week_of(vec![facts]);
        for lever in &made.motions[0].levers {
            prop_assert!(lever.more_wins >= 0.0);
        }
    }
}
