//! The week of the reference messages.

use jiff::civil::date;
use shiftbell_metrics::money::{Currency, Money};

use super::{Base, Bowtie, Gap, LeakCount, MoneyColumn, MotionGoal, MotionWeek, MrrMove, MrrMoves, StageWeek, Worth};
use crate::facts::{Changed, Figure, Footer, SeenBy, Sources};

pub(super) fn all() -> Vec<(&'static str, Bowtie)> {
    let full = Bowtie {
        first: date(2026, 11, 9),
        last: date(2026, 11, 15),
        motions: vec![b2b(), b2c()],
        worth: Some(Worth {
            rate: "MQL to SQL".into(),
            target: Figure::Share(0.3),
            wins: 1.7,
            money: dollars(31_300),
            per: "a quarter".into(),
            then: Some(dollars(305_100)),
            reaches_goal: true,
        }),
        leaks: Some(LeakCount { closed: 2, worth: dollars(6_400), open: 3 }),
        changed: Vec::new(),
        footer: Footer {
            data_to: Some("Sunday 15 Nov".into()),
            sources: Sources::AllComplete,
            seen_by: SeenBy::Channel,
            receipt: Some("r-w46a".into()),
        },
    };
    let one = Bowtie {
        motions: vec![MotionWeek { goal: None, gap: None, base: None, mrr: None, money_side: Vec::new(), ..b2b() }],
        worth: None,
        leaks: None,
        ..full.clone()
    };
    let what = ["MQLs", "Lead to MQL", "MQL to SQL"].map(str::to_owned).to_vec();
    let redefined = Bowtie { changed: vec![Changed { day: date(2026, 11, 2), what }], ..full.clone() };
    vec![("clowns", full), ("one-motion-without-goal", one), ("redefined", redefined)]
}

fn b2b() -> MotionWeek {
    let mut mql = stage("MQL", 22, 24.5, 318, Some((84, 312)), 0.3, Some(6.0));
    mql.biggest_gap = true;
    MotionWeek {
        motion: "b2b".into(),
        goal: Some(MotionGoal {
            label: "new ARR".into(),
            period: "quarter".into(),
            done: Figure::Money(dollars(130_400)),
            goal: Figure::Money(dollars(300_000)),
            plan: Figure::Money(dollars(154_800)),
            index: 130_400.0 / 154_838.7,
            week: None,
            usual: None,
        }),
        gap: Some(Gap {
            rate: "MQL to SQL".into(),
            value: Figure::rate(84, 312),
            target: Figure::Share(0.3),
            worst: Some(("corporate events".into(), Figure::rate(24, 121))),
        }),
        base: Some(Base {
            label: "customers".into(),
            mrr: dollars(143_800),
            mrr_change: Some(dollars(1_650)),
            count: 96,
            count_change: None,
            kept: Some(0.905),
            with_expansion: Some(1.03),
        }),
        stages: vec![
            stage("Leads", 171, 162.0, 2_106, Some((310, 2_080)), 0.15, Some(9.0)),
            mql,
            stage("SQL", 7, 6.4, 83, Some((53, 86)), 0.6, Some(11.0)),
            stage("Deals", 5, 3.9, 51, Some((14, 49)), 0.3, Some(38.0)),
            stage("Won", 1, 1.2, 15, None, 0.0, None),
        ],
        won_money: Some(dollars(18_000)),
        usual_won_money: Some(dollars(21_200)),
        mrr: Some(MrrMoves {
            opening: dollars(142_150),
            moves: vec![
                moved("new", true, 1_500),
                moved("expansion", true, 400),
                moved("contraction", false, 250),
                moved("churn", false, 0),
            ],
            closing: dollars(143_800),
        }),
        windows_days: vec![30, 60, 30, 90],
        money_side: vec![
            column("new", 1_500, Some("this week")),
            column("kept", 106_790, Some("90.5 % of a year ago")),
            column("expanded", 121_540, Some("103.0 % of a year ago")),
            column("MRR", 143_800, Some("96 customers")),
        ],
    }
}

fn b2c() -> MotionWeek {
    let mut orders = stage("Orders", 31, 29.0, 372, Some((316, 372)), 0.85, None);
    orders.level = true;
    MotionWeek {
        motion: "b2c".into(),
        goal: Some(MotionGoal {
            label: "orders".into(),
            period: "quarter".into(),
            done: Figure::Count(161),
            goal: Figure::Count(300),
            plan: Figure::Count(150),
            index: 161.0 / 150.0,
            week: Some(27),
            usual: Some(24.0),
        }),
        gap: None,
        base: Some(Base {
            label: "members".into(),
            mrr: dollars(38_440),
            mrr_change: None,
            count: 1_240,
            count_change: Some(4),
            kept: None,
            with_expansion: None,
        }),
        stages: vec![
            stage("Leads", 262, 256.0, 3_322, Some((1_163, 3_322)), 0.33, None),
            stage("MQL", 93, 90.0, 1_171, Some((468, 1_171)), 0.4, None),
            stage("Checkouts", 39, 36.0, 464, Some((371, 464)), 0.8, None),
            orders,
            stage("Paid", 27, 24.0, 316, None, 0.0, None),
        ],
        won_money: None,
        usual_won_money: None,
        mrr: Some(MrrMoves {
            opening: dollars(38_316),
            moves: vec![moved("new", true, 341), moved("back", true, 62), moved("gone", false, 279)],
            closing: dollars(38_440),
        }),
        windows_days: Vec::new(),
        money_side: vec![
            column("new + back", 403, Some("this week")),
            column("a week ago", 38_316, Some("1,236 members")),
            column("MRR", 38_440, Some("1,240 members")),
        ],
    }
}

fn stage(
    label: &str,
    week: u64,
    usual: f64,
    quarter: u64,
    next: Option<(u64, u64)>,
    target: f64,
    median_days: Option<f64>,
) -> StageWeek {
    StageWeek {
        label: label.into(),
        week,
        usual,
        quarter,
        next: next.map(|(part, whole)| Figure::rate(part, whole)),
        target: next.map(|_| target),
        median_days,
        biggest_gap: false,
        level: false,
    }
}

fn moved(name: &str, adds: bool, major: i64) -> MrrMove {
    MrrMove { name: name.into(), adds, money: dollars(major) }
}

fn column(label: &str, major: i64, note: Option<&str>) -> MoneyColumn {
    MoneyColumn { label: label.into(), money: dollars(major), note: note.map(str::to_owned) }
}

fn dollars(major: i64) -> Money {
    Money::new(major * 100, Currency::USD)
}
