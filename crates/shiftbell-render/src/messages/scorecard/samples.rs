//! The scorecards of the reference messages.

use jiff::civil::date;
use shiftbell_metrics::money::{Currency, Money};

use super::{
    Changed, Closes, Credit, CreditPart, Next, Pace, Record, Rest, Said, Score, ScoreLine, Scorecard, ShortOf, Verdict,
};
use crate::facts::{Figure, Footer, Noun, Person, SeenBy, SourceAge, Sources};
use crate::messages::Unseen;

pub(super) fn all() -> Vec<(&'static str, Scorecard)> {
    let bdr_closed = Scorecard {
        verdict: Verdict::Partly,
        closed: true,
        next: None,
        footer: closed_footer(&["HubSpot"], "sales.lead", "r-b41k"),
        ..bdr()
    };
    let changed = Scorecard {
        verdict: Verdict::Successful,
        short_of: None,
        changed: Some(Changed {
            label: "Follow-ups".into(),
            before: 8,
            after: 10,
            because: "two calls of 17:40 arrived at 22:15".into(),
        }),
        lines: vec![
            count("Conversations", 26, 20),
            required(count("Follow-ups", 10, 10)),
            count("Meeting requests", 2, 2),
        ],
        ..bdr_closed.clone()
    };
    let no_verdict = Scorecard {
        verdict: Verdict::NoVerdict {
            source: "HubSpot".into(),
            since: "13:10".into(),
            missing: "calls after that are missing".into(),
        },
        short_of: None,
        lines: Vec::new(),
        next: None,
        credit: Vec::new(),
        ..bdr()
    };
    let first_days = Scorecard {
        verdict: Verdict::NumbersOnly,
        short_of: None,
        lines: vec![
            count("Conversations", 4, 20),
            line("Time to first reply", Score::Said { text: "3.2 hours, target 4 hours".into() }),
            line(
                "SQLs in November",
                Score::Pace {
                    done: Figure::Count(0),
                    goal: Figure::Number(2.25),
                    plan: Figure::Number(0.1),
                    pace: Pace::TooEarly,
                    period: "November".into(),
                    rest: None,
                },
            ),
        ],
        next: None,
        credit: Vec::new(),
        open: None,
        ..bdr()
    };
    let unseen = Scorecard {
        lines: vec![required(count("Follow-ups", 8, 10)), count("Meeting requests", 2, 2)],
        not_counted: vec![Unseen {
            label: "Conversations".into(),
            event: "call".into(),
            source: Some("HubSpot".into()),
            days: 14,
        }],
        ..bdr()
    };
    vec![
        ("bdr", bdr()),
        ("ae", ae()),
        ("csm-closed", csm()),
        ("bdr-closed", bdr_closed),
        ("changed-later", changed),
        ("no-verdict", no_verdict),
        ("first-days", first_days),
        ("not-counted", unseen),
    ]
}

fn bdr() -> Scorecard {
    Scorecard {
        person: Person::new("bdr.one@clowns.example"),
        day: date(2026, 11, 19),
        verdict: Verdict::NotYet,
        short_of: Some(ShortOf::of_line("Follow-ups", 8, 10)),
        praise: None,
        closed: false,
        lines: vec![
            count("Conversations", 26, 20),
            required(count("Follow-ups", 8, 10)),
            count("Meeting requests", 2, 2),
            rate("Meetings held", 8, 10, Some("the last 30 days"), 0.8),
            line(
                "SQLs in November",
                Score::Pace {
                    done: Figure::Count(7),
                    goal: Figure::Count(9),
                    plan: Figure::Number(6.63),
                    pace: Pace::OnPace,
                    period: "November".into(),
                    rest: None,
                },
            ),
        ],
        not_counted: Vec::new(),
        said: None,
        next: Some(Next::NoReply {
            record: "Sample Airport".into(),
            asked_for: "a meeting".into(),
            at: "15:12".into(),
        }),
        credit: vec![Credit::Share {
            record: "Sample Hotel Group".into(),
            won: "yesterday".into(),
            money_a_year: dollars(18_000),
            role: "found".into(),
            share: dollars(4_500),
            of_all: 0.25,
        }],
        changed: None,
        open: Some(Record { name: "my list".into(), url: Some("https://crm.example/lists/17".into()) }),
        footer: open_footer("sales.lead", "r-b41k"),
    }
}

fn ae() -> Scorecard {
    Scorecard {
        person: Person::new("ae.one@clowns.example"),
        verdict: Verdict::Successful,
        short_of: None,
        praise: Some("Every open deal has a next step.".into()),
        lines: vec![
            required(line("Next steps set", Score::Count { done: 11, required: 11, of: Some("open deals".into()) })),
            count("Discovery meetings held", 2, 2),
            count("Deals with a second contact", 3, 3),
            rate("Exit evidence complete", 10, 11, None, 0.9),
            line(
                "New ARR this quarter",
                Score::Pace {
                    done: Figure::Money(dollars(82_000)),
                    goal: Figure::Money(dollars(150_000)),
                    plan: Figure::Money(dollars(87_100)),
                    pace: Pace::SlightlyBehind,
                    period: "quarter".into(),
                    rest: Some(Rest { money: dollars(68_000), deals: 4, working_days: 26 }),
                },
            ),
        ],
        next: Some(Next::Quiet {
            record: "Sample Logistics".into(),
            money: Some(dollars(34_000)),
            days: 15,
            closes: Some(Closes { on: date(2026, 11, 27), is: Some("a holiday".into()) }),
        }),
        credit: vec![Credit::Parts {
            record: "Sample Hotel Group".into(),
            money: dollars(18_000),
            you: dollars(10_800),
            others: vec![
                CreditPart { who: "bdr.one".into(), money: dollars(4_500) },
                CreditPart { who: "marketing".into(), money: dollars(2_700) },
            ],
        }],
        open: Some(Record { name: "Sample Logistics".into(), url: Some("https://crm.example/deals/34".into()) }),
        footer: open_footer("sales.lead", "r-a77c"),
        ..bdr()
    }
}

fn csm() -> Scorecard {
    Scorecard {
        person: Person::new("csm.one@clowns.example"),
        verdict: Verdict::NotSuccessful,
        short_of: Some(ShortOf {
            done: 1,
            required: 3,
            what: Noun::new("at-risk account", "at-risk accounts"),
            to_go: "to contact".into(),
            reached: "contacted".into(),
        }),
        closed: true,
        lines: vec![
            required(count("At-risk accounts contacted", 1, 3)),
            count("Onboarding milestones reached", 1, 2),
            count("Renewals opened 90 days ahead", 1, 2),
            line("Accounts without contact for 30 days", Score::Limit { count: 4, whole: 48, limit: 5 }),
            line(
                "Revenue kept (GRR, your accounts, 12 months)",
                Score::MoneyRate {
                    value: Figure::MoneyRate { part: dollars(54_900), whole: dollars(61_000) },
                    target: Some(Figure::Share(0.9)),
                },
            ),
        ],
        said: Some(Said {
            what: "waiting for someone".into(),
            about: Some("billing answer for Sample Insurance".into()),
            asked: Some(Person::new("finance.one@clowns.example")),
        }),
        next: Some(Next::Leaving { record: "Sample Insurance".into(), money_a_year: dollars(28_800) }),
        credit: Vec::new(),
        open: Some(Record { name: "Sample Insurance".into(), url: Some("https://crm.example/companies/9".into()) }),
        footer: closed_footer(&["HubSpot", "Stripe"], "exec.one", "r-c09d"),
        ..bdr()
    }
}

fn line(label: &str, score: Score) -> ScoreLine {
    ScoreLine { label: label.into(), score, required: false }
}

fn required(line: ScoreLine) -> ScoreLine {
    ScoreLine { required: true, ..line }
}

fn count(label: &str, done: u64, required: u64) -> ScoreLine {
    line(label, Score::Count { done, required, of: None })
}

fn rate(label: &str, part: u64, whole: u64, period: Option<&str>, target: f64) -> ScoreLine {
    let period = period.map(str::to_owned);
    line(label, Score::Rate { part, whole, period, target: Some(Figure::Share(target)) })
}

fn open_footer(manager: &str, receipt: &str) -> Footer {
    Footer {
        data_to: Some("16:58".into()),
        sources: Sources::Ages(vec![SourceAge::new("HubSpot", 2)]),
        seen_by: SeenBy::YouAnd(vec![Person::new(format!("{manager}@clowns.example"))]),
        receipt: Some(receipt.into()),
    }
}

fn closed_footer(sources: &[&str], manager: &str, receipt: &str) -> Footer {
    Footer {
        data_to: None,
        sources: Sources::Complete(sources.iter().map(|name| (*name).to_owned()).collect()),
        ..open_footer(manager, receipt)
    }
}

fn dollars(major: i64) -> Money {
    Money::new(major * 100, Currency::USD)
}
