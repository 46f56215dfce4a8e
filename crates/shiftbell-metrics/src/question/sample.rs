//! A small company for the tests of the grammar.

use std::collections::BTreeMap;

use jiff::civil::Weekday;
use rust_decimal::Decimal;

use crate::definitions::*;
use crate::money::Currency;
use crate::time::Zone;

pub(crate) fn company() -> Definitions {
    Definitions {
        workspace: Workspace {
            name: "Clowns To Go".into(),
            zone: Zone::named("America/New_York").unwrap(),
            currency: Currency::USD,
            week_starts: Weekday::Monday,
            year_starts_month: 1,
            business_model: "subscription".into(),
            growth_stage: "gtm-fit".into(),
            north_star: Some("new-arr".into()),
        },
        facts: Vec::new(),
        chain: Vec::new(),
        skipped: SkipPolicy::Implied,
        motions: vec![motion("b2b", "Business: BDR finds, AE closes"), motion("b2c", "Families: self-service")],
        dimensions: vec![
            dimension("product", &["small-parties", "large-parties", "corporate-events"]),
            dimension("source", &["ads", "search", "referral", "direct"]),
            dimension("industry", &[]),
            dimension("owner", &[]),
        ],
        always_show: vec!["product".into()],
        kpis: kpis(),
        funnels: Vec::new(),
        goals: Vec::new(),
        new_in_role: Vec::new(),
        scorecards: Scorecards {
            good_day: Decimal::from(80),
            partly: Decimal::from(60),
            first_week_numbers_only: true,
            roles: BTreeMap::new(),
        },
        people: vec![person("ann@clowns.example"), person("bob@clowns.example")],
        teams: Vec::new(),
        places: BTreeMap::new(),
        destinations: BTreeMap::new(),
        digests: Vec::new(),
        rules: Vec::new(),
        noise: Noise {
            per_person_a_day: 3,
            per_channel_a_day: 5,
            repeat: "when-worse".into(),
            quiet_from: None,
            quiet_until: None,
            quiet_except: Vec::new(),
            old_news: Span { count: 1, unit: SpanUnit::Days },
            too_quiet: None,
        },
        rights: BTreeMap::new(),
        privacy: Privacy {
            person_in_channel: false,
            ranking: false,
            manager_sees: "lines".into(),
            smallest_group: 4,
            keep_days: 400,
            test_records: Vec::new(),
        },
        rollout: Rollout { step: RolloutStep::Grow, reviewer: None, pilots: Vec::new() },
        sources: Vec::new(),
        outlets: Vec::new(),
        policies: Policies {
            default_period_weeks: 13,
            too_few: 10,
            level_points: Decimal::new(5, 1),
            credit_owner_at_the_time: true,
            late_data: Span { count: 7, unit: SpanUnit::Days },
            new_meaning_all_history: true,
            mrr: BTreeMap::new(),
            rates: Box::new(crate::revenue::Rates::only(crate::money::Currency::USD)),
            economics: Default::default(),
            no_decision: vec![],
        },
        catalogue: crate::expression::Catalogue::default(),
        meaning: "0".into(),
    }
}

fn kpis() -> Vec<Kpi> {
    let mut kpis = vec![
        kpi("conversations", "Conversations", &[]),
        kpi("new-arr", "New ARR", &[]),
        kpi("lead-to-mql", "Lead to MQL", &["lead-conversion"]),
        kpi("mql-to-sql", "MQL to SQL", &["mql-conversion"]),
        kpi("sql-to-deal", "SQL to deal", &["sql-conversion"]),
        kpi("deal-to-won", "Deal to won", &["deal-conversion", "close-rate", "win-rate"]),
        kpi("meeting-requests", "Meeting requests", &[]),
        kpi("sqls", "SQLs", &[]),
        kpi("grr", "Revenue kept (GRR)", &[]),
        kpi("leads", "Leads", &[]),
        kpi("mqls", "MQLs", &[]),
    ];
    kpis[1].level = Some("north-star".into());
    kpis[3].level = Some("primary".into());
    kpis[6].motion = Some("b2b".into());
    kpis[8].not_active = Some("recurring revenue is not counted yet".into());
    kpis
}

fn kpi(slug: &str, label: &str, also: &[&str]) -> Kpi {
    Kpi {
        slug: slug.into(),
        label: label.into(),
        also: also.iter().map(|name| (*name).to_owned()).collect(),
        means: PerMotion::default(),
        level: None,
        kind: KpiKind::Count { of: CountOf::Stage("mql".into()) },
        motion: None,
        target: PerMotion::default(),
        better: Better::Higher,
        owner: None,
        signed: None,
        leads_to: Vec::new(),
        was: None,
        credit: None,
        is_written: true,
        version: "0000".into(),
        not_active: None,
    }
}

fn motion(id: &str, label: &str) -> Motion {
    Motion {
        id: id.into(),
        label: label.into(),
        who: Who::EveryoneElse,
        who_as_of_entry: false,
        touch: "no".into(),
        lead_by: "sales".into(),
        paced: Paced::WorkingDays,
        credit: Vec::new(),
        stages: BTreeMap::new(),
        lost: Vec::new(),
        gone: Vec::new(),
        counts_again: false,
    }
}

fn dimension(name: &str, values: &[&str]) -> Dimension {
    Dimension { name: name.into(), from: Vec::new(), values: values.iter().map(|value| (*value).to_owned()).collect() }
}

fn person(email: &str) -> Person {
    Person {
        email: email.into(),
        role: "ae".into(),
        place: "new-york".into(),
        team: "sales".into(),
        also: Vec::new(),
        since: None,
        known_as: BTreeMap::new(),
    }
}
